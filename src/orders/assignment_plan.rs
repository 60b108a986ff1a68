//! What an application needs in the tenant next: an install group and an uninstall group, and an assignment for each. Pure:
//! from what is recorded and what was just read to the one step that comes next.
//!
//! *Never twice.* Before a group is created, the intent is recorded; behind it, its id. If the process dies between the two,
//! or the answer is lost, the group is looked for by its marker, and only when it has not shown for [`SETTLE`] it is created
//! again. An assignment is found by the group that it is for.
//!
//! *Nobody else's.* A group is ours if its id is recorded *and* its description begins with our marker. One that gives roles,
//! fills itself or is a mailbox is left alone whatever it says. Assignments to other groups are not looked at.

use chrono::TimeDelta;

use super::app_type::{find_app_type, unassignable_reason};
use super::order_graph::assignment_intent;
use crate::contract::OrderKind;
use crate::model::Timestamp;
use crate::store::{ApplicationLinks, ApplicationRow};

/// By then a group that was made is known everywhere in the directory.
pub const SETTLE: TimeDelta = TimeDelta::minutes(10);

/// Longest name of a group.
const NAME_MAX: usize = 256;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppFacts {
    pub id: String,
    pub name: String,
    pub publisher: Option<String>,
    /// Without `#microsoft.graph.`.
    pub app_type: String,
    pub is_published: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssignmentFacts {
    pub id: String,
    pub intent: String,
    /// `None`: for everybody, or an exclusion.
    pub group: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupFacts {
    pub id: String,
    pub description: String,
    pub is_security: bool,
    pub is_mail_enabled: bool,
    pub is_dynamic: bool,
    pub is_role_assignable: bool,
}

/// Why a group is not touched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GroupProblem {
    /// Its description does not begin with our marker.
    Foreign,
    RoleAssignable,
    Dynamic,
    MailEnabled,
}

impl GroupFacts {
    pub fn has_marker(&self, marker: &str) -> bool {
        self.description
            .trim()
            .strip_prefix(marker)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(char::is_whitespace))
    }
}

/// Whether members may be put into this group and taken out of it.
pub fn judge_group(group: &GroupFacts, marker: &str) -> Result<(), GroupProblem> {
    if !group.has_marker(marker) {
        Err(GroupProblem::Foreign)
    } else if group.is_role_assignable {
        Err(GroupProblem::RoleAssignable)
    } else if group.is_dynamic {
        Err(GroupProblem::Dynamic)
    } else if group.is_mail_enabled || !group.is_security {
        Err(GroupProblem::MailEnabled)
    } else {
        Ok(())
    }
}

/// What a group is made with, and found again by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupName {
    pub display_name: String,
    /// Unique, and never changed by people.
    pub nickname: String,
    pub marker: String,
    application: String,
}

pub fn group_marker(application_marker: &str, kind: OrderKind) -> String {
    format!("intune-connector:{application_marker}:{}", kind.name())
}

impl GroupName {
    /// `template`: the setting `group_name`, with `{application}`, `{intent}`, `{app}`.
    pub fn new(application: &ApplicationRow, kind: OrderKind, template: &str) -> GroupName {
        let name = template
            .replace("{application}", &application.id)
            .replace("{intent}", kind.name())
            .replace("{app}", &application.app_name);
        let bare_marker: String = application.marker.chars().filter(|letter| *letter != '-').collect();
        GroupName {
            display_name: name.chars().take(NAME_MAX).collect(),
            nickname: format!("ic-{bare_marker}-{}", kind.name()),
            marker: group_marker(&application.marker, kind),
            application: application.id.clone(),
        }
    }

    pub fn description(&self) -> String {
        format!(
            "{} made by the Intune Connector for the application {}; do not change this text or the members",
            self.marker, self.application
        )
    }
}

/// The kinds of orders that the tenant can carry out for an app of this type.
pub fn possible_kinds(app_type: &str) -> &'static [OrderKind] {
    if find_app_type(app_type).is_some_and(|known| known.removable) {
        &[OrderKind::Install, OrderKind::Uninstall]
    } else {
        &[OrderKind::Install]
    }
}

