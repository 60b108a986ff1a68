//! Where the crash campaign hooks in: points at which it may die, and the plan of memberships, of which a control has a wrong
//! one. The product has one of each, which does nothing and is right; there is no switch.

use std::sync::Arc;

use futures_util::future::BoxFuture;

use super::membership_plan::{MembershipPlanner, RemoveBeforeAdding};

/// Moments in the life of an application or an order, before and after each call and each commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OrderFailpoint {
    /// Of an application.
    BeforeIntent,
    /// The intent is recorded; no group was created.
    BeforeGroupCreate,
    /// The group was created; its id is not recorded.
    AfterGroupCreate,
    AfterGroupRecord,
    BeforeAssignmentCreate,
    /// The assignment was created; its id is not recorded.
    AfterAssignmentCreate,
    AfterAssignmentRecord,
    BeforeComplete,
    BeforeAssignmentDelete,
    AfterAssignmentDelete,
    BeforeGroupDelete,
    AfterGroupDelete,
    /// The application is clean; its row is still there.
    BeforeRemovalEnd,
    /// Of an order: it is claimed.
    AfterClaim,
    /// Its target was found; nothing of it is recorded.
    AfterLookup,
    AfterResolve,
    BeforeRemove,
    AfterRemove,
    BeforeAdd,
    AfterAdd,
    /// The membership is as it should be; that is not recorded.
    BeforeProcessed,
    AfterProcessed,
    BeforeSync,
    AfterSync,
    /// The report was read; nothing of it is recorded.
    AfterReport,
    BeforeEnd,
    AfterEnd,
    /// A membership of an order that has ended was taken back; that is not recorded.
    AfterClear,
    /// The membership was moved at the end of a term; that is not recorded.
    AfterTermMove,
}

impl OrderFailpoint {
    pub const ALL: [OrderFailpoint; 29] = [
        OrderFailpoint::BeforeIntent,
        OrderFailpoint::BeforeGroupCreate,
        OrderFailpoint::AfterGroupCreate,
        OrderFailpoint::AfterGroupRecord,
        OrderFailpoint::BeforeAssignmentCreate,
        OrderFailpoint::AfterAssignmentCreate,
        OrderFailpoint::AfterAssignmentRecord,
        OrderFailpoint::BeforeComplete,
        OrderFailpoint::BeforeAssignmentDelete,
        OrderFailpoint::AfterAssignmentDelete,
        OrderFailpoint::BeforeGroupDelete,
        OrderFailpoint::AfterGroupDelete,
        OrderFailpoint::BeforeRemovalEnd,
        OrderFailpoint::AfterClaim,
        OrderFailpoint::AfterLookup,
        OrderFailpoint::AfterResolve,
        OrderFailpoint::BeforeRemove,
        OrderFailpoint::AfterRemove,
        OrderFailpoint::BeforeAdd,
        OrderFailpoint::AfterAdd,
        OrderFailpoint::BeforeProcessed,
        OrderFailpoint::AfterProcessed,
        OrderFailpoint::BeforeSync,
        OrderFailpoint::AfterSync,
        OrderFailpoint::AfterReport,
        OrderFailpoint::BeforeEnd,
        OrderFailpoint::AfterEnd,
        OrderFailpoint::AfterClear,
        OrderFailpoint::AfterTermMove,
    ];
}

pub trait OrderFailpointHook: Send + Sync {
    /// `subject`: id of the application or order.
    fn on_failpoint<'a>(&'a self, point: OrderFailpoint, subject: &'a str) -> BoxFuture<'a, ()>;
}

#[derive(Clone)]
pub struct OrderFailpoints {
    pub hook: Arc<dyn OrderFailpointHook>,
    pub planner: Arc<dyn MembershipPlanner>,
}

struct NoOrderFailpoints;

impl OrderFailpointHook for NoOrderFailpoints {
    fn on_failpoint<'a>(&'a self, _: OrderFailpoint, _: &'a str) -> BoxFuture<'a, ()> {
        Box::pin(std::future::ready(()))
    }
}

impl OrderFailpoints {
    pub(super) async fn reach(&self, point: OrderFailpoint, subject: &str) {
        self.hook.on_failpoint(point, subject).await;
    }
}

impl Default for OrderFailpoints {
    fn default() -> Self {
        OrderFailpoints {
            hook: Arc::new(NoOrderFailpoints),
            planner: Arc::new(RemoveBeforeAdding),
        }
    }
}

impl std::fmt::Debug for OrderFailpoints {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OrderFailpoints")
    }
}
