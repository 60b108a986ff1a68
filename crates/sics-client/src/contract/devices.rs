//! Devices as people and machines look them up.

use chrono::{DateTime, Utc};
use connector_core::model::schemas::DeviceDocument;
use connector_core::model::{DeviceId, Seq, choose_form, format_count};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::{IntoParams, ToSchema};

/// Header of an export of devices: how many devices the filter could not evaluate, and which are therefore not in the
/// file. Absent where there are none.
pub const UNJUDGED_HEADER: &str = "unjudged-devices";

/// Which devices, in which order, from where on. A device has to match everything that is given.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DevicesQuery {
    /// Comma-separated names; omitted: all visible instances.
    pub instance: Option<String>,
    /// Text that is a part of a device's name, serial number, user (principal name, display name, e-mail address, phone
    /// number), IMEI, Wi-Fi or Ethernet MAC address, model, manufacturer, category, operating system or its version,
    /// compliance state or ownership, in upper or lower case; of at least 4 characters also a part of its Intune or Entra
    /// device id. At most 1,000 characters; of a field, the first 255 bytes are searched.
    pub search: Option<String>,
    /// `true`: `search` looks at the whole JSON of each device, names of fields included; slower. Letters beyond a to z
    /// are then found only as they are written. Default: false.
    pub search_all: Option<bool>,
    /// CEL condition over the fields of a device, such as `operatingSystem == "iOS"`; at most 1,000 characters. Devices
    /// that it cannot evaluate are left out and reported in `unjudged`.
    pub filter: Option<String>,
    /// Part of `deviceName`, in upper or lower case.
    pub name: Option<String>,
    /// Part of `serialNumber`, in upper or lower case.
    pub serial: Option<String>,
    /// Part of `userPrincipalName`, in upper or lower case.
    pub user: Option<String>,
    /// Comma-separated values of `operatingSystem`: a device has one of them.
    pub platform: Option<String>,
    /// Comma-separated values of `complianceState`: a device has one of them.
    pub compliance: Option<String>,
    /// Comma-separated values of `managedDeviceOwnerType`: a device has one of them.
    pub ownership: Option<String>,
    /// Devices that last checked in before this time (RFC 3339), or never did.
    pub checked_in_before: Option<String>,
    /// Devices that last checked in at this time (RFC 3339) or later.
    pub checked_in_after: Option<String>,
    /// Name of a field, or `changedAt`; omitted: in the order in which the connector met them. Fast are `deviceName`,
    /// `serialNumber`, `userPrincipalName`, `operatingSystem`, `complianceState`, `managedDeviceOwnerType`,
    /// `lastSyncDateTime` and `changedAt`. Upper and lower case are alike, and devices without a value stand first.
    pub sort: Option<String>,
    /// `asc` (if omitted) or `desc`.
    pub order: Option<String>,
    /// `after` of the page before, with the same `sort` and `order`; omitted: the first page.
    pub after: Option<String>,
    /// Devices to pass over, instead of `after`.
    pub offset: Option<usize>,
    /// Most devices of the page: 1 to 1,000; 100 if omitted. With `count=true` also 0: the counts alone.
    #[param(minimum = 0, maximum = 1000)]
    pub limit: Option<usize>,
    /// `true`: `matching` and `total` are counted. Default: false.
    pub count: Option<bool>,
}

/// Which devices, in which order, as which table: all that match. What it shares with [`DevicesQuery`] means the same.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DevicesExportQuery {
    /// Comma-separated names; omitted: all visible instances.
    pub instance: Option<String>,
    /// As in the list of devices.
    pub search: Option<String>,
    /// As in the list of devices.
    pub search_all: Option<bool>,
    /// CEL condition over the fields of a device. How many devices it could not evaluate, and which are therefore not in
    /// the file, is in the header `unjudged-devices`.
    pub filter: Option<String>,
    /// Part of `deviceName`.
    pub name: Option<String>,
    /// Part of `serialNumber`.
    pub serial: Option<String>,
    /// Part of `userPrincipalName`.
    pub user: Option<String>,
    /// Comma-separated values of `operatingSystem`.
    pub platform: Option<String>,
    /// Comma-separated values of `complianceState`.
    pub compliance: Option<String>,
    /// Comma-separated values of `managedDeviceOwnerType`.
    pub ownership: Option<String>,
    /// Devices that last checked in before this time (RFC 3339), or never did.
    pub checked_in_before: Option<String>,
    /// Devices that last checked in at this time (RFC 3339) or later.
    pub checked_in_after: Option<String>,
    /// Name of a field, or `changedAt`.
    pub sort: Option<String>,
    /// `asc` (if omitted) or `desc`.
    pub order: Option<String>,
    /// Comma-separated names of fields, and of `instance`, `deviceId`, `changedAt` and `readAt`; omitted: the usual ones.
    pub columns: Option<String>,
    /// Between the cells of CSV: `,` (if omitted), `;` or `tab`.
    pub separator: Option<String>,
    /// Before the fraction of a number in CSV: `.` (if omitted) or `,`.
    pub decimal: Option<String>,
}

