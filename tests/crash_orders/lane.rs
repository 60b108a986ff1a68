//! One tenant, one bus, a kill at each of its points, and the verdict.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta};
use intune_connector::orders::OrderFailpoint;
use reqwest::Method;
use serde_json::{Value, json};
use simulated_tenant::fault::Rule;
use simulated_tenant::{DirectoryTuning, NameStyle, Running, SimClock, Tuning};
use uuid::Uuid;

use super::bus::{BEGIN_MS, Bus, Program};
use super::mistake::Mistake;
use super::order_bodies::{INSTANCE, PRODUCT, ROLES, merge, order_body, usual_answers};
use super::order_tenant::{self, Machine};
use super::{judge, provoke};

/// The application of most orders, and the one with a term.
pub const MAIN: &str = "main";
pub const TERM: &str = "term";
/// From look to look; every job is due after it.
const STEP: TimeDelta = TimeDelta::seconds(61);
/// Looks until something has to be so.
const LOOKS: usize = 1_200;

pub struct Plan {
    pub name: String,
    pub points: Vec<OrderFailpoint>,
    pub mistake: Option<Mistake>,
    pub program: Program,
    /// Strikes by chance until the kills are over.
    pub fault: Option<Value>,
}

#[derive(Default)]
pub struct Outcome {
    pub complaints: Vec<String>,
    pub kills: u64,
    /// Kills by the point at which they met the bus.
    pub met: BTreeMap<String, u64>,
    pub orders: usize,
    pub applications: usize,
}

impl Outcome {
    pub fn add(&mut self, other: Outcome) {
        self.complaints.extend(other.complaints);
        self.kills += other.kills;
        self.orders += other.orders;
        self.applications += other.applications;
        for (point, count) in other.met {
            *self.met.entry(point).or_default() += count;
        }
    }
}

/// How an order has to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    Done,
    Cancelled,
    /// Done, and then taken back.
    TermEnded,
}

#[derive(Debug, Clone)]
pub struct PlacedOrder {
    pub id: String,
    pub application: String,
    pub kind: &'static str,
    pub object: Uuid,
    pub expected: Expected,
}

pub struct Lane {
    pub bus: Bus,
    pub sim: Running,
    pub orders: Vec<PlacedOrder>,
    /// Applications that were ever linked, and those that were removed.
    pub linked: Vec<String>,
    pub removed: Vec<String>,
    pub foreign: Vec<String>,
    mistake: Option<Mistake>,
    _folder: tempfile::TempDir,
}

/// Carries a plan out.
pub async fn run_plan(plan: Plan) -> Outcome {
    let mut lane = Lane::begin(&plan).await;
    let mut outcome = Outcome::default();
    for point in &plan.points {
        if let Some(fault) = &plan.fault {
            lane.sim.simulated.faults().arm(read_rule(fault));
        }
        let has_met = lane.kill_at(*point).await;
        lane.sim.simulated.faults().clear();
        outcome.kills += 1;
        if has_met {
            *outcome.met.entry(format!("{point:?}")).or_default() += 1;
        } else {
            outcome.complaints.push(format!("the bus never came by {point:?}"));
        }
    }
    outcome.complaints.extend(lane.settle().await);
    outcome.complaints.extend(judge::find_complaints(&lane).await);
    outcome.orders = lane.orders.len();
    outcome.applications = lane.linked.len();
    lane.bus.kill().await;
    let named = |complaint: String| format!("{}: {complaint}", plan.name);
    outcome.complaints = outcome.complaints.into_iter().map(named).collect();
    outcome
}

fn read_rule(fault: &Value) -> Rule {
    serde_json::from_value(fault.clone()).unwrap()
}

impl Lane {
    /// A bus with app orders, and the applications that every kill needs.
    async fn begin(plan: &Plan) -> Lane {
        let folder = tempfile::tempdir().unwrap();
        let clock = SimClock::manual(DateTime::from_timestamp_millis(BEGIN_MS).unwrap());
        let tuning = Tuning {
            directory: DirectoryTuning {
                group_lag_ms: 3_000,
                member_lag_ms: 3_000,
                ..DirectoryTuning::default()
            },
            ..Tuning::default()
        };
        let options = simulated_tenant::Options {
            clock: clock.clone(),
            names: NameStyle::Plain,
            tuning,
            ..simulated_tenant::Options::quick(0, 7)
        };
        let sim = simulated_tenant::start(options).await.unwrap();
        let mut lane = Lane {
            bus: Bus::prepare(folder.path(), plan.program, plan.mistake, clock),
            foreign: order_tenant::foreign_things(&sim),
            sim,
            orders: Vec::new(),
            linked: Vec::new(),
            removed: Vec::new(),
            mistake: plan.mistake,
            _folder: folder,
        };
        order_tenant::grant(&lane.sim, &ROLES).await;
        lane.bus.spawn(None).await;
        let answers = usual_answers(&lane.sim, json!({"sync_after": true, "time_limit_h": 8_760}));
        let body = json!({"answers": answers, "anyway": ["verify"]});
        lane.until_taken(
            Method::POST,
            &format!("/sics/v1/products/{PRODUCT}/installations"),
            &body,
        )
        .await;
        let path = format!("/sics/v1/installations/{INSTANCE}");
        lane.until(&path, |seen| seen["state"] == "installed").await;
        lane.until("/sics/v1/apps", |seen| seen["apps"].is_array()).await;
        lane.link(MAIN, json!({})).await;
        lane.link(TERM, json!({"termDays": 1})).await;
        for application in [MAIN, TERM] {
            lane.until_linked(application).await;
        }
        lane
    }

