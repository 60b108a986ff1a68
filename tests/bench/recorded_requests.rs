//! What a program asks of a server, read from the bytes that it sends: requests of HTTP/1.1 with a length, and statements of
//! PostgreSQL's protocol.

use memchr::memmem;

/// What is spoken on a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    Http,
    PostgreSql,
}

#[derive(Debug, Clone)]
pub struct RecordedRequest {
    pub asked: Asked,
}

#[derive(Debug, Clone)]
pub enum Asked {
    Http {
        method: String,
        /// Path and query.
        target: String,
        content_type: Option<String>,
        body: Vec<u8>,
    },
    /// `parameters`: texts, or nothing for statements that are sent without.
    Sql {
        text: String,
        parameters: Option<Vec<Option<String>>>,
    },
}

/// Of one connection.
pub struct RequestReader {
    protocol: Protocol,
    bytes: Vec<u8>,
    /// The first message of PostgreSQL's protocol has no kind.
    is_greeted: bool,
    statement: String,
    parameters: Vec<Option<String>>,
}

impl RequestReader {
    pub fn new(protocol: Protocol) -> RequestReader {
        RequestReader {
            protocol,
            bytes: Vec::new(),
            is_greeted: false,
            statement: String::new(),
            parameters: Vec::new(),
        }
    }

    /// The requests that are whole with these bytes.
    pub fn read_bytes(&mut self, bytes: &[u8]) -> Vec<RecordedRequest> {
        self.bytes.extend_from_slice(bytes);
        let mut requests = Vec::new();
        loop {
            let asked = match self.protocol {
                Protocol::Http => self.take_http(),
                Protocol::PostgreSql => self.take_statement(),
            };
            let Some(asked) = asked else { return requests };
            requests.push(RecordedRequest { asked });
        }
    }

    fn take_http(&mut self) -> Option<Asked> {
        let end = memmem::find(&self.bytes, b"\r\n\r\n")?;
        let head = String::from_utf8_lossy(&self.bytes[..end]).into_owned();
        let mut lines = head.split("\r\n");
        let mut first = lines.next()?.split(' ');
        let (method, target) = (first.next()?.to_owned(), first.next()?.to_owned());
        let headers: Vec<(&str, &str)> = lines.filter_map(|line| line.split_once(':')).collect();
        let header = |name: &str| {
            let found = headers.iter().find(|(given, _)| given.eq_ignore_ascii_case(name));
            found.map(|(_, value)| value.trim().to_owned())
        };
        let length = header("content-length").and_then(|text| text.parse::<usize>().ok());
        let (from, to) = (end + 4, end + 4 + length.unwrap_or_default());
        let body = self.bytes.get(from..to)?.to_vec();
        let content_type = header("content-type");
        self.bytes.drain(..to);
        Some(Asked::Http {
            method,
            target,
            content_type,
            body,
        })
    }

    fn take_statement(&mut self) -> Option<Asked> {
        loop {
            let kind_bytes = usize::from(self.is_greeted);
            let length = self.bytes.get(kind_bytes..kind_bytes + 4)?;
            let length = u32::from_be_bytes(length.try_into().ok()?) as usize;
            let whole = kind_bytes + length;
            if self.bytes.len() < whole {
                return None;
            }
            let message: Vec<u8> = self.bytes.drain(..whole).collect();
            if !std::mem::replace(&mut self.is_greeted, true) {
                continue;
            }
            let mut body = MessageBody(&message[5..]);
            match message[0] {
                b'P' => {
                    let _name = body.take_text();
                    self.statement = body.take_text();
                }
                b'B' => self.parameters = body.take_parameters(),
                b'E' => {
                    return Some(Asked::Sql {
                        text: std::mem::take(&mut self.statement),
                        parameters: Some(std::mem::take(&mut self.parameters)),
                    });
                }
                b'Q' => {
                    return Some(Asked::Sql {
                        text: body.take_text(),
                        parameters: None,
                    });
                }
                _ => {}
            }
        }
    }
}

/// A message of PostgreSQL's protocol behind its length.
struct MessageBody<'a>(&'a [u8]);

impl<'a> MessageBody<'a> {
    fn take_bytes(&mut self, count: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(count.min(self.0.len()));
        self.0 = rest;
        taken
    }

    /// Ends with a zero.
    fn take_text(&mut self) -> String {
        let end = memchr::memchr(0, self.0).unwrap_or(self.0.len());
        let text = String::from_utf8_lossy(self.take_bytes(end)).into_owned();
        self.take_bytes(1);
        text
    }

    fn take_short(&mut self) -> usize {
        self.take_bytes(2)
            .iter()
            .fold(0, |number, byte| number * 256 + usize::from(*byte))
    }

    /// Of a message that binds them; what has no bytes is null.
    fn take_parameters(&mut self) -> Vec<Option<String>> {
        let (_portal, _statement) = (self.take_text(), self.take_text());
        let formats = self.take_short();
        self.take_bytes(2 * formats);
        let count = self.take_short();
        let mut parameters = Vec::with_capacity(count);
        for _ in 0..count {
            let length = self.take_bytes(4).try_into().map_or(-1, i32::from_be_bytes);
            let value = usize::try_from(length).ok();
            parameters.push(value.map(|length| String::from_utf8_lossy(self.take_bytes(length)).into_owned()));
        }
        parameters
    }
}
