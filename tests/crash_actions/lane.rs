//! One tenant, one bus, so many kills, and the verdict. Several lanes run side by side, so that one's disk does not
//! keep the other's processor waiting.
//!
//! Time is the campaign's own: the tenant's clock and the bus's move together, a second or two between two looks while
//! the bus is being killed, and by leaps at the end, until every task has been told an end.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use intune_connector::model::{ActionKind, JobId};
use simulated_tenant::Conduct;
use simulated_tenant::fault::{Fault, Release, Rule, Stage};
use simulated_tenant::world::Dice;

use super::bus::{Bus, LIMIT};
use super::judge::{Breach, Complaint, Judge};
use super::mistake::Mistake;
use super::moment::Moment;
use super::put_back::Loss;
use super::tenant::Tenant;
use super::wire::{Say, Tell};
use super::work::Work;

/// Between two looks at the bus while it is waited for.
const LOOK: Duration = Duration::from_millis(10);
/// After so long without coming by where it is to die, it gets more to do.
const IDLE: Duration = Duration::from_millis(250);

pub struct Plan {
    pub name: String,
    pub seed: u64,
    pub devices: usize,
    pub mistake: Option<Mistake>,
    /// Only these verbs; all where empty.
    pub verbs: &'static [ActionKind],
    pub kills: Vec<Moment>,
    /// How often somebody else deletes a device on which a wipe or retire is pending, after each kill: in a thousand.
    pub deletes_per_mille: usize,
    /// How devices take everything; `None`: as chance has it, with answers lost.
    pub conduct: Option<Conduct>,
    /// What is put back at the end; `None`: everything comes to its end in peace.
    pub loss: Option<Loss>,
}

#[derive(Default)]
pub struct Outcome {
    pub complaints: Vec<Complaint>,
    pub kills: u64,
    /// Kills by where they met the bus.
    pub met: BTreeMap<String, u64>,
    pub jobs: usize,
    pub tasks: usize,
    pub effects: u64,
    pub ends: BTreeMap<&'static str, u64>,
}

impl Outcome {
    pub fn add(&mut self, other: Outcome) {
        self.complaints.extend(other.complaints);
        self.kills += other.kills;
        self.jobs += other.jobs;
        self.tasks += other.tasks;
        self.effects += other.effects;
        for (place, count) in other.met {
            *self.met.entry(place).or_default() += count;
        }
        for (state, count) in other.ends {
            *self.ends.entry(state).or_default() += count;
        }
    }
}

pub struct Lane {
    pub bus: Bus,
    pub tenant: Tenant,
    pub work: Work,
    pub judge: Judge,
    dice: Dice,
    deletes_per_mille: usize,
    pub outcome: Outcome,
    /// Where the running bus stands still; it may come by there before it is up.
    stands_at: Option<String>,
}

pub async fn run(plan: Plan) -> Outcome {
    let folder = tempfile::tempdir().unwrap();
    let tenant = Tenant::start(plan.devices, plan.seed).await;
    let mut bus = Bus::prepare(folder.path(), &tenant.running, plan.mistake);
    let mut judge = Judge::default();
    let work = match get_to_know(&mut bus, &tenant, &plan).await {
        Ok(work) => work,
        Err(problem) => {
            judge.complain(Breach::Bus, problem);
            return Outcome {
                complaints: judge.complaints,
                ..Outcome::default()
            };
        }
    };
    match &plan.conduct {
        Some(conduct) => tenant.conduct(conduct.clone()),
        None => tenant.trouble(),
    }
    let mut lane = Lane {
        bus,
        tenant,
        work,
        judge,
        dice: Dice::apart(plan.seed, 2),
        deletes_per_mille: plan.deletes_per_mille,
        outcome: Outcome::default(),
        stands_at: None,
    };
    let began = Instant::now();
    let done = lane.live(&plan.kills).await;
    let killed_ms = began.elapsed().as_millis();
    let done = match (done, plan.loss) {
        (Ok(()), None) => lane.settle().await,
        (Ok(()), Some(loss)) => lane.goes_back(loss).await,
        (problem, _) => problem,
    };
    if let Err(problem) = done {
        lane.judge.complain(Breach::Bus, problem);
    }
    for line in lane.bus.panics() {
        lane.judge.complain(Breach::Bus, line);
    }
    lane.bus.kill().await;
    let mut outcome = lane.outcome;
    outcome.complaints = lane.judge.complaints;
    println!(
        "{}: {} kills in {killed_ms} ms, {} jobs, {} tasks, {} effects, at rest after {} ms",
        plan.name,
        outcome.kills,
        outcome.jobs,
        outcome.tasks,
        outcome.effects,
        began.elapsed().as_millis() - killed_ms
    );
    if plan.mistake.is_none() && plan.loss != Some(Loss::WithMarks) && !outcome.complaints.is_empty() {
        println!("  what it left is in {}", folder.keep().display());
    }
    lane.tenant.running.stop().await;
    outcome
}

