//! A strict stand-in for GLPI 10 and 11: a server that takes inventories, and answers its high-level API, as the real ones do;
//! written from what their sources do, and sharing no code with the product.
//!
//! It keeps its tables in memory, and through a kill and a restart. [`GlpiServer::list_items`] shows all computers and phones to
//! a judge. It counts requests by kind (`POST inventory`, `PATCH Assets/Computer/{id}`), and fails on request ([`GlpiFault`]).
//!
//! What it is strict in: inventories are checked against GLPI's own schema in closed form ([`schema`]); the default rules
//! choose in their order what an inventory writes into, and a device that they refuse is answered "ok" ([`rules`]); HP's
//! serial numbers lose their first S; an inventory takes a record out of the trash, applies the default status, and empties
//! lists that it lacks unless it is partial; what a user changed is locked; users are found by their exact login name, with a
//! domain among those of its directory alone; three ways to sign in; tokens that end; pages with 206; the trash. GLPI 10 has
//! no high-level API.
//!
//! What is not known of the real one is taken at its worst: a partial inventory makes no record.

mod api;
mod filter;
mod options;
mod rules;
mod schema;
mod serve;
mod tables;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::free_port::free_port;

pub use options::{FaultRule, GlpiFault, GlpiOptions, GlpiVersion, SignInMode};
pub use serve::GlpiState;
pub use tables::ItemRow;

/// A GLPI, and the handle of whoever tests against it.
pub struct GlpiServer {
    pub address: SocketAddr,
    state: serve::SharedState,
    task: Option<JoinHandle<()>>,
}

impl Drop for GlpiServer {
    fn drop(&mut self) {
        if let Some(task) = self.task.take() {
            task.abort();
        }
    }
}

impl GlpiServer {
    pub async fn start(options: GlpiOptions) -> GlpiServer {
        let listener = TcpListener::bind(("127.0.0.1", free_port())).await.unwrap();
        let state = Arc::new(Mutex::new(GlpiState::new(options)));
        GlpiServer {
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

    /// Listens again at the same address. Tokens are forgotten.
    pub async fn restart(&mut self) {
        self.kill().await;
        self.with_state(|state| state.tokens.clear());
        let listener = TcpListener::bind(self.address).await.unwrap();
        self.task = Some(tokio::spawn(serve::serve(listener, Arc::clone(&self.state))));
    }

    /// Looks into it, or changes it behind everybody's back.
    pub fn with_state<T>(&self, act: impl FnOnce(&mut GlpiState) -> T) -> T {
        act(&mut self.state.lock().unwrap())
    }

    pub fn fail(&self, rule: FaultRule) {
        self.with_state(|state| state.faults.push(rule));
    }

    /// How many requests of this kind came, such as `POST inventory`.
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

    /// Every computer and phone, those in the trash as well, in the order of making.
    pub fn list_items(&self) -> Vec<ItemRow> {
        self.with_state(|state| state.tables.items.clone())
    }

    /// Names of devices that rules have refused.
    pub fn list_refused(&self) -> Vec<String> {
        self.with_state(|state| state.tables.refused.clone())
    }
}
