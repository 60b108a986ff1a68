use std::convert::Infallible;

use super::*;
use crate::config::{DeviceSettings, EnrichMode, FieldChoice, PersonalDeviceRule, PrimaryUserMode};
use crate::model::{Row, Timestamp};

fn shape() -> DeviceProjection {
    let settings = DeviceSettings {
        fields: FieldChoice::All,
        filter: None,
        personal: PersonalDeviceRule::Full,
        classes: Vec::new(),
        volatile_hours: 24,
        enrich: EnrichMode::Off,
        primary_user: PrimaryUserMode::Off,
        tombstone_days: 90,
        history_days: 90,
    };
    DeviceProjection::compile(&settings, &[]).expect("good settings")
}

fn id(number: u32) -> String {
    format!("7809c88c-0000-4000-8000-{number:012}")
}

fn record(number: u32, rest: &str) -> String {
    format!(r#"{{"id":"{}","deviceName":"D{number}"{rest}}}"#, id(number))
}

/// `unchanged`: records that the store holds as they are.
fn page(records: &[String], unchanged: &[&String]) -> Result<PageRead, GraphProblem> {
    let shape = shape();
    let body = format!(r#"{{"@odata.context":"c","value":[{}]}}"#, records.join(","));
    let (rough, _) = UnprovenPage::new(body.into(), Timestamp::default(), 1).expect("it has an end");
    let hashes: Vec<[u8; 16]> = unchanged
        .iter()
        .map(|record| shape.raw_hash(record.as_bytes()))
        .collect();
    let known = |record: &RawRecord<'_>| {
        let row = hashes.iter().position(|hash| *hash == record.raw_hash)?;
        Some(LookedUpDevice {
            row: Row(row as i64),
            raw_hash: record.raw_hash,
            read_at: Timestamp::default(),
            gone: false,
            doubted: false,
            unpublished_since: None,
        })
    };
    let known = |records: &[RawRecord<'_>]| Ok::<_, Infallible>(records.iter().map(known).collect());
    let times = DecisionTimes {
        read_at: Timestamp::default(),
        now: Timestamp::default(),
        volatile_every: chrono::TimeDelta::hours(24),
    };
    let Ok(read) = read_page(&rough, known, &shape, times, |_| false);
    read
}

fn ids(read: &PageRead) -> Vec<String> {
    read.pending
        .iter()
        .map(|arrival| arrival.incoming.id.to_string())
        .collect()
}

#[test]
fn devices_are_unchanged_by_their_bytes_or_read() {
    let (same, new) = (record(1, ""), record(2, ""));
    let read = page(&[same.clone(), new.clone()], &[&same]).unwrap();
    assert_eq!(
        (read.unchanged.as_slice(), ids(&read)),
        ([Row(0)].as_slice(), vec![id(2)])
    );
    assert_eq!(read.pending[0].incoming.raw_hash, shape().raw_hash(new.as_bytes()));
    assert!(read.rejected.is_empty());
}

#[test]
fn lists_within_a_record_are_not_taken_for_records() {
    let inside = format!(r#","apps":[{{"id":"{}"}},{{"id":"{}"}},{{"id":"x"}}]"#, id(2), id(1));
    let (nested, plain) = (record(1, &inside), record(2, ""));
    let read = page(&[nested.clone(), plain.clone()], &[]).unwrap();
    assert_eq!((ids(&read), read.rejected.len()), (vec![id(1), id(2)], 0));
    assert_eq!(read.pending[0].incoming.raw_hash, shape().raw_hash(nested.as_bytes()));
    let again = page(&[nested.clone(), plain.clone()], &[&nested, &plain]).unwrap();
    assert_eq!(
        (again.unchanged.len(), again.pending.len(), again.rejected.len()),
        (2, 0, 0)
    );
}

#[test]
fn s8_a_record_that_is_set_aside_takes_no_other_with_it() {
    let odd = record(2, r#","serialNumber":17"#);
    let nameless = r#"{"id":"no GUID","deviceName":"D"}"#.to_owned();
    let read = page(&[record(1, ""), odd, nameless, "17".to_owned(), record(3, "")], &[]).unwrap();
    assert_eq!(ids(&read), [id(1), id(3)]);
    let aside: Vec<Option<String>> = read
        .rejected
        .iter()
        .map(|aside| aside.record.device_id.map(|id| id.to_string()))
        .collect();
    assert_eq!(aside.len(), 3);
    assert!(aside.contains(&Some(id(2))));
}

#[test]
fn a_device_that_comes_twice_in_a_page_is_read_once() {
    let read = page(&[record(1, ""), record(2, ""), record(1, r#","model":"X""#)], &[]).unwrap();
    assert_eq!((ids(&read), read.rejected.len()), (vec![id(1), id(2)], 0));
}

#[test]
fn s1_a_page_that_is_broken_in_its_midst_brings_nothing() {
    let (first, last) = (record(1, ""), record(3, ""));
    for broken in [
        record(2, r#","model":tru"#),
        record(2, ",\"model\":\"\u{1}\""),
        record(2, "").replace("\"}", "}"),
        record(2, r#"{"error":{"code":"InternalServerError"}}"#),
        // Passed over, since its id was there before.
        record(1, r#","model":tru"#),
    ] {
        let records = [first.clone(), broken.clone(), last.clone()];
        for unchanged in [&[][..], &[&first, &last][..]] {
            let problem = page(&records, unchanged).expect_err(&broken);
            assert!(matches!(problem, GraphProblem::Unreadable { .. }), "{problem}");
        }
    }
}

#[test]
fn st_3_why_a_record_was_set_aside_is_told_kind_by_kind() {
    for (bad, reason) in [
        ("17".to_owned(), RejectionReason::NoObject),
        (r#"{"deviceName":"D"}"#.to_owned(), RejectionReason::NoId),
        (r#"{"id":null,"deviceName":"D"}"#.to_owned(), RejectionReason::NoId),
        (r#"{"id":17}"#.to_owned(), RejectionReason::BadId),
        (r#"{"id":"no GUID"}"#.to_owned(), RejectionReason::BadId),
        (record(2, r#","serialNumber":17"#), RejectionReason::WrongType),
        (
            record(2, &format!(r#","new":{}{}"#, "[".repeat(200), "]".repeat(200))),
            RejectionReason::BrokenValue,
        ),
        (
            record(2, &format!(r#","new":"{}""#, "x".repeat(1 << 20))),
            RejectionReason::TooLarge,
        ),
    ] {
        let read = page(&[record(1, ""), bad.clone()], &[]).unwrap();
        assert_eq!(ids(&read), [id(1)]);
        let told: Vec<_> = read.rejected.iter().map(|aside| aside.record.reason).collect();
        assert_eq!(told, [reason], "{}", &bad[..40.min(bad.len())]);
        assert!(!read.rejected[0].record.problem.is_empty());
    }
}

#[test]
fn st_3_a_device_of_which_a_property_could_not_be_read_is_read_and_read_again() {
    let odd = record(2, r#","enrolledDateTime":"2025-04-22T24:00:00Z""#);
    let read = page(&[record(1, ""), odd.clone()], &[]).unwrap();
    assert_eq!(ids(&read), [id(1), id(2)]);
    assert_eq!(read.rejected[0].record.property.as_deref(), Some("enrolledDateTime"));
    assert_eq!(
        read.pending[1].incoming.raw_hash, [0; 16],
        "not to be recognised by its bytes"
    );
}
