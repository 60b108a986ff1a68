//! Compliance decisions of the running bus: each running instance has a decision service for its nodes. What they decided
//! goes into the history of devices with each tick.

use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::sync::watch;

use super::instances::Instances;
use crate::contract::{ComplianceDecision, DecisionReason, NodeHealth, Question};
use crate::sics::{DecisionProvider, NodeStatus};

impl DecisionProvider for Instances {
    fn list_nodes(&self) -> Vec<NodeStatus> {
        let of_instances = self.read_all_slots(|name, slot| {
            let health = slot
                .decision_service
                .as_ref()
                .map(|decision_service| decision_service.node_health_reports());
            let nodes = slot.settings.iter().flat_map(|settings| settings.nodes.iter());
            let to_status = |node: &Arc<crate::config::NodeSettings>| {
                let mut health = health.iter().flatten();
                let found = health.find(|health| health.node == node.name);
                NodeStatus {
                    instance: name.clone(),
                    settings: node.clone(),
                    health: found.map_or(NodeHealth::Broken, |health| health.health),
                    failure: match found {
                        Some(health) => health.failure.clone(),
                        None => Some(not_running_reason()),
                    },
                }
            };
            nodes.map(to_status).collect::<Vec<_>>()
        });
        of_instances.into_iter().flatten().collect()
    }

    fn decide<'a>(&'a self, node: &'a NodeStatus, question: &'a Question) -> BoxFuture<'a, ComplianceDecision> {
        async move {
            let decision_service = self
                .read_slot(&node.instance, |slot| slot.decision_service.clone())
                .flatten();
            let name = &node.settings.name;
            let decided = match decision_service {
                Some(decision_service) => decision_service.decide(name, question).await,
                None => None,
            };
            decided.unwrap_or_else(|| {
                ComplianceDecision::from_failure(node.instance.to_string(), name.clone(), not_running_reason())
            })
        }
        .boxed()
    }
}

/// Writes decisions into the history of their devices, until it is dropped.
pub(crate) async fn keep_decisions(instances: Arc<Instances>, mut ticks: watch::Receiver<u64>) {
    while ticks.changed().await.is_ok() {
        instances.save_decisions().await;
    }
}

fn not_running_reason() -> DecisionReason {
    DecisionReason::new("notRunning", "the instance of this node is not running")
}
