//! What the API needs of the orders instances that run behind it. The API decides who may order what; the tenant is read
//! by whoever has its credential. `app` implements this once for the running bus; tests have their own.

use futures_util::future::BoxFuture;

use crate::contract::{OrderKind, OrderTargetKind, TenantAppView};
use crate::model::{InstanceId, InstanceName};
use crate::sics::engine_error::EngineFuture;
use crate::store::{ApplicationRow, StoreError};

/// The orders instances of this bus.
pub trait OrderProvider: Send + Sync + 'static {
    /// All that are installed, in the order of their numbers; those that do not run as well.
    fn order_instances(&self) -> BoxFuture<'_, Result<Vec<OrderInstance>, StoreError>>;

    /// The apps of the tenant whose name or publisher contains this text, as Intune has them now; `linked_by` is left
    /// empty. Fails where the instance does not run or Graph does not answer.
    fn list_tenant_apps(&self, instance: InstanceId, search: Option<String>) -> EngineFuture<'_, TenantApps>;

    /// One app of the tenant by its id, as Intune has it now; `None`: the tenant has no such app.
    fn read_tenant_app(&self, instance: InstanceId, app: String) -> EngineFuture<'_, Option<TenantAppView>>;

    /// Whether this user or device can be ordered for. The caller limits how long it may take.
    fn check_target(
        &self,
        instance: InstanceId,
        application: ApplicationRow,
        kind: OrderKind,
        target_kind: OrderTargetKind,
        target: String,
    ) -> BoxFuture<'_, TargetCheck>;

    /// Something waits for the workers of this instance: they look at once, rather than with their next interval.
    fn wake_orders(&self, instance: InstanceId);
}

/// One installation of the product `intune-app-orders`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderInstance {
    /// The number of the installation.
    pub id: InstanceId,
    /// Name of its first member: `IntuneAppOrders_3`.
    pub name: InstanceName,
    /// The name that people gave the installation; empty: none.
    pub profile: String,
    /// Id of its tenant, in lower case; empty where its settings can't be read.
    pub tenant: String,
    /// Whether its workers run.
    pub running: bool,
    /// What may be ordered for, where an application does not say it.
    pub targets: Vec<OrderTargetKind>,
    /// Whether the end of an order is posted to an address of the shop.
    pub status_url: bool,
    /// Whether there is an address that is asked for approvals.
    pub approval_url: bool,
}

/// Apps of a tenant.
#[derive(Debug, Clone, Default)]
pub struct TenantApps {
    pub apps: Vec<TenantAppView>,
    /// Apps in the answer that could not be read.
    pub unreadable: u64,
}

/// What a look at the tenant says of a user or device that is ordered for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TargetCheck {
    /// It is there, it is one, and the app fits.
    Fits,
    /// The order can be taken, and whoever placed it should know this.
    Warn(Vec<String>),
    /// The order could only fail: it is not taken.
    Refused {
        code: String,
        message: String,
        advice: String,
    },
    /// It was not possible to look, for this reason.
    NotChecked(String),
}
