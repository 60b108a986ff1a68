//! A condition evaluated on one device. Only the fields it names are read, and text is borrowed, not copied.

use cel::common::types::{CelBool, CelDouble, CelInt, CelNull, CelString, CelTimestamp};
use cel::common::value::{CowVal, Val};
use cel::context::VariableResolver;
use regex::Regex;

use crate::condition::{NOW, date_field_name};
use crate::inventory::normalise::normalise_property;
use crate::inventory::properties::{DEVICE_CLASS, TABLE, find_property};
use crate::inventory::record_slots::{RecordSlots, unquote_json};
use crate::model::{Timestamp, parse_time};

/// `field.matches("…")`, taken out of the tree and compiled once.
#[derive(Debug)]
pub(crate) struct PropertyPattern {
    pub property: usize,
    pub regex: Regex,
}

/// The variables of a condition: the device's properties in their normal form.
pub(crate) struct ConditionVariables<'a> {
    slots: &'a RecordSlots<'a>,
    class: &'a str,
    patterns: &'a [PropertyPattern],
    now: Option<Timestamp>,
}

impl<'a> ConditionVariables<'a> {
    pub(crate) fn new(
        slots: &'a RecordSlots<'a>,
        class: &'a str,
        patterns: &'a [PropertyPattern],
        now: Option<Timestamp>,
    ) -> Self {
        ConditionVariables {
            slots,
            class,
            patterns,
            now,
        }
    }

    /// The answer of a pattern; `None` where the field is no text.
    fn matches_pattern(&self, number: &str) -> Option<bool> {
        let pattern = self.patterns.get(number.parse::<usize>().ok()?)?;
        if pattern.property == DEVICE_CLASS {
            return Some(pattern.regex.is_match(self.class));
        }
        let value = normalise_property(pattern.property, self.slots, &TABLE[pattern.property]).ok()??;
        Some(pattern.regex.is_match(&unquote_json(&value)?))
    }
}

impl VariableResolver for ConditionVariables<'_> {
    fn resolve<'b>(&'b self, variable: &str) -> Option<CowVal<'b, 'b>> {
        if let Some(number) = variable.strip_prefix("@matches") {
            return self
                .matches_pattern(number)
                .map(|holds| CowVal::owned(CelBool::from(holds)));
        }
        if variable == NOW {
            return self.now.map(cel_timestamp);
        }
        if let Some(field) = date_field_name(variable) {
            let index = find_property(field, 0)?;
            let value = normalise_property(index, self.slots, &TABLE[index]).ok().flatten();
            let time = value.and_then(|value| parse_time(&unquote_json(&value)?));
            return Some(time.map_or(CowVal::owned(CelNull), cel_timestamp));
        }
        let index = find_property(variable, 0)?;
        if index == DEVICE_CLASS {
            return Some(CowVal::owned(CelString::from(self.class)));
        }
        if !TABLE[index].is_readable() {
            return None;
        }
        // What can't be read has its record set aside when it is written; here it is nothing.
        match normalise_property(index, self.slots, &TABLE[index]).ok().flatten() {
            None => Some(CowVal::owned(CelNull)),
            Some(std::borrow::Cow::Borrowed(text)) => Some(cel_borrowed(text)),
            Some(std::borrow::Cow::Owned(text)) => Some(cel_owned(&text)),
        }
    }
}

fn cel_timestamp<'b>(time: Timestamp) -> CowVal<'b, 'b> {
    CowVal::owned(CelTimestamp::from(time.fixed_offset()))
}

fn cel_borrowed(text: &str) -> CowVal<'_, '_> {
    match unquote_json(text) {
        Some(std::borrow::Cow::Borrowed(plain)) => CowVal::owned(CelString::from(plain)),
        _ => cel_owned(text),
    }
}

fn cel_owned<'b>(text: &str) -> CowVal<'b, 'b> {
    match serde_json::from_str::<serde_json::Value>(text) {
        Ok(serde_json::Value::String(plain)) => CowVal::owned(CelString::from(plain)),
        Ok(serde_json::Value::Bool(yes)) => CowVal::owned(CelBool::from(yes)),
        Ok(serde_json::Value::Number(number)) => match number.as_i64() {
            Some(whole) => CowVal::owned(CelInt::from(whole)),
            None => CowVal::owned(CelDouble::from(number.as_f64().unwrap_or(f64::NAN))),
        },
        Ok(complex) => cel::to_value(complex)
            .ok()
            .and_then(|value| Box::<dyn Val>::try_from(value).ok())
            .map_or(CowVal::owned(CelNull), CowVal::Owned),
        Err(_) => CowVal::owned(CelNull),
    }
}
