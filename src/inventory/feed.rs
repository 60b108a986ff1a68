//! What a management server is told: from its place in the feed, changes in the order in which to apply them.
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

use super::server_filter::{ServerFilter, ServerFilterError};
use crate::model::{
    ChangeKind, Cursor, DeviceBody, DeviceId, FeedChange, FeedPhase, FeedPosition, FeedPositions, GoneReason,
    InstanceId, Seq, ServerId, position,
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
    #[error("the cursor does not fit any more ({})", outdated_reason(*.0))]
    Outdated(OutdatedCursor),
    #[error("that is not a cursor of this bus for server {0}")]
    Malformed(ServerId),
    #[error(transparent)]
    Lens(#[from] ServerFilterError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn outdated_reason(outdated: OutdatedCursor) -> &'static str {
    match outdated {
        OutdatedCursor::Epoch => "the store was restored",
        OutdatedCursor::Generation => "the server was resynchronised, rewound or registered anew",
        OutdatedCursor::Ahead => "it is ahead of the store, which has gone back",
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

/// A snapshot has no use for devices that had gone when it began.
fn skip_gone_to(phase: FeedPhase) -> Seq {
    match phase {
        FeedPhase::Snapshot { begun_at } => begun_at,
        FeedPhase::Live | FeedPhase::Leaving { .. } => Seq(0),
    }
}

struct FeedBatchBuilder<'a> {
    store: &'a Store,
    filter: ServerFilter,
    head: Seq,
    remaining: usize,
    positions: FeedPositions,
    changes: Vec<FeedChange<DeviceBody>>,
    steps: Vec<(InstanceId, FeedPosition)>,
    has_more: bool,
}

impl FeedBatchBuilder<'_> {
    async fn push_changes(&mut self, instance: &InstanceRow) -> Result<(), FeedError> {
        let Some(mut at) = self.begin_position(instance) else {
            return Ok(());
        };
        // What the filter asks for is on its way into the store: until it is there, nothing is told and no mark ends.
        if self.filter.is_waiting_for(instance) {
            return Ok(());
        }
        let wanted = self.remaining;
        let rows = self
            .store
            .read_feed(instance.id, at.seq, skip_gone_to(at.phase), wanted)
            .await?;
        let drained = rows.len() < wanted;
        for row in rows.iter() {
            at.seq = row.seq;
            if let Some(change) = self.filter.visible_change(&instance.name, row, at.phase) {
                self.push(instance.id, at, change);
            }
        }
        self.positions.insert(instance.id, at);
        if !drained {
            self.remaining = 0;
            self.has_more = true;
            return Ok(());
        }
        if matches!(at.phase, FeedPhase::Snapshot { .. }) && instance.fleet.is_proven() {
            self.store.check_feed_complete(instance.id).await?;
        }
        self.push_snapshot_end(instance, at).await
    }

    /// Where reading begins: behind what was read, or with a new snapshot. `None`: there is nothing to tell.
    fn begin_position(&mut self, instance: &InstanceRow) -> Option<FeedPosition> {
        let floor = instance.tombstone_floor;
        let fits = |position: &FeedPosition| match position.phase {
            FeedPhase::Live => position.seq >= floor,
            FeedPhase::Snapshot { begun_at } => floor <= begun_at || position.seq >= floor,
            FeedPhase::Leaving { .. } => false,
        };
        if let Some(position) = self.positions.get(&instance.id).filter(|position| fits(position)) {
            return Some(*position);
        }
        if instance.removed_at.is_some() && !self.positions.contains_key(&instance.id) {
            return None;
        }
        let position = FeedPosition::begin_snapshot(self.positions.get(&instance.id).copied(), self.head);
        self.positions.insert(instance.id, position);
        self.push(
            instance.id,
            position,
            FeedChange::with_kind(&instance.name, ChangeKind::SnapshotBegin),
        );
        Some(position)
    }

    /// The end mark, where the head is reached and the fleet is proven whole (F4).
    async fn push_snapshot_end(&mut self, instance: &InstanceRow, mut at: FeedPosition) -> Result<(), FeedError> {
        let is_complete = instance.fleet.is_proven() || instance.removed_at.is_some();
        if !matches!(at.phase, FeedPhase::Snapshot { .. }) || !is_complete {
            return Ok(());
        }
        if self.remaining == 0 {
            self.has_more = true;
            return Ok(());
        }
        let set_aside = match instance.removed_at {
            None => self.kept_all_the_same(instance.id).await?,
            Some(_) => Vec::new(),
        };
        // The rows were read before: a record that can be read meanwhile is not set aside any more, and its device stands
        // in a row that this answer does not hold.
        if self.has_rows_behind(instance.id, at).await? {
            self.has_more = true;
            return Ok(());
        }
        if let FeedPhase::Snapshot { begun_at } = at.phase {
            at.seq = at.seq.max(begun_at);
        }
        at.phase = FeedPhase::Live;
        self.positions.insert(instance.id, at);
        let end = FeedChange {
            set_aside,
            ..FeedChange::with_kind(&instance.name, ChangeKind::SnapshotEnd)
        };
        self.push(instance.id, at, end);
        Ok(())
    }

    async fn has_rows_behind(&self, instance: InstanceId, at: FeedPosition) -> Result<bool, StoreError> {
        let skip_gone_to = skip_gone_to(at.phase);
        let next = self.store.read_feed(instance, at.seq, skip_gone_to, 1).await?;
        Ok(!next.is_empty())
    }

    /// Devices of which nothing is known that could be told: their records were set aside, or the filter fails on them.
    async fn kept_all_the_same(&self, instance: InstanceId) -> Result<Vec<DeviceId>, StoreError> {
        let mut ids = self.store.list_rejected_devices(instance).await?;
        let unjudged = self.filter.unjudged_ids(self.store, instance).await?;
        let unjudged: Vec<DeviceId> = unjudged.into_iter().filter(|id| !ids.contains(id)).collect();
        ids.extend(unjudged);
        Ok(ids)
    }

    async fn push_unassigned(&mut self, instance: &InstanceRow) -> Result<(), FeedError> {
        let Some(position) = self.positions.get(&instance.id).copied() else {
            return Ok(());
        };
        if position.has_left() {
            return Ok(());
        }
        let mut at = position.begin_leaving();
        let FeedPhase::Leaving { after } = at.phase else {
            return Ok(());
        };
        let wanted = self.remaining;
        let rows = self.store.list_devices_after(instance.id, after, wanted).await?;
        let drained = rows.len() < wanted;
        for (row, id) in rows {
            at.phase = FeedPhase::Leaving { after: row };
            let change = FeedChange {
                device_id: Some(id),
                reason: Some(GoneReason::Unassigned),
                ..FeedChange::with_kind(&instance.name, ChangeKind::Gone)
            };
            self.push(instance.id, at, change);
        }
        if drained {
            at.phase = FeedPhase::Leaving {
                after: FeedPosition::LEFT,
            };
            if let Some(last) = self.steps.last_mut().filter(|last| last.0 == instance.id) {
                last.1 = at;
            }
        }
        self.positions.insert(instance.id, at);
        self.has_more |= !drained;
        Ok(())
    }

    fn push(&mut self, instance: InstanceId, at: FeedPosition, change: FeedChange<DeviceBody>) {
        self.changes.push(change);
        self.steps.push((instance, at));
        self.remaining = self.remaining.saturating_sub(1);
    }
}

#[cfg(test)]
#[path = "feed_end_tests.rs"]
mod tests;
