use super::*;
use crate::model::Timestamp;
use crate::targets::samples_for_tests::{device_id, device_key, link_to};

#[test]
fn what_only_left_this_target_is_let_go_and_what_is_gone_counts_as_gone() {
    for reason in GoneReason::ALL {
        let expected = if reason.may_reenroll() {
            LinkPhase::Gone
        } else {
            LinkPhase::Released
        };
        assert_eq!(phase_of_left(*reason), expected, "{reason:?}");
    }
}

#[test]
fn only_a_link_whose_device_was_replaced_waits_for_a_successor() {
    let link = |phase| KnownLink {
        key: device_key(1, 1),
        state: LinkState { phase, ..link_to("7") },
        confirmed: true,
        unanswered: None,
        written_at: None,
    };
    let former = |reason| FormerDevice {
        id: device_id(1),
        name: None,
        enrolled_at: None,
        gone: Some((Timestamp::UNIX_EPOCH, reason)),
        replaces: None,
    };
    assert!(waits_for_successor(
        &link(LinkPhase::Released),
        &former(GoneReason::Replaced)
    ));
    assert!(!waits_for_successor(
        &link(LinkPhase::Released),
        &former(GoneReason::Filtered)
    ));
    assert!(!waits_for_successor(
        &link(LinkPhase::Gone),
        &former(GoneReason::Replaced)
    ));
    for (phase, reason, expected) in [
        (LinkPhase::Released, GoneReason::Replaced, true),
        (LinkPhase::Active, GoneReason::Replaced, true),
        (LinkPhase::Gone, GoneReason::Replaced, false),
        (LinkPhase::Released, GoneReason::Filtered, false),
        (LinkPhase::Active, GoneReason::Deleted, false),
    ] {
        assert_eq!(
            is_left_behind(&link(phase), &former(reason)),
            expected,
            "{phase:?} {reason:?}"
        );
    }
}

#[test]
fn s7_what_was_replaced_is_gone_when_its_hardware_is() {
    let fate = |fate| DeviceAbsence::of_replaced(device_id(1), fate);
    let gone = |reason| fate(Some(SuccessorFate::Gone(device_id(2), reason)));
    let gone_as = |reason: GoneReason, last| DeviceAbsence {
        last: Some(device_id(last)),
        ..reason.into()
    };
    assert_eq!(
        fate(Some(SuccessorFate::Present(device_id(2)))),
        DeviceAbsence {
            successor: Some(device_id(2)),
            ..GoneReason::Replaced.into()
        }
    );
    assert_eq!(gone(GoneReason::ByJob), gone_as(GoneReason::ByJob, 2));
    assert_eq!(gone(GoneReason::Replaced), gone_as(GoneReason::Deleted, 2));
    assert_eq!(fate(None), gone_as(GoneReason::Deleted, 1));
    for (absence, phase, expected) in [
        (gone(GoneReason::Deleted), LinkPhase::Released, LinkPhase::Active),
        (gone(GoneReason::Deleted), LinkPhase::Gone, LinkPhase::Gone),
        (gone(GoneReason::Filtered), LinkPhase::Released, LinkPhase::Released),
        (
            DeviceAbsence::from(GoneReason::Deleted),
            LinkPhase::Released,
            LinkPhase::Released,
        ),
    ] {
        let link = KnownLink {
            key: device_key(1, 1),
            state: LinkState { phase, ..link_to("7") },
            confirmed: true,
            unanswered: None,
            written_at: None,
        };
        assert_eq!(absence.take_up(link).state.phase, expected, "{absence:?} {phase:?}");
    }
}
