//! A field of the template as a page shows it: by which control, with which value, help and problem. Secrets have no value.

use super::answers::{FIELD_PREFIX, TypedAnswers};
use super::checks::CheckResult;
use super::next_runs::NextRuns;
use super::open::{OpenWizard, WizardMode};
use super::state::split_list;
use super::template::{TemplateChoice, TemplateField};
use super::verdict::{FieldProblem, PageVerdict};

/// More choices than this stand in a list that opens.
const RADIOS_MAX: usize = 7;

/// A piece of a text: what stands between backticks is for machines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TextPiece<'a> {
    pub(super) text: &'a str,
    pub(super) is_code: bool,
}

/// What a secret or a file is, besides empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SecretState {
    /// It has to be given.
    New,
    /// The installation has one, which stays where none is given.
    Stored,
    /// It came with the form; the page does not have it any more.
    Sent,
}

pub(super) struct FieldView<'a> {
    pub(super) field: &'a TemplateField,
    pub(super) is_asked: bool,
    /// Shown, and not to be changed.
    pub(super) is_fixed: bool,
    pub(super) value: String,
    pub(super) secret: SecretState,
    pub(super) problems: Vec<&'a FieldProblem>,
    pub(super) runs: Vec<&'a NextRuns>,
    /// What its look has found, without a script.
    pub(super) look_result: Option<&'a CheckResult>,
}

impl<'a> FieldView<'a> {
    pub(super) fn new(
        wizard: &OpenWizard,
        typed: &TypedAnswers,
        told: &'a PageVerdict,
        field: &'a TemplateField,
    ) -> FieldView<'a> {
        FieldView {
            field,
            is_asked: told.asked.contains(&field.name),
            is_fixed: wizard.is_fixed(field),
            value: find_value(typed, field),
            secret: find_secret_state(wizard, typed, field),
            problems: told
                .problems
                .iter()
                .filter(|problem| problem.field == field.name)
                .collect(),
            runs: Vec::new(),
            look_result: None,
        }
    }

    /// Name in the form, and id in the page.
    pub(super) fn id(&self) -> String {
        format!("{FIELD_PREFIX}{}", self.field.name)
    }

    /// Which control asks for it.
    pub(super) fn control(&self) -> &'static str {
        choose_control(self.field)
    }

    /// Whether this choice is taken.
    pub(super) fn takes(&self, choice: &TemplateChoice) -> bool {
        if self.field.is_many() {
            split_list(&self.value).contains(&choice.value)
        } else {
            self.value == choice.value
        }
    }

    pub(super) fn is_ticked(&self) -> bool {
        self.value == "yes"
    }

    pub(super) fn is_wrong(&self) -> bool {
        !self.problems.is_empty()
    }

    /// Whether something must be answered: a default is an answer, and so is a secret that is stored.
    pub(super) fn is_needed(&self) -> bool {
        self.field.required && self.field.default.is_none() && self.secret != SecretState::Stored
    }

    pub(super) fn is_stored(&self) -> bool {
        self.secret == SecretState::Stored
    }

    pub(super) fn was_sent(&self) -> bool {
        self.secret == SecretState::Sent
    }

    pub(super) fn help(&self) -> Vec<TextPiece<'_>> {
        split_code(&self.field.help)
    }

    /// Longest answer that a control takes.
    pub(super) fn max_length(&self) -> String {
        let max = self.field.max.filter(|max| *max > 0);
        max.map_or_else(String::new, |max| max.to_string())
    }
}

fn choose_control(field: &TemplateField) -> &'static str {
    match (field.kind.as_str(), field.form.as_str()) {
        ("choice", _) if field.many => "many",
        ("choice", _) if field.choices.len() <= RADIOS_MAX => "radio",
        ("choice", _) => "select",
        ("secret", _) => "secret",
        ("file", _) => "file",
        ("checkbox", _) => "checkbox",
        ("number", _) => "number",
        ("servers", _) => "servers",
        ("registration", _) => "registration",
        (_, "date") => "date",
        (_, "zone") => "zone",
        ("trigger", _) | (_, "condition" | "guid" | "directory" | "url" | "list") => "code",
        _ if field.secret => "secret",
        _ => "line",
    }
}

