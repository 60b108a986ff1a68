//! stub
use crate::actions::verbs::{Parameters, VerbSpec};
use crate::model::Timestamp;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::Value;
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    Nothing,
    Pending,
    Active,
    Done { detail: Option<String> },
    Failed { code: Option<String>, meaning: String },
    NotSupported,
    Cancelled,
    UnderWay,
    Vanished,
}
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Baseline {}
impl Baseline {
    pub fn of(_: &Value, _: Timestamp) -> Baseline {
        Baseline {}
    }
}
pub struct ActionSecret {
    pub kind: &'static str,
    pub value: SecretString,
}
pub fn secrets(_: &VerbSpec, _: &Parameters, _: &Baseline, _: &Value) -> Vec<ActionSecret> {
    vec![]
}
pub fn read(_: &VerbSpec, _: &Parameters, _: &Baseline, _: Timestamp, _: Option<&Value>, _: &[Value]) -> Finding {
    Finding::Nothing
}
