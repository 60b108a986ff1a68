//! The kind of microservice that takes orders for apps: it has the settings and the client of its tenant, lends them to
//! the engine that runs its three workflows, and sends what shops are told. It reads no inventory and is no instance.

use std::panic::resume_unwind;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use secrecy::ExposeSecret;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tracing::Instrument;
use uuid::Uuid;

use super::approval_answers::ApprovalAnswers;
use super::connector::store_failure;
use super::instance_core::InstanceCore;
use super::kept_settings::build_kept_settings;
use super::order_leases::{OrderLease, OrderWake};
use crate::bus::supervisor::{MemberContext, MemberFailure, MemberFuture, MemberSpec, MicroserviceKind};
use crate::config::{OrderDraft, OrderSettings};
use crate::model::{InstanceId, InstanceName};
use crate::orders::{OrderContext, OrderGraph, OrderLog};
use crate::store::{MemberRow, WebhookPurpose};
use crate::webhooks::{WebhookKey, WebhookSender, WebhookTarget};

/// As the manifest has it.
pub(crate) const ORDERS: &str = "intune-app-orders";

pub(crate) struct OrdersKind(pub Arc<InstanceCore>);

impl MicroserviceKind for OrdersKind {
    fn name(&self) -> &'static str {
        ORDERS
    }

    fn start<'a>(
        &'a self,
        member: &'a MemberSpec,
        context: MemberContext,
    ) -> BoxFuture<'a, Result<MemberFuture, MemberFailure>> {
        Box::pin(async move {
            let orders = build_context(&self.0, member).await?;
            let wake = OrderWake::new(orders.clock.clone());
            let sender = build_sender(&orders, wake.clone())?;
            let running: MemberFuture = Box::pin(run_orders(self.0.clone(), orders, wake, sender, context));
            Ok(running)
        })
    }
}

async fn build_context(core: &InstanceCore, member: &MemberSpec) -> Result<OrderContext, MemberFailure> {
    let name: InstanceName = member
        .name
        .parse()
        .map_err(|_| MemberFailure::new("name", "its name is not a valid instance name", "remove the product"))?;
    let rows = core.store.list_members(Some(member.installation)).await;
    let rows = rows.map_err(|error| store_failure(&error))?;
    let row = rows.into_iter().find(|row| row.name == member.name);
    let row = row.ok_or_else(|| {
        MemberFailure::new(
            "settingsMissing",
            format!("{name} is not installed"),
            "install the product again",
        )
    })?;
    let settings = Arc::new(read_order_settings(core, &row)?);
    let graph = OrderGraph::new(&settings, core.clock.clone())
        .map_err(|error| MemberFailure::new(error.code(), error.to_string(), error.advice()))?;
    graph
        .client()
        .connect_metrics(&core.metrics, &settings.tenant.tenant_id);
    let log = settings.order_log.then(|| open_log(core, &name, &settings)).flatten();
    Ok(OrderContext {
        store: core.store.clone(),
        graph,
        log,
        settings,
        instance: InstanceId(member.installation),
        name,
        clock: core.clock.clone(),
        // Another one for each start: what an earlier start had claimed is taken over.
        claim: Arc::from(Uuid::new_v4().simple().to_string()),
        failpoints: core.order_failpoints.clone(),
    })
}

/// The log of the three jobs, beside the other logs of the installation. Orders go on without it.
fn open_log(core: &InstanceCore, name: &InstanceName, settings: &OrderSettings) -> Option<OrderLog> {
    let folder = core.folder.log_folder().join(name.as_str());
    match OrderLog::open(&folder, settings.zone, core.clock.clone()) {
        Ok(log) => Some(log),
        Err(error) => {
            tracing::warn!(error = %error, "cannot start the log of orders; they go on without it");
            None
        }
    }
}

/// What the bus keeps for an installation of app orders.
pub(crate) fn read_order_settings(core: &InstanceCore, row: &MemberRow) -> Result<OrderSettings, MemberFailure> {
    build_kept_settings(core, row, |opened| {
        let pairs = opened.iter().map(|(key, value)| (key.as_str(), value.as_str()));
        let draft = OrderDraft::from_pairs(pairs).map_err(|error| vec![error])?;
        draft.build_settings()
    })
}

async fn run_orders(
    core: Arc<InstanceCore>,
    orders: OrderContext,
    wake: OrderWake,
    sender: WebhookSender,
    context: MemberContext,
) -> Result<(), MemberFailure> {
    let (number, name) = (orders.instance, orders.name.clone());
    let (lease_guard, mut guards_dropped) = mpsc::channel(1);
    let lease = OrderLease {
        wake,
        context: orders,
        lease_guard,
    };
    core.leases.orders.set_lease(number, Some(lease));
    let (halt_sender, halted) = watch::channel(false);
    let mut sending = JoinSet::new();
    sending.spawn(sender.run(halted).in_current_span());
    let ended = tokio::select! {
        () = context.wait_for_stop() => None,
        ended = sending.join_next() => ended,
    };
    // Who works on orders has to rest before this ends.
    core.leases.orders.set_lease(number, None);
    let _: Option<()> = guards_dropped.recv().await;
    halt_sender.send_replace(true);
    let last = sending.join_next().await;
    match ended.or(last) {
        Some(Err(error)) if error.is_panic() => resume_unwind(error.into_panic()),
        _ if context.is_stopping() => Ok(()),
        _ => {
            let problem = format!("the sender of messages of {name} stopped unexpectedly");
            Err(MemberFailure::new("ended", problem, "see the log of the bus").into_transient())
        }
    }
}

/// Posts what shops are told, and takes the answers to questions for approval.
fn build_sender(orders: &OrderContext, wake: OrderWake) -> Result<WebhookSender, MemberFailure> {
    let settings = &orders.settings;
    let target = |url: &Option<url::Url>, keys: &[secrecy::SecretString]| -> Result<_, MemberFailure> {
        let Some(url) = url.clone() else { return Ok(None) };
        let keys = keys.iter().map(|key| WebhookKey::parse(key.expose_secret()));
        let keys = keys.collect::<Result<Vec<WebhookKey>, _>>();
        let keys = keys.map_err(|error| MemberFailure::new("settings", error.to_string(), error.advice()))?;
        Ok(Some(Arc::new(WebhookTarget {
            url,
            keys,
            allow_private: settings.allow_private_addresses,
            network: settings.tenant.network.clone(),
        })))
    };
    let status = target(&settings.status_url, &settings.status_keys)?;
    let approval = target(&settings.approval_url, &settings.approval_keys)?;
    let targets = move |purpose: WebhookPurpose| match purpose {
        WebhookPurpose::OrderStatus => status.clone(),
        WebhookPurpose::ApprovalRequest => approval.clone(),
    };
    Ok(WebhookSender::new(
        orders.store.clone(),
        orders.instance,
        Arc::new(targets),
        Arc::new(ApprovalAnswers::new(orders, wake)),
        orders.clock.clone(),
    ))
}
