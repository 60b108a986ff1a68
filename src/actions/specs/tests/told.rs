use serde_json::{Value, json};

use super::{ActionKind, Platform, changed, device, good, parameters, spec, subject};
use crate::actions::specs::{delete_wipes, describe_action, list_platform_support, parameters_schema};
use crate::model::{ActionDanger, RIGHTS};

fn effect(verb: ActionKind, platform: Platform, changes: Value, given: Value) -> String {
    (spec(verb).effect)(&changed(platform, &changes), &parameters(given))
}

#[test]
fn a_description_has_all_that_one_needs_to_send_a_job() {
    for verb in ActionKind::ALL {
        let told = json!(describe_action(spec(*verb)));
        assert_eq!(told["name"], verb.name());
        assert_eq!(told["danger"], serde_json::to_value(verb.danger()).expect("a word"));
        assert!(RIGHTS.iter().any(|(right, _)| told["right"] == *right), "{verb}");
        assert!(
            told["permission"]
                .as_str()
                .is_some_and(|name| name.starts_with("DeviceManagementManagedDevices."))
        );
        assert!(["v1.0", "beta"].iter().any(|version| told["apiVersion"] == *version));
        assert_eq!(told["traceable"], *verb != ActionKind::Notify);
        assert_eq!(told["platforms"].as_array().map(Vec::len), Some(Platform::ALL.len()));
        assert_eq!(told["parameters"]["additionalProperties"], false);
    }
}

#[test]
fn a_description_tells_where_a_verb_works_and_on_what_conditions() {
    let of = |verb: ActionKind, platform: &str| {
        let rows = list_platform_support(spec(verb));
        rows.into_iter()
            .find(|row| row.platform == platform)
            .expect("every platform has a row")
    };
    let lock = of(ActionKind::RemoteLock, "windows");
    assert!(!lock.works);
    assert_eq!(lock.reason.as_deref(), Some("Windows can't be locked remotely"));
    assert!(lock.instead.is_some_and(|text| text.contains("`reboot`")));
    assert!(of(ActionKind::RemoteLock, "macOs").works);
    assert_eq!(of(ActionKind::RemoteLock, "visionOs").conditions, ["osVersion"]);
    assert_eq!(of(ActionKind::Reboot, "iosIpados").conditions, ["supervision"]);
    assert_eq!(of(ActionKind::Reboot, "windows").conditions, [""; 0]);
    assert_eq!(
        of(ActionKind::Locate, "iosIpados").conditions,
        ["lostMode", "supervision"]
    );
    assert_eq!(of(ActionKind::Rename, "windows").conditions, ["joinType", "ownership"]);
    assert_eq!(
        of(ActionKind::LogOutSharedUser, "iosIpados").conditions,
        ["sharedIpad", "supervision"]
    );
    assert_eq!(of(ActionKind::Notify, "iosIpados").conditions, ["enrollment"]);
    assert!(!of(ActionKind::Wipe, "unknown").works);
    assert!(of(ActionKind::Sync, "unknown").works);
}

/// What the description says is what the verb does: asked again with the device of these tests.
#[test]
fn the_description_and_the_verb_agree_everywhere() {
    for verb in ActionKind::ALL {
        for (row, platform) in list_platform_support(spec(*verb)).iter().zip(Platform::ALL) {
            assert_eq!(row.platform, platform.name());
            let found = (spec(*verb).fits)(&subject(&device(*platform)), &good(*verb));
            let fits = found.is_ok() || found.is_err_and(|unfit| row.conditions.iter().any(|code| code == unfit.code));
            assert_eq!(row.works, fits, "{verb} on {platform}");
        }
    }
}

#[test]
fn the_schema_says_what_the_check_checks() {
    let wipe = json!(parameters_schema(spec(ActionKind::Wipe)));
    assert_eq!(wipe["required"], json!([]));
    assert_eq!(wipe["properties"]["macOsUnlockCode"]["pattern"], "^[0-9]{6}$");
    assert_eq!(wipe["properties"]["macOsUnlockCode"]["writeOnly"], true);
    assert_eq!(wipe["properties"]["keepUserData"]["type"], "boolean");
    let help = wipe["properties"]["useProtectedWipe"]["description"]
        .as_str()
        .expect("text");
    assert!(help.contains("only in the beta version"), "{help}");
    let notify = json!(parameters_schema(spec(ActionKind::Notify)));
    assert_eq!(notify["required"], json!(["notificationTitle", "notificationBody"]));
    assert_eq!(notify["properties"]["notificationTitle"]["maxLength"], 50);
    assert_eq!(
        json!(parameters_schema(spec(ActionKind::Sync))),
        json!({"type": "object", "properties": {}, "required": [], "additionalProperties": false})
    );
}

/// Only these may ever be issued again (A3); a verb gets into the list by a decision, not by accident.
#[test]
fn a3_only_what_does_no_harm_twice_is_repeatable() {
    let repeatable: Vec<&str> = ActionKind::ALL
        .iter()
        .filter(|verb| spec(**verb).repeatable)
        .map(|verb| verb.name())
        .collect();
    assert_eq!(
        repeatable,
        [
            "sync",
            "defenderScan",
            "defenderUpdateSignatures",
            "rename",
            "editName",
            "editNotes",
            "editOwner",
            "editCategory"
        ]
    );
}

