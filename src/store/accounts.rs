//! Changes of accounts and roles, judged and made in one transaction (A9): the change is made, what comes of it is
//! shown to a pure function, and what has to wait is taken back and kept as a request.

use openssl::sha::Sha256;
use rusqlite::Connection;

use super::columns::read_word;
use super::jobs::ask_in;
use super::operators::{self, NewOperator, NewToken, OperatorChange, OperatorRow, TokenRow};
use super::sql_values::to_json;
use super::{RelaxationRow, Store, StoreError, WakeTarget, controls, roles, second_factors, sessions};
use crate::model::{AccountChange, AccountControl, InstanceName, OperatorId, PolicyRelaxation, SecretHash, Timestamp};

/// What a change of accounts is judged by; all of it from the transaction that makes it.
#[derive(Debug, Clone)]
pub struct AccountChangeFacts {
    pub by: OperatorId,
    pub before: Vec<OperatorRow>,
    /// As it would be.
    pub after: Vec<OperatorRow>,
    pub controls: Vec<AccountControl>,
    /// All instances.
    pub instance_names: Vec<InstanceName>,
    /// An account of the same name that was removed lately.
    pub former_operator: Option<OperatorId>,
    pub now: Timestamp,
    /// When the store was made.
    pub made_at: Timestamp,
}

/// What is to become of a change.
#[derive(Debug, Clone)]
pub enum AccountDecision {
    /// It stays, with what is to be remembered of it; `told`: to everybody.
    Made {
        controls: Vec<AccountControl>,
        told: Option<String>,
    },
    /// It is taken back and waits for a second person.
    Waits,
}

/// What has become of it.
#[derive(Debug, Clone)]
pub enum AccountOutcome {
    Made(AppliedAccountChange),
    Waits(RelaxationRow),
}

#[derive(Debug, Clone)]
pub enum AppliedAccountChange {
    Operator(OperatorId),
    Token(TokenRow),
    /// False: there was nothing to change.
    Changed(bool),
}

/// Removed accounts of the same name that long ago are somebody else's.
const FORMER: chrono::TimeDelta = chrono::TimeDelta::days(7);

impl Store {
    /// Makes a change of accounts, or keeps it as a request, as `judge` says.
    pub async fn change_accounts<E: Send + 'static>(
        &self,
        change: AccountChange,
        by: OperatorId,
        judge: impl FnOnce(&AccountChangeFacts) -> Result<AccountDecision, E> + Send + 'static,
    ) -> Result<Result<AccountOutcome, E>, StoreError> {
        let now = self.inner.clock.now();
        // Whoever reads a stream is asked again whether they still may.
        self.write_and_wake([WakeTarget::Changes, WakeTarget::Tasks], move |connection| {
            let seen = subject_digest(connection, &change)?;
            connection.execute_batch("SAVEPOINT accounts")?;
            let (made, view) = try_change(connection, &change, by, now)?;
            let decision = match judge(&view) {
                Ok(decision) => decision,
                Err(error) => {
                    connection.execute_batch("ROLLBACK TO accounts; RELEASE accounts")?;
                    return Ok(Err(error));
                }
            };
            match decision {
                AccountDecision::Made { controls, told } => {
                    connection.execute_batch("RELEASE accounts")?;
                    controls::insert_controls(connection, &controls, now)?;
                    if let Some(text) = told {
                        controls::insert_notice(connection, &text, now)?;
                    }
                    Ok(Ok(AccountOutcome::Made(made)))
                }
                AccountDecision::Waits => {
                    connection.execute_batch("ROLLBACK TO accounts; RELEASE accounts")?;
                    let sentence = change.approval_text();
                    let what = PolicyRelaxation::AccountChange { change, seen, sentence };
                    Ok(Ok(AccountOutcome::Waits(ask_in(connection, &what, Some(by), now)?)))
                }
            }
        })
        .await
    }
}

