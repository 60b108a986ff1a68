//! Results: read, waited for, streamed, acknowledged.

use futures_util::StreamExt;
use intune_connector::store::OperatorKind;
use serde_json::{Value, json};

use super::office::{Office, RESULTS};
use crate::sics::bus::{confirmed, problem, status};

#[tokio::test]
async fn results_are_told_again_until_they_are_acknowledged() {
    let office = Office::new().await;
    let ids = office.laptops(2).await;
    office.job("sync", &[&ids[0], &ids[1]], json!({})).await;
    let first = status(office.get(&office.acmp, &format!("{RESULTS}?limit=1")), 200).await;
    assert_eq!(
        (first["results"].as_array().unwrap().len(), &first["more"]),
        (1, &json!(true))
    );
    let again = status(office.get(&office.acmp, RESULTS), 200).await;
    assert_eq!(
        (again["results"].as_array().unwrap().len(), &again["more"]),
        (2, &json!(false))
    );
    let ack = |position: &Value| office.post(&office.acmp, &format!("{RESULTS}/ack"), json!({"position": position}));
    let done = status(ack(&again["position"]), 200).await;
    assert_eq!(done["acknowledged"], again["position"]);
    let rest = status(office.get(&office.acmp, RESULTS), 200).await;
    assert_eq!(rest["results"], json!([]));
    // Never backwards, never beyond what there is.
    for behind in [json!(0), first["position"].clone()] {
        assert_eq!(status(ack(&behind), 200).await["acknowledged"], again["position"]);
    }
    assert_eq!(problem(ack(&json!(999_999)), 410).await, "positionOutdated");
    let older = status(office.get(&office.acmp, &format!("{RESULTS}?after=0")), 200).await;
    assert_eq!(older["results"].as_array().unwrap().len(), 2, "kept for those who ask");
    assert_eq!(
        problem(office.post(&office.acmp, &format!("{RESULTS}/ack"), json!({})), 400).await,
        "wrongBody"
    );
}

#[tokio::test]
async fn a_reader_that_waits_is_told_as_soon_as_something_happens() {
    let office = Office::new().await;
    let ids = office.laptops(1).await;
    let waiting = tokio::spawn(office.get(&office.acmp, &format!("{RESULTS}?wait_ms=60000")).send());
    office.job("sync", &[&ids[0]], json!({})).await;
    let told: Value = waiting.await.unwrap().unwrap().json().await.unwrap();
    assert_eq!(told["results"][0]["state"], "accepted");
}

/// Events of a stream until there are so many: id and data.
async fn events(response: reqwest::Response, count: usize) -> Vec<(String, Value)> {
    let mut bytes = response.bytes_stream();
    let mut text = String::new();
    loop {
        let whole: Vec<&str> = text
            .split_inclusive("\n\n")
            .filter(|part| part.ends_with("\n\n"))
            .collect();
        let found: Vec<(String, Value)> = whole
            .iter()
            .filter_map(|event| {
                let line = |key: &str| event.lines().find_map(|line| line.strip_prefix(key));
                Some((line("id: ")?.to_owned(), serde_json::from_str(line("data: ")?).unwrap()))
            })
            .collect();
        if found.len() >= count {
            return found;
        }
        text.push_str(std::str::from_utf8(&bytes.next().await.unwrap().unwrap()).unwrap());
    }
}

#[tokio::test]
async fn a_stream_tells_each_step_and_goes_on_behind_the_last_event() {
    let office = Office::new().await;
    let ids = office.laptops(1).await;
    let open = |last: Option<String>| {
        let mut request = office.get(&office.acmp, RESULTS).header("accept", "text/event-stream");
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        request.send()
    };
    let stream = open(None).await.unwrap();
    assert_eq!(stream.status(), 200);
    office.job("sync", &[&ids[0]], json!({})).await;
    office.settle().await;
    let told = events(stream, 3).await;
    let states: Vec<&str> = told
        .iter()
        .map(|(_, result)| result["state"].as_str().unwrap())
        .collect();
    assert_eq!(states, ["accepted", "handedOver", "done"]);
    assert!(told.iter().all(|(id, result)| result["position"] == *id), "{told:?}");
    let rest = events(open(Some(told[0].0.clone())).await.unwrap(), 2).await;
    assert_eq!(rest, told[1..]);
}

#[tokio::test]
async fn f7_results_are_for_the_server_that_sent_the_jobs() {
    let office = Office::new().await;
    let ids = office.laptops(1).await;
    office.server("other", true).await;
    office.job("sync", &[&ids[0]], json!({})).await;
    let none = status(office.get(&office.acmp, "/sics/v1/servers/other/results"), 200).await;
    assert_eq!(none["results"], json!([]));
    assert_eq!(problem(office.get(&office.admin, RESULTS), 403).await, "notYours");
}

#[tokio::test]
async fn f7_a_server_id_that_changed_hands_brings_nothing_of_the_former_owners_jobs() {
    let office = Office::new().await;
    let ids = office.laptops(1).await;
    let receipt = office.job("sync", &[&ids[0]], json!({})).await;
    let server = "/sics/v1/servers/cmdb";
    let remove = |query: &str| {
        let path = format!("{server}{query}");
        office.send(reqwest::Method::DELETE, &office.admin, &path, json!({}))
    };
    confirmed(remove, 204).await;
    let rights = [
        "Servers_Announce",
        "Changes_Read",
        "Jobs_Send",
        "Results_*",
        "Actions_*",
    ];
    let other = office.account("other", OperatorKind::Server, &rights, false).await;
    status(
        office.send(reqwest::Method::PUT, &other, server, json!({"displayName": "mine now"})),
        201,
    )
    .await;
    status(office.post(&office.admin, &format!("{server}/accept"), json!({})), 200).await;
    assert_eq!(
        status(office.get(&other, &format!("{RESULTS}?after=0")), 200).await["results"],
        json!([])
    );
    assert_eq!(
        status(office.get(&other, &format!("{server}/jobs")), 200).await["jobs"],
        json!([])
    );
    let job = format!("{server}/jobs/{}", receipt["id"].as_str().unwrap());
    assert_eq!(problem(office.get(&other, &job), 404).await, "unknown");
    let cancel = office.send(reqwest::Method::DELETE, &other, &job, json!({}));
    assert_eq!(problem(cancel, 404).await, "unknown");
}
