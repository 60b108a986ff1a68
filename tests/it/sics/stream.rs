//! The same changes as server-sent events.

use std::time::Duration;

use intune_connector::contract::ChangesQuery;
use intune_connector::model::{ChangeKind, FeedChange};
use intune_connector::sics::SicsLimits;
use serde_json::{Value, json};
use sics_client::{ClientAuth, ClientErrorKind, EventStream, PlainHttp, SicsClient, StreamEvent, operation};

use super::bus::{Bus, status};
use crate::support::shelf::device;
use crate::support::wait::within;

struct Events {
    response: reqwest::Response,
    text: String,
}

#[derive(Debug)]
enum Event {
    Change { id: String, data: Value },
    Heartbeat,
    End,
}

impl Events {
    async fn open(bus: &Bus, last: Option<&str>) -> Events {
        let request = bus
            .get(&bus.acmp, "/sics/v1/servers/cmdb/changes")
            .header("accept", "text/event-stream");
        let request = match last {
            Some(id) => request.header("last-event-id", id),
            None => request,
        };
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert_eq!(response.headers()["x-accel-buffering"], "no");
        Events {
            response,
            text: String::new(),
        }
    }

    async fn next(&mut self) -> Event {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let (event, rest) = (event.to_owned(), rest.to_owned());
                self.text = rest;
                let field = |name: &str| event.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
                return match (field("id:"), field("data:")) {
                    (Some(id), Some(data)) => Event::Change {
                        id: id.to_owned(),
                        data: serde_json::from_str(data).unwrap(),
                    },
                    _ => Event::Heartbeat,
                };
            }
            match within("the stream goes on", self.response.chunk()).await.unwrap() {
                Some(bytes) => self.text.push_str(std::str::from_utf8(&bytes).unwrap()),
                None => return Event::End,
            }
        }
    }

    async fn change(&mut self) -> (String, Value) {
        loop {
            match self.next().await {
                Event::Change { id, data } => return (id, data),
                Event::Heartbeat => {}
                Event::End => panic!("the stream has ended"),
            }
        }
    }
}

#[tokio::test]
async fn a_stream_tells_what_is_there_and_then_what_comes() {
    let bus = Bus::new().await;
    bus.server("cmdb").await;
    bus.shelf.full(vec![device(1, "A")]).await;
    let mut events = Events::open(&bus, None).await;
    for expected in ["snapshotBegin", "upsert", "snapshotEnd"] {
        assert_eq!(events.change().await.1["kind"], expected);
    }
    bus.shelf.full(vec![device(1, "B")]).await;
    assert_eq!(events.change().await.1["device"]["deviceName"], "B");
}

#[tokio::test]
async fn a_broken_stream_goes_on_behind_the_last_event() {
    let bus = Bus::new().await;
    bus.server("cmdb").await;
    bus.shelf
        .full((1..=5).map(|n| device(n, &format!("A{n}"))).collect())
        .await;
    let mut events = Events::open(&bus, None).await;
    let mut last = String::new();
    for _ in 0..3 {
        last = events.change().await.0;
    }
    drop(events);
    let mut events = Events::open(&bus, Some(&last)).await;
    assert_eq!(events.change().await.1["device"]["deviceName"], "A3");
    // The id of an event is the cursor behind it: it can be acknowledged as well.
    let ack = json!({"cursor": last});
    let moved = status(bus.post(&bus.acmp, "/sics/v1/servers/cmdb/changes/ack", ack), 200).await;
    assert_eq!(moved["moved"], true);
}

/// The next event that the typed client reads.
async fn next_event(events: &mut EventStream<FeedChange>) -> StreamEvent<FeedChange> {
    let event = within("the stream goes on", events.next_event()).await.unwrap();
    event.expect("the stream goes on")
}

