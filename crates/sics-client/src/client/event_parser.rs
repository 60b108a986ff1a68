//! Server-sent events out of the pieces in which they arrive, as the HTML standard says.

/// One event as it was sent.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ParsedEvent {
    pub(super) name: Option<String>,
    pub(super) id: Option<String>,
    pub(super) data: String,
}

/// Takes pieces, gives events. Comments, which are the heartbeats, and fields that nobody knows are passed over.
#[derive(Debug, Default)]
pub(super) struct EventParser {
    buffer: Vec<u8>,
    /// The line before ended with a carriage return: a newline behind it belongs to it.
    after_return: bool,
    name: Option<String>,
    id: Option<String>,
    data: Option<String>,
}

impl EventParser {
    pub(super) fn push(&mut self, piece: &[u8]) {
        self.buffer.extend_from_slice(piece);
    }

    /// The next whole event.
    pub(super) fn next_event(&mut self) -> Option<ParsedEvent> {
        while let Some(line) = self.take_line() {
            if !line.is_empty() {
                self.read_field(&line);
                continue;
            }
            let (name, id) = (self.name.take(), self.id.take());
            if let Some(data) = self.data.take() {
                return Some(ParsedEvent { name, id, data });
            }
        }
        None
    }

    /// Bytes that are held of an event that is not whole yet.
    pub(super) fn pending_bytes(&self) -> usize {
        self.buffer.len() + self.data.as_ref().map_or(0, String::len)
    }

    fn take_line(&mut self) -> Option<String> {
        if self.after_return && self.buffer.first() == Some(&b'\n') {
            self.buffer.remove(0);
            self.after_return = false;
        }
        let end = self.buffer.iter().position(|byte| matches!(byte, b'\n' | b'\r'))?;
        let mut line: Vec<u8> = self.buffer.drain(..=end).collect();
        self.after_return = line.pop() == Some(b'\r');
        Some(String::from_utf8_lossy(&line).into_owned())
    }

    fn read_field(&mut self, line: &str) {
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => self.name = Some(value.to_owned()).filter(|name| !name.is_empty()),
            "id" => self.id = Some(value.to_owned()),
            "data" => match &mut self.data {
                Some(data) => {
                    data.push('\n');
                    data.push_str(value);
                }
                unset => *unset = Some(value.to_owned()),
            },
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(pieces: &[&[u8]]) -> Vec<ParsedEvent> {
        let mut parser = EventParser::default();
        let mut events = Vec::new();
        for piece in pieces {
            parser.push(piece);
            while let Some(event) = parser.next_event() {
                events.push(event);
            }
        }
        events
    }

    fn event(name: Option<&str>, id: Option<&str>, data: &str) -> ParsedEvent {
        ParsedEvent {
            name: name.map(str::to_owned),
            id: id.map(str::to_owned),
            data: data.to_owned(),
        }
    }

    #[test]
    fn id_and_name_belong_to_their_event_and_to_no_other() {
        let text = b"id: c1\ndata: {\"a\":1}\n\nevent: brokenGlass\ndata: 2\n\nid:c3\nevent:x\ndata:3\n\n";
        assert_eq!(
            parse(&[text]),
            [
                event(None, Some("c1"), "{\"a\":1}"),
                event(Some("brokenGlass"), None, "2"),
                event(Some("x"), Some("c3"), "3")
            ]
        );
    }

    #[test]
    fn heartbeats_and_unknown_fields_are_passed_over() {
        let text = b":\n\n: still here\n\nretry: 10\nid: c1\n\nmore: 1\nword\ndata: 1\n\n";
        assert_eq!(parse(&[text]), [event(None, None, "1")]);
    }

    #[test]
    fn lines_end_with_newline_return_or_both_and_pieces_end_anywhere() {
        let expected = [event(None, Some("c1"), "a: ä\nb"), event(None, Some("c2"), "")];
        for text in [
            "id: c1\ndata: a: ä\ndata: b\n\nid: c2\ndata\n\n",
            "id: c1\r\ndata: a: ä\r\ndata: b\r\n\r\nid: c2\r\ndata\r\n\r\n",
            "id: c1\rdata: a: ä\rdata: b\r\rid: c2\rdata\r\r",
        ] {
            assert_eq!(parse(&[text.as_bytes()]), expected, "{text:?}");
            let bytes: Vec<&[u8]> = text.as_bytes().chunks(1).collect();
            assert_eq!(parse(&bytes), expected, "{text:?}");
        }
    }

    #[test]
    fn what_has_no_end_is_no_event_and_is_counted() {
        let mut parser = EventParser::default();
        parser.push(b"id: c1\ndata: 12345\ndata: 6");
        assert_eq!(parser.next_event(), None);
        assert_eq!(parser.pending_bytes(), "12345".len() + "data: 6".len());
        parser.push(b"7\n\n");
        assert_eq!(parser.next_event(), Some(event(None, Some("c1"), "12345\n67")));
        assert_eq!(parser.pending_bytes(), 0);
    }
}
