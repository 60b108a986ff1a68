//! Actions that Intune shows as pending on a device although nobody here has them open: ordered in the portal, by another
//! program, or by this one before its store was put back. A second one behind the first would meet a device that has just
//! been set up again, and could not be told from it (A6). Pure, over one reading of the device.

use serde_json::Value;

use crate::actions::finding::{is_one_of, result_entries};
use crate::actions::specs::{ActionParameters, ActionSpec, TABLE};
use crate::contract::PendingAction;
use crate::model::{ActionDanger, ActionKind, TaskState, Timestamp, format_time};

/// One action that Intune shows as pending.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingIntuneAction {
    /// The connector's name of the action; if it has none, Intune's name.
    pub action: String,
    /// `None`: none that the connector knows.
    pub verb: Option<ActionKind>,
    pub since: Option<Timestamp>,
    /// Where it shows: `managementState wipePending`, `deviceActionResults`.
    pub shown_by: String,
}

impl From<PendingIntuneAction> for PendingAction {
    fn from(pending: PendingIntuneAction) -> PendingAction {
        PendingAction {
            action: pending.action,
            since: pending.since,
            shown_by: pending.shown_by,
        }
    }
}

impl std::fmt::Display for PendingIntuneAction {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "a {}", self.action)?;
        if let Some(since) = self.since {
            write!(f, " of {}", format_time(since))?;
        }
        write!(f, " ({})", self.shown_by)
    }
}

/// What a device says that is pending on it, whoever sent it. What is harmless is left out: it is pending on many.
pub fn list_pending_actions(device: &Value) -> Vec<PendingIntuneAction> {
    let mut found: Vec<PendingIntuneAction> = Vec::new();
    for (entry, _) in result_entries(device) {
        if !is_one_of(&entry.state, &["pending", "active"]) {
            continue;
        }
        let verb =
            find_action(|trace| is_one_of(&entry.action, trace.results) || is_one_of(&entry.action, trace.audits));
        found.push(PendingIntuneAction {
            action: verb.map_or_else(|| shorten_text(&entry.action), |verb| verb.name().to_owned()),
            verb,
            since: entry.started,
            shown_by: "deviceActionResults".to_owned(),
        });
    }
    if let Some(state) = device["managementState"].as_str().map(str::trim)
        && is_pending_state(state)
    {
        let verb = find_action(|trace| is_one_of(state, trace.states));
        if verb.is_none() || !found.iter().any(|known| known.verb == verb) {
            found.push(PendingIntuneAction {
                action: verb.map_or_else(|| shorten_text(state), |verb| verb.name().to_owned()),
                verb,
                since: None,
                shown_by: format!("managementState {}", shorten_text(state)),
            });
        }
    }
    found.retain(|pending| pending.verb.is_none_or(|verb| verb.danger() != ActionDanger::Harmless));
    found
}

/// Without those that an open task of ours accounts for.
pub fn exclude_own_tasks(shown: Vec<PendingIntuneAction>, own: &[(ActionKind, TaskState)]) -> Vec<PendingIntuneAction> {
    let is_ours = |pending: &PendingIntuneAction| {
        own.iter()
            .any(|(verb, state)| pending.verb == Some(*verb) && state.is_under_way())
    };
    shown.into_iter().filter(|pending| !is_ours(pending)).collect()
}

/// Whether a verb must not go out over it without being told to. A wipe may follow a retire, on purpose (A4).
pub fn is_blocked_by(verb: ActionKind, pending: &PendingIntuneAction) -> bool {
    match (verb.danger(), pending.verb) {
        (ActionDanger::Harmless, _) => false,
        (ActionDanger::Destructive, Some(ActionKind::Retire)) => verb != ActionKind::Wipe,
        (ActionDanger::Destructive, _) => true,
        (ActionDanger::Disruptive, Some(other)) => {
            other.danger() == ActionDanger::Destructive || (other == verb && !ActionSpec::for_action(verb).repeatable)
        }
        (ActionDanger::Disruptive, None) => false,
    }
}

/// What a person is told of them; `None` where there is none.
pub fn describe_pending(pending: &[PendingIntuneAction]) -> Option<String> {
    let all: Vec<String> = pending.iter().map(ToString::to_string).collect();
    (!all.is_empty()).then(|| {
        format!(
            "Intune shows pending actions that were not sent from here: {}",
            all.join(", ")
        )
    })
}

pub const INSTEAD: &str = "check the device in Intune; to send the action anyway, set whenPending to goOn \
                           (--when-pending goOn), or to wait";

fn find_action(fits: impl Fn(&crate::actions::specs::OutcomeTrace) -> bool) -> Option<ActionKind> {
    let found = TABLE
        .iter()
        .find(|spec| fits(&(spec.trace)(&ActionParameters::default())));
    found.map(|spec| spec.verb)
}

/// Of states that are not known here the ending tells.
fn is_pending_state(state: &str) -> bool {
    let state = state.to_ascii_lowercase();
    state.ends_with("pending") || state.ends_with("issued")
}

fn shorten_text(text: &str) -> String {
    text.chars().take(60).collect()
}
