//! The wizard: which page stands open, what is asked there, what is wrong with the answers, and whether one may go on.
//! A pure state machine: template and answers in, page and findings out. Command line, API and console all use it, so
//! that the same answers have the same end everywhere.
//!
//! *Verdicts.* An action that a page requires (a connection check) must have passed before the page can be left, or
//! somebody says that he goes on anyway, which is kept with the installation. A verdict is about the answers under
//! which it was given: it is bound to their digest, so whoever changes the secret afterwards has to check again.
//!
//! *Locked pages.* A page that `needs` an action takes no answer until it has passed; going on anyway does not open it.

mod digest;
mod look;
mod present;
mod proofs;
mod settings;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::answers::{Answer, Answers};
use super::template::{Page, Template};
use super::{FieldFinding, Wanted};

pub use digest::Digest;
pub use look::{Look, PageLook};
pub use present::present;
pub use proofs::{PROOF_LIFE, Proofs};

/// The field whose answer is the name of the installation.
pub const PROFILE: &str = "profile";

/// What an action found about answers of this digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    pub about: Digest,
    pub passed: bool,
    /// Somebody goes on although it has not passed.
    pub anyway: bool,
}

/// What the wizard is for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Mode {
    #[default]
    Install,
    /// Of an installation that exists: secrets that are not given stay, fixed fields too.
    Change,
    /// As `Change`; only what belongs to the sign-in is asked.
    SignIn,
}

#[derive(Debug, Clone)]
pub struct Wizard {
    template: Arc<Template>,
    mode: Mode,
    answers: Answers,
    /// What stood in an installation that is changed.
    present: Answers,
    verdicts: BTreeMap<String, Verdict>,
    /// What others found wrong, until the field is answered anew.
    told: Vec<FieldFinding>,
    at: usize,
}

#[derive(Debug)]
pub enum Event {
    /// `None` takes the answer away.
    Answered {
        field: String,
        answer: Option<Answer>,
    },
    /// An action has come to its end over answers of this digest.
    Judged {
        action: String,
        about: Digest,
        passed: bool,
    },
    /// Somebody goes on although the action has not passed.
    Anyway {
        action: String,
    },
    /// What the host found wrong.
    Told(Vec<FieldFinding>),
    Next,
    Back,
}

/// Why an event changes nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("no field {0} is asked on this page")]
    NotAsked(String),
    #[error("{0} stays as it is for the life of an installation")]
    Fixed(String),
    #[error("there is no action {0}")]
    NoAction(String),
    #[error("{} answers are wrong or missing", .0.len())]
    Findings(Vec<FieldFinding>),
    /// It has not passed over the answers as they are.
    #[error("{0} has to pass first")]
    NotPassed(String),
    #[error("there is no page in this direction")]
    NoPage,
}

impl Wizard {
    pub fn new(template: Arc<Template>) -> Wizard {
        Wizard::over(template, Mode::Install, Answers::default())
    }

    /// For an installation that exists, with its answers; or for a new one with answers to begin with.
    pub fn over(template: Arc<Template>, mode: Mode, present: Answers) -> Wizard {
        let mut wizard = Wizard {
            template,
            mode,
            answers: present.clone(),
            present,
            verdicts: BTreeMap::new(),
            told: Vec::new(),
            at: 0,
        };
        let look = wizard.look();
        if !look.pages.first().is_some_and(|page| page.is_shown) {
            wizard.at = look.after(0).unwrap_or(0);
        }
        wizard
    }

    pub fn template(&self) -> &Arc<Template> {
        &self.template
    }

    pub fn mode(&self) -> Mode {
        self.mode
    }

    pub fn answers(&self) -> &Answers {
        &self.answers
    }

    /// Takes all answers at once, as an answers file or a request brings them.
    pub fn with_answers(mut self, answers: Answers) -> Wizard {
        self.answers = answers;
        self
    }

    /// Everything that follows from the answers as they are.
    pub fn look(&self) -> Look {
        look::look(self)
    }

    pub fn page(&self) -> &Page {
        &self.template.pages[self.at]
    }

    pub fn page_number(&self) -> usize {
        self.at
    }

