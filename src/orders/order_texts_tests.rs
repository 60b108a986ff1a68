use serde_json::json;

use super::*;
use crate::contract::{ApprovalMode, OrderState, OrderTargetKind};
use crate::model::{InstanceId, OperatorId, Timestamp, parse_time};
use crate::store::OrderCharge;

/// So many minutes after noon.
pub(crate) fn time(minutes: i64) -> Timestamp {
    parse_time("2026-11-21T12:00:00Z").unwrap() + chrono::TimeDelta::minutes(minutes)
}

pub(crate) fn order(kind: OrderKind, state: OrderState) -> OrderRow {
    OrderRow {
        key: 7,
        id: "A-1".into(),
        instance: InstanceId(3),
        application: "zoom".into(),
        application_key: 1,
        kind,
        target_kind: OrderTargetKind::Device,
        target: "pc-7".into(),
        object_id: None,
        target_name: Some("PC-7".into()),
        devices: Vec::new(),
        state,
        approval: ApprovalMode::None,
        placed_by: OperatorId(1),
        placed_by_name: "shop".into(),
        placed_at: time(0),
        decided_by: None,
        decided_by_name: None,
        decided_at: None,
        processed_at: None,
        approvers: None,
        report_from: None,
        charge: OrderCharge::default(),
        ended_at: None,
        deadline_at: None,
        expires_at: None,
        reminded_at: None,
        term_ended_at: None,
        status: state.status(),
        message: None,
        failure: None,
        attempts: 0,
        next_attempt_at: None,
        language: None,
        note: None,
        warnings: Vec::new(),
        remove_membership: false,
        membership_cleared: false,
        digest: String::new(),
    }
}

pub(crate) fn event(event: OrderEvent, minutes: i64, detail: Value) -> OrderEventRow {
    OrderEventRow {
        position: minutes,
        order: "A-1".into(),
        at: time(minutes),
        event,
        by: Some("ann".into()),
        detail: detail.as_object().cloned().unwrap_or_default(),
    }
}

#[test]
fn every_event_has_a_sentence_in_both_languages() {
    let order = order(OrderKind::Install, OrderState::Processing);
    for kind in OrderEvent::ALL {
        let text = describe_event(&event(*kind, 0, json!({})), &order);
        assert!(text.en.ends_with('.') && text.de.ends_with('.'), "{kind:?}: {text:?}");
        assert_ne!(text.en, text.de, "{kind:?}");
    }
}

#[test]
fn a_sentence_names_who_and_why_and_where() {
    let order = order(OrderKind::Uninstall, OrderState::Processing);
    let told = |kind, detail| event_text(&event(kind, 0, detail), &order, Language::En);
    assert_eq!(
        told(OrderEvent::Placed, json!({})),
        "shop ordered the removal of zoom from PC-7."
    );
    assert_eq!(
        told(OrderEvent::Rejected, json!({"reason": "too dear"})),
        "Rejected by ann: too dear."
    );
    assert_eq!(
        told(OrderEvent::Cancelled, json!({"reason": APPLICATION_REMOVED})),
        "Cancelled by ann: the application was removed."
    );
    assert_eq!(
        told(OrderEvent::AddedToGroup, json!({"group": "g", "kind": "uninstall"})),
        "PC-7 was added to the uninstall group g."
    );
    assert_eq!(
        told(
            OrderEvent::Failed,
            json!({"textEn": "Zoom could not be installed.", "textDe": "Zoom wurde nicht installiert."})
        ),
        "Zoom could not be installed."
    );
    let german = event_text(
        &event(
            OrderEvent::RemovedFromGroup,
            0,
            json!({"group": "g", "kind": "install"}),
        ),
        &order,
        Language::De,
    );
    assert_eq!(german, "PC-7 wurde entfernt aus der Installationsgruppe g.");
}

#[test]
fn what_was_not_taken_back_is_not_told_as_taken_back() {
    let order = order(OrderKind::Install, OrderState::Done);
    for kind in [OrderEvent::TermEnded, OrderEvent::MembershipRemoved] {
        let told = |detail| describe_event(&event(kind, 0, detail), &order);
        let usual = told(json!({"application": "zoom"}));
        assert!(
            usual.en.contains("taken back") && usual.de.contains("zurückgenommen"),
            "{usual:?}"
        );
        let kept = told(json!({"kept": true}));
        assert!(
            kept.en.contains("a later order") && kept.de.contains("spätere Bestellung"),
            "{kept:?}"
        );
        let gone = told(json!({"targetGone": true}));
        assert!(
            gone.en.contains("is gone from the directory") && gone.de.contains("nicht mehr im Verzeichnis"),
            "{gone:?}"
        );
        for text in [&kept, &gone] {
            assert!(
                !text.en.contains("taken back from") && !text.en.contains("was taken back"),
                "{text:?}"
            );
        }
    }
}
