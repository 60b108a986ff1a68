//! What a kill switch holds back: all that would go out once it is off.

use std::collections::BTreeMap;

use rusqlite::{Connection, params};

use super::rows::word;
use crate::model::{TaskState, Verb};
use crate::store::{Store, StoreError, words};

/// Actions that wait for nobody's word but the switch's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldBack {
    /// By tenant and verb.
    pub counts: BTreeMap<(String, Verb), u64>,
    /// Of exactly these tasks.
    pub digest: [u8; 32],
}

impl Store {
    /// What would go out once the switch of this tenant (or `*`) is off.
    pub async fn held_back(&self, tenant: String) -> Result<HeldBack, StoreError> {
        self.read(move |connection| held_back(connection, &tenant)).await
    }
}

/// Where another switch holds too, nothing would.
pub fn held_back(connection: &Connection, tenant: &str) -> Result<HeldBack, StoreError> {
    let mut ask = connection.prepare_cached(&format!(
        "SELECT t.id, t.tenant, t.verb FROM task t
         WHERE t.due_at IS NOT NULL AND t.state IN {} AND (?1 = '*' OR t.tenant = ?1)
           AND NOT EXISTS (SELECT 1 FROM kill_switch k WHERE k.tenant IN (t.tenant, '*') AND k.tenant <> ?1)
         ORDER BY t.id",
        words::list(TaskState::takes_a_place)
    ))?;
    let mut rows = ask.query(params![tenant])?;
    let mut hash = openssl::sha::Sha256::new();
    let mut counts = BTreeMap::new();
    while let Some(row) = rows.next()? {
        hash.update(&row.get::<_, i64>(0)?.to_le_bytes());
        *counts.entry((row.get(1)?, word(row, 2)?)).or_default() += 1;
    }
    Ok(HeldBack {
        counts,
        digest: hash.finish(),
    })
}
