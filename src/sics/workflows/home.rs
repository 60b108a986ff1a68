//! Where workflows are at home: an instance, or an installation that reads no tenant and so has none. The latter goes by
//! the name of its first member, as everywhere.

use super::super::Sics;
use super::super::auth::Caller;
use super::super::problem::Problem;
use crate::model::{InstanceId, InstanceName};
use crate::store::InstallationState;

#[derive(Debug, Clone)]
pub struct Home {
    pub id: InstanceId,
    pub name: InstanceName,
}

/// All that the caller's scope reaches.
pub async fn homes(sics: &Sics, caller: &Caller) -> Result<Vec<Home>, Problem> {
    let known = sics.store().instances().await?;
    let reached = known
        .iter()
        .filter(|row| row.removed_at.is_none() && caller.reaches_instance(&row.name));
    let mut homes: Vec<Home> = reached
        .map(|row| Home {
            id: row.id,
            name: row.name.clone(),
        })
        .collect();
    let members = sics.store().members(None).await?;
    for installation in sics.store().installations().await? {
        let id = InstanceId(installation.number);
        if installation.state == InstallationState::Removed || known.iter().any(|row| row.id == id) {
            continue;
        }
        let first = members.iter().find(|member| member.installation == installation.number);
        let name = first.and_then(|member| member.name.parse::<InstanceName>().ok());
        homes.extend(
            name.filter(|name| caller.reaches_instance(name))
                .map(|name| Home { id, name }),
        );
    }
    Ok(homes)
}

/// The one of this name.
pub async fn home(sics: &Sics, caller: &Caller, name: &InstanceName) -> Result<Home, Problem> {
    let homes = homes(sics, caller).await?;
    match homes.into_iter().find(|home| home.name == *name) {
        Some(home) => Ok(home),
        // Which of the two it is, is told as for any instance.
        None => sics.instance(caller, name).await.map(|row| Home {
            id: row.id,
            name: row.name,
        }),
    }
}
