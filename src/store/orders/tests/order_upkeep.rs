//! What befalls orders from outside: a restore, the kill switch, a clock that is set back, age.

use super::*;
use crate::model::{PolicyRelaxation, RollbackEvidence};
use crate::store::RelaxationDecision;
use crate::store::jobs::secure_after_restore;

impl Bench {
    async fn restore(&self) {
        let now = self.clock.now();
        let secured = self
            .store
            .write(move |connection| secure_after_restore(connection, RollbackEvidence::Restore, now));
        secured.await.unwrap();
    }

    async fn switch_off(&self) {
        let off = self
            .store
            .write(|connection| Ok(connection.execute("DELETE FROM kill_switch", [])?));
        off.await.unwrap();
    }
}

#[tokio::test]
async fn a8_after_a_restore_no_order_goes_on_by_itself_and_those_that_are_wanted_are_tried_again() {
    let bench = bench(|about| about.licences = Some(2)).await;
    bench.install("done", "PC-0").await;
    bench.carry_out("done", "o-0", None).await;
    bench.install("begun", "PC-1").await;
    assert_eq!(bench.claim("worker").await, ["begun"]);
    bench.install("waits", "PC-2").await;
    bench.place("accepted", OrderKind::Uninstall, "PC-0").await;
    assert_eq!(bench.state("waits").await, OrderState::WaitingForLicence);
    bench.restore().await;
    for (id, state) in [
        ("begun", OrderState::Processing),
        ("waits", OrderState::WaitingForLicence),
        ("accepted", OrderState::Accepted),
    ] {
        let order = bench.order(id).await;
        assert_eq!((order.state, order.status), (OrderState::Failed, Some(0)), "{id}");
        let lost = LostOrder {
            evidence: RollbackEvidence::Restore,
            state,
        };
        assert_eq!(order.failure, Some(StepFailure::of_lost_order(lost)), "{id}");
        assert!(!order.remove_membership, "{id}: nothing is changed in the tenant");
    }
    assert_eq!(bench.state("done").await, OrderState::Done);
    assert_eq!(bench.events("waits").await.last(), Some(&OrderEvent::Failed));
    assert!(
        !bench.events("waits").await.contains(&OrderEvent::Accepted),
        "what the others left was not for it"
    );
    assert!(!bench.process("begun", "worker").await);
    let lost = || bench.store.count_orders_lost_by_restore(INSTANCE);
    assert_eq!(lost().await.unwrap(), 3);

    let retried = bench.store.retry_order("begun".to_owned(), ANNA).await.unwrap();
    assert_eq!(retried.unwrap().unwrap().state, OrderState::Accepted);
    assert_eq!(lost().await.unwrap(), 2);
    assert_eq!(bench.claim("worker").await, [""; 0], "nobody has looked yet");
    bench.switch_off().await;
    assert_eq!(bench.claim("worker").await, ["begun"]);
}

#[tokio::test]
async fn the_kill_switch_of_its_tenant_stops_an_order_and_that_of_another_does_not() {
    let bench = bench(|_| ()).await;
    bench.install("A", "PC-1").await;
    let engage = |tenant: &str| {
        bench
            .store
            .engage_kill_switch(tenant.to_owned(), "ben".to_owned(), "fire".to_owned())
    };
    engage(TENANT).await.unwrap();
    assert_eq!(bench.claim("worker").await, [""; 0]);
    bench.switch_off().await;
    engage("another").await.unwrap();
    assert_eq!(bench.claim("worker").await, ["A"]);
}

#[tokio::test]
async fn e3_what_was_planned_while_the_clock_was_ahead_is_due_once_it_is_set_back() {
    let bench = bench(|_| ()).await;
    let tell = vec![webhook("A", WebhookPurpose::OrderStatus)];
    let key = match bench
        .store
        .place_order(order("A", OrderKind::Install, "PC-1"), tell)
        .await
    {
        Ok(OrderPlaced::Placed(row)) => row.key,
        placed => panic!("{placed:?}"),
    };
    let right = bench.clock.now();
    let due = || bench.store.due_instance_webhooks(INSTANCE, right, 10);
    let sendable = || {
        let purpose = WebhookPurpose::OrderStatus;
        bench.store.list_sendable_webhooks(INSTANCE, purpose, right, 10)
    };
    let id = due().await.unwrap()[0].id.clone();
    let plan = async |ahead: TimeDelta| {
        assert_eq!(bench.claim("worker").await, ["A"]);
        bench.clock.advance(ahead);
        let next = bench.clock.now() + TimeDelta::minutes(5);
        let failure = StepFailure {
            code: "away".to_owned(),
            message: "Graph is away.".to_owned(),
            advice: "Wait.".to_owned(),
            lost: None,
        };
        assert!(bench.store.delay_order(key, "worker", failure, next).await.unwrap());
        let retry = WebhookAttempt::Retry {
            at: next,
            error: "503".to_owned(),
        };
        assert!(bench.store.record_webhook_attempt(id.clone(), retry).await.unwrap());
    };
    let claimed = || bench.store.claim_due_orders(INSTANCE, TENANT, "another", right, 10);
    // A little ahead is what clocks are.
    plan(TimeDelta::seconds(30)).await;
    assert_eq!((due().await.unwrap(), sendable().await.unwrap()), (vec![], vec![]));
    assert_eq!(claimed().await.unwrap(), []);
    bench.clock.advance(TimeDelta::minutes(5));
    plan(TimeDelta::days(30)).await;
    assert_eq!((due().await.unwrap().len(), sendable().await.unwrap().len()), (1, 1));
    assert_eq!(claimed().await.unwrap().len(), 1);
}

