//! Management servers: announced, accepted, limited, and how far each has acknowledged.

use ipnet::IpNet;
use rusqlite::{Connection, OptionalExtension, params};
use serde_json::Value;

use super::rows::{json, ms, parsed_in_row, time};
use super::{Store, StoreError, Waiting};
use crate::model::{OperatorId, Positions, ServerId, Timestamp, position};

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
    pub since: i64,
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
    pub positions: Positions,
}

#[derive(Debug, Clone)]
pub struct Announcement {
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

fn server(row: &rusqlite::Row<'_>) -> rusqlite::Result<ServerRow> {
    let id: String = row.get(0)?;
    Ok(ServerRow {
        id: parsed_in_row(0, &json(&id))?,
        display_name: row.get(1)?,
        accepts: parsed_in_row(2, &row.get::<_, String>(2)?)?,
        owner: OperatorId(row.get(3)?),
        generation: row.get(4)?,
        accepted: row.get(5)?,
        announced_at: time(row.get(6)?),
        accepted_at: row.get::<_, Option<i64>>(7)?.map(time),
        last_seen_at: row.get::<_, Option<i64>>(8)?.map(time),
        ranges: parsed_in_row(9, &row.get::<_, String>(9)?)?,
        fields: row
            .get::<_, Option<String>>(10)?
            .map(|text| parsed_in_row(10, &text))
            .transpose()?,
        filter: row.get(11)?,
        positions: parsed_in_row(12, &row.get::<_, String>(12)?)?,
        since: row.get(13)?,
        acknowledged_at: row.get::<_, Option<i64>>(14)?.map(time),
        sends_jobs: row.get(15)?,
    })
}

fn find(connection: &Connection, id: &ServerId) -> Result<Option<ServerRow>, StoreError> {
    let mut ask = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM server WHERE id = ?1"))?;
    Ok(ask.query_row([id.as_str()], server).optional()?)
}

fn must(connection: &Connection, id: &ServerId) -> Result<ServerRow, StoreError> {
    find(connection, id)?.ok_or_else(|| StoreError::Unknown {
        what: "server",
        name: id.to_string(),
    })
}

/// Another server whose id reads the same: people and other programs can't tell `cmdb` from `CMDB`. A store from before may
/// hold both, and goes on with both.
fn no_twin(connection: &Connection, id: &ServerId) -> Result<(), StoreError> {
    let mut ask =
        connection.prepare_cached("SELECT id FROM server WHERE id = ?1 COLLATE NOCASE AND id <> ?1 LIMIT 1")?;
    let twin: Option<String> = ask.query_row([id.as_str()], |row| row.get(0)).optional()?;
    match twin {
        None => Ok(()),
        Some(known) => Err(StoreError::Twin {
            what: "server",
            name: id.to_string(),
            known,
        }),
    }
}

/// A number that this server id never had, also not before it was removed.
fn next_generation(connection: &Connection, id: &ServerId) -> Result<i64, StoreError> {
    let mut ask = connection.prepare_cached(
        "INSERT INTO generation (server, last) VALUES (?1, 1)
         ON CONFLICT (server) DO UPDATE SET last = last + 1 RETURNING last",
    )?;
    Ok(ask.query_row([id.as_str()], |row| row.get(0))?)
}

impl Store {
    /// Registers a server, or changes what it says of itself. A server id belongs to the operator that announced it
    /// first; a new one waits for acceptance unless `auto_accept` (F7).
    pub async fn announce_server(
        &self,
        id: ServerId,
        announcement: Announcement,
        owner: OperatorId,
        auto_accept: bool,
    ) -> Result<ServerRow, StoreError> {
        let now = ms(self.inner.clock.now());
        self.write(move |connection| {
            match find(connection, &id)? {
                Some(known) if known.owner != owner => return Err(StoreError::BelongsToAnother(id.to_string())),
                Some(_) => connection.execute(
                    "UPDATE server SET display_name = ?2, accepts = ?3, last_seen_at = ?4 WHERE id = ?1",
                    params![id.as_str(), announcement.display_name, json(&announcement.accepts), now],
                )?,
                None => {
                    no_twin(connection, &id)?;
                    connection.execute(
                        "INSERT INTO server (id, display_name, accepts, owner, generation, since, accepted, announced_at,
                         accepted_at, last_seen_at) VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6, ?7, ?8, ?7)",
                        params![
                            id.as_str(),
                            announcement.display_name,
                            json(&announcement.accepts),
                            owner.0,
                            next_generation(connection, &id)?,
                            auto_accept,
                            now,
                            auto_accept.then_some(now)
                        ],
                    )?
                }
            };
            must(connection, &id)
        })
        .await
    }

    pub async fn servers(&self) -> Result<Vec<ServerRow>, StoreError> {
        self.read(|connection| {
            let mut ask = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM server ORDER BY id"))?;
            let rows = ask.query_map([], server)?;
            rows.map(|row| row.map_err(StoreError::from)).collect()
        })
        .await
    }

    pub async fn server(&self, id: ServerId) -> Result<Option<ServerRow>, StoreError> {
        self.read(move |connection| find(connection, &id)).await
    }

    pub async fn accept_server(&self, id: ServerId) -> Result<ServerRow, StoreError> {
        let now = ms(self.inner.clock.now());
        self.write_and_wake([Waiting::Changes], move |connection| {
            connection.execute(
                "UPDATE server SET accepted = 1, accepted_at = coalesce(accepted_at, ?2) WHERE id = ?1",
                params![id.as_str(), now],
            )?;
            must(connection, &id)
        })
        .await
    }

    /// New fields or another filter change what the server holds: it starts over with a snapshot.
    pub async fn change_server(&self, id: ServerId, limits: ServerLimits) -> Result<ServerRow, StoreError> {
        self.write_and_wake([Waiting::Changes], move |connection| {
            let before = must(connection, &id)?;
            let fields = limits.fields.unwrap_or(before.fields.clone());
            let filter = limits.filter.unwrap_or(before.filter.clone());
            let afresh = fields != before.fields || filter != before.filter;
            connection.execute(
                "UPDATE server SET ranges = ?2, fields = ?3, filter = ?4, sends_jobs = ?5 WHERE id = ?1",
                params![
                    id.as_str(),
                    json(&limits.ranges.unwrap_or(before.ranges)),
                    fields.map(|fields| json(&fields)),
                    filter,
                    limits.sends_jobs.unwrap_or(before.sends_jobs)
                ],
            )?;
            if afresh {
                start_over(connection, &id, &position::anew(before.positions.keys()))?;
            }
            must(connection, &id)
        })
        .await
    }

    pub async fn remove_server(&self, id: ServerId) -> Result<(), StoreError> {
        self.write(move |connection| {
            must(connection, &id)?;
            connection.execute("DELETE FROM server WHERE id = ?1", [id.as_str()])?;
            Ok(())
        })
        .await
    }

    /// A new generation, in which everything is told anew from where `places` says.
    pub async fn start_server_over(
        &self,
        id: ServerId,
        places: impl FnOnce(&ServerRow) -> Positions + Send + 'static,
    ) -> Result<ServerRow, StoreError> {
        self.write_and_wake([Waiting::Changes], move |connection| {
            let places = places(&must(connection, &id)?);
            start_over(connection, &id, &places)?;
            must(connection, &id)
        })
        .await
    }

    /// A new generation, in which a part of what was told is told again.
    pub async fn rewind_server(
        &self,
        id: ServerId,
        places: impl FnOnce(&ServerRow) -> Positions + Send + 'static,
    ) -> Result<ServerRow, StoreError> {
        self.write_and_wake([Waiting::Changes], move |connection| {
            let places = places(&must(connection, &id)?);
            next_life(connection, &id, &places)?;
            must(connection, &id)
        })
        .await
    }

    /// Gives up what a server has acknowledged, where `anew` says that it holds less: everything is told anew. `None`
    /// leaves it.
    pub async fn give_up_place(
        &self,
        id: ServerId,
        anew: impl FnOnce(&ServerRow) -> Option<Positions> + Send + 'static,
    ) -> Result<(), StoreError> {
        self.write(move |connection| {
            let Some(row) = find(connection, &id)? else { return Ok(()) };
            let Some(places) = anew(&row) else { return Ok(()) };
            tracing::warn!(
                server = %id,
                "a management server came back with a cursor from before what it has acknowledged, as one does that put a \
                 backup of its own back; everything is told to it anew"
            );
            start_over(connection, &id, &places)
        })
        .await
    }

    /// Moves what the server has acknowledged forward, in each instance, and never back. A cursor of another generation
    /// moves nothing. False where nothing moved.
    pub async fn acknowledge(&self, id: ServerId, generation: i64, told: Positions) -> Result<bool, StoreError> {
        let now = ms(self.inner.clock.now());
        self.write(move |connection| {
            let row = must(connection, &id)?;
            let places = position::acknowledged(&row.positions, &told);
            if row.generation != generation || places == row.positions {
                return Ok(false);
            }
            connection
                .prepare_cached(
                    "UPDATE server SET positions = ?2, last_seen_at = ?3, acknowledged_at = ?3 WHERE id = ?1",
                )?
                .execute(params![id.as_str(), json(&places), now])?;
            Ok(true)
        })
        .await
    }

    /// The server was here; kept roughly, for people and for verify.
    pub async fn server_seen(&self, id: ServerId) -> Result<(), StoreError> {
        let now = ms(self.inner.clock.now());
        self.write(move |connection| {
            connection
                .prepare_cached("UPDATE server SET last_seen_at = ?2 WHERE id = ?1")?
                .execute(params![id.as_str(), now])?;
            Ok(())
        })
        .await
    }
}

