//! Compliance decisions of the running bus: each instance that runs has an office, its nodes are asked there.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::instances::Instances;
use crate::compliance::{Decision, Question, Reason, Standing};
use crate::sics::{Decisions, NodeStand};

impl Decisions for Instances {
    fn nodes(&self) -> Vec<NodeStand> {
        let of_instances = self.look_at_all(|name, slot| {
            let health = slot.office.as_ref().map(|office| office.health());
            let nodes = slot.settings.iter().flat_map(|settings| settings.nodes.iter());
            let stand = |node: &std::sync::Arc<crate::config::NodeSettings>| {
                let mut health = health.iter().flatten();
                let found = health.find(|health| health.node == node.name);
                NodeStand {
                    instance: name.clone(),
                    settings: node.clone(),
                    standing: found.map_or(Standing::Broken, |health| health.standing),
                    trouble: match found {
                        Some(health) => health.trouble.clone(),
                        None => Some(stands_still()),
                    },
                }
            };
            nodes.map(stand).collect::<Vec<_>>()
        });
        of_instances.into_iter().flatten().collect()
    }

    fn decide<'a>(&'a self, node: &'a NodeStand, question: &'a Question) -> BoxFuture<'a, Decision> {
        async move {
            let office = self.look(&node.instance, |slot| slot.office.clone()).flatten();
            let name = &node.settings.name;
            let decided = match office {
                Some(office) => office.decide(name, question).await,
                None => None,
            };
            decided.unwrap_or_else(|| Decision::failed(node.instance.to_string(), name.clone(), stands_still()))
        }
        .boxed()
    }
}

fn stands_still() -> Reason {
    Reason::new("notRunning", "the instance of this node does not run")
}
