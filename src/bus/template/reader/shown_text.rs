//! Text of a document that nobody has checked, as a finding shows it.

pub(super) fn shorten_text(text: &str) -> String {
    text.chars().take(60).collect()
}
