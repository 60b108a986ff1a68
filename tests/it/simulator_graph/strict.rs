//! What Graph refuses, so that a connector that sends it learns it here.

use super::*;

const OVERVIEW: &str = "/v1.0/deviceManagement/managedDeviceOverview";
const BETA: &str = "/beta/deviceManagement/managedDevices";
const BATCH: &str = "/v1.0/$batch";
const COUNT: &str = r#"{"requests": [{"id": "1", "method": "GET", "url": "/deviceManagement/managedDeviceOverview"}]}"#;
const WRITE: &str = "DeviceManagementManagedDevices.ReadWrite.All";

async fn full(devices: usize) -> Tried {
    start_with(
        devices,
        &[
            READ,
            PRIVILEGED,
            WRITE,
            "User.Read.All",
            "DeviceManagementRBAC.Read.All",
        ],
    )
    .await
}

fn effects(tried: &Tried) -> usize {
    tried.sim.effects(None).len()
}

#[tokio::test]
async fn si_3_what_begins_with_no_version_is_refused_with_graphs_own_error() {
    let tried = start(1).await;
    for path in ["/v2.0/x", "/deviceManagement/managedDevices", "/", "/v1.0x/y"] {
        let request = tried.request(Method::GET, path).header("client-request-id", "mine");
        let got = tried.send(request).await;
        let body = got.json();
        assert_eq!(
            (got.status, &body["error"]["code"]),
            (400, &json!("BadRequest")),
            "{path}"
        );
        assert_eq!(body["error"]["message"], "Invalid version.");
        assert_eq!(body["error"]["innerError"]["request-id"], got.header("request-id"));
        assert_eq!(got.header("client-request-id"), "mine");
    }
    for root in ["/v1.0", "/v1.0/", "/beta", "/beta/"] {
        let got = tried.get(root).await;
        assert_eq!(got.status, 400, "{root}");
        assert_eq!(
            got.json()["error"]["innerError"]["request-id"],
            got.header("request-id")
        );
    }
}

