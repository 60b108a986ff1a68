//! The status of one instance as the API shows it: from its row, slot, member and scans.

use super::instances::{InstanceSlot, Instances};
use crate::contract::{InstanceState, InstanceStatus, LifecycleState, MemberStatus, RefusalView, UnreadView};
use crate::entra::credential_expiry;
use crate::inventory::fleet_confirmation::fleet_view;
use crate::inventory::scan_runner::ScanRunnerStatus;
use crate::refusal::{RememberedRefusal, ResourceFamily};
use crate::store::InstanceRow;

fn refusal_views(instances: &Instances, slot: &InstanceSlot) -> Vec<RefusalView> {
    let active = slot
        .settings
        .as_ref()
        .map(|settings| instances.refusals.active_refusals(settings));
    let view = |(family, refusal): (ResourceFamily, RememberedRefusal)| RefusalView {
        what: family.name().to_owned(),
        until: refusal.until,
        asked: refusal.timed,
        code: refusal.cause.code,
        reason: refusal.cause.text,
        advice: refusal.cause.advice,
    };
    active.into_iter().flatten().map(view).collect()
}

/// `member`: how the supervisor sees it, and whether it is there to run anything.
pub(super) fn build_status(
    instances: &Instances,
    row: &InstanceRow,
    slot: &InstanceSlot,
    (member, supervised): (Option<&MemberStatus>, bool),
    devices: u64,
    waiting: u64,
) -> InstanceStatus {
    let ScanRunnerStatus {
        running,
        failing,
        last_full,
        last_incremental,
        paused_until,
        scheduled,
        users_refused,
        ..
    } = slot.status.borrow().clone();
    let supervised = member.filter(|_| supervised).map(|member| member.state);
    let (state, cause, detail) = match (&slot.failure, &failing) {
        (Some(trouble), _) => {
            let detail = format!("{}; {}", trouble.problem, trouble.advice);
            (InstanceState::Misconfigured, Some(trouble.code.clone()), Some(detail))
        }
        (None, _) if !slot.enabled => (InstanceState::Disabled, None, None),
        (None, _) if supervised == Some(LifecycleState::BackingOff) => {
            let error = member.and_then(|member| member.last_error.as_ref());
            let (code, detail) = error.map(|error| (error.code.clone(), error.problem.clone())).unzip();
            (InstanceState::Failing, code, detail)
        }
        (None, Some((code, detail))) => (InstanceState::Failing, Some(code.clone()), Some(detail.clone())),
        (None, None) if supervised == Some(LifecycleState::Stopped) => (InstanceState::Stopped, None, None),
        (None, None) if waiting > 0 => (InstanceState::Braked, Some("brake".into()), None),
        (None, None) if running.is_some() => (InstanceState::Scanning, None, None),
        (None, None) => (InstanceState::Idle, None, None),
    };
    let fleet = fleet_view(&row.fleet);
    let next_full = instances.next_scan_at(row.id, "full");
    InstanceStatus {
        name: row.name.clone(),
        state,
        cause,
        detail,
        profile: row.profile.clone(),
        tenant_id: row.tenant_id.clone(),
        devices,
        complete: row.fleet.is_proven(),
        unread: UnreadView::default(),
        last_full,
        last_incremental,
        // One that it needs by itself comes when the pause ends, whatever the schedule says.
        next_full: if scheduled {
            next_full.into_iter().chain(fleet.next_try).min()
        } else {
            paused_until.or(fleet.next_try)
        },
        fleet,
        refused: refusal_views(instances, slot),
        primary_users_refused: users_refused,
        next_incremental: instances.next_scan_at(row.id, "incremental"),
        waiting_confirmation: waiting,
        changed_workflows: Vec::new(),
        credential_days_left: slot
            .settings
            .as_ref()
            .and_then(|settings| credential_expiry(&settings.credential, instances.clock.now()))
            .map(|expiry| expiry.days_left),
    }
}
