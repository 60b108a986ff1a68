//! One instance: one tenant, how it is read, and who receives its changes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono_tz::Tz;
use url::Url;

use super::{Credential, NationalCloud, NetworkSettings, NodeSettings};
use crate::model::{ActionKind, DeviceId, ServerId};
use crate::schedule::Trigger;

#[derive(Debug, Clone)]
pub struct InstanceSettings {
    /// Entra tenant id (a GUID or a domain name).
    pub tenant_id: String,
    pub client_id: String,
    pub cloud: NationalCloud,
    /// Override of the cloud's login host, e.g. the simulator's; without a trailing slash.
    pub login_url: Option<Url>,
    /// Override of the cloud's Graph host; without version and trailing slash.
    pub graph_url: Option<Url>,
    /// The credential of the scan, and of everything that has none of its own.
    pub credential: Credential,
    /// Taken instead as soon as it has been proven to work (credential roll-over).
    pub next_credential: Option<Credential>,
    pub actions_credential: Option<Credential>,
    pub network: NetworkSettings,
    pub audience: Audience,
    pub scan: ScanSettings,
    pub devices: DeviceSettings,
    pub actions: ActionSettings,
    /// Ways of asking for compliance decisions, by name; never empty.
    pub nodes: Vec<Arc<NodeSettings>>,
    /// Share of the published Graph limits that is used, in percent (1 to 100).
    pub budget_percent: u8,
    pub enabled: bool,
}

/// Which of an instance's credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CredentialUse {
    /// The scan's, and everything's that has none of its own.
    Main,
    Next,
    Actions,
}

impl CredentialUse {
    pub const ALL: [CredentialUse; 3] = [CredentialUse::Main, CredentialUse::Next, CredentialUse::Actions];

    pub fn name(self) -> &'static str {
        match self {
            CredentialUse::Main => "scan",
            CredentialUse::Next => "next",
            CredentialUse::Actions => "actions",
        }
    }
}

impl InstanceSettings {
    /// All credentials that it has.
    pub fn all_credentials(&self) -> impl Iterator<Item = (CredentialUse, &Credential)> {
        let others = [
            (CredentialUse::Next, &self.next_credential),
            (CredentialUse::Actions, &self.actions_credential),
        ];
        let others = others
            .into_iter()
            .filter_map(|(of, credential)| credential.as_ref().map(|credential| (of, credential)));
        std::iter::once((CredentialUse::Main, &self.credential)).chain(others)
    }
}

/// Who receives the changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Audience {
    /// `*`: every accepted server whose operator may read this instance (F7).
    Everybody,
    Servers(Vec<ServerId>),
}

#[derive(Debug, Clone)]
pub struct ScanSettings {
    pub incremental: Trigger,
    /// `None`: every 4 hours, daily above 100,000 devices.
    pub full: Option<Trigger>,
    pub zone: Tz,
    /// A due scan starts up to this many seconds late, so that instances do not start together.
    pub jitter_s: u64,
    /// Taken off the watermark of an incremental scan (S3).
    pub overlap_s: u64,
    /// `$top`, 1 to 1000.
    pub page_size: u32,
    pub max_pages: u32,
    /// Largest answer that is read, bytes.
    pub max_body_bytes: usize,
    /// A whole request, connect to last byte.
    pub request_timeout_s: u64,
    pub brake_percent: f64,
    pub brake_devices: u64,
}

/// Which fields of a device are asked for, stored and passed on (F8).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldChoice {
    All,
    Only(Vec<String>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PersonalDeviceRule {
    /// Personal devices are left out.
    LeftOut,
    /// Only what an inventory needs, without user, phone number and place.
    Reduced,
    Full,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EnrichMode {
    Off,
    /// Once per enrolment.
    New,
    Daily,
}

/// When the primary user of a device is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PrimaryUserMode {
    Off,
    /// Of new and changed devices.
    On,
    /// The same, and of every device once a day.
    Daily,
}

/// `condition` (CEL over the device) makes a device of this `class`; the first rule that holds wins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClassRule {
    pub class: String,
    pub condition: String,
}

#[derive(Debug, Clone)]
pub struct DeviceSettings {
    pub fields: FieldChoice,
    /// CEL; a device for which it is false is left out.
    pub filter: Option<String>,
    pub personal: PersonalDeviceRule,
    /// The user's rules, asked before the built-in ones.
    pub classes: Vec<ClassRule>,
    /// Volatile fields make a change of their own at most this often, in hours (S5).
    pub volatile_hours: u32,
    pub enrich: EnrichMode,
    pub primary_user: PrimaryUserMode,
    /// Tombstones stay at most this many days (F6).
    pub tombstone_days: u32,
    /// What a device was is kept for so many days; 0: not at all.
    pub history_days: u32,
}

/// What may be done to devices, as wished; what holds is in the store (A7).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ActionSettings {
    /// Switched on; nothing else goes out.
    pub verbs: BTreeSet<ActionKind>,
    /// CEL; devices for which it is true, or fails, are left alone.
    pub never_touch: Option<String>,
    pub never_touch_ids: BTreeSet<DeviceId>,
    /// Let through on personal devices although refused there by default.
    pub personal_allowed: BTreeSet<ActionKind>,
    /// Empty: always open.
    pub windows: Vec<MaintenanceWindow>,
    /// Versions of Graph other than the verbs' own.
    pub versions: BTreeMap<ActionKind, GraphVersion>,
    /// Names that jobs may give instead of a verb.
    pub definitions: BTreeMap<String, ActionKind>,
    /// What jobs call the definition that takes them on, beside its own name.
    pub on_demand: Option<String>,
}

/// Opens at each moment of a cron expression, for so many minutes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MaintenanceWindow {
    pub cron: String,
    pub minutes: u32,
    pub zone: Tz,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GraphVersion {
    V1,
    Beta,
}
