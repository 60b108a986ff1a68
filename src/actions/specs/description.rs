//! What is published about a verb: `GET /sics/v1/actions` and `actions --json`.
//!
//! On which platforms it works is not written down a second time. The verb itself is asked, with a device of each
//! platform that has everything going for it, and then with one of each that lacks something.

use serde_json::{Value, json};

use super::action_spec::{ActionParameter, ActionParameters, ActionSpec, ParameterKind};
use super::parameter_check::describe_kind;
use crate::actions::subject::{Platform, Subject};
use crate::contract::{ActionParametersSchema, ActionView, PlatformSupport};

/// JSON Schema (2020-12) of the parameters.
pub fn parameters_schema(spec: &ActionSpec) -> ActionParametersSchema {
    let required = spec.parameters.iter().filter(|parameter| parameter.required);
    ActionParametersSchema {
        kind: "object".to_owned(),
        properties: spec
            .parameters
            .iter()
            .map(|parameter| (parameter.name.to_owned(), property_schema(parameter)))
            .collect(),
        required: required.map(|parameter| parameter.name.to_owned()).collect(),
        additional_properties: false,
    }
}

fn property_schema(parameter: &ActionParameter) -> Value {
    let mut schema = match parameter.kind {
        ParameterKind::Boolean => json!({ "type": "boolean" }),
        ParameterKind::Text { min, max } | ParameterKind::Lines { min, max } => {
            json!({ "type": "string", "minLength": min, "maxLength": max })
        }
        ParameterKind::Integer { min, max } => json!({ "type": "integer", "minimum": min, "maximum": max }),
        ParameterKind::Digits(count) => json!({ "type": "string", "pattern": format!("^[0-9]{{{count}}}$") }),
        ParameterKind::OneOf(words) => json!({ "type": "string", "enum": words }),
        ParameterKind::Guid => json!({ "type": "string", "format": "uuid" }),
    };
    let only = parameter
        .only_version
        .map(|version| format!("; only in the {} version of Graph", version.name()));
    schema["description"] = format!(
        "{} ({}{})",
        parameter.help,
        describe_kind(parameter.kind),
        only.unwrap_or_default()
    )
    .into();
    if parameter.secret {
        schema["writeOnly"] = true.into();
    }
    schema
}

/// All of a verb that others may know.
pub fn describe_action(spec: &ActionSpec) -> ActionView {
    ActionView {
        name: spec.verb,
        summary: spec.summary.to_owned(),
        danger: spec.danger(),
        right: spec.verb.required_right().to_owned(),
        permission: spec.permission.to_owned(),
        api_version: spec.version.name().to_owned(),
        repeatable: spec.repeatable,
        traceable: (spec.trace)(&sample_parameters(spec)).is_traceable(),
        platforms: list_platform_support(spec),
        parameters: parameters_schema(spec),
    }
}

/// Where it works, by asking.
pub fn list_platform_support(spec: &ActionSpec) -> Vec<PlatformSupport> {
    let parameters = sample_parameters(spec);
    Platform::ALL
        .iter()
        .map(|platform| support_on_platform(spec, &parameters, *platform))
        .collect()
}

fn support_on_platform(spec: &ActionSpec, parameters: &ActionParameters, platform: Platform) -> PlatformSupport {
    let best = ENROLLMENTS.iter().map(|enrollment| sample_device(platform, enrollment));
    let fitting = best
        .clone()
        .find(|device| check_sample(spec, device, parameters).is_ok());
    let Some(fitting) = fitting else {
        let unfit = best
            .map(|device| check_sample(spec, &device, parameters))
            .find_map(Result::err)
            .expect("none of them fits, and there is at least one");
        return PlatformSupport {
            platform: platform.name().to_owned(),
            works: false,
            conditions: Vec::new(),
            reason: Some(unfit.1),
            instead: unfit.2,
        };
    };
    let mut conditions: Vec<&'static str> = degraded_samples(&fitting)
        .iter()
        .filter_map(|device| check_sample(spec, device, parameters).err())
        .map(|unfit| unfit.0)
        .collect();
    conditions.sort_unstable();
    conditions.dedup();
    PlatformSupport {
        platform: platform.name().to_owned(),
        works: true,
        conditions: conditions.into_iter().map(str::to_owned).collect(),
        reason: None,
        instead: None,
    }
}

