//! Devices of a job on which its action cannot work, known before it is taken: each is told with what works instead.

use super::ResolvedJob;
use crate::actions::guard::{self, PolicyCache, UnfitJob};
use crate::contract::{UnfitDevice, UnfitView};

/// Devices that are listed.
const LISTED: usize = 100;
/// Devices that a refusal names.
const NAMED: usize = 5;

/// Those that can't do it, as far as the inventory tells.
pub(super) fn list_unfit(resolved: &ResolvedJob) -> UnfitView {
    let policy = PolicyCache::default().compile_cached(resolved.policy.as_deref());
    let mut unfit = UnfitView::default();
    for target in &resolved.targets {
        let verdict = guard::check_device_ability(&policy, resolved.spec.verb, &target.subject, &resolved.parameters);
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
    if unfit.count == 0 || unfit.count < resolved.targets.len() as u64 {
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
        advice: format!("{instead}. Nothing was saved; dryRun shows each device."),
    })
}
