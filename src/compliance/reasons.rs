//! Why an outcome is as it is: for people who have to help, and for journeys that have to tell.

use serde::{Deserialize, Serialize};

use super::facts::{PolicyState, States};

/// Reasons of one answer at most; a device with more has enough of them.
pub const REASONS_MAX: usize = 50;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Reason {
    /// Short and stable.
    pub code: String,
    pub text: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub setting: Option<String>,
    /// As Intune calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
}

impl Reason {
    pub fn new(code: impl Into<String>, text: impl Into<String>) -> Reason {
        Reason {
            code: code.into(),
            text: text.into(),
            policy: None,
            setting: None,
            state: None,
        }
    }
}

/// States of a policy or setting that are no reason.
pub fn is_fine(state: &str) -> bool {
    ["compliant", "remediated", "notApplicable", "notAssigned"].contains(&state)
}

/// The policies that fail, each with its settings that do.
pub fn of_states(states: &States) -> Vec<Reason> {
    match states {
        States::NotAsked => Vec::new(),
        States::Failed(code) => {
            let text = format!("which policies fail could not be read ({code})");
            vec![Reason::new("reasonsUnknown", text)]
        }
        States::Read(policies) => {
            let failing = policies.iter().filter(|policy| !is_fine(&policy.state));
            failing.flat_map(of_policy).take(REASONS_MAX).collect()
        }
    }
}

fn of_policy(policy: &PolicyState) -> Vec<Reason> {
    let whole = Reason {
        policy: Some(policy.name.clone()),
        state: Some(policy.state.clone()),
        ..Reason::new(
            "policyNotMet",
            format!("compliance policy {:?} is {}", policy.name, policy.state),
        )
    };
    let settings = policy.settings.iter().filter(|setting| !is_fine(&setting.state));
    let settings = settings.map(|setting| Reason {
        policy: Some(policy.name.clone()),
        setting: Some(setting.name.clone()),
        state: Some(setting.state.clone()),
        ..Reason::new(
            "settingNotMet",
            format!("setting {} is {}", setting.name, setting.state),
        )
    });
    std::iter::once(whole).chain(settings).collect()
}
