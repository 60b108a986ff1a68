//! Lost mode sound. Five minutes is our own limit: Microsoft names none.

use serde_json::json;

use super::action_spec::{ActionParameter, ActionSpec, ApiVersion, OutcomeTrace, PRIVILEGED, ParameterKind};
use super::calls::post_action;
use super::requirements::{no_alternative, require_lost_mode, require_platform, require_supervision};
use crate::actions::subject::Platform;
use crate::model::ActionKind;

pub(crate) static SPEC: ActionSpec = ActionSpec {
    verb: ActionKind::PlayLostModeSound,
    summary: "plays a sound on a lost device",
    version: ApiVersion::Beta,
    permission: PRIVILEGED,
    // It would sound twice: harmless, but a nuisance.
    repeatable: false,
    parameters: &[ActionParameter {
        name: "durationInMinutes",
        kind: ParameterKind::Integer { min: 1, max: 5 },
        required: false,
        secret: false,
        only_version: None,
        help: "duration of the sound in minutes; default 1",
    }],
    rules: |_| Ok(()),
    trace: |_| OutcomeTrace {
        results: &["playLostModeSound"],
        audits: &[],
        ..OutcomeTrace::NONE
    },
    fits: |subject, _| {
        require_platform(subject, ABLE, "made to play a sound", no_alternative)?;
        require_supervision(subject, "made to play a sound")?;
        require_lost_mode(subject, "made to play a sound")
    },
    call: |id, parameters, version| {
        let minutes = parameters.integer_value("durationInMinutes").unwrap_or(1);
        // Text, although it is a number: so says the schema.
        let body = json!({ "durationInMinutes": minutes.to_string() });
        post_action(id, "playLostModeSound", version, Some(body))
    },
    effect: |_, _| "plays a sound, even if it is muted".to_owned(),
};

const ABLE: &[Platform] = &[
    Platform::IosIpados,
    Platform::AndroidCope,
    Platform::AndroidCobo,
    Platform::AndroidCosu,
];
