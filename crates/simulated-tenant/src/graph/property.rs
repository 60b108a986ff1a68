//! The properties of a `managedDevice`: one row each, in the order in which Intune writes them, with what the list and
//! a single GET make of it and which filters its documentation allows. [`super::render`] and [`super::filter`] know
//! nothing of single properties; they read this table.

use std::borrow::Cow;

use serde_json::Value;

use crate::world::{Device, Metal, Ticks, User};

/// A device with its user, as the getters see it.
#[derive(Clone, Copy)]
pub struct View<'a> {
    pub device: &'a Device,
    pub user: Option<&'a User>,
}

/// A value before it is written.
#[derive(Debug, Clone)]
pub(super) enum Val<'a> {
    Null,
    Text(Cow<'a, str>),
    Flag(bool),
    Number(i64),
    Moment(Ticks),
    Set(&'a Value),
    Made(Value),
}

/// What stands for a value that is absent or not shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Blank {
    Null,
    Text(&'static str),
    Zero,
    False,
    List,
    /// All fields of `hardwareInformation`, and nothing in them.
    Hardware,
}

/// Where a property shows its value. A single GET differs from the list in ways that no document promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rule {
    pub in_list: bool,
    /// In a single GET only where `$select` names it.
    pub only_selected: bool,
    /// Left out of a v1.0 list without `$select`, as captures show for `managementState`.
    pub omitted: bool,
    pub list_blank: Blank,
    pub get_blank: Blank,
}

/// The filters that the property's documentation names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ops {
    None,
    Eq,
    EqNe,
    Date,
    Contains,
    EqContains,
}

pub(super) struct Property {
    pub name: &'static str,
    pub rule: Rule,
    pub ops: Ops,
    pub get: for<'a> fn(View<'a>) -> Val<'a>,
}

pub(super) const PLAIN: Rule = Rule {
    in_list: true,
    only_selected: false,
    omitted: false,
    list_blank: Blank::Null,
    get_blank: Blank::Null,
};
/// "Only populated by GET of one device with the property in `$select`."
pub(super) const SELECT: Rule = Rule {
    in_list: false,
    only_selected: true,
    ..PLAIN
};
pub(super) const SELECT_ZERO: Rule = Rule {
    list_blank: Blank::Zero,
    get_blank: Blank::Zero,
    ..SELECT
};
pub(super) const SELECT_FALSE: Rule = Rule {
    list_blank: Blank::False,
    get_blank: Blank::False,
    ..SELECT
};
pub(super) const SELECT_LIST: Rule = Rule {
    list_blank: Blank::List,
    get_blank: Blank::List,
    ..SELECT
};
const SELECT_TEXT: Rule = Rule {
    get_blank: Blank::Text(""),
    ..SELECT
};
const GET_ONLY: Rule = Rule {
    in_list: false,
    ..PLAIN
};
pub(super) const GET_LIST: Rule = Rule {
    list_blank: Blank::List,
    get_blank: Blank::List,
    ..GET_ONLY
};
/// Absent is "" in the list and null in a single GET.
const TEXT: Rule = Rule {
    list_blank: Blank::Text(""),
    ..PLAIN
};
const CATEGORY: Rule = Rule {
    list_blank: Blank::Text("Unknown"),
    get_blank: Blank::Text(""),
    ..PLAIN
};
const OMITTED: Rule = Rule { omitted: true, ..PLAIN };

const fn row(name: &'static str, rule: Rule, ops: Ops, get: for<'a> fn(View<'a>) -> Val<'a>) -> Property {
    Property { name, rule, ops, get }
}

pub(super) fn text<'a>(value: impl Into<Cow<'a, str>>) -> Val<'a> {
    Val::Text(value.into())
}

pub(super) fn maybe(value: Option<String>) -> Val<'static> {
    value.map_or(Val::Null, |value| Val::Text(value.into()))
}

fn platform_flag(view: View<'_>, platform: &str) -> bool {
    view.device.kind.os == platform
}

