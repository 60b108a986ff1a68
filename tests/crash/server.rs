//! A management server that reads, works in, keeps and acknowledges, and that crashes as well.
//!
//! What it has *kept* survives its own crashes, what it has only worked in does not. It keeps before it acknowledges;
//! after a crash it goes on from what it kept and reads without a cursor, so the bus goes on from what was
//! acknowledged. Changes in between come twice, which must do no harm. With `acknowledges_first` it does it the wrong
//! way round: that is a control, and loses changes.

use std::time::Duration;

use futures_util::StreamExt;
use intune_connector::model::Change;
use reqwest::StatusCode;
use serde::Deserialize;
use serde_json::json;
use simulated_tenant::world::Dice;
use tokio::sync::{mpsc, watch};

use super::bus::{LOOK, Way};
use super::events::Events;
use super::judge::{Breach, Judge};
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
}

pub struct Report {
    pub server: String,
    pub answers: u32,
    pub view: View,
}

pub struct Server {
    pub id: String,
    pub manner: Manner,
    pub acknowledges_first: bool,
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
    changes: Vec<Change>,
    cursor: String,
    more: bool,
}

/// The bus did not answer: it is dead, or about to be.
struct Broken;

impl Server {
    pub async fn run(self) {
        let witness = Witness::new(&self.id, self.judge.clone());
        let http = reqwest::Client::builder().timeout(ANSWER_LIMIT).build().unwrap();
        let mut at_work = AtWork {
            server: self,
            http,
            witness,
            view: View::default(),
            kept: View::default(),
            cursor: None,
            announced: false,
            reported: 0,
            crashed: 0,
        };
        at_work.run().await;
    }
}

struct AtWork {
    server: Server,
    http: reqwest::Client,
    witness: Witness,
    view: View,
    kept: View,
    cursor: Option<String>,
    announced: bool,
    reported: u32,
    crashed: u32,
}

impl AtWork {
    async fn run(&mut self) {
        loop {
            let found = self.server.way.wait_for(Option::is_some).await;
            let Some(way) = found.ok().and_then(|way| way.clone()) else {
                return;
            };
            let api = Api {
                http: self.http.clone(),
                root: format!("{}/sics/v1/servers/{}", way.url, self.server.id),
                token: way.token,
            };
            let phase = self.held().await;
            if phase.crashes > self.crashed {
                self.crashed = phase.crashes;
                self.crash();
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

    async fn announce(&mut self, api: &Api) -> Result<(), Broken> {
        let asked = api
            .request(reqwest::Method::PUT, "")
            .json(&json!({"displayName": self.server.id}));
        let status = asked.send().await.map_err(|_| Broken)?.status();
        match status.is_success() {
            true => self.announced = true,
            false => self.refused("announcing", status),
        }
        Ok(())
    }

    async fn poll(&mut self, api: &Api, phase: Phase) -> Result<(), Broken> {
        if !self.announced {
            self.announce(api).await?;
        }
        let limit = *self.server.dice.pick(LIMITS);
        let wait = if phase.calm { 0 } else { self.server.dice.below(WAIT_MS) };
        let mut asked = api
            .request(reqwest::Method::GET, "/changes")
            .query(&[("limit", limit), ("wait_ms", wait)]);
        if let Some(cursor) = &self.cursor {
            asked = asked.query(&[("cursor", cursor)]);
        }
        let answer = asked.send().await.map_err(|_| Broken)?;
        if !answer.status().is_success() {
            self.refused("reading", answer.status());
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
        let drained = batch.changes.is_empty() && !batch.more;
        for change in &batch.changes {
            self.witness.apply(&mut self.view, change);
        }
        self.cursor = Some(batch.cursor);
        if !phase.calm {
            return self.finish(api).await;
        }
        self.kept = self.view.clone();
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
                view: self.view.clone(),
            };
            let _ = self.server.reports.send(report).await;
        }
        let mut phases = self.server.phase.clone();
        tokio::select! {
            _ = phases.changed() => (),
            () = tokio::time::sleep(LOOK * 2) => (),
        }
    }

    async fn stream(&mut self, api: &Api) -> Result<(), Broken> {
        if !self.announced {
            self.announce(api).await?;
        }
        let mut asked = api
            .request(reqwest::Method::GET, "/changes")
            .header("accept", "text/event-stream");
        if let Some(cursor) = &self.cursor {
            asked = asked.header("last-event-id", cursor);
        }
        let answer = asked.send().await.map_err(|_| Broken)?;
        if !answer.status().is_success() {
            self.refused("streaming", answer.status());
            return Err(Broken);
        }
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
                        self.witness.apply(&mut self.view, &event.change);
                        self.cursor = Some(event.cursor);
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
    async fn finish(&mut self, api: &Api) -> Result<(), Broken> {
        let crashes = |dice: &mut Dice| dice.per_mille(100);
        if self.server.dice.per_mille(250) {
            return Ok(());
        }
        if self.server.acknowledges_first {
            self.acknowledge(api).await?;
            self.crash();
            return Ok(());
        }
        if crashes(&mut self.server.dice) {
            self.crash();
            return Ok(());
        }
        self.kept = self.view.clone();
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
        self.view = self.kept.clone();
        self.cursor = None;
        self.witness.starts_over();
    }

    async fn acknowledge(&mut self, api: &Api) -> Result<(), Broken> {
        let asked = api
            .request(reqwest::Method::POST, "/changes/ack")
            .json(&json!({"cursor": self.cursor}));
        let status = asked.send().await.map_err(|_| Broken)?.status();
        if !status.is_success() {
            self.refused("acknowledging", status);
        }
        Ok(())
    }

    /// No request of a server that does everything right is refused; 410 would mean that the store has lost what it
    /// had told, unless somebody has made the server start over. Only a bus that has just been replaced by another one on the same port does not know the token.
    fn refused(&mut self, what: &str, status: StatusCode) {
        let in_order = status == StatusCode::GONE && self.server.judge.may_start_over(&self.server.id);
        if status != StatusCode::UNAUTHORIZED && !in_order {
            self.witness
                .complain(Breach::Refused, format!("{what} was answered with {status}"));
        }
        if status == StatusCode::GONE {
            self.crash();
        }
    }
}

struct Api {
    http: reqwest::Client,
    root: String,
    token: String,
}

impl Api {
    fn request(&self, method: reqwest::Method, path: &str) -> reqwest::RequestBuilder {
        self.http
            .request(method, format!("{}{path}", self.root))
            .bearer_auth(&self.token)
    }
}
