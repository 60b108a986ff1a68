//! What the steps of a check come to. Pure.

use std::time::{Duration, SystemTime};

use super::list_rows::DeviceField;
use crate::contract::CheckStep;
use crate::targets::step_maker::StepMaker;

/// Versions before this one answer otherwise.
const OLDEST: (u32, u32) = (4, 2);
/// The first one that knows tokens of version 2.
const SECOND_TOKENS: (u32, u32) = (4, 5);
/// The first one that tells of the end of tokens of version 1.
const LATE_TOKENS: (u32, u32) = (4, 6);
/// The first one without them.
const NO_FIRST_TOKENS: (u32, u32) = (5, 0);
/// Clocks further apart than this are told.
const CLOCK_MOST: Duration = Duration::from_secs(60);

/// `4.6.8`, or `4.6.8-Docker-3.4.1`.
fn read_version(text: &str) -> Option<(u32, u32)> {
    let mut parts = text.trim().trim_start_matches('v').split(['.', '-']);
    let major = parts.next()?.parse().ok()?;
    let minor = parts.next()?.parse().ok()?;
    Some((major, minor))
}

pub(super) fn judge_version(told: Option<&str>, has_second_version: bool) -> CheckStep {
    let step = StepMaker::new("version", "NetBox");
    let Some((version, number)) = told.and_then(|text| Some((text, read_version(text)?))) else {
        return step.note(
            "the version is not told",
            "no action needed if NetBox is version 4.2 or newer",
        );
    };
    if number < OLDEST {
        return step.fail(
            "tooOld",
            format!("NetBox {version} is older than 4.2"),
            "upgrade NetBox",
        );
    }
    if has_second_version && number < SECOND_TOKENS {
        return step.fail(
            "tokenVersion",
            format!("NetBox {version} knows no tokens of version 2"),
            "make a token of version 1 in NetBox and set it as `token`",
        );
    }
    if !has_second_version && number >= NO_FIRST_TOKENS {
        return step.fail(
            "tokenVersion",
            format!("NetBox {version} takes no tokens of version 1"),
            "make a token of version 2 (`nbt_…`) in NetBox and set it as `token`",
        );
    }
    if !has_second_version && number >= LATE_TOKENS {
        return step.note(
            format!("NetBox {version}; it is the last major version that takes tokens of version 1"),
            "make a token of version 2 (`nbt_…`) in NetBox before it is upgraded to 5.0, and set it as `token`",
        );
    }
    step.pass(format!("NetBox {version}"))
}

pub(super) fn judge_field(step: StepMaker, field: Option<&DeviceField>) -> CheckStep {
    match field {
        Some(field) if field.kind != "text" => {
            let kind = &field.kind;
            step.fail(
                "fieldType",
                format!("it is of type {kind}, not text"),
                "set `id_field` to the name of a custom field of devices of type text, or to one that is not there yet",
            )
        }
        Some(field) if !field.is_unique => step.note(
            "it is there, and not unique",
            "make its values unique in NetBox (Customization, Custom Fields)",
        ),
        Some(_) => step.pass("it is there, of type text, and unique"),
        None => step.note(
            "it is not there yet; it is made with the first device, where the user of the token may",
            "make it now: intune-connector targets fields TARGET --make",
        ),
    }
}

/// A site, a role, a tag.
pub(super) fn judge_name(step: StepMaker, is_there: bool) -> CheckStep {
    if is_there {
        return step.pass("it is there");
    }
    step.note(
        "it is not there yet; it is made with the first device, where the user of the token may",
        "no action needed; or make it in NetBox under this name",
    )
}

pub(super) fn judge_time(theirs: Option<SystemTime>, ours: SystemTime) -> CheckStep {
    let step = StepMaker::new("time", "NetBox");
    let Some(theirs) = theirs else {
        return step.pass("the time over there is not told");
    };
    let apart = ours.duration_since(theirs).unwrap_or_else(|behind| behind.duration());
    if apart <= CLOCK_MOST {
        return step.pass("the clocks agree");
    }
    let seconds = apart.as_secs();
    step.note(
        format!("the clock of NetBox is {seconds} s away from that of this machine"),
        "set both by a time server",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::CheckStepState;

    #[test]
    fn a_version_takes_its_own_tokens() {
        use CheckStepState::{Failed, Note, Ok};
        for (version, has_second_version, state) in [
            ("4.1.11", false, Failed),
            ("4.2.0", false, Ok),
            ("4.5.3-Docker-3.4.1", false, Ok),
            ("4.4.9", true, Failed),
            ("4.5.0", true, Ok),
            ("4.6.8", true, Ok),
            ("4.6.8", false, Note),
            ("5.0.0", false, Failed),
            ("5.0.0", true, Ok),
            ("soon", true, Note),
        ] {
            let step = judge_version(Some(version), has_second_version);
            assert_eq!(step.state, state, "{version} {has_second_version}: {step:?}");
        }
        assert_eq!(judge_version(None, true).state, Note);
    }

    #[test]
    fn the_field_of_our_id_is_of_text_and_better_unique() {
        let field = |kind: &str, is_unique| DeviceField {
            name: "intune_id".to_owned(),
            label: "intune_id".to_owned(),
            kind: kind.to_owned(),
            is_of_devices: true,
            is_unique,
        };
        let state = |field: Option<&DeviceField>| judge_field(StepMaker::new("customField", "intune_id"), field).state;
        assert_eq!(state(Some(&field("text", true))), CheckStepState::Ok);
        assert_eq!(state(Some(&field("text", false))), CheckStepState::Note);
        assert_eq!(state(Some(&field("integer", true))), CheckStepState::Failed);
        assert_eq!(state(None), CheckStepState::Note);
    }

    #[test]
    fn clocks_that_differ_are_told_with_how_much() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000);
        assert_eq!(judge_time(Some(now), now).state, CheckStepState::Ok);
        let step = judge_time(Some(now - Duration::from_secs(300)), now);
        assert!(
            step.state == CheckStepState::Note && step.detail.contains("300 s"),
            "{step:?}"
        );
    }
}
