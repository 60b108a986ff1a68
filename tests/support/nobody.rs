//! A host that makes nothing and finds everything good, for tests of what stands before it.

use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use intune_connector::app::{ProductCache as Offers, built_in_product};
use intune_connector::bus::install::Installer;
use intune_connector::bus::{CheckedSettings, DesiredSettings, HostError, InstallationHost, ProductMember};
use intune_connector::config::DataFolder;
use intune_connector::contract::{CheckStep, CheckStepState};
use intune_connector::model::EffectConfirmation;
use intune_connector::sics::InstallContext;
use intune_connector::store::Store;
use serde_json::{Map, Value};
use tokio::sync::mpsc;

pub struct Nobody;

impl InstallationHost for Nobody {
    fn microservice_kinds(&self) -> &'static [&'static str] {
        &["intune-connector", "workflow-engine"]
    }

    fn action_names(&self) -> &'static [&'static str] {
        &[
            "prerequisites",
            "targets",
            "certificate",
            "verify",
            "count",
            "rights",
            "preview",
        ]
    }

    fn check_settings<'a>(&'a self, _: &'a DesiredSettings, _: Option<i64>) -> BoxFuture<'a, CheckedSettings> {
        async { CheckedSettings::default() }.boxed()
    }

    /// Everything goes well, in one step.
    fn run_action<'a>(
        &'a self,
        action: &'a str,
        _: DesiredSettings,
        _: Option<i64>,
    ) -> BoxFuture<'a, Result<mpsc::Receiver<CheckStep>, HostError>> {
        async move {
            let (tell, told) = mpsc::channel(1);
            let step = CheckStep {
                step: action.to_owned(),
                subject: "nobody".into(),
                state: CheckStepState::Ok,
                detail: "went well".into(),
                cause: None,
                cure: None,
                field: None,
                took_ms: 0,
            };
            tell.try_send(step).unwrap();
            Ok(told)
        }
        .boxed()
    }

    fn install_member<'a>(
        &'a self,
        _: i64,
        _: &'a ProductMember,
        _: &'a DesiredSettings,
    ) -> BoxFuture<'a, Result<(), HostError>> {
        async { Ok(()) }.boxed()
    }

    fn remove_member<'a>(&'a self, _: i64, _: &'a ProductMember) -> BoxFuture<'a, Result<(), HostError>> {
        async { Ok(()) }.boxed()
    }

    fn confirm_removal(&self, _: i64, _: Option<EffectConfirmation>) -> BoxFuture<'_, Result<(), HostError>> {
        async { Ok(()) }.boxed()
    }

    fn current_settings(&self, _: i64) -> BoxFuture<'_, Result<Map<String, Value>, HostError>> {
        async { Ok(Map::new()) }.boxed()
    }

    fn change_settings<'a>(
        &'a self,
        _: i64,
        _: &'a DesiredSettings,
        _: Option<EffectConfirmation>,
    ) -> BoxFuture<'a, Result<(), HostError>> {
        async { Ok(()) }.boxed()
    }
}

/// What stands behind the routes of installing, over this store.
pub fn installing(store: &Store, folder: &DataFolder) -> InstallContext {
    let host: Arc<dyn InstallationHost> = Arc::new(Nobody);
    let catalogue = built_in_product::open_catalogue(folder).unwrap();
    let installer = Installer::new(store.clone(), host.clone(), folder.secret_key().clone());
    InstallContext::new(Arc::new(installer), Arc::new(Offers::new(Arc::new(catalogue), host)))
}
