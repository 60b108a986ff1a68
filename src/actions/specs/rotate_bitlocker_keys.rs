//! Rotate BitLocker keys.

use super::action_spec::{ActionSpec, ApiVersion, OutcomeTrace, READ_WRITE};
use super::calls::post_action;
use super::requirements::require_platform;
use crate::actions::subject::Platform;
use crate::model::ActionKind;

pub(crate) static SPEC: ActionSpec = ActionSpec {
    verb: ActionKind::RotateBitLockerKeys,
    summary: "replaces the BitLocker recovery keys of the PC",
    version: ApiVersion::Beta,
    permission: READ_WRITE,
    // Who has just read the new key out to somebody must not find it void.
    repeatable: false,
    parameters: &[],
    rules: |_| Ok(()),
    trace: |_| OutcomeTrace {
        results: &["rotateBitLockerKeys"],
        audits: &["rotateBitLockerKeys"],
        ..OutcomeTrace::NONE
    },
    fits: |subject, _| {
        require_platform(subject, &[Platform::Windows], "given new BitLocker keys", |platform| {
            (platform == Platform::MacOs).then_some("`rotateFileVaultKey`")
        })
    },
    call: |id, _, version| post_action(id, "rotateBitLockerKeys", version, None),
    effect: |_, _| "gets new recovery keys, kept in Entra ID; the old ones no longer work".to_owned(),
};
