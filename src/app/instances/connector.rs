//! The kind of microservice that reads a tenant and carries actions out: two loops side by side. If one stops
//! unexpectedly, the other one finishes its current work, and then both are restarted together.

use std::panic::resume_unwind;
use std::sync::Arc;

use chrono::TimeDelta;
use futures_util::future::BoxFuture;
use tokio::sync::{mpsc, watch};
use tokio::task::{JoinError, JoinSet};
use tracing::Instrument;

use super::build::{BuildError, build_scanner};
use super::instance_core::InstanceCore;
use super::leases::ConnectorLease;
use crate::actions::executor::ActionExecutor;
use crate::bus::supervisor::{MemberContext, MemberFailure, MemberFuture, MemberMeter, MemberSpec, MicroserviceKind};
use crate::compliance::{DecisionContext, DecisionService};
use crate::config::InstanceSettings;
use crate::entra::{TokenPurpose, TokenSource};
use crate::graph::{BudgetLane, GraphClient, RateBudget};
use crate::inventory::scan::{InstanceScanner, ScanProgress};
use crate::inventory::scan_runner::{RunnerCommand, ScanRunner, ScanRunnerStatus};
use crate::model::{InstanceName, Timestamp};
use crate::observe::Clock;
use crate::store::{InstanceRow, StoreError};

/// As the manifest has it.
pub(crate) const CONNECTOR: &str = "intune-connector";
/// Commands waiting for an instance at most.
const COMMANDS: usize = 16;

pub(crate) struct ConnectorKind(pub Arc<InstanceCore>);

impl MicroserviceKind for ConnectorKind {
    fn name(&self) -> &'static str {
        CONNECTOR
    }

    fn start<'a>(
        &'a self,
        member: &'a MemberSpec,
        context: MemberContext,
    ) -> BoxFuture<'a, Result<MemberFuture, MemberFailure>> {
        Box::pin(async move {
            let name: InstanceName = member.name.parse().map_err(|_| {
                MemberFailure::new("name", "its name is not a valid instance name", "remove the product")
            })?;
            start_connector(&self.0, name, context).await
        })
    }
}

async fn start_connector(
    core: &Arc<InstanceCore>,
    name: InstanceName,
    context: MemberContext,
) -> Result<MemberFuture, MemberFailure> {
    let known = core
        .slots
        .read_slot(&name, |slot| (slot.settings.clone(), slot.failure.clone()));
    let settings = match known {
        Some((_, Some(member_failure))) => return Err(member_failure),
        Some((Some(settings), None)) => settings,
        _ => return Err(settings_missing(&name)),
    };
    let row = core.find_row(&name).await.map_err(|error| store_failure(&error))?;
    let row = row.ok_or_else(|| settings_missing(&name))?;
    let scanner = build_scanner(
        &core.store,
        &core.clock,
        &core.metrics,
        (row.id, row.name.clone()),
        &settings,
    );
    let scanner = scanner.map_err(|error| error.to_failure())?;
    let actor = build_actor(core, &row, &settings, &scanner);
    let (status_sender, status) = watch::channel(ScanRunnerStatus::default());
    let (commands, received) = mpsc::channel(COMMANDS);
    let decisions = Arc::new(build_decision_service(core, &row, &settings, &scanner));
    let (graph, progress, relay) = (
        scanner.graph.clone(),
        scanner.progress.subscribe(),
        status_sender.clone(),
    );
    let leased_scanner = scanner.clone();
    let runner = ScanRunner::new(scanner, status_sender)
        .await
        .map_err(|error| store_failure(&error))?;
    let waiting = commands.downgrade();
    let (actor, member_failure) = match actor {
        Ok(actor) => (Some(actor), None),
        // Reading goes on where only the credential of actions is wrong.
        Err(error) => {
            tracing::error!(instance.name = %name, error = %error, "failed to start the actions of the instance");
            (None, Some(error.to_failure()))
        }
    };
    let action_client = actor.as_ref().map(|actor| actor.graph.clone());
    let status_receiver = status.clone();
    let (held, mut guards_dropped) = mpsc::channel(1);
    let lease = ConnectorLease {
        scanner: leased_scanner,
        row: row.clone(),
        commands: commands.clone(),
        status: status.clone(),
        lease_guard: held,
        decision_service: decisions.clone(),
    };
    core.slots.change_slot(&name, |slot| {
        (slot.graph, slot.status, slot.commands) = (Some(graph), status, Some(commands));
        (slot.action_client, slot.decision_service) = (action_client, Some(decisions));
        slot.failure = member_failure;
    });
    let core = core.clone();
    let (halt_sender, halted) = watch::channel(false);
    Ok(Box::pin(async move {
        core.leases.set_lease(row.id, Some(lease));
        let mut loops = JoinSet::new();
        let scan_relay = ScanRelay {
            progress,
            relay,
            status: status_receiver,
            commands: waiting,
            meter: context.meter.clone(),
            clock: core.clock.clone(),
        };
        let ticks = core.ticks.clone();
        loops.spawn(run_scans(runner, ticks.clone(), received, scan_relay, halted.clone()).in_current_span());
        if let Some(actor) = actor {
            loops.spawn(crate::actions::task_runner::run(actor, ticks, halted).in_current_span());
        }
        let failure = wait_for_both(&mut loops, &context, async {
            // Who asks for scans has to rest before nobody answers them any more.
            core.leases.set_lease(row.id, None);
            let _: Option<()> = guards_dropped.recv().await;
            halt_sender.send_replace(true);
        })
        .await;
        core.slots.change_slot(&name, super::slot::InstanceSlot::clear_runtime);
        match failure {
            Some(panic) => resume_unwind(panic),
            None => Ok(()),
        }
    }))
}

