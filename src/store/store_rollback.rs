//! A store that has gone back (A8): a backup was put back, the store or its folder or the whole machine is what it was
//! some time ago, or the store is missing beside its mark. However that came to light, it is made safe here, in one
//! transaction: a new epoch (F3), the kill switch on, every task that is unfinished with an operator and every order failed,
//! no notice that waited sent, and told wherever people look.
//!
//! Two things prove it. The *mark* is written beside the store after each commit, and at a second place where the
//! settings name one ([`super::high_water_mark`]). A *place* from outside, sealed with the store's key in its present epoch, that
//! lies ahead of the store: nobody but this store can have handed it out, and it hands out only what is on the disk. A
//! number or a cursor that anybody could have made up proves nothing.

use rusqlite::{Connection, OptionalExtension, params};
use serde::{Deserialize, Serialize};

use super::audit_witness::RESTORED;
use super::folder_lock::FILE;
use super::sql_values::{parse_json, to_json, to_millis};
use super::store_starts::{self, PublishedUpTo};
use super::{AuditEntry, Store, StoreError, WakeTarget, audit, controls, jobs, meta, notices, servers};
use crate::model::{Epoch, RollbackEvidence, Seq, ServerId, StoreStart, Timestamp};

const KEY: &str = "went_back";

/// That the store has gone back, as long as the kill switch is on that this switched on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoreRollback {
    pub at: Timestamp,
    pub why: String,
}

/// A sealed place of the store's present epoch that somebody came back with.
#[derive(Debug, Clone)]
pub enum SealedPosition {
    Feed {
        server: ServerId,
        generation: i64,
        newest: Seq,
    },
    Results {
        number: i64,
    },
}

/// Within a transaction; the epoch that begins.
pub(super) fn secure_after_rollback(
    connection: &Connection,
    audit_key: &[u8; 32],
    how: RollbackEvidence,
    now: Timestamp,
) -> Result<Epoch, StoreError> {
    let why = how.describe();
    let epoch = meta::begin_epoch(connection)?;
    servers::reset_positions(connection)?;
    jobs::secure_after_restore(connection, how, now)?;
    notices::end_notices_after_restore(connection, now)?;
    let told = StoreRollback {
        at: now,
        why: why.to_owned(),
    };
    connection.execute(
        "INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = ?2",
        params![KEY, to_json(&told)],
    )?;
    let entry = AuditEntry {
        actor: "host".to_owned(),
        action: RESTORED,
        subject: FILE.to_owned(),
        detail: serde_json::json!({ "why": why }),
    };
    audit::append_entry(connection, audit_key, to_millis(now), &entry)?;
    tracing::error!(
        why,
        "the store was rolled back: every management server starts with a snapshot, the kill switch is on, and tasks \
         under way wait for an operator; `intune-connector jobs` lists them, `intune-connector killswitch` shows how \
         to switch the kill switch off"
    );
    Ok(epoch)
}

/// The same, all of it or nothing, while no bus runs.
pub(super) fn secure_offline(
    connection: &Connection,
    audit_key: &[u8; 32],
    how: RollbackEvidence,
) -> Result<Epoch, StoreError> {
    // The clock is the machine's.
    let now = crate::observe::Clock::system().now();
    let all = connection.unchecked_transaction()?;
    let epoch = secure_after_rollback(&all, audit_key, how, now)?;
    controls::insert_notice_for_start(&all, &how.notice_text())?;
    all.commit()?;
    Ok(epoch)
}

/// The notice is no longer needed.
pub(super) fn clear_rollback(connection: &Connection) -> Result<(), StoreError> {
    connection.execute("DELETE FROM meta WHERE key = ?1", [KEY])?;
    Ok(())
}

pub(super) fn read_rollback(connection: &Connection) -> Result<Option<StoreRollback>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT value FROM meta WHERE key = ?1")?;
    let found: Option<String> = statement.query_row([KEY], |row| row.get(0)).optional()?;
    found
        .map(|text| parse_json("the record of a store rollback", &text))
        .transpose()
}

/// Whether a place that was sealed in the present epoch and in `start` lies ahead of the store, or was never told by it.
fn is_ahead_of_store(
    connection: &Connection,
    start: Option<StoreStart>,
    seen: &SealedPosition,
) -> Result<bool, StoreError> {
    let published = match seen {
        SealedPosition::Feed { newest, .. } => PublishedUpTo::Change(*newest),
        SealedPosition::Results { number } => PublishedUpTo::Result(*number),
    };
    if let Some(start) = start
        && store_starts::contradicts_start(connection, start, published)?
    {
        return Ok(true);
    }
    Ok(match seen {
        SealedPosition::Feed {
            server,
            generation,
            newest,
        } => {
            *newest > meta::read_counters(connection)?.0 || *generation > servers::last_generation(connection, server)?
        }
        SealedPosition::Results { number } => *number > jobs::newest_result_number(connection)?,
    })
}

impl Store {
    /// That the store has gone back, and nobody has lifted the kill switch since.
    pub async fn find_rollback(&self) -> Result<Option<StoreRollback>, StoreError> {
        self.read(read_rollback).await
    }

    /// Whether a place that this store's key has sealed in `epoch` and `start` proves that the store has gone back; if so, it is safe
    /// from then on. Asked where nothing else is written meanwhile. `epoch` was the present one a moment ago: where it is
    /// not any more, another place has just proven it, and this one is of the life before.
    pub async fn detect_rollback(
        &self,
        epoch: Epoch,
        start: Option<StoreStart>,
        seen: SealedPosition,
    ) -> Result<bool, StoreError> {
        let (now, key, life) = (
            self.inner.clock.now(),
            self.inner.audit_key,
            self.inner.current_epoch.clone(),
        );
        let all = [
            WakeTarget::Changes,
            WakeTarget::Tasks,
            WakeTarget::Runs,
            WakeTarget::Orders,
        ];
        self.write_and_wake(all, move |connection| {
            if meta::read_epoch(connection)? != Some(epoch) {
                return Ok(true);
            }
            let ahead = is_ahead_of_store(connection, start, &seen)?;
            if ahead {
                controls::insert_notice(connection, &RollbackEvidence::Place.notice_text(), now)?;
                life.begin_epoch(secure_after_rollback(connection, &key, RollbackEvidence::Place, now)?);
            }
            Ok(ahead)
        })
        .await
    }
}
