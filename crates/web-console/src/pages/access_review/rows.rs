//! The rows of the access review: classes, filters, order. Pure.

use std::cmp::Ordering;

use connector_core::model::OperatorKind;
use sics_client::contract::AccessEntryView;

use crate::list_state::ListState;
use crate::page::PageContext;
use crate::pages::access_words::{describe_right, describe_scope};
use crate::pages::name_paths::operator_path;
use crate::pages::row_page::{contains_text, sort_rows};

/// What makes a right one to look at first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RightClass {
    Destructive,
    Approving,
    Managing,
    Other,
}

impl RightClass {
    pub(super) const ALL: [RightClass; 4] = [
        RightClass::Destructive,
        RightClass::Approving,
        RightClass::Managing,
        RightClass::Other,
    ];

    /// In addresses and keys of texts.
    pub(super) fn name(self) -> &'static str {
        match self {
            RightClass::Destructive => "destructive",
            RightClass::Approving => "approving",
            RightClass::Managing => "managing",
            RightClass::Other => "other",
        }
    }

    /// Its colour.
    pub(super) fn tone(self) -> &'static str {
        match self {
            RightClass::Destructive => "bad",
            RightClass::Approving | RightClass::Managing => "warning",
            RightClass::Other => "",
        }
    }

    /// Every class that a right has.
    fn list_of(entry: &AccessEntryView) -> Vec<RightClass> {
        let has = |class: &RightClass| match class {
            RightClass::Destructive => entry.destructive,
            RightClass::Approving => entry.approving,
            RightClass::Managing => entry.managing,
            RightClass::Other => !entry.destructive && !entry.approving && !entry.managing,
        };
        RightClass::ALL.into_iter().filter(has).collect()
    }
}

/// A right as one account holds it, in words.
#[derive(Debug, Clone)]
pub(super) struct AccessRow {
    pub(super) entry: AccessEntryView,
    pub(super) text: String,
    pub(super) scope: String,
    pub(super) classes: Vec<RightClass>,
}

impl AccessRow {
    pub(super) fn new(ctx: &PageContext, entry: AccessEntryView) -> AccessRow {
        AccessRow {
            text: describe_right(ctx, entry.right.as_str()),
            scope: describe_scope(ctx, &entry.scope),
            classes: RightClass::list_of(&entry),
            entry,
        }
    }

    pub(super) fn path(&self) -> String {
        operator_path(&self.entry.operator)
    }

    pub(super) fn kind(&self) -> &'static str {
        match self.entry.kind {
            OperatorKind::Person => "person",
            OperatorKind::Server => "server",
        }
    }

    /// What keeps the account from using it.
    pub(super) fn state(&self) -> &'static str {
        if self.entry.disabled {
            "disabled"
        } else if self.entry.suspended {
            "suspended"
        } else {
            "active"
        }
    }

    /// 0 is looked at first.
    fn urgency(&self) -> usize {
        let first = self.classes.first();
        let place = |class: &RightClass| RightClass::ALL.iter().position(|one| one == class);
        first.and_then(place).unwrap_or(RightClass::ALL.len())
    }
}

/// The rows that pass the filters, in the order of the address; without one the rights by which most is lost come first.
pub(super) fn read_rows(rows: Vec<AccessRow>, list: &ListState) -> Vec<AccessRow> {
    let mut rows: Vec<AccessRow> = rows.into_iter().filter(|row| passes_filter(row, list)).collect();
    rows.sort_by_key(AccessRow::urgency);
    sort_rows(&mut rows, list, compare_rows);
    rows
}

fn passes_filter(row: &AccessRow, list: &ListState) -> bool {
    let (right, class, state) = (list.value("right"), list.value("class"), list.value("state"));
    let names_right = contains_text(row.entry.right.as_str(), right)
        || contains_text(&row.text, right)
        || row.entry.covers.iter().any(|covered| contains_text(covered, right));
    contains_text(&row.entry.operator, list.value("operator"))
        && names_right
        && (class.is_empty() || row.classes.iter().any(|one| one.name() == class))
        && (state.is_empty() || state == row.state())
        && contains_text(row.entry.role.as_deref().unwrap_or_default(), list.value("role"))
}

fn compare_rows(column: &str, one: &AccessRow, other: &AccessRow) -> Ordering {
    match column {
        "right" => one.entry.right.as_str().cmp(other.entry.right.as_str()),
        "role" => one.entry.role.cmp(&other.entry.role),
        "since" => one.entry.since.cmp(&other.entry.since),
        "signIn" => one.entry.last_sign_in_at.cmp(&other.entry.last_sign_in_at),
        _ => one
            .entry
            .operator
            .to_lowercase()
            .cmp(&other.entry.operator.to_lowercase()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn row(operator: &str, right: &str, class: &str) -> AccessRow {
        let entry: AccessEntryView = serde_json::from_value(json!({
            "operator": operator, "kind": "person", "disabled": false, "suspended": false, "right": right,
            "covers": ["Actions_Wipe"], "destructive": class == "destructive", "approving": class == "approving",
            "managing": false, "scope": {}, "role": "helpdesk", "since": null, "givenBy": null, "agreedBy": null,
            "lastSignInAt": null,
        }))
        .unwrap();
        AccessRow {
            text: format!("may {right}"),
            scope: "everywhere".to_owned(),
            classes: RightClass::list_of(&entry),
            entry,
        }
    }

    fn found(query: &str) -> Vec<String> {
        let mut disabled = row("dora", "Jobs_Read", "");
        disabled.entry.disabled = true;
        disabled.entry.covers.clear();
        let rows = vec![
            row("anna", "Devices_Read", ""),
            row("bert", "Jobs_Approve", "approving"),
            row("carl", "Actions_*", "destructive"),
            disabled,
        ];
        let rows = read_rows(rows, &ListState::new("/access-review", query)).into_iter();
        rows.map(|row| row.entry.operator).collect()
    }

    #[test]
    fn what_destroys_and_approves_comes_first_unless_another_order_is_asked_for() {
        assert_eq!(found(""), ["carl", "bert", "anna", "dora"]);
        assert_eq!(found("sort=operator&order=desc"), ["dora", "carl", "bert", "anna"]);
    }

    #[test]
    fn rows_are_found_by_account_right_class_and_state() {
        for (query, names) in [
            ("operator=AN", vec!["anna"]),
            ("right=jobs_", vec!["bert", "dora"]),
            ("right=wipe&class=destructive", vec!["carl"]),
            ("class=approving", vec!["bert"]),
            ("class=other", vec!["anna", "dora"]),
            ("state=disabled", vec!["dora"]),
            ("role=desk&state=active&sort=operator", vec!["anna", "bert", "carl"]),
            ("role=nobody", vec![]),
        ] {
            assert_eq!(found(query), names, "{query}");
        }
    }
}
