//! Orders as people see them.

use rusqlite::types::Value;
use rusqlite::{Connection, params, params_from_iter};

use super::OrderRow;
use super::licence_conditions::is_installed;
use super::order_rows::{ORDER, find_order, list_order_rows, open_states, order_from_row, restrict_to_instances};
use crate::contract::{OrderState, OrderTargetKind};
use crate::model::{InstanceId, OperatorId};
use crate::store::columns::{read_count, read_word};
use crate::store::evidence_period::{EvidencePeriod, RowVisitor, visit_rows, within};
use crate::store::sql_values::to_millis;
use crate::store::{Store, StoreError};

/// For how long an order that failed is counted.
const FAILED_COUNTED: chrono::TimeDelta = chrono::TimeDelta::hours(24);

#[derive(Debug, Clone, Default)]
pub struct OrderFilter {
    /// `None`: of all.
    pub instances: Option<Vec<InstanceId>>,
    /// Id of the application.
    pub application: Option<String>,
    pub state: Option<OrderState>,
    /// Whether they have not ended.
    pub open: Option<bool>,
    /// As it was given, or object id or name.
    pub user: Option<String>,
    /// As it was given, or object id or name.
    pub device: Option<String>,
    /// Part of id, application, target or sender, upper and lower case alike.
    pub search: Option<String>,
    pub placed_by: Option<OperatorId>,
    /// Orders with a smaller key.
    pub after: Option<i64>,
    pub limit: usize,
}

/// How many orders of an instance stand where.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OrderCounts {
    pub waiting_for_approval: u64,
    pub waiting_for_licence: u64,
    /// All that have not ended.
    pub open: u64,
    /// Within the last 24 hours.
    pub failed: u64,
}

impl OrderFilter {
    /// All but `after` and `limit`.
    fn to_condition(&self) -> (String, Vec<Value>) {
        let mut condition = "1 = 1".to_owned();
        let mut values: Vec<Value> = Vec::new();
        restrict_to_instances(&mut condition, &mut values, "o.instance", self.instances.as_deref());
        if let Some(application) = &self.application {
            condition.push_str(" AND o.application = ?");
            values.push(application.clone().into());
        }
        if let Some(state) = self.state {
            condition.push_str(" AND o.state = ?");
            values.push(state.name().to_owned().into());
        }
        if let Some(open) = self.open {
            let not = if open { "" } else { "NOT " };
            condition.push_str(&format!(" AND o.state {not}IN {}", open_states()));
        }
        let targets = [
            (OrderTargetKind::User, &self.user),
            (OrderTargetKind::Device, &self.device),
        ];
        for (kind, target) in targets {
            let Some(target) = target else { continue };
            condition.push_str(
                " AND o.target_kind = ? AND (o.target = ? OR o.object_id = ? OR o.target_name = ? COLLATE NOCASE)",
            );
            values.push(kind.name().to_owned().into());
            values.extend(std::iter::repeat_n(Value::from(target.clone()), 3));
        }
        if let Some(search) = &self.search {
            condition.push_str(" AND instr(o.search_text, ?) > 0");
            values.push(search.to_lowercase().into());
        }
        if let Some(operator) = self.placed_by {
            condition.push_str(" AND o.placed_by = ?");
            values.push(operator.0.into());
        }
        (condition, values)
    }
}

impl Store {
    pub async fn load_order(&self, id: String) -> Result<Option<OrderRow>, StoreError> {
        self.read(move |connection| find_order(connection, &id)).await
    }

    /// A page, newest first, and how many there are on all pages.
    pub async fn list_orders(&self, filter: OrderFilter) -> Result<(Vec<OrderRow>, u64), StoreError> {
        self.read(move |connection| {
            let (mut condition, mut values) = filter.to_condition();
            let count = format!("SELECT count(*) FROM app_order o WHERE {condition}");
            let total: i64 = connection
                .prepare_cached(&count)?
                .query_row(params_from_iter(values.iter()), |row| row.get(0))?;
            if let Some(after) = filter.after {
                condition.push_str(" AND o.key < ?");
                values.push(after.into());
            }
            condition.push_str(" ORDER BY o.key DESC LIMIT ?");
            values.push((filter.limit as i64).into());
            let page = list_order_rows(connection, &condition, params_from_iter(values.iter()))?;
            Ok((page, total.unsigned_abs()))
        })
        .await
    }

    /// Orders of an application that were found to be for this object of the directory, newest first.
    pub async fn list_orders_of_object(
        &self,
        application_key: i64,
        object_id: String,
        limit: usize,
    ) -> Result<Vec<OrderRow>, StoreError> {
        self.read(move |connection| {
            list_order_rows(
                connection,
                "o.application_key = ?1 AND o.object_id = ?2 ORDER BY o.key DESC LIMIT ?3",
                params![application_key, object_id, limit as i64],
            )
        })
        .await
    }

    /// The objects of the directory for which orders with this target, as it was given, installed an application that
    /// nothing has removed since.
    pub async fn list_installed_objects(
        &self,
        application_key: i64,
        target_kind: OrderTargetKind,
        target: String,
    ) -> Result<Vec<String>, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(&format!(
                "SELECT DISTINCT o.object_id FROM app_order o WHERE o.application_key = ?1 AND o.target_kind = ?2
                     AND o.target = ?3 AND o.object_id IS NOT NULL AND {}",
                is_installed("o")
            ))?;
            let values = params![application_key, target_kind.name(), target];
            let rows = statement.query_map(values, |row| row.get(0))?;
            rows.map(|row| row.map_err(StoreError::from)).collect()
        })
        .await
    }

    pub async fn count_orders(&self, instance: InstanceId) -> Result<OrderCounts, StoreError> {
        let since = to_millis(self.inner.clock.now() - FAILED_COUNTED);
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(&format!(
                "SELECT o.state, count(*) AS orders FROM app_order o WHERE o.instance = ?1
                   AND (o.state IN {} OR (o.state = ?2 AND o.ended_at > ?3)) GROUP BY o.state",
                open_states()
            ))?;
            let values = params![instance.0, OrderState::Failed.name(), since];
            let rows = statement.query_map(values, |row| {
                Ok((read_word::<OrderState>(row, "state")?, read_count(row, "orders")?))
            })?;
            let mut counts = OrderCounts::default();
            for row in rows {
                let (state, count) = row?;
                match state {
                    OrderState::WaitingForApproval => counts.waiting_for_approval = count,
                    OrderState::WaitingForLicence => counts.waiting_for_licence = count,
                    OrderState::Failed => counts.failed = count,
                    _ => {}
                }
                if !state.is_final() {
                    counts.open += count;
                }
            }
            Ok(counts)
        })
        .await
    }
}

/// Orders that were placed, decided, processed or ended then, each as it stands now.
pub(in crate::store) fn visit_orders(
    connection: &Connection,
    period: EvidencePeriod,
    visit: RowVisitor<'_, OrderRow>,
) -> Result<(), StoreError> {
    let times = ["o.placed_at", "o.decided_at", "o.processed_at", "o.ended_at"].map(within);
    let condition = times.join(" OR ");
    let sql = format!("SELECT {ORDER} FROM app_order o WHERE {condition} ORDER BY o.key");
    visit_rows(connection, &sql, period, order_from_row, visit)
}
