//! The wizard: which page is open, what it asks, what is wrong with the answers, and whether one may go on.
//! A pure state machine: template and answers in, page and findings out. Command line, API and console all use it, so
//! that the same answers have the same result everywhere.
//!
//! *Verdicts.* An action that a page requires (a connection check) must have passed before the page can be left, or
//! somebody says that they go on anyway, which is kept with the installation. A verdict is about the answers under
//! which it was given: it is bound to their digest, so whoever changes the secret afterwards has to check again.
//!
//! *Old faults.* Of an installation that is changed, what was wrong before and was not touched is a warning: whoever mends
//! one thing is not held up by another.
//!
//! *Locked pages.* A page that `needs` an action takes no answer until it has passed; going on anyway does not open it.

mod answer_values;
mod correction;
mod digest;
mod evaluation;
mod implied_answers;
mod installed_answers;
mod page_state;
mod passed_checks;
mod progress;
mod settings;
#[cfg(test)]
mod shipped_tests;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::answers::{FieldAnswer, WizardAnswers};
use super::template::{TemplatePage, WizardTemplate};
use super::{DesiredSettings, FieldFinding};

pub use correction::CorrectionPlace;
pub use installed_answers::answers_from_settings;
pub use page_state::{PageState, WizardState};
pub use passed_checks::{PROOF_LIFE, PassedChecks};
pub use progress::{ActionVerdict, AnswersDigest, Wizard, WizardMode};
pub use settings::PROFILE;

#[derive(Debug)]
pub enum WizardEvent {
    /// `None` removes the answer.
    Answered {
        field: String,
        answer: Option<FieldAnswer>,
    },
    /// An action has ended for answers of this digest.
    Judged {
        action: String,
        about: AnswersDigest,
        passed: bool,
    },
    /// Somebody goes on although the action has not passed.
    Anyway {
        action: String,
    },
    /// The field was asked again and stays as it is.
    Kept {
        field: String,
    },
    /// What the host found wrong.
    Told(Vec<FieldFinding>),
    Next,
    Back,
    /// To this page, which is not behind the current one.
    Return {
        page: usize,
    },
}

/// Why an event changes nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WizardError {
    #[error("this page does not ask for the field {0}")]
    NotAsked(String),
    #[error("{0} cannot be changed in an existing installation")]
    Fixed(String),
    #[error("there is no action {0}")]
    NoAction(String),
    #[error("{} answers are wrong or missing", .0.len())]
    Findings(Vec<FieldFinding>),
    /// It has not passed over the answers as they are.
    #[error("{0} must pass first")]
    NotPassed(String),
    #[error("there is no further page in this direction")]
    NoPage,
}

impl Wizard {
    pub fn new(template: Arc<WizardTemplate>) -> Wizard {
        Wizard::from_answers(template, WizardMode::Install, WizardAnswers::default())
    }

    /// For an installation that exists, with its answers; or for a new one with answers to begin with.
    pub fn from_answers(template: Arc<WizardTemplate>, mode: WizardMode, mut present: WizardAnswers) -> Wizard {
        implied_answers::fill_implied_answers(&template, &mut present, &WizardAnswers::default());
        let mut wizard = Wizard {
            template,
            mode,
            answers: present.clone(),
            installed_answers: present,
            verdicts: BTreeMap::new(),
            reported_findings: Vec::new(),
            page_index: 0,
        };
        let state = wizard.current_state();
        if !state.pages.first().is_some_and(|page| page.is_shown) {
            wizard.page_index = state.next_page(0).unwrap_or(0);
        }
        wizard
    }

    pub fn template(&self) -> &Arc<WizardTemplate> {
        &self.template
    }

    pub fn mode(&self) -> WizardMode {
        self.mode
    }

    pub fn answers(&self) -> &WizardAnswers {
        &self.answers
    }

    /// Whether a field is answered as the installation had it.
    pub fn is_answer_unchanged(&self, field: &str) -> bool {
        match (self.answers.get(field), self.installed_answers.get(field)) {
            (None, None) => true,
            (Some(FieldAnswer::Text(now)), Some(FieldAnswer::Text(before))) => now == before,
            _ => false,
        }
    }

    /// Takes all answers at once, as an answers file or a request brings them.
    pub fn with_answers(mut self, mut answers: WizardAnswers) -> Wizard {
        implied_answers::fill_implied_answers(&self.template, &mut answers, &self.installed_answers);
        self.answers = answers;
        self
    }

    /// Everything that follows from the answers as they are.
    pub fn current_state(&self) -> WizardState {
        evaluation::evaluate_wizard(self)
    }

    pub fn current_page(&self) -> &TemplatePage {
        &self.template.pages[self.page_index]
    }

    pub fn page_number(&self) -> usize {
        self.page_index
    }

    /// What an action would be about now.
    pub fn action_digest(&self, action: &str) -> Option<AnswersDigest> {
        digest::digest_for_action(self, &self.current_state(), action)
    }

    /// The verdict on the answers as they are; one on others does not count.
    pub fn current_verdict(&self, action: &str) -> Option<ActionVerdict> {
        let verdict = self.verdicts.get(action).copied()?;
        Some(verdict).filter(|verdict| Some(verdict.digest) == self.action_digest(action))
    }

    pub fn has_passed(&self, action: &str) -> bool {
        self.current_verdict(action).is_some_and(|verdict| verdict.passed)
    }

    /// Actions that somebody went on without.
    pub fn skipped_actions(&self) -> Vec<String> {
        let was_overridden = |action: &&String| {
            self.current_verdict(action)
                .is_some_and(|verdict| verdict.overridden && !verdict.passed)
        };
        self.verdicts.keys().filter(was_overridden).cloned().collect()
    }

