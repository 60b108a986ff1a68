//! Conditions over answers: bounded, compiled once, never failing where they are asked: a condition that can't be
//! answered does not hold.

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::condition::{ConditionError, Expression};

#[derive(Debug, Clone)]
pub struct When {
    source: String,
    expression: Arc<Expression>,
}

impl When {
    /// `names`: the fields that it may ask.
    pub fn compile(source: &str, names: &[&str]) -> Result<When, ConditionError> {
        let expression = Expression::compile(source, names)?;
        Ok(When {
            source: source.to_owned(),
            expression: Arc::new(expression),
        })
    }

    pub fn source(&self) -> &str {
        &self.source
    }

    pub fn holds(&self, answers: &Map<String, Value>) -> bool {
        self.expression.ask(answers).unwrap_or(false)
    }
}
