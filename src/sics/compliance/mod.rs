//! Compliance decisions over the API: [`decisions`] for programs, [`gateway_check`] for gateways that know yes and no, [`nodes`] for
//! people. What is decided, and how, is the flow's business.

pub(crate) mod decisions;
pub(crate) mod gateway_check;
pub(crate) mod nodes;
mod select_node;

use std::sync::Arc;

use futures_util::future::BoxFuture;

use crate::config::NodeSettings;
use crate::contract::{ComplianceDecision, DecisionReason, NodeHealth, Question};
use crate::model::InstanceName;

/// Whoever decides; `app` implements it once.
pub trait DecisionProvider: Send + Sync {
    /// The nodes of all instances, in the order of their names.
    fn list_nodes(&self) -> Vec<NodeStatus>;

    /// Never fails: what goes wrong is an outcome.
    fn decide<'a>(&'a self, node: &'a NodeStatus, question: &'a Question) -> BoxFuture<'a, ComplianceDecision>;
}

#[derive(Debug, Clone)]
pub struct NodeStatus {
    pub instance: InstanceName,
    pub settings: Arc<NodeSettings>,
    pub health: NodeHealth,
    pub failure: Option<DecisionReason>,
}