type PanicPayload = Box<dyn std::any::Any + Send + 'static>;

/// Until both have ended: because life ends, or because one of them did. `halt` makes the other end.
async fn wait_for_both(
    loops: &mut JoinSet<()>,
    context: &MemberContext,
    halt: impl Future<Output = ()>,
) -> Option<PanicPayload> {
    let mut failure = None;
    let ended = tokio::select! {
        () = context.wait_for_stop() => None,
        ended = loops.join_next() => ended,
    };
    let mut record_end = |ended: Result<(), JoinError>| {
        if let Err(error) = ended {
            failure = failure.take().or_else(|| error.try_into_panic().ok());
        }
    };
    ended.into_iter().for_each(&mut record_end);
    halt.await;
    while let Some(ended) = loops.join_next().await {
        record_end(ended);
    }
    failure
}

fn settings_missing(name: &InstanceName) -> MemberFailure {
    let problem = format!("the settings file of {name} is missing");
    let advice = "restore it in the folder instances, or remove the instance";
    MemberFailure::new("settingsMissing", problem, advice)
}

pub(super) fn store_failure(error: &StoreError) -> MemberFailure {
    MemberFailure::new(
        error.code(),
        error.to_string(),
        "check the state of the bus with GET /readyz",
    )
    .into_transient()
}

/// The loop of actions signs in with a credential of its own where there is one (E4).
fn build_actor(
    core: &InstanceCore,
    row: &InstanceRow,
    settings: &Arc<InstanceSettings>,
    scanner: &InstanceScanner,
) -> Result<ActionExecutor, BuildError> {
    let tokens = TokenSource::new(settings, TokenPurpose::Actions, core.clock.clone())?;
    let budget = RateBudget::for_application(settings, tokens.client_id());
    let graph = GraphClient::new(settings, tokens, budget, core.clock.clone())?.in_lane(BudgetLane::Action);
    Ok(ActionExecutor {
        store: core.store.clone(),
        graph,
        scanner: scanner.clone(),
        instance: row.id,
        name: row.name.clone(),
        folder: core.folder.clone(),
        policies: core.policies.clone(),
        clock: core.clock.clone(),
        failpoints: core.failpoints.clone(),
    })
}

fn build_decision_service(
    core: &InstanceCore,
    row: &InstanceRow,
    settings: &InstanceSettings,
    scanner: &InstanceScanner,
) -> DecisionService {
    let context = DecisionContext {
        store: core.store.clone(),
        clock: core.clock.clone(),
        metrics: core.metrics.clone(),
        instance: row.id,
        name: row.name.clone(),
        tenant: row.tenant_id.clone(),
        history: (settings.devices.history_days > 0).then(|| core.decision_history.clone()),
    };
    DecisionService::new(context, settings, scanner.graph.token_source())
}

/// What is told of a loop that reads, while it does.
struct ScanRelay {
    progress: watch::Receiver<ScanProgress>,
    relay: watch::Sender<ScanRunnerStatus>,
    status: watch::Receiver<ScanRunnerStatus>,
    commands: mpsc::WeakSender<RunnerCommand>,
    meter: MemberMeter,
    clock: Clock,
}

/// Told to halt, a scan ends where it stands: what it committed stands.
async fn run_scans(
    runner: ScanRunner,
    ticks: watch::Receiver<u64>,
    received: mpsc::Receiver<RunnerCommand>,
    scan_relay: ScanRelay,
    mut halt_receiver: watch::Receiver<bool>,
) {
    tokio::select! {
        () = runner.run(ticks, received) => (),
        () = relay_progress(scan_relay) => (),
        _ = halt_receiver.wait_for(|halt_receiver| *halt_receiver) => (),
    }
}

/// Hands progress on and counts; never ends by itself.
async fn relay_progress(mut scan_relay: ScanRelay) {
    let (mut before, mut busy_since) = (ScanProgress::default(), None::<Timestamp>);
    loop {
        let now = *scan_relay.progress.borrow_and_update();
        let running = scan_relay.status.borrow_and_update().running.is_some();
        if now != before {
            // A scan that begins counts from nothing again.
            let since = |now: u64, before: u64| now.checked_sub(before).unwrap_or(now);
            scan_relay.meter.add_rows(since(now.devices, before.devices));
            scan_relay.meter.add_requests(since(now.pages, before.pages));
            scan_relay.relay.send_modify(|status| status.progress = now);
            before = now;
        }
        match (running, busy_since) {
            (true, None) => busy_since = Some(scan_relay.clock.now()),
            (false, Some(since)) => {
                let took = (scan_relay.clock.now() - since).max(TimeDelta::zero());
                scan_relay.meter.add_busy_ms(took.num_milliseconds().unsigned_abs());
                busy_since = None;
            }
            _ => (),
        }
        if let Some(commands) = scan_relay.commands.upgrade() {
            scan_relay
                .meter
                .set_queue_length("commands", (COMMANDS - commands.capacity()) as u64);
        }
        let changed = tokio::select! {
            changed = scan_relay.progress.changed() => changed,
            changed = scan_relay.status.changed() => changed,
        };
        if changed.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
