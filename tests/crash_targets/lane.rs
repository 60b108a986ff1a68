//! One tenant, one bus, inventories of each kind; kills of all of them; the verdict.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use intune_connector::targets::TargetFailpoint;
use reqwest::Method;
use serde_json::{Value, json};
use simulated_tenant::Running;
use simulated_tenant::world::Dice;

use super::bus::{Bus, Program};
use super::inventories::{Inventory, InventoryKind, SeenRecord};
use super::judge;
use super::judge_theirs::{self, HandEdit};
use super::kills::{self, Killed};
use super::mistake::Mistake;
use super::target_bodies::{INSTANCE, installation_path};
use super::world::{self, Seeds};

/// Between two looks.
const LOOK: Duration = Duration::from_millis(100);
/// Looks until something has to be so.
const LOOKS: usize = 3_000;
/// Looks until the verdict has to be clean: pauses pass, scans come.
const SETTLE_LOOKS: u32 = 60;
/// Requests for a device that is looked at again, at most: by its id in three lists, by its serial number, and a write.
const LOOKS_FOR_OPEN: u64 = 5;
/// Of kinds that look at names, and try what they are about to make.
const LOOKS_FOR_NAME: u64 = 3;

pub struct Plan {
    pub name: String,
    pub seed: u64,
    pub devices: usize,
    pub kills: Vec<Killed>,
    pub kinds: Vec<InventoryKind>,
    pub mistake: Option<Mistake>,
    pub program: Program,
}

#[derive(Default)]
pub struct Outcome {
    pub complaints: Vec<String>,
    /// Kills by what was killed, and where.
    pub met: BTreeMap<String, u64>,
    pub devices: usize,
    pub records: usize,
    pub lost: u64,
}

impl Outcome {
    #[allow(dead_code, reason = "the campaign adds up, the test has one lane")]
    pub fn add(&mut self, other: Outcome) {
        self.complaints.extend(other.complaints);
        self.devices += other.devices;
        self.records += other.records;
        self.lost += other.lost;
        for (what, count) in other.met {
            *self.met.entry(what).or_default() += count;
        }
    }

    pub fn kills(&self) -> u64 {
        self.met.values().sum()
    }
}

/// An inventory and the target that writes into it.
pub struct Side {
    pub inventory: Inventory,
    pub target: String,
    pub seeds: Seeds,
}

pub struct Lane {
    pub bus: Bus,
    pub sim: Running,
    pub sides: Vec<Side>,
    pub dice: Dice,
    /// Devices that there were at any time.
    pub known: BTreeSet<String>,
    pub edits: Vec<HandEdit>,
    /// Records that nobody may delete.
    pub lasting: BTreeSet<(InventoryKind, String)>,
    mistake: Option<Mistake>,
    _folder: tempfile::TempDir,
}

/// Carries a plan out.
pub async fn run_plan(plan: Plan) -> Outcome {
    let mut lane = Lane::begin(&plan).await;
    let mut outcome = Outcome::default();
    let middle = plan.kills.len() / 2;
    for (number, killed) in plan.kills.iter().enumerate() {
        if number == middle && lane.mistake.is_none() {
            lane.until_editable().await;
        }
        let has_met = kills::kill_once(&mut lane, *killed).await;
        if has_met {
            *outcome.met.entry(killed.to_string()).or_default() += 1;
        } else {
            outcome.complaints.push(format!("the bus never came by {killed}"));
        }
        if number == middle && lane.mistake.is_none() {
            lane.edits = judge_theirs::edit_by_hand(&lane).await;
            lane.lasting = judge_theirs::list_lasting(&lane).await;
        }
    }
    let unsettled = lane.settle().await;
    outcome.complaints.extend(unsettled);
    outcome.complaints.extend(judge::find_complaints(&lane).await);
    if lane.mistake.is_none() && outcome.complaints.is_empty() {
        outcome.complaints.extend(lane.tell_again().await);
    }
    outcome.complaints.extend(lane.bus.panics());
    outcome.devices = world::read_truth(&lane.sim).await.len();
    for side in &lane.sides {
        outcome.records += side.inventory.records().await.len();
        outcome.lost += side.inventory.lost();
    }
    lane.bus.kill().await;
    let named = |complaint: String| format!("{}: {complaint}", plan.name);
    outcome.complaints = outcome.complaints.into_iter().map(named).collect();
    outcome
}