#[tokio::test]
async fn si_4_1_3_a_write_says_that_its_body_is_json() {
    let tried = full(1).await;
    let id = tried.first_id().await;
    let device = format!("{DEVICES}/{id}");
    let wipe = format!("{device}/wipe");
    let sent = async |method: Method, path: &str, kind: Option<&str>, body: &'static str| {
        let request = tried.request(method, path).body(body);
        let request = match kind {
            Some(kind) => request.header("content-type", kind),
            None => request,
        };
        tried.send(request).await
    };
    let form = "application/x-www-form-urlencoded";
    for kind in [None, Some("text/plain"), Some(form), Some("application/jsonx")] {
        let refused = sent(Method::POST, &wipe, kind, "{}").await;
        assert_eq!(refused.status, 400, "{kind:?}");
        assert!(refused.intune_message().contains("Content-Type"), "{}", refused.text);
        let refused = sent(Method::PATCH, &device, kind, r#"{"notes": "x"}"#).await;
        assert_eq!(refused.status, 400, "{kind:?}");
        let refused = sent(Method::POST, BATCH, kind, COUNT).await;
        assert_eq!(refused.status, 400, "{kind:?}");
    }
    let counted = sent(Method::POST, BATCH, Some("application/json"), COUNT).await;
    assert_eq!(counted.status, 200, "{}", counted.text);
    assert_eq!(effects(&tried), 0);
    let sync = format!("{device}/syncDevice");
    assert_eq!(
        sent(Method::POST, &sync, None, "").await.status,
        204,
        "as Microsoft's clients send an action without parameters"
    );
    let json = Some("Application/JSON; charset=utf-8; odata.metadata=minimal");
    let patched = sent(Method::PATCH, &device, json, r#"{"notes": "x"}"#).await;
    assert_eq!(patched.status, 204, "{}", patched.text);
    assert_eq!(effects(&tried), 2);
}

#[tokio::test]
async fn si_4_1_3_a_write_without_type_or_body_spoils_the_whole_batch() {
    let tried = full(1).await;
    let id = tried.first_id().await;
    let url = format!("/deviceManagement/managedDevices/{id}");
    let read = json!({"id": "1", "method": "GET", "url": url});
    let typed = json!({"Content-Type": "application/json"});
    for write in [
        json!({"id": "2", "method": "POST", "url": format!("{url}/wipe"), "body": {}}),
        json!({"id": "2", "method": "post", "url": format!("{url}/wipe"), "headers": {}, "body": {}}),
        json!({"id": "2", "method": "POST", "url": format!("{url}/wipe"), "headers": typed}),
        json!({"id": "2", "method": "PATCH", "url": url, "body": {"notes": "x"}}),
    ] {
        let got = tried.post(BATCH, json!({"requests": [read, write]})).await;
        assert_eq!(got.status, 400, "{write}");
    }
    assert_eq!(effects(&tried), 0);
    let plain = json!({"content-type": "text/plain"});
    let mut write = json!({"id": "2", "method": "POST", "url": format!("{url}/wipe"), "headers": plain, "body": {}});
    let got = tried.post(BATCH, json!({"requests": [read, write]})).await.json();
    let of_write = got["responses"].as_array().unwrap().iter().find(|one| one["id"] == "2");
    assert_eq!((of_write.unwrap()["status"].as_u64(), effects(&tried)), (Some(400), 0));
    write["headers"] = json!({"content-type": "application/json"});
    let got = tried.post(BATCH, json!({"requests": [read, write]})).await;
    assert_eq!((got.status, effects(&tried)), (200, 1), "{}", got.text);
}

/// Everything that reads, and the options that it honours besides `$format`.
fn readers(id: &str, user: &str) -> Vec<(String, &'static [&'static str])> {
    let of = |path: &str| format!("{BETA}/{id}{path}");
    let root = "/beta/deviceManagement";
    vec![
        (of(""), &["$select=id", "$expand=users"]),
        (of("/users"), &["$select=id"]),
        (format!("/beta/users/{user}"), &["$select=id"]),
        (
            of("/detectedApps"),
            &["$select=id", "$top=1", "$count=true", "$skiptoken=1"],
        ),
        (
            of("/deviceCompliancePolicyStates"),
            &["$select=id", "$top=1", "$count=true", "$skiptoken=1"],
        ),
        (of("/deviceCategory"), &["$select=id"]),
        (format!("{root}/deviceCategories"), &["$select=id"]),
        (format!("{root}/managedDeviceOverview"), &["$select=id"]),
        (
            format!("{root}/remoteActionAudits"),
            &["$select=id", "$top=1", "$filter=action eq 'x'", "$skiptoken=1"],
        ),
        (
            format!("{root}/operationApprovalRequests"),
            &[
                "$select=id",
                "$filter=requestId eq '00000000-0000-4000-8000-000000000000'",
            ],
        ),
        (
            of("/$count").replace(&format!("/{id}"), ""),
            &["$filter=deviceName eq 'x'"],
        ),
    ]
}

#[tokio::test]
async fn si_4_1_4_options_are_honoured_or_refused_and_never_ignored() {
    const ALL: [&str; 9] = [
        "$select=id",
        "$filter=id eq 'x'",
        "$orderby=id",
        "$skip=1",
        "$top=1",
        "$expand=users",
        "$count=true",
        "$search=x",
        "$skiptoken=1",
    ];
    let tried = full(40).await;
    let devices = tried.walk(DEVICES).await;
    let owned = devices.iter().find(|device| device["userId"] != "").unwrap();
    let text = |name: &str| owned[name].as_str().unwrap().to_owned();
    for (path, honoured) in readers(&text("id"), &text("userId")) {
        for option in honoured {
            let got = tried.get(&format!("{path}?{option}")).await;
            assert_eq!(got.status, 200, "{path}?{option} {}", got.text);
        }
        let name = |option: &str| option.split('=').next().unwrap().to_owned();
        let known: Vec<String> = honoured.iter().map(|option| name(option)).collect();
        for option in ALL.iter().filter(|option| !known.contains(&name(option))) {
            let got = tried.get(&format!("{path}?{option}")).await;
            assert_eq!(got.status, 400, "{path}?{option}");
            let bare = option.trim_start_matches('$');
            assert_eq!(tried.get(&format!("{path}?{bare}")).await.status, 400, "{path}?{bare}");
        }
        for wrong in ["$select=nonsense", "$nonsense=1", "$format=xml"] {
            assert_eq!(
                tried.get(&format!("{path}?{wrong}")).await.status,
                400,
                "{path}?{wrong}"
            );
        }
        let mine = tried.get(&format!("{path}?mine=1")).await;
        assert_eq!(mine.status, 200, "what is no option is the client's own affair: {path}");
    }
    let wipe = format!("{DEVICES}/{}/wipe?$select=id", text("id"));
    assert_eq!(tried.post(&wipe, json!({})).await.status, 400);
    for count in ["maybe", "", "TRUE"] {
        assert_eq!(tried.get(&format!("{DEVICES}?$count={count}")).await.status, 400);
    }
    assert_eq!(effects(&tried), 0);
}

