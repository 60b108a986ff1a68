//! Conditions over answers: bounded, compiled once, never failing at run time: a condition that cannot be
//! evaluated does not hold.

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::condition::{ConditionError, JsonCondition};

#[derive(Debug, Clone)]
pub struct TemplateCondition {
    source: String,
    expression: Arc<JsonCondition>,
}

impl TemplateCondition {
    /// `names`: the fields that it may use.
    pub fn compile(source: &str, names: &[&str]) -> Result<TemplateCondition, ConditionError> {
        let expression = JsonCondition::compile(source, names)?;
        Ok(TemplateCondition {
            source: source.to_owned(),
            expression: Arc::new(expression),
        })
    }

    pub fn source(&self) -> &str {
        &self.source
    }

    /// The fields that it asks for.
    pub fn field_names(&self) -> Vec<&str> {
        self.expression.referenced_names().collect()
    }

    pub fn is_met(&self, answers: &Map<String, Value>) -> bool {
        self.expression.evaluate(answers).unwrap_or(false)
    }
}
