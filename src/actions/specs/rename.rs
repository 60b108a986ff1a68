//! Rename the device itself. `editName` changes only what Intune calls it.

use serde_json::json;

use super::action_spec::{
    ActionParameter, ActionSpec, ActionUnfit, ApiVersion, OutcomeTrace, PRIVILEGED, ParameterKind,
};
use super::calls::post_action;
use super::requirements::{action_unfit, require_company_owned, require_platform, require_supervision};
use crate::actions::subject::{Platform, Subject};
use crate::model::ActionKind;

pub(crate) static SPEC: ActionSpec = ActionSpec {
    verb: ActionKind::Rename,
    summary: "renames the device",
    version: ApiVersion::Beta,
    permission: PRIVILEGED,
    // The same name twice is the same name.
    repeatable: true,
    parameters: &[ActionParameter {
        name: "deviceName",
        kind: ParameterKind::Text { min: 1, max: 255 },
        required: true,
        secret: false,
        only_version: None,
        help: "the new name; Windows: 1 to 15 letters, digits and hyphens, not only digits, no hyphen at the start or end",
    }],
    rules: |_| Ok(()),
    trace: |_| OutcomeTrace {
        results: &["setDeviceName"],
        audits: &["setDeviceName"],
        ..OutcomeTrace::NONE
    },
    fits: |subject, parameters| {
        require_platform(subject, ABLE, "renamed", |_| {
            Some("`editName` changes the name that Intune shows for it")
        })?;
        require_supervision(subject, "renamed")?;
        if matches!(subject.platform, Platform::Windows | Platform::MacOs) {
            require_company_owned(subject, "renamed")?;
        }
        let name = parameters.text_value("deviceName").unwrap_or_default();
        match subject.platform {
            Platform::Windows => check_windows_name(subject, name),
            _ => check_apple_name(name),
        }
    },
    call: |id, parameters, version| {
        let body = json!({ "deviceName": parameters.text_value("deviceName").unwrap_or_default() });
        post_action(id, "setDeviceName", version, Some(body))
    },
    effect: |subject, _| {
        match subject.platform {
            Platform::Windows => "has the new name after its next restart, in Intune, Entra ID and on the network",
            Platform::AndroidCope | Platform::AndroidCobo | Platform::AndroidCosu => {
                "has the new name in Intune; the device itself does not change"
            }
            _ => "has the new name, on the device and in Intune",
        }
        .to_owned()
    },
};

const ABLE: &[Platform] = &[
    Platform::Windows,
    Platform::MacOs,
    Platform::IosIpados,
    Platform::AndroidCope,
    Platform::AndroidCobo,
    Platform::AndroidCosu,
];

/// NetBIOS names end here, and Windows does not take a longer one in a rename, although Intune's page says 63.
const WINDOWS_MAX: usize = 15;

/// What Windows refuses although Intune takes it: more than 15 characters, anything but letters, digits and hyphens, a hyphen
/// at either end, digits only. And a PC that is in a domain too can't be renamed from Intune.
fn check_windows_name(subject: &Subject, name: &str) -> Result<(), ActionUnfit> {
    if subject.join_type.as_deref() == Some("hybridAzureADJoined") {
        return Err(action_unfit(
            "joinType",
            "a PC that is also joined to Active Directory can't be renamed from Intune",
            Some("rename it in Active Directory"),
        ));
    }
    let chars = name.chars().count();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let why = match name {
        _ if !name.chars().all(is_plain) => {
            "it contains characters other than letters (A to Z), digits and hyphens".to_owned()
        }
        _ if chars > WINDOWS_MAX => format!("it has {chars} characters; Windows allows at most {WINDOWS_MAX}"),
        _ if name.starts_with('-') || name.ends_with('-') => "it begins or ends with a hyphen".to_owned(),
        _ if name.chars().all(|c| c.is_ascii_digit()) => "it has only digits".to_owned(),
        _ => return Ok(()),
    };
    Err(action_unfit(
        "parameter",
        format!("Windows does not accept the name {}: {why}", quote_name(name)),
        Some(
            "use another `deviceName`: 1 to 15 letters, digits and hyphens, at least one letter, no hyphen at the start or end",
        ),
    ))
}

/// Apple's systems take any name of a line; one that is blank, or begins or ends with a blank, is a slip of the hand.
fn check_apple_name(name: &str) -> Result<(), ActionUnfit> {
    if name.trim() == name && !name.is_empty() {
        Ok(())
    } else {
        Err(action_unfit(
            "parameter",
            format!("the name {} is blank, or begins or ends with a space", quote_name(name)),
            Some("remove these spaces from `deviceName`"),
        ))
    }
}

fn quote_name(name: &str) -> String {
    format!("\"{}\"", name.chars().take(80).collect::<String>())
}
