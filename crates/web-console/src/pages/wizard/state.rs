//! Which pages, fields and checks the answers bring up: the conditions of the template over the answers, from front to back,
//! each seeing only what comes before it. It decides what is shown and sent; what is right, the API decides.

use std::collections::BTreeMap;

use connector_core::condition::JsonCondition;
use serde_json::{Map, Value};

use super::template::{TemplateField, WizardTemplate};

/// Answers that may be shown, by field. An empty one is none.
pub(super) type AnswerTexts = BTreeMap<String, String>;

/// What is shown of one page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct PageState {
    pub(super) name: String,
    pub(super) is_shown: bool,
    /// Fields that are asked, once the page is open.
    pub(super) asked: Vec<String>,
    /// Checks that are offered.
    pub(super) actions: Vec<String>,
}

impl PageState {
    pub(super) fn asks_field(&self, field: &str) -> bool {
        self.asked.iter().any(|asked| asked == field)
    }
}

/// The answer that counts: what was answered, or the default.
pub(super) fn effective_answer<'a>(answers: &'a AnswerTexts, field: &'a TemplateField) -> Option<&'a str> {
    let given = answers.get(&field.name).map(String::as_str);
    given.filter(|text| !text.is_empty()).or(field.default.as_deref())
}

/// Every page of the template.
pub(super) fn evaluate_pages(template: &WizardTemplate, answers: &AnswerTexts) -> Vec<PageState> {
    let names: Vec<&str> = template
        .fields()
        .filter(|field| !field.secret)
        .map(|field| field.name.as_str())
        .collect();
    let mut values = Map::new();
    let mut pages = Vec::new();
    for page in &template.pages {
        let is_shown = is_met(page.when.as_deref(), &names, &values);
        let mut state = PageState {
            name: page.name.clone(),
            is_shown,
            ..PageState::default()
        };
        for field in &page.fields {
            let is_asked = is_shown && is_met(field.when.as_deref(), &names, &values);
            if is_asked {
                state.asked.push(field.name.clone());
            }
            if !field.secret {
                let text = effective_answer(answers, field).filter(|_| is_asked);
                values.insert(field.name.clone(), condition_value(field, text));
            }
        }
        let offered = page
            .actions
            .iter()
            .filter(|action| is_shown && is_met(action.when.as_deref(), &names, &values));
        state.actions = offered.map(|action| action.name.clone()).collect();
        pages.push(state);
    }
    pages
}

/// A condition that this version can't read hides nothing: the API says what is asked.
fn is_met(when: Option<&str>, names: &[&str], values: &Map<String, Value>) -> bool {
    let Some(source) = when else {
        return true;
    };
    match JsonCondition::compile(source, names) {
        Ok(condition) => condition.evaluate(values).unwrap_or(false),
        Err(_) => true,
    }
}

fn condition_value(field: &TemplateField, text: Option<&str>) -> Value {
    match (field.kind.as_str(), text) {
        ("choice", text) if field.many => Value::from(split_list(text.unwrap_or_default())),
        ("checkbox", text) => Value::Bool(text == Some("yes")),
        ("number", text) => text
            .and_then(|text| text.parse::<i64>().ok())
            .map_or(Value::Null, Value::from),
        (_, text) => Value::from(text.unwrap_or_default()),
    }
}

/// The items of an answer with several.
pub(super) fn split_list(text: &str) -> Vec<String> {
    let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
    items.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::wizard::test_template::{answers, small_template};

    fn asked(given: &[(&str, &str)]) -> Vec<String> {
        let pages = evaluate_pages(&small_template(), &answers(given));
        pages.into_iter().flat_map(|page| page.asked).collect()
    }

    #[test]
    fn a_field_is_asked_where_its_condition_holds() {
        assert_eq!(asked(&[]), ["method", "more", "secret", "verbs"]);
        assert_eq!(
            asked(&[("method", "pfx"), ("more", "yes")]),
            ["method", "more", "pfx", "proxy", "verbs"]
        );
        assert_eq!(
            asked(&[("verbs", "wipe, sync")]),
            ["method", "more", "secret", "verbs", "limit"]
        );
    }

    #[test]
    fn what_is_hidden_counts_for_nobody() {
        // The proxy was answered before "more" was taken back.
        let given = answers(&[("proxy", "http://p"), ("more", "no")]);
        let pages = evaluate_pages(&small_template(), &given);
        assert!(!pages[0].asks_field("proxy"));
        assert!(!pages[2].is_shown, "its condition asks for the proxy");
        let given = answers(&[("proxy", "http://p"), ("more", "yes")]);
        assert!(evaluate_pages(&small_template(), &given)[2].is_shown);
    }

    #[test]
    fn checks_are_offered_by_their_condition_and_strange_conditions_hide_nothing() {
        let pages = evaluate_pages(&small_template(), &AnswerTexts::new());
        assert_eq!(pages[1].actions, Vec::<String>::new());
        let pages = evaluate_pages(&small_template(), &answers(&[("verbs", "sync")]));
        assert_eq!(pages[1].actions, ["rights"]);
        let mut template = small_template();
        template.pages[0].fields[2].when = Some("unknown(1) ==".to_owned());
        assert!(evaluate_pages(&template, &AnswerTexts::new())[0].asks_field("secret"));
    }
}
