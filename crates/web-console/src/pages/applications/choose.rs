//! The apps of a tenant: which of them is linked.

use askama::Template;
use sics_client::contract::{TenantAppView, TenantAppsQuery};

use super::list::is_product_missing;
use super::rows::{platform_word, type_word};
use crate::failure::{PageFailure, PageResult};
use crate::link_query::LinkQuery;
use crate::list_state::ListState;
use crate::page::PageContext;
use crate::render::{Markup, show_page};

/// Apps of one page; the search finds the others.
const APPS_SHOWN: usize = 200;
/// How the microservices of the product are called, before their number.
const MEMBER: &str = "IntuneAppOrders_";

#[derive(Template)]
#[template(path = "pages/applications/choose.html")]
struct ChoosePage<'a> {
    ctx: &'a PageContext,
    list: ListState,
    /// Installations of the product, as far as the reader may see them.
    instances: Vec<String>,
    apps: Vec<AppRow>,
    /// How many were found.
    found: usize,
    unreadable: u64,
    is_product_missing: bool,
    problem: Option<PageFailure>,
}

impl ChoosePage<'_> {
    fn problem(&self) -> Option<&PageFailure> {
        self.problem.as_ref()
    }
}

/// An app of the tenant.
struct AppRow {
    name: String,
    publisher: String,
    app_type: String,
    platform: String,
    /// Why it cannot be linked.
    reason: Markup,
    linked_by: String,
    /// Where it is linked; empty: it cannot be.
    path: String,
}

impl AppRow {
    fn new(ctx: &PageContext, instance: &str, app: &TenantAppView) -> AppRow {
        let can_link = app.assignable && app.linked_by.is_none();
        AppRow {
            name: ctx.plain(&app.name),
            publisher: ctx.plain(app.publisher.as_deref().unwrap_or_default()),
            app_type: type_word(ctx, &app.app_type),
            platform: platform_word(ctx, app.platform.as_deref()),
            reason: ctx.said(app.reason.as_deref().unwrap_or_default()),
            linked_by: app.linked_by.clone().unwrap_or_default(),
            path: if can_link {
                link_path(instance, app)
            } else {
                String::new()
            },
        }
    }
}

/// The form that links an app: by its id, and by its name, by which it is found again.
fn link_path(instance: &str, app: &TenantAppView) -> String {
    let query = LinkQuery::default()
        .with_value("app", &app.id)
        .with_value("name", &app.name)
        .with_value("instance", instance);
    format!("/applications/-/new{}", query.to_text())
}

/// Names of the installations; none where the reader may not see them.
async fn read_instances(ctx: &PageContext) -> Vec<String> {
    if !ctx.may("Instances_Read") {
        return Vec::new();
    }
    let read = ctx.client().list_supervisors().await;
    let supervisors = read.map(|view| view.supervisors).unwrap_or_default();
    let members = supervisors.into_iter().flat_map(|supervisor| supervisor.members);
    let names = members.map(|member| member.name);
    names.filter(|name| name.starts_with(MEMBER)).collect()
}

pub(super) async fn show_apps(ctx: PageContext) -> PageResult {
    let list = ctx.list();
    let query = TenantAppsQuery {
        instance: list.filter("instance"),
        search: list.filter("q"),
        all: Some(list.value("linkable") != "1"),
    };
    let (read, instances) = tokio::join!(ctx.client().list_tenant_apps(&query), read_instances(&ctx));
    let mut page = ChoosePage {
        ctx: &ctx,
        list,
        instances,
        apps: Vec::new(),
        found: 0,
        unreadable: 0,
        is_product_missing: false,
        problem: None,
    };
    match read {
        Ok(view) => {
            let instance = view.instance.to_string();
            let shown = view.apps.iter().take(APPS_SHOWN);
            page.apps = shown.map(|app| AppRow::new(&ctx, &instance, app)).collect();
            page.found = view.apps.len();
            page.unreadable = view.unreadable;
        }
        // Who lacks the right is told so by a page of its own.
        Err(error) if matches!(error.status, Some(401 | 403)) => return Err(error.into()),
        Err(error) => {
            page.is_product_missing = is_product_missing(&ctx).await;
            page.problem = Some(error.into());
        }
    }
    show_page(&page)
}
