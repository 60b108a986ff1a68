//! Devices about which a person has to decide, and what was decided.
//!
//! A decision to adopt or to create waits until it was carried out; then the device is not set aside any more. One to ignore
//! stays for as long as its row does.

use std::collections::BTreeMap;

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Params, Row as SqlRow, params, params_from_iter};

use super::TargetKey;
use super::columns::{
    read_device, read_instance, read_json, read_operator, read_optional_time, read_optional_word, read_time, read_word,
};
use crate::contract::{AsideDecision, AsideDetail, SetAsideReason};
use crate::model::{DeviceId, InstanceId, OperatorId, Timestamp};
use crate::store::orders::load_operator_name;
use crate::store::sql_values::{device_key, to_json, to_millis};
use crate::store::sql_words::quote_word;
use crate::store::write_marks::WriteConcern;
use crate::store::{Store, StoreError};

/// A device that is to be set aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTargetAside {
    pub target: InstanceId,
    pub instance: InstanceId,
    pub device: DeviceId,
    pub reason: SetAsideReason,
    pub detail: AsideDetail,
}

/// A device that is set aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetAsideRow {
    pub target: InstanceId,
    pub instance: InstanceId,
    pub device: DeviceId,
    pub reason: SetAsideReason,
    pub detail: AsideDetail,
    /// Since when, for this reason.
    pub at: Timestamp,
    /// `None`: nobody has decided.
    pub decision: Option<AsideDecision>,
    /// The record that it was decided to adopt.
    pub decided_record: Option<String>,
    pub decided_by: Option<OperatorId>,
    pub decided_by_name: Option<String>,
    pub decided_at: Option<Timestamp>,
}

/// What a person decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AsideChoice {
    /// This record becomes its record.
    Adopt(String),
    /// It gets a new record.
    Create,
    /// It gets none.
    Ignore,
}

/// Which of those that are set aside to list.
#[derive(Debug, Clone, Default)]
pub struct AsideFilter {
    pub target: InstanceId,
    /// Those that somebody may see; `None`: all.
    pub instances: Option<Vec<InstanceId>>,
    /// Only those about which nobody has decided.
    pub open_only: bool,
    pub limit: usize,
}

impl TargetAsideRow {
    /// The device that is set aside.
    pub fn key(&self) -> TargetKey {
        (self.instance, self.device)
    }
}

impl AsideChoice {
    const fn decision(&self) -> AsideDecision {
        match self {
            AsideChoice::Adopt(_) => AsideDecision::Adopt,
            AsideChoice::Create => AsideDecision::Create,
            AsideChoice::Ignore => AsideDecision::Ignore,
        }
    }

    fn record(&self) -> Option<&str> {
        match self {
            AsideChoice::Adopt(record) => Some(record),
            AsideChoice::Create | AsideChoice::Ignore => None,
        }
    }
}

const ASIDE: &str =
    "target, instance, device, reason, detail, at, decision, decided_record, decided_by, decided_by_name,
    decided_at";

impl Store {
    /// A device that is set aside again keeps a decision to ignore it; another one has not helped, and is asked for anew.
    pub async fn set_target_aside(&self, new: NewTargetAside) -> Result<(), StoreError> {
        self.set_targets_aside(vec![new]).await
    }

    pub async fn set_targets_aside(&self, new: Vec<NewTargetAside>) -> Result<(), StoreError> {
        let now = self.inner.clock.now();
        self.write_concerning(WriteConcern::Nobody, [], move |connection| {
            new.iter().try_for_each(|new| write_aside(connection, new, now))
        })
        .await
    }

    /// What a page of devices was set aside for; those that are not are left out.
    pub async fn load_target_asides(
        &self,
        target: InstanceId,
        keys: Vec<TargetKey>,
    ) -> Result<BTreeMap<TargetKey, TargetAsideRow>, StoreError> {
        self.read(move |connection| {
            let moment = connection.unchecked_transaction()?;
            let mut found = BTreeMap::new();
            for key in keys {
                found.extend(find_aside(&moment, target, key)?.map(|row| (key, row)));
            }
            Ok(found)
        })
        .await
    }

    /// The longest waiting first.
    pub async fn list_target_aside(
        &self,
        target: InstanceId,
        open_only: bool,
    ) -> Result<Vec<TargetAsideRow>, StoreError> {
        let filter = AsideFilter {
            target,
            open_only,
            limit: usize::MAX,
            ..AsideFilter::default()
        };
        let (rows, _) = self.list_target_aside_page(filter).await?;
        Ok(rows)
    }

    /// The longest waiting first, and how many there are in all.
    pub async fn list_target_aside_page(&self, filter: AsideFilter) -> Result<(Vec<TargetAsideRow>, u64), StoreError> {
        self.read(move |connection| {
            let moment = connection.unchecked_transaction()?;
            let mut condition = "target = ?".to_owned();
            let mut values: Vec<Value> = vec![filter.target.0.into()];
            if filter.open_only {
                condition.push_str(" AND decision IS NULL");
            }
            if let Some(instances) = &filter.instances {
                let places = vec!["?"; instances.len()].join(", ");
                condition.push_str(&format!(" AND +instance IN ({places})"));
                values.extend(instances.iter().map(|id| Value::from(id.0)));
            }
            let total: i64 = moment
                .prepare_cached(&format!(
                    "SELECT count(*) AS total FROM target_set_aside WHERE {condition}"
                ))?
                .query_row(params_from_iter(values.iter()), |row| row.get("total"))?;
            condition.push_str(" ORDER BY at, instance, device LIMIT ?");
            values.push(i64::try_from(filter.limit).unwrap_or(i64::MAX).into());
            let page = list_aside_rows(&moment, &format!("WHERE {condition}"), params_from_iter(values))?;
            Ok((page, total.unsigned_abs()))
        })
        .await
    }

