//! What loosens the guard of actions and waits for a second person (A7, A9): one type for all kinds. Whoever does
//! something with them matches on all of them, so that a new kind that is forgotten somewhere does not compile.
//!
//! *How it is kept*: JSON with a version around it. What was kept before there was one is read as it was written then.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::word_enums::word_enum;
use super::{AccountChange, InstanceId, OperatorId};

/// Of the text that is kept.
const VERSION: u32 = 1;

/// Keys of what is no policy, as they are shown, and as they were kept before there was a version.
const KILL_SWITCH: &str = "killSwitch";
const SUSPENSION: &str = "suspension";
const WORKFLOW: &str = "workflow.";
const ACCOUNT: &str = "account.";
const APPLICATION: &str = "application.";

/// Whose guard it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum GuardScope {
    Bus,
    Instance(InstanceId),
}

impl GuardScope {
    /// `bus`, or `instance:NUMBER`.
    pub fn to_text(self) -> String {
        match self {
            GuardScope::Bus => "bus".to_owned(),
            GuardScope::Instance(id) => format!("instance:{id}"),
        }
    }

    fn from_text(text: &str) -> Option<Self> {
        match text.strip_prefix("instance:") {
            Some(number) => Some(GuardScope::Instance(InstanceId(number.parse().ok()?))),
            None => (text == "bus").then_some(GuardScope::Bus),
        }
    }
}

/// One step of a policy, from what holds to what is wished.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PolicyChange {
    /// `limits.perHour`, `verbs.wipe`, `neverTouch` …
    pub key: String,
    pub from: Value,
    pub to: Value,
    /// For the person who is asked to agree.
    pub sentence: String,
    pub loosens: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(
    tag = "kind",
    rename_all = "camelCase",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
pub enum PolicyRelaxation {
    /// Limits, approvals, verbs, exceptions.
    PolicyChange { scope: GuardScope, change: PolicyChange },
    /// `tenant`: `*` for all.
    KillSwitchOff { tenant: String, sentence: String },
    /// Destructive rights of an account are given back.
    SuspensionLift { operator: OperatorId, sentence: String },
    /// A workflow with destructive steps is enabled, or another definition takes its place.
    WorkflowChange {
        instance: InstanceId,
        workflow: i64,
        /// With the number of its instance.
        name: String,
        /// Hash of the definition that runs now; `None`: it is not enabled.
        from: Option<String>,
        /// Hash of the definition that was shown.
        hash: String,
        sentence: String,
    },
    /// Control over an account that may approve, destroy or manage accounts, or one second person less.
    AccountChange {
        change: AccountChange,
        /// Digest of what it changes, as it was when this was asked for.
        seen: String,
        sentence: String,
    },
    /// Orders of an application need no approval any more, or another one, or more people may give it.
    ApplicationChange {
        /// Where it is carried out.
        instance: InstanceId,
        /// Its id.
        application: String,
        /// Approval, approvers and deputies that hold.
        from: Value,
        /// Those that are wished.
        to: Value,
        sentence: String,
    },
}

/// What the table of operations says of each of them: whether it loosens the guard, and by what that is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RelaxationRule {
    /// It gives nobody control over anything, or only tightens.
    Never,
    /// An account that may approve, destroy or manage accounts comes under somebody's control, or the last second person
    /// goes (A9); else it is made at once.
    ByPower,
    /// Judged by what stands in it: a limit up, a verb on, the kill switch off, another text of a workflow (A7, A10).
    ByContent,
}

/// An account in whose name an operation may loosen the guard, because the table says of that operation that it can.
/// Whatever asks for something looser takes one, so no operation whose row says [`RelaxationRule::Never`] gets that far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RelaxationRequester(OperatorId);

impl RelaxationRequester {
    /// `loosens`: the row of the operation that `by` has called; `None`: it loosens nothing.
    pub fn from_operation(by: OperatorId, loosens: RelaxationRule) -> Option<Self> {
        match loosens {
            RelaxationRule::Never => None,
            RelaxationRule::ByPower | RelaxationRule::ByContent => Some(RelaxationRequester(by)),
        }
    }

