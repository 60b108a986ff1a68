//! The filters of a list as one condition, which a job takes for "all that match".

use sics_client::contract::DevicesQuery;

/// The condition; `None`: what is asked for can not be said by one (a search looks at more than any condition names).
pub(super) fn write_condition(asked: &DevicesQuery) -> Option<String> {
    if asked.search.is_some() {
        return None;
    }
    let contained = |field: &str, part: &Option<String>| {
        let part = part.as_deref()?;
        Some(write_match(field, &escape_pattern(part)))
    };
    let one_of = |field: &str, words: &Option<String>| {
        let words = words.as_deref()?.split(',').map(str::trim);
        let words: Vec<String> = words.filter(|word| !word.is_empty()).map(escape_pattern).collect();
        (!words.is_empty()).then(|| write_match(field, &format!("^({})$", words.join("|"))))
    };
    let seen = "lastSyncDateTime";
    let before = asked.checked_in_before.as_deref();
    let after = asked.checked_in_after.as_deref();
    let parts = [
        asked.filter.as_ref().map(|filter| format!("({filter})")),
        contained("deviceName", &asked.name),
        contained("serialNumber", &asked.serial),
        contained("userPrincipalName", &asked.user),
        one_of("operatingSystem", &asked.platform),
        one_of("complianceState", &asked.compliance),
        one_of("managedDeviceOwnerType", &asked.ownership),
        before.map(|time| format!("({seen} == null || {seen} < {})", write_text(time))),
        after.map(|time| format!("{seen} != null && {seen} >= {}", write_text(time))),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    if parts.is_empty() {
        // Every device has an id.
        return Some("id != null".to_owned());
    }
    Some(parts.join(" && "))
}

/// In upper or lower case; a device without a value does not match.
fn write_match(field: &str, pattern: &str) -> String {
    let pattern = write_text(&format!("(?i){pattern}"));
    format!("{field} != null && {field}.matches({pattern})")
}

/// As a text of a condition.
fn write_text(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// As a pattern that matches exactly this.
fn escape_pattern(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        if "\\.+*?()|[]{}^$#&-~".contains(letter) {
            escaped.push('\\');
        }
        escaped.push(letter);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    #[test]
    fn each_filter_is_a_part_of_the_condition() {
        let asked = DevicesQuery {
            filter: some("isEncrypted == false || isSupervised"),
            name: some("lap.1"),
            platform: some("iOS, iPadOS"),
            checked_in_before: some("2026-11-01T00:00:00Z"),
            ..DevicesQuery::default()
        };
        assert_eq!(
            write_condition(&asked).unwrap(),
            "(isEncrypted == false || isSupervised) && deviceName != null && deviceName.matches(\"(?i)lap\\\\.1\") && \
             operatingSystem != null && operatingSystem.matches(\"(?i)^(iOS|iPadOS)$\") && \
             (lastSyncDateTime == null || lastSyncDateTime < \"2026-11-01T00:00:00Z\")"
        );
    }

    #[test]
    fn quotes_do_not_end_the_text_and_a_search_is_no_condition() {
        let asked = DevicesQuery {
            user: some("a\" || true || \"\\"),
            ..DevicesQuery::default()
        };
        assert_eq!(
            write_condition(&asked).unwrap(),
            "userPrincipalName != null && userPrincipalName.matches(\"(?i)a\\\" \\\\|\\\\| true \\\\|\\\\| \\\"\\\\\\\\\")"
        );
        let asked = DevicesQuery {
            search: some("lap"),
            ..DevicesQuery::default()
        };
        assert_eq!(write_condition(&asked), None);
        assert_eq!(write_condition(&DevicesQuery::default()), some("id != null"));
    }
}
