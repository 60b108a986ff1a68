//! The check of a database, step by step: reach, sign-in, version, whether it can be written, schema and each right. It makes
//! nothing and writes nothing. What follows from a step that failed is skipped and names it.

use std::time::{Duration, SystemTime};

use tokio::sync::mpsc;
use tokio_postgres::Row;

use super::fault::{CallMoment, DatabaseFailure};
use super::session::{DatabaseAddress, DatabaseSession, open_stream, read_text};
use super::verify_rights::{judge_schema, read_schema_state};
use crate::config::DatabaseTls;
use crate::contract::CheckStep;
use crate::targets::TargetFault;
use crate::targets::step_maker::{StepMaker, send_step};

/// Versions before this one lack what the statements use.
const OLDEST: u32 = 120_000;
/// Clocks further apart than this are told.
const CLOCK_MOST: Duration = Duration::from_secs(60);

/// What comes behind the sign-in.
const LATER_STEPS: [&str; 5] = ["version", "writable", "durability", "time", "schema"];

pub(super) async fn verify_database(address: &DatabaseAddress, steps: mpsc::Sender<CheckStep>) {
    let reach = StepMaker::new("reach", address.host_and_port());
    let blocker = match open_stream(address).await {
        Ok(_) => {
            send_step(&steps, reach.pass("the server takes connections")).await;
            None
        }
        Err(fault) => {
            send_step(&steps, reach.fail_by(&fault, Some("host"))).await;
            Some("reach")
        }
    };
    let sign_in = StepMaker::new("signIn", address.own.user.as_str());
    let (step, blocker) = match blocker {
        Some(blocker) => (sign_in.skip(blocker), blocker),
        None => match DatabaseSession::connect(address).await {
            Ok(session) => return verify_session(session, address, sign_in, &steps).await,
            Err(failure) => (
                sign_in.fail_by(&failure.fault, blamed_setting(&failure.fault)),
                "signIn",
            ),
        },
    };
    send_step(&steps, step).await;
    for later in LATER_STEPS {
        let skipped = StepMaker::new(later, address.own.database.as_str()).skip(blocker);
        send_step(&steps, skipped).await;
    }
}

async fn verify_session(
    mut session: DatabaseSession,
    address: &DatabaseAddress,
    sign_in: StepMaker,
    steps: &mpsc::Sender<CheckStep>,
) {
    send_step(steps, describe_sign_in(&mut session, address, sign_in).await).await;
    for step in check_server(&mut session, address).await {
        send_step(steps, step).await;
    }
    for step in check_schema(&mut session, address).await {
        send_step(steps, step).await;
    }
}

fn blamed_setting(fault: &TargetFault) -> Option<&'static str> {
    match fault {
        TargetFault::SignIn { .. } => Some("password"),
        TargetFault::Misconfigured { .. } => Some("tls"),
        _ => None,
    }
}

async fn describe_sign_in(session: &mut DatabaseSession, address: &DatabaseAddress, step: StepMaker) -> CheckStep {
    let sql = "SELECT coalesce((SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid() AND ssl), '')::text";
    let tls = match read_row(session, sql)
        .await
        .and_then(|row| read_text(&row, 0).map_err(DatabaseFailure::from))
    {
        Ok(tls) => tls,
        Err(failure) => return step.fail_by(&failure.fault, None),
    };
    match address.own.tls {
        DatabaseTls::Off => step.note(
            "signed in; the connection is not encrypted",
            "set `tls` to verify unless the database is on this machine",
        ),
        DatabaseTls::Require if address.network.ca.is_none() => step.note(
            format!("signed in over {tls}; the certificate of the server is not checked"),
            "set `tls` to verify, and `ca` where its authority is your own",
        ),
        DatabaseTls::Require | DatabaseTls::Verify => step.pass(format!("signed in over {tls}")),
    }
}

async fn read_row(session: &mut DatabaseSession, sql: &str) -> Result<Row, DatabaseFailure> {
    let rows = session.query_rows(sql, &[], CallMoment::Read).await?;
    let first = rows.into_iter().next();
    first.ok_or_else(|| {
        DatabaseFailure::from(TargetFault::Unreadable {
            problem: "the database answers nothing".to_owned(),
        })
    })
}

/// What the server says of itself.
struct ServerFacts {
    version: u32,
    shown_version: String,
    encoding: String,
    is_read_only: bool,
    fsync: bool,
    seconds: f64,
}

const SERVER_SQL: &str = "SELECT current_setting('server_version_num'), current_setting('server_version'),
    current_setting('server_encoding'),
    (pg_is_in_recovery() OR current_setting('transaction_read_only') = 'on')::text,
    current_setting('fsync'), extract(epoch FROM clock_timestamp())::text";

async fn read_server(session: &mut DatabaseSession) -> Result<ServerFacts, DatabaseFailure> {
    let row = read_row(session, SERVER_SQL).await?;
    Ok(ServerFacts {
        version: read_text(&row, 0)?.parse().unwrap_or(0),
        shown_version: read_text(&row, 1)?,
        encoding: read_text(&row, 2)?,
        is_read_only: read_text(&row, 3)? == "true",
        fsync: read_text(&row, 4)? == "on",
        seconds: read_text(&row, 5)?.parse().unwrap_or(0.0),
    })
}

