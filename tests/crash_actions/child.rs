//! The bus as a child process: this program, started again with a data folder in its environment. It is the product's
//! own bus, with a clock that the parent moves and a point at which it stands still to be killed. Jobs come in through
//! the product's desk; what is told of them comes out of the product's store.

use std::io::{BufRead, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use chrono::{DateTime, TimeDelta};
use intune_connector::actions::guard::{self, ApprovalRule, BusPolicy, GuardLimits, InstancePolicy};
use intune_connector::actions::job::{JobIntake, JobRequester};
use intune_connector::app::{self, RunningBus};
use intune_connector::model::{ActionKind, JobId, TaskId, TaskState};
use intune_connector::observe::Clock;
use intune_connector::store::{JobQuery, POLICY_BUS, StoreError, TaskTransition};
use serde_json::Value;
use tokio::sync::mpsc::{self, UnboundedReceiver};
use tracing::Level;

use super::bus::{INSTANCE, INSTANCE_ID};
use super::mistake::{Grasp, Mistake};
use super::point::{self, Deathbed};
use super::wire::{JobLine, Known, ResultLine, Say, TaskLine, Tell};

pub const FOLDER: &str = "CRASH_ACTIONS_FOLDER";
pub const CLOCK: &str = "CRASH_ACTIONS_CLOCK";
pub const MISTAKE: &str = "CRASH_ACTIONS_MISTAKE";
/// Between two looks at what another task does.
const LOOK: Duration = Duration::from_millis(10);
const PAGE: usize = 500;

pub struct Child {
    folder: PathBuf,
    mistake: Option<Mistake>,
    clock: Clock,
}

impl Child {
    pub fn from_environment() -> Option<Child> {
        let folder = std::env::var_os(FOLDER)?.into();
        let ms = std::env::var(CLOCK).ok()?.parse().ok()?;
        Some(Child {
            folder,
            mistake: std::env::var(MISTAKE).ok().and_then(|name| Mistake::named(&name)),
            clock: Clock::manual(DateTime::from_timestamp_millis(ms)?),
        })
    }

    pub fn run(self) -> ExitCode {
        let (tell, asked) = mpsc::unbounded_channel();
        std::thread::spawn(move || {
            for line in std::io::stdin().lock().lines().map_while(Result::ok) {
                let _ = tell.send(serde_json::from_str(&line).unwrap());
            }
            // The parent has gone: nothing outlives it.
            std::process::exit(0);
        });
        let _ = intune_connector::observe::start_command_logging(Level::WARN);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        match runtime.block_on(self.serve(asked)) {
            Ok(()) => ExitCode::SUCCESS,
            Err(problem) => {
                eprintln!("the bus does not go on: {problem}");
                ExitCode::FAILURE
            }
        }
    }

    async fn serve(self, mut asked: UnboundedReceiver<Say>) -> Result<(), Box<dyn std::error::Error>> {
        let grasp = Grasp::default();
        let deathbed = Deathbed::from_environment();
        let options = app::StartOptions {
            run_instances: true,
            listen: None,
            clock: self.clock.clone(),
            failpoints: Mistake::seams(self.mistake, deathbed.clone(), grasp.clone()),
            order_failpoints: Default::default(),
            target_failpoints: Default::default(),
        };
        let running = app::start_bus(&self.folder, options).await?;
        allow_everything(&running).await?;
        grasp.hold(&running);
        tell(&Tell::Up);
        let bus = Bus {
            running,
            mistake: self.mistake,
            clock: self.clock,
            deathbed: deathbed.clone(),
        };
        while let Some(say) = asked.recv().await {
            match say {
                Say::Clock(ms) => bus.clock(ms).await?,
                Say::Job(job) => bus.job(job).await?,
                Say::AnyTask => deathbed.take_any(),
                Say::Fleet => bus.fleet().await?,
                Say::Rest => bus.rest().await?,
                Say::Results(after) => tell(&Tell::Results(bus.results(after).await?)),
                Say::Jobs => bus.jobs().await?,
            }
        }
        Ok(())
    }
}

/// The guard has tests of its own: here every verb is on, and no limit is met. The settings wish for the same, or the
/// next start would take it back (A7).
async fn allow_everything(running: &RunningBus) -> Result<(), Box<dyn std::error::Error>> {
    let no_limit = 1_000_000;
    let bus = BusPolicy {
        limits: GuardLimits {
            per_job: no_limit,
            per_hour: no_limit,
            per_day: no_limit,
            operator_per_hour: no_limit,
            operator_per_day: no_limit,
            disruptive_per_job: no_limit,
            disruptive_per_hour: no_limit,
        },
        approval: ApprovalRule {
            needed: true,
            always: false,
            above: no_limit,
            per_hour: no_limit,
            per_day: no_limit,
            broken_glass: true,
        },
    };
    let instance = InstancePolicy {
        verbs: ActionKind::ALL.iter().copied().collect(),
        personal_allowed: [
            ActionKind::Wipe,
            ActionKind::Locate,
            ActionKind::ResetPasscode,
            ActionKind::FreshStart,
        ]
        .into(),
        ..InstancePolicy::default()
    };
    let store = &running.store;
    store.set_policy(POLICY_BUS, serde_json::to_string(&bus)?).await?;
    let scope = guard::policy_scope(INSTANCE_ID);
    store.set_policy(&scope, serde_json::to_string(&instance)?).await?;
    Ok(())
}

/// One line, whole or not at all as far as the parent can see.
pub fn tell(what: &Tell) {
    let mut line = serde_json::to_string(what).unwrap();
    line.push('\n');
    let mut out = std::io::stdout().lock();
    out.write_all(line.as_bytes()).unwrap();
    out.flush().unwrap();
}

/// Never answers: what is to come is the kill.
pub async fn stand_still(at: &str) {
    tell(&Tell::At(at.to_owned()));
    std::future::pending().await
}

fn step(state: TaskState) -> TaskTransition {
    TaskTransition {
        state,
        cause: Some(state.name().to_owned()),
        detail: None,
        due_at: None,
        approval_code: None,
        sent_at: None,
        throttled: 0,
        read_backs: 0,
    }
}

struct Bus {
    running: RunningBus,
    mistake: Option<Mistake>,
    clock: Clock,
    deathbed: Deathbed,
}

impl Bus {
    async fn clock(&self, ms: i64) -> Result<(), StoreError> {
        let on = ms - self.clock.now().timestamp_millis();
        match self.mistake {
            Some(Mistake::DoneTooEarly) => {
                let handed = [TaskState::HandedOver, TaskState::PendingOnDevice];
                self.call_done(|task| handed.contains(&task.state)).await?;
            }
            Some(Mistake::GoneIsDone) => {
                self.call_done(|task| !task.state.is_end() && task.cause.as_deref() == Some("vanished"))
                    .await?;
            }
            _ => (),
        }
        self.clock.advance(TimeDelta::milliseconds(on.max(0)));
        self.running.store.wake_tasks();
        Ok(())
    }

    /// The mistake of a bus that takes what it has seen for the end.
    async fn call_done(&self, wrongly: impl Fn(&TaskLine) -> bool) -> Result<(), StoreError> {
        let tasks = self.all_jobs().await?.into_iter().flat_map(|job| job.tasks);
        for task in tasks.filter(wrongly) {
            let done = step(TaskState::Done);
            self.running
                .store
                .transition_task(TaskId(task.id), task.state, done)
                .await?;
        }
        Ok(())
    }

    async fn requester(&self) -> Result<JobRequester, StoreError> {
        let local = self
            .running
            .store
            .find_operator_by_name(intune_connector::sics::LOCAL_OPERATOR);
        let operator = local.await?.expect("the bus makes it at its start");
        Ok(JobRequester { operator, server: None })
    }

    async fn job(&self, job: Value) -> Result<(), StoreError> {
        let name = job["id"].as_str().unwrap_or_default().to_owned();
        if self.mistake == Some(Mistake::SaidTooEarly) && point::is_set() {
            tell(&Tell::Receipt { name, job: JobId(0) });
            stand_still(point::SAID).await;
            return Ok(());
        }
        let desk = JobIntake {
            fresh_devices: None,
            store: self.running.store.clone(),
            folder: self.running.instances.folder.clone(),
            clock: self.clock.clone(),
        };
        self.deathbed.pass(point::COME).await;
        let submitted = desk.submit_job(&self.requester().await?, job, None).await;
        self.deathbed.pass(point::KEPT).await;
        match submitted {
            Ok(receipt) => tell(&Tell::Receipt {
                name,
                job: receipt.job.expect("it is no dry run"),
            }),
            Err(error) => tell(&Tell::Refused {
                name,
                code: error.code().to_owned(),
                why: error.to_string(),
            }),
        }
        Ok(())
    }

    async fn fleet(&self) -> Result<(), StoreError> {
        let name = INSTANCE.parse().expect("it is a name");
        while self
            .running
            .instances
            .read_slot(&name, |slot| slot.status.borrow().last_full.is_none())
            != Some(false)
        {
            tokio::time::sleep(LOOK).await;
        }
        let store = &self.running.store;
        let all = std::sync::Arc::new(|_: &str| true);
        let aims = store.find_matching_targets(INSTANCE_ID, all, usize::MAX).await?;
        let known = aims.iter().map(|aim| Known {
            id: aim.id.0,
            seq: aim.identity_seq.0,
        });
        tell(&Tell::Fleet(known.collect()));
        Ok(())
    }

    async fn rest(&self) -> Result<(), StoreError> {
        let store = &self.running.store;
        loop {
            let due = store.list_due_tasks(INSTANCE_ID, 1).await?;
            if due.is_empty() && store.list_open_intents(INSTANCE_ID).await?.is_empty() {
                break;
            }
            tokio::time::sleep(LOOK).await;
        }
        let all = self.all_jobs().await?;
        let tasks = all.iter().flat_map(|job| &job.tasks);
        let open = tasks.filter(|task| !task.state.is_end() && !task.state.needs_operator());
        tell(&Tell::Quiet { open: open.count() });
        Ok(())
    }

    async fn results(&self, after: i64) -> Result<Vec<ResultLine>, StoreError> {
        let requester = self.requester().await?;
        let (source, operator) = (requester.source(), requester.operator.id);
        let mut all: Vec<ResultLine> = Vec::new();
        loop {
            let behind = all.last().map_or(after, |line| line.position);
            let page = self
                .running
                .store
                .list_results(&source, operator, None, Some(behind), PAGE)
                .await?;
            let is_last = page.len() < PAGE;
            all.extend(page.into_iter().map(|row| ResultLine {
                position: row.number,
                job: row.job,
                task: row.task.0,
                device: row.device.0,
                state: row.state,
                cause: row.cause,
            }));
            if is_last {
                return Ok(all);
            }
        }
    }

    async fn jobs(&self) -> Result<(), StoreError> {
        tell(&Tell::Jobs(self.all_jobs().await?));
        Ok(())
    }

    async fn all_jobs(&self) -> Result<Vec<JobLine>, StoreError> {
        let query = JobQuery {
            limit: 100_000,
            ..JobQuery::default()
        };
        let mut lines = Vec::new();
        for (job, _) in self.running.store.list_jobs(query).await? {
            let view = self.running.store.load_job(job.id).await?;
            let tasks = view.tasks.into_iter().map(|(task, steps)| TaskLine {
                id: task.id.0,
                device: task.device.0,
                state: task.state,
                cause: task.cause,
                detail: task.detail,
                attempts: task.attempts,
                intent_at: task.intent_at,
                steps: steps.into_iter().map(|step| (step.state, step.cause)).collect(),
            });
            lines.push(JobLine {
                id: job.id,
                name: job.name,
                verb: job.verb,
                tasks: tasks.collect(),
            });
        }
        Ok(lines)
    }
}
