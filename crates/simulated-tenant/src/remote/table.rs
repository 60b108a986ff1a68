//! The verbs. A new one is a row; what it does to a device in the end is a line here or a function below.

use serde_json::json;

use super::platform::{Android, Traits, is_windows_name};
use super::result::Shown;
use super::verb::{After, Kind, Param, Params, Verb, flag, text};
use crate::graph::{BETA, BOTH, PRIVILEGED, WRITE};
use crate::world::{Device, Ticks};

use Android::{Admin, Aosp, Byod, Cobo, Cope, Cosu};

/// Under the device, by name.
macro_rules! at {
    ($name:literal) => {
        Verb {
            name: $name,
            path: concat!("/deviceManagement/managedDevices/{id}/", $name),
            audit: |_| Some($name),
            ..PLAIN
        }
    };
}

/// In v1.0 and beta, without parameters, for nobody; leaves an entry and nothing else.
const PLAIN: Verb = Verb {
    name: "",
    path: "",
    versions: BOTH,
    scopes: PRIVILEGED,
    params: &[],
    fits: |_, _| false,
    audit: |_| None,
    states: None,
    shown: Shown::Plain,
    overrides: false,
    rationed: false,
    end: |_, _, _| After::Stays,
};

const fn param(name: &'static str, kind: Kind) -> Param {
    Param {
        name,
        kind,
        required: false,
        beta: false,
    }
}

const fn needed(name: &'static str, kind: Kind) -> Param {
    Param {
        required: true,
        ..param(name, kind)
    }
}

/// The longest text where no document names a limit.
const LONG: usize = 4000;
const OBLITERATION: &[&str] = &["default", "doNotObliterate", "obliterateWithWarning", "always"];
const BY_CONFIGURATION: &[&str] = &[
    "DeviceManagementManagedDevices.ReadWrite.All",
    "DeviceManagementConfiguration.ReadWrite.All",
];

