//! What orders are compared with: the same number of memberships written one after the other, and nothing else.

use std::time::{Duration, Instant};

use intune_connector::graph::{BudgetLane, RateBudget, RequestAccess, RequestFamily};
use serde_json::{Value, json};

use super::order_fleet::OrderFleet;

pub struct BareWrites {
    fleet: OrderFleet,
    http: reqwest::Client,
    token: String,
}

impl BareWrites {
    /// A tenant with so many devices, each of which is written once in each round.
    pub async fn prepare(count: usize, seed: u64) -> BareWrites {
        let fleet = OrderFleet::start(count, count, seed).await;
        let http = reqwest::Client::builder().no_proxy().build().expect("a client");
        let token = fetch_token(&fleet, &http).await;
        BareWrites { fleet, http, token }
    }

    /// A round: every device into a new group, each write as soon as the budget has room for one more.
    pub async fn send(&self, budget: Option<&RateBudget>) -> Duration {
        let base = &self.fleet.running.base;
        let group = self.fleet.add_group("Bare", "bare", "of the bench");
        let url = format!("{base}/v1.0/groups/{group}/members/$ref");
        let began = Instant::now();
        for machine in &self.fleet.machines {
            if let Some(budget) = budget {
                let (lane, access) = (BudgetLane::Order, RequestAccess::Write);
                budget
                    .reserve_in_family(RequestFamily::Directory, lane, access, 1)
                    .await;
            }
            let object = format!("{base}/v1.0/directoryObjects/{}", machine.object());
            let asked = self.http.post(&url).bearer_auth(&self.token);
            let answer = asked.json(&json!({"@odata.id": object})).send().await;
            let answer = answer.expect("the simulator answers");
            assert!(answer.status().is_success(), "{:?}", answer.text().await);
        }
        began.elapsed()
    }
}

async fn fetch_token(fleet: &OrderFleet, http: &reqwest::Client) -> String {
    let (base, tenant) = (&fleet.running.base, &fleet.running.registration.tenant_id);
    let (client_id, secret) = fleet.credentials();
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", &client_id),
        ("client_secret", &secret),
        ("scope", &format!("{base}/.default")),
    ];
    let asked = http.post(format!("{base}/{tenant}/oauth2/v2.0/token")).form(&form);
    let answer = asked.send().await.expect("the simulator answers");
    let body: Value = answer.json().await.expect("JSON");
    body["access_token"].as_str().expect("a token").to_owned()
}
