//! What is wrong with a record or a target, as it is kept for people: its advice is a command for this target.

use super::TargetFault;
use super::target_context::TargetContext;
use crate::store::TargetProblem;

/// A fault as it is kept with a link or a target.
pub(super) fn fault_problem(context: &TargetContext, fault: &TargetFault) -> TargetProblem {
    TargetProblem {
        code: fault.code().to_owned(),
        message: fault.to_string(),
        advice: name_target(&fault.advice(), context),
        at: context.clock.now(),
    }
}

/// Advice of all targets, as a command for this one.
pub(super) fn name_target(advice: &str, context: &TargetContext) -> String {
    advice.replace("TARGET", context.name.as_str())
}
