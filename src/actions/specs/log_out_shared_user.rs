//! Shared iPad: log out. v1.0 does not tell a Shared iPad from others, but all of them are supervised and enrolled
//! without a user.

use super::action_spec::{ActionSpec, ActionUnfit, ApiVersion, OutcomeTrace, PRIVILEGED};
use super::calls::post_action;
use super::requirements::{action_unfit, no_alternative, require_platform, require_supervision};
use crate::actions::subject::{Platform, Subject};
use crate::model::ActionKind;

pub(crate) static SPEC: ActionSpec = ActionSpec {
    verb: ActionKind::LogOutSharedUser,
    summary: "logs the user of a Shared iPad out",
    version: ApiVersion::V1,
    permission: PRIVILEGED,
    // The next user may be logged in by then.
    repeatable: false,
    parameters: &[],
    rules: |_| Ok(()),
    trace: |_| OutcomeTrace {
        results: &["logoutSharedAppleDeviceActiveUser"],
        audits: &["logoutSharedAppleDeviceActiveUser"],
        ..OutcomeTrace::NONE
    },
    fits: |subject, _| require_shared_ipad(subject, "made to log its user out"),
    call: |id, _, version| post_action(id, "logoutSharedAppleDeviceActiveUser", version, None),
    effect: |_, _| "logs its current user out; unsaved work is lost".to_owned(),
};

/// Also for removing a user.
pub(super) fn require_shared_ipad(subject: &Subject, done: &str) -> Result<(), ActionUnfit> {
    require_platform(subject, &[Platform::IosIpados], done, no_alternative)?;
    require_supervision(subject, done)?;
    let model = subject.model.as_deref().unwrap_or_default().to_ascii_lowercase();
    let is_ipad = model.is_empty() || model.contains("ipad");
    if !is_ipad || subject.is_enrolled_by(&["appleBulkWithoutUser"]) == Some(false) {
        return Err(action_unfit(
            "sharedIpad",
            format!("only a Shared iPad, enrolled without a user, can be {done}"),
            None,
        ));
    }
    Ok(())
}
