//! A refusal of the API, put to the fields that it is about.

use sics_client::ClientError;
use sics_client::contract::Diagnosis;

use super::template::WizardTemplate;
use super::verdict::{FieldProblem, write_sentence};

/// What the refusal says of single fields: its findings; or the setting that it blames, by the field that it comes from.
pub(super) fn list_field_problems(template: &WizardTemplate, error: &ClientError) -> Vec<FieldProblem> {
    let Some(problem) = &error.problem else {
        return Vec::new();
    };
    if let Some(findings) = problem.members.get("findings") {
        let findings: Vec<Diagnosis> = serde_json::from_value(findings.clone()).unwrap_or_default();
        return findings.iter().map(FieldProblem::from).collect();
    }
    let key = problem.members.get("key").and_then(|key| key.as_str());
    let field = key.and_then(|key| {
        let has_setting = |field: &&super::template::TemplateField| field.setting.as_deref() == Some(key);
        template.fields().find(has_setting).or_else(|| template.find_field(key))
    });
    let found = field.map(|field| FieldProblem {
        field: field.name.clone(),
        problem: write_sentence(&error.message),
        advice: write_sentence(&error.advice),
    });
    found.into_iter().collect()
}

/// The check that a refusal asks for.
pub(super) fn find_missing_check(error: &ClientError) -> Option<String> {
    let problem = error.problem.as_ref().filter(|_| error.has_code("notPassed"))?;
    let action = problem.members.get("action")?;
    action.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use connector_core::model::Language;
    use serde_json::{Value, json};
    use sics_client::ClientErrorKind;

    use super::*;
    use crate::pages::wizard::test_template::small_template;

    fn refusal(code: &str, members: Value) -> ClientError {
        let mut told =
            json!({"type": "about:blank", "title": "t", "status": 422, "detail": "d", "code": code, "advice": "a"});
        for (name, value) in members.as_object().unwrap() {
            told[name.as_str()] = value.clone();
        }
        ClientError {
            kind: ClientErrorKind::Invalid,
            message: "d".to_owned(),
            advice: "a".to_owned(),
            problem: Some(Box::new(serde_json::from_value(told).unwrap())),
            status: Some(422),
            language: Language::En,
        }
    }

    #[test]
    fn findings_and_settings_lead_to_their_fields() {
        let template = small_template();
        let finding = json!({"findings": [{"field": "proxy", "code": "form", "problem": "p", "advice": "b"}]});
        let found = list_field_problems(&template, &refusal("answers", finding));
        assert_eq!((found[0].field.as_str(), found[0].problem.as_str()), ("proxy", "P."));
        let found = list_field_problems(&template, &refusal("settings", json!({"key": "secret"})));
        assert_eq!((found[0].field.as_str(), found[0].problem.as_str()), ("secret", "D."));
        assert!(list_field_problems(&template, &refusal("settings", json!({"key": "elsewhere"}))).is_empty());
        assert!(list_field_problems(&template, &refusal("busy", json!({}))).is_empty());
    }

    #[test]
    fn a_check_that_has_not_passed_is_named() {
        let error = refusal("notPassed", json!({"action": "verify"}));
        assert_eq!(find_missing_check(&error).as_deref(), Some("verify"));
        assert_eq!(
            find_missing_check(&refusal("answers", json!({"action": "verify"}))),
            None
        );
    }
}
