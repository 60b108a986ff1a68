//! Values as OCS keeps them: what it would change without a word is changed here, and known.
//!
//! Its filter turns a value with `=(` and `)` into `1`; it keeps 255 characters, and of a sign beyond the basic plane four
//! question marks; XML cannot hold what cannot be seen. So a value is cleaned before it is sent.

use serde_json::Value;

use super::fields::{FieldForm, OcsField};
use crate::inventory::usable_serial;
use crate::model::replace_unprintable;
use crate::targets::TargetFault;

/// OCS keeps numbers in columns of 32 bits.
const NUMBER_MAX: u64 = 2_147_483_647;
/// Hexadecimal digits of a MAC address.
const MAC_DIGITS: usize = 12;

/// The text that is sent; `None`: the field is empty.
pub(super) fn field_text(field: &OcsField, value: &Value) -> Result<Option<String>, TargetFault> {
    let refused = |problem: &str| TargetFault::Refused {
        problem: problem.to_owned(),
        field: Some(field.name.to_owned()),
    };
    let plain = match value {
        Value::Null => return Ok(None),
        Value::Bool(yes) => yes.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => clean_text(text, field.longest),
        Value::Array(_) | Value::Object(_) => return Err(refused("the value is a list or an object")),
    };
    if plain.is_empty() {
        return Ok(None);
    }
    match field.form {
        FieldForm::Text => Ok(Some(plain)),
        FieldForm::Serial => Ok(usable_serial(&plain).map(|_| plain)),
        FieldForm::Mac => Ok(format_mac(&plain)),
        FieldForm::Number => match whole_number(&plain) {
            Some(0) => Ok(None),
            Some(number) => Ok(Some(number.min(NUMBER_MAX).to_string())),
            None => Err(refused("the value is not a whole number")),
        },
    }
}

/// One line that the filter and the columns of OCS leave as it is.
pub(super) fn clean_text(text: &str, longest: usize) -> String {
    let seen = replace_unprintable(text);
    let basic: String = seen
        .chars()
        .map(|letter| if is_kept(letter) { letter } else { '?' })
        .collect();
    let safe = disarm_filter(&basic);
    let cut: String = safe.trim().chars().take(longest).collect();
    cut.trim_end().to_owned()
}

/// In the basic plane, and a sign that XML may hold.
fn is_kept(letter: char) -> bool {
    u32::from(letter) < 0xfffe
}

/// The filter looks for `=(` with blanks between or not, and `)` anywhere: brackets behind `=` become square ones.
fn disarm_filter(text: &str) -> String {
    let (mut safe, mut before, mut open) = (String::with_capacity(text.len()), ' ', 0_u32);
    for letter in text.chars() {
        let shown = match letter {
            '(' if before == '=' => {
                open += 1;
                '['
            }
            ')' if open > 0 => {
                open -= 1;
                ']'
            }
            other => other,
        };
        safe.push(shown);
        if letter != ' ' {
            before = shown;
        }
    }
    safe
}

/// Intune writes twelve digits, OCS has colons between them. `None`: it is no address of an adapter.
pub(super) fn format_mac(text: &str) -> Option<String> {
    let digits: String = text.chars().filter(char::is_ascii_hexdigit).collect();
    let has_others = text
        .chars()
        .any(|c| !c.is_ascii_hexdigit() && !matches!(c, ':' | '-' | '.' | ' '));
    if has_others || digits.len() != MAC_DIGITS || digits.bytes().all(|digit| digit == b'0') {
        return None;
    }
    let upper = digits.to_ascii_uppercase();
    let pairs: Vec<&str> = (0..MAC_DIGITS).step_by(2).map(|at| &upper[at..at + 2]).collect();
    Some(pairs.join(":"))
}

