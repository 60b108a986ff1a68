//! Remote actions of the simulated tenant over HTTP: what is accepted, what becomes of it, and what is counted.

mod agreement;
mod approval;
mod bodies;
mod course;
mod edits;
mod effects;
mod faults;
mod limits;
mod platforms;
mod results;

use chrono::TimeDelta;
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::simulator_graph::{DEVICES, Got, PRIVILEGED, READ, TENANT, Tried, start_with};

pub const WRITE: &str = "DeviceManagementManagedDevices.ReadWrite.All";
const RBAC: &str = "DeviceManagementRBAC.Read.All";
const BETA: &str = "/beta/deviceManagement/managedDevices";
const AUDITS: &str = "/beta/deviceManagement/remoteActionAudits";

/// An empty tenant and all rights.
async fn tenant() -> Tried {
    start_with(0, &[READ, PRIVILEGED, WRITE, RBAC]).await
}

/// A device of these properties.
async fn device(tried: &Tried, properties: Value) -> String {
    let id = Uuid::new_v4().to_string();
    let put = tried.request(Method::PUT, &format!("/simulator/devices/{id}"));
    let put = tried.send(put.json(&json!({ "properties": properties }))).await;
    assert_eq!(put.status, 204, "{}", put.text);
    id
}

/// A company laptop, joined to Entra, not hybrid.
async fn laptop(tried: &Tried) -> String {
    let properties = json!({
        "operatingSystem": "Windows", "deviceEnrollmentType": "windowsAutoEnrollment", "managedDeviceOwnerType": "company",
        "azureADDeviceId": "5515d4ef-2551-456f-a975-e772ffefe6a0", "deviceName": "LAP-1", "managementState": "managed",
    });
    device(tried, properties).await
}

/// A company's iPhone, supervised.
async fn phone(tried: &Tried) -> String {
    let properties = json!({
        "operatingSystem": "iOS", "isSupervised": true, "deviceEnrollmentType": "appleBulkWithUser",
        "managedDeviceOwnerType": "company",
    });
    device(tried, properties).await
}

async fn mac(tried: &Tried) -> String {
    let properties = json!({
        "operatingSystem": "macOS", "deviceEnrollmentType": "appleBulkWithUser", "managedDeviceOwnerType": "company",
    });
    device(tried, properties).await
}

/// An Android device of this enrolment.
async fn android(tried: &Tried, enrollment: &str) -> String {
    let kind = if enrollment == "userEnrollment" {
        "androidForWork"
    } else {
        "androidEnterprise"
    };
    device(
        tried,
        json!({"operatingSystem": "Android", "deviceEnrollmentType": enrollment, "deviceType": kind,
               "managementAgent": "googleCloudDevicePolicyController"}),
    )
    .await
}

async fn act(tried: &Tried, id: &str, verb: &str, body: Value) -> Got {
    tried.post(&format!("{DEVICES}/{id}/{verb}"), body).await
}

async fn act_beta(tried: &Tried, id: &str, verb: &str, body: Value) -> Got {
    tried.post(&format!("{BETA}/{id}/{verb}"), body).await
}

async fn accepted(tried: &Tried, id: &str, verb: &str, body: Value) {
    let got = act_beta(tried, id, verb, body).await;
    assert_eq!((got.status, got.text.as_str()), (204, ""), "{verb}");
}

/// The entries of a single GET.
async fn results(tried: &Tried, id: &str) -> Vec<Value> {
    let got = tried
        .get(&format!("{DEVICES}/{id}?$select=id,deviceActionResults"))
        .await;
    assert_eq!(got.status, 200, "{}", got.text);
    got.json()["deviceActionResults"].as_array().unwrap().clone()
}

/// Name and state of each entry.
async fn states(tried: &Tried, id: &str) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let results = results(tried, id).await;
    results
        .iter()
        .map(|entry| (text(&entry["actionName"]), text(&entry["actionState"])))
        .collect()
}

async fn management_state(tried: &Tried, id: &str) -> String {
    let got = tried
        .get(&format!("{DEVICES}/{id}?$select=managementState"))
        .await
        .json();
    got["managementState"].as_str().unwrap().to_owned()
}

async fn audits(tried: &Tried, filter: &str) -> Vec<Value> {
    let got = tried.get(&format!("{AUDITS}?$filter={filter}")).await;
    got.devices()
}

fn pass(tried: &Tried, seconds: i64) {
    tried.sim.clock().advance(TimeDelta::seconds(seconds));
}

async fn tune(tried: &Tried, actions: Value) {
    let request = tried.request(Method::PATCH, "/simulator/tuning");
    let tuned = tried.send(request.json(&json!({ "actions": actions }))).await;
    assert_eq!(tuned.status, 200, "{}", tuned.text);
}

async fn arm(tried: &Tried, rule: Value) {
    let armed = tried.post("/simulator/faults", rule).await;
    assert_eq!(armed.status, 201, "{}", armed.text);
}

fn effects(tried: &Tried, id: &str, verb: &str) -> u64 {
    tried.sim.effects_of(Uuid::parse_str(id).unwrap(), verb)
}
