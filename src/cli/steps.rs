//! The steps of a check as people and machines see them.

use super::failure::CommandFailure;
use super::output;
use crate::contract::{CheckStep, CheckStepState, VerifyStep, VerifyStepState, VerifyView};

pub(crate) struct StepReport {
    json: bool,
    steps: Vec<VerifyStep>,
}

impl StepReport {
    pub(crate) fn new(json: bool) -> Self {
        StepReport {
            json,
            steps: Vec::new(),
        }
    }

    /// Takes a step and, for people, shows it at once.
    pub(crate) fn show_step(&mut self, step: VerifyStep) -> Result<(), CommandFailure> {
        self.steps.push(step.clone());
        if self.json {
            Ok(())
        } else {
            output::print_line(format_step(&step.into()))
        }
    }

    /// How many failed.
    pub(crate) fn finish_report(self) -> Result<usize, CommandFailure> {
        let failed = self.failed_count();
        if self.json {
            output::print_json(&VerifyView {
                ok: failed == 0,
                steps: self.steps,
            })?;
        }
        Ok(failed)
    }

    fn failed_count(&self) -> usize {
        let failed = |step: &&VerifyStep| step.state == VerifyStepState::Failed;
        self.steps.iter().filter(failed).count()
    }
}

/// One step for people: state, what it was about, what was found; cause and cure below.
pub(crate) fn format_step(step: &CheckStep) -> String {
    let printable = output::to_one_line;
    let state = match step.state {
        CheckStepState::Ok => "ok     ",
        CheckStepState::Failed => "FAILED ",
        CheckStepState::Running | CheckStepState::Skipped => "skipped",
    };
    let mut text = format!(
        "{state}  {:<8}  {}: {}",
        printable(&step.step),
        printable(&step.subject),
        printable(&step.detail)
    );
    for (label, value) in [("cause", &step.cause), ("fix", &step.cure)] {
        if let Some(value) = value.as_deref().filter(|value| !value.is_empty()) {
            text.push_str(&format!("\n         {label:<6}  {}", printable(value)));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_step_shows_cause_and_cure() {
        let step = VerifyStep {
            step: "token".into(),
            subject: "login.example".into(),
            state: VerifyStepState::Failed,
            detail: "refused".into(),
            cause: Some("AADSTS7000215".into()),
            cure: Some("make a new secret".into()),
            took_ms: 1,
        };
        let text = format_step(&step.clone().into());
        assert_eq!(
            text,
            "FAILED   token     login.example: refused\n         cause   AADSTS7000215\n         fix     make a new secret"
        );
        let mut steps = StepReport::new(true);
        steps.show_step(step).expect("nothing is printed");
        assert_eq!(steps.failed_count(), 1);
    }
}
