//! Wipe: the device is reset to what it was when it left the factory.
//!
//! *Microsoft gives none of the flags a default.* A wipe without a body erases everything; so does one with a flag
//! misspelt, or with one that the version does not know. Therefore every flag that the chosen version knows is always
//! sent, and an option that this version, or this platform, does not know is refused before the call: dropped in
//! silence it would erase what somebody wanted to keep.

use serde_json::{Map, Value};

use super::action_spec::{
    ActionParameter, ActionParameters, ActionSpec, ActionUnfit, ApiVersion, OutcomeTrace, PRIVILEGED, ParameterKind,
};
use super::calls::post_action;
use super::parameter_check::ParameterError;
use super::requirements::{ANDROID_COMPANY, action_unfit, require_platform};
use crate::actions::subject::{Platform, Subject};
use crate::model::ActionKind;

const KEEP_ENROLLMENT: &str = "keepEnrollmentData";
const KEEP_USER: &str = "keepUserData";
const KEEP_ESIM: &str = "persistEsimDataPlan";
const PROTECTED: &str = "useProtectedWipe";
const UNLOCK_CODE: &str = "macOsUnlockCode";
const OBLITERATION: &str = "obliterationBehavior";

pub(crate) static SPEC: ActionSpec = ActionSpec {
    verb: ActionKind::Wipe,
    summary: "resets the device to factory settings",
    version: ApiVersion::V1,
    // UNCONFIRMED: ReadWrite.All is listed as sufficient too, but its own text says that it does not allow wiping.
    permission: PRIVILEGED,
    // Destructive: issued once (A3). A second one would hit the device when it has just been set up again.
    repeatable: false,
    parameters: PARAMETERS,
    rules: check_exclusive_options,
    trace: outcome_trace,
    fits: |subject, parameters| {
        let able = [ANDROID_COMPANY, OTHERS].concat();
        require_platform(subject, &able, "wiped", |platform| match platform {
            Platform::Linux => Some("`delete` removes its record from Intune"),
            _ => Some("`retire` removes the company's data"),
        })?;
        check_options(subject, parameters)
    },
    call: |id, parameters, version| post_action(id, "wipe", version, Some(build_body(parameters, version))),
    effect: describe_effect,
};

const OTHERS: &[Platform] = &[
    Platform::Windows,
    Platform::IosIpados,
    Platform::MacOs,
    Platform::TvOs,
    Platform::VisionOs,
    Platform::ChromeOs,
];

const PARAMETERS: &[ActionParameter] = &[
    flag_parameter(
        KEEP_ENROLLMENT,
        None,
        "Windows: the PC stays enrolled in Intune; user files are erased",
    ),
    flag_parameter(
        KEEP_USER,
        None,
        "Windows: accounts and user files are kept; the PC stays enrolled",
    ),
    flag_parameter(KEEP_ESIM, None, "iPhone, iPad, Windows: the eSIM keeps its data plan"),
    flag_parameter(
        PROTECTED,
        Some(ApiVersion::Beta),
        "Windows: the wipe continues after a power loss; can leave the PC unable to start",
    ),
    ActionParameter {
        name: UNLOCK_CODE,
        kind: ParameterKind::Digits(6),
        required: false,
        secret: true,
        only_version: None,
        help: "macOS: the code that unlocks it again",
    },
    ActionParameter {
        name: OBLITERATION,
        kind: ParameterKind::OneOf(&["default", "doNotObliterate", "obliterateWithWarning", "always"]),
        required: false,
        secret: false,
        // Microsoft's pages list it for v1.0 too, the schema does not.
        only_version: Some(ApiVersion::Beta),
        help: "macOS: what to do if the content cannot be erased",
    },
];

const fn flag_parameter(name: &'static str, only: Option<ApiVersion>, help: &'static str) -> ActionParameter {
    ActionParameter {
        name,
        kind: ParameterKind::Boolean,
        required: false,
        secret: false,
        only_version: only,
        help,
    }
}

/// Two ways to wipe in one request: which of them wins, nobody says.
fn check_exclusive_options(parameters: &ActionParameters) -> Result<(), ParameterError> {
    let pairs = [
        (KEEP_ENROLLMENT, KEEP_USER),
        (PROTECTED, KEEP_USER),
        (PROTECTED, KEEP_ENROLLMENT),
    ];
    match pairs
        .iter()
        .find(|(first, second)| parameters.is_set(first) && parameters.is_set(second))
    {
        Some((first, second)) => Err(ParameterError::Conflict {
            verb: ActionKind::Wipe,
            first,
            second,
            why: "each is a different kind of wipe",
        }),
        None => Ok(()),
    }
}