type SampleRefusal = (&'static str, String, Option<String>);

fn check_sample(spec: &ActionSpec, device: &Value, parameters: &ActionParameters) -> Result<(), SampleRefusal> {
    let subject = Subject::from_device(device).expect("a sample has an id");
    match (spec.fits)(&subject, parameters) {
        // About what was sent, not about the device.
        Err(unfit) if unfit.code != "parameter" => Err((unfit.code, unfit.reason, unfit.alternative)),
        _ => Ok(()),
    }
}

/// Kinds of enrolment that verbs ask for, of platforms that have several.
const ENROLLMENTS: [&str; 3] = ["appleBulkWithUser", "appleBulkWithoutUser", "userEnrollment"];

/// A device with everything going for it. Androids are told by their enrolment.
fn sample_device(platform: Platform, enrollment: &str) -> Value {
    let (system, enrollment) = match platform {
        Platform::Windows => ("Windows", "windowsAutoEnrollment"),
        Platform::IosIpados => ("iPadOS", enrollment),
        Platform::MacOs => ("macOS", enrollment),
        Platform::TvOs => ("tvOS", enrollment),
        Platform::VisionOs => ("visionOS", enrollment),
        Platform::AndroidAdministrator => ("Android", "userEnrollment"),
        Platform::AndroidByod => ("AndroidForWork", "userEnrollment"),
        Platform::AndroidCope => ("Android", "androidEnterpriseCorporateWorkProfile"),
        Platform::AndroidCobo => ("Android", "androidEnterpriseFullyManaged"),
        Platform::AndroidCosu => ("Android", "androidEnterpriseDedicatedDevice"),
        Platform::AndroidAosp => ("Android", "androidAOSPUserlessDeviceEnrollment"),
        Platform::ChromeOs => ("ChromeOS", "unknown"),
        Platform::Linux => ("Linux", "userEnrollment"),
        Platform::Unknown => ("Fuchsia", "unknown"),
    };
    json!({
        "id": "00000000-0000-4000-8000-000000000001",
        "operatingSystem": system,
        "osVersion": "99.0",
        "model": if platform == Platform::IosIpados { "iPad" } else { "" },
        "managementAgent": "mdm",
        "deviceEnrollmentType": enrollment,
        "managedDeviceOwnerType": "company",
        "isSupervised": true,
        "isEncrypted": true,
        "lostModeState": "enabled",
        "joinType": "azureADJoined",
    })
}

/// The same device, each time with one thing less. Another enrolment makes another device of an Android, so it is left
/// to Apple's.
fn degraded_samples(best: &Value) -> Vec<Value> {
    let without = |key: &str, value: Value| {
        let mut device = best.clone();
        device[key] = value;
        device
    };
    let mut all = vec![
        without("isSupervised", false.into()),
        without("isEncrypted", false.into()),
        without("managedDeviceOwnerType", "personal".into()),
        without("lostModeState", "disabled".into()),
        without("joinType", "hybridAzureADJoined".into()),
        without("osVersion", "1.0".into()),
    ];
    let is_apple = best["deviceEnrollmentType"]
        .as_str()
        .is_some_and(|kind| kind.starts_with("apple"));
    if is_apple {
        all.extend(ENROLLMENTS.map(|enrollment| without("deviceEnrollmentType", enrollment.into())));
    }
    all
}

/// The least that a verb takes; of no use but for asking.
fn sample_parameters(spec: &ActionSpec) -> ActionParameters {
    let value = |parameter: &ActionParameter| match parameter.kind {
        ParameterKind::Boolean => false.into(),
        ParameterKind::Text { .. } | ParameterKind::Lines { .. } => "name@example.org".into(),
        ParameterKind::Integer { min, .. } => min.into(),
        ParameterKind::Digits(count) => "0".repeat(count).into(),
        ParameterKind::OneOf(words) => words.first().copied().into(),
        ParameterKind::Guid => "00000000-0000-4000-8000-000000000001".into(),
    };
    ActionParameters(
        spec.parameters
            .iter()
            .filter(|parameter| parameter.required)
            .map(|parameter| (parameter.name.to_owned(), value(parameter)))
            .collect(),
    )
}
