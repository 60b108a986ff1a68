use crate::contract::{ApplicationState, ApprovalMode};
use crate::model::{InstanceId, OperatorId, parse_time};
use crate::store::ApplicationDescription;

use super::*;

/// So many minutes after noon.
pub(crate) fn time(minutes: i64) -> Timestamp {
    parse_time("2026-11-21T12:00:00Z").unwrap() + TimeDelta::minutes(minutes)
}

pub(crate) fn application() -> ApplicationRow {
    ApplicationRow {
        key: 1,
        id: "zoom".into(),
        instance: InstanceId(3),
        app: "0d0d0d0d-0000-4000-8000-000000000001".into(),
        app_name: "Zoom Workplace".into(),
        app_type: "win32LobApp".into(),
        platform: Some("windows".into()),
        description: ApplicationDescription {
            display_name: "Zoom".into(),
            comment: None,
            cost: None,
            currency: None,
            mandatory: false,
            reshoppable: false,
            targets: Vec::new(),
            approval: ApprovalMode::None,
            approvers: Vec::new(),
            deputies: Vec::new(),
            licences: None,
            cost_centre: None,
            term_days: None,
            reminder_days: None,
        },
        has_icon: false,
        marker: "11111111-2222-4333-8444-555555555555".into(),
        state: ApplicationState::Pending,
        clean_up: false,
        failure: None,
        attempts: 0,
        next_attempt_at: None,
        links: ApplicationLinks::default(),
        open_orders: 0,
        licences_in_use: 0,
        created_by: OperatorId(1),
        created_by_name: "ann".into(),
        created_at: time(-60),
        changed_at: time(-60),
    }
}

pub(crate) fn app() -> AppFacts {
    AppFacts {
        id: "0d0d0d0d-0000-4000-8000-000000000001".into(),
        name: "Zoom Workplace".into(),
        publisher: None,
        app_type: "win32LobApp".into(),
        is_published: true,
    }
}

pub(crate) fn group(id: &str, kind: OrderKind) -> GroupFacts {
    GroupFacts {
        id: id.into(),
        description: GroupName::new(&application(), kind, "x").description(),
        is_security: true,
        is_mail_enabled: false,
        is_dynamic: false,
        is_role_assignable: false,
    }
}

pub(crate) fn assignment(id: &str, intent: &str, group: &str) -> AssignmentFacts {
    AssignmentFacts {
        id: id.into(),
        intent: intent.into(),
        group: Some(group.into()),
    }
}

#[test]
fn sh_10_both_groups_come_first_then_both_assignments_and_those_of_others_are_left_alone() {
    let mut application = application();
    let mut sight = TenantSight::default();
    let mut others = vec![
        assignment("1", "required", "group of others"),
        AssignmentFacts {
            id: "2".into(),
            intent: "available".into(),
            group: None,
        },
    ];
    let mut steps = Vec::new();
    loop {
        let step = next_assignment_step(&application, &sight, time(0));
        steps.push(step.clone());
        match step {
            AssignmentStep::ReadApp => sight.app = Some(Some(app())),
            AssignmentStep::SearchGroup(kind) => sight.group_mut(kind).by_marker = Some(Vec::new()),
            AssignmentStep::CreateGroup(kind) => {
                let id = format!("group to {}", kind.name());
                sight.group_mut(kind).by_id = Some(Some(group(&id, kind)));
                application.links.set_group(kind, Some(id));
            }
            AssignmentStep::ReadAssignments => sight.assignments = Some(others.clone()),
            AssignmentStep::CreateAssignment(kind, group) => {
                others.push(assignment(kind.name(), assignment_intent(kind), &group));
                sight.assignments = None;
            }
            AssignmentStep::RecordAssignment(kind, id) => application.links.set_assignment(kind, Some(id)),
            AssignmentStep::Complete => break,
            other => panic!("{other:?}"),
        }
        assert!(steps.len() < 30, "{steps:?}");
    }
    assert_eq!(application.links.install_assignment.as_deref(), Some("install"));
    assert_eq!(application.links.uninstall_assignment.as_deref(), Some("uninstall"));
    assert_eq!(others.len(), 4);
}

#[test]
fn sh_11_after_a_crash_a_group_is_found_again_and_never_made_twice() {
    let mut application = application();
    let mut sight = TenantSight {
        app: Some(Some(app())),
        ..TenantSight::default()
    };
    application.links.set_intent_at(OrderKind::Install, Some(time(0)));
    assert_eq!(
        next_assignment_step(&application, &sight, time(1)),
        AssignmentStep::SearchGroup(OrderKind::Install)
    );
    sight.group_mut(OrderKind::Install).by_marker = Some(Vec::new());
    assert_eq!(
        next_assignment_step(&application, &sight, time(9)),
        AssignmentStep::Stop(AssignmentStop::GroupNotSeen(OrderKind::Install, time(10)))
    );
    assert_eq!(
        next_assignment_step(&application, &sight, time(10)),
        AssignmentStep::CreateGroup(OrderKind::Install)
    );
    let two = vec![group("b", OrderKind::Install), group("a", OrderKind::Install)];
    sight.group_mut(OrderKind::Install).by_marker = Some(two);
    assert_eq!(
        next_assignment_step(&application, &sight, time(1)),
        AssignmentStep::AdoptGroup(OrderKind::Install, "a".into())
    );
}

