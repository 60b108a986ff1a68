use proptest::prelude::*;
use uuid::Uuid;

use super::view::{Digest, Effect, ManagementServer};
use crate::model::{Change, DeviceId, GoneReason, InstanceName, Kind, Seq};

fn instance() -> InstanceName {
    "IntuneConnector_1".parse().expect("a name")
}

fn id(n: u8) -> DeviceId {
    DeviceId(Uuid::from_u128(u128::from(n)))
}

fn upsert(n: u8, seq: i64) -> Change {
    let body = format!("{{\"n\":{n},\"seq\":{seq}}}");
    Change {
        seq: Some(Seq(seq)),
        device_id: Some(id(n)),
        device: serde_json::value::RawValue::from_string(body).ok(),
        ..Change::bare(&instance(), Kind::Upsert)
    }
}

fn gone(n: u8, seq: i64) -> Change {
    Change {
        seq: Some(Seq(seq)),
        device_id: Some(id(n)),
        reason: Some(GoneReason::Deleted),
        ..Change::bare(&instance(), Kind::Gone)
    }
}

fn mark(kind: Kind) -> Change {
    Change::bare(&instance(), kind)
}

fn tell(server: &mut ManagementServer<Digest>, changes: &[Change]) -> Vec<Effect> {
    changes.iter().flat_map(|change| server.apply(change)).collect()
}

fn held(server: &ManagementServer<Digest>) -> Vec<(DeviceId, Digest)> {
    let mut all: Vec<_> = server.devices(&instance()).map(|(id, kept)| (id, *kept)).collect();
    all.sort_by_key(|(id, _)| *id);
    all
}

#[test]
fn f4_what_was_held_and_not_seen_between_the_marks_has_gone() {
    let mut server = ManagementServer::default();
    tell(&mut server, &[upsert(1, 1), upsert(2, 2), upsert(3, 3)]);
    let effects = tell(
        &mut server,
        &[
            mark(Kind::SnapshotBegin),
            upsert(1, 9),
            gone(2, 10),
            upsert(4, 11),
            mark(Kind::SnapshotEnd),
        ],
    );
    assert_eq!(
        effects,
        [
            Effect::SnapshotBegan,
            Effect::Changed(id(1)),
            Effect::Gone(id(2), Some(GoneReason::Deleted)),
            Effect::Added(id(4)),
            Effect::Gone(id(3), None),
            Effect::SnapshotEnded
        ]
    );
}

#[test]
fn f4_a_device_that_was_set_aside_is_kept_at_the_end_of_a_snapshot() {
    let mut server = ManagementServer::default();
    tell(&mut server, &[upsert(1, 901), upsert(2, 902), upsert(3, 903)]);
    let end = Change {
        set_aside: vec![id(2), id(7)],
        ..mark(Kind::SnapshotEnd)
    };
    let effects = tell(&mut server, &[mark(Kind::SnapshotBegin), upsert(1, 5), end]);
    assert_eq!(effects.last(), Some(&Effect::SnapshotEnded));
    assert!(
        effects.contains(&Effect::Gone(id(3), None)) && server.len() == 2,
        "{effects:?}"
    );
    // Readable again, it is told with the numbers of the new store, which are smaller.
    assert_eq!(server.apply(&upsert(2, 6)), [Effect::Changed(id(2))]);
    assert_eq!(server.out_of_order(), 0);
    // What was kept once is kept by the next snapshot only if it is named again.
    tell(
        &mut server,
        &[mark(Kind::SnapshotBegin), upsert(1, 5), mark(Kind::SnapshotEnd)],
    );
    assert_eq!(server.len(), 1);
}

#[test]
fn f4_while_a_snapshot_is_open_nothing_is_gone_by_its_absence() {
    let mut server = ManagementServer::default();
    tell(
        &mut server,
        &[upsert(1, 1), upsert(2, 2), mark(Kind::SnapshotBegin), upsert(1, 1)],
    );
    assert_eq!(server.len(), 2);
    assert!(server.snapshot_open());
}

#[test]
fn f4_a_second_begin_mark_starts_the_snapshot_again() {
    let mut server = ManagementServer::default();
    let begin = || mark(Kind::SnapshotBegin);
    tell(
        &mut server,
        &[begin(), upsert(1, 5), begin(), upsert(2, 6), mark(Kind::SnapshotEnd)],
    );
    assert_eq!(held(&server).len(), 1);
    assert_eq!(held(&server)[0].0, id(2));
}

