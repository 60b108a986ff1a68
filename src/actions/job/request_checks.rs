//! What can be said of a request by itself: its id, and whether what it takes to confirm is there.

use super::JobError;
use super::request::JobRequest;
use crate::model::{ActionDanger, ActionKind};

/// Longest id of a job, characters.
const ID_MAX: usize = 128;
/// Goes before an own id in a path, where that could be taken for a number of the bus.
pub const OWN_ID: &str = "id:";

/// The id of a job: what its sender calls it.
pub(crate) fn choose_job_name(request: &JobRequest, given: Option<String>) -> Result<String, JobError> {
    let name = match (&request.id, given) {
        (Some(id), Some(key)) if *id != key => {
            return Err(JobError::invalid_request(
                "twoIds",
                "id and Idempotency-Key differ",
                "Send one of them, or the same in both.",
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
            "the id of the job can't be used",
            format!("Use 1 to {ID_MAX} visible ASCII characters without spaces and slashes, such as a GUID."),
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
            format!("the id {name} of the job would be taken for the bus's own number {name}, which is another job"),
            format!("Put something before the digits, such as ticket-{name}."),
        ));
    }
    if name.starts_with(OWN_ID) {
        return Err(JobError::invalid_request(
            "id",
            format!("the id of the job begins with {OWN_ID}, which goes before ids in paths"),
            "Leave it out.",
        ));
    }
    Ok(())
}

pub(crate) fn check_confirmation(request: &JobRequest, verb: ActionKind) -> Result<(), JobError> {
    if verb.danger() == ActionDanger::Harmless {
        return Ok(());
    }
    if request.confirm.as_deref() != Some(verb.name()) {
        return Err(JobError::invalid_request(
            "confirm",
            format!("{verb} has to be confirmed"),
            format!("Send \"confirm\": \"{verb}\" with it."),
        ));
    }
    if request.expect_devices.is_none() {
        return Err(JobError::invalid_request(
            "expectDevices",
            format!("{verb} wants the number of devices that you expect"),
            "Send \"expectDevices\" with it.",
        ));
    }
    Ok(())
}
