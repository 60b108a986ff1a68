use chrono::TimeDelta;
use chrono_tz::{America, Asia, Australia, Europe, Tz, UTC};
use proptest::prelude::*;

use super::*;
use crate::model::{format_time, parse_time};
use crate::schedule::parse_trigger;

fn at(text: &str) -> Timestamp {
    parse_time(text).expect("a time")
}

fn cron(text: &str) -> Trigger {
    parse_trigger(text).expect("a trigger")
}

fn runs(text: &str, zone: Tz, from: &str, n: usize) -> Vec<String> {
    next_runs(&cron(text), zone, at(from), n)
        .into_iter()
        .map(format_time)
        .collect()
}

#[test]
fn what_never_ran_is_due_at_once_and_what_is_off_never() {
    let now = at("2026-11-21T12:00:00Z");
    assert_eq!(trigger_due(&cron("every 15m"), UTC, None, now), TriggerDue::Now);
    assert_eq!(trigger_due(&cron("0 3 * * *"), UTC, None, now), TriggerDue::Now);
    assert_eq!(trigger_due(&Trigger::Off, UTC, None, now), TriggerDue::Never);
    assert_eq!(trigger_due(&Trigger::Off, UTC, Some(now), now), TriggerDue::Never);
    assert_eq!(
        trigger_due(&Trigger::Cron("0 0 30 2 *".into()), UTC, None, now),
        TriggerDue::Never
    );
    assert_eq!(
        trigger_due(&Trigger::Cron("nonsense".into()), UTC, None, now),
        TriggerDue::Never
    );
}

#[test]
fn intervals_count_from_the_last_start() {
    let last = at("2026-11-21T12:00:00Z");
    let every = cron("every 15m");
    assert_eq!(
        trigger_due(&every, UTC, Some(last), last),
        TriggerDue::At(at("2026-11-21T12:15:00Z"))
    );
    assert_eq!(
        trigger_due(&every, UTC, Some(last), at("2026-11-21T12:14:59Z")),
        TriggerDue::At(at("2026-11-21T12:15:00Z"))
    );
    assert_eq!(
        trigger_due(&every, UTC, Some(last), at("2026-11-21T12:15:00Z")),
        TriggerDue::Now
    );
}

#[test]
fn a_missed_run_is_made_up_once_however_many_were_missed() {
    for trigger in [cron("every 15m"), cron("*/15 * * * *"), cron("0 3 * * *")] {
        let now = at("2026-11-21T12:07:00Z");
        assert_eq!(
            trigger_due(&trigger, UTC, Some(at("2026-11-01T00:00:00Z")), now),
            TriggerDue::Now,
            "{trigger:?}"
        );
        let after = trigger_due(&trigger, UTC, Some(now), now);
        assert!(
            matches!(after, TriggerDue::At(next) if next > now),
            "{trigger:?}: {after:?}"
        );
    }
}

#[test]
fn five_and_six_fields_run_in_the_configured_zone() {
    assert_eq!(
        runs("30 4 * * *", Europe::Berlin, "2026-01-10T00:00:00Z", 2),
        ["2026-01-10T03:30:00Z", "2026-01-11T03:30:00Z"]
    );
    assert_eq!(
        runs("15 30 4 * * *", Europe::Berlin, "2026-07-10T00:00:00Z", 1),
        ["2026-07-10T02:30:15Z"]
    );
    assert_eq!(
        runs("0 0 * * MON", Asia::Kolkata, "2026-11-21T00:00:00Z", 1),
        ["2026-11-22T18:30:00Z"]
    );
    assert_eq!(
        runs("0 12 1 * *", UTC, "2026-11-21T00:00:00Z", 2),
        ["2026-12-01T12:00:00Z", "2027-01-01T12:00:00Z"]
    );
}

