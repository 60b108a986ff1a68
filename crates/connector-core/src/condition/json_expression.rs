//! An expression over JSON values by name, whose answer is a value and not only yes or no.
//!
//! It has the bounds and the variables of a [`super::JsonCondition`]. Its answer is null, true or false, a number, or a
//! text; a date becomes text as Graph writes it. Lists, objects and the like are refused, and so is a number that JSON
//! cannot write. It knows no `now`: the same values always give the same answer.

use cel::{IdedExpr, Value};
use chrono::Utc;
use serde_json::{Number, Value as Json};

use super::evaluate::{plain_type, resolve_expression};
use super::json_values::{EMPTY, JsonValues, parse_over_names};
use super::{ConditionError, ParsedCondition};
use crate::model::format_time;

/// A compiled expression; cheap to evaluate, safe to share.
#[derive(Debug)]
pub struct JsonExpression(ParsedCondition);

impl JsonExpression {
    /// `names`: what it may ask for.
    pub fn compile(source: &str, names: &[&str]) -> Result<JsonExpression, ConditionError> {
        JsonExpression::compile_dated(source, names, &|_| false)
    }

    /// `is_date`: which of the names hold dates, so that they compare as such.
    pub fn compile_dated(
        source: &str,
        names: &[&str],
        is_date: &(dyn Fn(&str) -> bool + Sync),
    ) -> Result<JsonExpression, ConditionError> {
        let now = (!names.contains(&"now")).then_some(false);
        parse_over_names(source, names, is_date, now).map(JsonExpression)
    }

    /// For those who look through all of it ([`super::list_parts`]).
    pub fn expression(&self) -> &IdedExpr {
        &self.0.expression
    }

    /// The names it asks for.
    pub fn referenced_names(&self) -> impl Iterator<Item = &str> {
        self.0.names.iter().map(String::as_str)
    }

    pub fn evaluate_value(&self, values: &serde_json::Map<String, Json>) -> Result<Json, ConditionError> {
        let values = JsonValues {
            values,
            now: None,
            patterns: &self.0.patterns,
        };
        json_value(resolve_expression(&self.0.expression, &values, EMPTY)?)
    }
}

