//! The way back in, when nobody who may manage operators can sign in any more: whoever owns the data folder makes
//! somebody an administrator. The entry in the audit trail is written in the same transaction, so there is no
//! administrator by this way without one.

use rusqlite::{OptionalExtension, params};
use serde_json::json;

use super::audit::append_entry;
use super::sql_values::{from_millis, parse_json, to_json, to_millis};
use super::{AuditEntry, OperatorKind, Store, StoreError, controls, second_factors};
use crate::model::{OperatorId, Right, RightScope};

/// Who did it, as the audit trail calls them: they have not signed in.
const HOST: &str = "host";

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AdministratorRecovery {
    /// There was no account of this name.
    Made,
    /// The account that was there may do everything now, with the new password; so many of its tokens are void.
    Reset { tokens: u64 },
    /// The name is that of a management server or of a part of an installation; nothing was changed.
    NobodysName(OperatorKind),
}

impl Store {
    /// A person of this name with this password (argon2, PHC form) who may do everything everywhere. `notice`: what everybody
    /// is told of it, by the name of the account.
    pub async fn recover_administrator(
        &self,
        name: String,
        password_hash: String,
        notice: fn(&str, AdministratorRecovery) -> String,
    ) -> Result<AdministratorRecovery, StoreError> {
        let (key, now) = (self.inner.audit_key, to_millis(self.inner.clock.now()));
        let everything: Right = "*".parse().map_err(|_| StoreError::Unknown {
            what: "right",
            name: "*".into(),
        })?;
        let (rights, everywhere) = (to_json(&[everything]), to_json(&RightScope::default()));
        self.write(move |connection| {
            let known = connection
                .prepare_cached("SELECT id, name, kind FROM operator WHERE name = ?1")?
                .query_row([&name], |row| Ok((row.get("id")?, row.get("name")?, row.get("kind")?)))
                .optional()?;
            let known: Option<(i64, String, String)> = known;
            let (subject, recovered) = match known {
                None => {
                    connection.execute(
                        "INSERT INTO operator (name, kind, password_hash, rights, scope, created_at)
                         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                        params![
                            name,
                            to_json(&OperatorKind::Person),
                            password_hash,
                            rights,
                            everywhere,
                            now
                        ],
                    )?;
                    (name, AdministratorRecovery::Made)
                }
                Some((id, name, kind)) => {
                    let kind = parse_json("a kind of operator", &kind)?;
                    if kind != OperatorKind::Person {
                        return Ok(AdministratorRecovery::NobodysName(kind));
                    }
                    // Whoever has lost a password may have lost tokens to the same hands, and the phone with the codes.
                    let tokens = connection.execute("DELETE FROM token WHERE operator = ?1", [id])?;
                    second_factors::delete_second_factor(connection, OperatorId(id))?;
                    connection.execute(
                        "UPDATE operator SET password_hash = ?2, rights = ?3, scope = ?4, disabled = 0, password_given = 0
                         WHERE id = ?1",
                        params![id, password_hash, rights, everywhere],
                    )?;
                    controls::mark_password_renewed(connection, OperatorId(id), from_millis(now))?;
                    let tokens = tokens as u64;
                    (name, AdministratorRecovery::Reset { tokens })
                }
            };
            controls::insert_notice_for_start(connection, &notice(&subject, recovered))?;
            let detail = match recovered {
                AdministratorRecovery::Reset { tokens } => json!({"made": false, "tokensVoid": tokens}),
                AdministratorRecovery::Made | AdministratorRecovery::NobodysName(_) => json!({"made": true}),
            };
            let entry = AuditEntry {
                actor: HOST.to_owned(),
                action: "operator.recovered",
                subject,
                detail,
            };
            append_entry(connection, &key, now, &entry)?;
            Ok(recovered)
        })
        .await
    }
}
