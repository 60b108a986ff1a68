//! One cell of a table: strangers' text, made harmless for spreadsheets of any language. Pure.
//!
//! A spreadsheet may take a cell that begins with a sign for a formula, and where its language separates lists by
//! another mark than the file does, it begins cells anew within ours. So a mark is put before each place where a
//! formula could begin. What is a plain number, with a sign or not, stays as it is: it calculates nothing.

use crate::model::replace_unprintable;

/// How a table is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CsvStyle {
    pub separator: CsvSeparator,
    /// Text as it is, for programs that calculate nothing.
    pub raw: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum CsvSeparator {
    Comma,
    Semicolon,
    Tab,
}

impl CsvSeparator {
    pub fn to_byte(self) -> u8 {
        match self {
            CsvSeparator::Comma => b',',
            CsvSeparator::Semicolon => b';',
            CsvSeparator::Tab => b'\t',
        }
    }
}

/// Marks between cells in one language or another.
const SEPARATORS: [char; 4] = [',', ';', '\t', '|'];
/// What a formula begins with, in the wide forms of East Asia too.
const SIGNS: [char; 13] = ['=', '+', '-', '@', '＝', '＋', '－', '＠', '﹦', '﹢', '﹣', '﹫', '−'];

impl CsvStyle {
    /// What can't be seen becomes a blank; a `'` goes before whatever could be taken for a formula.
    pub fn escape_cell(self, text: &str) -> String {
        if self.raw {
            return text.to_owned();
        }
        let clean = replace_unprintable(text);
        let own = char::from(self.separator.to_byte());
        let mut cell = String::with_capacity(clean.len() + 1);
        let (mut from, bytes) = (0, clean.len());
        while from <= bytes {
            let rest = &clean[from..];
            // Our own separator is quoted, and so begins no cell.
            let end = rest.find(|letter| SEPARATORS.contains(&letter) && letter != own);
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

    const USUAL: CsvStyle = CsvStyle {
        separator: CsvSeparator::Comma,
        raw: false,
    };

    fn harmless(text: &str) -> String {
        USUAL.escape_cell(text)
    }

    #[test]
    fn a_formula_is_marked_as_text() {
        assert_eq!(harmless("=1+1"), "'=1+1");
        assert_eq!(harmless("laptop-7"), "laptop-7");
        assert_eq!(harmless("Übung 日本 a=b"), "Übung 日本 a=b");
    }

    #[test]
    fn st_10_numbers_stay_as_they_are() {
        for number in [
            "+4915112345678",
            "-123",
            "+49 (151) 123-456.78/9",
            "-0.5",
            "0049 151",
            "(02) 123",
            "1.234",
        ] {
            assert_eq!(harmless(number), number);
        }
        for other in ["+1+1", "-A1", "+", "-", "-1e5", "+SUM(1)", "-1*2", "+49,-A1()"] {
            assert!(harmless(other).starts_with('\''), "{other}");
        }
    }

    #[test]
    fn st_11_no_cell_begins_with_a_formula_whatever_separates_cells() {
        assert_eq!(harmless("Anna;=1+1;x"), "Anna;'=1+1;x");
        assert_eq!(harmless("a|@b"), "a|'@b");
        assert_eq!(harmless("a;\"=1+1\""), "a;'\"=1+1\"");
        assert_eq!(harmless("a, -b"), "a, -b", "our own separator is quoted");
        let german = CsvStyle {
            separator: CsvSeparator::Semicolon,
            raw: false,
        };
        assert_eq!(german.escape_cell("a,=b;=c"), "a,'=b;=c");
        assert_eq!(harmless("a;+49 151"), "a;+49 151");
        assert_eq!(harmless("\0=1+1"), "' =1+1");
        assert_eq!(harmless("\n=1+1"), "' =1+1");
        assert_eq!(harmless("x\t=1+1"), "x =1+1");
        assert_eq!(harmless("＝1+1"), "'＝1+1");
    }

    #[test]
    fn st_10_raw_is_raw() {
        let raw = CsvStyle { raw: true, ..USUAL };
        assert_eq!(raw.escape_cell("=1+1\n;-x"), "=1+1\n;-x");
    }

    #[test]
    fn sec_l5_a_formula_is_marked_behind_whatever_stands_before_it() {
        let before = [
            " ", "\u{a0}", "\u{feff}", "\u{200b}", "\u{2060}", "\u{1}", "\t", "\r\n", "\u{3000}", "\u{202e}", "\u{ad}",
        ];
        for sign in ["=", "+", "-", "@", "＝", "＋", "－", "＠"] {
            assert!(harmless(&format!("{sign}1+1")).starts_with('\''), "{sign}");
            for one in before {
                for two in before {
                    let cell = harmless(&format!("{one}{two}{sign}1+1"));
                    assert!(cell.starts_with('\''), "{cell:?}");
                    assert_eq!(
                        cell.chars().find(|c| crate::model::is_unprintable(*c)),
                        None,
                        "{cell:?}"
                    );
                }
            }
        }
        assert_eq!(harmless("PC\u{1b}[31m"), "PC [31m");
    }

    proptest! {
        #[test]
        fn st_11_whatever_a_device_is_called_no_part_of_it_begins_with_a_formula(text in ".{0,40}") {
            for separator in [CsvSeparator::Comma, CsvSeparator::Semicolon, CsvSeparator::Tab] {
                let cell = CsvStyle { separator, raw: false }.escape_cell(&text);
                let own = char::from(separator.to_byte());
                for part in cell.split(|letter| SEPARATORS.contains(&letter) && letter != own) {
                    prop_assert!(!is_formula(part), "{cell:?}");
                }
                let without: String = cell.chars().filter(|letter| *letter != '\'').collect();
                let before: String = replace_unprintable(&text).chars().filter(|letter| *letter != '\'').collect();
                prop_assert_eq!(without, before, "nothing else is changed");
            }
        }
    }
}
