use serde_json::{Value, json};

use super::{ActionKind, ID, good, object, spec};
use crate::actions::specs::{ActionParameters, ApiVersion, ParameterError};

fn check(verb: ActionKind, given: Value, version: ApiVersion) -> Result<ActionParameters, ParameterError> {
    ActionParameters::check(spec(verb), &object(given), version)
}

#[test]
fn good_parameters_pass_and_come_out_as_they_went_in() {
    for verb in ActionKind::ALL {
        let checked = ActionParameters::check(spec(*verb), &good(*verb).0, spec(*verb).version);
        assert_eq!(checked, Ok(good(*verb)), "{verb}");
    }
}

#[test]
fn each_wrong_parameter_is_refused_by_its_code() {
    use ApiVersion::{Beta, V1};
    for (verb, given, version, expected) in [
        (ActionKind::Sync, json!({"now": true}), V1, "unknownParameter"),
        (ActionKind::Wipe, json!({"KeepUserData": true}), V1, "unknownParameter"),
        (ActionKind::Wipe, json!({"keepUserdata": true}), V1, "unknownParameter"),
        (ActionKind::Wipe, json!({"keepUserData": "true"}), V1, "parameterKind"),
        (ActionKind::Wipe, json!({"keepUserData": 1}), V1, "parameterKind"),
        (ActionKind::Wipe, json!({"keepUserData": null}), V1, ""),
        (
            ActionKind::Wipe,
            json!({"useProtectedWipe": true}),
            V1,
            "parameterVersion",
        ),
        (
            ActionKind::Wipe,
            json!({"useProtectedWipe": false}),
            V1,
            "parameterVersion",
        ),
        (ActionKind::Wipe, json!({"useProtectedWipe": true}), Beta, ""),
        (
            ActionKind::Wipe,
            json!({"obliterationBehavior": "always"}),
            V1,
            "parameterVersion",
        ),
        (ActionKind::Wipe, json!({"obliterationBehavior": "always"}), Beta, ""),
        (
            ActionKind::Wipe,
            json!({"obliterationBehavior": "Always"}),
            Beta,
            "parameterKind",
        ),
        (
            ActionKind::Wipe,
            json!({"obliterationBehavior": "unknownFutureValue"}),
            Beta,
            "parameterKind",
        ),
        (
            ActionKind::Wipe,
            json!({"macOsUnlockCode": "12345"}),
            V1,
            "parameterKind",
        ),
        (
            ActionKind::Wipe,
            json!({"macOsUnlockCode": "1234567"}),
            V1,
            "parameterKind",
        ),
        (
            ActionKind::Wipe,
            json!({"macOsUnlockCode": "12345a"}),
            V1,
            "parameterKind",
        ),
        (
            ActionKind::Wipe,
            json!({"macOsUnlockCode": 123_456}),
            V1,
            "parameterKind",
        ),
        (
            ActionKind::Wipe,
            json!({"macOsUnlockCode": "١٢٣٤٥٦"}),
            V1,
            "parameterKind",
        ),
        (ActionKind::Wipe, json!({"macOsUnlockCode": "012345"}), V1, ""),
        (
            ActionKind::Wipe,
            json!({"keepUserData": true, "keepEnrollmentData": true}),
            V1,
            "parameterConflict",
        ),
        (
            ActionKind::Wipe,
            json!({"keepUserData": true, "keepEnrollmentData": false}),
            V1,
            "",
        ),
        (
            ActionKind::Wipe,
            json!({"keepUserData": true, "useProtectedWipe": true}),
            Beta,
            "parameterConflict",
        ),
        (
            ActionKind::Wipe,
            json!({"keepEnrollmentData": true, "useProtectedWipe": true}),
            Beta,
            "parameterConflict",
        ),
        (ActionKind::FreshStart, json!({}), V1, "missingParameter"),
        (
            ActionKind::FreshStart,
            json!({"keepUserData": null}),
            V1,
            "missingParameter",
        ),
        (ActionKind::FreshStart, json!({"keepUserData": 0}), V1, "parameterKind"),
        (
            ActionKind::Notify,
            json!({"notificationTitle": "a"}),
            Beta,
            "missingParameter",
        ),
        (
            ActionKind::Notify,
            json!({"notificationTitle": "a".repeat(51), "notificationBody": "b"}),
            Beta,
            "parameterLimit",
        ),
        (
            ActionKind::Notify,
            json!({"notificationTitle": "ü".repeat(50), "notificationBody": "b".repeat(500)}),
            Beta,
            "",
        ),
        (
            ActionKind::Notify,
            json!({"notificationTitle": "a", "notificationBody": "b".repeat(501)}),
            Beta,
            "parameterLimit",
        ),
        (
            ActionKind::Notify,
            json!({"notificationTitle": "  ", "notificationBody": "b"}),
            Beta,
            "parameterLimit",
        ),
        (
            ActionKind::Notify,
            json!({"notificationTitle": "a\u{7}", "notificationBody": "b"}),
            Beta,
            "parameterLimit",
        ),
        (
            ActionKind::Notify,
            json!({"notificationTitle": "two\nlines", "notificationBody": "b"}),
            Beta,
            "parameterLimit",
        ),
        (
            ActionKind::Notify,
            json!({"notificationTitle": "a", "notificationBody": "gpj\u{202e}exe"}),
            Beta,
            "parameterLimit",
        ),
        (
            ActionKind::Notify,
            json!({"notificationTitle": "a", "notificationBody": "two\nlines"}),
            Beta,
            "",
        ),
        (
            ActionKind::PlayLostModeSound,
            json!({"durationInMinutes": 0}),
            Beta,
            "parameterLimit",
        ),
        (
            ActionKind::PlayLostModeSound,
            json!({"durationInMinutes": 6}),
            Beta,
            "parameterLimit",
        ),
        (
            ActionKind::PlayLostModeSound,
            json!({"durationInMinutes": 1.5}),
            Beta,
            "parameterKind",
        ),
        (
            ActionKind::PlayLostModeSound,
            json!({"durationInMinutes": "5"}),
            Beta,
            "parameterKind",
        ),
        (ActionKind::PlayLostModeSound, json!({}), Beta, ""),
        (
            ActionKind::DefenderScan,
            json!({"quickScan": "no"}),
            V1,
            "parameterKind",
        ),
        (ActionKind::Rename, json!({"deviceName": ""}), Beta, "parameterLimit"),
        (ActionKind::Rename, json!({}), Beta, "missingParameter"),
        (
            ActionKind::EnableLostMode,
            json!({"phoneNumber": "1"}),
            Beta,
            "missingParameter",
        ),
        (
            ActionKind::EnableLostMode,
            json!({"message": "m", "phoneNumber": "1".repeat(51)}),
            Beta,
            "parameterLimit",
        ),
        (
            ActionKind::RemoveSharedUser,
            json!({"userPrincipalName": "anna"}),
            V1,
            "parameterKind",
        ),
        (
            ActionKind::RemoveSharedUser,
            json!({"userPrincipalName": "a@b@c.org"}),
            V1,
            "parameterKind",
        ),
        (
            ActionKind::RemoveSharedUser,
            json!({"userPrincipalName": "a b@c.org"}),
            V1,
            "parameterKind",
        ),
        (ActionKind::RemoveSharedUser, json!({}), V1, "missingParameter"),
        (
            ActionKind::RunRemediation,
            json!({"scriptPolicyId": "my script"}),
            Beta,
            "parameterKind",
        ),
        (
            ActionKind::EditCategory,
            json!({"categoryId": ID.replace('-', "")}),
            V1,
            "parameterKind",
        ),
        (
            ActionKind::EditCategory,
            json!({"categoryId": "../users/7809c88c-0000-4000-8000-0"}),
            V1,
            "parameterKind",
        ),
        (
            ActionKind::EditOwner,
            json!({"managedDeviceOwnerType": "unknown"}),
            V1,
            "parameterKind",
        ),
        (ActionKind::EditNotes, json!({"notes": ""}), V1, ""),
        (
            ActionKind::EditNotes,
            json!({"notes": "x".repeat(1025)}),
            V1,
            "parameterLimit",
        ),
        (
            ActionKind::EditName,
            json!({"managedDeviceName": "x".repeat(256)}),
            V1,
            "parameterLimit",
        ),
    ] {
        let found = check(verb, given.clone(), version);
        let code = found.as_ref().map_or_else(ParameterError::code, |_| "");
        assert_eq!(code, expected, "{verb} {given} {version:?}: {found:?}");
    }
}

