//! What a request alone shows: its id, and whether its confirmation is complete.

use serde_json::Value;

use super::JobError;
use crate::contract::JobBody;
use crate::model::{ActionDanger, ActionKind, describe_value_fault};

/// Longest id of a job, characters.
const ID_MAX: usize = 128;
/// Goes before an own id in a path, where that could be taken for a number of the bus.
pub const OWN_ID: &str = "id:";

/// The request as it was sent.
pub(crate) fn parse_request(raw: Value) -> Result<JobBody, JobError> {
    // A list would be taken for the members of an object in their order.
    if !raw.is_object() {
        return Err(JobError::invalid_request(
            "body",
            "cannot read the job: it is not a JSON object",
            "Send an object: {\"action\": \"sync\", \"devices\": [{\"id\": \"…\"}]}.",
        ));
    }
    // As text, so that what is wrong has a place.
    let text = raw.to_string();
    serde_json::from_str(&text).map_err(|error| {
        JobError::invalid_request(
            "body",
            format!(
                "cannot read the job: {}",
                describe_value_fault(text.as_bytes(), &error, &|_| None)
            ),
            "Compare it with GET /sics/v1/openapi.json.",
        )
    })
}

/// The id of a job: what its sender calls it.
pub(crate) fn choose_job_name(request: &JobBody, given: Option<String>) -> Result<String, JobError> {
    let name = match (&request.id, given) {
        (Some(id), Some(key)) if *id != key => {
            return Err(JobError::invalid_request(
                "twoIds",
                "id and Idempotency-Key differ",
                "Send only one of them, or the same value in both.",
            ));
        }
        (Some(id), _) => id.clone(),
        (None, Some(key)) => key,
        (None, None) => uuid::Uuid::new_v4().to_string(),
    };
    let good =
        !name.is_empty() && name.chars().count() <= ID_MAX && name.chars().all(|c| c.is_ascii_graphic() && c != '/');
    if good {
        Ok(name)
    } else {
        Err(JobError::invalid_request(
            "id",
            "the job id is not valid",
            format!("Use 1 to {ID_MAX} visible ASCII characters without spaces or slashes, such as a GUID."),
        ))
    }
}

/// Operators find a job by its number or by their own id, in the same place: no id may look like the other. Management
/// servers have a path of their own, where nothing but their ids counts, so they may number their jobs. Only for new jobs:
/// what was taken before stays known by its id.
pub(crate) fn check_own_id(name: &str) -> Result<(), JobError> {
    if name.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(JobError::invalid_request(
            "id",
            format!("the job id {name} could be confused with the bus's own job number {name}"),
            format!("Add a prefix, such as ticket-{name}."),
        ));
    }
    if name.starts_with(OWN_ID) {
        return Err(JobError::invalid_request(
            "id",
            format!("the job id begins with {OWN_ID}, which is reserved as a prefix in paths"),
            "Remove the prefix.",
        ));
    }
    Ok(())
}

pub(crate) fn check_confirmation(request: &JobBody, verb: ActionKind) -> Result<(), JobError> {
    if verb.danger() == ActionDanger::Harmless {
        return Ok(());
    }
    if request.confirm.as_deref() != Some(verb.name()) {
        return Err(JobError::invalid_request(
            "confirm",
            format!("{verb} must be confirmed"),
            format!("Add \"confirm\": \"{verb}\" to the job."),
        ));
    }
    if request.expect_devices.is_none() {
        return Err(JobError::invalid_request(
            "expectDevices",
            format!("{verb} requires the expected number of devices"),
            "Add \"expectDevices\" to the job.",
        ));
    }
    Ok(())
}
