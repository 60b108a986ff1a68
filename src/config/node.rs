//! A node: one named way of asking for compliance decisions, a section `[node NAME]` of an instance's file. The first
//! half of its settings are those of the node that it replaces, under names of ours; tenant, client and secret are the
//! instance's.

use std::collections::BTreeSet;

use secrecy::SecretString;

use super::GraphVersion;
use crate::model::ComplianceOutcome;

#[derive(Debug, Clone)]
pub struct NodeSettings {
    pub name: String,
    /// Name of the header, or of the key in the shared state, that has the device's id.
    pub header: String,
    pub id_from_shared_state: bool,
    pub save_properties: bool,
    pub save_apps: bool,
    /// As the original, also where it is wrong.
    pub compatible: bool,
    /// Only beside `compatible`: signs in as a user, by password.
    pub password_grant: Option<PasswordGrant>,
    pub apps_version: GraphVersion,
    /// Apps that can't be read do not spoil the outcome.
    pub apps_optional: bool,
    /// A bad outcome says which policies and settings fail.
    pub reasons: bool,
    /// A device that Intune does not know has an outcome of its own.
    pub not_found_apart: bool,
    pub max_check_in_hours: Option<u32>,
    pub forbidden_apps: Vec<String>,
    pub required_apps: Vec<String>,
    pub several_devices: MultiDeviceRule,
    /// In the order of their numbers; the first that holds decides.
    pub policies: Vec<PolicyRule>,
    /// What `check` lets in.
    pub allowed: BTreeSet<ComplianceOutcome>,
    pub time_budget_ms: u64,
    pub cache_s: u32,
    /// Answers from the inventory while Graph does not answer.
    pub inventory_answers: bool,
    pub inventory_max_minutes: u32,
    pub enabled: bool,
}

/// A user who signs in by password. `Debug` shows no password.
#[derive(Debug, Clone)]
pub struct PasswordGrant {
    pub user_name: String,
    pub password: SecretString,
}

/// Whose outcome counts where a user has several devices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MultiDeviceRule {
    Worst,
    Best,
    Refuse,
}

/// `OUTCOME: <CEL>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyRule {
    pub outcome: ComplianceOutcome,
    pub condition: String,
}

impl NodeSettings {
    /// What an instance has that names no node.
    pub const DEFAULT_NAME: &'static str = "default";
}
