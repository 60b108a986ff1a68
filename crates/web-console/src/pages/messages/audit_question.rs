//! What the page of the audit trail asks the API for, as the address says it: filters, order, place.

use sics_client::contract::{AUDIT_ACTIONS, AuditExportQuery, AuditQuery, SortOrder};

use crate::failure::PageFailure;
use crate::link_query::LinkQuery;
use crate::list_state::ListState;
use crate::page::PageContext;
use crate::pages::period_fields::{read_period, require_period};

/// Names in the address that leave entries out.
const FILTERS: [&str; 6] = ["actor", "action", "subject", "from", "until", "text"];

pub(super) fn is_filtered(list: &ListState) -> bool {
    FILTERS.iter().any(|name| !list.value(name).is_empty())
}

/// Newest first, where the address says nothing else.
pub(super) fn read_order(list: &ListState) -> SortOrder {
    if list.value("order") == SortOrder::Ascending.name() {
        SortOrder::Ascending
    } else {
        SortOrder::Descending
    }
}

pub(super) fn build_query(list: &ListState) -> AuditQuery {
    let period = read_period(list);
    let text = |name: &str| Some(list.value(name).trim().to_owned()).filter(|text| !text.is_empty());
    AuditQuery {
        action: text("action"),
        operator: text("actor"),
        subject: text("subject"),
        from: period.from,
        until: period.until,
        text: text("text"),
        order: Some(read_order(list)),
        after: list.value("before").parse().ok(),
        limit: u32::try_from(list.rows()).ok(),
        newest: None,
        count: Some(true),
    }
}

/// The file of what the page shows; of everything, where nothing is filtered.
pub(super) fn build_export_query(list: &ListState) -> Result<AuditExportQuery, PageFailure> {
    require_period(list)?;
    Ok(AuditExportQuery {
        order: (read_order(list) == SortOrder::Descending && is_filtered(list)).then_some(SortOrder::Descending),
        ..AuditExportQuery::from(&build_query(list))
    })
}

/// Path of the file, with the filters and the order of the page.
pub(super) fn export_path(list: &ListState) -> String {
    let names = FILTERS.iter().chain(["order"].iter());
    let query = names.fold(LinkQuery::default(), |query, name| {
        query.with_value(name, list.value(name))
    });
    format!("/messages/audit/export{}", query.to_text())
}

/// The address in the other order, from its first page on.
pub(super) fn turned_link(list: &ListState) -> String {
    let other = match read_order(list) {
        SortOrder::Descending => SortOrder::Ascending.name(),
        SortOrder::Ascending => "",
    };
    let query = list.query().with_value("before", "").with_value("order", other);
    format!("{}{}", list.path(), query.to_text())
}

/// All actions for the filter, in the order of their words: name and word.
pub(super) fn list_actions(ctx: &PageContext) -> Vec<(&'static str, String)> {
    let mut actions: Vec<(&str, String)> = AUDIT_ACTIONS
        .iter()
        .map(|action| (*action, action_word(ctx, action)))
        .collect();
    actions.sort_by_cached_key(|(_, word)| word.to_lowercase());
    actions
}

pub(super) fn action_word(ctx: &PageContext, action: &str) -> String {
    ctx.word("messages-action-", action)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::texts::Texts;

    #[test]
    fn the_filters_of_the_page_are_those_of_the_api() {
        let list = ListState::new(
            "/messages",
            "tab=audit&actor=+Anna&action=job.accepted&subject=cmdb&text=x&from=2026-11-01&until=2026-11-30&before=9",
        );
        let query = build_query(&list);
        assert_eq!(
            (query.operator.as_deref(), query.action.as_deref()),
            (Some("Anna"), Some("job.accepted"))
        );
        assert_eq!(
            (query.subject.as_deref(), query.text.as_deref()),
            (Some("cmdb"), Some("x"))
        );
        assert_eq!(query.until.as_deref(), Some("2026-12-01T00:00:00Z"));
        assert_eq!(
            (query.order, query.after, query.count),
            (Some(SortOrder::Descending), Some(9), Some(true))
        );
        let oldest = build_query(&ListState::new("/messages", "order=asc&before=x"));
        assert_eq!((oldest.order, oldest.after), (Some(SortOrder::Ascending), None));
        assert!(is_filtered(&list) && !is_filtered(&ListState::new("/messages", "tab=audit&before=9")));
    }

    #[test]
    fn the_file_has_the_filters_of_the_page_and_nothing_else() {
        let list = ListState::new("/messages", "tab=audit&actor=anna&before=9&order=asc&verify=1");
        assert_eq!(export_path(&list), "/messages/audit/export?actor=anna&order=asc");
        let build = |query: &str| build_export_query(&ListState::new("/messages/audit/export", query));
        let query = build("actor=anna").unwrap();
        assert_eq!(
            (query.operator.as_deref(), query.order),
            (Some("anna"), Some(SortOrder::Descending))
        );
        assert_eq!(build("from=31.12.2027").unwrap_err().code, "period-no-day");
        let whole = build("").unwrap();
        assert_eq!(whole, AuditExportQuery::default(), "as ever: oldest first");
    }

    #[test]
    fn the_order_turns_round_from_the_first_page_on() {
        let list = ListState::new("/messages", "tab=audit&actor=anna&before=9");
        assert_eq!(turned_link(&list), "/messages?tab=audit&actor=anna&order=asc");
        let turned = ListState::new("/messages", "tab=audit&order=asc");
        assert_eq!(turned_link(&turned), "/messages?tab=audit");
    }

    #[test]
    fn each_action_of_the_trail_has_a_word() {
        let texts = Texts::default();
        let key = |action: &str| format!("messages-action-{}", action.to_lowercase().replace('.', "-"));
        let missing: Vec<&str> = AUDIT_ACTIONS
            .iter()
            .copied()
            .filter(|action| !texts.has(&key(action)))
            .collect();
        assert_eq!(missing, [""; 0]);
    }
}