impl From<&DevicesExportQuery> for DevicesQuery {
    /// The devices of the table.
    fn from(asked: &DevicesExportQuery) -> DevicesQuery {
        let asked = asked.clone();
        DevicesQuery {
            instance: asked.instance,
            search: asked.search,
            search_all: asked.search_all,
            filter: asked.filter,
            name: asked.name,
            serial: asked.serial,
            user: asked.user,
            platform: asked.platform,
            compliance: asked.compliance,
            ownership: asked.ownership,
            checked_in_before: asked.checked_in_before,
            checked_in_after: asked.checked_in_after,
            sort: asked.sort,
            order: asked.order,
            ..DevicesQuery::default()
        }
    }
}

/// A page of devices.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct DevicesView {
    /// In the order that was asked for.
    pub devices: Vec<DeviceView>,
    /// For the next page: send it as `after`; null on the last page.
    pub after: Option<String>,
    /// How many devices match; with `count=true`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub matching: Option<u64>,
    /// How many devices there are in the instances asked for, whether or not they match; with `count=true`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
    /// Devices that the filter could not evaluate, among those checked for this page: they are left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unjudged: Option<UnjudgedView>,
}

/// A device in its newest state.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeviceView {
    /// Name of the instance that reads it.
    pub instance: String,
    /// Intune device id.
    pub device_id: DeviceId,
    /// Its position in the feed.
    pub seq: Seq,
    /// When the connector noticed its last change.
    pub changed_at: DateTime<Utc>,
    /// When it was last read from Intune.
    pub read_at: DateTime<Utc>,
    /// Id of the device that this one has replaced: the same hardware, enrolled again. That one has gone (S7).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replaces: Option<DeviceId>,
    /// The same hardware under an older id that Intune still lists (S7).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub same_as: Option<DeviceId>,
    /// Its platform as actions are judged by, under the name that the list of actions uses: `windows`, `iosIpados`,
    /// `androidCobo` …; `unknown` where its fields do not tell.
    pub platform: String,
    /// Its fields. `lastSyncDateTime` is the newest that is known, which a change reports at most once a day.
    #[schema(value_type = DeviceDocument)]
    pub device: Box<RawValue>,
}

/// The fields that a device may have.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct FieldsView {
    /// In the order in which Graph lists them.
    pub fields: Vec<FieldView>,
}

/// One field of a device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FieldView {
    /// Name in Graph.
    pub name: String,
    /// What it says.
    pub meaning: String,
    /// What kind of value it holds; a field without a value is `null`.
    pub holds: FieldKind,
    /// Which read fills it.
    pub source: FieldSource,
    /// Personal data: removed where personal devices are reduced.
    pub personal: bool,
    /// Volatile: reported at most once a day unless something else changes.
    pub moves: bool,
    /// Exists only in Graph's beta: passed on if Microsoft sends it, never requested.
    pub beta: bool,
}

/// What kind of value a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum FieldKind {
    /// Text.
    Text,
    /// A moment: RFC 3339, UTC, whole seconds.
    Date,
    /// A whole number.
    Number,
    /// True or false.
    Boolean,
    /// Text of a list that Microsoft extends.
    Word,
    /// An object or a list.
    Object,
}

impl FieldKind {
    /// The word for it, as in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            FieldKind::Text => "text",
            FieldKind::Date => "date",
            FieldKind::Number => "number",
            FieldKind::Boolean => "boolean",
            FieldKind::Word => "word",
            FieldKind::Object => "object",
        }
    }
}

/// Which read fills a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum FieldSource {
    /// Each scan.
    List,
    /// Only a read of the single device, some time after a scan.
    Single,
    /// Only a read of the device's users, some time after a scan.
    Users,
    /// The connector sets it.
    Connector,
}

impl FieldSource {
    /// The word for it, as in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            FieldSource::List => "list",
            FieldSource::Single => "single",
            FieldSource::Users => "users",
            FieldSource::Connector => "connector",
        }
    }
}

/// Devices that the filter could not evaluate: how many, and the first 100.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UnjudgedView {
    /// How many they are.
    pub count: u64,
    /// The first 100 of them.
    pub devices: Vec<UnjudgedDevice>,
}

impl UnjudgedView {
    /// In one sentence; nothing where every device was judged.
    pub fn describe_unjudged(&self) -> Option<String> {
        let first = self.devices.first()?;
        let id = first
            .device_id
            .map_or("a device without an id".to_owned(), |id| id.to_string());
        Some(format!(
            "the filter could not evaluate {}, which {} excluded; the first is {id}: {}",
            format_count(self.count, "device"),
            choose_form(self.count, "is", "are"),
            first.problem
        ))
    }
}

/// A device that the filter could not evaluate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UnjudgedDevice {
    /// Intune device id; null: the record has none.
    pub device_id: Option<DeviceId>,
    /// Why, in words.
    pub problem: String,
}
