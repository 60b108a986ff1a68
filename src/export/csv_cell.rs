//! One cell of a table: strangers' text, made harmless for spreadsheets of any language
//! ([`escape_spreadsheet_cell`]), or as it is.

use crate::model::escape_spreadsheet_cell;

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

impl CsvStyle {
    /// What can't be seen becomes a blank; a `'` goes before whatever could be taken for a formula.
    pub fn escape_cell(self, text: &str) -> String {
        if self.raw {
            text.to_owned()
        } else {
            escape_spreadsheet_cell(text, char::from(self.separator.to_byte()))
        }
    }
}

#[cfg(test)]
mod tests {
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
}
