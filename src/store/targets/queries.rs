//! Links as people see them: a page of those that match, and how many stand where.

use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use super::columns::{read_count, read_word};
use super::link_rows::list_link_rows;
use super::{TargetKey, TargetLinkRow};
use crate::contract::{LinkOrigin, LinkPhase};
use crate::model::{Epoch, InstanceId};
use crate::store::sql_values::device_key;
use crate::store::sql_words::quote_word;
use crate::store::{Store, StoreError};

#[derive(Debug, Clone, Default)]
pub struct TargetLinkFilter {
    pub target: InstanceId,
    /// `None`: of all.
    pub instance: Option<InstanceId>,
    /// Those that somebody may see; `None`: all.
    pub instances: Option<Vec<InstanceId>>,
    pub phase: Option<LinkPhase>,
    pub origin: Option<LinkOrigin>,
    /// Part of device id, name, serial number, record or user, upper and lower case alike.
    pub search: Option<String>,
    /// Only those whose last write failed.
    pub with_error: bool,
    /// Links behind that of this device.
    pub after: Option<TargetKey>,
    pub limit: usize,
}

/// How many devices of a target stand where.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TargetCounts {
    /// They have a record that is kept up to date.
    pub linked: u64,
    /// Of these: the target made it.
    pub created: u64,
    /// Of these: it was there before.
    pub adopted: u64,
    /// Their record is being made.
    pub intended: u64,
    pub gone: u64,
    /// Their record was left untouched.
    pub released: u64,
    /// A person has to decide.
    pub set_aside: u64,
    /// Their last write failed.
    pub failing: u64,
}

impl TargetLinkFilter {
    /// The index along which those that match are found, in the order of the list; the narrowest of those that know what is
    /// asked for. Without any of it the rows themselves are in order.
    fn choose_index(&self) -> &'static str {
        if self.with_error {
            "INDEXED BY target_link_failing"
        } else if self.search.is_some() {
            "INDEXED BY target_link_by_text"
        } else if self.phase.is_some() {
            "INDEXED BY target_link_by_phase"
        } else if self.origin.is_some() {
            "INDEXED BY target_link_by_text"
        } else {
            ""
        }
    }

    /// All but `after` and `limit`.
    fn to_condition(&self) -> (String, Vec<Value>) {
        let mut condition = "target = ?".to_owned();
        let mut values: Vec<Value> = vec![self.target.0.into()];
        if let Some(instance) = self.instance {
            condition.push_str(" AND instance = ?");
            values.push(instance.0.into());
        }
        if let Some(instances) = &self.instances {
            // Unlike `instance`, these are no way into an index: it would put the list into another order.
            let places = vec!["?"; instances.len()].join(", ");
            condition.push_str(&format!(" AND +instance IN ({places})"));
            values.extend(instances.iter().map(|id| Value::from(id.0)));
        }
        if let Some(phase) = self.phase {
            condition.push_str(&format!(" AND phase = {}", quote_word(phase)));
        }
        if let Some(origin) = self.origin {
            condition.push_str(&format!(" AND origin = {}", quote_word(origin)));
        }
        if self.with_error {
            condition.push_str(" AND last_error IS NOT NULL");
        }
        if let Some(search) = &self.search {
            condition.push_str(" AND instr(search_text, ?) > 0");
            values.push(search.to_lowercase().into());
        }
        (condition, values)
    }
}

impl Store {
    /// A page in the order of instance and device, and how many there are on all pages.
    pub async fn list_target_links(&self, filter: TargetLinkFilter) -> Result<(Vec<TargetLinkRow>, u64), StoreError> {
        let epoch = self.epoch();
        self.read(move |connection| {
            let moment = connection.unchecked_transaction()?;
            let (condition, values) = filter.to_condition();
            let index = match filter.choose_index() {
                // The narrowest.
                "" => "INDEXED BY target_link_by_phase",
                index => index,
            };
            let total: i64 = moment
                .prepare_cached(&format!(
                    "SELECT count(*) AS total FROM target_link {index} WHERE {condition}"
                ))?
                .query_row(params_from_iter(values), |row| row.get("total"))?;
            Ok((list_page(&moment, epoch, &filter)?, total.unsigned_abs()))
        })
        .await
    }

    /// The same without counting, for who reads page after page.
    pub async fn list_target_link_page(&self, filter: TargetLinkFilter) -> Result<Vec<TargetLinkRow>, StoreError> {
        let epoch = self.epoch();
        self.read(move |connection| list_page(connection, epoch, &filter)).await
    }

    pub async fn count_target(&self, target: InstanceId) -> Result<TargetCounts, StoreError> {
        self.read(move |connection| {
            let moment = connection.unchecked_transaction()?;
            let mut counts = count_links(&moment, target)?;
            let count = |sql: &str| -> Result<u64, StoreError> {
                let count: i64 = moment
                    .prepare_cached(sql)?
                    .query_row([target.0], |row| row.get("total"))?;
                Ok(count.unsigned_abs())
            };
            counts.set_aside = count(
                "SELECT count(*) AS total FROM target_set_aside INDEXED BY target_set_aside_open
                 WHERE target = ?1 AND decision IS NULL",
            )?;
            counts.failing = count(
                "SELECT count(*) AS total FROM target_link INDEXED BY target_link_failing
                 WHERE target = ?1 AND last_error IS NOT NULL",
            )?;
            Ok(counts)
        })
        .await
    }
}

fn list_page(
    connection: &Connection,
    epoch: Epoch,
    filter: &TargetLinkFilter,
) -> Result<Vec<TargetLinkRow>, StoreError> {
    let (mut condition, mut values) = filter.to_condition();
    match (filter.after, filter.instance) {
        (None, _) => (),
        (Some((instance, device)), None) => {
            condition.push_str(" AND (instance, device) > (?, ?)");
            values.extend([Value::from(instance.0), device_key(&device).to_vec().into()]);
        }
        // All of them lie behind it.
        (Some((instance, _)), Some(only)) if instance < only => (),
        (Some((instance, device)), Some(only)) if instance == only => {
            condition.push_str(" AND device > ?");
            values.push(device_key(&device).to_vec().into());
        }
        (Some(_), Some(_)) => return Ok(Vec::new()),
    }
    values.push((filter.limit as i64).into());
    let index = filter.choose_index();
    let rest = format!("{index} WHERE {condition} ORDER BY instance, device LIMIT ?");
    list_link_rows(connection, epoch, &rest, params_from_iter(values))
}

fn count_links(connection: &Connection, target: InstanceId) -> Result<TargetCounts, StoreError> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT phase, count(*) AS devices, sum(origin = {}) AS made FROM target_link INDEXED BY target_link_by_phase
         WHERE target = ?1 GROUP BY phase",
        quote_word(LinkOrigin::Created)
    ))?;
    let rows = statement.query_map([target.0], |row| {
        let phase: LinkPhase = read_word(row, "phase")?;
        Ok((phase, read_count(row, "devices")?, read_count(row, "made")?))
    })?;
    let mut counts = TargetCounts::default();
    for row in rows {
        let (phase, devices, created) = row?;
        match phase {
            LinkPhase::Intended => counts.intended = devices,
            LinkPhase::Gone => counts.gone = devices,
            LinkPhase::Released => counts.released = devices,
            LinkPhase::Active => {
                counts.linked = devices;
                counts.created = created;
                counts.adopted = devices - created;
            }
        }
    }
    Ok(counts)
}