/// v1.0: the id and the 55 properties.
pub(super) const V1: &[Property] = &[
    row("id", PLAIN, Ops::None, |v| maybe(Some(v.device.id.to_string()))),
    row("userId", PLAIN, Ops::None, |v| {
        v.user.map_or(text(""), |user| maybe(Some(user.id.to_string())))
    }),
    row("deviceName", PLAIN, Ops::EqContains, |v| text(&*v.device.name)),
    row("managedDeviceOwnerType", PLAIN, Ops::None, |v| {
        text(if v.device.company { "company" } else { "personal" })
    }),
    row("enrolledDateTime", PLAIN, Ops::Date, |v| Val::Moment(v.device.enrolled)),
    row("lastSyncDateTime", PLAIN, Ops::Date, |v| {
        Val::Moment(v.device.last_sync)
    }),
    row("operatingSystem", PLAIN, Ops::Eq, |v| text(v.device.kind.os)),
    row("osVersion", PLAIN, Ops::Contains, |v| text(&*v.device.os_version)),
    row("complianceState", PLAIN, Ops::Eq, |v| text(&*v.device.compliance)),
    row("jailBroken", PLAIN, Ops::Eq, |v| {
        text(if platform_flag(v, "Windows") {
            "Unknown"
        } else {
            "False"
        })
    }),
    row("managementAgent", PLAIN, Ops::Eq, |v| text(v.device.kind.agent)),
    row("easActivated", PLAIN, Ops::None, |v| {
        Val::Flag(platform_flag(v, "Windows"))
    }),
    row("easDeviceId", PLAIN, Ops::None, |v| {
        maybe(v.device.of_metal(Metal::Eas))
    }),
    row("easActivationDateTime", PLAIN, Ops::None, |_| Val::Moment(Ticks::NEVER)),
    row("azureADRegistered", PLAIN, Ops::None, |v| {
        Val::Flag(v.device.entra.is_some())
    }),
    row("deviceEnrollmentType", PLAIN, Ops::None, |v| {
        text(v.device.kind.enrollment)
    }),
    row("activationLockBypassCode", SELECT, Ops::None, |v| {
        maybe(v.device.of_metal(Metal::Bypass))
    }),
    row("emailAddress", PLAIN, Ops::Contains, |v| {
        text(v.user.map_or("", |user| &user.principal_name))
    }),
    row("azureADDeviceId", PLAIN, Ops::Eq, |v| {
        maybe(Some(v.device.entra.unwrap_or_default().to_string()))
    }),
    row("deviceRegistrationState", PLAIN, Ops::None, |v| {
        text(if v.device.entra.is_some() {
            "registered"
        } else {
            "notRegistered"
        })
    }),
    row("deviceCategoryDisplayName", CATEGORY, Ops::Eq, |_| Val::Null),
    row("isSupervised", PLAIN, Ops::None, |v| {
        Val::Flag(v.device.kind.supervised)
    }),
    row("exchangeLastSuccessfulSyncDateTime", PLAIN, Ops::None, |_| {
        Val::Moment(Ticks::NEVER)
    }),
    row("exchangeAccessState", PLAIN, Ops::Eq, |_| text("none")),
    row("exchangeAccessStateReason", PLAIN, Ops::None, |_| text("none")),
    row("remoteAssistanceSessionUrl", SELECT, Ops::None, |_| Val::Null),
    row("remoteAssistanceSessionErrorDetails", PLAIN, Ops::None, |_| Val::Null),
    row("isEncrypted", PLAIN, Ops::None, |v| Val::Flag(v.device.encrypted)),
    row("userPrincipalName", PLAIN, Ops::EqNe, |v| {
        text(v.user.map_or("", |user| &user.principal_name))
    }),
    row("model", PLAIN, Ops::EqContains, |v| text(v.device.model)),
    row("manufacturer", PLAIN, Ops::Eq, |v| text(v.device.kind.manufacturer)),
    row("imei", TEXT, Ops::Eq, |v| maybe(v.device.of_metal(Metal::Imei))),
    row("complianceGracePeriodExpirationDateTime", PLAIN, Ops::Date, |v| {
        Val::Moment(v.device.grace_until)
    }),
    row("serialNumber", PLAIN, Ops::Eq, |v| text(&*v.device.serial)),
    row("phoneNumber", TEXT, Ops::Contains, |v| {
        maybe(v.device.of_metal(Metal::Phone))
    }),
    row("androidSecurityPatchLevel", PLAIN, Ops::None, |v| {
        text(if platform_flag(v, "Android") { "2026-09-01" } else { "" })
    }),
    row("userDisplayName", PLAIN, Ops::None, |v| {
        text(v.user.map_or("", |user| &user.display_name))
    }),
    row("configurationManagerClientEnabledFeatures", PLAIN, Ops::None, |v| {
        super::complex::config_manager(v)
    }),
    row("wiFiMacAddress", TEXT, Ops::None, |v| {
        maybe(v.device.of_metal(Metal::WiFi))
    }),
    row("deviceHealthAttestationState", PLAIN, Ops::None, |_| Val::Null),
    row("subscriberCarrier", PLAIN, Ops::None, |v| {
        text(if v.device.cellular() { "Telekom.de" } else { "" })
    }),
    row("meid", PLAIN, Ops::None, |v| {
        v.device
            .of_metal(Metal::Meid)
            .map_or(text(""), |meid| maybe(Some(meid)))
    }),
    row("totalStorageSpaceInBytes", PLAIN, Ops::None, |v| {
        Val::Number(v.device.total_bytes())
    }),
    row("freeStorageSpaceInBytes", PLAIN, Ops::None, |v| {
        Val::Number(v.device.free_bytes)
    }),
    row("managedDeviceName", PLAIN, Ops::None, |v| {
        maybe(Some(crate::world::managed_name(
            v.user,
            v.device.kind.os,
            v.device.enrolled,
        )))
    }),
    row("partnerReportedThreatState", PLAIN, Ops::None, |_| text("unknown")),
    row("requireUserEnrollmentApproval", PLAIN, Ops::None, |v| {
        if v.device.kind.manufacturer == "Apple" {
            Val::Flag(false)
        } else {
            Val::Null
        }
    }),
    row("managementCertificateExpirationDate", PLAIN, Ops::None, |v| {
        Val::Moment(v.device.enrolled.plus_seconds(4 * 365 * 86_400))
    }),
    row("iccid", SELECT_TEXT, Ops::None, |v| {
        maybe(v.device.of_metal(Metal::Iccid))
    }),
    row("udid", SELECT_TEXT, Ops::None, |v| {
        maybe(v.device.of_metal(Metal::Udid))
    }),
    row("notes", SELECT, Ops::None, |_| Val::Null),
    row("ethernetMacAddress", GET_ONLY, Ops::None, |v| {
        maybe(v.device.of_metal(Metal::Ethernet))
    }),
    row("physicalMemoryInBytes", SELECT_ZERO, Ops::None, |v| {
        Val::Number(v.device.memory_bytes())
    }),
    row("enrollmentProfileName", GET_ONLY, Ops::None, |v| {
        v.device.kind.profile.map_or(Val::Null, text)
    }),
    row("managementState", OMITTED, Ops::Eq, |v| text(v.device.management_state)),
    row("deviceActionResults", GET_LIST, Ops::None, |v| {
        super::complex::action_results(v)
    }),
];
