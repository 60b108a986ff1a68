use secrecy::SecretString;

use super::*;
use crate::config::{DatabaseTls, NetworkSettings, PostgreSqlSettings};
use crate::contract::CheckStepState;

fn address() -> DatabaseAddress {
    DatabaseAddress {
        own: PostgreSqlSettings {
            host: "db.example".into(),
            port: 5432,
            database: "inventory".into(),
            user: "writer".into(),
            password: SecretString::from("canary"),
            tls: DatabaseTls::Verify,
            schema: "intune".into(),
        },
        network: NetworkSettings::default(),
        client_identity: None,
        allow_private: false,
    }
}

/// Everything is there.
fn complete() -> SchemaState {
    SchemaState {
        exists: true,
        may_create_schema: true,
        may_use: true,
        may_create: true,
        tables: TABLES.iter().chain(&[VERSION_TABLE]).map(ToString::to_string).collect(),
        missing: Vec::new(),
        version: VERSION,
        owns_tables: true,
    }
}

fn judged(change: impl Fn(&mut SchemaState)) -> (CheckStepState, String) {
    let mut state = complete();
    change(&mut state);
    let steps = judge_schema(&state, &address());
    (steps[0].state, steps[0].cure.clone().unwrap_or_default())
}

#[test]
fn a_role_with_every_right_passes() {
    let steps = judge_schema(&complete(), &address());
    assert!(steps.iter().all(|step| step.state == CheckStepState::Ok), "{steps:?}");
}

#[test]
fn each_right_that_is_missing_is_told_with_the_grant_to_paste() {
    use CheckStepState::{Failed, Ok};
    for (found, state, cure) in [
        (judged(|state| state.exists = false), Ok, ""),
        (
            judged(|state| (state.exists, state.may_create_schema) = (false, false)),
            Failed,
            "CREATE SCHEMA IF NOT EXISTS \"intune\" AUTHORIZATION \"writer\";",
        ),
        (
            judged(|state| state.may_use = false),
            Failed,
            "GRANT USAGE, CREATE ON SCHEMA \"intune\" TO \"writer\";",
        ),
        (judged(|state| state.tables.clear()), Ok, ""),
        (
            judged(|state| {
                state.tables.clear();
                state.may_create = false;
            }),
            Failed,
            "GRANT USAGE, CREATE",
        ),
        (
            judged(|state| state.tables.retain(|table| table != VERSION_TABLE)),
            Failed,
            "`schema`",
        ),
        (
            judged(|state| state.missing = vec!["devices: DELETE".into()]),
            Failed,
            "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA \"intune\" TO \"writer\";",
        ),
        (judged(|state| state.version = VERSION + 1), Failed, "newer version"),
        (
            judged(|state| (state.version, state.owns_tables) = (0, false)),
            Failed,
            "OWNER TO \"writer\"",
        ),
        (judged(|state| state.version = 0), Ok, ""),
    ] {
        assert_eq!(found.0, state, "{cure}");
        assert!(found.1.contains(cure), "{} lacks {cure}", found.1);
    }
}

#[test]
fn each_missing_right_is_a_step_of_its_own() {
    let mut state = complete();
    state.missing = vec!["devices: INSERT".into(), "device_users: DELETE".into()];
    let subjects: Vec<String> = judge_schema(&state, &address())
        .into_iter()
        .map(|step| step.subject)
        .collect();
    assert_eq!(subjects, ["devices: INSERT", "device_users: DELETE"]);
}

#[test]
fn who_does_not_own_the_tables_is_told_who_adds_columns() {
    let mut state = complete();
    state.owns_tables = false;
    let last = judge_schema(&state, &address()).pop().unwrap();
    assert_eq!(last.state, CheckStepState::Note);
}
