//! What the list of jobs asks the API for, as the address says it: filters, order, place. A value that there is not asks
//! for nothing.

use connector_core::model::{ApprovalState, InstanceName};
use sics_client::contract::{JobSort, JobsQuery, SortOrder};

use crate::list_state::ListState;
use crate::pages::orders::words::find_word;
use crate::pages::period_fields::read_period;

/// Waiting jobs that are shown above the list; the page of approvals has all.
const WAITING_SHOWN: usize = 20;
/// Names in the address that leave jobs out.
const FILTERS: [&str; 10] = [
    "instance", "state", "server", "action", "sender", "device", "from", "until", "text", "before",
];

pub(super) fn is_filtered(list: &ListState) -> bool {
    FILTERS.iter().any(|name| !list.value(name).is_empty())
}

/// The filters of the page. `state` tells how far a job is, `device` how far one of its devices.
pub(super) fn build_query(list: &ListState) -> JobsQuery {
    let state = list.value("state");
    let period = read_period(list);
    JobsQuery {
        instance: list.value("instance").parse::<InstanceName>().ok(),
        action: find_word(list.value("action")),
        sender: list.filter("sender"),
        state: find_word(list.value("device")),
        approval: find_word(state),
        open: (state == "open").then_some(true),
        from: period.from,
        until: period.until,
        text: list.filter("text"),
        sort: Some(read_sort(list)),
        order: Some(read_order(list)),
        before: list.value("before").parse().ok(),
        count: Some(true),
        limit: Some(list.rows()),
    }
}

/// Those that wait for approval, the newest of them.
pub(super) fn build_waiting_query() -> JobsQuery {
    JobsQuery {
        approval: Some(ApprovalState::Waiting),
        limit: Some(WAITING_SHOWN),
        ..JobsQuery::default()
    }
}

fn read_sort(list: &ListState) -> JobSort {
    find_word(list.sort()).unwrap_or(JobSort::Number)
}

/// Newest first, where the address names no column.
pub(super) fn read_order(list: &ListState) -> SortOrder {
    if list.sort().is_empty() || list.is_descending() {
        SortOrder::Descending
    } else {
        SortOrder::Ascending
    }
}

/// The head of a column by which jobs can be sorted.
pub(super) struct SortHead {
    /// The other way round where it is sorted by this column already; from the first page on.
    pub(super) link: String,
    pub(super) aria_sort: &'static str,
}

impl SortHead {
    pub(super) fn new(list: &ListState, column: JobSort) -> SortHead {
        let order = (read_sort(list) == column).then(|| read_order(list));
        let query = list.query().with_value("before", "").with_value("sort", column.name());
        let query = match order {
            Some(SortOrder::Ascending) => query.with_value("order", "desc"),
            Some(SortOrder::Descending) | None => query.with_value("order", ""),
        };
        SortHead {
            link: format!("{}{}", list.path(), query.to_text()),
            aria_sort: match order {
                Some(SortOrder::Ascending) => "ascending",
                Some(SortOrder::Descending) => "descending",
                None => "none",
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use connector_core::model::{ActionKind, TaskState};

    use super::*;

    fn query(address: &str) -> JobsQuery {
        build_query(&ListState::new("/jobs", address))
    }

    #[test]
    fn the_filters_of_the_page_are_those_of_the_api() {
        let asked = query(
            "state=open&instance=IntuneConnector_1&before=40&rows=20&action=wipe&sender=anna&device=failed&text=lost\
             &from=2026-11-01&until=2026-11-30",
        );
        assert_eq!((asked.open, asked.approval, asked.before), (Some(true), None, Some(40)));
        let instance = asked.instance.map(|name| name.to_string());
        assert_eq!(instance.as_deref(), Some("IntuneConnector_1"));
        assert_eq!(
            (asked.action, asked.state),
            (Some(ActionKind::Wipe), Some(TaskState::Failed))
        );
        assert_eq!(
            (asked.sender.as_deref(), asked.text.as_deref()),
            (Some("anna"), Some("lost"))
        );
        assert_eq!(asked.until.as_deref(), Some("2026-12-01T00:00:00Z"));
        assert_eq!((asked.limit, asked.count), (Some(20), Some(true)));
        let rejected = query("state=rejected");
        assert_eq!(
            (rejected.open, rejected.approval),
            (None, Some(ApprovalState::Rejected))
        );
        let nonsense = query("state=x&before=y&instance=%20&action=explode&device=z&from=w");
        assert_eq!((nonsense.open, nonsense.approval, nonsense.before), (None, None, None));
        assert_eq!((nonsense.action, nonsense.state, nonsense.from), (None, None, None));
        let waiting = build_waiting_query();
        assert_eq!((waiting.approval, waiting.before), (Some(ApprovalState::Waiting), None));
        assert!(!is_filtered(&ListState::new("/jobs", "sort=job&rows=20")));
    }

    #[test]
    fn the_default_order_is_newest_first_and_turns_round_at_once() {
        let list = ListState::new("/jobs", "action=wipe&before=40");
        let (number, time) = (
            SortHead::new(&list, JobSort::Number),
            SortHead::new(&list, JobSort::Time),
        );
        assert_eq!((number.aria_sort, time.aria_sort), ("descending", "none"));
        assert_eq!(number.link, "/jobs?action=wipe&sort=job");
        assert_eq!(time.link, "/jobs?action=wipe&sort=createdAt");
        let turned = ListState::new("/jobs", "sort=createdAt");
        let time = SortHead::new(&turned, JobSort::Time);
        assert_eq!(
            (time.aria_sort, time.link.as_str()),
            ("ascending", "/jobs?sort=createdAt&order=desc")
        );
        assert_eq!(query("sort=createdAt").order, Some(SortOrder::Ascending));
        assert_eq!(query("sort=createdAt&order=desc").order, Some(SortOrder::Descending));
    }
}
