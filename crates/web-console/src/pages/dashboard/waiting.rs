//! What waits for a decision, by kind: so many, and the way there.

use sics_client::contract::AttentionItemView;

use crate::page::PageContext;

/// A kind of what waits.
struct WaitingKind {
    /// Codes of the items that belong to it.
    codes: &'static [&'static str],
    text_key: &'static str,
    /// Where they are decided; empty: where the only item is, or else all microservices are.
    path: &'static str,
    /// Whether an item stands for as many as its argument `count` says.
    is_counted: bool,
}

const KINDS: [WaitingKind; 8] = [
    WaitingKind {
        codes: &[
            "jobWaitsForApproval",
            "looseningWaits",
            "brokenGlassOpen",
            "operatorSuspended",
        ],
        text_key: "dashboard-waiting-approvals",
        path: "/approvals",
        is_counted: false,
    },
    WaitingKind {
        codes: &["ordersWaitForApproval"],
        text_key: "dashboard-waiting-orders",
        path: "/orders",
        is_counted: true,
    },
    WaitingKind {
        codes: &["jobNeedsOperator"],
        text_key: "dashboard-waiting-outcomes",
        path: "/jobs",
        is_counted: false,
    },
    WaitingKind {
        codes: &["brakeOn"],
        text_key: "dashboard-waiting-brake",
        path: "",
        is_counted: true,
    },
    WaitingKind {
        codes: &["serverToAccept"],
        text_key: "dashboard-waiting-servers",
        path: "/servers",
        is_counted: false,
    },
    WaitingKind {
        codes: &["targetQuestion"],
        text_key: "dashboard-waiting-targets",
        path: "/targets",
        is_counted: true,
    },
    WaitingKind {
        codes: &["targetSetAside"],
        text_key: "dashboard-waiting-target-devices",
        path: "/targets",
        is_counted: true,
    },
    WaitingKind {
        codes: &["recordsSetAside", "conditionFails"],
        text_key: "dashboard-waiting-records",
        path: "",
        is_counted: true,
    },
];

/// One kind of which something waits.
pub(super) struct WaitingTile {
    pub(super) text: String,
    pub(super) link: String,
}

pub(super) fn list_waiting(ctx: &PageContext, items: &[AttentionItemView]) -> Vec<WaitingTile> {
    let found = KINDS.iter().filter_map(|kind| Some((kind, sum_items(kind, items)?)));
    let tile = |(kind, waiting): (&WaitingKind, WaitingSum)| WaitingTile {
        text: ctx.count(kind.text_key, waiting.count),
        link: ctx.link(&waiting.path),
    };
    found.map(tile).collect()
}

#[derive(Debug, PartialEq, Eq)]
struct WaitingSum {
    count: u64,
    path: String,
}

/// `None`: nothing of this kind waits.
fn sum_items(kind: &WaitingKind, items: &[AttentionItemView]) -> Option<WaitingSum> {
    let of_kind: Vec<&AttentionItemView> = items
        .iter()
        .filter(|item| kind.codes.contains(&item.code.as_str()))
        .collect();
    let path = match of_kind.as_slice() {
        [] => return None,
        _ if !kind.path.is_empty() => kind.path.to_owned(),
        [only] => only.fix.clone(),
        _ => "/microservices".to_owned(),
    };
    let stands_for = |item: &&AttentionItemView| {
        let counted = item.arguments.get("count").filter(|_| kind.is_counted);
        counted.and_then(|count| count.parse::<u64>().ok()).unwrap_or(1)
    };
    Some(WaitingSum {
        count: of_kind.iter().map(stands_for).sum(),
        path,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use sics_client::contract::{AttentionSeverity, AttentionSubject};

    use super::*;

    fn item(code: &str, count: &str, fix: &str) -> AttentionItemView {
        AttentionItemView {
            code: code.to_owned(),
            severity: AttentionSeverity::Act,
            subject_kind: AttentionSubject::Instance,
            subject: String::new(),
            since: None,
            message: String::new(),
            advice: String::new(),
            fix: fix.to_owned(),
            arguments: BTreeMap::from([("count".to_owned(), count.to_owned())]),
        }
    }

    fn sums(items: &[AttentionItemView]) -> Vec<(&'static str, u64, String)> {
        let found = KINDS
            .iter()
            .filter_map(|kind| Some((kind.text_key, sum_items(kind, items)?)));
        found.map(|(key, sum)| (key, sum.count, sum.path)).collect()
    }

    #[test]
    fn what_waits_is_counted_by_kind_and_leads_to_where_it_is_decided() {
        assert_eq!(sums(&[item("credentialEnding", "9", "/x")]), []);
        let items = [
            item("jobWaitsForApproval", "40", "/jobs/1"),
            item("looseningWaits", "", "/approvals"),
            item(
                "ordersWaitForApproval",
                "3",
                "/orders?state=waitingForApproval&instance=IntuneAppOrders_3",
            ),
            item(
                "ordersWaitForApproval",
                "2",
                "/orders?state=waitingForApproval&instance=IntuneAppOrders_4",
            ),
            item("brakeOn", "12", "/microservices/IntuneConnector_1/brake"),
            item("targetQuestion", "800", "/targets/IntuneTargetOcs_3"),
            item("targetQuestion", "20", "/targets/IntuneTargetSnipeIt_4"),
            item("recordsSetAside", "3", "/microservices/IntuneConnector_1"),
            item("recordsSetAside", "4", "/microservices/IntuneConnector_2"),
        ];
        assert_eq!(
            sums(&items),
            [
                ("dashboard-waiting-approvals", 2, "/approvals".to_owned()),
                ("dashboard-waiting-orders", 5, "/orders".to_owned()),
                (
                    "dashboard-waiting-brake",
                    12,
                    "/microservices/IntuneConnector_1/brake".to_owned()
                ),
                ("dashboard-waiting-targets", 820, "/targets".to_owned()),
                ("dashboard-waiting-records", 7, "/microservices".to_owned()),
            ]
        );
    }
}
