//! What a failed request means for the application or order that it was made for: what people are told, and how long to wait.
//! By status and code alone, never by the words of an answer.

use std::time::Duration;

use super::order_text::{BilingualText, OrderTrouble};
use super::retry_pause::{TroubleKind, pause_before_retry};
use crate::entra::permissions::grant_with_az;
use crate::graph::{GraphError, WriteOutcome};
use crate::model::Timestamp;
use crate::observe::Clock;

/// What a request was made for; each needs permissions of its own (GRAPH.md H).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GraphNeed {
    ReadApps,
    AssignApps,
    ReadGroups,
    CreateGroups,
    DeleteGroups,
    ReadMembership,
    AddUsers,
    AddDevices,
    ReadUsers,
    ReadDirectoryDevices,
    ReadManagedDevices,
    ReadReport,
}

impl GraphNeed {
    pub(super) fn permissions(self) -> &'static [&'static str] {
        match self {
            GraphNeed::ReadApps | GraphNeed::ReadReport => &["DeviceManagementApps.Read.All"],
            GraphNeed::AssignApps => &["DeviceManagementApps.ReadWrite.All"],
            GraphNeed::ReadGroups => &["GroupMember.Read.All"],
            GraphNeed::CreateGroups => &["Group.Create"],
            GraphNeed::DeleteGroups => &["Group.ReadWrite.All"],
            GraphNeed::ReadMembership => &["GroupMember.Read.All", "User.Read.All", "Device.Read.All"],
            GraphNeed::AddUsers => &["GroupMember.ReadWrite.All"],
            GraphNeed::AddDevices => &["GroupMember.ReadWrite.All", "Device.ReadWrite.All"],
            GraphNeed::ReadUsers => &["User.Read.All"],
            GraphNeed::ReadDirectoryDevices => &["Device.Read.All"],
            GraphNeed::ReadManagedDevices => &["DeviceManagementManagedDevices.Read.All"],
        }
    }
}

/// Something that may be over at the next attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PassingTrouble {
    pub trouble: OrderTrouble,
    pub kind: TroubleKind,
    pub retry_after: Option<Duration>,
}

impl PassingTrouble {
    pub fn new(kind: TroubleKind, trouble: OrderTrouble) -> PassingTrouble {
        PassingTrouble {
            trouble,
            kind,
            retry_after: None,
        }
    }

    /// `attempts`: those that failed before this one.
    pub fn next_attempt_at(&self, attempts: u32, now: Timestamp) -> Timestamp {
        let pause = pause_before_retry(self.kind, attempts, self.retry_after, rand::random());
        now + chrono::TimeDelta::from_std(pause).unwrap_or_default()
    }
}

/// Of a read, or of a write that was not sent.
pub fn explain_graph_error(error: &GraphError, need: GraphNeed, client_id: &str, clock: &Clock) -> PassingTrouble {
    if is_forbidden(error) {
        return PassingTrouble::new(TroubleKind::Person, missing_permission(need, client_id));
    }
    let (kind, retry_after) = match error.blocking_refusal() {
        Some(refusal) if refusal.cause.transient => (TroubleKind::Throttled, Some(refusal.remaining_now(clock))),
        Some(_) => (TroubleKind::Person, None),
        None if error.status() == Some(429) => (TroubleKind::Throttled, error.retry_after_s().map(Duration::from_secs)),
        None if error.is_transient() => (TroubleKind::Outage, error.retry_after_s().map(Duration::from_secs)),
        None if matches!(error.status(), Some(400 | 404)) => (TroubleKind::Replication, None),
        None => (TroubleKind::Person, None),
    };
    let trouble = OrderTrouble::new(
        error.code(),
        BilingualText::new(
            format!("Microsoft Graph did not carry it out: {error}."),
            format!("Microsoft Graph hat es nicht ausgeführt: {error}."),
        ),
        retry_advice(kind, error),
    );
    PassingTrouble {
        trouble,
        kind,
        retry_after,
    }
}

/// Whether a right is missing, by this answer or by an earlier one that is remembered.
fn is_forbidden(error: &GraphError) -> bool {
    let remembered = error.blocking_refusal().map(|refusal| refusal.cause.code.as_str());
    error.status() == Some(403) || remembered == Some("forbidden")
}

/// What to do about a request of a person, which nobody tries again: a missing right is named by what was asked for.
pub fn request_advice(error: &GraphError, need: GraphNeed, client_id: &str) -> String {
    if !is_forbidden(error) {
        return error.advice();
    }
    let (names, commands) = (need.permissions().join(", "), grant_commands(need, client_id));
    format!("grant {names} (application, with consent) to the app registration of app orders: {commands}")
}

fn grant_commands(need: GraphNeed, client_id: &str) -> String {
    let names = need.permissions().iter();
    let commands: Vec<String> = names.map(|name| grant_with_az(client_id, name)).collect();
    commands.join(" && ")
}

fn retry_advice(kind: TroubleKind, error: &GraphError) -> BilingualText {
    match kind {
        TroubleKind::Person => {
            let advice = error.advice();
            BilingualText::new(
                format!("It is tried again; {advice}."),
                format!("Es wird erneut versucht; {advice}."),
            )
        }
        TroubleKind::Replication | TroubleKind::Throttled | TroubleKind::Outage => BilingualText::new(
            "No action needed: it is tried again.",
            "Nichts zu tun: Es wird erneut versucht.",
        ),
    }
}

