//! The words of targets: how one stands, what writes do, values of records, and what the other side says.

use chrono::{DateTime, TimeDelta, Utc};
use http::StatusCode;
use serde_json::Value;
use sics_client::ClientError;
use sics_client::contract::{RecordChangeView, TargetPhase, TargetView, WriteClass, WriteCounts};

use crate::failure::PageFailure;
use crate::page::PageContext;

/// A pause that is shorter passes by itself as a rule.
const PAUSE_LONG: TimeDelta = TimeDelta::minutes(15);
/// It is outside of the hours in which it may write.
const CLOSED: &str = "writeWindow";
/// Codes of what keeps a target or a record; the console has texts of its own for them.
const FAULTS: [&str; 11] = [
    "unreachable",
    "throttled",
    "unavailable",
    "signIn",
    "misconfigured",
    "refused",
    "notThere",
    "lostAnswer",
    "unreadable",
    "filter",
    CLOSED,
];
/// Of these, what stays until a person changes something.
const LASTING: [&str; 3] = ["signIn", "misconfigured", "filter"];
/// The other side did not answer in time.
const SILENT: &str = "targetSilent";
/// Letters of a digest that tell it from others.
const DIGEST_SHOWN: usize = 12;

/// Class and key of the word of how a target stands.
pub(super) fn standing_words(view: &TargetView, now: DateTime<Utc>) -> (&'static str, &'static str) {
    if !view.running {
        return ("", "targets-state-stopped");
    }
    if let Some(pause) = &view.paused {
        if pause.code == CLOSED {
            return ("", "targets-state-closed");
        }
        let is_long = pause.since.is_some_and(|since| now - since >= PAUSE_LONG);
        let is_bad = is_long || LASTING.contains(&pause.code.as_str());
        return (if is_bad { "bad" } else { "warning" }, "targets-state-paused");
    }
    if view.question.is_some() {
        return ("warning", "targets-state-waiting");
    }
    let is_watched = view.set_aside > 0 || view.failing > 0;
    let light = if is_watched { "warning" } else { "good" };
    match view.phase {
        TargetPhase::Waiting => ("warning", "targets-state-waiting"),
        TargetPhase::Canary => (light, "targets-state-canary"),
        TargetPhase::Open => (light, "targets-state-open"),
    }
}

/// What a write does, as a noun.
pub(super) fn class_word(ctx: &PageContext, class: WriteClass) -> String {
    ctx.word("targets-class-", class.name())
}

/// Classes of which there are any, with their numbers.
pub(super) fn list_counts(ctx: &PageContext, counts: &WriteCounts) -> Vec<(String, u64)> {
    let classes = WriteClass::ALL.iter().copied();
    classes
        .map(|class| (class_word(ctx, class), counts.of_class(class)))
        .filter(|(_, count)| *count > 0)
        .collect()
}

/// The same in one line; empty where nothing was written.
pub(super) fn describe_counts(ctx: &PageContext, counts: &WriteCounts) -> String {
    let parts = list_counts(ctx, counts).into_iter();
    let parts: Vec<String> = parts
        .map(|(word, count)| format!("{word}: {}", ctx.number(count)))
        .collect();
    parts.join(", ")
}

/// A value of a record; empty: it has none.
pub(super) fn show_value(ctx: &PageContext, value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => ctx.plain(text),
        other => ctx.plain(other.to_string()),
    }
}

/// A field before and after a write.
pub(super) struct ChangeRow {
    pub(super) field: String,
    /// Empty: it had none.
    pub(super) before: String,
    /// Empty: it has none.
    pub(super) after: String,
}

pub(super) fn list_changes(ctx: &PageContext, changes: &[RecordChangeView]) -> Vec<ChangeRow> {
    let row = |change: &RecordChangeView| ChangeRow {
        field: ctx.plain(&change.field),
        before: show_value(ctx, &change.before),
        after: show_value(ctx, &change.after),
    };
    changes.iter().map(row).collect()
}

/// The beginning of a digest.
pub(super) fn shorten_digest(digest: &str) -> String {
    digest.chars().take(DIGEST_SHOWN).collect()
}

/// What the other side said of a record, or of the whole target, shown as other failures are.
pub(super) fn fault_failure(ctx: &PageContext, code: &str, message: &str, advice: &str) -> PageFailure {
    PageFailure::told(ctx, &own_code(code), message, advice)
}

/// `unavailable` says of a target something else than of Microsoft.
fn own_code(code: &str) -> String {
    if FAULTS.contains(&code) {
        format!("target-{code}")
    } else {
        code.to_owned()
    }
}

