//! What somebody whose rights are limited to some instances may know of a management server. A server belongs to no
//! instance: it is where the changes of several meet. He knows of those that receive one of his instances, and changes
//! only those that receive nothing else: what he did to another would be done to instances that are not his.

use std::collections::BTreeSet;

use super::Sics;
use super::auth::Caller;
use super::problem::Problem;
use crate::inventory::audience::receives;
use crate::model::At;
use crate::store::{InstanceRow, OperatorRow, ServerRow};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sight {
    /// For him it does not exist.
    Nothing,
    /// Some of what it receives is his.
    Part,
    /// All that it receives, or would once it is accepted.
    Whole,
}

pub async fn server(sics: &Sics, caller: &Caller, row: &ServerRow) -> Result<Sight, Problem> {
    // Readers come often, and read their own.
    if is_wholly_own(caller, row) {
        return Ok(Sight::Whole);
    }
    let (operators, instances) = (sics.store().operators().await?, sics.store().instances().await?);
    Ok(sight(caller, row, &operators, &instances))
}

/// One's own server, as far as the scope goes: the whole of it for whoever is limited to no instances.
fn is_wholly_own(caller: &Caller, row: &ServerRow) -> bool {
    is_own(caller, row) && caller.reaches_all_instances()
}

/// One's own server, where the scope lets one know of it. What it receives of instances beyond the scope is another matter.
pub fn is_own(caller: &Caller, row: &ServerRow) -> bool {
    row.owner == caller.operator.id && caller.reaches_server(&row.id)
}

pub fn sight(caller: &Caller, row: &ServerRow, operators: &[OperatorRow], instances: &[InstanceRow]) -> Sight {
    if is_wholly_own(caller, row) {
        return Sight::Whole;
    }
    let owner = operators.iter().find(|operator| operator.id == row.owner);
    let accepted = ServerRow {
        accepted: true,
        ..row.clone()
    };
    let received = instances
        .iter()
        .filter(|instance| owner.is_some_and(|owner| receives(&accepted, owner, instance)));
    let his = |instance: &InstanceRow| {
        caller.reaches(At {
            instance: Some(&instance.name),
            server: Some(&row.id),
        })
    };
    let (mut some, mut all) = (false, true);
    for instance in received {
        match his(instance) {
            true => some = true,
            false => all = false,
        }
    }
    let own = is_own(caller, row);
    match (some, all) {
        (true, true) => Sight::Whole,
        (false, true) if own => Sight::Whole,
        (false, false) if own => Sight::Part,
        (true, false) => Sight::Part,
        (false, false) => Sight::Nothing,
        // It receives nothing at all, so it is nobody's in particular.
        (false, true) if caller.reaches_all_instances() && caller.reaches_server(&row.id) => Sight::Whole,
        (false, true) => Sight::Nothing,
    }
}

/// Ids of the servers that the caller knows nothing of.
pub async fn hidden(sics: &Sics, caller: &Caller) -> Result<BTreeSet<String>, Problem> {
    let (operators, instances) = (sics.store().operators().await?, sics.store().instances().await?);
    let servers = sics.store().servers().await?;
    let hidden = servers
        .iter()
        .filter(|row| sight(caller, row, &operators, &instances) == Sight::Nothing);
    Ok(hidden.map(|row| row.id.to_string()).collect())
}

/// Whether a step of a check is about a server that is not to be told of.
pub fn hides(hidden: &BTreeSet<String>, step: &str, subject: &str) -> bool {
    step == "server" && hidden.contains(subject)
}
