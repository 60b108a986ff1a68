//! Starting and stopping microservices, and scans by hand.

use axum::extract::Path;
use connector_core::model::{InstanceName, ScanKind, StartType};
use http::StatusCode;
use sics_client::ClientError;
use sics_client::contract::{MemberStatus, ScanBody, StartTypeBody};

use super::detail;
use crate::failure::{PageFailure, PageResult};
use crate::form::FormFields;
use crate::page::PageContext;
use crate::render::{go_to, own_path};

pub(super) async fn start_member(ctx: PageContext, Path(name): Path<String>, form: FormFields) -> PageResult {
    let done = ctx.client().start_instance(&name).await;
    end_act(&ctx, &name, &form, done, "microservice-started").await
}

pub(super) async fn stop_member(ctx: PageContext, Path(name): Path<String>, form: FormFields) -> PageResult {
    let done = ctx.client().stop_instance(&name).await;
    end_act(&ctx, &name, &form, done, "microservice-stopped").await
}

pub(super) async fn restart_member(ctx: PageContext, Path(name): Path<String>, form: FormFields) -> PageResult {
    let done = ctx.client().restart_instance(&name).await;
    end_act(&ctx, &name, &form, done, "microservice-restarted").await
}

pub(super) async fn set_start_type(ctx: PageContext, Path(name): Path<String>, form: FormFields) -> PageResult {
    let Ok(start_type) = form.text("type").parse::<StartType>() else {
        return Err(PageFailure::plain(StatusCode::UNPROCESSABLE_ENTITY, "failure-form"));
    };
    let done = ctx.client().set_start_type(&name, &StartTypeBody { start_type }).await;
    end_act(&ctx, &name, &form, done, "microservice-start-type").await
}

/// Back to where the form was; what went wrong is shown with the microservice.
async fn end_act(
    ctx: &PageContext,
    name: &str,
    form: &FormFields,
    done: Result<MemberStatus, ClientError>,
    text: &str,
) -> PageResult {
    match done {
        Ok(_) => {
            let next = match form.text("next") {
                "" => format!("/microservices/{name}"),
                next => own_path(next),
            };
            go_to(ctx, &next, text)
        }
        Err(error) => detail::show_with_problem(ctx, name, &error.into()).await,
    }
}

pub(super) async fn start_scan(ctx: PageContext, Path(name): Path<String>, form: FormFields) -> PageResult {
    let Ok(instance) = name.parse::<InstanceName>() else {
        return Err(PageFailure::not_found());
    };
    let kind = if form.text("kind") == "full" {
        ScanKind::Full
    } else {
        ScanKind::Incremental
    };
    match ctx.client().start_scan(&ScanBody { instance, kind }).await {
        Ok(started) if started.already_running => go_to(&ctx, &format!("/microservices/{name}"), "scan-running"),
        Ok(_) => go_to(&ctx, &format!("/microservices/{name}"), "scan-started"),
        Err(error) => detail::show_with_problem(&ctx, &name, &error.into()).await,
    }
}
