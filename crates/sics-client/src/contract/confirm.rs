//! Confirming a request that concerns devices (F7).

use connector_core::model::EffectConfirmation;
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

/// For requests that remove devices from management servers.
#[derive(Debug, Clone, Default, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct ConfirmQuery {
    /// `confirm` of the refusal without it (409 `confirmationNeeded`): count and digest, as in `12-3fa4…` (F7).
    #[param(value_type = Option<String>)]
    pub confirm: Option<EffectConfirmation>,
}

impl ConfirmQuery {
    /// Confirms as many devices as somebody meant, whichever they are: the client sends again what was shown, where the
    /// number is right.
    pub fn from_count(count: Option<u64>) -> ConfirmQuery {
        ConfirmQuery {
            confirm: count.map(EffectConfirmation::from_count),
        }
    }
}
