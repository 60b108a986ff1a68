//! Enabling and disabling a workflow, and starting runs of it.

use axum::extract::Path;
use http::StatusCode;
use serde_json::Value;
use sics_client::ClientError;
use sics_client::contract::{DangerLevel, EnableBody, RunView, StartBody, WorkflowView};

use super::detail::{danger_of, render};
use super::run_form::TypedParameters;
use crate::failure::{PageFailure, PageResult};
use crate::form::FormFields;
use crate::page::PageContext;
use crate::render::go_to;

pub(super) async fn enable_workflow(ctx: PageContext, Path(name): Path<String>, form: FormFields) -> PageResult {
    match try_enable(&ctx, &name, &form).await {
        Ok(view) if view.waiting.is_some() => go_to(&ctx, &format!("/workflows/{name}"), "workflow-waiting"),
        Ok(_) => go_to(&ctx, &format!("/workflows/{name}"), "workflow-enabled"),
        Err(failure) => render(&ctx, &name, &TypedParameters::default(), Some(&failure)).await,
    }
}

async fn try_enable(ctx: &PageContext, name: &str, form: &FormFields) -> Result<WorkflowView, PageFailure> {
    let view = ctx.client().show_workflow(name).await?;
    let hash = form.text("hash").to_owned();
    if danger_of(&view, &hash) == Some(DangerLevel::Destructive) {
        require_typed_name(form, name)?;
    }
    Ok(ctx.client().enable_workflow(name, &EnableBody { hash }).await?)
}

/// The tick, and the name typed by hand.
fn require_typed_name(form: &FormFields, name: &str) -> Result<(), PageFailure> {
    if is_confirmed(form.is_ticked("agree"), form.text("typed"), name) {
        Ok(())
    } else {
        Err(PageFailure::plain(
            StatusCode::UNPROCESSABLE_ENTITY,
            "workflows-not-confirmed",
        ))
    }
}

fn is_confirmed(agreed: bool, typed: &str, name: &str) -> bool {
    agreed && typed == name
}

pub(super) async fn disable_workflow(ctx: PageContext, Path(name): Path<String>) -> PageResult {
    match ctx.client().disable_workflow(&name).await {
        Ok(_) => go_to(&ctx, &format!("/workflows/{name}"), "workflow-disabled"),
        Err(error) => render(&ctx, &name, &TypedParameters::default(), Some(&error.into())).await,
    }
}

pub(super) async fn start_run(ctx: PageContext, Path(name): Path<String>, form: FormFields) -> PageResult {
    let mut typed = TypedParameters::from_form(&form);
    match try_start(&ctx, &name, &form, &mut typed).await {
        Ok(run) => go_to(&ctx, &format!("/runs/{}", run.run), "run-started"),
        Err(failure) => render(&ctx, &name, &typed, Some(&failure)).await,
    }
}

async fn try_start(
    ctx: &PageContext,
    name: &str,
    form: &FormFields,
    typed: &mut TypedParameters,
) -> Result<RunView, PageFailure> {
    let view = ctx.client().show_workflow(name).await?;
    let parameters = match typed.read_values(&view.parameters) {
        Ok(values) => values,
        Err(problems) => {
            typed.problems = problems;
            return Err(PageFailure::plain(
                StatusCode::UNPROCESSABLE_ENTITY,
                "workflows-parameters-wrong",
            ));
        }
    };
    let body = StartBody {
        parameters,
        dry_run: form.text("mode") != "run",
        hash: form.given("hash"),
    };
    if !body.dry_run && view.danger == DangerLevel::Destructive {
        require_typed_name(form, name)?;
    }
    let started = ctx.client().start_run(name, &body).await;
    started.map_err(|error| {
        if let Some(parameter) = blamed_parameter(&error) {
            typed.problems.insert(parameter, error.message.clone());
        }
        PageFailure::from(error)
    })
}

/// The parameter that the API names.
fn blamed_parameter(error: &ClientError) -> Option<String> {
    let members = &error.problem.as_ref()?.members;
    members.get("parameter").and_then(Value::as_str).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_destroys_takes_the_tick_and_the_whole_name() {
        assert!(is_confirmed(true, "Retire_1", "Retire_1"));
        for (agreed, typed) in [(false, "Retire_1"), (true, "retire_1"), (true, ""), (true, "Retire_10")] {
            assert!(!is_confirmed(agreed, typed, "Retire_1"), "{agreed} {typed}");
        }
    }
}