/// What would come of it, leaving nothing; `None`: it can't be made any more, or what was shown is not there any more.
pub(super) fn preview_change(
    connection: &Connection,
    change: &AccountChange,
    shown_digest: &str,
    by: OperatorId,
    now: Timestamp,
) -> Result<Option<AccountChangeFacts>, StoreError> {
    if subject_digest(connection, change)? != shown_digest {
        return Ok(None);
    }
    connection.execute_batch("SAVEPOINT accounts")?;
    let view = try_change(connection, change, by, now);
    connection.execute_batch("ROLLBACK TO accounts; RELEASE accounts")?;
    match view {
        Ok((_, view)) => Ok(Some(view)),
        Err(StoreError::Exists { .. } | StoreError::Unknown { .. } | StoreError::LastAdministrator) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Makes it and shows what comes of it.
fn try_change(
    connection: &Connection,
    change: &AccountChange,
    by: OperatorId,
    now: Timestamp,
) -> Result<(AppliedAccountChange, AccountChangeFacts), StoreError> {
    let before = operators::list_operators(connection)?;
    let former = match change {
        AccountChange::Add { name, .. } => controls::find_former_operator(connection, name, now - FORMER)?,
        _ => None,
    };
    let made = apply_change(connection, change, by, now)?;
    let view = AccountChangeFacts {
        by,
        before,
        after: operators::list_operators(connection)?,
        controls: controls::list_controls(connection)?,
        instance_names: list_instance_names(connection)?,
        former_operator: former,
        now,
        made_at: controls::store_created_at(connection)?,
    };
    Ok((made, view))
}

fn list_instance_names(connection: &Connection) -> Result<Vec<InstanceName>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT name FROM instance WHERE removed_at IS NULL ORDER BY id")?;
    let names = statement.query_map([], |row| read_word(row, "name"))?;
    names.map(|name| name.map_err(StoreError::from)).collect()
}

/// Makes a change.
pub(super) fn apply_change(
    connection: &Connection,
    change: &AccountChange,
    by: OperatorId,
    now: Timestamp,
) -> Result<AppliedAccountChange, StoreError> {
    let hash = |password: &Option<SecretHash>| password.as_ref().map(|hash| hash.as_str().to_owned());
    match change.clone() {
        AccountChange::Add {
            name,
            account,
            password,
            given,
            rights,
            scope,
        } => {
            let new = NewOperator {
                name,
                kind: account,
                password_hash: hash(&password),
                rights,
                scope,
                created_by: Some(by),
            };
            let row = operators::insert(connection, &new, now)?;
            operators::set_password_given(connection, row.id, given)?;
            Ok(AppliedAccountChange::Operator(row.id))
        }
        AccountChange::Change {
            operator,
            password,
            given,
            rights,
            scope,
            disabled,
            ..
        } => {
            let is_renewed = password.is_some();
            let change = OperatorChange {
                password_hash: hash(&password),
                rights,
                scope,
                disabled,
            };
            operators::update_operator(connection, operator, &change)?;
            if is_renewed {
                operators::delete_tokens(connection, operator)?;
                operators::set_password_given(connection, operator, given)?;
                if operator == by {
                    controls::mark_password_renewed(connection, operator, now)?;
                }
            }
            Ok(AppliedAccountChange::Operator(operator))
        }
        AccountChange::Remove { operator, .. } => {
            operators::delete_operator(connection, operator, now)?;
            Ok(AppliedAccountChange::Changed(true))
        }
        AccountChange::GiveRole {
            operator, role, scope, ..
        } => {
            roles::assign_role(connection, operator, &role, &scope)?;
            Ok(AppliedAccountChange::Changed(true))
        }
        AccountChange::TakeRole { operator, role, .. } => Ok(AppliedAccountChange::Changed(roles::revoke_role(
            connection, operator, &role,
        )?)),
        AccountChange::ChangeRole { role, rights, summary } => {
            roles::update_role(connection, &role, rights.as_deref(), summary.as_deref(), now)?;
            Ok(AppliedAccountChange::Changed(true))
        }
        AccountChange::RemoveRole { role } => {
            roles::remove(connection, &role)?;
            Ok(AppliedAccountChange::Changed(true))
        }
        AccountChange::AddToken {
            operator,
            label,
            sha256,
            scope,
            expires_at,
            ..
        } => {
            let mut digest = [0; 32];
            hex::decode_to_slice(sha256.as_str(), &mut digest).map_err(|_| StoreError::Content {
                what: "the hash of a token",
                value: String::new(),
            })?;
            let new = NewToken {
                operator,
                name: label,
                sha256: digest,
                scope,
                expires_at,
            };
            Ok(AppliedAccountChange::Token(operators::insert_token(
                connection, &new, now,
            )?))
        }
        AccountChange::ResetSecondFactor { operator, .. } => {
            let removed = second_factors::delete_second_factor(connection, operator)?;
            sessions::end_all_sessions(connection, operator, now)?;
            Ok(AppliedAccountChange::Changed(removed))
        }
    }
}

/// A digest of all that the change is about, as whoever agrees is shown it: the account with its rights and roles, and
/// the role with its rights and holders. Where it is another when somebody agrees, what was shown is not what would be.
fn subject_digest(connection: &Connection, change: &AccountChange) -> Result<String, StoreError> {
    let mut digest = Sha256::new();
    let mut add = |text: String| {
        digest.update(&(text.len() as u64).to_le_bytes());
        digest.update(text.as_bytes());
    };
    let role = change.role_name();
    for row in operators::list_operators(connection)? {
        let holds = role.is_some_and(|role| row.roles.iter().any(|held| held.role.is_same_role(role)));
        if change.operator_id() == Some(row.id) || (change.operator_id().is_none() && holds) {
            let held: Vec<_> = row
                .roles
                .iter()
                .map(|held| (&held.role, &held.rights, &held.scope))
                .collect();
            add(to_json(&(
                row.id.0,
                row.kind,
                &row.rights,
                &row.scope,
                held,
                row.disabled,
            )));
            if let AccountChange::ResetSecondFactor { .. } = change {
                add(to_json(&row.second_factor_since));
            }
        }
    }
    if let Some(role) = role
        && let Some(row) = roles::find_role(connection, role)?
    {
        add(to_json(&(row.name, row.rights)));
    }
    Ok(hex::encode(digest.finish()))
}
