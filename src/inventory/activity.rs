//! What workflows may call of this flow: scan, list, look at a device anew, publish it. None of them changes a device.

use std::sync::Arc;

use chrono::TimeDelta;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde_json::{Map, Value, json};
use tokio::sync::{mpsc, oneshot};

use super::activity_signatures::{get_device_signature, list_devices_signature, publish_signature, scan_signature};
use super::condition::{DeviceCondition, UnjudgedDevices};
use super::instance_scanner::InstanceScanner;
use super::refresh;
use super::scan_runner::RunnerCommand;
use crate::contract::ActivitySignature;
use crate::model::{DeviceId, DeviceIdentity, GoneReason, ScanKind, Timestamp, format_time};
use crate::schedule::duration;
use crate::store::{DeviceMatcher, DeviceQuery, StoreError};
use crate::workflow::{Activity, ActivityCall, ActivityError};

/// Devices of one list, unless the definition asks for fewer.
const LISTED: u64 = 500;
const LISTED_MAX: u64 = 1_000;

/// What a workflow is told of a device, beside what pins it.
const SHOWN: [&str; 9] = [
    "deviceName",
    "operatingSystem",
    "osVersion",
    "model",
    "lastSyncDateTime",
    "complianceState",
    "managedDeviceOwnerType",
    "deviceCategoryDisplayName",
    "deviceClass",
];

type InventoryActivityFuture<'a> = BoxFuture<'a, Result<Map<String, Value>, ActivityError>>;

fn into_object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

fn store_error(error: StoreError) -> ActivityError {
    ActivityError::new_retryable(error.code(), error.to_string())
}

/// Reads the tenant: a full or an incremental scan.
pub struct ScanActivity {
    pub commands: mpsc::Sender<RunnerCommand>,
}

impl Activity for ScanActivity {
    fn signature(&self) -> ActivitySignature {
        scan_signature()
    }

    fn call(&self, call: ActivityCall) -> InventoryActivityFuture<'_> {
        async move {
            let kind = match call.inputs.get("kind").and_then(Value::as_str) {
                Some("full") => ScanKind::Full,
                Some("incremental") => ScanKind::Incremental,
                _ => return Err(ActivityError::new("kind", "kind must be full or incremental")),
            };
            if call.dry_run {
                return Ok(into_object(
                    json!({"seen": 0, "new": 0, "changed": 0, "gone": 0, "missing": 0, "braked": false}),
                ));
            }
            let stopped = || ActivityError::new_retryable("stopped", "the instance is stopping");
            let (reply_sender, reply) = oneshot::channel();
            self.commands
                .send(RunnerCommand::Run(kind, reply_sender))
                .await
                .map_err(|_| stopped())?;
            let mut cancelled = call.cancelled;
            let ended = tokio::select! {
                ended = reply => ended.map_err(|_| stopped())?,
                _ = cancelled.wait_for(|cancelled| *cancelled) => {
                    return Err(ActivityError::new("cancelled", "the step was cancelled; the scan continues"));
                }
            };
            let summary = ended.map_err(|(code, problem)| ActivityError::new_retryable(code, problem))?;
            Ok(into_object(json!({
                "seen": summary.seen, "new": summary.new, "changed": summary.changed, "gone": summary.gone,
                "missing": summary.missing, "braked": summary.braked,
            })))
        }
        .boxed()
    }
}

/// What pins a device (A2), and what people know it by.
fn describe_device(id: DeviceId, identity: &DeviceIdentity, body: &str) -> Value {
    let body: Value = serde_json::from_str(body).unwrap_or_default();
    let mut device = into_object(json!({
        "id": id, "serialNumber": identity.serial_number, "enrolledDateTime": identity.enrolled_date_time,
        "userPrincipalName": identity.user_principal_name,
    }));
    for name in SHOWN {
        device.insert(name.to_owned(), body[name].clone());
    }
    Value::Object(device)
}

fn compile_filter(call: &ActivityCall, now: Timestamp) -> Result<Option<DeviceCondition>, ActivityError> {
    let source = call
        .inputs
        .get("filter")
        .and_then(Value::as_str)
        .filter(|source| !source.trim().is_empty());
    let compiled = source
        .map(|source| DeviceCondition::compile_at(source, now))
        .transpose();
    compiled.map_err(|error| ActivityError::new("filter", format!("invalid filter: {error}")))
}

/// The devices that a condition finds, as they are known here.
pub struct ListDevicesActivity {
    pub scanner: InstanceScanner,
}

impl Activity for ListDevicesActivity {
    fn signature(&self) -> ActivitySignature {
        list_devices_signature()
    }

