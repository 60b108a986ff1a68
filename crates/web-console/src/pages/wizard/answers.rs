//! What a form says, as answers of the wizard. Secrets and files come with the request that needs them and are kept
//! nowhere; a page never shows them again.

use std::collections::BTreeMap;

use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};
use sics_client::contract::GivenAnswers;

use super::open::OpenWizard;
use super::state::{AnswerTexts, PageState, evaluate_pages};
use super::template::TemplateField;
use crate::form::FormFields;

/// What stands before the name of a field in a form, so that no template takes a name of the console's own.
pub(super) const FIELD_PREFIX: &str = "f-";

/// Answers so far.
#[derive(Clone, Default)]
pub(super) struct TypedAnswers {
    /// By field; an empty text was taken away.
    pub(super) texts: AnswerTexts,
    /// By field; files in base64.
    secrets: BTreeMap<String, SecretString>,
}

impl TypedAnswers {
    /// Of a wizard that was just opened.
    pub(super) fn of_standing(wizard: &OpenWizard) -> TypedAnswers {
        TypedAnswers {
            texts: wizard.standing.clone(),
            secrets: BTreeMap::new(),
        }
    }

    pub(super) fn from_form(wizard: &OpenWizard, form: &FormFields) -> TypedAnswers {
        let mut answers = TypedAnswers::of_standing(wizard);
        let asked = wizard.template.fields().filter(|field| wizard.may_ask(field));
        for field in asked.filter(|field| !wizard.is_fixed(field)) {
            let name = format!("{FIELD_PREFIX}{}", field.name);
            if field.is_file() {
                if let Some(file) = form.file(&name) {
                    let text = SecretString::from(openssl::base64::encode_block(&file.content));
                    answers.secrets.insert(field.name.clone(), text);
                }
            } else if field.secret {
                if !form.raw(&name).is_empty() {
                    answers.secrets.insert(field.name.clone(), form.secret(&name));
                }
            } else if let Some(text) = read_text(wizard, field, form, &name) {
                answers.texts.insert(field.name.clone(), text);
            } else {
                answers.texts.remove(&field.name);
            }
        }
        answers
    }

    /// Whether a secret or a file came with the form.
    pub(super) fn has_secret(&self, field: &str) -> bool {
        self.secrets.contains_key(field)
    }

    /// What the answers bring up.
    pub(super) fn evaluate(&self, wizard: &OpenWizard) -> Vec<PageState> {
        evaluate_pages(&wizard.template, &self.texts)
    }

    /// As a request takes them: of these pages, and only what is asked. What an installation had and lacks now is taken
    /// away by `null`.
    pub(super) fn to_given(&self, wizard: &OpenWizard, pages: &[PageState]) -> GivenAnswers {
        let mut given = Map::new();
        for name in pages.iter().flat_map(|page| &page.asked) {
            let Some(field) = wizard.template.find_field(name) else {
                continue;
            };
            if !wizard.may_ask(field) || wizard.is_fixed(field) {
                continue;
            }
            if let Some(value) = self.value_of(wizard, field) {
                given.insert(name.clone(), value);
            }
        }
        GivenAnswers(given)
    }

    fn value_of(&self, wizard: &OpenWizard, field: &TemplateField) -> Option<Value> {
        if field.secret {
            let secret = self.secrets.get(&field.name)?;
            return Some(Value::from(secret.expose_secret()));
        }
        match self.texts.get(&field.name).map(String::as_str) {
            Some("") | None => wizard.standing.contains_key(&field.name).then_some(Value::Null),
            Some(text) => Some(Value::from(text)),
        }
    }

    /// All that may be shown and is asked, whether or not it is new: for what is wrong with it. Secrets are left out, so
    /// that nothing is judged as a new installation that is one already.
    pub(super) fn to_plain(&self, wizard: &OpenWizard, pages: &[PageState]) -> GivenAnswers {
        let mut plain = Map::new();
        for name in pages.iter().flat_map(|page| &page.asked) {
            let is_secret = wizard.template.find_field(name).is_none_or(|field| field.secret);
            if let Some(text) = self.texts.get(name).filter(|text| !is_secret && !text.is_empty()) {
                plain.insert(name.clone(), Value::from(text.as_str()));
            }
        }
        GivenAnswers(plain)
    }
}

