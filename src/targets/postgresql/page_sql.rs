//! One page of writes as one statement: one round trip, one transaction.
//!
//! The page goes in as one JSON text. `old` holds the rows as they are, `changed`, `made` and `removed` what becomes of them,
//! `told` what is noted of it, and the answer the number of each write with the record that it ended at. Only columns that
//! some write of the page names stand in it, and of a row only those that its own write names are set: what people write into
//! the others at the same moment stays.
//!
//! A device that is written as new and is there already is changed, so a lost answer may be repeated.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::columns::DEVICE_COLUMNS;
use super::schema_sql::{quote_name, quote_text};

/// The statement for a page that names these columns. `schema` is quoted.
pub(super) fn build_page_sql(schema: &str, columns: &BTreeSet<&str>) -> String {
    let (mut assignments, mut names, mut values) = (String::new(), String::new(), String::new());
    for column in columns {
        let (name, key) = (quote_name(column), quote_text(column));
        let _ = write!(
            assignments,
            ",\n        {name} = CASE WHEN p.fields ? {key} THEN r.{name} ELSE d.{name} END"
        );
        let _ = write!(names, ", {name}");
        let _ = write!(values, ", r.{name}");
    }
    let volatile: Vec<String> = DEVICE_COLUMNS
        .iter()
        .filter(|column| column.volatile)
        .map(|column| quote_text(column.name))
        .collect();
    let volatile = volatile.join(", ");
    format!(
        "WITH page AS MATERIALIZED (
    SELECT * FROM jsonb_to_recordset($1::text::jsonb) AS p(
        n int, op text, instance text, device uuid, record bigint, fields jsonb, data jsonb,
        state text, at timestamptz, reason text, user_change text, user_name text)
), old AS MATERIALIZED (
    SELECT p.n, d.record, d.state, to_jsonb(d) - 'data' AS image
    FROM page p JOIN {schema}.devices d ON d.instance = p.instance AND d.device_id = p.device
    WHERE p.op = 'create'
    UNION ALL
    SELECT p.n, d.record, d.state, to_jsonb(d) - 'data'
    FROM page p JOIN {schema}.devices d ON d.record = p.record
    WHERE p.op <> 'create'
), changed AS (
    UPDATE {schema}.devices d SET
        instance = coalesce(p.instance, d.instance),
        device_id = coalesce(p.device, d.device_id),
        state = coalesce(p.state, d.state),
        gone_at = CASE WHEN p.state IS NULL THEN d.gone_at ELSE p.at END,
        gone_reason = CASE WHEN p.state IS NULL THEN d.gone_reason ELSE p.reason END,
        data = coalesce(p.data, d.data),
        updated_at = now(){assignments}
    FROM old o JOIN page p USING (n), LATERAL jsonb_populate_record(NULL::{schema}.devices, p.fields) r
    WHERE d.record = o.record AND p.op <> 'delete'
    RETURNING o.n, d.record, d.instance, d.device_id, d.state, to_jsonb(d) - 'data' AS image
), made AS (
    INSERT INTO {schema}.devices AS d (instance, device_id, data{names})
    SELECT p.instance, p.device, p.data{values}
    FROM page p, LATERAL jsonb_populate_record(NULL::{schema}.devices, p.fields) r
    WHERE p.op = 'create' AND NOT EXISTS (SELECT FROM old o WHERE o.n = p.n)
    ORDER BY p.n
    RETURNING d.record, d.instance, d.device_id, d.state, to_jsonb(d) - 'data' AS image
), removed AS (
    DELETE FROM {schema}.devices d USING old o JOIN page p USING (n)
    WHERE d.record = o.record AND p.op = 'delete'
    RETURNING o.n, d.record, d.instance, d.device_id
), done AS (
    SELECT n, record, instance, device_id, state, image FROM changed
    UNION ALL
    SELECT p.n, m.record, m.instance, m.device_id, m.state, m.image
    FROM made m JOIN page p ON p.op = 'create' AND p.instance = m.instance AND p.device = m.device_id
    UNION ALL
    SELECT n, record, instance, device_id, 'deleted', '{{}}'::jsonb FROM removed
), seen AS (
    SELECT d.n, d.record, d.instance, d.device_id, p.fields,
        CASE WHEN o.n IS NULL THEN 'created' WHEN d.state = 'deleted' THEN 'deleted'
            WHEN o.state = 'active' AND d.state <> 'active' THEN 'retired'
            WHEN o.state <> 'active' AND d.state = 'active' THEN 'restored' ELSE 'changed' END AS kind,
        CASE WHEN o.n IS NULL THEN '{{}}'::jsonb
            WHEN o.state = 'active' THEN o.image ELSE o.image - 'compliance_state' END AS before,
        CASE WHEN d.state = 'active' THEN d.image ELSE d.image - 'compliance_state' END AS after
    FROM done d JOIN page p USING (n) LEFT JOIN old o USING (n)
), told AS (
    INSERT INTO {schema}.device_changes (instance, device_id, record, kind, field, before, after)
    SELECT s.instance, s.device_id, s.record, s.kind, f.field, s.before ->> f.field, s.after ->> f.field
    FROM seen s, LATERAL (
        SELECT jsonb_object_keys(s.fields) AS field WHERE s.kind <> 'created'
        UNION SELECT unnest(ARRAY['state', 'compliance_state'])
        UNION SELECT 'device_id' WHERE s.kind NOT IN ('created', 'deleted')
    ) f
    WHERE s.before ->> f.field IS DISTINCT FROM s.after ->> f.field AND f.field NOT IN ({volatile})
    RETURNING 1
), closed AS (
    UPDATE {schema}.device_users u SET until = now()
    FROM done d JOIN page p USING (n)
    WHERE u.record = d.record AND u.until IS NULL
        AND (p.user_change = 'clear' OR p.user_change = 'assign' AND u.user_name <> p.user_name)
    RETURNING 1
), opened AS (
    INSERT INTO {schema}.device_users (record, user_name)
    SELECT d.record, p.user_name
    FROM done d JOIN page p USING (n)
    WHERE p.user_change = 'assign' AND NOT EXISTS (
        SELECT FROM {schema}.device_users u
        WHERE u.record = d.record AND u.until IS NULL AND u.user_name = p.user_name)
    RETURNING 1
)
SELECT n, record FROM done"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_named_columns_stand_in_the_statement_and_a_hostile_name_stays_a_name() {
        let columns = BTreeSet::from(["device_name", "x' \" --"]);
        let sql = build_page_sql("\"s\"", &columns);
        assert!(
            sql.contains("\"device_name\" = CASE WHEN p.fields ? 'device_name' THEN"),
            "{sql}"
        );
        assert!(sql.contains("? 'x'' \" --' THEN r.\"x' \"\" --\""), "{sql}");
        assert!(!sql.contains("serial_number"), "{sql}");
        assert!(build_page_sql("\"s\"", &BTreeSet::new()).contains("(instance, device_id, data)\n"));
    }
}
