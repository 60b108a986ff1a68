//! The settings of a target as typed values.

use chrono::NaiveDate;
use chrono_tz::Tz;
use secrecy::SecretString;
use url::Url;

use super::NetworkSettings;
use super::output_place::OutputPlace;
use super::write_window::WriteWindow;
use crate::contract::TargetKind;
use crate::model::InstanceName;

#[derive(Debug, Clone)]
pub struct TargetSettings {
    /// Of an inventory that speaks HTTP.
    pub url: Option<Url>,
    pub network: NetworkSettings,
    /// Client certificate and its private key, both as PEM.
    pub client_identity: Option<(SecretString, SecretString)>,
    /// The last day on which it can sign in with what it has, as somebody has typed it.
    pub sign_in_expires_on: Option<NaiveDate>,
    /// Link-local addresses and those of cloud metadata are refused all the same.
    pub allow_private_addresses: bool,
    /// Whose devices are written; `None`: those of every instance.
    pub instances: Option<Vec<InstanceName>>,
    /// 0 sets no limit.
    pub requests_per_minute: u32,
    /// `None`: always.
    pub write_window: Option<WriteWindow>,
    /// Of the window.
    pub zone: Tz,
    /// Of a kind that knows users.
    pub assign_users: bool,
    /// Whether records that this target made may be deleted when their devices have gone.
    pub delete_allowed: bool,
    pub own: KindSettings,
}

impl TargetSettings {
    pub fn kind(&self) -> TargetKind {
        match self.own {
            KindSettings::Ocs(_) => TargetKind::Ocs,
            KindSettings::SnipeIt(_) => TargetKind::SnipeIt,
            KindSettings::PostgreSql(_) => TargetKind::PostgreSql,
            KindSettings::File(_) => TargetKind::File,
            KindSettings::NetBox(_) => TargetKind::NetBox,
            KindSettings::Glpi(_) => TargetKind::Glpi,
            KindSettings::ServiceNow(_) => TargetKind::ServiceNow,
        }
    }

    /// Whether the devices of this instance are written.
    pub fn includes_instance(&self, name: &InstanceName) -> bool {
        self.instances.as_ref().is_none_or(|names| names.contains(name))
    }
}

/// What only one kind has.
#[derive(Debug, Clone)]
pub enum KindSettings {
    Ocs(OcsSettings),
    SnipeIt(SnipeItSettings),
    PostgreSql(PostgreSqlSettings),
    File(FileSettings),
    NetBox(NetBoxSettings),
    Glpi(GlpiSettings),
    ServiceNow(ServiceNowSettings),
}

#[derive(Debug, Clone)]
pub struct OcsSettings {
    /// For the web server in front of OCS; both or none.
    pub user: Option<String>,
    pub password: Option<SecretString>,
    /// Without it, nothing is read back.
    pub rest_url: Option<Url>,
    /// AUTO_DUPLICATE_LVL of the server, 0 to 63.
    pub duplicate_level: u8,
    /// TAG of new computers.
    pub tag: Option<String>,
}

#[derive(Debug, Clone)]
pub struct SnipeItSettings {
    pub token: SecretString,
    /// Name of the custom field with the Intune device id.
    pub id_field: String,
    pub status_label: String,
    pub gone_label: String,
    pub asset_tag: AssetTagRule,
    /// Of device classes that the mapping does not name.
    pub default_category: String,
    /// The adapter of Snipe-IT itself writes the devices of the same tenant.
    pub built_in_sync: bool,
}

/// Where the asset tag of a new asset comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AssetTagRule {
    /// Snipe-IT numbers it.
    Auto,
    /// `INTUNE-` and the serial number.
    Serial,
}

#[derive(Debug, Clone)]
pub struct PostgreSqlSettings {
    pub host: String,
    pub port: u16,
    pub database: String,
    pub user: String,
    /// Empty where a client certificate signs in alone.
    pub password: SecretString,
    pub tls: DatabaseTls,
    /// A name that needs no quotes.
    pub schema: String,
}

/// How the connection to a database is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DatabaseTls {
    Off,
    /// With any certificate.
    Require,
    /// With a certificate that is checked.
    Verify,
}

