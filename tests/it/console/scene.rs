//! Where the stories of the console play: a bus over a simulated tenant in which nothing happens by itself, two people who
//! may do everything, and browsers in front of them.

use chrono::{DateTime, TimeDelta, Utc};
use intune_connector::model::{RightScope, TaskState};
use intune_connector::sics::auth::password;
use intune_connector::store::{NewOperator, OperatorKind};
use reqwest::Method;
use serde_json::{Value, json};

use super::texts::en;
use crate::sics::bus::PASSWORD;
use crate::support::browser::Browser;
use crate::support::wait::found;
use crate::whole::{INSTANCE, Whole};

/// May do everything, as may [`BEN`].
pub const ANNA: &str = "anna";
pub const BEN: &str = "ben";

pub struct Scene {
    pub whole: Whole,
}

impl Scene {
    /// A tenant without devices, read once; devices do at once what they are told.
    pub async fn new(settings: &[(&str, &str)]) -> Scene {
        let scene = Scene::without_people(settings).await;
        scene.person(ANNA, &["*"]).await;
        scene.person(BEN, &["*"]).await;
        scene
    }

    /// The same, as it is before anybody was there.
    pub async fn without_people(settings: &[(&str, &str)]) -> Scene {
        let quiet = [("incremental", "off")];
        let settings: Vec<(&str, &str)> = quiet.iter().chain(settings).copied().collect();
        let scene = Scene {
            whole: Whole::new(0, &settings).await,
        };
        scene.whole.completed("full", 1).await;
        let at_once = json!({"actions": {"conduct": {"pendingMs": 0, "activeMs": 0}}});
        scene.whole.control("PATCH", "tuning", at_once).await;
        scene
    }

    /// The same, with people, and nothing installed.
    pub async fn without_products() -> Scene {
        let mut whole = Whole::prepare(0, &[]).await;
        std::fs::remove_file(whole.data().join("instances").join(format!("{INSTANCE}.ini"))).unwrap();
        whole.start().await;
        let scene = Scene { whole };
        scene.person(ANNA, &["*"]).await;
        scene.person(BEN, &["*"]).await;
        scene
    }

    /// Address of the console, without a slash at its end.
    pub fn console(&self) -> String {
        self.whole.bus().local.console.clone().unwrap()
    }

    /// A person with a password of their own.
    pub async fn person(&self, name: &str, rights: &[&str]) {
        let new = NewOperator {
            name: name.into(),
            kind: OperatorKind::Person,
            password_hash: Some(password::hash(&PASSWORD.into()).unwrap()),
            rights: rights.iter().map(|right| right.parse().unwrap()).collect(),
            scope: RightScope::default(),
            created_by: None,
        };
        self.whole.bus().store.add_operator(new).await.unwrap();
    }

    /// A person with one of the roles of the system.
    pub async fn person_as(&self, name: &str, role: &str) {
        self.person(name, &[]).await;
        let store = &self.whole.bus().store;
        let operator = store.find_operator_by_name(name).await.unwrap().unwrap();
        let role = role.parse().unwrap();
        store
            .assign_role(operator.id, role, RightScope::default())
            .await
            .unwrap();
    }

    /// A browser in which somebody is signed in; it shows the dashboard.
    pub async fn visit(&self, name: &str) -> Browser {
        let browser = Browser::start("en").await;
        self.sign_in(&browser, name).await;
        browser
    }

    /// Two browsers with a person each.
    pub async fn visit_two(&self, one: &str, other: &str) -> (Browser, Browser) {
        let (first, second) = Browser::start_two().await;
        self.sign_in(&first, one).await;
        self.sign_in(&second, other).await;
        (first, second)
    }

    pub async fn sign_in(&self, browser: &Browser, name: &str) {
        browser.open(&format!("{}/sign-in", self.console())).await;
        enter(browser, name, PASSWORD).await;
        browser.arrives("/").await;
    }

    /// Puts a device into the tenant; the next scan brings it.
    pub async fn put(&self, number: u32, properties: Value) -> String {
        let id = device_id(number);
        let mut all = json!({
            "deviceName": format!("DEV-{number}"), "serialNumber": format!("SER{number:06}"),
            "userPrincipalName": format!("user{number}@example.org"), "managedDeviceOwnerType": "company",
            "managementState": "managed", "enrolledDateTime": "2026-03-01T08:00:00Z",
            "lastSyncDateTime": "2026-09-20T08:00:00Z",
        });
        for (key, value) in properties.as_object().unwrap() {
            all[key] = value.clone();
        }
        let path = format!("devices/{id}");
        self.whole.control("PUT", &path, json!({"properties": all})).await;
        id
    }

