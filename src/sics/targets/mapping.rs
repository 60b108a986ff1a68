//! Mappings: which field of the other side gets what. One that can't be used is refused with the place of the mistake; a new
//! one has the target begin again with its first records.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::json;

use super::provider::TargetInstance;
use super::scope::{ReachedTarget, find_reached, require_provider};
use crate::contract::{TargetMappingBody, TargetMappingView, TargetPhase};
use crate::sics::Sics;
use crate::sics::auth::Caller;
use crate::sics::extract::{PathParams, UncheckedTextBody};
use crate::sics::problem::ApiProblem;
use crate::store::TargetMappingRow;
use crate::targets::question_work::mapping_of_policy;
use crate::targets::{CompiledMapping, MappingError, TargetMapping};

/// The mapping that a target works by.
pub(super) struct WorkingMapping {
    pub text: String,
    pub digest: String,
    /// Of the default of the kind.
    default_digest: String,
    /// `None`: nobody has set one.
    row: Option<TargetMappingRow>,
}

impl WorkingMapping {
    pub(super) async fn read_mapping(sics: &Sics, target: &TargetInstance) -> Result<WorkingMapping, ApiProblem> {
        let default = parse_mapping(target, &require_provider(sics)?.default_mapping(target.kind))?;
        let row = sics.store().load_target_mapping(target.id).await?;
        let default_digest = default.digest();
        Ok(match row {
            Some(row) => WorkingMapping {
                text: row.text.clone(),
                digest: row.digest.clone(),
                default_digest,
                row: Some(row),
            },
            None => WorkingMapping {
                text: default.to_text(),
                digest: default_digest.clone(),
                default_digest,
                row: None,
            },
        })
    }
}

pub(crate) async fn show_mapping(
    State(sics): State<Sics>,
    caller: Caller,
    PathParams(name): PathParams<String>,
) -> Result<Json<TargetMappingView>, ApiProblem> {
    let reached = find_reached(&sics, &caller, &name).await?;
    Ok(Json(build_view(&sics, &reached.target, Vec::new()).await?))
}

async fn build_view(
    sics: &Sics,
    target: &TargetInstance,
    warnings: Vec<String>,
) -> Result<TargetMappingView, ApiProblem> {
    let mapping = WorkingMapping::read_mapping(sics, target).await?;
    let state = sics.store().load_target_state(target.id).await?;
    let waiting = sics.store().find_waiting_question(target.id).await?;
    let consented = state.mapping_digest.as_deref().map(mapping_of_policy);
    let is_looked_at = state.phase == TargetPhase::Canary || waiting.is_some_and(|question| question.canary);
    Ok(TargetMappingView {
        consented: consented == Some(mapping.digest.as_str()) && !is_looked_at,
        is_default: mapping.digest == mapping.default_digest,
        text: mapping.text,
        digest: mapping.digest,
        changed_by: mapping.row.as_ref().map(|row| row.changed_by_name.clone()),
        changed_at: mapping.row.as_ref().map(|row| row.changed_at),
        warnings,
    })
}

pub(crate) async fn set_mapping(
    State(sics): State<Sics>,
    caller: Caller,
    PathParams(name): PathParams<String>,
    UncheckedTextBody(body): UncheckedTextBody<TargetMappingBody>,
) -> Result<Json<TargetMappingView>, ApiProblem> {
    let reached = find_reached(&sics, &caller, &name).await?;
    reached.require_whole(&caller)?;
    let (target, provider) = (&reached.target, require_provider(&sics)?);
    // Its texts are judged one by one, each by what it is for.
    let new = body
        .text
        .as_deref()
        .map(|text| parse_mapping(target, text))
        .transpose()?;
    let before = WorkingMapping::read_mapping(&sics, target).await?;
    let mut warnings = Vec::new();
    match new {
        Some(mapping) => {
            warnings = judge_offered(&sics, target, &before, &mapping).await?;
            let digest = mapping.digest();
            if digest != before.digest {
                save_mapping(&sics, &caller, &reached, &before, &mapping).await?;
            }
        }
        None if before.row.is_some() => remove_mapping(&sics, &caller, &reached, &before).await?,
        None => {}
    }
    provider.wake_target(target.id);
    Ok(Json(build_view(&sics, target, warnings).await?))
}

