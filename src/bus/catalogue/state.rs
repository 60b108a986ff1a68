//! What a product is to this bus.

use semver::Version;

use crate::contract::ProductState;

/// `installed`: a version for each installation.
pub fn product_state(newest: &Version, installed: &[Version]) -> ProductState {
    match installed {
        [] => ProductState::Available,
        some if some.iter().any(|version| version < newest) => ProductState::UpdateAvailable,
        _ => ProductState::Installed,
    }
}
