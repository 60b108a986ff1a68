//! Checks of a page as they run, and what to do with one that has not passed.

use super::interactive::{InteractiveWizard, PageNavigation};
use super::leaving::{LeaveReason, WizardStop};
use super::messages::{self, WizardMessage};
use super::sentences;
use crate::bus::template::PageAction;
use crate::bus::wizard::WizardEvent;
use crate::cli::output;
use crate::contract::CheckStepState;

/// What is typed behind a failed check, in every language.
const CHOICES: &str = "a, b, <, c, q";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FailedCheckChoice {
    Again,
    Correct,
    Continue,
    Quit,
}

fn parse_choice(typed: &str) -> Option<FailedCheckChoice> {
    match typed.to_lowercase().as_str() {
        "a" | "again" => Some(FailedCheckChoice::Again),
        "b" | "<" | "back" => Some(FailedCheckChoice::Correct),
        "c" | "continue" => Some(FailedCheckChoice::Continue),
        "q" | "quit" => Some(FailedCheckChoice::Quit),
        _ => None,
    }
}

impl InteractiveWizard<'_> {
    pub(super) async fn run_check(&mut self, action: &PageAction) -> Result<PageNavigation, WizardStop> {
        let lang = self.wizard_args.lang;
        loop {
            output::eprint_line(format!("\n{}", action.label.in_language(lang)));
            let about = self.wizard.action_digest(&action.name);
            let mut blamed_field = None;
            let result = self
                .client
                .run_action(&self.wizard, &action.name, |step| {
                    messages::print_step(step);
                    if step.state == CheckStepState::Failed && blamed_field.is_none() {
                        blamed_field.clone_from(&step.field);
                    }
                    Ok(())
                })
                .await;
            let passed = result.unwrap_or_else(|failure| {
                output::eprint_line(failure.to_string());
                false
            });
            if let Some(about) = about {
                let action = action.name.clone();
                // The template has this action.
                let _ = self.wizard.apply_event(WizardEvent::Judged { action, about, passed });
            }
            if passed || !action.is_required {
                return Ok(PageNavigation::Next);
            }
            output::eprint_line(WizardMessage::NotPassed.in_language(lang));
            match self.ask_failed_choice().await? {
                FailedCheckChoice::Again => (),
                FailedCheckChoice::Correct => {
                    return Ok(blamed_field.map_or(PageNavigation::Back, PageNavigation::Correct));
                }
                FailedCheckChoice::Continue => {
                    let action = action.name.clone();
                    let _ = self.wizard.apply_event(WizardEvent::Anyway { action });
                    return Ok(PageNavigation::Next);
                }
                FailedCheckChoice::Quit => return Err(WizardStop::Left(LeaveReason::Quit)),
            }
        }
    }

    /// Until it is one of the choices; the check does not run again by a slip.
    pub(super) async fn ask_failed_choice(&self) -> Result<FailedCheckChoice, WizardStop> {
        let lang = self.wizard_args.lang;
        loop {
            let typed = self.prompt.ask_line(WizardMessage::Again.in_language(lang)).await?;
            match parse_choice(&typed) {
                Some(choice) => return Ok(choice),
                None => output::eprint_line(sentences::unknown_choice(&typed, CHOICES, lang)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn b3_back_is_back_however_it_is_typed_and_an_unknown_letter_is_no_choice() {
        for typed in ["b", "B", "<", "back"] {
            assert_eq!(parse_choice(typed), Some(FailedCheckChoice::Correct), "{typed}");
        }
        for typed in ["", "x", "ja", "ab"] {
            assert_eq!(parse_choice(typed), None, "{typed}");
        }
    }
}
