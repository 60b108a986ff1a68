//! Steps of a check of the other side, as people read them: what was done, how it went, and what to do about it.

use std::time::Instant;

use tokio::sync::mpsc;

use super::target_fault::TargetFault;
use crate::contract::{CheckStep, CheckStepState};

/// A step as it is being made.
pub(crate) struct StepMaker {
    step: CheckStep,
    began: Instant,
}

impl StepMaker {
    pub(crate) fn new(step: &str, subject: impl Into<String>) -> StepMaker {
        StepMaker {
            step: CheckStep {
                step: step.to_owned(),
                subject: subject.into(),
                state: CheckStepState::Ok,
                detail: String::new(),
                cause: None,
                cure: None,
                field: None,
                took_ms: 0,
            },
            began: Instant::now(),
        }
    }

    pub(crate) fn pass(self, detail: impl Into<String>) -> CheckStep {
        self.end(CheckStepState::Ok, detail.into(), None)
    }

    pub(crate) fn note(self, detail: impl Into<String>, cure: impl Into<String>) -> CheckStep {
        self.end(CheckStepState::Note, detail.into(), Some(cure.into()))
    }

    pub(crate) fn skip(self, blocker: &str) -> CheckStep {
        let detail = format!("not tried, because step `{blocker}` failed");
        self.end(CheckStepState::Skipped, detail, None)
    }

    pub(crate) fn fail(mut self, cause: &str, detail: impl Into<String>, cure: impl Into<String>) -> CheckStep {
        self.step.cause = Some(cause.to_owned());
        self.end(CheckStepState::Failed, detail.into(), Some(cure.into()))
    }

    /// `field`: the setting that has to change.
    pub(crate) fn fail_by(mut self, fault: &TargetFault, field: Option<&str>) -> CheckStep {
        self.step.field = field.map(str::to_owned);
        let (code, advice) = (fault.code(), fault.advice());
        self.fail(code, fault.to_string(), advice)
    }

    fn end(mut self, state: CheckStepState, detail: String, cure: Option<String>) -> CheckStep {
        self.step.state = state;
        self.step.detail = detail;
        self.step.cure = cure;
        self.step.took_ms = self.began.elapsed().as_millis().try_into().unwrap_or(u64::MAX);
        self.step
    }
}

/// Whoever does not listen any more misses nothing.
pub(crate) async fn send_step(steps: &mpsc::Sender<CheckStep>, step: CheckStep) {
    let _ = steps.send(step).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_step_names_cause_cure_and_setting() {
        let refused = TargetFault::SignIn {
            problem: "no".into(),
            advice: "check it".into(),
        };
        let step = StepMaker::new("signIn", "role").fail_by(&refused, Some("password"));
        assert_eq!(step.state, CheckStepState::Failed);
        assert_eq!(step.cause.as_deref(), Some("signIn"));
        assert_eq!(step.cure.as_deref(), Some("check it"));
        assert_eq!(step.field.as_deref(), Some("password"));
    }

    #[test]
    fn a_skipped_step_names_what_stood_in_its_way() {
        let step = StepMaker::new("version", "inventory").skip("reach");
        assert_eq!(step.state, CheckStepState::Skipped);
        assert_eq!(step.detail, "not tried, because step `reach` failed");
        assert_eq!((step.cause, step.cure), (None, None));
    }
}