    pub async fn laptop(&self, number: u32, name: &str) -> String {
        let kind = json!({"operatingSystem": "Windows", "osVersion": "10.0.26100.1",
            "deviceEnrollmentType": "windowsAzureADJoin", "deviceName": name});
        self.put(number, kind).await
    }

    /// One that can be locked and wiped.
    pub async fn phone(&self, number: u32, name: &str) -> String {
        let kind = json!({"operatingSystem": "iOS", "osVersion": "18.1", "isSupervised": true,
            "deviceEnrollmentType": "appleBulkWithUser", "deviceName": name});
        self.put(number, kind).await
    }

    pub async fn change(&self, number: u32, properties: Value) {
        let path = format!("devices/{}", device_id(number));
        self.whole
            .control("PATCH", &path, json!({"properties": properties}))
            .await;
    }

    pub async fn take_away(&self, number: u32) {
        let path = format!("devices/{}", device_id(number));
        self.whole.control("DELETE", &path, json!({})).await;
    }

    /// Reads the tenant anew.
    pub async fn scan(&self) {
        let scans = self.whole.scans().await;
        let full = scans
            .iter()
            .filter(|scan| scan["kind"] == "full" && scan["state"] == "completed");
        let before = full.count();
        let body = json!({"instance": INSTANCE, "kind": "full"});
        self.whole.post("/sics/v1/scans", body).await;
        self.whole.completed("full", before + 1).await;
    }

    /// Lets time pass from look to look until every device of a job has come to an end; answers the job.
    pub async fn follow(&self, job: i64) -> Value {
        found(&format!("job {job} ends"), async || {
            let shown = self.whole.get(&format!("/sics/v1/jobs/{job}")).await;
            let tasks = shown["tasks"].as_array().unwrap();
            let state = |task: &Value| serde_json::from_value::<TaskState>(task["state"].clone()).unwrap();
            if tasks.iter().all(|task| state(task).is_end()) {
                return Ok(shown);
            }
            let looks = tasks.iter();
            let next = looks
                .filter_map(|task| task["nextLookAt"].as_str()?.parse::<DateTime<Utc>>().ok())
                .min();
            // What was not sent yet is not looked at.
            let Some(next) = next else { return Err(shown) };
            let ahead = next - self.whole.clock.now();
            if ahead >= TimeDelta::zero() {
                self.whole.advance(ahead + TimeDelta::seconds(1));
            }
            Err(shown)
        })
        .await
    }

    /// Ends every session of a person, as somebody else may do.
    pub async fn end_sessions(&self, name: &str) {
        let listed = self.whole.get("/sics/v1/sessions").await;
        let sessions = listed["sessions"].as_array().unwrap().iter();
        let theirs: Vec<i64> = sessions
            .filter(|session| session["operator"] == name)
            .map(|session| session["id"].as_i64().unwrap())
            .collect();
        assert!(!theirs.is_empty(), "{listed}");
        for id in theirs {
            let path = format!("/sics/v1/sessions/{id}");
            self.whole.good(Method::DELETE, &path, json!({})).await;
        }
    }

    /// How often a device was really told to do something.
    pub fn effects(&self, device: &str, verb: &str) -> u64 {
        self.whole.sim.simulated.effects_of(device.parse().unwrap(), verb)
    }
}

/// The same in each test.
pub fn device_id(number: u32) -> String {
    format!("7809c88c-0000-4000-8000-{number:012}")
}

/// Path of the page of a device.
pub fn device_page(number: u32) -> String {
    format!("/devices/{INSTANCE}/{}", device_id(number))
}

/// Selector of the row of a device in a list.
pub fn device_row(number: u32) -> String {
    format!("tr[data-row=\"device:{INSTANCE}/{}\"]", device_id(number))
}

/// On the page for it.
pub async fn enter(browser: &Browser, name: &str, password: &str) {
    browser.fill("#name", name).await;
    browser.fill("#password", password).await;
    browser.press_in("main", &en("sign-in")).await;
}

pub async fn sign_out(browser: &Browser) {
    browser.click(".who summary").await;
    browser.press(&en("sign-out")).await;
    browser.sees(&en("done-signed-out")).await;
}
