//! Compliance decisions of the running bus: each instance that runs has an office, its nodes are asked there.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::instances::Instances;
use crate::compliance::{ComplianceDecision, DecisionReason, NodeHealth, Question};
use crate::sics::{DecisionProvider, NodeStatus};

impl DecisionProvider for Instances {
    fn list_nodes(&self) -> Vec<NodeStatus> {
        let of_instances = self.read_all_slots(|name, slot| {
            let health = slot.office.as_ref().map(|office| office.node_health_reports());
            let nodes = slot.settings.iter().flat_map(|settings| settings.nodes.iter());
            let stand = |node: &std::sync::Arc<crate::config::NodeSettings>| {
                let mut health = health.iter().flatten();
                let found = health.find(|health| health.node == node.name);
                NodeStatus {
                    instance: name.clone(),
                    settings: node.clone(),
                    standing: found.map_or(NodeHealth::Broken, |health| health.standing),
                    trouble: match found {
                        Some(health) => health.trouble.clone(),
                        None => Some(not_running_reason()),
                    },
                }
            };
            nodes.map(stand).collect::<Vec<_>>()
        });
        of_instances.into_iter().flatten().collect()
    }

    fn decide<'a>(&'a self, node: &'a NodeStatus, question: &'a Question) -> BoxFuture<'a, ComplianceDecision> {
        async move {
            let office = self.read_slot(&node.instance, |slot| slot.office.clone()).flatten();
            let name = &node.settings.name;
            let decided = match office {
                Some(office) => office.decide(name, question).await,
                None => None,
            };
            decided.unwrap_or_else(|| {
                ComplianceDecision::from_failure(node.instance.to_string(), name.clone(), not_running_reason())
            })
        }
        .boxed()
    }
}

fn not_running_reason() -> DecisionReason {
    DecisionReason::new("notRunning", "the instance of this node does not run")
}
