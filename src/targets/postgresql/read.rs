//! What is read of the database: records by our id or by theirs, and all of them page by page.
//!
//! Where there are no tables yet, there are no records.

use serde_json::{Map, Value};
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::columns::{ColumnKind, OWN_COLUMNS, shown_value};
use super::fault::{CallMoment, DatabaseFailure};
use super::session::{DatabaseAddress, DatabaseSession, read_text};
use crate::model::DeviceId;
use crate::targets::{FieldValues, RecordId, RecordPage, RecordState, RecordSummary, TargetFault, TargetRecord};

/// Records of one page of the list.
const LIST_PAGE: usize = 5_000;

/// Of one device, whatever its instance: a device id is given once.
pub(super) async fn find_by_device(
    session: &mut DatabaseSession,
    address: &DatabaseAddress,
    device: DeviceId,
) -> Result<Vec<TargetRecord>, DatabaseFailure> {
    let (sql, device) = (record_sql(address, "d.device_id = $1::text::uuid"), device.to_string());
    read_records(session, &sql, &device).await
}

pub(super) async fn find_by_id(
    session: &mut DatabaseSession,
    address: &DatabaseAddress,
    id: &RecordId,
) -> Result<Option<TargetRecord>, DatabaseFailure> {
    let sql = record_sql(address, "d.record = $1::text::bigint");
    if id.0.parse::<i64>().is_err() {
        return Ok(None);
    }
    Ok(read_records(session, &sql, &id.0).await?.pop())
}

/// With the user who has it now.
fn record_sql(address: &DatabaseAddress, condition: &str) -> String {
    let schema = address.quoted_schema();
    format!(
        "SELECT d.record::text, d.device_id::text, d.state, (to_jsonb(d) - 'data')::text,
    (SELECT u.user_name FROM {schema}.device_users u WHERE u.record = d.record AND u.until IS NULL LIMIT 1)
FROM {schema}.devices d WHERE {condition} ORDER BY d.record LIMIT 10"
    )
}

async fn read_records(
    session: &mut DatabaseSession,
    sql: &str,
    parameter: &str,
) -> Result<Vec<TargetRecord>, DatabaseFailure> {
    if session.version == 0 {
        return Ok(Vec::new());
    }
    let rows = session
        .query_rows(sql, &[(&parameter, Type::TEXT)], CallMoment::Read)
        .await?;
    let mut records = Vec::with_capacity(rows.len());
    for row in &rows {
        records.push(read_record(session, row)?);
    }
    Ok(records)
}

fn read_record(session: &DatabaseSession, row: &Row) -> Result<TargetRecord, TargetFault> {
    let image: Map<String, Value> = serde_json::from_str(&read_text(row, 3)?).map_err(|_| TargetFault::Unreadable {
        problem: "a row of the table `devices` is not JSON".to_owned(),
    })?;
    let mut values = FieldValues::new();
    for (name, value) in image {
        let known = session.columns.iter().find(|column| column.name == name);
        // One that was added since the connection began is of any type.
        let kind = known.map_or(ColumnKind::Other, |column| column.kind);
        if !OWN_COLUMNS.contains(&name.as_str()) {
            values.insert(name, shown_value(kind, value));
        }
    }
    let text = |name: &str| values.get(name).and_then(Value::as_str).map(str::to_owned);
    Ok(TargetRecord {
        id: RecordId(read_text(row, 0)?),
        device: read_text(row, 1)?.parse().ok(),
        serial: text("serial_number"),
        name: text("device_name"),
        state: state_of(&read_text(row, 2)?),
        user: row.try_get::<_, Option<String>>(4).ok().flatten(),
        values,
        synced_by_others: false,
    })
}

/// What people write into it means that they have put the device aside.
fn state_of(text: &str) -> RecordState {
    if text == "active" {
        RecordState::Active
    } else {
        RecordState::Retired
    }
}

/// The records behind this one, in the order of their numbers.
pub(super) async fn list_page(
    session: &mut DatabaseSession,
    address: &DatabaseAddress,
    after: Option<&str>,
) -> Result<RecordPage, DatabaseFailure> {
    if session.version == 0 {
        return Ok(RecordPage::default());
    }
    let after = after.unwrap_or("0");
    let sql = format!(
        "SELECT d.record::text, d.device_id::text, d.state, d.serial_number::text, d.device_name::text
FROM {}.devices d WHERE d.record > $1::text::bigint ORDER BY d.record LIMIT {LIST_PAGE}",
        address.quoted_schema()
    );
    let rows = session
        .query_rows(&sql, &[(&after, Type::TEXT)], CallMoment::Read)
        .await?;
    let mut records = Vec::with_capacity(rows.len());
    for row in &rows {
        let text = |at: usize| row.try_get::<_, Option<String>>(at).ok().flatten();
        records.push(RecordSummary {
            id: RecordId(read_text(row, 0)?),
            device: read_text(row, 1)?.parse().ok(),
            state: state_of(&read_text(row, 2)?),
            serial: text(3),
            name: text(4),
        });
    }
    let last = records.last().filter(|_| records.len() == LIST_PAGE);
    Ok(RecordPage {
        next: last.map(|record| record.id.0.clone()),
        records,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_of_their_own_is_not_in_use() {
        assert_eq!(state_of("active"), RecordState::Active);
        for other in ["retired", "stock", "lost", ""] {
            assert_eq!(state_of(other), RecordState::Retired, "{other}");
        }
    }
}
