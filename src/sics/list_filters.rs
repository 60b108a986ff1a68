//! What lists are filtered by, understood: texts, words, moments and periods. An empty one asks for nothing; a wrong one is
//! refused with what is possible.
//!
//! *Filters that name an object* (an instance, a workflow, an application, an account) have one rule: an object that does not
//! exist is refused as it is everywhere (404 `unknown`), since an empty list would say that nothing is there to be seen. One
//! that has gone counts as long as rows of it are kept. Whoever may not look at objects of a kind is not told which of them
//! there are: they get the empty list.

use super::problem::ApiProblem;
use crate::model::{Timestamp, find_impossible_date, parse_time, replace_unprintable};

/// Refuses a filter that names nothing. `field`: as the request calls it; `what`: the kind of the object.
pub(super) fn require_named(field: &str, what: &str, name: &str, is_there: bool) -> Result<(), ApiProblem> {
    if is_there {
        return Ok(());
    }
    Err(ApiProblem::not_found(what, replace_unprintable(name)).with_member("parameter", field))
}

/// A text of at most so many characters.
pub(super) fn parse_text(name: &str, text: Option<&str>, text_chars: usize) -> Result<Option<String>, ApiProblem> {
    let text = text.filter(|text| !text.is_empty());
    if text.is_some_and(|text| text.chars().count() > text_chars) {
        return Err(ApiProblem::bad_request(
            "tooLong",
            format!("the text of {name} is too long"),
            format!("Shorten it to {text_chars} characters."),
        ));
    }
    Ok(text.map(str::to_owned))
}

/// Words between commas; none at all ask for nothing.
pub(super) fn parse_words(text: Option<String>) -> Option<Vec<String>> {
    let text = text?;
    let words = text.split(',').map(str::trim).filter(|word| !word.is_empty());
    let words: Vec<String> = words.map(str::to_owned).collect();
    Some(words).filter(|words| !words.is_empty())
}

pub(super) fn parse_moment(name: &str, text: Option<&str>) -> Result<Option<Timestamp>, ApiProblem> {
    let Some(text) = text.filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    parse_time(text).map(Some).ok_or_else(|| {
        ApiProblem::bad_request(
            "wrongTime",
            match find_impossible_date(text) {
                Some(date) => format!("{name}: the date {date} does not exist"),
                None => format!("{name} is not a time"),
            },
            "Write it as RFC 3339 in UTC, such as 2026-11-28T12:00:00Z.",
        )
    })
}

/// Begin, which belongs to it, and end, which does not; either may be open.
pub(super) fn parse_period(
    from: Option<&str>,
    until: Option<&str>,
) -> Result<(Option<Timestamp>, Option<Timestamp>), ApiProblem> {
    let advice = "Give a begin (from) before the end (until), both as RFC 3339: 2026-11-01T00:00:00Z.";
    parse_named_period(("from", from), ("until", until), advice)
}

/// The same under other names.
pub(super) fn parse_named_period(
    (begin, from): (&str, Option<&str>),
    (end, until): (&str, Option<&str>),
    advice: &str,
) -> Result<(Option<Timestamp>, Option<Timestamp>), ApiProblem> {
    let period = (parse_moment(begin, from)?, parse_moment(end, until)?);
    match period {
        (Some(from), Some(until)) if until <= from => Err(ApiProblem::bad_request(
            "wrongPeriod",
            "the period ends before it begins",
            advice,
        )),
        period => Ok(period),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_is_open_where_nothing_is_given_and_never_ends_before_it_begins() {
        let code = |from, until| parse_period(from, until).expect_err("wrong").code().to_owned();
        let (day, next) = (Some("2026-11-28T00:00:00Z"), Some("2026-11-29T00:00:00+02:00"));
        assert_eq!(parse_period(None, Some("")).expect("open"), (None, None));
        let (from, until) = parse_period(day, next).expect("a period");
        assert!(from < until && until.is_some());
        assert_eq!(code(next, day), "wrongPeriod");
        assert_eq!(code(day, day), "wrongPeriod");
        assert_eq!(code(Some("2026-11-28"), None), "wrongTime");
        assert_eq!(code(None, Some("yesterday")), "wrongTime");
        let problem = parse_period(Some("2026-11-31T00:00:00Z"), None).expect_err("no such day");
        assert_eq!(problem.detail(), "from: the date 2026-11-31 does not exist");
    }
}
