//! Every fault does what it says, says so in a header, and is over when it is over.

use super::*;

async fn arm(tried: &Tried, fault: Value) {
    arm_rule(tried, json!({"fault": fault, "path": DEVICES})).await;
}

async fn arm_rule(tried: &Tried, rule: Value) {
    let armed = tried.post("/simulator/faults", rule).await;
    assert_eq!(armed.status, 201, "{}", armed.text);
}

#[tokio::test]
async fn refusals_come_as_asked_for_once_and_name_themselves() {
    let tried = start(5).await;
    let cases = [
        (json!({"kind": "throttled"}), 429, "throttled"),
        (json!({"kind": "status", "status": 502, "body": "html"}), 502, "status"),
        (json!({"kind": "status", "status": 503, "body": "empty"}), 503, "status"),
        (json!({"kind": "status", "status": 504, "body": "twice"}), 504, "status"),
        (
            json!({"kind": "status", "status": 400, "code": "ResourceNotFound"}),
            400,
            "status",
        ),
        (json!({"kind": "unauthorized"}), 401, "unauthorized"),
        (json!({"kind": "forbidden"}), 403, "forbidden"),
        (
            json!({"kind": "redirect", "to": "https://elsewhere.example/"}),
            302,
            "redirect",
        ),
        (json!({"kind": "body"}), 200, "body"),
    ];
    for (fault, status, name) in cases {
        arm(&tried, fault.clone()).await;
        let struck = tried.get(DEVICES).await;
        assert_eq!(
            (struck.status, struck.header("x-simulator-fault")),
            (status, name),
            "{fault}"
        );
        let after = tried.get(DEVICES).await;
        assert_eq!((after.status, after.header("x-simulator-fault")), (200, ""), "{fault}");
    }
    let counters = tried.get("/simulator/counters").await.json();
    assert_eq!(counters["byFault"]["status"], 4);
}

#[tokio::test]
async fn a_429_says_when_in_each_of_the_ways() {
    let tried = start(1).await;
    for (again, header) in [
        (json!("missing"), ""),
        (json!({"seconds": 5}), "5"),
        (json!({"text": "2.128"}), "2.128"),
        (json!({"date": 30}), "Fri, 20 Nov 2026 10:00:30 GMT"),
    ] {
        arm(&tried, json!({"kind": "throttled", "retryAfter": again})).await;
        assert_eq!(tried.get(DEVICES).await.header("retry-after"), header);
    }
}

#[tokio::test]
async fn a_gateways_504_hides_its_message_twice_over() {
    let tried = start(1).await;
    arm(&tried, json!({"kind": "status", "status": 504, "body": "twice"})).await;
    let body = tried.get(DEVICES).await.json();
    assert_eq!(body["error"]["code"], "UnknownError");
    let middle: Value = serde_json::from_str(body["error"]["message"].as_str().unwrap()).unwrap();
    let inner: Value = serde_json::from_str(middle["error"]["message"].as_str().unwrap()).unwrap();
    assert!(
        inner["Message"]
            .as_str()
            .unwrap()
            .starts_with("An error has occurred - Operation ID")
    );
}

#[tokio::test]
async fn an_outage_begins_at_the_third_page_and_lasts_until_it_is_taken_back() {
    let tried = start(50).await;
    let rule = json!({"fault": {"kind": "status", "status": 504}, "path": DEVICES, "fromPage": 3, "times": 0});
    arm_rule(&tried, rule).await;
    for _ in 0..2 {
        let first = tried.get(&format!("{DEVICES}?$top=10")).await;
        let second = tried.get(&first.next().unwrap()).await;
        let third = second.next().unwrap();
        assert_eq!(tried.get(&third).await.status, 504);
        assert_eq!(tried.get(&third).await.status, 504, "a retry does not help");
    }
    tried.send(tried.request(Method::DELETE, "/simulator/faults")).await;
    assert_eq!(tried.walk(&format!("{DEVICES}?$top=10")).await.len(), 50);
}

