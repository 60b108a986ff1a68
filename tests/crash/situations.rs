//! Situations that chance would meet too seldom. They come about in turn, each at its own kill of [`EVERY`]; what the
//! kills around them meet is left to chance.

use std::time::Duration;

use simulated_tenant::Simulated;
use simulated_tenant::fault::{Broken, Fault, Nesting, Rule, Twist};
use simulated_tenant::world::Dice;
use tokio::sync::watch;

use super::api::{Api, LIMIT};
use super::bus::Bus;
use super::judge::{Breach, Judge};
use super::kept::OWN_BACKUP;
use super::killer;
use super::put_back::PutBack;
use super::server::Phase;

/// So many kills are one round.
const EVERY: u64 = 16;
/// At which kill of a round.
const COPY: u64 = 2;
const OWN_BACKUPS: u64 = 5;
const PUT_BACK: u64 = 8;
const CLOCK: u64 = 12;
/// Rounds in which everything comes about.
const ROUNDS: u64 = 6;
const LIST: &str = "*/deviceManagement/managedDevices";
const OVERVIEW: &str = "*/deviceManagement/managedDeviceOverview";
/// Reads of each server that a first list is given to do harm.
const READS: u64 = 2;
const HOUR_S: i64 = 3_600;
/// How far the clock of the bus is set ahead of the machine's, one after the other.
const STEPS: [i64; 6] = [2 * HOUR_S, 0, 26 * HOUR_S, -40 * 24 * HOUR_S, 0, HOUR_S];
const FORWARDS: &str = "the clock of a running bus is set forwards";
const BACK: &str = "the clock of a running bus is set back";

/// What the first list of a new epoch is like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FirstList {
    Short,
    Empty,
    Early,
    Uncounted,
    Unreadable,
    Nameless,
}

impl FirstList {
    const ALL: [FirstList; 6] = [
        FirstList::Short,
        FirstList::Empty,
        FirstList::Early,
        FirstList::Uncounted,
        FirstList::Unreadable,
        FirstList::Nameless,
    ];

    fn name(self) -> &'static str {
        match self {
            FirstList::Short => "the first list lacks devices",
            FirstList::Empty => "the first list is empty",
            FirstList::Early => "the first list ends too early",
            FirstList::Uncounted => "the first list lacks devices, and their number is not known",
            FirstList::Unreadable => "the first list has records that can't be read",
            FirstList::Nameless => "the first list has records without an id",
        }
    }

    fn rules(self) -> Vec<Rule> {
        let rule = |path: &str, fault: Fault| Rule {
            fault,
            path: path.to_owned(),
            times: 0,
            ..Rule::default()
        };
        let twist = |twist: Twist| rule(LIST, Fault::List { twist });
        let refused = Fault::Status {
            status: 403,
            code: None,
            message: None,
            body: Nesting::Once,
            effect: false,
        };
        match self {
            FirstList::Short => vec![twist(Twist::Omitted { devices: 1 })],
            FirstList::Empty => vec![twist(Twist::Omitted { devices: 10_000 })],
            FirstList::Early => vec![Rule {
                from_page: Some(2),
                ..twist(Twist::StopsEarly)
            }],
            FirstList::Uncounted => vec![twist(Twist::Omitted { devices: 1 }), rule(OVERVIEW, refused)],
            FirstList::Unreadable => vec![twist(Twist::Unreadable {
                how: Broken::WrongTypes,
            })],
            FirstList::Nameless => vec![twist(Twist::Unreadable { how: Broken::NoId })],
        }
    }

    /// From now on all lists are like that.
    pub fn arm(self, simulated: &Simulated) -> ArmedList {
        let rules = self.rules().into_iter();
        ArmedList {
            simulated: simulated.clone(),
            ids: rules.filter_map(|rule| simulated.faults().arm(rule)).collect(),
        }
    }
}

/// Lists are torn as long as this lives.
pub struct ArmedList {
    simulated: Simulated,
    ids: Vec<u64>,
}

impl ArmedList {
    fn has_struck(&self) -> bool {
        let all = self.simulated.faults().list();
        let mut mine = all.iter().filter(|armed| self.ids.contains(&armed.id));
        mine.all(|armed| armed.struck > 0)
    }
}

impl Drop for ArmedList {
    fn drop(&mut self) {
        for id in &self.ids {
            self.simulated.faults().disarm(*id);
        }
    }
}

pub struct Situations {
    pub simulated: Simulated,
    pub judge: Judge,
    pub phase: watch::Sender<Phase>,
    pub dice: Dice,
}

