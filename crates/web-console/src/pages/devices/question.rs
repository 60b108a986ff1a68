//! What the address of the list asks for, as the API takes it.

use sics_client::contract::{DevicesExportQuery, DevicesQuery};

use crate::list_state::ListState;
use crate::page::PageContext;

/// By what the list is sorted where the address does not say.
pub(super) const SORT_DEFAULT: &str = "deviceName";
/// Columns where the address names none.
pub(super) const COLUMNS_DEFAULT: [&str; 8] = [
    "deviceName",
    "operatingSystem",
    "osVersion",
    "complianceState",
    "userPrincipalName",
    "serialNumber",
    "lastSyncDateTime",
    "instance",
];
/// Columns that are no fields, with whether the list can be sorted by them.
pub(super) const OWN_COLUMNS: [(&str, bool); 3] = [("instance", false), ("changedAt", true), ("readAt", false)];
/// Parameters by which devices are filtered.
pub(super) const FILTERS: [&str; 11] = [
    "search",
    "filter",
    "instance",
    "name",
    "serial",
    "user",
    "platform",
    "compliance",
    "ownership",
    "checkedInBefore",
    "checkedInAfter",
];

/// The list as its address says, without what is not asked for and without what was just done.
pub(super) fn read_list(ctx: &PageContext, query: &str) -> ListState {
    ListState::new(ctx.link("/devices"), &clean_query(query))
}

/// Without empty values and without `done`.
fn clean_query(query: &str) -> String {
    let pairs = url::form_urlencoded::parse(query.trim_start_matches('?').as_bytes());
    let kept = pairs.filter(|(name, value)| !value.is_empty() && name != "done");
    url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(kept)
        .finish()
}

/// All values of a name, whether they came together or one by one; commas between them.
fn join_values(list: &ListState, name: &str) -> Option<String> {
    let values: Vec<&str> = list
        .query()
        .list_values(name)
        .filter(|value| !value.is_empty())
        .collect();
    (!values.is_empty()).then(|| values.join(","))
}

/// The columns to show, in their order, each once.
pub(super) fn read_columns(list: &ListState) -> Vec<String> {
    let given = join_values(list, "columns").unwrap_or_else(|| COLUMNS_DEFAULT.join(","));
    let mut columns: Vec<String> = Vec::new();
    for name in given.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        if !columns.iter().any(|column| column == name) {
            columns.push(name.to_owned());
        }
    }
    columns
}

/// A day stands for its beginning in UTC; a time stays as it is.
fn read_moment(list: &ListState, name: &str) -> Option<String> {
    let given = list.filter(name)?;
    Some(if is_day(&given) {
        format!("{given}T00:00:00Z")
    } else {
        given
    })
}

/// `2026-11-28`.
pub(super) fn is_day(text: &str) -> bool {
    let is_expected = |(place, letter): (usize, char)| match place {
        4 | 7 => letter == '-',
        _ => letter.is_ascii_digit(),
    };
    text.len() == 10 && text.chars().enumerate().all(is_expected)
}

/// By what it is sorted.
pub(super) fn read_sort(list: &ListState) -> &str {
    match list.sort() {
        "" => SORT_DEFAULT,
        sort => sort,
    }
}

fn read_order(list: &ListState) -> Option<String> {
    list.is_descending().then(|| "desc".to_owned())
}

/// The devices that match, all of them, in their order.
pub(super) fn ask_matching(list: &ListState) -> DevicesQuery {
    DevicesQuery {
        instance: join_values(list, "instance"),
        search: list.filter("search"),
        filter: list.filter("filter"),
        name: list.filter("name"),
        serial: list.filter("serial"),
        user: list.filter("user"),
        platform: join_values(list, "platform"),
        compliance: join_values(list, "compliance"),
        ownership: join_values(list, "ownership"),
        checked_in_before: read_moment(list, "checkedInBefore"),
        checked_in_after: read_moment(list, "checkedInAfter"),
        sort: Some(read_sort(list).to_owned()),
        order: read_order(list),
        ..DevicesQuery::default()
    }
}

/// The devices of the page that the address names, and how many there are.
pub(super) fn ask_page(list: &ListState) -> DevicesQuery {
    DevicesQuery {
        offset: Some(list.offset()),
        limit: Some(list.rows()),
        count: Some(true),
        ..ask_matching(list)
    }
}

/// All that match as a table with these columns.
pub(super) fn ask_export(list: &ListState, columns: &[String]) -> DevicesExportQuery {
    let asked = ask_matching(list);
    DevicesExportQuery {
        instance: asked.instance,
        search: asked.search,
        filter: asked.filter,
        name: asked.name,
        serial: asked.serial,
        user: asked.user,
        platform: asked.platform,
        compliance: asked.compliance,
        ownership: asked.ownership,
        checked_in_before: asked.checked_in_before,
        checked_in_after: asked.checked_in_after,
        sort: asked.sort,
        order: asked.order,
        columns: Some(columns.join(",")),
        separator: list.filter("separator"),
        decimal: list.filter("decimal"),
        ..DevicesExportQuery::default()
    }
}

/// Whether anything is filtered.
pub(super) fn is_filtered(list: &ListState) -> bool {
    FILTERS.iter().any(|name| !list.value(name).is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(query: &str) -> ListState {
        ListState::new("/devices", &clean_query(query))
    }

    #[test]
    fn an_empty_address_asks_for_the_first_page_by_name() {
        let asked = ask_page(&list(""));
        let expected = DevicesQuery {
            sort: Some("deviceName".to_owned()),
            offset: Some(0),
            limit: Some(50),
            count: Some(true),
            ..DevicesQuery::default()
        };
        assert_eq!(asked, expected);
        assert_eq!(read_columns(&list("")), COLUMNS_DEFAULT);
        assert!(!is_filtered(&list("sort=model&search=&done=view-saved")));
    }

    #[test]
    fn values_come_together_or_one_by_one_and_a_day_is_its_beginning() {
        let list =
            list("platform=iOS&platform=macOS,tvOS&checkedInBefore=2026-11-01&checkedInAfter=2026-10-01T01:02:03Z");
        let asked = ask_matching(&list);
        assert_eq!(asked.platform.as_deref(), Some("iOS,macOS,tvOS"));
        assert_eq!(asked.checked_in_before.as_deref(), Some("2026-11-01T00:00:00Z"));
        assert_eq!(asked.checked_in_after.as_deref(), Some("2026-10-01T01:02:03Z"));
        assert!(is_filtered(&list));
    }

    #[test]
    fn columns_are_shown_once_in_their_order() {
        let columns = read_columns(&list("columns=model,deviceName&columns=model&columns=imei"));
        assert_eq!(columns, ["model", "deviceName", "imei"]);
    }

    #[test]
    fn an_export_takes_all_that_match() {
        let asked = ask_export(
            &list("search=lap&page=7&separator=%3B&decimal=,"),
            &["model".to_owned()],
        );
        assert_eq!(asked.search.as_deref(), Some("lap"));
        assert_eq!(
            (
                asked.columns.as_deref(),
                asked.separator.as_deref(),
                asked.decimal.as_deref()
            ),
            (Some("model"), Some(";"), Some(","))
        );
    }

    #[test]
    fn a_day_is_told_from_other_texts() {
        assert!(is_day("2026-11-28"));
        for other in ["2026-11-28T00:00:00Z", "28.11.2026", "2026/11/28", ""] {
            assert!(!is_day(other), "{other}");
        }
    }
}
