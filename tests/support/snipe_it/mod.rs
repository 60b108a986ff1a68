//! A strict stand-in for Snipe-IT 7 and 8: a server that answers, refuses, hides and spoils as the real ones do, written
//! from what their sources do, and sharing no code with the product.
//!
//! It keeps its tables in memory, and through a kill and a restart. [`SnipeServer::list_assets`] shows all assets to a
//! judge, whatever list hides them. It counts requests by kind (`PATCH hardware/{id}`), and fails on request
//! ([`SnipeFault`]). `tests/clients/snipe_it_server.rs` runs it as a program, for other people's clients.
//!
//! What it is strict in: errors with HTTP 200; 401 in a shape of its own, and a redirect for whoever does not ask for JSON;
//! a budget a minute with its headers; pages of at most 500, newest first; archived assets and the trash hidden; texts
//! escaped where they are read, and not where they were written; tags unique among what is not in the trash, serial numbers
//! where a setting says so; custom fields left out in silence where the model shows none; check-outs with their rules; the
//! trash and the way back; a place that follows the place of return; escaped slashes in a path refused.

mod asset_read;
mod asset_write;
mod gate;
mod name_lists;
mod name_writes;
mod options;
mod serve;
mod tables;
mod wire;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::free_port::free_port;

pub use gate::SnipeState;
pub use options::{FaultRule, SnipeFault, SnipeOptions, SnipeVersion};
pub use tables::{HistoryEntry, SnipeTables};

/// A Snipe-IT, and the handle of whoever tests against it.
pub struct SnipeServer {
    pub address: SocketAddr,
    state: serve::SharedState,
    task: Option<JoinHandle<()>>,
}

/// An asset as a judge sees it: raw, with names instead of ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenAsset {
    pub id: u64,
    pub name: Option<String>,
    pub asset_tag: String,
    pub serial: Option<String>,
    pub model: String,
    pub manufacturer: Option<String>,
    pub category: String,
    pub status: String,
    /// Name of the user who has it.
    pub user: Option<String>,
    pub notes: Option<String>,
    pub byod: bool,
    pub is_deleted: bool,
    /// Label to value, of the custom fields that its model shows and that are not empty.
    pub custom: BTreeMap<String, String>,
}

impl Drop for SnipeServer {
    fn drop(&mut self) {
        if let Some(task) = self.task.take() {
            task.abort();
        }
    }
}

impl SnipeServer {
    pub async fn start(options: SnipeOptions) -> SnipeServer {
        let listener = TcpListener::bind(("127.0.0.1", free_port())).await.unwrap();
        let state = Arc::new(Mutex::new(SnipeState::new(options)));
        SnipeServer {
            address: listener.local_addr().unwrap(),
            task: Some(tokio::spawn(serve::serve(listener, Arc::clone(&state)))),
            state,
        }
    }

    /// The address as browsers use it.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Nobody listens any more, and every connection breaks off; what it keeps stays.
    pub async fn kill(&mut self) {
        if let Some(task) = self.task.take() {
            task.abort();
            // It has let go of the port when it is over.
            let _ = task.await;
        }
    }

    /// Listens again at the same address.
    pub async fn restart(&mut self) {
        self.kill().await;
        let listener = TcpListener::bind(self.address).await.unwrap();
        self.task = Some(tokio::spawn(serve::serve(listener, Arc::clone(&self.state))));
    }

    /// Looks into it, or changes it behind everybody's back.
    pub fn with_state<T>(&self, act: impl FnOnce(&mut SnipeState) -> T) -> T {
        act(&mut self.state.lock().unwrap())
    }

    pub fn fail(&self, rule: FaultRule) {
        self.with_state(|state| state.faults.push(rule));
    }

    /// Nothing goes wrong any more.
    pub fn heal(&self) {
        self.with_state(|state| state.faults.clear());
    }

    /// How many requests of this kind came, such as `POST hardware`.
    pub fn count(&self, kind: &str) -> usize {
        self.with_state(|state| state.counts.get(kind).copied().unwrap_or(0))
    }

    /// How many came in all.
    pub fn count_all(&self) -> usize {
        self.with_state(|state| state.counts.values().sum())
    }

    pub fn forget_counts(&self) {
        self.with_state(|state| state.counts.clear());
    }

    /// Every asset, archived ones and those in the trash as well, by id.
    pub fn list_assets(&self) -> Vec<SeenAsset> {
        self.with_state(|state| {
            let tables = &state.tables;
            tables.assets.values().map(|asset| see_asset(tables, asset)).collect()
        })
    }

    /// The history of one asset, as `action: note`.
    pub fn list_history(&self, asset: u64) -> Vec<HistoryEntry> {
        self.with_state(|state| {
            let entries = state.tables.history.iter().filter(|entry| entry.asset == asset);
            entries.cloned().collect()
        })
    }
}

fn see_asset(tables: &SnipeTables, asset: &tables::AssetRecord) -> SeenAsset {
    let model = tables.model(asset.model);
    let maker = model.and_then(|model| model.manufacturer);
    let maker = maker.and_then(|id| tables.manufacturers.iter().find(|row| row.id == id));
    let category = model.and_then(|model| tables.categories.iter().find(|row| row.id == model.category));
    let user = asset.assigned.filter(|(kind, _)| *kind == "user");
    let user = user.and_then(|(_, id)| tables.user(id));
    let custom = tables.shown_fields(asset.model).into_iter().filter_map(|field| {
        let value = asset.custom.get(&field.column)?;
        Some((field.name.clone(), value.clone()))
    });
    SeenAsset {
        id: asset.id,
        name: asset.name.clone().filter(|name| !name.is_empty()),
        asset_tag: asset.asset_tag.clone(),
        serial: asset.serial.clone(),
        model: model.map(|model| model.name.clone()).unwrap_or_default(),
        manufacturer: maker.map(|maker| maker.name.clone()),
        category: category.map(|category| category.name.clone()).unwrap_or_default(),
        status: tables
            .label(asset.status)
            .map(|label| label.name.clone())
            .unwrap_or_default(),
        user: user.map(|user| user.username.clone()),
        notes: asset.notes.clone(),
        byod: asset.byod,
        is_deleted: asset.deleted_at.is_some(),
        custom: custom.collect(),
    }
}