/// The bus reads the fleet once; then it is known who can be asked for what.
async fn get_to_know(bus: &mut Bus, tenant: &Tenant, plan: &Plan) -> Result<Work, String> {
    bus.spawn(tenant.now_ms(), None);
    bus.say(&Say::Fleet).await;
    let known = loop {
        if let Tell::Fleet(known) = bus.hear().await? {
            break known;
        }
    };
    bus.kill().await;
    let devices = tenant.devices().await;
    Ok(Work::plan(&devices, &known, plan.verbs, Dice::apart(plan.seed, 1)))
}

impl Lane {
    async fn live(&mut self, kills: &[Moment]) -> Result<(), String> {
        for moment in kills {
            let place = self.one(moment).await?;
            *self.outcome.met.entry(place).or_default() += 1;
            self.outcome.kills += 1;
            self.tenant.somebody_deletes(self.deletes_per_mille, &mut self.dice);
            // What was held while its sender died goes on now and then: the effect comes after the restart.
            if self.dice.per_mille(300) {
                let how = if self.dice.per_mille(700) {
                    Release::Go
                } else {
                    Release::Reset
                };
                self.tenant.running.simulated.faults().holds().release(None, how);
            }
        }
        Ok(())
    }

    /// Starts the bus, gives it work, and kills it at its moment; where that was.
    pub async fn one(&mut self, moment: &Moment) -> Result<String, String> {
        let stop = match moment {
            Moment::Point(stop) => Some(stop),
            _ => None,
        };
        let hold = match moment {
            Moment::InCall(stage) => self.hold(*stage),
            _ => None,
        };
        let held = self.tenant.running.simulated.faults().holds().list().len();
        self.stands_at = None;
        self.bus.spawn(self.tenant.now_ms(), stop);
        if let Moment::InStart(ms) = moment {
            tokio::time::sleep(Duration::from_millis(*ms)).await;
            self.kill().await;
            return Ok("in its start".to_owned());
        }
        self.until_up().await?;
        self.hand_in().await;
        let place = match moment {
            Moment::Chance(ms) => {
                let until = Instant::now() + Duration::from_millis(*ms);
                while Instant::now() < until {
                    self.step().await?;
                }
                "at a moment of chance".to_owned()
            }
            Moment::InCall(stage) => {
                let until = |lane: &Lane| lane.tenant.running.simulated.faults().holds().list().len() > held;
                self.wait_until(until).await?;
                format!("in the call, held {stage:?} its effect")
            }
            _ => self.wait_for_point().await?,
        };
        self.kill().await;
        if let Some(id) = hold {
            self.tenant.running.simulated.faults().disarm(id);
        }
        Ok(place)
    }

    /// The next call is held. Only one: rules before this one go first.
    fn hold(&self, stage: Stage) -> Option<u64> {
        self.tenant.arm(Rule {
            fault: Fault::Hold { stage },
            path: "*/managedDevices/*".to_owned(),
            method: Some("POST".to_owned()),
            ..Rule::default()
        })
    }

    pub async fn until_up(&mut self) -> Result<(), String> {
        loop {
            match self.bus.hear().await? {
                Tell::Up => return Ok(()),
                told => self.take(told),
            }
        }
    }

