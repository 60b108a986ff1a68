//! Why an application can't be prepared now, in words, and when it is tried again.

use super::assignment_plan::{AssignmentStop, GroupProblem};
use super::graph_trouble::PassingTrouble;
use super::order_text::{BilingualText, OrderTrouble, german_group};
use super::retry_pause::TroubleKind;
use crate::contract::OrderKind;
use crate::model::{Timestamp, format_time};
use crate::store::ApplicationRow;

/// An attempt at an application that came to nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ApplicationTrouble {
    /// It is tried again by itself.
    Passing(PassingTrouble),
    /// Only people can go on: retry it, or remove it.
    Final(OrderTrouble),
}

impl From<PassingTrouble> for ApplicationTrouble {
    fn from(trouble: PassingTrouble) -> Self {
        ApplicationTrouble::Passing(trouble)
    }
}

impl ApplicationTrouble {
    pub(super) fn trouble(&self) -> &OrderTrouble {
        match self {
            ApplicationTrouble::Passing(passing) => &passing.trouble,
            ApplicationTrouble::Final(trouble) => trouble,
        }
    }

    /// Nothing is wrong: what was made a moment ago is not known everywhere yet, or Graph asked for a pause.
    pub(super) fn is_early(&self) -> bool {
        matches!(
            self,
            ApplicationTrouble::Passing(PassingTrouble {
                kind: TroubleKind::Replication | TroubleKind::Throttled,
                ..
            })
        )
    }

    /// `None`: not by itself.
    pub(super) fn next_attempt_at(&self, attempts: u32, now: Timestamp) -> Option<Timestamp> {
        match self {
            ApplicationTrouble::Passing(passing) => Some(passing.next_attempt_at(attempts, now)),
            ApplicationTrouble::Final(_) => None,
        }
    }
}

pub(super) fn explain_stop(application: &ApplicationRow, stop: &AssignmentStop) -> ApplicationTrouble {
    match stop {
        AssignmentStop::AppGone => ApplicationTrouble::Final(app_gone(application)),
        AssignmentStop::Unassignable(reason) => ApplicationTrouble::Final(OrderTrouble::new(
            "appNotAssignable",
            BilingualText::new(
                format!("The app cannot be linked: {reason}."),
                format!("Die App kann nicht verknüpft werden: {reason}."),
            ),
            BilingualText::new(
                "Remove the application and link another app.",
                "Bitte die Anwendung entfernen und eine andere App verknüpfen.",
            ),
        )),
        AssignmentStop::NotPublished => person(
            "appNotPublished",
            BilingualText::new(
                format!(
                    "Intune has not published the app {} yet, so it cannot be assigned.",
                    application.app_name
                ),
                format!(
                    "Intune hat die App {} noch nicht veröffentlicht, also kann sie nicht zugewiesen werden.",
                    application.app_name
                ),
            ),
            BilingualText::new(
                "Upload the content of the app in Intune; it is tried again.",
                "Bitte den Inhalt der App in Intune hochladen; es wird erneut versucht.",
            ),
        ),
        AssignmentStop::GroupProblem(kind, problem) => explain_group(*kind, *problem),
        AssignmentStop::GroupNotSeen(kind, until) => ApplicationTrouble::Passing(PassingTrouble::new(
            TroubleKind::Replication,
            OrderTrouble::new(
                "groupNotSeen",
                BilingualText::new(
                    format!("The {} group does not show in the directory yet.", kind.name()),
                    format!("Die {} ist im Verzeichnis noch nicht zu sehen.", german_group(*kind)),
                ),
                BilingualText::new(
                    format!("No action needed: it is looked for until {}.", format_time(*until)),
                    format!("Nichts zu tun: Sie wird bis {} gesucht.", format_time(*until)),
                ),
            ),
        )),
        AssignmentStop::IntentChanged(kind, intent) => person(
            "assignmentChanged",
            BilingualText::new(
                format!(
                    "Somebody changed the assignment of the {} group to \"{intent}\".",
                    kind.name()
                ),
                format!(
                    "Jemand hat die Zuweisung der {} in „{intent}“ geändert.",
                    german_group(*kind)
                ),
            ),
            BilingualText::new(
                "Delete this assignment in Intune; it is created anew.",
                "Bitte diese Zuweisung in Intune löschen; sie wird neu angelegt.",
            ),
        ),
    }
}

fn app_gone(application: &ApplicationRow) -> OrderTrouble {
    let app = &application.app_name;
    OrderTrouble::new(
        "appGone",
        BilingualText::new(
            format!("The app {app} no longer exists in Intune."),
            format!("Die App {app} gibt es in Intune nicht mehr."),
        ),
        BilingualText::new(
            "Remove the application and link another app.",
            "Bitte die Anwendung entfernen und eine andere App verknüpfen.",
        ),
    )
}

/// Intune learns of a new group later than the directory.
pub(super) fn group_not_known(kind: OrderKind) -> PassingTrouble {
    PassingTrouble::new(
        TroubleKind::Replication,
        OrderTrouble::new(
            "groupNotKnown",
            BilingualText::new(
                format!("Intune does not know the new {} group yet.", kind.name()),
                format!("Intune kennt die neue {} noch nicht.", german_group(kind)),
            ),
            BilingualText::new(
                "No action needed: the assignment is tried again.",
                "Nichts zu tun: Die Zuweisung wird erneut versucht.",
            ),
        ),
    )
}

/// Something of ours was deleted; the assignment worker makes it anew.
pub(super) fn needs_repair() -> PassingTrouble {
    PassingTrouble::new(
        TroubleKind::Replication,
        OrderTrouble::new(
            "applicationIncomplete",
            BilingualText::new(
                "A group or an assignment of the application was deleted in the tenant.",
                "Eine Gruppe oder Zuweisung der Anwendung wurde im Mandanten gelöscht.",
            ),
            BilingualText::new(
                "No action needed: it is created anew.",
                "Nichts zu tun: Sie wird neu angelegt.",
            ),
        ),
    )
}

fn explain_group(kind: OrderKind, problem: GroupProblem) -> ApplicationTrouble {
    let (code, en, de) = match problem {
        GroupProblem::Foreign => (
            "groupNotOurs",
            "no longer has our marker in its description",
            "hat unsere Kennung nicht mehr in ihrer Beschreibung",
        ),
        GroupProblem::RoleAssignable => (
            "groupRoleAssignable",
            "can give roles to its members",
            "kann ihren Mitgliedern Rollen geben",
        ),
        GroupProblem::Dynamic => (
            "groupDynamic",
            "has a dynamic membership",
            "hat eine dynamische Mitgliedschaft",
        ),
        GroupProblem::MailEnabled => (
            "groupMailEnabled",
            "is not a plain security group",
            "ist keine reine Sicherheitsgruppe",
        ),
    };
    person(
        code,
        BilingualText::new(
            format!("The {} group is left alone: it {en}.", kind.name()),
            format!("Die {} wird nicht geändert: Sie {de}.", german_group(kind)),
        ),
        BilingualText::new(
            "Undo the change of the group in Entra, or delete the group; then retry the application.",
            "Bitte die Änderung der Gruppe in Entra zurücknehmen oder die Gruppe löschen; dann die Anwendung erneut versuchen.",
        ),
    )
}

fn person(code: &str, message: BilingualText, advice: BilingualText) -> ApplicationTrouble {
    ApplicationTrouble::Passing(PassingTrouble::new(
        TroubleKind::Person,
        OrderTrouble::new(code, message, advice),
    ))
}
