//! The client against the simulated tenant.

use intune_connector::entra::{TokenPurpose, TokenSource};
use intune_connector::graph::{GraphClient, GraphLimits, ListQuery, RateBudget};
use intune_connector::model::DeviceId;
use intune_connector::observe::Clock;
use serde_json::Value;
use simulated_tenant::{Options, Running, start};

async fn tenant(devices: usize) -> (Running, GraphClient) {
    let running = start(Options::quick(devices, 11)).await.unwrap();
    let registration = &running.registration;
    let settings = crate::support::scripted::settings(
        &running.base,
        &[
            ("tenant_id", &registration.tenant_id),
            ("client_id", &registration.client_id),
            ("secret", &registration.client_secret),
        ],
    );
    let clock = Clock::system();
    let tokens = TokenSource::new(&settings, TokenPurpose::Scan, clock.clone()).unwrap();
    let limits = GraphLimits {
        retry: super::quick(),
        ..GraphLimits::from_settings(&settings)
    };
    let graph = GraphClient::with_limits(&settings, tokens, RateBudget::unshared(100), clock, limits).unwrap();
    (running, graph)
}

#[tokio::test]
async fn the_whole_tenant_is_walked_and_each_device_answers() {
    let (running, graph) = tenant(57).await;
    let mut walk = graph.list_devices(ListQuery {
        top: 10,
        ..ListQuery::default()
    });
    let (mut ids, mut pages) = (Vec::<DeviceId>::new(), 0);
    while let Some(page) = walk.next().await.unwrap() {
        pages += 1;
        for record in page.records() {
            let record: Value = serde_json::from_slice(record).unwrap();
            ids.push(record["id"].as_str().unwrap().parse().unwrap());
        }
    }
    assert_eq!((ids.len(), pages), (57, 6));
    assert_eq!(graph.read_device_count().await.unwrap(), 57);
    let reading = graph.read_device(ids[3], Some("id,deviceName")).await.unwrap();
    let device: Value = serde_json::from_slice(&reading.body).unwrap();
    assert_eq!(device["id"], ids[3].to_string());
    let batch = graph.read_devices_batch(&ids[..20], Some("id")).await.unwrap();
    assert!(batch.iter().all(|(id, reading)| {
        let body: Value = serde_json::from_slice(&reading.as_ref().unwrap().body).unwrap();
        body["id"] == id.to_string()
    }));
    let nobody: DeviceId = "00000000-0000-4000-8000-00000000dead".parse().unwrap();
    assert!(graph.read_device(nobody, None).await.unwrap_err().is_not_found());
    running.stop().await;
}