/// Why the other side could not be asked. The page was asked for all the same, and is no failure of the bus.
pub(super) fn other_side_failure(error: ClientError) -> PageFailure {
    let failure = PageFailure::from(error);
    let is_other_side = FAULTS.contains(&failure.code.as_str()) || failure.code == SILENT;
    if !is_other_side {
        return failure;
    }
    PageFailure {
        status: StatusCode::UNPROCESSABLE_ENTITY,
        code: own_code(&failure.code),
        ..failure
    }
}

/// What was typed does not fit.
pub(super) fn unmet(code: &str) -> PageFailure {
    PageFailure::plain(StatusCode::UNPROCESSABLE_ENTITY, code)
}

#[cfg(test)]
pub(super) mod tests {
    use connector_core::model::WordEnum;
    use serde_json::json;
    use sics_client::contract::{
        AsideDecision, FieldMode, LinkOrigin, LinkPhase, PreviewOutcome, RecordMatch, RecordState, RetireAction,
        SetAsideReason, TargetRunKind,
    };

    use super::*;

    const TEXTS: &str = include_str!("../../../locale/en/targets.ftl");

    pub(in super::super) fn target(changes: Value) -> TargetView {
        let mut view = json!({
            "name": "IntuneTargetOcs_3", "kind": "ocs", "profile": "", "server": "IntuneTargetOcs_3", "running": true,
            "phase": "open", "paused": null, "behind": 0, "lagSeconds": null, "linked": 2, "created": 1, "adopted": 1,
            "gone": 0, "setAside": 0, "failing": 0, "question": null, "lastWriteAt": null, "mappingDigest": "ab",
            "requests": 7
        });
        for (key, value) in changes.as_object().unwrap() {
            view[key] = value.clone();
        }
        serde_json::from_value(view).unwrap()
    }

    fn standing(changes: Value) -> (&'static str, &'static str) {
        standing_words(&target(changes), "2026-11-21T12:00:00Z".parse().unwrap())
    }

    #[test]
    fn a_target_stands_in_one_word_with_one_colour() {
        let pause = |code: &str, since: &str| json!({"paused": {"code": code, "problem": "p", "advice": "a", "since": since, "until": null}});
        for (changes, words) in [
            (json!({}), ("good", "targets-state-open")),
            (json!({"setAside": 1}), ("warning", "targets-state-open")),
            (json!({"phase": "canary"}), ("good", "targets-state-canary")),
            (json!({"phase": "waiting"}), ("warning", "targets-state-waiting")),
            (json!({"running": false, "setAside": 1}), ("", "targets-state-stopped")),
            (
                pause("unreachable", "2026-11-21T11:55:00Z"),
                ("warning", "targets-state-paused"),
            ),
            (
                pause("unreachable", "2026-11-21T11:40:00Z"),
                ("bad", "targets-state-paused"),
            ),
            (pause("signIn", "2026-11-21T11:59:00Z"), ("bad", "targets-state-paused")),
            (
                pause("writeWindow", "2026-11-21T06:00:00Z"),
                ("", "targets-state-closed"),
            ),
        ] {
            assert_eq!(standing(changes.clone()), words, "{changes}");
        }
    }

    #[track_caller]
    fn require_words<T: WordEnum>(prefix: &str) {
        for word in T::ALL {
            let key = format!("{prefix}{} = ", word.name().to_ascii_lowercase());
            assert!(TEXTS.lines().any(|line| line.starts_with(&key)), "{key}");
        }
    }

    #[test]
    fn every_word_of_the_contract_has_a_text() {
        require_words::<WriteClass>("targets-class-");
        require_words::<AsideDecision>("targets-decision-");
        require_words::<SetAsideReason>("targets-reason-");
        require_words::<RecordState>("targets-record-state-");
        require_words::<LinkOrigin>("targets-origin-");
        require_words::<LinkPhase>("targets-link-phase-");
        require_words::<PreviewOutcome>("targets-outcome-");
        require_words::<RecordMatch>("targets-found-");
        require_words::<RetireAction>("targets-retire-");
        require_words::<TargetRunKind>("targets-run-");
        require_words::<TargetPhase>("targets-phase-");
        require_words::<FieldMode>("targets-mode-");
    }

    #[test]
    fn what_the_other_side_says_has_texts_of_its_own() {
        for code in FAULTS {
            let key = format!("problem-{} = ", crate::failure::hyphenate(&own_code(code)));
            assert!(TEXTS.lines().any(|line| line.starts_with(&key)), "{key}");
        }
        assert_eq!(own_code("mappingFile"), "mappingFile");
        assert!(LASTING.iter().all(|code| FAULTS.contains(code)));
    }

    #[test]
    fn a_digest_is_told_by_its_beginning() {
        assert_eq!(shorten_digest(&"ab".repeat(32)), "abababababab");
        assert_eq!(shorten_digest("ab"), "ab");
    }
}
