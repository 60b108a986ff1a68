//! What a management server receives: from its position in the feed, changes in the order in which to apply them.
//!
//! For each instance a server is in one of three phases. *Live*: places behind its own. *Snapshot* (F4): after a first
//! read, a resync, or when tombstones it has not seen were swept; a begin mark, the fleet in the order of the feed, and
//! an end mark once the head is reached **and** the fleet of that instance is proven whole in this epoch of the store
//! ([`super::fleet_proof`]). It names the devices that were set aside, and those that the server's
//! filter can't judge: a server keeps those.
//! A device that changes meanwhile moves to the end and is told twice; one that goes is told gone. Until the end mark
//! nothing is called gone by its absence, so a server that held a whole fleet loses nothing to an empty store.
//! *Leaving* (F7): taken out of the audience, every device is told gone.
//!
//! Nothing is written by reading: the cursor carries the place, and only the acknowledgement moves what the store keeps.
//! There is one exception. Who comes back with a cursor that does not fit (410) may hold less than was acknowledged: it
//! put its own backup back. Unless its cursor shows that it holds enough, what was acknowledged is given up with that
//! answer, so that reading without a cursor begins with a snapshot and ends with the right view, whatever happened.

use std::collections::BTreeSet;

use super::feed_builder::FeedBatchBuilder;
use super::server_filter::{ServerFilter, ServerFilterError};
use crate::model::{
    Cursor, DeviceBody, FeedChange, FeedPhase, FeedPosition, FeedPositions, InstanceId, Seq, ServerId, position,
};
use crate::store::{InstanceRow, SealedPosition, ServerRow, Store, StoreError};

/// Changes in one answer at most.
pub const MOST: usize = 5_000;

/// Why a cursor is not taken (410), with advice for the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutdatedCursor {
    /// The store was restored since.
    Epoch,
    /// The server was resynchronised, rewound or registered anew since.
    Generation,
    /// It is ahead of everything this store has ever held: the store has gone back, and is made safe (A8).
    Ahead,
}

