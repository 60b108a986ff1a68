//! The values that a step sees, by name. They are lent from the history; nothing is copied but what a condition asks for.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::model::Condition;
use super::quote;
use super::template::{Part, Template, as_text};
use crate::condition::ConditionError;
use crate::model::Timestamp;

pub struct Scope<'s> {
    around: Option<&'s Scope<'s>>,
    own: Vec<(&'s str, Cow<'s, Value>)>,
}

impl<'s> Scope<'s> {
    pub fn new(own: Vec<(&'s str, Cow<'s, Value>)>) -> Scope<'s> {
        Scope { around: None, own }
    }

    pub fn within(around: &'s Scope<'s>) -> Scope<'s> {
        Scope {
            around: Some(around),
            own: Vec::new(),
        }
    }

    pub fn put(&mut self, name: &'s str, value: Cow<'s, Value>) {
        self.own.push((name, value));
    }

    pub fn get(&self, name: &str) -> Option<&Value> {
        let own = self.own.iter().rev().find(|(known, _)| *known == name);
        match own {
            Some((_, value)) => Some(value),
            None => self.around?.get(name),
        }
    }

    pub fn at(&self, path: &[String]) -> Option<&Value> {
        let (first, rest) = path.split_first()?;
        rest.iter().try_fold(self.get(first)?, |value, name| value.get(name))
    }

    /// What a template comes to: a value where it is one alone, else text.
    pub fn fill(&self, template: &Template) -> Value {
        match template.alone() {
            Some(path) => self.at(path).cloned().unwrap_or_default(),
            None => Value::String(self.text(template)),
        }
    }

    /// The same for a condition: it is one value alone, or values stand in it as values.
    pub fn fill_condition(&self, template: &Template) -> Result<Value, &'static str> {
        if template.alone().is_some() || template.literal().is_some() {
            return Ok(self.fill(template));
        }
        quote::filled(template, |path| self.at(path).cloned()).map(Value::String)
    }

    pub fn text(&self, template: &Template) -> String {
        let part = |part: &Part| match part {
            Part::Text(text) => text.clone(),
            Part::Value(path) => self.at(path).map_or(String::new(), as_text),
        };
        template.0.iter().map(part).collect()
    }

    /// `now`: the moment in which it is asked.
    pub fn ask(&self, condition: &Condition, now: Timestamp) -> Result<bool, ConditionError> {
        let Some(compiled) = &condition.compiled else {
            return Err(ConditionError::evaluation("it was never compiled"));
        };
        let asked = compiled
            .names()
            .filter_map(|name| Some((name.to_owned(), self.get(name)?.clone())));
        compiled.ask_at(&asked.collect::<Map<_, _>>(), now)
    }
}
