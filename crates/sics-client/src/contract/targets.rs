//! Targets: management servers inside the bus that write devices into another inventory. Here are their words, and how
//! each of them stands; what they write and what a person decides is in the two files beside this one.

use chrono::{DateTime, Utc};
use connector_core::model::{InstanceName, ServerId, word_enum};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{CheckStep, QuestionView};

word_enum! {
    /// Into which kind of inventory a target writes.
    pub enum TargetKind {
        /// OCS Inventory.
        Ocs "ocs",
        /// Snipe-IT.
        SnipeIt "snipe-it",
        /// A PostgreSQL database.
        PostgreSql "postgresql",
        /// Files of this machine, CSV or NDJSON.
        File "file",
        /// NetBox.
        NetBox "netbox",
        /// GLPI.
        Glpi "glpi",
        /// ServiceNow.
        ServiceNow "servicenow",
    }
}

impl TargetKind {
    /// The kind of the member that writes into it, as manifests name it. The product has the same name.
    pub const fn member_kind(self) -> &'static str {
        match self {
            TargetKind::Ocs => "intune-target-ocs",
            TargetKind::SnipeIt => "intune-target-snipe-it",
            TargetKind::PostgreSql => "intune-target-postgresql",
            TargetKind::File => "intune-target-file",
            TargetKind::NetBox => "intune-target-netbox",
            TargetKind::Glpi => "intune-target-glpi",
            TargetKind::ServiceNow => "intune-target-servicenow",
        }
    }

    /// The kind whose member has this kind in its manifest.
    pub fn from_member_kind(kind: &str) -> Option<TargetKind> {
        TargetKind::ALL
            .iter()
            .copied()
            .find(|known| known.member_kind() == kind)
    }

    /// The name of the other side for people.
    pub const fn display_name(self) -> &'static str {
        match self {
            TargetKind::Ocs => "OCS Inventory",
            TargetKind::SnipeIt => "Snipe-IT",
            TargetKind::PostgreSql => "PostgreSQL",
            TargetKind::File => "File (CSV, NDJSON)",
            TargetKind::NetBox => "NetBox",
            TargetKind::Glpi => "GLPI",
            TargetKind::ServiceNow => "ServiceNow",
        }
    }
}

word_enum! {
    /// What is done with the record of a device that is gone.
    pub enum RetireAction {
        /// Nothing: it stays as it is.
        Leave "leave",
        /// It is marked as no longer in use.
        Retire "retire",
        /// It is marked as in stock.
        Stock "stock",
        /// It is deleted, where the target made it; else it is retired.
        Delete "delete",
    }
}

word_enum! {
    /// Who keeps a field of the other side.
    pub enum FieldMode {
        /// The target: it writes each change.
        Own "own",
        /// Whoever is first: the target writes only while the field is empty.
        Fill "fill",
        /// The people over there: the target never writes it.
        Leave "leave",
    }
}

word_enum! {
    /// Where the record of a device comes from.
    pub enum LinkOrigin {
        /// The target made it.
        Created "created",
        /// It was there before.
        Adopted "adopted",
    }
}

word_enum! {
    /// Where the link between a device and its record stands.
    pub enum LinkPhase {
        /// The record is being made.
        Intended "intended",
        /// The record is kept up to date.
        Active "active",
        /// The device is gone, and the record was treated as the mapping says.
        Gone "gone",
        /// The device does not come to this target any more; the record was left untouched.
        Released "released",
    }
}

word_enum! {
    /// Why a person has to decide about a device.
    pub enum SetAsideReason {
        /// Several records have its serial number.
        SerialTwice "serialTwice",
        /// Several records have its Intune device id.
        IdTwice "idTwice",
        /// It has no usable serial number, and the other side would take it for another device of the same name.
        MergedByName "mergedByName",
        /// Its record belongs to another device of the same instance.
        LinkedElsewhere "linkedElsewhere",
        /// Another synchronisation over there keeps its record.
        SyncedByOthers "syncedByOthers",
        /// The other side refused its record.
        Refused "refused",
        /// The mapping gives no values for it.
        MappingFailed "mappingFailed",
    }
}

word_enum! {
    /// What a write does to the record of a device.
    pub enum WriteClass {
        /// It makes the record.
        Create "create",
        /// It changes fields.
        Change "change",
        /// It retires, stocks or deletes the record.
        Retire "retire",
        /// It brings a retired or deleted record back into use.
        Move "move",
    }
}

word_enum! {
    /// How freely a target writes.
    pub enum TargetPhase {
        /// It writes the first records after a change of its mapping, and then waits for a look at them.
        Canary "canary",
        /// It waits for consent to a question.
        Waiting "waiting",
        /// It writes what an ordinary day does.
        Open "open",
    }
}

word_enum! {
    /// How a target writes.
    pub enum WriteForm {
        /// One record with each request.
        Single "single",
        /// Many records with one request.
        Bulk "bulk",
    }
}

