//! The tables, made or brought to the version of this program.
//!
//! One at a time does it, whoever else writes into the same database (an advisory lock of the transaction), all in one
//! transaction: either the whole step is there or nothing of it. Tables of a newer program are not touched.

use super::fault::{CallMoment, DatabaseFailure};
use super::schema_sql::{
    VERSION, VERSION_TABLE, add_column_sql, current_view_sql, migration_sql, quote_name, quote_text,
};
use super::session::{DatabaseAddress, DatabaseSession};
use crate::contract::TargetKind;
use crate::targets::TargetFault;

/// Makes sure that the tables are there, in this program's version.
pub(super) async fn prepare_tables(
    session: &mut DatabaseSession,
    address: &DatabaseAddress,
) -> Result<(), DatabaseFailure> {
    check_version(session.version)?;
    if session.version == VERSION {
        return Ok(());
    }
    let migrated = migrate_tables(session, address).await;
    if migrated.is_err() {
        // On a connection that is still good the transaction would stay open.
        let _ = session.run_batch("ROLLBACK", CallMoment::Read).await;
    }
    migrated.map_err(|failure| explain_rights(failure, address))
}

/// Refuses tables that a newer program has made.
pub(super) fn check_version(version: i32) -> Result<(), TargetFault> {
    if version <= VERSION {
        return Ok(());
    }
    Err(TargetFault::Misconfigured {
        problem: format!("the tables are of version {version}, and this program knows versions up to {VERSION}"),
        advice: "install the newer version of intune-connector, or set `schema` to another name".to_owned(),
    })
}

async fn migrate_tables(session: &mut DatabaseSession, address: &DatabaseAddress) -> Result<(), DatabaseFailure> {
    let schema = &address.own.schema;
    session.run_batch(&begin_sql(schema), CallMoment::Read).await?;
    // Somebody else may have done it while this one waited for the lock.
    let exists = session.has_schema(schema).await?;
    session.read_tables(schema).await?;
    check_version(session.version)?;
    let from = session.version;
    if from < VERSION {
        let quoted = quote_name(schema);
        let mut sql = String::new();
        if !exists {
            sql.push_str(&format!("CREATE SCHEMA {quoted};\n"));
        }
        if from == 0 {
            sql.push_str(&format!(
                "CREATE TABLE {quoted}.{VERSION_TABLE} (
    version integer PRIMARY KEY,
    applied_at timestamptz NOT NULL DEFAULT now()
);\n"
            ));
        }
        for version in from + 1..=VERSION {
            sql.push_str(&migration_sql(version, &quoted).unwrap_or_default());
            sql.push_str(&format!(
                "INSERT INTO {quoted}.{VERSION_TABLE} (version) VALUES ({version});\n"
            ));
        }
        session.run_batch(&sql, CallMoment::Read).await?;
        session.read_tables(schema).await?;
        let view = current_view_sql(&quoted, &session.columns);
        session.run_batch(&view, CallMoment::Read).await?;
    }
    // Whether it was kept is seen when the tables are read the next time.
    session.run_batch("COMMIT", CallMoment::Read).await?;
    if from < VERSION {
        tracing::info!(
            from,
            to = VERSION,
            "the tables of a target were brought to this version"
        );
    }
    Ok(())
}

/// Adds columns to `devices`, and to the view that shows them.
pub(super) async fn add_columns(
    session: &mut DatabaseSession,
    address: &DatabaseAddress,
    names: &[&str],
) -> Result<(), DatabaseFailure> {
    let schema = &address.own.schema;
    let quoted = quote_name(schema);
    let mut sql = begin_sql(schema);
    for name in names {
        sql.push_str(&add_column_sql(&quoted, name));
    }
    let added = async {
        session.run_batch(&sql, CallMoment::Read).await?;
        session.read_tables(schema).await?;
        let view = current_view_sql(&quoted, &session.columns);
        session.run_batch(&format!("{view}COMMIT"), CallMoment::Read).await
    }
    .await;
    if added.is_err() {
        let _ = session.run_batch("ROLLBACK", CallMoment::Read).await;
        session.read_tables(schema).await?;
    }
    added.map_err(|failure| explain_rights(failure, address))
}

/// A transaction in which no other target changes the same tables.
fn begin_sql(schema: &str) -> String {
    let lock = quote_text(&format!("{} {schema}", TargetKind::PostgreSql.member_kind()));
    format!("BEGIN; SELECT pg_advisory_xact_lock(hashtextextended({lock}, 0));\n")
}

/// A right that is missing here is one to make tables.
fn explain_rights(mut failure: DatabaseFailure, address: &DatabaseAddress) -> DatabaseFailure {
    if let TargetFault::Misconfigured { advice, .. } = &mut failure.fault
        && failure.doubts_tables
    {
        *advice = format!("run in the database as its owner: {}", grant_schema_sql(address));
    }
    failure
}

/// What gives the role a schema of its own, as one pastes it.
pub(super) fn grant_schema_sql(address: &DatabaseAddress) -> String {
    let (schema, role) = (address.quoted_schema(), quote_name(&address.own.user));
    format!(
        "CREATE SCHEMA IF NOT EXISTS {schema} AUTHORIZATION {role}; GRANT USAGE, CREATE ON SCHEMA {schema} TO {role};"
    )
}

/// What gives the role the tables that another role has made.
pub(super) fn grant_tables_sql(address: &DatabaseAddress) -> String {
    let (schema, role) = (address.quoted_schema(), quote_name(&address.own.user));
    format!(
        "GRANT USAGE ON SCHEMA {schema} TO {role}; \
         GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {role};"
    )
}

#[cfg(test)]
mod tests {
    use secrecy::SecretString;

    use super::*;
    use crate::config::{DatabaseTls, NetworkSettings, PostgreSqlSettings};

    fn address() -> DatabaseAddress {
        DatabaseAddress {
            own: PostgreSqlSettings {
                host: "db.example".into(),
                port: 5432,
                database: "inventory".into(),
                user: "it's \"me\"".into(),
                password: SecretString::from("canary"),
                tls: DatabaseTls::Verify,
                schema: "intune".into(),
            },
            network: NetworkSettings::default(),
            client_identity: None,
            allow_private: false,
        }
    }

    #[test]
    fn tables_of_a_newer_program_are_not_touched() {
        assert!(check_version(0).is_ok() && check_version(VERSION).is_ok());
        let fault = check_version(VERSION + 1).unwrap_err();
        assert!(
            fault.is_lasting() && fault.advice().contains("newer version"),
            "{fault:?}"
        );
    }

    #[test]
    fn a_grant_can_be_pasted_whatever_the_role_is_called() {
        let grant = grant_schema_sql(&address());
        assert!(
            grant.contains("CREATE ON SCHEMA \"intune\" TO \"it's \"\"me\"\"\";"),
            "{grant}"
        );
        assert!(grant_tables_sql(&address()).contains("IN SCHEMA \"intune\" TO \"it's"));
    }

    #[test]
    fn a_missing_right_is_told_with_what_to_paste_and_another_fault_stays() {
        let missing = super::super::fault::failure_of_state("42501", "permission denied", CallMoment::Read);
        let told = explain_rights(missing, &address()).fault.advice();
        assert!(told.contains("GRANT USAGE, CREATE ON SCHEMA"), "{told}");
        let newer = DatabaseFailure::from(check_version(99).unwrap_err());
        assert!(
            explain_rights(newer, &address())
                .fault
                .advice()
                .contains("newer version")
        );
    }
}
