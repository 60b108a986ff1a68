//! The fields of the other side, as the page of the mapping offers them; making those that the mapping names and the other
//! side lacks.

use axum::extract::Path;
use serde_json::{Value, json};
use sics_client::contract::{TargetFieldView, TargetFieldsView, TargetView};

use super::head::target_path;
use super::mapping::{MappingDraft, render_mapping};
use super::mapping_changes::list_field_rules;
use super::words::other_side_failure;
use crate::failure::{PageFailure, PageResult};
use crate::page::PageContext;
use crate::render::go_to;

/// What the other side has, and what it lacks.
pub(super) struct FieldsPart {
    pub(super) rows: Vec<FieldRow>,
    /// Fields that the mapping in use names and the other side lacks.
    pub(super) missing: Vec<String>,
    /// Whether this kind makes them.
    pub(super) is_able: bool,
    /// Why they can not be read.
    pub(super) failure: Option<PageFailure>,
}

pub(super) struct FieldRow {
    pub(super) name: String,
    pub(super) label: String,
    pub(super) custom: bool,
    pub(super) writable: bool,
    pub(super) values: String,
    /// Of the mapping that is shown; empty: it does not name the field.
    pub(super) rule: String,
    /// A row to copy into the mapping; empty: it has one, or cannot have one.
    pub(super) offer: String,
}

impl FieldRow {
    fn new(ctx: &PageContext, view: &TargetFieldView, rules: &[(String, String)]) -> FieldRow {
        let rule = rules.iter().find(|(field, _)| *field == view.name);
        FieldRow {
            name: ctx.plain(&view.name),
            label: ctx.plain(&view.label),
            custom: view.custom,
            writable: view.writable,
            values: ctx.plain(view.known_values.join(", ")),
            offer: if rule.is_none() && view.writable {
                offer_row(&view.name)
            } else {
                String::new()
            },
            rule: rule.map(|(_, rule)| ctx.plain(rule)).unwrap_or_default(),
        }
    }
}

/// As a row of a mapping is written; its source is to be filled in.
fn offer_row(field: &str) -> String {
    format!("{{ \"field\": {}, \"from\": \"\", \"mode\": \"own\" }}", json!(field))
}

impl FieldsPart {
    /// `shown`: the mapping in the form.
    pub(super) async fn read(ctx: &PageContext, target: &TargetView, shown: &Value) -> FieldsPart {
        let (fields, kinds) = tokio::join!(
            ctx.client().list_target_fields(&target.name),
            ctx.client().list_target_kinds()
        );
        let kinds = kinds.map(|view| view.kinds).unwrap_or_default();
        let is_able = kinds.iter().any(|kind| kind.kind == target.kind && kind.fields);
        let (view, failure) = match fields {
            Ok(view) => (view, None),
            Err(error) => (TargetFieldsView::default(), Some(other_side_failure(error))),
        };
        let rules = list_field_rules(shown);
        FieldsPart {
            rows: view
                .fields
                .iter()
                .map(|field| FieldRow::new(ctx, field, &rules))
                .collect(),
            missing: view.missing.iter().map(|name| ctx.plain(name)).collect(),
            is_able,
            failure,
        }
    }
}

pub(super) async fn make_fields(ctx: PageContext, Path(name): Path<String>) -> PageResult {
    let target = ctx.client().show_target(&name).await?;
    match ctx.client().make_target_fields(&name).await {
        Ok(view) => {
            let done = if view.missing.is_empty() {
                "target-fields-made"
            } else {
                "target-fields-left"
            };
            go_to(&ctx, &format!("{}/mapping?fields=1", target_path(&target)), done)
        }
        Err(error) => {
            let failure = other_side_failure(error);
            render_mapping(&ctx, &name, MappingDraft::default(), Some(&failure)).await
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_offered_is_a_row_of_a_mapping() {
        let row: Value = serde_json::from_str(&offer_row("a \"b\"")).unwrap();
        assert_eq!(row, json!({"field": "a \"b\"", "from": "", "mode": "own"}));
    }
}
