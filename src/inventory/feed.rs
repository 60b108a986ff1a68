//! What a management server is told: from its place in the feed, changes in the order in which to apply them.
//!
//! For each instance a server is in one of three phases. *Live*: places behind its own. *Snapshot* (F4): after a first
//! read, a resync, or when tombstones it has not seen were swept; a begin mark, the fleet in the order of the feed, and
//! an end mark once the head is reached **and** the fleet of that instance is proven whole in this epoch of the store
//! ([`super::proven`]). It names the devices that were set aside, and those that the server's
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

use super::lens::{Lens, LensError};
use crate::model::{
    Body, Change, Cursor, DeviceId, GoneReason, InstanceId, Kind, Phase, Position, Positions, Seq, ServerId, position,
};
use crate::store::{InstanceRow, Seen, ServerRow, Store, StoreError};

/// Changes in one answer at most.
pub const MOST: usize = 5_000;

/// Why a cursor is not taken (410), with advice for the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outdated {
    /// The store was restored since.
    Epoch,
    /// The server was resynchronised, rewound or registered anew since.
    Generation,
    /// It is ahead of everything this store has ever held: the store has gone back, and is made safe (A8).
    Ahead,
}

#[derive(Debug, thiserror::Error)]
pub enum FeedError {
    #[error("the cursor does not fit any more ({})", reason(*.0))]
    Outdated(Outdated),
    #[error("that is not a cursor of this bus for server {0}")]
    Malformed(ServerId),
    #[error(transparent)]
    Lens(#[from] LensError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn reason(outdated: Outdated) -> &'static str {
    match outdated {
        Outdated::Epoch => "the store was restored",
        Outdated::Generation => "the server was resynchronised, rewound or registered anew",
        Outdated::Ahead => "it is ahead of the store, which has gone back",
    }
}

/// A run of changes, and the place behind them.
#[derive(Debug)]
pub struct Batch {
    pub changes: Vec<Change<Body>>,
    /// The cursor behind the last change.
    pub cursor: String,
    /// More is there already.
    pub more: bool,
    steps: Vec<(InstanceId, Position)>,
    base: Cursor,
}

impl Batch {
    /// Each change with the cursor behind it, for streams.
    pub fn with_cursors(self, key: &[u8]) -> Vec<(Change<Body>, String)> {
        let mut at = self.base;
        let place = |(change, (instance, position)): (Change<Body>, (InstanceId, Position))| {
            at.positions.insert(instance, position);
            (change, at.encode(key))
        };
        self.changes.into_iter().zip(self.steps).map(place).collect()
    }
}

/// What a reader sees of the instances.
#[derive(Debug, Default)]
pub struct Sight {
    /// Those in whose audience the server is and that its operator may read.
    pub visible: Vec<InstanceRow>,
    /// Those that the server receives, but not by the token that reads: nothing is told of them, not even that they are
    /// left, and their places stay where they are.
    pub apart: BTreeSet<InstanceId>,
}

/// Reads up to `limit` changes. Without a cursor it goes on from what was acknowledged.
pub async fn read(
    store: &Store,
    key: &[u8],
    server: &ServerRow,
    sight: &Sight,
    cursor: Option<&str>,
    limit: usize,
) -> Result<Batch, FeedError> {
    let visible = &sight.visible;
    let head = *store.head().borrow();
    let base = match cursor {
        Some(text) => check(text, key, store, server, &sight.apart).await?,
        None => acknowledged(store, server),
    };
    // Whatever is told from here on, change by change or at the end, is told in this start.
    let base = Cursor {
        start: Some(store.start()),
        ..base
    };
    let mut reading = Reading {
        store,
        lens: Lens::of(server)?,
        head,
        room: limit.clamp(1, MOST),
        positions: base.positions.clone(),
        changes: Vec::new(),
        steps: Vec::new(),
        more: false,
    };
    let known: BTreeSet<InstanceId> = visible
        .iter()
        .map(|row| row.id)
        .chain(base.positions.keys().copied())
        .filter(|id| !sight.apart.contains(id))
        .collect();
    let instances = store.instances().await?;
    for instance in instances.iter().filter(|row| known.contains(&row.id)) {
        if reading.room == 0 {
            reading.more = true;
            break;
        }
        match visible.iter().any(|row| row.id == instance.id) {
            true => reading.tell(instance).await?,
            false => reading.leave(instance).await?,
        }
    }
    let cursor = Cursor {
        positions: reading.positions,
        ..base.clone()
    }
    .encode(key);
    Ok(Batch {
        changes: reading.changes,
        cursor,
        more: reading.more,
        steps: reading.steps,
        base,
    })
}

/// Moves what the server has acknowledged forward to this cursor, in each instance but those that are `apart`. False
/// where it stood there already, or further on.
pub async fn acknowledge(
    store: &Store,
    key: &[u8],
    server: &ServerRow,
    apart: &BTreeSet<InstanceId>,
    cursor: &str,
) -> Result<bool, FeedError> {
    let cursor = check(cursor, key, store, server, apart).await?;
    let mut told = cursor.positions;
    told.retain(|id, _| !apart.contains(id));
    Ok(store.acknowledge(server.id.clone(), cursor.generation, told).await?)
}

/// Everything again, as snapshots (F4). Cursors from before do not fit any more.
pub async fn resync(store: &Store, server: &ServerRow) -> Result<ServerRow, StoreError> {
    store
        .start_server_over(server.id.clone(), |row| position::anew(row.positions.keys()))
        .await
}

/// Back to a place in the feed, for one instance or for all: changes behind it are told again. An open snapshot starts
/// over: what had gone when it began is told by its end alone, and a server without its begin mark has no use for that.
pub async fn rewind(
    store: &Store,
    server: &ServerRow,
    instance: Option<InstanceId>,
    to: Seq,
) -> Result<ServerRow, StoreError> {
    let meant = move |id: &InstanceId| instance.is_none_or(|wanted| wanted == *id);
    let rewound = move |row: &ServerRow| {
        let place = |(id, position): (&InstanceId, &Position)| {
            let to = match position.phase {
                Phase::Live if meant(id) => Position {
                    seq: position.seq.min(to),
                    ..*position
                },
                Phase::Snapshot { .. } if meant(id) => Position::ANEW,
                _ => *position,
            };
            (*id, to)
        };
        row.positions.iter().map(place).collect()
    };
    store.rewind_server(server.id.clone(), rewound).await
}

/// The least place that every server of the audience has passed: tombstones up to there are of no use any more (F6).
pub fn passed_by_all<'a>(servers: impl Iterator<Item = &'a ServerRow>, instance: InstanceId, head: Seq) -> Seq {
    // Whoever begins with a snapshot needs none.
    let place = |server: &ServerRow| match server.positions.get(&instance)?.phase {
        Phase::Leaving { .. } => None,
        Phase::Live | Phase::Snapshot { .. } => server.positions.get(&instance).map(Position::newest),
    };
    servers
        .filter(|server| server.accepted)
        .filter_map(place)
        .min()
        .unwrap_or(head)
}

