//! Saved views: columns, filter and sort under a name.

use std::collections::BTreeSet;

use sics_client::contract::{SavedViewBody, SavedViewQuery, SavedViewsView};

use super::list_page::{ListExtra, render_list};
use super::question::read_list;
use crate::failure::{PageFailure, PageResult};
use crate::form::FormFields;
use crate::list_state::ListState;
use crate::page::PageContext;
use crate::render::go_to;

/// Name of this page among the saved views.
const PAGE: &str = "devices";

/// A saved view as the page offers it.
pub(super) struct ViewLink {
    pub(super) name: String,
    /// Path with its query.
    pub(super) path: String,
    /// Name of its owner, where that is somebody else.
    pub(super) owner: Option<String>,
    pub(super) shared: bool,
    /// It is what the page shows.
    pub(super) current: bool,
    /// The reader may remove it.
    pub(super) removable: bool,
}

/// The views of this page.
pub(super) fn list_view_links(ctx: &PageContext, list: &ListState, views: &SavedViewsView) -> Vec<ViewLink> {
    let may_manage = ctx.may("Operators_Manage");
    let own = views.views.iter().filter(|view| view.page == PAGE);
    let link = own.map(|view| {
        let is_own = view.owner == ctx.operator();
        ViewLink {
            name: view.name.clone(),
            path: format!("/devices?{}", view.query),
            owner: (!is_own).then(|| view.owner.clone()),
            shared: view.shared,
            current: is_same_query(&view.query, &list.view_query()),
            removable: is_own || may_manage,
        }
    });
    link.collect()
}

/// Whether two queries say the same, in whatever order.
fn is_same_query(one: &str, other: &str) -> bool {
    let pairs = |query: &str| -> BTreeSet<(String, String)> {
        url::form_urlencoded::parse(query.as_bytes()).into_owned().collect()
    };
    pairs(one) == pairs(other)
}

/// POST /devices/views
pub(super) async fn save_view(ctx: PageContext, form: FormFields) -> PageResult {
    let list = read_list(&ctx, form.text("query"));
    let body = SavedViewBody {
        page: PAGE.to_owned(),
        query: list.view_query(),
        shared: form.is_ticked("shared"),
        owner: None,
    };
    let saved = ctx.client().save_view(form.text("name"), &body).await;
    finish(
        &ctx,
        &list,
        saved.map(drop).map_err(PageFailure::from),
        &form,
        "view-saved",
    )
    .await
}

/// POST /devices/views/remove
pub(super) async fn remove_view(ctx: PageContext, form: FormFields) -> PageResult {
    let list = read_list(&ctx, form.text("query"));
    let query = SavedViewQuery {
        page: Some(PAGE.to_owned()),
        owner: form.given("owner"),
    };
    let removed = ctx.client().remove_view(form.text("name"), &query).await;
    finish(&ctx, &list, removed.map_err(PageFailure::from), &form, "view-removed").await
}

async fn finish(
    ctx: &PageContext,
    list: &ListState,
    done: Result<(), PageFailure>,
    form: &FormFields,
    text: &str,
) -> PageResult {
    match done {
        Ok(()) => go_to(ctx, &format!("/devices{}", list.query_text()), text),
        Err(failure) => {
            let extra = ListExtra {
                view_problem: Some(failure),
                view_name: form.text("name").to_owned(),
                view_shared: form.is_ticked("shared"),
                ..ListExtra::default()
            };
            render_list(ctx, list, extra).await
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_view_is_current_in_whatever_order_its_address_is() {
        assert!(is_same_query("a=1&b=2", "b=2&a=1"));
        assert!(!is_same_query("a=1", "a=1&b=2"));
        assert!(is_same_query("", ""));
    }
}
