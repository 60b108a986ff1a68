//! What taking an instance away does to others, shown and confirmed before it is done (F7): by each way to remove one.

use serde_json::json;

use super::engine::require_confirmation;
use super::instances::Instances;
use crate::model::{ConfirmableEffect, EffectConfirmation};
use crate::sics::EngineError;
use crate::store::InstanceRow;

pub(super) fn removal_effect(row: &InstanceRow, count: u64) -> ConfirmableEffect {
    let what = format!("removing {} reports its devices to every server as gone", row.title());
    ConfirmableEffect::from_content(what, count, &json!({"instance": row.id, "audience": row.audience}))
}

impl Instances {
    /// Stops an instance for its removal. Nothing reads the tenant any more when this lets it through: what was confirmed
    /// is what goes, or nothing does (A10).
    pub(super) async fn stop_for_removal(
        &self,
        row: &InstanceRow,
        confirm: Option<&EffectConfirmation>,
    ) -> Result<(), EngineError> {
        let count = self.store.count_devices(row.id).await?;
        require_confirmation(removal_effect(row, count), confirm)?;
        self.stop(&row.name).await;
        let now = self.store.count_devices(row.id).await?;
        if let Err(changed) = require_confirmation(removal_effect(row, now), confirm) {
            self.start(&row.name).await?;
            return Err(changed);
        }
        Ok(())
    }
}
