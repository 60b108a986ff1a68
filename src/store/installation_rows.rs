//! An installation and its members as rows: what they hold, and how they are read.

use std::collections::BTreeMap;

use rusqlite::Row as SqlRow;
use serde::Serialize;
use serde_json::{Map, Value};

use super::sql_values::{from_millis, parse_json_column, to_json};
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
        number: row.get(0)?,
        product: row.get(1)?,
        version: row.get(2)?,
        profile: row.get(3)?,
        state: from_word(4, &row.get::<_, String>(4)?)?,
        overridden_checks: parse_json_column(5, &row.get::<_, String>(5)?)?,
        by: row.get::<_, Option<i64>>(6)?.map(OperatorId),
        sealed: row.get(7)?,
        problem: problem_from_column(row, 8)?,
        created_at: from_millis(row.get(9)?),
        updated_at: from_millis(row.get(10)?),
    })
}

pub(super) fn member_from_row(row: &SqlRow<'_>) -> rusqlite::Result<MemberRow> {
    Ok(MemberRow {
        installation: row.get(0)?,
        position: row.get(1)?,
        name: row.get(2)?,
        part: row.get(3)?,
        kind: row.get(4)?,
        engine: row.get(5)?,
        file: row.get(6)?,
        settings: parse_json_column(7, &row.get::<_, String>(7)?)?,
        state: from_word(8, &row.get::<_, String>(8)?)?,
        problem: problem_from_column(row, 9)?,
        start_type: from_word(10, &row.get::<_, String>(10)?)?,
        secrets: parse_json_column(11, &row.get::<_, String>(11)?)?,
    })
}

pub(super) fn problem_from_column(row: &SqlRow<'_>, column: usize) -> rusqlite::Result<Option<Diagnosis>> {
    let text: Option<String> = row.get(column)?;
    text.map(|text| parse_json_column(column, &text)).transpose()
}

/// A state as it stands in its column.
pub(super) fn to_word<T: Serialize>(state: &T) -> String {
    to_json(state).trim_matches('"').to_owned()
}

pub(super) fn from_word<T: serde::de::DeserializeOwned>(column: usize, word: &str) -> rusqlite::Result<T> {
    parse_json_column(column, &to_json(&word))
}
