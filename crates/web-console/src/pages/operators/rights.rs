//! Rights and roles of an account: its own rights with where they hold, and giving it a role.

use askama::Template;
use axum::extract::Path;
use connector_core::model::Right;
use http::StatusCode;
use sics_client::contract::{GiveBody, OperatorBody, OperatorView};

use super::detail::HeldRole;
use super::require_other;
use crate::failure::{PageFailure, PageResult};
use crate::form::FormFields;
use crate::page::PageContext;
use crate::pages::access_words::{RightBoxes, read_rights};
use crate::pages::account_change::{RefusedChange, finish_change, read_confirmation};
use crate::pages::name_paths::operator_path;
use crate::pages::scope_fields::{ScopeFields, ScopePlaces, TypedScope};
use crate::render::show_page_as;

#[derive(Template)]
#[template(path = "pages/operator_rights.html")]
struct RightsPage<'a> {
    ctx: &'a PageContext,
    operator: String,
    path: String,
    boxes: RightBoxes,
    scope: ScopeFields,
    add_dependencies: bool,
    refused: Option<&'a RefusedChange>,
}

/// What stands in the form.
struct TypedRights {
    rights: Vec<String>,
    scope: TypedScope,
    add_dependencies: bool,
}

impl TypedRights {
    fn from_view(view: &OperatorView) -> TypedRights {
        TypedRights {
            rights: view.rights.iter().map(Right::to_string).collect(),
            scope: TypedScope::from_scope(&view.scope),
            add_dependencies: false,
        }
    }

    fn read(form: &FormFields) -> TypedRights {
        TypedRights {
            rights: form.values("right").to_vec(),
            scope: TypedScope::read(form),
            add_dependencies: form.is_ticked("add_dependencies"),
        }
    }
}

async fn show_rights_page(
    ctx: &PageContext,
    operator: &str,
    typed: &TypedRights,
    refused: Option<&RefusedChange>,
) -> PageResult {
    let places = ScopePlaces::load(ctx).await?;
    let page = RightsPage {
        ctx,
        operator: operator.to_owned(),
        path: operator_path(operator),
        boxes: RightBoxes::new(ctx, &typed.rights),
        scope: ScopeFields::new(ctx, &places, &typed.scope),
        add_dependencies: typed.add_dependencies,
        refused,
    };
    show_page_as(refused.map_or(StatusCode::OK, RefusedChange::status), &page)
}

pub(super) async fn show_rights(ctx: PageContext, Path(operator): Path<String>) -> PageResult {
    require_other(&ctx, &operator)?;
    let view = ctx.client().show_operator(&operator).await?;
    show_rights_page(&ctx, &view.name, &TypedRights::from_view(&view), None).await
}

pub(super) async fn change_rights(ctx: PageContext, Path(operator): Path<String>, form: FormFields) -> PageResult {
    match try_change_rights(&ctx, &operator, &form).await {
        Ok(response) => response,
        Err(refused) => show_rights_page(&ctx, &operator, &TypedRights::read(&form), Some(&refused)).await,
    }
}

async fn try_change_rights(ctx: &PageContext, operator: &str, form: &FormFields) -> Result<PageResult, RefusedChange> {
    let typed = TypedRights::read(form);
    let body = OperatorBody {
        rights: Some(read_rights(form)?),
        scope: Some(typed.scope.to_scope()?),
        add_dependencies: typed.add_dependencies,
        ..OperatorBody::default()
    };
    let confirm = read_confirmation(form)?;
    let changed = ctx.client().change_operator(operator, &confirm, &body).await;
    let reply = changed.map_err(|error| RefusedChange::from_error(ctx, error))?;
    Ok(finish_change(ctx, &reply, &operator_path(operator), "operator-rights"))
}

#[derive(Template)]
#[template(path = "pages/operator_roles.html")]
struct RolesPage<'a> {
    ctx: &'a PageContext,
    operator: String,
    path: String,
    held: Vec<HeldRole>,
    roles: Vec<RoleChoice>,
    scope: ScopeFields,
    refused: Option<&'a RefusedChange>,
}

/// A role that can be given.
pub(super) struct RoleChoice {
    pub(super) name: String,
    pub(super) summary: String,
    pub(super) chosen: bool,
}

impl RoleChoice {
    pub(super) async fn list(ctx: &PageContext, chosen: &str) -> Result<Vec<RoleChoice>, PageFailure> {
        let view = ctx.client().list_roles().await?;
        let choices = view.roles.iter().map(|role| RoleChoice {
            summary: crate::pages::roles::describe_summary(ctx, role),
            chosen: role.name == chosen,
            name: role.name.clone(),
        });
        Ok(choices.collect())
    }
}

async fn show_roles_page(
    ctx: &PageContext,
    operator: &str,
    form: &FormFields,
    refused: Option<&RefusedChange>,
) -> PageResult {
    let view = ctx.client().show_operator(operator).await?;
    let (places, roles) = tokio::try_join!(ScopePlaces::load(ctx), RoleChoice::list(ctx, form.text("role")))?;
    let page = RolesPage {
        ctx,
        path: operator_path(&view.name),
        held: HeldRole::list(ctx, &view),
        roles,
        scope: ScopeFields::new(ctx, &places, &TypedScope::read(form)),
        operator: view.name,
        refused,
    };
    show_page_as(refused.map_or(StatusCode::OK, RefusedChange::status), &page)
}

pub(super) async fn show_roles(ctx: PageContext, Path(operator): Path<String>) -> PageResult {
    require_other(&ctx, &operator)?;
    show_roles_page(&ctx, &operator, &FormFields::default(), None).await
}

pub(super) async fn give_role(ctx: PageContext, Path(operator): Path<String>, form: FormFields) -> PageResult {
    match try_give_role(&ctx, &operator, &form).await {
        Ok(response) => response,
        Err(refused) => show_roles_page(&ctx, &operator, &form, Some(&refused)).await,
    }
}

async fn try_give_role(ctx: &PageContext, operator: &str, form: &FormFields) -> Result<PageResult, RefusedChange> {
    let body = GiveBody {
        scope: TypedScope::read(form).to_scope()?,
    };
    let role = form.given("role");
    let role = role.ok_or_else(|| PageFailure::plain(StatusCode::UNPROCESSABLE_ENTITY, "operators-role-missing"))?;
    let confirm = read_confirmation(form)?;
    let given = ctx.client().give_role(operator, &role, &confirm, &body).await;
    let reply = given.map_err(|error| RefusedChange::from_error(ctx, error))?;
    Ok(finish_change(ctx, &reply, &operator_path(operator), "role-given"))
}