#[derive(Debug, thiserror::Error)]
pub enum FeedError {
    #[error("the cursor is no longer valid ({})", outdated_reason(*.0))]
    Outdated(OutdatedCursor),
    #[error("not a cursor of this bus for server {0}")]
    Malformed(ServerId),
    #[error(transparent)]
    Lens(#[from] ServerFilterError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn outdated_reason(outdated: OutdatedCursor) -> &'static str {
    match outdated {
        OutdatedCursor::Epoch => "the store was restored",
        OutdatedCursor::Generation => "the server was resynchronised, rewound or re-registered",
        OutdatedCursor::Ahead => "it is ahead of the store, which was rolled back",
    }
}

/// A run of changes, and the place behind them.
#[derive(Debug)]
pub struct FeedBatch {
    pub changes: Vec<FeedChange<DeviceBody>>,
    /// The cursor behind the last change.
    pub cursor: String,
    /// More is there already.
    pub has_more: bool,
    steps: Vec<(InstanceId, FeedPosition)>,
    base: Cursor,
}

impl FeedBatch {
    /// Each change with the cursor behind it, for streams.
    pub fn with_cursors(self, key: &[u8]) -> Vec<(FeedChange<DeviceBody>, String)> {
        let mut at = self.base;
        let place = |(change, (instance, position)): (FeedChange<DeviceBody>, (InstanceId, FeedPosition))| {
            at.positions.insert(instance, position);
            (change, at.encode(key))
        };
        self.changes.into_iter().zip(self.steps).map(place).collect()
    }
}

/// What a reader sees of the instances.
#[derive(Debug, Default)]
pub struct FeedVisibility {
    /// Those in whose audience the server is and that its operator may read.
    pub visible: Vec<InstanceRow>,
    /// Those that the server receives, but not by the token that reads: nothing is told of them, not even that they are
    /// left, and their places stay where they are.
    pub hidden: BTreeSet<InstanceId>,
}

/// Reads up to `limit` changes. Without a cursor it goes on from what was acknowledged.
pub async fn read_feed(
    store: &Store,
    key: &[u8],
    server: &ServerRow,
    visibility: &FeedVisibility,
    cursor: Option<&str>,
    limit: usize,
) -> Result<FeedBatch, FeedError> {
    let visible = &visibility.visible;
    let head = *store.watch_head().borrow();
    let base = match cursor {
        Some(text) => check_cursor(text, key, store, server, &visibility.hidden).await?,
        None => acknowledged_cursor(store, server),
    };
    // Whatever is told from here on, change by change or at the end, is told in this start.
    let base = Cursor {
        start: Some(store.store_start()),
        ..base
    };
    let mut reading = FeedBatchBuilder {
        store,
        filter: ServerFilter::from_server(server)?,
        head,
        remaining: limit.clamp(1, MOST),
        positions: base.positions.clone(),
        changes: Vec::new(),
        steps: Vec::new(),
        has_more: false,
    };
    let known: BTreeSet<InstanceId> = visible
        .iter()
        .map(|row| row.id)
        .chain(base.positions.keys().copied())
        .filter(|id| !visibility.hidden.contains(id))
        .collect();
    let instances = store.list_instances().await?;
    for instance in instances.iter().filter(|row| known.contains(&row.id)) {
        if reading.remaining == 0 {
            reading.has_more = true;
            break;
        }
        if visible.iter().any(|row| row.id == instance.id) {
            reading.push_changes(instance).await?
        } else {
            reading.push_unassigned(instance).await?
        }
    }
    let cursor = Cursor {
        positions: reading.positions,
        ..base.clone()
    }
    .encode(key);
    Ok(FeedBatch {
        changes: reading.changes,
        cursor,
        has_more: reading.has_more,
        steps: reading.steps,
        base,
    })
}

/// Moves what the server has acknowledged forward to this cursor, in each instance but those that are `hidden`. False
/// where it stood there already, or further on.
pub async fn acknowledge_cursor(
    store: &Store,
    key: &[u8],
    server: &ServerRow,
    hidden: &BTreeSet<InstanceId>,
    cursor: &str,
) -> Result<bool, FeedError> {
    let cursor = check_cursor(cursor, key, store, server, hidden).await?;
    let mut acknowledged = cursor.positions;
    acknowledged.retain(|id, _| !hidden.contains(id));
    Ok(store
        .acknowledge_changes(server.id.clone(), cursor.generation, acknowledged)
        .await?)
}

/// Everything again, as snapshots (F4). Cursors from before do not fit any more.
pub async fn resync_server(store: &Store, server: &ServerRow) -> Result<ServerRow, StoreError> {
    store
        .resync_server(server.id.clone(), |row| {
            position::restart_positions(row.positions.keys())
        })
        .await
}

/// Back to a place in the feed, for one instance or for all: changes behind it are told again. An open snapshot starts
/// over: what had gone when it began is told by its end alone, and a server without its begin mark has no use for that.
pub async fn rewind_server(
    store: &Store,
    server: &ServerRow,
    instance: Option<InstanceId>,
    to: Seq,
) -> Result<ServerRow, StoreError> {
    let is_selected = move |id: &InstanceId| instance.is_none_or(|wanted| wanted == *id);
    let rewind = move |row: &ServerRow| {
        let rewind_position = |(id, position): (&InstanceId, &FeedPosition)| {
            let to = match position.phase {
                FeedPhase::Live if is_selected(id) => FeedPosition {
                    seq: position.seq.min(to),
                    ..*position
                },
                FeedPhase::Snapshot { .. } if is_selected(id) => FeedPosition::ANEW,
                _ => *position,
            };
            (*id, to)
        };
        row.positions.iter().map(rewind_position).collect()
    };
    store.rewind_server(server.id.clone(), rewind).await
}

/// The least place that every server of the audience has passed: tombstones up to there are of no use any more (F6).
pub fn lowest_passed_seq<'a>(servers: impl Iterator<Item = &'a ServerRow>, instance: InstanceId, head: Seq) -> Seq {
    // Whoever begins with a snapshot needs none.
    let passed_seq = |server: &ServerRow| match server.positions.get(&instance)?.phase {
        FeedPhase::Leaving { .. } => None,
        FeedPhase::Live | FeedPhase::Snapshot { .. } => server.positions.get(&instance).map(FeedPosition::newest_seq),
    };
    servers
        .filter(|server| server.accepted)
        .filter_map(passed_seq)
        .min()
        .unwrap_or(head)
}

