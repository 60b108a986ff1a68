//! What waits for a second person before it loosens the guard (A7): found in a file, or asked for by somebody. It is
//! judged and made in one transaction, so that whatever was tightened meanwhile stays tight.

use super::facts;
use super::held_back::{HeldBack, held_back};
use super::policy::set_policy;
use super::rows;
use crate::model::{Control, GuardScope, InstanceName, Loosening, LooseningState, OperatorId, Timestamp};
use crate::store::rows::{ms, time};
use crate::store::{AccountView, OperatorRow, Store, StoreError, Waiting, accounts, controls, runs, went_back};
use openssl::sha::sha256;
use rusqlite::{Connection, OptionalExtension, params};

/// Rows listed at most.
const LISTED: u32 = 500;

/// A change that waits for a second operator.
#[derive(Debug, Clone, PartialEq)]
pub struct LooseningRow {
    pub id: i64,
    pub what: Loosening,
    /// `None`: found in a file.
    pub asked_by: Option<OperatorId>,
    pub asked_at: Timestamp,
    pub state: LooseningState,
    pub decided_by: Option<OperatorId>,
    pub decided_at: Option<Timestamp>,
}

impl LooseningRow {
    /// Of all that is shown of it, so that whoever agrees says to what (A10). It never changes: what is asked for anew is
    /// another row.
    pub fn digest(&self) -> String {
        let asked_by = self.asked_by.map_or(0, |id| id.0);
        let text = format!("{}\n{}\n{asked_by}\n{}", self.id, self.what.kept(), ms(self.asked_at));
        hex::encode(sha256(text.as_bytes()))
    }
}

/// Who may agree is judged on facts of the same transaction.
pub struct LooseningFacts {
    pub now: Timestamp,
    pub row: LooseningRow,
    /// The policy of its scope as it is now.
    pub policy: Option<String>,
    /// Whose it is; `None`: the whole bus's.
    pub instance: Option<InstanceName>,
    pub approver: Option<OperatorRow>,
    /// Everybody there is.
    pub everybody: Vec<OperatorRow>,
    pub controls: Vec<Control>,
    /// Of a change of accounts: what would come of it; `None`: what was shown is not there any more.
    pub accounts: Option<AccountView>,
    /// What would go out once the kill switch is off, where it is about that.
    pub held_back: Option<HeldBack>,
}

/// What becomes of a change that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// It is made; with the policy that holds from then on, where it is about one, and with what is to be remembered
    /// where no untied second person has agreed.
    Approve {
        policy: Option<String>,
        controls: Vec<Control>,
    },
    Reject,
}

impl Store {
    /// Asks for something looser. What one has asked for waits once; another wish of theirs for the same thing overtakes
    /// the older, and what somebody else asks for stays beside it, so that no request gets stuck in another's. Only what
    /// was found in a file becomes a person's as soon as they ask for it: they could agree to their own wish otherwise.
    pub async fn ask_loosening(
        &self,
        what: Loosening,
        asked_by: Option<OperatorId>,
    ) -> Result<LooseningRow, StoreError> {
        let now = self.inner.clock.now();
        self.write(move |connection| ask(connection, &what, asked_by, now))
            .await
    }

    pub async fn loosenings(&self, waiting_only: bool) -> Result<Vec<LooseningRow>, StoreError> {
        self.read(move |connection| list(connection, waiting_only)).await
    }

    /// Approves or rejects what waits, as `judge` says on facts of the same transaction. Answers the row as it stands
    /// afterwards.
    pub async fn decide_loosening<E: Send + 'static>(
        &self,
        id: i64,
        by: OperatorId,
        judge: impl FnOnce(&LooseningFacts) -> Result<Decision, E> + Send + 'static,
    ) -> Result<Result<LooseningRow, E>, StoreError> {
        let now = self.inner.clock.now();
        self.write_and_wake([Waiting::Changes, Waiting::Tasks, Waiting::Runs], move |connection| {
            let facts = facts_of(connection, one(connection, id)?, by, now)?;
            let decision = match judge(&facts) {
                Ok(decision) => decision,
                Err(error) => return Ok(Err(error)),
            };
            let state = match &decision {
                Decision::Approve { .. } => LooseningState::Approved,
                Decision::Reject => LooseningState::Rejected,
            };
            connection.execute(
                "UPDATE loosening SET state = ?2, decided_by = ?3, decided_at = ?4 WHERE id = ?1",
                params![id, state.name(), by.0, ms(now)],
            )?;
            if let Decision::Approve { policy, controls } = decision {
                make(connection, &facts.row, policy, now)?;
                controls::remember(connection, &controls, now)?;
                // Others who wished for the same have it, or what they saw is not there any more.
                overtake(connection, |row| row.what.is_about_same(&facts.row.what))?;
            }
            Ok(Ok(one(connection, id)?))
        })
        .await
    }
}

pub fn ask(
    connection: &Connection,
    what: &Loosening,
    asked_by: Option<OperatorId>,
    now: Timestamp,
) -> Result<LooseningRow, StoreError> {
    for row in list(connection, true)? {
        let (is_same, by_file) = (row.what == *what, row.asked_by.is_none());
        if !row.what.is_about_same(what) {
            continue;
        }
        if is_same && (row.asked_by == asked_by || asked_by.is_none()) {
            return Ok(row);
        }
        if row.asked_by == asked_by || (is_same && by_file) {
            set_state(connection, row.id, LooseningState::Overtaken)?;
        }
    }
    connection.execute(
        "INSERT INTO loosening (scope, change, asked_by, asked_at, state) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![
            what.scope().text(),
            what.kept(),
            asked_by.map(|id| id.0),
            ms(now),
            LooseningState::Waiting.name()
        ],
    )?;
    one(connection, connection.last_insert_rowid())
}

