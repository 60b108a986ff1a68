//! What a change of a device moved, beside its new body.

use rusqlite::{Connection, params};
use serde_json::Value;

use super::find_history_days;
use crate::model::{DeviceBody, DeviceId, FieldChange, InstanceId, Seq, Timestamp};
use crate::store::StoreError;
use crate::store::page::{CompareBodies, StoredBody};
use crate::store::sql_values::{device_key, parse_json_column, to_json, to_millis};

/// Within a transaction that writes devices of one instance.
pub(crate) struct ChangeRecorder<'a> {
    connection: &'a Connection,
    instance: InstanceId,
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
            instance,
            compare: keeps_history.then_some(compare),
            now,
        })
    }

    /// A device is told by this change with another body. What was not known before, or is damaged, is nothing to compare
    /// with.
    pub(crate) fn record(
        &self,
        (id, seq): (DeviceId, Seq),
        before: Option<&StoredBody>,
        after: &DeviceBody,
    ) -> Result<(), StoreError> {
        let (Some(compare), Some(before)) = (self.compare, before.filter(|stored| stored.is_intact())) else {
            return Ok(());
        };
        let difference = compare(&before.body, before.learned.as_deref(), after);
        if !difference.withdrawn.is_empty() {
            self.forget_fields(id, &difference.withdrawn)?;
        }
        if difference.changes.is_empty() {
            return Ok(());
        }
        // What a GET taught may come behind what a list said, by the same change.
        self.connection
            .prepare_cached(
                "INSERT INTO device_change (instance, device_id, seq, at, fields) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT (instance, device_id, seq) DO UPDATE
                 SET fields = substr(fields, 1, length(fields) - 1) || ',' || substr(excluded.fields, 2)",
            )?
            .execute(params![
                self.instance.0,
                device_key(&id),
                seq.0,
                to_millis(self.now),
                write_fields(&difference.changes)
            ])?;
        Ok(())
    }

    /// Takes these fields, and their members, out of the device's earlier changes.
    fn forget_fields(&self, id: DeviceId, fields: &[String]) -> Result<(), StoreError> {
        let key = (self.instance.0, device_key(&id));
        let kept: Vec<(i64, Vec<FieldChange>)> = self
            .connection
            .prepare_cached("SELECT seq, fields FROM device_change WHERE instance = ?1 AND device_id = ?2")?
            .query_map(params![key.0, key.1], |row| Ok((row.get(0)?, fields_column(row, 1)?)))?
            .collect::<Result<_, _>>()?;
        let is_forgotten = |change: &FieldChange| fields.iter().any(|field| is_part_of(&change.field, field));
        for (seq, mut changes) in kept {
            if !changes.iter().any(is_forgotten) {
                continue;
            }
            changes.retain(|change| !is_forgotten(change));
            if changes.is_empty() {
                self.connection
                    .prepare_cached("DELETE FROM device_change WHERE instance = ?1 AND device_id = ?2 AND seq = ?3")?
                    .execute(params![key.0, key.1, seq])?;
            } else {
                self.connection
                    .prepare_cached(
                        "UPDATE device_change SET fields = ?4 WHERE instance = ?1 AND device_id = ?2 AND seq = ?3",
                    )?
                    .execute(params![key.0, key.1, seq, write_fields(&changes)])?;
            }
        }
        Ok(())
    }
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

pub(super) fn fields_column(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<Vec<FieldChange>> {
    let fields: Vec<(String, Value, Value)> = parse_json_column(column, row.get_ref(column)?.as_str()?)?;
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
    use crate::model::{BodyDifference, Row};
    use crate::store::{open, schema};

    const ID: DeviceId = DeviceId(uuid::Uuid::from_u128(7));

    fn store(days: u32) -> Connection {
        let mut connection = Connection::open_in_memory().unwrap();
        open::register_functions(&connection).unwrap();
        schema::build_migrations().to_latest(&mut connection).unwrap();
        connection
            .execute_batch(&format!(
                "INSERT INTO instance (name, tenant_id, client_id, audience, created_at, history_days)
                     VALUES ('IntuneConnector_1', 'tenant', 'client', 'null', 0, {days});
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
        let stored = StoredBody::find(connection, Row(1)).unwrap();
        let recorder = ChangeRecorder::open(connection, InstanceId(1), &compare, Timestamp::UNIX_EPOCH).unwrap();
        recorder
            .record((ID, Seq(seq)), stored.as_ref(), &DeviceBody::default())
            .unwrap();
    }

    /// Sequence numbers with their fields.
    fn kept(connection: &Connection) -> Vec<(i64, Vec<String>)> {
        let mut statement = connection
            .prepare("SELECT seq, fields FROM device_change ORDER BY seq")
            .unwrap();
        let rows = statement.query_map([], |row| {
            let fields = fields_column(row, 1)?.into_iter().map(|change| change.field);
            Ok((row.get(0)?, fields.collect()))
        });
        rows.unwrap().map(Result::unwrap).collect()
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
        assert_eq!(kept(&connection), [row(5, &["phoneNumber"]), row(7, &["deviceName"])]);
    }

    #[test]
    fn an_instance_that_keeps_no_history_has_none() {
        let connection = store(0);
        record(&connection, 5, &["deviceName"], &[]);
        assert!(kept(&connection).is_empty());
    }
}