#[derive(Debug, Clone)]
pub struct FileSettings {
    /// The name of a folder that `bus.ini` lists; `None`: a folder of its own in the data folder.
    pub place: Option<String>,
    /// Without its ending.
    pub file_name: String,
    pub format: FileFormat,
    /// In their order.
    pub columns: Vec<String>,
    pub gone_devices: GoneDevices,
    /// Where that is on this machine; `None`: nobody has looked yet.
    pub output: Option<OutputPlace>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileFormat {
    Csv(CsvRules),
    /// One JSON object on each line.
    Ndjson,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CsvRules {
    /// One of `,`, `;` and the tab.
    pub separator: u8,
    /// Quotes around each cell, needed or not.
    pub quotes_all: bool,
    pub byte_order_mark: bool,
    /// Nothing that a spreadsheet could take for a formula.
    pub spreadsheet_safe: bool,
}

/// Where devices stand that have gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GoneDevices {
    /// In a file of their own.
    List,
    /// In the same file, told by columns.
    Column,
}

#[derive(Debug, Clone)]
pub struct NetBoxSettings {
    /// Of version 1 (40 hexadecimal digits) or 2 (`nbt_…`).
    pub token: SecretString,
    /// Name of the custom field with the Intune device id.
    pub id_field: String,
    /// Name of the custom field that says why and when a device has gone.
    pub gone_field: String,
    /// Where new devices stand.
    pub site: String,
    /// Of device classes that the mapping does not name.
    pub default_role: String,
    /// Of devices that the target makes.
    pub tag: String,
    pub gone_status: GoneStatus,
}

/// The status of a device that has gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GoneStatus {
    Decommissioning,
    Offline,
}

impl GoneStatus {
    /// As NetBox writes it.
    pub const fn name(self) -> &'static str {
        match self {
            GoneStatus::Decommissioning => "decommissioning",
            GoneStatus::Offline => "offline",
        }
    }
}

#[derive(Debug, Clone)]
pub struct GlpiSettings {
    pub inventory_sign_in: InventorySignIn,
    /// For inventories, where GLPI asks for Basic; both or none.
    pub inventory_user: Option<String>,
    pub inventory_password: Option<SecretString>,
    /// The OAuth client; both or none.
    pub client_id: Option<String>,
    pub client_secret: Option<SecretString>,
    /// In whose name the high-level API is asked. Without both, nothing is read back.
    pub user: Option<String>,
    pub password: Option<SecretString>,
    /// States of GLPI, by name.
    pub gone_state: String,
    pub stock_state: String,
    /// `None`: a device that is there has no state of ours.
    pub active_state: Option<String>,
    pub no_serial: NoSerialRule,
    /// For rules of GLPI that choose an entity.
    pub tag: Option<String>,
}

/// How an inventory signs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InventorySignIn {
    Nothing,
    Basic,
    /// By a token of the OAuth client.
    OauthClient,
}

/// What becomes of a device without a usable serial number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoSerialRule {
    /// It is set aside.
    Hold,
    /// It is sent, unless it would be taken for another one of its name.
    Send,
}

#[derive(Debug, Clone)]
pub struct ServiceNowSettings {
    /// With its password: Basic, or OAuth by password where there is a client as well.
    pub user: Option<String>,
    pub password: Option<SecretString>,
    /// With its secret: OAuth.
    pub client_id: Option<String>,
    pub client_secret: Option<SecretString>,
    /// A choice of `discovery_source`.
    pub data_source: String,
    /// Of other programs that write the same devices.
    pub other_sources: Vec<String>,
    /// In which CIs are looked for.
    pub root_table: String,
    /// Column of the root table with the Intune device id.
    pub id_field: String,
    /// Of device classes that the mapping does not name.
    pub default_class: String,
    pub door: ReconcileDoor,
    /// 1 to 200.
    pub items_per_request: usize,
    pub match_by: MatchRule,
    pub first_look: LookRule,
    pub empty_by: EmptyRule,
    pub active_values: Vec<StatusValue>,
    pub stock_values: Vec<StatusValue>,
    pub gone_values: Vec<StatusValue>,
}

/// By which endpoint CIs are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReconcileDoor {
    /// `identifyreconcile/enhanced`: many CIs in one request, and one that is refused stops no other.
    Enhanced,
    /// `identifyreconcile`, one request for each CI within a batch.
    Batch,
}

/// How a CI that is known is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MatchRule {
    /// By the native key of the data source.
    Key,
    /// By its `sys_id` besides.
    SysId,
}

/// Which writes are tried without effect first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LookRule {
    /// Those that make a CI or take one over.
    New,
    Always,
}

/// How a field is emptied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EmptyRule {
    /// As any other value is written.
    Reconcile,
    /// By the Table API, behind the other values.
    Table,
}

/// A field and the value by which it tells a state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusValue {
    pub field: String,
    pub value: String,
}
