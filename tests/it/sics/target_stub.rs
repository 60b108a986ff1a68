//! Plays the targets and their other sides.

use std::sync::Mutex;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use intune_connector::contract::{
    CheckStep, CheckStepState, PreviewItem, PreviewOutcome, RetireAction, RevertView, TargetFieldView,
    TargetFieldsView, TargetKind, TargetKindView, TargetPreviewView, WriteForm,
};
use intune_connector::model::{DeviceId, InstanceId, InstanceName};
use intune_connector::sics::{EngineFuture, TargetInstance, TargetProvider};
use intune_connector::store::StoreError;
use intune_connector::targets::{MappingError, TargetMapping};
use tokio::sync::mpsc;

/// The default of every kind.
pub const MAPPING: &str = r#"{"fields": [{"field": "NAME", "from": "deviceName", "mode": "own"}], "classes": [],
    "gone": {"deleted": "leave", "wiped": "leave", "retired": "leave"}}"#;

#[derive(Default)]
pub struct TargetStub {
    targets: Mutex<Vec<TargetInstance>>,
    /// A preview has a device of each of these instances.
    pub previewed: Mutex<Vec<InstanceName>>,
    /// The mapping of the last preview; `None`: the one that is set.
    pub offered: Mutex<Option<TargetMapping>>,
    pub woken: Mutex<Vec<InstanceId>>,
    pub resent: Mutex<Vec<DeviceId>>,
    pub reverted: Mutex<Vec<i64>>,
}

impl TargetStub {
    pub fn install(&self, number: i64) {
        let name = format!("IntuneTargetOcs_{number}");
        self.targets.lock().unwrap().push(TargetInstance {
            id: InstanceId(number),
            name: name.parse().unwrap(),
            kind: TargetKind::Ocs,
            profile: "Berlin".to_owned(),
            server: name.parse().unwrap(),
            running: true,
            sign_in_ends: Vec::new(),
        });
    }
}

impl TargetProvider for TargetStub {
    fn list_targets(&self) -> BoxFuture<'_, Result<Vec<TargetInstance>, StoreError>> {
        let targets = self.targets.lock().unwrap().clone();
        async { Ok(targets) }.boxed()
    }

    fn list_kinds(&self) -> Vec<TargetKindView> {
        vec![TargetKindView {
            kind: TargetKind::Ocs,
            display_name: TargetKind::Ocs.display_name().to_owned(),
            proven_on: vec!["a stub".to_owned()],
            writes: WriteForm::Single,
            adopts: true,
            users: false,
            fields: false,
            retire_actions: vec![RetireAction::Leave],
            product: TargetKind::Ocs.member_kind().to_owned(),
        }]
    }

    fn default_mapping(&self, _: TargetKind) -> String {
        MAPPING.to_owned()
    }

    fn list_fields(&self, _: InstanceId) -> EngineFuture<'_, TargetFieldsView> {
        let fields = TargetFieldsView {
            fields: vec![TargetFieldView {
                name: "NAME".to_owned(),
                label: "Name".to_owned(),
                custom: false,
                writable: true,
                known_values: Vec::new(),
            }],
            missing: Vec::new(),
        };
        async { Ok(fields) }.boxed()
    }

    fn judge_mapping<'a>(
        &'a self,
        _: InstanceId,
        _: &'a TargetMapping,
        _: Option<&'a TargetMapping>,
    ) -> BoxFuture<'a, Result<Vec<String>, MappingError>> {
        async { Ok(Vec::new()) }.boxed()
    }

    fn make_fields(&self, target: InstanceId) -> EngineFuture<'_, TargetFieldsView> {
        self.list_fields(target)
    }

    fn preview_target(
        &self,
        _: InstanceId,
        mapping: Option<TargetMapping>,
        _: usize,
        _: Duration,
    ) -> EngineFuture<'_, TargetPreviewView> {
        *self.offered.lock().unwrap() = mapping;
        let instances = self.previewed.lock().unwrap().clone();
        let item = |instance: InstanceName| PreviewItem {
            device_name: Some(format!("device of {instance}")),
            device_id: DeviceId(uuid::Uuid::from_u128(1)),
            outcome: PreviewOutcome::Create,
            record: None,
            found_by: None,
            reason: None,
            changes: Vec::new(),
            instance,
        };
        let preview = TargetPreviewView {
            creates: instances.len() as u64,
            items: instances.into_iter().map(item).collect(),
            complete: true,
            ..TargetPreviewView::default()
        };
        async { Ok(preview) }.boxed()
    }

    fn verify_target(&self, _: InstanceId) -> EngineFuture<'_, mpsc::Receiver<CheckStep>> {
        let (sender, receiver) = mpsc::channel(4);
        let step = CheckStep {
            step: "name".to_owned(),
            subject: "ocs.example".to_owned(),
            state: CheckStepState::Ok,
            detail: "1 address".to_owned(),
            cause: None,
            cure: None,
            field: None,
            took_ms: 1,
        };
        sender.try_send(step).unwrap();
        async { Ok(receiver) }.boxed()
    }

    fn revert_run(&self, _: InstanceId, run: i64, _: Duration) -> EngineFuture<'_, RevertView> {
        self.reverted.lock().unwrap().push(run);
        let reverted = RevertView {
            put_back: 2,
            records: 1,
            left: Vec::new(),
            complete: true,
        };
        async { Ok(reverted) }.boxed()
    }

    fn resend_device(&self, _: InstanceId, _: InstanceId, device: DeviceId) -> EngineFuture<'_, ()> {
        self.resent.lock().unwrap().push(device);
        async { Ok(()) }.boxed()
    }

    fn wake_target(&self, target: InstanceId) {
        self.woken.lock().unwrap().push(target);
    }
}
