use serde_json::{Value, json};

use super::{ActionKind, Platform, changed, device, good, parameters, spec, subject};

const PLATFORMS: &[Platform] = Platform::ALL;

/// A line a verb, a column a platform, in the order of [`Platform::ALL`]:
/// Windows, iOS, macOS, tvOS, visionOS, Android administrator, BYOD, COPE, COBO, COSU, AOSP, ChromeOS, Linux, unknown.
/// `+` fits a device with everything going for it, `-` is refused for its platform, `?` because the kind is not known,
/// `e` for its enrolment.
const TABLE: &[(ActionKind, &str)] = &[
    (ActionKind::Sync, "++++++ +++++ --+"),
    (ActionKind::Notify, "-+---- +---- --?"),
    (ActionKind::RemoteLock, "-++-+- -++++ --?"),
    (ActionKind::Retire, "++++++ +---- --?"),
    (ActionKind::Wipe, "+++++- -++++ +-?"),
    (ActionKind::Delete, "++++++ +++++ ++?"),
    (ActionKind::Reboot, "++++-- --+++ +-?"),
    (ActionKind::ShutDown, "-++--- ----- --?"),
    (ActionKind::ResetPasscode, "-+---- +++++ --?"),
    (ActionKind::Locate, "++---- -+++- --?"),
    (ActionKind::EnableLostMode, "-+---- ----- --?"),
    (ActionKind::DisableLostMode, "-+---- ----- --?"),
    (ActionKind::PlayLostModeSound, "-+---- -+++- --?"),
    (ActionKind::DefenderScan, "+----- ----- --?"),
    (ActionKind::DefenderUpdateSignatures, "+----- ----- --?"),
    (ActionKind::FreshStart, "+----- ----- --?"),
    (ActionKind::BypassActivationLock, "-++--- ----- --?"),
    (ActionKind::Rename, "+++--- -+++- --?"),
    (ActionKind::RotateBitLockerKeys, "+----- ----- --?"),
    (ActionKind::RotateFileVaultKey, "--+--- ----- --?"),
    (ActionKind::RotateLocalAdminPassword, "+-+--- ----- --?"),
    (ActionKind::LogOutSharedUser, "-s---- ----- --?"),
    (ActionKind::RemoveSharedUser, "-s---- ----- --?"),
    (ActionKind::RunRemediation, "+----- ----- --?"),
    (ActionKind::EditName, "++++++ +++++ +++"),
    (ActionKind::EditNotes, "++++++ +++++ +++"),
    (ActionKind::EditOwner, "++++++ +++++ +++"),
    (ActionKind::EditCategory, "++++++ +++++ +++"),
];

#[test]
fn every_verb_fits_where_it_should_and_is_refused_with_a_code_elsewhere() {
    assert_eq!(TABLE.len(), ActionKind::ALL.len());
    for (verb, columns) in TABLE {
        let columns: Vec<char> = columns.chars().filter(|c| *c != ' ').collect();
        assert_eq!(columns.len(), PLATFORMS.len(), "{verb}");
        for (platform, expected) in PLATFORMS.iter().zip(columns) {
            let found = (spec(*verb).fits)(&subject(&device(*platform)), &good(*verb));
            let code = found.as_ref().map_or_else(|unfit| unfit.code, |()| "");
            let expected = match expected {
                '+' => "",
                '-' => "platform",
                '?' => "unknownPlatform",
                's' => "sharedIpad",
                other => panic!("{other}"),
            };
            assert_eq!(code, expected, "{verb} on {platform}: {found:?}");
        }
    }
}

