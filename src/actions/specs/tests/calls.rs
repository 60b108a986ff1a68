use serde_json::{Value, json};

use super::{ActionKind, ID, good, id, object, parameters, spec};
use crate::actions::specs::{ActionCall, ActionParameters, ApiVersion, CallMethod, ParameterKind};

fn facts() -> Value {
    serde_json::from_str(include_str!("../../../../tests/fixtures/graph-facts.json")).expect("facts are JSON")
}

fn names() -> Value {
    serde_json::from_str(include_str!("../../../../tests/fixtures/action-names.json")).expect("facts are JSON")
}

fn call(verb: ActionKind, given: &ActionParameters, version: ApiVersion) -> ActionCall {
    (spec(verb).call)(id(), given, version)
}

/// The action in Microsoft's schema; `None` where the version does not have it.
fn action<'f>(facts: &'f Value, version: ApiVersion, name: &str) -> Option<&'f Value> {
    let actions = facts[version.name()]["actions"].as_array().expect("a list");
    actions.iter().find(|action| action["name"] == name)
}

fn is_of_type(value: &Value, kind: &str) -> bool {
    match kind {
        "Boolean" => value.is_boolean(),
        "String" | "obliterationBehavior" => value.is_string(),
        "Int32" => value.is_i64(),
        other => panic!("a type that no verb uses: {other}"),
    }
}

/// Every verb in its own version, and in the other one where the schema has it there too.
#[test]
fn every_call_is_one_that_the_schema_of_its_version_knows() {
    let facts = facts();
    let mut checked = 0;
    for verb in ActionKind::ALL {
        for version in [ApiVersion::V1, ApiVersion::Beta] {
            let call = call(*verb, &good(*verb), version);
            assert_eq!(call.version, version);
            assert_eq!(call.device, id(), "{verb}");
            let body = call.body.map(object).unwrap_or_default();
            match call.method {
                CallMethod::Post => {
                    let name = call.step;
                    let Some(action) = action(&facts, version, name) else {
                        assert_ne!(version, spec(*verb).version, "{verb}: {name} is not in its own version");
                        continue;
                    };
                    let wanted = action["parameters"].as_object().expect("an object");
                    for (key, value) in &body {
                        let kind = wanted.get(key).and_then(Value::as_str);
                        let kind = kind.unwrap_or_else(|| panic!("{verb}: {name} has no {key} in {version:?}"));
                        assert!(is_of_type(value, kind), "{verb}: {key} is no {kind}");
                    }
                    for (key, kind) in wanted {
                        assert!(
                            kind != "Boolean" || body.contains_key(key),
                            "{verb} does not send {key}"
                        );
                    }
                    checked += 1;
                }
                CallMethod::Patch => {
                    assert_eq!(call.step, "");
                    for key in body.keys() {
                        let known = &facts[version.name()]["types"]["managedDevice"][key];
                        assert!(known["type"].is_string(), "{key}");
                    }
                    checked += 1;
                }
                CallMethod::Put => assert_eq!(call.step, "deviceCategory/$ref"),
                CallMethod::Delete => assert_eq!((call.step, body.len()), ("", 0)),
            }
        }
    }
    assert!(checked > 40, "{checked}");
}

