//! The log of a running bus, over the API and by the command.

use intune_connector::app::{LocalConnection, local_connection_path};
use intune_connector::contract::{LogLevel, LogLineView, LogQuery, NewOperatorBody};
use intune_connector::model::OperatorKind;
use sics_client::{ClientAuth, EventStream, PlainHttp, SicsClient, operation};

use super::bus::{Bus as StubBus, problem};
use crate::support::canary::{OPERATOR_PASSWORD, assert_no_canary};
use crate::support::program::{Bus, User};
use crate::support::wait::{found, within};

const LOG: &str = "/sics/v1/log";

/// A real bus, and its client.
fn started(user: &User) -> (Bus, SicsClient, String) {
    let data = user.path("data");
    let bus = Bus::start(user, &data);
    let text = std::fs::read(local_connection_path(&data)).unwrap();
    let token = serde_json::from_slice::<LocalConnection>(&text).unwrap().token;
    let auth = ClientAuth::Token(token.as_str().into());
    let client = SicsClient::new(&bus.url.parse().unwrap(), auth, None, PlainHttp::Refused).unwrap();
    (bus, client, token)
}

async fn add_person(client: &SicsClient, name: &str) {
    let body = NewOperatorBody {
        name: name.to_owned(),
        kind: OperatorKind::Person,
        password: Some(OPERATOR_PASSWORD.into()),
        rights: Vec::new(),
        scope: Default::default(),
        add_dependencies: false,
    };
    client.add_operator(&body).await.unwrap();
}

/// Whether a line tells that an account of this name was added.
fn tells_of(line: &LogLineView, name: &str) -> bool {
    line.fields
        .get("action")
        .is_some_and(|action| action == "operator.added")
        && line.fields.get("subject").is_some_and(|subject| subject == name)
}

/// All pages, newest first.
async fn whole_log(client: &SicsClient, limit: u32) -> Vec<LogLineView> {
    let mut query = LogQuery {
        limit: Some(limit),
        ..LogQuery::default()
    };
    let mut lines = Vec::new();
    loop {
        let page = client.read_log(&query).await.unwrap();
        lines.extend(page.lines);
        query.before = page.before;
        if query.before.is_none() {
            return lines;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn e1_a_line_is_seen_as_it_is_written_and_a_secret_is_in_none() {
    let user = User::new();
    let (bus, client, token) = started(&user);
    let query = LogQuery {
        limit: Some(1),
        ..LogQuery::default()
    };
    let mut events: EventStream<LogLineView> = client
        .stream_events(&operation::read_log(), &[], &query, None::<&()>)
        .await
        .unwrap();
    add_person(&client, "anna").await;
    let id = loop {
        let event = within("a line comes", events.next_event()).await.unwrap();
        let event = event.expect("the stream goes on");
        if tells_of(&event.data, "anna") {
            break event.id.expect("a line has a number");
        }
    };
    // A wrong sign-in, with what must be nowhere.
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let wrong = http
        .get(format!("{}/sics/v1", bus.url))
        .basic_auth("anna", Some(format!("{OPERATOR_PASSWORD}-wrong")));
    assert_eq!(wrong.send().await.unwrap().status(), 401);
    add_person(&client, "ben").await;
    // A reader that lost the stream goes on behind the line that it had.
    drop(events);
    let query = LogQuery {
        after: Some(id.parse().unwrap()),
        ..LogQuery::default()
    };
    let mut events: EventStream<LogLineView> = client
        .stream_events(&operation::read_log(), &[], &query, None::<&()>)
        .await
        .unwrap();
    loop {
        let line = within("a line comes", events.next())
            .await
            .unwrap()
            .expect("the stream goes on");
        assert!(!tells_of(&line, "anna"), "it was told");
        if tells_of(&line, "ben") {
            break;
        }
    }

    let lines = whole_log(&client, 3).await;
    let text = serde_json::to_string(&lines).unwrap();
    assert!(lines.iter().any(|line| tells_of(line, "ben")), "{text}");
    assert_no_canary(&text);
    assert!(
        !text.contains(&token) && !text.contains("$argon2"),
        "a token or a hash is in it"
    );
    let times: Vec<_> = lines.iter().map(|line| line.at).collect();
    assert!(
        times.is_sorted_by(|newer, older| newer >= older),
        "newest first: {times:?}"
    );
    let warnings = LogQuery {
        level: Some(LogLevel::Warn),
        ..LogQuery::default()
    };
    let warnings = client.read_log(&warnings).await.unwrap();
    assert!(
        warnings.lines.iter().all(|line| line.level <= LogLevel::Warn),
        "{warnings:?}"
    );
    assert_eq!(bus.stop(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_earlier_start_wrote_is_read_from_the_daily_files_and_each_line_once() {
    let user = User::new();
    let (bus, client, _) = started(&user);
    add_person(&client, "anna").await;
    assert_eq!(bus.stop(), 0);
    let (bus, client, _) = started(&user);
    add_person(&client, "ben").await;
    for limit in [2, 7, 1_000] {
        let lines = found("both starts are in the log", async || {
            let lines = whole_log(&client, limit).await;
            let starts = lines
                .iter()
                .filter(|line| line.message.contains("operator.added"))
                .count();
            if starts == 1 && lines.iter().any(|line| tells_of(line, "ben")) {
                Ok(lines)
            } else {
                Err(lines)
            }
        })
        .await;
        // The files are in text form: the fields stand in the message.
        let of_anna = lines.iter().filter(|line| line.message.contains("subject=\"anna\""));
        assert_eq!(of_anna.count(), 1, "{limit} a page");
        let of_ben = |line: &&LogLineView| tells_of(line, "ben") || line.message.contains("subject=\"ben\"");
        assert_eq!(lines.iter().filter(of_ben).count(), 1, "{limit} a page");
    }
    let said = user.says("log --text operator.added --data data").good();
    let told: Vec<&str> = said.lines().collect();
    assert_eq!(told.len(), 2, "{said}");
    assert!(
        told[0].contains("anna") && told[1].contains("ben"),
        "oldest first: {said}"
    );
    assert_eq!(bus.stop(), 0);
    // No bus runs: the files are read all the same, and nobody waits for lines that will not come.
    let said = user.says("log --text operator.added --json --data data").good();
    assert_eq!(said.lines().count(), 2, "{said}");
    let said = user.says("log --follow --data data");
    assert!(said.code == 3 && said.err.contains("no bus runs"), "{said:?}");
}

#[tokio::test]
async fn a_page_that_nobody_can_have_got_is_refused() {
    let bus = StubBus::new().await;
    for (query, code) in [
        ("before=../bus.ini:0", "wrongBefore"),
        ("before=intune-connector.2026-11-28.log", "wrongBefore"),
        ("limit=0", "wrongLimit"),
        ("limit=1001", "wrongLimit"),
        ("level=loud", "wrongQuery"),
        ("file=bus.db", "wrongQuery"),
    ] {
        let asked = bus.get(&bus.admin, &format!("{LOG}?{query}"));
        assert_eq!(problem(asked, 400).await, code, "{query}");
    }
}