    /// What an action would be about now.
    pub fn about(&self, action: &str) -> Option<Digest> {
        digest::about(self, &self.look(), action)
    }

    /// The verdict on the answers as they are; one on others does not count.
    pub fn verdict(&self, action: &str) -> Option<Verdict> {
        let verdict = self.verdicts.get(action).copied()?;
        Some(verdict).filter(|verdict| Some(verdict.about) == self.about(action))
    }

    pub fn has_passed(&self, action: &str) -> bool {
        self.verdict(action).is_some_and(|verdict| verdict.passed)
    }

    /// Actions that somebody went on without.
    pub fn anyway(&self) -> Vec<String> {
        let went_on = |action: &&String| {
            self.verdict(action)
                .is_some_and(|verdict| verdict.anyway && !verdict.passed)
        };
        self.verdicts.keys().filter(went_on).cloned().collect()
    }

    /// The settings that follow; right only where [`Wizard::complete`] finds nothing.
    pub fn wanted(&self) -> Wanted {
        settings::wanted(self, &self.look())
    }

    /// One event; an event that is refused changes nothing.
    pub fn step(&mut self, event: Event) -> Result<(), Refused> {
        match event {
            Event::Answered { field, answer } => self.answer(field, answer),
            Event::Judged { action, about, passed } => {
                self.known(&action)?;
                let anyway = false;
                self.verdicts.insert(action, Verdict { about, passed, anyway });
                Ok(())
            }
            Event::Anyway { action } => {
                self.known(&action)?;
                let about = self.about(&action).ok_or_else(|| Refused::NoAction(action.clone()))?;
                let passed = self.has_passed(&action);
                let anyway = true;
                self.verdicts.insert(action, Verdict { about, passed, anyway });
                Ok(())
            }
            Event::Told(findings) => {
                self.told = findings;
                Ok(())
            }
            Event::Next => {
                self.may_leave(self.at)?;
                self.at = self.look().after(self.at).ok_or(Refused::NoPage)?;
                Ok(())
            }
            Event::Back => {
                self.at = self.look().before(self.at).ok_or(Refused::NoPage)?;
                Ok(())
            }
        }
    }

    fn known(&self, action: &str) -> Result<(), Refused> {
        match self.template.actions().any(|known| known.name == action) {
            true => Ok(()),
            false => Err(Refused::NoAction(action.to_owned())),
        }
    }

    fn answer(&mut self, field: String, answer: Option<Answer>) -> Result<(), Refused> {
        let look = self.look();
        let asked = self.page().fields.iter().find(|known| known.name == field);
        let Some(asked) = asked.filter(|asked| look.pages[self.at].asks(&asked.name)) else {
            return Err(Refused::NotAsked(field));
        };
        if asked.is_fixed && self.mode != Mode::Install {
            return Err(Refused::Fixed(field));
        }
        self.told.retain(|finding| finding.field != field);
        match answer {
            Some(answer) => self.answers.put(field, answer),
            None => drop(self.answers.take(&field)),
        }
        Ok(())
    }

    /// Whether a page can be left forwards.
    pub fn may_leave(&self, page: usize) -> Result<(), Refused> {
        let look = self.look();
        let Some(seen) = look.pages.get(page).filter(|page| page.is_shown) else {
            return Ok(());
        };
        if !seen.findings.is_empty() {
            return Err(Refused::Findings(seen.findings.clone()));
        }
        let blocked = seen.required.iter().find(|action| {
            let verdict = self.verdict(action);
            !verdict.is_some_and(|verdict| verdict.passed || verdict.anyway)
        });
        match blocked {
            Some(action) => Err(Refused::NotPassed(action.clone())),
            None => Ok(()),
        }
    }

    /// Whether every page could be left: what an installation needs, by whichever way the answers came.
    pub fn complete(&self) -> Result<(), Refused> {
        let findings: Vec<FieldFinding> = self.look().pages.into_iter().flat_map(|page| page.findings).collect();
        if !findings.is_empty() {
            return Err(Refused::Findings(findings));
        }
        (0..self.template.pages.len()).try_for_each(|page| self.may_leave(page))
    }
}
