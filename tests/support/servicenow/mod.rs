//! A strict stand-in for ServiceNow: a server that answers, refuses, merges and hides as the documents of the real one say, and
//! that shares no code with the product.
//!
//! It keeps its tables in memory, and through a kill and a restart. [`ServiceNowServer::list_cis`] shows all CIs to a judge. It
//! counts requests by kind (`POST identifyreconcile/enhanced`), those within a batch as well, and fails on request
//! ([`ServiceNowFault`]).
//!
//! What it is strict in: sign-in by Basic or by a token of its own; rights table by table; IRE in the order of the hardware
//! rule (native key, serial number, name), errors of items with HTTP 200, partial and incomplete payloads that are kept, a
//! payload that is dropped whole where partial commits are off, duplicates of which the oldest is taken; data sources that have
//! to be known; references that have to be ids; classes that change where an item does not forbid it; columns that a table does
//! not have, passed over in queries and payloads; pages cut before rights; `Link` and `X-Total-Count`; limits an hour with their
//! headers; batches that leave requests unserved.

mod batch;
mod options;
mod reconcile;
mod serve;
mod state;
mod table_api;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::free_port::free_port;

pub use options::{FaultRule, ServiceNowFault, ServiceNowOptions};
pub use state::{CiRecord, ServiceNowState};

/// A ServiceNow, and the handle of whoever tests against it.
pub struct ServiceNowServer {
    pub address: SocketAddr,
    state: serve::SharedState,
    task: Option<JoinHandle<()>>,
}

impl Drop for ServiceNowServer {
    fn drop(&mut self) {
        if let Some(task) = self.task.take() {
            task.abort();
        }
    }
}

impl ServiceNowServer {
    pub async fn start(options: ServiceNowOptions) -> ServiceNowServer {
        let listener = TcpListener::bind(("127.0.0.1", free_port())).await.unwrap();
        let state = Arc::new(Mutex::new(ServiceNowState::new(options)));
        ServiceNowServer {
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
    pub fn with_state<T>(&self, act: impl FnOnce(&mut ServiceNowState) -> T) -> T {
        act(&mut self.state.lock().unwrap())
    }

    pub fn fail(&self, rule: FaultRule) {
        self.with_state(|state| state.faults.push(rule));
    }

    /// How many requests of this kind came.
    pub fn count(&self, kind: &str) -> usize {
        self.with_state(|state| state.counts.get(kind).copied().unwrap_or(0))
    }

    /// How many came in all, those within a batch not counted.
    pub fn count_all(&self) -> usize {
        self.with_state(|state| state.requests)
    }

    pub fn forget_counts(&self) {
        self.with_state(|state| {
            state.counts.clear();
            state.requests = 0;
        });
    }

    /// Every CI, in the order of making.
    pub fn list_cis(&self) -> Vec<CiRecord> {
        self.with_state(|state| state.cis.clone())
    }
}
