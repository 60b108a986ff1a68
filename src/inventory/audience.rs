//! Which servers receive an instance's changes (F7), and which properties they receive altogether (F8). Pure.
//!
//! What no server of the audience receives is neither asked for nor stored: [`received_properties`] is what the shape is narrowed
//! to. Two things are kept beside it. A filter is judged over the stored device, so what a server's filter asks for
//! counts as received. And as long as nobody is in the audience, nobody has said what they want: then the instance's own
//! choice of fields holds, so that the first look at a new tenant shows it, and acceptance does not scan it twice.

use super::condition::DeviceCondition;
use super::properties::{PropertyMask, find_property, property_bit};
use crate::model::ResourceRef;
use crate::store::{InstanceRow, OperatorRow, ServerRow};

/// Why a server does not receive the changes of an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AudienceExclusion {
    /// The instance names its servers, and not this one.
    NotNamed,
    NotAccepted,
    OperatorDisabled,
    /// Its operator lacks the right to read changes, or has it elsewhere only.
    MayNotRead,
}

/// `*` means all accepted servers whose operator may read that instance; a list names them, and the operator must be
/// allowed all the same. Removed instances count: their last changes are still to be read.
pub fn is_in_audience(server: &ServerRow, owner: &OperatorRow, instance: &InstanceRow) -> bool {
    find_exclusion(server, owner, Some(instance)).is_none()
}

/// What stands in the way of receiving, the first to be cured first; `None` where nothing does. Without an instance,
/// because it is not there yet: what would stand in the way at any.
pub fn find_exclusion(
    server: &ServerRow,
    owner: &OperatorRow,
    instance: Option<&InstanceRow>,
) -> Option<AudienceExclusion> {
    let audience = instance.and_then(|instance| instance.audience.as_ref());
    let at = ResourceRef {
        instance: instance.map(|instance| &instance.name),
        server: Some(&server.id),
    };
    if audience.is_some_and(|servers| !servers.contains(&server.id)) {
        Some(AudienceExclusion::NotNamed)
    } else if !server.accepted {
        Some(AudienceExclusion::NotAccepted)
    } else if owner.disabled {
        Some(AudienceExclusion::OperatorDisabled)
    } else if !owner.has_right("Changes_Read", at) {
        Some(AudienceExclusion::MayNotRead)
    } else {
        None
    }
}

/// Whether a server that has read the instance is told that all of its devices have gone once its account is `after`: it
/// may still read, but not this.
pub fn is_losing_instance(
    server: &ServerRow,
    before: &OperatorRow,
    after: &OperatorRow,
    instance: &InstanceRow,
) -> bool {
    server
        .positions
        .get(&instance.id)
        .is_some_and(|position| !position.has_left())
        && is_in_audience(server, before, instance)
        && find_exclusion(server, after, Some(instance)) == Some(AudienceExclusion::MayNotRead)
        && after.has_right("Changes_Read", ResourceRef::for_server(&server.id))
}

/// The properties that at least one server of the audience receives, or is filtered by; `None` sets no limit.
pub fn received_properties(
    servers: &[ServerRow],
    operators: &[OperatorRow],
    instance: &InstanceRow,
) -> Option<PropertyMask> {
    let owner = |server: &ServerRow| operators.iter().find(|operator| operator.id == server.owner);
    let mut audience = servers
        .iter()
        .filter(|server| owner(server).is_some_and(|owner| is_in_audience(server, owner, instance)))
        .peekable();
    audience.peek()?;
    audience.try_fold(0, |mask, server| Some(mask | properties_of_server(server)?))
}

/// What one server receives and is filtered by; `None` is everything.
fn properties_of_server(server: &ServerRow) -> Option<PropertyMask> {
    let fields = server.fields.as_ref()?;
    let chosen = fields
        .iter()
        .filter_map(|name| find_property(name, 0))
        .map(property_bit);
    let filter = server.filter.as_deref().map(DeviceCondition::compile).transpose();
    // A filter that can't be read stops the server's own reading, and nothing else.
    let asked = filter.ok().flatten().map_or(0, |filter| filter.property_mask());
    Some(chosen.fold(asked, |mask, one| mask | one))
}

#[cfg(test)]
#[path = "audience_tests.rs"]
mod tests;
