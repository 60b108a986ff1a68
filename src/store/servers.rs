//! Management servers: announced, accepted, limited, and how far each has acknowledged.

use ipnet::IpNet;
use rusqlite::{Connection, OptionalExtension, params};
use serde_json::Value;

use super::columns::{read_json, read_optional_json, read_optional_time, read_time, read_word};
use super::sql_values::{to_json, to_millis};
use super::write_marks::WriteConcern;
use super::{Store, StoreError, WakeTarget, change_rejects};
use crate::model::{FeedPositions, OperatorId, ServerId, Timestamp, position};

#[derive(Debug, Clone, PartialEq)]
pub struct ServerRow {
    pub id: ServerId,
    pub display_name: String,
    /// What it says it accepts; kept as given.
    pub accepts: Value,
    /// The operator that announced it first: the only one that may use it (F7).
    pub owner: OperatorId,
    /// New after resync, rewind and registration: cursors of another one do not fit (F3).
    pub generation: i64,
    /// The generation in which it was told everything anew; only rewinds lie between that and the present one.
    pub since_generation: i64,
    pub accepted: bool,
    pub announced_at: Timestamp,
    pub accepted_at: Option<Timestamp>,
    pub last_seen_at: Option<Timestamp>,
    pub acknowledged_at: Option<Timestamp>,
    /// Where it may come from; empty means from anywhere.
    pub ranges: Vec<IpNet>,
    /// The fields it receives; `None` means all.
    pub fields: Option<Vec<String>>,
    /// CEL: the devices it receives.
    pub filter: Option<String>,
    /// Whether it may send jobs at all; off at first.
    pub sends_jobs: bool,
    /// What it has acknowledged, per instance.
    pub positions: FeedPositions,
}

impl ServerRow {
    /// Whether the bus made it for a target.
    pub fn is_of_target(&self) -> bool {
        self.accepts.get("target").is_some()
    }
}

#[derive(Debug, Clone)]
pub struct ServerAnnouncement {
    pub display_name: String,
    pub accepts: Value,
}

/// `None` leaves a limit as it is; `Some(None)` takes it away.
#[derive(Debug, Clone, Default)]
pub struct ServerLimits {
    pub ranges: Option<Vec<IpNet>>,
    pub fields: Option<Option<Vec<String>>>,
    pub filter: Option<Option<String>>,
    pub sends_jobs: Option<bool>,
}

const COLUMNS: &str = "id, display_name, accepts, owner, generation, accepted, announced_at, accepted_at, \
                       last_seen_at, ranges, fields, filter, positions, since, acknowledged_at, sends_jobs";

fn server_from_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<ServerRow> {
    Ok(ServerRow {
        id: read_word(row, "id")?,
        display_name: row.get("display_name")?,
        accepts: read_json(row, "accepts")?,
        owner: OperatorId(row.get("owner")?),
        generation: row.get("generation")?,
        accepted: row.get("accepted")?,
        announced_at: read_time(row, "announced_at")?,
        accepted_at: read_optional_time(row, "accepted_at")?,
        last_seen_at: read_optional_time(row, "last_seen_at")?,
        ranges: read_json(row, "ranges")?,
        fields: read_optional_json(row, "fields")?,
        filter: row.get("filter")?,
        positions: read_json(row, "positions")?,
        since_generation: row.get("since")?,
        acknowledged_at: read_optional_time(row, "acknowledged_at")?,
        sends_jobs: row.get("sends_jobs")?,
    })
}

pub(super) fn find_server(connection: &Connection, id: &ServerId) -> Result<Option<ServerRow>, StoreError> {
    let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM server WHERE id = ?1"))?;
    Ok(statement.query_row([id.as_str()], server_from_row).optional()?)
}

pub(super) fn load_server(connection: &Connection, id: &ServerId) -> Result<ServerRow, StoreError> {
    find_server(connection, id)?.ok_or_else(|| StoreError::Unknown {
        what: "server",
        name: id.to_string(),
    })
}

/// Another server whose id reads the same: people and other programs can't tell `cmdb` from `CMDB`. A store from before may
/// hold both, and goes on with both.
pub(super) fn check_id_case_conflict(connection: &Connection, id: &ServerId) -> Result<(), StoreError> {
    let mut statement =
        connection.prepare_cached("SELECT id FROM server WHERE id = ?1 COLLATE NOCASE AND id <> ?1 LIMIT 1")?;
    let existing: Option<String> = statement.query_row([id.as_str()], |row| row.get(0)).optional()?;
    match existing {
        None => Ok(()),
        Some(known) => Err(StoreError::Twin {
            what: "server",
            name: id.to_string(),
            known,
        }),
    }
}

