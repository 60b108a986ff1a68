//! Roles: rights under a name. Those of the system and of products are to be read, one's own to be changed.

mod changes;
mod list;

use askama::Template;
use axum::extract::Path;
use sics_client::contract::{RoleOrigin, RoleView};

use crate::failure::PageResult;
use crate::page::PageContext;
use crate::pages::access_words::{describe_right, describe_scope, group_name, is_destructive_right};
use crate::pages::name_paths::{operator_path, role_path};
use crate::render::show_page;
use crate::routes::PageRoute;

pub(crate) fn routes() -> Vec<PageRoute> {
    // Names of roles begin with a letter: none is called "-".
    vec![
        PageRoute::get("/roles", list::show_roles),
        PageRoute::get("/roles/-/new", changes::show_new_role),
        PageRoute::post("/roles/-/new", changes::add_role),
        PageRoute::get("/roles/{role}", show_role),
        PageRoute::get("/roles/{role}/rights", changes::show_change),
        PageRoute::post("/roles/{role}/rights", changes::change_role),
        PageRoute::get("/roles/{role}/remove", changes::show_remove),
        PageRoute::post("/roles/{role}/remove", changes::remove_role),
    ]
}

/// What a role is for; those of the system in the language of the page.
pub(crate) fn describe_summary(ctx: &PageContext, role: &RoleView) -> String {
    let key = format!("role-summary-{}", role.name.to_ascii_lowercase());
    if role.origin == RoleOrigin::System && ctx.has_text(&key) {
        ctx.t(&key)
    } else {
        ctx.plain(&role.summary)
    }
}

/// Whether it can be changed, and its reader may do so.
fn is_changeable(ctx: &PageContext, role: &RoleView) -> bool {
    role.origin == RoleOrigin::Own && ctx.may("Operators_Manage")
}

#[derive(Template)]
#[template(path = "pages/role.html")]
struct RolePage<'a> {
    ctx: &'a PageContext,
    role: RoleView,
    path: String,
    summary: String,
    everything: bool,
    groups: Vec<GroupText>,
    holders: Vec<HolderText>,
    changeable: bool,
}

/// The rights of a role in one group.
struct GroupText {
    name: String,
    /// With those to come.
    whole: bool,
    rights: Vec<(String, String, bool)>,
}

struct HolderText {
    operator: String,
    path: String,
    scope: String,
}

fn describe_groups(ctx: &PageContext, role: &RoleView) -> Vec<GroupText> {
    let describe = |main: &str, sub: &String| {
        let right = format!("{main}_{sub}");
        let destructive = right.parse().is_ok_and(|right| is_destructive_right(&right));
        (describe_right(ctx, &right), right, destructive)
    };
    let groups = role.tree.iter().map(|main| GroupText {
        name: group_name(ctx, &main.main),
        whole: role
            .rights
            .iter()
            .any(|right| right.as_str().strip_suffix("_*") == Some(main.main.as_str())),
        rights: main.sub.iter().map(|sub| describe(&main.main, sub)).collect(),
    });
    groups.collect()
}

async fn show_role(ctx: PageContext, Path(role): Path<String>) -> PageResult {
    let role = ctx.client().show_role(&role).await?;
    let holders = role.holders.iter().map(|holder| HolderText {
        operator: holder.operator.clone(),
        path: operator_path(&holder.operator),
        scope: describe_scope(&ctx, &holder.scope),
    });
    show_page(&RolePage {
        ctx: &ctx,
        path: role_path(&role.name),
        summary: describe_summary(&ctx, &role),
        everything: role.rights.iter().any(|right| right.as_str() == "*"),
        groups: describe_groups(&ctx, &role),
        holders: holders.collect(),
        changeable: is_changeable(&ctx, &role),
        role,
    })
}