async fn save_mapping(
    sics: &Sics,
    caller: &Caller,
    reached: &ReachedTarget,
    before: &WorkingMapping,
    mapping: &TargetMapping,
) -> Result<(), ApiProblem> {
    let (target, digest) = (&reached.target, mapping.digest());
    let detail = json!({"digest": digest, "before": before.digest});
    let audit_detail = move |_: &TargetMappingRow| Some(detail.clone());
    sics.recording(caller, "target.mappingSet", &target.name, audit_detail)
        .save_target_mapping(target.id, mapping.to_text(), digest, caller.operator.id)
        .await?;
    Ok(())
}

async fn remove_mapping(
    sics: &Sics,
    caller: &Caller,
    reached: &ReachedTarget,
    before: &WorkingMapping,
) -> Result<(), ApiProblem> {
    let detail = json!({"digest": before.default_digest, "before": before.digest, "default": true});
    let audit_detail = move |is_removed: &bool| is_removed.then(|| detail.clone());
    sics.recording(caller, "target.mappingSet", &reached.target.name, audit_detail)
        .remove_target_mapping(reached.target.id)
        .await?;
    Ok(())
}

/// Judged as far as that is possible without a device.
fn parse_mapping(target: &TargetInstance, text: &str) -> Result<TargetMapping, ApiProblem> {
    let mapping = TargetMapping::parse(text).map_err(|error| unusable_mapping(target, &error))?;
    CompiledMapping::compile(&mapping).map_err(|error| unusable_mapping(target, &error))?;
    Ok(mapping)
}

/// Made here, as its advice may name the command by which the mapping of this target is set.
fn unusable_mapping(target: &TargetInstance, error: &MappingError) -> ApiProblem {
    let advice = error.advice().replace("TARGET", target.name.as_str());
    let (code, detail) = (error.code(), error.to_string());
    ApiProblem::new(StatusCode::UNPROCESSABLE_ENTITY, code, detail, advice).with_member("where", error.place.as_str())
}

/// A mapping that somebody offers, judged as one that is set; `None`: the default of the kind.
pub(super) async fn read_offered_mapping(
    sics: &Sics,
    target: &TargetInstance,
    text: Option<&str>,
) -> Result<TargetMapping, ApiProblem> {
    let default = require_provider(sics)?.default_mapping(target.kind);
    let mapping = parse_mapping(target, text.unwrap_or(&default))?;
    if text.is_some() {
        let before = WorkingMapping::read_mapping(sics, target).await?;
        judge_offered(sics, target, &before, &mapping).await?;
    }
    Ok(mapping)
}

/// By what is known without the other side; answers what of it has no effect. What the target works by already goes on.
async fn judge_offered(
    sics: &Sics,
    target: &TargetInstance,
    before: &WorkingMapping,
    mapping: &TargetMapping,
) -> Result<Vec<String>, ApiProblem> {
    check_retirement(sics, target, mapping)?;
    let kept = TargetMapping::parse(&before.text).ok();
    let judged = require_provider(sics)?
        .judge_mapping(target.id, mapping, kept.as_ref())
        .await;
    let warnings = judged.map_err(|error| unusable_mapping(target, &error))?;
    CompiledMapping::check_new_expressions(mapping, kept.as_ref()).map_err(|error| unusable_mapping(target, &error))?;
    Ok(warnings)
}

/// What is done with the records of devices that are gone has to be something that the kind can do.
fn check_retirement(sics: &Sics, target: &TargetInstance, mapping: &TargetMapping) -> Result<(), ApiProblem> {
    let kinds = require_provider(sics)?.list_kinds();
    let able = kinds.into_iter().find(|kind| kind.kind == target.kind);
    let able = able.map(|kind| kind.retire_actions).unwrap_or_default();
    mapping
        .check_actions(&able)
        .map_err(|error| unusable_mapping(target, &error))
}

#[cfg(test)]
mod tests {
    use super::super::scope::tests::sample_target;
    use super::*;

    #[test]
    fn a_mapping_that_can_not_be_used_is_refused_with_its_place() {
        let unknown = r#"{"fields": [{"field": "NAME", "from": "devicename", "mode": "own"}], "classes": [],
            "gone": {"deleted": "leave", "wiped": "leave", "retired": "leave"}}"#;
        for (text, code) in [("", "mappingFile"), ("[]", "mappingFile"), (unknown, "mappingField")] {
            let problem = parse_mapping(&sample_target(3), text).map(|_| ()).unwrap_err();
            assert_eq!((problem.code(), problem.status().as_u16()), (code, 422), "{text:?}");
        }
        let problem = parse_mapping(&sample_target(3), unknown).map(|_| ()).unwrap_err();
        assert!(
            problem.detail().starts_with("fields, row 1 (NAME): from:"),
            "{}",
            problem.detail()
        );
    }
}
