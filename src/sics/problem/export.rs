//! Why a table could not be made.

use super::ApiProblem;
use crate::export::SpreadsheetError;
use crate::store::StoreError;

impl From<SpreadsheetError> for ApiProblem {
    fn from(error: SpreadsheetError) -> Self {
        match error {
            SpreadsheetError::Row(error) => match error.downcast::<StoreError>() {
                Ok(error) => ApiProblem::from(*error),
                Err(error) => ApiProblem::internal("exportFailed", error.as_ref()),
            },
            error @ (SpreadsheetError::Write(_) | SpreadsheetError::Flush(_)) => {
                ApiProblem::internal("exportFailed", &error)
            }
        }
    }
}
