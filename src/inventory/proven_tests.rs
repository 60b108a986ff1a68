use super::*;
use crate::model::{ScanId, ScanKind};

const LIMITS: BrakeLimits = BrakeLimits {
    percent: 5.0,
    devices: 10,
};
const EPOCH: Epoch = Epoch(uuid::Uuid::from_u128(7));

fn at(minute: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + TimeDelta::days(20_000) + TimeDelta::minutes(minute)
}

fn scan(seen: u64, expected: Option<u64>) -> ScanSummary {
    ScanSummary {
        seen,
        expected,
        ..ScanSummary::from_start(ScanId(1), ScanKind::Full, at(0))
    }
}

/// A scan of two minutes that began in this minute.
fn judged(scan: &ScanSummary, minute: i64, before: Option<&FleetDoubt>, differing: u64) -> FleetProof {
    let found = CompletedScan {
        summary: scan,
        began: at(minute),
        ended: at(minute + 2),
        differing,
    };
    assess_fleet(found, before, EPOCH, LIMITS)
}

fn doubt(fleet: FleetProof) -> FleetDoubt {
    match fleet {
        FleetProof::Open(Some(doubt)) => doubt,
        other => panic!("open with its reasons is expected: {other:?}"),
    }
}

#[test]
fn f4_a_list_with_as_many_devices_as_the_tenant_says_is_proof_at_once() {
    assert_eq!(judged(&scan(160, Some(160)), 0, None, 0), FleetProof::Proven);
    let with_strangers = ScanSummary {
        strangers: 5,
        set_aside: 5,
        ..scan(155, Some(160))
    };
    assert_eq!(
        judged(&with_strangers, 0, None, 0),
        FleetProof::Proven,
        "they are named by the end mark"
    );
}

#[test]
fn f4_what_speaks_against_the_list_speaks_against_it_though_the_number_is_met() {
    let of = |change: fn(&mut ScanSummary)| {
        let mut scan = scan(160, Some(160));
        change(&mut scan);
        doubt(judged(&scan, 0, None, 0)).reasons
    };
    assert_eq!(of(|scan| scan.missing = 1), [UnprovenReason::Missing]);
    assert_eq!(
        of(|scan| (scan.without_id, scan.set_aside) = (1, 1)),
        [UnprovenReason::RecordsWithoutId]
    );
    assert_eq!(of(|scan| scan.set_aside = 10_001), [UnprovenReason::TooManySetAside]);
    assert_eq!(of(|scan| scan.unlisted = 1), [UnprovenReason::Unlisted]);
}

#[test]
fn f4_numbers_that_differ_by_a_few_need_two_lists_that_agree() {
    for (expected, seen) in [
        (Some(163), 160),
        (Some(157), 160),
        (Some(168), 160),
        (None, 160),
        (Some(0), 0),
    ] {
        let scan = scan(seen, expected);
        let first = doubt(judged(&scan, 0, None, 0));
        assert!(first.reasons.contains(&UnprovenReason::SecondScan), "{expected:?}");
        assert_eq!(judged(&scan, 12, Some(&first), 0), FleetProof::Proven, "{expected:?}");
        let differs = doubt(judged(&scan, 12, Some(&first), 1));
        assert!(differs.reasons.contains(&UnprovenReason::ListsDiffer), "{expected:?}");
    }
}

#[test]
fn f4_a_list_that_lacks_too_many_proves_nothing_however_often_it_comes() {
    for (expected, seen, reason) in [
        (Some(160), 130, UnprovenReason::ShortList),
        (Some(171), 160, UnprovenReason::ShortList),
        (Some(160), 0, UnprovenReason::EmptyList),
        (None, 0, UnprovenReason::EmptyList),
        (Some(3), 1, UnprovenReason::ShortList),
    ] {
        let scan = scan(seen, expected);
        let mut before = None;
        for round in 0..5 {
            let open = doubt(judged(&scan, round * 300, before.as_ref(), 0));
            assert!(open.reasons.contains(&reason), "{expected:?} {seen} {round}: {open:?}");
            assert_eq!(i64::from(open.tries), round + 1);
            before = Some(open);
        }
        let whole = ScanSummary {
            seen: expected.unwrap_or(160),
            expected: expected.or(Some(160)),
            ..scan
        };
        assert_eq!(
            judged(&whole, 2_000, before.as_ref(), 30),
            FleetProof::Proven,
            "it healed"
        );
    }
}

#[test]
fn f4_missing_devices_and_records_without_an_id_are_no_less_so_the_second_time() {
    for change in [
        (|scan: &mut ScanSummary| scan.missing = 1) as fn(&mut ScanSummary),
        |scan| scan.unlisted = 1,
        |scan| (scan.without_id, scan.set_aside) = (1, 1),
    ] {
        let mut scan = scan(158, Some(160));
        change(&mut scan);
        let first = doubt(judged(&scan, 0, None, 0));
        assert_eq!(doubt(judged(&scan, 12, Some(&first), 0)).reasons.len(), 1);
    }
}

#[test]
fn f4_a_second_list_that_comes_too_early_leaves_the_first_one_the_first() {
    let scan = scan(158, Some(160));
    let first = doubt(judged(&scan, 0, None, 0));
    let early = doubt(judged(&scan, 11, Some(&first), 0));
    assert_eq!((early.ended, early.tries), (first.ended, 1));
    assert_eq!(judged(&scan, 12, Some(&early), 0), FleetProof::Proven);
    // One that differs is the new first one, and so is any behind a clock that was set back.
    let other = doubt(judged(&scan, 11, Some(&first), 1));
    assert_eq!((other.ended, other.tries), (at(13), 2));
    let back = doubt(judged(&scan, -500, Some(&first), 0));
    assert_eq!(back.ended, at(-498));
}

#[test]
fn f4_the_pause_before_the_next_try_grows_up_to_the_usual_time() {
    let mut open = doubt(judged(&scan(158, Some(160)), 0, None, 0));
    let pauses: Vec<i64> = (1..8)
        .map(|tries| {
            open.tries = tries;
            retry_pause(&open).num_minutes()
        })
        .collect();
    assert_eq!(pauses, [10, 20, 40, 80, 160, 240, 240]);
}

#[test]
fn f4_every_reason_has_its_sentence() {
    let open = doubt(judged(&scan(158, Some(160)), 0, None, 0));
    for reason in UnprovenReason::ALL {
        assert!(describe_reason(*reason, Some(&open)).len() > 20, "{reason:?}");
    }
    assert!(describe_reason(UnprovenReason::NotScanned, None).contains("no full scan"));
}
