//! What this bus was asked to do to a device that makes it untrustworthy: wipes, retires, deletions, lost mode.

use rusqlite::params;

use super::facts::action_from_row;
use crate::model::{ActionKind, DeviceId, DistrustRule, TaskStage, TaskState};
use crate::store::sql_values::device_key;
use crate::store::{Store, StoreError, sql_words};

impl Store {
    /// The action that is open for the device, by its name: asked for, under way or done, unless it is known to have had
    /// no effect. Lost mode is open until it was switched off.
    pub async fn find_threat_action(&self, tenant: String, device: DeviceId) -> Result<Option<String>, StoreError> {
        self.read(move |connection| {
            let distrusted = sql_words::quote_matching(|verb: ActionKind| verb.distrust_rule() != DistrustRule::Never);
            let without_effect =
                sql_words::quote_matching(|state: TaskState| state.stage() == TaskStage::EndedWithoutEffect);
            let mut statement = connection.prepare_cached(&format!(
                "SELECT verb, state FROM task WHERE tenant = ?1 AND device_id = ?2 AND verb IN {distrusted}
                   AND state NOT IN {without_effect} ORDER BY id"
            ))?;
            let rows = statement.query_map(params![tenant, device_key(&device)], action_from_row)?;
            let mut open: Option<ActionKind> = None;
            for row in rows {
                let (verb, state) = row?;
                open = match verb.distrust_rule() {
                    DistrustRule::Lasting => Some(verb),
                    DistrustRule::LostMode => open.or(Some(verb)),
                    DistrustRule::EndsLostMode if state == TaskState::Done => {
                        open.filter(|verb| verb.distrust_rule() != DistrustRule::LostMode)
                    }
                    DistrustRule::EndsLostMode | DistrustRule::Never => open,
                };
            }
            Ok(open.map(|verb| verb.name().to_owned()))
        })
        .await
    }
}