fn whole_number(text: &str) -> Option<u64> {
    let whole = match text.split_once('.') {
        Some((whole, fraction)) if fraction.bytes().all(|digit| digit.is_ascii_digit()) => whole,
        Some(_) => return None,
        None => text,
    };
    let is_digits = !whole.is_empty() && whole.bytes().all(|digit| digit.is_ascii_digit());
    is_digits.then(|| whole.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::fields::find_ocs_field;
    use super::*;

    fn text(name: &str, value: Value) -> Result<Option<String>, TargetFault> {
        field_text(find_ocs_field(name).unwrap(), &value)
    }

    fn sent(name: &str, value: Value) -> Option<String> {
        text(name, value).unwrap()
    }

    /// What the server looks for.
    fn is_filtered(text: &str) -> bool {
        let packed = text.replace(' ', "");
        packed.contains("=(") && packed.contains(')')
    }

    #[test]
    fn the_filter_of_ocs_finds_nothing_to_replace() {
        for (given, expected) in [
            ("a=(b)", "a=[b]"),
            ("a = ( b )", "a = [ b ]"),
            ("a=((b))", "a=[(b])"),
            ("a=(b) c=(d)", "a=[b] c=[d]"),
            ("(a)=(b)", "(a)=[b]"),
            (")=(", ")=["),
            ("plain (b)", "plain (b)"),
            ("a=b (c)", "a=b (c)"),
            ("x=\t(y)", "x= [y]"),
        ] {
            let cleaned = clean_text(given, 255);
            assert_eq!(cleaned, expected);
            assert!(!is_filtered(&cleaned), "{cleaned}");
        }
    }

    #[test]
    fn a_text_is_one_line_of_signs_that_ocs_keeps() {
        assert_eq!(clean_text("  a\u{0}b\u{1b}c\r\nd\u{202e}  ", 255), "a b c  d");
        assert_eq!(clean_text("PC \u{1f600} ü 日本 \u{ffff}", 255), "PC ? ü 日本 ?");
        assert_eq!(clean_text(&"ü".repeat(5_000), 255).chars().count(), 255);
        assert_eq!(clean_text("   ", 255), "");
        assert_eq!(clean_text("abc   def", 5), "abc");
    }

    #[test]
    fn a_number_has_digits_only_whatever_a_device_says() {
        assert_eq!(sent("HARDWARE/MEMORY", json!(16384)).as_deref(), Some("16384"));
        assert_eq!(sent("HARDWARE/MEMORY", json!("16384.9")).as_deref(), Some("16384"));
        assert_eq!(sent("HARDWARE/MEMORY", json!(u64::MAX)).as_deref(), Some("2147483647"));
        assert_eq!(
            sent("HARDWARE/MEMORY", json!("9".repeat(60))).as_deref(),
            Some("2147483647")
        );
        assert_eq!(sent("HARDWARE/MEMORY", json!(0)), None);
        for hostile in ["1, NAME='x'", "-1", "1e9", "0x10", "(select 1)", "1.x"] {
            let fault = text("HARDWARE/MEMORY", json!(hostile)).unwrap_err();
            assert!(fault.concerns_record(), "{hostile}");
            assert!(!format!("{fault:?}").contains(hostile), "{fault:?}");
        }
    }

    #[test]
    fn s7_a_junk_serial_is_left_out() {
        assert_eq!(sent("BIOS/SSN", json!("pf0TEST1")).as_deref(), Some("pf0TEST1"));
        for junk in ["To be filled by O.E.M.", "0000000", "N/A", "", " "] {
            assert_eq!(sent("BIOS/SSN", json!(junk)), None, "{junk}");
        }
    }

    #[test]
    fn a_mac_address_has_colons_and_none_is_left_out() {
        for (given, expected) in [
            ("00aabbccddee", Some("00:AA:BB:CC:DD:EE")),
            ("00:AA:bb:cc:dd:ee", Some("00:AA:BB:CC:DD:EE")),
            ("00-aa-bb-cc-dd-ee", Some("00:AA:BB:CC:DD:EE")),
            ("000000000000", None),
            ("00aabbccdd", None),
            ("00aabbccddeeff", None),
            ("00aabbccddeeg", None),
            ("", None),
        ] {
            assert_eq!(sent("NETWORKS/WIFI", json!(given)).as_deref(), expected, "{given}");
        }
    }

    #[test]
    fn nothing_is_an_empty_field_and_a_list_is_refused() {
        assert_eq!(sent("HARDWARE/NAME", Value::Null), None);
        assert_eq!(sent("HARDWARE/NAME", json!(true)).as_deref(), Some("true"));
        assert!(text("HARDWARE/NAME", json!(["a"])).is_err());
        assert_eq!(
            sent("HARDWARE/ARCH", json!("x86_64-with-more")).as_deref(),
            Some("x86_64-wit")
        );
    }
}