/// Verb, platform, what is different about the device, the code of the refusal ("" where it fits all the same).
fn conditions() -> Vec<(ActionKind, Platform, Value, &'static str)> {
    use Platform::{AndroidCobo, AndroidCosu, IosIpados, MacOs, TvOs, VisionOs, Windows};
    let unsupervised = json!({"isSupervised": false});
    let not_told = json!({"isSupervised": null, "deviceEnrollmentType": null, "osVersion": null});
    let by_hand = json!({"deviceEnrollmentType": "userEnrollment"});
    let no_user = json!({"deviceEnrollmentType": "appleBulkWithoutUser"});
    let personal = json!({"managedDeviceOwnerType": "personal"});
    let nobodys = json!({"managedDeviceOwnerType": "unknown"});
    let not_lost = json!({"lostModeState": "disabled"});
    let lost = json!({"lostModeState": "enabled"});
    let hybrid = json!({"joinType": "hybridAzureADJoined"});
    vec![
        (ActionKind::Reboot, IosIpados, unsupervised.clone(), "supervision"),
        (ActionKind::Reboot, IosIpados, not_told.clone(), ""),
        (ActionKind::Reboot, TvOs, json!({"osVersion": "10.1.1"}), "osVersion"),
        (ActionKind::Reboot, TvOs, json!({"osVersion": "10.2"}), ""),
        (ActionKind::Reboot, TvOs, json!({"osVersion": "9"}), "osVersion"),
        (ActionKind::Reboot, TvOs, not_told.clone(), ""),
        (ActionKind::Reboot, MacOs, unsupervised.clone(), ""),
        (ActionKind::ShutDown, IosIpados, unsupervised.clone(), "supervision"),
        (ActionKind::ShutDown, MacOs, unsupervised.clone(), ""),
        (
            ActionKind::RemoteLock,
            VisionOs,
            json!({"osVersion": "1.3"}),
            "osVersion",
        ),
        (ActionKind::RemoteLock, VisionOs, json!({"osVersion": "2.0"}), ""),
        (ActionKind::RemoteLock, IosIpados, unsupervised.clone(), ""),
        (ActionKind::ResetPasscode, IosIpados, unsupervised.clone(), ""),
        (ActionKind::Locate, IosIpados, unsupervised.clone(), "supervision"),
        (ActionKind::Locate, IosIpados, not_lost.clone(), "lostMode"),
        (ActionKind::Locate, IosIpados, lost.clone(), ""),
        (ActionKind::Locate, AndroidCobo, not_lost.clone(), ""),
        (
            ActionKind::EnableLostMode,
            IosIpados,
            unsupervised.clone(),
            "supervision",
        ),
        (ActionKind::EnableLostMode, IosIpados, not_lost.clone(), ""),
        (
            ActionKind::DisableLostMode,
            IosIpados,
            unsupervised.clone(),
            "supervision",
        ),
        (ActionKind::DisableLostMode, IosIpados, not_lost.clone(), "lostMode"),
        (ActionKind::DisableLostMode, IosIpados, lost.clone(), ""),
        (ActionKind::PlayLostModeSound, IosIpados, not_lost.clone(), "lostMode"),
        (
            ActionKind::PlayLostModeSound,
            IosIpados,
            unsupervised.clone(),
            "supervision",
        ),
        (ActionKind::PlayLostModeSound, AndroidCosu, not_lost, ""),
        (ActionKind::Notify, IosIpados, no_user.clone(), "enrollment"),
        (ActionKind::Notify, IosIpados, unsupervised.clone(), ""),
        (
            ActionKind::BypassActivationLock,
            IosIpados,
            unsupervised.clone(),
            "supervision",
        ),
        (
            ActionKind::BypassActivationLock,
            IosIpados,
            by_hand.clone(),
            "enrollment",
        ),
        (ActionKind::BypassActivationLock, MacOs, by_hand.clone(), "enrollment"),
        (ActionKind::BypassActivationLock, MacOs, no_user.clone(), ""),
        (ActionKind::BypassActivationLock, MacOs, not_told.clone(), ""),
        (ActionKind::Rename, Windows, personal.clone(), "ownership"),
        (ActionKind::Rename, Windows, nobodys.clone(), "ownership"),
        (ActionKind::Rename, Windows, hybrid, "joinType"),
        (ActionKind::Rename, Windows, json!({"joinType": "azureADJoined"}), ""),
        (ActionKind::Rename, MacOs, personal.clone(), "ownership"),
        (ActionKind::Rename, IosIpados, personal.clone(), ""),
        (ActionKind::Rename, IosIpados, unsupervised.clone(), "supervision"),
        (ActionKind::RotateFileVaultKey, MacOs, personal.clone(), "ownership"),
        (ActionKind::RotateFileVaultKey, MacOs, nobodys, "ownership"),
        (
            ActionKind::RotateFileVaultKey,
            MacOs,
            json!({"isEncrypted": false}),
            "encryption",
        ),
        (ActionKind::RotateFileVaultKey, MacOs, json!({"isEncrypted": true}), ""),
        (
            ActionKind::RotateLocalAdminPassword,
            Windows,
            personal.clone(),
            "ownership",
        ),
        (
            ActionKind::RotateLocalAdminPassword,
            MacOs,
            by_hand.clone(),
            "enrollment",
        ),
        (ActionKind::RotateLocalAdminPassword, MacOs, personal, ""),
        (ActionKind::LogOutSharedUser, IosIpados, no_user.clone(), ""),
        (ActionKind::LogOutSharedUser, IosIpados, by_hand, "sharedIpad"),
        (
            ActionKind::LogOutSharedUser,
            IosIpados,
            unsupervised.clone(),
            "supervision",
        ),
        (
            ActionKind::LogOutSharedUser,
            IosIpados,
            json!({"deviceEnrollmentType": "appleBulkWithoutUser", "model": "iPhone 15"}),
            "sharedIpad",
        ),
        (ActionKind::RemoveSharedUser, IosIpados, no_user, ""),
        (ActionKind::RemoveSharedUser, IosIpados, unsupervised, "supervision"),
        (ActionKind::RemoveSharedUser, IosIpados, not_told, ""),
    ]
}

