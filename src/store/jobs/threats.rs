//! What this bus was asked to do to a device that makes it untrustworthy: wipes, retires, deletions, lost mode.

use rusqlite::params;

use crate::model::DeviceId;
use crate::store::rows::key;
use crate::store::{Store, StoreError};

impl Store {
    /// The action that is open for the device, by its name: asked for, under way or done, unless it is known to have had
    /// no effect. Lost mode is open until it was switched off.
    pub async fn threat(&self, tenant: String, device: DeviceId) -> Result<Option<String>, StoreError> {
        self.read(move |connection| {
            let mut ask = connection.prepare_cached(
                "SELECT verb, state FROM task WHERE tenant = ?1 AND device_id = ?2
                   AND verb IN ('wipe', 'retire', 'delete', 'freshStart', 'enableLostMode', 'disableLostMode')
                   AND state NOT IN ('failed', 'notSupported', 'cancelled', 'refused', 'expired')
                 ORDER BY id",
            )?;
            let rows = ask.query_map(params![tenant, key(&device)], |row| {
                Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))
            })?;
            let mut open: Option<String> = None;
            for row in rows {
                let (verb, state) = row?;
                match verb.as_str() {
                    "disableLostMode" if state == "done" => open = open.filter(|verb| verb != "enableLostMode"),
                    "disableLostMode" => {}
                    "enableLostMode" => open = open.or(Some(verb)),
                    _ => open = Some(verb),
                }
            }
            Ok(open)
        })
        .await
    }
}
