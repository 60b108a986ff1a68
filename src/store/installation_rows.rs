//! An installation and its members as rows: what they hold, and how they are read.

use std::collections::BTreeMap;

use rusqlite::Row as SqlRow;
use serde::Serialize;
use serde_json::{Map, Value};

use super::columns::{read_json, read_operator, read_optional_json, read_time, read_word};
use super::sql_values::to_json;
use crate::contract::Diagnosis;
use crate::model::{InstallationState, MemberState, OperatorId, StartType, Timestamp};

#[derive(Debug, Clone, PartialEq)]
pub struct InstallationRow {
    pub number: i64,
    pub product: String,
    pub version: String,
    /// The name that people gave it.
    pub profile: String,
    pub state: InstallationState,
    /// Checks that had not passed when somebody went on anyway.
    pub overridden_checks: Vec<String>,
    pub by: Option<OperatorId>,
    /// What it needs to go on, sealed; `None` once it needs nothing.
    pub sealed: Option<String>,
    pub problem: Option<Diagnosis>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

#[derive(Debug, Clone, PartialEq)]
pub struct MemberRow {
    pub installation: i64,
    pub position: i64,
    /// `IntuneConnector_1`.
    pub name: String,
    /// `IntuneConnector`.
    pub part: String,
    /// Of a microservice; `workflow` for definitions.
    pub kind: String,
    /// Of a definition: the part that runs it.
    pub engine: Option<String>,
    /// Of a definition: its file in the package.
    pub file: Option<String>,
    /// What was answered for it; never a secret.
    pub settings: Map<String, Value>,
    /// Secrets that it needs to start, by key; sealed.
    pub secrets: BTreeMap<String, String>,
    pub state: MemberState,
    pub problem: Option<Diagnosis>,
    /// Of a microservice.
    pub start_type: StartType,
}

/// The kind of members that are definitions.
pub const WORKFLOW: &str = "workflow";

#[derive(Debug, Clone)]
pub struct NewInstallation {
    pub product: String,
    pub version: String,
    pub profile: String,
    pub overridden_checks: Vec<String>,
    pub by: Option<OperatorId>,
    pub members: Vec<NewMember>,
    /// The registration that its sign-in was taken from.
    pub registration: Option<String>,
}

/// The settings that the bus keeps for a part, as they are after a change.
#[derive(Debug, Clone)]
pub struct KeptSettings {
    pub part: String,
    pub settings: Map<String, Value>,
    /// By key; sealed.
    pub secrets: BTreeMap<String, String>,
}

#[derive(Debug, Clone)]
pub struct NewMember {
    pub part: String,
    pub kind: String,
    pub engine: Option<String>,
    pub file: Option<String>,
    pub settings: Map<String, Value>,
}

pub(super) fn installation_from_row(row: &SqlRow<'_>) -> rusqlite::Result<InstallationRow> {
    Ok(InstallationRow {
        number: row.get("number")?,
        product: row.get("product")?,
        version: row.get("version")?,
        profile: row.get("profile")?,
        state: read_word(row, "state")?,
        overridden_checks: read_json(row, "anyway")?,
        by: read_operator(row, "by")?,
        sealed: row.get("sealed")?,
        problem: read_optional_json(row, "problem")?,
        created_at: read_time(row, "created_at")?,
        updated_at: read_time(row, "updated_at")?,
    })
}

pub(super) fn member_from_row(row: &SqlRow<'_>) -> rusqlite::Result<MemberRow> {
    Ok(MemberRow {
        installation: row.get("installation")?,
        position: row.get("place")?,
        name: row.get("name")?,
        part: row.get("part")?,
        kind: row.get("kind")?,
        engine: row.get("engine")?,
        file: row.get("file")?,
        settings: read_json(row, "settings")?,
        state: read_word(row, "state")?,
        problem: read_optional_json(row, "problem")?,
        start_type: read_word(row, "start_type")?,
        secrets: read_json(row, "secrets")?,
    })
}

/// A state as it stands in its column.
pub(super) fn to_word<T: Serialize>(state: &T) -> String {
    to_json(state).trim_matches('"').to_owned()
}