/// Of a write that did not end well; `None`: it was taken.
pub fn explain_outcome(
    outcome: &WriteOutcome,
    need: GraphNeed,
    client_id: &str,
    clock: &Clock,
) -> Option<PassingTrouble> {
    match outcome {
        WriteOutcome::Taken { .. } => None,
        WriteOutcome::NotSent(error) | WriteOutcome::Refused { error, .. } => {
            Some(explain_graph_error(error, need, client_id, clock))
        }
        WriteOutcome::Unclear(error) => {
            let told = explain_graph_error(error, need, client_id, clock);
            Some(PassingTrouble {
                kind: TroubleKind::Outage,
                trouble: OrderTrouble::new(
                    "unclear",
                    BilingualText::new(
                        format!("Whether Microsoft Graph carried it out is not known: {error}."),
                        format!("Ob Microsoft Graph es ausgeführt hat, ist nicht bekannt: {error}."),
                    ),
                    BilingualText::new(
                        "No action needed: it is read back, and tried again if necessary.",
                        "Nichts zu tun: Es wird nachgelesen und nötigenfalls erneut versucht.",
                    ),
                ),
                ..told
            })
        }
        WriteOutcome::ApprovalRequired { error, .. } => Some(PassingTrouble::new(
            TroubleKind::Person,
            OrderTrouble::new(
                "approvalRequired",
                BilingualText::new(
                    format!("Intune wants another administrator to approve it: {error}."),
                    format!("Intune verlangt die Genehmigung eines zweiten Administrators: {error}."),
                ),
                BilingualText::new(
                    "Exempt the app registration of the orders from the access policy for apps in Intune (Tenant \
                     administration > Multi Admin Approval).",
                    "Bitte die App-Registrierung der Bestellungen von der Zugriffsrichtlinie für Apps in Intune ausnehmen \
                     (Mandantenverwaltung > Genehmigung durch mehrere Administratoren).",
                ),
            ),
        )),
    }
}

/// What a person who reads of a 403 needs: which permission, and the command that grants it.
pub fn missing_permission(need: GraphNeed, client_id: &str) -> OrderTrouble {
    let listed = need.permissions().join(", ");
    let commands = grant_commands(need, client_id);
    OrderTrouble::new(
        "missingPermission",
        BilingualText::new(
            format!(
                "Microsoft Graph refused it (403): the app registration needs {listed} (application, with consent)."
            ),
            format!(
                "Microsoft Graph hat es verweigert (403): Die App-Registrierung braucht {listed} (Anwendung, mit Zustimmung)."
            ),
        ),
        BilingualText::new(
            format!("It is tried again until the time limit. Grant what is missing: {commands}"),
            format!("Es wird bis zum Zeitlimit erneut versucht. Das Fehlende gewähren: {commands}"),
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::{GraphProblem, RequestIds};
    use crate::model::parse_time;

    fn answered(status: u16, retry_after_s: Option<u64>) -> GraphError {
        GraphProblem::Answered {
            status,
            reason: String::new(),
            message: "no".to_owned(),
            retry_after_s,
        }
        .into()
    }

    fn explain(error: &GraphError) -> PassingTrouble {
        let clock = Clock::manual(parse_time("2026-11-21T12:00:00Z").unwrap());
        explain_graph_error(error, GraphNeed::AddDevices, "client", &clock)
    }

    #[test]
    fn sh_26_a_missing_permission_is_named_with_the_command_that_grants_it() {
        let told = explain(&answered(403, None));
        assert_eq!(
            (told.trouble.code.as_str(), told.kind),
            ("missingPermission", TroubleKind::Person)
        );
        assert!(
            told.trouble
                .message
                .en
                .contains("GroupMember.ReadWrite.All, Device.ReadWrite.All")
        );
        assert!(told.trouble.advice.en.contains("az ad app permission add --id client"));
    }

    #[test]
    fn a_request_of_a_person_names_the_right_that_it_needs() {
        let told = request_advice(&answered(403, None), GraphNeed::ReadApps, "client");
        assert!(told.contains("grant DeviceManagementApps.Read.All"), "{told}");
        assert!(told.contains("az ad app permission add --id client"), "{told}");
        assert!(
            !told.contains("ManagedDevices") && !told.contains("time limit"),
            "{told}"
        );
        let other = answered(503, None);
        assert_eq!(request_advice(&other, GraphNeed::ReadApps, "client"), other.advice());
    }

    #[test]
    fn each_answer_has_its_pause() {
        assert_eq!(
            explain(&answered(429, Some(40))).retry_after,
            Some(Duration::from_secs(40))
        );
        for (status, kind) in [
            (429, TroubleKind::Throttled),
            (503, TroubleKind::Outage),
            (404, TroubleKind::Replication),
            (405, TroubleKind::Person),
        ] {
            assert_eq!(explain(&answered(status, None)).kind, kind, "{status}");
        }
        let unclear = WriteOutcome::Unclear(answered(504, None));
        let clock = Clock::manual(parse_time("2026-11-21T12:00:00Z").unwrap());
        let told = explain_outcome(&unclear, GraphNeed::AddUsers, "client", &clock).unwrap();
        assert_eq!(
            (told.trouble.code.as_str(), told.kind),
            ("unclear", TroubleKind::Outage)
        );
        let taken = WriteOutcome::Taken {
            date: clock.now(),
            ids: RequestIds::default(),
            body: bytes::Bytes::new(),
        };
        assert_eq!(explain_outcome(&taken, GraphNeed::AddUsers, "client", &clock), None);
    }
}