/// The targets of this bus.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TargetsView {
    /// In the order of their numbers.
    pub targets: Vec<TargetView>,
}

/// A target, and how it stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TargetView {
    /// Its name, part of every path of it: `IntuneTargetOcs_3`.
    pub name: InstanceName,
    /// Into which kind of inventory it writes.
    pub kind: TargetKind,
    /// The name that people gave the installation; empty: none.
    pub profile: String,
    /// Id of the management server that it is.
    pub server: ServerId,
    /// Whether its worker runs.
    pub running: bool,
    /// How freely it writes.
    pub phase: TargetPhase,
    /// Why it writes nothing at the moment; null: nothing keeps it.
    pub paused: Option<TargetPauseView>,
    /// Changes that it has not confirmed yet, within the caller's instances.
    pub behind: u64,
    /// Age of the oldest of these, seconds; null: there are none.
    pub lag_seconds: Option<u64>,
    /// Devices that have a record.
    pub linked: u64,
    /// Of these: records that the target made.
    pub created: u64,
    /// Of these: records that were there before.
    pub adopted: u64,
    /// Records of devices that are gone.
    pub gone: u64,
    /// Devices for which a person has to decide.
    pub set_aside: u64,
    /// Devices whose last write failed.
    pub failing: u64,
    /// What waits for consent; null: nothing. Without its devices; `GET …/question` has them.
    pub question: Option<QuestionView>,
    /// When the other side last confirmed a write; null: never.
    pub last_write_at: Option<DateTime<Utc>>,
    /// SHA-256 of the mapping that it works by.
    pub mapping_digest: String,
    /// Requests that it has sent to the other side.
    pub requests: u64,
}

/// Why a target writes nothing at the moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TargetPauseView {
    /// Short and stable.
    pub code: String,
    /// What went wrong, one sentence.
    pub problem: String,
    /// What to do about it.
    pub advice: String,
    /// Since when it writes nothing; null: not known.
    pub since: Option<DateTime<Utc>>,
    /// When it tries again; null: not known.
    pub until: Option<DateTime<Utc>>,
}

/// State of a target, as whoever watches events is told it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TargetFact {
    /// Its name.
    pub name: String,
    /// Whether its worker runs.
    pub running: bool,
    /// How freely it writes.
    pub phase: TargetPhase,
    /// Whether something keeps it from writing.
    pub paused: bool,
    /// Whether planned writes wait for consent.
    pub waits: bool,
    /// Devices for which a person has to decide.
    pub set_aside: u64,
    /// When the other side last confirmed a write; null: never.
    pub last_write_at: Option<DateTime<Utc>>,
}

/// The kinds of targets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TargetKindsView {
    /// By name.
    pub kinds: Vec<TargetKindView>,
}

/// What a kind of targets can do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TargetKindView {
    /// Its name.
    pub kind: TargetKind,
    /// Its name for people.
    pub display_name: String,
    /// What it was proven on: `real OCS Inventory 2.11 (Debian)`.
    pub proven_on: Vec<String>,
    /// Whether it writes one record with a request, or many.
    pub writes: WriteForm,
    /// Whether it finds records that others made.
    pub adopts: bool,
    /// Whether it assigns users.
    pub users: bool,
    /// Whether it makes fields that the mapping names and the other side lacks.
    pub fields: bool,
    /// What it can do with the record of a device that is gone; the first is the default.
    pub retire_actions: Vec<RetireAction>,
    /// Id of the product that installs it.
    pub product: String,
}

/// Which field of the other side gets what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TargetMappingView {
    /// The mapping as a JSON document.
    pub text: String,
    /// SHA-256 of it.
    pub digest: String,
    /// Whether people have agreed to what it writes; false: only the first records are written.
    pub consented: bool,
    /// Name of the account that changed it last; null: nobody has.
    pub changed_by: Option<String>,
    /// When it was changed last; null: it was not.
    pub changed_at: Option<DateTime<Utc>>,
    /// Whether it is the default of the kind.
    pub is_default: bool,
    /// In the answer to a change: what of it has no effect, one sentence each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// Another mapping.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TargetMappingBody {
    /// The mapping as a JSON document, as it is shown; null: the default of the kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// The fields of the other side.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TargetFieldsView {
    /// As the other side lists them.
    pub fields: Vec<TargetFieldView>,
    /// Fields that the mapping names and the other side lacks.
    pub missing: Vec<String>,
}

/// A field of the other side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TargetFieldView {
    /// Its name, as mappings have it.
    pub name: String,
    /// Its name for people.
    pub label: String,
    /// Whether people added it over there.
    pub custom: bool,
    /// Whether a mapping may name it.
    pub writable: bool,
    /// The only values that it takes; empty: any.
    pub known_values: Vec<String>,
}

/// What a check of the other side found.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
pub struct TargetCheckView {
    /// Each step as it ended, in order.
    pub steps: Vec<CheckStep>,
    /// False: it took too long, and was ended before its last step.
    pub complete: bool,
}
