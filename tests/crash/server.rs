//! A management server that reads, works in, keeps and acknowledges, and that crashes as well.
//!
//! What it has *kept* survives its own crashes, what it has only worked in does not. It keeps before it acknowledges;
//! after a crash it goes on from what it kept, by the cursor that it kept with it or without one, so that the bus goes on
//! from what was acknowledged. Changes in between come twice, which must do no harm. Now and then its own disk is put
//! back to a *backup*: it comes with the cursor of then. Two habits are controls, and lose changes ([`Habit`]).

use std::time::Duration;

use futures_util::StreamExt;
use intune_connector::model::FeedChange;
use reqwest::{Response, StatusCode};
use serde::Deserialize;
use serde_json::json;
use simulated_tenant::world::Dice;
use tokio::sync::{mpsc, watch};

use super::api::ServerApi;
use super::bus::{LOOK, Way};
use super::events::Events;
use super::judge::{Breach, Judge};
use super::kept::{Habit, KeptPlace, OWN_BACKUP, ServerMemory};
use super::view::View;
use super::witness::Witness;

/// Longer than the longest wait that is asked for.
const ANSWER_LIMIT: Duration = Duration::from_secs(20);
const WAIT_MS: usize = 400;
const LIMITS: &[usize] = &[3, 25, 150, 1_000];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    Poll,
    Stream,
}

/// How far the campaign is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Phase {
    /// Nobody crashes any more.
    pub calm: bool,
    /// Rises when views are asked for: each server reads until nothing is left and reports.
    pub asked: u32,
    /// Nobody reads.
    pub hold: bool,
    /// Rises when every server crashes.
    pub crashes: u32,
    /// Rises when every server's own backup is put back.
    pub backups: u32,
    /// Nobody meddles: nothing goes wrong but what a situation brings with it.
    pub undisturbed: bool,
}

pub struct Report {
    pub server: String,
    pub answers: u32,
    pub view: View,
}

pub struct Server {
    pub id: String,
    pub manner: Manner,
    pub habit: Habit,
    pub way: watch::Receiver<Way>,
    pub phase: watch::Receiver<Phase>,
    pub reports: mpsc::Sender<Report>,
    /// How many servers read nothing for the time being.
    pub holding: watch::Sender<usize>,
    pub dice: Dice,
    pub judge: Judge,
}

#[derive(Deserialize)]
struct Batch {
    changes: Vec<FeedChange>,
    cursor: String,
    more: bool,
}

/// The bus did not answer: it is dead, or about to be.
struct Broken;

impl Server {
    pub async fn run(self) {
        let witness = Witness::new(&self.id, self.judge.clone());
        let http = reqwest::Client::builder().timeout(ANSWER_LIMIT).build().unwrap();
        let memory = ServerMemory::new(self.habit);
        let mut at_work = AtWork {
            server: self,
            http,
            witness,
            memory,
            announced: false,
            reported: 0,
            crashed: 0,
            put_back: 0,
        };
        at_work.run().await;
    }
}

struct AtWork {
    server: Server,
    http: reqwest::Client,
    witness: Witness,
    memory: ServerMemory,
    announced: bool,
    reported: u32,
    crashed: u32,
    put_back: u32,
}

impl AtWork {
    async fn run(&mut self) {
        loop {
            let found = self.server.way.wait_for(Option::is_some).await;
            let Some(way) = found.ok().and_then(|way| way.clone()) else {
                return;
            };
            if self.memory.meets(way.life) {
                self.announced = false;
                self.witness.forgets();
            }
            let api = ServerApi {
                http: self.http.clone(),
                root: format!("{}/sics/v1/servers/{}", way.url, self.server.id),
                way,
            };
            let phase = self.held().await;
            if phase.backups > self.put_back && self.memory.has_backup() {
                self.put_back = phase.backups;
                self.put_backup_back();
            }
            if phase.crashes > self.crashed {
                self.crashed = phase.crashes;
                match self.server.habit {
                    Habit::ForgetsPlace => self.put_backup_back(),
                    _ => self.crash(),
                }
            }
            let read = match self.server.manner {
                Manner::Stream if !phase.calm => self.stream(&api).await,
                _ => self.poll(&api, phase).await,
            };
            if read.is_err() {
                if !phase.calm && self.server.dice.per_mille(300) {
                    self.crash();
                }
                tokio::select! {
                    changed = self.server.way.changed() => if changed.is_err() { return },
                    () = tokio::time::sleep(LOOK * 2) => (),
                }
            }
        }
    }

