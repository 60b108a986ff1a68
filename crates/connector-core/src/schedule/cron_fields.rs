//! The fields of a cron expression, looked at one by one before they are parsed as a whole: what is wrong is told by the name
//! of its field.

/// What may stand in a field.
struct CronField {
    name: &'static str,
    min: u32,
    max: u32,
    /// Words for `min` and the numbers behind it.
    words: &'static [&'static str],
}

const fn field(name: &'static str, min: u32, max: u32, words: &'static [&'static str]) -> CronField {
    CronField { name, min, max, words }
}

const MONTHS: [&str; 12] = [
    "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC",
];
const DAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

const FIELDS: [CronField; 6] = [
    field("second", 0, 59, &[]),
    field("minute", 0, 59, &[]),
    field("hour", 0, 23, &[]),
    field("day", 1, 31, &[]),
    field("month", 1, 12, &MONTHS),
    field("weekday", 0, 7, &DAYS),
];

/// Five fields, or six with seconds first.
pub(super) fn check_cron_fields(text: &str) -> Result<(), String> {
    let fields: Vec<&str> = text.split_whitespace().collect();
    let known = FIELDS
        .get(FIELDS.len().saturating_sub(fields.len())..)
        .unwrap_or(&FIELDS);
    for (value, field) in fields.iter().zip(known) {
        value.split(',').try_for_each(|item| check_item(item, field))?;
    }
    Ok(())
}

/// `5`, `1-5`, `*/15`, `1-30/2`, `MON`.
fn check_item(item: &str, field: &CronField) -> Result<(), String> {
    let name = field.name;
    let (range, step) = match item.split_once('/') {
        Some((range, step)) => (range, Some(step)),
        None => (item, None),
    };
    if let Some(step) = step
        && !step.parse::<u32>().is_ok_and(|step| step > 0)
    {
        return Err(format!("the step /{step} of {name} is not a number above 0"));
    }
    // The last day, the nearest working day, the n-th of a month: the parser knows them.
    let is_special = |text: &str| matches!(text, "*" | "?") || text.contains(['L', 'W', '#', '+']);
    if is_special(range) && !field.words.contains(&range.to_uppercase().as_str()) {
        return Ok(());
    }
    let Some((first, last)) = range.split_once('-') else {
        return read_number(range, field).map(drop);
    };
    let (from, to) = (read_number(first, field)?, read_number(last, field)?);
    // Of a week, SUN is its beginning and its end.
    if from > to && first.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(format!("the range {range} of {name} runs backwards"));
    }
    Ok(())
}

fn read_number(text: &str, field: &CronField) -> Result<u32, String> {
    let CronField { name, min, max, words } = field;
    let upper = text.to_uppercase();
    if let Some(at) = words.iter().position(|word| *word == upper) {
        return Ok(*min + u32::try_from(at).unwrap_or_default());
    }
    let shown: String = text.chars().take(20).collect();
    match text.parse::<u32>() {
        Ok(number) if (*min..=*max).contains(&number) => Ok(number),
        Ok(_) => Err(format!("{name} {shown} is out of range {min}-{max}")),
        Err(_) if words.is_empty() => Err(format!("{name} {shown:?} is not a number from {min} to {max}")),
        Err(_) => {
            let word = words[0];
            Err(format!(
                "{name} {shown:?} is neither a number from {min} to {max} nor a word such as {word}"
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn n4_what_is_wrong_in_a_cron_expression_is_told_by_field_and_range() {
        for (text, problem) in [
            ("61 * * * *", "minute 61 is out of range 0-59"),
            ("0 25 * * *", "hour 25 is out of range 0-23"),
            ("0 0 32 * *", "day 32 is out of range 1-31"),
            ("0 0 0 * *", "day 0 is out of range 1-31"),
            ("0 0 * 13 *", "month 13 is out of range 1-12"),
            ("0 0 * * 8", "weekday 8 is out of range 0-7"),
            ("99 0 3 * * *", "second 99 is out of range 0-59"),
            ("x * * * *", "minute \"x\" is not a number from 0 to 59"),
            (
                "0 0 * * banana",
                "weekday \"banana\" is neither a number from 0 to 7 nor a word such as SUN",
            ),
            ("*/0 * * * *", "the step /0 of minute is not a number above 0"),
            ("0 18-8 * * *", "the range 18-8 of hour runs backwards"),
            ("5,70 * * * *", "minute 70 is out of range 0-59"),
        ] {
            assert_eq!(check_cron_fields(text), Err(problem.to_owned()), "{text}");
        }
        for good in [
            "*/15 * * * *",
            "0 8-18 * * MON-FRI",
            "0 0 L * *",
            "0 0 15W JAN,JUL ?",
            "0 0 * * FRI#2",
            "1-30/2 0,12 * dec *",
        ] {
            assert_eq!(check_cron_fields(good), Ok(()), "{good}");
        }
    }
}
