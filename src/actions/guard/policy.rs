//! What the guard goes by: limits and approvals of the bus, verbs and exceptions of an instance. Kept in the store as
//! JSON, as it holds now; what a file wishes for is another matter (A7, [`crate::actions::policy_changes`]).
//!
//! Without a policy nothing is allowed: actions are off until switched on (E4).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use super::window::PolicyWindow;
use crate::actions::specs::{ActionSpec, ApiVersion};
use crate::config::{ActionSettings, BusSettings, GraphVersion};
use crate::inventory::DeviceCondition;
use crate::model::{ActionKind, DeviceId, GuardScope, InstanceId};

/// Destructive actions, all verbs together, counted per tenant and per operator: what is more is refused. Disruptive ones:
/// what is more needs somebody else's approval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct GuardLimits {
    pub per_job: u64,
    pub per_hour: u64,
    pub per_day: u64,
    pub operator_per_hour: u64,
    pub operator_per_day: u64,
    /// Devices of one job.
    pub disruptive_per_job: u64,
    /// Devices of a tenant, and of one operator over all tenants, within an hour.
    pub disruptive_per_hour: u64,
}

impl Default for GuardLimits {
    fn default() -> Self {
        GuardLimits {
            per_job: 10,
            per_hour: 20,
            per_day: 50,
            operator_per_hour: 20,
            operator_per_day: 50,
            disruptive_per_job: 50,
            disruptive_per_hour: 200,
        }
    }
}

/// When somebody else has to agree to a destructive job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct ApprovalRule {
    /// False: nobody else approves anything; for who is alone for ever. To switch it off is a loosening (A9).
    pub needed: bool,
    pub always: bool,
    /// A job of more devices.
    pub above: u64,
    /// More devices of the tenant, or of one operator over all tenants, within an hour.
    pub per_hour: u64,
    /// The same within 24 hours.
    pub per_day: u64,
    /// Whether one person may do without it for one device in an emergency, told to everybody (A9).
    pub broken_glass: bool,
}

impl Default for ApprovalRule {
    fn default() -> Self {
        ApprovalRule {
            needed: true,
            always: false,
            above: 3,
            per_hour: 3,
            // As many as the largest job may have: a day of small jobs that nobody agreed to is never more than one
            // job that somebody agreed to.
            per_day: 10,
            broken_glass: true,
        }
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct BusPolicy {
    pub limits: GuardLimits,
    pub approval: ApprovalRule,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct InstancePolicy {
    /// Switched on.
    pub verbs: BTreeSet<ActionKind>,
    /// CEL: devices that nothing but a synchronisation may touch.
    pub never_touch: Option<String>,
    pub never_touch_ids: BTreeSet<DeviceId>,
    /// Verbs that are let through on personal devices although they are refused there by default.
    pub personal_allowed: BTreeSet<ActionKind>,
    /// Without one: always open.
    pub windows: Vec<PolicyWindow>,
    /// Versions of Graph other than the verbs' own.
    pub versions: BTreeMap<ActionKind, ApiVersion>,
    /// Names that stand for verbs.
    pub definitions: BTreeMap<String, ActionKind>,
    /// What jobs call the definition that takes them on, beside its own name.
    pub on_demand: Option<String>,
}

impl BusPolicy {
    pub fn from_json(text: Option<&str>) -> BusPolicy {
        text.and_then(|text| serde_json::from_str(text).ok())
            .unwrap_or_default()
    }
}

impl From<&BusSettings> for BusPolicy {
    fn from(settings: &BusSettings) -> BusPolicy {
        let (limits, approval) = (settings.limits, settings.approval);
        BusPolicy {
            limits: GuardLimits {
                per_job: limits.per_job,
                per_hour: limits.per_hour,
                per_day: limits.per_day,
                operator_per_hour: limits.operator_per_hour,
                operator_per_day: limits.operator_per_day,
                disruptive_per_job: limits.disruptive_per_job,
                disruptive_per_hour: limits.disruptive_per_hour,
            },
            approval: ApprovalRule {
                needed: approval.needed,
                always: approval.always,
                above: approval.above,
                per_hour: approval.per_hour,
                per_day: approval.per_day,
                broken_glass: approval.broken_glass,
            },
        }
    }
}

impl From<&ActionSettings> for InstancePolicy {
    fn from(settings: &ActionSettings) -> InstancePolicy {
        InstancePolicy {
            verbs: settings.verbs.clone(),
            never_touch: settings.never_touch.clone(),
            never_touch_ids: settings.never_touch_ids.clone(),
            personal_allowed: settings.personal_allowed.clone(),
            windows: settings.windows.iter().map(PolicyWindow::from).collect(),
            versions: settings
                .versions
                .iter()
                .map(|(verb, version)| match version {
                    GraphVersion::V1 => (*verb, ApiVersion::V1),
                    GraphVersion::Beta => (*verb, ApiVersion::Beta),
                })
                .collect(),
            definitions: settings.definitions.clone(),
            on_demand: settings.on_demand.clone(),
        }
    }
}

impl InstancePolicy {
    /// What can't be read allows nothing.
    pub fn from_json(text: Option<&str>) -> InstancePolicy {
        text.and_then(|text| serde_json::from_str(text).ok())
            .unwrap_or_default()
    }

    pub fn api_version(&self, spec: &ActionSpec) -> ApiVersion {
        self.versions.get(&spec.verb).copied().unwrap_or(spec.version)
    }
}

/// The scope under which the store keeps the policy of an instance.
pub fn policy_scope(instance: InstanceId) -> String {
    GuardScope::Instance(instance).to_text()
}

/// An instance's policy with its condition compiled.
pub struct CompiledPolicy {
    pub policy: InstancePolicy,
    never_touch: Option<Result<DeviceCondition, ()>>,
}

impl CompiledPolicy {
    fn new(text: Option<&str>) -> CompiledPolicy {
        let policy = InstancePolicy::from_json(text);
        let never_touch = policy
            .never_touch
            .as_deref()
            .map(|source| DeviceCondition::compile(source).map_err(|_| ()));
        CompiledPolicy { policy, never_touch }
    }

    /// Whether a device is protected. A condition that fails on it protects it.
    pub fn is_protected(&self, id: DeviceId, body: &str) -> bool {
        let by_condition = match &self.never_touch {
            None => false,
            Some(Err(())) => true,
            Some(Ok(condition)) => condition.matches_body(body).unwrap_or(true),
        };
        by_condition || self.policy.never_touch_ids.contains(&id)
    }
}

/// Compiled policies by their text: compiling takes a thread, and the guard stands inside a transaction.
#[derive(Default)]
pub struct PolicyCache {
    compiled: Mutex<Vec<(Option<String>, Arc<CompiledPolicy>)>>,
}

/// Policies that are remembered; more than any bus has instances at a time.
const REMEMBERED: usize = 64;

impl PolicyCache {
    pub fn compile_cached(&self, text: Option<&str>) -> Arc<CompiledPolicy> {
        let mut known = self.compiled.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, compiled)) = known.iter().find(|(kept, _)| kept.as_deref() == text) {
            return compiled.clone();
        }
        if known.len() >= REMEMBERED {
            known.remove(0);
        }
        let compiled = Arc::new(CompiledPolicy::new(text));
        known.push((text.map(str::to_owned), compiled.clone()));
        compiled
    }
}