#[tokio::test]
async fn the_typed_client_gives_the_id_to_resume_from_and_reads_nothing_but_streams() {
    let bus = Bus::new().await;
    bus.server("cmdb").await;
    bus.shelf
        .full((1..=3).map(|n| device(n, &format!("A{n}"))).collect())
        .await;
    let auth = ClientAuth::Token(bus.acmp.as_str().into());
    let client = SicsClient::new(&bus.url("").parse().unwrap(), auth, None, PlainHttp::Refused).unwrap();
    let (changes, server, no_body) = (operation::read_changes(), ["cmdb".to_owned()], None::<&()>);
    let query = ChangesQuery::default();
    let mut events = client.stream_events(&changes, &server, &query, no_body).await.unwrap();
    let mut last = None;
    for expected in [ChangeKind::SnapshotBegin, ChangeKind::Upsert, ChangeKind::Upsert] {
        let event = next_event(&mut events).await;
        assert_eq!((event.data.kind, event.name), (expected, None));
        last = event.id;
    }
    drop(events);

    let query = ChangesQuery {
        cursor: Some(last.expect("each change has an id")),
        ..ChangesQuery::default()
    };
    let mut events = client.stream_events(&changes, &server, &query, no_body).await.unwrap();
    let event = next_event(&mut events).await;
    assert!(event.data.device.unwrap().get().contains("\"A3\""));
    assert_eq!(next_event(&mut events).await.data.kind, ChangeKind::SnapshotEnd);

    // The same bus answers this question with a list.
    let list = operation::list_servers();
    let error = client
        .stream_events::<Value>(&list, &[], &(), no_body)
        .await
        .unwrap_err();
    assert_eq!(error.kind, ClientErrorKind::Failed);
    assert!(error.message.contains("answered with application/json,"), "{error}");
}

#[tokio::test]
async fn silence_is_broken_by_heartbeats_and_the_stream_ends_with_its_time() {
    let limits = SicsLimits {
        heartbeat: Duration::from_millis(5),
        stream_duration: Duration::from_secs(2),
        ..SicsLimits::default()
    };
    let bus = Bus::with(limits).await;
    bus.server("cmdb").await;
    bus.shelf.full(vec![]).await;
    let mut events = Events::open(&bus, None).await;
    let mut heartbeats = 0;
    loop {
        match events.next().await {
            Event::Heartbeat => heartbeats += 1,
            Event::Change { .. } => {}
            Event::End => break,
        }
    }
    assert!(heartbeats > 0);
}

#[tokio::test]
async fn a_stream_ends_when_the_server_may_not_read_any_more_and_when_the_bus_stops() {
    let mut bus = Bus::new().await;
    bus.server("cmdb").await;
    bus.shelf.full(vec![]).await;
    let mut events = Events::open(&bus, None).await;
    assert_eq!(events.change().await.1["kind"], "snapshotBegin");
    assert_eq!(events.change().await.1["kind"], "snapshotEnd");
    status(bus.post(&bus.acmp, "/sics/v1/servers/cmdb/resync", json!({})), 200).await;
    assert!(matches!(events.next().await, Event::End));

    let mut events = Events::open(&bus, None).await;
    assert_eq!(events.change().await.1["kind"], "snapshotBegin");
    assert_eq!(events.change().await.1["kind"], "snapshotEnd");
    let operator = bus.shelf.store.find_operator_by_name("acmp").await.unwrap().unwrap();
    let token = bus.shelf.store.list_tokens(operator.id).await.unwrap()[0].id;
    let again = bus.token(operator.id, None).await;
    bus.shelf.store.remove_token(operator.id, token).await.unwrap();
    bus.shelf.full(vec![device(1, "A")]).await;
    assert!(matches!(events.next().await, Event::End), "the token was withdrawn");
    bus.acmp = again;

    let mut events = Events::open(&bus, None).await;
    events.change().await;
    bus.stop().await;
    loop {
        match events.next().await {
            Event::End => break,
            Event::Change { .. } | Event::Heartbeat => {}
        }
    }
}
