//! What Entra and Graph asked to be left alone for, beyond the end of the process (E9). The table holds what holds now.

use rusqlite::params;

use super::rows::{ms, time};
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
    pub until: Timestamp,
    pub code: String,
    pub text: String,
    pub advice: String,
}

impl Store {
    pub async fn refusals(&self) -> Result<Vec<RefusalRow>, StoreError> {
        self.read(|connection| {
            let mut ask = connection.prepare_cached(
                "SELECT address, tenant_id, client_id, family, until, code, text, advice FROM left_alone",
            )?;
            let rows = ask.query_map([], |row| {
                Ok(RefusalRow {
                    address: row.get(0)?,
                    tenant_id: row.get(1)?,
                    client_id: row.get(2)?,
                    family: row.get(3)?,
                    until: time(row.get(4)?),
                    code: row.get(5)?,
                    text: row.get(6)?,
                    advice: row.get(7)?,
                })
            })?;
            rows.map(|row| row.map_err(StoreError::from)).collect()
        })
        .await
    }

    /// In place of those before.
    pub async fn keep_refusals(&self, rows: Vec<RefusalRow>) -> Result<(), StoreError> {
        self.write(move |connection| {
            connection.execute("DELETE FROM left_alone", [])?;
            let mut keep = connection.prepare_cached(
                "INSERT OR REPLACE INTO left_alone (address, tenant_id, client_id, family, until, code, text, advice)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )?;
            for row in &rows {
                keep.execute(params![
                    row.address,
                    row.tenant_id,
                    row.client_id,
                    row.family,
                    ms(row.until),
                    row.code,
                    row.text,
                    row.advice
                ])?;
            }
            Ok(())
        })
        .await
    }
}
