//! What a device says of an app: a function of what is wanted, of what was before, and of the clock.

use super::assignment::Intent;
use crate::world::Ticks;

/// `resultantAppState`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub enum InstallState {
    NotApplicable,
    Installed,
    Failed,
    NotInstalled,
    UninstallFailed,
    PendingInstall,
    Unknown,
}

impl InstallState {
    /// The enum's value, which reports carry.
    pub fn number(self) -> i64 {
        match self {
            InstallState::NotApplicable => -1,
            InstallState::Installed => 1,
            InstallState::Failed => 2,
            InstallState::NotInstalled => 3,
            InstallState::UninstallFailed => 4,
            InstallState::PendingInstall => 5,
            InstallState::Unknown => 99,
        }
    }

    /// The enum's member.
    pub fn name(self) -> &'static str {
        match self {
            InstallState::NotApplicable => "notApplicable",
            InstallState::Installed => "installed",
            InstallState::Failed => "failed",
            InstallState::NotInstalled => "notInstalled",
            InstallState::UninstallFailed => "uninstallFailed",
            InstallState::PendingInstall => "pendingInstall",
            InstallState::Unknown => "unknown",
        }
    }

    /// For people.
    pub fn label(self) -> &'static str {
        match self {
            InstallState::NotApplicable => "Not applicable",
            InstallState::Installed => "Installed",
            InstallState::Failed => "Failed",
            InstallState::NotInstalled => "Not installed",
            InstallState::UninstallFailed => "Uninstall failed",
            InstallState::PendingInstall => "Install pending",
            InstallState::Unknown => "Unknown",
        }
    }

    pub fn is_final(self) -> bool {
        !matches!(self, InstallState::PendingInstall | InstallState::Unknown)
    }
}

/// What a device last said of an app.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InstallRow {
    pub state: InstallState,
    pub at: Ticks,
    /// A signed 32-bit number, as reports have it; 0 is none.
    pub error_code: i32,
}

/// What a device is wanted to do with an app.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Wanted {
    pub intent: Intent,
    pub since: Ticks,
}

/// How it will go.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plan {
    /// The device begins to speak of it.
    pub begins: Ticks,
    /// It has ended; never where there is none.
    pub ends: Option<Ticks>,
    pub state: InstallState,
    pub error_code: i32,
}

/// `plan` says how a wish goes; `None` where the device never speaks of it.
pub(super) fn row(
    wanted: Option<Wanted>,
    past: Option<InstallRow>,
    plan: impl FnOnce(Wanted) -> Option<Plan>,
    now: Ticks,
) -> Option<InstallRow> {
    let Some(wanted) = wanted else { return past };
    let Some(plan) = plan(wanted) else { return past };
    if now < plan.begins {
        return past;
    }
    if let Some(ends) = plan.ends.filter(|ends| *ends <= now) {
        return Some(InstallRow {
            state: plan.state,
            at: ends,
            error_code: plan.error_code,
        });
    }
    let was_installed = past.is_some_and(|past| past.state == InstallState::Installed);
    let state = match wanted.intent {
        // The removal of what is there does not show until it has ended.
        Intent::Uninstall if was_installed => return past,
        Intent::Uninstall => InstallState::Unknown,
        _ => InstallState::PendingInstall,
    };
    Some(InstallRow {
        state,
        at: plan.begins,
        error_code: 0,
    })
}
