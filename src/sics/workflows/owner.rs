//! Where workflows belong: an instance, or an installation that reads no tenant and so has none. The latter has the
//! name of its first member, as everywhere.

use super::super::Sics;
use super::super::auth::Caller;
use super::super::problem::ApiProblem;
use super::workflow_owner::WorkflowOwner;
use crate::model::{InstallationState, InstanceId, InstanceName};

/// All that the caller's scope reaches.
pub(crate) async fn reachable_owners(sics: &Sics, caller: &Caller) -> Result<Vec<WorkflowOwner>, ApiProblem> {
    let mut homes = list_owners(sics).await?;
    homes.retain(|home| caller.reaches_instance(&home.name));
    Ok(homes)
}

/// All that there are.
pub(crate) async fn list_owners(sics: &Sics) -> Result<Vec<WorkflowOwner>, ApiProblem> {
    let known = sics.store().list_instances().await?;
    let there = known.iter().filter(|row| row.removed_at.is_none());
    let mut homes: Vec<WorkflowOwner> = there
        .map(|row| WorkflowOwner {
            id: row.id,
            name: row.name.clone(),
        })
        .collect();
    let members = sics.store().list_members(None).await?;
    for installation in sics.store().list_installations().await? {
        let id = InstanceId(installation.number);
        if installation.state == InstallationState::Removed || known.iter().any(|row| row.id == id) {
            continue;
        }
        let first = members.iter().find(|member| member.installation == installation.number);
        let name = first.and_then(|member| member.name.parse::<InstanceName>().ok());
        homes.extend(name.map(|name| WorkflowOwner { id, name }));
    }
    Ok(homes)
}

/// The one of this name.
pub(crate) async fn find_owner(sics: &Sics, caller: &Caller, name: &InstanceName) -> Result<WorkflowOwner, ApiProblem> {
    let homes = reachable_owners(sics, caller).await?;
    match homes.into_iter().find(|home| home.name == *name) {
        Some(home) => Ok(home),
        // Which of the two it is, is told as for any instance.
        None => sics.find_instance(caller, name).await.map(|row| WorkflowOwner {
            id: row.id,
            name: row.name,
        }),
    }
}
