//! A condition over JSON values by name.
//!
//! Whole numbers are `int` whatever their sign, so that `count == 3` holds. What is not there is null at the first
//! level of a name, and no member below it.

use cel::IdedExpr;
use serde_json::Value as Json;

use super::json_values::{EMPTY, JsonValues, parse_over_names};
use super::{ConditionError, ParsedCondition, evaluate_expression, member_paths};
use crate::model::Timestamp;

/// A compiled condition; cheap to ask, safe to share.
#[derive(Debug)]
pub struct JsonCondition(ParsedCondition);

impl JsonCondition {
    /// `names`: what it may ask for.
    pub fn compile(source: &str, names: &[&str]) -> Result<JsonCondition, ConditionError> {
        JsonCondition::compiled(source, names, None)
    }

    /// One that is asked at one moment: it may ask for `now` too, unless something among the names is called so.
    pub fn compile_at(source: &str, names: &[&str]) -> Result<JsonCondition, ConditionError> {
        JsonCondition::compiled(source, names, (!names.contains(&"now")).then_some(true))
    }

    fn compiled(source: &str, names: &[&str], now: Option<bool>) -> Result<JsonCondition, ConditionError> {
        parse_over_names(source, names, &|_| false, now).map(JsonCondition)
    }

    /// For those who look through all of it ([`super::list_parts`]).
    pub fn expression(&self) -> &IdedExpr {
        &self.0.expression
    }

    /// The names it asks for.
    pub fn referenced_names(&self) -> impl Iterator<Item = &str> {
        self.0.names.iter().map(String::as_str)
    }

    /// Each name with the member that is asked of it, as in `found.count`; `has(found.count)` asks for none.
    pub fn member_paths(&self) -> Vec<[String; 2]> {
        member_paths::list_member_paths(&self.0)
    }

    /// Whether it asks for the moment in which it is asked.
    pub fn asks_now(&self) -> bool {
        self.0.uses_now
    }

    pub fn evaluate(&self, values: &serde_json::Map<String, Json>) -> Result<bool, ConditionError> {
        self.answer(values, None)
    }

    pub fn ask_at(&self, values: &serde_json::Map<String, Json>, now: Timestamp) -> Result<bool, ConditionError> {
        self.answer(values, Some(now))
    }

    fn answer(&self, values: &serde_json::Map<String, Json>, now: Option<Timestamp>) -> Result<bool, ConditionError> {
        let values = JsonValues {
            values,
            now,
            patterns: &self.0.patterns,
        };
        evaluate_expression(&self.0.expression, &values, EMPTY)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn ask(source: &str) -> Result<bool, ConditionError> {
        let values = json!({"count": 3, "share": 0.5, "word": "yes", "nothing": null,
            "list": [{"name": "a"}, {"name": "b"}], "deep": {"er": {"model": "Latitude 7450", "n": 7}}});
        let values = values.as_object().expect("an object");
        let names: Vec<&str> = values.keys().map(String::as_str).chain(["missing"]).collect();
        JsonCondition::compile(source, &names)?.evaluate(values)
    }

    #[test]
    fn json_is_asked_by_its_names() {
        for (source, expected) in [
            ("count == 3 && count > 2", true),
            ("share < 1.0", true),
            ("word == 'yes'", true),
            ("nothing == null && missing == null", true),
            ("size(list) == 2 && list[1].name == 'b'", true),
            ("list.exists(each, each.name == 'a')", true),
            ("deep.er.n == 7", true),
            ("deep.er.model.matches('^Lat.*[0-9]{4}$')", true),
            ("has(deep.er) && !has(deep.other)", true),
            ("'er' in deep", true),
        ] {
            assert_eq!(ask(source), Ok(expected), "{source}");
        }
    }

    #[test]
    fn wn_33_the_members_that_are_asked_for_are_known() {
        let source = "found.count == 0 && has(found.note) && found.note == 'x' && found.list.exists(each, each.name == 'a') && \
                      run.instance.matches('^A') && size(other.deep.er) > 0";
        let compiled = JsonCondition::compile(source, &["found", "run", "other"]).expect("a condition");
        let mut paths: Vec<String> = compiled.member_paths().iter().map(|path| path.join(".")).collect();
        paths.sort();
        assert_eq!(paths, ["found.count", "found.list", "other.deep", "run.instance"]);
    }

    #[test]
    fn what_is_unknown_or_no_condition_is_refused() {
        let error = ask("cuont == 3").expect_err("misspelt");
        assert!(error.to_string().contains("did you mean \"count\"?"), "{error}");
        assert!(matches!(ask("count"), Err(ConditionError::NotBoolean { .. })));
        assert!(matches!(ask("count =="), Err(ConditionError::Syntax { .. })));
        assert!(matches!(
            ask("deep.other.x == 1"),
            Err(ConditionError::Evaluation { .. })
        ));
        assert_eq!(
            ask(&format!("word == '{}'", "x".repeat(1000))),
            Err(ConditionError::TooLong)
        );
    }

    #[test]
    fn a_message_never_holds_a_value() {
        for source in [
            "word > 5",
            "nothing > 5",
            "nothing.matches('a')",
            "deep.er.model + 1 == 'x'",
        ] {
            let error = ask(source).expect_err(source).to_string();
            assert!(
                !error.contains("yes") && !error.contains("Latitude"),
                "{source}: {error}"
            );
        }
    }

    #[test]
    fn now_is_the_moment_in_which_it_is_asked_unless_something_is_called_so() {
        let values = json!({"at": "2026-11-28T12:00:00Z", "now": {"found": true}});
        let values = values.as_object().expect("an object");
        let now = |text: &str| crate::model::parse_time(text).expect("a time");
        let late = JsonCondition::compile_at("timestamp(at) + duration(\"1h\") < now", &["at"]).expect("a condition");
        assert!(late.asks_now());
        assert_eq!(late.ask_at(values, now("2026-11-28T12:59:59Z")), Ok(false));
        assert_eq!(late.ask_at(values, now("2026-11-28T13:00:01Z")), Ok(true));
        let dated = JsonCondition::compile_at("now >= \"2026-12\" && at != \"\"", &["at"]).expect("a condition");
        assert_eq!(dated.ask_at(values, now("2026-11-30T23:59:59Z")), Ok(false));
        assert_eq!(dated.ask_at(values, now("2026-12-01T00:00:00Z")), Ok(true));
        // A step of that name is what is meant.
        let step = JsonCondition::compile_at("now.found", &["at", "now"]).expect("a condition");
        assert!(!step.asks_now());
        assert_eq!(step.ask_at(values, now("2026-11-28T12:00:00Z")), Ok(true));
        // Where there is no one moment, there is no such word.
        assert!(matches!(
            JsonCondition::compile("now > timestamp(at)", &["at"]),
            Err(ConditionError::UnknownName { .. })
        ));
    }
}
