//! The kind of microservice that reads a tenant and carries actions out: two loops side by side. Whichever breaks off
//! lets the other end what is under way, and then both are started again together.

use std::panic::resume_unwind;
use std::sync::Arc;

use chrono::TimeDelta;
use futures_util::future::BoxFuture;
use tokio::sync::{mpsc, watch};
use tokio::task::{JoinError, JoinSet};
use tracing::Instrument;

use super::build::{BuildError, scanner};
use super::core::Core;
use super::wiring::Wired;
use crate::actions::actor::Actor;
use crate::bus::supervisor::{Kind, Life, MemberSpec, Meter, Running, Trouble};
use crate::compliance::{Ground, Office};
use crate::config::InstanceSettings;
use crate::entra::{Purpose, TokenSource};
use crate::graph::{Budget, Graph, Lane};
use crate::inventory::runner::{Command, Runner, Status};
use crate::inventory::scan::{Progress, Scanner};
use crate::model::{InstanceName, Timestamp};
use crate::observe::Clock;
use crate::store::{InstanceRow, StoreError};

/// As the manifest has it.
pub const CONNECTOR: &str = "intune-connector";
/// Commands waiting for an instance at most.
const COMMANDS: usize = 16;

pub struct ConnectorKind(pub Arc<Core>);

impl Kind for ConnectorKind {
    fn name(&self) -> &'static str {
        CONNECTOR
    }

    fn start<'a>(&'a self, member: &'a MemberSpec, life: Life) -> BoxFuture<'a, Result<Running, Trouble>> {
        Box::pin(async move {
            let name: InstanceName = member
                .name
                .parse()
                .map_err(|_| Trouble::new("name", "it has no name for an instance", "take the product away"))?;
            start(&self.0, name, life).await
        })
    }
}

async fn start(core: &Arc<Core>, name: InstanceName, life: Life) -> Result<Running, Trouble> {
    let known = core
        .slots
        .look(&name, |slot| (slot.settings.clone(), slot.trouble.clone()));
    let settings = match known {
        Some((_, Some(trouble))) => return Err(trouble),
        Some((Some(settings), None)) => settings,
        _ => return Err(missing(&name)),
    };
    let row = core.row(&name).await.map_err(|error| passing(&error))?;
    let row = row.ok_or_else(|| missing(&name))?;
    let scanner = scanner(&core.store, &core.clock, &core.metrics, row.id, &settings);
    let scanner = scanner.map_err(|error| error.trouble())?;
    let actor = actor(core, &row, &settings, &scanner);
    let (tell, status) = watch::channel(Status::default());
    let (commands, received) = mpsc::channel(COMMANDS);
    let office = Arc::new(office(core, &row, &settings, &scanner));
    let (graph, progress, relay) = (scanner.graph.clone(), scanner.progress.subscribe(), tell.clone());
    let lent = scanner.clone();
    let runner = Runner::new(scanner, tell).await.map_err(|error| passing(&error))?;
    let waiting = commands.downgrade();
    let (actor, trouble) = match actor {
        Ok(actor) => (Some(actor), None),
        // Reading goes on where only the credential of actions is wrong.
        Err(error) => {
            tracing::error!(instance.name = %name, error = %error, "actions of the instance do not start");
            (None, Some(error.trouble()))
        }
    };
    let acting = actor.as_ref().map(|actor| actor.graph.clone());
    let followed = status.clone();
    let (held, mut given_back) = mpsc::channel(1);
    let wired = Wired {
        scanner: lent,
        row: row.clone(),
        commands: commands.clone(),
        status: status.clone(),
        held,
        office: office.clone(),
    };
    core.slots.change(&name, |slot| {
        (slot.graph, slot.status, slot.commands) = (Some(graph), status, Some(commands));
        (slot.acting, slot.office) = (acting, Some(office));
        slot.trouble = trouble;
    });
    let core = core.clone();
    let (halt, halted) = watch::channel(false);
    Ok(Box::pin(async move {
        core.wiring.lend(row.id, Some(wired));
        let mut loops = JoinSet::new();
        let watched = Watched {
            progress,
            relay,
            status: followed,
            waiting,
            meter: life.meter.clone(),
            clock: core.clock.clone(),
        };
        let ticks = core.ticks.clone();
        loops.spawn(read(runner, ticks.clone(), received, watched, halted.clone()).in_current_span());
        if let Some(actor) = actor {
            loops.spawn(crate::actions::runner::run(actor, ticks, halted).in_current_span());
        }
        let broke = both(&mut loops, &life, async {
            // Who asks for scans has to rest before nobody answers him any more.
            core.wiring.lend(row.id, None);
            let _: Option<()> = given_back.recv().await;
            halt.send_replace(true);
        })
        .await;
        core.slots.change(&name, super::slot::Slot::rest);
        match broke {
            Some(panic) => resume_unwind(panic),
            None => Ok(()),
        }
    }))
}

