//! (being built)

use super::properties::Mask;
use super::record::Slots;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ConditionError(String);

#[derive(Debug)]
pub struct Condition;

impl Condition {
    pub fn compile(_source: &str) -> Result<Condition, ConditionError> {
        Ok(Condition)
    }
    pub fn properties(&self) -> Mask {
        0
    }
    pub fn holds(&self, _body: &str) -> Result<bool, ConditionError> {
        Ok(true)
    }
    pub fn holds_for(&self, _slots: &Slots<'_>, _class: &str) -> Result<bool, ConditionError> {
        Ok(true)
    }
}
