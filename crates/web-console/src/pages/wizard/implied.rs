//! Answers that follow from those an installation stands on: a question that only leads to others is no setting, so nothing
//! keeps its answer; where an answer behind it stands, it was opened.

use connector_core::condition::JsonCondition;

use super::state::{AnswerTexts, evaluate_pages};
use super::template::{TemplateField, WizardTemplate};

/// With the questions opened that lead to what stands.
pub(super) fn open_gates(template: &WizardTemplate, mut standing: AnswerTexts) -> AnswerTexts {
    // Every look compiles the conditions of all fields: one for as long as the answers stay.
    let mut pages = evaluate_pages(template, &standing);
    let behind_others: Vec<&TemplateField> = template.fields().filter(|field| field.when.is_some()).collect();
    // Back to front: what is opened may stand behind another question.
    for field in behind_others.into_iter().rev() {
        let is_own = standing
            .get(&field.name)
            .is_some_and(|text| Some(text) != field.default.as_ref());
        if !is_own || pages.iter().any(|page| page.asks_field(&field.name)) {
            continue;
        }
        for gate in list_gates(template, field, &standing) {
            if let Some(text) = find_opening(template, &standing, field, gate) {
                standing.insert(gate.name.clone(), text);
                pages = evaluate_pages(template, &standing);
                break;
            }
        }
    }
    standing
}

fn asks_field(template: &WizardTemplate, answers: &AnswerTexts, field: &TemplateField) -> bool {
    evaluate_pages(template, answers)
        .iter()
        .any(|page| page.asks_field(&field.name))
}

/// Questions of its condition that are no settings and have no answer.
fn list_gates<'a>(
    template: &'a WizardTemplate,
    field: &TemplateField,
    standing: &AnswerTexts,
) -> Vec<&'a TemplateField> {
    let names: Vec<&str> = template.fields().map(|field| field.name.as_str()).collect();
    let when = field
        .when
        .as_deref()
        .and_then(|when| JsonCondition::compile(when, &names).ok());
    let asked: Vec<String> = when
        .iter()
        .flat_map(|when| when.referenced_names().map(str::to_owned))
        .collect();
    let gates = template.fields().filter(|gate| asked.contains(&gate.name));
    gates
        .filter(|gate| gate.setting.is_none() && !standing.contains_key(&gate.name))
        .collect()
}

/// The answer to the question under which the field's own condition holds; the question may be hidden itself yet.
fn find_opening(
    template: &WizardTemplate,
    standing: &AnswerTexts,
    field: &TemplateField,
    gate: &TemplateField,
) -> Option<String> {
    let candidates: Vec<String> = match gate.kind.as_str() {
        "checkbox" => vec!["yes".to_owned()],
        "choice" if !gate.many => gate.choices.iter().map(|choice| choice.value.clone()).collect(),
        _ => Vec::new(),
    };
    // The same template without the conditions of others, so that only this one decides.
    let mut alone = template.clone();
    for page in &mut alone.pages {
        page.when = None;
        for other in page.fields.iter_mut().filter(|other| other.name != field.name) {
            other.when = None;
        }
    }
    candidates.into_iter().find(|text| {
        let mut answers = standing.clone();
        answers.insert(gate.name.clone(), text.clone());
        asks_field(&alone, &answers, field)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::wizard::test_template::{answers, small_template};

    #[test]
    fn what_stands_behind_a_question_opens_it() {
        let opened = open_gates(
            &small_template(),
            answers(&[("method", "secret"), ("proxy", "http://p")]),
        );
        assert_eq!(opened.get("more").map(String::as_str), Some("yes"));
        let closed = open_gates(&small_template(), answers(&[("method", "secret")]));
        assert_eq!(closed.get("more"), None);
    }

    #[test]
    fn one_question_behind_another_opens_both() {
        let mut template = small_template();
        let deeper = TemplateField {
            name: "deeper".to_owned(),
            kind: "checkbox".to_owned(),
            when: Some("more".to_owned()),
            ..TemplateField::default()
        };
        template.pages[0].fields.insert(2, deeper);
        let proxy = template.pages[0].fields.last_mut().unwrap();
        proxy.when = Some("deeper".to_owned());
        let opened = open_gates(&template, answers(&[("proxy", "http://p")]));
        assert_eq!((opened["deeper"].as_str(), opened["more"].as_str()), ("yes", "yes"));
    }

    #[test]
    fn a_setting_is_never_answered_by_itself() {
        let mut template = small_template();
        template.pages[0].fields[1].setting = Some("more".to_owned());
        let opened = open_gates(&template, answers(&[("proxy", "http://p")]));
        assert_eq!(opened.get("more"), None);
    }
}
