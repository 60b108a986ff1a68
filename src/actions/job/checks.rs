//! What can be said of a request by itself: its id, its verb, and whether what it takes to confirm is there.

use super::JobError;
use super::request::JobRequest;
use crate::actions::guard;
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

pub fn verb(request: &JobRequest, policy: Option<&str>) -> Result<Verb, JobError> {
    let defined = match &request.definition {
        None => None,
        Some(name) => Some(guard::definition(policy, name).ok_or_else(|| {
            JobError::wrong(
                "unknownDefinition",
                format!("no definition is called {name:?}"),
                "The instance's setting `definitions` lists them; or name the action itself.",
            )
        })?),
    };
    match (request.action, defined) {
        (Some(action), Some(defined)) if action != defined => Err(JobError::wrong(
            "definitionMismatch",
            format!("the definition is for {defined}, the job says {action}"),
            "Leave one of them out.",
        )),
        (Some(verb), _) | (None, Some(verb)) => Ok(verb),
        (None, None) => Err(JobError::wrong(
            "action",
            "the job names no action",
            "Set `action`; GET /sics/v1/actions lists all of them.",
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
