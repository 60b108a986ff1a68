//! A node ready to decide: its settings with their policies compiled, and what has to be read for it.

use crate::condition::{ConditionError, JsonCondition};
use crate::config::NodeSettings;
use crate::contract::QuestionOptions;
use crate::inventory::properties::{PropertySource, TABLE};
use crate::model::ComplianceOutcome;

use super::app_names::AppName;

/// What a policy may ask for beside the properties of the device.
pub(crate) const OUTCOME: &str = "outcome";
pub(crate) const APPS: &str = "apps";
pub(crate) const CHECK_IN_HOURS: &str = "checkInHours";

/// What every decision looks at.
const ALWAYS: [&str; 5] = [
    "id",
    "complianceState",
    "lastSyncDateTime",
    "managementState",
    "complianceGracePeriodExpirationDateTime",
];

#[derive(Debug)]
pub struct Node {
    pub settings: NodeSettings,
    pub policies: Vec<DecisionPolicy>,
    /// In the order of the settings.
    pub forbidden_apps: Vec<AppName>,
    pub required_apps: Vec<AppName>,
    /// Properties for `$select` where the device's own are not to be saved.
    select_clause: String,
}

/// The first that holds decides.
#[derive(Debug)]
pub struct DecisionPolicy {
    /// `policy_N` of the settings, counted from 1.
    pub number: usize,
    pub outcome: ComplianceOutcome,
    pub condition: JsonCondition,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("invalid policy {number} of node {node}: {source}")]
pub struct NodeError {
    pub node: String,
    pub number: usize,
    #[source]
    pub source: ConditionError,
}

/// What one question reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ReadSelection {
    pub properties: bool,
    pub apps: bool,
    pub reasons: bool,
}

impl Node {
    pub fn new(settings: &NodeSettings) -> Result<Node, NodeError> {
        let names: Vec<&str> = readable_properties().chain([OUTCOME, APPS, CHECK_IN_HOURS]).collect();
        let mut policies = Vec::new();
        for (index, rule) in settings.policies.iter().enumerate() {
            let number = index + 1;
            let when = JsonCondition::compile(&rule.condition, &names).map_err(|source| NodeError {
                node: settings.name.clone(),
                number,
                source,
            })?;
            policies.push(DecisionPolicy {
                number,
                outcome: rule.outcome,
                condition: when,
            });
        }
        let asks = |name: &str| {
            policies
                .iter()
                .any(|policy| policy.condition.referenced_names().any(|asked| asked == name))
        };
        let select: Vec<&str> = readable_properties()
            .filter(|name| ALWAYS.contains(name) || asks(name))
            .collect();
        let select = select.join(",");
        Ok(Node {
            settings: settings.clone(),
            policies,
            forbidden_apps: settings.forbidden_apps.iter().map(|name| AppName::new(name)).collect(),
            required_apps: settings.required_apps.iter().map(|name| AppName::new(name)).collect(),
            select_clause: select,
        })
    }

    pub fn read_selection(&self, options: &QuestionOptions) -> ReadSelection {
        let judged_by_apps = self.judges_by_apps();
        ReadSelection {
            properties: options.properties.unwrap_or(self.settings.save_properties),
            apps: judged_by_apps || options.apps.unwrap_or(self.settings.save_apps),
            reasons: options.reasons.unwrap_or(self.settings.reasons) && !self.settings.compatible,
        }
    }

    /// Whether there is no decision without apps.
    pub fn judges_by_apps(&self) -> bool {
        let settings = &self.settings;
        !settings.forbidden_apps.is_empty()
            || !settings.required_apps.is_empty()
            || self
                .policies
                .iter()
                .any(|policy| policy.condition.referenced_names().any(|name| name == APPS))
    }

    /// Names of the properties that it judges by.
    pub fn needed_properties(&self) -> Vec<String> {
        self.select_clause.split(',').map(str::to_owned).collect()
    }

    /// For `$select`; `None` as the original asks.
    pub fn select_clause(&self, selection: ReadSelection) -> Option<String> {
        if !selection.properties {
            Some(self.select_clause.clone())
        } else if self.settings.compatible {
            None
        } else {
            Some(readable_properties().collect::<Vec<_>>().join(","))
        }
    }
}

/// Properties that may be read, asked for and passed on.
fn readable_properties() -> impl Iterator<Item = &'static str> {
    let is_elsewhere = |owner| matches!(owner, PropertySource::Own | PropertySource::Users);
    let readable = TABLE
        .iter()
        .filter(move |property| property.is_readable() && !property.beta && !is_elsewhere(property.owner));
    readable.map(|property| property.name)
}
