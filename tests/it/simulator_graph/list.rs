//! The list: its order, its pages, its options.

use std::collections::HashSet;

use super::*;

#[tokio::test]
async fn a_walk_sees_every_device_once_in_the_order_of_name_and_id() {
    let tried = start(2500).await;
    let first = tried.get(DEVICES).await;
    assert_eq!(first.devices().len(), 1000);
    assert_eq!(first.json()["@odata.count"], 1000);
    let devices = tried.walk(DEVICES).await;
    let ids: HashSet<&str> = devices.iter().map(|device| device["id"].as_str().unwrap()).collect();
    assert_eq!((devices.len(), ids.len()), (2500, 2500));
    let key = |device: &Value| {
        (
            device["deviceName"].as_str().unwrap().to_owned(),
            device["id"].to_string(),
        )
    };
    assert!(devices.iter().map(key).is_sorted());
}

#[tokio::test]
async fn the_next_link_is_a_readable_key_and_keeps_the_clients_options() {
    let tried = start(20).await;
    let page = tried.get(&format!("{DEVICES}?$select=id,deviceName&$top=5")).await;
    let link = page.next().unwrap();
    let start = format!(
        "{}{DEVICES}?$select=id,deviceName&$top=5&$skiptoken=LastDeviceName%3d%27",
        tried.base
    );
    assert!(link.starts_with(&start), "{link}");
    assert!(
        link.contains("%27%2cLastDeviceId%3d%27") && link.ends_with("%27"),
        "{link}"
    );
    assert_eq!(tried.walk(&link).await.len(), 15);
}

#[tokio::test]
async fn the_next_link_leads_to_the_host_by_which_the_client_came() {
    let tried = start(3).await;
    let request = tried
        .request(Method::GET, &format!("{DEVICES}?$top=1"))
        .header("host", "graph.microsoft.com");
    let page = tried.send(request).await;
    assert!(page.next().unwrap().starts_with("http://graph.microsoft.com/v1.0/"));
}

#[tokio::test]
async fn a_device_renamed_to_the_front_between_two_pages_is_missed_by_the_walk() {
    let tried = start(30).await;
    let first = tried.get(&format!("{DEVICES}?$top=10")).await;
    let last = tried.walk(DEVICES).await.pop().unwrap();
    let id = last["id"].as_str().unwrap().to_owned();
    let path = format!("/simulator/devices/{id}");
    let renamed = tried
        .send(
            tried
                .request(Method::PATCH, &path)
                .json(&json!({"properties": {"deviceName": " "}})),
        )
        .await;
    assert_eq!(renamed.status, 204);
    let rest = tried.walk(&first.next().unwrap()).await;
    assert_eq!(rest.len(), 19);
    assert!(rest.iter().all(|device| device["id"] != id.as_str()));
}

#[tokio::test]
async fn the_filter_for_check_ins_finds_exactly_the_newer_ones() {
    let tried = start(400).await;
    let all = tried.walk(DEVICES).await;
    let since = "2026-11-20T08:00:00Z";
    let newer = all
        .iter()
        .filter(|device| device["lastSyncDateTime"].as_str().unwrap() >= since)
        .count();
    assert!(newer > 0 && newer < all.len());
    let found = tried
        .walk(&format!("{DEVICES}?$filter=lastSyncDateTime%20gt%20{since}"))
        .await;
    assert_eq!(found.len(), newer);
}

#[tokio::test]
async fn documented_filters_work_and_others_are_refused_in_intunes_way() {
    let tried = start(300).await;
    for (filter, property) in [
        (
            "operatingSystem eq 'iOS' or operatingSystem eq 'iPadOS'",
            "operatingSystem",
        ),
        ("contains(model,'iPhone')", "model"),
    ] {
        let found = tried
            .walk(&format!("{DEVICES}?$filter={}", filter.replace(' ', "%20")))
            .await;
        assert!(!found.is_empty() && found.len() < 300, "{filter}");
        assert!(
            found
                .iter()
                .all(|device| device[property].as_str().unwrap().starts_with('i')),
            "{filter}"
        );
    }
    let refused = tried
        .get(&format!("{DEVICES}?$filter=roleScopeTagIds%20eq%20'0'"))
        .await;
    assert_eq!(refused.status, 400);
    assert_eq!(refused.json()["error"]["code"], "BadRequest");
    assert!(refused.intune_message().starts_with("Invalid filter clause"));
}

#[tokio::test]
async fn skip_leads_nowhere_and_orderby_is_ignored() {
    let tried = start(50).await;
    let skipped = tried.get(&format!("{DEVICES}?$skip=10")).await;
    assert!(skipped.devices().is_empty());
    assert!(skipped.next().is_some());
    let ordered = tried.get(&format!("{DEVICES}?$orderby=deviceName%20desc")).await;
    assert_eq!(ordered.ids(), tried.get(DEVICES).await.ids());
    assert_eq!(tried.get(&format!("{DEVICES}?$expand=users")).await.status, 400);
    assert_eq!(tried.get(&format!("{DEVICES}?$search=x")).await.status, 400);
}

