//! The form of an application: linking one to an app of the tenant, and changing what is known of it.

use askama::Template;
use axum::extract::Path;
use http::StatusCode;
use sics_client::contract::{ApplicationIconBody, ApplicationView, TenantAppsQuery};

use super::fields::ApplicationFields;
use crate::failure::{PageFailure, PageResult};
use crate::form::FormFields;
use crate::page::PageContext;
use crate::pages::approvals::person::form_status;
use crate::render::{go_to, show_page_as};

/// Bytes of an icon.
const ICON_BYTES_MAX: usize = 100_000;
/// How PNG and JPEG files begin.
const ICON_STARTS: [&[u8]; 2] = [b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"];

#[derive(Template)]
#[template(path = "pages/applications/form.html")]
struct FormPage<'a> {
    ctx: &'a PageContext,
    fields: ApplicationFields,
    /// Whether it is linked anew; what it is linked to stays afterwards.
    is_new: bool,
    has_icon: bool,
    problem: Option<&'a PageFailure>,
}

impl FormPage<'_> {
    /// Whether this field is wrong; `key`: as the API names it.
    fn is_wrong(&self, key: &str) -> bool {
        let is_taken = |failure: &PageFailure| key == "id" && failure.code == "applicationTaken";
        self.problem
            .is_some_and(|failure| failure.is_about(key) || is_taken(failure))
    }
}

fn show_form(page: &FormPage<'_>) -> PageResult {
    show_page_as(page.problem.map_or(StatusCode::OK, form_status), page)
}

/// The icon that was chosen, if it is one.
fn read_icon(form: &FormFields) -> Result<Option<ApplicationIconBody>, PageFailure> {
    let Some(file) = form.file("icon") else {
        return Ok(None);
    };
    let unmet = |code: &str| Err(PageFailure::plain(StatusCode::UNPROCESSABLE_ENTITY, code).with_key("icon"));
    if file.content.len() > ICON_BYTES_MAX {
        return unmet("applications-icon-too-large");
    }
    if !ICON_STARTS.iter().any(|start| file.content.starts_with(start)) {
        return unmet("applications-icon-unknown");
    }
    Ok(Some(ApplicationIconBody {
        content: openssl::base64::encode_block(&file.content),
    }))
}

/// Saves the application and, where one was chosen, its icon.
async fn save(
    ctx: &PageContext,
    fields: &ApplicationFields,
    form: &FormFields,
) -> Result<ApplicationView, PageFailure> {
    let (body, icon) = (fields.to_body()?, read_icon(form)?);
    let saved = ctx.client().set_application(&fields.id, &body).await?;
    match icon {
        Some(icon) => Ok(ctx.client().set_application_icon(&fields.id, &icon).await?),
        None => Ok(saved),
    }
}

/// By the address that the chooser links to: `app`, and `name` and `instance` by which it is found again.
pub(super) async fn show_link_form(ctx: PageContext) -> PageResult {
    let list = ctx.list();
    let app = list.value("app");
    if app.is_empty() {
        return go_to(&ctx, "/applications/-/choose", "");
    }
    let query = TenantAppsQuery {
        instance: list.filter("instance"),
        search: list.filter("name"),
        all: Some(true),
    };
    let view = ctx.client().list_tenant_apps(&query).await?;
    let found = view.apps.iter().find(|found| found.id == app);
    let found = found.ok_or_else(PageFailure::not_found)?;
    show_form(&FormPage {
        ctx: &ctx,
        fields: ApplicationFields::of_app(&view.instance.to_string(), found),
        is_new: true,
        has_icon: false,
        problem: None,
    })
}

pub(super) async fn link_application(ctx: PageContext, form: FormFields) -> PageResult {
    let fields = ApplicationFields::typed(&form);
    match save(&ctx, &fields, &form).await {
        Ok(view) => go_to(&ctx, &format!("/applications/{}", view.id), "application-linked"),
        Err(failure) => show_form(&FormPage {
            ctx: &ctx,
            fields,
            is_new: true,
            has_icon: false,
            problem: Some(&failure),
        }),
    }
}

pub(super) async fn show_edit_form(ctx: PageContext, Path(id): Path<String>) -> PageResult {
    let view = ctx.client().show_application(&id).await?;
    show_form(&FormPage {
        ctx: &ctx,
        fields: ApplicationFields::of_view(&view),
        is_new: false,
        has_icon: view.has_icon,
        problem: None,
    })
}

pub(super) async fn change_application(ctx: PageContext, Path(id): Path<String>, form: FormFields) -> PageResult {
    let known = ctx.client().show_application(&id).await?;
    // What it is linked to is not in the hands of the form.
    let fields = ApplicationFields {
        id: known.id.clone(),
        instance: known.instance.to_string(),
        app: known.app.clone(),
        app_name: known.app_name.clone(),
        ..ApplicationFields::typed(&form)
    };
    match save(&ctx, &fields, &form).await {
        Ok(view) => go_to(&ctx, &format!("/applications/{}", view.id), "application-changed"),
        Err(failure) => show_form(&FormPage {
            ctx: &ctx,
            fields,
            is_new: false,
            has_icon: known.has_icon,
            problem: Some(&failure),
        }),
    }
}
