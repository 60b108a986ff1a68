//! Lists of the audit trail: by what its entries are filtered, in which order, and how many there are. They only read.

use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use super::audit::entry_from_row;
use super::sql_values::{parse_json, to_millis};
use super::{Store, StoreError};
use crate::contract::AuditEntryView;
use crate::model::Timestamp;

/// Which entries; one has to match everything that is given.
#[derive(Debug, Clone, Default)]
pub struct AuditFilter {
    /// One of these; of any, where there is none.
    pub actions: Vec<String>,
    /// Name of the operator, or `bus`.
    pub actor: Option<String>,
    /// Part of the subject, upper and lower case alike.
    pub subject: Option<String>,
    pub from: Option<Timestamp>,
    /// The first moment that does not belong to it.
    pub until: Option<Timestamp>,
    /// Part of anything that is written there, upper and lower case alike.
    pub text: Option<String>,
}

/// Which part of them.
#[derive(Debug, Clone, Default)]
pub struct AuditWindow {
    /// Entries with a larger number.
    pub after: Option<i64>,
    /// Entries with a smaller number.
    pub before: Option<i64>,
    /// Else oldest first.
    pub newest_first: bool,
    pub limit: u32,
}

impl AuditFilter {
    /// Whether entries have to be read to be judged: no index knows their texts.
    pub fn reads_texts(&self) -> bool {
        self.subject.is_some() || self.text.is_some()
    }

    fn to_condition(&self) -> (String, Vec<Value>) {
        let mut condition = "1 = 1".to_owned();
        let mut values: Vec<Value> = Vec::new();
        if !self.actions.is_empty() {
            let places = vec!["?"; self.actions.len()].join(", ");
            condition.push_str(&format!(" AND a.action IN ({places})"));
            values.extend(self.actions.iter().map(|action| Value::from(action.clone())));
        }
        let mut add = |sql: &str, value: Value| {
            condition.push_str(sql);
            values.push(value);
        };
        if let Some(actor) = &self.actor {
            add(" AND a.actor = ? COLLATE NOCASE", actor.clone().into());
        }
        if let Some(from) = self.from {
            add(" AND a.at >= ?", to_millis(from).into());
        }
        if let Some(until) = self.until {
            add(" AND a.at < ?", to_millis(until).into());
        }
        if let Some(subject) = &self.subject {
            add(" AND instr(folded(a.subject), ?) > 0", subject.to_lowercase().into());
        }
        if let Some(text) = &self.text {
            // No text that is looked for has an end of line.
            let sql =
                " AND instr(folded(a.actor || char(10) || a.action || char(10) || a.subject || char(10) || a.detail),
                        ?) > 0";
            add(sql, text.to_lowercase().into());
        }
        (condition, values)
    }
}

impl AuditWindow {
    fn to_page(&self) -> (String, Vec<Value>) {
        let mut sql = String::new();
        let mut values: Vec<Value> = Vec::new();
        if let Some(after) = self.after {
            sql.push_str(" AND a.id > ?");
            values.push(after.into());
        }
        if let Some(before) = self.before {
            sql.push_str(" AND a.id < ?");
            values.push(before.into());
        }
        let direction = if self.newest_first { "DESC" } else { "ASC" };
        sql.push_str(&format!(" ORDER BY a.id {direction} LIMIT ?"));
        values.push(self.limit.into());
        (sql, values)
    }
}

fn read_entries(
    connection: &Connection,
    filter: &AuditFilter,
    window: &AuditWindow,
) -> Result<Vec<AuditEntryView>, StoreError> {
    let (condition, mut values) = filter.to_condition();
    let (page, more) = window.to_page();
    values.extend(more);
    let mut statement = connection.prepare_cached(&format!(
        "SELECT a.id, a.at, a.actor, a.action, a.subject, a.detail, a.chain FROM audit a WHERE {condition}{page}"
    ))?;
    let rows = statement.query_map(params_from_iter(values), entry_from_row)?;
    rows.map(|row| {
        let (entry, detail) = row?;
        Ok(AuditEntryView {
            detail: parse_json("an audit entry", &detail)?,
            ..entry
        })
    })
    .collect()
}

