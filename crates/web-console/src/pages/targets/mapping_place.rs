//! Where in the text of a mapping something is wrong. The API names the row as people count (`fields, row 3 (name): mode`);
//! here its lines are found, so that the page can show them.

/// Lines that are shown around the place.
const CONTEXT: usize = 2;
/// Most lines of the place itself.
const LINES_MAX: usize = 30;

/// A line of the text, with its number from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PlaceLine {
    pub(super) number: usize,
    pub(super) text: String,
    /// It belongs to the place itself.
    pub(super) is_marked: bool,
}

/// The lines of the row that `place` names; none where it names none, or the text has no such row.
pub(super) fn find_place(text: &str, place: &str) -> Vec<PlaceLine> {
    let lines = find_value(text, place).map(|(start, end)| (line_of(text, start), line_of(text, end)));
    lines.map_or_else(Vec::new, |(first, last)| cut_lines(text, first, last))
}

/// The line of this number, for a text that is no JSON.
pub(super) fn find_line(text: &str, line: usize) -> Vec<PlaceLine> {
    cut_lines(text, line, line)
}

fn line_of(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1
}

fn cut_lines(text: &str, first: usize, last: usize) -> Vec<PlaceLine> {
    let last = last.min(first.saturating_add(LINES_MAX));
    let from = first.saturating_sub(CONTEXT).max(1);
    let numbered = text.lines().enumerate().map(|(index, text)| PlaceLine {
        number: index + 1,
        text: text.to_owned(),
        is_marked: (first..=last).contains(&(index + 1)),
    });
    numbered
        .skip(from - 1)
        .take_while(|line| line.number <= last + CONTEXT)
        .collect()
}

/// Where the value begins that a place is about, and its last byte.
fn find_value(text: &str, place: &str) -> Option<(usize, usize)> {
    let bytes = text.as_bytes();
    let member = place.split([',', ':']).next()?.trim();
    let start = find_member(bytes, skip_space(bytes, 0), member)?;
    let start = match read_row(place) {
        Some(row) => find_element(bytes, start, row)?,
        None => start,
    };
    Some((start, skip_value(bytes, start).saturating_sub(1)))
}

/// `fields, row 3 (name): mode` is about the third.
fn read_row(place: &str) -> Option<usize> {
    let (_, rest) = place.split_once(", row ")?;
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

/// Where the value of a member begins; `start`: of the object. A byte order mark before the object is passed over.
fn find_member(bytes: &[u8], start: usize, name: &str) -> Option<usize> {
    let mut at = start + bytes.get(start..)?.iter().position(|byte| *byte == b'{')? + 1;
    loop {
        at = skip_space(bytes, at);
        if bytes.get(at) != Some(&b'"') {
            return None;
        }
        let end = skip_value(bytes, at);
        let key = bytes.get(at + 1..end.saturating_sub(1))?;
        at = skip_space(bytes, end);
        if bytes.get(at) != Some(&b':') {
            return None;
        }
        at = skip_space(bytes, at + 1);
        if key == name.as_bytes() {
            return Some(at);
        }
        at = skip_comma(bytes, skip_value(bytes, at))?;
    }
}

/// Where an element of a list begins; `row` counts from 1.
fn find_element(bytes: &[u8], start: usize, row: usize) -> Option<usize> {
    if bytes.get(start) != Some(&b'[') {
        return None;
    }
    let mut at = skip_space(bytes, start + 1);
    for _ in 1..row {
        at = skip_space(bytes, skip_comma(bytes, skip_value(bytes, at))?);
    }
    (bytes.get(at)? != &b']').then_some(at)
}

/// Behind the comma that follows; `None`: none does.
fn skip_comma(bytes: &[u8], at: usize) -> Option<usize> {
    let at = skip_space(bytes, at);
    (bytes.get(at) == Some(&b',')).then_some(at + 1)
}

fn skip_space(bytes: &[u8], at: usize) -> usize {
    let rest = bytes.get(at..).unwrap_or_default();
    at + rest.iter().take_while(|byte| byte.is_ascii_whitespace()).count()
}

/// Behind the value that begins there. In a text that is no JSON it may end anywhere, and always ends.
fn skip_value(bytes: &[u8], at: usize) -> usize {
    let (mut depth, mut in_text, mut is_escaped) = (0_usize, false, false);
    for (index, byte) in bytes.iter().enumerate().skip(at) {
        if in_text {
            match (is_escaped, byte) {
                (false, b'\\') => is_escaped = true,
                (false, b'"') => in_text = false,
                _ => is_escaped = false,
            }
            if !in_text && depth == 0 {
                return index + 1;
            }
            continue;
        }
        match byte {
            b'"' => in_text = true,
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth <= 1 => return index + depth,
            b'}' | b']' => depth -= 1,
            b',' if depth == 0 => return index,
            _ => {}
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAPPING: &str = r#"{
  "fields": [
    {
      "field": "name",
      "from": "deviceName",
      "mode": "own"
    },
    { "field": "a, \"]b", "value": "}]", "mode": "fill" },
    {
      "field": "memory",
      "expression": "x[0] / 2",
      "mode": "own"
    }
  ],
  "classes": [{ "class": "phone", "name": "Handy" }],
  "gone": { "deleted": "retire" }
}
"#;

    fn marked(place: &str) -> Vec<usize> {
        let lines = find_place(MAPPING, place).into_iter();
        lines.filter(|line| line.is_marked).map(|line| line.number).collect()
    }

    #[test]
    fn the_lines_of_a_row_are_found() {
        for (place, lines) in [
            ("fields, row 1 (name): mode", (3..=7).collect::<Vec<usize>>()),
            ("fields, row 2", vec![8]),
            ("fields, row 3 (memory): expression", (9..=13).collect()),
            ("classes, row 1 (phone): name", vec![15]),
            ("gone: deleted", vec![16]),
            ("fields, row 4", Vec::new()),
            ("classes, row 2", Vec::new()),
            ("the mapping", Vec::new()),
            ("", Vec::new()),
        ] {
            assert_eq!(marked(place), lines, "{place}");
        }
    }

    #[test]
    fn some_lines_stand_around_the_place() {
        let lines = find_place(MAPPING, "fields, row 2");
        let numbers: Vec<usize> = lines.iter().map(|line| line.number).collect();
        assert_eq!(numbers, [6, 7, 8, 9, 10]);
        assert_eq!(
            find_line("a\nb", 1),
            [(1, "a", true), (2, "b", false)].map(|(number, text, is_marked)| PlaceLine {
                number,
                text: text.to_owned(),
                is_marked
            })
        );
        assert_eq!(find_line("a", 9), []);
    }

    #[test]
    fn a_text_that_is_no_json_has_no_rows_and_does_no_harm() {
        for text in [
            "",
            "{",
            "[",
            "{\"fields\"",
            "{\"fields\": [",
            "{\"fields\": [\"",
            "}]",
            "\u{feff}",
            "{\"a\":1",
        ] {
            for place in ["fields, row 1", "fields, row 9", "gone", "x"] {
                let _ = find_place(text, place);
            }
        }
        let lines = find_place(&format!("\u{feff}{MAPPING}"), "fields, row 2");
        assert!(lines.iter().any(|line| line.is_marked && line.number == 8));
    }

    #[test]
    fn a_long_row_is_cut() {
        let long = format!("{{\"fields\": [{{\n{}\n}}]}}", "\n".repeat(200));
        assert!(find_place(&long, "fields, row 1").len() < 50);
    }
}
