//! What a report is asked for, and the names of what stands in its rows.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use super::definition::ReportDefinition;
use super::table::ReportCell;
use crate::model::{InstanceId, InstanceName, OperatorId, ServerId, Timestamp};
use crate::store::WalkedTask;

/// Whether whoever asks may see jobs of this instance, and of this management server where one sent them.
pub type JobFilter = Arc<dyn Fn(&InstanceName, Option<&ServerId>) -> bool + Send + Sync>;

pub struct ReportRequest {
    /// What the report is about.
    pub instances: Vec<(InstanceId, InstanceName)>,
    /// `None`: what the report takes by itself.
    pub days: Option<u32>,
    /// `None`: every job.
    pub sees_job: Option<JobFilter>,
    pub now: Timestamp,
}

/// The same, looked up by number.
pub(super) struct ReportContext {
    pub days: u32,
    pub now: Timestamp,
    instances: BTreeMap<InstanceId, InstanceName>,
    operators: BTreeMap<OperatorId, String>,
    sees_job: Option<JobFilter>,
}

impl ReportContext {
    pub(super) fn new(definition: &ReportDefinition, request: ReportRequest) -> ReportContext {
        ReportContext {
            days: request.days.or(definition.days).unwrap_or(0),
            now: request.now,
            instances: request.instances.into_iter().collect(),
            operators: BTreeMap::new(),
            sees_job: request.sees_job,
        }
    }

    pub(super) fn with_operators(self, operators: impl Iterator<Item = (OperatorId, String)>) -> ReportContext {
        ReportContext {
            operators: operators.collect(),
            ..self
        }
    }

    pub(super) fn instance_cell(&self, id: InstanceId) -> ReportCell {
        self.instances.get(&id).map(|name| name.as_str()).into()
    }

    /// Nothing where the account is removed.
    pub(super) fn operator_cell(&self, id: OperatorId) -> ReportCell {
        self.operators.get(&id).map(String::as_str).into()
    }

    pub(super) fn sees_task(&self, task: &WalkedTask) -> bool {
        let Some(sees_job) = &self.sees_job else { return true };
        let server = sending_server(&task.source);
        let instance = self.instances.get(&task.instance);
        instance.is_some_and(|instance| sees_job(instance, server.as_ref()))
    }
}

impl fmt::Debug for ReportRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReportRequest")
            .field("instances", &self.instances)
            .field("days", &self.days)
            .finish_non_exhaustive()
    }
}

/// The management server that sent a job; `None`: an operator did.
pub(super) fn sending_server(source: &str) -> Option<ServerId> {
    source.strip_prefix("server:").and_then(|id| id.parse().ok())
}