impl Situations {
    /// Before that start; the bus is dead.
    pub async fn before_start(&mut self, kill: u64, bus: &mut Bus) -> Result<(), String> {
        match kill % EVERY {
            // The start before was up, or there is nothing to copy.
            COPY => bus.copy(),
            OWN_BACKUPS => self.phase.send_modify(|phase| phase.backups += 1),
            PUT_BACK => {
                self.undisturbed(true);
                self.put_back(round(kill), bus).await?;
                self.undisturbed(false);
            }
            _ => (),
        }
        Ok(())
    }

    /// Whether that start has to come up, whatever chance says.
    pub fn must_come_up(kill: u64) -> bool {
        [COPY - 1, CLOCK].contains(&(kill % EVERY))
    }

    /// The bus has come up.
    pub async fn behind_start(&mut self, kill: u64, bus: &mut Bus, api: &Api) -> Result<(), String> {
        if kill % EVERY == CLOCK {
            let ahead = |round: usize| STEPS[round % STEPS.len()];
            let now = round(kill);
            let name = if now == 0 || ahead(now) > ahead(now - 1) {
                FORWARDS
            } else {
                BACK
            };
            self.undisturbed(true);
            step_clock(&self.judge, bus, api, ahead(now), LIMIT).await?;
            self.undisturbed(false);
            self.judge.reached(name);
        }
        Ok(())
    }

    /// The bus lives longer than usual meanwhile: what is waited for might never come where scans go wrong and settings
    /// change all the time.
    fn undisturbed(&self, undisturbed: bool) {
        self.phase.send_modify(|phase| phase.undisturbed = undisturbed);
    }

    /// The store goes back, and the list that comes then is not what it should be; servers read meanwhile, and are to lose
    /// nothing that exists. It heals before chance goes on.
    async fn put_back(&mut self, round: usize, bus: &mut Bus) -> Result<(), String> {
        let (what, list) = pair_of_round(round);
        bus.put_back(what, &self.judge);
        let armed = list.arm(&self.simulated);
        bus.spawn();
        killer::live(bus, self.dice.below(killer::SHORT_MS)).await?;
        bus.kill();
        bus.spawn();
        let api = Api::new(bus.up().await?.connection);
        if bus.hides_that_it_went_back() {
            let text = format!("{}, and nothing was said of it", what.name());
            self.judge.complain(Breach::Unnoticed, text);
        }
        api.scan("full", |scan| scan["kind"] == "full").await?;
        if armed.has_struck() {
            self.judge.reached(list.name());
        }
        self.judge.wait_for_reads(READS, LIMIT).await?;
        self.judge.reached(what.name());
        drop(armed);
        api.scan("full", |scan| scan["kind"] == "full").await?;
        bus.kill();
        Ok(())
    }
}

/// Sets the clock of the running bus; then scans have to come by themselves.
pub async fn step_clock(judge: &Judge, bus: &Bus, api: &Api, ahead_s: i64, limit: Duration) -> Result<(), String> {
    let newest = api.newest_scan().await?;
    bus.clock.as_ref().expect("it was given a clock").set(ahead_s);
    if !api.scans_by_itself(newest, limit).await? {
        let text = format!("no scan within {limit:?} behind a step to {ahead_s} s ahead of the machine's clock");
        judge.complain(Breach::StandsStill, text);
    }
    Ok(())
}

/// How the store is put back in a round, and what the first list is like then: so many rounds as there are pairs have each
/// of them once.
fn pair_of_round(round: usize) -> (PutBack, FirstList) {
    // Both begin anew behind 12 rounds, which have half of the pairs; the other half comes behind them.
    let what = PutBack::ALL[(round + round / 12) % PutBack::ALL.len()];
    (what, FirstList::ALL[round % FirstList::ALL.len()])
}

/// Whether every way of putting back meets every first list.
pub fn all_pairs_come() -> bool {
    let lists = FirstList::ALL.into_iter();
    let all: Vec<_> = lists.flat_map(|list| PutBack::ALL.map(|what| (what, list))).collect();
    let come: Vec<_> = (0..all.len()).map(pair_of_round).collect();
    all.iter().all(|pair| come.contains(pair))
}

fn round(kill: u64) -> usize {
    usize::try_from(kill / EVERY).unwrap()
}

/// What so many kills are to have met, and have not.
pub fn unreached(kills: u64, judge: &Judge) -> Vec<&'static str> {
    if kills < ROUNDS * EVERY {
        return Vec::new();
    }
    let reached = judge.all_reached();
    let put_back = PutBack::ALL.into_iter().map(PutBack::name);
    let lists = FirstList::ALL.into_iter().map(FirstList::name);
    let all = put_back.chain(lists).chain([OWN_BACKUP, FORWARDS, BACK]);
    all.filter(|name| !reached.contains_key(name)).collect()
}
