//! Encoded queries (`sysparm_query`): pure. A value that has signs of the query language in it is looked for by the longest
//! part that has none; what comes is compared by the reader all the same.
//!
//! `^` ends a condition, and there is no way to write it in a value. A value that begins with `javascript:` is run as a script
//! over there: nothing from a device may stand there. Values are told apart by case, at least by the documents, so a serial
//! number is asked for as it is, in capitals and in small letters.

/// What a script would begin with.
const SCRIPT: &str = "javascript:";

/// Whose rows have this value in this column, in whatever case; `None`: there is nothing that could be asked for.
pub(super) fn match_column(column: &str, value: &str) -> Option<String> {
    let value = value.trim();
    if is_plain(value) {
        let mut forms = vec![value.to_owned()];
        for form in [value.to_ascii_uppercase(), value.to_ascii_lowercase()] {
            if !forms.contains(&form) {
                forms.push(form);
            }
        }
        let conditions: Vec<String> = forms.iter().map(|form| format!("{column}={form}")).collect();
        return (!value.is_empty()).then(|| conditions.join("^OR"));
    }
    let longest = value
        .split('^')
        .flat_map(split_script)
        .map(str::trim)
        .max_by_key(|part| part.chars().count())?;
    (!longest.is_empty()).then(|| format!("{column}LIKE{longest}"))
}

/// Whether a value means nothing else in a query.
fn is_plain(value: &str) -> bool {
    !value.contains('^') && find_script(value).is_none()
}

fn find_script(value: &str) -> Option<usize> {
    value.to_ascii_lowercase().find(SCRIPT)
}

/// What stands before a script and behind its beginning.
fn split_script(value: &str) -> Vec<&str> {
    let (mut parts, mut rest) = (Vec::new(), value);
    while let Some(at) = find_script(rest) {
        parts.push(&rest[..at]);
        rest = &rest[at + SCRIPT.len()..];
    }
    parts.push(rest);
    parts
}

/// These records by their ids.
pub(super) fn match_ids(ids: &[&str]) -> String {
    format!("sys_idIN{}", ids.join(","))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_serial_number_is_asked_for_in_each_case() {
        assert_eq!(
            match_column("serial_number", " Pf0x ").as_deref(),
            Some("serial_number=Pf0x^ORserial_number=PF0X^ORserial_number=pf0x")
        );
        assert_eq!(
            match_column("serial_number", "123").as_deref(),
            Some("serial_number=123")
        );
        assert_eq!(match_column("serial_number", "  "), None);
    }

    #[test]
    fn signs_of_the_query_language_never_reach_a_query() {
        for (value, query) in [
            ("AB^CDEF", Some("serial_numberLIKECDEF")),
            ("X^ORactive=true", Some("serial_numberLIKEORactive=true")),
            ("javascript:gs.sleep(9)", Some("serial_numberLIKEgs.sleep(9)")),
            ("JavaScript:javascript:", None),
            ("^^^", None),
        ] {
            assert_eq!(match_column("serial_number", value).as_deref(), query, "{value}");
        }
    }

    #[test]
    fn ids_stand_side_by_side() {
        assert_eq!(match_ids(&["a", "b"]), "sys_idINa,b");
    }

    proptest! {
        #[test]
        fn whatever_a_device_is_called_only_our_own_conditions_are_asked(value in "\\PC{0,30}|[A-Z^:javscript]{0,40}") {
            let query = match_column("name", &value).unwrap_or_default();
            for part in query.split('^').filter(|part| !part.is_empty()) {
                prop_assert!(part.starts_with("name") || part.starts_with("ORname"), "{}", query);
            }
            prop_assert!(!query.to_ascii_lowercase().contains("=javascript:"));
            prop_assert!(!query.to_ascii_lowercase().contains("likejavascript:"));
        }
    }
}
