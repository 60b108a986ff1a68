//! Restart. Windows gives its user about five minutes.

use super::action_spec::{ActionSpec, ApiVersion, OutcomeTrace, PRIVILEGED};
use super::calls::post_action;
use super::requirements::{action_unfit, require_platform, require_supervision};
use crate::actions::subject::{Platform, Subject};
use crate::model::ActionKind;

pub(crate) static SPEC: ActionSpec = ActionSpec {
    verb: ActionKind::Reboot,
    summary: "restarts the device",
    version: ApiVersion::V1,
    permission: PRIVILEGED,
    // A second restart interrupts somebody again.
    repeatable: false,
    parameters: &[],
    rules: |_| Ok(()),
    trace: |_| OutcomeTrace {
        results: &["rebootNow"],
        audits: &["rebootNow"],
        ..OutcomeTrace::NONE
    },
    fits: |subject, _| {
        require_platform(subject, ABLE, "restarted", suggest_alternative)?;
        require_supervision(subject, "restarted")?;
        if subject.platform == Platform::TvOs && is_os_older(subject, (10, 2)) {
            return Err(action_unfit(
                "osVersion",
                "tvOS can be restarted from version 10.2",
                None,
            ));
        }
        Ok(())
    },
    call: |id, _, version| post_action(id, "rebootNow", version, None),
    effect: |subject, _| {
        match subject.platform {
            Platform::Windows => "warns its user and restarts after about five minutes; unsaved work is lost",
            Platform::ChromeOs => "restarts, if it runs as a kiosk",
            _ => "restarts; unsaved work is lost",
        }
        .to_owned()
    },
};

const ABLE: &[Platform] = &[
    Platform::Windows,
    Platform::MacOs,
    Platform::IosIpados,
    Platform::TvOs,
    Platform::AndroidCosu,
    Platform::AndroidCobo,
    Platform::AndroidAosp,
    Platform::ChromeOs,
];

fn suggest_alternative(platform: Platform) -> Option<&'static str> {
    match platform {
        Platform::AndroidCope | Platform::VisionOs => Some("`remoteLock` locks it; its user can restart it"),
        _ => Some("ask its user to restart it"),
    }
}

/// Major and minor number; a version that is not told is not older.
fn is_os_older(subject: &Subject, least: (u32, u32)) -> bool {
    let Some(major) = subject.os_major() else { return false };
    let version = subject.os_version.as_deref().unwrap_or_default();
    let minor = version
        .split('.')
        .nth(1)
        .and_then(|minor| minor.parse().ok())
        .unwrap_or(0);
    (major, minor) < least
}
