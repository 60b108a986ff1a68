//! Runs, what they wrote, how that is put back, and what removed a device.

use chrono::TimeDelta;

use super::*;
use crate::model::{ActionKind, ApprovalState};
use crate::store::NewInstance;
use crate::store::sql_values::{device_key, to_millis};

impl Bench {
    async fn begin(&self, kind: TargetRunKind, reverts: Option<i64>) -> i64 {
        let begun = self.store.begin_target_run(TARGET, kind, "mapping".to_owned(), reverts);
        begun.await.unwrap()
    }

    async fn create_in(&self, run: i64, devices: std::ops::Range<u128>) {
        let writes = devices.map(|number| written(number, Some(WriteClass::Create)));
        self.write(Some(run), writes.collect()).await;
    }

    async fn run(&self, run: i64) -> Option<TargetRunRow> {
        self.store.find_target_run(run).await.unwrap()
    }

    /// A task of device 1 that stands there since a while.
    async fn task(&self, instance: InstanceId, verb: &'static str, state: &'static str, ago: TimeDelta) {
        let at = to_millis(self.clock.now() - ago);
        let inserted = self.store.write(move |connection| {
            connection.execute(
                "INSERT INTO job (source, name, digest, instance, tenant, verb, danger, parameters, operator, about,
                     urgent, created_at, expires_at, approval)
                 VALUES ('operator:1', hex(randomblob(8)), x'', ?1, 'contoso', ?2, 2, '{}', 1, '{}', 0, 0, 0, ?3)",
                rusqlite::params![instance.0, verb, ApprovalState::None.name()],
            )?;
            connection.execute(
                "INSERT INTO task (job, instance, tenant, device_id, verb, danger, operator, shown, state, updated_at)
                 VALUES (last_insert_rowid(), ?1, 'contoso', ?2, ?3, 2, 1, '{}', ?4, ?5)",
                rusqlite::params![instance.0, device_key(&device(1)), verb, state, at],
            )?;
            Ok(())
        });
        inserted.await.unwrap();
    }
}

#[tokio::test]
async fn a_run_keeps_what_was_there_before_and_goes_back_newest_first() {
    let bench = bench();
    let run = bench.begin(TargetRunKind::Canary, None).await;
    bench.create_in(run, 1..3).await;
    let mut again = written(1, Some(WriteClass::Change));
    (again.before, again.after) = (values("after"), values("last"));
    bench.write(Some(run), vec![again, written(3, None)]).await;
    assert!(bench.store.end_target_run(run).await.unwrap());
    let row = bench.run(run).await.unwrap();
    assert_eq!((row.counts.create, row.counts.change, row.counts.total()), (2, 1, 3));
    assert_eq!(
        (row.kind, row.ended_at),
        (TargetRunKind::Canary, Some(bench.clock.now()))
    );
    let first = bench.store.list_run_writes(run, None, 1).await.unwrap();
    let [newest] = &first[..] else { panic!("{first:?}") };
    assert_eq!((newest.device, newest.class), (device(1), WriteClass::Change));
    assert_eq!((&newest.before, &newest.after), (&values("after"), &values("last")));
    let rest = bench.store.list_run_writes(run, Some(newest.id), 10).await.unwrap();
    let devices: Vec<DeviceId> = rest.iter().map(|row| row.device).collect();
    assert_eq!(devices, [device(2), device(1)]);
    let revert = bench.begin(TargetRunKind::Revert, Some(run)).await;
    let put_back = PutBack {
        target: TARGET,
        write: newest.id,
        key: key(1),
        known: values("after"),
    };
    assert!(bench.store.record_put_back(put_back).await.unwrap());
    assert!(bench.store.mark_write_reverted(rest[0].id).await.unwrap());
    assert!(!bench.store.mark_write_reverted(999).await.unwrap());
    let link = bench.link(1).await.unwrap();
    assert_eq!(
        (link.known, link.fingerprint, link.confirmed),
        (values("after"), None, true)
    );
    let reverted = bench.store.list_run_writes(run, None, 10).await.unwrap();
    let marks: Vec<bool> = reverted.iter().map(|row| row.reverted_at.is_some()).collect();
    assert_eq!(marks, [true, true, false]);
    assert!(!bench.store.end_target_run(revert).await.unwrap());
    assert_eq!(
        bench.run(revert).await.unwrap().reverts,
        Some(run),
        "it is kept without writes of its own"
    );
    assert_eq!(bench.run(run).await.unwrap().reverted_by, Some(revert));
}

