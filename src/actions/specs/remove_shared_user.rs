//! Shared iPad: remove a user. The result names the user, so that of several only ours counts.

use serde_json::json;

use super::action_spec::{
    ActionParameter, ActionParameters, ActionSpec, ApiVersion, OutcomeTrace, PRIVILEGED, ParameterKind,
};
use super::calls::post_action;
use super::log_out_shared_user::require_shared_ipad;
use super::parameter_check::ParameterError;
use crate::model::ActionKind;

pub(crate) static SPEC: ActionSpec = ActionSpec {
    verb: ActionKind::RemoveSharedUser,
    summary: "removes a user and their data from a Shared iPad",
    version: ApiVersion::V1,
    permission: PRIVILEGED,
    // Destructive: issued once (A3). The user may have come back.
    repeatable: false,
    parameters: &[ActionParameter {
        name: "userPrincipalName",
        kind: ParameterKind::Text { min: 3, max: 255 },
        required: true,
        secret: false,
        only_version: None,
        help: "the user to remove: name@example.org",
    }],
    rules: check_user_name,
    trace: |_| OutcomeTrace {
        results: &["deleteUserFromSharedAppleDevice"],
        audits: &[],
        ..OutcomeTrace::NONE
    },
    fits: |subject, _| require_shared_ipad(subject, "cleared of a user"),
    call: |id, parameters, version| {
        let body = json!({ "userPrincipalName": parameters.text_value("userPrincipalName").unwrap_or_default() });
        post_action(id, "deleteUserFromSharedAppleDevice", version, Some(body))
    },
    effect: |_, _| "erases that user's data on the iPad, including what is not in the cloud yet".to_owned(),
};

fn check_user_name(parameters: &ActionParameters) -> Result<(), ParameterError> {
    let user = parameters.text_value("userPrincipalName").unwrap_or_default();
    let has_both = user
        .split_once('@')
        .is_some_and(|(name, domain)| !name.is_empty() && domain.contains('.') && !domain.contains('@'));
    if has_both && !user.contains(char::is_whitespace) {
        return Ok(());
    }
    Err(ParameterError::Kind {
        verb: ActionKind::RemoveSharedUser,
        name: "userPrincipalName",
        wanted: "a user name such as name@example.org".to_owned(),
    })
}