#[test]
fn an_end_mark_told_again_removes_nothing() {
    let mut server = ManagementServer::default();
    tell(
        &mut server,
        &[mark(Kind::SnapshotBegin), upsert(1, 1), mark(Kind::SnapshotEnd)],
    );
    assert_eq!(tell(&mut server, &[mark(Kind::SnapshotEnd)]), []);
    assert_eq!(server.len(), 1);
}

#[test]
fn numbers_of_an_older_life_of_the_store_do_not_count_within_a_snapshot() {
    let mut server = ManagementServer::default();
    tell(&mut server, &[upsert(1, 1_000)]);
    let effects = tell(
        &mut server,
        &[
            mark(Kind::SnapshotBegin),
            upsert(1, 3),
            mark(Kind::SnapshotEnd),
            upsert(1, 4),
        ],
    );
    assert!(
        !effects.iter().any(|effect| matches!(effect, Effect::OutOfOrder(_))),
        "{effects:?}"
    );
    assert_eq!(server.out_of_order(), 0);
}

#[test]
fn a_change_older_than_what_is_held_is_counted_and_not_applied() {
    let mut server = ManagementServer::default();
    tell(&mut server, &[upsert(1, 5)]);
    let before = held(&server);
    assert_eq!(
        tell(&mut server, &[upsert(1, 4), gone(1, 3)]),
        [Effect::OutOfOrder(id(1)), Effect::OutOfOrder(id(1))]
    );
    assert_eq!((server.out_of_order(), held(&server)), (2, before));
}

#[test]
fn a_server_taken_out_of_the_audience_loses_every_device_though_it_is_told_without_numbers() {
    let mut server = ManagementServer::default();
    tell(&mut server, &[upsert(1, 5)]);
    let told = Change {
        seq: None,
        reason: Some(GoneReason::Unassigned),
        ..gone(1, 0)
    };
    assert_eq!(
        tell(&mut server, &[told]),
        [Effect::Gone(id(1), Some(GoneReason::Unassigned))]
    );
}

fn changes() -> impl Strategy<Value = Vec<Change>> {
    let step = (0u8..10, 0u8..5);
    proptest::collection::vec(step, 0..60).prop_map(|steps| {
        let make = |(at, (kind, n)): (usize, (u8, u8))| match kind {
            0 => mark(Kind::SnapshotBegin),
            1 => mark(Kind::SnapshotEnd),
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
        let mut lived: ManagementServer<Digest> = ManagementServer::default();
        tell(&mut lived, &before);
        let mut read: ManagementServer<Digest> = ManagementServer::default();
        // Bodies are not kept by a digest; presence, numbers and the open snapshot are what is compared.
        for change in lived.retell(|_| None) {
            read.apply(&change);
        }
        let late = |changes: &[Change]| -> Vec<Change> {
            changes.iter().map(|c| Change { seq: c.seq.map(|s| Seq(s.0 + 1_000)), reason: c.reason, device_id: c.device_id,
                ..Change::bare(&c.instance, c.kind) }).collect()
        };
        prop_assert_eq!(lived.snapshot_open(), read.snapshot_open());
        prop_assert_eq!(tell(&mut lived, &late(&after)), tell(&mut read, &late(&after)));
        let ids = |server: &ManagementServer<Digest>| held(server).into_iter().map(|(id, _)| id).collect::<Vec<_>>();
        prop_assert_eq!(ids(&lived), ids(&read));
    }

    /// Told twice from any place, as after a crash between applying and acknowledging: the same view.
    #[test]
    fn what_is_told_again_changes_nothing(first in changes(), cut in 0usize..60) {
        let upserts: Vec<&Change> = first.iter().filter(|c| c.kind == Kind::Upsert).collect();
        let mut server: ManagementServer<Digest> = ManagementServer::default();
        for change in &upserts { server.apply(change); }
        let once = held(&server);
        // The feed tells the newest state of each device only: the last change of each.
        for change in upserts.iter().skip(cut.min(upserts.len())) {
            let newest = upserts.iter().rev().find(|c| c.device_id == change.device_id).expect("itself");
            server.apply(newest);
        }
        prop_assert_eq!(once, held(&server));
        prop_assert_eq!(server.out_of_order(), 0);
    }
}
