//! Parameters at rest: those that a verb calls secret are sealed one by one (E1).

use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::verbs::{Parameters, VerbSpec};
use crate::config::{SealError, SealPlace, SecretKey};
use crate::store::JobRow;
use secrecy::ExposeSecret;

/// What marks a sealed value; no parameter is an object.
const SEALED: &str = "sealed";

/// The job whose parameters they are.
#[derive(Clone, Copy)]
pub struct JobPlace<'a> {
    /// `server:ID` or `operator:NUMBER`.
    pub source: &'a str,
    /// What the caller calls it.
    pub name: &'a str,
}

impl<'a> JobPlace<'a> {
    pub fn of(job: &'a JobRow) -> Self {
        JobPlace {
            source: &job.source,
            name: &job.name,
        }
    }

    fn parameter(self, parameter: &'a str) -> SealPlace<'a> {
        SealPlace::JobParameter {
            source: self.source,
            job: self.name,
            parameter,
        }
    }
}

pub fn seal(key: &SecretKey, job: JobPlace<'_>, spec: &VerbSpec, parameters: &Parameters) -> Result<Value, SealError> {
    let mut kept = Map::new();
    for (name, value) in &parameters.0 {
        let secret = spec
            .parameters
            .iter()
            .any(|parameter| parameter.name == name && parameter.secret);
        let value = match secret {
            true => {
                let clear = Zeroizing::new(value.to_string());
                let mut sealed = Map::new();
                sealed.insert(
                    SEALED.to_owned(),
                    key.seal(job.parameter(name), clear.as_bytes())?.into(),
                );
                Value::Object(sealed)
            }
            false => value.clone(),
        };
        kept.insert(name.clone(), value);
    }
    Ok(Value::Object(kept))
}

/// What `kept` says, which must stand where it was sealed.
pub fn open(key: &SecretKey, job: JobPlace<'_>, kept: &Value) -> Result<Parameters, String> {
    let mut parameters = Map::new();
    for (name, value) in kept.as_object().into_iter().flatten() {
        let value = match value.get(SEALED).and_then(Value::as_str) {
            Some(sealed) => {
                let clear = key.open(job.parameter(name), sealed).map_err(|error| error.problem())?;
                serde_json::from_slice(clear.expose_secret()).map_err(|_| "a sealed value is damaged".to_owned())?
            }
            None => value.clone(),
        };
        parameters.insert(name.clone(), value);
    }
    Ok(Parameters(parameters))
}

/// What may be shown of kept parameters.
pub fn shown(kept: &Value) -> Value {
    let hide = |value: &Value| match value.get(SEALED) {
        Some(_) => Value::String("(sealed)".into()),
        None => value.clone(),
    };
    let pairs = kept.as_object().into_iter().flatten();
    Value::Object(pairs.map(|(name, value)| (name.clone(), hide(value))).collect())
}

/// The name of a kind of secret, as the store keeps it.
pub fn word<T: serde::Serialize>(kind: &T) -> String {
    match serde_json::to_value(kind) {
        Ok(Value::String(word)) => word,
        _ => String::new(),
    }
}
