//! Confirming a request that concerns devices (F7).

use connector_core::model::EffectConfirmation;
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

/// For requests that remove devices from management servers.
#[derive(Debug, Clone, Default, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct ConfirmQuery {
    /// `confirm` of the refusal without it: count and digest (F7)
    pub confirm: Option<EffectConfirmation>,
}