    /// The settings that follow; right only where [`Wizard::check_complete`] finds nothing.
    pub fn desired_settings(&self) -> DesiredSettings {
        settings::build_desired_settings(self, &self.current_state(), usize::MAX)
    }

    /// The settings that an action is about: of the pages up to its own. What comes behind it is not judged by it.
    pub fn settings_for_action(&self, action: &str) -> DesiredSettings {
        let pages = self
            .template
            .page_index_of_action(action)
            .map_or(usize::MAX, |page| page + 1);
        settings::build_desired_settings(self, &self.current_state(), pages)
    }

    /// With every page open, as if each check had passed: for what only looks at the answers.
    pub fn with_open_pages(mut self) -> Wizard {
        let actions: Vec<String> = self.template.actions().map(|action| action.name.clone()).collect();
        for action in actions {
            if let Some(about) = self.action_digest(&action) {
                let passed = true;
                // The template has this action.
                let _ = self.apply_event(WizardEvent::Judged { action, about, passed });
            }
        }
        self
    }

    /// Takes away what this page no longer asks for, and names it. What an installation had stays as it was.
    pub fn drop_unasked_answers(&mut self) -> Vec<String> {
        let findings = self.current_state().pages.swap_remove(self.page_index).findings;
        let is_unasked = |finding: &FieldFinding| matches!(finding.code.as_str(), "notAsked" | "locked");
        let unasked = findings.into_iter().filter(is_unasked).map(|finding| finding.field);
        let fields: Vec<String> = unasked.collect();
        for field in &fields {
            match self.installed_answers.get(field).cloned() {
                Some(before) => self.answers.set_answer(field, before),
                None => drop(self.answers.remove_answer(field)),
            }
        }
        fields
    }

    /// One event; an event that is refused changes nothing.
    pub fn apply_event(&mut self, event: WizardEvent) -> Result<(), WizardError> {
        match event {
            WizardEvent::Answered { field, answer } => self.set_answer(field, answer),
            WizardEvent::Judged { action, about, passed } => {
                self.require_action(&action)?;
                let anyway = false;
                self.verdicts.insert(
                    action,
                    ActionVerdict {
                        digest: about,
                        passed,
                        overridden: anyway,
                    },
                );
                Ok(())
            }
            WizardEvent::Anyway { action } => {
                self.require_action(&action)?;
                let about = self
                    .action_digest(&action)
                    .ok_or_else(|| WizardError::NoAction(action.clone()))?;
                let passed = self.has_passed(&action);
                let anyway = true;
                self.verdicts.insert(
                    action,
                    ActionVerdict {
                        digest: about,
                        passed,
                        overridden: anyway,
                    },
                );
                Ok(())
            }
            WizardEvent::Kept { field } => {
                self.reported_findings.retain(|finding| finding.field != field);
                Ok(())
            }
            WizardEvent::Told(findings) => {
                self.reported_findings = findings;
                Ok(())
            }
            WizardEvent::Next => {
                self.check_page_complete(self.page_index)?;
                self.page_index = self
                    .current_state()
                    .next_page(self.page_index)
                    .ok_or(WizardError::NoPage)?;
                Ok(())
            }
            WizardEvent::Back => {
                self.page_index = self
                    .current_state()
                    .previous_page(self.page_index)
                    .ok_or(WizardError::NoPage)?;
                Ok(())
            }
            WizardEvent::Return { page } => {
                let is_shown = self.current_state().pages.get(page).is_some_and(|page| page.is_shown);
                if page > self.page_index || !is_shown {
                    return Err(WizardError::NoPage);
                }
                self.page_index = page;
                Ok(())
            }
        }
    }

    fn require_action(&self, action: &str) -> Result<(), WizardError> {
        if self.template.actions().any(|known| known.name == action) {
            Ok(())
        } else {
            Err(WizardError::NoAction(action.to_owned()))
        }
    }

    fn set_answer(&mut self, field: String, answer: Option<FieldAnswer>) -> Result<(), WizardError> {
        let state = self.current_state();
        let asked = self.current_page().fields.iter().find(|known| known.name == field);
        let Some(asked) = asked.filter(|asked| state.pages[self.page_index].asks_field(&asked.name)) else {
            return Err(WizardError::NotAsked(field));
        };
        if asked.is_fixed && self.mode != WizardMode::Install {
            return Err(WizardError::Fixed(field));
        }
        self.reported_findings.retain(|finding| finding.field != field);
        match answer {
            Some(answer) => self.answers.set_answer(field, answer),
            None => drop(self.answers.remove_answer(&field)),
        }
        Ok(())
    }

    /// Whether a page can be left forwards.
    pub fn check_page_complete(&self, page: usize) -> Result<(), WizardError> {
        let state = self.current_state();
        let Some(page_state) = state.pages.get(page).filter(|page| page.is_shown) else {
            return Ok(());
        };
        if !page_state.findings.is_empty() {
            return Err(WizardError::Findings(page_state.findings.clone()));
        }
        let blocked = page_state.required.iter().find(|action| {
            let verdict = self.current_verdict(action);
            !verdict.is_some_and(|verdict| verdict.passed || verdict.overridden)
        });
        match blocked {
            Some(action) => Err(WizardError::NotPassed(action.clone())),
            None => Ok(()),
        }
    }

    /// Whether every page could be left: what an installation needs, by whichever way the answers came.
    pub fn check_complete(&self) -> Result<(), WizardError> {
        let findings: Vec<FieldFinding> = self
            .current_state()
            .pages
            .into_iter()
            .flat_map(|page| page.findings)
            .collect();
        if !findings.is_empty() {
            return Err(WizardError::Findings(findings));
        }
        (0..self.template.pages.len()).try_for_each(|page| self.check_page_complete(page))
    }
}
