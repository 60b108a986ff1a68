//! How triggers are written: `every 15m`, `every 1h30m`, `off`, or a cron expression of five or six fields.

use super::cron::CronSchedule;
use crate::schedule::Trigger;

/// Shortest interval: shorter ones would be one run after the other.
const SHORTEST_S: u64 = 10;
/// Longest interval, 366 days.
const LONGEST_S: u64 = 366 * 86_400;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TriggerError {
    #[error("empty; expected \"every 15m\", \"off\" or a cron expression")]
    Empty,
    #[error("{given:?} is not a duration; units are s, m, h and d, as in \"every 15m\" or \"every 1h30m\"")]
    Interval { given: String },
    #[error("an interval must be between 10 seconds and 366 days")]
    OutOfRange,
    #[error(
        "not a cron expression: {problem}; \"0 3 * * *\" is every day at 3:00, \"0 0 3 * * *\" the same with seconds"
    )]
    Cron { problem: String },
    #[error("this cron expression never occurs")]
    NeverOccurs,
}

pub fn parse_trigger(text: &str) -> Result<Trigger, TriggerError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(TriggerError::Empty);
    }
    if text.eq_ignore_ascii_case("off") {
        return Ok(Trigger::Off);
    }
    if let Some((word, rest)) = text.split_once(char::is_whitespace)
        && word.eq_ignore_ascii_case("every")
    {
        return parse_interval(rest.trim());
    }
    if text.chars().count() > 200 {
        return Err(TriggerError::Cron {
            problem: "longer than 200 characters".to_owned(),
        });
    }
    let occurrences = CronSchedule::parse(text).map_err(|problem| TriggerError::Cron { problem })?;
    if !occurrences.has_occurrence() {
        return Err(TriggerError::NeverOccurs);
    }
    let fields: Vec<&str> = text.split_whitespace().collect();
    Ok(Trigger::Cron(fields.join(" ")))
}

fn parse_interval(text: &str) -> Result<Trigger, TriggerError> {
    let wrong = || TriggerError::Interval {
        given: text.chars().take(40).collect(),
    };
    let mut total_s = 0u64;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
        let number: u64 = rest[..digits].parse().map_err(|_| wrong())?;
        let unit_on = rest[digits..].trim_start();
        let letters = unit_on
            .find(|c: char| !c.is_ascii_alphabetic())
            .unwrap_or(unit_on.len());
        let unit_s = match unit_on[..letters].to_ascii_lowercase().as_str() {
            "s" | "sec" | "second" | "seconds" => 1,
            "m" | "min" | "minute" | "minutes" => 60,
            "h" | "hour" | "hours" => 3_600,
            "d" | "day" | "days" => 86_400,
            _ => return Err(wrong()),
        };
        let part_s = number.checked_mul(unit_s).ok_or(TriggerError::OutOfRange)?;
        total_s = total_s.checked_add(part_s).ok_or(TriggerError::OutOfRange)?;
        rest = unit_on[letters..].trim_start();
    }
    if text.is_empty() {
        Err(wrong())
    } else if (SHORTEST_S..=LONGEST_S).contains(&total_s) {
        Ok(Trigger::EverySeconds(total_s))
    } else {
        Err(TriggerError::OutOfRange)
    }
}

/// As [`parse_trigger`] reads it.
pub fn format_trigger(trigger: &Trigger) -> String {
    match trigger {
        Trigger::Off => "off".to_owned(),
        Trigger::Cron(text) => text.clone(),
        Trigger::EverySeconds(seconds) => {
            let units = [(86_400, "d"), (3_600, "h"), (60, "m"), (1, "s")];
            let (unit_s, unit) = units
                .into_iter()
                .find(|(unit_s, _)| seconds % unit_s == 0)
                .unwrap_or((1, "s"));
            format!("every {}{unit}", seconds / unit_s)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn triggers_are_read_as_they_are_written() {
        for (text, trigger) in [
            ("off", Trigger::Off),
            ("OFF", Trigger::Off),
            ("every 15m", Trigger::EverySeconds(900)),
            ("every 4h", Trigger::EverySeconds(14_400)),
            ("Every 90 s", Trigger::EverySeconds(90)),
            ("every 1h30m", Trigger::EverySeconds(5_400)),
            ("every 2 days", Trigger::EverySeconds(172_800)),
            (" 0  3 * * * ", Trigger::Cron("0 3 * * *".into())),
            ("*/30 * * * * *", Trigger::Cron("*/30 * * * * *".into())),
            ("0 8-18 * * MON-FRI", Trigger::Cron("0 8-18 * * MON-FRI".into())),
        ] {
            assert_eq!(parse_trigger(text), Ok(trigger.clone()), "{text}");
            assert_eq!(parse_trigger(&format_trigger(&trigger)), Ok(trigger), "{text}");
        }
    }

    #[test]
    fn triggers_that_mean_nothing_are_refused() {
        for text in ["every", "every 15", "every m", "every 15 fortnights", "every 1h 30"] {
            assert!(parse_trigger(text).is_err(), "{text}");
        }
        assert_eq!(parse_trigger(""), Err(TriggerError::Empty));
        for text in [
            "every 0m",
            "every 1s",
            "every 367d",
            "every 99999999999999999999h",
            "every 18446744073709551615d",
        ] {
            let error = parse_trigger(text).expect_err(text);
            assert!(
                matches!(error, TriggerError::OutOfRange | TriggerError::Interval { .. }),
                "{text}"
            );
        }
        for text in [
            "* * *",
            "61 * * * *",
            "0 25 * * *",
            "0 0 3 * * * 2030",
            "@daily",
            "soon",
            "* * * * banana",
        ] {
            assert!(matches!(parse_trigger(text), Err(TriggerError::Cron { .. })), "{text}");
        }
        assert_eq!(parse_trigger("0 0 30 2 *"), Err(TriggerError::NeverOccurs));
        assert!(parse_trigger("0 0 29 2 *").is_ok(), "leap days do come");
    }
}
