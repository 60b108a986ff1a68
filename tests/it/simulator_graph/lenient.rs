//! What other people's tools send and Graph takes.

use super::*;

const BATCH: &str = "/v1.0/$batch";
const WRITE: &str = "DeviceManagementManagedDevices.ReadWrite.All";

#[tokio::test]
async fn si_4_2_3_startswith_and_names_of_any_case_are_understood() {
    let tried = start(300).await;
    let found = async |filter: &str| tried.walk(&format!("{DEVICES}?$filter={filter}")).await.len();
    let phones = found("operatingSystem eq 'iOS' or operatingSystem eq 'iPadOS'").await;
    assert!(phones > 0);
    assert_eq!(found("startswith(operatingSystem,'i')").await, phones);
    assert_eq!(found("startsWith(OperatingSystem,'I')").await, phones);
    assert_eq!(
        found("startsWith(operatingSystem,'iOS') or startsWith(operatingSystem,'iPadOS')").await,
        phones
    );
    let name = tried.get(&format!("{DEVICES}?$top=1")).await.devices()[0]["deviceName"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(found(&format!("devicename eq '{name}'")).await > 0);
    for wrong in [
        "startswith(lastSyncDateTime,'2026')",
        "startswith(nonsense,'x')",
        "endswith(deviceName,'x')",
    ] {
        assert_eq!(
            tried.get(&format!("{DEVICES}?$filter={wrong}")).await.status,
            400,
            "{wrong}"
        );
    }
}

#[tokio::test]
async fn si_4_2_3_options_need_no_dollar_sign_and_json_may_be_asked_for() {
    let tried = start(5).await;
    let plain = tried.get(&format!("{DEVICES}?$top=2&$select=id")).await;
    for query in ["top=2&select=id", "TOP=2&$Select=id", "$top=2&select=id&format=json"] {
        let bare = tried.get(&format!("{DEVICES}?{query}")).await;
        assert_eq!(bare.ids(), plain.ids(), "{query}");
        let next = bare.next().unwrap();
        assert!(next.contains(query), "as the client wrote it: {next}");
        assert_eq!(tried.walk(&next).await.len(), 3);
    }
    for format in ["json", "application/json", "application/json;odata.metadata=minimal"] {
        assert_eq!(tried.get(&format!("{DEVICES}?$format={format}")).await.status, 200);
    }
    for format in ["xml", "atom", "application/xml"] {
        assert_eq!(tried.get(&format!("{DEVICES}?$format={format}")).await.status, 400);
    }
}

#[tokio::test]
async fn si_4_2_4_a_body_may_name_its_type() {
    let tried = start_with(1, &[READ, PRIVILEGED, WRITE]).await;
    let device = format!("{DEVICES}/{}", tried.first_id().await);
    let patch = async |body: Value| tried.send(tried.request(Method::PATCH, &device).json(&body)).await;
    let sample = json!({"@odata.type": "#microsoft.graph.managedDevice", "notes": "on loan"});
    assert_eq!(patch(sample).await.status, 204);
    let notes = tried.get(&format!("{device}?$select=notes")).await.json();
    assert_eq!(notes["notes"], "on loan");
    let typed = json!({"managedDeviceOwnerType@odata.type": "#microsoft.graph.managedDeviceOwnerType",
                       "managedDeviceOwnerType": "company"});
    assert_eq!(patch(typed).await.status, 204);
    for wrong in [
        json!({"@odata.type": "#microsoft.graph.managedDevice"}),
        json!({"@odata.type": 5, "notes": "x"}),
        json!({"@odata.etag": "x", "notes": "x"}),
    ] {
        assert_eq!(patch(wrong.clone()).await.status, 400, "{wrong}");
    }
    let retire = format!("{device}/retire");
    let body = json!({"@odata.type": "microsoft.graph.managedDevice"});
    assert_eq!(tried.post(&retire, body).await.status, 204);
}

#[tokio::test]
async fn si_4_2_6_steps_of_a_batch_depend_on_steps_of_the_batch_in_any_order() {
    let tried = start(1).await;
    let id = tried.first_id().await;
    let good = format!("/deviceManagement/managedDevices/{id}");
    let gone = "/deviceManagement/managedDevices/00000000-0000-4000-8000-000000000000";
    let step = |id: &str, url: &str, on: &[&str]| json!({"id": id, "method": "GET", "url": url, "dependsOn": on});
    let batch = json!({"requests": [
        step("third", &good, &["SECOND"]), step("second", &good, &["first"]), step("first", &good, &[]),
        step("after", &good, &["gone"]), step("later", &good, &["after", "first"]), step("gone", gone, &[]),
    ]});
    let got = tried.post(BATCH, batch).await.json();
    let status = |id: &str| {
        let responses = got["responses"].as_array().unwrap();
        let response = responses.iter().find(|response| response["id"] == id);
        response.unwrap()["status"].as_u64().unwrap()
    };
    assert_eq!(
        ["first", "second", "third", "gone", "after", "later"].map(status),
        [200, 200, 200, 404, 424, 424]
    );
    for wrong in [
        json!([step("1", &good, &["2"])]),
        json!([step("1", &good, &["1"])]),
        json!([step("1", &good, &["2"]), step("2", &good, &["1"])]),
    ] {
        let got = tried.post(BATCH, json!({"requests": wrong})).await;
        assert_eq!(
            (got.status, &got.json()["error"]["code"]),
            (400, &json!("BadRequest")),
            "{wrong}"
        );
    }
}

#[tokio::test]
async fn si_5_the_overview_of_the_control_api_tells_what_is_there_by_now() {
    let tried = start(5).await;
    let id = tried.first_id().await;
    assert_eq!(tried.post(&format!("{DEVICES}/{id}/wipe"), json!({})).await.status, 204);
    tried.sim.clock().advance(chrono::TimeDelta::days(30));
    let told = tried.get("/simulator").await.json()["tenants"][0]["devices"].clone();
    assert_eq!(told, tried.walk(DEVICES).await.len());
    assert!(told.as_u64().unwrap() < 5, "{told}");
}
