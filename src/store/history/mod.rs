//! What devices were: changed fields, the ids of hardware that has gone, compliance decisions. Kept for as many days as the
//! settings of an instance say (`instance.history_days`; 0: nothing is kept), then forgotten in small steps.
//!
//! [`changes`] writes what a change of a device moved in the transaction that writes the device's new body, so that
//! there is never one without the other; what differs is said by a pure function that the flow hands in. [`former`] remembers
//! devices that have gone, [`decisions`] what was decided, [`queries`] reads one device's history, [`sweep`] forgets.
//!
//! *What a device must not be known by any more is not known of its past either* (F8): fields that are let through no
//! longer are taken out of earlier changes, and a device that filter or rules leave out has no history.

mod changes;
mod decisions;
mod former;
mod queries;
mod sweep;

use rusqlite::{Connection, OptionalExtension};

pub(crate) use changes::ChangeRecorder;
pub use changes::DeviceChange;
pub use decisions::{DecisionRow, NewDecision};
pub use former::FormerDevice;
pub(crate) use former::record_gone;
pub use queries::{DeviceHistory, DeviceHistoryKey, DeviceRename};

use super::{Store, StoreError};
use crate::model::InstanceId;

/// For how many days the history of an instance's devices is kept; 0: it is not.
fn find_history_days(connection: &Connection, instance: InstanceId) -> Result<u32, StoreError> {
    let mut statement = connection.prepare_cached("SELECT history_days FROM instance WHERE id = ?1")?;
    let days = statement.query_row([instance.0], |row| row.get(0)).optional()?;
    Ok(days.unwrap_or(0))
}

impl Store {
    /// As the settings of the instance say. What is kept beyond that goes with the next sweep.
    pub async fn set_history_days(&self, instance: InstanceId, days: u32) -> Result<(), StoreError> {
        self.write(move |connection| {
            connection.execute(
                "UPDATE instance SET history_days = ?2 WHERE id = ?1 AND history_days <> ?2",
                [instance.0, i64::from(days)],
            )?;
            Ok(())
        })
        .await
    }
}
