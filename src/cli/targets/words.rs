//! Sentences about targets, as people read them. Pure.

use crate::cli::output::{format_value, to_one_line};
use crate::contract::{
    AsideDecision, AsideDeviceView, QuestionView, RecordChangeView, SetAsideReason, TargetPhase, TargetView,
    WriteClass, WriteCounts,
};
use crate::model::format_count;

/// `writes; 2 devices wait for a decision`
pub(super) fn describe_standing(target: &TargetView) -> String {
    let mut parts = vec![describe_phase(target)];
    if target.set_aside > 0 {
        parts.push(format!("{} set aside", format_count(target.set_aside, "device")));
    }
    if target.failing > 0 {
        parts.push(format!("{} failing", format_count(target.failing, "device")));
    }
    to_one_line(&parts.join("; "))
}

fn describe_phase(target: &TargetView) -> String {
    if !target.running {
        return "stopped".to_owned();
    }
    if let Some(pause) = &target.paused {
        return format!("paused: {}", pause.problem);
    }
    match (target.phase, &target.question) {
        (TargetPhase::Waiting, Some(question)) | (TargetPhase::Canary, Some(question)) => {
            format!("waits for consent to {}", format_count(question.total, "write"))
        }
        (TargetPhase::Open, Some(question)) => {
            format!("writes; {} wait for consent", question.total)
        }
        (TargetPhase::Waiting, None) => "waits for consent".to_owned(),
        (TargetPhase::Canary, None) => "writes the first records of a new mapping".to_owned(),
        (TargetPhase::Open, None) => "writes".to_owned(),
    }
}

/// `812 new records, 3 changed`; `nothing`.
pub(super) fn describe_counts(counts: &WriteCounts) -> String {
    let classes = [
        (counts.create, "created"),
        (counts.change, "changed"),
        (counts.retire, "retired"),
        (counts.moved, "brought back"),
    ];
    let parts: Vec<String> = classes
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
    if parts.is_empty() {
        "nothing".to_owned()
    } else {
        parts.join(", ")
    }
}

/// What a write does, as a verb.
pub(super) fn describe_class(class: WriteClass) -> &'static str {
    match class {
        WriteClass::Create => "create",
        WriteClass::Change => "change",
        WriteClass::Retire => "retire",
        WriteClass::Move => "bring back",
    }
}

/// What a question is about, one sentence.
pub(super) fn describe_question(target: &str, question: &QuestionView) -> String {
    let counts = describe_counts(&question.counts);
    if question.canary {
        format!("{target} has written the first records of a new mapping, and waits: {counts}")
    } else {
        format!("{target} waits with more than an ordinary day writes: {counts}")
    }
}

/// Why a person has to decide.
pub(super) fn describe_reason(reason: SetAsideReason) -> &'static str {
    match reason {
        SetAsideReason::SerialTwice => "several records have its serial number",
        SetAsideReason::IdTwice => "several records have its Intune device id",
        SetAsideReason::MergedByName => "it has no usable serial number, and would be merged by its name",
        SetAsideReason::LinkedElsewhere => "its record belongs to another device",
        SetAsideReason::SyncedByOthers => "another synchronisation keeps its record",
        SetAsideReason::Refused => "the other side refused its record",
        SetAsideReason::MappingFailed => "the mapping gives no values for it",
    }
}

/// What was decided about a device, or what decides about it.
pub(super) fn describe_decision(target: &str, device: &AsideDeviceView) -> String {
    let by = device
        .decided_by
        .as_ref()
        .map(|by| format!(" by {}", format_value(by)))
        .unwrap_or_default();
    match (device.decision, &device.decided_record) {
        (Some(AsideDecision::Adopt), Some(record)) => format!("decided{by}: adopts record {}", format_value(record)),
        (Some(AsideDecision::Adopt), None) => format!("decided{by}: adopts its record"),
        (Some(AsideDecision::Create), _) => format!("decided{by}: gets a new record"),
        (Some(AsideDecision::Ignore), _) => format!("decided{by}: gets no record"),
        (None, _) => {
            let adopt = device
                .records
                .first()
                .map(|record| format!("--adopt {}, ", format_value(&record.record)))
                .unwrap_or_default();
            format!(
                "decide: intune-connector targets decide {target} {} with {adopt}--create or --ignore",
                device.device_id
            )
        }
    }
}

