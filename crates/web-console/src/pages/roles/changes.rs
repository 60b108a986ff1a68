//! Adding, changing and removing a role of one's own.

use askama::Template;
use axum::extract::Path;
use connector_core::model::Right;
use http::StatusCode;
use sics_client::contract::{NewRoleBody, RoleBody, RoleOrigin, RoleView};

use crate::failure::{PageFailure, PageResult};
use crate::form::FormFields;
use crate::page::PageContext;
use crate::pages::access_words::{RightBoxes, read_rights};
use crate::pages::account_change::{RefusedChange, finish_change, read_confirmation};
use crate::pages::name_paths::role_path;
use crate::pages::operators::require_manager;
use crate::render::{go_to, show_page_as};

#[derive(Template)]
#[template(path = "pages/role_form.html")]
struct RoleFormPage<'a> {
    ctx: &'a PageContext,
    title: String,
    /// Where the form goes.
    path: String,
    /// Where one comes from.
    back: String,
    /// A new one has no name yet.
    new: bool,
    typed: &'a TypedRole,
    boxes: RightBoxes,
    add_dependencies: bool,
    refused: Option<&'a RefusedChange>,
}

impl RoleFormPage<'_> {
    fn is_wrong(&self, code: &str) -> bool {
        self.refused.is_some_and(|refused| refused.failure.code == code)
    }
}

/// What stands in the form.
#[derive(Debug, Default)]
struct TypedRole {
    name: String,
    summary: String,
    rights: Vec<String>,
    add_dependencies: bool,
}

impl TypedRole {
    fn from_view(role: RoleView) -> TypedRole {
        TypedRole {
            rights: role.rights.iter().map(Right::to_string).collect(),
            name: role.name,
            summary: role.summary,
            add_dependencies: false,
        }
    }

    fn read(form: &FormFields) -> TypedRole {
        TypedRole {
            name: form.text("name").to_owned(),
            summary: form.text("summary").to_owned(),
            rights: form.values("right").to_vec(),
            add_dependencies: form.is_ticked("add_dependencies"),
        }
    }
}

fn show_form(ctx: &PageContext, role: Option<&str>, typed: &TypedRole, refused: Option<&RefusedChange>) -> PageResult {
    let (title, path, back) = match role {
        Some(role) => (
            ctx.t1("roles-change-title", "name", ctx.plain(role)),
            format!("{}/rights", role_path(role)),
            role_path(role),
        ),
        None => (ctx.t("roles-add"), "/roles/-/new".to_owned(), "/roles".to_owned()),
    };
    let page = RoleFormPage {
        ctx,
        title,
        path,
        back,
        new: role.is_none(),
        typed,
        boxes: RightBoxes::new(ctx, &typed.rights),
        add_dependencies: typed.add_dependencies,
        refused,
    };
    show_page_as(refused.map_or(StatusCode::OK, RefusedChange::status), &page)
}

pub(super) async fn show_new_role(ctx: PageContext) -> PageResult {
    require_manager(&ctx)?;
    show_form(&ctx, None, &TypedRole::default(), None)
}

pub(super) async fn add_role(ctx: PageContext, form: FormFields) -> PageResult {
    match try_add_role(&ctx, &form).await {
        Ok(name) => go_to(&ctx, &role_path(&name), "role-added"),
        Err(refused) => show_form(&ctx, None, &TypedRole::read(&form), Some(&refused)),
    }
}

/// Its name.
async fn try_add_role(ctx: &PageContext, form: &FormFields) -> Result<String, RefusedChange> {
    let typed = TypedRole::read(form);
    if typed.name.is_empty() {
        return Err(PageFailure::plain(StatusCode::UNPROCESSABLE_ENTITY, "roles-name-missing").into());
    }
    let body = NewRoleBody {
        name: typed.name,
        summary: typed.summary,
        rights: read_rights(form)?,
        add_dependencies: typed.add_dependencies,
    };
    let added = ctx.client().add_role(&body).await;
    let role = added.map_err(|error| RefusedChange::from_error(ctx, error))?;
    Ok(role.name)
}

/// One that its reader may change.
async fn load_own_role(ctx: &PageContext, role: &str) -> Result<RoleView, PageFailure> {
    require_manager(ctx)?;
    let role = ctx.client().show_role(role).await?;
    if role.origin == RoleOrigin::Own {
        Ok(role)
    } else {
        Err(PageFailure::plain(StatusCode::CONFLICT, "roles-protected"))
    }
}

pub(super) async fn show_change(ctx: PageContext, Path(role): Path<String>) -> PageResult {
    let role = load_own_role(&ctx, &role).await?;
    let name = role.name.clone();
    show_form(&ctx, Some(&name), &TypedRole::from_view(role), None)
}

pub(super) async fn change_role(ctx: PageContext, Path(role): Path<String>, form: FormFields) -> PageResult {
    match try_change_role(&ctx, &role, &form).await {
        Ok(response) => response,
        Err(refused) => show_form(&ctx, Some(&role), &TypedRole::read(&form), Some(&refused)),
    }
}

async fn try_change_role(ctx: &PageContext, role: &str, form: &FormFields) -> Result<PageResult, RefusedChange> {
    let typed = TypedRole::read(form);
    let body = RoleBody {
        summary: Some(typed.summary),
        rights: Some(read_rights(form)?),
        add_dependencies: typed.add_dependencies,
    };
    let confirm = read_confirmation(form)?;
    let changed = ctx.client().change_role(role, &confirm, &body).await;
    let reply = changed.map_err(|error| RefusedChange::from_error(ctx, error))?;
    Ok(finish_change(ctx, &reply, &role_path(role), "role-changed"))
}

#[derive(Template)]
#[template(path = "pages/role_remove.html")]
struct RemovePage<'a> {
    ctx: &'a PageContext,
    role: RoleView,
    path: String,
    refused: Option<&'a RefusedChange>,
}

async fn show_remove_page(ctx: &PageContext, role: &str, refused: Option<&RefusedChange>) -> PageResult {
    let role = load_own_role(ctx, role).await?;
    let page = RemovePage {
        ctx,
        path: role_path(&role.name),
        role,
        refused,
    };
    show_page_as(refused.map_or(StatusCode::OK, RefusedChange::status), &page)
}

pub(super) async fn show_remove(ctx: PageContext, Path(role): Path<String>) -> PageResult {
    show_remove_page(&ctx, &role, None).await
}

pub(super) async fn remove_role(ctx: PageContext, Path(role): Path<String>, form: FormFields) -> PageResult {
    let removed = match read_confirmation(&form) {
        Ok(confirm) => ctx.client().remove_role(&role, &confirm).await,
        Err(refused) => return show_remove_page(&ctx, &role, Some(&refused)).await,
    };
    match removed {
        Ok(reply) => finish_change(&ctx, &reply, "/roles", "role-removed"),
        Err(error) => {
            let refused = RefusedChange::from_error(&ctx, error);
            show_remove_page(&ctx, &role, Some(&refused)).await
        }
    }
}