#[tokio::test]
async fn si_4_1_4_what_was_chosen_is_shown_and_nothing_else() {
    let tried = full(40).await;
    let devices = tried.walk(DEVICES).await;
    let owned = devices.iter().find(|device| device["userId"] != "").unwrap();
    let user = format!("/v1.0/users/{}", owned["userId"].as_str().unwrap());
    let plain = tried.get(&user).await.json();
    assert_eq!(plain.get("department"), None);
    let chosen = tried
        .get(&format!("{user}?$select=department,DISPLAYNAME"))
        .await
        .json();
    assert!(chosen["department"].is_string());
    assert_eq!(chosen["displayName"], plain["displayName"]);
    assert_eq!(chosen.as_object().unwrap().len(), 3, "{chosen}");
    let context = chosen["@odata.context"].as_str().unwrap();
    assert!(context.ends_with("#users(department,displayName)/$entity"), "{context}");
    let overview = tried
        .get(&format!("{OVERVIEW}?$select=enrolledDeviceCount"))
        .await
        .json();
    assert_eq!(
        (overview["enrolledDeviceCount"].as_u64(), overview.get("id")),
        (Some(40), None)
    );
    let path = format!("{BETA}/{}/detectedApps", owned["id"].as_str().unwrap());
    let all = tried.get(&path).await.devices().len();
    let page = tried
        .get(&format!("{path}?$top=1&$count=true&$select=displayName"))
        .await;
    assert_eq!(page.json()["@odata.count"], all);
    let app = &page.devices()[0];
    assert_eq!(app.as_object().unwrap().keys().collect::<Vec<_>>(), ["displayName"]);
}

#[tokio::test]
async fn si_2_apps_and_users_of_one_device_are_expanded_or_refused() {
    let tried = full(40).await;
    let devices = tried.walk(DEVICES).await;
    let owned = devices.iter().find(|device| device["userId"] != "").unwrap();
    let id = owned["id"].as_str().unwrap();
    let apps = tried.walk(&format!("{BETA}/{id}/detectedApps")).await;
    let device = tried
        .get(&format!("{BETA}/{id}?$select=id&$expand=detectedApps,users"))
        .await
        .json();
    assert_eq!(device["detectedApps"], json!(apps));
    assert_eq!(device["users"][0]["id"], owned["userId"]);
    assert_eq!((&device["id"], device.get("deviceName")), (&json!(id), None));
    for path in [
        format!("{DEVICES}/{id}?$expand=detectedApps"),
        format!("{BETA}/{id}?$expand=nonsense"),
        format!("{BETA}?$expand=detectedApps"),
    ] {
        assert_eq!(tried.get(&path).await.status, 400, "{path}");
    }
}

#[tokio::test]
async fn si_4_1_5_entra_refuses_users_in_its_own_words() {
    let tried = start_with(1, &[PRIVILEGED]).await;
    let refused = tried.get("/v1.0/users/00000000-0000-4000-8000-000000000000").await;
    let error = &refused.json()["error"];
    assert_eq!(
        (refused.status, &error["code"], &error["message"]),
        (
            403,
            &json!("Authorization_RequestDenied"),
            &json!("Insufficient privileges to complete the operation.")
        )
    );
    let refused = tried.get(DEVICES).await;
    assert_eq!(refused.json()["error"]["code"], "Forbidden");
}

