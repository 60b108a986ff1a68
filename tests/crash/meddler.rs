//! What people do to a bus, and a tenant to itself, while it is being killed: servers are rewound, resynchronised and
//! limited, the instance's fields are changed, and Graph and Entra fail in every way of the catalogue, by chance.
//!
//! Whatever of it was under way when the bus died may have happened or not; nothing of it may make a wrong view.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use simulated_tenant::Simulated;
use simulated_tenant::fault::Rule;
use simulated_tenant::fault::catalogue;
use simulated_tenant::world::Dice;
use tokio::sync::watch;

use super::bus::{INSTANCE, RunningBus, Way};
use super::judge::{Breach, Judge, LIMITED};
use super::server::Phase;

/// Between two deeds, at most.
const PAUSE_MS: usize = 200;
const ANSWER_LIMIT: Duration = Duration::from_secs(20);
/// Faults that are armed at the same time, at most.
const FAULTS: usize = 6;
/// What no incremental scan can notice: a list that lacks devices and looks whole moves the watermark past their changes.
/// That is what full scans are for, and the campaign's first look comes before one.
const UNNOTICED: &[&str] = &["list stops early", "device left out of the list"];

#[derive(Debug, Clone, Copy)]
enum Deed {
    Rewind,
    Resync,
    Limit,
    Fields,
    Fault,
    Heal,
}

/// Shares in a hundred.
const SHARES: &[(Deed, u32)] = &[
    (Deed::Rewind, 30),
    (Deed::Resync, 10),
    (Deed::Limit, 10),
    (Deed::Fields, 10),
    (Deed::Fault, 30),
    (Deed::Heal, 10),
];

pub struct Meddler {
    pub servers: Vec<&'static str>,
    pub way: watch::Receiver<Way>,
    pub simulated: Simulated,
    pub judge: Judge,
    pub dice: Dice,
    pub phase: watch::Receiver<Phase>,
    /// Its own faults: others arm some as well.
    pub armed: Vec<u64>,
}

impl Meddler {
    /// Until it is stopped; then the tenant is healed. Answers how many deeds a bus has taken.
    pub async fn run(mut self, mut stop: watch::Receiver<bool>) -> u64 {
        let http = reqwest::Client::builder().timeout(ANSWER_LIMIT).build().unwrap();
        let mut done = 0;
        while !*stop.borrow() {
            let pause = Duration::from_millis(self.dice.below(PAUSE_MS) as u64);
            tokio::select! {
                () = tokio::time::sleep(pause) => (),
                _ = stop.changed() => break,
            }
            let deed = SHARES[self.dice.weighted(SHARES.iter().map(|(_, share)| *share))].0;
            let way = self.way.borrow().clone();
            if self.phase.borrow().undisturbed {
                self.heal();
                continue;
            }
            match (deed, way) {
                (Deed::Fault, _) => self.fail(),
                (Deed::Heal, _) => self.heal(),
                (_, None) => (),
                (_, Some(way)) => {
                    done += u64::from(
                        self.ask(
                            &Api {
                                http: http.clone(),
                                way,
                            },
                            deed,
                        )
                        .await,
                    )
                }
            }
        }
        self.simulated.faults().clear();
        done
    }

    fn heal(&mut self) {
        for id in self.armed.drain(..) {
            self.simulated.faults().disarm(id);
        }
    }

    /// Arms one fault for one to three strikes.
    fn fail(&mut self) {
        let mut quick = catalogue::every();
        quick.retain(|named| !named.slow && named.name != "body over the limit" && !UNNOTICED.contains(&named.name));
        if self.simulated.faults().list().len() < FAULTS {
            let rule = self.dice.pick(&quick).rule.clone();
            let times = 1 + u32::try_from(self.dice.below(3)).unwrap();
            self.armed.extend(self.simulated.faults().arm(Rule { times, ..rule }));
        }
    }

    /// True where the bus has taken it. It may die before it answers.
    async fn ask(&mut self, api: &Api, deed: Deed) -> bool {
        let server = *self.dice.pick(&self.servers);
        let restarts = !matches!(deed, Deed::Fields);
        if restarts {
            self.judge.restarts_server(server, true);
        }
        let taken = self.ask_of(server, api, deed).await;
        if restarts {
            self.judge.restarts_server(server, false);
        }
        taken
    }

    async fn ask_of(&mut self, server: &str, api: &Api, deed: Deed) -> bool {
        let path = format!("/servers/{server}");
        let asked = match deed {
            Deed::Rewind => {
                let head = api.send(Method::GET, &path, json!({})).await;
                let head = head
                    .and_then(|(_, server)| server["instances"][0]["head"].as_u64())
                    .unwrap_or(0);
                let to = self.dice.below(usize::try_from(head).unwrap() + 1);
                api.send(Method::POST, &format!("{path}/rewind"), json!({"to": to}))
                    .await
            }
            Deed::Resync => api.send(Method::POST, &format!("{path}/resync"), json!({})).await,
            Deed::Limit => {
                let fields = self.dice.per_mille(500).then_some(LIMITED);
                api.confirmed(&path, json!({"fields": fields})).await
            }
            Deed::Fields => {
                let fields = if self.dice.per_mille(500) {
                    "*".to_owned()
                } else {
                    LIMITED.join(", ")
                };
                api.confirmed(&format!("/instances/{INSTANCE}"), json!({"fields": fields}))
                    .await
            }
            Deed::Fault | Deed::Heal => None,
        };
        let Some((status, answer)) = asked else { return false };
        // A server that has not announced itself yet is not known; a bus that was just replaced does not know the
        // token; the number of devices has changed since it was told; the bus is about to stop.
        let expected = [
            StatusCode::NOT_FOUND,
            StatusCode::UNAUTHORIZED,
            StatusCode::CONFLICT,
            StatusCode::SERVICE_UNAVAILABLE,
        ];
        if !status.is_success() && !expected.contains(&status) {
            let text = format!("{deed:?} of {server} was answered with {status}: {answer}");
            self.judge.complain(Breach::Refused, text);
        }
        status.is_success()
    }
}

struct Api {
    http: reqwest::Client,
    way: RunningBus,
}

impl Api {
    /// `None` where the bus did not answer.
    async fn send(&self, method: Method, path: &str, body: Value) -> Option<(StatusCode, Value)> {
        let request = self.http.request(method, format!("{}/sics/v1{path}", self.way.url));
        let answer = request.bearer_auth(&self.way.token).json(&body).send().await.ok()?;
        let status = answer.status();
        let body = answer.bytes().await.ok()?;
        Some((status, serde_json::from_slice(&body).unwrap_or_default()))
    }

    /// A change whose count is shown first and then confirmed.
    async fn confirmed(&self, path: &str, body: Value) -> Option<(StatusCode, Value)> {
        let (status, answer) = self.send(Method::PATCH, path, body.clone()).await?;
        match answer["confirm"].as_str() {
            Some(confirm) if status == StatusCode::CONFLICT => {
                self.send(Method::PATCH, &format!("{path}?confirm={confirm}"), body)
                    .await
            }
            _ => Some((status, answer)),
        }
    }
}
