//! A bus whose clock is moved, the tenant that it reads, and the database that its target writes into. What happens in the tenant is
//! looked for in the database.

use std::time::Duration;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use reqwest::Method;
use serde_json::{Value, json};
use simulated_tenant::server::Options;
use tokio_postgres::NoTls;
use tokio_postgres::types::{ToSql, Type};

use super::machine_clock::MachineClock;
use super::postgres_server::PostgresServer;
use super::target_bus::{INSTANCE, TargetBus};

const DATABASE: &str = "fresh";
const PASSWORD: &str = "the password of the target";
/// Clocks are set forward by so much at once.
const STEP: TimeDelta = TimeDelta::seconds(5);
const LOOK: Duration = Duration::from_millis(20);
/// Looks in which nothing comes to rest.
const LOOKS_MOST: usize = 15_000;
/// Of the instance, beside the defaults.
const SETTINGS: [&str; 2] = ["enrich=off", "primary_user=off"];

pub struct FreshScene {
    bus: TargetBus,
    target: String,
    database: tokio_postgres::Client,
    clock: MachineClock,
    ahead: TimeDelta,
    /// Devices to which nothing has happened, by id.
    untouched: Vec<String>,
    open: Vec<Happening>,
    changes: Vec<TimeDelta>,
    removals: Vec<TimeDelta>,
    dice: Dice,
    _server: PostgresServer,
    _folder: tempfile::TempDir,
}

/// What has happened to a device, and is not in the database yet.
struct Happening {
    device: String,
    at: DateTime<Utc>,
    /// `None`: it was removed.
    name: Option<String>,
}

/// The same numbers in each run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit.max(1)
    }
}

/// How often something happens: once in each span, at any moment of its beginning.
#[derive(Debug, Clone, Copy)]
pub struct Rhythm {
    pub every: TimeDelta,
    pub within: TimeDelta,
}

/// Where a rhythm stands.
struct Course {
    rhythm: Rhythm,
    span: DateTime<Utc>,
    next: DateTime<Utc>,
}

impl Course {
    fn begin(rhythm: Rhythm, span: DateTime<Utc>, dice: &mut Dice) -> Course {
        let seconds = dice.below(rhythm.within.num_seconds().unsigned_abs());
        let next = span + TimeDelta::seconds(i64::try_from(seconds).unwrap_or_default());
        Course { rhythm, span, next }
    }

    /// Whether the moment of this span has come; then the next one has another.
    fn is_due(&mut self, now: DateTime<Utc>, dice: &mut Dice) -> bool {
        let is_due = now >= self.next;
        if is_due {
            *self = Course::begin(self.rhythm, self.span + self.rhythm.every, dice);
        }
        is_due
    }
}

impl FreshScene {
    /// With everything written. `None`: this machine has no PostgreSQL, and it was told.
    pub async fn start(devices: usize) -> Option<FreshScene> {
        let server = tokio::task::block_in_place(|| {
            let server = PostgresServer::start("how soon a change stands in an inventory")?;
            server.make_database(DATABASE, DATABASE, PASSWORD);
            Some(server)
        })?;
        let folder = tempfile::tempdir().expect("a folder");
        let clock = MachineClock::new(folder.path());
        let options = Options::quick(devices, 1);
        let bus = TargetBus::start(options, &SETTINGS, |command| _ = clock.put_into(command)).await;
        let answers = json!({
            "profile": "PostgreSQL", "host": "127.0.0.1", "port": server.port, "database": DATABASE, "user": DATABASE,
            "password": PASSWORD, "tls": "off", "allow_private_addresses": true,
        });
        let target = bus.install("intune-target-postgresql", answers).await;
        let question = bus.question(&target).await;
        bus.consent(&target, &question).await;
        bus.settle(&target).await;
        let mut config = tokio_postgres::Config::new();
        config.host("127.0.0.1").port(server.port).dbname(DATABASE);
        config.user(DATABASE).password(PASSWORD);
        let (database, connection) = config.connect(NoTls).await.expect("the database answers");
        tokio::spawn(connection);
        let mut scene = FreshScene {
            bus,
            target,
            database,
            clock,
            ahead: TimeDelta::zero(),
            untouched: Vec::new(),
            open: Vec::new(),
            changes: Vec::new(),
            removals: Vec::new(),
            dice: Dice(1),
            _server: server,
            _folder: folder,
        };
        let sql = "SELECT device_id::text FROM intune.devices WHERE state = 'active' ORDER BY device_id";
        scene.untouched = scene.ask(sql, &[]).await;
        assert!(!scene.untouched.is_empty(), "the target has written nothing");
        scene.rest().await;
        Some(scene)
    }

    /// The first column of each row, a text.
    async fn ask(&self, sql: &str, parameters: &[&str]) -> Vec<String> {
        let typed = parameters
            .iter()
            .map(|value| (value as &(dyn ToSql + Sync), Type::TEXT));
        let typed: Vec<_> = typed.collect();
        let rows = self
            .database
            .query_typed(sql, &typed)
            .await
            .expect("the database answers");
        rows.iter().map(|row| row.get(0)).collect()
    }

