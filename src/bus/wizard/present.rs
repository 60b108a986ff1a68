//! The answers that an installation stands on: its settings, led back to the fields that gave them.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::{Mode, Wizard};
use crate::bus::answers::{Answer, Answers};
use crate::bus::template::Template;

/// `settings`: by part. A field without a setting of its own is looked up by its name, where the host knows it.
pub fn present(template: &Arc<Template>, profile: &str, settings: &BTreeMap<String, Map<String, Value>>) -> Answers {
    let mut answers = Answers::default();
    for field in template.fields().filter(|field| !field.kind.is_secret()) {
        let part = settings.get(template.part_of(field));
        let by = |name: &str| part.and_then(|part| part.get(name)).and_then(Value::as_str);
        let text = match field.setting.as_deref().and_then(by).or_else(|| by(&field.name)) {
            None if field.name == super::PROFILE => Some(profile),
            found => found,
        };
        // What does not fit the template of today is left to be answered anew.
        if let Some(Ok(text)) = text.map(|text| field.read(text))
            && !text.is_empty()
        {
            answers.put(&field.name, Answer::Text(text));
        }
    }
    only_asked(template, answers)
}

/// Without what stands in the settings and would not be asked: it came with another answer. What a check still locks
/// stays, for the check opens it.
fn only_asked(template: &Arc<Template>, mut answers: Answers) -> Answers {
    let wizard = Wizard::over(template.clone(), Mode::Change, answers.clone());
    for (page, seen) in template.pages.iter().zip(&wizard.look().pages) {
        let unasked = page
            .fields
            .iter()
            .filter(|field| seen.locked_by.is_none() && !seen.asks(&field.name));
        unasked.for_each(|field| drop(answers.take(&field.name)));
    }
    answers
}