/// Step by step along the index: not every entry is looked at.
const KNOWN_ACTIONS: &str = "
WITH RECURSIVE known(action) AS (
    SELECT min(action) FROM audit
    UNION ALL
    SELECT (SELECT min(a.action) FROM audit a WHERE a.action > known.action) FROM known WHERE known.action IS NOT NULL
)
SELECT action FROM known WHERE action IS NOT NULL";

impl Store {
    /// The first entries behind `after`, oldest first.
    pub async fn list_audit_entries(&self, after: i64, limit: u32) -> Result<Vec<AuditEntryView>, StoreError> {
        let window = AuditWindow {
            after: Some(after),
            limit,
            ..AuditWindow::default()
        };
        self.list_matching_audit_entries(AuditFilter::default(), window).await
    }

    /// Those that match, in the order that the window says.
    pub async fn list_matching_audit_entries(
        &self,
        filter: AuditFilter,
        window: AuditWindow,
    ) -> Result<Vec<AuditEntryView>, StoreError> {
        self.read(move |connection| read_entries(connection, &filter, &window))
            .await
    }

    /// How many match.
    pub async fn count_audit_entries(&self, filter: AuditFilter) -> Result<u64, StoreError> {
        self.read(move |connection| {
            let (condition, values) = filter.to_condition();
            let count: i64 = connection
                .prepare_cached(&format!("SELECT count(*) FROM audit a WHERE {condition}"))?
                .query_row(params_from_iter(values), |row| row.get(0))?;
            Ok(count.cast_unsigned())
        })
        .await
    }

    /// Actions that the trail has entries of.
    pub async fn list_audit_actions(&self) -> Result<Vec<String>, StoreError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(KNOWN_ACTIONS)?;
            let rows = statement.query_map([], |row| row.get(0))?;
            rows.map(|row| row.map_err(StoreError::from)).collect()
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{open, schema};

    fn store() -> Connection {
        let mut connection = Connection::open_in_memory().unwrap();
        open::register_functions(&connection).unwrap();
        schema::build_migrations().to_latest(&mut connection).unwrap();
        connection
    }

    #[test]
    fn a_list_of_the_trail_goes_by_an_index_where_there_is_one() {
        let connection = store();
        let window = AuditWindow {
            newest_first: true,
            limit: 50,
            ..AuditWindow::default()
        };
        let by_action = AuditFilter {
            actions: vec!["job.accepted".into()],
            ..AuditFilter::default()
        };
        let by_actor = AuditFilter {
            actor: Some("anna".into()),
            ..AuditFilter::default()
        };
        let by_time = AuditFilter {
            from: Some(Timestamp::UNIX_EPOCH),
            until: Some(Timestamp::UNIX_EPOCH),
            ..AuditFilter::default()
        };
        for (filter, index) in [
            (by_action, "audit_by_action"),
            (by_actor, "audit_by_actor"),
            (by_time, "audit_by_time"),
        ] {
            let (condition, mut values) = filter.to_condition();
            let (page, more) = window.to_page();
            values.extend(more);
            let sql = format!("EXPLAIN QUERY PLAN SELECT a.id, a.detail FROM audit a WHERE {condition}{page}");
            let mut statement = connection.prepare(&sql).unwrap();
            let steps = statement
                .query_map(params_from_iter(values), |row| row.get::<_, String>("detail"))
                .unwrap();
            let plan = steps.map(Result::unwrap).collect::<Vec<_>>().join("; ");
            assert!(plan.contains(index), "{index}: {plan}");
        }
    }

    #[test]
    fn each_action_of_the_trail_is_told_once() {
        let connection = store();
        let actions = |connection: &Connection| -> Vec<String> {
            let mut statement = connection.prepare(KNOWN_ACTIONS).unwrap();
            let rows = statement.query_map([], |row| row.get(0)).unwrap();
            rows.map(Result::unwrap).collect()
        };
        assert_eq!(actions(&connection), [""; 0]);
        for action in ["b", "a", "c", "a", "b"] {
            connection
                .execute(
                    "INSERT INTO audit (at, actor, action, subject, detail, chain) VALUES (1, 'x', ?1, 'y', '{}', x'')",
                    [action],
                )
                .unwrap();
        }
        assert_eq!(actions(&connection), ["a", "b", "c"]);
    }
}