/// A generation from which on cursors say what the server holds.
fn start_over(connection: &Connection, id: &ServerId, places: &Positions) -> Result<(), StoreError> {
    next_life(connection, id, places)?;
    connection.execute("UPDATE server SET since = generation WHERE id = ?1", [id.as_str()])?;
    Ok(())
}

fn next_life(connection: &Connection, id: &ServerId, places: &Positions) -> Result<(), StoreError> {
    let generation = next_generation(connection, id)?;
    connection.execute(
        "UPDATE server SET generation = ?2, positions = ?3 WHERE id = ?1",
        params![id.as_str(), generation, json(places)],
    )?;
    Ok(())
}

/// What servers have acknowledged does not outlive an epoch (F3).
pub(super) fn forget_places(connection: &Connection) -> Result<(), StoreError> {
    let mut ask = connection.prepare("SELECT id, positions FROM server")?;
    let rows = ask.query_map([], |row| {
        let places: Positions = parsed_in_row(1, &row.get::<_, String>(1)?)?;
        Ok((row.get::<_, String>(0)?, places))
    })?;
    for row in rows.collect::<Result<Vec<_>, _>>()? {
        connection.execute(
            "UPDATE server SET positions = ?2 WHERE id = ?1",
            params![row.0, json(&position::anew(row.1.keys()))],
        )?;
    }
    Ok(())
}

/// The newest generation that this server id ever had, also before it was removed.
pub(super) fn last_generation(connection: &Connection, id: &ServerId) -> Result<i64, StoreError> {
    let mut ask = connection.prepare_cached("SELECT last FROM generation WHERE server = ?1")?;
    Ok(ask.query_row([id.as_str()], |row| row.get(0)).optional()?.unwrap_or(0))
}
