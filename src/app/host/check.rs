//! Everything that can be told of settings without sending anything, each at its field.

use std::sync::Arc;

use super::connector::{draft, of_connector};
use super::{ProductHost, blame};
use crate::bus::{FieldFinding, Wanted, Words};
use crate::config::{InstanceDraft, InstanceSettings, SettingsError};
use crate::entra;
use crate::inventory::{Condition, Shape};
use crate::sics::EngineError;

pub async fn check(host: &ProductHost, wanted: &Wanted, number: Option<i64>) -> Vec<FieldFinding> {
    let settings = of_connector(wanted);
    if settings.is_empty() {
        return Vec::new();
    }
    let draft = match draft(&settings) {
        Ok(draft) => draft,
        Err(error) => return vec![of_settings(wanted, &error)],
    };
    match number {
        None => {
            let complaints = draft.complaints(None);
            match draft.settings() {
                Ok(typed) => {
                    let mut findings = of_typed(wanted, &typed);
                    findings.extend(twice(host, wanted, &typed).await);
                    findings
                }
                Err(_) => complaints.iter().map(|error| of_settings(wanted, error)).collect(),
            }
        }
        Some(number) => match typed_with(host, &draft, number).await {
            Ok(typed) => of_typed(wanted, &typed),
            Err(finding) => vec![of_settings(wanted, &finding)],
        },
    }
}

/// The settings as they would be: of an installation that exists, with the draft over them.
pub async fn typed(
    host: &ProductHost,
    wanted: &Wanted,
    number: Option<i64>,
) -> Result<Arc<InstanceSettings>, SettingsError> {
    let draft = draft(&of_connector(wanted))?;
    let typed = match number {
        None => draft.settings()?,
        Some(number) => typed_with(host, &draft, number).await?,
    };
    Ok(Arc::new(typed))
}

async fn typed_with(host: &ProductHost, draft: &InstanceDraft, number: i64) -> Result<InstanceSettings, SettingsError> {
    let name = host.name(number).await.map_err(|fault| SettingsError {
        file: String::new(),
        line: None,
        key: String::new(),
        problem: fault.problem,
        advice: fault.advice,
    })?;
    host.instances.folder.try_change(&name, draft)
}

fn of_typed(wanted: &Wanted, typed: &InstanceSettings) -> Vec<FieldFinding> {
    let mut findings = Vec::new();
    let credentials = [Some(&typed.credential), typed.next_credential.as_ref()];
    for credential in credentials.into_iter().flatten() {
        if let Err(error) = entra::open(credential) {
            let field = blame::of_code(wanted, error.code(), None);
            findings.push(finding(field, error.code(), error.to_string(), error.advice()));
        }
    }
    let conditions = [
        ("filter", &typed.devices.filter),
        ("never_touch", &typed.actions.never_touch),
    ];
    for (key, condition) in conditions {
        if let Some(Err(error)) = condition.as_deref().map(Condition::compile) {
            let advice = "a condition such as operatingSystem == \"Windows\"";
            findings.push(finding(
                wanted.field(key).to_owned(),
                "condition",
                error.to_string(),
                advice,
            ));
        }
    }
    if findings.is_empty()
        && let Err(error) = Shape::compile(&typed.devices, &[])
    {
        let advice = "write `all`, or names of Graph properties with commas between";
        findings.push(finding(
            wanted.field("fields").to_owned(),
            "fields",
            error.to_string(),
            advice,
        ));
    }
    findings
}

/// The same tenant, application and servers, told where the tenant is named.
async fn twice(host: &ProductHost, wanted: &Wanted, typed: &InstanceSettings) -> Option<FieldFinding> {
    match host.instances.not_twice(typed).await {
        Err(EngineError::Conflict { code, problem, advice }) => {
            Some(finding(wanted.field("tenant_id").to_owned(), code, problem, &advice))
        }
        _ => None,
    }
}

fn of_settings(wanted: &Wanted, error: &SettingsError) -> FieldFinding {
    // A secret may be complained of by the key that would name its file.
    let key = error.key.strip_suffix("_file").unwrap_or(&error.key);
    let key = match wanted.fields.contains_key(&error.key) {
        true => &error.key,
        false => key,
    };
    let field = wanted.field(key).to_owned();
    finding(field, "settings", error.problem.clone(), &error.advice)
}

fn finding(field: String, code: &str, problem: String, advice: &str) -> FieldFinding {
    FieldFinding {
        field,
        code: code.to_owned(),
        problem: Words::same(problem),
        advice: Words::same(advice),
    }
}