/// `NAME: old → new; USERID: - → anna`
pub(super) fn describe_changes(changes: &[RecordChangeView]) -> String {
    let one = |change: &RecordChangeView| {
        let (before, after) = (format_value(&change.before), format_value(&change.after));
        format!("{}: {before} → {after}", format_value(&change.field))
    };
    if changes.is_empty() {
        return "-".to_owned();
    }
    changes.iter().map(one).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn target(phase: &str) -> TargetView {
        let json = json!({
            "name": "IntuneTargetOcs_3", "kind": "ocs", "profile": "", "server": "IntuneTargetOcs_3", "running": true,
            "phase": phase, "paused": null, "behind": 0, "lagSeconds": null, "linked": 2, "created": 1, "adopted": 1,
            "gone": 0, "setAside": 0, "failing": 0, "question": null, "lastWriteAt": null, "mappingDigest": "ab",
            "requests": 7
        });
        serde_json::from_value(json).unwrap()
    }

    fn question() -> QuestionView {
        let json = json!({
            "digest": "cd", "askedAt": "2026-11-21T08:00:00Z", "canary": true,
            "counts": {"create": 800, "change": 3, "retire": 0, "move": 0}, "items": [], "total": 803, "written": []
        });
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn the_standing_of_a_target_is_one_sentence() {
        assert_eq!(describe_standing(&target("open")), "writes");
        let waiting = TargetView {
            question: Some(question()),
            set_aside: 1,
            ..target("waiting")
        };
        assert_eq!(
            describe_standing(&waiting),
            "waits for consent to 803 writes; 1 device set aside"
        );
        let stopped = TargetView {
            running: false,
            ..waiting
        };
        assert_eq!(describe_standing(&stopped), "stopped; 1 device set aside");
    }

    #[test]
    fn a_question_says_what_would_be_written() {
        assert_eq!(
            describe_question("IntuneTargetOcs_3", &question()),
            "IntuneTargetOcs_3 has written the first records of a new mapping, and waits: 800 created, 3 changed"
        );
        assert_eq!(describe_counts(&WriteCounts::default()), "nothing");
    }

    #[test]
    fn a_change_shows_what_was_and_what_is() {
        let change = |before, after| RecordChangeView {
            field: "NAME".to_owned(),
            before,
            after,
        };
        assert_eq!(
            describe_changes(&[change(json!("PC-1"), json!("PC-2")), change(json!(null), json!(7))]),
            "NAME: PC-1 → PC-2; NAME: - → 7"
        );
        assert_eq!(describe_changes(&[]), "-");
    }

    #[test]
    fn a_device_that_waits_says_by_which_command_it_is_decided() {
        let json = json!({
            "instance": "IntuneConnector_1", "deviceId": "7809c88c-0000-4000-8000-000000000001", "deviceName": "PC-1",
            "reason": "serialTwice", "at": "2026-11-21T08:00:00Z", "device": {}, "problem": null, "decision": null,
            "decidedRecord": null, "decidedBy": null, "decidedAt": null,
            "records": [{"record": "12", "deviceId": null, "name": "PC-1", "serialNumber": "A", "state": "active",
                "user": null, "syncedByOthers": false}]
        });
        let device: AsideDeviceView = serde_json::from_value(json).unwrap();
        assert_eq!(
            describe_decision("IntuneTargetOcs_3", &device),
            "decide: intune-connector targets decide IntuneTargetOcs_3 7809c88c-0000-4000-8000-000000000001 with \
             --adopt 12, --create or --ignore"
        );
        let decided = AsideDeviceView {
            decision: Some(AsideDecision::Ignore),
            decided_by: Some("anna".to_owned()),
            ..device
        };
        assert_eq!(
            describe_decision("IntuneTargetOcs_3", &decided),
            "decided by anna: gets no record"
        );
    }
}
