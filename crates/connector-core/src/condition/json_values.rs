//! JSON values as the variables of a condition or an expression; what [`super::JsonCondition`] and
//! [`super::JsonExpression`] share.

use std::collections::HashMap;
use std::sync::Arc;

use cel::Value;
use cel::common::types::{CelBool, CelNull, CelTimestamp};
use cel::common::value::{CowVal, Val};
use cel::context::VariableResolver;
use cel::objects::{Key, Map as CelMap};
use serde_json::Value as Json;

use super::{ConditionError, ConditionVocabulary, NOW, ParsedCondition, PathPattern, date_field_name, parse_condition};
use crate::model::{Timestamp, nearest_name, parse_time};

pub(super) const EMPTY: &str = "a value is null; check it first, as in x != null && x > 5";
/// Deeper JSON is null to a condition.
const DEPTH_MAX: usize = 16;

/// Takes apart what may ask for these names. `is_date`: those that hold dates. `allows_now`: see [`ConditionVocabulary`].
pub(super) fn parse_over_names(
    source: &str,
    names: &[&str],
    is_date: &(dyn Fn(&str) -> bool + Sync),
    allows_now: Option<bool>,
) -> Result<ParsedCondition, ConditionError> {
    let known = |name: &str| {
        if names.contains(&name) {
            Ok(())
        } else {
            Err(nearest_name(name, names.iter().copied()).map(str::to_owned))
        }
    };
    let vocabulary = ConditionVocabulary {
        lookup_name: &known,
        is_date,
        allows_now,
    };
    parse_condition(source, &vocabulary)
}

pub(super) struct JsonValues<'a> {
    pub(super) values: &'a serde_json::Map<String, Json>,
    pub(super) now: Option<Timestamp>,
    pub(super) patterns: &'a [PathPattern],
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
            return self.now.map(cel_timestamp);
        }
        if let Some(name) = date_field_name(variable) {
            let time = self.values.get(name).and_then(Json::as_str).and_then(parse_time);
            return Some(time.map_or(CowVal::owned(CelNull), cel_timestamp));
        }
        // `a.b.c` is asked for whole first; the names here are the first of such a path.
        if variable.contains('.') {
            return None;
        }
        let value = cel_value(self.values.get(variable).unwrap_or(&Json::Null), DEPTH_MAX);
        Box::<dyn Val>::try_from(value).ok().map(CowVal::Owned)
    }
}

fn cel_timestamp<'b>(time: Timestamp) -> CowVal<'b, 'b> {
    CowVal::owned(CelTimestamp::from(time.fixed_offset()))
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