impl Lane {
    async fn begin(plan: &Plan) -> Lane {
        let folder = tempfile::tempdir().unwrap();
        let sim = world::start_tenant(plan.devices, plan.seed).await;
        let truth = world::read_truth(&sim).await;
        let mut dice = Dice::apart(plan.seed, 1);
        let mut lane = Lane {
            bus: Bus::prepare(folder.path(), &sim, plan.program, plan.mistake),
            sim,
            sides: Vec::new(),
            known: truth.keys().cloned().collect(),
            edits: Vec::new(),
            lasting: BTreeSet::new(),
            mistake: plan.mistake,
            dice: Dice::apart(plan.seed, 2),
            _folder: folder,
        };
        lane.bus.spawn(None);
        lane.bus.up().await;
        lane.until_scanned().await;
        for kind in &plan.kinds {
            let Some(inventory) = Inventory::open_own(*kind).await else {
                continue;
            };
            if let Inventory::File(side) = &inventory {
                side.list_in(&lane.bus.folder);
            }
            let seeds = world::plant_seeds(&inventory, &truth, &mut dice).await;
            let target = lane.install(&inventory).await;
            lane.sides.push(Side {
                inventory,
                target,
                seeds,
            });
        }
        lane
    }

    async fn install(&self, inventory: &Inventory) -> String {
        let kind = inventory.kind();
        let own = match kind {
            // What goes is deleted there, where it was made here; elsewhere it is marked.
            InventoryKind::SnipeIt => json!({"delete_allowed": true}),
            _ => json!({}),
        };
        let body = json!({"answers": inventory.answers(own), "anyway": ["verify"]});
        let made = self.until_taken(Method::POST, &installation_path(kind), &body).await;
        let target = made["name"].as_str().unwrap().to_owned();
        self.until(&format!("/sics/v1/targets/{target}"), |seen| seen["running"] == true)
            .await;
        if kind == InventoryKind::SnipeIt {
            let path = format!("/sics/v1/targets/{target}");
            let mapping = self
                .until(&format!("{path}/mapping"), |seen| seen["text"].is_string())
                .await;
            let mut text: Value = serde_json::from_str(mapping["text"].as_str().unwrap()).unwrap();
            text["gone"]["deleted"] = json!("delete");
            let body = json!({"text": text.to_string()});
            self.until_taken(Method::PUT, &format!("{path}/mapping"), &body).await;
        }
        if kind.makes_fields() {
            let path = format!("/sics/v1/targets/{target}");
            self.until_taken(Method::POST, &format!("{path}/fields"), &json!({}))
                .await;
        }
        target
    }

    /// Has the tenant read; whether it is, nobody waits for.
    pub async fn ask_for_scan(&self, kind: &str) {
        let body = json!({"instance": INSTANCE, "kind": kind});
        let _ = self.bus.ask(Method::POST, "/sics/v1/scans", &body).await;
    }

    /// Asks for full scans until one that began now has completed.
    pub async fn until_scanned(&self) {
        let path = format!("/sics/v1/scans?instance={INSTANCE}&limit=20");
        let newest = |seen: &Value| {
            let scans = seen["scans"].as_array().into_iter().flatten();
            scans.filter_map(|row| row["scan"]["id"].as_i64()).max().unwrap_or(0)
        };
        let before = self.until(&path, |seen| seen["scans"].is_array()).await;
        let before = newest(&before);
        for _ in 0..LOOKS {
            self.ask_for_scan("full").await;
            tokio::time::sleep(LOOK).await;
            let seen = self.bus.get(&path).await.unwrap_or_default();
            let is_done = |row: &Value| {
                let scan = &row["scan"];
                scan["id"].as_i64() > Some(before) && scan["kind"] == "full" && scan["state"] == "completed"
            };
            if seen["scans"].as_array().into_iter().flatten().any(is_done) {
                return;
            }
        }
        panic!("no full scan has completed");
    }

