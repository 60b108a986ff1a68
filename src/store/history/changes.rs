//! What a change of a device moved, beside its new body. Changes of a device form a chain, from its newest one back.

use rusqlite::{Connection, OptionalExtension, params};
use serde_json::Value;

use super::find_history_days;
use crate::model::{DeviceBody, FieldChange, InstanceId, Row, Seq, Timestamp};
use crate::store::StoreError;
use crate::store::columns::{read_json, read_time};
use crate::store::page::{CompareBodies, StoredBody};
use crate::store::sql_values::{to_json, to_millis};

/// One change of the feed, as far as it moved fields of the device.
#[derive(Debug, Clone, PartialEq)]
pub struct DeviceChange {
    pub seq: Seq,
    pub at: Timestamp,
    pub fields: Vec<FieldChange>,
}

/// Within a transaction that writes devices of one instance.
pub(crate) struct ChangeRecorder<'a> {
    connection: &'a Connection,
    /// `None`: the instance keeps no history.
    compare: Option<&'a CompareBodies>,
    now: Timestamp,
}

impl<'a> ChangeRecorder<'a> {
    pub(crate) fn open(
        connection: &'a Connection,
        instance: InstanceId,
        compare: &'a CompareBodies,
        now: Timestamp,
    ) -> Result<Self, StoreError> {
        let keeps_history = find_history_days(connection, instance)? > 0;
        Ok(ChangeRecorder {
            connection,
            compare: keeps_history.then_some(compare),
            now,
        })
    }

    /// A device is told by this change with another body. What was not known before, or is damaged, is nothing to compare
    /// with.
    pub(crate) fn record(
        &self,
        (row, seq): (Row, Seq),
        before: Option<&StoredBody>,
        after: &DeviceBody,
    ) -> Result<(), StoreError> {
        let (Some(compare), Some(before)) = (self.compare, before.filter(|stored| stored.is_intact())) else {
            return Ok(());
        };
        let difference = compare(&before.body, before.learned.join().as_deref(), after);
        if !difference.withdrawn.is_empty() {
            self.forget_fields(row, &difference.withdrawn)?;
        }
        if difference.changes.is_empty() {
            return Ok(());
        }
        // What a GET taught may come behind what a list said, by the same change.
        self.connection
            .prepare_cached(
                "INSERT INTO device_change (seq, instance, previous, at, fields)
                 SELECT ?1, d.instance, coalesce(d.history, f.history), ?3, ?4
                 FROM device d LEFT JOIN former_device f ON f.instance = d.instance AND f.device_id = d.device_id
                 WHERE d.row = ?2
                 ON CONFLICT (seq) DO UPDATE
                 SET fields = substr(fields, 1, length(fields) - 1) || ',' || substr(excluded.fields, 2)",
            )?
            .execute(params![
                seq.0,
                row.0,
                to_millis(self.now),
                write_fields(&difference.changes)
            ])?;
        self.connection
            .prepare_cached("UPDATE device SET history = ?2 WHERE row = ?1")?
            .execute(params![row.0, seq.0])?;
        Ok(())
    }

    /// Takes these fields, and their members, out of the device's earlier changes. One of which nothing is left stays in
    /// its place, so that those before it are found.
    fn forget_fields(&self, row: Row, fields: &[String]) -> Result<(), StoreError> {
        let newest = find_newest_of_row(self.connection, row)?;
        let is_forgotten = |change: &FieldChange| fields.iter().any(|field| is_part_of(&change.field, field));
        let mut update = self
            .connection
            .prepare_cached("UPDATE device_change SET fields = ?2 WHERE seq = ?1")?;
        for mut change in list_changes(self.connection, newest, None, ALL)? {
            if change.fields.iter().any(is_forgotten) {
                change.fields.retain(|field| !is_forgotten(field));
                update.execute(params![change.seq.0, write_fields(&change.fields)])?;
            }
        }
        Ok(())
    }
}

/// More changes than any device has.
const ALL: i64 = -1;

/// The newest change of a device, by its row.
fn find_newest_of_row(connection: &Connection, row: Row) -> Result<Option<Seq>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT coalesce(d.history, f.history)
         FROM device d LEFT JOIN former_device f ON f.instance = d.instance AND f.device_id = d.device_id
         WHERE d.row = ?1",
    )?;
    let found = statement.query_row([row.0], |row| row.get::<_, Option<i64>>(0));
    Ok(found.optional()?.flatten().map(Seq))
}

