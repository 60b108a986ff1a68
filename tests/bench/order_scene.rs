//! App orders over a simulated tenant as the product carries them out: its store, its client of Graph and its workers, without
//! timetable and API around them.

use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use futures_util::{StreamExt, stream};
use intune_connector::contract::{ApprovalMode, OrderKind, OrderTargetKind};
use intune_connector::model::{InstanceId, OperatorId};
use intune_connector::observe::Clock;
use intune_connector::orders::approval_change::judge_approval_change;
use intune_connector::orders::assignment_plan::GroupName;
use intune_connector::orders::{OrderContext, OrderGraph, process_orders, read_order_status};
use intune_connector::store::{
    ApplicationDescription, ApplicationLinks, ApplicationSaved, NewApplication, NewOrder, OrderDevice, OrderPlaced,
    OrderRow, Store,
};
use simulated_tenant::software::Intent;
use tokio::sync::watch;
use uuid::Uuid;

use super::order_fleet::{Machine, OrderFleet, RequestCounts};

pub const APPLICATIONS: usize = 50;
/// One application in so many is for an app that all devices have anyway: its report has a row for each of them.
const EVERYWHERE: usize = 10;
const INSTANCE: InstanceId = InstanceId(1);
const NAME: &str = "IntuneAppOrders_1";
/// Who links and orders.
const BUYER: OperatorId = OperatorId(1);
/// Of what carries out orders without the product.
const CLAIM: &str = "bench";
const CLAIMED: usize = 1_000;
/// Acts on the store at the same time.
const AT_ONCE: usize = 64;
/// A little before now, as the tenant's clock has whole seconds.
const LATELY: TimeDelta = TimeDelta::seconds(2);
const DAY: TimeDelta = TimeDelta::days(1);
const STORED: &str = "the store does it";

pub struct OrderScene {
    pub fleet: OrderFleet,
    context: OrderContext,
    applications: Vec<LinkedApplication>,
    /// Orders of an application that the processor carries out.
    per_application: usize,
    _folder: tempfile::TempDir,
}

struct LinkedApplication {
    id: String,
    install_group: Uuid,
}

/// What one run of a worker took.
#[derive(Debug, Clone, Copy)]
pub struct WorkerRun {
    pub took: Duration,
    pub requests: RequestCounts,
}

impl OrderScene {
    /// A tenant with so many devices, applications that can be ordered, and so many open orders, each for another device.
    pub async fn prepare(devices: usize, orders: usize, seed: u64) -> OrderScene {
        let fleet = OrderFleet::start(devices, orders, seed).await;
        let folder = tempfile::tempdir().expect("a folder");
        let clock = Clock::system();
        let settings = Arc::new(fleet.settings());
        let context = OrderContext {
            store: Store::open(folder.path(), clock.clone(), [7; 32]).expect("the store opens"),
            graph: OrderGraph::new(&settings, clock.clone()).expect("the settings fit"),
            settings,
            instance: INSTANCE,
            name: NAME.parse().expect("it is a name"),
            clock,
            log: None,
            claim: Arc::from("worker"),
            failpoints: Default::default(),
        };
        let mut scene = OrderScene {
            fleet,
            context,
            applications: Vec::new(),
            per_application: orders / APPLICATIONS,
            _folder: folder,
        };
        for number in 0..APPLICATIONS {
            let linked = scene.link(number).await;
            scene.applications.push(linked);
        }
        scene.place(0..scene.per_application).await;
        scene
    }

    /// What the assignment worker makes, made at once: its writes have a budget of their own.
    async fn link(&self, number: usize) -> LinkedApplication {
        let (store, id) = (&self.context.store, format!("app-{number:02}"));
        let app = self.fleet.add_app(&id, number.is_multiple_of(EVERYWHERE));
        let saved = store.save_application(new_application(&id, app), judge_approval_change);
        let saved = saved.await.expect(STORED);
        assert_eq!(saved, ApplicationSaved::Added);
        let row = store.load_application(id.clone()).await.expect(STORED);
        let row = row.expect("it was added");
        let groups = [OrderKind::Install, OrderKind::Uninstall].map(|kind| {
            let name = GroupName::new(&row, kind, &self.context.settings.group_name);
            self.fleet
                .add_group(&name.display_name, &name.nickname, &name.description())
        });
        let [install_group, uninstall_group] = groups;
        let links = ApplicationLinks {
            install_group: Some(install_group.to_string()),
            uninstall_group: Some(uninstall_group.to_string()),
            install_assignment: Some(self.fleet.assign_to_group(app, Intent::Required, install_group)),
            uninstall_assignment: Some(self.fleet.assign_to_group(app, Intent::Uninstall, uninstall_group)),
            ..ApplicationLinks::default()
        };
        store.record_application_links(row.key, links).await.expect(STORED);
        assert!(store.complete_application(row.key).await.expect(STORED));
        LinkedApplication { id, install_group }
    }

    /// The device of an order, by the numbers of its application and of the order within that.
    fn machine_of(&self, application: usize, number: usize) -> &Machine {
        let machines = &self.fleet.machines;
        &machines[(application * self.per_application + number) % machines.len()]
    }