/// One field of the links by the kind of order that it serves.
pub trait LinksByKind {
    fn group(&self, kind: OrderKind) -> Option<&str>;
    fn set_group(&mut self, kind: OrderKind, group: Option<String>);
    fn assignment(&self, kind: OrderKind) -> Option<&str>;
    fn set_assignment(&mut self, kind: OrderKind, assignment: Option<String>);
    /// When it was tried to create the group.
    fn intent_at(&self, kind: OrderKind) -> Option<Timestamp>;
    fn set_intent_at(&mut self, kind: OrderKind, at: Option<Timestamp>);
}

impl LinksByKind for ApplicationLinks {
    fn group(&self, kind: OrderKind) -> Option<&str> {
        match kind {
            OrderKind::Install => self.install_group.as_deref(),
            OrderKind::Uninstall => self.uninstall_group.as_deref(),
        }
    }

    fn set_group(&mut self, kind: OrderKind, group: Option<String>) {
        match kind {
            OrderKind::Install => self.install_group = group,
            OrderKind::Uninstall => self.uninstall_group = group,
        }
    }

    fn assignment(&self, kind: OrderKind) -> Option<&str> {
        match kind {
            OrderKind::Install => self.install_assignment.as_deref(),
            OrderKind::Uninstall => self.uninstall_assignment.as_deref(),
        }
    }

    fn set_assignment(&mut self, kind: OrderKind, assignment: Option<String>) {
        match kind {
            OrderKind::Install => self.install_assignment = assignment,
            OrderKind::Uninstall => self.uninstall_assignment = assignment,
        }
    }

    fn intent_at(&self, kind: OrderKind) -> Option<Timestamp> {
        match kind {
            OrderKind::Install => self.install_group_intent_at,
            OrderKind::Uninstall => self.uninstall_group_intent_at,
        }
    }

    fn set_intent_at(&mut self, kind: OrderKind, at: Option<Timestamp>) {
        match kind {
            OrderKind::Install => self.install_group_intent_at = at,
            OrderKind::Uninstall => self.uninstall_group_intent_at = at,
        }
    }
}

/// What was read of one group. The outer `None`: not read yet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GroupSight {
    /// By the recorded id; the inner `None`: 404.
    pub by_id: Option<Option<GroupFacts>>,
    /// By the marker.
    pub by_marker: Option<Vec<GroupFacts>>,
}

/// What was read of the tenant in this attempt. The outer `None`: not read yet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TenantSight {
    /// The inner `None`: 404.
    pub app: Option<Option<AppFacts>>,
    install: GroupSight,
    uninstall: GroupSight,
    pub assignments: Option<Vec<AssignmentFacts>>,
}

impl TenantSight {
    pub fn group(&self, kind: OrderKind) -> &GroupSight {
        match kind {
            OrderKind::Install => &self.install,
            OrderKind::Uninstall => &self.uninstall,
        }
    }

