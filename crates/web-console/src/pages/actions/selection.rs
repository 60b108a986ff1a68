//! Which devices a job is for: read anew each time, each with its place in the feed, so that what is sent is what was seen.

use connector_core::model::{ActionDanger, DeviceId, InstanceName, Seq};
use futures_util::future;
use http::StatusCode;
use sics_client::contract::{DeviceView, DevicesQuery, ShownDevice};

use super::draft::{DraftTarget, JobDraft};
use crate::failure::PageFailure;
use crate::page::PageContext;

/// Devices that a form carries by name; more go by a filter.
const NAMED_MAX: usize = 1_000;
/// Devices that are asked for at once.
const AT_ONCE: usize = 16;

/// The devices of a job as they are known now.
pub(super) struct Selection {
    pub(super) instance: InstanceName,
    /// Those that are named; empty where a filter selects.
    pub(super) devices: Vec<SelectedDevice>,
    /// CEL that is sent in the place of names.
    pub(super) filter: Option<String>,
    /// How many they are.
    pub(super) count: u64,
    /// Named ones that the instance does not have.
    pub(super) missing: Vec<DeviceId>,
}

/// A device that was chosen.
pub(super) struct SelectedDevice {
    pub(super) id: DeviceId,
    pub(super) seq: Seq,
    pub(super) shown: ShownDevice,
    /// By the name that the list of actions uses.
    pub(super) platform: String,
}

impl SelectedDevice {
    fn new(device: &DeviceView) -> SelectedDevice {
        SelectedDevice {
            id: device.device_id,
            seq: device.seq,
            shown: serde_json::from_str(device.device.get()).unwrap_or_default(),
            platform: device.platform.clone(),
        }
    }
}

impl Selection {
    /// Names for the job, with what was seen of each.
    pub(super) fn targets(&self) -> Vec<DraftTarget> {
        let targets = self.devices.iter().map(|device| DraftTarget {
            id: device.id,
            seq: Some(device.seq),
            instance: None,
        });
        targets.collect()
    }
}

fn unmet(code: &str) -> PageFailure {
    PageFailure::plain(StatusCode::UNPROCESSABLE_ENTITY, code)
}

/// The instance that is named, the only one, or the only one that has the first device.
pub(super) async fn choose_instance(ctx: &PageContext, draft: &JobDraft) -> Result<InstanceName, PageFailure> {
    if draft.instances.len() > 1 {
        return Err(unmet("actions-several-instances"));
    }
    if !draft.instances.is_empty() {
        return draft.instance().ok_or_else(|| unmet("actions-which-instance"));
    }
    let known = ctx
        .account()
        .map(|account| account.instances.as_slice())
        .unwrap_or_default();
    let known: Vec<InstanceName> = known.iter().filter_map(|name| name.parse().ok()).collect();
    if let [only] = known.as_slice() {
        return Ok(only.clone());
    }
    let Some(first) = draft.targets.first() else {
        return Err(unmet("actions-which-instance"));
    };
    let mut having = Vec::new();
    for name in known {
        if ctx.client().show_device(&name, first.id).await.is_ok() {
            having.push(name);
        }
    }
    match having.as_slice() {
        [only] => Ok(only.clone()),
        _ => Err(unmet("actions-which-instance")),
    }
}

/// What the draft selects, as it is now.
pub(super) async fn read_selection(
    ctx: &PageContext,
    draft: &JobDraft,
    danger: ActionDanger,
) -> Result<Selection, PageFailure> {
    let instance = choose_instance(ctx, draft).await?;
    if !draft.targets.is_empty() {
        return read_named(ctx, instance, draft).await;
    }
    // What destroys names each device.
    let by_filter = draft.list_filters.is_empty() && danger != ActionDanger::Destructive;
    if by_filter {
        count_matching(ctx, instance, draft).await
    } else {
        read_listed(ctx, instance, draft).await
    }
}

async fn read_named(ctx: &PageContext, instance: InstanceName, draft: &JobDraft) -> Result<Selection, PageFailure> {
    if draft.targets.len() > NAMED_MAX {
        return Err(unmet("actions-too-many-named"));
    }
    let (client, mut answers) = (ctx.client(), Vec::new());
    for some in draft.targets.chunks(AT_ONCE) {
        let reads = some.iter().map(|target| client.show_device(&instance, target.id));
        let read = future::join_all(reads).await;
        answers.extend(some.iter().map(|target| target.id).zip(read));
    }
    let (mut devices, mut missing) = (Vec::new(), Vec::new());
    for (id, answer) in answers {
        match answer {
            Ok(device) => devices.push(SelectedDevice::new(&device)),
            Err(error) if error.status == Some(404) => missing.push(id),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(Selection {
        count: devices.len() as u64,
        instance,
        devices,
        filter: None,
        missing,
    })
}

/// The filters of the list of devices.
fn list_query(instance: &InstanceName, draft: &JobDraft) -> DevicesQuery {
    let filter = |name: &str| draft.list_filters.get(name).cloned();
    DevicesQuery {
        instance: Some(instance.to_string()),
        filter: Some(draft.filter.clone()).filter(|filter| !filter.is_empty()),
        search: filter("search"),
        name: filter("name"),
        serial: filter("serial"),
        user: filter("user"),
        platform: filter("platform"),
        compliance: filter("compliance"),
        ownership: filter("ownership"),
        checked_in_before: filter("checkedInBefore"),
        checked_in_after: filter("checkedInAfter"),
        ..DevicesQuery::default()
    }
}

/// A filter alone is sent as it is, with the number of devices that it finds now.
async fn count_matching(ctx: &PageContext, instance: InstanceName, draft: &JobDraft) -> Result<Selection, PageFailure> {
    let query = DevicesQuery {
        count: Some(true),
        limit: Some(0),
        ..list_query(&instance, draft)
    };
    let view = ctx.client().list_devices(&query).await?;
    Ok(Selection {
        instance,
        devices: Vec::new(),
        filter: Some(draft.filter.clone()),
        count: view.matching.unwrap_or_default(),
        missing: Vec::new(),
    })
}

/// All devices that a list shows, by name.
async fn read_listed(ctx: &PageContext, instance: InstanceName, draft: &JobDraft) -> Result<Selection, PageFailure> {
    let query = DevicesQuery {
        limit: Some(NAMED_MAX),
        ..list_query(&instance, draft)
    };
    let view = ctx.client().list_devices(&query).await?;
    if view.after.is_some() {
        return Err(unmet("actions-too-many-named"));
    }
    let devices: Vec<SelectedDevice> = view.devices.iter().map(SelectedDevice::new).collect();
    Ok(Selection {
        count: devices.len() as u64,
        instance,
        devices,
        filter: None,
        missing: Vec::new(),
    })
}
