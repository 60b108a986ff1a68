//! Steps that wait: for a time, or until a condition holds.

use std::borrow::Cow;

use serde_json::{Value, json};

use super::{PlannedStep, RunWalk, StepOutcome, evaluate_condition, object_or_empty};
use crate::contract::StepFailure;
use crate::schedule::duration;
use crate::workflow::history::StepStage;
use crate::workflow::limits::WAIT_MAX_S;
use crate::workflow::model::UntilStep;
use crate::workflow::scope::ValueScope;
use crate::workflow::text_template::TextTemplate;

impl<'h> RunWalk<'h> {
    /// Whether a pause is over; where it has not begun, it begins.
    pub(super) fn poll_pause(&mut self, path: &str, seconds: u64) -> bool {
        match self.find_entry(path, 1).map(|entry| &entry.stage) {
            Some(StepStage::Begun) => false,
            Some(_) => true,
            None => {
                self.planned_steps.push(PlannedStep::Pause {
                    path: path.to_owned(),
                    // Nothing happens in a dry run that is worth waiting for.
                    seconds: if self.history.run.dry_run { 0 } else { seconds },
                });
                false
            }
        }
    }

    pub(super) fn walk_wait(&mut self, length: &TextTemplate, path: &str, scope: &ValueScope<'_>) -> StepOutcome<'h> {
        let text = scope.render_text(length);
        match duration::parse(&text).filter(|seconds| *seconds <= WAIT_MAX_S) {
            None => StepOutcome::Failed(StepFailure::new(
                "length",
                "the length of the wait is missing, not valid or above 92d",
            )),
            Some(seconds) => {
                if self.poll_pause(path, seconds) {
                    StepOutcome::Value(Cow::Owned(json!({})))
                } else {
                    StepOutcome::Open
                }
            }
        }
    }

    pub(super) fn walk_until(&mut self, until: &'h UntilStep, path: &str, scope: &ValueScope<'_>) -> StepOutcome<'h> {
        if let Some(outputs) = self.mark_outputs(path) {
            return StepOutcome::Value(Cow::Owned(Value::Object(outputs.clone())));
        }
        if self.find_entry(path, 1).is_none() {
            self.add_mark(path, None);
        }
        for look in 1..=until.max_looks() {
            let at = format!("{path}.{look}");
            let known = self.mark_outputs(&at).and_then(|outputs| outputs["met"].as_bool());
            let met = match known {
                Some(met) => met,
                None => match self.poll_condition(until, &at, scope) {
                    Ok(Some(met)) => met,
                    Ok(None) => return StepOutcome::Open,
                    Err(went) => return went,
                },
            };
            if met || look == until.max_looks() {
                let outputs = object_or_empty(json!({ "met": met, "looks": look }));
                self.add_mark(path, Some(outputs.clone()));
                return StepOutcome::Value(Cow::Owned(Value::Object(outputs)));
            }
            if !self.poll_pause(&format!("{at}~1"), until.interval_s) {
                return StepOutcome::Open;
            }
        }
        StepOutcome::Open
    }

    /// One look; `None` while it is not through.
    fn poll_condition(
        &mut self,
        until: &'h UntilStep,
        at: &str,
        scope: &ValueScope<'_>,
    ) -> Result<Option<bool>, StepOutcome<'h>> {
        let mut inner = ValueScope::nested_in(scope);
        let prefix = format!("{at}.");
        for step in &until.steps {
            match self.walk_step(step, &format!("{prefix}{}", step.id), &prefix, &inner) {
                StepOutcome::Open => return Ok(None),
                StepOutcome::Value(value) => inner.bind_value(&step.id, value),
                end => return Err(end),
            }
        }
        // In a dry run what is waited for is taken as come.
        let met = self.history.run.dry_run
            || evaluate_condition(&until.condition, &inner, self.now).map_err(StepOutcome::Failed)?;
        self.add_mark(at, Some(object_or_empty(json!({ "met": met }))));
        Ok(Some(met))
    }
}
