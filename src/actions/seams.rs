//! Where the crash campaign holds on: points it may die at, the one that sends, and what is done about the unknown.
//!
//! The product has one of each, which does nothing, sends, and is careful. Whoever wants other ones has to be written
//! as another program: there is no switch.

use std::sync::Arc;

use futures_util::future::BoxFuture;

use super::machine::{Careful, Recovery};
use crate::graph::{Act, Graph, Permit, Sent};
use crate::store::TaskRow;

/// Moments in the life of a task, before and after each commit and each call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Point {
    BeforeReading,
    BeforeIntent,
    /// The intent is committed; nothing was sent.
    BeforeCall,
    /// The answer is here; nothing of it is kept.
    AfterCall,
    AfterOutcome,
    BeforeLook,
    /// Intune was read back; nothing of it is kept.
    AfterLook,
    AfterFinding,
}

impl Point {
    pub const ALL: [Point; 8] = [
        Point::BeforeReading,
        Point::BeforeIntent,
        Point::BeforeCall,
        Point::AfterCall,
        Point::AfterOutcome,
        Point::BeforeLook,
        Point::AfterLook,
        Point::AfterFinding,
    ];
}

pub trait Checkpoint: Send + Sync {
    fn at<'a>(&'a self, point: Point, task: &'a TaskRow) -> BoxFuture<'a, ()>;
}

pub trait Sender: Send + Sync {
    fn send<'a>(&'a self, graph: &'a Graph, permit: Permit, act: &'a Act, task: &'a TaskRow) -> BoxFuture<'a, Sent>;
}

#[derive(Clone)]
pub struct Seams {
    pub checkpoint: Arc<dyn Checkpoint>,
    pub sender: Arc<dyn Sender>,
    pub recovery: Arc<dyn Recovery>,
}

struct PassBy;

impl Checkpoint for PassBy {
    fn at<'a>(&'a self, _: Point, _: &'a TaskRow) -> BoxFuture<'a, ()> {
        Box::pin(std::future::ready(()))
    }
}

struct Once;

impl Sender for Once {
    fn send<'a>(&'a self, graph: &'a Graph, permit: Permit, act: &'a Act, _: &'a TaskRow) -> BoxFuture<'a, Sent> {
        Box::pin(graph.act(permit, act))
    }
}

impl Default for Seams {
    fn default() -> Self {
        Seams {
            checkpoint: Arc::new(PassBy),
            sender: Arc::new(Once),
            recovery: Arc::new(Careful),
        }
    }
}

impl std::fmt::Debug for Seams {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seams")
    }
}