/// The cursor, if it fits. One that does not may have been kept by a server that put its own backup back, and then what
/// it has acknowledged since is more than it holds.
async fn check(
    text: &str,
    key: &[u8],
    store: &Store,
    server: &ServerRow,
    apart: &BTreeSet<InstanceId>,
) -> Result<Cursor, FeedError> {
    let malformed = || FeedError::Malformed(server.id.clone());
    let cursor = Cursor::decode(text, key).map_err(|_| malformed())?;
    if cursor.server != server.id {
        return Err(malformed());
    }
    let Some(outdated) = judge(&cursor, store, server).await? else {
        return Ok(cursor);
    };
    if outdated != Outdated::Ahead {
        let apart = apart.clone();
        let since = (outdated == Outdated::Generation).then_some(cursor.generation);
        store
            .give_up_place(server.id.clone(), move |row| {
                begins_anew(row, since, &cursor.positions, &apart)
            })
            .await?;
    }
    Err(FeedError::Outdated(outdated))
}

/// What a server that came back with places of an older generation (`None`: of another epoch) has acknowledged from now
/// on; `None`: it goes on from where it is, and ends with the right view.
fn begins_anew(
    row: &ServerRow,
    generation: Option<i64>,
    held: &Positions,
    apart: &BTreeSet<InstanceId>,
) -> Option<Positions> {
    if generation == Some(row.generation) {
        return None;
    }
    let none = Positions::new();
    let comparable = generation.is_some_and(|generation| generation >= row.since);
    let mut concerned = row.positions.clone();
    concerned.retain(|id, _| !apart.contains(id));
    if position::goes_on(&concerned, if comparable { held } else { &none }) {
        return None;
    }
    Some(position::anew(row.positions.keys().chain(held.keys())))
}

/// Why it does not fit. A commit can be read a moment before it is announced: only what the store itself does not have is
/// ahead of it, and that is asked where nothing can come in between.
async fn judge(cursor: &Cursor, store: &Store, server: &ServerRow) -> Result<Option<Outdated>, StoreError> {
    if cursor.epoch != store.epoch() {
        return Ok(Some(Outdated::Epoch));
    }
    let newest = position::newest(&cursor.positions);
    let is_of_this_start = cursor.start.is_none_or(|start| start == store.start());
    if !is_of_this_start || newest > *store.head().borrow() || cursor.generation > server.generation {
        let seen = Seen::Feed {
            server: server.id.clone(),
            generation: cursor.generation,
            newest,
        };
        if store.has_gone_back(cursor.epoch, cursor.start, seen).await? {
            return Ok(Some(Outdated::Ahead));
        }
    }
    Ok((cursor.generation != server.generation).then_some(Outdated::Generation))
}

fn acknowledged(store: &Store, server: &ServerRow) -> Cursor {
    Cursor {
        epoch: store.epoch(),
        start: Some(store.start()),
        server: server.id.clone(),
        generation: server.generation,
        positions: server.positions.clone(),
    }
}

