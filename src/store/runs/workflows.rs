//! What is installed of which definition, on which instance.

use std::sync::LazyLock;

use rusqlite::{Connection, OptionalExtension, params};
use serde_json::Value;

use crate::model::{InstallationState, InstanceId, OperatorId, PolicyRelaxation, Timestamp};
use crate::store::columns::{read_instance, read_json, read_operator, read_optional_time, read_time};
use crate::store::controls;
use crate::store::sql_values::{to_json, to_millis};
use crate::store::{Store, StoreError, WakeTarget, sql_words};

#[derive(Debug, Clone, PartialEq)]
pub struct NewDefinition {
    pub hash: String,
    pub name: String,
    pub version: String,
    pub text: String,
    /// What can be told without reading it: `summary`, `onDemand`, `parameters`, `schedules`, `danger`.
    pub about: Value,
}

#[derive(Debug, Clone, PartialEq)]
pub struct WorkflowRow {
    pub id: i64,
    pub instance: InstanceId,
    /// With the number of its instance.
    pub name: String,
    /// Of the definition that new runs begin with.
    pub hash: String,
    /// As that definition calls itself.
    pub definition: String,
    pub version: String,
    pub about: Value,
    pub enabled: bool,
    /// `None`: the installation itself.
    pub enabled_by: Option<OperatorId>,
    pub changed_at: Timestamp,
    pub offered: Option<OfferedDefinition>,
}

/// A text that waits to be enabled in the place of the one that goes on (A10).
#[derive(Debug, Clone, PartialEq)]
pub struct OfferedDefinition {
    pub hash: String,
    pub version: String,
    pub about: Value,
    /// Who brought it; `None`: found in a file, or come with the program.
    pub by: Option<OperatorId>,
    pub at: Timestamp,
}

/// A text that is found under a name.
#[derive(Debug, Clone, PartialEq)]
pub struct FoundDefinition {
    pub instance: InstanceId,
    /// With the number of the instance.
    pub name: String,
    pub definition: NewDefinition,
    /// Whether it is enabled where nothing has the name yet.
    pub starts_enabled: bool,
    pub by: Option<OperatorId>,
    /// What everybody is told where it waits until somebody enables it: in the same transaction, because the next time it
    /// is found it waits already and is told to nobody.
    pub offer_notice: String,
}

/// What is to become of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DefinitionDecision {
    /// It is there already.
    Stay,
    /// It is what was agreed to; what waited in its place is no more.
    Withdraw,
    /// It takes the place at once: nobody agreed to the one that is there.
    Replace,
    /// It waits until somebody enables it; the one that is there goes on.
    Offer,
}

/// What became of it; with the hash of the text that was there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DefinitionOutcome {
    Installed,
    Stayed,
    Withdrawn,
    Replaced(String),
    Offered(String),
}

static COLUMNS: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT w.id, w.instance, w.name, w.hash, d.name AS definition, d.version, d.about, w.enabled, w.enabled_by,
            w.changed_at, o.hash AS offered_hash, o.version AS offered_version, o.about AS offered_about, w.offered_by,
            w.offered_at
         FROM workflow w JOIN definition d ON d.hash = w.hash LEFT JOIN definition o ON o.hash = w.offered
            AND NOT EXISTS (SELECT 1 FROM instance i WHERE i.id = w.instance AND i.removed_at IS NOT NULL)
            AND NOT EXISTS (SELECT 1 FROM installation s WHERE s.number = w.instance AND s.state = {})",
        sql_words::quote_word(InstallationState::Removed)
    )
});

fn workflow_from_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<WorkflowRow> {
    Ok(WorkflowRow {
        id: row.get("id")?,
        instance: read_instance(row, "instance")?,
        name: row.get("name")?,
        hash: row.get("hash")?,
        definition: row.get("definition")?,
        version: row.get("version")?,
        about: read_json(row, "about")?,
        enabled: row.get("enabled")?,
        enabled_by: read_operator(row, "enabled_by")?,
        changed_at: read_time(row, "changed_at")?,
        offered: offered_from_row(row)?,
    })
}

fn offered_from_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<Option<OfferedDefinition>> {
    let Some(hash) = row.get::<_, Option<String>>("offered_hash")? else {
        return Ok(None);
    };
    Ok(Some(OfferedDefinition {
        hash,
        version: row.get("offered_version")?,
        about: read_json(row, "offered_about")?,
        by: read_operator(row, "offered_by")?,
        at: read_optional_time(row, "offered_at")?.unwrap_or_default(),
    }))
}

