//! A store that has gone back (A8): a backup was put back, the store or its folder or the whole machine is what it was
//! some time ago, or the store is missing beside its mark. However that came to light, it is made safe here, in one
//! transaction: a new epoch (F3), the kill switch on, everything unfinished with an operator, and told wherever people
//! look.
//!
//! Two things prove it. The *mark* is written beside the store after each commit, and at a second place where the
//! settings name one ([`super::mark`]). A *place* from outside, sealed with the store's key in its present epoch, that
//! lies ahead of the store: nobody but this store can have handed it out, and it hands out only what is on the disk. A
//! number or a cursor that anybody could have made up proves nothing.

use rusqlite::{Connection, OptionalExtension, params};
use serde::{Deserialize, Serialize};

use super::rows::{json, ms, parsed};
use super::starts::{self, ToldUpTo};
use super::{AuditEntry, Store, StoreError, Waiting, audit, controls, jobs, meta, open, servers};
use crate::model::{Epoch, Seq, ServerId, StoreStart, Timestamp};

/// The entry of the audit trail by which a store tells that it has gone back.
pub const RESTORED: &str = "store.restored";
const KEY: &str = "went_back";

/// How it came to light.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HowFound {
    Restore,
    Mark,
    Missing,
    Place,
}

impl HowFound {
    /// What happened, as a sentence without its end.
    pub fn sentence(self) -> &'static str {
        match self {
            HowFound::Restore => "the store was put back to what it was at a backup, by whoever owns the data folder",
            HowFound::Mark => "the store is older than its high-water mark: it was put back by hand",
            HowFound::Missing => {
                "the store was missing beside its high-water mark: it was taken away, and this one is new"
            }
            HowFound::Place => {
                "a management server came back with a place ahead of the store: the store, its folder or the machine was \
                 put back to what it was before"
            }
        }
    }
}

/// That the store has gone back, as long as the kill switch is on that this switched on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WentBack {
    pub at: Timestamp,
    pub why: String,
}

/// A sealed place of the store's present epoch that somebody came back with.
#[derive(Debug, Clone)]
pub enum Seen {
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
pub(super) fn make_safe(
    connection: &Connection,
    audit_key: &[u8; 32],
    how: HowFound,
    now: Timestamp,
) -> Result<Epoch, StoreError> {
    let why = how.sentence();
    let epoch = meta::begin_epoch(connection)?;
    servers::forget_places(connection)?;
    jobs::after_restore(connection, why, now)?;
    let told = WentBack {
        at: now,
        why: why.to_owned(),
    };
    connection.execute(
        "INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = ?2",
        params![KEY, json(&told)],
    )?;
    let entry = AuditEntry {
        actor: "host".to_owned(),
        action: RESTORED,
        subject: open::FILE.to_owned(),
        detail: serde_json::json!({ "why": why }),
    };
    audit::append(connection, audit_key, ms(now), &entry)?;
    tracing::error!(
        why,
        "the store has gone back: every management server begins with a snapshot, the kill switch is on, and what was \
         under way waits for an operator; `intune-connector jobs` shows it, `intune-connector killswitch` says how the \
         switch goes off"
    );
    Ok(epoch)
}

/// The same, all of it or nothing, while no bus runs.
pub(super) fn make_safe_alone(
    connection: &Connection,
    audit_key: &[u8; 32],
    how: HowFound,
) -> Result<Epoch, StoreError> {
    // The clock is the machine's.
    let now = crate::observe::Clock::system().now();
    let all = connection.unchecked_transaction()?;
    let epoch = make_safe(&all, audit_key, how, now)?;
    controls::tell_at_start(&all, &notice(how))?;
    all.commit()?;
    Ok(epoch)
}

/// What everybody who signs in is told.
fn notice(how: HowFound) -> String {
    format!("{}; the kill switch is on", how.sentence())
}

/// Nobody needs to be told any more.
pub(super) fn forget(connection: &Connection) -> Result<(), StoreError> {
    connection.execute("DELETE FROM meta WHERE key = ?1", [KEY])?;
    Ok(())
}

pub(super) fn told(connection: &Connection) -> Result<Option<WentBack>, StoreError> {
    let mut ask = connection.prepare_cached("SELECT value FROM meta WHERE key = ?1")?;
    let found: Option<String> = ask.query_row([KEY], |row| row.get(0)).optional()?;
    found
        .map(|text| parsed("what is told of going back", &text))
        .transpose()
}

/// Whether a place that was sealed in the present epoch and in `start` lies ahead of the store, or was never told by it.
fn is_ahead(connection: &Connection, start: Option<StoreStart>, seen: &Seen) -> Result<bool, StoreError> {
    let told = match seen {
        Seen::Feed { newest, .. } => ToldUpTo::Change(*newest),
        Seen::Results { number } => ToldUpTo::Result(*number),
    };
    if let Some(start) = start
        && starts::contradicts(connection, start, told)?
    {
        return Ok(true);
    }
    Ok(match seen {
        Seen::Feed {
            server,
            generation,
            newest,
        } => *newest > meta::numbers(connection)?.0 || *generation > servers::last_generation(connection, server)?,
        Seen::Results { number } => *number > jobs::newest_result(connection)?,
    })
}

impl Store {
    /// That the store has gone back, and nobody has lifted the kill switch since.
    pub async fn went_back(&self) -> Result<Option<WentBack>, StoreError> {
        self.read(told).await
    }

    /// Whether a place that this store's key has sealed in `epoch` and `start` proves that the store has gone back; if so, it is safe
    /// from then on. Asked where nothing else is written meanwhile. `epoch` was the present one a moment ago: where it is
    /// not any more, another place has just proven it, and this one is of the life before.
    pub async fn has_gone_back(&self, epoch: Epoch, start: Option<StoreStart>, seen: Seen) -> Result<bool, StoreError> {
        let (now, key, life) = (self.inner.clock.now(), self.inner.audit_key, self.inner.life.clone());
        let all = [Waiting::Changes, Waiting::Tasks, Waiting::Runs];
        self.write_and_wake(all, move |connection| {
            if meta::epoch(connection)? != Some(epoch) {
                return Ok(true);
            }
            let ahead = is_ahead(connection, start, &seen)?;
            if ahead {
                controls::tell(connection, &notice(HowFound::Place), now)?;
                life.begins(make_safe(connection, &key, HowFound::Place, now)?);
            }
            Ok(ahead)
        })
        .await
    }
}
