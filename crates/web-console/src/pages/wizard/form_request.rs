//! What every form of a wizard carries besides answers: for what it is, which checks have passed, and without which
//! somebody goes on.

use super::open::{OpenWizard, WizardMode};
use crate::failure::PageFailure;
use crate::form::FormFields;
use crate::page::PageContext;

/// Name of the field that tells a renewed sign-in from a change.
pub(super) const SIGN_IN: &str = "sign-in";

/// The wizard of an installation that a form belongs to.
pub(super) async fn open_for_form(
    ctx: &PageContext,
    instance: &str,
    form: &FormFields,
) -> Result<OpenWizard, PageFailure> {
    let mode = if form.is_ticked(SIGN_IN) {
        WizardMode::SignIn
    } else {
        WizardMode::Change
    };
    OpenWizard::of_installation(ctx, instance, mode).await
}

/// Checks that the browser has seen pass.
pub(super) fn list_passed(form: &FormFields) -> Vec<String> {
    form.values("passed").to_vec()
}

/// Checks that somebody goes on without.
pub(super) fn list_skipped(form: &FormFields) -> Vec<String> {
    form.values("anyway").to_vec()
}
