use proptest::prelude::*;
use uuid::Uuid;

use super::view::{ChangeEffect, DeviceDigest, FleetReplica};
use crate::model::{ChangeKind, DeviceId, FeedChange, GoneReason, InstanceName, Seq};

fn instance() -> InstanceName {
    "IntuneConnector_1".parse().expect("a name")
}

fn id(n: u8) -> DeviceId {
    DeviceId(Uuid::from_u128(u128::from(n)))
}

fn upsert(n: u8, seq: i64) -> FeedChange {
    let body = format!("{{\"n\":{n},\"seq\":{seq}}}");
    FeedChange {
        seq: Some(Seq(seq)),
        device_id: Some(id(n)),
        device: serde_json::value::RawValue::from_string(body).ok(),
        ..FeedChange::with_kind(&instance(), ChangeKind::Upsert)
    }
}

fn gone(n: u8, seq: i64) -> FeedChange {
    FeedChange {
        seq: Some(Seq(seq)),
        device_id: Some(id(n)),
        reason: Some(GoneReason::Deleted),
        ..FeedChange::with_kind(&instance(), ChangeKind::Gone)
    }
}

fn mark(kind: ChangeKind) -> FeedChange {
    FeedChange::with_kind(&instance(), kind)
}

fn tell(server: &mut FleetReplica<DeviceDigest>, changes: &[FeedChange]) -> Vec<ChangeEffect> {
    changes.iter().flat_map(|change| server.apply_change(change)).collect()
}

fn held(server: &FleetReplica<DeviceDigest>) -> Vec<(DeviceId, DeviceDigest)> {
    let mut all: Vec<_> = server
        .instance_devices(&instance())
        .map(|(id, kept)| (id, *kept))
        .collect();
    all.sort_by_key(|(id, _)| *id);
    all
}

#[test]
fn f4_what_was_held_and_not_seen_between_the_marks_has_gone() {
    let mut server = FleetReplica::default();
    tell(&mut server, &[upsert(1, 1), upsert(2, 2), upsert(3, 3)]);
    let effects = tell(
        &mut server,
        &[
            mark(ChangeKind::SnapshotBegin),
            upsert(1, 9),
            gone(2, 10),
            upsert(4, 11),
            mark(ChangeKind::SnapshotEnd),
        ],
    );
    assert_eq!(
        effects,
        [
            ChangeEffect::SnapshotBegan,
            ChangeEffect::Changed(id(1)),
            ChangeEffect::Gone(id(2), Some(GoneReason::Deleted)),
            ChangeEffect::Added(id(4)),
            ChangeEffect::Gone(id(3), None),
            ChangeEffect::SnapshotEnded
        ]
    );
}

#[test]
fn f4_a_device_that_was_set_aside_is_kept_at_the_end_of_a_snapshot() {
    let mut server = FleetReplica::default();
    tell(&mut server, &[upsert(1, 901), upsert(2, 902), upsert(3, 903)]);
    let end = FeedChange {
        set_aside: vec![id(2), id(7)],
        ..mark(ChangeKind::SnapshotEnd)
    };
    let effects = tell(&mut server, &[mark(ChangeKind::SnapshotBegin), upsert(1, 5), end]);
    assert_eq!(effects.last(), Some(&ChangeEffect::SnapshotEnded));
    assert!(
        effects.contains(&ChangeEffect::Gone(id(3), None)) && server.len() == 2,
        "{effects:?}"
    );
    // Readable again, it is told with the numbers of the new store, which are smaller.
    assert_eq!(server.apply_change(&upsert(2, 6)), [ChangeEffect::Changed(id(2))]);
    assert_eq!(server.out_of_order_count(), 0);
    // What was kept once is kept by the next snapshot only if it is named again.
    tell(
        &mut server,
        &[
            mark(ChangeKind::SnapshotBegin),
            upsert(1, 5),
            mark(ChangeKind::SnapshotEnd),
        ],
    );
    assert_eq!(server.len(), 1);
}

#[test]
fn f4_while_a_snapshot_is_open_nothing_is_gone_by_its_absence() {
    let mut server = FleetReplica::default();
    tell(
        &mut server,
        &[
            upsert(1, 1),
            upsert(2, 2),
            mark(ChangeKind::SnapshotBegin),
            upsert(1, 1),
        ],
    );
    assert_eq!(server.len(), 2);
    assert!(server.is_snapshot_open());
}

#[test]
fn f4_a_second_begin_mark_starts_the_snapshot_again() {
    let mut server = FleetReplica::default();
    let begin = || mark(ChangeKind::SnapshotBegin);
    tell(
        &mut server,
        &[
            begin(),
            upsert(1, 5),
            begin(),
            upsert(2, 6),
            mark(ChangeKind::SnapshotEnd),
        ],
    );
    assert_eq!(held(&server).len(), 1);
    assert_eq!(held(&server)[0].0, id(2));
}