/// A number that this server id never had, also not before it was removed.
pub(super) fn next_generation(connection: &Connection, id: &ServerId) -> Result<i64, StoreError> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO generation (server, last) VALUES (?1, 1)
         ON CONFLICT (server) DO UPDATE SET last = last + 1 RETURNING last",
    )?;
    Ok(statement.query_row([id.as_str()], |row| row.get(0))?)
}

impl Store {
    /// Registers a server, or changes what it says of itself. A server id belongs to the operator that announced it
    /// first; a new one waits for acceptance unless `auto_accept` (F7).
    pub async fn announce_server(
        &self,
        id: ServerId,
        announcement: ServerAnnouncement,
        owner: OperatorId,
        auto_accept: bool,
    ) -> Result<ServerRow, StoreError> {
        let now = to_millis(self.inner.clock.now());
        self.write(move |connection| {
            match find_server(connection, &id)? {
                Some(known) if known.owner != owner => return Err(StoreError::BelongsToAnother(id.to_string())),
                Some(_) => connection.execute(
                    "UPDATE server SET display_name = coalesce(nullif(?2, ''), display_name), accepts = ?3, last_seen_at = ?4
                     WHERE id = ?1",
                    params![id.as_str(), announcement.display_name, to_json(&announcement.accepts), now],
                )?,
                None => {
                    check_id_case_conflict(connection, &id)?;
                    connection.execute(
                        "INSERT INTO server (id, display_name, accepts, owner, generation, since, accepted, announced_at,
                         accepted_at, last_seen_at) VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6, ?7, ?8, ?7)",
                        params![
                            id.as_str(),
                            Some(announcement.display_name.as_str())
                                .filter(|name| !name.is_empty())
                                .unwrap_or(id.as_str()),
                            to_json(&announcement.accepts),
                            owner.0,
                            next_generation(connection, &id)?,
                            auto_accept,
                            now,
                            auto_accept.then_some(now)
                        ],
                    )?
                }
            };
            load_server(connection, &id)
        })
        .await
    }

    pub async fn list_servers(&self) -> Result<Vec<ServerRow>, StoreError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM server ORDER BY id"))?;
            let rows = statement.query_map([], server_from_row)?;
            rows.map(|row| row.map_err(StoreError::from)).collect()
        })
        .await
    }

    pub async fn find_server(&self, id: ServerId) -> Result<Option<ServerRow>, StoreError> {
        self.read(move |connection| find_server(connection, &id)).await
    }

    pub async fn accept_server(&self, id: ServerId) -> Result<ServerRow, StoreError> {
        let now = to_millis(self.inner.clock.now());
        self.write_and_wake([WakeTarget::Changes], move |connection| {
            connection.execute(
                "UPDATE server SET accepted = 1, accepted_at = coalesce(accepted_at, ?2) WHERE id = ?1",
                params![id.as_str(), now],
            )?;
            load_server(connection, &id)
        })
        .await
    }

    /// New fields or another filter change what the server holds: it starts over with a snapshot.
    pub async fn change_server(&self, id: ServerId, limits: ServerLimits) -> Result<ServerRow, StoreError> {
        self.write_and_wake([WakeTarget::Changes], move |connection| {
            let before = load_server(connection, &id)?;
            let fields = limits.fields.unwrap_or(before.fields.clone());
            let filter = limits.filter.unwrap_or(before.filter.clone());
            let needs_resync = fields != before.fields || filter != before.filter;
            connection.execute(
                "UPDATE server SET ranges = ?2, fields = ?3, filter = ?4, sends_jobs = ?5 WHERE id = ?1",
                params![
                    id.as_str(),
                    to_json(&limits.ranges.unwrap_or(before.ranges)),
                    fields.map(|fields| to_json(&fields)),
                    filter,
                    limits.sends_jobs.unwrap_or(before.sends_jobs)
                ],
            )?;
            if needs_resync {
                begin_resync(connection, &id, &position::restart_positions(before.positions.keys()))?;
            }
            load_server(connection, &id)
        })
        .await
    }

    pub async fn remove_server(&self, id: ServerId) -> Result<(), StoreError> {
        self.write(move |connection| {
            load_server(connection, &id)?;
            connection.execute("DELETE FROM server WHERE id = ?1", [id.as_str()])?;
            change_rejects::remove_rejects(connection, Some(&id))
        })
        .await
    }

    /// A new generation, in which everything is told anew from where `choose_positions` says.
    pub async fn resync_server(
        &self,
        id: ServerId,
        choose_positions: impl FnOnce(&ServerRow) -> FeedPositions + Send + 'static,
    ) -> Result<ServerRow, StoreError> {
        self.write_and_wake([WakeTarget::Changes], move |connection| {
            let positions = choose_positions(&load_server(connection, &id)?);
            begin_resync(connection, &id, &positions)?;
            load_server(connection, &id)
        })
        .await
    }

    /// A new generation, in which a part of what was told is told again.
    pub async fn rewind_server(
        &self,
        id: ServerId,
        choose_positions: impl FnOnce(&ServerRow) -> FeedPositions + Send + 'static,
    ) -> Result<ServerRow, StoreError> {
        self.write_and_wake([WakeTarget::Changes], move |connection| {
            let positions = choose_positions(&load_server(connection, &id)?);
            begin_generation(connection, &id, &positions)?;
            load_server(connection, &id)
        })
        .await
    }

    /// Gives up what a server has acknowledged, where `new_positions` says that it holds less: everything is told anew. `None`
    /// leaves it.
    pub async fn discard_acknowledged(
        &self,
        id: ServerId,
        new_positions: impl FnOnce(&ServerRow) -> Option<FeedPositions> + Send + 'static,
    ) -> Result<(), StoreError> {
        self.write(move |connection| {
            let Some(row) = find_server(connection, &id)? else {
                return Ok(());
            };
            let Some(positions) = new_positions(&row) else {
                return Ok(());
            };
            tracing::warn!(
                server = %id,
                "a management server sent a cursor older than its last acknowledgement, as after a restore of its own \
                 backup; it receives everything again"
            );
            begin_resync(connection, &id, &positions)
        })
        .await
    }

    /// Moves what the server has acknowledged forward, in each instance, and never back. A cursor of another generation
    /// moves nothing. False where nothing moved.
    pub async fn acknowledge_changes(
        &self,
        id: ServerId,
        generation: i64,
        acknowledged: FeedPositions,
    ) -> Result<bool, StoreError> {
        let now = to_millis(self.inner.clock.now());
        self.write_concerning(WriteConcern::Nobody, [], move |connection| {
            let row = load_server(connection, &id)?;
            let positions = position::merge_acknowledged(&row.positions, &acknowledged);
            if row.generation != generation || positions == row.positions {
                return Ok(false);
            }
            connection
                .prepare_cached(
                    "UPDATE server SET positions = ?2, last_seen_at = ?3, acknowledged_at = ?3 WHERE id = ?1",
                )?
                .execute(params![id.as_str(), to_json(&positions), now])?;
            change_rejects::remove_processed(connection, &id, &positions)?;
            Ok(true)
        })
        .await
    }

    /// The server was here; kept roughly, for people and for verify.
    pub async fn record_server_seen(&self, id: ServerId) -> Result<(), StoreError> {
        let now = to_millis(self.inner.clock.now());
        self.write_concerning(WriteConcern::Nobody, [], move |connection| {
            connection
                .prepare_cached("UPDATE server SET last_seen_at = ?2 WHERE id = ?1")?
                .execute(params![id.as_str(), now])?;
            Ok(())
        })
        .await
    }
}