/// What was typed, or the default; nothing of a secret.
fn find_value(typed: &TypedAnswers, field: &TemplateField) -> String {
    if field.secret {
        return String::new();
    }
    let text = typed.texts.get(&field.name).or(field.default.as_ref());
    text.cloned().unwrap_or_default()
}

fn find_secret_state(wizard: &OpenWizard, typed: &TypedAnswers, field: &TemplateField) -> SecretState {
    match wizard.mode {
        _ if !field.secret => SecretState::New,
        _ if typed.has_secret(&field.name) => SecretState::Sent,
        WizardMode::Change => SecretState::Stored,
        WizardMode::Install | WizardMode::SignIn => SecretState::New,
    }
}

/// A text with its pieces between backticks.
pub(super) fn split_code(text: &str) -> Vec<TextPiece<'_>> {
    let pieces = text.split('`').enumerate();
    let pieces = pieces.map(|(place, text)| TextPiece {
        text,
        is_code: place % 2 == 1,
    });
    pieces.filter(|piece| !piece.text.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::wizard::test_form::make_form;
    use crate::pages::wizard::test_template::{answers, small_template};

    fn wizard(mode: WizardMode) -> OpenWizard {
        OpenWizard {
            mode,
            product: "small".to_owned(),
            instance: "Greeter_1".to_owned(),
            template: small_template(),
            standing: answers(&[]),
        }
    }

    #[test]
    fn each_kind_has_its_control() {
        let template = small_template();
        for (field, control) in [
            ("method", "radio"),
            ("more", "checkbox"),
            ("secret", "secret"),
            ("pfx", "file"),
            ("proxy", "code"),
            ("verbs", "many"),
            ("limit", "number"),
        ] {
            assert_eq!(choose_control(template.find_field(field).unwrap()), control, "{field}");
        }
        let strange = TemplateField {
            kind: "colour".to_owned(),
            ..TemplateField::default()
        };
        assert_eq!(choose_control(&strange), "line", "a kind of tomorrow is asked as text");
        let hidden = TemplateField {
            secret: true,
            ..strange
        };
        assert_eq!(choose_control(&hidden), "secret");
    }

    #[test]
    fn a_secret_never_comes_back() {
        let wizard = wizard(WizardMode::Install);
        let typed = TypedAnswers::from_form(&wizard, &make_form(&[("f-method", "secret"), ("f-secret", "geheim")]));
        let told = PageVerdict {
            asked: vec!["secret".to_owned()],
            ..PageVerdict::default()
        };
        let view = FieldView::new(&wizard, &typed, &told, wizard.template.find_field("secret").unwrap());
        assert!(view.value.is_empty() && view.was_sent() && view.is_asked);
    }

    #[test]
    fn a_stored_secret_need_not_be_given_again() {
        for (mode, needed) in [
            (WizardMode::Install, true),
            (WizardMode::Change, false),
            (WizardMode::SignIn, true),
        ] {
            let wizard = wizard(mode);
            let typed = TypedAnswers::of_standing(&wizard);
            let told = PageVerdict::default();
            let view = FieldView::new(&wizard, &typed, &told, wizard.template.find_field("secret").unwrap());
            assert_eq!(view.is_needed(), needed, "{mode:?}");
        }
    }

    #[test]
    fn several_choices_are_ticked_and_code_is_told_from_text() {
        let wizard = wizard(WizardMode::Install);
        let form = make_form(&[("f-verbs", "wipe")]);
        let typed = TypedAnswers::from_form(&wizard, &form);
        let told = PageVerdict::default();
        let view = FieldView::new(&wizard, &typed, &told, wizard.template.find_field("verbs").unwrap());
        let ticked: Vec<bool> = view.field.choices.iter().map(|choice| view.takes(choice)).collect();
        assert_eq!(ticked, [false, true]);
        let pieces = split_code("`every 15m`, or off.");
        assert_eq!((pieces[0].text, pieces[0].is_code), ("every 15m", true));
        assert_eq!((pieces[1].text, pieces[1].is_code), (", or off.", false));
    }
}