    /// Orders with these numbers for each application, in turns, as shops place them.
    async fn place(&self, numbers: Range<usize>) {
        let places = numbers.flat_map(|number| (0..APPLICATIONS).map(move |application| (application, number)));
        let placing = places.map(|(application, number)| async move {
            let id = format!("order-{application:02}-{number:05}");
            let machine = self.machine_of(application, number);
            let new = new_order(&id, &self.applications[application].id, &machine.name);
            let placed = self.context.store.place_order(new, Vec::new()).await.expect(STORED);
            assert!(matches!(placed, OrderPlaced::Placed(_)), "{placed:?}");
        });
        let placing = stream::iter(placing).buffer_unordered(AT_ONCE);
        placing.for_each(|()| std::future::ready(())).await;
    }

    /// The Intune Order Processor, until no order is due.
    pub async fn process(&self) -> WorkerRun {
        let began = self.begin();
        let counts = process_orders(&self.context, &never_cancelled()).await.expect(STORED);
        let run = self.end(began);
        assert_eq!(
            counts.processed,
            self.fleet.machines.len() as u64,
            "not all were processed: {counts:?}, {run:?}"
        );
        run
    }

    /// One interval of the Intune Order Status Processor, after which so many orders are open as before.
    pub async fn read_status(&self, open: usize) -> WorkerRun {
        let began = self.begin();
        let counts = read_order_status(&self.context, &never_cancelled())
            .await
            .expect(STORED);
        let run = self.end(began);
        assert_eq!(
            (counts.orders, counts.unread, counts.done + counts.failed),
            (open as u64, 0, 0),
            "not all were looked at and stay open: {counts:?}, {run:?}"
        );
        run
    }

    fn begin(&self) -> Instant {
        self.fleet.forget_counts();
        Instant::now()
    }

    fn end(&self, began: Instant) -> WorkerRun {
        WorkerRun {
            took: began.elapsed(),
            requests: self.fleet.read_counts(),
        }
    }

    /// More orders until so many wait for their status, put into store and tenant without the processor, which would need
    /// minutes for them.
    pub async fn fill_up(&self, open: usize) {
        let numbers = self.per_application..open / APPLICATIONS;
        for (application, linked) in self.applications.iter().enumerate() {
            let members = numbers
                .clone()
                .map(|number| self.machine_of(application, number).object());
            self.fleet.add_members(linked.install_group, members);
        }
        self.place(numbers).await;
        let OrderContext {
            store, clock, settings, ..
        } = &self.context;
        let tenant = &settings.tenant.tenant_id;
        loop {
            let claimed = store
                .claim_due_orders(INSTANCE, tenant, CLAIM, clock.now(), CLAIMED)
                .await;
            let claimed = claimed.expect(STORED);
            if claimed.is_empty() {
                return;
            }
            let finishing = claimed.into_iter().map(|order| self.finish(order));
            let finishing = stream::iter(finishing).buffer_unordered(AT_ONCE);
            finishing.for_each(|()| std::future::ready(())).await;
        }
    }

    /// What is kept of an order when its membership is changed.
    async fn finish(&self, order: OrderRow) {
        let OrderContext { store, clock, .. } = &self.context;
        let machine = self.fleet.machine_named(&order.target);
        let (object, name) = (machine.object().to_string(), Some(machine.name.clone()));
        let device = OrderDevice {
            intune_id: Some(machine.intune.to_string()),
            entra_id: Some(machine.entra.to_string()),
            object_id: Some(object.clone()),
            name: name.clone(),
            ..OrderDevice::default()
        };
        let resolved = store.resolve_order(order.key, CLAIM, object, name, vec![device], |_| None);
        let replaced = resolved.await.expect(STORED);
        assert!(replaced.is_empty(), "{replaced:?}");
        let at = clock.now() - LATELY;
        store.set_report_start(order.key, at).await.expect(STORED);
        let marked = store.mark_order_processed(order.key, CLAIM, at, at + DAY).await;
        assert!(marked.expect(STORED), "{} is another's", order.id);
    }

    pub fn store_mib(&self) -> f64 {
        self.context.store.size_bytes() as f64 / 1_048_576.0
    }
}

fn never_cancelled() -> watch::Receiver<bool> {
    watch::channel(false).1
}

fn new_application(id: &str, app: Uuid) -> NewApplication {
    NewApplication {
        id: id.to_owned(),
        instance: INSTANCE,
        app: app.to_string(),
        app_name: id.to_owned(),
        app_type: "win32LobApp".to_owned(),
        platform: Some("windows".to_owned()),
        description: ApplicationDescription {
            display_name: id.to_owned(),
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
        by: BUYER,
    }
}

fn new_order(id: &str, application: &str, device: &str) -> NewOrder {
    NewOrder {
        id: id.to_owned(),
        application: application.to_owned(),
        kind: OrderKind::Install,
        target_kind: OrderTargetKind::Device,
        target: device.to_owned(),
        approval: ApprovalMode::None,
        placed_by: BUYER,
        language: None,
        note: None,
        warnings: Vec::new(),
        digest: id.to_owned(),
    }
}
