//! The store of a data folder is opened: what an earlier run left is ended first, then writer and readers begin.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use tokio::sync::{Semaphore, watch};

use super::accounts_version::AccountsVersion;
use super::audit::AuditEntry;
use super::error::{OpenError, StoreError};
use super::folder_lock::{FILE, READY, lock_folder};
use super::restore::RefusedFile;
use super::{
    Store, StoreState, audit, backup, checkpoint, controls, current_epoch, feed_cache, high_water_mark, meta, open,
    page, recorded, restore, sql_values, store_starts, writer,
};
use crate::observe::Clock;

/// Connections that read at the same time at most.
const READERS: usize = 4;

/// Pages of lists on their way here at the same time, of all walks. More than one walk can have.
const PAGE_PLACES: usize = 8;

/// Ends a restore that was broken off. What only claims to be one is put aside and told, and the store that is there goes
/// on: refusing to start would let whoever can put one file here keep the bus down, and nothing of that file is taken.
/// Where there is no store, there is nothing to go on with.
fn finish_interrupted_restore(
    folder: &Path,
    marks: &high_water_mark::HighWaterMarkFiles,
    audit_key: &[u8; 32],
) -> Result<Option<RefusedFile>, OpenError> {
    let ended = restore::finish_restore(folder, marks, audit_key).map_err(|source| OpenError::Io {
        file: folder.join(READY),
        source,
    })?;
    if let Some(kept) = ended.old_store {
        tracing::warn!(kept = %kept.display(), "an interrupted restore was completed");
    }
    for removed in ended.removed {
        tracing::warn!(path = %removed.display(), "a store set aside by an earlier restore was removed: only the newest are kept");
    }
    let Some(refused) = ended.refused else {
        return Ok(None);
    };
    tracing::error!(
        path = %refused.path.display(),
        why = %refused.reason,
        "a file was named like a restored store but was not made by a restore here; it was set aside, and the store \
         is unchanged: check who can write to the data folder"
    );
    if folder.join(FILE).exists() {
        Ok(Some(refused))
    } else {
        Err(OpenError::NoStore {
            folder: folder.to_owned(),
            refused: refused.path,
            why: refused.reason,
        })
    }
}

impl Store {
    /// Opens (and on first use makes) the store of a data folder. `audit_key` seals the audit trail (E5).
    pub fn open(folder: &Path, clock: Clock, audit_key: [u8; 32]) -> Result<Store, OpenError> {
        Self::open_with_mark(folder, None, clock, audit_key)
    }

    /// The same, with a second mark outside of the folder (`mark_file` of the settings).
    pub fn open_with_mark(
        folder: &Path,
        mark_file: Option<&Path>,
        clock: Clock,
        audit_key: [u8; 32],
    ) -> Result<Store, OpenError> {
        let marks = high_water_mark::HighWaterMarkFiles::new(folder, mark_file);
        let lock = lock_folder(folder)?;
        for closed in open::restrict_permissions(folder)? {
            tracing::warn!(path = %closed.display(), "other users could read this file; now only its owner can");
        }
        let refused = finish_interrupted_restore(folder, &marks, &audit_key)?;
        let file = folder.join(FILE);
        let damaged_marks = marks.find_damaged();
        let (connection, epoch) = open::open_writer(folder, &marks, &audit_key)?;
        let io = |source| OpenError::Io {
            file: file.clone(),
            source,
        };
        let store = |source: StoreError| OpenError::Store {
            file: file.clone(),
            source,
        };
        for mark in &damaged_marks {
            high_water_mark::tell_damage(&connection, mark, &audit_key, clock.now()).map_err(store)?;
        }
        controls::activate_notices(&connection, clock.now()).map_err(store)?;
        if let Some(refused) = refused {
            let entry = AuditEntry {
                actor: "bus".to_owned(),
                action: "restore.refused",
                subject: READY.to_owned(),
                detail: serde_json::json!({"keptAs": refused.path.display().to_string(), "why": refused.reason}),
            };
            audit::append_entry(&connection, &audit_key, sql_values::to_millis(clock.now()), &entry).map_err(store)?;
        }
        backup::remove_partial_copies(folder);
        let start = store_starts::begin_start(&connection).map_err(store)?;
        let (seq, commits) = meta::read_counters(&connection).map_err(store)?;
        let life = current_epoch::CurrentEpoch::new(epoch);
        let mut mark = high_water_mark::HighWaterMark::open(&marks, life.clone())
            .map_err(|(file, source)| OpenError::Mark { file, source })?;
        let last_number = meta::read_last_number(&connection).map_err(store)?;
        mark.write(high_water_mark::StoreProgress { commits, last_number });
        let head = watch::Sender::new(seq);
        let health = writer::CommitHealth::default();
        let marks = Arc::<Mutex<page::HardwareIndex>>::default();
        let mut checkpoints = checkpoint::CheckpointThread::start(folder, &connection).map_err(io)?;
        let shared = Arc::<feed_cache::FeedCache>::default();
        let after = {
            let (marks, shared) = (marks.clone(), shared.clone());
            move |connection: &Connection, committed: &writer::CommitOutcome| match committed {
                Ok(()) => {
                    shared.clear();
                    checkpoints.after_commit(connection);
                }
                Err(error) => {
                    marks.lock().unwrap_or_else(PoisonError::into_inner).reset();
                    if matches!(**error, StoreError::Full(_)) {
                        checkpoint::free_log_space(connection);
                    }
                }
            }
        };
        let writer = writer::StoreWriter::start(connection, (mark, life.clone()), after, head.clone(), health.clone())
            .map_err(io)?;
        Ok(Store {
            accounts_version: AccountsVersion::UNJUDGED,
            recorders: recorded::Recorders::default(),
            inner: Arc::new(StoreState {
                folder: folder.to_owned(),
                clock,
                current_epoch: life,
                start,
                audit_key,
                writer,
                head,
                tasks: watch::Sender::new(0),
                runs: watch::Sender::new(0),
                orders: watch::Sender::new(0),
                write_marks: Arc::default(),
                health,
                damage: Mutex::default(),
                damage_found: tokio::sync::Notify::new(),
                clock_at: std::sync::atomic::AtomicI64::new(i64::MAX),
                hardware_index: marks,
                feed_cache: shared,
                readers: Mutex::default(),
                free_readers: Semaphore::new(READERS),
                page_places: Arc::new(Semaphore::new(PAGE_PLACES)),
                _lock: lock,
            }),
        })
    }
}
