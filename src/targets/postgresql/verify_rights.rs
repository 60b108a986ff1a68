//! Schema, tables and rights of the role, each by a question and none by an attempt; what is missing is told with the GRANT
//! to paste.

use tokio_postgres::types::Type;

use super::fault::{CallMoment, DatabaseFailure};
use super::migrate::{check_version, grant_schema_sql, grant_tables_sql};
use super::schema_sql::{VERSION, VERSION_TABLE};
use super::session::{DatabaseAddress, DatabaseSession, read_text};
use crate::contract::CheckStep;
use crate::targets::step_maker::StepMaker;

/// Tables that are written, and the rights that it takes.
const TABLES: [&str; 3] = ["devices", "device_users", "device_changes"];
const RIGHTS: [&str; 4] = ["SELECT", "INSERT", "UPDATE", "DELETE"];

/// What is there and what the role may do.
#[derive(Debug, Default)]
pub(super) struct SchemaState {
    pub exists: bool,
    /// Of the database: to create a schema.
    pub may_create_schema: bool,
    pub may_use: bool,
    pub may_create: bool,
    /// Tables of ours that are there.
    pub tables: Vec<String>,
    /// `TABLE: RIGHT`, where it is missing.
    pub missing: Vec<String>,
    pub version: i32,
    /// Whether columns can be added.
    pub owns_tables: bool,
}

const SCHEMA_SQL: &str = "SELECT (n.oid IS NOT NULL)::text,
    has_database_privilege(current_database(), 'CREATE')::text,
    coalesce(has_schema_privilege(n.oid, 'USAGE'), false)::text,
    coalesce(has_schema_privilege(n.oid, 'CREATE'), false)::text
FROM (SELECT $1::text AS name) wanted LEFT JOIN pg_namespace n ON n.nspname = wanted.name";

/// One row for each table; the rights that the role lacks, joined.
const TABLES_SQL: &str = "SELECT c.relname::text, pg_has_role(c.relowner, 'USAGE')::text,
    coalesce((SELECT string_agg(r.name, ',') FROM unnest(string_to_array($2, ',')) AS r(name)
        WHERE NOT has_table_privilege(c.oid, r.name)), '')::text
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = $1 AND c.relkind IN ('r', 'p') ORDER BY c.relname";

pub(super) async fn read_schema_state(
    session: &mut DatabaseSession,
    address: &DatabaseAddress,
) -> Result<SchemaState, DatabaseFailure> {
    let schema = address.own.schema.as_str();
    let found = session
        .query_rows(SCHEMA_SQL, &[(&schema, Type::TEXT)], CallMoment::Read)
        .await?;
    let mut state = SchemaState::default();
    if let Some(row) = found.first() {
        state.exists = read_text(row, 0)? == "true";
        state.may_create_schema = read_text(row, 1)? == "true";
        state.may_use = read_text(row, 2)? == "true";
        state.may_create = read_text(row, 3)? == "true";
    }
    let rights = RIGHTS.join(",");
    let tables = session
        .query_rows(
            TABLES_SQL,
            &[(&schema, Type::TEXT), (&rights, Type::TEXT)],
            CallMoment::Read,
        )
        .await?;
    for row in &tables {
        let (table, lacking) = (read_text(row, 0)?, read_text(row, 2)?);
        if table == TABLES[0] {
            state.owns_tables = read_text(row, 1)? == "true";
        }
        if TABLES.contains(&table.as_str()) || table == VERSION_TABLE {
            let lacking = lacking.split(',').filter(|right| !right.is_empty());
            state.missing.extend(lacking.map(|right| format!("{table}: {right}")));
        }
        state.tables.push(table);
    }
    let is_readable = state.may_use && state.tables.iter().any(|table| table == VERSION_TABLE);
    if is_readable && state.missing.is_empty() {
        session.read_tables(schema).await?;
        state.version = session.version;
    }
    Ok(state)
}

pub(super) fn judge_schema(state: &SchemaState, address: &DatabaseAddress) -> Vec<CheckStep> {
    let schema = address.own.schema.as_str();
    let maker = || StepMaker::new("schema", schema);
    let paste = |sql: String| format!("run in the database as its owner: {sql}");
    if !state.exists {
        let step = if state.may_create_schema {
            maker().pass("the schema is made when the first device is written")
        } else {
            maker().fail(
                "noSchema",
                "the schema is not there, and the role may not create it",
                paste(grant_schema_sql(address)),
            )
        };
        return vec![step];
    }
    if !state.may_use {
        let step = maker().fail(
            "noRight",
            "the role may not use the schema",
            paste(grant_schema_sql(address)),
        );
        return vec![step];
    }
    let is_ours = state.tables.iter().any(|table| table == VERSION_TABLE);
    let is_taken = TABLES.iter().any(|ours| state.tables.iter().any(|table| table == ours));
    if !is_ours {
        let step = if is_taken {
            maker().fail(
                "tablesOfOthers",
                "tables of these names are there that this program has not made",
                "set `schema` to another name",
            )
        } else if state.may_create {
            maker().pass("the tables are made when the first device is written")
        } else {
            maker().fail(
                "noRight",
                "the role may not create tables in the schema",
                paste(grant_schema_sql(address)),
            )
        };
        return vec![step];
    }
    if !state.missing.is_empty() {
        let rights = state.missing.iter().map(|missing| {
            StepMaker::new("right", missing.as_str()).fail(
                "noRight",
                "the role lacks this right",
                paste(grant_tables_sql(address)),
            )
        });
        return rights.collect();
    }
    vec![judge_version(state, address), judge_columns(state, schema)]
}

fn judge_version(state: &SchemaState, address: &DatabaseAddress) -> CheckStep {
    let step = StepMaker::new("schema", address.own.schema.as_str());
    let version = state.version;
    match check_version(version) {
        Err(fault) => step.fail_by(&fault, Some("schema")),
        Ok(()) if version == VERSION => step.pass(format!("the tables are there, in version {version}")),
        Ok(()) if state.may_create && state.owns_tables => step.pass(format!(
            "the tables are of version {version}; the next write brings them to {VERSION}"
        )),
        Ok(()) => step.fail(
            "noRight",
            format!("the tables are of version {version}, and the role may not bring them to {VERSION}"),
            format!(
                "run in the database as its owner: {} ALTER TABLE {}.devices OWNER TO {};",
                grant_schema_sql(address),
                address.quoted_schema(),
                super::schema_sql::quote_name(&address.own.user),
            ),
        ),
    }
}

/// Only who owns a table adds a column.
fn judge_columns(state: &SchemaState, schema: &str) -> CheckStep {
    let step = StepMaker::new("right", format!("{schema}.devices"));
    if state.owns_tables {
        step.pass("the role may read, write and add columns")
    } else {
        step.note(
            "the role may read and write; columns that a mapping names are added by the owner of the table",
            "let its owner add them: ALTER TABLE devices ADD COLUMN NAME text",
        )
    }
}

#[cfg(test)]
#[path = "verify_rights_tests.rs"]
mod tests;
