//! Where the crash campaign hooks in: points at which it may die, and what decides about a first contact, of which a control
//! has a wrong one. The product has one of each, which does nothing and is right; there is no switch.

use std::sync::Arc;

use futures_util::future::BoxFuture;

use super::first_contact::{ContactInput, FirstContact, decide_first_contact};

/// Moments in the life of a write, before and after each call and each commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TargetFailpoint {
    /// Records are to be made; nothing of it is recorded.
    BeforeIntent,
    /// That they are to be made is recorded; none was made.
    AfterIntent,
    BeforeWrite,
    /// The other side has confirmed; nothing of it is recorded.
    AfterWrite,
    /// What was written is recorded; the change is not acknowledged.
    AfterRecord,
    BeforeAcknowledge,
    AfterAcknowledge,
}

impl TargetFailpoint {
    pub const ALL: [TargetFailpoint; 7] = [
        TargetFailpoint::BeforeIntent,
        TargetFailpoint::AfterIntent,
        TargetFailpoint::BeforeWrite,
        TargetFailpoint::AfterWrite,
        TargetFailpoint::AfterRecord,
        TargetFailpoint::BeforeAcknowledge,
        TargetFailpoint::AfterAcknowledge,
    ];
}

pub trait TargetFailpointHook: Send + Sync {
    /// `subject`: name of the target.
    fn on_failpoint<'a>(&'a self, point: TargetFailpoint, subject: &'a str) -> BoxFuture<'a, ()>;
}

/// Decides which record a device gets at first contact. A control of the crash campaign has one that is wrong.
pub trait ContactPlanner: Send + Sync {
    /// Whether the other side is asked before a record is made.
    fn looks_first(&self) -> bool;
    fn decide_contact(&self, input: ContactInput<'_>) -> FirstContact;
}

/// The product's own.
pub struct LookBeforeMaking;

impl ContactPlanner for LookBeforeMaking {
    fn looks_first(&self) -> bool {
        true
    }

    fn decide_contact(&self, input: ContactInput<'_>) -> FirstContact {
        decide_first_contact(input)
    }
}

#[derive(Clone)]
pub struct TargetFailpoints {
    pub hook: Arc<dyn TargetFailpointHook>,
    pub planner: Arc<dyn ContactPlanner>,
}

struct NoTargetFailpoints;

impl TargetFailpointHook for NoTargetFailpoints {
    fn on_failpoint<'a>(&'a self, _: TargetFailpoint, _: &'a str) -> BoxFuture<'a, ()> {
        Box::pin(std::future::ready(()))
    }
}

impl TargetFailpoints {
    pub(super) async fn reach(&self, point: TargetFailpoint, subject: &str) {
        self.hook.on_failpoint(point, subject).await;
    }
}

impl Default for TargetFailpoints {
    fn default() -> Self {
        TargetFailpoints {
            hook: Arc::new(NoTargetFailpoints),
            planner: Arc::new(LookBeforeMaking),
        }
    }
}

impl std::fmt::Debug for TargetFailpoints {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TargetFailpoints")
    }
}
