//! Carries out the look-ups of a target. A failed request is an error, and tried again; a target that is not there, or of
//! which there are two, is an answer.

use super::graph_trouble::GraphNeed;
use super::order_graph::OrderGraph;
use super::order_target::{
    FoundTarget, ManagedDeviceFacts, ambiguous_user, choose_device, choose_user, plan_device_lookups, plan_user_lookup,
    unregistered_device,
};
use super::order_text::OrderTrouble;
use super::target_judgement::{TargetJudgement, judge_target};
use crate::config::OrderSettings;
use crate::contract::{OrderKind, OrderTargetKind};
use crate::graph::GraphError;
use crate::store::{ApplicationRow, OrderDevice};

/// What did not work, and which permission it needs.
#[derive(Debug, Clone)]
pub struct LookupFailure {
    pub error: GraphError,
    pub need: GraphNeed,
}

type LookupResult<T> = Result<Result<T, OrderTrouble>, LookupFailure>;

fn failed_as(need: GraphNeed) -> impl Fn(GraphError) -> LookupFailure {
    move |error| LookupFailure { error, need }
}

/// `check_emails`: addresses have to be unique.
pub async fn find_target(
    graph: &OrderGraph,
    kind: OrderTargetKind,
    given: &str,
    check_emails: bool,
) -> LookupResult<FoundTarget> {
    match kind {
        OrderTargetKind::User => find_user(graph, given, check_emails).await,
        OrderTargetKind::Device => find_device(graph, given).await,
    }
}

async fn find_user(graph: &OrderGraph, given: &str, check_emails: bool) -> LookupResult<FoundTarget> {
    let found = graph
        .find_users(&plan_user_lookup(given))
        .await
        .map_err(failed_as(GraphNeed::ReadUsers))?;
    let user = match choose_user(given, found, check_emails) {
        Ok(user) => user,
        Err(trouble) => return Ok(Err(trouble)),
    };
    if let Some(mail) = user.mail.as_ref().filter(|_| check_emails) {
        let same = graph
            .list_users("mail", mail)
            .await
            .map_err(failed_as(GraphNeed::ReadUsers))?;
        if same.len() > 1 {
            return Ok(Err(ambiguous_user(mail, same.len())));
        }
    }
    let managed = match &user.sign_in_name {
        Some(name) => graph
            .user_devices(name)
            .await
            .map_err(failed_as(GraphNeed::ReadManagedDevices))?,
        None => Vec::new(),
    };
    Ok(Ok(FoundTarget {
        object_id: user.object_id,
        name: user.sign_in_name.or(user.mail),
        devices: managed.iter().map(|device| order_device(device, None)).collect(),
        managed,
        is_enabled: user.is_enabled,
    }))
}

async fn find_device(graph: &OrderGraph, given: &str) -> LookupResult<FoundTarget> {
    let mut found = Vec::new();
    for lookup in plan_device_lookups(given) {
        let devices = graph.find_devices(&lookup).await;
        found.extend(devices.map_err(failed_as(GraphNeed::ReadManagedDevices))?);
    }
    let device = match choose_device(given, found) {
        Ok(device) => device,
        Err(trouble) => return Ok(Err(trouble)),
    };
    let name = device.name.clone().unwrap_or_else(|| device.intune_id.clone());
    let Some(entra_id) = &device.entra_id else {
        return Ok(Err(unregistered_device(&name)));
    };
    let registered = graph
        .find_directory_devices(entra_id)
        .await
        .map_err(failed_as(GraphNeed::ReadDirectoryDevices))?;
    // Ids of devices are unique in a directory.
    let Some(registered) = registered.into_iter().next() else {
        return Ok(Err(unregistered_device(&name)));
    };
    Ok(Ok(FoundTarget {
        devices: vec![order_device(&device, Some(registered.object_id.clone()))],
        object_id: registered.object_id,
        name: Some(name),
        managed: vec![device],
        is_enabled: true,
    }))
}

fn order_device(device: &ManagedDeviceFacts, object_id: Option<String>) -> OrderDevice {
    OrderDevice {
        intune_id: Some(device.intune_id.clone()),
        entra_id: device.entra_id.clone(),
        object_id,
        name: device.name.clone(),
        ..OrderDevice::default()
    }
}

/// Whether an order for this target could be carried out, before it is taken. The caller limits how long it may take.
pub(super) async fn check_order_target(
    graph: &OrderGraph,
    settings: &OrderSettings,
    application: &ApplicationRow,
    kind: OrderKind,
    (target_kind, given): (OrderTargetKind, &str),
) -> Result<TargetJudgement, LookupFailure> {
    let found = find_target(graph, target_kind, given, settings.check_emails).await?;
    Ok(match found {
        Ok(found) => judge_target(application, kind, target_kind, &found),
        Err(trouble) => TargetJudgement::Refused(trouble),
    })
}
