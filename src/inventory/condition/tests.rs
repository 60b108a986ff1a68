use super::*;
use crate::inventory::fields::nearest_property;

const DEVICE: &str = r#"{"id":"7809c88c-0000-4000-8000-000000000001","deviceName":"LAP-0042","model":"Latitude 7450",
 "operatingSystem":"Windows","isEncrypted":true,"totalStorageSpaceInBytes":255404802048,"freeStorageSpaceInBytes":5,
 "lastSyncDateTime":"2026-11-19T23:17:06Z","serialNumber":null,"userDisplayName":"\u00c4nne \"Q\"",
 "usersLoggedOn":[{"userId":"a"},{"userId":"b"}],
 "configurationManagerClientEnabledFeatures":{"inventory":true},"deviceClass":"computer"}"#;

fn ask(source: &str) -> Result<bool, ConditionError> {
    DeviceCondition::compile(source).expect(source).matches_body(DEVICE)
}

#[test]
fn conditions_see_the_listed_fields_and_the_class() {
    for (source, expected) in [
        ("true", true),
        ("deviceClass == 'computer'", true),
        (
            "deviceName.startsWith('LAP-') && operatingSystem in ['Windows', 'macOS']",
            true,
        ),
        ("isEncrypted && !isSupervised == null || model.contains('7450')", true),
        (
            "freeStorageSpaceInBytes < 10 && totalStorageSpaceInBytes > 1000000",
            true,
        ),
        ("lastSyncDateTime > '2026-11-01T00:00:00Z'", true),
        ("timestamp(lastSyncDateTime) > timestamp('2026-12-01T00:00:00Z')", false),
        ("configurationManagerClientEnabledFeatures.inventory", true),
        ("usersLoggedOn.exists(u, u.userId == 'b')", true),
        (
            "usersLoggedOn.filter(u, u.userId != 'a').exists(u, u.userId == 'b')",
            true,
        ),
        ("userDisplayName == 'Änne \"Q\"'", true),
        ("model.matches('^Lat.*[0-9]{4}$')", true),
        ("matches(deviceClass, 'phone|tablet')", false),
        ("serialNumber == null", true),
        ("serialNumber == 'X'", false),
        ("notes == null", true),
        ("serialNumber != null && serialNumber.startsWith('A')", false),
        ("size(deviceName) == 8", true),
    ] {
        assert_eq!(ask(source), Ok(expected), "{source}");
    }
}

#[test]
fn what_cannot_be_answered_is_an_error_without_values() {
    for source in [
        "serialNumber.startsWith('A')",
        "serialNumber.matches('A')",
        "serialNumber > 'A'",
        "timestamp(deviceName) > timestamp('2026-12-01T00:00:00Z')",
        "configurationManagerClientEnabledFeatures.nothing",
        "freeStorageSpaceInBytes / 0 == 1",
    ] {
        let error = ask(source).expect_err(source);
        assert!(
            matches!(error, ConditionError::Evaluation { .. }),
            "{source}: {error:?}"
        );
        assert!(!error.to_string().contains("LAP-0042"), "{source}: {error}");
    }
    assert!(
        ask("serialNumber.startsWith('A')")
            .unwrap_err()
            .to_string()
            .contains("empty")
    );
    assert!(
        ask("serialNumber.matches('A')")
            .unwrap_err()
            .to_string()
            .contains("empty")
    );
}