#[test]
fn each_verb_makes_this_one_request() {
    let none = Value::Null;
    for (verb, request, body) in [
        (ActionKind::Sync, "POST v1.0 syncDevice", none.clone()),
        (
            ActionKind::Notify,
            "POST beta sendCustomNotificationToCompanyPortal",
            json!({"notificationTitle": "Hello", "notificationBody": "Please restart."}),
        ),
        (ActionKind::RemoteLock, "POST v1.0 remoteLock", none.clone()),
        (ActionKind::Retire, "POST v1.0 retire", none.clone()),
        (
            ActionKind::Wipe,
            "POST v1.0 wipe",
            json!({"keepEnrollmentData": false, "keepUserData": false, "persistEsimDataPlan": false}),
        ),
        (ActionKind::Delete, "DELETE v1.0 ", none.clone()),
        (ActionKind::Reboot, "POST v1.0 rebootNow", none.clone()),
        (ActionKind::ShutDown, "POST v1.0 shutDown", none.clone()),
        (ActionKind::ResetPasscode, "POST v1.0 resetPasscode", none.clone()),
        (ActionKind::Locate, "POST v1.0 locateDevice", none.clone()),
        (
            ActionKind::EnableLostMode,
            "POST beta enableLostMode",
            json!({"message": "Lost. Please call.", "phoneNumber": "", "footer": ""}),
        ),
        (ActionKind::DisableLostMode, "POST v1.0 disableLostMode", none.clone()),
        (
            ActionKind::PlayLostModeSound,
            "POST beta playLostModeSound",
            json!({"durationInMinutes": "1"}),
        ),
        (
            ActionKind::DefenderScan,
            "POST v1.0 windowsDefenderScan",
            json!({"quickScan": true}),
        ),
        (
            ActionKind::DefenderUpdateSignatures,
            "POST v1.0 windowsDefenderUpdateSignatures",
            none.clone(),
        ),
        (
            ActionKind::FreshStart,
            "POST v1.0 cleanWindowsDevice",
            json!({"keepUserData": true}),
        ),
        (
            ActionKind::BypassActivationLock,
            "POST v1.0 bypassActivationLock",
            none.clone(),
        ),
        (
            ActionKind::Rename,
            "POST beta setDeviceName",
            json!({"deviceName": "LAP-0042"}),
        ),
        (
            ActionKind::RotateBitLockerKeys,
            "POST beta rotateBitLockerKeys",
            none.clone(),
        ),
        (
            ActionKind::RotateFileVaultKey,
            "POST beta rotateFileVaultKey",
            none.clone(),
        ),
        (
            ActionKind::RotateLocalAdminPassword,
            "POST beta rotateLocalAdminPassword",
            none.clone(),
        ),
        (
            ActionKind::LogOutSharedUser,
            "POST v1.0 logoutSharedAppleDeviceActiveUser",
            none.clone(),
        ),
        (
            ActionKind::RemoveSharedUser,
            "POST v1.0 deleteUserFromSharedAppleDevice",
            json!({"userPrincipalName": "a@example.org"}),
        ),
        (
            ActionKind::RunRemediation,
            "POST beta initiateOnDemandProactiveRemediation",
            json!({"scriptPolicyId": ID}),
        ),
        (
            ActionKind::EditName,
            "PATCH v1.0 ",
            json!({"managedDeviceName": "Reception"}),
        ),
        (ActionKind::EditNotes, "PATCH v1.0 ", json!({"notes": "in repair"})),
        (
            ActionKind::EditOwner,
            "PATCH v1.0 ",
            json!({"managedDeviceOwnerType": "company"}),
        ),
        (
            ActionKind::EditCategory,
            "PUT v1.0 deviceCategory/$ref",
            json!({"@odata.id": format!("https://graph.example/v1.0/deviceManagement/deviceCategories/{ID}")}),
        ),
    ] {
        let call = call(verb, &good(verb), spec(verb).version);
        let method = format!("{:?}", call.method).to_uppercase();
        assert_eq!(format!("{method} {} {}", call.version.name(), call.step), request);
        assert_eq!(
            call.body_for("https://graph.example/").unwrap_or_default(),
            body,
            "{verb}"
        );
    }
}

/// Microsoft gives none of the flags a default: one that is left out erases.
#[test]
fn a_wipe_says_every_flag_that_its_version_knows_whatever_was_asked() {
    let v1 = ["keepEnrollmentData", "keepUserData", "persistEsimDataPlan"];
    let beta = [
        "keepEnrollmentData",
        "keepUserData",
        "persistEsimDataPlan",
        "useProtectedWipe",
    ];
    for (version, flags) in [(ApiVersion::V1, &v1[..]), (ApiVersion::Beta, &beta[..])] {
        for asked in flags {
            let body = call(ActionKind::Wipe, &parameters(json!({ *asked: true })), version).body;
            let body = body.map(object).unwrap_or_default();
            assert_eq!(body.len(), flags.len());
            for flag in flags {
                assert_eq!(
                    body[*flag],
                    (flag == asked),
                    "{flag} when {asked} was asked, {version:?}"
                );
            }
        }
        let body = call(
            ActionKind::Wipe,
            &parameters(json!({"macOsUnlockCode": "123456"})),
            version,
        )
        .body;
        assert_eq!(body.expect("a wipe has a body")["macOsUnlockCode"], "123456");
    }
}

