//! Rename the device itself. `editName` changes only what Intune calls it.

use serde_json::json;

use super::call::post;
use super::fit::{corporate, only_on, supervised, unfit};
use super::spec::{ApiVersion, Kind, PRIVILEGED, Parameter, Trace, Unfit, VerbSpec};
use crate::actions::subject::{Platform, Subject};
use crate::model::Verb;

pub static SPEC: VerbSpec = VerbSpec {
    verb: Verb::Rename,
    summary: "gives the device another name",
    version: ApiVersion::Beta,
    permission: PRIVILEGED,
    // The same name twice is the same name.
    repeatable: true,
    parameters: &[Parameter {
        name: "deviceName",
        kind: Kind::Text { min: 1, max: 255 },
        required: true,
        secret: false,
        only: None,
        help: "the new name; Windows: 1 to 15 letters, digits and hyphens, not digits only, no hyphen at its ends",
    }],
    rules: |_| Ok(()),
    trace: |_| Trace {
        results: &["setDeviceName"],
        audits: &["setDeviceName"],
        ..Trace::NONE
    },
    fits: |subject, parameters| {
        only_on(subject, ABLE, "renamed", |_| {
            Some("`editName` changes the name that Intune shows for it")
        })?;
        supervised(subject, "renamed")?;
        if matches!(subject.platform, Platform::Windows | Platform::MacOs) {
            corporate(subject, "renamed")?;
        }
        let name = parameters.text("deviceName").unwrap_or_default();
        match subject.platform {
            Platform::Windows => windows(subject, name),
            _ => plain(name),
        }
    },
    call: |id, parameters, version| {
        let body = json!({ "deviceName": parameters.text("deviceName").unwrap_or_default() });
        post(id, "setDeviceName", version, Some(body))
    },
    effect: |subject, _| {
        match subject.platform {
            Platform::Windows => "has the new name after its next restart, in Intune, Entra ID and on the network",
            Platform::AndroidCope | Platform::AndroidCobo | Platform::AndroidCosu => {
                "has the new name in Intune; on the device itself nothing changes"
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
fn windows(subject: &Subject, name: &str) -> Result<(), Unfit> {
    if subject.join_type.as_deref() == Some("hybridAzureADJoined") {
        return Err(unfit(
            "joinType",
            "a PC that is joined to Active Directory as well can't be renamed from Intune",
            Some("rename it in Active Directory"),
        ));
    }
    let chars = name.chars().count();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let why = match name {
        _ if !name.chars().all(is_plain) => {
            "it holds something else than letters (A to Z), digits and hyphens".to_owned()
        }
        _ if chars > WINDOWS_MAX => format!("it has {chars} characters; Windows takes {WINDOWS_MAX} at most"),
        _ if name.starts_with('-') || name.ends_with('-') => "it begins or ends with a hyphen".to_owned(),
        _ if name.chars().all(|c| c.is_ascii_digit()) => "it has nothing but digits".to_owned(),
        _ => return Ok(()),
    };
    Err(unfit(
        "parameter",
        format!("Windows does not take the name {}: {why}", quoted(name)),
        Some("another `deviceName`: 1 to 15 letters, digits and hyphens, with a letter, no hyphen at its ends"),
    ))
}

/// Apple's systems take any name of a line; one that is blank, or begins or ends with a blank, is a slip of the hand.
fn plain(name: &str) -> Result<(), Unfit> {
    match name.trim() == name && !name.is_empty() {
        true => Ok(()),
        false => Err(unfit(
            "parameter",
            format!("the name {} is blank, or begins or ends with a blank", quoted(name)),
            Some("`deviceName` without the blanks"),
        )),
    }
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.chars().take(80).collect::<String>())
}
