//! What a product is to this bus.

use semver::Version;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum ProductState {
    /// It can be installed.
    Available,
    /// Every installation has the newest version.
    Installed,
    /// At least one installation has an older version.
    UpdateAvailable,
}

/// `installed`: a version for each installation.
pub fn product_state(newest: &Version, installed: &[Version]) -> ProductState {
    match installed {
        [] => ProductState::Available,
        some if some.iter().any(|version| version < newest) => ProductState::UpdateAvailable,
        _ => ProductState::Installed,
    }
}
