//! Conditions over answers: bounded, compiled once, never failing where they are asked: a condition that can't be
//! answered does not hold.

use std::sync::Arc;

use serde_json::{Map, Value};

#[derive(Debug, Clone)]
pub struct When {
    source: String,
    expression: Arc<cel::Program>,
}

/// Why a condition can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct WhenError(String);

impl When {
    /// `names`: the fields that it may ask.
    pub fn compile(source: &str, names: &[&str]) -> Result<When, WhenError> {
        let expression = cel::Program::compile(source).map_err(|error| WhenError(error.to_string()))?;
        for name in expression.references().variables() {
            if !names.contains(&name) {
                return Err(WhenError(format!("no field is called {name}")));
            }
        }
        Ok(When {
            source: source.to_owned(),
            expression: Arc::new(expression),
        })
    }

    pub fn source(&self) -> &str {
        &self.source
    }

    pub fn holds(&self, answers: &Map<String, Value>) -> bool {
        let mut context = cel::Context::default();
        for (name, value) in answers {
            let _ = context.add_variable(name.as_str(), value.clone());
        }
        matches!(self.expression.execute(&context), Ok(cel::Value::Bool(true)))
    }
}
