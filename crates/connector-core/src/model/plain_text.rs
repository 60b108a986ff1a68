//! Text that people give, and text of strangers: which characters may stand in it. What can't be seen as itself steers a
//! terminal, forges a line of a log, or shows a name as another; so it is refused where a person types, and replaced
//! where a machine sends.

use std::borrow::Cow;

/// How many lines a text may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextForm {
    OneLine,
    /// Line ends and tabs are part of it.
    Lines,
}

/// Control characters, what turns the direction of writing, breaks of lines and paragraphs, and signs that nobody sees
/// (annotations, tags).
pub fn is_unprintable(letter: char) -> bool {
    letter.is_control()
        || matches!(
            letter,
            '\u{61c}'
                | '\u{200e}'
                | '\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2066}'..='\u{206f}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

/// The first character that may not stand in `text`.
pub fn find_unprintable(text: &str, form: TextForm) -> Option<char> {
    let is_allowed_break = |letter: char| form == TextForm::Lines && matches!(letter, '\n' | '\r' | '\t');
    text.chars()
        .find(|letter| is_unprintable(*letter) && !is_allowed_break(*letter))
}

/// A name for a character that can't be shown.
pub fn describe_unprintable(letter: char) -> String {
    match letter {
        '\n' | '\r' => "a line break".to_owned(),
        '\t' => "a tab".to_owned(),
        other => format!("the invisible character U+{:04X}", u32::from(other)),
    }
}

/// The text of a stranger on one line: a blank in place of each character that is unfit.
pub fn replace_unprintable(text: &str) -> String {
    text.chars().map(|c| if is_unprintable(c) { ' ' } else { c }).collect()
}

/// `\n` for a line break, `\u202e` for others: the same text within JSON, and harmless everywhere. `is_kept`: which stay.
pub fn escape_unprintable(text: &str, is_kept: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.chars().any(|letter| is_unprintable(letter) && !is_kept(letter)) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for letter in text.chars() {
        match letter {
            letter if !is_unprintable(letter) || is_kept(letter) => escaped.push(letter),
            '\n' => escaped.push_str("\\n"),
            '\r' => escaped.push_str("\\r"),
            '\t' => escaped.push_str("\\t"),
            letter => {
                let mut units = [0; 2];
                for unit in letter.encode_utf16(&mut units) {
                    escaped.push_str(&format!("\\u{unit:04x}"));
                }
            }
        }
    }
    Cow::Owned(escaped)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One of each kind; written here once more, apart from what is tested.
    const UNFIT: [u32; 31] = [
        0x00, 0x07, 0x08, 0x0b, 0x0c, 0x1b, 0x7f, 0x80, 0x85, 0x9b, 0x9f, 0x61c, 0x200e, 0x200f, 0x2028, 0x2029,
        0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x2066, 0x2067, 0x2068, 0x2069, 0x206a, 0x206f, 0xfff9, 0xfffb,
        0xe0001, 0xe007f,
    ];

    #[test]
    fn sec_m6_what_can_not_be_seen_is_found_in_every_form() {
        for code in UNFIT {
            let letter = char::from_u32(code).unwrap();
            let text = format!("a{letter}b");
            for form in [TextForm::OneLine, TextForm::Lines] {
                assert_eq!(find_unprintable(&text, form), Some(letter), "{code:x}");
            }
            assert_eq!(replace_unprintable(&text), "a b");
            let escaped = escape_unprintable(&text, |_| false);
            assert!(escaped.is_ascii(), "{escaped}");
            let back: String = serde_json::from_str(&format!("\"{escaped}\"")).unwrap();
            assert_eq!(back, text, "within JSON it stays the same text");
        }
        for letter in ['\n', '\r', '\t'] {
            assert_eq!(
                find_unprintable(&format!("a{letter}b"), TextForm::OneLine),
                Some(letter)
            );
            assert_eq!(find_unprintable(&format!("a{letter}b"), TextForm::Lines), None);
        }
    }

    #[test]
    fn every_language_is_fit() {
        for text in [
            "Übung ß é",
            "日本語",
            "עברית",
            "فارسی\u{200c}ها",
            "👩\u{200d}🔧",
            "a\u{a0}b",
        ] {
            assert_eq!(find_unprintable(text, TextForm::OneLine), None, "{text}");
            assert!(matches!(escape_unprintable(text, |_| false), Cow::Borrowed(_)));
        }
    }
}
