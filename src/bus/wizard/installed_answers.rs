//! The answers of an installation: its settings, mapped back to the fields that gave them.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::{Wizard, WizardMode};
use crate::bus::answers::{FieldAnswer, WizardAnswers};
use crate::bus::template::WizardTemplate;

/// `settings`: by part. A field without a setting of its own is looked up by its name, where the host knows it.
pub fn answers_from_settings(
    template: &Arc<WizardTemplate>,
    profile: &str,
    settings: &BTreeMap<String, Map<String, Value>>,
) -> WizardAnswers {
    let mut answers = WizardAnswers::default();
    for field in template.fields().filter(|field| !field.kind.is_secret()) {
        let part = settings.get(template.settings_part(field));
        let by = |name: &str| part.and_then(|part| part.get(name)).and_then(Value::as_str);
        let text = match field.setting.as_deref().and_then(by).or_else(|| by(&field.name)) {
            None if field.name == super::PROFILE => Some(profile),
            found => found,
        };
        // What does not fit the template of today is left to be answered anew.
        if let Some(Ok(text)) = text.map(|text| field.read_answer(text))
            && !text.is_empty()
        {
            answers.set_answer(&field.name, FieldAnswer::Text(text));
        }
    }
    drop_unasked(template, answers)
}

/// Without what is in the settings and would not be asked: it came with another answer. What a check still locks
/// stays, for the check opens it.
fn drop_unasked(template: &Arc<WizardTemplate>, mut answers: WizardAnswers) -> WizardAnswers {
    let wizard = Wizard::from_answers(template.clone(), WizardMode::Change, answers.clone());
    for (page, page_state) in template.pages.iter().zip(&wizard.current_state().pages) {
        let unasked = page
            .fields
            .iter()
            .filter(|field| page_state.locked_by.is_none() && !page_state.asks_field(&field.name));
        unasked.for_each(|field| drop(answers.remove_answer(&field.name)));
    }
    answers
}
