//! One application: what it is linked to, where its groups and assignments stand, what it asks of orders.

use askama::Template;
use axum::extract::Path;
use http::StatusCode;
use sics_client::contract::{ApplicationState, ApplicationView};
use sics_client::operation;

use super::rows::ApplicationRow;
use crate::clock_text::TimeText;
use crate::failure::{PageFailure, PageResult};
use crate::form::FormFields;
use crate::page::PageContext;
use crate::pages::approvals::person::form_status;
use crate::pages::orders::words::join_names;
use crate::render::{go_to, own_path, pass_file, show_page_as};

#[derive(Template)]
#[template(path = "pages/applications/application.html")]
struct ApplicationPage<'a> {
    ctx: &'a PageContext,
    application: ApplicationRow,
    facts: ApplicationFacts,
    next_page: String,
    problem: Option<&'a PageFailure>,
}

/// What is known of an application besides its state.
struct ApplicationFacts {
    instance: String,
    app: String,
    comment: String,
    mandatory: bool,
    reshoppable: bool,
    /// Empty: as the settings of the instance say.
    targets: String,
    approval: String,
    approvers: String,
    deputies: String,
    cost_centre: String,
    term: Option<String>,
    reminder: Option<String>,
    install_group: String,
    uninstall_group: String,
    created_by: String,
    created_at: TimeText,
    changed_at: TimeText,
    is_removing: bool,
}

impl ApplicationFacts {
    fn new(ctx: &PageContext, view: &ApplicationView) -> ApplicationFacts {
        let text = |value: &Option<String>| ctx.plain(value.as_deref().unwrap_or_default());
        let targets = view.targets.iter();
        let targets: Vec<String> = targets
            .map(|target| ctx.word("applications-target-", target.name()))
            .collect();
        ApplicationFacts {
            instance: view.instance.to_string(),
            app: ctx.plain(&view.app),
            comment: text(&view.comment),
            mandatory: view.mandatory,
            reshoppable: view.reshoppable,
            targets: targets.join(", "),
            approval: ctx.word("orders-approval-", view.approval.name()),
            approvers: join_names(ctx, &view.approvers),
            deputies: join_names(ctx, &view.deputies),
            cost_centre: text(&view.cost_centre),
            term: view.term_days.map(|days| ctx.count("applications-days", days)),
            reminder: view.reminder_days.map(|days| ctx.count("applications-days", days)),
            install_group: text(&view.install_group),
            uninstall_group: text(&view.uninstall_group),
            created_by: ctx.plain(&view.created_by),
            created_at: ctx.time(&view.created_at),
            changed_at: ctx.time(&view.changed_at),
            is_removing: view.state == ApplicationState::Removing,
        }
    }
}

pub(super) async fn show_application(ctx: PageContext, Path(id): Path<String>) -> PageResult {
    render(&ctx, &id, None).await
}

async fn render(ctx: &PageContext, id: &str, problem: Option<&PageFailure>) -> PageResult {
    let view = ctx.client().show_application(id).await?;
    let page = ApplicationPage {
        ctx,
        application: ApplicationRow::new(ctx, &view),
        facts: ApplicationFacts::new(ctx, &view),
        next_page: format!("/applications/{}", view.id),
        problem,
    };
    show_page_as(problem.map_or(StatusCode::OK, form_status), &page)
}

/// The picture of an application.
pub(super) async fn show_icon(ctx: PageContext, Path(id): Path<String>) -> PageResult {
    let accept = "image/png, image/jpeg";
    let file = ctx
        .client()
        .download(&operation::show_application_icon(), &[id], accept, &())
        .await?;
    pass_file(file)
}

pub(super) async fn retry_application(ctx: PageContext, Path(id): Path<String>, form: FormFields) -> PageResult {
    match ctx.client().retry_application(&id).await {
        Ok(view) => {
            let next = form
                .given("next")
                .unwrap_or_else(|| format!("/applications/{}", view.id));
            go_to(&ctx, &own_path(&next), "application-retried")
        }
        Err(error) => render(&ctx, &id, Some(&error.into())).await,
    }
}
