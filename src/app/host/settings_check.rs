//! Checks of settings that send nothing; each finding names its field.

use std::sync::Arc;

use super::connector::{build_draft, connector_settings};
use super::product_host::ProductHost;
use super::{faulty_field, orders};
use crate::app::instances::{BuildError, SettingFault, judge_change};
use crate::app::verify;
use crate::bus::{CheckedSettings, DesiredSettings, FieldFinding, LocalizedText};
use crate::config::{InstanceDraft, InstanceSettings, SettingsError};
use crate::entra::EntraError;
use crate::entra::permissions::InstanceFeature;
use crate::inventory::{ConditionError, ProjectionError};
use crate::model::InstanceName;
use crate::sics::EngineError;

/// The setting with the date on which the secret expires.
const EXPIRY: &str = "secret_expires_on";

pub(crate) async fn check_settings(
    host: &ProductHost,
    wanted: &DesiredSettings,
    number: Option<i64>,
) -> CheckedSettings {
    let settings = connector_settings(wanted);
    if settings.is_empty() {
        return CheckedSettings::default();
    }
    let draft = match build_draft(&settings) {
        Ok(draft) => draft,
        Err(error) => return CheckedSettings::from_findings(vec![settings_finding(wanted, &error)]),
    };
    match number {
        None => CheckedSettings::from_findings(check_new(host, wanted, &draft).await),
        Some(number) => match check_change(host, wanted, &draft, number).await {
            Ok(checked) => checked,
            Err(error) => CheckedSettings::from_findings(vec![settings_finding(wanted, &error)]),
        },
    }
}

/// Of settings that no instance has yet.
async fn check_new(host: &ProductHost, wanted: &DesiredSettings, draft: &InstanceDraft) -> Vec<FieldFinding> {
    let errors = draft.find_errors(None);
    match draft.build_settings() {
        Ok(typed) => {
            let mut findings = describe_faults(wanted, &judge_change(None, &typed).new);
            findings.extend(find_past_expiry(host, wanted, &typed));
            findings.extend(find_duplicate(host, wanted, &typed).await);
            findings
        }
        Err(_) => errors.iter().map(|error| settings_finding(wanted, error)).collect(),
    }
}

/// Of an instance that runs: a fault that was there before holds up no other change.
async fn check_change(
    host: &ProductHost,
    wanted: &DesiredSettings,
    draft: &InstanceDraft,
    number: i64,
) -> Result<CheckedSettings, SettingsError> {
    let typed = resolve_change(host, draft, number).await?;
    let name = installed_name(host, number).await?;
    let before = host.instances.folder.read_instance(&name).ok();
    let faults = judge_change(before.as_ref(), &typed);
    let mut findings = describe_faults(wanted, &faults.new);
    if is_expiry_changed(host, &typed, number).await {
        findings.extend(find_past_expiry(host, wanted, &typed));
    }
    Ok(CheckedSettings {
        findings,
        warnings: describe_faults(wanted, &faults.old),
    })
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

/// What signs in to a tenant, and what it needs permissions for: of an instance, or of app orders.
pub(super) async fn resolve_tenant(
    host: &ProductHost,
    wanted: &DesiredSettings,
    number: Option<i64>,
) -> Result<(Arc<InstanceSettings>, Vec<InstanceFeature>), SettingsError> {
    match orders::find_order_part(host, &wanted.product) {
        Some(part) => {
            let settings = orders::require_settings(host, wanted, &part, number).await?;
            Ok((settings.tenant.clone(), orders::order_features(&settings)))
        }
        None => {
            let settings = resolve_settings(host, wanted, number).await?;
            let features = verify::main_features(&settings);
            Ok((settings, features))
        }
    }
}

async fn resolve_change(
    host: &ProductHost,
    draft: &InstanceDraft,
    number: i64,
) -> Result<InstanceSettings, SettingsError> {
    let name = installed_name(host, number).await?;
    host.instances.folder.preview_change(&name, draft)
}

async fn installed_name(host: &ProductHost, number: i64) -> Result<InstanceName, SettingsError> {
    host.name(number).await.map_err(|fault| SettingsError {
        file: String::new(),
        line: None,
        key: String::new(),
        problem: fault.problem,
        advice: fault.advice,
    })
}

/// What the instance's start would refuse (B6), each at its field.
pub(super) fn describe_faults(wanted: &DesiredSettings, faults: &[SettingFault]) -> Vec<FieldFinding> {
    faults.iter().map(|fault| fault_finding(wanted, fault)).collect()
}

fn fault_finding(wanted: &DesiredSettings, fault: &SettingFault) -> FieldFinding {
    let own_field = || wanted.field_for(&fault.key).to_owned();
    let condition_advice = "write a condition such as operatingSystem == \"Windows\"";
    let of_condition =
        |error: &ConditionError| field_finding(own_field(), "condition", error.to_string(), condition_advice);
    match &fault.error {
        BuildError::Entra(error) => {
            let code = error.code();
            let field = match fault.key.as_str() {
                key if key.starts_with("actions_") => own_field(),
                _ => faulty_field::field_for_code(wanted, &code, None),
            };
            let problem = match error {
                EntraError::Credential(error) => error.to_string(),
                error => error.to_string(),
            };
            field_finding(field, &code, problem, &error.advice())
        }
        BuildError::NeverTouch(error) => of_condition(error),
        BuildError::Policy(error) => of_condition(&error.source),
        BuildError::Shape(ProjectionError::Condition { source, .. }) if fault.key == "filter" => of_condition(source),
        BuildError::Shape(error @ ProjectionError::Condition { .. }) => {
            field_finding(own_field(), "condition", error.to_string(), condition_advice)
        }
        error => {
            let advice = "write `all`, or names of Graph properties separated by commas";
            field_finding(own_field(), "fields", error.to_string(), advice)
        }
    }
}

/// A secret that has expired already cannot sign in: the date is a slip.
pub(super) fn find_past_expiry(
    host: &ProductHost,
    wanted: &DesiredSettings,
    settings: &InstanceSettings,
) -> Option<FieldFinding> {
    let today = host.instances.clock.now().date_naive();
    let date = settings.credential.expires_on.filter(|date| *date < today)?;
    Some(FieldFinding {
        field: wanted.field_for(EXPIRY).to_owned(),
        code: "past".to_owned(),
        problem: LocalizedText::new(
            format!("{date} is in the past"),
            format!("{date} liegt in der Vergangenheit"),
        ),
        advice: LocalizedText::new(
            "enter the date on which the secret expires, as Entra shows it, or leave it empty",
            "das Ablaufdatum angeben, das Entra zeigt, oder leer lassen",
        ),
    })
}

/// A date that an installation has had is no slip of whoever changes something else.
async fn is_expiry_changed(host: &ProductHost, settings: &InstanceSettings, number: i64) -> bool {
    let Ok(name) = host.name(number).await else {
        return true;
    };
    let before = host.instances.folder.read_instance_draft(&name);
    let before = before.ok().and_then(|draft| draft.get(EXPIRY).map(str::to_owned));
    before != settings.credential.expires_on.map(|date| date.to_string())
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

pub(super) fn settings_finding(wanted: &DesiredSettings, error: &SettingsError) -> FieldFinding {
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

pub(super) fn field_finding(field: String, code: &str, problem: String, advice: &str) -> FieldFinding {
    FieldFinding {
        field,
        code: code.to_owned(),
        problem: LocalizedText::from_english(problem),
        advice: LocalizedText::from_english(advice),
    }
}