    /// The phase, as soon as reading is allowed.
    async fn held(&mut self) -> Phase {
        let phase = *self.server.phase.borrow_and_update();
        if !phase.hold {
            return phase;
        }
        self.server.holding.send_modify(|holding| *holding += 1);
        let allowed = self.server.phase.wait_for(|phase| !phase.hold).await;
        let phase = allowed.map_or(phase, |phase| *phase);
        self.server.holding.send_modify(|holding| *holding -= 1);
        phase
    }

    async fn announce(&mut self, api: &ServerApi) -> Result<(), Broken> {
        let asked = api
            .request(reqwest::Method::PUT, "")
            .json(&json!({"displayName": self.server.id}));
        let answer = asked.send().await.map_err(|_| Broken)?;
        if answer.status().is_success() {
            self.announced = true
        } else {
            let place = self.next_place(api);
            self.refused("announcing", answer, place).await;
        }
        Ok(())
    }

    async fn poll(&mut self, api: &ServerApi, phase: Phase) -> Result<(), Broken> {
        if !self.announced {
            self.announce(api).await?;
        }
        let limit = *self.server.dice.pick(LIMITS);
        let wait = if phase.calm { 0 } else { self.server.dice.below(WAIT_MS) };
        let mut asked = api
            .request(reqwest::Method::GET, "/changes")
            .query(&[("limit", limit), ("wait_ms", wait)]);
        if let Some(place) = &self.memory.place {
            asked = asked.query(&[("cursor", &place.cursor)]);
        }
        let place = self.next_place(api);
        let answer = asked.send().await.map_err(|_| Broken)?;
        if !answer.status().is_success() {
            self.refused("reading", answer, place).await;
            return Err(Broken);
        }
        let body = answer.bytes().await.map_err(|_| Broken)?;
        let batch: Batch = match serde_json::from_slice(&body) {
            Ok(batch) => batch,
            Err(error) => {
                self.witness
                    .complain(Breach::Refused, format!("changes that can't be read: {error}"));
                return Err(Broken);
            }
        };
        self.is_taken(api);
        let drained = batch.changes.is_empty() && !batch.more;
        for change in &batch.changes {
            self.witness.apply(&mut self.memory.view, change);
        }
        self.memory.place = Some(place.at(batch.cursor));
        if !phase.calm {
            return self.finish(api).await;
        }
        self.memory.keep(&mut self.server.dice);
        self.acknowledge(api).await?;
        if drained {
            self.report(phase).await;
        }
        Ok(())
    }

    /// Everything that was there has been read.
    async fn report(&mut self, phase: Phase) {
        if phase.asked > self.reported {
            self.reported = phase.asked;
            let report = Report {
                server: self.server.id.clone(),
                answers: phase.asked,
                view: self.memory.view.clone(),
            };
            let _ = self.server.reports.send(report).await;
        }
        let mut phases = self.server.phase.clone();
        tokio::select! {
            _ = phases.changed() => (),
            () = tokio::time::sleep(LOOK * 2) => (),
        }
    }

    async fn stream(&mut self, api: &ServerApi) -> Result<(), Broken> {
        if !self.announced {
            self.announce(api).await?;
        }
        let mut asked = api
            .request(reqwest::Method::GET, "/changes")
            .header("accept", "text/event-stream");
        if let Some(place) = &self.memory.place {
            asked = asked.header("last-event-id", &place.cursor);
        }
        let place = self.next_place(api);
        let answer = asked.send().await.map_err(|_| Broken)?;
        if !answer.status().is_success() {
            self.refused("streaming", answer, place).await;
            return Err(Broken);
        }
        self.is_taken(api);
        let mut pieces = answer.bytes_stream();
        let mut events = Events::default();
        let mut phases = self.server.phase.clone();
        loop {
            let piece = tokio::select! {
                piece = pieces.next() => piece,
                _ = phases.changed() => return Ok(()),
            };
            let piece = piece.and_then(Result::ok).ok_or(Broken)?;
            events.push(&piece);
            while let Some(event) = events.next() {
                match event {
                    Ok(event) => {
                        self.witness.apply(&mut self.memory.view, &event.change);
                        self.memory.place = Some(place.clone().at(event.cursor));
                        self.server.judge.has_read(&self.server.id);
                    }
                    Err(problem) => self.witness.complain(Breach::Refused, problem),
                }
                // Leaves now and then, and comes back with the id of the last event.
                if self.server.dice.per_mille(30) {
                    self.finish(api).await?;
                    return Ok(());
                }
            }
        }
    }

