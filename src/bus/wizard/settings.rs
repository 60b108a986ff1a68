//! From answers to settings: what the host gets.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::answer_values::effective_answer;
use super::page_state::WizardState;
use super::progress::{Wizard, WizardMode};
use crate::bus::DesiredSettings;
use crate::bus::answers::FieldAnswer;
use crate::bus::template::{FieldKind, TemplateField};

/// The field whose answer is the name of the installation.
pub const PROFILE: &str = "profile";

/// `pages`: as many of them, from the first on.
pub(crate) fn build_desired_settings(wizard: &Wizard, state: &WizardState, pages: usize) -> DesiredSettings {
    let template = &wizard.template;
    let mut wanted = DesiredSettings {
        profile: profile_name(wizard),
        ..DesiredSettings::default()
    };
    for (page, page_state) in template.pages.iter().zip(&state.pages).take(pages) {
        // What is behind a check that has not passed yet is asked later.
        let unasked = page
            .fields
            .iter()
            .filter(|field| page_state.locked_by.is_none() && !page_state.asks_field(&field.name));
        for field in unasked.filter(|field| field.kind.is_secret()) {
            if let Some(setting) = field.setting.clone() {
                let part = template.settings_part(field).to_owned();
                wanted.unasked_secrets.entry(part).or_default().insert(setting);
            }
        }
        for field in page.fields.iter().filter(|field| page_state.asks_field(&field.name)) {
            let part = template.settings_part(field).to_owned();
            let settings = wanted.settings.entry(part).or_default();
            if let Some(setting) = &field.setting
                && let Some(text) = setting_text(wizard, field)
            {
                settings.insert(setting.clone(), text);
                wanted.fields.insert(setting.clone(), field.name.clone());
            }
            for (setting, value) in choice_settings(wizard, field) {
                settings.insert(setting.clone(), Zeroizing::new(value.clone()));
                wanted
                    .fields
                    .entry(setting.clone())
                    .or_insert_with(|| field.name.clone());
            }
        }
    }
    wanted
}

/// The name that people gave it; the title where the template asks for none.
fn profile_name(wizard: &Wizard) -> String {
    let field = wizard.template.find_field(PROFILE);
    let given = field.and_then(|field| effective_answer(&wizard.answers, field));
    given.unwrap_or(&wizard.template.title.en).to_owned()
}

/// As the setting takes it. Without an answer: nothing for a new installation; for one that exists the key is taken
/// away, unless it holds a secret, which stays.
fn setting_text(wizard: &Wizard, field: &TemplateField) -> Option<Zeroizing<String>> {
    match wizard.answers.get(&field.name) {
        Some(FieldAnswer::File(bytes)) => {
            use secrecy::ExposeSecret;
            let bytes = bytes.expose_secret();
            Some(Zeroizing::new(match field.kind {
                FieldKind::File { text: true, .. } => String::from_utf8_lossy(bytes).into_owned(),
                _ => STANDARD.encode(bytes),
            }))
        }
        Some(FieldAnswer::Secret(secret)) => {
            use secrecy::ExposeSecret;
            Some(Zeroizing::new(secret.expose_secret().to_owned()))
        }
        Some(FieldAnswer::Text(_)) | None => match effective_answer(&wizard.answers, field) {
            Some(text) => Some(Zeroizing::new(text.to_owned())),
            None if wizard.mode == WizardMode::Install || field.kind.is_secret() => None,
            None => Some(Zeroizing::default()),
        },
    }
}

/// Settings that come with the choice.
fn choice_settings<'a>(wizard: &'a Wizard, field: &'a TemplateField) -> impl Iterator<Item = &'a (String, String)> {
    let taken = effective_answer(&wizard.answers, field).unwrap_or_default();
    let choices = match &field.kind {
        FieldKind::Choice { choices, .. } => choices.as_slice(),
        _ => &[],
    };
    // Empty text takes away what an installation has; a new one has nothing.
    let is_new = wizard.mode == WizardMode::Install;
    choices
        .iter()
        .filter(move |choice| taken.split(',').any(|one| one.trim() == choice.value))
        .flat_map(|choice| &choice.sets)
        .filter(move |(_, value)| !is_new || !value.is_empty())
}
