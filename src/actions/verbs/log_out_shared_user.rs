//! Shared iPad: log out. v1.0 does not tell a Shared iPad from others, but all of them are supervised and enrolled
//! without a user.

use super::call::post;
use super::fit::{nothing, only_on, supervised, unfit};
use super::spec::{ApiVersion, PRIVILEGED, Trace, Unfit, VerbSpec};
use crate::actions::subject::{Platform, Subject};
use crate::model::Verb;

pub static SPEC: VerbSpec = VerbSpec {
    verb: Verb::LogOutSharedUser,
    summary: "logs the user of a Shared iPad out",
    version: ApiVersion::V1,
    permission: PRIVILEGED,
    // The next user may be logged in by then.
    repeatable: false,
    parameters: &[],
    rules: |_| Ok(()),
    trace: |_| Trace {
        results: &["logoutSharedAppleDeviceActiveUser"],
        audits: &["logoutSharedAppleDeviceActiveUser"],
        ..Trace::NONE
    },
    fits: |subject, _| shared_ipad(subject, "made to log its user out"),
    call: |id, _, version| post(id, "logoutSharedAppleDeviceActiveUser", version, None),
    effect: |_, _| "logs whoever uses it out; work that is not saved is lost".to_owned(),
};

/// Also for removing a user.
pub(super) fn shared_ipad(subject: &Subject, done: &str) -> Result<(), Unfit> {
    only_on(subject, &[Platform::IosIpados], done, nothing)?;
    supervised(subject, done)?;
    let model = subject.model.as_deref().unwrap_or_default().to_ascii_lowercase();
    let is_ipad = model.is_empty() || model.contains("ipad");
    if !is_ipad || subject.is_enrolled_by(&["appleBulkWithoutUser"]) == Some(false) {
        return Err(unfit(
            "sharedIpad",
            format!("only a Shared iPad, enrolled without a user, can be {done}"),
            None,
        ));
    }
    Ok(())
}
