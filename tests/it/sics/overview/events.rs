//! What happens is told as it happens, to whoever may know of it.

use std::time::Duration;

use intune_connector::contract::{
    DeviceFactChange, DevicesChangedFact, EventFact, InstanceState, JobFact, JobFactState, KillSwitchFact, ServerFact,
};
use intune_connector::model::{GoneReason, RightScope, ScanState, TaskState};
use intune_connector::sics::SicsLimits;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::Listener;
use crate::sics::bus::{Bus, problem, status};
use crate::sics::scopes::town::{THEIRS, Town, target};
use crate::support::shelf::{device, id};
use crate::support::wait::until;
use crate::whole::{INSTANCE, Whole};

const EVENTS: &str = "/sics/v1/events";

async fn listener(bus: &Bus, token: &str) -> Listener {
    Listener::open(&bus.url(""), token).await
}

fn is_device(fact: &EventFact, name: &str) -> bool {
    matches!(fact, EventFact::Device(device) if device.device_name.as_deref() == Some(name))
}

#[tokio::test]
async fn states_are_told_at_the_beginning_and_devices_and_servers_as_they_move() {
    let bus = Bus::new().await;
    bus.shelf.full(vec![device(1, "A")]).await;
    let mut all = listener(&bus, &bus.admin).await;
    let heard = all.heard_until(|fact| matches!(fact, EventFact::KillSwitch(_))).await;
    let [
        EventFact::Instance(instance),
        EventFact::Attention(_),
        EventFact::KillSwitch(KillSwitchFact { on: false }),
    ] = heard.as_slice()
    else {
        panic!("what was there before is no news: {heard:?}");
    };
    assert_eq!(
        (instance.name.as_str(), instance.state),
        (INSTANCE, InstanceState::Idle)
    );

    bus.shelf.full(vec![device(1, "B"), device(2, "C")]).await;
    let heard = all.heard_until(|fact| is_device(fact, "C")).await;
    assert!(heard.iter().any(|fact| is_device(fact, "B")), "{heard:?}");
    let EventFact::Device(new) = heard.last().unwrap() else {
        panic!("{heard:?}");
    };
    assert_eq!(
        (new.instance.as_str(), new.device_id, new.change),
        (INSTANCE, id(2), DeviceFactChange::Upsert)
    );
    assert_eq!(new.device_name.as_deref(), Some("C"));
    assert_eq!(new.operating_system.as_deref(), Some("Windows"));

    bus.shelf.bury(&[2], GoneReason::Deleted).await;
    let gone = |fact: &EventFact| matches!(fact, EventFact::Device(device) if device.change == DeviceFactChange::Gone);
    let heard = all.heard_until(gone).await;
    let Some(EventFact::Device(gone)) = heard.last() else {
        panic!("{heard:?}");
    };
    assert_eq!((gone.device_id, &gone.device_name), (id(2), &None));

    let many = (10..511).map(|n| device(n, &format!("N{n}"))).collect();
    bus.shelf.put(many).await;
    let mass = EventFact::DevicesChanged(DevicesChangedFact {
        instance: INSTANCE.to_owned(),
        count: 501,
    });
    let heard = all.heard_until(|fact| *fact == mass).await;
    let singles = heard.iter().filter(|fact| matches!(fact, EventFact::Device(_)));
    assert_eq!(singles.count(), 0, "{heard:?}");

    bus.server("cmdb").await;
    let server = EventFact::Server(ServerFact { id: "cmdb".to_owned() });
    all.heard_until(|fact| *fact == server).await;
    bus.stop().await;
    all.end().await;
}

