//! The table of the list: heads, rows, cells.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use sics_client::contract::{DeviceView, FieldView};

use super::question::{OWN_COLUMNS, read_sort};
use crate::list_state::ListState;
use crate::page::PageContext;
use crate::pages::device::{ShownValue, compliance_class, device_path, explain_field, word_prefix};

/// The head of a column.
pub(super) struct ColumnHead {
    pub(super) label: String,
    /// What the column says.
    pub(super) meaning: String,
    /// The address that sorts by it; `None`: it can not be sorted by it.
    pub(super) sort_link: Option<String>,
    pub(super) aria_sort: &'static str,
}

/// A device in the table.
pub(super) struct DeviceRow {
    /// `INSTANCE/ID`, by which live facts and forms name it.
    pub(super) key: String,
    /// Path of its page.
    pub(super) path: String,
    pub(super) platform: String,
    /// For the label of its box.
    pub(super) name: String,
    pub(super) ticked: bool,
    pub(super) cells: Vec<DeviceCell>,
}

pub(super) struct DeviceCell {
    /// Name of its column.
    pub(super) name: String,
    pub(super) value: ShownValue,
    /// Its words are translated: live facts bring them as Microsoft names them.
    pub(super) is_word: bool,
    /// Class of its badge; `None`: it is no badge.
    pub(super) badge: Option<&'static str>,
}

/// A column that may be chosen.
pub(super) struct ColumnChoice {
    pub(super) name: String,
    pub(super) label: String,
    pub(super) meaning: String,
    pub(super) chosen: bool,
    /// A condition can name it.
    pub(super) is_field: bool,
}

/// The columns by name.
pub(super) struct KnownColumns<'a> {
    fields: BTreeMap<&'a str, &'a FieldView>,
    order: Vec<&'a str>,
}

impl<'a> KnownColumns<'a> {
    pub(super) fn new(fields: &'a [FieldView]) -> KnownColumns<'a> {
        KnownColumns {
            fields: fields.iter().map(|field| (field.name.as_str(), field)).collect(),
            order: fields.iter().map(|field| field.name.as_str()).collect(),
        }
    }

    fn is_known(&self, name: &str) -> bool {
        self.fields.contains_key(name) || OWN_COLUMNS.iter().any(|(own, _)| *own == name)
    }

    fn is_sortable(&self, name: &str) -> bool {
        self.fields.contains_key(name) || OWN_COLUMNS.contains(&(name, true))
    }

    /// Those of an address that there are.
    pub(super) fn keep_known(&self, columns: Vec<String>) -> Vec<String> {
        columns.into_iter().filter(|name| self.is_known(name)).collect()
    }

    /// All that may be chosen.
    pub(super) fn list_choices(&self, ctx: &PageContext, chosen: &[String]) -> Vec<ColumnChoice> {
        let own = OWN_COLUMNS.iter().map(|(name, _)| *name);
        let choice = |name: &str| ColumnChoice {
            name: name.to_owned(),
            label: ctx.word("field-", name),
            meaning: explain_field(ctx, name, self.fields.get(name).copied()),
            chosen: chosen.iter().any(|column| column == name),
            is_field: self.fields.contains_key(name),
        };
        let all: Vec<&str> = self.order.iter().copied().chain(own).collect();
        all.into_iter().map(choice).collect()
    }

    pub(super) fn list_heads(&self, ctx: &PageContext, list: &ListState, columns: &[String]) -> Vec<ColumnHead> {
        let head = |name: &String| {
            let is_sorted = read_sort(list) == name;
            ColumnHead {
                label: ctx.word("field-", name),
                meaning: explain_field(ctx, name, self.fields.get(name.as_str()).copied()),
                sort_link: self.is_sortable(name).then(|| sort_link(list, name, is_sorted)),
                aria_sort: if is_sorted { list_direction(list) } else { "none" },
            }
        };
        columns.iter().map(head).collect()
    }

    pub(super) fn make_row(
        &self,
        ctx: &PageContext,
        view: &DeviceView,
        columns: &[String],
        ticked: &BTreeSet<String>,
    ) -> DeviceRow {
        let device: Value = serde_json::from_str(view.device.get()).unwrap_or_default();
        let key = format!("{}/{}", view.instance, view.device_id);
        let name = device.get("deviceName").and_then(Value::as_str).unwrap_or_default();
        let cells = columns.iter().map(|column| DeviceCell {
            value: self.read_cell(ctx, view, &device, column),
            is_word: word_prefix(column).is_some(),
            badge: (column == "complianceState").then(|| {
                let state = device.get("complianceState").and_then(Value::as_str);
                compliance_class(state.unwrap_or_default())
            }),
            name: column.clone(),
        });
        DeviceRow {
            path: device_path(&view.instance, view.device_id),
            platform: view.platform.clone(),
            name: if name.is_empty() {
                view.device_id.to_string()
            } else {
                ctx.plain(name)
            },
            ticked: ticked.contains(&key),
            cells: cells.collect(),
            key,
        }
    }

    fn read_cell(&self, ctx: &PageContext, view: &DeviceView, device: &Value, column: &str) -> ShownValue {
        match column {
            "instance" => ShownValue::text(ctx, &view.instance),
            "changedAt" => ShownValue::time(ctx, &view.changed_at),
            "readAt" => ShownValue::time(ctx, &view.read_at),
            _ => {
                let field = self.fields.get(column).copied();
                ShownValue::of_field(ctx, column, field, device.get(column).unwrap_or(&Value::Null))
            }
        }
    }
}

fn list_direction(list: &ListState) -> &'static str {
    if list.is_descending() {
        "descending"
    } else {
        "ascending"
    }
}

/// The other way round where it is sorted by this column already.
fn sort_link(list: &ListState, column: &str, is_sorted: bool) -> String {
    let turned = is_sorted && !list.is_descending();
    let query = list.query().with_value("sort", column).with_value("page", "");
    let query = query.with_value("order", if turned { "desc" } else { "" });
    format!("{}{}", list.path(), query.to_text())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_order_turns_round_at_once() {
        let list = ListState::new("/devices", "search=a&page=4");
        let link = sort_link(&list, "deviceName", read_sort(&list) == "deviceName");
        assert_eq!(link, "/devices?search=a&sort=deviceName&order=desc");
        assert_eq!(sort_link(&list, "model", false), "/devices?search=a&sort=model");
    }

    #[test]
    fn only_columns_that_there_are_are_shown() {
        let known = KnownColumns::new(&[]);
        let columns = known.keep_known(vec!["instance".to_owned(), "noSuchField".to_owned()]);
        assert_eq!(columns, ["instance"]);
        assert!(known.is_sortable("changedAt") && !known.is_sortable("instance"));
    }
}
