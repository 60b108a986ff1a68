//! The audit trail (E5): append-only, each row sealed by a keyed hash over itself and the row before. Whoever can write
//! the file but does not have the key can neither change nor drop a row in the middle unseen. A cut-off end shows against
//! what is remembered elsewhere ([`super::audit_witness`]).

use openssl::hash::MessageDigest;
use openssl::memcmp;
use openssl::pkey::PKey;
use openssl::sign::Signer;
use rusqlite::{Connection, OptionalExtension, params};
use serde_json::Value;

use super::audit_witness::{AuditWitness, WitnessCheck};
use super::sql_values::{from_millis, to_millis};
use super::{Store, StoreError};
use crate::contract::{AuditEntryView, AuditVerdictView};

/// What is written down: who did what to whom. Never a secret.
#[derive(Debug, Clone)]
pub struct AuditEntry {
    /// Operator name, or `bus`.
    pub actor: String,
    /// `signIn.failed`, `server.accepted` …
    pub action: &'static str,
    pub subject: String,
    pub detail: Value,
}

/// The end of the trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditHead {
    /// Number of the last entry.
    pub entry: i64,
    /// Hex.
    pub head: String,
}

/// Before the first entry.
pub(super) const START: [u8; 32] = [0; 32];

fn chain_value(key: &[u8], before: &[u8], id: i64, at_ms: i64, parts: [&str; 4]) -> Vec<u8> {
    let mut text = Vec::with_capacity(256);
    text.extend_from_slice(before);
    text.extend_from_slice(&id.to_le_bytes());
    text.extend_from_slice(&at_ms.to_le_bytes());
    for part in parts {
        text.extend_from_slice(&(part.len() as u64).to_le_bytes());
        text.extend_from_slice(part.as_bytes());
    }
    let key = PKey::hmac(key).expect("any bytes make an HMAC key");
    let mut signer = Signer::new(MessageDigest::sha256(), &key).expect("SHA-256 is always there");
    signer
        .sign_oneshot_to_vec(&text)
        .expect("HMAC over bytes in memory can't fail")
}

/// Writes one entry, within whatever transaction is under way. Its number is behind every one that was ever given: where
/// the end was cut off, a gap stays for ever.
pub(super) fn append_entry(connection: &Connection, key: &[u8], at: i64, entry: &AuditEntry) -> Result<(), StoreError> {
    let last: Option<(i64, Vec<u8>)> = connection
        .prepare_cached("SELECT id, chain FROM audit ORDER BY id DESC LIMIT 1")?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let (before_id, before) = last.unwrap_or((0, START.to_vec()));
    let id = before_id.max(last_sequence_number(connection)?).saturating_add(1);
    let detail = entry.detail.to_string();
    let parts = [entry.actor.as_str(), entry.action, &entry.subject, &detail];
    let chain = chain_value(key, &before, id, at, parts);
    connection
        .prepare_cached(
            "INSERT INTO audit (id, at, actor, action, subject, detail, chain)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![id, at, entry.actor, entry.action, entry.subject, detail, chain])?;
    Ok(())
}

/// The number that was given out last.
fn last_sequence_number(connection: &Connection) -> Result<i64, StoreError> {
    let found = connection
        .prepare_cached("SELECT seq FROM sqlite_sequence WHERE name = 'audit'")?
        .query_row([], |row| row.get(0))
        .optional()?;
    Ok(found.unwrap_or(0))
}

/// An entry of `id, at, actor, action, subject, detail, chain`, and its details as they stand; lists are read elsewhere
/// ([`super::audit_lists`]).
pub(super) fn entry_from_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<(AuditEntryView, String)> {
    let (detail, chain): (String, Vec<u8>) = (row.get(5)?, row.get(6)?);
    let entry = AuditEntryView {
        id: row.get(0)?,
        at: from_millis(row.get(1)?),
        actor: row.get(2)?,
        action: row.get(3)?,
        subject: row.get(4)?,
        detail: Value::Null,
        chain: hex::encode(chain),
    };
    Ok((entry, detail))
}

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
                .query_row([], |row| Ok((row.get(0)?, row.get::<_, Vec<u8>>(1)?)))
                .optional()?;
            Ok(last.map(|(entry, chain)| AuditHead {
                entry,
                head: hex::encode(chain),
            }))
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

pub(super) fn verify_chain(
    connection: &Connection,
    key: &[u8],
    witnesses: Vec<AuditWitness>,
) -> Result<AuditVerdictView, StoreError> {
    let compared = witnesses.len() as u64;
    let mut witness_check = WitnessCheck::new(witnesses);
    let mut statement =
        connection.prepare_cached("SELECT id, at, actor, action, subject, detail, chain FROM audit ORDER BY id")?;
    let mut rows = statement.query([])?;
    let (mut before, mut entries, mut last, mut broken_at) = (START.to_vec(), 0, 0, None);
    while let Some(row) = rows.next()? {
        let (id, at): (i64, i64) = (row.get(0)?, row.get(1)?);
        let parts: [String; 4] = [row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?];
        let chain: Vec<u8> = row.get(6)?;
        let want = chain_value(key, &before, id, at, parts.each_ref().map(String::as_str));
        if id <= last || chain.len() != want.len() || !memcmp::eq(&chain, &want) {
            broken_at = Some(id);
            break;
        }
        // The bus went on behind an end that had been cut off: no number is given out twice.
        witness_check.record_gap(last, id);
        witness_check.check_entry(id, from_millis(at), &parts[1], &chain);
        (before, last) = (chain, id);
        entries += 1;
    }
    let report = witness_check.finish(last, last_sequence_number(connection)?);
    let missing = if broken_at.is_some() {
        Vec::new()
    } else {
        report.missing
    };
    Ok(AuditVerdictView {
        whole: broken_at.is_none() && missing.is_empty(),
        entries,
        head: hex::encode(before),
        broken_at,
        missing,
        compared,
        before_restore: report.explained,
        restores: report.restores,
    })
}