fn set_state(connection: &Connection, id: i64, state: LooseningState) -> Result<(), StoreError> {
    connection.execute(
        "UPDATE loosening SET state = ?2 WHERE id = ?1",
        params![id, state.name()],
    )?;
    Ok(())
}

fn make(
    connection: &Connection,
    row: &LooseningRow,
    effective: Option<String>,
    now: Timestamp,
) -> Result<(), StoreError> {
    match &row.what {
        Loosening::PolicyChange { scope, .. } => {
            if let Some(effective) = effective {
                set_policy(connection, &scope.text(), &effective)?;
            }
        }
        Loosening::KillSwitchOff { tenant, .. } => {
            connection.execute("DELETE FROM kill_switch WHERE tenant = ?1", [tenant])?;
            if tenant == "*" {
                went_back::forget(connection)?;
            }
        }
        Loosening::SuspensionLift { operator, .. } => {
            connection.execute(
                "UPDATE operator SET suspended_at = NULL, suspended_why = NULL WHERE id = ?1",
                [operator.0],
            )?;
            // They start anew: what tripped the wire was looked at.
            connection.execute("DELETE FROM refusal WHERE operator = ?1", [operator.0])?;
        }
        Loosening::WorkflowChange { workflow, hash, .. } => {
            runs::agreed(connection, *workflow, hash, row.asked_by, now)?;
        }
        Loosening::AccountChange { change, .. } => {
            if let Some(by) = row.asked_by {
                accounts::make(connection, change, by, now)?;
            }
        }
    }
    Ok(())
}

fn facts_of(
    connection: &Connection,
    row: LooseningRow,
    by: OperatorId,
    now: Timestamp,
) -> Result<LooseningFacts, StoreError> {
    let everybody = crate::store::operators::all(connection)?;
    Ok(LooseningFacts {
        now,
        policy: facts::policy(connection, &row.what.scope().text())?,
        instance: match row.what.scope() {
            GuardScope::Bus => None,
            GuardScope::Instance(id) => facts::instance_name(connection, id)?,
        },
        held_back: match &row.what {
            Loosening::KillSwitchOff { tenant, .. } => Some(held_back(connection, tenant)?),
            Loosening::PolicyChange { .. }
            | Loosening::SuspensionLift { .. }
            | Loosening::WorkflowChange { .. }
            | Loosening::AccountChange { .. } => None,
        },
        approver: everybody.iter().find(|operator| operator.id == by).cloned(),
        accounts: match (&row.what, row.asked_by) {
            (Loosening::AccountChange { change, seen, .. }, Some(asker)) => {
                accounts::previewed(connection, change, seen, asker, now)?
            }
            _ => None,
        },
        controls: controls::all(connection)?,
        everybody,
        row,
    })
}

/// What waits and is meant by `which` waits no more.
pub fn overtake(connection: &Connection, which: impl Fn(&LooseningRow) -> bool) -> Result<(), StoreError> {
    for row in list(connection, true)?.iter().filter(|row| which(row)) {
        set_state(connection, row.id, LooseningState::Overtaken)?;
    }
    Ok(())
}

fn loosening(row: &rusqlite::Row<'_>) -> rusqlite::Result<LooseningRow> {
    let (scope, text): (String, String) = (row.get(1)?, row.get(2)?);
    let unknown = || {
        let known = std::io::Error::other(format!("what waits in {scope} is of no kind that this version knows"));
        rusqlite::Error::FromSqlConversionFailure(2, rusqlite::types::Type::Text, Box::new(known))
    };
    Ok(LooseningRow {
        id: row.get(0)?,
        what: Loosening::read(&scope, &text).ok_or_else(unknown)?,
        asked_by: row.get::<_, Option<i64>>(3)?.map(OperatorId),
        asked_at: time(row.get(4)?),
        state: rows::word(row, 5)?,
        decided_by: row.get::<_, Option<i64>>(6)?.map(OperatorId),
        decided_at: row.get::<_, Option<i64>>(7)?.map(time),
    })
}

const COLUMNS: &str = "SELECT id, scope, change, asked_by, asked_at, state, decided_by, decided_at FROM loosening";

fn one(connection: &Connection, id: i64) -> Result<LooseningRow, StoreError> {
    let mut ask = connection.prepare_cached(&format!("{COLUMNS} WHERE id = ?1"))?;
    ask.query_row([id], loosening)
        .optional()?
        .ok_or_else(|| StoreError::Unknown {
            what: "change",
            name: id.to_string(),
        })
}

fn list(connection: &Connection, waiting_only: bool) -> Result<Vec<LooseningRow>, StoreError> {
    let waiting = LooseningState::Waiting.name();
    let mut ask = connection.prepare_cached(&format!(
        "{COLUMNS} WHERE ?1 IS NULL OR state = ?1 ORDER BY id DESC LIMIT {LISTED}"
    ))?;
    let rows = ask.query_map([waiting_only.then_some(waiting)], loosening)?;
    rows.map(|row| row.map_err(StoreError::from)).collect()
}
