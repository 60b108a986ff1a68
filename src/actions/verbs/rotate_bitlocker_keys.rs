//! Rotate BitLocker keys.

use super::call::post;
use super::fit::only_on;
use super::spec::{ApiVersion, READ_WRITE, Trace, VerbSpec};
use crate::actions::subject::Platform;
use crate::model::Verb;

pub static SPEC: VerbSpec = VerbSpec {
    verb: Verb::RotateBitLockerKeys,
    summary: "gives the PC new BitLocker recovery keys",
    version: ApiVersion::Beta,
    permission: READ_WRITE,
    // Who has just read the new key out to somebody must not find it void.
    repeatable: false,
    parameters: &[],
    rules: |_| Ok(()),
    trace: |_| Trace {
        results: &["rotateBitLockerKeys"],
        audits: &["rotateBitLockerKeys"],
        ..Trace::NONE
    },
    fits: |subject, _| {
        only_on(subject, &[Platform::Windows], "given new BitLocker keys", |platform| {
            (platform == Platform::MacOs).then_some("`rotateFileVaultKey`")
        })
    },
    call: |id, _, version| post(id, "rotateBitLockerKeys", version, None),
    effect: |_, _| "gets new recovery keys, kept in Entra ID; the old ones open nothing any more".to_owned(),
};
