//! A host that makes nothing and finds everything good, for tests of what stands before it.

use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use intune_connector::app::{Shelf as Offers, product};
use intune_connector::bus::install::Installer;
use intune_connector::bus::{Concern, Fault, FieldFinding, Host, Member, Step, StepState, Wanted};
use intune_connector::config::Folder;
use intune_connector::model::Confirmation;
use intune_connector::sics::Installing;
use intune_connector::store::Store;
use serde_json::{Map, Value};
use tokio::sync::mpsc;

pub struct Nobody;

impl Host for Nobody {
    fn kinds(&self) -> &'static [&'static str] {
        &["intune-connector", "workflow-engine"]
    }

    fn actions(&self) -> &'static [&'static str] {
        &["prerequisites", "certificate", "verify", "count", "preview"]
    }

    fn check<'a>(&'a self, _: &'a Wanted, _: Option<i64>) -> BoxFuture<'a, Vec<FieldFinding>> {
        async { Vec::new() }.boxed()
    }

    /// Everything goes well, in one step.
    fn act<'a>(
        &'a self,
        action: &'a str,
        _: Wanted,
        _: Option<i64>,
    ) -> BoxFuture<'a, Result<mpsc::Receiver<Step>, Fault>> {
        async move {
            let (tell, told) = mpsc::channel(1);
            let step = Step {
                step: action.to_owned(),
                subject: "nobody".into(),
                state: StepState::Ok,
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

    fn apply<'a>(&'a self, _: i64, _: &'a Member, _: &'a Wanted) -> BoxFuture<'a, Result<(), Fault>> {
        async { Ok(()) }.boxed()
    }

    fn undo<'a>(&'a self, _: i64, _: &'a Member) -> BoxFuture<'a, Result<(), Fault>> {
        async { Ok(()) }.boxed()
    }

    fn concerned(&self, _: i64) -> BoxFuture<'_, Result<Option<Concern>, Fault>> {
        async { Ok(None) }.boxed()
    }

    fn settings(&self, _: i64) -> BoxFuture<'_, Result<Map<String, Value>, Fault>> {
        async { Ok(Map::new()) }.boxed()
    }

    fn change<'a>(&'a self, _: i64, _: &'a Wanted, _: Option<Confirmation>) -> BoxFuture<'a, Result<(), Fault>> {
        async { Ok(()) }.boxed()
    }
}

/// What stands behind the routes of installing, over this store.
pub fn installing(store: &Store, folder: &Folder) -> Installing {
    let host: Arc<dyn Host> = Arc::new(Nobody);
    let catalogue = product::catalogue(folder, &product::package().unwrap()).unwrap();
    let installer = Installer::new(store.clone(), host.clone(), folder.key().clone());
    Installing::new(Arc::new(installer), Arc::new(Offers::new(Arc::new(catalogue), host)))
}