struct Reading<'a> {
    store: &'a Store,
    lens: Lens,
    head: Seq,
    room: usize,
    positions: Positions,
    changes: Vec<Change<Body>>,
    steps: Vec<(InstanceId, Position)>,
    more: bool,
}

impl Reading<'_> {
    async fn tell(&mut self, instance: &InstanceRow) -> Result<(), FeedError> {
        let Some(mut at) = self.begin(instance) else {
            return Ok(());
        };
        // What the filter asks for is on its way into the store: until it is there, nothing is told and no mark ends.
        if self.lens.waits_for(instance) {
            return Ok(());
        }
        let wanted = self.room;
        let skip_gone_to = match at.phase {
            Phase::Snapshot { begun_at } => begun_at,
            Phase::Live | Phase::Leaving { .. } => Seq(0),
        };
        let rows = self.store.feed(instance.id, at.seq, skip_gone_to, wanted).await?;
        let drained = rows.len() < wanted;
        for row in rows.iter() {
            at.seq = row.seq;
            if let Some(change) = self.lens.change(&instance.name, row, at.phase) {
                self.push(instance.id, at, change);
            }
        }
        self.positions.insert(instance.id, at);
        if !drained {
            self.room = 0;
            self.more = true;
            return Ok(());
        }
        if matches!(at.phase, Phase::Snapshot { .. }) && instance.fleet.is_proven() {
            self.store.all_places_are_there(instance.id).await?;
        }
        self.end(instance, at).await
    }

    /// Where reading begins: behind what was read, or with a new snapshot. `None`: there is nothing to tell.
    fn begin(&mut self, instance: &InstanceRow) -> Option<Position> {
        let floor = instance.tombstone_floor;
        let fits = |position: &Position| match position.phase {
            Phase::Live => position.seq >= floor,
            Phase::Snapshot { begun_at } => floor <= begun_at || position.seq >= floor,
            Phase::Leaving { .. } => false,
        };
        if let Some(position) = self.positions.get(&instance.id).filter(|position| fits(position)) {
            return Some(*position);
        }
        if instance.removed_at.is_some() && !self.positions.contains_key(&instance.id) {
            return None;
        }
        let position = Position::snapshot(self.positions.get(&instance.id).copied(), self.head);
        self.positions.insert(instance.id, position);
        self.push(instance.id, position, Change::bare(&instance.name, Kind::SnapshotBegin));
        Some(position)
    }

    /// The end mark, where the head is reached and the fleet is proven whole (F4).
    async fn end(&mut self, instance: &InstanceRow, mut at: Position) -> Result<(), FeedError> {
        let whole = instance.fleet.is_proven() || instance.removed_at.is_some();
        if !matches!(at.phase, Phase::Snapshot { .. }) || !whole {
            return Ok(());
        }
        if self.room == 0 {
            self.more = true;
            return Ok(());
        }
        if let Phase::Snapshot { begun_at } = at.phase {
            at.seq = at.seq.max(begun_at);
        }
        at.phase = Phase::Live;
        let set_aside = match instance.removed_at {
            None => self.kept_all_the_same(instance.id).await?,
            Some(_) => Vec::new(),
        };
        self.positions.insert(instance.id, at);
        let end = Change {
            set_aside,
            ..Change::bare(&instance.name, Kind::SnapshotEnd)
        };
        self.push(instance.id, at, end);
        Ok(())
    }

    /// Devices of which nothing is known that could be told: their records were set aside, or the filter fails on them.
    async fn kept_all_the_same(&self, instance: InstanceId) -> Result<Vec<DeviceId>, StoreError> {
        let mut ids = self.store.set_aside(instance).await?;
        let unjudged = self.lens.unjudged_ids(self.store, instance).await?;
        let unjudged: Vec<DeviceId> = unjudged.into_iter().filter(|id| !ids.contains(id)).collect();
        ids.extend(unjudged);
        Ok(ids)
    }

    async fn leave(&mut self, instance: &InstanceRow) -> Result<(), FeedError> {
        let Some(position) = self.positions.get(&instance.id).copied() else {
            return Ok(());
        };
        if position.has_left() {
            return Ok(());
        }
        let mut at = position.leaving();
        let Phase::Leaving { after } = at.phase else {
            return Ok(());
        };
        let wanted = self.room;
        let rows = self.store.rows_after(instance.id, after, wanted).await?;
        let drained = rows.len() < wanted;
        for (row, id) in rows {
            at.phase = Phase::Leaving { after: row };
            let change = Change {
                device_id: Some(id),
                reason: Some(GoneReason::Unassigned),
                ..Change::bare(&instance.name, Kind::Gone)
            };
            self.push(instance.id, at, change);
        }
        if drained {
            at.phase = Phase::Leaving { after: Position::LEFT };
            if let Some(last) = self.steps.last_mut().filter(|last| last.0 == instance.id) {
                last.1 = at;
            }
        }
        self.positions.insert(instance.id, at);
        self.more |= !drained;
        Ok(())
    }

    fn push(&mut self, instance: InstanceId, at: Position, change: Change<Body>) {
        self.changes.push(change);
        self.steps.push((instance, at));
        self.room = self.room.saturating_sub(1);
    }
}
