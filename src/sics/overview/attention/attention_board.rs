//! What the board holds.

use super::super::known_world::KnownWorld;
use super::item::BoardItem;
use crate::contract::{InstanceState, LightView, TargetFact};
use crate::model::InstanceName;
use crate::store::ServerRow;

/// Everything that waits, and who may know of it.
pub(in crate::sics::overview) struct AttentionBoard {
    pub world: KnownWorld,
    pub(super) items: Vec<BoardItem>,
    pub(super) instances: Vec<InstanceLight>,
    pub(super) servers: Vec<(ServerRow, LightView)>,
    /// How each target stands, with the management server that it is.
    pub(super) targets: Vec<(ServerRow, TargetFact)>,
    /// Tenants whose kill switch is on; `*`: all.
    pub(super) kill_switches: Vec<String>,
}

/// How an instance is at a glance.
pub(super) struct InstanceLight {
    pub(super) name: InstanceName,
    pub(super) state: InstanceState,
    pub(super) light: LightView,
}
