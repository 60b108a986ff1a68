//! A condition asked of one device. Only what it names is looked at, and text is lent to it, not copied.

use cel::common::types::{CelBool, CelDouble, CelInt, CelNull, CelString, CelTimestamp};
use cel::common::value::{CowVal, Val};
use cel::context::VariableResolver;

use super::Pattern;
use crate::condition::{NOW, as_moment};
use crate::inventory::normalise::settled;
use crate::inventory::properties::{DEVICE_CLASS, TABLE, find};
use crate::inventory::record::{Slots, unquote};
use crate::model::{Timestamp, parse_time};

/// The variables of a condition: the device's properties in their normal form.
pub struct Device<'a> {
    slots: &'a Slots<'a>,
    class: &'a str,
    patterns: &'a [Pattern],
    now: Option<Timestamp>,
}

impl<'a> Device<'a> {
    pub fn new(slots: &'a Slots<'a>, class: &'a str, patterns: &'a [Pattern], now: Option<Timestamp>) -> Self {
        Device {
            slots,
            class,
            patterns,
            now,
        }
    }

    /// The answer of a pattern; `None` where the field is no text.
    fn matches(&self, number: &str) -> Option<bool> {
        let pattern = self.patterns.get(number.parse::<usize>().ok()?)?;
        if pattern.property == DEVICE_CLASS {
            return Some(pattern.regex.is_match(self.class));
        }
        let value = settled(pattern.property, self.slots, &TABLE[pattern.property]).ok()??;
        Some(pattern.regex.is_match(&unquote(&value)?))
    }
}

impl VariableResolver for Device<'_> {
    fn resolve<'b>(&'b self, variable: &str) -> Option<CowVal<'b, 'b>> {
        if let Some(number) = variable.strip_prefix("@matches") {
            return self.matches(number).map(|holds| CowVal::owned(CelBool::from(holds)));
        }
        if variable == NOW {
            return self.now.map(moment);
        }
        if let Some(field) = as_moment(variable) {
            let index = find(field, 0)?;
            let value = settled(index, self.slots, &TABLE[index]).ok().flatten();
            let time = value.and_then(|value| parse_time(&unquote(&value)?));
            return Some(time.map_or(CowVal::owned(CelNull), moment));
        }
        let index = find(variable, 0)?;
        if index == DEVICE_CLASS {
            return Some(CowVal::owned(CelString::from(self.class)));
        }
        if !TABLE[index].is_readable() {
            return None;
        }
        // What can't be read has its record set aside when it is written; here it is nothing.
        match settled(index, self.slots, &TABLE[index]).ok().flatten() {
            None => Some(CowVal::owned(CelNull)),
            Some(std::borrow::Cow::Borrowed(text)) => Some(lent(text)),
            Some(std::borrow::Cow::Owned(text)) => Some(owned(&text)),
        }
    }
}

fn moment<'b>(time: Timestamp) -> CowVal<'b, 'b> {
    CowVal::owned(CelTimestamp::from(time.fixed_offset()))
}

fn lent(text: &str) -> CowVal<'_, '_> {
    match unquote(text) {
        Some(std::borrow::Cow::Borrowed(plain)) => CowVal::owned(CelString::from(plain)),
        _ => owned(text),
    }
}

fn owned<'b>(text: &str) -> CowVal<'b, 'b> {
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
