//! Compliance decisions over the API: [`ask`] for programs, [`check`] for gateways that know yes and no, [`nodes`] for
//! people. What is decided, and how, is the flow's business.

pub mod ask;
pub mod check;
pub mod nodes;
mod which;

use std::sync::Arc;

use futures_util::future::BoxFuture;

use super::openapi::{Named, of};
use crate::compliance::{Decision, Question, Reason, Standing};
use crate::config::NodeSettings;
use crate::model::InstanceName;

/// Whoever decides; `app` implements it once.
pub trait Decisions: Send + Sync {
    /// The nodes of all instances, in the order of their names.
    fn nodes(&self) -> Vec<NodeStand>;

    /// Never fails: what goes wrong is an outcome.
    fn decide<'a>(&'a self, node: &'a NodeStand, question: &'a Question) -> BoxFuture<'a, Decision>;
}

#[derive(Debug, Clone)]
pub struct NodeStand {
    pub instance: InstanceName,
    pub settings: Arc<NodeSettings>,
    pub standing: Standing,
    pub trouble: Option<Reason>,
}

pub fn schemas() -> Vec<Named> {
    let mut all = of::<Question>();
    all.extend(of::<Decision>());
    all.extend(of::<nodes::NodesView>());
    all
}