#[tokio::test]
async fn a_job_its_tasks_and_scans_are_told_as_they_move() {
    let mut whole = Whole::new(12, &[("incremental", "off"), ("verbs", "sync, retire")]).await;
    whole.completed("full", 1).await;
    let local = whole.bus().local.clone();
    let mut all = Listener::open(&local.url, &local.token).await;
    let listed = whole.get("/sics/v1/devices?limit=4").await;
    let targets: Vec<Value> = listed["devices"].as_array().unwrap().iter().map(target).collect();
    let body =
        json!({"action": "retire", "devices": targets, "expectDevices": 4, "confirm": "retire", "reason": "sold"});
    let sent = whole.post("/sics/v1/jobs", body).await;
    let job = sent["job"].as_i64().unwrap();
    let stands = |state: JobFactState| EventFact::Job(JobFact { id: job, state });
    let waiting = stands(JobFactState::Waiting);
    all.heard_until(|fact| *fact == waiting).await;
    whole.post(&format!("/sics/v1/jobs/{job}/cancel"), json!({})).await;
    let ended = stands(JobFactState::Ended);
    all.heard_until(|fact| *fact == ended).await;
    let cancelled = |fact: &EventFact| {
        matches!(fact, EventFact::Task(task)
            if task.job == job && task.state == TaskState::Cancelled)
    };
    all.heard_until(cancelled).await;

    whole
        .post("/sics/v1/scans", json!({"instance": INSTANCE, "kind": "full"}))
        .await;
    let completed = |fact: &EventFact| {
        matches!(fact, EventFact::Scan(scan)
            if scan.instance == INSTANCE && scan.state == ScanState::Completed && scan.seen == 12)
    };
    all.heard_until(completed).await;
    whole.stop().await;
    all.end().await;
}

/// Both as text, one line a fact.
fn text_of(fact: &EventFact) -> String {
    serde_json::to_string(fact).unwrap()
}

/// Listens until there was a fact with each of these parts; answers everything that was heard.
async fn heard_parts(listener: &mut Listener, parts: &[String]) -> Vec<String> {
    let mut missing = parts.to_vec();
    let heard = listener
        .heard_until(|fact| {
            let text = text_of(fact);
            missing.retain(|part| !text.contains(part.as_str()));
            missing.is_empty()
        })
        .await;
    heard.iter().map(text_of).collect()
}

