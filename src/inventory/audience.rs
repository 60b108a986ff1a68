//! Which instances a management server may read (F7), as one pure function.

use crate::model::InstanceName;
use crate::store::{InstanceRow, OperatorRow, ServerRow};

/// `*` means all accepted servers whose operator may read that instance; a list names them, and the operator must be
/// allowed all the same. Removed instances count: their last changes are still to be read.
pub fn receives(server: &ServerRow, owner: &OperatorRow, instance: &InstanceRow) -> bool {
    let named = instance
        .audience
        .as_ref()
        .is_none_or(|servers| servers.contains(&server.id));
    server.accepted && named && may_read(owner, &instance.name)
}

fn may_read(owner: &OperatorRow, instance: &InstanceName) -> bool {
    let right = owner.rights.iter().any(|right| right.covers("Changes_Read"));
    right && !owner.disabled && owner.scope.holds_for_instance(instance)
}
