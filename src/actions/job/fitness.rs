//! Devices of a job on which its action cannot work, known before it is taken: each is told with what works instead.

use std::collections::HashMap;

use serde_json::Value;

use super::fresh_devices::ASKED_MAX;
use super::job_intake::JobIntake;
use super::resolved_job::ResolvedJob;
use crate::actions::guard::{self, PolicyCache, UnfitJob};
use crate::actions::subject::Subject;
use crate::contract::{UnfitDevice, UnfitView};
use crate::model::DeviceId;

/// Devices that are listed.
const LISTED: usize = 100;
/// Devices that a refusal names.
const NAMED: usize = 5;

/// Those that can't do it, as far as the inventory tells.
pub(super) fn list_unfit(resolved: &ResolvedJob) -> UnfitView {
    list_unfit_by(resolved, &HashMap::new())
}

/// The same, where a job would be refused by it: the inventory may be older than the owner or the system of a device, so
/// Intune is asked as for a dry run, if the devices are few.
pub(super) async fn confirm_unfit(intake: &JobIntake, resolved: &ResolvedJob, unfit: UnfitView) -> UnfitView {
    let ids: Vec<DeviceId> = resolved.targets.iter().map(|target| target.subject.id).collect();
    match &intake.fresh_devices {
        Some(fresh) if is_unfit_whole(resolved, &unfit) && ids.len() <= ASKED_MAX => {
            let fresh = fresh.read_fresh_devices(resolved.instance.name.clone(), ids).await;
            list_unfit_by(resolved, &fresh)
        }
        _ => unfit,
    }
}

/// Whether not one of the devices can do it.
fn is_unfit_whole(resolved: &ResolvedJob, unfit: &UnfitView) -> bool {
    unfit.count > 0 && unfit.count >= resolved.targets.len() as u64
}

/// The same by a reading. `fresh`: what Intune tells of them now, as far as it was asked; it goes before the inventory.
pub(super) fn list_unfit_by(resolved: &ResolvedJob, fresh: &HashMap<DeviceId, Option<Value>>) -> UnfitView {
    let policy = PolicyCache::default().compile_cached(resolved.policy.as_deref());
    let mut unfit = UnfitView::default();
    for target in &resolved.targets {
        let read = fresh.get(&target.subject.id).and_then(Option::as_ref);
        let read = read.and_then(Subject::from_device);
        let subject = read.as_ref().unwrap_or(&target.subject);
        let verdict = guard::check_device_ability(&policy, resolved.spec.verb, subject, &resolved.parameters);
        let Err(found) = verdict else { continue };
        unfit.count += 1;
        if unfit.devices.len() < LISTED {
            unfit.devices.push(UnfitDevice {
                device_id: target.subject.id,
                rule: found.code.to_owned(),
                reason: found.reason,
                instead: found.alternative,
            });
        }
    }
    unfit
}

/// What is said of a job of which no device can do it.
pub(super) fn refuse_unfit(resolved: &ResolvedJob, unfit: &UnfitView) -> Option<UnfitJob> {
    if !is_unfit_whole(resolved, unfit) {
        return None;
    }
    let verb = resolved.spec.verb;
    let named = unfit.devices.iter().take(NAMED);
    let mut reasons: Vec<String> = named
        .map(|device| format!("{}: {}", device.device_id, device.reason))
        .collect();
    let more = unfit.count.saturating_sub(reasons.len() as u64);
    if more > 0 {
        reasons.push(format!("and {more} more"));
    }
    let mut instead: Vec<&str> = unfit
        .devices
        .iter()
        .filter_map(|device| device.instead.as_deref())
        .collect();
    instead.sort_unstable();
    instead.dedup();
    let instead = match instead.as_slice() {
        [] => "Choose other devices".to_owned(),
        some => format!("Instead: {}", some.join("; ")),
    };
    let what = match unfit.count {
        1 => "this device".to_owned(),
        many => format!("any of these {many} devices"),
    };
    Some(UnfitJob {
        detail: format!("{verb} does not work on {what}. {}", reasons.join("; ")),
        advice: format!(
            "{instead}. Nothing was saved; dryRun shows each device. If a device has changed since it was read, run a scan first."
        ),
    })
}
