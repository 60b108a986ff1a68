//! The kind of microservice that runs workflows. What definitions may call of a tenant is lent by the microservice that
//! reads it; while that rests, runs wait where they are.

use std::sync::Arc;

use futures_util::future::BoxFuture;

use super::connector::{CONNECTOR, store_failure};
use super::instance_core::InstanceCore;
use super::leases::ConnectorLease;
use crate::actions::job::JobIntake;
use crate::app::workflows::{self, LaunchContext, RunningEngine};
use crate::bus::manifest::WORKFLOW_ENGINE;
use crate::bus::supervisor::{MemberContext, MemberFailure, MemberFuture, MemberSpec, MicroserviceKind};
use crate::model::{InstanceId, InstanceName};
use crate::workflow::WorkflowFailpoints;

pub(crate) struct WorkflowEngineKind(pub Arc<InstanceCore>);

impl MicroserviceKind for WorkflowEngineKind {
    fn name(&self) -> &'static str {
        WORKFLOW_ENGINE
    }

    fn start<'a>(
        &'a self,
        member: &'a MemberSpec,
        life: MemberContext,
    ) -> BoxFuture<'a, Result<MemberFuture, MemberFailure>> {
        Box::pin(async move {
            let (core, number) = (self.0.clone(), InstanceId(member.installation));
            let rows = core.store.list_members(Some(member.installation)).await;
            let rows = rows.map_err(|error| store_failure(&error))?;
            core.install_workflows(number, None)
                .await
                .map_err(|error| store_failure(&error))?;
            let name: InstanceName = member
                .name
                .parse()
                .map_err(|_| MemberFailure::new("name", "it has no name for an instance", "remove the product"))?;
            let running: MemberFuture = if rows.iter().any(|row| row.kind == CONNECTOR) {
                Box::pin(run_with_connector(core, number, life))
            } else {
                Box::pin(run_standalone(core, number, name, life))
            };
            Ok(running)
        })
    }
}

/// As long as something is lent.
async fn run_with_connector(
    core: Arc<InstanceCore>,
    number: InstanceId,
    life: MemberContext,
) -> Result<(), MemberFailure> {
    let mut lent = core.wiring.watch_lease(number);
    loop {
        let wired: ConnectorLease = tokio::select! {
            () = life.wait_for_stop() => return Ok(()),
            wired = lent.wait_for(Option::is_some) => match wired.ok().and_then(|wired| wired.clone()) {
                Some(wired) => wired,
                None => return Ok(()),
            },
        };
        let held = wired.held.clone();
        let workflows = workflows::launch_engine(LaunchContext {
            office: Some(wired.office.clone()),
            desk: JobIntake {
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
            fuse: WorkflowFailpoints::default(),
        });
        drop(wired.held);
        let given_back = async {
            let _ = lent.wait_for(Option::is_none).await;
        };
        let ended = run_until_stopped(&core, number, workflows, &life, given_back).await;
        drop(held);
        ended?;
        if life.is_stopping() {
            return Ok(());
        }
    }
}

/// Of a product that reads no tenant.
async fn run_standalone(
    core: Arc<InstanceCore>,
    number: InstanceId,
    name: InstanceName,
    life: MemberContext,
) -> Result<(), MemberFailure> {
    let ticks = core.ticks.clone();
    let (store, clock) = (core.store.clone(), core.clock.clone());
    let workflows = workflows::launch_standalone(store, clock, core.folder.path(), number, name, ticks);
    run_until_stopped(&core, number, workflows, &life, std::future::pending()).await
}

/// Until life ends, or `given_back`; what is under way stays in the journal.
async fn run_until_stopped(
    core: &InstanceCore,
    number: InstanceId,
    mut workflows: RunningEngine,
    life: &MemberContext,
    given_back: impl Future<Output = ()>,
) -> Result<(), MemberFailure> {
    core.wiring.set_engine(number, Some(workflows.handle.clone()));
    let over = tokio::select! {
        () = life.wait_for_stop() => None,
        () = given_back => None,
        over = workflows.wait_for_end() => Some(over),
    };
    core.wiring.set_engine(number, None);
    match over {
        None => {
            workflows.stop().await;
            Ok(())
        }
        Some(Err(error)) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        Some(_) => Err(
            MemberFailure::new("ended", "the engine ended though nobody asked", "the log says more").into_transient(),
        ),
    }
}
