//! What has to go next of an application that is removed with its traces: its assignments first, then its groups. Pure.
//!
//! Only what is ours goes: assignments of our groups, and groups with recorded id and marker. A group that somebody has made
//! theirs by changing its description stays, and is forgotten.

use super::assignment_plan::{
    AssignmentFacts, GroupFacts, LinksByKind, SETTLE, TenantSight, group_marker, judge_group,
};
use crate::contract::OrderKind;
use crate::model::Timestamp;
use crate::store::ApplicationRow;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum RemovalStep {
    ReadApp,
    ReadAssignments,
    DeleteAssignment(String),
    /// Whether one was made is not known: look.
    SearchGroup(OrderKind),
    AdoptGroup(OrderKind, String),
    /// One that may have been made does not show yet.
    WaitForGroup(OrderKind, Timestamp),
    ReadGroup(OrderKind, String),
    DeleteGroup(OrderKind, String),
    /// It is gone, was never there, or is not ours any more.
    ForgetGroup(OrderKind),
    Finish,
}

pub(super) fn next_removal_step(application: &ApplicationRow, sight: &TenantSight, now: Timestamp) -> RemovalStep {
    let links = &application.links;
    let kinds = OrderKind::ALL.iter().copied();
    for kind in kinds.clone() {
        if let (None, Some(at)) = (links.group(kind), links.intent_at(kind)) {
            match &sight.group(kind).by_marker {
                None => return RemovalStep::SearchGroup(kind),
                Some(found) => match first_of_ours(found, &group_marker(&application.marker, kind)) {
                    Some(id) => return RemovalStep::AdoptGroup(kind, id),
                    None if now < at + SETTLE => return RemovalStep::WaitForGroup(kind, at + SETTLE),
                    None => return RemovalStep::ForgetGroup(kind),
                },
            }
        }
    }
    if kinds.clone().any(|kind| links.group(kind).is_some()) {
        let app = match &sight.app {
            None => return RemovalStep::ReadApp,
            Some(app) => app,
        };
        match (app, &sight.assignments) {
            (None, _) => (),
            (Some(_), None) => return RemovalStep::ReadAssignments,
            (Some(_), Some(assignments)) => {
                let is_ours = |assignment: &&AssignmentFacts| {
                    let of = assignment.group.as_deref();
                    kinds.clone().any(|kind| {
                        of.is_some_and(|of| links.group(kind).is_some_and(|group| group.eq_ignore_ascii_case(of)))
                    })
                };
                if let Some(ours) = assignments.iter().find(is_ours) {
                    return RemovalStep::DeleteAssignment(ours.id.clone());
                }
            }
        }
    }
    for kind in kinds {
        let Some(id) = links.group(kind) else { continue };
        let settles_at = links.intent_at(kind).map(|at| at + SETTLE).filter(|at| now < *at);
        return match (&sight.group(kind).by_id, settles_at) {
            (None, _) => RemovalStep::ReadGroup(kind, id.to_owned()),
            (Some(Some(group)), _) if judge_group(group, &group_marker(&application.marker, kind)).is_ok() => {
                RemovalStep::DeleteGroup(kind, id.to_owned())
            }
            // A group that was just made may not show yet; it must not be left behind.
            (Some(None), Some(at)) => RemovalStep::WaitForGroup(kind, at),
            (Some(_), _) => RemovalStep::ForgetGroup(kind),
        };
    }
    RemovalStep::Finish
}

fn first_of_ours(found: &[GroupFacts], marker: &str) -> Option<String> {
    let ours = found.iter().filter(|group| judge_group(group, marker).is_ok());
    ours.map(|group| group.id.clone()).min()
}

#[cfg(test)]
mod tests {
    use super::super::assignment_plan::tests::{app, application, assignment, group, time};
    use super::*;

    #[test]
    fn sh_14_assignments_go_before_groups_and_those_of_others_stay() {
        let mut application = application();
        application.links.set_group(OrderKind::Install, Some("g-in".into()));
        let mut sight = TenantSight::default();
        let next = |application: &ApplicationRow, sight: &TenantSight| next_removal_step(application, sight, time(0));
        assert_eq!(next(&application, &sight), RemovalStep::ReadApp);
        sight.app = Some(Some(app()));
        assert_eq!(next(&application, &sight), RemovalStep::ReadAssignments);
        sight.assignments = Some(vec![
            assignment("theirs", "required", "g-else"),
            assignment("ours", "required", "G-IN"),
        ]);
        assert_eq!(next(&application, &sight), RemovalStep::DeleteAssignment("ours".into()));
        sight.assignments = Some(vec![assignment("theirs", "required", "g-else")]);
        assert_eq!(
            next(&application, &sight),
            RemovalStep::ReadGroup(OrderKind::Install, "g-in".into())
        );
        sight.group_mut(OrderKind::Install).by_id = Some(Some(group("g-in", OrderKind::Install)));
        assert_eq!(
            next(&application, &sight),
            RemovalStep::DeleteGroup(OrderKind::Install, "g-in".into())
        );
        let mut foreign = group("g-in", OrderKind::Install);
        foreign.description = "now ours".into();
        sight.group_mut(OrderKind::Install).by_id = Some(Some(foreign));
        assert_eq!(next(&application, &sight), RemovalStep::ForgetGroup(OrderKind::Install));
        application.links = Default::default();
        assert_eq!(next(&application, &sight), RemovalStep::Finish);
    }

    #[test]
    fn a_group_that_may_have_been_made_is_looked_for_before_the_application_goes() {
        let mut application = application();
        application.links.set_intent_at(OrderKind::Uninstall, Some(time(0)));
        let mut sight = TenantSight::default();
        assert_eq!(
            next_removal_step(&application, &sight, time(1)),
            RemovalStep::SearchGroup(OrderKind::Uninstall)
        );
        sight.group_mut(OrderKind::Uninstall).by_marker = Some(Vec::new());
        assert_eq!(
            next_removal_step(&application, &sight, time(1)),
            RemovalStep::WaitForGroup(OrderKind::Uninstall, time(10))
        );
        assert_eq!(
            next_removal_step(&application, &sight, time(10)),
            RemovalStep::ForgetGroup(OrderKind::Uninstall)
        );
    }
}
