//! Writing to the audit trail, and asking for its end ([`super::audit`] has the chain).

use rusqlite::OptionalExtension;

use super::audit::{AuditEntry, AuditHead, append_entry, verify_chain};
use super::audit_witness::AuditWitness;
use super::sql_values::to_millis;
use super::{Store, StoreError};
use crate::contract::AuditVerdictView;

impl Store {
    pub async fn record_audit_entry(&self, entry: AuditEntry) -> Result<(), StoreError> {
        let (key, at) = (self.inner.audit_key, to_millis(self.inner.clock.now()));
        self.write(move |connection| append_entry(connection, &key, at, &entry))
            .await
    }

    /// The last entry; `None` where the trail is empty.
    pub async fn find_audit_head(&self) -> Result<Option<AuditHead>, StoreError> {
        self.read(|connection| {
            let last = connection
                .prepare_cached("SELECT id, chain FROM audit ORDER BY id DESC LIMIT 1")?
                .query_row([], |row| {
                    Ok(AuditHead {
                        entry: row.get("id")?,
                        head: hex::encode(row.get::<_, Vec<u8>>("chain")?),
                    })
                })
                .optional()?;
            Ok(last)
        })
        .await
    }

    /// Walks the whole chain, and looks whether its end is where the witnesses saw it.
    pub async fn verify_audit_trail(&self, witnesses: Vec<AuditWitness>) -> Result<AuditVerdictView, StoreError> {
        let key = self.inner.audit_key;
        self.read(move |connection| {
            // Of one moment: the number given out last belongs to the entries that are walked.
            let _moment = connection.unchecked_transaction()?;
            verify_chain(connection, &key, witnesses)
        })
        .await
    }
}