pub const VERBS: &[Verb] = &[
    Verb {
        fits: |of, _| of.android().is_some() || of.ios() || of.mac() || of.windows(),
        audit: |_| None,
        end: |_, device, now| {
            device.check_in(now);
            After::Stays
        },
        ..at!("syncDevice")
    },
    Verb {
        // ChromeOS as a kiosk, which nothing in the record tells.
        fits: |of, _| {
            let apple = of.mac() || of.supervised_ios() || (of.tv() && of.at_least((10, 2)));
            of.windows() || apple || of.is_android(&[Cosu, Cobo, Aosp]) || of.chrome()
        },
        ..at!("rebootNow")
    },
    Verb {
        fits: |of, _| of.supervised_ios() || of.mac(),
        ..at!("shutDown")
    },
    Verb {
        fits: |of, _| {
            let glasses = of.vision() && of.at_least((2, 0));
            of.is_android(&[Cosu, Cobo, Cope, Aosp]) || of.ios() || of.mac() || glasses
        },
        shown: Shown::Lock,
        end: lock,
        ..at!("remoteLock")
    },
    Verb {
        fits: |of, _| of.is_android(&[Cosu, Cobo, Cope, Byod, Aosp]) || of.ios(),
        shown: Shown::Passcode,
        ..at!("resetPasscode")
    },
    Verb {
        fits: |of, _| of.is_android(&[Cosu, Cobo, Cope]) || (of.supervised_ios() && of.lost()) || of.windows(),
        shown: Shown::Location,
        ..at!("locateDevice")
    },
    Verb {
        fits: |of, _| of.supervised_ios(),
        end: |_, device, _| lost_mode(device, "disabled"),
        ..at!("disableLostMode")
    },
    Verb {
        versions: BETA,
        params: &[
            param("message", Kind::Text(LONG)),
            param("phoneNumber", Kind::Text(LONG)),
            param("footer", Kind::Text(LONG)),
        ],
        fits: |of, _| of.supervised_ios(),
        end: |_, device, _| lost_mode(device, "enabled"),
        ..at!("enableLostMode")
    },
    Verb {
        versions: BETA,
        params: &[param("durationInMinutes", Kind::Text(LONG))],
        fits: |of, _| (of.supervised_ios() && of.lost()) || of.is_android(&[Cosu, Cobo, Cope]),
        audit: |_| None,
        ..at!("playLostModeSound")
    },
    Verb {
        fits: |of, _| of.is_android(&[Admin, Byod]) || of.ios() || of.mac() || of.windows() || of.tv() || of.vision(),
        audit: |_| Some("removeCompanyData"),
        states: Some(["retirePending", "retireIssued", "retireFailed", "retireCanceled"]),
        overrides: true,
        end: |_, _, _| After::Vanishes,
        ..at!("retire")
    },
    Verb {
        params: &[
            param("keepEnrollmentData", Kind::Boolean),
            param("keepUserData", Kind::Boolean),
            param("macOsUnlockCode", Kind::Pin),
            param("persistEsimDataPlan", Kind::Boolean),
            Param {
                beta: true,
                ..param("obliterationBehavior", Kind::Enum(OBLITERATION))
            },
            Param {
                beta: true,
                ..param("useProtectedWipe", Kind::Boolean)
            },
        ],
        fits: |of, _| {
            of.is_android(&[Cosu, Cobo, Cope, Aosp])
                || of.ios()
                || of.mac()
                || of.windows()
                || of.tv()
                || of.vision()
                || of.chrome()
        },
        audit: |params| {
            Some(if flag(params, "keepEnrollmentData") {
                "factoryResetKeepEnrollmentData"
            } else {
                "factoryReset"
            })
        },
        states: Some(["wipePending", "wipeIssued", "wipeFailed", "wipeCanceled"]),
        overrides: true,
        end: |params, _, _| {
            if flag(params, "keepEnrollmentData") || flag(params, "keepUserData") {
                After::Stays
            } else {
                After::Vanishes
            }
        },
        ..at!("wipe")
    },
    Verb {
        params: &[needed("keepUserData", Kind::Boolean)],
        fits: |of, _| of.windows(),
        // A company's device enrols again by itself; a private one is on its own.
        end: |params, device, _| {
            if flag(params, "keepUserData") || device.company {
                After::Stays
            } else {
                After::Vanishes
            }
        },
        ..at!("cleanWindowsDevice")
    },
    Verb {
        params: &[needed("quickScan", Kind::Boolean)],
        fits: |of, _| of.windows(),
        audit: |params| {
            Some(if flag(params, "quickScan") {
                "quickScan"
            } else {
                "fullScan"
            })
        },
        shown: Shown::Scan,
        ..at!("windowsDefenderScan")
    },
    Verb {
        fits: |of, _| of.windows(),
        ..at!("windowsDefenderUpdateSignatures")
    },
    Verb {
        fits: |of, _| (of.supervised_ios() || of.mac()) && of.automated(),
        audit: |_| None,
        ..at!("bypassActivationLock")
    },
    Verb {
        fits: |of, _| of.shared_ipad(),
        ..at!("logoutSharedAppleDeviceActiveUser")
    },
    Verb {
        params: &[needed("userPrincipalName", Kind::Text(LONG))],
        fits: |of, _| of.shared_ipad(),
        audit: |_| None,
        shown: Shown::User,
        ..at!("deleteUserFromSharedAppleDevice")
    },
    Verb {
        versions: BETA,
        params: &[needed("deviceName", Kind::Text(255))],
        fits: renames,
        end: |params, device, _| {
            device.name = text(params, "deviceName").into();
            device.forget(&["deviceName"]);
            After::Stays
        },
        ..at!("setDeviceName")
    },
    Verb {
        versions: BETA,
        scopes: BY_CONFIGURATION,
        fits: |of, _| of.windows(),
        shown: Shown::BitLocker,
        ..at!("rotateBitLockerKeys")
    },
    Verb {
        versions: BETA,
        fits: |of, _| of.mac() && of.company && of.encrypted,
        ..at!("rotateFileVaultKey")
    },
    Verb {
        versions: BETA,
        fits: |of, _| (of.windows() && of.company && of.entra_joined()) || (of.mac() && of.automated()),
        ..at!("rotateLocalAdminPassword")
    },
    Verb {
        versions: BETA,
        params: &[needed("scriptPolicyId", Kind::Text(LONG))],
        fits: |of, _| of.windows(),
        ..at!("initiateOnDemandProactiveRemediation")
    },
    Verb {
        versions: BETA,
        scopes: BY_CONFIGURATION,
        params: &[
            needed("notificationTitle", Kind::Text(50)),
            needed("notificationBody", Kind::Text(500)),
        ],
        fits: |of, _| of.ios() || of.is_android(&[Byod]),
        audit: |_| None,
        shown: Shown::Nothing,
        rationed: true,
        ..at!("sendCustomNotificationToCompanyPortal")
    },
];

/// `DELETE` of the device: no action of its own in the path, but it runs like one. The row vanishes at once.
pub const DELETE: Verb = Verb {
    name: "delete",
    path: "/deviceManagement/managedDevices/{id}",
    scopes: WRITE,
    fits: |_, _| true,
    audit: |_| Some("delete"),
    shown: Shown::Nothing,
    overrides: true,
    end: |_, _, _| After::Vanishes,
    ..PLAIN
};

/// How long a Mac's unlock code is good, and shown.
const PIN_DAYS: i64 = 30;

/// A Mac is locked with a code; until that was used, it cannot be locked again.
fn lock(_: &Params, device: &mut Device, now: Ticks) -> After {
    if !Traits::of(device).mac() {
        return After::Stays;
    }
    if device.locked_until.is_some_and(|until| now < until) {
        return After::Failed;
    }
    device.locked_until = Some(now.plus_seconds(PIN_DAYS * 86_400));
    After::Stays
}

fn lost_mode(device: &mut Device, state: &str) -> After {
    let set = device.set.get_or_insert_default();
    set.insert("lostModeState".to_owned(), json!(state));
    After::Stays
}

fn renames(of: &Traits<'_>, params: &Params) -> bool {
    if of.windows() {
        return of.company && !of.hybrid_joined() && is_windows_name(text(params, "deviceName"));
    }
    (of.mac() && of.company) || of.supervised_ios() || of.is_android(&[Cobo, Cosu, Cope])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_verb_stands_once_and_at_its_own_path() {
        let mut names: Vec<&str> = VERBS.iter().map(|verb| verb.name).collect();
        assert!(VERBS.iter().all(|verb| verb.path.ends_with(&format!("/{}", verb.name))));
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), VERBS.len());
    }
}