async fn check_server(session: &mut DatabaseSession, address: &DatabaseAddress) -> Vec<CheckStep> {
    match read_server(session).await {
        Ok(facts) => judge_server(&facts, &address.own.database, SystemTime::now()),
        Err(failure) => vec![StepMaker::new("version", address.own.database.as_str()).fail_by(&failure.fault, None)],
    }
}

fn judge_server(facts: &ServerFacts, database: &str, now: SystemTime) -> Vec<CheckStep> {
    let maker = |step: &str| StepMaker::new(step, database);
    let shown = &facts.shown_version;
    let version = if facts.version < OLDEST {
        maker("version").fail(
            "tooOld",
            format!("PostgreSQL {shown} is older than 12"),
            "upgrade the server",
        )
    } else {
        maker("version").pass(format!("PostgreSQL {shown}"))
    };
    let writable = if facts.is_read_only {
        maker("writable").fail(
            "readOnly",
            "the database can only be read: it is a standby, or set to read only",
            "set `host` to the primary server",
        )
    } else if facts.encoding != "UTF8" {
        maker("writable").fail(
            "encoding",
            format!(
                "the encoding of the database is {}, which lacks letters",
                facts.encoding
            ),
            "use a database in UTF8: createdb -E UTF8 -T template0 NAME",
        )
    } else {
        maker("writable").pass("the database can be written")
    };
    let durability = if facts.fsync {
        maker("durability").pass("what is written survives a crash of the server")
    } else {
        maker("durability").note(
            "fsync of the server is off: a crash may lose what it has confirmed",
            "set it: ALTER SYSTEM SET fsync = on",
        )
    };
    vec![
        version,
        writable,
        durability,
        judge_time(maker("time"), facts.seconds, now),
    ]
}

fn judge_time(step: StepMaker, seconds: f64, now: SystemTime) -> CheckStep {
    let ours = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let apart = (seconds - ours.as_secs_f64()).abs();
    if apart <= CLOCK_MOST.as_secs_f64() {
        return step.pass("the clocks agree");
    }
    step.note(
        format!("the clock of the server is {apart:.0} s away from that of this machine"),
        "set both by a time server",
    )
}

async fn check_schema(session: &mut DatabaseSession, address: &DatabaseAddress) -> Vec<CheckStep> {
    match read_schema_state(session, address).await {
        Ok(state) => judge_schema(&state, address),
        Err(failure) => {
            let step = StepMaker::new("schema", address.own.schema.as_str());
            vec![step.fail_by(&failure.fault, Some("schema"))]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::CheckStepState;

    fn facts() -> ServerFacts {
        ServerFacts {
            version: 150_018,
            shown_version: "15.18".into(),
            encoding: "UTF8".into(),
            is_read_only: false,
            fsync: true,
            seconds: 1_000.0,
        }
    }

    fn judged(facts: &ServerFacts, seconds: u64) -> Vec<(String, CheckStepState)> {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        let steps = judge_server(facts, "inventory", now);
        steps.into_iter().map(|step| (step.step, step.state)).collect()
    }

    #[test]
    fn a_server_that_is_good_passes_every_step() {
        let all = judged(&facts(), 1_030);
        assert!(all.iter().all(|(_, state)| *state == CheckStepState::Ok), "{all:?}");
        assert_eq!(all.len(), 4);
    }

    #[test]
    fn what_is_wrong_with_a_server_fails_its_step_and_what_could_be_better_is_noted() {
        use CheckStepState::{Failed, Note};
        let wrong = |change: fn(&mut ServerFacts), seconds| {
            let mut facts = facts();
            change(&mut facts);
            let all = judged(&facts, seconds);
            all.into_iter()
                .filter(|(_, state)| *state != CheckStepState::Ok)
                .collect::<Vec<_>>()
        };
        for (found, step, state) in [
            (wrong(|facts| facts.version = 110_000, 1_000), "version", Failed),
            (wrong(|facts| facts.is_read_only = true, 1_000), "writable", Failed),
            (
                wrong(|facts| facts.encoding = "LATIN1".into(), 1_000),
                "writable",
                Failed,
            ),
            (wrong(|facts| facts.fsync = false, 1_000), "durability", Note),
            (wrong(|_| (), 2_000), "time", Note),
        ] {
            assert_eq!(found, [(step.to_owned(), state)]);
        }
    }

    #[test]
    fn a_failed_step_names_the_setting_that_has_to_change() {
        let refused = TargetFault::SignIn {
            problem: "no".into(),
            advice: "check it".into(),
        };
        let step = StepMaker::new("signIn", "role").fail_by(&refused, blamed_setting(&refused));
        assert_eq!(
            (step.field.as_deref(), step.cause.as_deref()),
            (Some("password"), Some("signIn"))
        );
        assert_eq!(step.cure.as_deref(), Some("check it"));
    }
}
