//! The OpenAPI document as pages to read: an overview of all operations, a page for each group with the types it needs, a
//! page for each type; and the document itself.

mod document;
mod page_rows;
mod prose;
mod schema;

use askama::Template;
use serde_json::Value;
use sics_client::operation;

use crate::failure::{PageFailure, PageResult};
use crate::page::PageContext;
use crate::render::{Markup, pass_file, show_page};
use crate::routes::PageRoute;
use document::{ApiOperation, list_operations, list_type_names};
use page_rows::{OperationRow, PartRow, TypeRow, show_operation, show_types};
use prose::render_line;

pub(crate) fn routes() -> Vec<PageRoute> {
    vec![
        PageRoute::get("/api", show_reference),
        PageRoute::get("/api/openapi.json", show_document),
    ]
}

/// An operation in the overview.
struct OverviewRow {
    id: String,
    method: String,
    path: String,
    summary: Markup,
}

struct OverviewGroup {
    name: String,
    title: String,
    rows: Vec<OverviewRow>,
}

#[derive(Template)]
#[template(path = "pages/api_reference/overview.html")]
struct OverviewPage<'a> {
    ctx: &'a PageContext,
    find: String,
    groups: Vec<OverviewGroup>,
    found: usize,
    types: Vec<String>,
    version: String,
}

#[derive(Template)]
#[template(path = "pages/api_reference/group.html")]
struct GroupPage<'a> {
    ctx: &'a PageContext,
    title: String,
    operations: Vec<OperationRow>,
    types: Vec<TypeRow>,
}

async fn show_reference(ctx: PageContext) -> PageResult {
    let list = ctx.list();
    let document = ctx.client().openapi().await?;
    match (list.value("type"), list.value("group")) {
        ("", "") => show_overview(&ctx, &document, list.value("find")),
        ("", group) => show_group(&ctx, &document, group),
        (name, _) => show_type(&ctx, &document, name),
    }
}

fn show_overview(ctx: &PageContext, document: &Value, find: &str) -> PageResult {
    let operations = list_operations(document);
    let wanted: Vec<&ApiOperation> = operations.iter().filter(|operation| operation.mentions(find)).collect();
    let mut names: Vec<&str> = wanted.iter().map(|operation| operation.group.as_str()).collect();
    names.dedup();
    let group = |name: &str| OverviewGroup {
        name: name.to_owned(),
        title: group_title(ctx, name),
        rows: wanted
            .iter()
            .filter(|operation| operation.group == name)
            .map(|operation| show_overview_row(operation))
            .collect(),
    };
    show_page(&OverviewPage {
        ctx,
        find: find.to_owned(),
        groups: names.into_iter().map(group).collect(),
        found: wanted.len(),
        types: list_type_names(document),
        version: document["info"]["version"].as_str().unwrap_or_default().to_owned(),
    })
}

fn show_overview_row(operation: &ApiOperation) -> OverviewRow {
    OverviewRow {
        id: operation.id.clone(),
        method: operation.method.clone(),
        path: operation.path.clone(),
        summary: render_line(&operation.summary),
    }
}

/// What a group is about, in the language of the page; its name where there is no word for it.
fn group_title(ctx: &PageContext, name: &str) -> String {
    ctx.word("api-group-", name)
}

fn show_group(ctx: &PageContext, document: &Value, group: &str) -> PageResult {
    let mut operations = list_operations(document);
    operations.retain(|operation| operation.group == group);
    if operations.is_empty() {
        return Err(PageFailure::not_found());
    }
    let needed: Vec<&str> = operations.iter().flat_map(|operation| operation.list_types()).collect();
    show_page(&GroupPage {
        ctx,
        title: group_title(ctx, group),
        types: show_types(ctx, document, &needed),
        operations: operations
            .iter()
            .map(|operation| show_operation(ctx, operation))
            .collect(),
    })
}

/// A type with all that it is made of.
fn show_type(ctx: &PageContext, document: &Value, name: &str) -> PageResult {
    let types = show_types(ctx, document, &[name]);
    if types.is_empty() {
        return Err(PageFailure::not_found());
    }
    show_page(&GroupPage {
        ctx,
        title: name.to_owned(),
        operations: Vec::new(),
        types,
    })
}

/// The document itself, for generators.
async fn show_document(ctx: PageContext) -> PageResult {
    let answer = ctx
        .client()
        .download(&operation::openapi(), &[], "application/json", &())
        .await?;
    pass_file(answer)
}
