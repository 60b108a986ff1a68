//! What went wrong, as the bus is told it.

use crate::bus::HostError;
use crate::config::SettingsError;
use crate::sics::EngineError;
use crate::store::StoreError;

pub(super) fn store_error(error: &StoreError) -> HostError {
    HostError::new(
        error.code(),
        error.to_string(),
        "check the state of the bus with GET /readyz",
    )
}

/// What the engine of instances says, for the bus.
pub(super) fn engine_error(error: EngineError) -> HostError {
    let problem = error.to_string();
    match error {
        EngineError::Settings { key, problem, advice } => HostError {
            key: Some(key),
            ..HostError::new("settings", problem, advice)
        },
        EngineError::Conflict { code, advice, .. } => HostError::new(code, problem, advice),
        EngineError::Upstream { code, advice, .. } => HostError::new(code, problem, advice),
        EngineError::ConfirmationNeeded(effect) => HostError {
            effect: Some(effect),
            ..HostError::new("confirmationNeeded", problem, "")
        },
        EngineError::UnknownInstance(_) => HostError::new("unknown", problem, "see the list of instances"),
        EngineError::Catalogue(error) => HostError::new(error.code(), problem, error.advice()),
        EngineError::Store(error) => store_error(&error),
        EngineError::Brake(_) | EngineError::Io(_) => HostError::new("dataFolder", problem, "see the log of the bus"),
    }
}

pub(super) fn settings_error(error: SettingsError) -> HostError {
    HostError {
        key: Some(error.key.clone()),
        ..HostError::new("settings", error.problem, error.advice)
    }
}
