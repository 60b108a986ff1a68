//! Texts that are written out where a time, a length, a number, or true or false is asked for. No device makes one right
//! that is wrong, so it is refused when the condition is written. What the library accepts is what is accepted here.

use cel::IdedExpr;
use cel::common::ast::{CallExpr, Expr, LiteralValue};

use super::dates::expand_date;
use super::error::ConditionError;
use super::evaluate::is_resolvable;

/// Longest unit first: `ms` is no `m`.
const UNITS: [&str; 6] = ["ms", "us", "ns", "h", "m", "s"];

/// Looks at one call, before its parts are looked at. A time may be written as everywhere: `timestamp("2026-11")`.
pub(super) fn check_written_value(call: &mut CallExpr) -> Result<(), ConditionError> {
    let function = call.func_name.clone();
    let (None, [argument]) = (&call.target, call.args.as_mut_slice()) else {
        return Ok(());
    };
    let Expr::Literal(LiteralValue::String(literal)) = &argument.expr else {
        return Ok(());
    };
    let text = literal.inner().to_string();
    if function == "timestamp" {
        let moment = expand_date(&text)?;
        argument.expr = Expr::Literal(LiteralValue::String(moment.into()));
    }
    let accepted = is_accepted(call);
    let given = text.chars().take(80).collect();
    match function.as_str() {
        "timestamp" if !accepted => Err(ConditionError::NoDate { given }),
        "duration" if !accepted || !is_length(&text) => Err(ConditionError::NoLength { given }),
        "int" | "uint" | "double" | "bool" if !accepted => Err(ConditionError::NeverAccepted { function, given }),
        _ => Ok(()),
    }
}

fn is_accepted(call: &CallExpr) -> bool {
    is_resolvable(&IdedExpr {
        id: 0,
        expr: Expr::Call(call.clone()),
    })
}

/// `-1h30m`, `1.5s`, `0`: the library passes over what stands behind the last unit.
fn is_length(text: &str) -> bool {
    let mut rest = text.strip_prefix('-').unwrap_or(text);
    if rest == "0" {
        return true;
    }
    let is_number = |letter: char| letter.is_ascii_digit() || letter == '.';
    let mut parts = 0;
    while !rest.is_empty() {
        let unit = rest.trim_start_matches(is_number);
        let Some(next) = UNITS.iter().find_map(|known| unit.strip_prefix(known)) else {
            return false;
        };
        if unit.len() == rest.len() {
            return false;
        }
        (rest, parts) = (next, parts + 1);
    }
    parts > 0
}

#[cfg(test)]
mod tests {
    use super::super::{ConditionError, ConditionVocabulary, parse_condition};

    fn parse(source: &str) -> Result<(), ConditionError> {
        let words = ConditionVocabulary {
            lookup_name: &|_| Ok(()),
            is_date: &|name| name == "seen",
            allows_now: Some(true),
        };
        parse_condition(source, &words).map(drop)
    }

    #[test]
    fn wi_6_a_text_that_is_no_time_length_or_number_is_refused_when_it_is_written() {
        for (source, told) in [
            ("seen < timestamp('yesterday')", "is not a date"),
            ("seen < timestamp('2026-13-01')", "is not a date"),
            ("now - seen > duration('30d')", "720h"),
            ("now - seen > duration('1h30d')", "is not a length"),
            ("now - seen > duration('1 h')", "is not a length"),
            ("now - seen > duration('h')", "is not a length"),
            ("now - seen > duration('')", "is not a length"),
            ("now - seen > duration('99999999999999999999h')", "is not a length"),
            ("count > int('many')", "int never accepts"),
            ("count > uint('-1')", "uint never accepts"),
            ("count > double('1,5')", "double never accepts"),
            ("bool('ja')", "bool never accepts"),
        ] {
            let refused = parse(source).expect_err(source).to_string();
            assert!(refused.contains(told), "{source}: {refused}");
        }
    }

    #[test]
    fn wi_6_what_is_one_is_taken_however_it_is_written() {
        for source in [
            "seen < timestamp('2026-11-28T07:00:00Z')",
            "seen < timestamp('2026-11-28T07:00:00')",
            "seen < timestamp('2026-11-28')",
            "seen < timestamp(name)",
            "now - seen > duration('720h')",
            "now - seen > duration('-1h30m')",
            "now - seen > duration('1.5s')",
            "now - seen > duration('250ms')",
            "now - seen > duration('0')",
            "now - seen > duration(name)",
            "count > int('12') && bool('true') && double('1.5') > 1.0",
        ] {
            assert_eq!(parse(source), Ok(()), "{source}");
        }
    }
}