#[test]
fn a_group_that_is_not_there_is_waited_for_while_it_is_new_and_then_made_anew() {
    let mut application = application();
    application.links.set_intent_at(OrderKind::Install, Some(time(0)));
    application.links.set_group(OrderKind::Install, Some("a".into()));
    let mut sight = TenantSight {
        app: Some(Some(app())),
        ..TenantSight::default()
    };
    sight.group_mut(OrderKind::Install).by_id = Some(None);
    assert!(matches!(
        next_assignment_step(&application, &sight, time(1)),
        AssignmentStep::Stop(AssignmentStop::GroupNotSeen(..))
    ));
    assert_eq!(
        next_assignment_step(&application, &sight, time(11)),
        AssignmentStep::ForgetGroup(OrderKind::Install)
    );
}

#[test]
fn a_group_that_is_not_ours_or_gives_power_is_never_touched() {
    let marker = group_marker(&application().marker, OrderKind::Install);
    let ours = group("a", OrderKind::Install);
    assert_eq!(judge_group(&ours, &marker), Ok(()));
    let judged = |change: fn(&mut GroupFacts)| {
        let mut group = ours.clone();
        change(&mut group);
        judge_group(&group, &marker)
    };
    assert_eq!(
        judged(|group| group.is_role_assignable = true),
        Err(GroupProblem::RoleAssignable)
    );
    assert_eq!(judged(|group| group.is_dynamic = true), Err(GroupProblem::Dynamic));
    assert_eq!(
        judged(|group| group.is_mail_enabled = true),
        Err(GroupProblem::MailEnabled)
    );
    assert_eq!(
        judged(|group| group.is_security = false),
        Err(GroupProblem::MailEnabled)
    );
    assert_eq!(judged(|group| group.description.clear()), Err(GroupProblem::Foreign));
    assert_eq!(
        judged(|group| group.description.insert(0, 'x')),
        Err(GroupProblem::Foreign)
    );
    let other = group("a", OrderKind::Uninstall);
    assert_eq!(
        judge_group(&other, &marker),
        Err(GroupProblem::Foreign),
        "the other one of the two"
    );
}

#[test]
fn an_app_that_is_gone_or_not_published_or_was_assigned_otherwise_stops_the_application() {
    let mut application = application();
    let mut sight = TenantSight {
        app: Some(None),
        ..TenantSight::default()
    };
    let stop =
        |application: &ApplicationRow, sight: &TenantSight| match next_assignment_step(application, sight, time(0)) {
            AssignmentStep::Stop(stop) => stop,
            step => panic!("{step:?}"),
        };
    assert_eq!(stop(&application, &sight), AssignmentStop::AppGone);
    let unpublished = AppFacts {
        is_published: false,
        ..app()
    };
    sight.app = Some(Some(unpublished));
    assert_eq!(stop(&application, &sight), AssignmentStop::NotPublished);
    let only_protected = AppFacts {
        app_type: "managedIOSStoreApp".into(),
        ..app()
    };
    sight.app = Some(Some(only_protected));
    assert!(matches!(stop(&application, &sight), AssignmentStop::Unassignable(_)));
    let mac = AppFacts {
        app_type: "macOSOfficeSuiteApp".into(),
        ..app()
    };
    sight.app = Some(Some(mac));
    application.links.set_group(OrderKind::Install, Some("a".into()));
    sight.group_mut(OrderKind::Install).by_id = Some(Some(group("a", OrderKind::Install)));
    sight.assignments = Some(vec![assignment("1", "available", "A")]);
    assert_eq!(
        stop(&application, &sight),
        AssignmentStop::IntentChanged(OrderKind::Install, "available".into()),
        "and an app that stays has no uninstall group"
    );
}

#[test]
fn sh_13_a_group_has_the_name_of_the_setting_and_a_marker_of_its_own() {
    let name = GroupName::new(
        &application(),
        OrderKind::Uninstall,
        "Orders {application} {intent} ({app})",
    );
    assert_eq!(name.display_name, "Orders zoom uninstall (Zoom Workplace)");
    assert_eq!(name.nickname, "ic-11111111222243338444555555555555-uninstall");
    assert!(name.nickname.len() <= 64);
    assert!(
        name.description()
            .starts_with("intune-connector:11111111-2222-4333-8444-555555555555:uninstall ")
    );
}
