//! What Entra and Graph asked to be left alone for, beyond the end of the process (E9). The table holds what holds now.

use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::sign::Signer;
use rusqlite::params;

use super::columns::read_time;
use super::sql_values::to_millis;
use super::{Store, StoreError};
use crate::model::Timestamp;

/// One of them; texts without secrets.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RefusalRow {
    /// Of Entra or of Graph.
    pub address: String,
    pub tenant_id: String,
    pub client_id: String,
    /// What is left alone: `signIn`, `devices` …
    pub family: String,
    /// Mark of the part that was refused alone; empty: the whole family.
    pub part: String,
    /// Refusals without a time, one after the other; 0 where a time was said.
    pub repetitions: u32,
    /// It passes without anybody changing anything.
    pub is_transient: bool,
    pub until: Timestamp,
    pub code: String,
    pub text: String,
    pub advice: String,
}

impl Store {
    /// Makes what a part is known by in the store: with a key of the folder, so that nobody who reads the store, or a backup
    /// of it, can try what it stands for. It does not hold on to the store.
    pub fn refusal_marker(&self) -> impl Fn(&str) -> String + Send + Sync + 'static {
        let key = self.inner.audit_key;
        move |part| {
            let key = PKey::hmac(&key).expect("any bytes make an HMAC key");
            let mut signer = Signer::new(MessageDigest::sha256(), &key).expect("SHA-256 is always there");
            let mark = signer.sign_oneshot_to_vec(format!("refused part: {part}").as_bytes());
            hex::encode(mark.expect("HMAC over bytes in memory can't fail"))
        }
    }

    pub async fn list_refusals(&self) -> Result<Vec<RefusalRow>, StoreError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT address, tenant_id, client_id, family, until, code, text, advice, part, times, passing
                 FROM left_alone",
            )?;
            let rows = statement.query_map([], |row| {
                Ok(RefusalRow {
                    address: row.get("address")?,
                    tenant_id: row.get("tenant_id")?,
                    client_id: row.get("client_id")?,
                    family: row.get("family")?,
                    until: read_time(row, "until")?,
                    code: row.get("code")?,
                    text: row.get("text")?,
                    advice: row.get("advice")?,
                    part: row.get("part")?,
                    repetitions: row.get("times")?,
                    is_transient: row.get("passing")?,
                })
            })?;
            rows.map(|row| row.map_err(StoreError::from)).collect()
        })
        .await
    }

    /// In place of those before.
    pub async fn replace_refusals(&self, rows: Vec<RefusalRow>) -> Result<(), StoreError> {
        self.write(move |connection| {
            connection.execute("DELETE FROM left_alone", [])?;
            let mut keep = connection.prepare_cached(
                "INSERT OR REPLACE INTO left_alone (address, tenant_id, client_id, family, until, code, text, advice, part,
                     times, passing)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
            )?;
            for row in &rows {
                keep.execute(params![
                    row.address,
                    row.tenant_id,
                    row.client_id,
                    row.family,
                    to_millis(row.until),
                    row.code,
                    row.text,
                    row.advice,
                    row.part,
                    row.repetitions,
                    row.is_transient
                ])?;
            }
            Ok(())
        })
        .await
    }
}
