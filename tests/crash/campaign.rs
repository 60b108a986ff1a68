//! One campaign from its start to its verdict.
//!
//! After the last kill the bus is started once more and left alone, the tenant stands still, and the judge looks
//! twice: after the next scan of whatever kind every device that exists must be at every server as it is (S3: what
//! was committed for a scan that died is not lost to the next), and after a full scan nothing else may be there.

use std::time::Instant;

use serde_json::Value;
use simulated_tenant::server::{self, Options, Running};
use simulated_tenant::world::Dice;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use super::api::Api;
use super::bus::Bus;
use super::control::Sabotage;
use super::judge::{Breach, Complaint, Judge, Part, Truth};
use super::kept::Habit;
use super::killer::Killer;
use super::meddler::Meddler;
use super::provoke::Provoker;
use super::readers::Readers;
use super::server::{Manner, Phase, Server};
use super::situations::{self, Situations};
use super::{churn, fields};

const DEVICES: usize = 300;
pub const SERVERS: &[(&str, Manner)] = &[
    ("poller-1", Manner::Poll),
    ("poller-2", Manner::Poll),
    ("streamer", Manner::Stream),
];
/// Complaints that are printed.
const SHOWN: usize = 10;

pub struct Campaign {
    pub name: &'static str,
    seed: u64,
    kills: u64,
    pub sabotage: Option<Sabotage>,
    pub habit: Habit,
}

pub struct Outcome {
    pub complaints: Vec<Complaint>,
    pub changes_read: u64,
    pub devices: usize,
    pub servers: usize,
}

impl Outcome {
    pub fn clean(&self) -> bool {
        self.complaints.is_empty()
    }

    pub fn show(&self) {
        // What is seldom first: one of a kind may be the cause of the many.
        let of_kind = |complaint: &Complaint| {
            let same = self.complaints.iter().filter(|other| other.breach == complaint.breach);
            same.count()
        };
        let mut complaints: Vec<&Complaint> = self.complaints.iter().collect();
        complaints.sort_by_key(|complaint| of_kind(complaint));
        for complaint in complaints.into_iter().take(SHOWN) {
            println!("  {:?}: {}", complaint.breach, complaint.text);
        }
        if self.complaints.len() > SHOWN {
            println!("  and {} more", self.complaints.len() - SHOWN);
        }
    }
}

impl Campaign {
    pub fn new(name: &'static str, seed: u64, kills: u64) -> Campaign {
        Campaign {
            name,
            seed,
            kills,
            sabotage: None,
            habit: Habit::Right,
        }
    }

    fn is_honest(&self) -> bool {
        self.sabotage.is_none() && self.habit == Habit::Right
    }

    fn dice(&self, purpose: u64) -> Dice {
        Dice::apart(self.seed, purpose)
    }

    pub async fn run(self) -> Outcome {
        let began = Instant::now();
        let mut options = Options::quick(DEVICES, self.seed);
        // Each start begins with a budget of its own; the published limits would throttle a hundred of them.
        options.tuning.limits.enabled = false;
        let tenant = server::start(options).await.unwrap();
        let simulated = tenant.simulated.clone();
        let judge = Judge::new(simulated.tenants().remove(0));
        let folder = tempfile::tempdir().unwrap();
        let mut bus = Bus::prepare(folder.path(), &tenant, self.sabotage);
        let (stop, stopped) = watch::channel(false);
        let churn = tokio::spawn(churn::run(simulated.clone(), self.dice(1), stopped.clone()));
        let mut readers = self.readers(&bus, &judge);
        let meddler = self.is_honest().then(|| {
            let meddler = Meddler {
                servers: SERVERS.iter().map(|(id, _)| *id).collect(),
                way: bus.way.subscribe(),
                simulated: simulated.clone(),
                judge: judge.clone(),
                dice: self.dice(3),
                phase: readers.phase.subscribe(),
                armed: Vec::new(),
            };
            tokio::spawn(meddler.run(stopped))
        });

        if self.is_honest() || self.sabotage == Some(Sabotage::StandsStill) {
            bus.take_clock(folder.path());
        }
        if self.sabotage == Some(Sabotage::ProgressAhead) {
            whole(&mut bus).await.unwrap();
        }
        let situations = self.is_honest().then(|| Situations {
            simulated: simulated.clone(),
            judge: judge.clone(),
            phase: readers.phase.clone(),
            dice: self.dice(4),
        });
        let mut killer = Killer {
            dice: self.dice(2),
            judge: judge.clone(),
            situations,
        };
        let alive = killer.kill(&mut bus, self.kills).await;
        stop.send_replace(true);
        let mut happened = churn.await.unwrap();
        let meddled = match meddler {
            Some(meddler) => meddler.await.unwrap(),
            None => 0,
        };
        let killed_ms = began.elapsed().as_millis();
        if alive && !self.is_honest() {
            let provoker = Provoker {
                simulated: simulated.clone(),
                judge: judge.clone(),
                sabotage: self.sabotage,
            };
            if let Err(problem) = provoker.provoke(&mut bus, &mut readers, &mut happened).await {
                judge.complain(Breach::Bus, problem);
            }
        }
        let shows_at_once = self.sabotage.is_some_and(|sabotage| sabotage.shows_as().is_some());
        if alive
            && !shows_at_once
            && let Err(problem) = settle(&mut bus, &tenant, &mut readers, &judge).await
        {
            judge.complain(Breach::Bus, problem);
        }
        if self.is_honest() && alive {
            for missed in situations::unreached(self.kills, &judge) {
                judge.complain(Breach::Unreached, format!("it never came about that {missed}"));
            }
        }
        readers.tasks.shutdown().await;
        bus.mistakes()
            .into_iter()
            .for_each(|line| judge.complain(Breach::Bus, line));
        println!(
            "{}: {} kills in {killed_ms} ms, {happened} changes in the tenant, {meddled} deeds, settled after {} ms",
            self.name,
            self.kills,
            began.elapsed().as_millis() - killed_ms
        );
        if self.is_honest() {
            judge
                .all_reached()
                .iter()
                .for_each(|(what, times)| println!("  {times} times: {what}"));
        }
        drop(bus);
        let outcome = Outcome {
            complaints: judge.complaints(),
            changes_read: judge.changes_read(),
            devices: truth(&tenant).await.len(),
            servers: SERVERS.len(),
        };
        if self.is_honest() && !outcome.clean() {
            println!("  what it left is in {}", folder.keep().display());
        }
        tenant.stop().await;
        outcome
    }

