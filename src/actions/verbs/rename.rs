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
        help: "the new name; Windows: at most 63 letters, digits and hyphens, not digits only",
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
        if subject.platform == Platform::Windows {
            windows(subject, parameters.text("deviceName").unwrap_or_default())?;
        }
        Ok(())
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

/// Windows: 63 characters at most, letters, digits and hyphens, not only digits; and a PC that is in a domain too can't
/// be renamed from Intune.
fn windows(subject: &Subject, name: &str) -> Result<(), Unfit> {
    if subject.join_type.as_deref() == Some("hybridAzureADJoined") {
        return Err(unfit(
            "joinType",
            "a PC that is joined to Active Directory as well can't be renamed from Intune",
            Some("rename it in Active Directory"),
        ));
    }
    let is_plain = name.len() <= 63 && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if !is_plain || name.bytes().all(|b| b.is_ascii_digit()) {
        return Err(unfit(
            "parameter",
            "a Windows name has at most 63 letters, digits and hyphens, and not only digits",
            Some("another `deviceName`"),
        ));
    }
    Ok(())
}
