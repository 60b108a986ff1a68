//! A reader of CSV that shares no code with what writes it: cells, quotes, doubled quotes, line breaks within quotes.

/// The rows of a table, its heads first. Panics where the text is no table: a quote that is not closed, letters behind one,
/// rows of different lengths, a last line without an end.
pub fn read_csv(text: &str, separator: char) -> Vec<Vec<String>> {
    let mut letters = text.chars().peekable();
    let (mut rows, mut row, mut cell) = (Vec::new(), Vec::new(), String::new());
    while let Some(letter) = letters.next() {
        match letter {
            '"' if cell.is_empty() => loop {
                match letters.next().expect("the quote is closed") {
                    '"' if letters.next_if_eq(&'"').is_some() => cell.push('"'),
                    '"' => {
                        let next = *letters.peek().expect("the line ends");
                        assert!(next == separator || next == '\n', "{next:?} behind a quote: {cell}");
                        break;
                    }
                    other => cell.push(other),
                }
            },
            '\n' => {
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            other if other == separator => row.push(std::mem::take(&mut cell)),
            other => cell.push(other),
        }
    }
    assert!(
        row.is_empty() && cell.is_empty(),
        "the last line has no end: {row:?} {cell}"
    );
    let heads = rows.first().map_or(0, Vec::len);
    assert!(rows.iter().all(|row: &Vec<String>| row.len() == heads), "{rows:?}");
    rows
}