type Panic = Box<dyn std::any::Any + Send + 'static>;

/// Until both have ended: because life ends, or because one of them did. `halting` makes the other end.
async fn both(loops: &mut JoinSet<()>, life: &Life, halting: impl Future<Output = ()>) -> Option<Panic> {
    let mut broke = None;
    let ended = tokio::select! {
        () = life.stopped() => None,
        ended = loops.join_next() => ended,
    };
    let mut note = |ended: Result<(), JoinError>| {
        if let Err(error) = ended {
            broke = broke.take().or_else(|| error.try_into_panic().ok());
        }
    };
    ended.into_iter().for_each(&mut note);
    halting.await;
    while let Some(ended) = loops.join_next().await {
        note(ended);
    }
    broke
}

fn missing(name: &InstanceName) -> Trouble {
    let problem = format!("the settings file of {name} is missing");
    let advice = "put it back into the folder instances, or remove the instance";
    Trouble::new("settingsMissing", problem, advice)
}

pub(super) fn passing(error: &StoreError) -> Trouble {
    Trouble::new(
        error.code(),
        error.to_string(),
        "GET /readyz shows whether the bus is well",
    )
    .passing()
}

/// The loop of actions signs in with a credential of its own where there is one (E4).
fn actor(
    core: &Core,
    row: &InstanceRow,
    settings: &Arc<InstanceSettings>,
    scanner: &Scanner,
) -> Result<Actor, BuildError> {
    let tokens = TokenSource::new(settings, Purpose::Actions, core.clock.clone())?;
    let budget = Budget::of(settings, tokens.client_id());
    let graph = Graph::new(settings, tokens, budget, core.clock.clone())?.in_lane(Lane::Action);
    Ok(Actor {
        store: core.store.clone(),
        graph,
        scanner: scanner.clone(),
        instance: row.id,
        name: row.name.clone(),
        folder: core.folder.clone(),
        policies: core.policies.clone(),
        clock: core.clock.clone(),
        seams: core.seams.clone(),
    })
}

fn office(core: &Core, row: &InstanceRow, settings: &InstanceSettings, scanner: &Scanner) -> Office {
    let ground = Ground {
        store: core.store.clone(),
        clock: core.clock.clone(),
        metrics: core.metrics.clone(),
        instance: row.id,
        name: row.name.clone(),
        tenant: row.tenant_id.clone(),
    };
    Office::new(ground, settings, scanner.graph.tokens())
}

/// What is told of a loop that reads, while it does.
struct Watched {
    progress: watch::Receiver<Progress>,
    relay: watch::Sender<Status>,
    status: watch::Receiver<Status>,
    waiting: mpsc::WeakSender<Command>,
    meter: Meter,
    clock: Clock,
}

/// Told to halt, a scan ends where it stands: what it committed stands.
async fn read(
    runner: Runner,
    ticks: watch::Receiver<u64>,
    received: mpsc::Receiver<Command>,
    watched: Watched,
    mut halted: watch::Receiver<bool>,
) {
    tokio::select! {
        () = runner.run(ticks, received) => (),
        () = follow(watched) => (),
        _ = halted.wait_for(|halted| *halted) => (),
    }
}

/// Hands progress on and counts; never ends by itself.
async fn follow(mut watched: Watched) {
    let (mut before, mut busy_since) = (Progress::default(), None::<Timestamp>);
    loop {
        let now = *watched.progress.borrow_and_update();
        let running = watched.status.borrow_and_update().running.is_some();
        if now != before {
            // A scan that begins counts from nothing again.
            let since = |now: u64, before: u64| now.checked_sub(before).unwrap_or(now);
            watched.meter.rows(since(now.devices, before.devices));
            watched.meter.requests(since(now.pages, before.pages));
            watched.relay.send_modify(|status| status.progress = now);
            before = now;
        }
        match (running, busy_since) {
            (true, None) => busy_since = Some(watched.clock.now()),
            (false, Some(since)) => {
                let took = (watched.clock.now() - since).max(TimeDelta::zero());
                watched.meter.busy_ms(took.num_milliseconds().unsigned_abs());
                busy_since = None;
            }
            _ => (),
        }
        if let Some(commands) = watched.waiting.upgrade() {
            watched.meter.queue("commands", (COMMANDS - commands.capacity()) as u64);
        }
        let moved = tokio::select! {
            moved = watched.progress.changed() => moved,
            moved = watched.status.changed() => moved,
        };
        if moved.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
