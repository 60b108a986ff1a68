//! A link as it stands in its table.

use rusqlite::{Connection, Params, Row as SqlRow};

use super::columns::{
    read_device, read_instance, read_json, read_optional_json, read_optional_time, read_time, read_word,
};
use super::{FieldValues, TargetKey, TargetProblem};
use crate::contract::{LinkOrigin, LinkPhase};
use crate::model::{DeviceId, Epoch, InstanceId, Timestamp};
use crate::store::StoreError;

/// Which record over there belongs to a device.
#[derive(Debug, Clone, PartialEq)]
pub struct TargetLinkRow {
    pub target: InstanceId,
    pub instance: InstanceId,
    pub device: DeviceId,
    /// Id over there; empty: it is being made.
    pub record: String,
    pub origin: LinkOrigin,
    pub phase: LinkPhase,
    /// Of what was written last; `None`: nothing was, or what is known is not [`Self::confirmed`].
    pub fingerprint: Option<[u8; 16]>,
    /// The fields over there, as they were known last.
    pub known: FieldValues,
    /// Whether they were so in this life of the store; if not, the record may have moved on: look there first.
    pub confirmed: bool,
    /// The user of the record, as the other side calls them.
    pub user: Option<String>,
    /// The same as the tenant calls them, in lower case; `None`: that is not known. Without a user: who was looked for in vain.
    pub user_name: Option<String>,
    /// When whoever was looked for in vain was looked for last; `None`: that is not known.
    pub user_sought_at: Option<Timestamp>,
    /// Whom writes to the record may have left as its user, of which nobody knows how they ended, with an empty text for nobody;
    /// `None`: there is no such write. The record may have moved on: look there first.
    pub unanswered: Option<Vec<String>>,
    pub last_sync: Option<Timestamp>,
    /// The last snapshot of the feed that had the device; 0: none.
    pub snapshot: i64,
    /// When the other side last confirmed a write.
    pub written_at: Option<Timestamp>,
    /// Why the last write failed.
    pub last_error: Option<TargetProblem>,
    pub created_at: Timestamp,
    pub device_name: Option<String>,
    pub serial: Option<String>,
}

impl TargetLinkRow {
    /// The device that it is of.
    pub fn key(&self) -> TargetKey {
        (self.instance, self.device)
    }
}

const LINK: &str = "target, instance, device, record, origin, phase, fingerprint, known, known_epoch, user, user_name,
    user_sought_at, unanswered, unanswered_users, last_sync, snapshot, written_at, last_error, created_at, device_name, serial";

fn link_from_row(row: &SqlRow<'_>, epoch: Epoch) -> rusqlite::Result<TargetLinkRow> {
    let known_epoch: Option<Vec<u8>> = row.get("known_epoch")?;
    let confirmed = known_epoch.is_some_and(|bytes| bytes == epoch.0.as_bytes());
    let fingerprint: Option<[u8; 16]> = row.get("fingerprint")?;
    Ok(TargetLinkRow {
        target: read_instance(row, "target")?,
        instance: read_instance(row, "instance")?,
        device: read_device(row, "device")?,
        record: row.get("record")?,
        origin: read_word(row, "origin")?,
        phase: read_word(row, "phase")?,
        fingerprint: fingerprint.filter(|_| confirmed),
        known: read_json(row, "known")?,
        confirmed,
        user: row.get("user")?,
        user_name: row.get("user_name")?,
        user_sought_at: read_optional_time(row, "user_sought_at")?,
        unanswered: read_unanswered(row)?,
        last_sync: read_optional_time(row, "last_sync")?,
        snapshot: row.get("snapshot")?,
        written_at: read_optional_time(row, "written_at")?,
        last_error: read_optional_json(row, "last_error")?,
        created_at: read_time(row, "created_at")?,
        device_name: row.get("device_name")?,
        serial: row.get("serial")?,
    })
}

fn read_unanswered(row: &SqlRow<'_>) -> rusqlite::Result<Option<Vec<String>>> {
    let is_unanswered: bool = row.get("unanswered")?;
    let users: String = row.get("unanswered_users")?;
    Ok(is_unanswered.then(|| users.lines().map(str::to_owned).collect()))
}

/// `rest`: what follows `FROM target_link`, an index that is to be used first.
pub(super) fn list_link_rows(
    connection: &Connection,
    epoch: Epoch,
    rest: &str,
    values: impl Params,
) -> Result<Vec<TargetLinkRow>, StoreError> {
    let mut statement = connection.prepare_cached(&format!("SELECT {LINK} FROM target_link {rest}"))?;
    let rows = statement.query_map(values, |row| link_from_row(row, epoch))?;
    rows.map(|row| row.map_err(StoreError::from)).collect()
}

/// What a search looks through.
pub(super) fn build_link_text(device: DeviceId, parts: [Option<&str>; 4]) -> String {
    let id = device.to_string();
    let parts = parts.into_iter().flatten().filter(|part| !part.is_empty());
    let all: Vec<&str> = std::iter::once(id.as_str()).chain(parts).collect();
    all.join("\n").to_lowercase()
}
