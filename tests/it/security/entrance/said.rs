//! What is said has one meaning: an id is not a number (L6), a key stands once (L7), two servers are told apart by more
//! than the case of their letters (L8).

use intune_connector::sics::describe_routes;
use intune_connector::store::ServerAnnouncement;
use reqwest::Method;
use serde_json::{Value, json};

use crate::sics::bus::{Bus, problem, status};
use crate::sics::jobs::office::{JOBS, Office, refs};
use crate::support::program::User;
use crate::whole::Whole;

#[tokio::test]
async fn sec_l6_digits_in_a_path_are_the_bus_number_and_own_ids_never_look_like_one() {
    let office = Office::new().await;
    let ids = office.laptops(3).await;
    let body = async |index: usize, id: &str| {
        let mut body = office.shop.body("sync", &refs(&ids[index..=index]), json!({})).await;
        body["id"] = json!(id);
        body
    };
    for id in ["7", "0007", "id:7", "id:", "99999999999999999999"] {
        let refused = office.post(&office.admin, "/sics/v1/jobs", body(0, id).await);
        assert_eq!(problem(refused, 400).await, "id", "{id}");
        let mut tried = body(0, id).await;
        tried["dryRun"] = json!(true);
        let refused = office.post(&office.admin, "/sics/v1/jobs", tried);
        assert_eq!(problem(refused, 400).await, "id", "a dry run says so as well: {id}");
    }
    let mut by_header = body(0, "x").await;
    by_header.as_object_mut().unwrap().remove("id");
    let by_header = office.post(&office.admin, "/sics/v1/jobs", by_header);
    let twice = by_header.try_clone().unwrap();
    assert_eq!(problem(by_header.header("idempotency-key", "7"), 400).await, "id");
    let twice = twice.header("idempotency-key", "a-1").header("idempotency-key", "a-2");
    assert_eq!(problem(twice, 400).await, "twoIds");

    // Two jobs of the administrator; the second had an id from before that reads like the number of the first.
    let first = status(office.post(&office.admin, "/sics/v1/jobs", body(0, "first").await), 202).await;
    let second = status(
        office.post(&office.admin, "/sics/v1/jobs", body(1, "second").await),
        202,
    )
    .await;
    let file = office.shop.rig.shelf.folder.path().join("bus.db");
    let raw = rusqlite::Connection::open(file).unwrap();
    let changed = raw.execute(
        "UPDATE job SET name = ?1 WHERE id = ?2",
        rusqlite::params![first["job"].to_string(), second["job"].as_i64()],
    );
    assert_eq!(changed.unwrap(), 1);
    let shown = async |id: &str| {
        let path = format!("/sics/v1/jobs/{id}");
        status(office.get(&office.admin, &path), 200).await["job"].clone()
    };
    assert_eq!(shown(&first["job"].to_string()).await, first["job"]);
    assert_eq!(shown(&format!("id:{}", first["job"])).await, second["job"]);
    assert_eq!(shown("first").await, first["job"]);
    let stopped = format!("/sics/v1/jobs/id:{}/cancel", first["job"]);
    status(office.post(&office.admin, &stopped, json!({})), 200).await;
    let states = async |job: &Value| {
        let path = format!("/sics/v1/jobs/{job}");
        status(office.get(&office.admin, &path), 200).await["states"].clone()
    };
    assert_eq!(states(&second["job"]).await, json!({"cancelled": 1}));
    assert_eq!(
        states(&first["job"]).await,
        json!({"accepted": 1}),
        "the other job was left alone"
    );

    // A management server has a path of its own, in which nothing but its ids counts: it may number its jobs.
    let numbered = first["job"].to_string();
    let sent = status(office.post(&office.acmp, JOBS, body(2, &numbered).await), 202).await;
    assert_ne!(sent["job"], first["job"]);
    let own = status(office.get(&office.acmp, &format!("{JOBS}/{numbered}")), 200).await;
    assert_eq!(own["job"], sent["job"]);
    assert_eq!(
        problem(office.get(&office.acmp, &format!("{JOBS}/{}", sent["job"])), 404).await,
        "unknown"
    );
}