    /// Those that somebody decided to adopt or to create: it is to be carried out.
    pub async fn list_decided_aside(&self, target: InstanceId) -> Result<Vec<TargetAsideRow>, StoreError> {
        self.read(move |connection| {
            let rest = format!(
                "INDEXED BY target_set_aside_decided WHERE target = ?1 AND decision IS NOT NULL AND decision IN ({}, {})
                 ORDER BY decided_at, instance, device",
                quote_word(AsideDecision::Adopt),
                quote_word(AsideDecision::Create)
            );
            list_aside_rows(connection, &rest, [target.0])
        })
        .await
    }

    /// The row as it stands then; `None` where the device is not set aside (any more). A later decision replaces one before.
    pub async fn decide_target_aside(
        &self,
        target: InstanceId,
        key: TargetKey,
        choice: AsideChoice,
        by: OperatorId,
    ) -> Result<Option<TargetAsideRow>, StoreError> {
        let now = self.inner.clock.now();
        self.write(move |connection| {
            let name = load_operator_name(connection, by)?;
            connection.execute(
                "UPDATE target_set_aside SET decision = ?4, decided_record = ?5, decided_by = ?6, decided_by_name = ?7,
                     decided_at = ?8 WHERE target = ?1 AND instance = ?2 AND device = ?3",
                params![
                    target.0,
                    key.0.0,
                    device_key(&key.1),
                    choice.decision().name(),
                    choice.record(),
                    by.0,
                    name,
                    to_millis(now)
                ],
            )?;
            find_aside(connection, target, key)
        })
        .await
    }

    /// False where it is not set aside.
    pub async fn clear_target_aside(&self, target: InstanceId, key: TargetKey) -> Result<bool, StoreError> {
        self.write_concerning(WriteConcern::Nobody, [], move |connection| {
            let cleared = connection.execute(
                "DELETE FROM target_set_aside WHERE target = ?1 AND instance = ?2 AND device = ?3",
                params![target.0, key.0.0, device_key(&key.1)],
            )?;
            Ok(cleared > 0)
        })
        .await
    }
}

fn aside_from_row(row: &SqlRow<'_>) -> rusqlite::Result<TargetAsideRow> {
    Ok(TargetAsideRow {
        target: read_instance(row, "target")?,
        instance: read_instance(row, "instance")?,
        device: read_device(row, "device")?,
        reason: read_word(row, "reason")?,
        detail: read_json(row, "detail")?,
        at: read_time(row, "at")?,
        decision: read_optional_word(row, "decision")?,
        decided_record: row.get("decided_record")?,
        decided_by: read_operator(row, "decided_by")?,
        decided_by_name: row.get("decided_by_name")?,
        decided_at: read_optional_time(row, "decided_at")?,
    })
}

/// `rest`: what follows `FROM target_set_aside`, an index that is to be used first.
fn list_aside_rows(
    connection: &Connection,
    rest: &str,
    values: impl Params,
) -> Result<Vec<TargetAsideRow>, StoreError> {
    let mut statement = connection.prepare_cached(&format!("SELECT {ASIDE} FROM target_set_aside {rest}"))?;
    let rows = statement.query_map(values, aside_from_row)?;
    rows.map(|row| row.map_err(StoreError::from)).collect()
}

fn find_aside(
    connection: &Connection,
    target: InstanceId,
    (instance, device): TargetKey,
) -> Result<Option<TargetAsideRow>, StoreError> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {ASIDE} FROM target_set_aside WHERE target = ?1 AND instance = ?2 AND device = ?3"
    ))?;
    let found = statement.query_row(params![target.0, instance.0, device_key(&device)], aside_from_row);
    Ok(found.optional()?)
}

fn write_aside(connection: &Connection, new: &NewTargetAside, now: Timestamp) -> Result<(), StoreError> {
    let ignored = format!("decision = {}", quote_word(AsideDecision::Ignore));
    connection
        .prepare_cached(&format!(
            "INSERT INTO target_set_aside (target, instance, device, reason, detail, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT (target, instance, device) DO UPDATE SET at = iif(reason = excluded.reason, at, excluded.at),
                 reason = excluded.reason, detail = excluded.detail, decision = iif({ignored}, decision, NULL),
                 decided_record = NULL, decided_by = iif({ignored}, decided_by, NULL),
                 decided_by_name = iif({ignored}, decided_by_name, NULL),
                 decided_at = iif({ignored}, decided_at, NULL)"
        ))?
        .execute(params![
            new.target.0,
            new.instance.0,
            device_key(&new.device),
            new.reason.name(),
            to_json(&new.detail),
            to_millis(now),
        ])?;
    Ok(())
}
