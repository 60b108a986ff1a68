//! The list of accounts.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use askama::Template;
use chrono::{DateTime, Utc};
use connector_core::model::OperatorKind;
use sics_client::contract::OperatorView;

use crate::failure::PageResult;
use crate::list_state::ListState;
use crate::page::PageContext;
use crate::pages::name_paths::operator_path;
use crate::pages::row_page::{RowPage, contains_text, cut_page, sort_rows};
use crate::render::show_page;

#[derive(Template)]
#[template(path = "pages/operators.html")]
struct OperatorsPage<'a> {
    ctx: &'a PageContext,
    list: ListState,
    rows: Vec<OperatorFacts>,
    /// Roles that somebody holds, for the filter.
    roles: Vec<String>,
    matching: u64,
    total: u64,
}

/// What the list shows of an account.
#[derive(Debug, Clone)]
struct OperatorFacts {
    view: OperatorView,
    sessions: usize,
}

impl OperatorFacts {
    fn path(&self) -> String {
        operator_path(&self.view.name)
    }

    fn kind(&self) -> &'static str {
        kind_name(self.view.kind)
    }

    /// Names of its roles, and whether it has rights of its own.
    fn roles(&self) -> String {
        let names: Vec<&str> = self.view.roles.iter().map(|held| held.role.as_str()).collect();
        names.join(", ")
    }

    fn has_role(&self, role: &str) -> bool {
        self.view.roles.iter().any(|held| held.role == role)
    }

    fn state(&self) -> AccountState {
        if self.view.disabled {
            AccountState::Disabled
        } else if self.view.suspended {
            AccountState::Suspended
        } else if self.view.password_given {
            AccountState::PasswordGiven
        } else {
            AccountState::Active
        }
    }
}

pub(super) fn kind_name(kind: OperatorKind) -> &'static str {
    match kind {
        OperatorKind::Person => "person",
        OperatorKind::Server => "server",
    }
}

/// The first of what is to be known of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum AccountState {
    Active,
    PasswordGiven,
    Suspended,
    Disabled,
}

impl AccountState {
    /// As addresses and texts name it.
    fn name(self) -> &'static str {
        match self {
            AccountState::Active => "active",
            AccountState::PasswordGiven => "password-given",
            AccountState::Suspended => "suspended",
            AccountState::Disabled => "disabled",
        }
    }

    /// Its colour.
    fn class(self) -> &'static str {
        match self {
            AccountState::Active => "good",
            AccountState::PasswordGiven => "warning",
            AccountState::Suspended | AccountState::Disabled => "bad",
        }
    }
}

pub(super) async fn show_operators(ctx: PageContext) -> PageResult {
    let client = ctx.client();
    let (operators, sessions) = tokio::try_join!(client.list_operators(), client.list_sessions())?;
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for session in sessions.sessions {
        *counts.entry(session.operator).or_default() += 1;
    }
    let all = join_facts(operators.operators, &counts);
    let (list, total) = (ctx.list(), all.len() as u64);
    let mut roles: Vec<String> = all
        .iter()
        .flat_map(|row| row.view.roles.iter())
        .map(|held| held.role.clone())
        .collect();
    roles.sort();
    roles.dedup();
    let mut rows: Vec<OperatorFacts> = all.into_iter().filter(|row| passes_filter(row, &list)).collect();
    sort_rows(&mut rows, &list, compare_rows);
    let RowPage { rows, matching } = cut_page(rows, &list);
    show_page(&OperatorsPage {
        ctx: &ctx,
        list,
        rows,
        roles,
        matching,
        total,
    })
}

fn join_facts(views: Vec<OperatorView>, sessions: &BTreeMap<String, usize>) -> Vec<OperatorFacts> {
    let join = |view: OperatorView| OperatorFacts {
        sessions: sessions.get(&view.name).copied().unwrap_or_default(),
        view,
    };
    views.into_iter().map(join).collect()
}

/// By each filter of the address.
fn passes_filter(row: &OperatorFacts, list: &ListState) -> bool {
    let is_one_of = |filter: &str, value: &str| list.value(filter).is_empty() || list.value(filter) == value;
    let factor = if row.view.second_factor { "yes" } else { "no" };
    contains_text(&row.view.name, list.value("name"))
        && is_one_of("kind", row.kind())
        && is_one_of("state", row.state().name())
        && is_one_of("factor", factor)
        && (list.value("role").is_empty() || row.has_role(list.value("role")))
}

fn compare_rows(column: &str, one: &OperatorFacts, other: &OperatorFacts) -> Ordering {
    let signed_in = |row: &OperatorFacts| -> Option<DateTime<Utc>> { row.view.last_sign_in_at };
    match column {
        "kind" => one.kind().cmp(other.kind()),
        "roles" => one.roles().cmp(&other.roles()),
        "state" => one.state().cmp(&other.state()),
        "factor" => one.view.second_factor.cmp(&other.view.second_factor),
        "signIn" => signed_in(one).cmp(&signed_in(other)),
        "sessions" => one.sessions.cmp(&other.sessions),
        _ => one.view.name.to_lowercase().cmp(&other.view.name.to_lowercase()),
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone;
    use connector_core::model::RightScope;
    use sics_client::contract::HeldRoleView;

    use super::*;

    fn row(name: &str, kind: OperatorKind) -> OperatorFacts {
        OperatorFacts {
            view: OperatorView {
                name: name.to_owned(),
                kind,
                rights: Vec::new(),
                scope: RightScope::default(),
                roles: vec![HeldRoleView {
                    role: format!("role-of-{name}"),
                    scope: RightScope::default(),
                }],
                disabled: false,
                has_password: true,
                created_at: Utc.timestamp_opt(1_800_000_000, 0).unwrap(),
                created_by: None,
                password_given: false,
                second_factor: false,
                last_sign_in_at: None,
                suspended: false,
            },
            sessions: 0,
        }
    }

    fn found(rows: &[OperatorFacts], query: &str) -> Vec<String> {
        let list = ListState::new("/operators", query);
        let mut rows: Vec<OperatorFacts> = rows.iter().filter(|row| passes_filter(row, &list)).cloned().collect();
        sort_rows(&mut rows, &list, compare_rows);
        rows.into_iter().map(|row| row.view.name).collect()
    }

    #[test]
    fn accounts_are_found_by_each_column() {
        let mut anna = row("Anna", OperatorKind::Person);
        anna.view.second_factor = true;
        anna.sessions = 2;
        let mut bert = row("bert", OperatorKind::Person);
        bert.view.suspended = true;
        bert.view.last_sign_in_at = Some(Utc.timestamp_opt(1_800_000_100, 0).unwrap());
        let mut cmdb = row("cmdb", OperatorKind::Server);
        cmdb.view.disabled = true;
        let rows = [cmdb, bert, anna];
        for (query, names) in [
            ("sort=name", vec!["Anna", "bert", "cmdb"]),
            ("name=AN", vec!["Anna"]),
            ("kind=server", vec!["cmdb"]),
            ("state=suspended", vec!["bert"]),
            ("state=disabled", vec!["cmdb"]),
            ("state=active", vec!["Anna"]),
            ("factor=no&sort=name&order=desc", vec!["cmdb", "bert"]),
            ("role=role-of-bert", vec!["bert"]),
            ("sort=sessions&order=desc", vec!["Anna", "cmdb", "bert"]),
            ("sort=signIn&order=desc&kind=person", vec!["bert", "Anna"]),
            ("name=nobody", vec![]),
        ] {
            assert_eq!(found(&rows, query), names, "{query}");
        }
    }
}
