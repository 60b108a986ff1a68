//! What becomes of the record of a device that has gone. Pure.
//!
//! *Gone is a state, not a deletion.* What happens is chosen by reason: deleted in Intune, wiped or retired by a job of this
//! bus. Where the device only left this target (a filter, an audience, a removed instance), the hardware still exists, and
//! its record is left untouched whatever the mapping says. Deleted is only what was made here; the rest is retired.
//!
//! A link whose create was only begun has no record yet: first contact looks for it before its device is treated as gone.

use super::mapping_rules::GoneRules;
use super::write_plan::LinkState;
use crate::contract::{LinkOrigin, LinkPhase, RetireAction};
use crate::model::{ActionKind, GoneReason};

/// What to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GonePlan {
    /// The record is left untouched, and the link is released.
    Release,
    /// The same hardware enrolled again: its new device takes the record over.
    WaitForReplacement,
    /// Devices of other instances share the record: only this one's link ends.
    KeepForOthers,
    /// Never [`RetireAction::Leave`], which is [`GonePlan::Release`].
    Act(RetireAction),
}

/// `removed_by`: the job of this bus that took the device out of Intune, where there was one. `other_links`: active links of
/// other devices to the same record.
pub fn plan_gone(
    reason: GoneReason,
    removed_by: Option<ActionKind>,
    link: &LinkState,
    rules: GoneRules,
    other_links: usize,
) -> GonePlan {
    let wanted = match reason {
        GoneReason::Filtered | GoneReason::Unassigned | GoneReason::InstanceRemoved => return GonePlan::Release,
        GoneReason::Replaced => return GonePlan::WaitForReplacement,
        GoneReason::Deleted | GoneReason::ByJob => choose_rule(removed_by, rules),
    };
    let is_let_go = matches!(link.phase, LinkPhase::Intended | LinkPhase::Released);
    match wanted {
        RetireAction::Leave => GonePlan::Release,
        _ if is_let_go => GonePlan::Release,
        _ if other_links > 0 => GonePlan::KeepForOthers,
        RetireAction::Delete if link.origin != LinkOrigin::Created => GonePlan::Act(RetireAction::Retire),
        action => GonePlan::Act(action),
    }
}

/// A job that neither wipes nor retires leaves a device that was deleted.
fn choose_rule(removed_by: Option<ActionKind>, rules: GoneRules) -> RetireAction {
    match removed_by {
        Some(ActionKind::Wipe) => rules.wiped,
        Some(ActionKind::Retire) => rules.retired,
        _ => rules.deleted,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::targets::samples_for_tests::link_to;

    const RULES: GoneRules = GoneRules {
        deleted: RetireAction::Delete,
        wiped: RetireAction::Stock,
        retired: RetireAction::Retire,
    };

    fn every_case() -> impl Iterator<Item = (GoneReason, Option<ActionKind>, LinkState, GoneRules, usize)> {
        let jobs = ActionKind::ALL.iter().copied().map(Some).chain([None]);
        let jobs: Vec<Option<ActionKind>> = jobs.collect();
        let mut cases = Vec::new();
        for reason in GoneReason::ALL {
            for job in &jobs {
                for origin in LinkOrigin::ALL {
                    for phase in LinkPhase::ALL {
                        for action in RetireAction::ALL {
                            for others in [0, 1] {
                                let mut link = link_to("7");
                                (link.origin, link.phase) = (*origin, *phase);
                                let rules = GoneRules {
                                    deleted: *action,
                                    wiped: *action,
                                    retired: *action,
                                };
                                cases.push((*reason, *job, link, rules, others));
                            }
                        }
                    }
                }
            }
        }
        cases.into_iter()
    }

    #[test]
    fn what_only_left_this_target_is_never_touched() {
        for (reason, job, link, rules, others) in every_case() {
            if !reason.may_reenroll() {
                let plan = plan_gone(reason, job, &link, rules, others);
                assert_eq!(plan, GonePlan::Release, "{reason:?} {job:?}");
            }
        }
    }

    #[test]
    fn only_what_was_made_here_is_ever_deleted_and_only_for_the_last_device() {
        let mut deletions = 0;
        for (reason, job, link, rules, others) in every_case() {
            let plan = plan_gone(reason, job, &link, rules, others);
            if plan == GonePlan::Act(RetireAction::Delete) {
                deletions += 1;
                assert_eq!(rules.deleted, RetireAction::Delete, "nobody asked for it");
                assert_eq!((link.origin, others), (LinkOrigin::Created, 0));
                assert!(matches!(reason, GoneReason::Deleted | GoneReason::ByJob));
                assert!(matches!(link.phase, LinkPhase::Active | LinkPhase::Gone));
            }
            assert_ne!(plan, GonePlan::Act(RetireAction::Leave));
        }
        assert!(deletions > 0);
    }

    #[test]
    fn the_action_is_chosen_by_reason() {
        for (reason, job, expected) in [
            (GoneReason::Deleted, None, GonePlan::Act(RetireAction::Delete)),
            (
                GoneReason::Deleted,
                Some(ActionKind::Wipe),
                GonePlan::Act(RetireAction::Stock),
            ),
            (
                GoneReason::ByJob,
                Some(ActionKind::Wipe),
                GonePlan::Act(RetireAction::Stock),
            ),
            (
                GoneReason::ByJob,
                Some(ActionKind::Retire),
                GonePlan::Act(RetireAction::Retire),
            ),
            (
                GoneReason::ByJob,
                Some(ActionKind::Delete),
                GonePlan::Act(RetireAction::Delete),
            ),
            (GoneReason::ByJob, None, GonePlan::Act(RetireAction::Delete)),
            (
                GoneReason::Replaced,
                Some(ActionKind::Wipe),
                GonePlan::WaitForReplacement,
            ),
            (GoneReason::Replaced, None, GonePlan::WaitForReplacement),
            (GoneReason::Filtered, Some(ActionKind::Wipe), GonePlan::Release),
        ] {
            let plan = plan_gone(reason, job, &link_to("7"), RULES, 0);
            assert_eq!(plan, expected, "{reason:?} {job:?}");
        }
    }

    #[test]
    fn an_adopted_record_is_retired_where_a_made_one_is_deleted() {
        let mut link = link_to("7");
        link.origin = LinkOrigin::Adopted;
        let plan = plan_gone(GoneReason::Deleted, None, &link, RULES, 0);
        assert_eq!(plan, GonePlan::Act(RetireAction::Retire));
    }

    #[test]
    fn a_shared_record_stays_until_its_last_device_goes() {
        let link = link_to("7");
        let plan = |others| plan_gone(GoneReason::Deleted, None, &link, RULES, others);
        assert_eq!(plan(1), GonePlan::KeepForOthers);
        assert_eq!(plan(0), GonePlan::Act(RetireAction::Delete));
    }

    #[test]
    fn left_is_left_and_a_link_without_record_has_nothing_to_retire() {
        let left = GoneRules::default();
        assert_eq!(
            plan_gone(GoneReason::Deleted, None, &link_to("7"), left, 1),
            GonePlan::Release
        );
        for phase in [LinkPhase::Intended, LinkPhase::Released] {
            let mut link = link_to("");
            link.phase = phase;
            assert_eq!(plan_gone(GoneReason::Deleted, None, &link, RULES, 0), GonePlan::Release);
        }
    }
}