#[tokio::test]
async fn a_run_that_wrote_nothing_is_forgotten_and_one_that_was_broken_off_ends_with_the_next() {
    let bench = bench();
    let empty = bench.begin(TargetRunKind::Normal, None).await;
    assert!(!bench.store.end_target_run(empty).await.unwrap());
    assert_eq!(bench.run(empty).await, None);
    let broken = bench.begin(TargetRunKind::Normal, None).await;
    bench.create_in(broken, 1..2).await;
    let next = bench.begin(TargetRunKind::Normal, None).await;
    assert!(bench.run(broken).await.unwrap().ended_at.is_some());
    let runs = bench.store.list_target_runs(TARGET, 10).await.unwrap();
    assert_eq!(runs.iter().map(|row| row.id).collect::<Vec<_>>(), [next, broken]);
    assert_eq!(bench.store.list_target_runs(OTHER_TARGET, 10).await.unwrap(), []);
}

#[tokio::test]
async fn writes_of_long_ago_are_forgotten_with_their_runs() {
    let bench = bench();
    let old = bench.begin(TargetRunKind::Normal, None).await;
    bench.create_in(old, 1..3).await;
    bench.store.end_target_run(old).await.unwrap();
    bench.clock.advance(TimeDelta::days(31));
    let new = bench.begin(TargetRunKind::Normal, None).await;
    bench.create_in(new, 3..4).await;
    let before = bench.clock.now() - TimeDelta::days(30);
    assert_eq!(bench.store.sweep_target_writes(before).await.unwrap(), 2);
    assert_eq!(bench.run(old).await, None);
    assert_eq!(bench.store.list_run_writes(new, None, 10).await.unwrap().len(), 1);
    assert!(bench.link(1).await.is_some(), "links stay");
    let day = bench.store.count_target_day(TARGET, today()).await.unwrap();
    assert_eq!(day, TargetDayCounts::default(), "days of then are gone too");
}

#[tokio::test]
async fn what_removed_a_device_is_the_newest_action_that_was_done_lately() {
    let bench = bench();
    let new = NewInstance {
        prefix: "IntuneConnector".to_owned(),
        tenant_id: "CONTOSO".to_owned(),
        client_id: "c".to_owned(),
        audience: None,
    };
    let instance = bench.store.add_instance(new).await.unwrap().id;
    let find = || bench.store.find_removing_action(instance, device(1));
    let hour = TimeDelta::hours(1);
    bench.task(instance, "wipe", "failed", hour).await;
    bench.task(instance, "sync", "done", hour).await;
    bench.task(instance, "delete", "done", TimeDelta::days(8)).await;
    assert_eq!(find().await.unwrap(), None);
    bench.task(instance, "retire", "done", hour).await;
    assert_eq!(find().await.unwrap(), Some(ActionKind::Retire));
    bench.task(instance, "wipe", "done", hour).await;
    assert_eq!(find().await.unwrap(), Some(ActionKind::Wipe));
    let page = vec![(instance, device(1)), (instance, device(2)), (FABRIKAM, device(1))];
    let found = bench.store.find_removing_actions(page).await.unwrap();
    assert_eq!(
        found.into_iter().collect::<Vec<_>>(),
        [((instance, device(1)), ActionKind::Wipe)]
    );
}
