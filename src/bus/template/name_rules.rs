//! Names within a template: of pages, fields, actions, choices, settings.

/// Longest name.
const NAME_MAX: usize = 60;

/// A name that is one in conditions, settings files and web forms alike.
pub(crate) fn is_field_name(text: &str) -> bool {
    text.len() <= NAME_MAX
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

/// The value of a choice: what settings know, so capitals and points may be in it.
pub(crate) fn is_choice_value(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= NAME_MAX
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '*'))
}

/// The name of a part, as in a manifest.
pub(crate) fn is_part_name(text: &str) -> bool {
    text.len() <= NAME_MAX
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric())
}