    pub fn group_mut(&mut self, kind: OrderKind) -> &mut GroupSight {
        match kind {
            OrderKind::Install => &mut self.install,
            OrderKind::Uninstall => &mut self.uninstall,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AssignmentStep {
    ReadApp,
    ReadGroup(OrderKind, String),
    SearchGroup(OrderKind),
    /// It is ours: record its id.
    AdoptGroup(OrderKind, String),
    /// It was deleted: forget its id.
    ForgetGroup(OrderKind),
    CreateGroup(OrderKind),
    ReadAssignments,
    CreateAssignment(OrderKind, String),
    RecordAssignment(OrderKind, String),
    Complete,
    /// Not now.
    Stop(AssignmentStop),
}

/// Why an application can't go on now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AssignmentStop {
    AppGone,
    /// Why, in a sentence.
    Unassignable(String),
    NotPublished,
    GroupProblem(OrderKind, GroupProblem),
    /// A group was made, or may have been, and does not show yet; until then it is waited for.
    GroupNotSeen(OrderKind, Timestamp),
    /// Somebody gave the assignment of our group another intent.
    IntentChanged(OrderKind, String),
}

pub fn next_assignment_step(application: &ApplicationRow, sight: &TenantSight, now: Timestamp) -> AssignmentStep {
    let links = &application.links;
    let app = match &sight.app {
        None => return AssignmentStep::ReadApp,
        Some(None) => return AssignmentStep::Stop(AssignmentStop::AppGone),
        Some(Some(app)) => app,
    };
    if let Some(reason) = unassignable_reason(&app.app_type) {
        return AssignmentStep::Stop(AssignmentStop::Unassignable(reason));
    }
    if !app.is_published {
        return AssignmentStep::Stop(AssignmentStop::NotPublished);
    }
    let kinds = possible_kinds(&app.app_type);
    for kind in kinds {
        let marker = group_marker(&application.marker, *kind);
        if let Some(step) = group_step(*kind, &marker, links, sight.group(*kind), now) {
            return step;
        }
    }
    let Some(assignments) = &sight.assignments else {
        return AssignmentStep::ReadAssignments;
    };
    kinds
        .iter()
        .find_map(|kind| assignment_step(*kind, links, assignments))
        .unwrap_or(AssignmentStep::Complete)
}

/// `None`: the group is there and ours.
fn group_step(
    kind: OrderKind,
    marker: &str,
    links: &ApplicationLinks,
    sight: &GroupSight,
    now: Timestamp,
) -> Option<AssignmentStep> {
    let settles_at = links.intent_at(kind).map(|at| at + SETTLE).filter(|at| now < *at);
    let not_seen = |at| AssignmentStep::Stop(AssignmentStop::GroupNotSeen(kind, at));
    if let Some(id) = links.group(kind) {
        return match (&sight.by_id, settles_at) {
            (None, _) => Some(AssignmentStep::ReadGroup(kind, id.to_owned())),
            (Some(Some(group)), _) => judge_group(group, marker)
                .err()
                .map(|problem| AssignmentStep::Stop(AssignmentStop::GroupProblem(kind, problem))),
            (Some(None), Some(at)) => Some(not_seen(at)),
            (Some(None), None) => Some(AssignmentStep::ForgetGroup(kind)),
        };
    }
    let Some(found) = &sight.by_marker else {
        return Some(AssignmentStep::SearchGroup(kind));
    };
    let usable = found.iter().filter(|group| judge_group(group, marker).is_ok());
    if let Some(group) = usable.min_by(|one, other| one.id.cmp(&other.id)) {
        return Some(AssignmentStep::AdoptGroup(kind, group.id.clone()));
    }
    let problem = found.iter().find_map(|group| judge_group(group, marker).err());
    Some(match (problem, settles_at) {
        (Some(problem), _) => AssignmentStep::Stop(AssignmentStop::GroupProblem(kind, problem)),
        (None, Some(at)) => not_seen(at),
        (None, None) => AssignmentStep::CreateGroup(kind),
    })
}

/// `None`: the assignment is there, and recorded.
fn assignment_step(
    kind: OrderKind,
    links: &ApplicationLinks,
    assignments: &[AssignmentFacts],
) -> Option<AssignmentStep> {
    let group = links.group(kind)?;
    let is_of_group = |assignment: &&AssignmentFacts| {
        let of = assignment.group.as_deref();
        of.is_some_and(|of| of.eq_ignore_ascii_case(group))
    };
    let wanted = assignment_intent(kind);
    let ours = assignments
        .iter()
        .filter(is_of_group)
        .filter(|assignment| assignment.intent.eq_ignore_ascii_case(wanted))
        .min_by(|one, other| one.id.cmp(&other.id));
    match (ours, assignments.iter().find(is_of_group)) {
        (Some(ours), _) if links.assignment(kind) == Some(ours.id.as_str()) => None,
        (Some(ours), _) => Some(AssignmentStep::RecordAssignment(kind, ours.id.clone())),
        (None, Some(changed)) => Some(AssignmentStep::Stop(AssignmentStop::IntentChanged(
            kind,
            changed.intent.clone(),
        ))),
        (None, None) => Some(AssignmentStep::CreateAssignment(kind, group.to_owned())),
    }
}

#[cfg(test)]
#[path = "assignment_plan_tests.rs"]
pub(super) mod tests;
