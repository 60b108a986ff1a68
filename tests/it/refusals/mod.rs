//! A refusal of Entra or Graph is remembered (E9): by every lane, every instance of the identity, and over a restart.

mod graph;
mod restart;
mod sign_in;

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::compliance::{DEVICE, Gate};
use crate::whole::Whole;

pub const TOKEN: &str = "*/oauth2/v2.0/token";
/// Gateway workers.
const WORKERS: usize = 8;

/// So many questions of each of 8 workers, one after the other, about as many devices; what they were answered.
pub async fn storm(gate: &Gate, questions: usize) -> Vec<Value> {
    let worker = async |worker: usize| {
        let mut answers = Vec::new();
        for n in 0..questions {
            let device = format!("0d0d0d0d-0000-4000-8000-{:012}", 1 + worker * questions + n);
            let question = json!({"node": "own", "deviceId": device, "options": {"fresh": true}});
            answers.push(gate.decide(question).await);
        }
        answers
    };
    join_all((0..WORKERS).map(worker)).await.into_iter().flatten().collect()
}

pub async fn decided(gate: &Gate) -> String {
    let question = json!({"node": "own", "deviceId": DEVICE, "options": {"fresh": true}});
    gate.decide(question).await["outcome"].as_str().unwrap().to_owned()
}

/// What the first instance says that it leaves alone: what, and why.
pub async fn refused(whole: &Whole) -> Vec<(String, String)> {
    let told = whole.get("/sics/v1/instances").await;
    let rows = told["instances"][0]["refused"].as_array().unwrap().clone();
    let text = |row: &Value, key: &str| row[key].as_str().unwrap().to_owned();
    rows.iter().map(|row| (text(row, "what"), text(row, "code"))).collect()
}

/// How often this kind of path was asked for since the log was cleared.
pub fn asked(whole: &Whole, end: &str) -> usize {
    let log = whole.sim.simulated.log().entries(0, usize::MAX);
    log.iter().filter(|entry| entry.path.ends_with(end)).count()
}
