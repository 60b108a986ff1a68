//! Why an outcome is as it is: for support staff, and for journeys that show it.

use super::facts::{PolicyState, PolicyStates};
use crate::contract::DecisionReason;

/// Reasons of one answer at most; a device with more has enough of them.
pub(crate) const REASONS_MAX: usize = 50;

/// States of a policy or setting that are no reason.
pub(crate) fn is_passing_state(state: &str) -> bool {
    ["compliant", "remediated", "notApplicable", "notAssigned"].contains(&state)
}

/// The policies that fail, each with its settings that do.
pub(crate) fn from_policy_states(states: &PolicyStates) -> Vec<DecisionReason> {
    match states {
        PolicyStates::NotAsked => Vec::new(),
        PolicyStates::Failed(code) => {
            let text = format!("failed to read which policies are not met ({code})");
            vec![DecisionReason::new("reasonsUnknown", text)]
        }
        PolicyStates::Read(policies) => {
            let failing = policies.iter().filter(|policy| !is_passing_state(&policy.state));
            failing.flat_map(from_policy).take(REASONS_MAX).collect()
        }
    }
}

fn from_policy(policy: &PolicyState) -> Vec<DecisionReason> {
    let whole = DecisionReason {
        policy: Some(policy.name.clone()),
        state: Some(policy.state.clone()),
        ..DecisionReason::new(
            "policyNotMet",
            format!("compliance policy {:?} is {}", policy.name, policy.state),
        )
    };
    let settings = policy
        .settings
        .iter()
        .filter(|setting| !is_passing_state(&setting.state));
    let settings = settings.map(|setting| DecisionReason {
        policy: Some(policy.name.clone()),
        setting: Some(setting.name.clone()),
        state: Some(setting.state.clone()),
        ..DecisionReason::new(
            "settingNotMet",
            format!("setting {} is {}", setting.name, setting.state),
        )
    });
    std::iter::once(whole).chain(settings).collect()
}