/// A generation from which on cursors say what the server holds.
fn begin_resync(connection: &Connection, id: &ServerId, positions: &FeedPositions) -> Result<(), StoreError> {
    begin_generation(connection, id, positions)?;
    connection.execute("UPDATE server SET since = generation WHERE id = ?1", [id.as_str()])?;
    change_rejects::remove_rejects(connection, Some(id))
}

fn begin_generation(connection: &Connection, id: &ServerId, positions: &FeedPositions) -> Result<(), StoreError> {
    let generation = next_generation(connection, id)?;
    connection.execute(
        "UPDATE server SET generation = ?2, positions = ?3 WHERE id = ?1",
        params![id.as_str(), generation, to_json(positions)],
    )?;
    change_rejects::remove_told_again(connection, id, positions)
}

/// What servers have acknowledged does not outlive an epoch (F3).
pub(super) fn reset_positions(connection: &Connection) -> Result<(), StoreError> {
    let mut statement = connection.prepare("SELECT id, positions FROM server")?;
    let rows = statement.query_map([], |row| {
        let positions: FeedPositions = read_json(row, "positions")?;
        Ok((row.get::<_, String>("id")?, positions))
    })?;
    for row in rows.collect::<Result<Vec<_>, _>>()? {
        connection.execute(
            "UPDATE server SET positions = ?2 WHERE id = ?1",
            params![row.0, to_json(&position::restart_positions(row.1.keys()))],
        )?;
    }
    change_rejects::remove_rejects(connection, None)
}

/// The newest generation that this server id ever had, also before it was removed.
pub(super) fn last_generation(connection: &Connection, id: &ServerId) -> Result<i64, StoreError> {
    let mut statement = connection.prepare_cached("SELECT last FROM generation WHERE server = ?1")?;
    Ok(statement
        .query_row([id.as_str()], |row| row.get(0))
        .optional()?
        .unwrap_or(0))
}
