//! Devices that are set aside, and what becomes of them.

use chrono::TimeDelta;

use super::*;
use crate::contract::{AsideDecision, AsideDetail, SetAsideReason};

fn aside(number: u128, reason: SetAsideReason) -> NewTargetAside {
    NewTargetAside {
        target: TARGET,
        instance: CONTOSO,
        device: device(number),
        reason,
        detail: AsideDetail::default(),
    }
}

impl Bench {
    async fn decide(&self, number: u128, choice: AsideChoice) -> Option<TargetAsideRow> {
        let decided = self.store.decide_target_aside(TARGET, key(number), choice, ANNA);
        decided.await.unwrap()
    }

    async fn asides(&self, open_only: bool) -> Vec<DeviceId> {
        let rows = self.store.list_target_aside(TARGET, open_only).await.unwrap();
        rows.into_iter().map(|row| row.device).collect()
    }

    async fn decided(&self) -> Vec<(DeviceId, Option<AsideDecision>, Option<String>)> {
        let rows = self.store.list_decided_aside(TARGET).await.unwrap();
        rows.into_iter()
            .map(|row| (row.device, row.decision, row.decided_record))
            .collect()
    }
}

#[tokio::test]
async fn a_decision_waits_until_it_is_carried_out_and_one_to_ignore_stays() {
    let bench = bench();
    let reason = SetAsideReason::SerialTwice;
    bench.store.set_target_aside(aside(2, reason)).await.unwrap();
    bench.clock.advance(TimeDelta::hours(1));
    let more = vec![aside(1, reason), aside(3, reason)];
    bench.store.set_targets_aside(more).await.unwrap();
    assert_eq!(
        bench.asides(true).await,
        [device(2), device(1), device(3)],
        "the longest waiting first"
    );
    assert_eq!(bench.decide(9, AsideChoice::Create).await, None);
    let adopted = bench.decide(1, AsideChoice::Adopt("a".to_owned())).await.unwrap();
    assert_eq!(
        (adopted.decided_by, adopted.decided_at),
        (Some(ANNA), Some(bench.clock.now()))
    );
    bench.decide(2, AsideChoice::Ignore).await;
    assert_eq!(bench.asides(true).await, [device(3)]);
    assert_eq!(bench.asides(false).await.len(), 3);
    let adopt = (device(1), Some(AsideDecision::Adopt), Some("a".to_owned()));
    assert_eq!(bench.decided().await, [adopt]);
    assert_eq!(bench.store.count_target(TARGET).await.unwrap().set_aside, 1);
    bench.create(1..2).await;
    assert_eq!(bench.decided().await, []);
    let found = bench
        .store
        .load_target_asides(TARGET, vec![key(1), key(2)])
        .await
        .unwrap();
    assert_eq!(found.into_keys().collect::<Vec<_>>(), [key(2)]);
    assert!(bench.store.clear_target_aside(TARGET, key(2)).await.unwrap());
    assert!(!bench.store.clear_target_aside(TARGET, key(2)).await.unwrap());
}

#[tokio::test]
async fn a_device_that_is_set_aside_again_is_asked_for_anew_unless_it_is_ignored() {
    let bench = bench();
    let first = bench.clock.now();
    let both = |reason| vec![aside(1, reason), aside(2, reason)];
    bench
        .store
        .set_targets_aside(both(SetAsideReason::IdTwice))
        .await
        .unwrap();
    bench.decide(1, AsideChoice::Create).await;
    bench.decide(2, AsideChoice::Ignore).await;
    bench.clock.advance(TimeDelta::hours(1));
    bench
        .store
        .set_targets_aside(both(SetAsideReason::IdTwice))
        .await
        .unwrap();
    let rows = bench
        .store
        .load_target_asides(TARGET, vec![key(1), key(2)])
        .await
        .unwrap();
    assert_eq!((rows[&key(1)].decision, rows[&key(1)].decided_by), (None, None));
    assert_eq!(rows[&key(1)].at, first, "since then");
    let ignored = &rows[&key(2)];
    assert_eq!(
        (ignored.decision, ignored.decided_by),
        (Some(AsideDecision::Ignore), Some(ANNA))
    );
    bench
        .store
        .set_target_aside(aside(1, SetAsideReason::Refused))
        .await
        .unwrap();
    let rows = bench.store.load_target_asides(TARGET, vec![key(1)]).await.unwrap();
    assert_eq!(
        (rows[&key(1)].reason, rows[&key(1)].at),
        (SetAsideReason::Refused, bench.clock.now())
    );
}

#[tokio::test]
async fn a_list_of_them_has_an_end_and_counts_those_that_somebody_may_see() {
    let bench = bench();
    let new = (1..6).map(|number| aside(number, SetAsideReason::Refused)).collect();
    bench.store.set_targets_aside(new).await.unwrap();
    let page = |instances| {
        bench.store.list_target_aside_page(AsideFilter {
            target: TARGET,
            instances,
            open_only: true,
            limit: 2,
        })
    };
    let (rows, total) = page(None).await.unwrap();
    assert_eq!((rows.len(), total), (2, 5));
    let (rows, total) = page(Some(vec![FABRIKAM])).await.unwrap();
    assert_eq!((rows.len(), total), (0, 0));
}