#[tokio::test]
async fn select_shows_what_was_chosen_and_refuses_what_there_is_not() {
    let tried = start(5).await;
    let device = tried
        .get(&format!("{DEVICES}?$select=id,serialNumber,managementState"))
        .await
        .devices()[0]
        .clone();
    let names: Vec<&str> = device.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(names, ["id", "serialNumber", "managementState"]);
    assert_eq!(tried.get(&format!("{DEVICES}?$select=id,nonsense")).await.status, 400);
    // A property of beta is none of v1.0.
    assert_eq!(tried.get(&format!("{DEVICES}?$select=chassisType")).await.status, 400);
    let beta = tried
        .get("/beta/deviceManagement/managedDevices?$select=chassisType")
        .await;
    assert!(beta.devices()[0]["chassisType"].is_string());
}

#[tokio::test]
async fn the_overview_counts_what_the_list_shows() {
    let tried = start(700).await;
    let overview = tried.get("/v1.0/deviceManagement/managedDeviceOverview").await.json();
    let devices = tried.walk(DEVICES).await;
    assert_eq!(overview["enrolledDeviceCount"], devices.len());
    let windows = devices
        .iter()
        .filter(|device| device["operatingSystem"] == "Windows")
        .count();
    assert_eq!(overview["deviceOperatingSystemSummary"]["windowsCount"], windows);
}

#[tokio::test]
async fn a_page_is_compressed_only_for_those_who_ask() {
    let tried = start(100).await;
    let plain = tried.get(DEVICES).await;
    let raw = reqwest::Client::builder().no_gzip().build().unwrap();
    let request = || raw.get(format!("{}{DEVICES}", tried.base)).bearer_auth(&tried.bearer);
    assert!(
        !request()
            .send()
            .await
            .unwrap()
            .headers()
            .contains_key("content-encoding")
    );
    let response = request().header("accept-encoding", "br, gzip").send().await.unwrap();
    assert_eq!(response.headers()["content-encoding"], "gzip");
    let small = response.bytes().await.unwrap();
    assert_eq!(&small[..2], b"\x1f\x8b");
    assert!(small.len() * 3 < plain.text.len());
}

#[tokio::test]
async fn the_count_is_a_plain_number_and_keeps_to_the_filter() {
    let tried = start(30).await;
    let all = tried.get(&format!("{DEVICES}/$count")).await;
    assert_eq!(
        (all.status, all.text.as_str(), all.header("content-type")),
        (200, "30", "text/plain")
    );
    assert_eq!(tried.get(&format!("{DEVICES}/%24count")).await.text, "30");
    let listed = tried
        .walk(&format!("{DEVICES}?$filter=operatingSystem eq 'Windows'"))
        .await
        .len();
    let counted = tried
        .get(&format!("{DEVICES}/$count?$filter=operatingSystem eq 'Windows'"))
        .await;
    assert_eq!(counted.text, listed.to_string());
    assert_eq!(tried.get(&format!("{DEVICES}/$count?$top=3")).await.status, 400);
}

#[tokio::test]
async fn new_members_of_enums_are_shown_to_all_or_only_to_those_who_ask_for_them() {
    let tried = start(2).await;
    let id = tried.walk(DEVICES).await[0]["id"].as_str().unwrap().to_owned();
    let new = json!({"deviceEnrollmentType": "androidAOSPUserOwnedDeviceEnrollment"});
    let path = format!("/simulator/devices/{id}");
    let patched = tried.request(Method::PATCH, &path).json(&json!({"properties": new}));
    assert!(tried.send(patched).await.status < 300);
    let seen = async |prefer: &str| {
        let mut found = Vec::new();
        for path in [
            DEVICES.to_owned(),
            format!("{DEVICES}/{id}"),
            format!("{DEVICES}?$select=id,deviceEnrollmentType"),
        ] {
            let mut request = tried.request(Method::GET, &path);
            if !prefer.is_empty() {
                request = request.header("Prefer", prefer);
            }
            let answer = tried.send(request).await.json();
            let device = answer["value"]
                .as_array()
                .map_or(&answer, |all| all.iter().find(|one| one["id"] == *id).unwrap());
            found.push(device["deviceEnrollmentType"].as_str().unwrap().to_owned());
        }
        found
    };
    let (new, hidden) = ("androidAOSPUserOwnedDeviceEnrollment", "unknownFutureValue");
    assert_eq!(seen("").await, [new; 3], "as the captures of Intune suggest");
    let tuned = tried
        .request(Method::PATCH, "/simulator/tuning")
        .json(&json!({"hideNewMembers": true}));
    assert!(tried.send(tuned).await.status < 300);
    assert_eq!(seen("").await, [hidden; 3], "as Graph's general rule has it");
    assert_eq!(
        seen("odata.maxpagesize=5, include-unknown-enum-members").await,
        [new; 3]
    );
}

#[test]
fn the_enums_that_grow_are_those_of_the_schema() {
    let facts: Value = serde_json::from_str(include_str!("../../fixtures/graph-facts.json")).unwrap();
    let enums = facts["v1.0"]["enums"].as_object().unwrap();
    let types = facts["v1.0"]["types"]["managedDevice"].as_object().unwrap();
    for (name, members) in simulated_tenant::graph::evolvable::KNOWN {
        let of = types[*name].to_string();
        let (_, all) = enums.iter().find(|(known, _)| of.contains(known.as_str())).unwrap();
        let all: Vec<&str> = all
            .as_array()
            .unwrap()
            .iter()
            .map(|member| member.as_str().unwrap())
            .collect();
        let before: Vec<&str> = all
            .iter()
            .copied()
            .take_while(|member| *member != "unknownFutureValue")
            .collect();
        assert_eq!(before, *members, "{name}");
    }
}
