//! The list of roles.

use std::cmp::Ordering;

use askama::Template;
use sics_client::contract::RoleView;

use super::describe_summary;
use crate::failure::PageResult;
use crate::list_state::ListState;
use crate::page::PageContext;
use crate::pages::access_words::is_destructive_right;
use crate::pages::name_paths::role_path;
use crate::pages::row_page::{RowPage, contains_text, cut_page, sort_rows};
use crate::render::show_page;

#[derive(Template)]
#[template(path = "pages/roles.html")]
struct RolesPage<'a> {
    ctx: &'a PageContext,
    list: ListState,
    rows: Vec<RoleRow>,
    matching: u64,
    total: u64,
}

/// What the list shows of a role.
#[derive(Debug, Clone)]
struct RoleRow {
    name: String,
    /// In words; what is searched, too.
    shown_name: String,
    origin: &'static str,
    summary: String,
    rights: usize,
    destructive: bool,
    holders: usize,
}

impl RoleRow {
    fn new(ctx: &PageContext, role: &RoleView) -> RoleRow {
        RoleRow {
            shown_name: ctx.word("role-name-", &role.name),
            origin: role.origin.name(),
            summary: describe_summary(ctx, role),
            rights: role.tree.iter().map(|main| main.sub.len()).sum(),
            destructive: role.rights.iter().any(is_destructive_right),
            holders: role.holders.len(),
            name: role.name.clone(),
        }
    }

    fn path(&self) -> String {
        role_path(&self.name)
    }
}

pub(super) async fn show_roles(ctx: PageContext) -> PageResult {
    let (view, list) = (ctx.client().list_roles().await?, ctx.list());
    let total = view.roles.len() as u64;
    let rows = view.roles.iter().map(|role| RoleRow::new(&ctx, role));
    let mut rows: Vec<RoleRow> = rows.filter(|row| passes_filter(row, &list)).collect();
    sort_rows(&mut rows, &list, compare_rows);
    let RowPage { rows, matching } = cut_page(rows, &list);
    show_page(&RolesPage {
        ctx: &ctx,
        list,
        rows,
        matching,
        total,
    })
}

fn passes_filter(row: &RoleRow, list: &ListState) -> bool {
    let (name, origin) = (list.value("name"), list.value("origin"));
    (contains_text(&row.name, name) || contains_text(&row.shown_name, name))
        && contains_text(&row.summary, list.value("summary"))
        && (origin.is_empty() || origin == row.origin)
}

fn compare_rows(column: &str, one: &RoleRow, other: &RoleRow) -> Ordering {
    match column {
        "origin" => one.origin.cmp(other.origin),
        "summary" => one.summary.cmp(&other.summary),
        "rights" => one.rights.cmp(&other.rights),
        "holders" => one.holders.cmp(&other.holders),
        _ => one.shown_name.to_lowercase().cmp(&other.shown_name.to_lowercase()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(name: &str, origin: &'static str, rights: usize, holders: usize) -> RoleRow {
        RoleRow {
            name: name.to_owned(),
            shown_name: format!("Shown {name}"),
            origin,
            summary: format!("for {name}"),
            rights,
            destructive: false,
            holders,
        }
    }

    #[test]
    fn roles_are_found_and_sorted_by_each_column() {
        let rows = [row("beta", "own", 2, 0), row("alpha", "system", 9, 3)];
        for (query, names) in [
            ("", vec!["beta", "alpha"]),
            ("sort=name", vec!["alpha", "beta"]),
            ("sort=rights", vec!["beta", "alpha"]),
            ("sort=holders&order=desc", vec!["alpha", "beta"]),
            ("origin=own", vec!["beta"]),
            ("name=shown%20AL", vec!["alpha"]),
            ("summary=beta", vec!["beta"]),
        ] {
            let list = ListState::new("/roles", query);
            let mut found: Vec<RoleRow> = rows.iter().filter(|row| passes_filter(row, &list)).cloned().collect();
            sort_rows(&mut found, &list, compare_rows);
            let found: Vec<&str> = found.iter().map(|row| row.name.as_str()).collect();
            assert_eq!(found, names, "{query}");
        }
    }
}