#[test]
fn what_was_asked_goes_out() {
    let scan = |quick: bool| {
        call(
            ActionKind::DefenderScan,
            &parameters(json!({"quickScan": quick})),
            ApiVersion::V1,
        )
        .body
    };
    assert_eq!(scan(true), Some(json!({"quickScan": true})));
    assert_eq!(scan(false), Some(json!({"quickScan": false})));
    let sound = call(
        ActionKind::PlayLostModeSound,
        &parameters(json!({"durationInMinutes": 5})),
        ApiVersion::Beta,
    );
    assert_eq!(sound.body, Some(json!({"durationInMinutes": "5"})));
    let fresh = call(
        ActionKind::FreshStart,
        &parameters(json!({"keepUserData": false})),
        ApiVersion::V1,
    );
    assert_eq!(fresh.body, Some(json!({"keepUserData": false})));
    let clear = call(ActionKind::EditNotes, &parameters(json!({"notes": ""})), ApiVersion::V1);
    assert_eq!(clear.body, Some(json!({"notes": ""})));
}

/// Audits and states are Microsoft's words; what `deviceActionResults` says is not documented.
#[test]
fn traces_use_microsofts_words() {
    let names = names();
    let has = |list: &str, word: &str| names["enums"][list].as_array().expect("a list").contains(&word.into());
    let flags = json!({"keepEnrollmentData": true, "quickScan": false});
    for verb in ActionKind::ALL {
        for given in [ActionParameters::default(), parameters(flags.clone())] {
            let trace = (spec(*verb).trace)(&given);
            for audit in trace.audits {
                assert!(has("remoteAction", audit), "{verb}: {audit}");
            }
            for state in [trace.states, trace.states_failed, trace.states_cancelled].concat() {
                assert!(has("managementState", state), "{verb}: {state}");
            }
            assert_eq!(trace.is_traceable(), *verb != ActionKind::Notify, "{verb}");
        }
    }
    let kinds = spec(ActionKind::Wipe).parameters.iter().find_map(|p| match p.kind {
        ParameterKind::OneOf(words) => Some(words),
        _ => None,
    });
    for word in kinds.expect("one of the options is a word") {
        assert!(has("obliterationBehavior", word));
    }
}

/// The audit names quick and full scans, and wipes that keep the enrolment, apart.
#[test]
fn a_trace_follows_the_parameters() {
    let trace = |verb: ActionKind, given: Value| (spec(verb).trace)(&parameters(given));
    assert_eq!(trace(ActionKind::DefenderScan, json!({})).audits, ["quickScan"]);
    assert_eq!(
        trace(ActionKind::DefenderScan, json!({"quickScan": false})).audits,
        ["fullScan"]
    );
    assert_eq!(trace(ActionKind::Wipe, json!({})).audits, ["factoryReset"]);
    for (verb, given, vanishes) in [
        (ActionKind::Wipe, json!({}), true),
        (ActionKind::Wipe, json!({"keepEnrollmentData": true}), false),
        (ActionKind::Wipe, json!({"keepUserData": true}), false),
        (ActionKind::Wipe, json!({"keepUserData": false}), true),
        (ActionKind::FreshStart, json!({"keepUserData": true}), false),
        (ActionKind::FreshStart, json!({"keepUserData": false}), true),
        (ActionKind::Retire, json!({}), true),
        (ActionKind::Delete, json!({}), true),
        (ActionKind::Reboot, json!({}), false),
    ] {
        assert_eq!(trace(verb, given.clone()).vanishes, vanishes, "{verb} {given}");
    }
}
