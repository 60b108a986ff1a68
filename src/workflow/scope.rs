//! The values that a step sees, by name. They are lent from the history; nothing is copied but what a condition asks for.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::model::StepCondition;
use super::quote;
use super::text_template::{TextPart, TextTemplate, value_text};
use crate::condition::ConditionError;
use crate::model::Timestamp;

pub(crate) struct ValueScope<'s> {
    parent: Option<&'s ValueScope<'s>>,
    bindings: Vec<(&'s str, Cow<'s, Value>)>,
}

impl<'s> ValueScope<'s> {
    pub(crate) fn new(own: Vec<(&'s str, Cow<'s, Value>)>) -> ValueScope<'s> {
        ValueScope {
            parent: None,
            bindings: own,
        }
    }

    pub(crate) fn nested_in(outer: &'s ValueScope<'s>) -> ValueScope<'s> {
        ValueScope {
            parent: Some(outer),
            bindings: Vec::new(),
        }
    }

    pub(crate) fn bind_value(&mut self, name: &'s str, value: Cow<'s, Value>) {
        self.bindings.push((name, value));
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        let own = self.bindings.iter().rev().find(|(known, _)| *known == name);
        match own {
            Some((_, value)) => Some(value),
            None => self.parent?.get(name),
        }
    }

    pub(crate) fn value_at(&self, path: &[String]) -> Option<&Value> {
        let (first, rest) = path.split_first()?;
        rest.iter().try_fold(self.get(first)?, |value, name| value.get(name))
    }

    /// What a template comes to: a value where it is one alone, else text.
    pub(crate) fn fill_template(&self, template: &TextTemplate) -> Value {
        match template.single_path() {
            Some(path) => self.value_at(path).cloned().unwrap_or_default(),
            None => Value::String(self.render_text(template)),
        }
    }

    /// The same for a condition: it is one value alone, or values stand in it as values.
    pub(crate) fn fill_condition(&self, template: &TextTemplate) -> Result<Value, &'static str> {
        if template.single_path().is_some() || template.literal_text().is_some() {
            return Ok(self.fill_template(template));
        }
        quote::fill_condition(template, |path| self.value_at(path).cloned()).map(Value::String)
    }

    pub(crate) fn render_text(&self, template: &TextTemplate) -> String {
        let part = |part: &TextPart| match part {
            TextPart::Text(text) => text.clone(),
            TextPart::Value(path) => self.value_at(path).map_or(String::new(), value_text),
        };
        template.0.iter().map(part).collect()
    }

    /// `now`: the moment in which it is asked.
    pub(crate) fn evaluate_condition(&self, condition: &StepCondition, now: Timestamp) -> Result<bool, ConditionError> {
        let Some(compiled) = &condition.compiled else {
            return Err(ConditionError::from_evaluation("the condition was not compiled"));
        };
        let asked = compiled
            .referenced_names()
            .filter_map(|name| Some((name.to_owned(), self.get(name)?.clone())));
        compiled.ask_at(&asked.collect::<Map<_, _>>(), now)
    }
}
