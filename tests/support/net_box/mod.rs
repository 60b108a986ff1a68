//! A strict stand-in for NetBox 4.2 and 4.6: a server that answers, refuses and leaves out as the real ones do, written from
//! what a real 4.6.8 was seen to do, and sharing no code with the product.
//!
//! It keeps its tables in memory, and through a kill and a restart. [`NetBoxServer::list_devices`] shows all devices to a
//! judge. It counts requests by kind (`PATCH dcim/devices`), and fails on request ([`NetBoxFault`]).
//!
//! What it is strict in: 403 for a token that it does not know, and tokens of version 2 in new versions alone; pages of 50,
//! and of as many as its limit allows where more is asked for; filters without case, and filters that it does not know left
//! out in silence; fields that it does not know left out in silence, and custom fields that it does not know refused; names
//! unique in a site whatever their case; asset tags unique, serial numbers not; the unique value of a custom field looked at
//! before it is written and not while it is; many rows all or none, with an error that names the field and not the row; rows
//! of a change whose device is not there left out in silence; tags of devices replaced as a whole; `If-Match`; paths that
//! end with a slash. What it shows of the tokens of its user is written from the sources of NetBox, and was not seen.

mod custom_fields;
mod device_read;
mod device_write;
mod gate;
mod name_rows;
mod options;
mod serve;
mod tables;
mod tokens;
mod wire;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::free_port::free_port;

pub use gate::NetBoxState;
pub use options::{FaultRule, NetBoxFault, NetBoxOptions, NetBoxVersion};
pub use tables::{DeviceRecord, NetBoxTables};

/// A NetBox, and the handle of whoever tests against it.
pub struct NetBoxServer {
    pub address: SocketAddr,
    state: serve::SharedState,
    task: Option<JoinHandle<()>>,
}

impl Drop for NetBoxServer {
    fn drop(&mut self) {
        if let Some(task) = self.task.take() {
            task.abort();
        }
    }
}

impl NetBoxServer {
    pub async fn start(options: NetBoxOptions) -> NetBoxServer {
        let listener = TcpListener::bind(("127.0.0.1", free_port())).await.unwrap();
        let state = Arc::new(Mutex::new(NetBoxState::new(options)));
        NetBoxServer {
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
    pub fn with_state<T>(&self, act: impl FnOnce(&mut NetBoxState) -> T) -> T {
        act(&mut self.state.lock().unwrap())
    }

    pub fn fail(&self, rule: FaultRule) {
        self.with_state(|state| state.faults.push(rule));
    }

    /// How many requests of this kind came, such as `POST dcim/devices`.
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

    /// Every device, by id.
    pub fn list_devices(&self) -> Vec<DeviceRecord> {
        self.with_state(|state| state.tables.devices.values().cloned().collect())
    }
}
