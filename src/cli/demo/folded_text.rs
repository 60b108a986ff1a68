//! Text in narrow lines.

/// Lines of at most `width` characters, broken between words; a longer word stays whole.
pub(crate) fn fold_text(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_folded_between_words() {
        assert_eq!(fold_text("", 10), [""; 0]);
        assert_eq!(fold_text("one two  three", 7), ["one two", "three"]);
        assert_eq!(
            fold_text("a-word-that-is-too-long b", 5),
            ["a-word-that-is-too-long", "b"]
        );
    }
}