#[test]
fn conditions_are_refused_where_they_are_known_and_left_to_intune_where_not() {
    for (verb, platform, changes, expected) in conditions() {
        let found = (spec(verb).fits)(&changed(platform, &changes), &good(verb));
        let code = found.as_ref().map_or_else(|unfit| unfit.code, |()| "");
        assert_eq!(code, expected, "{verb} on {platform} with {changes}: {found:?}");
    }
}

#[test]
fn a_wipe_option_that_the_platform_does_not_know_is_refused_before_the_call() {
    use Platform::{AndroidCobo, ChromeOs, IosIpados, MacOs, Windows};
    for (option, fitting) in [
        (json!({"keepEnrollmentData": true}), vec![Windows]),
        (json!({"keepUserData": true}), vec![Windows]),
        (json!({"useProtectedWipe": true}), vec![Windows]),
        (json!({"persistEsimDataPlan": true}), vec![Windows, IosIpados]),
        (json!({"macOsUnlockCode": "123456"}), vec![MacOs]),
        (json!({"obliterationBehavior": "always"}), vec![MacOs]),
        (
            json!({"keepEnrollmentData": false, "keepUserData": false, "persistEsimDataPlan": false}),
            vec![Windows, IosIpados, MacOs, AndroidCobo, ChromeOs],
        ),
    ] {
        for platform in [Windows, IosIpados, MacOs, AndroidCobo, ChromeOs] {
            let found = (spec(ActionKind::Wipe).fits)(&subject(&device(platform)), &parameters(option.clone()));
            let code = found.map_or_else(|unfit| unfit.code, |()| "");
            let expected = if fitting.contains(&platform) { "" } else { "parameter" };
            assert_eq!(code, expected, "{option} on {platform}");
        }
    }
}

#[test]
fn st_20_a_windows_name_follows_the_rules_of_windows() {
    for (name, fits) in [
        ("LAP-0042", true),
        ("a", true),
        ("4a", true),
        ("a-b-c", true),
        (&*"x".repeat(15), true),
        (&*"x".repeat(16), false),
        (&*"x".repeat(63), false),
        ("-lead", false),
        ("trail-", false),
        ("-", false),
        ("", false),
        ("LAP\u{a0}42", false),
        ("LAP/42", false),
        ("LAP 42 ", false),
        ("0042", false),
        ("LAP 42", false),
        ("LAP_42", false),
        ("Büro", false),
        ("LAP.42", false),
    ] {
        let asked = parameters(json!({ "deviceName": name }));
        let found = (spec(ActionKind::Rename).fits)(&subject(&device(Platform::Windows)), &asked);
        assert_eq!(found.is_ok(), fits, "{name}: {found:?}");
        if let Err(unfit) = found {
            assert_eq!(unfit.code, "parameter", "{name}");
            assert!(unfit.reason.contains("Windows does not accept the name"), "{unfit:?}");
            assert!(unfit.alternative.is_some_and(|cure| cure.contains("1 to 15")), "{name}");
        }
        let found = (spec(ActionKind::Rename).fits)(&subject(&device(Platform::IosIpados)), &asked);
        assert_eq!(
            found.is_ok(),
            name == name.trim() && !name.is_empty(),
            "{name} on an iPad: {found:?}"
        );
    }
}

/// Advice that is refused in its turn would be worse than none.
#[test]
fn what_a_refusal_advises_works_on_that_platform() {
    let mut advised = 0;
    for verb in ActionKind::ALL {
        for platform in PLATFORMS {
            let Err(unfit) = (spec(*verb).fits)(&subject(&device(*platform)), &good(*verb)) else {
                continue;
            };
            assert!(
                !unfit.reason.is_empty() && !unfit.reason.ends_with('.'),
                "{verb} on {platform}"
            );
            for word in unfit
                .alternative
                .as_deref()
                .unwrap_or_default()
                .split('`')
                .skip(1)
                .step_by(2)
            {
                let other: ActionKind = word.parse().expect("what stands in backquotes is a verb");
                let found = (spec(other).fits)(&subject(&device(*platform)), &good(other));
                assert_eq!(found, Ok(()), "{verb} on {platform} advises {other}");
                advised += 1;
            }
        }
    }
    assert!(advised > 50, "{advised}");
}

#[test]
fn a_refusal_for_an_unknown_kind_says_what_intune_told() {
    let phone = subject(&device(Platform::Unknown));
    let unfit = (spec(ActionKind::Wipe).fits)(&phone, &good(ActionKind::Wipe)).expect_err("its kind is not known");
    assert!(
        unfit
            .reason
            .contains("operating system \"Android\", enrolment \"unknown\""),
        "{unfit:?}"
    );
    assert!(unfit.alternative.expect("there is something").contains("`sync`"));
}