#[test]
fn an_end_mark_told_again_removes_nothing() {
    let mut server = FleetReplica::default();
    tell(
        &mut server,
        &[
            mark(ChangeKind::SnapshotBegin),
            upsert(1, 1),
            mark(ChangeKind::SnapshotEnd),
        ],
    );
    assert_eq!(tell(&mut server, &[mark(ChangeKind::SnapshotEnd)]), []);
    assert_eq!(server.len(), 1);
}

#[test]
fn numbers_of_an_older_life_of_the_store_do_not_count_within_a_snapshot() {
    let mut server = FleetReplica::default();
    tell(&mut server, &[upsert(1, 1_000)]);
    let effects = tell(
        &mut server,
        &[
            mark(ChangeKind::SnapshotBegin),
            upsert(1, 3),
            mark(ChangeKind::SnapshotEnd),
            upsert(1, 4),
        ],
    );
    assert!(
        !effects
            .iter()
            .any(|effect| matches!(effect, ChangeEffect::OutOfOrder(_))),
        "{effects:?}"
    );
    assert_eq!(server.out_of_order_count(), 0);
}

#[test]
fn a_change_older_than_what_is_held_is_counted_and_not_applied() {
    let mut server = FleetReplica::default();
    tell(&mut server, &[upsert(1, 5)]);
    let before = held(&server);
    assert_eq!(
        tell(&mut server, &[upsert(1, 4), gone(1, 3)]),
        [ChangeEffect::OutOfOrder(id(1)), ChangeEffect::OutOfOrder(id(1))]
    );
    assert_eq!((server.out_of_order_count(), held(&server)), (2, before));
}

#[test]
fn a_server_taken_out_of_the_audience_loses_every_device_though_it_is_told_without_numbers() {
    let mut server = FleetReplica::default();
    tell(&mut server, &[upsert(1, 5)]);
    let told = FeedChange {
        seq: None,
        reason: Some(GoneReason::Unassigned),
        ..gone(1, 0)
    };
    assert_eq!(
        tell(&mut server, &[told]),
        [ChangeEffect::Gone(id(1), Some(GoneReason::Unassigned))]
    );
}

fn changes() -> impl Strategy<Value = Vec<FeedChange>> {
    let step = (0u8..10, 0u8..5);
    proptest::collection::vec(step, 0..60).prop_map(|steps| {
        let make = |(at, (kind, n)): (usize, (u8, u8))| match kind {
            0 => mark(ChangeKind::SnapshotBegin),
            1 => mark(ChangeKind::SnapshotEnd),
            2 | 3 => gone(n, at as i64),
            _ => upsert(n, at as i64),
        };
        steps.into_iter().enumerate().map(make).collect()
    })
}

proptest! {
    /// Whatever was told, and wherever the process dies: the view written and read again goes on as the one that lived.
    #[test]
    fn a_view_retold_goes_on_like_the_one_that_lived(before in changes(), after in changes()) {
        let mut lived: FleetReplica<DeviceDigest> = FleetReplica::default();
        tell(&mut lived, &before);
        let mut read: FleetReplica<DeviceDigest> = FleetReplica::default();
        // Bodies are not kept by a digest; presence, numbers and the open snapshot are what is compared.
        for change in lived.to_changes(|_| None) {
            read.apply_change(&change);
        }
        let late = |changes: &[FeedChange]| -> Vec<FeedChange> {
            changes.iter().map(|c| FeedChange { seq: c.seq.map(|s| Seq(s.0 + 1_000)), reason: c.reason, device_id: c.device_id,
                ..FeedChange::with_kind(&c.instance, c.kind) }).collect()
        };
        prop_assert_eq!(lived.is_snapshot_open(), read.is_snapshot_open());
        prop_assert_eq!(tell(&mut lived, &late(&after)), tell(&mut read, &late(&after)));
        let ids = |server: &FleetReplica<DeviceDigest>| held(server).into_iter().map(|(id, _)| id).collect::<Vec<_>>();
        prop_assert_eq!(ids(&lived), ids(&read));
    }

    /// Told twice from any place, as after a crash between applying and acknowledging: the same view.
    #[test]
    fn what_is_told_again_changes_nothing(first in changes(), cut in 0usize..60) {
        let upserts: Vec<&FeedChange> = first.iter().filter(|c| c.kind == ChangeKind::Upsert).collect();
        let mut server: FleetReplica<DeviceDigest> = FleetReplica::default();
        for change in &upserts { server.apply_change(change); }
        let once = held(&server);
        // The feed tells the newest state of each device only: the last change of each.
        for change in upserts.iter().skip(cut.min(upserts.len())) {
            let newest = upserts.iter().rev().find(|c| c.device_id == change.device_id).expect("itself");
            server.apply_change(newest);
        }
        prop_assert_eq!(once, held(&server));
        prop_assert_eq!(server.out_of_order_count(), 0);
    }
}
