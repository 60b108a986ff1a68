//! One cell of a table: strangers' text, made harmless for spreadsheets of any language. Pure.
//!
//! A spreadsheet may take a cell that begins with a sign for a formula, and where its language separates lists by
//! another mark than the file does, it begins cells anew within ours. So a mark is put before each place where a
//! formula could begin. What is a plain number, with a sign or not, stays as it is: it calculates nothing.

use super::replace_unprintable;

/// Marks between cells in one language or another.
const SEPARATORS: [char; 4] = [',', ';', '\t', '|'];
/// What a formula begins with, in the wide forms of East Asia too.
const SIGNS: [char; 13] = ['=', '+', '-', '@', '＝', '＋', '－', '＠', '﹦', '﹢', '﹣', '﹫', '−'];

/// What can't be seen becomes a blank; a `'` goes before whatever could be taken for a formula. `separator`: that of the
/// table, behind which no cell begins, as the cell is quoted.
pub fn escape_spreadsheet_cell(text: &str, separator: char) -> String {
    let clean = replace_unprintable(text);
    let mut cell = String::with_capacity(clean.len() + 1);
    let (mut from, bytes) = (0, clean.len());
    while from <= bytes {
        let rest = &clean[from..];
        let end = rest.find(|letter| SEPARATORS.contains(&letter) && letter != separator);
        let piece = &rest[..end.unwrap_or(rest.len())];
        if is_formula(piece) {
            cell.push('\'');
        }
        cell.push_str(piece);
        let Some(end) = end else { break };
        cell.push_str(&rest[end..=end]);
        from += end + 1;
    }
    cell
}

fn is_formula(piece: &str) -> bool {
    let begins =
        piece.trim_start_matches(|letter: char| letter.is_whitespace() || letter == '"' || is_zero_width(letter));
    begins.starts_with(SIGNS) && !is_number(piece)
}

/// A number as people write it: with a sign, in groups, a telephone number.
fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    digits.bytes().any(|byte| byte.is_ascii_digit())
        && digits
            .bytes()
            .all(|byte| byte.is_ascii_digit() || b" ()./-".contains(&byte))
}

fn is_zero_width(letter: char) -> bool {
    matches!(letter, '\u{ad}' | '\u{34f}' | '\u{180e}' | '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{2064}' | '\u{feff}' | '\u{fe00}'..='\u{fe0f}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn st_11_whatever_a_device_is_called_no_part_of_it_begins_with_a_formula(text in ".{0,40}") {
            for separator in [',', ';', '\t'] {
                let cell = escape_spreadsheet_cell(&text, separator);
                for part in cell.split(|letter| SEPARATORS.contains(&letter) && letter != separator) {
                    prop_assert!(!is_formula(part), "{cell:?}");
                }
                let without: String = cell.chars().filter(|letter| *letter != '\'').collect();
                let before: String = replace_unprintable(&text).chars().filter(|letter| *letter != '\'').collect();
                prop_assert_eq!(without, before, "nothing else is changed");
            }
        }
    }
}