#[test]
fn a_refusal_says_what_where_and_what_to_do() {
    for (verb, given, expected) in [
        (
            ActionKind::Wipe,
            json!({"useProtectedWipe": true}),
            "wipe: the v1.0 version of Graph does not support the parameter useProtectedWipe, only beta does; omit \
             it, or set the API version of wipe to beta",
        ),
        (
            ActionKind::Sync,
            json!({"now": 1}),
            "sync has no parameter \"now\"; it has none",
        ),
        (
            ActionKind::FreshStart,
            json!({}),
            "freshStart needs the parameter keepUserData: true: user files are kept; false: everything is erased",
        ),
        (
            ActionKind::Notify,
            json!({"notificationTitle": "a".repeat(60)}),
            "notify: the parameter notificationTitle must be text of 1 to 50 characters; it has 60",
        ),
        (
            ActionKind::EditOwner,
            json!({"managedDeviceOwnerType": "me"}),
            "editOwner: the parameter managedDeviceOwnerType must be one of company, personal",
        ),
    ] {
        let error = check(verb, given, ApiVersion::V1).expect_err("it is wrong");
        assert_eq!(error.to_string(), expected);
    }
}

#[test]
fn e1_no_refusal_and_no_debug_print_repeats_a_value() {
    let secret = "98765x-canary";
    for verb in ActionKind::ALL {
        for parameter in spec(*verb).parameters {
            let given = json!({ parameter.name: [secret] });
            let error = check(*verb, given, ApiVersion::Beta).expect_err("a list is never right");
            assert!(
                !format!("{error} {error:?}").contains("canary"),
                "{verb} {}",
                parameter.name
            );
        }
    }
    let error =
        check(ActionKind::Wipe, json!({ "macOsUnlockCode": secret }), ApiVersion::V1).expect_err("not six digits");
    assert!(!format!("{error} {error:?}").contains("98765"));
    let checked = check(ActionKind::Wipe, json!({"macOsUnlockCode": "987654"}), ApiVersion::V1).expect("six digits");
    assert_eq!(format!("{checked:?}"), r#"{"macOsUnlockCode"}"#);
}
