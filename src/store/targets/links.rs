//! Links by the device, and by the record.

use std::collections::BTreeMap;

use rusqlite::{Connection, params};

use super::columns::{read_device, read_instance};
use super::link_rows::list_link_rows;
use super::{TargetKey, TargetLinkRow};
use crate::contract::LinkPhase;
use crate::model::{Epoch, InstanceId};
use crate::store::sql_values::device_key;
use crate::store::sql_words::quote_matching;
use crate::store::{Store, StoreError};

impl Store {
    pub async fn load_target_link(
        &self,
        target: InstanceId,
        key: TargetKey,
    ) -> Result<Option<TargetLinkRow>, StoreError> {
        let epoch = self.epoch();
        self.read(move |connection| find_link(connection, epoch, target, key))
            .await
    }

    /// The links of a page of devices; those that have none are left out.
    pub async fn load_target_links(
        &self,
        target: InstanceId,
        keys: Vec<TargetKey>,
    ) -> Result<BTreeMap<TargetKey, TargetLinkRow>, StoreError> {
        let epoch = self.epoch();
        self.read(move |connection| {
            // One transaction: all of one moment, and the locks are taken once.
            let moment = connection.unchecked_transaction()?;
            let mut links = BTreeMap::new();
            for key in keys {
                links.extend(find_link(&moment, epoch, target, key)?.map(|link| (key, link)));
            }
            Ok(links)
        })
        .await
    }

    /// All links to one record, of whichever instances.
    pub async fn list_record_links(
        &self,
        target: InstanceId,
        record: String,
    ) -> Result<Vec<TargetLinkRow>, StoreError> {
        self.list_links_of_records(target, vec![record]).await
    }

    /// All links to any of these records, in their order.
    pub async fn list_links_of_records(
        &self,
        target: InstanceId,
        records: Vec<String>,
    ) -> Result<Vec<TargetLinkRow>, StoreError> {
        let epoch = self.epoch();
        self.read(move |connection| {
            let moment = connection.unchecked_transaction()?;
            let mut links = Vec::new();
            for record in &records {
                links.extend(list_link_rows(
                    &moment,
                    epoch,
                    "INDEXED BY target_link_by_record WHERE target = ?1 AND record = ?2 AND record <> ''
                     ORDER BY instance, device",
                    params![target.0, record],
                )?);
            }
            Ok(links)
        })
        .await
    }

    /// Devices that are to fill a record which was last written through the link of a device that has left it since. A pass
    /// that was interrupted leaves them behind.
    pub async fn list_unwritten_heirs(&self, target: InstanceId) -> Result<Vec<TargetKey>, StoreError> {
        self.read(move |connection| {
            let left = quote_matching(|phase: LinkPhase| matches!(phase, LinkPhase::Gone | LinkPhase::Released));
            let active = quote_matching(|phase: LinkPhase| phase == LinkPhase::Active);
            let mut statement = connection.prepare_cached(&format!(
                "SELECT DISTINCT heir.instance AS instance, heir.device AS device
                 FROM target_link AS old INDEXED BY target_link_by_phase
                 JOIN target_link AS heir INDEXED BY target_link_by_record ON heir.target = old.target AND heir.record = old.record
                 WHERE old.target = ?1 AND old.phase IN {left} AND heir.record <> '' AND heir.phase IN {active}
                     AND old.written_at >= coalesce(heir.written_at, 0)"
            ))?;
            let rows = statement.query_map([target.0], |row| {
                Ok((read_instance(row, "instance")?, read_device(row, "device")?))
            })?;
            rows.map(|row| row.map_err(StoreError::from)).collect()
        })
        .await
    }
}

fn find_link(
    connection: &Connection,
    epoch: Epoch,
    target: InstanceId,
    (instance, device): TargetKey,
) -> Result<Option<TargetLinkRow>, StoreError> {
    let found = list_link_rows(
        connection,
        epoch,
        "WHERE target = ?1 AND instance = ?2 AND device = ?3",
        params![target.0, instance.0, device_key(&device)],
    )?;
    Ok(found.into_iter().next())
}
