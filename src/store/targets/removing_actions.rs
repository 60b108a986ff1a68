//! What removed a device: an action from here, lately.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use rusqlite::{Connection, OptionalExtension, params};

use super::TargetKey;
use super::columns::read_word;
use crate::model::{ActionKind, DeviceId, InstanceId, TaskState};
use crate::store::sql_values::{device_key, to_millis};
use crate::store::sql_words::{quote_matching, quote_word};
use crate::store::{Store, StoreError};

/// An action that was done longer ago did not remove a device that goes now.
const REMEMBERED: TimeDelta = TimeDelta::days(7);

impl Store {
    /// The newest wipe, retirement or deletion of the device from here that was done within the last 7 days.
    pub async fn find_removing_action(
        &self,
        instance: InstanceId,
        device: DeviceId,
    ) -> Result<Option<ActionKind>, StoreError> {
        let found = self.find_removing_actions(vec![(instance, device)]).await?;
        Ok(found.into_values().next())
    }

    /// The same of a page of devices; those without are left out.
    pub async fn find_removing_actions(
        &self,
        devices: Vec<TargetKey>,
    ) -> Result<BTreeMap<TargetKey, ActionKind>, StoreError> {
        let since = to_millis(self.inner.clock.now() - REMEMBERED);
        self.read(move |connection| {
            let moment = connection.unchecked_transaction()?;
            let mut found = BTreeMap::new();
            for key in devices {
                found.extend(find_action(&moment, key, since)?.map(|action| (key, action)));
            }
            Ok(found)
        })
        .await
    }
}

fn find_action(
    connection: &Connection,
    (instance, device): TargetKey,
    since: i64,
) -> Result<Option<ActionKind>, StoreError> {
    let removing =
        quote_matching(|verb: ActionKind| matches!(verb, ActionKind::Wipe | ActionKind::Retire | ActionKind::Delete));
    // Tasks are kept with their tenant in lower case, and found by it.
    let mut statement = connection.prepare_cached(&format!(
        "SELECT verb FROM task WHERE tenant = (SELECT lower(tenant_id) FROM instance WHERE id = ?1) AND device_id = ?2
             AND instance = ?1 AND verb IN {removing} AND state = {} AND updated_at >= ?3 ORDER BY id DESC LIMIT 1",
        quote_word(TaskState::Done)
    ))?;
    let found = statement.query_row(params![instance.0, device_key(&device), since], |row| {
        read_word(row, "verb")
    });
    Ok(found.optional()?)
}
