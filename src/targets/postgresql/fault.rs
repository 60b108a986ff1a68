//! What the database answers, as a fault of a target.
//!
//! Told apart by SQLSTATE and by the moment, never by searching texts. What the database says of a *value* repeats it, so
//! that text is left out; every other text passes the filter for secrets first.

use std::error::Error as StdError;
use std::io;

use secrecy::SecretString;
use tokio_postgres::Error as DatabaseError;

use crate::net::secret_text::quote_without_secrets;
use crate::targets::TargetFault;

/// What was being done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CallMoment {
    /// Nothing was asked yet.
    Connect,
    Read,
    /// The answer is the only thing that says whether it happened.
    Write,
}

/// A call that failed.
#[derive(Debug)]
pub(super) struct DatabaseFailure {
    pub fault: TargetFault,
    /// The connection is of no use any more.
    pub ends_session: bool,
    /// One row of the call is to blame: the others may go alone.
    pub blames_row: bool,
    /// The tables are not as they were when the connection began.
    pub doubts_tables: bool,
}

impl From<TargetFault> for DatabaseFailure {
    fn from(fault: TargetFault) -> Self {
        DatabaseFailure {
            fault,
            ends_session: false,
            blames_row: false,
            doubts_tables: false,
        }
    }
}

impl From<DatabaseFailure> for TargetFault {
    fn from(failure: DatabaseFailure) -> Self {
        failure.fault
    }
}

const CHECK_ROLE: &str = "check `user` and `password`, and that pg_hba.conf of the server lets this machine in";
const CHECK_DATABASE: &str = "check `database`, or create it: createdb -E UTF8 NAME";
const CHECK_TLS: &str =
    "set `ca` to the authority that issued the certificate of the server, or `tls` to require or off";
const CHECK_PORT: &str = "check `host` and `port`: another program listens there; PostgreSQL is at 5432 as a rule";
const CHECK_SCHEMA: &str = "see what is missing: intune-connector targets verify TARGET";

/// Of an error of the driver.
pub(super) fn read_failure(error: &DatabaseError, moment: CallMoment, secret: &SecretString) -> DatabaseFailure {
    if let Some(told) = error.as_db_error() {
        let message = quote_without_secrets(told.message(), &[secret]);
        let mut failure = failure_of_state(told.code().code(), &message, moment);
        if let TargetFault::Refused { field, .. } = &mut failure.fault {
            *field = told.column().map(str::to_owned);
        }
        return failure;
    }
    let cause = find_cause(error);
    let what = quote_without_secrets(&cause.text, &[secret]);
    let fault = match (moment, cause.kind) {
        (CallMoment::Write, _) => TargetFault::LostAnswer {
            problem: format!("the connection to the database was lost: {what}"),
        },
        (CallMoment::Read, _) => TargetFault::Unreachable {
            problem: format!("the connection to the database was lost: {what}"),
        },
        (CallMoment::Connect, CauseKind::Network) => TargetFault::Unreachable {
            problem: format!("no connection to the database: {what}"),
        },
        (CallMoment::Connect, CauseKind::Foreign) => TargetFault::Misconfigured {
            problem: "what answers there does not speak PostgreSQL".to_owned(),
            advice: CHECK_PORT.to_owned(),
        },
        (CallMoment::Connect, CauseKind::Tls) => TargetFault::Misconfigured {
            problem: format!("no encrypted connection to the database: {what}"),
            advice: CHECK_TLS.to_owned(),
        },
        (CallMoment::Connect, CauseKind::Other) => TargetFault::SignIn {
            problem: format!("failed to sign in to the database: {what}"),
            advice: CHECK_ROLE.to_owned(),
        },
    };
    DatabaseFailure {
        ends_session: true,
        ..DatabaseFailure::from(fault)
    }
}

/// Of an error that the database itself told.
pub(super) fn failure_of_state(state: &str, message: &str, moment: CallMoment) -> DatabaseFailure {
    let class = state.get(..2).unwrap_or_default();
    let told = || format!("{message} (SQLSTATE {state})");
    let misconfigured = |advice: &str| TargetFault::Misconfigured {
        problem: told(),
        advice: advice.to_owned(),
    };
    let (mut ends_session, mut blames_row, mut doubts_tables) = (false, false, false);
    let fault = match (class, state) {
        ("28", _) => TargetFault::SignIn {
            problem: told(),
            advice: CHECK_ROLE.to_owned(),
        },
        (_, "3D000") => misconfigured(CHECK_DATABASE),
        (_, "42501" | "42P01" | "42703" | "42704" | "42P07" | "3F000") => {
            doubts_tables = true;
            misconfigured(CHECK_SCHEMA)
        }
        // Data exceptions and broken constraints, what triggers of people raise, and a value that no index holds; the text
        // repeats the value.
        ("22" | "23" | "44" | "09" | "38" | "39" | "54" | "P0", _) => {
            blames_row = true;
            TargetFault::Refused {
                problem: format!("the database refused a value (SQLSTATE {state})"),
                field: None,
            }
        }
        // Whoever ended the connection may have done so before or after the commit.
        ("08", _) | (_, "57P01" | "57P02" | "57P04" | "57P05") if moment == CallMoment::Write => {
            ends_session = true;
            TargetFault::LostAnswer { problem: told() }
        }
        ("08" | "57", _) | (_, "25006") => {
            ends_session = state != "57014";
            TargetFault::Unavailable { problem: told() }
        }
        // Short of something, a lock, a deadlock, an error of the machine: nothing was kept.
        _ => TargetFault::Unavailable { problem: told() },
    };
    DatabaseFailure {
        fault,
        ends_session,
        blames_row,
        doubts_tables,
    }
}

