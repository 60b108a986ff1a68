//! What a wizard is for and how far it has come: the answers and verdicts so far, and the page that is open.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::bus::FieldFinding;
use crate::bus::answers::WizardAnswers;
use crate::bus::template::WizardTemplate;

/// Of every answer that an action is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AnswersDigest(pub(super) [u8; 32]);

/// What an action found about answers of this digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ActionVerdict {
    pub digest: AnswersDigest,
    pub passed: bool,
    /// Somebody goes on although it has not passed.
    pub overridden: bool,
}

/// What the wizard is for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum WizardMode {
    #[default]
    Install,
    /// Of an installation that exists: secrets that are not given stay, fixed fields too.
    Change,
    /// As `Change`; only what belongs to the sign-in is asked.
    SignIn,
}

#[derive(Debug, Clone)]
pub struct Wizard {
    pub(super) template: Arc<WizardTemplate>,
    pub(super) mode: WizardMode,
    pub(super) answers: WizardAnswers,
    /// The answers of an installation that is changed.
    pub(super) installed_answers: WizardAnswers,
    pub(super) verdicts: BTreeMap<String, ActionVerdict>,
    /// What others found wrong, until the field is answered anew.
    pub(super) reported_findings: Vec<FieldFinding>,
    pub(super) page_index: usize,
}
