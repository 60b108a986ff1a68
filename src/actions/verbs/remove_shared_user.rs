//! Shared iPad: remove a user. The result names the user, so that of several only ours counts.

use serde_json::json;

use super::call::post;
use super::check::ParameterError;
use super::log_out_shared_user::shared_ipad;
use super::spec::{ApiVersion, Kind, PRIVILEGED, Parameter, Parameters, Trace, VerbSpec};
use crate::model::Verb;

pub static SPEC: VerbSpec = VerbSpec {
    verb: Verb::RemoveSharedUser,
    summary: "takes a user off a Shared iPad, with all that is kept there",
    version: ApiVersion::V1,
    permission: PRIVILEGED,
    // Destructive: issued once (A3). The user may have come back.
    repeatable: false,
    parameters: &[Parameter {
        name: "userPrincipalName",
        kind: Kind::Text { min: 3, max: 255 },
        required: true,
        secret: false,
        only: None,
        help: "the user to remove: name@example.org",
    }],
    rules: is_user,
    trace: |_| Trace {
        results: &["deleteUserFromSharedAppleDevice"],
        audits: &[],
        ..Trace::NONE
    },
    fits: |subject, _| shared_ipad(subject, "freed of a user"),
    call: |id, parameters, version| {
        let body = json!({ "userPrincipalName": parameters.text("userPrincipalName").unwrap_or_default() });
        post(id, "deleteUserFromSharedAppleDevice", version, Some(body))
    },
    effect: |_, _| "erases that user's data on the iPad, also what is not in the cloud yet".to_owned(),
};

fn is_user(parameters: &Parameters) -> Result<(), ParameterError> {
    let user = parameters.text("userPrincipalName").unwrap_or_default();
    let has_both = user
        .split_once('@')
        .is_some_and(|(name, domain)| !name.is_empty() && domain.contains('.') && !domain.contains('@'));
    if has_both && !user.contains(char::is_whitespace) {
        return Ok(());
    }
    Err(ParameterError::Kind {
        verb: Verb::RemoveSharedUser,
        name: "userPrincipalName",
        wanted: "a user's name such as name@example.org".to_owned(),
    })
}
