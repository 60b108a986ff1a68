//! A node ready to decide: its settings with their policies compiled, and what has to be read for it.

use crate::condition::{ConditionError, Expression};
use crate::config::NodeSettings;
use crate::inventory::properties::{Owner, TABLE};
use crate::model::ComplianceOutcome;

use super::app_names::AppName;
use super::question::Options;

/// What a policy may ask for beside the properties of the device.
pub const OUTCOME: &str = "outcome";
pub const APPS: &str = "apps";
pub const CHECK_IN_HOURS: &str = "checkInHours";

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
    pub policies: Vec<Policy>,
    /// In the order of the settings.
    pub forbidden_apps: Vec<AppName>,
    pub required_apps: Vec<AppName>,
    /// Properties for `$select` where the device's own are not to be saved.
    select: String,
}

/// The first that holds decides.
#[derive(Debug)]
pub struct Policy {
    /// `policy_N` of the settings, counted from 1.
    pub number: usize,
    pub outcome: ComplianceOutcome,
    pub when: Expression,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("policy {number} of node {node} can't be used: {source}")]
pub struct NodeError {
    pub node: String,
    pub number: usize,
    #[source]
    pub source: ConditionError,
}

/// What one question reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Want {
    pub properties: bool,
    pub apps: bool,
    pub reasons: bool,
}

impl Node {
    pub fn new(settings: &NodeSettings) -> Result<Node, NodeError> {
        let names: Vec<&str> = properties().chain([OUTCOME, APPS, CHECK_IN_HOURS]).collect();
        let mut policies = Vec::new();
        for (index, rule) in settings.policies.iter().enumerate() {
            let number = index + 1;
            let when = Expression::compile(&rule.when, &names).map_err(|source| NodeError {
                node: settings.name.clone(),
                number,
                source,
            })?;
            policies.push(Policy {
                number,
                outcome: rule.outcome,
                when,
            });
        }
        let asks = |name: &str| {
            policies
                .iter()
                .any(|policy| policy.when.names().any(|asked| asked == name))
        };
        let select: Vec<&str> = properties()
            .filter(|name| ALWAYS.contains(name) || asks(name))
            .collect();
        let select = select.join(",");
        Ok(Node {
            settings: settings.clone(),
            policies,
            forbidden_apps: settings.forbidden_apps.iter().map(|name| AppName::new(name)).collect(),
            required_apps: settings.required_apps.iter().map(|name| AppName::new(name)).collect(),
            select,
        })
    }

    pub fn want(&self, options: &Options) -> Want {
        let judged_by_apps = self.judges_by_apps();
        Want {
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
                .any(|policy| policy.when.names().any(|name| name == APPS))
    }

    /// Names of the properties that it judges by.
    pub fn needs(&self) -> Vec<String> {
        self.select.split(',').map(str::to_owned).collect()
    }

    /// For `$select`; `None` as the original asks.
    pub fn select(&self, want: Want) -> Option<String> {
        match want.properties {
            true if self.settings.compatible => None,
            true => Some(properties().collect::<Vec<_>>().join(",")),
            false => Some(self.select.clone()),
        }
    }
}

/// Properties that may be read, asked for and passed on.
fn properties() -> impl Iterator<Item = &'static str> {
    let readable = TABLE
        .iter()
        .filter(|property| property.is_readable() && !property.beta && property.owner != Owner::Own);
    readable.map(|property| property.name)
}