/// No answer within the limit.
pub(super) fn failure_of_silence(moment: CallMoment, limit: std::time::Duration) -> DatabaseFailure {
    let problem = format!("the database has not answered within {} s", limit.as_secs());
    let fault = match moment {
        CallMoment::Write => TargetFault::LostAnswer { problem },
        CallMoment::Connect | CallMoment::Read => TargetFault::Unreachable { problem },
    };
    DatabaseFailure {
        ends_session: true,
        ..DatabaseFailure::from(fault)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum CauseKind {
    Network,
    Tls,
    /// The answer is none of PostgreSQL's.
    Foreign,
    Other,
}

struct ErrorCause {
    kind: CauseKind,
    text: String,
}

/// By these words alone the driver tells that TLS failed where no layer below it does: a server without TLS.
const TLS_FAILED: &str = "error performing TLS handshake";

/// The driver waits for the rest of a message whose length it has read from what was none.
const CUT_MESSAGE: &str = "bytes remaining on stream";

/// What the first layer below the driver says, and what the lowest one that is known is: a connection or TLS.
fn find_cause(error: &DatabaseError) -> ErrorCause {
    let own = error.to_string();
    let kind = if error.is_closed() {
        CauseKind::Network
    } else if own == TLS_FAILED {
        CauseKind::Tls
    } else {
        CauseKind::Other
    };
    let text = error.source().map_or(own, ToString::to_string);
    let mut found = ErrorCause { kind, text };
    let mut layer = error.source();
    while let Some(cause) = layer {
        if cause.is::<openssl::ssl::Error>() || cause.is::<openssl::error::ErrorStack>() {
            found.kind = CauseKind::Tls;
        } else if cause.is::<io::Error>() {
            let is_cut = cause.to_string() == CUT_MESSAGE;
            found.kind = if is_cut { CauseKind::Foreign } else { CauseKind::Network };
        }
        layer = StdError::source(cause);
    }
    found
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    fn fault(state: &str, moment: CallMoment) -> TargetFault {
        failure_of_state(state, "the words of the server", moment).fault
    }

    #[test]
    fn each_state_has_its_fault() {
        use CallMoment::{Connect, Read, Write};
        for (state, moment, code) in [
            ("28P01", Connect, "signIn"),
            ("28000", Connect, "signIn"),
            ("3D000", Connect, "misconfigured"),
            ("42501", Write, "misconfigured"),
            ("42P01", Read, "misconfigured"),
            ("42703", Write, "misconfigured"),
            ("22P02", Write, "refused"),
            ("22021", Write, "refused"),
            ("23505", Write, "refused"),
            ("P0001", Write, "refused"),
            ("54000", Write, "refused"),
            ("57P01", Write, "lostAnswer"),
            ("57P02", Write, "lostAnswer"),
            ("08006", Write, "lostAnswer"),
            ("57P01", Read, "unavailable"),
            ("57P03", Connect, "unavailable"),
            ("57014", Write, "unavailable"),
            ("25006", Write, "unavailable"),
            ("53100", Write, "unavailable"),
            ("53300", Connect, "unavailable"),
            ("55P03", Write, "unavailable"),
            ("40P01", Write, "unavailable"),
            ("XX000", Write, "unavailable"),
            ("", Read, "unavailable"),
        ] {
            assert_eq!(fault(state, moment).code(), code, "{state} {moment:?}");
        }
    }

    #[tokio::test]
    async fn wn_88_a_server_of_something_else_is_told_as_one() {
        let (ours, mut theirs) = tokio::io::duplex(4_096);
        let web_server = async move {
            let mut asked = [0; 256];
            let _ = theirs.read(&mut asked).await;
            theirs
                .write_all(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
                .await
        };
        let mut config = tokio_postgres::Config::new();
        config.user("intune").ssl_mode(tokio_postgres::config::SslMode::Disable);
        let (connected, _) = tokio::join!(config.connect_raw(ours, tokio_postgres::NoTls), web_server);
        let error = connected.err().expect("nobody signs in there");
        let failure = read_failure(&error, CallMoment::Connect, &SecretString::from(""));
        assert_eq!(failure.fault.code(), "misconfigured", "{:?}", failure.fault);
        assert!(failure.fault.advice().contains("`port`"), "{:?}", failure.fault);
    }

    #[test]
    fn what_the_database_says_of_a_value_is_left_out() {
        let failure = failure_of_state("22P02", "invalid input syntax: \"canary\"", CallMoment::Write);
        assert!(failure.blames_row && !failure.ends_session);
        assert!(!format!("{failure:?}").contains("canary"), "{failure:?}");
        let raised = failure_of_state("P0001", "no laptop may be called \"canary\"", CallMoment::Write);
        assert!(
            raised.blames_row && !format!("{raised:?}").contains("canary"),
            "{raised:?}"
        );
    }

    #[test]
    fn a_cancelled_statement_leaves_the_connection_as_it_is_and_a_stopped_server_does_not() {
        assert!(!failure_of_state("57014", "", CallMoment::Write).ends_session);
        assert!(failure_of_state("57P01", "", CallMoment::Read).ends_session);
        assert!(failure_of_state("25006", "", CallMoment::Write).ends_session);
        assert!(failure_of_silence(CallMoment::Write, std::time::Duration::from_secs(60)).ends_session);
        assert!(failure_of_state("42703", "", CallMoment::Write).doubts_tables);
    }
}
