//! One campaign from its start to its verdict.
//!
//! After the last kill the bus is started once more and left alone, the tenant stands still, and the judge looks
//! twice: after the next scan of whatever kind every device that exists must be at every server as it is (S3: what
//! was committed for a scan that died is not lost to the next), and after a full scan nothing else may be there.

use std::time::{Duration, Instant};

use intune_connector::app::LocalConnection;
use serde_json::{Value, json};
use simulated_tenant::server::{self, Options, Running};
use simulated_tenant::world::Dice;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use super::bus::{Bus, INSTANCE, LOOK};
use super::control::Sabotage;
use super::fields::{self, Allowed};
use super::judge::{Breach, Complaint, Judge, Part, Truth};
use super::meddler::Meddler;
use super::server::{Manner, Phase, Report, Server};
use super::{churn, killer};

const DEVICES: usize = 300;
const SERVERS: &[(&str, Manner)] = &[
    ("poller-1", Manner::Poll),
    ("poller-2", Manner::Poll),
    ("streamer", Manner::Stream),
];
/// For everything that is waited for at the end.
const LIMIT: Duration = Duration::from_secs(120);
/// Complaints that are printed.
const SHOWN: usize = 10;

pub struct Campaign {
    pub name: &'static str,
    seed: u64,
    kills: u64,
    pub sabotage: Option<Sabotage>,
    pub acknowledges_first: bool,
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
        for complaint in self.complaints.iter().take(SHOWN) {
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
            acknowledges_first: false,
        }
    }

    fn is_honest(&self) -> bool {
        self.sabotage.is_none() && !self.acknowledges_first
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
            };
            tokio::spawn(meddler.run(stopped))
        });

        if self.sabotage == Some(Sabotage::ProgressAhead) {
            whole(&mut bus).await.unwrap();
        }
        let alive = killer::kill(&mut bus, self.kills, self.dice(2), &judge).await;
        stop.send_replace(true);
        let mut happened = churn.await.unwrap();
        let meddled = match meddler {
            Some(meddler) => meddler.await.unwrap(),
            None => 0,
        };
        let killed_ms = began.elapsed().as_millis();
        if alive && !self.is_honest() {
            let provoked = self
                .provoke(&mut bus, &tenant, &mut readers, &judge, &mut happened)
                .await;
            if let Err(problem) = provoked {
                judge.complain(Breach::Bus, problem);
            }
        }
        if alive && let Err(problem) = settle(&mut bus, &tenant, &mut readers, &judge).await {
            judge.complain(Breach::Bus, problem);
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
                acknowledges_first: self.acknowledges_first,
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

    /// A control leaves nothing to chance: whatever the kills have met, here the mistake meets what it spoils. Twenty
    /// devices change that every server would have to be told of; the last start of the bus is an honest one.
    async fn provoke(
        &self,
        bus: &mut Bus,
        tenant: &Running,
        readers: &mut Readers,
        judge: &Judge,
        happened: &mut u64,
    ) -> Result<(), String> {
        if self.sabotage == Some(Sabotage::ProgressAhead) {
            // The mistake is made before the bus starts.
            churn::burst(&tenant.simulated, happened);
            bus.spawn();
            bus.up().await?;
            bus.kill();
            return Ok(());
        }
        bus.spawn();
        let api = Api::new(bus.up().await?);
        if self.sabotage == Some(Sabotage::GoneUnproven) {
            return judge.wait_for(Breach::WrongGone, LIMIT).await;
        }
        api.servers("every server has acknowledged something", |server| {
            !server["acknowledgedAt"].is_null()
        })
        .await?;
        readers.hold().await?;
        churn::burst(&tenant.simulated, happened);
        api.scan("full", |scan| scan["kind"] == "full").await?;
        if self.acknowledges_first {
            readers.phase.send_modify(|phase| phase.hold = false);
        }
        api.servers("every place is at the head", |server| {
            server["instances"][0]["behind"] == 0
        })
        .await?;
        bus.kill();
        readers.phase.send_modify(|phase| {
            phase.crashes += 1;
            phase.hold = false;
        });
        Ok(())
    }
}

struct Readers {
    phase: watch::Sender<Phase>,
    reports: mpsc::Receiver<Report>,
    /// Servers that read nothing for the time being.
    held: watch::Receiver<usize>,
    tasks: JoinSet<()>,
}

impl Readers {
    /// Lets nobody read.
    async fn hold(&mut self) -> Result<(), String> {
        self.phase.send_modify(|phase| phase.hold = true);
        let all = self.held.wait_for(|held| *held == SERVERS.len());
        match tokio::time::timeout(LIMIT, all).await {
            Ok(Ok(_)) => Ok(()),
            _ => Err(format!("a server has not stopped reading within {LIMIT:?}")),
        }
    }