#[tokio::test]
async fn nothing_of_another_scope_is_told() {
    let mut town = Town::new().await;
    let local = town.whole.bus().local.clone();
    let mut all = Listener::open(&local.url, &local.token).await;
    let mut ours = Listener::open(&local.url, &town.one).await;

    // What is theirs moves: a job, a server, a device.
    let their_job = town.theirs.job;
    town.whole
        .post(&format!("/sics/v1/jobs/{their_job}/cancel"), json!({}))
        .await;
    let body = json!({"sendsJobs": false});
    town.whole
        .good(Method::PATCH, "/sics/v1/servers/fabrikam-desk", body)
        .await;
    let url = format!("{}/simulator/devices/{}", town.other.base, town.theirs.device);
    let name = json!({"properties": {"deviceName": "THEIR-NEW-NAME"}});
    let renamed = town.whole.http.patch(url).json(&name).send().await.unwrap();
    assert!(renamed.status().is_success(), "{renamed:?}");
    scan(&town, THEIRS).await;
    let theirs = [
        r#""deviceName":"THEIR-NEW-NAME""#.to_owned(),
        r#"{"kind":"server","id":"fabrikam-desk"}"#.to_owned(),
        format!(r#"{{"kind":"job","id":{their_job},"state":"ended"}}"#),
        format!(r#"{{"kind":"scan","instance":"{THEIRS}""#),
        r#""on":true"#.to_owned(),
    ];
    heard_parts(&mut all, &theirs).await;

    // Then what is ours: whoever hears that has passed over what was before.
    let devices = town.devices(INSTANCE).await;
    let body = json!({"id": "ours", "action": "sync", "devices": [target(&devices[0])]});
    let (status, sent) = town.ask(&town.one, &Method::POST, "/sics/v1/jobs", body).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{sent}");
    let sent: Value = serde_json::from_str(&sent).unwrap();
    let path = format!("devices/{}", devices[1]["deviceId"].as_str().unwrap());
    let name = json!({"properties": {"deviceName": "OUR-NEW-NAME"}});
    town.whole.control("PATCH", &path, name).await;
    scan(&town, INSTANCE).await;
    let own = [
        r#""deviceName":"OUR-NEW-NAME""#.to_owned(),
        format!(r#"{{"kind":"job","id":{},"#, sent["job"]),
        format!(r#"{{"kind":"scan","instance":"{INSTANCE}""#),
    ];
    let heard = heard_parts(&mut ours, &own).await;
    for text in &heard {
        let word = town.words.iter().find(|word| text.contains(word.as_str()));
        assert!(word.is_none(), "{word:?} is heard: {text}");
        assert!(!theirs.iter().any(|part| text.contains(part.as_str())), "{text}");
        let of_their_job = [
            format!(r#""kind":"job","id":{their_job},"#),
            format!(r#""job":{their_job},"#),
        ];
        assert!(!of_their_job.iter().any(|part| text.contains(part.as_str())), "{text}");
        assert!(!text.contains(r#""on":true"#), "their kill switch: {text}");
    }
    town.whole.stop().await;
    town.other.stop().await;
}

async fn scan(town: &Town, instance: &str) {
    let body = json!({"instance": instance, "kind": "full"});
    town.whole.post("/sics/v1/scans", body).await;
}

#[tokio::test]
async fn e8_an_account_watches_so_often_and_whoever_asks_for_no_stream_gets_none() {
    let limits = SicsLimits {
        event_streams_per_account: 2,
        heartbeat: Duration::from_millis(20),
        ..SicsLimits::default()
    };
    let bus = Bus::with(limits).await;
    assert_eq!(problem(bus.get(&bus.admin, EVENTS), 406).await, "eventsOnly");
    assert_eq!(problem(bus.open_request(Method::GET, EVENTS), 401).await, "notSignedIn");
    let ask = |token: &str| bus.get(token, EVENTS).header("accept", "text/event-stream");
    let (first, _second) = (listener(&bus, &bus.admin).await, listener(&bus, &bus.admin).await);
    assert_eq!(problem(ask(&bus.admin), 429).await, "tooManyWatchers");
    let _of_another = listener(&bus, &bus.acmp).await;
    drop(first);
    until("there is room again", async || {
        ask(&bus.admin).send().await.unwrap().status() == StatusCode::OK
    })
    .await;
    bus.stop().await;
}

#[tokio::test]
async fn rights_that_were_taken_hold_at_once_and_a_stream_ends_with_its_account() {
    let bus = Bus::new().await;
    let desk = bus
        .operator("desk", &["Devices_Read", "Scans_Read"], RightScope::default())
        .await;
    let path = "/sics/v1/operators/desk";
    let mut listening = listener(&bus, &desk).await;
    bus.shelf.full(vec![device(1, "A")]).await;
    listening.heard_until(|fact| is_device(fact, "A")).await;
    let scanned = |fact: &EventFact| matches!(fact, EventFact::Scan(scan) if scan.state == ScanState::Completed);
    listening.heard_until(scanned).await;

    let fewer = json!({"rights": ["Scans_Read"]});
    status(bus.send(Method::PATCH, &bus.admin, path, fewer), 200).await;
    bus.shelf.full(vec![device(1, "B")]).await;
    let heard = listening.heard_until(scanned).await;
    assert!(
        !heard.iter().any(|fact| matches!(fact, EventFact::Device(_))),
        "{heard:?}"
    );

    status(
        bus.send(Method::PATCH, &bus.admin, path, json!({"disabled": true})),
        200,
    )
    .await;
    listening.end().await;

    // The same where only the token is withdrawn.
    let mut listening = listener(&bus, &bus.acmp).await;
    let operator = bus.shelf.store.find_operator_by_name("acmp").await.unwrap().unwrap();
    let token = bus.shelf.store.list_tokens(operator.id).await.unwrap()[0].id;
    bus.shelf.store.remove_token(operator.id, token).await.unwrap();
    listening.end().await;
    bus.stop().await;
}
