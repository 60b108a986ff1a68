//! What each device of a job would come to, with nothing sent. For what is more than harmless and names few devices, Intune
//! is asked as it is before a call: only a single GET tells what is pending on a device (A6). Where it can't be asked, and
//! for many devices, the inventory is what there is, and it is said.

use std::collections::HashMap;
use std::time::Duration;

use futures_util::future::BoxFuture;
use serde_json::Value;

use super::aim::Aimed;
use super::problem::{JobError, WouldBe};
use super::{Desk, Order};
use crate::actions::guard::before_call::PENDING;
use crate::actions::guard::pending::{self, PendingAction};
use crate::actions::guard::policy::Compiled;
use crate::actions::guard::{self, Policies};
use crate::actions::subject::Subject;
use crate::actions::verbs::Unfit;
use crate::graph::Graph;
use crate::model::{Danger, DeviceId, InstanceName, TaskState, Verb, WhenPending};

/// Devices of which Intune is asked for one dry run: one batch.
pub const ASKED_MAX: usize = crate::graph::MAX_BATCH;
/// How long a dry run waits for Intune; then the inventory has to do.
const ASKS: Duration = Duration::from_secs(10);

/// Who can ask Intune for devices.
pub trait FreshDevices: Send + Sync {
    /// What Intune tells of each now, `None` for one that it does not know (404); those that could not be read are left
    /// out. At most [`ASKED_MAX`] of them.
    fn read(&self, instance: InstanceName, ids: Vec<DeviceId>) -> BoxFuture<'_, HashMap<DeviceId, Option<Value>>>;
}

/// One instance's own client.
impl FreshDevices for Graph {
    fn read(&self, _: InstanceName, ids: Vec<DeviceId>) -> BoxFuture<'_, HashMap<DeviceId, Option<Value>>> {
        Box::pin(async move {
            let asked = self.devices_batch(&ids, Some(Subject::SELECT));
            let answers = match tokio::time::timeout(ASKS, asked).await {
                Ok(Ok(answers)) => answers,
                Ok(Err(error)) => {
                    tracing::warn!(error = %error, "Intune could not be asked for a dry run; the inventory has to do");
                    return HashMap::new();
                }
                Err(_) => return HashMap::new(),
            };
            let told = answers.into_iter().filter_map(|(id, answer)| match answer {
                Ok(reading) => Some((id, Some(serde_json::from_slice(&reading.body).ok()?))),
                Err(error) if error.is_not_found() => Some((id, None)),
                Err(_) => None,
            });
            told.collect()
        })
    }
}

pub(super) async fn guard_each(desk: &Desk, order: &Order, when: WhenPending) -> Result<Vec<WouldBe>, JobError> {
    let policy = Policies::default().of(order.policy.as_deref());
    let ids: Vec<DeviceId> = order.aimed.iter().map(|aimed| aimed.subject.id).collect();
    let asks = order.spec.danger() != Danger::Harmless && ids.len() <= ASKED_MAX;
    let fresh = match &desk.fresh {
        Some(fresh) if asks => fresh.read(order.instance.name.clone(), ids).await,
        _ => HashMap::new(),
    };
    let tenant = order.instance.tenant_id.to_ascii_lowercase();
    let mut all = Vec::new();
    for aimed in &order.aimed {
        let own = match order.spec.danger() {
            Danger::Harmless => Vec::new(),
            _ => desk.store.device_under_way(tenant.clone(), aimed.subject.id).await?,
        };
        all.push(would(order, &policy, aimed, fresh.get(&aimed.subject.id), &own, when));
    }
    Ok(all)
}

/// `fresh`: `None` where Intune was not asked, inner `None` where it does not know the device.
fn would(
    order: &Order,
    policy: &Compiled,
    aimed: &Aimed,
    fresh: Option<&Option<Value>>,
    own: &[(Verb, TaskState)],
    when: WhenPending,
) -> WouldBe {
    let verb = order.spec.verb;
    let read = fresh.and_then(Option::as_ref);
    let stored = || serde_json::from_str(aimed.body.as_deref().unwrap_or_default()).unwrap_or_default();
    let device: Value = read.cloned().unwrap_or_else(stored);
    let subject = read.and_then(Subject::read);
    let subject = subject.as_ref().unwrap_or(&aimed.subject);
    let shown = pending::of_others(pending::shown(&device), own);
    let unfit = guard::lets_be_touched(policy, verb, subject, &device.to_string(), &order.parameters)
        .err()
        .or_else(|| is_gone(fresh))
        .or_else(|| stopped(verb, &shown, when));
    let effect = order.spec.effect_on(subject, &order.parameters);
    WouldBe {
        device_id: aimed.subject.id,
        device: aimed.shown(),
        would: unfit.is_none(),
        effect: match pending::sentence(&shown) {
            // First: what comes last in a long sentence is cut off in a table.
            Some(sentence) => format!("{}{sentence}; {effect}", then(verb, &shown, when)),
            None => effect,
        },
        pending: shown,
        fresh: fresh.is_some(),
        rule: unfit.as_ref().map(|unfit| unfit.code.to_owned()),
        reason: unfit.as_ref().map(|unfit| unfit.reason.clone()),
        instead: unfit.and_then(|unfit| unfit.instead),
    }
}

fn is_gone(fresh: Option<&Option<Value>>) -> Option<Unfit> {
    matches!(fresh, Some(None)).then(|| Unfit {
        code: "notFound",
        reason: "Intune does not know the device any more".to_owned(),
        instead: None,
    })
}

fn stopped(verb: Verb, shown: &[PendingAction], when: WhenPending) -> Option<Unfit> {
    let others: Vec<PendingAction> = shown
        .iter()
        .filter(|other| pending::stops(verb, other))
        .cloned()
        .collect();
    let reason = pending::sentence(&others).filter(|_| when == WhenPending::Stop)?;
    Some(Unfit {
        code: PENDING,
        reason,
        instead: Some(pending::INSTEAD.to_owned()),
    })
}

/// What is done about it, before it is named.
fn then(verb: Verb, shown: &[PendingAction], when: WhenPending) -> &'static str {
    let stops = shown.iter().any(|other| pending::stops(verb, other));
    match when {
        WhenPending::Wait if stops => "it waits, for ",
        WhenPending::GoOn if stops => "it is sent although ",
        WhenPending::Stop | WhenPending::Wait | WhenPending::GoOn => "",
    }
}
