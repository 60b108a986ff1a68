//! Where the crash campaign hooks in: points at which it may die, the one that sends ([`super::write_sender`]), and what is done
//! about the unknown ([`ResendPolicy`]).
//!
//! The product has one of each, which does nothing, sends, and is careful. Whoever wants other ones has to be written
//! as another program: there is no switch.

use std::sync::Arc;

use futures_util::future::BoxFuture;

use super::task_machine::{ResendPolicy, ResendRepeatable};
use super::write_sender::{DirectSender, WriteSender};
use crate::store::TaskRow;

/// Moments in the life of a task, before and after each commit and each call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TaskFailpoint {
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

impl TaskFailpoint {
    pub const ALL: [TaskFailpoint; 8] = [
        TaskFailpoint::BeforeReading,
        TaskFailpoint::BeforeIntent,
        TaskFailpoint::BeforeCall,
        TaskFailpoint::AfterCall,
        TaskFailpoint::AfterOutcome,
        TaskFailpoint::BeforeLook,
        TaskFailpoint::AfterLook,
        TaskFailpoint::AfterFinding,
    ];
}

pub trait FailpointHook: Send + Sync {
    fn on_failpoint<'a>(&'a self, point: TaskFailpoint, task: &'a TaskRow) -> BoxFuture<'a, ()>;
}

#[derive(Clone)]
pub struct TaskFailpoints {
    pub hook: Arc<dyn FailpointHook>,
    pub sender: Arc<dyn WriteSender>,
    pub resend_policy: Arc<dyn ResendPolicy>,
}

struct NoFailpoints;

impl FailpointHook for NoFailpoints {
    fn on_failpoint<'a>(&'a self, _: TaskFailpoint, _: &'a TaskRow) -> BoxFuture<'a, ()> {
        Box::pin(std::future::ready(()))
    }
}

impl Default for TaskFailpoints {
    fn default() -> Self {
        TaskFailpoints {
            hook: Arc::new(NoFailpoints),
            sender: Arc::new(DirectSender),
            resend_policy: Arc::new(ResendRepeatable),
        }
    }
}

impl std::fmt::Debug for TaskFailpoints {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TaskFailpoints")
    }
}
