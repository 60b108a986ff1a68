//! The index that lists ask: built by the first question, brought up to date before each, dropped when nobody asks. One at
//! a time does so; whoever comes meanwhile waits and finds it done.

use std::sync::{Arc, PoisonError, RwLock, Weak};
use std::time::{Duration, Instant};

use tokio::sync::Mutex;

use super::index::DeviceIndex;
use super::refresh_plan::{IndexFreshness, RefreshPlan, plan_refresh};
use crate::model::Epoch;
use crate::store::{DeviceWalk, Store, StoreError, StoreMoment};

/// Many ask at the same time; it is written only while it is brought up to date.
pub type SharedDeviceIndex = Arc<RwLock<DeviceIndex>>;

#[derive(Debug, Clone, Copy)]
pub struct DeviceIndexBounds {
    /// Dropped when nobody has asked for so long.
    pub idle: Duration,
    /// Check-ins alone are read at most so often.
    pub check_ins_every: Duration,
}

pub struct LiveDeviceIndex {
    state: Arc<Mutex<IndexState>>,
    bounds: DeviceIndexBounds,
}

#[derive(Default)]
struct IndexState {
    loaded: Option<LoadedIndex>,
    /// Somebody waits to drop it.
    is_watched: bool,
}

struct LoadedIndex {
    index: SharedDeviceIndex,
    freshness: IndexFreshness,
    check_ins_read: Instant,
    used: Instant,
}

impl LiveDeviceIndex {
    pub fn new(bounds: DeviceIndexBounds) -> LiveDeviceIndex {
        LiveDeviceIndex {
            state: Arc::default(),
            bounds,
        }
    }

    /// The index, as new as the store (but for check-ins, which may be as old as the bounds say).
    pub async fn load_current(&self, store: &Store) -> Result<SharedDeviceIndex, StoreError> {
        let mut state = self.state.clone().lock_owned().await;
        let (store, bounds, waiting) = (store.clone(), self.bounds, Arc::downgrade(&self.state));
        // In a task of its own, which holds the lock: a caller that hangs up must not have a second one built beside it.
        let refreshing = tokio::spawn(async move {
            // Where this fails there is none afterwards, and the next question builds it anew.
            let loaded = refresh_index(&store, state.loaded.take(), bounds).await?;
            let index = loaded.index.clone();
            state.loaded = Some(loaded);
            if !state.is_watched {
                state.is_watched = true;
                tokio::spawn(drop_unused(waiting, bounds.idle));
            }
            Ok::<_, StoreError>(index)
        });
        refreshing.await.unwrap_or(Err(StoreError::Closed))
    }

    /// Whether there is one now.
    pub async fn is_loaded(&self) -> bool {
        self.state.lock().await.loaded.is_some()
    }
}

/// Ends once it has dropped the index, or the bus is gone.
async fn drop_unused(waiting: Weak<Mutex<IndexState>>, idle: Duration) {
    let mut pause = idle;
    loop {
        tokio::time::sleep(pause).await;
        let Some(shared) = waiting.upgrade() else { return };
        let mut state = shared.lock().await;
        let unused = state.loaded.as_ref().map(|loaded| loaded.used.elapsed());
        match unused.filter(|unused| *unused < idle) {
            Some(unused) => pause = idle - unused,
            None => {
                *state = IndexState::default();
                return;
            }
        }
    }
}

async fn refresh_index(
    store: &Store,
    known: Option<LoadedIndex>,
    bounds: DeviceIndexBounds,
) -> Result<LoadedIndex, StoreError> {
    // Before the devices are read: where a new epoch begins meanwhile, the next question reads them anew.
    let epoch = store.epoch();
    store
        .walk_devices(move |walk| {
            let found = walk.position()?;
            match known {
                Some(known) => update_index(walk, known, (epoch, found), bounds),
                None => build_index(walk, (epoch, found)),
            }
        })
        .await
}

fn build_index(walk: &DeviceWalk<'_>, (epoch, position): (Epoch, StoreMoment)) -> Result<LoadedIndex, StoreError> {
    let began = Instant::now();
    let mut index = DeviceIndex::default();
    let mut update = index.begin_update();
    walk.visit_present(|device| update.put(&device))?;
    update.finish();
    index.shrink_to_fit();
    let (devices, elapsed_ms) = (index.len(), began.elapsed().as_millis());
    tracing::debug!(devices, elapsed_ms, "built the device index");
    Ok(LoadedIndex {
        index: Arc::new(RwLock::new(index)),
        freshness: IndexFreshness {
            epoch,
            position,
            check_ins_at: position.commits,
        },
        check_ins_read: Instant::now(),
        used: Instant::now(),
    })
}

fn update_index(
    walk: &DeviceWalk<'_>,
    mut known: LoadedIndex,
    (epoch, found): (Epoch, StoreMoment),
    bounds: DeviceIndexBounds,
) -> Result<LoadedIndex, StoreError> {
    let waited = known.check_ins_read.elapsed();
    let plan = plan_refresh(&known.freshness, (epoch, found), waited, bounds.check_ins_every);
    let RefreshPlan::Update {
        changed_after,
        check_ins,
    } = plan
    else {
        return build_index(walk, (epoch, found));
    };
    if changed_after.is_some() || check_ins {
        let mut index = known.index.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(after) = changed_after {
            let mut update = index.begin_update();
            walk.visit_changed(after, |row, device| match device {
                Some(device) => update.put(&device),
                None => update.remove(row),
            })?;
            update.finish();
        }
        if check_ins && !read_check_ins(walk, &mut index)? {
            drop(index);
            return build_index(walk, (epoch, found));
        }
    }
    if check_ins {
        known.freshness.check_ins_at = found.commits;
        known.check_ins_read = Instant::now();
    }
    known.freshness.position = found;
    known.used = Instant::now();
    Ok(known)
}

/// Whether the index has the same devices as the store afterwards.
fn read_check_ins(walk: &DeviceWalk<'_>, index: &mut DeviceIndex) -> Result<bool, StoreError> {
    let mut update = index.begin_update();
    walk.visit_check_ins(|row, last_sync_s| update.set_check_in(row, last_sync_s))?;
    let is_same = update.end_check_ins();
    update.finish();
    Ok(is_same)
}
