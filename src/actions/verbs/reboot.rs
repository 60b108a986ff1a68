//! Restart. Windows gives its user about five minutes.

use super::call::post;
use super::fit::{only_on, supervised, unfit};
use super::spec::{ApiVersion, PRIVILEGED, Trace, VerbSpec};
use crate::actions::subject::{Platform, Subject};
use crate::model::Verb;

pub static SPEC: VerbSpec = VerbSpec {
    verb: Verb::Reboot,
    summary: "restarts the device",
    version: ApiVersion::V1,
    permission: PRIVILEGED,
    // A second restart interrupts somebody again.
    repeatable: false,
    parameters: &[],
    rules: |_| Ok(()),
    trace: |_| Trace {
        results: &["rebootNow"],
        audits: &["rebootNow"],
        ..Trace::NONE
    },
    fits: |subject, _| {
        only_on(subject, ABLE, "restarted", instead)?;
        supervised(subject, "restarted")?;
        if subject.platform == Platform::TvOs && is_older(subject, (10, 2)) {
            return Err(unfit("osVersion", "tvOS can be restarted from version 10.2 on", None));
        }
        Ok(())
    },
    call: |id, _, version| post(id, "rebootNow", version, None),
    effect: |subject, _| {
        match subject.platform {
            Platform::Windows => "warns its user and restarts after about five minutes; work that is not saved is lost",
            Platform::ChromeOs => "restarts, if it runs as a kiosk",
            _ => "restarts; work that is not saved is lost",
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

fn instead(platform: Platform) -> Option<&'static str> {
    match platform {
        Platform::AndroidCope | Platform::VisionOs => Some("`remoteLock` locks it; its user can restart it"),
        _ => Some("its user can restart it"),
    }
}

/// Major and minor number; a version that is not told is not older.
fn is_older(subject: &Subject, least: (u32, u32)) -> bool {
    let Some(major) = subject.os_major() else { return false };
    let version = subject.os_version.as_deref().unwrap_or_default();
    let minor = version
        .split('.')
        .nth(1)
        .and_then(|minor| minor.parse().ok())
        .unwrap_or(0);
    (major, minor) < least
}