#[test]
fn a5_nothing_destructive_is_repeatable() {
    for verb in ActionKind::ALL
        .iter()
        .filter(|verb| verb.danger() == ActionDanger::Destructive)
    {
        assert!(!spec(*verb).repeatable, "{verb}");
    }
}

#[test]
fn a5_deleting_a_company_android_is_a_wipe_and_says_so() {
    for platform in Platform::ALL {
        let device = subject(&device(*platform));
        let expected = matches!(
            platform,
            Platform::AndroidCope | Platform::AndroidCobo | Platform::AndroidCosu | Platform::AndroidAosp
        );
        assert_eq!(delete_wipes(&device), expected, "{platform}");
        let told = (spec(ActionKind::Delete).effect)(&device, &good(ActionKind::Delete));
        assert_eq!(told.contains("WIPED"), expected, "{platform}: {told}");
    }
}

#[test]
fn the_approver_learns_what_happens_to_this_very_device() {
    use Platform::{AndroidByod, AndroidCobo, AndroidCope, AndroidCosu, IosIpados, MacOs, Windows};
    let plain = || json!({});
    let joined = || json!({"joinType": "azureADJoined", "isEncrypted": true});
    for (verb, platform, changes, given, expected) in [
        (ActionKind::Wipe, Windows, plain(), plain(), "including user files"),
        (
            ActionKind::Wipe,
            Windows,
            plain(),
            json!({"keepUserData": true}),
            "user files are kept",
        ),
        (
            ActionKind::Wipe,
            Windows,
            plain(),
            json!({"keepEnrollmentData": true}),
            "it stays in Intune",
        ),
        (
            ActionKind::Wipe,
            Windows,
            plain(),
            json!({"useProtectedWipe": true}),
            "unable to start",
        ),
        (
            ActionKind::Wipe,
            AndroidCosu,
            json!({"manufacturer": "Zebra Technologies"}),
            plain(),
            "is not reset",
        ),
        (
            ActionKind::Wipe,
            AndroidCobo,
            json!({"manufacturer": "samsung"}),
            plain(),
            "loses contact",
        ),
        (
            ActionKind::Wipe,
            AndroidCope,
            plain(),
            plain(),
            "including its personal side",
        ),
        (ActionKind::Wipe, IosIpados, plain(), plain(), "Activation Lock"),
        (
            ActionKind::Wipe,
            MacOs,
            plain(),
            json!({"macOsUnlockCode": "123456"}),
            "six-digit code",
        ),
        (
            ActionKind::Wipe,
            MacOs,
            plain(),
            json!({"obliterationBehavior": "always"}),
            "the whole disk",
        ),
        (
            ActionKind::Delete,
            AndroidCosu,
            json!({"manufacturer": "Zebra Technologies"}),
            plain(),
            "is not reset",
        ),
        (
            ActionKind::Delete,
            Windows,
            joined(),
            plain(),
            "work accounts can no longer sign in",
        ),
        (
            ActionKind::Retire,
            Windows,
            joined(),
            plain(),
            "BitLocker is suspended and the PC leaves Entra ID",
        ),
        (
            ActionKind::Retire,
            Windows,
            plain(),
            plain(),
            "if the PC is joined to Entra ID, BitLocker is suspended",
        ),
        (
            ActionKind::Retire,
            Windows,
            json!({"deviceEnrollmentType": "windowsAzureADJoin", "isEncrypted": true}),
            plain(),
            "BitLocker is suspended and the PC leaves Entra ID",
        ),
        (
            ActionKind::Retire,
            AndroidByod,
            plain(),
            plain(),
            "the work profile is removed",
        ),
        (ActionKind::RemoteLock, MacOs, plain(), plain(), "six-digit PIN"),
        (
            ActionKind::FreshStart,
            Windows,
            plain(),
            json!({"keepUserData": false}),
            "all user files are erased",
        ),
        (
            ActionKind::FreshStart,
            Windows,
            plain(),
            json!({"keepUserData": true}),
            "user files are kept",
        ),
        (
            ActionKind::DefenderScan,
            Windows,
            plain(),
            json!({"quickScan": false}),
            "for hours",
        ),
        (
            ActionKind::EditOwner,
            IosIpados,
            plain(),
            json!({"managedDeviceOwnerType": "company"}),
            "no longer applies",
        ),
    ] {
        let told = effect(verb, platform, changes, given);
        assert!(told.contains(expected), "{verb} on {platform}: {told}");
    }
    let hybrid = effect(
        ActionKind::Retire,
        Windows,
        json!({"joinType": "hybridAzureADJoined"}),
        plain(),
    );
    assert!(!hybrid.contains("Entra"), "{hybrid}");
}

#[test]
fn e1_no_sentence_for_the_approver_repeats_a_secret() {
    let told = effect(
        ActionKind::Wipe,
        Platform::MacOs,
        json!({}),
        json!({"macOsUnlockCode": "987654"}),
    );
    assert!(!told.contains("987654"));
}

#[test]
fn every_verb_has_a_sentence_for_every_platform_that_it_works_on() {
    for verb in ActionKind::ALL {
        for platform in Platform::ALL {
            let told = (spec(*verb).effect)(&subject(&device(*platform)), &good(*verb));
            assert!(
                told.len() > 10 && !told.ends_with('.') && !told.contains("  "),
                "{verb} on {platform}: {told}"
            );
        }
    }
}
