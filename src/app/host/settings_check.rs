//! Checks of settings that send nothing; each finding names its field.

use std::sync::Arc;

use super::connector::{build_draft, connector_settings};
use super::{ProductHost, faulty_field};
use crate::bus::{DesiredSettings, FieldFinding, LocalizedText};
use crate::config::{InstanceDraft, InstanceSettings, SettingsError};
use crate::entra;
use crate::inventory::{DeviceCondition, DeviceProjection};
use crate::sics::EngineError;

pub(crate) async fn check_settings(
    host: &ProductHost,
    wanted: &DesiredSettings,
    number: Option<i64>,
) -> Vec<FieldFinding> {
    let settings = connector_settings(wanted);
    if settings.is_empty() {
        return Vec::new();
    }
    let draft = match build_draft(&settings) {
        Ok(draft) => draft,
        Err(error) => return vec![settings_finding(wanted, &error)],
    };
    match number {
        None => {
            let errors = draft.find_errors(None);
            match draft.build_settings() {
                Ok(typed) => {
                    let mut findings = check_resolved(wanted, &typed);
                    findings.extend(find_duplicate(host, wanted, &typed).await);
                    findings
                }
                Err(_) => errors.iter().map(|error| settings_finding(wanted, error)).collect(),
            }
        }
        Some(number) => match resolve_change(host, &draft, number).await {
            Ok(typed) => check_resolved(wanted, &typed),
            Err(finding) => vec![settings_finding(wanted, &finding)],
        },
    }
}

/// The settings as they would be: of an installation that exists, with the draft over them.
pub(crate) async fn resolve_settings(
    host: &ProductHost,
    wanted: &DesiredSettings,
    number: Option<i64>,
) -> Result<Arc<InstanceSettings>, SettingsError> {
    let draft = build_draft(&connector_settings(wanted))?;
    let typed = match number {
        None => draft.build_settings()?,
        Some(number) => resolve_change(host, &draft, number).await?,
    };
    Ok(Arc::new(typed))
}

async fn resolve_change(
    host: &ProductHost,
    draft: &InstanceDraft,
    number: i64,
) -> Result<InstanceSettings, SettingsError> {
    let name = host.name(number).await.map_err(|fault| SettingsError {
        file: String::new(),
        line: None,
        key: String::new(),
        problem: fault.problem,
        advice: fault.advice,
    })?;
    host.instances.folder.preview_change(&name, draft)
}

fn check_resolved(wanted: &DesiredSettings, settings: &InstanceSettings) -> Vec<FieldFinding> {
    let mut findings = Vec::new();
    let credentials = [Some(&settings.credential), settings.next_credential.as_ref()];
    for credential in credentials.into_iter().flatten() {
        if let Err(error) = entra::inspect_certificate(credential) {
            let field = faulty_field::field_for_code(wanted, error.code(), None);
            findings.push(field_finding(field, error.code(), error.to_string(), error.advice()));
        }
    }
    let conditions = [
        ("filter", &settings.devices.filter),
        ("never_touch", &settings.actions.never_touch),
    ];
    for (key, condition) in conditions {
        if let Some(Err(error)) = condition.as_deref().map(DeviceCondition::compile) {
            let advice = "write a condition such as operatingSystem == \"Windows\"";
            findings.push(field_finding(
                wanted.field_for(key).to_owned(),
                "condition",
                error.to_string(),
                advice,
            ));
        }
    }
    if findings.is_empty()
        && let Err(error) = DeviceProjection::compile(&settings.devices, &[])
    {
        let advice = "write `all`, or names of Graph properties separated by commas";
        findings.push(field_finding(
            wanted.field_for("fields").to_owned(),
            "fields",
            error.to_string(),
            advice,
        ));
    }
    findings
}

/// The same tenant, application and servers, told where the tenant is named.
async fn find_duplicate(
    host: &ProductHost,
    wanted: &DesiredSettings,
    settings: &InstanceSettings,
) -> Option<FieldFinding> {
    match host.instances.require_unique_instance(settings).await {
        Err(EngineError::Conflict { code, problem, advice }) => Some(field_finding(
            wanted.field_for("tenant_id").to_owned(),
            code,
            problem,
            &advice,
        )),
        _ => None,
    }
}

fn settings_finding(wanted: &DesiredSettings, error: &SettingsError) -> FieldFinding {
    // A secret may be complained of by the key that would name its file.
    let key = error.key.strip_suffix("_file").unwrap_or(&error.key);
    let key = if wanted.fields.contains_key(&error.key) {
        &error.key
    } else {
        key
    };
    let field = wanted.field_for(key).to_owned();
    field_finding(field, "settings", error.problem.clone(), &error.advice)
}

fn field_finding(field: String, code: &str, problem: String, advice: &str) -> FieldFinding {
    FieldFinding {
        field,
        code: code.to_owned(),
        problem: LocalizedText::from_english(problem),
        advice: LocalizedText::from_english(advice),
    }
}