#[test]
fn names_and_functions_that_do_not_exist_are_refused_at_once() {
    let refused = |source: &str| DeviceCondition::compile(source).expect_err(source);
    assert_eq!(
        refused("devicename == 'x'"),
        ConditionError::UnknownName {
            given: "devicename".into(),
            nearest: nearest_property("devicename").map(str::to_owned)
        }
    );
    assert!(refused("devicename == 'x'").to_string().contains("\"deviceName\""));
    assert!(matches!(
        refused("activationLockBypassCode != null"),
        ConditionError::UnknownName { .. }
    ));
    assert!(matches!(
        refused("[1].all(x, x == y)"),
        ConditionError::UnquotedText { .. }
    ));
    assert!(matches!(
        refused("deviceName.beginsWith('x')"),
        ConditionError::UnknownFunction { .. }
    ));
    assert!(matches!(refused("deviceName"), ConditionError::NotBoolean { .. }));
    assert!(matches!(refused("1 + 1"), ConditionError::NotBoolean { .. }));
    for never in [
        "deviceName > 5",
        "deviceName + 1 == 'x'",
        "lastSyncDateTime > 30",
        "isEncrypted < 'a'",
    ] {
        assert!(matches!(refused(never), ConditionError::WrongKinds { .. }), "{never}");
    }
    assert_eq!(
        refused("deviceName > 5").to_string(),
        "> does not accept a text and a number; a text goes with a value in quotes, a number with one without"
    );
    assert!(matches!(refused("deviceName =="), ConditionError::Syntax { .. }));
    assert!(matches!(refused(""), ConditionError::Syntax { .. }));
    assert!(matches!(
        refused("deviceName.matches(model)"),
        ConditionError::PatternForm
    ));
    assert!(matches!(
        refused("deviceName.matches('(')"),
        ConditionError::Pattern { .. }
    ));
    assert!(matches!(
        refused("deviceName.matches('((a{1000}){1000}){9}')"),
        ConditionError::Pattern { .. }
    ));
    assert!(matches!(
        refused("[1].all(x, [2].all(y, x == y))"),
        ConditionError::NestedLoop
    ));
}

#[test]
fn a_condition_that_is_too_large_is_refused_before_it_is_used() {
    let refused = |source: &str| DeviceCondition::compile(source).expect_err(&source[..40.min(source.len())]);
    assert_eq!(
        refused(&format!("deviceName == '{}'", "x".repeat(1000))),
        ConditionError::TooLong
    );
    let many: Vec<String> = (0..60).map(|n| n.to_string()).collect();
    assert_eq!(
        refused(&format!("1 in [{}] && 2 in [{}]", many.join(","), many.join(","))),
        ConditionError::TooManyNodes
    );
}

#[test]
fn deep_nesting_is_refused_and_harms_nobody() {
    for (open, core, close) in [
        ("(", "true", ")"),
        ("[", "1", "]"),
        ("{1:", "1", "}"),
        ("true ? true : ", "true", ""),
        ("true ? (", "true", ") : true"),
        ("size(", "deviceName", ")"),
        ("", "deviceName", ".a"),
        ("", "deviceName", "[0]"),
        ("", "1", " + 1"),
        ("", "true", " == true"),
    ] {
        let times = (CHARACTERS_MAX - core.len()) / (open.len() + close.len());
        let deep = format!("{}{core}{}", open.repeat(times), close.repeat(times));
        let error = DeviceCondition::compile(&deep).expect_err(open);
        assert!(
            !matches!(error, ConditionError::NoThread),
            "{open}{core}{close}: {error}"
        );
    }
}

#[test]
fn a_thousand_signs_before_a_value_are_folded_not_followed() {
    assert_eq!(ask(&format!("{}isEncrypted", "!".repeat(980))), Ok(true));
    assert_eq!(ask(&format!("{}1 < 0", "-".repeat(981))), Ok(true));
}

#[test]
fn the_deepest_condition_that_is_accepted_needs_no_more_stack_than_stated() {
    let mut deepest = Vec::new();
    for (open, core, close) in [
        ("(false || ", "isEncrypted", ")"),
        ("(isEncrypted ? ", "true", " : false)"),
        ("[", "deviceName", "][0]"),
        ("", "totalStorageSpaceInBytes", " + 1"),
        ("string(", "deviceName", ")"),
        ("!(", "isEncrypted", ")"),
    ] {
        let suffix = if core == "totalStorageSpaceInBytes" {
            " > 0"
        } else if core == "deviceName" {
            " != ''"
        } else {
            ""
        };
        let accepted = (1..40)
            .rev()
            .map(|n| format!("{}{core}{}{suffix}", open.repeat(n), close.repeat(n)))
            .find_map(|source| DeviceCondition::compile(&source).ok())
            .expect("some depth is accepted");
        deepest.push(accepted);
    }
    std::thread::Builder::new()
        .stack_size(EVALUATION_STACK_BYTES)
        .spawn(move || {
            for condition in &deepest {
                assert!(condition.matches_body(DEVICE).is_ok());
            }
        })
        .unwrap()
        .join()
        .expect("the stack suffices");
}

