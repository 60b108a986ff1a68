//! Who receives an instance's changes (F7), and what of a device they receive between them (F8). Pure.
//!
//! What no server of the audience receives is neither asked for nor stored: [`received`] is what the shape is narrowed
//! to. Two things are kept beside it. A filter is judged over the stored device, so what a server's filter asks for
//! counts as received. And as long as nobody is in the audience, nobody has said what he wants: then the instance's own
//! choice of fields holds, so that the first look at a new tenant shows it, and acceptance does not scan it twice.

use super::condition::Condition;
use super::properties::{Mask, bit, find};
use crate::model::At;
use crate::store::{InstanceRow, OperatorRow, ServerRow};

/// `*` means all accepted servers whose operator may read that instance; a list names them, and the operator must be
/// allowed all the same. Removed instances count: their last changes are still to be read.
pub fn receives(server: &ServerRow, owner: &OperatorRow, instance: &InstanceRow) -> bool {
    let named = instance
        .audience
        .as_ref()
        .is_none_or(|servers| servers.contains(&server.id));
    let at = At {
        instance: Some(&instance.name),
        server: Some(&server.id),
    };
    server.accepted && named && !owner.disabled && owner.may("Changes_Read", at)
}

/// The properties that at least one server of the audience receives, or is filtered by; `None` sets no limit.
pub fn received(servers: &[ServerRow], operators: &[OperatorRow], instance: &InstanceRow) -> Option<Mask> {
    let owner = |server: &ServerRow| operators.iter().find(|operator| operator.id == server.owner);
    let mut audience = servers
        .iter()
        .filter(|server| owner(server).is_some_and(|owner| receives(server, owner, instance)))
        .peekable();
    audience.peek()?;
    audience.try_fold(0, |mask, server| Some(mask | of(server)?))
}

/// What one server receives and is filtered by; `None` is everything.
fn of(server: &ServerRow) -> Option<Mask> {
    let fields = server.fields.as_ref()?;
    let chosen = fields.iter().filter_map(|name| find(name, 0)).map(bit);
    let filter = server.filter.as_deref().map(Condition::compile).transpose();
    // A filter that can't be read stops the server's own reading, and nothing else.
    let asked = filter.ok().flatten().map_or(0, |filter| filter.properties());
    Some(chosen.fold(asked, |mask, one| mask | one))
}

#[cfg(test)]
#[path = "audience_tests.rs"]
mod tests;
