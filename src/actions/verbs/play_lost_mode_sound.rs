//! Lost mode sound. Five minutes is our own limit: Microsoft names none.

use serde_json::json;

use super::call::post;
use super::fit::{in_lost_mode, nothing, only_on, supervised};
use super::spec::{ApiVersion, Kind, PRIVILEGED, Parameter, Trace, VerbSpec};
use crate::actions::subject::Platform;
use crate::model::Verb;

pub static SPEC: VerbSpec = VerbSpec {
    verb: Verb::PlayLostModeSound,
    summary: "lets a lost device sound",
    version: ApiVersion::Beta,
    permission: PRIVILEGED,
    // It would sound twice: harmless, but a nuisance.
    repeatable: false,
    parameters: &[Parameter {
        name: "durationInMinutes",
        kind: Kind::Integer { min: 1, max: 5 },
        required: false,
        secret: false,
        only: None,
        help: "how long it sounds; 1 where it is left out",
    }],
    rules: |_| Ok(()),
    trace: |_| Trace {
        results: &["playLostModeSound"],
        audits: &[],
        ..Trace::NONE
    },
    fits: |subject, _| {
        only_on(subject, ABLE, "made to sound", nothing)?;
        supervised(subject, "made to sound")?;
        in_lost_mode(subject, "made to sound")
    },
    call: |id, parameters, version| {
        let minutes = parameters.integer("durationInMinutes").unwrap_or(1);
        // Text, although it is a number: so says the schema.
        let body = json!({ "durationInMinutes": minutes.to_string() });
        post(id, "playLostModeSound", version, Some(body))
    },
    effect: |_, _| "sounds, even where it is muted".to_owned(),
};

const ABLE: &[Platform] = &[
    Platform::IosIpados,
    Platform::AndroidCope,
    Platform::AndroidCobo,
    Platform::AndroidCosu,
];
