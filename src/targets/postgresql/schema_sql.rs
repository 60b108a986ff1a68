//! The schema as SQL: its migrations, each a step from one version to the next, and the view whose columns follow the table.
//!
//! `devices` has one row for each device, with a column for each property that is a single value and the whole device in
//! `data`. `device_changes` has one row for each field that changed, `device_users` who had a device from when to when. The
//! views are what dashboards read. A migration never takes away what a dashboard may read: it adds.

use std::fmt::Write as _;

use super::columns::{DEVICE_COLUMNS, TableColumn};

/// What [`migration_sql`] leads to.
pub(super) const VERSION: i32 = 1;

/// The table in which migrations are noted.
pub(super) const VERSION_TABLE: &str = "schema_version";

/// A name as SQL writes it, whatever it holds.
pub(super) fn quote_name(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A text as SQL writes it.
pub(super) fn quote_text(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// The statements that lead from the version before to this one. `schema` is quoted.
pub(super) fn migration_sql(version: i32, schema: &str) -> Option<String> {
    match version {
        1 => Some(format!("{}{}", first_tables(schema), first_views(schema))),
        _ => None,
    }
}

fn first_tables(schema: &str) -> String {
    let mut columns = String::new();
    for column in DEVICE_COLUMNS {
        let name = quote_name(column.name);
        let _ = writeln!(columns, "    {name} {},", column.kind.sql_type());
    }
    format!(
        "CREATE TABLE {schema}.devices (
    record bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    instance text NOT NULL,
    device_id uuid NOT NULL,
    state text NOT NULL DEFAULT 'active',
    gone_at timestamptz,
    gone_reason text,
    first_seen timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
{columns}    data jsonb NOT NULL DEFAULT '{{}}',
    PRIMARY KEY (instance, device_id)
);
CREATE INDEX devices_device_id ON {schema}.devices (device_id);
CREATE INDEX devices_serial_number ON {schema}.devices USING hash (serial_number);
CREATE INDEX devices_primary_user ON {schema}.devices USING hash (primary_user);
CREATE TABLE {schema}.device_users (
    record bigint NOT NULL REFERENCES {schema}.devices (record) ON DELETE CASCADE,
    user_name text NOT NULL,
    since timestamptz NOT NULL DEFAULT now(),
    until timestamptz,
    PRIMARY KEY (record, since)
);
CREATE INDEX device_users_user_name ON {schema}.device_users USING hash (user_name);
CREATE TABLE {schema}.device_changes (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT now(),
    instance text NOT NULL,
    device_id uuid NOT NULL,
    record bigint NOT NULL,
    kind text NOT NULL,
    field text NOT NULL,
    before text,
    after text
);
CREATE INDEX device_changes_at ON {schema}.device_changes (at);
CREATE INDEX device_changes_device ON {schema}.device_changes (device_id, at);
CREATE INDEX device_changes_field ON {schema}.device_changes (field, at);
COMMENT ON TABLE {schema}.devices IS 'One row for each Intune device; written by intune-connector. Columns that you add are left alone unless the mapping names them.';
COMMENT ON TABLE {schema}.device_users IS 'Who had a device, from when to when; until is null for who has it now.';
COMMENT ON TABLE {schema}.device_changes IS 'One row for each field of a device that changed.';
"
    )
}

fn first_views(schema: &str) -> String {
    format!(
        "CREATE VIEW {schema}.fleet_by_platform AS
SELECT instance, operating_system, os_version, device_class, count(*) AS devices
FROM {schema}.devices WHERE state = 'active'
GROUP BY instance, operating_system, os_version, device_class;
CREATE VIEW {schema}.changes_by_day AS
SELECT (at AT TIME ZONE 'UTC')::date AS day, instance, kind, count(DISTINCT device_id) AS devices
FROM {schema}.device_changes
GROUP BY 1, 2, 3;
CREATE VIEW {schema}.compliance_by_day AS
WITH moves AS (
    SELECT (at AT TIME ZONE 'UTC')::date AS day, instance, after AS compliance_state, 1 AS step
    FROM {schema}.device_changes WHERE field = 'compliance_state' AND after IS NOT NULL
    UNION ALL
    SELECT (at AT TIME ZONE 'UTC')::date, instance, before, -1
    FROM {schema}.device_changes WHERE field = 'compliance_state' AND before IS NOT NULL
), steps AS (
    SELECT day, instance, compliance_state, sum(step) AS step FROM moves GROUP BY day, instance, compliance_state
), states AS (
    SELECT DISTINCT instance, compliance_state FROM steps
), days AS (
    SELECT each::date AS day
    FROM generate_series((SELECT min(day) FROM steps)::timestamp, now() AT TIME ZONE 'UTC', interval '1 day') AS each
)
SELECT days.day, states.instance, states.compliance_state,
    sum(coalesce(steps.step, 0)) OVER (
        PARTITION BY states.instance, states.compliance_state ORDER BY days.day
    )::bigint AS devices
FROM days CROSS JOIN states
LEFT JOIN steps ON steps.day = days.day AND steps.instance = states.instance
    AND steps.compliance_state = states.compliance_state;
"
    )
}

/// `current_devices`: the devices that are there, without their JSON. A view keeps the columns of its first day, so it is
/// written anew where one is added; new ones stand last.
pub(super) fn current_view_sql(schema: &str, columns: &[TableColumn]) -> String {
    let mut list = String::from("instance, device_id, record, first_seen, updated_at");
    let added = columns.iter().filter(|column| column.is_custom());
    let names = DEVICE_COLUMNS.iter().map(|column| column.name);
    for name in names.chain(added.map(|column| column.name.as_str())) {
        let _ = write!(list, ", {}", quote_name(name));
    }
    format!(
        "CREATE OR REPLACE VIEW {schema}.current_devices AS
SELECT {list}
FROM {schema}.devices WHERE state = 'active';
"
    )
}

/// A column of the other side's own choice; `text`, which takes every value.
pub(super) fn add_column_sql(schema: &str, name: &str) -> String {
    format!(
        "ALTER TABLE {schema}.devices ADD COLUMN IF NOT EXISTS {} text;\n",
        quote_name(name)
    )
}

#[cfg(test)]
mod tests {
    use super::super::columns::{ColumnKind, planned_columns};
    use super::*;

    #[test]
    fn each_version_has_its_migration_and_there_is_none_after_the_last() {
        for version in 1..=VERSION {
            assert!(migration_sql(version, "\"s\"").is_some(), "{version}");
        }
        assert_eq!(migration_sql(VERSION + 1, "\"s\""), None);
        assert_eq!(migration_sql(0, "\"s\""), None);
    }

    #[test]
    fn nothing_is_named_without_its_schema() {
        let sql = format!("{}{}", first_tables("\"s\""), first_views("\"s\""));
        for table in ["devices", "device_users", "device_changes"] {
            for word in ["CREATE TABLE", "FROM", "REFERENCES", "ON"] {
                assert!(!sql.contains(&format!("{word} {table}")), "{word} {table}");
            }
        }
    }

    #[test]
    fn a_hostile_name_stays_a_name() {
        assert_eq!(quote_name("a\"; DROP TABLE x; --"), "\"a\"\"; DROP TABLE x; --\"");
        assert_eq!(quote_text("it's"), "'it''s'");
        let sql = add_column_sql("\"s\"", "our \"tag\"");
        assert!(sql.contains("\"our \"\"tag\"\"\" text;"), "{sql}");
    }

    #[test]
    fn a_column_that_people_added_stands_last_in_the_view() {
        let mut columns = planned_columns();
        columns.push(TableColumn {
            name: "cost_centre".into(),
            kind: ColumnKind::Other,
        });
        let sql = current_view_sql("\"s\"", &columns);
        assert!(sql.contains("\"notes\", \"cost_centre\"\n"), "{sql}");
        assert!(!sql.contains("data"), "{sql}");
    }
}
