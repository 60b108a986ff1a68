//! Values as words of a script, so that each is read as the text that it is.

/// In single quotes for bash: nothing in them means anything but their end.
pub(super) fn quote_bash(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// In single quotes for PowerShell, which takes typographic ones for the same sign; each is doubled.
pub(super) fn quote_powershell(text: &str) -> String {
    let mut quoted = String::from("'");
    for letter in text.chars() {
        quoted.push(letter);
        if matches!(letter, '\'' | '\u{2018}' | '\u{2019}' | '\u{201a}' | '\u{201b}') {
            quoted.push(letter);
        }
    }
    quoted.push('\'');
    quoted
}

/// The template with the values in its places (`{{name}}`). What stands in a value is no place.
pub(super) fn fill_template(template: &str, values: &[(&str, String)]) -> String {
    let mut text = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, (name, behind))) = rest
        .split_once("{{")
        .and_then(|(before, behind)| Some((before, behind.split_once("}}")?)))
    {
        text.push_str(before);
        let value = values.iter().find(|(known, _)| *known == name);
        text.push_str(value.map_or("", |(_, value)| value));
        rest = behind;
    }
    text.push_str(rest);
    text
}
