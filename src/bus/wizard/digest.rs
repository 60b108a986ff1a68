//! What a verdict is about: a digest over every answer up to the page of its action, secrets included. It never leaves
//! the process and is compared with nothing but other digests.

use openssl::sha::Sha256;

use super::answer_values::effective_answer;
use super::page_state::WizardState;
use super::progress::{AnswersDigest, Wizard, WizardMode};
use crate::bus::answers::FieldAnswer;

/// `state` must have come as far as the page of the action.
pub(crate) fn digest_for_action(wizard: &Wizard, state: &WizardState, action: &str) -> Option<AnswersDigest> {
    let pages = &wizard.template.pages;
    let last = pages
        .iter()
        .position(|page| page.actions.iter().any(|known| known.name == action))?;
    let mut hash = Sha256::new();
    let mut hash_part = |part: &[u8]| {
        hash.update(&(part.len() as u64).to_be_bytes());
        hash.update(part);
    };
    hash_part(action.as_bytes());
    hash_part(if wizard.mode == WizardMode::Install {
        b"install"
    } else {
        b"change"
    });
    for (page, page_state) in pages.iter().zip(&state.pages).take(last + 1) {
        for field in page.fields.iter().filter(|field| page_state.asks_field(&field.name)) {
            hash_part(field.name.as_bytes());
            match wizard.answers.get(&field.name) {
                Some(FieldAnswer::Text(_)) | None => {
                    hash_part(effective_answer(&wizard.answers, field).unwrap_or_default().as_bytes())
                }
                Some(secret) => hash_part(secret.as_bytes()),
            }
        }
    }
    Some(AnswersDigest(hash.finish()))
}
