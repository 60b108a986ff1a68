//! What the instances behind the API answer instead of what was asked for.

use axum::http::StatusCode;

use super::ApiProblem;
use crate::sics::engine_error::EngineError;

impl From<EngineError> for ApiProblem {
    fn from(error: EngineError) -> Self {
        match error {
            EngineError::UnknownInstance(name) => ApiProblem::not_found("instance", name),
            EngineError::ConfirmationNeeded(effect) => ApiProblem::confirmation_needed(&effect),
            EngineError::Brake(error) => error.into(),
            EngineError::Conflict { code, problem, advice } => ApiProblem::conflict(code, problem, advice),
            EngineError::Settings { key, problem, advice } => {
                let detail = if key.is_empty() || problem.contains(&key) {
                    problem
                } else {
                    format!("{key}: {problem}")
                };
                ApiProblem::new(StatusCode::UNPROCESSABLE_ENTITY, "settings", detail, advice).with_member("key", key)
            }
            EngineError::Upstream { code, problem, advice } => {
                ApiProblem::new(StatusCode::BAD_GATEWAY, code, problem, advice)
            }
            EngineError::Catalogue(error) => error.into(),
            EngineError::Store(error) => error.into(),
            EngineError::Io(error) => ApiProblem::internal("dataFolder", &error),
        }
    }
}
