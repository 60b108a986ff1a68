//! Orders in a real store.

mod order_flow;
mod order_rules;
mod order_upkeep;

use chrono::TimeDelta;

use super::*;
use crate::observe::Clock;
use crate::store::Store;

const INSTANCE: InstanceId = InstanceId(7);
/// Of the instance.
const TENANT: &str = "7e0a0000-0000-4000-8000-000000000001";
const ANNA: OperatorId = OperatorId(1);

struct Bench {
    _folder: tempfile::TempDir,
    store: Store,
    clock: Clock,
}

/// A store with one application, `zoom`, that can be ordered.
async fn bench(change: impl FnOnce(&mut ApplicationDescription)) -> Bench {
    let folder = tempfile::tempdir().unwrap();
    let clock = Clock::manual(crate::model::parse_time("2026-03-01T08:00:00Z").unwrap());
    let store = Store::open(folder.path(), clock.clone(), [0; 32]).unwrap();
    let mut new = application("zoom", "app-1");
    change(&mut new.description);
    assert_eq!(
        store.save_application(new, judge_change).await.unwrap(),
        ApplicationSaved::Added
    );
    let bench = Bench {
        _folder: folder,
        store,
        clock,
    };
    let key = bench.zoom().await.key;
    assert!(bench.store.complete_application(key).await.unwrap());
    bench
}

/// As the flow judges it, roughly: fewer have to agree, or more may.
fn judge_change(held: &ApplicationApproval, wished: &ApplicationApproval, id: &str) -> Option<String> {
    let is_looser = wished.approval == ApprovalMode::None || wished.approvers.len() > held.approvers.len();
    (held.approval != ApprovalMode::None && is_looser).then(|| format!("{id} is looser"))
}

fn application(id: &str, app: &str) -> NewApplication {
    NewApplication {
        id: id.to_owned(),
        instance: INSTANCE,
        app: app.to_owned(),
        app_name: "Zoom Client".to_owned(),
        app_type: "win32LobApp".to_owned(),
        platform: Some("windows".to_owned()),
        description: ApplicationDescription {
            display_name: "Zoom für alle".to_owned(),
            comment: None,
            cost: None,
            currency: None,
            mandatory: false,
            reshoppable: false,
            targets: Vec::new(),
            approval: ApprovalMode::None,
            approvers: Vec::new(),
            deputies: Vec::new(),
            licences: None,
            cost_centre: None,
            term_days: None,
            reminder_days: None,
        },
        by: ANNA,
    }
}

fn order(id: &str, kind: OrderKind, device: &str) -> NewOrder {
    NewOrder {
        id: id.to_owned(),
        application: "zoom".to_owned(),
        kind,
        target_kind: OrderTargetKind::Device,
        target: device.to_owned(),
        approval: ApprovalMode::None,
        placed_by: ANNA,
        language: Some(Language::De),
        note: None,
        warnings: Vec::new(),
        digest: format!("{id} {kind:?} {device}"),
    }
}

fn done(expires_at: Option<Timestamp>) -> OrderEnd {
    OrderEnd {
        state: OrderState::Done,
        expires_at,
        ..OrderEnd::without_success(OrderState::Done)
    }
}

impl Bench {
    async fn zoom(&self) -> ApplicationRow {
        self.store.load_application("zoom".to_owned()).await.unwrap().unwrap()
    }

    async fn order(&self, id: &str) -> OrderRow {
        self.store.load_order(id.to_owned()).await.unwrap().unwrap()
    }

    async fn state(&self, id: &str) -> OrderState {
        self.order(id).await.state
    }

    async fn place(&self, id: &str, kind: OrderKind, device: &str) -> OrderRow {
        let placed = self
            .store
            .place_order(order(id, kind, device), Vec::new())
            .await
            .unwrap();
        let OrderPlaced::Placed(row) = placed else {
            panic!("{placed:?}")
        };
        row
    }

    async fn install(&self, id: &str, device: &str) -> OrderRow {
        self.place(id, OrderKind::Install, device).await
    }

    async fn claim(&self, claim: &str) -> Vec<String> {
        let now = self.clock.now();
        let claimed = self.store.claim_due_orders(INSTANCE, TENANT, claim, now, 100);
        let claimed = claimed.await.unwrap();
        claimed.into_iter().map(|order| order.id).collect()
    }

    async fn resolve(&self, id: &str, claim: &str, object: &str) -> Vec<String> {
        let key = self.order(id).await.key;
        let name = Some("PC".to_owned());
        let tell = |row: &OrderRow| Some(webhook(&row.id, WebhookPurpose::OrderStatus));
        let replaced = self
            .store
            .resolve_order(key, claim, object.to_owned(), name, Vec::new(), tell);
        replaced.await.unwrap().into_iter().map(|order| order.id).collect()
    }

    async fn process(&self, id: &str, claim: &str) -> bool {
        let (key, now) = (self.order(id).await.key, self.clock.now());
        let deadline = now + TimeDelta::hours(24);
        self.store
            .mark_order_processed(key, claim, now, deadline)
            .await
            .unwrap()
    }

    /// From acceptance to its success.
    async fn carry_out(&self, id: &str, object: &str, expires_at: Option<Timestamp>) {
        assert!(self.claim("worker").await.contains(&id.to_owned()));
        assert_eq!(self.resolve(id, "worker", object).await, [""; 0]);
        assert!(self.process(id, "worker").await);
        let key = self.order(id).await.key;
        assert!(self.store.end_order(key, done(expires_at), None).await.unwrap());
    }

    async fn events(&self, id: &str) -> Vec<OrderEvent> {
        let events = self.store.list_order_events(id.to_owned()).await.unwrap();
        events.into_iter().map(|row| row.event).collect()
    }
}

fn webhook(subject: &str, purpose: WebhookPurpose) -> NewWebhook {
    NewWebhook {
        purpose,
        subject: subject.to_owned(),
        body: "{}".to_owned(),
    }
}