/// All changes of a device go.
pub(super) fn delete_changes(connection: &Connection, row: Row) -> Result<(), StoreError> {
    let newest = find_newest_of_row(connection, row)?;
    let mut delete = connection.prepare_cached("DELETE FROM device_change WHERE seq = ?1")?;
    for change in list_changes(connection, newest, None, ALL)? {
        delete.execute([change.seq.0])?;
    }
    connection
        .prepare_cached("UPDATE device SET history = NULL WHERE row = ?1")?
        .execute([row.0])?;
    Ok(())
}

/// A device's changes from its newest one back, as far as they are kept. Each is looked up by its number: joined otherwise,
/// SQLite may go through those of all devices.
const CHAIN: &str = "WITH RECURSIVE chain (seq) AS (
         SELECT ?1
         UNION ALL SELECT c.previous FROM chain CROSS JOIN device_change c ON c.seq = chain.seq WHERE c.previous < c.seq)
     SELECT c.seq, c.at, c.fields FROM chain CROSS JOIN device_change c ON c.seq = chain.seq";

/// Newest first, before one of them where it is given; `limit` below zero: all.
pub(super) fn list_changes(
    connection: &Connection,
    newest: Option<Seq>,
    before: Option<Seq>,
    limit: i64,
) -> Result<Vec<DeviceChange>, StoreError> {
    let Some(Seq(newest)) = newest else {
        return Ok(Vec::new());
    };
    let before = before.map_or(i64::MAX, |seq| seq.0);
    let mut statement = connection.prepare_cached(&format!(
        "{CHAIN} WHERE c.seq < ?2 AND c.fields <> '[]' ORDER BY c.seq DESC LIMIT ?3"
    ))?;
    let rows = statement.query_map(params![newest, before, limit], change_from_row)?;
    rows.map(|row| row.map_err(StoreError::from)).collect()
}

/// Of the changes that moved this field the newest ones.
pub(super) fn list_changes_of_field(
    connection: &Connection,
    newest: Option<Seq>,
    field: &str,
    limit: i64,
) -> Result<Vec<DeviceChange>, StoreError> {
    let Some(Seq(newest)) = newest else {
        return Ok(Vec::new());
    };
    let mut statement = connection.prepare_cached(&format!(
        "{CHAIN} WHERE instr(c.fields, ?2) > 0 ORDER BY c.seq DESC LIMIT ?3"
    ))?;
    let mark = format!("[\"{field}\",");
    let rows = statement.query_map(params![newest, mark, limit], change_from_row)?;
    rows.map(|row| row.map_err(StoreError::from)).collect()
}

fn change_from_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<DeviceChange> {
    Ok(DeviceChange {
        seq: Seq(row.get("seq")?),
        at: read_time(row, "at")?,
        fields: read_fields(row, "fields")?,
    })
}