#[test]
fn conditions_can_be_shared_between_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<DeviceCondition>();
}

#[test]
fn mi_5_dates_compare_as_dates_on_whichever_side_they_stand() {
    let now = crate::model::parse_time("2026-11-28T12:00:00Z").expect("a date");
    for (source, expected) in [
        ("lastSyncDateTime < timestamp('2026-11-20T00:00:00Z')", true),
        ("timestamp('2026-11-20T00:00:00Z') < lastSyncDateTime", false),
        // The same moment in another zone, which no comparison of texts would find.
        ("lastSyncDateTime == '2026-11-20T01:17:06+02:00'", true),
        ("lastSyncDateTime != timestamp('2026-11-20T01:17:06+02:00')", false),
        ("lastSyncDateTime >= '2026-11-19'", true),
        ("'2026-12' > lastSyncDateTime", true),
        ("lastSyncDateTime < now - duration('168h')", true),
        ("now - lastSyncDateTime > duration('720h')", false),
        ("lastSyncDateTime + duration('720h') < now", false),
        ("lastSyncDateTime.getFullYear() == 2026", true),
        ("lastSyncDateTime.startsWith('2026-11-19')", true),
        ("lastSyncDateTime.matches('^2026')", true),
        ("enrolledDateTime == null || enrolledDateTime < now", true),
        ("enrolledDateTime != null && enrolledDateTime < now", false),
        ("now > timestamp('2026-01-01T00:00:00Z')", true),
        ("now < '2027'", true),
    ] {
        let condition = DeviceCondition::compile_at(source, now).expect(source);
        assert_eq!(condition.matches_body(DEVICE), Ok(expected), "{source}");
    }
    let condition = DeviceCondition::compile_at("enrolledDateTime < now", now).expect("a condition");
    let error = condition.matches_body(DEVICE).expect_err("it is empty");
    assert!(error.to_string().contains("empty"), "{error}");
}

#[test]
fn mi_5_what_is_no_date_or_moves_by_itself_is_refused_when_it_is_written() {
    let refused = |source: &str| DeviceCondition::compile(source).expect_err(source).to_string();
    for source in [
        "lastSyncDateTime < 'soon'",
        "'28.11.2026' > enrolledDateTime",
        "enrolledDateTime == ''",
    ] {
        assert!(refused(source).contains("is not a date"), "{source}");
    }
    assert!(refused("lastSyncDateTime < now").contains("now cannot be used here"));
    let at = crate::model::Timestamp::UNIX_EPOCH;
    let error = DeviceCondition::compile_at("nowhere < now", at).expect_err("no such field");
    assert!(error.to_string().contains("unknown field"), "{error}");
}

#[test]
fn mi_5_devices_that_can_not_be_judged_are_noted_with_id_and_problem() {
    let unjudged = UnjudgedDevices::default();
    let matching = DeviceCondition::compile("serialNumber.startsWith('A')")
        .expect("a condition")
        .into_matcher(&unjudged);
    for _ in 0..150 {
        assert!(!matching(DEVICE));
    }
    let view = unjudged.view();
    assert_eq!((view.count, view.devices.len()), (150, 100));
    let sentence = view.describe_unjudged().expect("something to say");
    assert!(
        sentence.contains("150 devices") && sentence.contains("7809c88c-0000-4000-8000-000000000001"),
        "{sentence}"
    );
    assert!(!sentence.contains("LAP-0042"));
}

#[test]
fn wn_56_the_field_that_is_empty_is_named() {
    for (source, told) in [
        (
            "hardwareInformation.serialNumber == 'x'",
            "hardwareInformation: a field is empty",
        ),
        (
            "model == 'x' || serialNumber.startsWith('A')",
            "serialNumber: a field is empty",
        ),
        // Either of them may be meant.
        (
            "serialNumber.startsWith('A') || notes.startsWith('A')",
            "startsWith: a field is empty",
        ),
    ] {
        let error = ask(source).expect_err(source).to_string();
        assert!(error.starts_with(told), "{source}: {error}");
    }
}
