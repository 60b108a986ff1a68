//! What would be written, and whether the other side can be reached. Nothing is written by either.

use axum::Json;
use axum::extract::State;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};

use super::looks::{LOOK_LONGEST, bound_look};
use super::mapping::read_offered_mapping;
use super::scope::{ReachedTarget, find_reached, require_provider};
use super::{PAGE_MOST, page_limit};
use crate::contract::{
    CheckStep, CheckStepState, TargetCheckView, TargetMappingBody, TargetPreviewQuery, TargetPreviewView,
};
use crate::sics::Sics;
use crate::sics::auth::Caller;
use crate::sics::extract::{PathParams, QueryParams, UncheckedTextBody};
use crate::sics::problem::ApiProblem;
use crate::targets::TargetMapping;

/// Steps of a check: more than any kind has.
const STEPS_MOST: usize = PAGE_MOST as usize;

pub(crate) async fn preview_target(
    State(sics): State<Sics>,
    caller: Caller,
    PathParams(name): PathParams<String>,
    QueryParams(asked): QueryParams<TargetPreviewQuery>,
) -> Result<Json<TargetPreviewView>, ApiProblem> {
    let reached = find_reached(&sics, &caller, &name).await?;
    look_ahead(&sics, &reached, None, &asked).await
}

/// By a mapping that nobody has set. Who may ask for it may set it: it shows whatever fields of devices it names.
pub(crate) async fn preview_mapping(
    State(sics): State<Sics>,
    caller: Caller,
    PathParams(name): PathParams<String>,
    QueryParams(asked): QueryParams<TargetPreviewQuery>,
    UncheckedTextBody(body): UncheckedTextBody<TargetMappingBody>,
) -> Result<Json<TargetPreviewView>, ApiProblem> {
    let reached = find_reached(&sics, &caller, &name).await?;
    reached.require_whole(&caller)?;
    let mapping = read_offered_mapping(&sics, &reached.target, body.text.as_deref()).await?;
    look_ahead(&sics, &reached, Some(mapping), &asked).await
}

/// `mapping`: `None`, the one that the target works by.
async fn look_ahead(
    sics: &Sics,
    reached: &ReachedTarget,
    mapping: Option<TargetMapping>,
    asked: &TargetPreviewQuery,
) -> Result<Json<TargetPreviewView>, ApiProblem> {
    let limit = page_limit(asked.limit)?;
    let target = &reached.target;
    let _permit = sics.target_looks().begin_look(target)?;
    let look = require_provider(sics)?.preview_target(target.id, mapping, limit, LOOK_LONGEST);
    let preview = bound_look(target, look).await?;
    Ok(Json(limit_preview(preview, reached)))
}

/// Of instances that the caller does not reach no device is shown; all are counted.
fn limit_preview(mut preview: TargetPreviewView, reached: &ReachedTarget) -> TargetPreviewView {
    preview
        .items
        .retain(|item| reached.find_instance(&item.instance).is_ok());
    preview
}

pub(crate) async fn verify_target(
    State(sics): State<Sics>,
    caller: Caller,
    PathParams(name): PathParams<String>,
) -> Result<Json<TargetCheckView>, ApiProblem> {
    let target = find_reached(&sics, &caller, &name).await?.target;
    let _permit = sics.target_looks().begin_look(&target)?;
    let ends_at = Instant::now() + LOOK_LONGEST;
    let steps = bound_look(&target, require_provider(&sics)?.verify_target(target.id)).await?;
    Ok(Json(collect_steps(steps, ends_at).await))
}

/// Each step as it ended; what is still under way when the time is over is cut off.
async fn collect_steps(mut steps: mpsc::Receiver<CheckStep>, ends_at: Instant) -> TargetCheckView {
    let mut checked = TargetCheckView::default();
    while checked.steps.len() < STEPS_MOST {
        match timeout_at(ends_at, steps.recv()).await {
            Ok(Some(step)) if step.state == CheckStepState::Running => {}
            Ok(Some(step)) => checked.steps.push(step),
            Ok(None) => {
                checked.complete = true;
                break;
            }
            Err(_) => break,
        }
    }
    checked
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn step(name: &str, state: CheckStepState) -> CheckStep {
        CheckStep {
            step: name.to_owned(),
            subject: "inventory.example".to_owned(),
            state,
            detail: String::new(),
            cause: None,
            cure: None,
            field: None,
            took_ms: 1,
        }
    }

    #[tokio::test]
    async fn a_check_that_takes_too_long_answers_the_steps_that_ended() {
        let (sender, receiver) = mpsc::channel(4);
        for (name, state) in [
            ("name", CheckStepState::Running),
            ("name", CheckStepState::Ok),
            ("token", CheckStepState::Running),
        ] {
            sender.send(step(name, state)).await.unwrap();
        }
        let checked = collect_steps(receiver, Instant::now() + Duration::from_millis(20)).await;
        let names: Vec<&str> = checked.steps.iter().map(|step| step.step.as_str()).collect();
        assert_eq!((names, checked.complete), (vec!["name"], false));
        drop(sender);
    }

    #[tokio::test]
    async fn a_check_is_complete_when_its_sender_is_gone() {
        let (sender, receiver) = mpsc::channel(4);
        sender.send(step("name", CheckStepState::Failed)).await.unwrap();
        drop(sender);
        let checked = collect_steps(receiver, Instant::now() + Duration::from_secs(55)).await;
        assert_eq!((checked.steps.len(), checked.complete), (1, true));
    }
}