/// A field by its name, or a member of it.
fn is_part_of(name: &str, field: &str) -> bool {
    name.strip_prefix(field)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// `[[field, before, after], …]`
fn write_fields(changes: &[FieldChange]) -> String {
    let fields: Vec<(&str, &Value, &Value)> = changes
        .iter()
        .map(|change| (change.field.as_str(), &change.before, &change.after))
        .collect();
    to_json(&fields)
}

fn read_fields(row: &rusqlite::Row<'_>, column: &str) -> rusqlite::Result<Vec<FieldChange>> {
    let fields: Vec<(String, Value, Value)> = read_json(row, column)?;
    let changes = fields
        .into_iter()
        .map(|(field, before, after)| FieldChange { field, before, after });
    Ok(changes.collect())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use super::*;
    use crate::model::BodyDifference;
    use crate::store::{open, schema};

    /// The only device.
    const ROW: Row = Row(1);

    fn store(days: u32) -> Connection {
        let mut connection = Connection::open_in_memory().unwrap();
        open::register_functions(&connection).unwrap();
        schema::build_migrations().to_latest(&mut connection).unwrap();
        connection
            .execute_batch(&format!(
                "INSERT INTO instance (name, tenant_id, client_id, audience, created_at, history_days)
                     VALUES ('IntuneConnector_1', 'tenant', 'client', 'null', 0, {days});
                 INSERT INTO device (row, instance, device_id, state, seq, identity_seq, changed_at, raw_hash, fingerprint,
                     read_at, last_sync, vital, published_sync, published_vital, published_at)
                     VALUES (1, 1, zeroblob(16), 1, 1, 1, 1, x'', x'', 1, 1, 1, 1, 1, 1);
                 INSERT INTO body (row, packed) VALUES (1, '{{}}')"
            ))
            .unwrap();
        connection
    }

    /// Records a change that moves these fields, and withdraws those.
    fn record(connection: &Connection, seq: i64, fields: &[&str], withdrawn: &[&str]) {
        let change = |field: &&str| FieldChange {
            field: (*field).to_owned(),
            before: json!(null),
            after: json!(seq),
        };
        let difference = BodyDifference {
            changes: fields.iter().map(change).collect(),
            withdrawn: withdrawn.iter().map(|field| (*field).to_owned()).collect(),
        };
        let compare: CompareBodies = Arc::new(move |_, _, _| difference.clone());
        let stored = StoredBody::find(connection, ROW).unwrap();
        let recorder = ChangeRecorder::open(connection, InstanceId(1), &compare, Timestamp::UNIX_EPOCH).unwrap();
        recorder
            .record((ROW, Seq(seq)), stored.as_ref(), &DeviceBody::default())
            .unwrap();
    }

    /// Sequence numbers with their fields, newest first.
    fn kept(connection: &Connection) -> Vec<(i64, Vec<String>)> {
        let newest = find_newest_of_row(connection, ROW).unwrap();
        let changes = list_changes(connection, newest, None, ALL).unwrap().into_iter();
        changes
            .map(|change| {
                let fields = change.fields.into_iter().map(|field| field.field);
                (change.seq.0, fields.collect())
            })
            .collect()
    }

    fn row(seq: i64, fields: &[&str]) -> (i64, Vec<String>) {
        (seq, fields.iter().map(|field| (*field).to_owned()).collect())
    }

    #[test]
    fn what_comes_by_the_same_change_stands_together() {
        let connection = store(90);
        record(&connection, 5, &["deviceName", "model"], &[]);
        record(&connection, 5, &["notes"], &[]);
        record(&connection, 6, &[], &[]);
        assert_eq!(kept(&connection), [row(5, &["deviceName", "model", "notes"])]);
    }

    #[test]
    fn f8_what_is_withdrawn_goes_from_earlier_changes_with_its_members_and_nothing_else_does() {
        let connection = store(90);
        record(&connection, 5, &["phone", "phoneNumber"], &[]);
        record(&connection, 6, &["phone.home"], &[]);
        record(&connection, 7, &["deviceName"], &["phone"]);
        assert_eq!(
            kept(&connection),
            [row(7, &["deviceName"]), row(5, &["phoneNumber"])],
            "what stands before an empty one is found"
        );
    }

    #[test]
    fn a_chain_goes_back_as_far_as_it_is_kept_and_begins_where_it_is_told() {
        let connection = store(90);
        for seq in [3, 5, 8, 9] {
            record(&connection, seq, &["deviceName", "model"], &[]);
        }
        record(&connection, 11, &["model"], &[]);
        let newest = find_newest_of_row(&connection, ROW).unwrap();
        let page = |before, limit| -> Vec<i64> {
            let changes = list_changes(&connection, newest, before, limit).unwrap();
            changes.iter().map(|change| change.seq.0).collect()
        };
        assert_eq!(page(None, 2), [11, 9]);
        assert_eq!(page(Some(Seq(9)), 2), [8, 5]);
        let renames = list_changes_of_field(&connection, newest, "deviceName", 2).unwrap();
        assert_eq!(renames.iter().map(|change| change.seq.0).collect::<Vec<_>>(), [9, 8]);
        connection
            .execute("DELETE FROM device_change WHERE seq <= 5", [])
            .unwrap();
        assert_eq!(page(None, ALL), [11, 9, 8]);
        delete_changes(&connection, ROW).unwrap();
        assert!(kept(&connection).is_empty());
        let left: i64 = connection
            .query_row("SELECT count(*) FROM device_change", [], |row| row.get(0))
            .unwrap();
        assert_eq!(left, 0);
    }

    #[test]
    fn an_instance_that_keeps_no_history_has_none() {
        let connection = store(0);
        record(&connection, 5, &["deviceName"], &[]);
        assert!(kept(&connection).is_empty());
    }
}
