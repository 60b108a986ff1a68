//! Refusals in words that people understand: why not, and what this device can do instead.

use super::action_spec::ActionUnfit;
use crate::actions::subject::{Ownership, Platform, Subject};

/// Every Android that belongs to the company as a whole: what resets it resets all of it.
pub(super) const ANDROID_COMPANY: &[Platform] = &[
    Platform::AndroidCope,
    Platform::AndroidCobo,
    Platform::AndroidCosu,
    Platform::AndroidAosp,
];

pub(super) fn action_unfit(code: &'static str, reason: impl Into<String>, instead: Option<&str>) -> ActionUnfit {
    ActionUnfit {
        code,
        reason: reason.into(),
        alternative: instead.map(str::to_owned),
    }
}

/// `done` is a participle: "locked remotely", as in "Windows can't be locked remotely".
pub(super) fn require_platform(
    subject: &Subject,
    able: &[Platform],
    done: &str,
    instead: fn(Platform) -> Option<&'static str>,
) -> Result<(), ActionUnfit> {
    let platform = subject.platform;
    if able.contains(&platform) {
        Ok(())
    } else if platform == Platform::Unknown {
        Err(unknown_platform(subject, done))
    } else {
        Err(action_unfit(
            "platform",
            format!("{platform} can't be {done}"),
            instead(platform),
        ))
    }
}

/// Unknown is refused: a guess decides what is lost.
fn unknown_platform(subject: &Subject, done: &str) -> ActionUnfit {
    let told = |value: &Option<String>| match value {
        Some(value) => format!("\"{}\"", value.chars().take(60).collect::<String>()),
        None => "not reported".to_owned(),
    };
    action_unfit(
        "unknownPlatform",
        format!(
            "the kind of device is unknown (operating system {}, enrolment {}), so it is not {done}",
            told(&subject.operating_system),
            told(&subject.enrollment_type)
        ),
        Some("`sync` works on it; do everything else in the Intune console, which shows its kind"),
    )
}

/// Only of iPhones and iPads: other platforms pass.
pub(super) fn require_supervision(subject: &Subject, done: &str) -> Result<(), ActionUnfit> {
    if subject.platform == Platform::IosIpados && subject.is_supervised == Some(false) {
        return Err(action_unfit(
            "supervision",
            format!("only supervised iPhones and iPads can be {done}; this one is not supervised"),
            Some("Apple's Automated Device Enrolment makes a device supervised; until then, `remoteLock` works"),
        ));
    }
    Ok(())
}

/// Ownership that is not told counts as personal.
pub(super) fn require_company_owned(subject: &Subject, done: &str) -> Result<(), ActionUnfit> {
    match subject.ownership {
        Ownership::Company => Ok(()),
        Ownership::Personal | Ownership::Unknown => Err(action_unfit(
            "ownership",
            format!("only company devices can be {done}; Intune does not list this one as a company device"),
            Some("if it is one, set that with `editOwner`"),
        )),
    }
}

/// By Apple's Automated Device Enrolment.
pub(super) fn require_apple_automated(subject: &Subject, done: &str) -> Result<(), ActionUnfit> {
    if subject.is_apple_automated() == Some(false) {
        return Err(action_unfit(
            "enrollment",
            format!(
                "only devices from Apple's Automated Device Enrolment can be {done}; this one was enrolled in another way"
            ),
            None,
        ));
    }
    Ok(())
}

/// Lost mode is told by beta only; where it is not told, Intune has to judge.
pub(super) fn require_lost_mode(subject: &Subject, done: &str) -> Result<(), ActionUnfit> {
    let is_off = subject
        .lost_mode_state
        .as_deref()
        .is_some_and(|state| state != "enabled");
    if subject.platform == Platform::IosIpados && is_off {
        return Err(action_unfit(
            "lostMode",
            format!("an iPhone or iPad can be {done} only while it is in lost mode"),
            Some("send `enableLostMode` first"),
        ));
    }
    Ok(())
}

pub(super) fn no_alternative(_: Platform) -> Option<&'static str> {
    None
}
