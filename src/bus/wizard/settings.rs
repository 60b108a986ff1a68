//! From answers to settings: what the host gets.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::look::{Look, effective};
use super::{Mode, Wizard};
use crate::bus::Wanted;
use crate::bus::answers::Answer;
use crate::bus::template::{Field, FieldKind};

pub fn wanted(wizard: &Wizard, look: &Look) -> Wanted {
    let template = &wizard.template;
    let mut wanted = Wanted {
        profile: profile(wizard),
        ..Wanted::default()
    };
    for (page, seen) in template.pages.iter().zip(&look.pages) {
        for field in page.fields.iter().filter(|field| seen.asks(&field.name)) {
            let part = template.part_of(field).to_owned();
            let settings = wanted.settings.entry(part).or_default();
            if let Some(setting) = &field.setting
                && let Some(text) = text(wizard, field)
            {
                settings.insert(setting.clone(), text);
                wanted.fields.insert(setting.clone(), field.name.clone());
            }
            for (setting, value) in sets(wizard, field) {
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
fn profile(wizard: &Wizard) -> String {
    let field = wizard.template.field(super::PROFILE);
    let given = field.and_then(|field| effective(&wizard.answers, field));
    given.unwrap_or(&wizard.template.title.en).to_owned()
}

/// As the setting takes it. Without an answer: nothing for a new installation; for one that exists the key is taken
/// away, unless it holds a secret, which stays.
fn text(wizard: &Wizard, field: &Field) -> Option<Zeroizing<String>> {
    match wizard.answers.get(&field.name) {
        Some(Answer::File(bytes)) => {
            use secrecy::ExposeSecret;
            let bytes = bytes.expose_secret();
            Some(Zeroizing::new(match field.kind {
                FieldKind::File { text: true, .. } => String::from_utf8_lossy(bytes).into_owned(),
                _ => STANDARD.encode(bytes),
            }))
        }
        Some(Answer::Secret(secret)) => {
            use secrecy::ExposeSecret;
            Some(Zeroizing::new(secret.expose_secret().to_owned()))
        }
        Some(Answer::Text(_)) | None => match effective(&wizard.answers, field) {
            Some(text) => Some(Zeroizing::new(text.to_owned())),
            None if wizard.mode == Mode::Install || field.kind.is_secret() => None,
            None => Some(Zeroizing::default()),
        },
    }
}

/// Settings that come with the choice.
fn sets<'a>(wizard: &'a Wizard, field: &'a Field) -> impl Iterator<Item = &'a (String, String)> {
    let taken = effective(&wizard.answers, field).unwrap_or_default();
    let choices = match &field.kind {
        FieldKind::Choice { choices, .. } => choices.as_slice(),
        _ => &[],
    };
    choices
        .iter()
        .filter(move |choice| taken.split(',').any(|one| one.trim() == choice.value))
        .flat_map(|choice| &choice.sets)
}
