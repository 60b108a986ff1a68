//! The apps of a device and how it stands to compliance policies.

use super::facts::{Judge, Surplus, facts};
use super::*;

const BETA_DEVICES: &str = "/beta/deviceManagement/managedDevices";

async fn windows(tried: &Tried) -> String {
    let made = tried
        .post("/simulator/devices", json!({"count": 1, "operatingSystem": "Windows"}))
        .await;
    made.json()["ids"][0].as_str().unwrap().to_owned()
}

async fn put(tried: &Tried, path: &str, body: Value) -> u16 {
    tried.send(tried.request(Method::PUT, path).json(&body)).await.status
}

async fn tune(tried: &Tried, tuning: Value) {
    let request = tried.request(Method::PATCH, "/simulator/tuning").json(&tuning);
    assert!(tried.send(request).await.status < 300);
}

fn names(rows: &[Value]) -> Vec<String> {
    rows.iter()
        .map(|row| row["displayName"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn apps_and_policies_fit_the_schema() {
    let tried = start(60).await;
    let facts = facts();
    for (version, root) in [("v1.0", "/v1.0"), ("beta", "/beta")] {
        let mut judge = Judge {
            version: &facts[version],
            surplus: Surplus::default(),
        };
        let mut seen = 0;
        for device in tried.get(DEVICES).await.ids() {
            let path = format!("{root}/deviceManagement/managedDevices/{device}");
            for state in tried.walk(&format!("{path}/deviceCompliancePolicyStates")).await {
                judge.object("deviceCompliancePolicyState", &state);
            }
            if version == "beta" {
                for app in tried.walk(&format!("{path}/detectedApps")).await {
                    judge.object("detectedApp", &app);
                    seen += 1;
                }
            }
        }
        assert_eq!(judge.surplus, Surplus::default(), "{version}");
        assert!(version == "v1.0" || seen > 60, "only {seen} apps");
    }
}

#[tokio::test]
async fn apps_come_in_pages_and_only_from_beta() {
    let tried = start(0).await;
    let id = windows(&tried).await;
    let set = json!({"apps": ["Foxit, Business", {"displayName": "X", "version": "2"}], "count": 118});
    assert_eq!(put(&tried, &format!("/simulator/devices/{id}/apps"), set).await, 204);
    let path = format!("{BETA_DEVICES}/{id}/detectedApps");
    assert_eq!(tried.get(&path).await.devices().len(), 50, "a page");
    let all = names(&tried.walk(&path).await);
    assert_eq!(
        (all.len(), all[0].as_str(), all[119].as_str()),
        (120, "Foxit, Business", "App 00118")
    );
    assert_eq!(names(&tried.walk(&format!("{path}?$top=7")).await), all);
    let refused = tried.get(&format!("{DEVICES}/{id}/detectedApps")).await;
    assert_eq!(refused.status, 400, "{}", refused.text);
    tune(&tried, json!({"detectedAppsOnV1": true, "appsPageSize": 1000})).await;
    assert_eq!(
        names(&tried.get(&format!("{DEVICES}/{id}/detectedApps")).await.devices()),
        all
    );
}

#[tokio::test]
async fn a_policy_says_which_setting_fails_and_may_hide_it_in_the_collection() {
    let tried = start(0).await;
    let id = windows(&tried).await;
    let patch = json!({"properties": {"complianceState": "noncompliant"}});
    tried
        .send(
            tried
                .request(Method::PATCH, &format!("/simulator/devices/{id}"))
                .json(&patch),
        )
        .await;
    let path = format!("{DEVICES}/{id}/deviceCompliancePolicyStates");
    let states = tried.get(&path).await.devices();
    let bad: Vec<&Value> = states.iter().filter(|state| state["state"] == "nonCompliant").collect();
    assert_eq!(bad.len(), 1);
    let failing = |settings: &Value| {
        let settings = settings.as_array().unwrap().iter();
        settings.filter(|setting| setting["state"] == "nonCompliant").count()
    };
    assert_eq!(failing(&bad[0]["settingStates"]), 1);
    tune(&tried, json!({"policiesWithSettings": false})).await;
    let hidden = tried.get(&path).await.devices();
    assert!(hidden.iter().all(|state| state["settingStates"] == json!([])));
    let one = format!("{path}/{}", bad[0]["id"].as_str().unwrap());
    assert_eq!(failing(&tried.get(&one).await.json()["settingStates"]), 1);
    assert_eq!(
        failing(&json!(tried.get(&format!("{one}/settingStates")).await.devices())),
        1
    );
    assert_eq!(tried.get(&format!("{path}/{}", uuid::Uuid::nil())).await.status, 404);
}

#[tokio::test]
async fn policies_can_be_told_and_forgotten() {
    let tried = start(0).await;
    let id = windows(&tried).await;
    let control = format!("/simulator/devices/{id}/policies");
    let told = json!({"policies": [{"displayName": "P", "state": "conflict", "settings": [
        {"setting": "A.B", "state": "conflict"}]}]});
    let before = tried.get(&control).await.json();
    assert_eq!(put(&tried, &control, told.clone()).await, 204);
    assert_eq!(tried.get(&control).await.json(), told);
    let states = tried
        .get(&format!("{BETA_DEVICES}/{id}/deviceCompliancePolicyStates"))
        .await
        .devices();
    assert_eq!((states.len(), &states[0]["state"]), (1, &json!("conflict")));
    assert!(states[0]["userPrincipalName"].is_string(), "beta tells whose it is");
    assert_eq!(tried.send(tried.request(Method::DELETE, &control)).await.status, 204);
    assert_eq!(tried.get(&control).await.json(), before);
}

#[tokio::test]
async fn they_need_the_right_to_read_draw_on_its_budget_and_suffer_its_faults() {
    let tried = start_with(1, &[PRIVILEGED]).await;
    let id = tried.sim.tenant(TENANT).unwrap();
    let id = simulated_tenant::world::Key::clone(id.world.read().unwrap().behind(None).next().unwrap().0).id;
    let paths = [
        format!("{BETA_DEVICES}/{id}/detectedApps"),
        format!("{DEVICES}/{id}/deviceCompliancePolicyStates"),
    ];
    for path in &paths {
        assert_eq!(tried.get(path).await.status, 403, "{path}");
    }
    let tried = start(1).await;
    for path in &paths {
        let fault = json!({"fault": {"kind": "list", "twist": "linkToSelf"}, "path": path});
        assert!(tried.post("/simulator/faults", fault).await.status < 300);
        let page = tried.get(path).await;
        assert_eq!(page.next().as_deref(), Some(format!("{}{path}", tried.base).as_str()));
        assert_eq!(tried.get(path).await.next(), None);
    }
    tune(&tried, json!({"limits": {"anyPerApp": 0}})).await;
    for path in &paths {
        assert_eq!(tried.get(path).await.status, 429, "{path}");
    }
    let nobody = format!("{BETA_DEVICES}/{}/detectedApps", uuid::Uuid::nil());
    tune(&tried, json!({"limits": {"enabled": false}})).await;
    assert_eq!(tried.get(&nobody).await.status, 404);
    assert_eq!(tried.get(&format!("{BETA_DEVICES}/x/detectedApps")).await.status, 400);
}

#[tokio::test]
async fn devices_are_found_by_their_users_name() {
    let tried = start(200).await;
    let all = tried.get(DEVICES).await.devices();
    let somebody = all
        .iter()
        .find_map(|device| device["userPrincipalName"].as_str().filter(|name| !name.is_empty()));
    let somebody = somebody.unwrap();
    let filter = format!("$filter=userPrincipalName eq '{}'&$select=id", somebody.to_uppercase());
    let found = tried
        .get(&format!("{DEVICES}?{}", filter.replace(' ', "%20")))
        .await
        .ids();
    let expected = all
        .iter()
        .filter(|device| device["userPrincipalName"] == somebody)
        .count();
    assert_eq!(found.len(), expected);
}
