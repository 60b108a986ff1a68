//! Devices, writes and settings for tests of adapters.

use intune_connector::config::{KindSettings, NetworkSettings, TargetSettings};
use intune_connector::contract::{CheckStep, CheckStepState, RetireAction};
use intune_connector::model::{DeviceId, GoneReason, InstanceId, parse_time};
use intune_connector::targets::{
    DeviceKey, FieldValues, PlannedWrite, PrimaryUser, RecordId, SourceDevice, TargetAdapter, TargetFault, UserChange,
    WriteDone,
};
use serde_json::Value;
use tokio::sync::mpsc;
use url::Url;

pub type WriteResult = Result<WriteDone, TargetFault>;

pub fn settings(url: Option<&str>, own: KindSettings) -> TargetSettings {
    TargetSettings {
        url: url.map(|url| Url::parse(url).unwrap()),
        network: NetworkSettings::default(),
        client_identity: None,
        sign_in_expires_on: None,
        allow_private_addresses: true,
        instances: None,
        requests_per_minute: 0,
        write_window: None,
        zone: chrono_tz::UTC,
        assign_users: true,
        delete_allowed: true,
        own,
    }
}

pub fn device_id(number: u128) -> DeviceId {
    DeviceId(uuid::Uuid::from_u128(number))
}

pub fn device(number: u128, values: Value) -> SourceDevice {
    let mut all = values.as_object().cloned().unwrap();
    all.insert("enrolledDateTime".into(), "2026-01-02T03:04:05Z".into());
    SourceDevice {
        key: DeviceKey {
            instance: InstanceId(1),
            device: device_id(number),
        },
        instance_name: "IntuneConnector_1".parse().unwrap(),
        replaces: None,
        same_as: None,
        changed_at: parse_time("2026-11-21T08:00:00Z").unwrap(),
        values: all,
        primary_user: PrimaryUser::NotRead,
    }
}

pub fn fields(values: Value) -> FieldValues {
    values.as_object().cloned().unwrap().into_iter().collect()
}

/// The device is as a mapping sees it, with its values under the names of the other side.
pub fn create(number: u128, values: Value, user: UserChange) -> PlannedWrite {
    let device = Box::new(device(number, values.clone()));
    PlannedWrite::Create {
        key: device.key,
        device,
        values: fields(values),
        class_name: String::new(),
        user,
    }
}

/// `changed`: what differs; `all`: everything.
pub fn update(number: u128, record: &RecordId, changed: Value, all: Value) -> PlannedWrite {
    let device = Box::new(device(number, all.clone()));
    PlannedWrite::Update {
        key: device.key,
        device,
        record: record.clone(),
        values: fields(changed),
        all: fields(all),
        restore: false,
        lacks_id: false,
        replaces: None,
        class_name: String::new(),
        user: UserChange::Keep,
    }
}

/// The device has come back under another id.
pub fn replace(number: u128, before: u128, record: &RecordId, all: Value) -> PlannedWrite {
    let mut write = update(number, record, serde_json::json!({}), all);
    if let PlannedWrite::Update { replaces, .. } = &mut write {
        *replaces = Some(device_id(before));
    }
    write
}

pub fn restore(number: u128, record: &RecordId) -> PlannedWrite {
    let mut write = update(number, record, serde_json::json!({}), serde_json::json!({}));
    if let PlannedWrite::Update { restore, .. } = &mut write {
        *restore = true;
    }
    write
}

pub fn retire(number: u128, record: &RecordId, action: RetireAction) -> PlannedWrite {
    PlannedWrite::Retire {
        key: DeviceKey {
            instance: InstanceId(1),
            device: device_id(number),
        },
        record: record.clone(),
        action,
        reason: GoneReason::Deleted,
        at: parse_time("2026-11-22T08:00:00Z").unwrap(),
    }
}

/// Each write has to go well.
#[track_caller]
pub fn records(results: &[WriteResult]) -> Vec<RecordId> {
    let record = |result: &WriteResult| match result {
        Ok(done) => done.record.clone(),
        Err(fault) => panic!("{fault:?}"),
    };
    results.iter().map(record).collect()
}

pub fn codes(results: &[WriteResult]) -> Vec<&'static str> {
    let code = |result: &WriteResult| result.as_ref().map_or_else(TargetFault::code, |_| "written");
    results.iter().map(code).collect()
}

/// All steps of a check.
pub async fn check_steps(adapter: &dyn TargetAdapter) -> Vec<CheckStep> {
    let (tell, mut told) = mpsc::channel(64);
    adapter.verify_connection(tell).await;
    let mut steps = Vec::new();
    while let Some(step) = told.recv().await {
        steps.push(step);
    }
    steps
}

/// The steps that failed, each with its cause and its cure.
#[track_caller]
pub fn failed_steps(steps: &[CheckStep]) -> Vec<(&str, &str, &str)> {
    let failed = steps.iter().filter(|step| step.state == CheckStepState::Failed);
    let told = failed.map(|step| {
        let (cause, cure) = (step.cause.as_deref(), step.cure.as_deref());
        (step.step.as_str(), cause.expect("a cause"), cure.expect("a cure"))
    });
    told.collect()
}