/// The cursor, if it fits. One that does not may have been kept by a server that put its own backup back, and then what
/// it has acknowledged since is more than it holds.
async fn check_cursor(
    text: &str,
    key: &[u8],
    store: &Store,
    server: &ServerRow,
    hidden: &BTreeSet<InstanceId>,
) -> Result<Cursor, FeedError> {
    let malformed = || FeedError::Malformed(server.id.clone());
    let cursor = Cursor::decode(text, key).map_err(|_| malformed())?;
    if cursor.server != server.id {
        return Err(malformed());
    }
    let Some(outdated) = find_outdated(&cursor, store, server).await? else {
        return Ok(cursor);
    };
    if outdated != OutdatedCursor::Ahead {
        let hidden = hidden.clone();
        let since = (outdated == OutdatedCursor::Generation).then_some(cursor.generation);
        store
            .discard_acknowledged(server.id.clone(), move |row| {
                restart_positions(row, since, &cursor.positions, &hidden)
            })
            .await?;
    }
    Err(FeedError::Outdated(outdated))
}

/// What a server that came back with places of an older generation (`None`: of another epoch) has acknowledged from now
/// on; `None`: it goes on from where it is, and ends with the right view.
fn restart_positions(
    row: &ServerRow,
    generation: Option<i64>,
    held: &FeedPositions,
    hidden: &BTreeSet<InstanceId>,
) -> Option<FeedPositions> {
    if generation == Some(row.generation) {
        return None;
    }
    let none = FeedPositions::new();
    let comparable = generation.is_some_and(|generation| generation >= row.since_generation);
    let mut concerned = row.positions.clone();
    concerned.retain(|id, _| !hidden.contains(id));
    if position::can_resume(&concerned, if comparable { held } else { &none }) {
        return None;
    }
    Some(position::restart_positions(row.positions.keys().chain(held.keys())))
}

/// Why it does not fit. A commit can be read a moment before it is announced: only what the store itself does not have is
/// ahead of it, and that is asked where nothing can come in between.
async fn find_outdated(
    cursor: &Cursor,
    store: &Store,
    server: &ServerRow,
) -> Result<Option<OutdatedCursor>, StoreError> {
    if cursor.epoch != store.epoch() {
        return Ok(Some(OutdatedCursor::Epoch));
    }
    let newest = position::newest_seq_of(&cursor.positions);
    let is_of_this_start = cursor.start.is_none_or(|start| start == store.store_start());
    if !is_of_this_start || newest > *store.watch_head().borrow() || cursor.generation > server.generation {
        let seen = SealedPosition::Feed {
            server: server.id.clone(),
            generation: cursor.generation,
            newest,
        };
        if store.detect_rollback(cursor.epoch, cursor.start, seen).await? {
            return Ok(Some(OutdatedCursor::Ahead));
        }
    }
    Ok((cursor.generation != server.generation).then_some(OutdatedCursor::Generation))
}

fn acknowledged_cursor(store: &Store, server: &ServerRow) -> Cursor {
    Cursor {
        epoch: store.epoch(),
        start: Some(store.store_start()),
        server: server.id.clone(),
        generation: server.generation,
        positions: server.positions.clone(),
    }
}