#[tokio::test]
async fn an_uninstall_for_whoever_has_left_the_directory_frees_the_licence() {
    let bench = bench(|about| about.licences = Some(1)).await;
    let zoom = bench.zoom().await.key;
    let installed = || {
        bench
            .store
            .list_installed_objects(zoom, OrderTargetKind::Device, "pc-1".to_owned())
    };
    bench.install("A", "PC-1").await;
    assert_eq!(installed().await.unwrap(), [""; 0]);
    bench.carry_out("A", "o-1", None).await;
    assert_eq!(installed().await.unwrap(), ["o-1"]);
    let back = bench.place("B", OrderKind::Uninstall, "PC-1").await;
    assert_eq!(bench.claim("worker").await, ["B"]);
    assert!(bench.store.end_order(back.key, done(None), None).await.unwrap());
    assert_eq!(installed().await.unwrap(), [""; 0]);
    assert_eq!(bench.zoom().await.licences_in_use, 0);
}

/// `zoom` as it is in [`bench`], but for its approval.
fn with_approval(approval: ApprovalMode, approvers: &[&str]) -> NewApplication {
    let mut new = application("zoom", "app-1");
    new.description.approval = approval;
    new.description.approvers = approvers.iter().map(|name| (*name).to_owned()).collect();
    new
}

impl Bench {
    /// The number of what waits, and whether the application is new.
    async fn save_looser(&self, approval: ApprovalMode, approvers: &[&str]) -> (i64, bool) {
        match self
            .store
            .save_application(with_approval(approval, approvers), judge_change)
            .await
            .unwrap()
        {
            ApplicationSaved::ApprovalWaits { is_new, waits } => (waits.id, is_new),
            saved => panic!("{saved:?}"),
        }
    }

    async fn agree(&self, id: i64) {
        let decided = self.store.decide_relaxation(id, OperatorId(2), |facts| {
            let PolicyRelaxation::ApplicationChange { from, .. } = &facts.row.relaxation else {
                return Err("another change");
            };
            assert_eq!(facts.policy, Some(from.to_string()), "what was shown holds still");
            Ok(RelaxationDecision::Approve {
                policy: None,
                controls: Vec::new(),
            })
        });
        decided.await.unwrap().unwrap();
    }

    async fn approval(&self) -> (ApprovalMode, Vec<String>) {
        let about = self.zoom().await.description;
        (about.approval, about.approvers)
    }
}

#[tokio::test]
async fn a7_a_looser_approval_waits_for_a_second_person_and_opens_no_order_that_waits() {
    let bench = bench(|about| {
        (about.approval, about.approvers) = (ApprovalMode::Operator, vec!["anna".to_owned()]);
    })
    .await;
    let mut waiting = order("A", OrderKind::Install, "PC-1");
    waiting.approval = ApprovalMode::Operator;
    bench.store.place_order(waiting, Vec::new()).await.unwrap();
    let of_anna = (ApprovalMode::Operator, vec!["anna".to_owned()]);
    let (first, is_new) = bench.save_looser(ApprovalMode::Operator, &["anna", "carl"]).await;
    assert!(!is_new);
    let (second, _) = bench.save_looser(ApprovalMode::None, &[]).await;
    assert_ne!(first, second);
    assert_eq!(bench.approval().await, of_anna);
    // What leaves the approval alone leaves alone what waits.
    let same = with_approval(ApprovalMode::Operator, &["anna"]);
    assert_eq!(
        bench.store.save_application(same, judge_change).await.unwrap(),
        ApplicationSaved::Changed
    );
    let left: Vec<i64> = bench
        .store
        .list_relaxations(true)
        .await
        .unwrap()
        .iter()
        .map(|row| row.id)
        .collect();
    assert_eq!(left, [second], "the last wish of an account counts");
    bench.agree(second).await;
    assert_eq!(bench.approval().await, (ApprovalMode::None, Vec::new()));
    let order = bench.order("A").await;
    assert_eq!(
        (order.state, order.approval, order.approvers),
        (
            OrderState::WaitingForApproval,
            ApprovalMode::Operator,
            Some(vec!["anna".to_owned()])
        )
    );
    // Tighter at once.
    let tight = with_approval(ApprovalMode::Operator, &["anna"]);
    assert_eq!(
        bench.store.save_application(tight, judge_change).await.unwrap(),
        ApplicationSaved::Changed
    );
    assert_eq!(bench.approval().await, of_anna);
}

#[tokio::test]
async fn a7_whoever_links_an_app_again_does_not_get_rid_of_its_approval() {
    let bench = bench(|about| about.approval = ApprovalMode::Operator).await;
    let remove = async || {
        let removed = bench
            .store
            .begin_application_removal("zoom".to_owned(), false, |_| None);
        assert_eq!(removed.await.unwrap(), Some(0));
    };
    bench.save_looser(ApprovalMode::None, &[]).await;
    remove().await;
    assert_eq!(bench.store.list_relaxations(true).await.unwrap(), []);
    let (waits, is_new) = bench.save_looser(ApprovalMode::None, &[]).await;
    assert!(is_new);
    assert_eq!(bench.approval().await.0, ApprovalMode::Operator);
    bench.agree(waits).await;
    remove().await;
    let free = with_approval(ApprovalMode::None, &[]);
    assert_eq!(
        bench.store.save_application(free, judge_change).await.unwrap(),
        ApplicationSaved::Added
    );
}