/// Every route that takes a body.
#[tokio::test]
async fn sec_l7_no_route_takes_a_key_twice_at_any_depth() {
    let bus = Bus::new().await;
    let announced = bus.send(
        Method::PUT,
        &bus.admin,
        "/sics/v1/servers/cmdb",
        json!({"displayName": "cmdb"}),
    );
    status(announced, 201).await;
    let mut asked = 0;
    for route in describe_routes()
        .iter()
        .filter(|route| route.operation.request.is_some())
    {
        let path = route
            .operation
            .path
            .replace("{instance}", bus.shelf.instance.name.as_str())
            .replace("{server}", "cmdb")
            .replace("{product}", "intune-connector")
            .replace("{device}", "7809c88c-0000-4000-8000-000000000001")
            .replace("{id}", "1");
        let path = path.replace(['{', '}'], "");
        for (twice, key) in [
            (r#"{"action":"sync","action":"wipe"}"#, "action"),
            (r#"{"action":"sync","act\u0069on":"wipe"}"#, "action"),
            (
                r#"{"a":[{"parameters":{"keepUserData":true,"keepUserData":false}}]}"#,
                "a.parameters.keepUserData",
            ),
        ] {
            let request = bus
                .open_request(route.operation.method.clone(), &path)
                .bearer_auth(&bus.admin);
            let request = request.header("content-type", "application/json").body(twice);
            let answer = request.send().await.unwrap();
            let (status, text) = (answer.status().as_u16(), answer.text().await.unwrap());
            let told: Value = serde_json::from_str(&text).unwrap_or_default();
            assert_eq!(
                (status, &told["code"]),
                (400, &json!("keyTwice")),
                "{} {path}: {text}",
                route.operation.method
            );
            assert!(told["detail"].as_str().unwrap().contains(key), "{text}");
            asked += 1;
        }
    }
    assert!(asked > 60, "{asked} questions");
    let done = bus.trail().await;
    let done: Vec<&String> = done.iter().filter(|line| !line.contains(" signIn ")).collect();
    assert_eq!(done, ["admin server.announced cmdb"]);
}

#[tokio::test]
async fn sec_l8_a_server_id_is_taken_in_any_case_and_stores_with_both_go_on() {
    let mut whole = Whole::new(3, &[]).await;
    whole.server("cmdb", json!({})).await;
    for twin in ["CMDB", "Cmdb", "cmDB"] {
        let (status, told) = whole
            .ask(
                Method::PUT,
                &format!("/sics/v1/servers/{twin}"),
                json!({"displayName": twin}),
            )
            .await;
        assert_eq!((status.as_u16(), &told["code"]), (409, &json!("exists")), "{told}");
        assert!(told["advice"].as_str().unwrap().contains("cmdb"), "{told}");
        let (status, told) = whole
            .ask(Method::GET, &format!("/sics/v1/servers/{twin}"), json!({}))
            .await;
        assert_eq!(status, 404, "it does not read as the other: {told}");
    }
    // As an older version left it: both are there.
    let raw = rusqlite::Connection::open(whole.data().join("bus.db")).unwrap();
    let columns = "display_name, accepts, owner, generation, accepted, announced_at, accepted_at, last_seen_at, ranges, \
                   fields, filter, positions, since, acknowledged_at, sends_jobs";
    let copied = raw.execute(
        &format!("INSERT INTO server (id, {columns}) SELECT 'CMDB', {columns} FROM server WHERE id = 'cmdb'"),
        [],
    );
    assert_eq!(copied.unwrap(), 1);
    drop(raw);
    whole.stop().await;
    whole.start().await;
    whole.completed("full", 1).await;
    let doctor = {
        let data = whole.data().display().to_string();
        let run = move || User::new().says(&format!("doctor --data {data} --json"));
        tokio::task::spawn_blocking(run).await.unwrap()
    };
    assert!(doctor.out.contains("differs from the server"), "{doctor:?}");
    for id in ["cmdb", "CMDB"] {
        let path = format!("/sics/v1/servers/{id}");
        whole.good(Method::PUT, &path, json!({"displayName": id})).await;
        let page = whole.get(&format!("{path}/changes")).await;
        assert!(page["changes"].as_array().unwrap().len() >= 3, "{id}: {page}");
        whole
            .post(&format!("{path}/changes/ack"), json!({"cursor": page["cursor"]}))
            .await;
    }
    let third = ServerAnnouncement {
        display_name: "third".into(),
        accepts: Value::Null,
    };
    let owner = whole
        .bus()
        .store
        .find_operator_by_name("local")
        .await
        .unwrap()
        .unwrap()
        .id;
    let refused = whole
        .bus()
        .store
        .announce_server("cmDB".parse().unwrap(), third, owner, true)
        .await;
    assert_eq!(refused.unwrap_err().code(), "exists");
    whole.stop().await;
}
