//! Results of jobs are posted as they are read, and acknowledged once they were taken.

use std::sync::Arc;

use intune_connector::observe::Metrics;
use intune_connector::sics::{Sics, SicsLimits, SicsParts};
use reqwest::Method;
use serde_json::{Value, json};

use super::bus::{Stub, status};
use super::jobs::office::{Office, RESULTS};
use super::webhooks::Posting;
use crate::support::nobody;
use crate::support::wait::until;
use crate::support::webhook_receiver::{Reply, WebhookReceiver};

/// The same bus once more: that of the office is its own.
fn sics_of(office: &Office) -> Sics {
    let desk = &office.shop.desk;
    let parts = SicsParts {
        store: desk.store.clone(),
        engine: Stub::of(&office.shop.rig.shelf),
        clock: office.shop.rig.shelf.clock.clone(),
        limits: SicsLimits::default(),
        cursor_key: [9; 32],
        auto_accept: false,
        metrics: Metrics::new(),
        folder: Arc::clone(&desk.folder),
        install_context: nobody::installing(&desk.store, &desk.folder),
    };
    Sics::new(parts).unwrap()
}

#[tokio::test]
async fn results_of_jobs_are_posted_in_order_and_acknowledged() {
    let office = Office::new().await;
    let ids = office.laptops(2).await;
    let receiver = WebhookReceiver::start(|_, _| Reply::Status(200)).await;
    let url = receiver.url("127.0.0.1", "/hook");
    let body = json!({"url": url.as_str(), "allowPrivateAddresses": true});
    let set = office.send(Method::PUT, &office.admin, "/sics/v1/servers/cmdb/webhook", body);
    status(set, 200).await;
    let posting = Posting::start(&sics_of(&office));
    office.job("sync", &[&ids[0], &ids[1]], json!({})).await;
    let told = || -> Vec<Value> {
        let messages = receiver.received().into_iter().map(|message| message.json());
        let results = messages.filter(|body| body["type"] == "jobs.results");
        results
            .flat_map(|body| body["data"]["results"].as_array().cloned().unwrap_or_default())
            .collect()
    };
    until("both are told", async || told().len() >= 2).await;
    until("they are acknowledged", async || {
        let rest = status(office.get(&office.acmp, RESULTS), 200).await;
        rest["results"] == json!([])
    })
    .await;
    posting.stop().await;
    let all = status(office.get(&office.acmp, &format!("{RESULTS}?after=0")), 200).await;
    assert_eq!(json!(told()), all["results"], "each once, as a reader is told");
}