    /// Has the bus come by this point, and kills it there; false where it never came.
    async fn kill_at(&mut self, point: OrderFailpoint) -> bool {
        let prepared = provoke::prepare(self, point).await;
        self.bus.kill().await;
        self.bus.spawn(Some(point)).await;
        provoke::act(self, point, prepared).await;
        let mut has_met = false;
        for _ in 0..LOOKS {
            if self.bus.stands_still() {
                has_met = true;
                break;
            }
            self.bus.advance(STEP).await;
        }
        if self.mistake == Some(Mistake::ForgetsGroup) && point == OrderFailpoint::AfterGroupCreate {
            order_tenant::take_mark_from_newest_group(&self.sim);
        }
        if self.mistake == Some(Mistake::TouchesOthers) {
            order_tenant::touch_foreign_group(&self.sim);
        }
        self.bus.kill().await;
        self.bus.spawn(None).await;
        has_met
    }

    /// Lets everything come to its end in peace.
    async fn settle(&mut self) -> Vec<String> {
        let mut complaints = Vec::new();
        for order in self.orders.clone() {
            let path = format!("/sics/v1/orders/{}", order.id);
            if self.find(&path, |seen| seen["status"].is_number()).await.is_none() {
                complaints.push(format!("{} has not ended", order.id));
            }
        }
        // Terms end, and what was cancelled is taken back.
        self.bus.advance(TimeDelta::days(2)).await;
        for _ in 0..LOOKS / 10 {
            self.bus.advance(STEP).await;
        }
        // On a busy machine that takes longer; what is wrong all the same is the judge's to say.
        for _ in 0..LOOKS {
            if judge::find_misplaced(self).await.is_empty() {
                break;
            }
            self.bus.advance(STEP).await;
        }
        for application in self.removed.clone() {
            let path = format!("/sics/v1/applications/{application}");
            if self.find(&path, |seen| seen["code"] == "unknown").await.is_none() {
                complaints.push(format!("the application {application} is not removed"));
            }
        }
        complaints
    }

    /// Asks until the bus has taken it; it may be killed meanwhile, or be busy.
    pub async fn until_taken(&mut self, method: Method, path: &str, body: &Value) -> Value {
        let mut last = None;
        for _ in 0..LOOKS {
            match self.bus.ask(method.clone(), path, body).await {
                Some((status, answer)) if status < 300 => return answer,
                other => last = other,
            }
            self.bus.advance(TimeDelta::seconds(1)).await;
        }
        panic!("{path} is not taken: {last:?}");
    }

    /// Looks, while time passes, until something is so.
    pub async fn until(&mut self, path: &str, holds: impl Fn(&Value) -> bool) -> Value {
        let found = self.find(path, holds).await;
        found.unwrap_or_else(|| panic!("waited in vain: {path}"))
    }

    pub async fn find(&mut self, path: &str, holds: impl Fn(&Value) -> bool) -> Option<Value> {
        for _ in 0..LOOKS {
            if let Some((_, seen)) = self.bus.ask(Method::GET, path, &json!({})).await
                && holds(&seen)
            {
                return Some(seen);
            }
            self.bus.advance(STEP).await;
        }
        None
    }

    pub async fn link(&mut self, id: &str, change: Value) {
        let app = order_tenant::add_app(&self.sim, &format!("App of {id}"));
        let body = merge(json!({"app": app}), change);
        self.linked.push(id.to_owned());
        self.until_taken(Method::PUT, &format!("/sics/v1/applications/{id}"), &body)
            .await;
    }

    pub async fn until_linked(&mut self, id: &str) -> Value {
        let path = format!("/sics/v1/applications/{id}");
        self.until(&path, |seen| seen["state"] == "creationSucceeded").await
    }

    /// An order for a device; its place among all.
    pub async fn place(
        &mut self,
        application: &str,
        kind: &'static str,
        machine: &Machine,
        expected: Expected,
    ) -> usize {
        let id = format!("order-{}", self.orders.len() + 1);
        let target = json!({"device": machine.intune.to_string()});
        let body = order_body(&id, application, kind, target);
        self.orders.push(PlacedOrder {
            id,
            application: application.to_owned(),
            kind,
            object: machine.object,
            expected,
        });
        self.until_taken(Method::POST, "/sics/v1/orders", &body).await;
        self.orders.len() - 1
    }

    pub async fn until_state(&mut self, place: usize, state: &str) {
        let path = format!("/sics/v1/orders/{}", self.orders[place].id);
        self.until(&path, |seen| seen["state"] == state).await;
    }
}
