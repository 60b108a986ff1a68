//! What the bus asks of this product's code ([`bus::Host`]), answered with what is there already: a draft of settings,
//! the connection check, a preview, and the instances that run.
//!
//! Each part can be made twice: what is there stays as it is. The settings file is what an instance is; its row comes
//! first, so a file never stands there without one.

mod act;
mod blame;
mod check;
mod connector;
mod present;

use std::sync::Arc;

use futures_util::future::BoxFuture;
use serde_json::{Map, Value};
use tokio::sync::mpsc;

use super::instances::Instances;
use crate::bus::{Concern, Fault, FieldFinding, Host, Member, MemberKind, Step, Wanted};
use crate::model::{Confirmation, InstanceId, InstanceName};
use crate::sics::EngineError;
use crate::store::{InstanceRow, StoreError};

/// The kind of microservice that reads a tenant.
pub const CONNECTOR: &str = "intune-connector";

pub struct ProductHost {
    instances: Arc<Instances>,
}

impl ProductHost {
    pub fn new(instances: Arc<Instances>) -> ProductHost {
        ProductHost { instances }
    }

    /// The instance of an installation, where it has one that was not removed.
    async fn row(&self, number: i64) -> Result<Option<InstanceRow>, Fault> {
        let rows = self.instances.store.instances().await.map_err(|error| store(&error))?;
        let of_number = |row: &InstanceRow| row.id == InstanceId(number) && row.removed_at.is_none();
        Ok(rows.into_iter().find(of_number))
    }

    async fn name(&self, number: i64) -> Result<InstanceName, Fault> {
        let row = self.row(number).await?;
        row.map(|row| row.name).ok_or_else(|| {
            let problem = format!("installation {number} reads no tenant");
            Fault::new("noInstance", problem, "see the list of installations")
        })
    }
}

impl Host for ProductHost {
    fn kinds(&self) -> &'static [&'static str] {
        &[CONNECTOR, crate::bus::manifest::WORKFLOW_ENGINE]
    }

    fn actions(&self) -> &'static [&'static str] {
        &act::ACTIONS
    }

    fn keeps(&self, kind: &str) -> bool {
        kind == CONNECTOR
    }

    fn check<'a>(&'a self, wanted: &'a Wanted, number: Option<i64>) -> BoxFuture<'a, Vec<FieldFinding>> {
        Box::pin(check::check(self, wanted, number))
    }

    fn act<'a>(
        &'a self,
        action: &'a str,
        wanted: Wanted,
        number: Option<i64>,
    ) -> BoxFuture<'a, Result<mpsc::Receiver<Step>, Fault>> {
        Box::pin(act::act(self, action, wanted, number))
    }

    fn apply<'a>(&'a self, number: i64, member: &'a Member, wanted: &'a Wanted) -> BoxFuture<'a, Result<(), Fault>> {
        Box::pin(async move {
            match &member.kind {
                MemberKind::Microservice(kind) if kind == CONNECTOR => {
                    connector::apply(self, number, member, wanted).await
                }
                MemberKind::Microservice(kind) => {
                    let started = self.instances.start_part(number, member, kind).await;
                    started.map_err(|error| store(&error))
                }
                // Definitions are what the journal says: the engine that runs them looks there.
                MemberKind::Workflow { .. } => Ok(()),
            }
        })
    }

    fn undo<'a>(&'a self, number: i64, member: &'a Member) -> BoxFuture<'a, Result<(), Fault>> {
        Box::pin(async move {
            match &member.kind {
                MemberKind::Microservice(kind) if kind == CONNECTOR => connector::undo(self, number, member).await,
                MemberKind::Microservice(_) => {
                    self.instances.forget_member(&member.numbered(number)).await;
                    Ok(())
                }
                MemberKind::Workflow { .. } => Ok(()),
            }
        })
    }

    fn concerned(&self, number: i64) -> BoxFuture<'_, Result<Option<Concern>, Fault>> {
        Box::pin(async move {
            let Some(row) = self.row(number).await? else {
                return Ok(None);
            };
            let count = self.instances.store.device_count(row.id).await;
            let count = count.map_err(|error| store(&error))?;
            let what = format!("removing {} tells every server that its devices have gone", row.name);
            Ok(Some(Concern { what, count }))
        })
    }

    fn settings(&self, number: i64) -> BoxFuture<'_, Result<Map<String, Value>, Fault>> {
        Box::pin(present::settings(self, number))
    }

    fn change<'a>(
        &'a self,
        number: i64,
        wanted: &'a Wanted,
        confirm: Option<Confirmation>,
    ) -> BoxFuture<'a, Result<(), Fault>> {
        Box::pin(connector::change(self, number, wanted, confirm))
    }
}

fn store(error: &StoreError) -> Fault {
    Fault::new(
        error.code(),
        error.to_string(),
        "GET /readyz shows whether the bus is well",
    )
}

/// What the engine of instances says, for the bus.
fn engine(error: EngineError) -> Fault {
    let problem = error.to_string();
    match error {
        EngineError::Settings { key, problem, advice } => Fault {
            key: Some(key),
            ..Fault::new("settings", problem, advice)
        },
        EngineError::Conflict { code, advice, .. } => Fault::new(code, problem, advice),
        EngineError::Upstream { code, advice, .. } => Fault::new(code, problem, advice),
        EngineError::ConfirmationNeeded(effect) => Fault {
            effect: Some(effect),
            ..Fault::new("confirmationNeeded", problem, "")
        },
        EngineError::UnknownInstance(_) => Fault::new("unknown", problem, "see the list of instances"),
        EngineError::Catalogue(error) => Fault::new(error.code(), problem, error.advice()),
        EngineError::Store(error) => store(&error),
        EngineError::Brake(_) | EngineError::Io(_) => Fault::new("dataFolder", problem, "see the log of the bus"),
    }
}