    /// Has the bus write until somebody finds records that they can change: on a busy machine, the life before a kill is too
    /// short for the first of them.
    async fn until_editable(&mut self) {
        if !self.bus.is_running() {
            self.bus.spawn(None);
            self.bus.up().await;
        }
        for _ in 0..LOOKS {
            if judge_theirs::can_edit(self).await {
                return;
            }
            self.ask_for_scan("full").await;
            self.agree().await;
            tokio::time::sleep(LOOK).await;
        }
        panic!("an inventory has no records that somebody could change by hand");
    }

    /// Somebody looks at what is asked, and agrees to it.
    pub async fn agree(&self) {
        for side in &self.sides {
            let path = format!("/sics/v1/targets/{}", side.target);
            let Some(question) = self.bus.get(&format!("{path}/question")).await else {
                continue;
            };
            let body = json!({"digest": question["digest"]});
            let _ = self.bus.ask(Method::POST, &format!("{path}/consent"), &body).await;
        }
    }

    async fn is_settled(&self) -> bool {
        for side in &self.sides {
            let seen = self.bus.get(&format!("/sics/v1/targets/{}", side.target)).await;
            let is_settled =
                seen.is_some_and(|seen| seen["behind"] == 0 && seen["question"].is_null() && seen["paused"].is_null());
            if !is_settled {
                return false;
            }
        }
        true
    }

    async fn until_settled(&self) -> bool {
        for _ in 0..LOOKS {
            if self.is_settled().await {
                return true;
            }
            self.agree().await;
            tokio::time::sleep(LOOK).await;
        }
        false
    }

    /// Everything is there and nothing goes wrong any more: all comes to its end in peace.
    async fn settle(&mut self) -> Vec<String> {
        for side in &self.sides {
            side.inventory.keep_answers();
        }
        self.bus.kill().await;
        self.bus.spawn(None);
        self.bus.up().await;
        for look in 1..=SETTLE_LOOKS {
            self.until_scanned().await;
            if !self.until_settled().await {
                return self.describe_unsettled().await;
            }
            // On a busy machine something may still be on its way; what is wrong all the same is the judge's to say.
            if self.mistake.is_some() || judge::find_complaints(self).await.is_empty() {
                break;
            }
            // Longer each time: users are read between two scans.
            tokio::time::sleep(LOOK * look).await;
        }
        Vec::new()
    }

    async fn describe_unsettled(&self) -> Vec<String> {
        let mut complaints = Vec::new();
        for side in &self.sides {
            let seen = self.bus.get(&format!("/sics/v1/targets/{}", side.target)).await;
            let seen = seen.unwrap_or_default();
            complaints.push(format!("{} has not settled: {seen}", side.target));
        }
        complaints
    }