    /// What a server does with what it has worked in, or does not come to do.
    async fn finish(&mut self, api: &ServerApi) -> Result<(), Broken> {
        let crashes = |dice: &mut Dice| dice.per_mille(100);
        if self.server.dice.per_mille(250) {
            return Ok(());
        }
        if self.server.habit == Habit::AcknowledgesFirst {
            self.acknowledge(api).await?;
            self.crash();
            return Ok(());
        }
        if crashes(&mut self.server.dice) {
            self.crash();
            return Ok(());
        }
        self.memory.keep(&mut self.server.dice);
        if crashes(&mut self.server.dice) {
            self.crash();
            return Ok(());
        }
        self.acknowledge(api).await?;
        if crashes(&mut self.server.dice) {
            self.crash();
        }
        Ok(())
    }

    fn crash(&mut self) {
        let put_back = self.memory.crash(&mut self.server.dice);
        self.starts_over(put_back);
    }

    fn put_backup_back(&mut self) {
        self.memory.put_backup_back();
        self.starts_over(true);
    }

    fn starts_over(&mut self, put_back: bool) {
        if put_back {
            self.server.judge.reached(OWN_BACKUP);
        }
        self.witness.starts_over();
    }

    /// The place that the answer to a request of now, with the place that there is, will lead to.
    fn next_place(&mut self, api: &ServerApi) -> KeptPlace {
        let restarts = self.server.judge.restarts(&self.server.id);
        self.memory.offers_place(restarts);
        KeptPlace {
            cursor: String::new(),
            start: api.way.start,
            life: api.way.life,
            restarts: restarts.count,
            offers: self.memory.offers,
            refused: false,
        }
    }

    /// The bus has taken the cursor that it came with.
    fn is_taken(&mut self, api: &ServerApi) {
        self.server.judge.has_read(&self.server.id);
        let lost = |place: &&KeptPlace| self.server.judge.is_lost(place.start, api.way.life);
        if let Some(place) = self.memory.place.as_ref().filter(lost) {
            let text = format!("a cursor of start {} was taken, which the store has lost", place.start);
            self.witness.complain(Breach::Unnoticed, text);
        }
    }

    async fn acknowledge(&mut self, api: &ServerApi) -> Result<(), Broken> {
        self.memory.offers_place(self.server.judge.restarts(&self.server.id));
        let cursor = self.memory.place.as_ref().map(|place| &place.cursor);
        let asked = api
            .request(reqwest::Method::POST, "/changes/ack")
            .json(&json!({"cursor": cursor}));
        let answer = asked.send().await.map_err(|_| Broken)?;
        if !answer.status().is_success() {
            let place = self.next_place(api);
            self.refused("acknowledging", answer, place).await;
        }
        Ok(())
    }

    /// No request of a server that does everything right is refused; 410 would mean that the store has lost what it
    /// had told, unless somebody has made the server start over, or has put the store back. Only a bus that has just
    /// been replaced by another one on the same port does not know the token. `next`: of the request that was refused.
    async fn refused(&mut self, what: &str, answer: Response, next: KeptPlace) {
        let status = answer.status();
        let restarts = self.server.judge.restarts(&self.server.id);
        let in_order = status == StatusCode::GONE && self.memory.may_be_refused(restarts, &next);
        if status != StatusCode::UNAUTHORIZED && !in_order {
            let why = answer.text().await.unwrap_or_default();
            let place = self.memory.place.as_ref().map(KeptPlace::facts);
            let text = format!("{what} from {place:?} was answered with {status}, {restarts:?}: {why}");
            self.witness.complain(Breach::Refused, text);
        }
        if status == StatusCode::GONE {
            self.memory.is_refused();
            self.witness.starts_over();
        }
    }
}
