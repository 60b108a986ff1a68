//! An installation and its members, as rows: what they hold, and how they are read.

use rusqlite::Row as SqlRow;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::rows::{json, parsed_in_row, time};
use crate::model::{OperatorId, StartType, Timestamp, word_enum};

word_enum! {
/// Where an installation stands. `installing`, `undoing` and `removing` are gone on with after a crash.
#[derive(utoipa::ToSchema)]
pub enum InstallationState {
    Installing "installing",
    Installed "installed",
    /// A member failed: those before it are taken back.
    Undoing "undoing",
    /// It came to nothing, and nothing is left of it.
    Failed "failed",
    Removing "removing",
    Removed "removed",
}
}

word_enum! {
#[derive(utoipa::ToSchema)]
pub enum MemberState {
    Planned "planned",
    Applied "applied",
    Failed "failed",
    Undone "undone",
}
}

/// Why something failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Problem {
    pub code: String,
    pub problem: String,
    pub advice: String,
}

#[derive(Debug, Clone, PartialEq)]
pub struct InstallationRow {
    pub number: i64,
    pub product: String,
    pub version: String,
    /// The name that people gave it.
    pub profile: String,
    pub state: InstallationState,
    /// Checks that had not passed when somebody went on anyway.
    pub anyway: Vec<String>,
    pub by: Option<OperatorId>,
    /// What it needs to go on, sealed; `None` once it needs nothing.
    pub sealed: Option<String>,
    pub problem: Option<Problem>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

#[derive(Debug, Clone, PartialEq)]
pub struct MemberRow {
    pub installation: i64,
    pub place: i64,
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
    pub state: MemberState,
    pub problem: Option<Problem>,
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
    pub anyway: Vec<String>,
    pub by: Option<OperatorId>,
    pub members: Vec<NewMember>,
}

#[derive(Debug, Clone)]
pub struct NewMember {
    pub part: String,
    pub kind: String,
    pub engine: Option<String>,
    pub file: Option<String>,
    pub settings: Map<String, Value>,
}

pub(super) fn installation(row: &SqlRow<'_>) -> rusqlite::Result<InstallationRow> {
    Ok(InstallationRow {
        number: row.get(0)?,
        product: row.get(1)?,
        version: row.get(2)?,
        profile: row.get(3)?,
        state: of_word(4, &row.get::<_, String>(4)?)?,
        anyway: parsed_in_row(5, &row.get::<_, String>(5)?)?,
        by: row.get::<_, Option<i64>>(6)?.map(OperatorId),
        sealed: row.get(7)?,
        problem: problem(row, 8)?,
        created_at: time(row.get(9)?),
        updated_at: time(row.get(10)?),
    })
}

pub(super) fn member(row: &SqlRow<'_>) -> rusqlite::Result<MemberRow> {
    Ok(MemberRow {
        installation: row.get(0)?,
        place: row.get(1)?,
        name: row.get(2)?,
        part: row.get(3)?,
        kind: row.get(4)?,
        engine: row.get(5)?,
        file: row.get(6)?,
        settings: parsed_in_row(7, &row.get::<_, String>(7)?)?,
        state: of_word(8, &row.get::<_, String>(8)?)?,
        problem: problem(row, 9)?,
        start_type: of_word(10, &row.get::<_, String>(10)?)?,
    })
}

pub(super) fn problem(row: &SqlRow<'_>, column: usize) -> rusqlite::Result<Option<Problem>> {
    let text: Option<String> = row.get(column)?;
    text.map(|text| parsed_in_row(column, &text)).transpose()
}

/// A state as it stands in its column.
pub(super) fn word<T: Serialize>(state: &T) -> String {
    json(state).trim_matches('"').to_owned()
}

pub(super) fn of_word<T: serde::de::DeserializeOwned>(column: usize, word: &str) -> rusqlite::Result<T> {
    parsed_in_row(column, &json(&word))
}
