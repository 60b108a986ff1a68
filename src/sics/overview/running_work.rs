//! One thing that is under way.

use super::known_world::FactVisibility;
use crate::contract::RunningWorkView;

/// Something that is under way, and who may know of it.
pub(super) struct RunningWork {
    pub view: RunningWorkView,
    pub visibility: FactVisibility,
}
