//! The kind of microservice that runs workflows. What definitions may call of a tenant is lent by the microservice that
//! reads it, or by the one that takes orders; while that rests, runs wait where they are.

use std::sync::Arc;

use futures_util::future::BoxFuture;

use super::connector::{CONNECTOR, store_failure};
use super::instance_core::InstanceCore;
use super::leases::ConnectorLease;
use super::order_leases::OrderLease;
use super::orders_kind::ORDERS;
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
        context: MemberContext,
    ) -> BoxFuture<'a, Result<MemberFuture, MemberFailure>> {
        Box::pin(async move {
            let (core, number) = (self.0.clone(), InstanceId(member.installation));
            let rows = core.store.list_members(Some(member.installation)).await;
            let rows = rows.map_err(|error| store_failure(&error))?;
            core.install_workflows(number, None)
                .await
                .map_err(|error| store_failure(&error))?;
            let name: InstanceName = member.name.parse().map_err(|_| {
                MemberFailure::new("name", "its name is not a valid instance name", "remove the product")
            })?;
            let has = |kind: &str| rows.iter().any(|row| row.kind == kind);
            let running: MemberFuture = if has(CONNECTOR) {
                Box::pin(run_with_connector(core, number, context))
            } else if has(ORDERS) {
                Box::pin(run_with_orders(core, number, context))
            } else {
                Box::pin(run_standalone(core, number, name, context))
            };
            Ok(running)
        })
    }
}

/// As long as something is lent.
async fn run_with_connector(
    core: Arc<InstanceCore>,
    number: InstanceId,
    context: MemberContext,
) -> Result<(), MemberFailure> {
    let mut lease_changes = core.leases.watch_lease(number);
    loop {
        let lease: ConnectorLease = tokio::select! {
            () = context.wait_for_stop() => return Ok(()),
            lease = lease_changes.wait_for(Option::is_some) => match lease.ok().and_then(|lease| lease.clone()) {
                Some(lease) => lease,
                None => return Ok(()),
            },
        };
        let lease_guard = lease.lease_guard.clone();
        let workflows = workflows::launch_engine(LaunchContext {
            decision_service: Some(lease.decision_service.clone()),
            intake: JobIntake {
                fresh_devices: None,
                store: core.store.clone(),
                folder: core.folder.clone(),
                clock: core.clock.clone(),
            },
            scanner: lease.scanner,
            row: lease.row,
            commands: lease.commands,
            status: lease.status,
            ticks: core.ticks.clone(),
            failpoints: WorkflowFailpoints::default(),
        });
        drop(lease.lease_guard);
        let lease_ended = async {
            let _ = lease_changes.wait_for(Option::is_none).await;
        };
        let ended = run_until_stopped(&core, number, workflows, &context, lease_ended).await;
        drop(lease_guard);
        ended?;
        if context.is_stopping() {
            return Ok(());
        }
    }
}

/// As long as the microservice that takes orders runs.
async fn run_with_orders(
    core: Arc<InstanceCore>,
    number: InstanceId,
    context: MemberContext,
) -> Result<(), MemberFailure> {
    let mut lease_changes = core.leases.orders.watch_lease(number);
    loop {
        let lease = tokio::select! {
            () = context.wait_for_stop() => return Ok(()),
            lease = lease_changes.wait_for(Option::is_some) => match lease.ok().and_then(|lease| lease.clone()) {
                Some(lease) => lease,
                None => return Ok(()),
            },
        };
        let OrderLease {
            context: orders,
            wake,
            lease_guard,
        } = lease;
        let workflows = workflows::launch_orders(orders, wake, core.folder.path(), core.ticks.clone());
        let lease_ended = async {
            let _ = lease_changes.wait_for(Option::is_none).await;
        };
        let ended = run_until_stopped(&core, number, workflows, &context, lease_ended).await;
        drop(lease_guard);
        ended?;
        if context.is_stopping() {
            return Ok(());
        }
    }
}

/// Of a product that reads no tenant.
async fn run_standalone(
    core: Arc<InstanceCore>,
    number: InstanceId,
    name: InstanceName,
    context: MemberContext,
) -> Result<(), MemberFailure> {
    let ticks = core.ticks.clone();
    let (store, clock) = (core.store.clone(), core.clock.clone());
    let workflows = workflows::launch_standalone(store, clock, core.folder.path(), number, name, ticks);
    run_until_stopped(&core, number, workflows, &context, std::future::pending()).await
}

/// Until life ends, or `lease_ended`; what is under way stays in the journal.
async fn run_until_stopped(
    core: &InstanceCore,
    number: InstanceId,
    mut workflows: RunningEngine,
    context: &MemberContext,
    lease_ended: impl Future<Output = ()>,
) -> Result<(), MemberFailure> {
    core.leases.set_engine(number, Some(workflows.handle.clone()));
    let over = tokio::select! {
        () = context.wait_for_stop() => None,
        () = lease_ended => None,
        over = workflows.wait_for_end() => Some(over),
    };
    core.leases.set_engine(number, None);
    match over {
        None => {
            workflows.stop().await;
            Ok(())
        }
        Some(Err(error)) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        Some(_) => Err(MemberFailure::new(
            "ended",
            "the workflow engine stopped unexpectedly",
            "see the log of the bus",
        )
        .into_transient()),
    }
}
