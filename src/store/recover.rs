//! The way back in, when nobody who may manage operators can sign in any more: whoever owns the data folder makes
//! somebody an administrator. The entry in the audit trail is written in the same transaction, so there is no
//! administrator by this way without one.

use rusqlite::{OptionalExtension, params};
use serde_json::json;

use super::audit::append;
use super::rows::{json, ms, parsed, time};
use super::{AuditEntry, OperatorKind, Store, StoreError, controls};
use crate::model::{OperatorId, Right, Scope};

/// Who did it, as the audit trail calls him: he has not signed in.
const HOST: &str = "host";

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recovered {
    /// There was no account of this name.
    Made,
    /// The account that was there may do everything now, with the new password; so many of its tokens are void.
    Reset { tokens: u64 },
    /// The name is that of a management server or of a part of an installation; nothing was changed.
    NobodysName(OperatorKind),
}

impl Store {
    /// A person of this name with this password (argon2, PHC form) who may do everything everywhere.
    pub async fn recover_administrator(&self, name: String, password_hash: String) -> Result<Recovered, StoreError> {
        let (key, now) = (self.inner.audit_key, ms(self.inner.clock.now()));
        let everything: Right = "*".parse().map_err(|_| StoreError::Unknown {
            what: "right",
            name: "*".into(),
        })?;
        let (rights, everywhere) = (json(&[everything]), json(&Scope::default()));
        self.write(move |connection| {
            let known = connection
                .prepare_cached("SELECT id, name, kind FROM operator WHERE name = ?1")?
                .query_row([&name], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
                .optional()?;
            let known: Option<(i64, String, String)> = known;
            let (subject, recovered) = match known {
                None => {
                    connection.execute(
                        "INSERT INTO operator (name, kind, password_hash, rights, scope, created_at)
                         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                        params![
                            name,
                            json(&OperatorKind::Person),
                            password_hash,
                            rights,
                            everywhere,
                            now
                        ],
                    )?;
                    (name, Recovered::Made)
                }
                Some((id, name, kind)) => {
                    let kind = parsed("a kind of operator", &kind)?;
                    if kind != OperatorKind::Person {
                        return Ok(Recovered::NobodysName(kind));
                    }
                    // Whoever has lost a password may have lost tokens to the same hands.
                    let tokens = connection.execute("DELETE FROM token WHERE operator = ?1", [id])?;
                    connection.execute(
                        "UPDATE operator SET password_hash = ?2, rights = ?3, scope = ?4, disabled = 0, password_given = 0
                         WHERE id = ?1",
                        params![id, password_hash, rights, everywhere],
                    )?;
                    controls::renewed(connection, OperatorId(id), time(now))?;
                    let tokens = tokens as u64;
                    (name, Recovered::Reset { tokens })
                }
            };
            let text = match recovered {
                Recovered::Reset { .. } => "got a new password and all rights",
                Recovered::Made | Recovered::NobodysName(_) => "was made with all rights",
            };
            let text = format!("account {subject} {text} by `operators recover`, by whoever owns the data folder");
            controls::tell_at_start(connection, &text)?;
            let detail = match recovered {
                Recovered::Reset { tokens } => json!({"made": false, "tokensVoid": tokens}),
                Recovered::Made | Recovered::NobodysName(_) => json!({"made": true}),
            };
            let entry = AuditEntry {
                actor: HOST.to_owned(),
                action: "operator.recovered",
                subject,
                detail,
            };
            append(connection, &key, now, &entry)?;
            Ok(recovered)
        })
        .await
    }
}
