//! The kind of microservice that runs workflows. What definitions may call of a tenant is lent by the microservice that
//! reads it; while that rests, runs wait where they are.

use std::sync::Arc;

use futures_util::future::BoxFuture;

use super::connector::{CONNECTOR, passing};
use super::core::Core;
use super::wiring::Wired;
use crate::actions::job::Desk;
use crate::app::workflows::{self, Wires, Workflows};
use crate::bus::manifest::WORKFLOW_ENGINE;
use crate::bus::supervisor::{Kind, Life, MemberSpec, Running, Trouble};
use crate::model::{InstanceId, InstanceName};
use crate::workflow::Fuse;

pub struct EngineKind(pub Arc<Core>);

impl Kind for EngineKind {
    fn name(&self) -> &'static str {
        WORKFLOW_ENGINE
    }

    fn start<'a>(&'a self, member: &'a MemberSpec, life: Life) -> BoxFuture<'a, Result<Running, Trouble>> {
        Box::pin(async move {
            let (core, number) = (self.0.clone(), InstanceId(member.installation));
            let rows = core.store.members(Some(member.installation)).await;
            let rows = rows.map_err(|error| passing(&error))?;
            core.install_workflows(number, None)
                .await
                .map_err(|error| passing(&error))?;
            let name: InstanceName = member
                .name
                .parse()
                .map_err(|_| Trouble::new("name", "it has no name for an instance", "take the product away"))?;
            let running: Running = match rows.iter().any(|row| row.kind == CONNECTOR) {
                true => Box::pin(beside(core, number, life)),
                false => Box::pin(alone(core, number, name, life)),
            };
            Ok(running)
        })
    }
}

/// As long as something is lent.
async fn beside(core: Arc<Core>, number: InstanceId, life: Life) -> Result<(), Trouble> {
    let mut lent = core.wiring.watch(number);
    loop {
        let wired: Wired = tokio::select! {
            () = life.stopped() => return Ok(()),
            wired = lent.wait_for(Option::is_some) => match wired.ok().and_then(|wired| wired.clone()) {
                Some(wired) => wired,
                None => return Ok(()),
            },
        };
        let held = wired.held.clone();
        let workflows = workflows::launch(Wires {
            office: Some(wired.office.clone()),
            desk: Desk {
                fresh: None,
                store: core.store.clone(),
                folder: core.folder.clone(),
                clock: core.clock.clone(),
            },
            scanner: wired.scanner,
            row: wired.row,
            commands: wired.commands,
            status: wired.status,
            ticks: core.ticks.clone(),
            fuse: Fuse::default(),
        });
        drop(wired.held);
        let given_back = async {
            let _ = lent.wait_for(Option::is_none).await;
        };
        let ended = until(&core, number, workflows, &life, given_back).await;
        drop(held);
        ended?;
        if life.is_stopping() {
            return Ok(());
        }
    }
}

/// Of a product that reads no tenant.
async fn alone(core: Arc<Core>, number: InstanceId, name: InstanceName, life: Life) -> Result<(), Trouble> {
    let ticks = core.ticks.clone();
    let (store, clock) = (core.store.clone(), core.clock.clone());
    let workflows = workflows::launch_alone(store, clock, core.folder.path(), number, name, ticks);
    until(&core, number, workflows, &life, std::future::pending()).await
}

/// Until life ends, or `given_back`; what is under way stays in the journal.
async fn until(
    core: &Core,
    number: InstanceId,
    mut workflows: Workflows,
    life: &Life,
    given_back: impl Future<Output = ()>,
) -> Result<(), Trouble> {
    core.wiring.runs(number, Some(workflows.handle.clone()));
    let over = tokio::select! {
        () = life.stopped() => None,
        () = given_back => None,
        over = workflows.over() => Some(over),
    };
    core.wiring.runs(number, None);
    match over {
        None => {
            workflows.stop().await;
            Ok(())
        }
        Some(Err(error)) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        Some(_) => Err(Trouble::new("ended", "the engine ended though nobody asked", "the log says more").passing()),
    }
}