fn find_workflow(connection: &Connection, name: &str) -> Result<Option<WorkflowRow>, StoreError> {
    let mut statement = connection.prepare_cached(&format!("{} WHERE w.name = ?1", *COLUMNS))?;
    Ok(statement.query_row([name], workflow_from_row).optional()?)
}

fn insert_definition(connection: &Connection, definition: &NewDefinition, now: Timestamp) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO definition (hash, name, version, text, about, added_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT (hash) DO NOTHING",
        )?
        .execute(params![
            definition.hash,
            definition.name,
            definition.version,
            definition.text,
            to_json(&definition.about),
            to_millis(now)
        ])?;
    Ok(())
}

impl Store {
    /// Leads a text over to what is installed under its name, as `judge` says on the row of the same transaction.
    pub async fn reconcile_workflow(
        &self,
        found: FoundDefinition,
        judge: impl FnOnce(&WorkflowRow) -> DefinitionDecision + Send + 'static,
    ) -> Result<DefinitionOutcome, StoreError> {
        let now = self.inner.clock.now();
        self.write_and_wake([WakeTarget::Runs], move |connection| {
            insert_definition(connection, &found.definition, now)?;
            match find_workflow(connection, &found.name)? {
                Some(row) => apply_decision(connection, &row, &found, judge(&row), now),
                None => install_workflow(connection, &found, now),
            }
        })
        .await
    }

    pub async fn find_definition_text(&self, hash: &str) -> Result<Option<String>, StoreError> {
        let hash = hash.to_owned();
        self.read(move |connection| {
            let mut statement = connection.prepare_cached("SELECT text FROM definition WHERE hash = ?1")?;
            Ok(statement.query_row([hash], |row| row.get(0)).optional()?)
        })
        .await
    }

    /// All that is installed, by name; of one instance or of all.
    pub async fn list_workflows(&self, instance: Option<InstanceId>) -> Result<Vec<WorkflowRow>, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(&format!(
                "{} WHERE ?1 IS NULL OR w.instance = ?1 ORDER BY w.instance, w.name",
                *COLUMNS
            ))?;
            let rows = statement.query_map([instance.map(|id| id.0)], workflow_from_row)?;
            rows.map(|row| row.map_err(StoreError::from)).collect()
        })
        .await
    }

    pub async fn find_workflow_by_name(&self, name: &str) -> Result<Option<WorkflowRow>, StoreError> {
        let name = name.to_owned();
        self.read(move |connection| find_workflow(connection, &name)).await
    }

    /// Enables exactly the text that was shown: the one that runs or would run, or the one that waits in its place.
    pub async fn enable_workflow(&self, id: i64, hash: String, by: OperatorId) -> Result<(), StoreError> {
        let now = self.inner.clock.now();
        self.write_and_wake([WakeTarget::Runs], move |connection| {
            enable_definition(connection, id, &hash, Some(by), now)
        })
        .await
    }

    /// Nobody stands behind it any more, so what waited in its place is what is shown from now on; what waited for a
    /// second person is off as well.
    pub async fn disable_workflow(&self, row: &WorkflowRow) -> Result<(), StoreError> {
        let now = to_millis(self.inner.clock.now());
        let row = row.clone();
        self.write_and_wake([WakeTarget::Runs], move |connection| {
            supersede_others(connection, &row, &[])?;
            connection.execute(
                "UPDATE workflow SET enabled = 0, enabled_by = NULL, changed_at = ?2, hash = coalesce(offered, hash),
                     offered = NULL, offered_by = NULL, offered_at = NULL WHERE id = ?1",
                params![row.id, now],
            )?;
            Ok(())
        })
        .await
    }

    /// When each trigger last started a run.
    pub async fn list_trigger_times(&self, workflow: i64) -> Result<Vec<(String, Timestamp)>, StoreError> {
        self.read(move |connection| {
            let mut statement =
                connection.prepare_cached("SELECT name, last_at FROM workflow_trigger WHERE workflow = ?1")?;
            let rows = statement.query_map([workflow], |row| Ok((row.get("name")?, read_time(row, "last_at")?)))?;
            rows.map(|row| row.map_err(StoreError::from)).collect()
        })
        .await
    }
}