#[tokio::test]
async fn an_answer_lost_after_the_effect_leaves_the_effect() {
    let tried = start(1).await;
    let id = tried.first_id().await;
    let fault = json!({"kind": "status", "status": 504, "effect": true});
    arm_rule(&tried, json!({"fault": fault, "path": "*/syncDevice"})).await;
    assert_eq!(
        tried
            .post(&format!("{DEVICES}/{id}/syncDevice"), json!({}))
            .await
            .status,
        504
    );
    assert_eq!(tried.sim.tenant(TENANT).unwrap().effects()["syncDevice"], 1);
}

#[tokio::test]
async fn bodies_are_cut_mislabelled_blown_up_and_broken_off() {
    let tried = start(100).await;
    arm(&tried, json!({"kind": "truncated", "percent": 70})).await;
    let cut = tried.get(DEVICES).await;
    assert!(cut.status == 200 && serde_json::from_str::<Value>(&cut.text).is_err());
    arm(&tried, json!({"kind": "contentType"})).await;
    assert_eq!(
        tried.get(DEVICES).await.header("content-type"),
        "text/html; charset=utf-8"
    );
    arm(&tried, json!({"kind": "oversize", "bytes": 5_000_000})).await;
    let large = tried.get(DEVICES).await;
    assert_eq!((large.text.len(), large.devices().len()), (5_000_000, 100));
    arm(&tried, json!({"kind": "reset", "when": "during", "bytes": 2000})).await;
    let response = tried
        .request(Method::GET, DEVICES)
        .bearer_auth(&tried.bearer)
        .send()
        .await
        .unwrap();
    assert_eq!(response.status().as_u16(), 200);
    assert!(response.bytes().await.is_err());
    arm(&tried, json!({"kind": "slowBody", "chunkBytes": 100_000, "pauseMs": 1})).await;
    assert_eq!(tried.get(DEVICES).await.devices().len(), 100);
}

#[tokio::test]
async fn the_clock_can_be_ten_minutes_off() {
    let tried = start(1).await;
    arm(&tried, json!({"kind": "clockOff", "seconds": -600})).await;
    assert_eq!(tried.get(DEVICES).await.header("date"), "Fri, 20 Nov 2026 09:50:00 GMT");
}

#[tokio::test]
async fn a_rule_waits_for_its_path_method_app_and_turn() {
    let tried = start(5).await;
    let id = tried.first_id().await;
    let unauthorized = json!({"kind": "unauthorized"});
    for rule in [
        json!({"fault": unauthorized, "path": "/beta/*"}),
        json!({"fault": unauthorized, "method": "POST"}),
        json!({"fault": unauthorized, "app": "somebody-else"}),
        json!({"fault": unauthorized, "tenant": "another"}),
        json!({"fault": unauthorized, "query": "$skiptoken"}),
    ] {
        arm_rule(&tried, rule.clone()).await;
        assert_eq!(tried.get(&format!("{DEVICES}/{id}")).await.status, 200, "{rule}");
    }
    tried.sim.faults().clear();
    arm_rule(
        &tried,
        json!({"fault": unauthorized, "tenant": TENANT, "app": CLIENT, "nth": 2}),
    )
    .await;
    assert_eq!(tried.get(DEVICES).await.status, 200);
    assert_eq!(tried.get(DEVICES).await.status, 401);
}

/// The pages of a walk with `twist` on the second of pages of ten, as lists of ids.
async fn torn(tried: &Tried, twist: Value) -> Vec<Vec<String>> {
    let rule = json!({"fault": {"kind": "list", "twist": twist}, "path": DEVICES, "nth": 2});
    arm_rule(tried, rule).await;
    let mut pages = Vec::new();
    let mut next = Some(format!("{DEVICES}?$top=10"));
    while let Some(link) = next.filter(|link| link.starts_with(&tried.base) || link.starts_with('/')) {
        let page = tried.get(&link).await;
        assert_eq!(page.status, 200, "{}", page.text);
        let ids = page.devices().iter().map(|device| device["id"].to_string()).collect();
        pages.push(ids);
        next = page.next();
    }
    tried.sim.faults().clear();
    pages
}

