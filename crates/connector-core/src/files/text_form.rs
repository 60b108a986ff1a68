//! What bytes are that should be text.

/// What the bytes are instead of text; `None`: they are text.
pub fn not_text(bytes: &[u8]) -> Option<&'static str> {
    let marked = bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff");
    if marked || bytes.contains(&0) && looks_wide(bytes) {
        Some("UTF-16 text")
    } else if std::str::from_utf8(bytes).is_err() {
        Some("data that is not UTF-8 text")
    } else {
        None
    }
}

/// Every second byte is nothing, as in the letters of western languages.
fn looks_wide(bytes: &[u8]) -> bool {
    let empty = |from: usize| bytes.iter().skip(from).step_by(2).all(|byte| *byte == 0);
    bytes.len() >= 2 && bytes.len().is_multiple_of(2) && (empty(0) || empty(1)) && bytes.iter().any(|byte| *byte != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn st_19_utf_16_is_named_whatever_its_order() {
        for wide in [u16::to_le_bytes, u16::to_be_bytes] {
            let bytes: Vec<u8> = "secret~1".encode_utf16().flat_map(wide).collect();
            assert_eq!(not_text(&bytes), Some("UTF-16 text"));
        }
        assert_eq!(not_text("s\u{fc}\u{df} ~".as_bytes()), None);
        assert_eq!(not_text(b"\xffx"), Some("data that is not UTF-8 text"));
        assert_eq!(not_text(b""), None);
    }
}
