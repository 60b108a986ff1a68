//! What bytes are that should be text, and the text: as Windows writes it, too.

use zeroize::Zeroizing;

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

/// The text of a file, without a byte order mark; UTF-16 with its mark is read. Else what the bytes are instead.
pub fn decode_text(bytes: &[u8]) -> Result<Zeroizing<String>, &'static str> {
    let read_unit: fn([u8; 2]) -> u16 = match bytes {
        [0xff, 0xfe, ..] => u16::from_le_bytes,
        [0xfe, 0xff, ..] => u16::from_be_bytes,
        _ => return decode_utf8(bytes),
    };
    let pairs = bytes[2..].chunks_exact(2);
    let is_whole = pairs.remainder().is_empty();
    let units: Zeroizing<Vec<u16>> = Zeroizing::new(pairs.map(|pair| read_unit([pair[0], pair[1]])).collect());
    let text = String::from_utf16(&units).map(Zeroizing::new);
    text.ok().filter(|_| is_whole).ok_or("damaged UTF-16 text")
}

fn decode_utf8(bytes: &[u8]) -> Result<Zeroizing<String>, &'static str> {
    if let Some(what) = not_text(bytes) {
        return Err(what);
    }
    let text = std::str::from_utf8(bytes).map_err(|_| "data that is not UTF-8 text")?;
    Ok(Zeroizing::new(text.trim_start_matches('\u{feff}').to_owned()))
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

    #[test]
    fn m24_text_is_read_as_windows_writes_it() {
        let marked = |text: &str| format!("\u{feff}{text}");
        for wide in [u16::to_le_bytes, u16::to_be_bytes] {
            let bytes: Vec<u8> = marked("s\u{fc}\u{df}~1\r\n").encode_utf16().flat_map(wide).collect();
            assert_eq!(decode_text(&bytes).unwrap().as_str(), "s\u{fc}\u{df}~1\r\n");
            assert_eq!(decode_text(&bytes[..bytes.len() - 1]), Err("damaged UTF-16 text"));
        }
        assert_eq!(decode_text(marked("secret").as_bytes()).unwrap().as_str(), "secret");
        assert_eq!(decode_text(b"s\0e\0c\0"), Err("UTF-16 text"));
        assert_eq!(decode_text(b"\xffx"), Err("data that is not UTF-8 text"));
        assert_eq!(decode_text(b"").unwrap().as_str(), "");
    }
}