#[tokio::test]
async fn si_4_1_6_hardware_information_is_blank_unless_one_device_is_asked_for_it() {
    let tried = start(20).await;
    let one = tried.get(&format!("{BETA}?$top=1")).await.devices()[0].clone();
    let id = one["id"].as_str().unwrap();
    let selected = tried
        .get(&format!("{BETA}?$top=1&$select=id,hardwareInformation"))
        .await
        .devices()[0]
        .clone();
    let single = tried.get(&format!("{BETA}/{id}")).await.json();
    for blank in [&one, &selected, &single] {
        let blank = blank["hardwareInformation"].as_object().unwrap();
        assert_eq!(
            (
                &blank["serialNumber"],
                &blank["totalStorageSpace"],
                &blank["isEncrypted"]
            ),
            (&Value::Null, &json!(0), &json!(false))
        );
    }
    let filled = tried
        .get(&format!("{BETA}/{id}?$select=hardwareInformation"))
        .await
        .json();
    let filled = filled["hardwareInformation"].as_object().unwrap();
    assert_eq!(filled["serialNumber"], one["serialNumber"]);
    assert_eq!(filled["totalStorageSpace"], one["totalStorageSpaceInBytes"]);
    let blank = one["hardwareInformation"].as_object().unwrap();
    assert_eq!(
        filled.keys().collect::<Vec<_>>(),
        blank.keys().collect::<Vec<_>>(),
        "the same fields, filled or not"
    );
}

#[tokio::test]
async fn si_4_1_7_what_is_named_twice_is_refused() {
    let tried = full(1).await;
    let id = tried.first_id().await;
    let device = format!("{DEVICES}/{id}");
    let sent = async |method: Method, path: &str, body: String| {
        let request = tried.request(method, path).body(body);
        tried.send(request.header("content-type", "application/json")).await
    };
    let twice = r#"{"keepUserData": true, "keepUserData": false}"#.to_owned();
    let refused = sent(Method::POST, &format!("{device}/wipe"), twice.clone()).await;
    assert_eq!(refused.status, 400);
    assert!(refused.intune_message().contains("keepUserData"), "{}", refused.text);
    let notes = r#"{"notes": "a", "notes": "b"}"#.to_owned();
    assert_eq!(sent(Method::PATCH, &device, notes).await.status, 400);
    let step = format!(
        r#"{{"requests": [{{"id": "1", "method": "POST", "url": "/deviceManagement/managedDevices/{id}/wipe",
            "headers": {{"Content-Type": "application/json"}}, "body": {twice}}}]}}"#
    );
    assert_eq!(sent(Method::POST, BATCH, step).await.status, 400);
    for query in [
        "$top=1&$top=2",
        "$filter=deviceName eq 'a'&$filter=deviceName eq 'b'",
        "$top=1&top=1",
        "$select=id&%24SELECT=id",
    ] {
        assert_eq!(tried.get(&format!("{DEVICES}?{query}")).await.status, 400, "{query}");
    }
    assert_eq!(tried.get(&format!("{DEVICES}?mine=1&mine=2")).await.status, 200);
    assert_eq!(effects(&tried), 0);
}

#[tokio::test]
async fn si_4_1_7_an_id_is_a_plain_guid_and_a_condition_is_not_ignored() {
    let tried = full(1).await;
    let id = tried.first_id().await;
    let bare = id.replace('-', "");
    for wrong in [
        bare.clone(),
        format!("%7B{id}%7D"),
        format!("urn:uuid:{id}"),
        format!("{id}%20"),
    ] {
        for path in [format!("{DEVICES}/{wrong}"), format!("{DEVICES}('{wrong}')")] {
            assert_eq!(tried.get(&path).await.status, 400, "{path}");
        }
        let wipe = format!("{DEVICES}/{wrong}/wipe");
        assert_eq!(tried.post(&wipe, json!({})).await.status, 400, "{wrong}");
    }
    let filter = format!("/beta/deviceManagement/remoteActionAudits?$filter=managedDeviceId eq '{bare}'");
    assert_eq!(tried.get(&filter).await.status, 400);
    assert_eq!(
        tried.get(&format!("{DEVICES}('{}')", id.to_uppercase())).await.status,
        200
    );
    let device = format!("{DEVICES}/{id}");
    let sent = async |tag: &str| {
        let request = tried.request(Method::DELETE, &device).header("if-match", tag);
        tried.send(request).await.status
    };
    assert_eq!(sent("W/\"other\"").await, 412);
    assert_eq!(effects(&tried), 0);
    assert_eq!(sent("*").await, 204);
}
