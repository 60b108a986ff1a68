//! The settings of an installation of app orders as typed values.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use chrono_tz::Tz;
use secrecy::SecretString;
use url::Url;

use super::InstanceSettings;
use crate::contract::{OrderKind, OrderTargetKind};
use crate::schedule::Trigger;

/// The states of the installation report.
pub(super) const INSTALL_STATES: [&str; 7] = [
    "installed",
    "failed",
    "notInstalled",
    "uninstallFailed",
    "pendingInstall",
    "notApplicable",
    "unknown",
];

#[derive(Debug, Clone)]
pub struct OrderSettings {
    /// How to sign in to the tenant, by which way, with which share of the limits. Nothing else of it counts.
    pub tenant: Arc<InstanceSettings>,
    /// Of the cron expressions.
    pub zone: Tz,
    pub assignment_interval: Trigger,
    pub order_interval: Trigger,
    pub status_interval: Trigger,
    /// An order without a final status after this long has failed.
    pub time_limit: Duration,
    pub timeout_membership: TimeoutMembership,
    /// With `{application}`, `{intent}` and perhaps `{app}`.
    pub group_name: String,
    /// What may be ordered for, where an application does not say it; never empty.
    pub target: Vec<OrderTargetKind>,
    pub installed_on: InstalledOn,
    pub state_mapping: StateMapping,
    pub sync_after: bool,
    pub status_url: Option<Url>,
    /// One or two; none without an address.
    pub status_keys: Vec<SecretString>,
    pub approval_url: Option<Url>,
    pub approval_keys: Vec<SecretString>,
    pub allow_private_addresses: bool,
    pub order_log: bool,
    pub check_emails: bool,
}

/// What becomes of the membership of an order that ran out of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeoutMembership {
    Keep,
    Remove,
}

/// When the order of a user is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InstalledOn {
    /// One of their devices reports success.
    Any,
    /// All of them do.
    All,
}

/// What a state in the installation report means for an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateMapping {
    install: BTreeMap<String, Option<u8>>,
    uninstall: BTreeMap<String, Option<u8>>,
}

impl Default for StateMapping {
    fn default() -> StateMapping {
        let table = |rows: &[(&str, u8)]| {
            rows.iter()
                .map(|(state, status)| (state.to_ascii_lowercase(), Some(*status)))
                .collect()
        };
        StateMapping {
            install: table(&[("installed", 1), ("failed", 0), ("notApplicable", 0)]),
            uninstall: table(&[("notInstalled", 1), ("uninstallFailed", 0)]),
        }
    }
}

impl StateMapping {
    /// 1 for success, 0 for failure; `None`: it is not over. States are compared without regard to case.
    pub fn status_of(&self, kind: OrderKind, state: &str) -> Option<u8> {
        let table = match kind {
            OrderKind::Install => &self.install,
            OrderKind::Uninstall => &self.uninstall,
        };
        table.get(&state.to_ascii_lowercase()).copied().flatten()
    }

    /// Lays what a setting says over the table.
    pub(super) fn set_status(&mut self, kind: OrderKind, state: &str, status: Option<u8>) {
        let table = match kind {
            OrderKind::Install => &mut self.install,
            OrderKind::Uninstall => &mut self.uninstall,
        };
        table.insert(state.to_ascii_lowercase(), status);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sh_36_states_mean_what_the_table_says_until_a_setting_says_otherwise() {
        let mut mapping = StateMapping::default();
        for (kind, state, status) in [
            (OrderKind::Install, "installed", Some(1)),
            (OrderKind::Install, "failed", Some(0)),
            (OrderKind::Install, "notApplicable", Some(0)),
            (OrderKind::Install, "pendingInstall", None),
            (OrderKind::Install, "notInstalled", None),
            (OrderKind::Install, "unknown", None),
            (OrderKind::Uninstall, "notInstalled", Some(1)),
            (OrderKind::Uninstall, "uninstallFailed", Some(0)),
            (OrderKind::Uninstall, "installed", None),
            (OrderKind::Uninstall, "a state of tomorrow", None),
        ] {
            assert_eq!(mapping.status_of(kind, state), status, "{state}");
        }
        mapping.set_status(OrderKind::Install, "NotApplicable", None);
        assert_eq!(mapping.status_of(OrderKind::Install, "notApplicable"), None);
    }
}
