//! The guard: whether, and when. Pure: facts in, a verdict out; the store looks the facts up in the very transaction
//! that commits the verdict (A4).
//!
//! [`check_intake`] judges a job as it comes, [`guard_call`] each call, again after every wait; [`approval`] says who may
//! agree, [`tripwire`] who is suspended, [`pending_actions`] what Intune shows as pending that nobody here sent,
//! [`emergency_access`] what one person may do alone in an emergency; [`policy`] is what all of them go by.

pub mod account_changes;
pub mod approval;
pub mod blocked_actions;
pub mod call_guard;
pub mod emergency_access;
pub mod intake;
pub mod pending_actions;
pub mod policy;
pub mod relaxation;
pub mod right_class;
#[cfg(test)]
mod tests;
pub mod tied_accounts;
mod tripwire;
pub mod window;

pub use approval::{ApprovalBasis, ApprovalRequest, ApprovalSignIn, NotApproved, check_approval, check_second_person};
pub use call_guard::{CallClearance, PlannedCall, check_device_ability, check_device_rules, guard_call};
pub use emergency_access::{check_acknowledgement, check_break_glass};
pub use intake::{IntakeRequest, UnfitJob, check_intake, check_intake_without_factor};
pub use policy::{ApprovalRule, BusPolicy, GuardLimits, InstancePolicy, PolicyCache, policy_scope};
pub use right_class::{RightClass, classify_right};
pub use window::PolicyWindow;

use super::specs::{ActionSpec, ApiVersion};
use crate::model::ActionKind;

/// The version of Graph in which a verb is called under this policy.
pub fn api_version_for(spec: &ActionSpec, policy: Option<&str>) -> ApiVersion {
    InstancePolicy::from_json(policy).api_version(spec)
}

/// The verb that a definition stands for.
pub fn action_of_definition(policy: Option<&str>, name: &str) -> Option<ActionKind> {
    InstancePolicy::from_json(policy).definitions.get(name).copied()
}