    /// Lets every server read all there is, and compares what each has with the tenant.
    async fn compare(&mut self, judge: &Judge, api: &Api, truth: &Truth, part: Part) -> Result<(), String> {
        self.phase.send_modify(|phase| phase.asked += 1);
        let asked = self.phase.borrow().asked;
        for _ in SERVERS {
            let report = loop {
                let report = tokio::time::timeout(LIMIT, self.reports.recv()).await;
                let report = report
                    .ok()
                    .flatten()
                    .ok_or_else(|| format!("a server has not read to the end within {LIMIT:?}"))?;
                if report.answers == asked {
                    break report;
                }
            };
            let allowed = api.allowed(&report.server).await?;
            judge.compare((&report.server, &allowed), &report.view, truth, part);
        }
        Ok(())
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
async fn honest(bus: &mut Bus) -> Result<Api, String> {
    let mistake = bus.sabotage.take();
    bus.spawn();
    bus.sabotage = mistake;
    Ok(Api::new(bus.up().await?))
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

struct Api {
    http: reqwest::Client,
    way: LocalConnection,
}

impl Api {
    fn new(way: LocalConnection) -> Api {
        let http = reqwest::Client::builder().timeout(LIMIT).build().unwrap();
        Api { http, way }
    }

    /// Waits until all management servers are like that.
    async fn servers(&self, what: &str, fits: impl Fn(&Value) -> bool) -> Result<(), String> {
        let began = Instant::now();
        loop {
            let servers = self.get("/servers").await?;
            let all = servers["servers"].as_array().cloned().unwrap_or_default();
            if all.len() == SERVERS.len() && all.iter().all(&fits) {
                return Ok(());
            }
            if began.elapsed() > LIMIT {
                return Err(format!("not within {LIMIT:?}: {what}: {servers}"));
            }
            tokio::time::sleep(LOOK * 2).await;
        }
    }

    /// What the server may see by its own limits and by those of the instance.
    async fn allowed(&self, server: &str) -> Result<Allowed, String> {
        let own = self.get(&format!("/servers/{server}")).await?["fields"].clone();
        let of_instance = self.get(&format!("/instances/{INSTANCE}")).await?["settings"]["fields"].clone();
        let own: Allowed = serde_json::from_value(own).map_err(|error| error.to_string())?;
        let of_instance: Allowed = match of_instance.as_str() {
            None | Some("*") => None,
            Some(names) => Some(names.split(',').map(|name| name.trim().to_owned()).collect()),
        };
        Ok(match (own, of_instance) {
            (Some(own), Some(other)) => Some(own.intersection(&other).cloned().collect()),
            (own, other) => own.or(other),
        })
    }

    async fn get(&self, path: &str) -> Result<Value, String> {
        let asked = self
            .http
            .get(format!("{}/sics/v1{path}", self.way.url))
            .bearer_auth(&self.way.token);
        let answer = asked.send().await.map_err(|error| error.to_string())?;
        let (status, body) = (
            answer.status(),
            answer.bytes().await.map_err(|error| error.to_string())?,
        );
        match serde_json::from_slice(&body) {
            Ok(value) if status.is_success() => Ok(value),
            _ => Err(format!(
                "{path} was answered with {status}: {}",
                String::from_utf8_lossy(&body)
            )),
        }
    }

    async fn scans(&self) -> Result<Vec<Value>, String> {
        let scans = self.get(&format!("/scans?instance={INSTANCE}")).await?;
        Ok(scans["scans"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|row| row["scan"].clone())
            .collect())
    }

    /// Asks for scans until one that began now has completed and is good.
    async fn scan(&self, kind: &str, good: impl Fn(&Value) -> bool) -> Result<(), String> {
        let began = Instant::now();
        let before = self
            .scans()
            .await?
            .iter()
            .filter_map(|scan| scan["id"].as_i64())
            .max()
            .unwrap_or(0);
        let done = |scan: &&Value| scan["id"].as_i64() > Some(before) && scan["state"] == "completed" && good(scan);
        loop {
            let scans = self.scans().await?;
            if scans.iter().any(|scan| done(&scan)) {
                return Ok(());
            }
            if began.elapsed() > LIMIT {
                let newest = scans.first().cloned().unwrap_or_default();
                return Err(format!(
                    "no {kind} scan came to a good end within {LIMIT:?}; the newest: {newest}"
                ));
            }
            let body = json!({"instance": INSTANCE, "kind": kind});
            let url = format!("{}/sics/v1/scans", self.way.url);
            let asked = self
                .http
                .post(url)
                .bearer_auth(&self.way.token)
                .json(&body)
                .send()
                .await;
            asked.map_err(|error| error.to_string())?;
            tokio::time::sleep(LOOK * 2).await;
        }
    }
}