fn sizes(pages: &[Vec<String>]) -> Vec<usize> {
    pages.iter().map(Vec::len).collect()
}

#[tokio::test]
async fn a_list_is_torn_in_every_way() {
    let tried = start(30).await;
    let whole = torn(&tried, json!("noCount")).await;
    assert_eq!(sizes(&whole), [10, 10, 10]);

    let repeated = torn(&tried, json!({"repeated": {"sameLink": true}})).await;
    assert_eq!((sizes(&repeated), &repeated[1]), (vec![10, 10, 10, 10], &whole[0]));
    let repeated = torn(&tried, json!({"repeated": {}})).await;
    assert_eq!((&repeated[1], &repeated[2]), (&whole[0], &whole[1]));

    let overlap = torn(&tried, json!({"overlap": {"devices": 3}})).await;
    assert_eq!(overlap[1][..3], whole[0][7..]);
    assert_eq!(overlap.last().unwrap().last(), whole[2].last());

    assert_eq!(sizes(&torn(&tried, json!("empty")).await), [10, 0, 10, 10]);
    let itself = torn(&tried, json!("linkToSelf")).await;
    assert_eq!((&itself[2], itself.len()), (&whole[1], 4));
    assert_eq!(
        sizes(&torn(&tried, json!({"linkElsewhere": {"host": "https://elsewhere.example"}})).await),
        [10, 10]
    );
    assert_eq!(sizes(&torn(&tried, json!("stopsEarly")).await), [10, 10]);

    let twice = torn(&tried, json!("twice")).await;
    assert_eq!(twice[1][0], twice[1][1]);
    assert_eq!(twice.concat().len(), 31);

    let omitted = torn(&tried, json!({"omitted": {"devices": 2}})).await;
    assert_eq!(
        (sizes(&omitted), omitted[1].contains(&whole[1][0])),
        (vec![10, 10, 8], false)
    );
    assert_eq!(
        tried
            .get(&format!("{DEVICES}/{}", whole[1][0].trim_matches('"')))
            .await
            .status,
        200,
        "it exists"
    );

    let unreadable = torn(&tried, json!({"unreadable": {"how": "noId"}})).await;
    assert_eq!(unreadable[1][0], "null");
}

#[tokio::test]
async fn devices_vanish_and_change_places_under_the_walkers_feet() {
    let tried = start(30).await;
    let whole = torn(&tried, json!("noCount")).await;
    let renamed = torn(&tried, json!({"renamed": {"toFront": true}})).await;
    assert_eq!(renamed.concat().len(), 29, "one was missed");
    assert_eq!(tried.walk(DEVICES).await.len(), 30, "and is there");
    let renamed = torn(&tried, json!({"renamed": {"toFront": false}})).await;
    let all = renamed.concat();
    let different: std::collections::HashSet<&String> = all.iter().collect();
    assert_eq!((all.len(), different.len()), (31, 30), "one came twice");
    let vanished = torn(&tried, json!({"vanishes": {"listed": false}})).await;
    assert_eq!(vanished.concat().len(), 29);
    let vanished = torn(&tried, json!({"vanishes": {"listed": true}})).await;
    assert_eq!((vanished.concat().len(), tried.walk(DEVICES).await.len()), (29, 28));
    assert_eq!(whole.concat().len(), 30);
}

#[tokio::test]
async fn the_overview_can_contradict_the_list() {
    let tried = start(30).await;
    let path = "/v1.0/deviceManagement/managedDeviceOverview";
    arm_rule(
        &tried,
        json!({"fault": {"kind": "list", "twist": {"wrongCount": {"count": 31}}}, "path": path}),
    )
    .await;
    assert_eq!(tried.get(path).await.json()["enrolledDeviceCount"], 31);
    assert_eq!(tried.get(path).await.json()["enrolledDeviceCount"], 30);
}
