//! Answers that follow from others: who answers a field behind "Advanced settings?" has said yes to that question. Only
//! questions that are no settings themselves are answered so, and only as long as nobody has answered them.

use serde_json::{Map, Value};

use super::answer_values::{condition_value, effective_answer};
use crate::bus::answers::{FieldAnswer, WizardAnswers};
use crate::bus::template::{FieldKind, TemplateCondition, TemplateField, WizardTemplate};

/// `installed`: answers that stood before; they may be answered anew, too.
pub(super) fn fill_implied_answers(template: &WizardTemplate, answers: &mut WizardAnswers, installed: &WizardAnswers) {
    let fields: Vec<&TemplateField> = template.fields().collect();
    // Back to front: what is opened may stand behind another question.
    for field in fields.into_iter().rev() {
        let Some(when) = field.when.as_ref().filter(|_| is_new_answer(field, answers, installed)) else {
            continue;
        };
        if when.is_met(&values_for(template, answers, when)) {
            continue;
        }
        for gate in when.field_names().filter_map(|name| template.find_field(name)) {
            if is_open(gate, answers, installed)
                && let Some(text) = opening_answer(template, answers, when, gate)
            {
                answers.set_answer(&gate.name, FieldAnswer::Text(text));
            }
        }
    }
}

/// Answered, and otherwise than by default or before.
fn is_new_answer(field: &TemplateField, answers: &WizardAnswers, installed: &WizardAnswers) -> bool {
    match answers.get(&field.name) {
        None => false,
        Some(FieldAnswer::Text(text)) => {
            Some(text) != field.default.as_ref() && installed.text_of(&field.name) != Some(text.as_str())
        }
        Some(_) => true,
    }
}

/// A question that is no setting and has no answer of now.
fn is_open(gate: &TemplateField, answers: &WizardAnswers, installed: &WizardAnswers) -> bool {
    let now = answers.text_of(&gate.name);
    gate.setting.is_none() && (now.is_none() || now == installed.text_of(&gate.name))
}

/// The answer under which the condition is met.
fn opening_answer(
    template: &WizardTemplate,
    answers: &WizardAnswers,
    when: &TemplateCondition,
    gate: &TemplateField,
) -> Option<String> {
    let candidates: Vec<String> = match &gate.kind {
        FieldKind::Checkbox => vec!["yes".to_owned()],
        FieldKind::Choice { choices, many: false } => choices.iter().map(|choice| choice.value.clone()).collect(),
        _ => Vec::new(),
    };
    let mut values = values_for(template, answers, when);
    candidates.into_iter().find(|text| {
        values.insert(gate.name.clone(), condition_value(gate, Some(text)));
        when.is_met(&values)
    })
}

/// What the condition sees.
fn values_for(template: &WizardTemplate, answers: &WizardAnswers, when: &TemplateCondition) -> Map<String, Value> {
    let fields = when.field_names().filter_map(|name| template.find_field(name));
    fields
        .map(|field| {
            let text = effective_answer(answers, field);
            (field.name.clone(), condition_value(field, text))
        })
        .collect()
}
