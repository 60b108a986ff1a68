//! The audit trail (E5): append-only, each row sealed by a keyed hash over itself and the row before. Whoever can write
//! the file but does not have the key can neither change nor drop a row in the middle unseen. A cut-off end shows against
//! what is remembered elsewhere ([`super::audit_witness`]).

use openssl::hash::MessageDigest;
use openssl::memcmp;
use openssl::pkey::PKey;
use openssl::sign::Signer;
use rusqlite::{Connection, OptionalExtension, params};
use serde_json::Value;

use super::StoreError;
use super::audit_witness::{AuditWitness, WitnessCheck};
use super::columns::read_time;
use super::sql_values::from_millis;
use crate::contract::{AuditEntryView, AuditVerdictView};

/// The newest entries that are looked at to tell another key from entries that somebody changed.
const KEY_SAMPLE: u8 = 33;

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
        .query_row([], |row| Ok((row.get("id")?, row.get("chain")?)))
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
    let (detail, chain): (String, Vec<u8>) = (row.get("detail")?, row.get("chain")?);
    let entry = AuditEntryView {
        id: row.get("id")?,
        at: read_time(row, "at")?,
        actor: row.get("actor")?,
        action: row.get("action")?,
        subject: row.get("subject")?,
        detail: Value::Null,
        chain: hex::encode(chain),
    };
    Ok((entry, detail))
}

/// Whether the trail was provably written with another key: it has entries, and none of the newest is sealed with this
/// one. Where somebody changed some of them, the others still are.
pub(super) fn has_other_key(connection: &Connection, key: &[u8]) -> Result<bool, StoreError> {
    let mut statement = connection
        .prepare("SELECT id, at, actor, action, subject, detail, chain FROM audit ORDER BY id DESC LIMIT ?1")?;
    let mut rows = statement.query([KEY_SAMPLE])?;
    let mut newest: Vec<(i64, i64, [String; 4], Vec<u8>)> = Vec::new();
    while let Some(row) = rows.next()? {
        let parts = [
            row.get("actor")?,
            row.get("action")?,
            row.get("subject")?,
            row.get("detail")?,
        ];
        newest.push((row.get("id")?, row.get("at")?, parts, row.get("chain")?));
    }
    let is_sealed = |place: usize| {
        let before: &[u8] = match newest.get(place + 1) {
            Some((.., chain)) => chain.as_slice(),
            // What stands before the oldest of a sample is not known.
            None if newest.len() == usize::from(KEY_SAMPLE) => return false,
            None => START.as_slice(),
        };
        let (id, at, parts, chain) = &newest[place];
        let want = chain_value(key, before, *id, *at, parts.each_ref().map(String::as_str));
        chain.len() == want.len() && memcmp::eq(chain, &want)
    };
    Ok(!newest.is_empty() && !(0..newest.len()).any(is_sealed))
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
        let (id, at): (i64, i64) = (row.get("id")?, row.get("at")?);
        let parts: [String; 4] = [
            row.get("actor")?,
            row.get("action")?,
            row.get("subject")?,
            row.get("detail")?,
        ];
        let chain: Vec<u8> = row.get("chain")?;
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