fn install_workflow(
    connection: &Connection,
    found: &FoundDefinition,
    now: Timestamp,
) -> Result<DefinitionOutcome, StoreError> {
    let count = connection
        .prepare_cached(
            "INSERT INTO workflow (instance, name, hash, enabled, changed_at) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (name) DO NOTHING",
        )?
        .execute(params![
            found.instance.0,
            found.name,
            found.definition.hash,
            found.starts_enabled,
            to_millis(now)
        ])?;
    Ok(match count {
        // Of an installation that was removed: its name stays taken.
        0 => DefinitionOutcome::Stayed,
        _ => DefinitionOutcome::Installed,
    })
}

fn apply_decision(
    connection: &Connection,
    row: &WorkflowRow,
    found: &FoundDefinition,
    decision: DefinitionDecision,
    now: Timestamp,
) -> Result<DefinitionOutcome, StoreError> {
    let hash = &found.definition.hash;
    match decision {
        DefinitionDecision::Stay => Ok(DefinitionOutcome::Stayed),
        DefinitionDecision::Withdraw => {
            connection.execute(
                "UPDATE workflow SET offered = NULL, offered_by = NULL, offered_at = NULL WHERE id = ?1",
                [row.id],
            )?;
            supersede_others(connection, row, &[hash])?;
            Ok(DefinitionOutcome::Withdrawn)
        }
        DefinitionDecision::Replace => {
            connection.execute(
                "UPDATE workflow SET hash = ?2, changed_at = ?3, offered = NULL, offered_by = NULL, offered_at = NULL
                 WHERE id = ?1",
                params![row.id, hash, to_millis(now)],
            )?;
            supersede_others(connection, row, &[hash])?;
            Ok(DefinitionOutcome::Replaced(row.hash.clone()))
        }
        DefinitionDecision::Offer => {
            connection.execute(
                "UPDATE workflow SET offered = ?2, offered_by = ?3, offered_at = ?4 WHERE id = ?1",
                params![row.id, hash, found.by.map(|id| id.0), to_millis(now)],
            )?;
            supersede_others(connection, row, &[hash, &row.hash])?;
            controls::insert_notice(connection, &found.offer_notice, now)?;
            Ok(DefinitionOutcome::Offered(row.hash.clone()))
        }
    }
}

/// What waits for a second person is about a text that was shown; one that is no more to be had is not agreed to.
fn supersede_others(connection: &Connection, row: &WorkflowRow, there: &[&String]) -> Result<(), StoreError> {
    crate::store::jobs::supersede_relaxations(connection, |asked| match &asked.relaxation {
        PolicyRelaxation::WorkflowChange { workflow, hash, .. } => *workflow == row.id && !there.contains(&hash),
        PolicyRelaxation::PolicyChange { .. }
        | PolicyRelaxation::KillSwitchOff { .. }
        | PolicyRelaxation::SuspensionLift { .. }
        | PolicyRelaxation::AccountChange { .. }
        | PolicyRelaxation::ApplicationChange { .. } => false,
    })
}

/// The text has to be one of the two that are there: what was agreed to is what runs, or nothing is.
pub(in crate::store) fn enable_definition(
    connection: &Connection,
    id: i64,
    hash: &str,
    by: Option<OperatorId>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let done = connection.execute(
        // A text that waits goes on waiting where the one that is there was meant.
        "UPDATE workflow SET hash = ?2, enabled = 1, enabled_by = ?3, changed_at = ?4,
             offered = nullif(offered, ?2), offered_by = iif(offered = ?2, NULL, offered_by),
             offered_at = iif(offered = ?2, NULL, offered_at) WHERE id = ?1 AND (hash = ?2 OR offered = ?2)",
        params![id, hash, by.map(|id| id.0), to_millis(now)],
    )?;
    match done {
        0 => Err(StoreError::ChangedMeanwhile { what: "the definition" }),
        _ => Ok(()),
    }
}

/// A second operator agreed to a definition (A7). In whose name its triggers act from then on is who asked.
pub(crate) fn enable_approved(
    connection: &Connection,
    workflow: i64,
    hash: &str,
    asked_by: Option<OperatorId>,
    now: Timestamp,
) -> Result<(), StoreError> {
    match asked_by {
        Some(by) => enable_definition(connection, workflow, hash, Some(by), now),
        // From before consent was to content: a file asked for it, and nobody stands behind it.
        None => Err(StoreError::ChangedMeanwhile { what: "the definition" }),
    }
}
