//! In which group the object of an order belongs, and what to change next. Pure.
//!
//! An object is never in both groups of an application: it is taken out of one before it is put into the other. What was read
//! may be a moment old, so what Graph took during this attempt counts before it; and where an earlier order may have put the
//! object into the other group a moment ago, it is taken out of there even if that does not show yet. Taking out somebody who
//! is no member, or putting in one who is, does no harm: Graph answers 400 or 404, and the membership is read.

use crate::contract::OrderKind;
use crate::store::ApplicationLinks;

use super::assignment_plan::LinksByKind;

/// What is known of one object and one group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MemberSight {
    In,
    Out,
    /// It may be in, whatever was read.
    Doubtful,
}

/// What is known of one object and both groups of an application.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MembershipSight {
    pub install: MemberSight,
    pub uninstall: MemberSight,
}

/// Where the object is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MembershipGoal {
    /// In the group of this kind, and not in the other one.
    In(OrderKind),
    /// In neither.
    Nowhere,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MembershipStep {
    Remove(OrderKind),
    Add(OrderKind),
    /// As it should be.
    Settled,
}

impl MembershipSight {
    pub fn of(&self, kind: OrderKind) -> MemberSight {
        match kind {
            OrderKind::Install => self.install,
            OrderKind::Uninstall => self.uninstall,
        }
    }

    pub fn set(&mut self, kind: OrderKind, sight: MemberSight) {
        match kind {
            OrderKind::Install => self.install = sight,
            OrderKind::Uninstall => self.uninstall = sight,
        }
    }
}

/// What comes next. A control of the crash campaign has one that is wrong.
pub trait MembershipPlanner: Send + Sync {
    fn next_step(&self, goal: MembershipGoal, sight: MembershipSight, links: &ApplicationLinks) -> MembershipStep;
}

/// The product's own.
pub struct RemoveBeforeAdding;

impl MembershipPlanner for RemoveBeforeAdding {
    fn next_step(&self, goal: MembershipGoal, sight: MembershipSight, links: &ApplicationLinks) -> MembershipStep {
        next_membership_step(goal, sight, links)
    }
}

/// A kind without a group has no members.
pub fn next_membership_step(goal: MembershipGoal, sight: MembershipSight, links: &ApplicationLinks) -> MembershipStep {
    let wanted = match goal {
        MembershipGoal::In(kind) => Some(kind),
        MembershipGoal::Nowhere => None,
    };
    let has_to_go = |kind: &&OrderKind| {
        Some(**kind) != wanted && links.group(**kind).is_some() && sight.of(**kind) != MemberSight::Out
    };
    if let Some(kind) = OrderKind::ALL.iter().find(has_to_go) {
        return MembershipStep::Remove(*kind);
    }
    match wanted {
        Some(kind) if sight.of(kind) != MemberSight::In => MembershipStep::Add(kind),
        _ => MembershipStep::Settled,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn links() -> ApplicationLinks {
        ApplicationLinks {
            install_group: Some("in".into()),
            uninstall_group: Some("out".into()),
            ..ApplicationLinks::default()
        }
    }

    const SIGHTS: [MemberSight; 3] = [MemberSight::In, MemberSight::Out, MemberSight::Doubtful];
    const GOALS: [MembershipGoal; 3] = [
        MembershipGoal::In(OrderKind::Install),
        MembershipGoal::In(OrderKind::Uninstall),
        MembershipGoal::Nowhere,
    ];

    #[test]
    fn sh_22_from_wherever_it_begins_it_is_never_put_into_a_second_group_and_ends_where_it_should() {
        for goal in GOALS {
            for install in SIGHTS {
                for uninstall in SIGHTS {
                    let mut sight = MembershipSight { install, uninstall };
                    let mut steps = 0;
                    loop {
                        match next_membership_step(goal, sight, &links()) {
                            MembershipStep::Remove(kind) => sight.set(kind, MemberSight::Out),
                            MembershipStep::Add(kind) => {
                                assert_eq!(sight.of(kind.opposite()), MemberSight::Out);
                                sight.set(kind, MemberSight::In);
                            }
                            MembershipStep::Settled => break,
                        }
                        steps += 1;
                        assert!(steps <= 2, "{goal:?} {install:?} {uninstall:?}");
                    }
                    for kind in OrderKind::ALL {
                        let is_in = sight.of(*kind) == MemberSight::In;
                        assert_eq!(is_in, goal == MembershipGoal::In(*kind));
                    }
                }
            }
        }
    }

    #[test]
    fn an_application_without_uninstall_group_has_nobody_to_take_out_of_it() {
        let mut links = links();
        links.uninstall_group = None;
        let sight = MembershipSight {
            install: MemberSight::In,
            uninstall: MemberSight::Doubtful,
        };
        let goal = MembershipGoal::In(OrderKind::Install);
        assert_eq!(next_membership_step(goal, sight, &links), MembershipStep::Settled);
    }
}