/// `None`: it was not answered, and nothing is taken away either.
fn read_text(wizard: &OpenWizard, field: &TemplateField, form: &FormFields, name: &str) -> Option<String> {
    if field.is_checkbox() {
        // An empty box says no where somebody said something before; else it leaves the setting alone.
        let had_answer = field.default.is_some() || wizard.standing.contains_key(&field.name);
        let no = had_answer.then(|| "no".to_owned());
        return if form.is_ticked(name) {
            Some("yes".to_owned())
        } else {
            no
        };
    }
    if field.is_many() {
        return Some(form.values(name).join(", "));
    }
    Some(form.text(name).to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::pages::wizard::open::WizardMode;
    use crate::pages::wizard::test_form::make_form;
    use crate::pages::wizard::test_template::{answers, small_template};

    fn wizard(mode: WizardMode, standing: &[(&str, &str)]) -> OpenWizard {
        OpenWizard {
            mode,
            product: "small".to_owned(),
            instance: "Greeter_1".to_owned(),
            template: small_template(),
            standing: answers(standing),
        }
    }

    fn given(wizard: &OpenWizard, form: &[(&str, &str)]) -> Value {
        let typed = TypedAnswers::from_form(wizard, &make_form(form));
        Value::Object(typed.to_given(wizard, &typed.evaluate(wizard)).0)
    }

    #[test]
    fn a_form_becomes_answers_by_the_kinds_of_its_fields() {
        let wizard = wizard(WizardMode::Install, &[]);
        let form = [
            ("f-method", "secret"),
            ("f-secret", " spaces stay "),
            ("f-more", "yes"),
            ("f-proxy", " http://p:1 "),
            ("f-verbs", "sync"),
            ("f-verbs", "wipe"),
            ("f-limit", "3"),
            ("form_token", "x"),
        ];
        let expected = json!({
            "method": "secret", "secret": " spaces stay ", "more": "yes", "proxy": "http://p:1", "verbs": "sync, wipe",
            "limit": "3"
        });
        assert_eq!(given(&wizard, &form), expected);
    }

    #[test]
    fn what_is_not_asked_is_not_sent_and_an_empty_box_is_no() {
        let wizard = wizard(WizardMode::Install, &[]);
        let form = [("f-method", "pfx"), ("f-secret", "s"), ("f-proxy", "http://p:1")];
        assert_eq!(given(&wizard, &form), json!({"method": "pfx", "more": "no"}));
    }

    #[test]
    fn a_change_keeps_secrets_that_are_not_given_and_takes_away_what_was_emptied() {
        let standing = [("method", "secret"), ("more", "yes"), ("proxy", "http://p:1")];
        let wizard = wizard(WizardMode::Change, &standing);
        let form = [
            ("f-method", "secret"),
            ("f-more", "yes"),
            ("f-proxy", ""),
            ("f-secret", ""),
        ];
        assert_eq!(
            given(&wizard, &form),
            json!({"method": "secret", "more": "yes", "proxy": null})
        );
    }

    #[test]
    fn the_sign_in_alone_leaves_everything_else() {
        let wizard = wizard(WizardMode::SignIn, &[("method", "secret"), ("verbs", "sync")]);
        let form = [("f-method", "secret"), ("f-secret", "new"), ("f-verbs", "wipe")];
        assert_eq!(given(&wizard, &form), json!({"method": "secret", "secret": "new"}));
    }

    #[test]
    fn what_is_fixed_stays_whatever_a_form_says() {
        let mut wizard = wizard(WizardMode::Change, &[("method", "secret")]);
        wizard.template.pages[0].fields[0].fixed = true;
        let form = [("f-method", "pfx"), ("f-secret", "s")];
        assert_eq!(given(&wizard, &form), json!({"more": "no", "secret": "s"}));
    }

    #[test]
    fn secrets_are_in_nothing_that_may_be_shown() {
        let wizard = wizard(WizardMode::Install, &[]);
        let typed = TypedAnswers::from_form(&wizard, &make_form(&[("f-method", "secret"), ("f-secret", "geheim")]));
        assert!(typed.has_secret("secret"));
        assert!(!typed.texts.values().any(|text| text.contains("geheim")));
        let plain = typed.to_plain(&wizard, &typed.evaluate(&wizard));
        assert!(!Value::Object(plain.0).to_string().contains("geheim"));
    }
}