    /// A fleet that is told again unchanged costs no request, and changes nothing; but for devices about which a person has to
    /// decide, which are looked at again, and those that share a record, which whoever checked in last fills.
    async fn tell_again(&self) -> Vec<String> {
        let mut before = Vec::new();
        for side in &self.sides {
            // Who waits now may wait no more: they are looked at again.
            let open = judge::find_open_devices(self, side).await;
            before.push((side.inventory.turns(), side.inventory.records().await, open));
        }
        for side in &self.sides {
            let path = format!("/sics/v1/servers/{}/resync", side.target);
            let _ = self.bus.ask(Method::POST, &path, &json!({})).await;
            // Set as it is, the mapping has the target look at once.
            let path = format!("/sics/v1/targets/{}/mapping", side.target);
            let mapping = self.bus.get(&path).await.unwrap_or_default();
            let same = json!({"text": mapping["text"]});
            let _ = self.bus.ask(Method::PUT, &path, &same).await;
        }
        let mut complaints = Vec::new();
        if !self.until_settled().await {
            complaints.push("the fleet that was told again is not read to its end".to_owned());
        }
        for (side, (turns, records, mut open)) in self.sides.iter().zip(before) {
            open.extend(judge::find_open_devices(self, side).await);
            let cost = side.inventory.turns() - turns;
            let looks_at_names = side.inventory.kind().sets_names_aside();
            let looks = LOOKS_FOR_OPEN + if looks_at_names { LOOKS_FOR_NAME } else { 0 };
            if cost > looks * open.len() as u64 {
                complaints.push(format!("{}: an unchanged fleet has cost {cost} requests", side.target));
            }
            let now = side.inventory.records().await;
            let told = compare_records(&records, &now, &open);
            complaints.extend(told.into_iter().map(|text| format!("{}: {text}", side.target)));
        }
        complaints.extend(judge::find_complaints(self).await);
        complaints
    }

    /// Asks until the bus has taken it.
    async fn until_taken(&self, method: Method, path: &str, body: &Value) -> Value {
        let mut last = None;
        for _ in 0..LOOKS {
            match self.bus.ask(method.clone(), path, body).await {
                Some((status, answer)) if status < 300 => return answer,
                other => last = other,
            }
            tokio::time::sleep(LOOK).await;
        }
        panic!("{path} is not taken: {last:?}");
    }

    async fn until(&self, path: &str, holds: impl Fn(&Value) -> bool) -> Value {
        let mut last = None;
        for _ in 0..LOOKS {
            last = self.bus.get(path).await;
            if let Some(seen) = last.as_ref().filter(|seen| holds(seen)) {
                return seen.clone();
            }
            tokio::time::sleep(LOOK).await;
        }
        panic!("waited in vain: {path}: {last:?}");
    }
}

/// What is other than before in an inventory to which nothing was told that is news. A device that waited for a person, and does
/// so no more, may have got its record.
fn compare_records<'a>(before: &'a [SeenRecord], now: &'a [SeenRecord], open: &BTreeSet<String>) -> Vec<String> {
    let of_open = |record: &SeenRecord| record.device.as_ref().is_some_and(|device| open.contains(device));
    let by_id = |all: &'a [SeenRecord]| -> BTreeMap<&'a str, &'a SeenRecord> {
        all.iter().map(|record| (record.id.as_str(), record)).collect()
    };
    let (old, new) = (by_id(before), by_id(now));
    let mut told = Vec::new();
    for was in before {
        match new.get(was.id.as_str()) {
            None => told.push(format!("{was:?} of an unchanged fleet is not there any more")),
            Some(is) if *is != was && !of_open(was) => told.push(format!("{was:?} of an unchanged fleet is {is:?}")),
            Some(_) => {}
        }
    }
    let made = now
        .iter()
        .filter(|record| !old.contains_key(record.id.as_str()) && !of_open(record));
    told.extend(made.map(|record| format!("an unchanged fleet has a new record: {record:?}")));
    told
}

/// The points of the work in turn, and moments of chance, over everything that can be killed.
pub fn schedule_kills(count: usize) -> Vec<Killed> {
    let mut points = TargetFailpoint::ALL.iter().copied().cycle();
    (0..count)
        .map(|number| match number % 15 {
            1 | 5 | 8 | 12 => Killed::BusAt(points.next().expect("a cycle has no end")),
            3 => Killed::OcsDatabase,
            6 => Killed::PostgreSql,
            10 => Killed::Ocs,
            13 => Killed::StandIns,
            _ => Killed::Bus,
        })
        .collect()
}