    /// What a caller does when the bus is there again: reads results, sends again what was not acknowledged, and one
    /// that was; and has more to ask for.
    pub async fn hand_in(&mut self) {
        let after = self.judge.told.last().map_or(0, |line| line.position);
        self.bus.say(&Say::Results(after)).await;
        let mut jobs = self.work.unacknowledged();
        jobs.extend(self.work.any_acknowledged());
        jobs.extend([self.work.next(), self.work.next(), self.work.sync()]);
        if self.work.is_used_up() {
            self.bus.say(&Say::AnyTask).await;
        }
        for job in jobs {
            self.bus.say(&Say::Job(job)).await;
        }
    }

    /// A little later for everybody; hears what there is to hear.
    pub async fn step(&mut self) -> Result<(), String> {
        self.tenant.advance(TimeDelta::milliseconds(1_000));
        self.bus.say(&Say::Clock(self.tenant.now_ms())).await;
        tokio::time::sleep(LOOK).await;
        while let Some(told) = self.bus.heard()? {
            self.take(told);
        }
        Ok(())
    }

    async fn wait_for_point(&mut self) -> Result<String, String> {
        let began = Instant::now();
        let mut idle = Instant::now();
        loop {
            if let Some(point) = &self.stands_at {
                return Ok(format!("at {point}"));
            }
            self.step().await?;
            self.keep_busy(began, &mut idle).await?;
        }
    }

    pub async fn wait_until(&mut self, there: impl Fn(&Lane) -> bool) -> Result<(), String> {
        let began = Instant::now();
        let mut idle = Instant::now();
        while !there(self) {
            self.step().await?;
            self.keep_busy(began, &mut idle).await?;
        }
        Ok(())
    }

    /// What was asked for did not lead there: refused, lost, repeatable. There is more to ask for.
    async fn keep_busy(&mut self, began: Instant, idle: &mut Instant) -> Result<(), String> {
        if began.elapsed() > LIMIT {
            return Err(format!("the bus did not come by where it was to die within {LIMIT:?}"));
        }
        if idle.elapsed() > IDLE {
            *idle = Instant::now();
            let job = self.work.next();
            self.bus.say(&Say::Job(job)).await;
            if self.work.is_used_up() {
                self.bus.say(&Say::AnyTask).await;
            }
        }
        Ok(())
    }

    pub async fn kill(&mut self) {
        for told in self.bus.kill().await {
            self.take(told);
        }
    }

    pub fn take(&mut self, told: Tell) {
        match told {
            Tell::Receipt { name, job } => self.receipt(&name, job),
            Tell::Refused { name, why, .. } => self.refused(&name, &why),
            Tell::Results(lines) => self.judge.hear(lines),
            Tell::At(point) => self.stands_at = Some(point),
            _ => (),
        }
    }

    /// Nobody can do anything to a device that has gone; every other job is in order.
    fn refused(&mut self, name: &str, why: &str) {
        let is_gone = self.names_gone_device(name);
        let handed = self.work.handed.get_mut(name);
        match handed.filter(|handed| handed.receipt.is_none() && is_gone) {
            Some(handed) => handed.is_refused = true,
            None => self
                .judge
                .complain(Breach::Refused, format!("{name} was refused: {why}")),
        }
    }

    /// Whether a device that this job names is not in the tenant any more.
    pub fn names_gone_device(&self, name: &str) -> bool {
        let handed = self.work.handed.get(name);
        handed.is_some_and(|handed| handed.devices.iter().any(|id| !self.tenant.exists(*id)))
    }

    fn receipt(&mut self, name: &str, job: JobId) {
        let Some(handed) = self.work.handed.get_mut(name) else {
            return self
                .judge
                .complain(Breach::Lost, format!("a receipt for {name}, which nobody handed in"));
        };
        match handed.receipt {
            Some(known) if known != job => self.judge.complain(
                Breach::Lost,
                format!("{name} was acknowledged as job {known}, then as {job}"),
            ),
            _ => handed.receipt = Some(job),
        }
    }
}
