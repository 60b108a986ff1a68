//! Lengths of time as people write them: `30s`, `15m`, `24h`, `7d`.

/// Seconds; `None` where it is no length of time.
pub fn parse(text: &str) -> Option<u64> {
    let text = text.trim();
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let unit = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return None,
    };
    if number.chars().all(|digit| digit.is_ascii_digit()) {
        number.parse::<u64>().ok()?.checked_mul(unit)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn lengths_have_a_number_and_a_unit() {
        assert_eq!(parse("30s"), Some(30));
        assert_eq!(parse("15m"), Some(900));
        assert_eq!(parse("24h"), Some(86_400));
        assert_eq!(parse("7d"), Some(604_800));
        for wrong in [
            "",
            "7",
            "d",
            "-1h",
            "+1h",
            "1.5h",
            "1w",
            "1 h",
            "99999999999999999999d",
            "é",
        ] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