#[test]
fn e3_a_run_in_the_skipped_hour_comes_at_its_end() {
    // Berlin 2026-03-29: 02:00 CET is 03:00 CEST, 01:00 UTC.
    let expected = ["2026-03-28T01:30:00Z", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"];
    assert_eq!(runs("30 2 * * *", Europe::Berlin, "2026-03-28T00:00:00Z", 3), expected);
    assert_eq!(
        runs("30 2,14 * * *", Europe::Berlin, "2026-03-28T20:00:00Z", 2),
        ["2026-03-29T01:00:00Z", "2026-03-29T12:30:00Z"]
    );
    // Several of one gap are one run.
    assert_eq!(
        runs("0,30 2 * * *", Europe::Berlin, "2026-03-28T20:00:00Z", 2),
        ["2026-03-29T01:00:00Z", "2026-03-30T00:00:00Z"]
    );
    assert_eq!(
        runs("7 30 2 * * *", Europe::Berlin, "2026-03-28T20:00:00Z", 1),
        ["2026-03-29T01:00:00Z"]
    );
    // New York 2026-03-08: 02:00 EST is 03:00 EDT, 07:00 UTC.
    assert_eq!(
        runs("30 2 * * *", America::New_York, "2026-03-08T00:00:00Z", 2),
        ["2026-03-08T07:00:00Z", "2026-03-09T06:30:00Z"]
    );
    // Lord Howe moves by half an hour: 2026-10-04 02:00 is 02:30.
    assert_eq!(
        runs("15 2 * * *", Australia::Lord_Howe, "2026-10-03T00:00:00Z", 1),
        ["2026-10-03T15:30:00Z"]
    );
}

#[test]
fn e3_a_run_in_the_doubled_hour_comes_once() {
    // Berlin 2026-10-25: 03:00 CEST is 02:00 CET, 01:00 UTC; 02:30 happens at 00:30 and 01:30 UTC.
    let expected = ["2026-10-24T00:30:00Z", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"];
    assert_eq!(runs("30 2 * * *", Europe::Berlin, "2026-10-23T12:00:00Z", 3), expected);
    assert_eq!(
        runs("30 2,14 * * *", Europe::Berlin, "2026-10-24T20:00:00Z", 2),
        ["2026-10-25T00:30:00Z", "2026-10-25T13:30:00Z"]
    );
    assert_eq!(
        runs("0 2 * * *", Europe::Berlin, "2026-10-25T00:59:00Z", 1),
        ["2026-10-26T01:00:00Z"]
    );
    // New York 2026-11-01: 02:00 EDT is 01:00 EST, 06:00 UTC; 01:30 happens at 05:30 and 06:30 UTC.
    assert_eq!(
        runs("30 1 * * *", America::New_York, "2026-11-01T00:00:00Z", 2),
        ["2026-11-01T05:30:00Z", "2026-11-02T06:30:00Z"]
    );
}

#[test]
fn e3_a_start_in_the_first_of_two_hours_is_not_repeated_in_the_second() {
    let daily = cron("30 2 * * *");
    let second_time = at("2026-10-25T01:30:00Z");
    assert_eq!(
        trigger_due(&daily, Europe::Berlin, Some(at("2026-10-25T00:30:00Z")), second_time),
        TriggerDue::At(at("2026-10-26T01:30:00Z"))
    );
}

#[test]
fn e3_wildcard_hours_follow_elapsed_time_through_both_changes() {
    for (zone, from) in [
        (Europe::Berlin, "2026-03-29T00:00:00Z"),
        (Europe::Berlin, "2026-10-25T00:00:00Z"),
        (America::New_York, "2026-03-08T06:00:00Z"),
        (America::New_York, "2026-11-01T05:00:00Z"),
        (America::St_Johns, "2026-11-01T03:00:00Z"),
    ] {
        for (text, minutes) in [("*/15 * * * *", 15), ("30 * * * *", 60), ("0 */10 * * * *", 10)] {
            let times = next_runs(&cron(text), zone, at(from), 12);
            let gaps: Vec<i64> = times.windows(2).map(|pair| (pair[1] - pair[0]).num_minutes()).collect();
            assert!(gaps.iter().all(|gap| *gap == minutes), "{zone} {text}: {gaps:?}");
        }
    }
}

#[test]
fn e3_a_clock_that_steps_back_neither_repeats_nor_stops_a_schedule() {
    let every = cron("every 15m");
    let daily = cron("0 3 * * *");
    let started = at("2026-11-21T03:00:00Z");
    // A correction by seconds: the run is not repeated.
    let corrected = at("2026-11-21T02:59:57Z");
    assert_eq!(
        trigger_due(&daily, UTC, Some(started), corrected),
        TriggerDue::At(at("2026-11-22T03:00:00Z"))
    );
    assert_eq!(
        trigger_due(&every, UTC, Some(started), corrected),
        TriggerDue::At(at("2026-11-21T03:15:00Z"))
    );
    // A clock that was years ahead: the schedule goes on at once.
    let right = at("2024-01-01T00:00:00Z");
    assert_eq!(trigger_due(&daily, UTC, Some(started), right), TriggerDue::Now);
    assert_eq!(trigger_due(&every, UTC, Some(started), right), TriggerDue::Now);
    // Short intervals do not wait for an hour.
    assert_eq!(
        trigger_due(&every, UTC, Some(started), started - TimeDelta::minutes(20)),
        TriggerDue::Now
    );
    // A clock that jumps ahead makes one run due.
    assert_eq!(
        trigger_due(&daily, UTC, Some(started), at("2030-01-01T00:00:00Z")),
        TriggerDue::Now
    );
}

#[test]
fn a_late_start_is_neither_repeated_nor_missed() {
    let hourly = cron("0 * * * *");
    let late = TimeDelta::minutes(10);
    let started = at("2026-11-21T03:10:00Z");
    assert_eq!(
        trigger_due_delayed(&hourly, UTC, late, Some(started), started),
        TriggerDue::At(at("2026-11-21T04:10:00Z"))
    );
    assert_eq!(
        trigger_due_delayed(&hourly, UTC, late, Some(started), at("2026-11-21T04:09:59Z")),
        TriggerDue::At(at("2026-11-21T04:10:00Z"))
    );
    assert_eq!(
        trigger_due_delayed(&hourly, UTC, late, Some(started), at("2026-11-21T04:10:00Z")),
        TriggerDue::Now
    );
    // Later than the time between two runs: each is still run.
    let very = TimeDelta::minutes(90);
    let start = at("2026-11-21T04:30:00Z");
    assert_eq!(
        trigger_due_delayed(&hourly, UTC, very, Some(start), start),
        TriggerDue::At(at("2026-11-21T05:30:00Z"))
    );
    assert_eq!(
        trigger_due_delayed(&cron("every 15m"), UTC, late, Some(start), start),
        TriggerDue::At(at("2026-11-21T04:55:00Z"))
    );
}

#[test]
fn next_runs_are_bounded() {
    assert_eq!(
        next_runs(&cron("every 15m"), UTC, at("2026-11-21T00:00:00Z"), usize::MAX).len(),
        1000
    );
    assert!(next_runs(&Trigger::EverySeconds(u64::MAX), UTC, at("2026-11-21T00:00:00Z"), 5).len() <= 5);
    assert!(next_runs(&Trigger::Off, UTC, at("2026-11-21T00:00:00Z"), 5).is_empty());
}

fn trigger() -> impl Strategy<Value = Trigger> {
    prop_oneof![
        (10u64..200_000).prop_map(Trigger::EverySeconds),
        (0u32..60, 0u32..24).prop_map(|(m, h)| Trigger::Cron(format!("{m} {h} * * *"))),
        (1u32..60).prop_map(|m| Trigger::Cron(format!("*/{m} * * * *"))),
        (0u32..60, 0u32..60, 0u32..22).prop_map(|(s, m, h)| Trigger::Cron(format!("{s} {m} {h},{} * * *", h + 2))),
    ]
}

fn zone() -> impl Strategy<Value = Tz> {
    prop_oneof![
        Just(UTC),
        Just(Europe::Berlin),
        Just(America::New_York),
        Just(America::St_Johns),
        Just(Australia::Lord_Howe),
        Just(Asia::Kolkata),
    ]
}

proptest! {
    #[test]
    fn runs_rise_strictly_and_starting_on_time_leaves_nothing_due(
        trigger in trigger(), zone in zone(), from_s in 1_767_225_600i64..1_830_000_000,
    ) {
        let mut last = chrono::DateTime::from_timestamp(from_s, 0).expect("a date");
        for next in next_runs(&trigger, zone, last, 20) {
            prop_assert!(next > last);
            prop_assert_eq!(trigger_due(&trigger, zone, Some(last), next - TimeDelta::seconds(1)), TriggerDue::At(next));
            prop_assert_eq!(trigger_due(&trigger, zone, Some(last), next), TriggerDue::Now);
            last = next;
        }
    }

    #[test]
    fn after_any_downtime_exactly_one_run_is_due(
        trigger in trigger(), zone in zone(), from_s in 1_767_225_600i64..1_830_000_000, down_s in 0i64..10_000_000,
    ) {
        let last = chrono::DateTime::from_timestamp(from_s, 0).expect("a date");
        let now = last + TimeDelta::seconds(down_s);
        if trigger_due(&trigger, zone, Some(last), now) == TriggerDue::Now {
            prop_assert!(matches!(trigger_due(&trigger, zone, Some(now), now), TriggerDue::At(next) if next > now));
        }
    }
}
