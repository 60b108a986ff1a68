//! Twenty requests in one.

use super::*;

const BATCH: &str = "/v1.0/$batch";

fn gets(ids: &[String]) -> Value {
    let requests = ids.iter().enumerate().map(|(index, id)| {
        json!({"id": index.to_string(), "method": "GET",
               "url": format!("/deviceManagement/managedDevices/{id}?$select=id,ethernetMacAddress")})
    });
    json!({"requests": requests.collect::<Vec<_>>()})
}

fn statuses(batch: &Value) -> Vec<(String, u64)> {
    let responses = batch["responses"].as_array().unwrap();
    let mut statuses: Vec<_> = responses
        .iter()
        .map(|response| {
            (
                response["id"].as_str().unwrap().to_owned(),
                response["status"].as_u64().unwrap(),
            )
        })
        .collect();
    statuses.sort();
    statuses
}

#[tokio::test]
async fn a_batch_reads_twenty_devices_and_refuses_twenty_one() {
    let tried = start(30).await;
    let ids = tried.get(DEVICES).await.ids();
    let got = tried.post(BATCH, gets(&ids[..20])).await;
    assert_eq!(got.status, 200);
    let batch = got.json();
    assert_eq!(batch["responses"].as_array().unwrap().len(), 20);
    for response in batch["responses"].as_array().unwrap() {
        let index: usize = response["id"].as_str().unwrap().parse().unwrap();
        assert_eq!(
            (&response["status"], &response["body"]["id"]),
            (&json!(200), &json!(ids[index]))
        );
    }
    assert_eq!(tried.post(BATCH, gets(&ids[..21])).await.status, 400);
    let twice =
        json!({"requests": [{"id": "A", "method": "GET", "url": "/x"}, {"id": "a", "method": "GET", "url": "/x"}]});
    assert_eq!(tried.post(BATCH, twice).await.status, 400);
}

#[tokio::test]
async fn each_request_of_a_batch_has_its_own_fate() {
    let tried = start(1).await;
    let id = tried.first_id().await;
    let requests = json!({"requests": [
        {"id": "there", "method": "GET", "url": format!("/deviceManagement/managedDevices/{id}")},
        {"id": "gone", "method": "GET", "url": "/deviceManagement/managedDevices/00000000-0000-4000-8000-000000000000"},
        {"id": "after", "method": "GET", "url": "/deviceManagement/managedDeviceOverview", "dependsOn": ["gone"]},
        {"id": "outside", "method": "GET", "url": "https://elsewhere.example/x"},
    ]});
    let batch = tried.post(BATCH, requests).await.json();
    let expected = [("after", 424), ("gone", 404), ("outside", 400), ("there", 200)];
    assert_eq!(statuses(&batch), expected.map(|(id, status)| (id.to_owned(), status)));
}

#[tokio::test]
async fn each_request_of_a_batch_is_throttled_on_its_own() {
    let tried = start(5).await;
    let ids = tried.get(DEVICES).await.ids();
    tried
        .send(
            tried
                .request(Method::PATCH, "/simulator/tuning")
                .json(&json!({"limits": {"anyPerApp": 3}})),
        )
        .await;
    let batch = tried.post(BATCH, gets(&ids)).await.json();
    let statuses: Vec<u64> = statuses(&batch).into_iter().map(|(_, status)| status).collect();
    assert_eq!(statuses, [200, 200, 429, 429, 429], "one was spent on the list");
    let throttled = batch["responses"]
        .as_array()
        .unwrap()
        .iter()
        .find(|response| response["status"] == 429)
        .unwrap();
    assert!(throttled["headers"]["Retry-After"].is_string());
}

#[tokio::test]
async fn a_fault_can_strike_one_request_of_a_batch() {
    let tried = start(3).await;
    let ids = tried.get(DEVICES).await.ids();
    let rule = json!({"fault": {"kind": "status", "status": 503}, "path": format!("{DEVICES}/{}", ids[1])});
    assert_eq!(tried.post("/simulator/faults", rule).await.status, 201);
    let batch = tried.post(BATCH, gets(&ids)).await.json();
    let statuses: Vec<u64> = statuses(&batch).into_iter().map(|(_, status)| status).collect();
    assert_eq!(statuses, [200, 503, 200]);
}
