//! Deliberate mistakes of a bus, in the tests' own program. The product has no switch for them.

use std::sync::Arc;

use intune_connector::orders::OrderFailpoint;
use intune_connector::orders::membership_plan::{
    MemberSight, MembershipGoal, MembershipPlanner, MembershipSight, MembershipStep, next_membership_step,
};
use intune_connector::store::{ApplicationLinks, OrderEvent, Store};
use serde_json::Map;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mistake {
    /// Puts an object into one group before it takes it out of the other.
    AddsFirst,
    /// Tells a second end of an order.
    TellsTwice,
    /// Does not find the group again that it made before it was killed: the parent takes its mark away.
    ForgetsGroup,
    /// Changes a group of other people: the parent does it.
    TouchesOthers,
}

impl Mistake {
    pub const ALL: [Mistake; 4] = [
        Mistake::AddsFirst,
        Mistake::TellsTwice,
        Mistake::ForgetsGroup,
        Mistake::TouchesOthers,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Mistake::AddsFirst => "adds-first",
            Mistake::TellsTwice => "tells-twice",
            Mistake::ForgetsGroup => "forgets-group",
            Mistake::TouchesOthers => "touches-others",
        }
    }

    pub fn named(name: &str) -> Option<Mistake> {
        Mistake::ALL.into_iter().find(|mistake| mistake.name() == name)
    }

    /// Where a bus has to be killed, or to come by, for it to show.
    pub fn point(self) -> OrderFailpoint {
        match self {
            Mistake::AddsFirst => OrderFailpoint::AfterRemove,
            Mistake::TellsTwice => OrderFailpoint::AfterEnd,
            Mistake::ForgetsGroup => OrderFailpoint::AfterGroupCreate,
            Mistake::TouchesOthers => OrderFailpoint::AfterAdd,
        }
    }

    /// What the judge says of it; a complaint about something else does not count.
    pub fn complaint(self) -> &'static str {
        match self {
            Mistake::AddsFirst => "was in both groups",
            Mistake::TellsTwice => "was told to have ended as",
            Mistake::ForgetsGroup => "groups were made for",
            Mistake::TouchesOthers => "something of other people's has changed",
        }
    }

    pub fn planner(self) -> Option<Arc<dyn MembershipPlanner>> {
        match self {
            Mistake::AddsFirst => Some(Arc::new(AddBeforeRemoving)),
            Mistake::TellsTwice | Mistake::ForgetsGroup | Mistake::TouchesOthers => None,
        }
    }

    pub async fn meddle(self, store: &Store, point: OrderFailpoint, subject: &str) {
        if self == Mistake::TellsTwice && point == OrderFailpoint::AfterEnd {
            let order = store.load_order(subject.to_owned()).await.unwrap().unwrap();
            let told = store.record_order_event(order.key, OrderEvent::Failed, Map::new());
            told.await.unwrap();
        }
    }
}

struct AddBeforeRemoving;

impl MembershipPlanner for AddBeforeRemoving {
    fn next_step(&self, goal: MembershipGoal, sight: MembershipSight, links: &ApplicationLinks) -> MembershipStep {
        match goal {
            MembershipGoal::In(kind) if sight.of(kind) != MemberSight::In => MembershipStep::Add(kind),
            MembershipGoal::In(_) | MembershipGoal::Nowhere => next_membership_step(goal, sight, links),
        }
    }
}
