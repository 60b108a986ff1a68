//! What a kill switch holds back: all that would go out once it is off.

use std::collections::BTreeMap;

use rusqlite::{Connection, params};

use crate::model::{ActionKind, TaskState};
use crate::store::columns::read_word;
use crate::store::{Store, StoreError, sql_words};

/// Actions that wait for nobody's word but the switch's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockedActions {
    /// By tenant and verb.
    pub counts: BTreeMap<(String, ActionKind), u64>,
    /// Of exactly these tasks.
    pub digest: [u8; 32],
}

impl Store {
    /// What would go out once the switch of this tenant (or `*`) is off.
    pub async fn find_blocked_actions(&self, tenant: String) -> Result<BlockedActions, StoreError> {
        self.read(move |connection| query_blocked_actions(connection, &tenant))
            .await
    }
}

/// Where another switch holds too, nothing would.
pub(crate) fn query_blocked_actions(connection: &Connection, tenant: &str) -> Result<BlockedActions, StoreError> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT t.id, t.tenant, t.verb FROM task t
         WHERE t.due_at IS NOT NULL AND t.state IN {} AND (?1 = '*' OR t.tenant = ?1)
           AND NOT EXISTS (SELECT 1 FROM kill_switch k WHERE k.tenant IN (t.tenant, '*') AND k.tenant <> ?1)
         ORDER BY t.id",
        sql_words::quote_matching(TaskState::counts_against_limits)
    ))?;
    let mut rows = statement.query(params![tenant])?;
    let mut hash = openssl::sha::Sha256::new();
    let mut counts = BTreeMap::new();
    while let Some(row) = rows.next()? {
        hash.update(&row.get::<_, i64>("id")?.to_le_bytes());
        let action = (row.get("tenant")?, read_word(row, "verb")?);
        *counts.entry(action).or_default() += 1;
    }
    Ok(BlockedActions {
        counts,
        digest: hash.finish(),
    })
}
