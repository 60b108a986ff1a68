//! What can be said of a request by itself: its id, and whether what it takes to confirm is there.

use super::JobError;
use super::request::JobRequest;
use crate::model::{Danger, Verb};

/// Longest id of a job, characters.
const ID_MAX: usize = 128;

pub fn name(request: &JobRequest, given: Option<String>) -> Result<String, JobError> {
    let name = match (&request.id, given) {
        (Some(id), Some(key)) if *id != key => {
            return Err(JobError::wrong(
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
    match good {
        true => Ok(name),
        false => Err(JobError::wrong(
            "id",
            "the id of the job can't be used",
            format!("Use 1 to {ID_MAX} visible ASCII characters without spaces and slashes, such as a GUID."),
        )),
    }
}

pub fn confirmed(request: &JobRequest, verb: Verb) -> Result<(), JobError> {
    if verb.danger() == Danger::Harmless {
        return Ok(());
    }
    if request.confirm.as_deref() != Some(verb.name()) {
        return Err(JobError::wrong(
            "confirm",
            format!("{verb} has to be confirmed"),
            format!("Send \"confirm\": \"{verb}\" with it."),
        ));
    }
    if request.expect_devices.is_none() {
        return Err(JobError::wrong(
            "expectDevices",
            format!("{verb} wants the number of devices that you expect"),
            "Send \"expectDevices\" with it.",
        ));
    }
    Ok(())
}
