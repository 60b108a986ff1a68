//! What beta adds to a `managedDevice`: 28 properties.

use serde_json::json;

use super::hardware;
use super::property::{Blank, GET_LIST, Ops, PLAIN, Property, Rule, SELECT, SELECT_FALSE, SELECT_LIST, SELECT_ZERO};
use super::property::{Val, View, maybe, text};
use crate::world::Ticks;

const fn row(name: &'static str, rule: Rule, get: for<'a> fn(View<'a>) -> Val<'a>) -> Property {
    Property {
        name,
        rule,
        ops: Ops::None,
        get,
    }
}

const ACTIONS: Rule = Rule {
    list_blank: Blank::List,
    get_blank: Blank::List,
    ..PLAIN
};

/// "By default most properties are null/0/false", and not the whole.
const HARDWARE: Rule = Rule {
    list_blank: Blank::Hardware,
    get_blank: Blank::Hardware,
    ..SELECT
};

pub(super) const BETA: &[Property] = &[
    row("aadRegistered", PLAIN, |v| Val::Flag(v.device.entra.is_some())),
    row("autopilotEnrolled", PLAIN, |v| {
        Val::Flag(v.device.kind.profile == Some("Autopilot, user driven"))
    }),
    row("azureActiveDirectoryDeviceId", PLAIN, |v| {
        maybe(Some(v.device.entra.unwrap_or_default().to_string()))
    }),
    row("bootstrapTokenEscrowed", SELECT_FALSE, |v| {
        Val::Flag(v.device.kind.os == "macOS")
    }),
    row("chassisType", PLAIN, |v| text(v.device.kind.chassis)),
    row("chromeOSDeviceInfo", SELECT_LIST, |_| Val::Made(json!([]))),
    row("cloudPcRemoteActionResults", ACTIONS, |_| Val::Null),
    row("configurationManagerClientHealthState", PLAIN, |_| Val::Null),
    row("configurationManagerClientInformation", PLAIN, |_| Val::Null),
    row("deviceFirmwareConfigurationInterfaceManaged", PLAIN, |_| {
        Val::Flag(false)
    }),
    row("deviceType", PLAIN, |v| text(v.device.kind.device_type)),
    row("enrolledByUserPrincipalName", PLAIN, |v| {
        v.user.map_or(Val::Null, |user| text(&*user.principal_name))
    }),
    row("hardwareInformation", HARDWARE, hardware::shown),
    row("joinType", PLAIN, |v| {
        text(match (v.device.entra, v.device.kind.os, v.device.company) {
            (None, ..) => "unknown",
            (_, "Windows", true) => "azureADJoined",
            _ => "azureADRegistered",
        })
    }),
    row("lostModeState", PLAIN, |_| text("disabled")),
    row("managementFeatures", PLAIN, |_| text("none")),
    row("ownerType", PLAIN, |v| {
        text(if v.device.company { "company" } else { "personal" })
    }),
    row("preferMdmOverGroupPolicyAppliedDateTime", PLAIN, |_| {
        Val::Moment(Ticks::NEVER)
    }),
    row("processorArchitecture", PLAIN, |v| {
        text(if v.device.kind.os == "Windows" {
            "x64"
        } else {
            "unknown"
        })
    }),
    row("retireAfterDateTime", PLAIN, |_| Val::Moment(Ticks::NEVER)),
    row("roleScopeTagIds", GET_LIST, |_| Val::Made(json!(["0"]))),
    row("securityPatchLevel", PLAIN, |v| {
        if v.device.kind.os == "Android" {
            text("2026-09-01")
        } else {
            Val::Null
        }
    }),
    row("skuFamily", PLAIN, |v| {
        text(if v.device.kind.os == "Windows" {
            "Enterprise"
        } else {
            ""
        })
    }),
    row("skuNumber", PLAIN, |v| {
        Val::Number(if v.device.kind.os == "Windows" { 4 } else { 0 })
    }),
    row("specificationVersion", PLAIN, |_| Val::Null),
    row("usersLoggedOn", PLAIN, |v| {
        Val::Made(v.user.map_or(json!([]), |user| {
            let mut at = String::new();
            v.device.last_sync.write_seconds(&mut at);
            json!([{"userId": user.id.to_string(), "lastLogOnDateTime": at}])
        }))
    }),
    row("windowsActiveMalwareCount", SELECT_ZERO, |_| Val::Number(0)),
    row("windowsRemediatedMalwareCount", SELECT_ZERO, |_| Val::Number(0)),
];