    fn readers(&self, bus: &Bus, judge: &Judge) -> Readers {
        let (phase, _) = watch::channel(Phase::default());
        let (tell, reports) = mpsc::channel(SERVERS.len());
        let (holding, held) = watch::channel(0);
        let mut tasks = JoinSet::new();
        for (index, (id, manner)) in SERVERS.iter().enumerate() {
            let server = Server {
                id: (*id).to_owned(),
                // Who streams acknowledges by chance; a control leaves nothing to it.
                manner: if self.is_honest() { *manner } else { Manner::Poll },
                habit: self.habit,
                way: bus.way.subscribe(),
                phase: phase.subscribe(),
                reports: tell.clone(),
                holding: holding.clone(),
                dice: self.dice(10 + index as u64),
                judge: judge.clone(),
            };
            tasks.spawn(server.run());
        }
        Readers {
            phase,
            reports,
            held,
            tasks,
        }
    }
}

/// The tenant stands still; the bus starts a last time, and everybody reads to the end.
async fn settle(bus: &mut Bus, tenant: &Running, readers: &mut Readers, judge: &Judge) -> Result<(), String> {
    readers.phase.send_modify(|phase| phase.calm = true);
    let api = honest(bus).await?;
    let truth = truth(tenant).await;

    api.scan("incremental", |_| true).await?;
    readers.compare(judge, &api, &truth, Part::Present).await?;
    api.scan("full", |scan| scan["kind"] == "full" && scan["missing"] == 0)
        .await?;
    readers.compare(judge, &api, &truth, Part::Whole).await?;

    let audit = api.get("/audit/verify").await?;
    if !audit["brokenAt"].is_null() || audit["entries"].as_u64().is_none() {
        judge.complain(Breach::Audit, audit.to_string());
    }
    bus.lives()
}

/// Starts the bus without its mistake.
pub async fn honest(bus: &mut Bus) -> Result<Api, String> {
    let mistake = bus.sabotage.take();
    bus.spawn();
    bus.sabotage = mistake;
    Ok(Api::new(bus.up().await?.connection))
}

/// Lets one full scan complete: the saboteur of incremental scans needs some.
async fn whole(bus: &mut Bus) -> Result<(), String> {
    honest(bus).await?.scan("full", |scan| scan["kind"] == "full").await?;
    bus.kill();
    Ok(())
}

/// Some properties are shown only to whoever asks for one device, and for them by name.
pub async fn truth(tenant: &Running) -> Truth {
    let of = async |query: String| {
        let answer = reqwest::get(format!("{}/simulator/devices?{query}", tenant.base)).await;
        let body: Value = serde_json::from_slice(&answer.unwrap().bytes().await.unwrap()).unwrap();
        body["devices"].as_array().unwrap().clone()
    };
    let list = of("view=list".to_owned()).await;
    let Some(first) = list.first() else {
        return Truth::new();
    };
    let all = of(format!("view=get&select={}", fields::read_of(first).join(","))).await;
    let named = |(list, whole): (Value, Value)| {
        assert_eq!(list["id"], whole["id"]);
        (list["id"].as_str().unwrap().to_owned(), (list, whole))
    };
    list.into_iter().zip(all).map(named).collect()
}
