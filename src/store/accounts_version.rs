//! What was judged is what is applied (A10). Who may what is judged in rooms above, on rows that were read a moment ago; a
//! password is hashed, a file is looked at, and meanwhile somebody takes a right away. So whoever judges notes first how
//! the accounts stand ([`super::Store::accounts_version`]), reads and judges behind that, and writes through
//! [`super::Store::with_accounts_version`]: each transaction of that store refuses where anything about accounts or roles was changed in
//! between.
//!
//! The count is moved by triggers of the tables, so no way to change an account can forget it.

use rusqlite::Connection;

use super::StoreError;

/// How the accounts stood when somebody began to judge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccountsVersion {
    /// `None`: nothing was judged, as for what the machine's owner does to the folder.
    accounts: Option<i64>,
}

impl AccountsVersion {
    /// For what the bus does by itself, and for commands on the folder: nobody's rights are asked.
    pub const UNJUDGED: AccountsVersion = AccountsVersion { accounts: None };

    pub(super) fn read(connection: &Connection) -> Result<AccountsVersion, StoreError> {
        Ok(AccountsVersion {
            accounts: Some(read_accounts_version(connection)?),
        })
    }
}

/// Refuses what was judged on accounts that have changed since.
pub(super) fn check_unchanged(connection: &Connection, seen: AccountsVersion) -> Result<(), StoreError> {
    match seen.accounts {
        Some(accounts) if accounts != read_accounts_version(connection)? => {
            Err(StoreError::ChangedMeanwhile { what: "the accounts" })
        }
        _ => Ok(()),
    }
}

fn read_accounts_version(connection: &Connection) -> Result<i64, StoreError> {
    let mut statement = connection.prepare_cached("SELECT value FROM meta WHERE key = 'accounts'")?;
    Ok(statement.query_row([], |row| row.get(0))?)
}
