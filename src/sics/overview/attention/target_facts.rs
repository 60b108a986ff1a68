//! What the board is told of targets.

use super::targets::TargetStanding;
use crate::sics::Sics;
use crate::sics::problem::ApiProblem;

/// One that is no management server yet, or no more, is left out.
pub(super) async fn gather_targets(sics: &Sics) -> Result<Vec<TargetStanding>, ApiProblem> {
    let targets = match sics.engine().target_provider() {
        Some(provider) => provider.list_targets().await?,
        None => return Ok(Vec::new()),
    };
    let mut standings = Vec::with_capacity(targets.len());
    for target in targets {
        let Some(server) = sics.store().find_server(target.server.clone()).await? else {
            continue;
        };
        standings.push(TargetStanding {
            server,
            state: sics.store().load_target_state(target.id).await?,
            question: sics.store().find_waiting_question(target.id).await?,
            set_aside: sics.store().count_target(target.id).await?.set_aside,
            target,
        });
    }
    Ok(standings)
}
