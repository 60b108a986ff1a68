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

    /// What they came to; printed as a whole for machines.
    pub(crate) fn finish_report(self) -> Result<StepVerdict, CommandFailure> {
        let verdict = StepVerdict::new(&self.steps);
        if self.json {
            output::print_json(&VerifyView {
                ok: verdict.failed.is_empty(),
                steps: self.steps,
            })?;
        }
        Ok(verdict)
    }
}

/// What a check came to, in words.
pub(crate) struct StepVerdict {
    /// Those that failed, as `step subject`.
    pub failed: Vec<String>,
    notes: usize,
    /// Skipped, because one of those failed.
    blocked: usize,
}

impl StepVerdict {
    fn new(steps: &[VerifyStep]) -> StepVerdict {
        let of_state = |state| steps.iter().filter(move |step| step.state == state);
        let names = of_state(VerifyStepState::Failed).map(|step| format!("{} {}", step.step, step.subject));
        let failed: Vec<String> = names.collect();
        let names_a_failed_one = |step: &&VerifyStep| failed.iter().any(|name| step.detail.contains(name.as_str()));
        StepVerdict {
            notes: of_state(VerifyStepState::Note).count(),
            blocked: of_state(VerifyStepState::Skipped).filter(names_a_failed_one).count(),
            failed,
        }
    }

    /// In one sentence, without what to do next.
    pub(crate) fn sentence(&self) -> String {
        let count = |count: usize, what: &str| match count {
            1 => format!("1 {what}"),
            many => format!("{many} {what}s"),
        };
        let mut text = match self.failed.len() {
            0 => "all passed".to_owned(),
            failed => format!("{} failed: {}", count(failed, "step"), self.failed.join(", ")),
        };
        if self.blocked > 0 {
            text.push_str(&format!("; {} skipped because of that", count(self.blocked, "step")));
        }
        if self.notes > 0 {
            text.push_str(&format!("; {}", count(self.notes, "note")));
        }
        output::to_printable(&text, 1_000)
    }
}

/// One step for people: state, what it was about, what was found; cause and cure below.
pub(crate) fn format_step(step: &CheckStep) -> String {
    let printable = output::to_one_line;
    let state = match step.state {
        CheckStepState::Ok => "ok     ",
        CheckStepState::Failed => "FAILED ",
        CheckStepState::Note => "note   ",
        CheckStepState::Waiting => "waiting",
        CheckStepState::Running | CheckStepState::Skipped => "skipped",
    };
    let mut text = format!(
        "{state}  {:<8}  {}: {}",
        printable(&step.step),
        printable(&step.subject),
        printable(&step.detail)
    );
    // A code that the sentence names is not said twice.
    let cause = step
        .cause
        .as_ref()
        .filter(|cause| !step.detail.contains(cause.as_str()));
    for (label, value) in [("cause", cause), ("fix", step.cure.as_ref())] {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
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
        assert_eq!(StepVerdict::new(&steps.steps).failed, ["token login.example"]);
    }

    fn step(step: &str, state: VerifyStepState, detail: &str) -> VerifyStep {
        VerifyStep {
            step: step.into(),
            subject: "x".into(),
            state,
            detail: detail.into(),
            cause: None,
            cure: None,
            took_ms: 1,
        }
    }

    #[test]
    fn n4_the_verdict_names_the_cause_and_counts_what_follows_apart() {
        let mut steps = vec![
            step("name", VerifyStepState::Ok, "2 addresses"),
            step("proxy", VerifyStepState::Skipped, "no proxy for this host"),
            step("right", VerifyStepState::Note, "granted, but not needed"),
        ];
        assert_eq!(StepVerdict::new(&steps).sentence(), "all passed; 1 note");
        steps.push(step("token", VerifyStepState::Failed, "refused"));
        for name in ["right", "device"] {
            steps.push(step(
                name,
                VerifyStepState::Skipped,
                "not tried, because step `token x` failed",
            ));
        }
        assert_eq!(
            StepVerdict::new(&steps).sentence(),
            "1 step failed: token x; 2 steps skipped because of that; 1 note"
        );
    }

    #[test]
    fn n4_a_code_that_stands_in_the_sentence_is_not_told_twice() {
        let refused = VerifyStep {
            cause: Some("AADSTS7000215".into()),
            cure: Some("make a new secret".into()),
            ..step("token", VerifyStepState::Failed, "AADSTS7000215: the secret is wrong")
        };
        let text = format_step(&refused.into());
        assert_eq!(text.matches("AADSTS7000215").count(), 1, "{text}");
        assert!(text.contains("fix     make a new secret"), "{text}");
        let surplus = format_step(&step("right", VerifyStepState::Note, "granted, but not needed").into());
        assert!(surplus.starts_with("note     right"), "{surplus}");
    }
}
