//! Parameters at rest: those that a verb calls secret are sealed one by one (E1).

use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::specs::{ActionParameters, ActionSpec};
use crate::config::{SealContext, SealError, SecretKey};
use crate::store::JobRow;
use secrecy::ExposeSecret;

/// What marks a sealed value; no parameter is an object.
const SEALED: &str = "sealed";

/// The job whose parameters they are.
#[derive(Clone, Copy)]
pub struct JobSealContext<'a> {
    /// `server:ID` or `operator:NUMBER`.
    pub source: &'a str,
    /// What the caller calls it.
    pub name: &'a str,
}

impl<'a> JobSealContext<'a> {
    pub fn from_job(job: &'a JobRow) -> Self {
        JobSealContext {
            source: &job.source,
            name: &job.name,
        }
    }

    fn seal_context(self, parameter: &'a str) -> SealContext<'a> {
        SealContext::JobParameter {
            source: self.source,
            job: self.name,
            parameter,
        }
    }
}

pub fn seal_parameters(
    key: &SecretKey,
    job: JobSealContext<'_>,
    spec: &ActionSpec,
    parameters: &ActionParameters,
) -> Result<Value, SealError> {
    let mut kept = Map::new();
    for (name, value) in &parameters.0 {
        let secret = spec
            .parameters
            .iter()
            .any(|parameter| parameter.name == name && parameter.secret);
        let value = if secret {
            let clear = Zeroizing::new(value.to_string());
            let mut sealed = Map::new();
            sealed.insert(
                SEALED.to_owned(),
                key.seal_secret(job.seal_context(name), clear.as_bytes())?.into(),
            );
            Value::Object(sealed)
        } else {
            value.clone()
        };
        kept.insert(name.clone(), value);
    }
    Ok(Value::Object(kept))
}

/// What `kept` says, which must stand where it was sealed.
pub fn open_parameters(key: &SecretKey, job: JobSealContext<'_>, kept: &Value) -> Result<ActionParameters, String> {
    let mut parameters = Map::new();
    for (name, value) in kept.as_object().into_iter().flatten() {
        let value = match value.get(SEALED).and_then(Value::as_str) {
            Some(sealed) => {
                let clear = key
                    .open_sealed(job.seal_context(name), sealed)
                    .map_err(|error| error.problem())?;
                serde_json::from_slice(clear.expose_secret()).map_err(|_| "is damaged".to_owned())?
            }
            None => value.clone(),
        };
        parameters.insert(name.clone(), value);
    }
    Ok(ActionParameters(parameters))
}

/// What may be shown of kept parameters.
pub fn mask_parameters(kept: &Value) -> Value {
    let hide = |value: &Value| match value.get(SEALED) {
        Some(_) => Value::String("(sealed)".into()),
        None => value.clone(),
    };
    let pairs = kept.as_object().into_iter().flatten();
    Value::Object(pairs.map(|(name, value)| (name.clone(), hide(value))).collect())
}

/// The name of a kind of secret, as the store keeps it.
pub fn kind_name<T: serde::Serialize>(kind: &T) -> String {
    match serde_json::to_value(kind) {
        Ok(Value::String(word)) => word,
        _ => String::new(),
    }
}