    /// The account that such an operation had noted when it began, where what it began is carried on.
    pub fn from_recorded(by: OperatorId) -> Self {
        RelaxationRequester(by)
    }

    pub fn id(self) -> OperatorId {
        self.0
    }
}

word_enum! {
    /// How far one is.
    pub enum RelaxationState {
        Waiting "waiting",
        Approved "approved",
        Rejected "rejected",
        /// Another one has taken its place, or it is wished no more.
        Overtaken "overtaken",
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredRelaxation {
    version: u32,
    loosening: PolicyRelaxation,
}

impl PolicyRelaxation {
    /// Whose guard it loosens.
    pub fn guard_scope(&self) -> GuardScope {
        match self {
            PolicyRelaxation::PolicyChange { scope, .. } => *scope,
            PolicyRelaxation::KillSwitchOff { .. }
            | PolicyRelaxation::SuspensionLift { .. }
            | PolicyRelaxation::AccountChange { .. }
            | PolicyRelaxation::ApplicationChange { .. } => GuardScope::Bus,
            PolicyRelaxation::WorkflowChange { instance, .. } => GuardScope::Instance(*instance),
        }
    }

    /// For the person who is asked to agree.
    pub fn approval_text(&self) -> &str {
        match self {
            PolicyRelaxation::PolicyChange { change, .. } => &change.sentence,
            PolicyRelaxation::KillSwitchOff { sentence, .. }
            | PolicyRelaxation::SuspensionLift { sentence, .. }
            | PolicyRelaxation::WorkflowChange { sentence, .. }
            | PolicyRelaxation::AccountChange { sentence, .. }
            | PolicyRelaxation::ApplicationChange { sentence, .. } => sentence,
        }
    }

    /// In a word what it is about, stable: a policy's key, `killSwitch`, `suspension`, `workflow.NAME`, `account.…`,
    /// `application.ID`.
    pub fn subject_key(&self) -> String {
        match self {
            PolicyRelaxation::PolicyChange { change, .. } => change.key.clone(),
            PolicyRelaxation::KillSwitchOff { .. } => KILL_SWITCH.to_owned(),
            PolicyRelaxation::SuspensionLift { .. } => SUSPENSION.to_owned(),
            PolicyRelaxation::WorkflowChange { name, .. } => format!("{WORKFLOW}{name}"),
            PolicyRelaxation::AccountChange { change, .. } => format!("{ACCOUNT}{}", change.subject_key()),
            PolicyRelaxation::ApplicationChange { application, .. } => format!("{APPLICATION}{application}"),
        }
    }

    /// Whether both are about the same thing, so that one of them can take the other's place.
    pub fn has_same_subject(&self, other: &PolicyRelaxation) -> bool {
        match (self, other) {
            (
                PolicyRelaxation::PolicyChange { scope, change },
                PolicyRelaxation::PolicyChange {
                    scope: there,
                    change: that,
                },
            ) => scope == there && change.key == that.key,
            (PolicyRelaxation::KillSwitchOff { tenant, .. }, PolicyRelaxation::KillSwitchOff { tenant: that, .. }) => {
                tenant == that
            }
            (
                PolicyRelaxation::SuspensionLift { operator, .. },
                PolicyRelaxation::SuspensionLift { operator: that, .. },
            ) => operator == that,
            (
                PolicyRelaxation::WorkflowChange { workflow, .. },
                PolicyRelaxation::WorkflowChange { workflow: that, .. },
            ) => workflow == that,
            (PolicyRelaxation::AccountChange { change, .. }, PolicyRelaxation::AccountChange { change: that, .. }) => {
                change.subject_key() == that.subject_key()
            }
            (
                PolicyRelaxation::ApplicationChange { application, .. },
                PolicyRelaxation::ApplicationChange { application: that, .. },
            ) => application == that,
            (
                PolicyRelaxation::PolicyChange { .. }
                | PolicyRelaxation::KillSwitchOff { .. }
                | PolicyRelaxation::SuspensionLift { .. }
                | PolicyRelaxation::WorkflowChange { .. }
                | PolicyRelaxation::AccountChange { .. }
                | PolicyRelaxation::ApplicationChange { .. },
                _,
            ) => false,
        }
    }

    /// For people and the audit trail: `kind`, `key`, `from`, `to`, `sentence`, and what it is about. No secrets.
    pub fn to_public_json(&self) -> Value {
        match self {
            PolicyRelaxation::PolicyChange { change, .. } => {
                json!({"kind": "policyChange", "key": change.key, "from": change.from, "to": change.to,
                    "sentence": change.sentence})
            }
            PolicyRelaxation::KillSwitchOff { tenant, sentence } => {
                json!({"kind": "killSwitchOff", "key": self.subject_key(), "tenant": tenant, "from": true, "to": false,
                    "sentence": sentence})
            }
            PolicyRelaxation::SuspensionLift { operator, sentence } => {
                json!({"kind": "suspensionLift", "key": self.subject_key(), "operator": operator, "from": true, "to": false,
                    "sentence": sentence})
            }
            PolicyRelaxation::WorkflowChange {
                workflow,
                from,
                hash,
                sentence,
                ..
            } => {
                json!({"kind": "workflowChange", "key": self.subject_key(), "workflow": workflow, "hash": hash, "from": from,
                    "to": hash, "sentence": sentence})
            }
            PolicyRelaxation::AccountChange { change, sentence, .. } => {
                json!({"kind": "accountChange", "key": self.subject_key(), "operator": change.operator_id(),
                    "role": change.role_name(), "sentence": sentence})
            }
            PolicyRelaxation::ApplicationChange {
                application,
                from,
                to,
                sentence,
                ..
            } => {
                json!({"kind": "applicationChange", "key": self.subject_key(), "application": application, "from": from,
                    "to": to, "sentence": sentence})
            }
        }
    }

    /// The text that is kept.
    pub fn to_stored_text(&self) -> String {
        let kept = StoredRelaxation {
            version: VERSION,
            loosening: self.clone(),
        };
        serde_json::to_string(&kept).expect("plain fields become JSON")
    }

    /// What was kept; `scope`: of its row. `None`: nothing that this version knows.
    pub fn from_stored_text(scope: &str, text: &str) -> Option<PolicyRelaxation> {
        let value: Value = serde_json::from_str(text).ok()?;
        if value.get("version").is_some() {
            let kept: StoredRelaxation = serde_json::from_value(value).ok()?;
            return (kept.version == VERSION).then_some(kept.loosening);
        }
        parse_unversioned(GuardScope::from_text(scope)?, value)
    }
}

/// As it was kept first: kinds told apart by their keys.
fn parse_unversioned(scope: GuardScope, value: Value) -> Option<PolicyRelaxation> {
    let text = |key: &str| value[key].as_str().map(str::to_owned);
    let sentence = text("sentence")?;
    if value["key"] == KILL_SWITCH {
        return Some(PolicyRelaxation::KillSwitchOff {
            tenant: text("tenant")?,
            sentence,
        });
    }
    if value["key"] == SUSPENSION {
        return Some(PolicyRelaxation::SuspensionLift {
            operator: OperatorId(value["operator"].as_i64()?),
            sentence,
        });
    }
    if let (Some(workflow), GuardScope::Instance(instance)) = (value["workflow"].as_i64(), scope) {
        return Some(PolicyRelaxation::WorkflowChange {
            instance,
            workflow,
            name: value["key"].as_str()?.strip_prefix(WORKFLOW)?.to_owned(),
            from: text("from"),
            hash: text("hash")?,
            sentence,
        });
    }
    let change = serde_json::from_value(value).ok()?;
    Some(PolicyRelaxation::PolicyChange { scope, change })
}

#[cfg(test)]
#[path = "relaxation_tests.rs"]
mod tests;