fn json_value(value: Value) -> Result<Json, ConditionError> {
    match value {
        Value::Null => Ok(Json::Null),
        Value::Bool(yes) => Ok(Json::Bool(yes)),
        Value::Int(number) => Ok(number.into()),
        Value::UInt(number) => Ok(number.into()),
        Value::Float(number) => Number::from_f64(number)
            .map(Json::Number)
            .ok_or_else(|| ConditionError::from_evaluation("the result is not a finite number")),
        Value::String(text) => Ok(Json::String(text.as_str().to_owned())),
        Value::Timestamp(time) => Ok(Json::String(format_time(time.with_timezone(&Utc)))),
        other => Err(ConditionError::NotScalar {
            given: plain_type(&other.type_of().to_string()).to_owned(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::condition::CHARACTERS_MAX;

    fn evaluated(source: &str) -> Result<Json, ConditionError> {
        let values = json!({"name": "LAP-0042", "memory": 17_179_869_184_u64, "share": 0.5, "encrypted": true,
            "nothing": null, "enrolled": "2026-11-19T23:17:06Z", "users": [{"id": "a"}, {"id": "b"}],
            "deep": {"er": {"model": "Latitude 7450"}}, "huge": u64::MAX});
        let values = values.as_object().expect("an object");
        let names: Vec<&str> = values.keys().map(String::as_str).chain(["missing"]).collect();
        JsonExpression::compile_dated(source, &names, &|name| name == "enrolled")?.evaluate_value(values)
    }

    #[test]
    fn an_expression_gives_text_numbers_yes_or_no_and_nothing() {
        for (source, expected) in [
            ("name", json!("LAP-0042")),
            ("'PC ' + name", json!("PC LAP-0042")),
            ("memory / 1048576", json!(16384)),
            ("share * 2.0", json!(1.0)),
            ("size(users)", json!(2)),
            ("uint(3)", json!(3)),
            ("!encrypted", json!(false)),
            ("nothing", Json::Null),
            ("missing", Json::Null),
            ("null", Json::Null),
            ("nothing == null ? 'none' : nothing", json!("none")),
            ("users[1].id", json!("b")),
            ("deep.er.model", json!("Latitude 7450")),
            (
                "deep.er.model.matches('^Lat') ? 'Dell ' + deep.er.model : ''",
                json!("Dell Latitude 7450"),
            ),
            ("string(memory) + ' B'", json!("17179869184 B")),
        ] {
            assert_eq!(evaluated(source), Ok(expected), "{source}");
        }
    }

    #[test]
    fn a_date_is_text_unless_it_is_asked_for_as_a_date() {
        for (source, expected) in [
            ("enrolled", json!("2026-11-19T23:17:06Z")),
            ("enrolled.getFullYear()", json!(2026)),
            ("enrolled < '2026-12' ? 'old' : 'new'", json!("old")),
            ("enrolled + duration('24h')", json!("2026-11-20T23:17:06Z")),
            ("timestamp(enrolled)", json!("2026-11-19T23:17:06Z")),
        ] {
            assert_eq!(evaluated(source), Ok(expected), "{source}");
        }
    }

    #[test]
    fn what_is_no_single_value_is_refused() {
        for (source, what) in [
            ("users", "a list"),
            ("users.map(each, each.id)", "a list"),
            ("deep.er", "an object"),
            ("duration('1h')", "a duration"),
            ("bytes(name)", "bytes"),
        ] {
            let expected = ConditionError::NotScalar { given: what.to_owned() };
            assert_eq!(evaluated(source), Err(expected), "{source}");
        }
        assert!(matches!(
            evaluated("share / 0.0"),
            Err(ConditionError::Evaluation { .. })
        ));
    }

    #[test]
    fn it_has_the_bounds_of_a_condition() {
        let long = format!("'{}'", "x".repeat(CHARACTERS_MAX));
        let deep = format!("{}name{}", "(".repeat(30), ")".repeat(30));
        let wide = ["1"; 60].join("+");
        assert_eq!(evaluated(&long), Err(ConditionError::TooLong));
        assert_eq!(evaluated(&deep), Err(ConditionError::TooDeep));
        assert!(matches!(
            evaluated(&wide),
            Err(ConditionError::TooManyNodes | ConditionError::TooDeep)
        ));
        assert_eq!(
            evaluated("users.map(a, users.map(b, b.id))"),
            Err(ConditionError::NestedLoop)
        );
        assert_eq!(evaluated("now"), Err(ConditionError::NowMoves));
        assert!(matches!(evaluated("nmae"), Err(ConditionError::UnknownName { .. })));
        assert!(matches!(
            evaluated("getenv('HOME')"),
            Err(ConditionError::UnknownFunction { .. })
        ));
    }

    #[test]
    fn a_message_never_holds_a_value() {
        for source in ["name + 1", "nothing + name", "int(name)", "name.er"] {
            let error = evaluated(source).expect_err(source).to_string();
            assert!(!error.contains("0042"), "{source}: {error}");
        }
    }

    #[test]
    fn the_names_that_it_asks_for_are_told() {
        let expression = JsonExpression::compile("a == null ? b.c : b.d", &["a", "b", "c"]).expect("an expression");
        assert_eq!(expression.referenced_names().collect::<Vec<_>>(), ["a", "b"]);
    }

    proptest! {
        #[test]
        fn a_text_comes_out_as_it_went_in(text in "\\PC{0,40}", number in any::<i64>()) {
            let values = json!({"text": text, "number": number});
            let values = values.as_object().expect("an object");
            let expression = JsonExpression::compile("text + string(number)", &["text", "number"]).expect("an expression");
            prop_assert_eq!(expression.evaluate_value(values), Ok(json!(format!("{text}{number}"))));
        }
    }
}
