//! Plays the orders instances and their tenant.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use intune_connector::contract::{OrderKind, OrderTargetKind, TenantAppView};
use intune_connector::model::InstanceId;
use intune_connector::sics::{EngineFuture, OrderInstance, OrderProvider, TargetCheck, TenantApps};
use intune_connector::store::{ApplicationRow, StoreError};
use tokio::sync::watch;

/// Ids of the apps of the tenant; the last one can't be assigned.
pub const ZIP: &str = "0f1a2b3c-0000-4000-8000-000000000001";
pub const ZOOM: &str = "0f1a2b3c-0000-4000-8000-000000000002";
pub const BUILT_IN: &str = "0f1a2b3c-0000-4000-8000-000000000003";

#[derive(Default)]
pub struct TenantStub {
    instances: Mutex<Vec<OrderInstance>>,
    /// What is said of every user and device; nothing: it fits.
    pub verdict: Mutex<Option<TargetCheck>>,
    pub woken: Mutex<Vec<InstanceId>>,
    /// Looks at users and devices that were begun.
    pub looks: AtomicUsize,
    /// Looks end once this is true; nothing: at once.
    pub gate: Mutex<Option<watch::Receiver<bool>>>,
}

impl TenantStub {
    pub fn install(&self, number: i64) {
        self.instances.lock().unwrap().push(OrderInstance {
            id: InstanceId(number),
            name: format!("IntuneAppOrders_{number}").parse().unwrap(),
            profile: String::new(),
            tenant: "7e0a0000-0000-4000-8000-000000000001".to_owned(),
            running: true,
            targets: vec![OrderTargetKind::Device],
            status_url: false,
            approval_url: false,
        });
    }

    pub fn change(&self, number: i64, change: impl FnOnce(&mut OrderInstance)) {
        let mut instances = self.instances.lock().unwrap();
        change(instances.iter_mut().find(|instance| instance.id.0 == number).unwrap());
    }
}

fn apps() -> Vec<TenantAppView> {
    let app = |id: &str, name: &str, assignable: bool| TenantAppView {
        id: id.into(),
        name: name.into(),
        publisher: None,
        app_type: "win32LobApp".into(),
        platform: Some("windows".into()),
        assignable,
        reason: (!assignable).then(|| "it is built in".to_owned()),
        linked_by: None,
    };
    vec![
        app(ZIP, "7-Zip (x64)", true),
        app(ZOOM, "Zoom", true),
        app(BUILT_IN, "Built in", false),
    ]
}

impl OrderProvider for TenantStub {
    fn order_instances(&self) -> BoxFuture<'_, Result<Vec<OrderInstance>, StoreError>> {
        let instances = self.instances.lock().unwrap().clone();
        async { Ok(instances) }.boxed()
    }

    fn list_tenant_apps(&self, _: InstanceId, search: Option<String>) -> EngineFuture<'_, TenantApps> {
        let mut apps = apps();
        apps.retain(|app| search.as_ref().is_none_or(|search| app.name.contains(search.as_str())));
        async { Ok(TenantApps { apps, unreadable: 1 }) }.boxed()
    }

    fn read_tenant_app(&self, _: InstanceId, app: String) -> EngineFuture<'_, Option<TenantAppView>> {
        let found = apps().into_iter().find(|known| known.id == app);
        async { Ok(found) }.boxed()
    }

    fn check_target(
        &self,
        _: InstanceId,
        _: ApplicationRow,
        _: OrderKind,
        _: OrderTargetKind,
        _: String,
    ) -> BoxFuture<'_, TargetCheck> {
        let verdict = self.verdict.lock().unwrap().clone();
        let gate = self.gate.lock().unwrap().clone();
        self.looks.fetch_add(1, Ordering::SeqCst);
        async move {
            if let Some(mut gate) = gate {
                gate.wait_for(|is_open| *is_open).await.expect("the test says when");
            }
            verdict.unwrap_or(TargetCheck::Fits)
        }
        .boxed()
    }

    fn wake_orders(&self, instance: InstanceId) {
        self.woken.lock().unwrap().push(instance);
    }
}