    fn call(&self, call: ActivityCall) -> InventoryActivityFuture<'_> {
        async move {
            let limit = call
                .inputs
                .get("limit")
                .and_then(Value::as_u64)
                .unwrap_or(LISTED)
                .clamp(1, LISTED_MAX) as usize;
            let silent_for = call
                .inputs
                .get("silentFor")
                .and_then(Value::as_str)
                .and_then(duration::parse);
            let before = silent_for.map(|seconds| {
                let length = TimeDelta::seconds(i64::try_from(seconds).unwrap_or(i64::MAX / 2_000));
                format_time(self.scanner.clock.now() - length)
            });
            let condition = compile_filter(&call, self.scanner.clock.now())?;
            let unjudged = UnjudgedDevices::default();
            let noted = unjudged.clone();
            let matching: DeviceMatcher = Arc::new(move |body: &str| {
                // A device on which the condition fails is not in the list: nothing is done to what can't be judged.
                let holds = condition.as_ref().is_none_or(|condition| {
                    condition.matches_body(body).unwrap_or_else(|problem| {
                        noted.record_device(body, &problem);
                        false
                    })
                });
                holds
                    && before
                        .as_ref()
                        .is_none_or(|before| last_sync(body).is_some_and(|at| at < *before))
            });
            let query = DeviceQuery {
                instances: vec![self.scanner.instance],
                matcher: Some(matching),
                limit: limit + 1,
                ..DeviceQuery::default()
            };
            let mut rows = self.scanner.store.list_devices(query).await.map_err(store_error)?;
            let more = rows.len() > limit;
            rows.truncate(limit);
            let mut devices = Vec::new();
            for row in rows {
                let known = self
                    .scanner
                    .store
                    .find_device_identity(self.scanner.instance, row.id)
                    .await
                    .map_err(store_error)?;
                if let Some((identity, _)) = known {
                    devices.push(describe_device(row.id, &identity, row.body.get()));
                }
            }
            let cut = more.then(|| format!("limited to {limit} devices, there are more"));
            let unjudged = unjudged.view();
            let lacking: Vec<String> = cut.into_iter().chain(unjudged.describe_unjudged()).collect();
            if !lacking.is_empty() {
                tracing::warn!(instance.id = %self.scanner.instance, run.step = %call.key, why = lacking.join("; "),
                    "the list of devices is incomplete");
            }
            // As a part of a sentence, so that whoever tells of the list can tell it in the same breath.
            let note = lacking.iter().map(|why| format!(" ({why})")).collect::<String>();
            let row = self
                .scanner
                .store
                .load_instance(self.scanner.instance)
                .await
                .map_err(store_error)?;
            Ok(into_object(json!({
                "instance": row.name, "count": devices.len(), "more": more, "unjudged": unjudged.count,
                "unjudgedDevices": unjudged.devices, "note": note, "devices": devices,
            })))
        }
        .boxed()
    }
}

/// Dates are written alike, so they compare as text.
fn last_sync(body: &str) -> Option<String> {
    let body: Value = serde_json::from_str(body).ok()?;
    body["lastSyncDateTime"].as_str().map(str::to_owned)
}

/// One device: read anew, published, and compared with what was seen before.
pub struct GetDeviceActivity {
    pub scanner: InstanceScanner,
}

impl GetDeviceActivity {
    async fn read_and_compare(&self, call: ActivityCall) -> Result<Map<String, Value>, ActivityError> {
        let id = parse_device_id(&call)?;
        let fresh = call.inputs.get("anew").and_then(Value::as_bool).unwrap_or(true);
        if fresh && !call.dry_run {
            reread_device(&self.scanner, id).await?;
        }
        let condition = compile_filter(&call, self.scanner.clock.now())?;
        let scanner = &self.scanner;
        let row = scanner
            .store
            .find_device(scanner.instance, id)
            .await
            .map_err(store_error)?;
        let known = scanner
            .store
            .find_device_identity(scanner.instance, id)
            .await
            .map_err(store_error)?;
        let Some((row, (identity, _))) = row.zip(known) else {
            return Ok(into_object(
                json!({ "found": false, "same": false, "matches": false, "device": {"id": id} }),
            ));
        };
        let body = row.body.get();
        let device = describe_device(id, &identity, body);
        let seen = call.inputs.get("device").filter(|seen| seen.is_object());
        let pins = ["serialNumber", "enrolledDateTime", "userPrincipalName"];
        let same = seen.is_none_or(|seen| pins.iter().all(|pin| seen.get(*pin) == device.get(*pin)));
        let matches = match condition.map(|condition| condition.matches_body(body)) {
            None => true,
            Some(Ok(matches)) => matches,
            // Somebody else's by now: that is told, and it matches nothing.
            Some(Err(_)) if !same => false,
            Some(Err(problem)) => {
                // Whether it matches is not known: nothing is done to it, and nobody is told that it does not (E10).
                let message = format!("the filter could not evaluate device {id}: {problem}");
                return Err(ActivityError::new("unjudged", message));
            }
        };
        Ok(into_object(
            json!({ "found": true, "same": same, "matches": matches, "device": device }),
        ))
    }
}

/// What cannot be read now may be read later; a device that was not read anew is not judged.
async fn reread_device(scanner: &InstanceScanner, id: DeviceId) -> Result<(), ActivityError> {
    let refreshed = refresh::refresh_device_now(scanner, id, GoneReason::Deleted).await;
    refreshed.map_err(|error| ActivityError::new_retryable(error.code(), error.to_string()))
}

/// The id alone, or a device with its id.
fn parse_device_id(call: &ActivityCall) -> Result<DeviceId, ActivityError> {
    let given = call.inputs.get("device").unwrap_or(&Value::Null);
    let text = given.as_str().or_else(|| given.get("id")?.as_str()).unwrap_or_default();
    text.parse()
        .map_err(|error: crate::model::InvalidId| ActivityError::new("device", error.to_string()))
}

impl Activity for GetDeviceActivity {
    fn signature(&self) -> ActivitySignature {
        get_device_signature()
    }

    fn call(&self, call: ActivityCall) -> InventoryActivityFuture<'_> {
        self.read_and_compare(call).boxed()
    }
}

/// One device: read anew and told to its servers.
pub struct PublishActivity {
    pub scanner: InstanceScanner,
}

impl Activity for PublishActivity {
    fn signature(&self) -> ActivitySignature {
        publish_signature()
    }

    fn call(&self, call: ActivityCall) -> InventoryActivityFuture<'_> {
        async move {
            let id = parse_device_id(&call)?;
            if !call.dry_run {
                reread_device(&self.scanner, id).await?;
            }
            Ok(Map::new())
        }
        .boxed()
    }
}
