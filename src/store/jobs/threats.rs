//! What this bus was asked to do to a device that makes it untrustworthy: wipes, retires, deletions, lost mode.

use rusqlite::params;

use crate::model::{DeviceId, Distrust, TaskStage, TaskState, Verb};
use crate::store::rows::key;
use crate::store::{Store, StoreError, words};

impl Store {
    /// The action that is open for the device, by its name: asked for, under way or done, unless it is known to have had
    /// no effect. Lost mode is open until it was switched off.
    pub async fn threat(&self, tenant: String, device: DeviceId) -> Result<Option<String>, StoreError> {
        self.read(move |connection| {
            let distrusted = words::list(|verb: Verb| verb.distrust() != Distrust::Never);
            let without_effect = words::list(|state: TaskState| state.stage() == TaskStage::EndedWithoutEffect);
            let mut ask = connection.prepare_cached(&format!(
                "SELECT verb, state FROM task WHERE tenant = ?1 AND device_id = ?2 AND verb IN {distrusted}
                   AND state NOT IN {without_effect} ORDER BY id"
            ))?;
            let rows = ask.query_map(params![tenant, key(&device)], |row| {
                Ok((super::rows::word(row, 0)?, super::rows::word(row, 1)?))
            })?;
            let mut open: Option<Verb> = None;
            for row in rows {
                let (verb, state): (Verb, TaskState) = row?;
                open = match verb.distrust() {
                    Distrust::Lasting => Some(verb),
                    Distrust::LostMode => open.or(Some(verb)),
                    Distrust::EndsLostMode if state == TaskState::Done => {
                        open.filter(|verb| verb.distrust() != Distrust::LostMode)
                    }
                    Distrust::EndsLostMode | Distrust::Never => open,
                };
            }
            Ok(open.map(|verb| verb.name().to_owned()))
        })
        .await
    }
}
