//! Devices that somebody wants written again, until they are: a stop of the bus forgets none.

use rusqlite::params;

use super::TargetKey;
use super::columns::{read_device, read_instance};
use crate::model::InstanceId;
use crate::store::sql_values::{device_key, to_millis};
use crate::store::write_marks::WriteConcern;
use crate::store::{Store, StoreError};

/// Of one target: more at once are no wish of a person.
const WAITING_MAX: i64 = 10_000;

/// A device that is to be written again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TargetResend {
    /// Another one, where somebody asks for the same device again.
    pub id: i64,
    pub key: TargetKey,
}

impl Store {
    /// False: too many wait already.
    pub async fn ask_target_resend(&self, target: InstanceId, key: TargetKey) -> Result<bool, StoreError> {
        let now = self.inner.clock.now();
        self.write_concerning(WriteConcern::Nobody, [], move |connection| {
            let mut statement = connection.prepare_cached(
                "INSERT OR REPLACE INTO target_resend (target, instance, device, asked_at)
                 SELECT ?1, ?2, ?3, ?4
                 WHERE (SELECT count(*) FROM target_resend WHERE target = ?1) < ?5
                    OR EXISTS (SELECT 1 FROM target_resend WHERE target = ?1 AND instance = ?2 AND device = ?3)",
            )?;
            let (instance, device) = key;
            let values = params![target.0, instance.0, device_key(&device), to_millis(now), WAITING_MAX];
            Ok(statement.execute(values)? > 0)
        })
        .await
    }

    /// In the order in which they were asked for.
    pub async fn list_target_resends(&self, target: InstanceId) -> Result<Vec<TargetResend>, StoreError> {
        self.read(move |connection| {
            let mut statement = connection
                .prepare_cached("SELECT id, instance, device FROM target_resend WHERE target = ?1 ORDER BY id")?;
            let rows = statement.query_map([target.0], |row| {
                Ok(TargetResend {
                    id: row.get("id")?,
                    key: (read_instance(row, "instance")?, read_device(row, "device")?),
                })
            })?;
            rows.map(|row| row.map_err(StoreError::from)).collect()
        })
        .await
    }

    /// It was written, or there is nothing to write. One that somebody asked for meanwhile stays.
    pub async fn end_target_resend(&self, resend: i64) -> Result<(), StoreError> {
        self.write_concerning(WriteConcern::Nobody, [], move |connection| {
            connection
                .prepare_cached("DELETE FROM target_resend WHERE id = ?1")?
                .execute([resend])?;
            Ok(())
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::model::{DeviceId, parse_time};
    use crate::observe::Clock;

    const TARGET: InstanceId = InstanceId(3);

    #[tokio::test]
    async fn a_device_waits_once_and_one_that_is_asked_for_again_meanwhile_stays() {
        let folder = tempfile::tempdir().unwrap();
        let clock = Clock::manual(parse_time("2026-03-01T08:00:00Z").unwrap());
        let store = Store::open(folder.path(), clock.clone(), [0; 32]).unwrap();
        let key = |number: u128| (InstanceId(1), DeviceId(Uuid::from_u128(number)));
        for number in [2, 1, 2] {
            assert!(store.ask_target_resend(TARGET, key(number)).await.unwrap());
        }
        assert!(store.list_target_resends(InstanceId(4)).await.unwrap().is_empty());
        drop(store);
        let store = Store::open(folder.path(), clock, [0; 32]).unwrap();
        let waiting = store.list_target_resends(TARGET).await.unwrap();
        let keys: Vec<TargetKey> = waiting.iter().map(|resend| resend.key).collect();
        assert_eq!(keys, [key(1), key(2)]);
        assert!(store.ask_target_resend(TARGET, key(1)).await.unwrap());
        for resend in waiting {
            store.end_target_resend(resend.id).await.unwrap();
        }
        let left = store.list_target_resends(TARGET).await.unwrap();
        assert_eq!(left.iter().map(|resend| resend.key).collect::<Vec<_>>(), [key(1)]);
    }
}