fn outcome_trace(parameters: &ActionParameters) -> OutcomeTrace {
    OutcomeTrace {
        // What `deviceActionResults` calls it is UNCONFIRMED.
        results: &["wipe", "factoryReset", "factoryResetKeepEnrollmentData"],
        // What a wipe that keeps the users' data is called there is UNCONFIRMED.
        audits: if is_enrollment_kept(parameters) {
            &["factoryReset", "factoryResetKeepEnrollmentData"]
        } else {
            &["factoryReset"]
        },
        states: &["wipePending", "wipeIssued"],
        states_failed: &["wipeFailed"],
        states_cancelled: &["wipeCanceled"],
        // What stays enrolled stays in Intune.
        vanishes: !is_enrollment_kept(parameters),
        ..OutcomeTrace::NONE
    }
}

/// Whether it stays enrolled.
fn is_enrollment_kept(parameters: &ActionParameters) -> bool {
    parameters.is_set(KEEP_ENROLLMENT) || parameters.is_set(KEEP_USER)
}

/// An option that means nothing on this platform is no trifle: whoever asked to keep the users' data must not learn
/// afterwards that it was never possible.
fn check_options(subject: &Subject, parameters: &ActionParameters) -> Result<(), ActionUnfit> {
    const RULES: &[(&str, &[Platform])] = &[
        (KEEP_ENROLLMENT, &[Platform::Windows]),
        (KEEP_USER, &[Platform::Windows]),
        (PROTECTED, &[Platform::Windows]),
        (KEEP_ESIM, &[Platform::IosIpados, Platform::Windows]),
        (UNLOCK_CODE, &[Platform::MacOs]),
        (OBLITERATION, &[Platform::MacOs]),
    ];
    for (name, platforms) in RULES {
        let is_asked = parameters.is_set(name) || parameters.text_value(name).is_some();
        if is_asked && !platforms.contains(&subject.platform) {
            return Err(action_unfit(
                "parameter",
                format!(
                    "{} does not support {name}: the wipe would run without it",
                    subject.platform
                ),
                Some("send its wipe in a separate job without this option"),
            ));
        }
    }
    Ok(())
}

fn build_body(parameters: &ActionParameters, version: ApiVersion) -> Value {
    let mut body = Map::new();
    for parameter in PARAMETERS
        .iter()
        .filter(|parameter| parameter.kind == ParameterKind::Boolean)
    {
        if parameter.only_version.is_none_or(|only| only == version) {
            body.insert(parameter.name.to_owned(), parameters.is_set(parameter.name).into());
        }
    }
    for name in [UNLOCK_CODE, OBLITERATION] {
        if let Some(text) = parameters.text_value(name) {
            body.insert(name.to_owned(), text.into());
        }
    }
    Value::Object(body)
}

fn describe_effect(subject: &Subject, parameters: &ActionParameters) -> String {
    let mut effect = match subject.platform {
        Platform::Windows if parameters.is_set(KEEP_USER) => {
            "Windows is reset: programs and settings are removed, accounts and user files are kept; it stays in Intune"
                .to_owned()
        }
        Platform::Windows if parameters.is_set(KEEP_ENROLLMENT) => {
            "Windows is reset: all user files are erased; it stays in Intune".to_owned()
        }
        _ => format!("{}; it leaves Intune", describe_erasure(subject)),
    };
    if parameters.is_set(PROTECTED) {
        effect.push_str("; a power loss does not stop the wipe, which can leave the PC unable to start");
    }
    if parameters.is_set(KEEP_ESIM) {
        effect.push_str("; the eSIM keeps its data plan");
    }
    if parameters.text_value(UNLOCK_CODE).is_some() {
        effect.push_str("; it can be unlocked only with the six-digit code of this job");
    }
    if let Some("always" | "obliterateWithWarning" | "default") = parameters.text_value(OBLITERATION) {
        effect.push_str("; if its content cannot be erased, the whole disk is erased, and macOS must be reinstalled");
    }
    effect
}

/// What is lost without any option; `delete` does the same to company Androids.
pub(super) fn describe_erasure(subject: &Subject) -> String {
    match subject.platform {
        Platform::Windows => "everything is erased, including user files".to_owned(),
        Platform::MacOs => "everything is erased; macOS must be set up again".to_owned(),
        Platform::IosIpados => {
            "everything is erased; if Activation Lock is on, it can be set up again only with the Apple account or \
             after `bypassActivationLock`"
                .to_owned()
        }
        _ if ANDROID_COMPANY.contains(&subject.platform) => describe_android_erasure(subject),
        _ => "everything is erased".to_owned(),
    }
}

fn describe_android_erasure(subject: &Subject) -> String {
    if subject.is_made_by("zebra") {
        return "company data is removed; a Zebra device is not reset, and its other data is kept".to_owned();
    }
    match subject.platform {
        Platform::AndroidCope => "everything is erased, including its personal side",
        Platform::AndroidCobo if subject.is_made_by("samsung") => {
            "everything is erased; but if a policy blocks the factory reset, this Samsung only loses contact with \
             Intune and is never reset"
        }
        _ => "everything is erased",
    }
    .to_owned()
}
