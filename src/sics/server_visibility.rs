//! What a caller whose rights are limited to some instances may know of a management server. A server belongs to no
//! instance: the changes of several meet there. Such callers see only servers that receive one of their instances, and
//! change only those that receive nothing else: otherwise the change would affect instances that are not theirs.

use std::collections::BTreeSet;

use super::Sics;
use super::auth::Caller;
use super::problem::ApiProblem;
use crate::inventory::audience::is_in_audience;
use crate::model::ResourceRef;
use crate::store::{InstanceRow, OperatorRow, ServerRow};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ServerVisibility {
    /// For them it does not exist.
    Nothing,
    /// Some of what it receives is theirs.
    Part,
    /// All that it receives, or would once it is accepted.
    Whole,
}

pub(crate) async fn visibility_of(
    sics: &Sics,
    caller: &Caller,
    row: &ServerRow,
) -> Result<ServerVisibility, ApiProblem> {
    // Readers come often, and read their own.
    if is_wholly_own_server(caller, row) {
        return Ok(ServerVisibility::Whole);
    }
    let (operators, instances) = (
        sics.store().list_operators().await?,
        sics.store().list_instances().await?,
    );
    Ok(visibility_among(caller, row, &operators, &instances))
}

/// One's own server, as far as the scope goes: the whole of it for whoever is limited to no instances.
fn is_wholly_own_server(caller: &Caller, row: &ServerRow) -> bool {
    is_own_server(caller, row) && caller.reaches_all_instances()
}

/// One's own server, where the scope lets one know of it. What it receives of instances beyond the scope is another matter.
pub(crate) fn is_own_server(caller: &Caller, row: &ServerRow) -> bool {
    row.owner == caller.operator.id && caller.reaches_server(&row.id)
}

pub(crate) fn visibility_among(
    caller: &Caller,
    row: &ServerRow,
    operators: &[OperatorRow],
    instances: &[InstanceRow],
) -> ServerVisibility {
    if is_wholly_own_server(caller, row) {
        return ServerVisibility::Whole;
    }
    let owner = operators.iter().find(|operator| operator.id == row.owner);
    let accepted = ServerRow {
        accepted: true,
        ..row.clone()
    };
    let received = instances
        .iter()
        .filter(|instance| owner.is_some_and(|owner| is_in_audience(&accepted, owner, instance)));
    let reaches = |instance: &InstanceRow| {
        caller.reaches(ResourceRef {
            instance: Some(&instance.name),
            server: Some(&row.id),
        })
    };
    let (mut some, mut all) = (false, true);
    for instance in received {
        if reaches(instance) { some = true } else { all = false }
    }
    let is_own = is_own_server(caller, row);
    match (some, all) {
        (true, true) => ServerVisibility::Whole,
        (false, true) if is_own => ServerVisibility::Whole,
        (false, false) if is_own => ServerVisibility::Part,
        (true, false) => ServerVisibility::Part,
        (false, false) => ServerVisibility::Nothing,
        // It receives nothing at all, so it is nobody's in particular.
        (false, true) if caller.reaches_all_instances() && caller.reaches_server(&row.id) => ServerVisibility::Whole,
        (false, true) => ServerVisibility::Nothing,
    }
}

/// Ids of the servers that the caller knows nothing of.
pub(crate) async fn hidden_servers(sics: &Sics, caller: &Caller) -> Result<BTreeSet<String>, ApiProblem> {
    let (operators, instances) = (
        sics.store().list_operators().await?,
        sics.store().list_instances().await?,
    );
    let servers = sics.store().list_servers().await?;
    let hidden = servers
        .iter()
        .filter(|row| visibility_among(caller, row, &operators, &instances) == ServerVisibility::Nothing);
    Ok(hidden.map(|row| row.id.to_string()).collect())
}

/// Whether a step of a check is about a server that is not to be told of.
pub(crate) fn hides_step(hidden: &BTreeSet<String>, step: &str, subject: &str) -> bool {
    step == "server" && hidden.contains(subject)
}