    /// By the clocks that are moved.
    fn now(&self) -> DateTime<Utc> {
        Utc::now() + self.ahead
    }

    pub fn count_requests(&self) -> u64 {
        let counters = self.bus.tenant.simulated.log().counters();
        let graph = counters.by_path.iter().filter(|(path, _)| path.contains("/v1.0/"));
        graph.map(|(_, count)| count).sum()
    }

    /// Lets this time pass.
    pub async fn pass(&mut self, time: TimeDelta) {
        let end = self.now() + time;
        while self.now() < end {
            self.step().await;
        }
    }

    /// Lets this time pass, and things happen meanwhile.
    pub async fn live(&mut self, time: TimeDelta, changes: Rhythm, removals: Rhythm) {
        let (now, end) = (self.now(), self.now() + time);
        let mut changes = Course::begin(changes, now, &mut self.dice);
        let mut removals = Course::begin(removals, now, &mut self.dice);
        while self.now() < end {
            if changes.is_due(self.now(), &mut self.dice) {
                self.change_device().await;
            }
            if removals.is_due(self.now(), &mut self.dice) {
                self.remove_device().await;
            }
            self.step().await;
        }
    }

    fn pick_device(&mut self) -> String {
        let at = self.dice.below(self.untouched.len() as u64);
        self.untouched.swap_remove(usize::try_from(at).unwrap_or_default())
    }

    async fn change_device(&mut self) {
        let (device, at) = (self.pick_device(), self.now());
        let name = format!("FRESH-{}", self.untouched.len());
        let last_sync = at.to_rfc3339_opts(SecondsFormat::Secs, true);
        let properties = json!({"deviceName": name, "lastSyncDateTime": last_sync});
        let path = format!("devices/{device}");
        self.bus
            .control(Method::PATCH, &path, &json!({ "properties": properties }))
            .await;
        self.open.push(Happening {
            device,
            at,
            name: Some(name),
        });
    }

    async fn remove_device(&mut self) {
        let (device, at) = (self.pick_device(), self.now());
        self.bus
            .control(Method::DELETE, &format!("devices/{device}"), &json!({}))
            .await;
        self.open.push(Happening { device, at, name: None });
    }

    /// Sets the clocks forward, and waits until everything that follows is done.
    async fn step(&mut self) {
        self.ahead += STEP;
        self.clock.set(self.ahead.num_seconds());
        self.bus.tenant.simulated.clock().run(self.ahead);
        self.rest().await;
    }

    /// Waits until nothing is due, nothing runs, and everything is written; looks for what has happened meanwhile.
    async fn rest(&mut self) {
        for _ in 0..LOOKS_MOST {
            let status = self.bus.get(&format!("/sics/v1/instances/{INSTANCE}")).await["status"].clone();
            let is_ahead = |key: &str| read_time(&status[key]).is_some_and(|at| at > self.now());
            let is_idle = status["state"] == "idle" && is_ahead("nextFull") && is_ahead("nextIncremental");
            let target = self.bus.target(&self.target).await;
            if !target["question"].is_null() {
                // More than an ordinary day has: the tenant is small.
                let question = self.bus.question(&self.target).await;
                self.bus.consent(&self.target, &question).await;
            }
            self.look_for_told().await;
            if is_idle && target["behind"] == 0 && target["paused"].is_null() && target["question"].is_null() {
                return;
            }
            tokio::time::sleep(LOOK).await;
        }
        panic!("nothing comes to rest: {}", self.bus.target(&self.target).await);
    }

    async fn look_for_told(&mut self) {
        let mut waiting = Vec::new();
        for happening in std::mem::take(&mut self.open) {
            let there = match &happening.name {
                Some(name) => {
                    let sql = "SELECT 'told' FROM intune.devices WHERE device_id = $1::uuid AND device_name = $2";
                    self.ask(sql, &[happening.device.as_str(), name.as_str()]).await
                }
                None => {
                    let sql = "SELECT 'told' FROM intune.devices WHERE device_id = $1::uuid AND state <> 'active'";
                    self.ask(sql, &[happening.device.as_str()]).await
                }
            };
            if there.is_empty() {
                waiting.push(happening);
                continue;
            }
            let age = self.now() - happening.at;
            if happening.name.is_some() {
                self.changes.push(age);
            } else {
                self.removals.push(age);
            }
        }
        self.open = waiting;
    }

    pub fn change_ages(&self) -> Vec<TimeDelta> {
        self.changes.clone()
    }

    pub fn removal_ages(&self) -> Vec<TimeDelta> {
        self.removals.clone()
    }

    /// What has happened and does not stand in the database.
    pub fn count_open(&self) -> usize {
        self.open.len()
    }
}

fn read_time(value: &Value) -> Option<DateTime<Utc>> {
    value.as_str().and_then(|text| text.parse().ok())
}
