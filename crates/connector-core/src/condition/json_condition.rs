//! A condition over JSON values by name.
//!
//! Whole numbers are `int` whatever their sign, so that `count == 3` holds. What is not there is null at the first
//! level of a name, and no member below it.

use std::collections::HashMap;
use std::sync::Arc;

use cel::Value;
use cel::common::types::{CelBool, CelTimestamp};
use cel::common::value::{CowVal, Val};
use cel::context::VariableResolver;
use cel::objects::{Key, Map as CelMap};
use serde_json::Value as Json;

use super::{
    ConditionError, ConditionVocabulary, NOW, ParsedCondition, PathPattern, evaluate_expression, parse_condition,
};
use crate::model::{Timestamp, nearest_name};

const EMPTY: &str = "a value is null; check it first, as in x != null && x > 5";
/// Deeper JSON is null to a condition.
const DEPTH_MAX: usize = 16;

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
        let known = |name: &str| {
            if names.contains(&name) {
                Ok(())
            } else {
                Err(nearest_name(name, names.iter().copied()).map(str::to_owned))
            }
        };
        let vocabulary = ConditionVocabulary {
            lookup_name: &known,
            is_date: &|_| false,
            allows_now: now,
        };
        parse_condition(source, &vocabulary).map(JsonCondition)
    }

    /// The names it asks for.
    pub fn referenced_names(&self) -> impl Iterator<Item = &str> {
        self.0.names.iter().map(String::as_str)
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

struct JsonValues<'a> {
    values: &'a serde_json::Map<String, Json>,
    now: Option<Timestamp>,
    patterns: &'a [PathPattern],
}

impl JsonValues<'_> {
    /// The answer of a pattern; `None` where what it looks at is no text.
    fn match_pattern(&self, number: &str) -> Option<bool> {
        let pattern = self.patterns.get(number.parse::<usize>().ok()?)?;
        let (first, rest) = pattern.path.split_first()?;
        let start = self.values.get(first)?;
        let found = rest.iter().try_fold(start, |value, name| value.get(name))?;
        Some(pattern.regex.is_match(found.as_str()?))
    }
}

impl VariableResolver for JsonValues<'_> {
    fn resolve<'b>(&'b self, variable: &str) -> Option<CowVal<'b, 'b>> {
        if let Some(number) = variable.strip_prefix("@matches") {
            return self
                .match_pattern(number)
                .map(|holds| CowVal::owned(CelBool::from(holds)));
        }
        if variable == NOW {
            let moment = |now: Timestamp| CowVal::owned(CelTimestamp::from(now.fixed_offset()));
            return self.now.map(moment);
        }
        // `a.b.c` is asked for whole first; the names here are the first of such a path.
        if variable.contains('.') {
            return None;
        }
        let value = cel_value(self.values.get(variable).unwrap_or(&Json::Null), DEPTH_MAX);
        Box::<dyn Val>::try_from(value).ok().map(CowVal::Owned)
    }
}

fn cel_value(json: &Json, depth: usize) -> Value {
    match json {
        Json::Bool(yes) => Value::Bool(*yes),
        Json::String(text) => Value::String(Arc::new(text.clone())),
        Json::Number(number) => match number.as_i64() {
            Some(whole) => Value::Int(whole),
            None => Value::Float(number.as_f64().unwrap_or(f64::NAN)),
        },
        Json::Array(items) if depth > 0 => {
            Value::List(Arc::new(items.iter().map(|item| cel_value(item, depth - 1)).collect()))
        }
        Json::Object(members) if depth > 0 => {
            let members = members
                .iter()
                .map(|(name, member)| (Key::from(name.as_str()), cel_value(member, depth - 1)));
            Value::Map(CelMap {
                map: Arc::new(members.collect::<HashMap<_, _>>()),
            })
        }
        Json::Null | Json::Array(_) | Json::Object(_) => Value::Null,
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
