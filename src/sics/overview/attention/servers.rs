//! What is the matter with a management server: it waits to be accepted, does not read, or falls behind. Pure.

use chrono::TimeDelta;

use super::super::known_world::FactVisibility;
use super::item::{BoardItem, to_sentence};
use crate::contract::{AttentionSeverity, AttentionSubject};
use crate::model::{Timestamp, format_count, format_time};
use crate::store::{ServerRow, ServerWebhookRow};

/// A server that was not here for so long is silent.
const SILENT: TimeDelta = TimeDelta::days(1);
/// So many changes are far behind, however fast it reads.
const FAR_BEHIND: u64 = 10_000;
/// Whoever reads and acknowledges nothing for so long makes no progress.
const STUCK: TimeDelta = TimeDelta::hours(1);

/// What the rooms know of one server.
pub(super) struct ServerFacts<'a> {
    pub row: &'a ServerRow,
    /// Its account is there and enabled.
    pub has_operator: bool,
    /// It receives at least one instance.
    pub receives: bool,
    /// Changes that it has not acknowledged.
    pub pending: u64,
    /// Where its changes are posted to; `None`: it reads them itself.
    pub webhook: Option<&'a ServerWebhookRow>,
}

/// At most one: the first thing to be done.
pub(super) fn decide_server(facts: &ServerFacts<'_>, now: Timestamp) -> Option<BoardItem> {
    let row = facts.row;
    if !row.accepted {
        return Some(
            new_item("serverToAccept", AttentionSeverity::Act, row)
                .since(row.announced_at)
                .texts(
                    "The management server {server} waits to be accepted.",
                    "Check who announced it, then accept or remove it.",
                ),
        );
    }
    if !facts.receives {
        return None;
    }
    if let Some(item) = facts.webhook.and_then(|webhook| webhook_item(row, webhook, now)) {
        return Some(item);
    }
    let accepted_at = row.accepted_at.unwrap_or(row.announced_at);
    let seen_at = row.last_seen_at.map_or(accepted_at, |seen| seen.max(accepted_at));
    // Who is posted to is here when there is something to tell.
    if facts.webhook.is_none() && now - seen_at > SILENT {
        return Some(silent_item(facts, seen_at));
    }
    let acknowledged_at = row.acknowledged_at.map_or(accepted_at, |at| at.max(accepted_at));
    let is_stuck = facts.pending > 0 && now - acknowledged_at > STUCK;
    (is_stuck || facts.pending >= FAR_BEHIND).then(|| behind_item(facts, acknowledged_at))
}

fn new_item(code: &str, severity: AttentionSeverity, row: &ServerRow) -> BoardItem {
    let fix = format!("/servers/{}", row.id);
    let visibility = FactVisibility::Server(Box::new(row.clone()));
    BoardItem::new(code, severity, (AttentionSubject::Server, &row.id), fix, visibility).argument("server", &row.id)
}

/// An address that takes nothing. For a while that is nobody's business: it is tried again by itself.
fn webhook_item(row: &ServerRow, webhook: &ServerWebhookRow, now: Timestamp) -> Option<BoardItem> {
    let with_facts = |item: BoardItem, since: Timestamp| {
        item.since(since)
            .argument("address", &webhook.address)
            .argument("failingSince", format_time(since))
            .argument(
                "detail",
                to_sentence(webhook.last_error.as_deref().unwrap_or("no reason is known")),
            )
    };
    if let Some(since) = webhook.set_aside_at {
        let item = new_item("serverWebhookSetAside", AttentionSeverity::Act, row);
        return Some(with_facts(item, since).texts(
            "The webhook of the management server {server} ({address}) was set aside: nothing is posted to it. {detail}",
            "Check the receiver, then: intune-connector servers webhook {server} --test",
        ));
    }
    let since = webhook.failing_since.filter(|since| now - *since > STUCK)?;
    let item = new_item("serverWebhookFailing", AttentionSeverity::Watch, row);
    Some(with_facts(item, since).texts(
        "The webhook of the management server {server} ({address}) has taken nothing since {failingSince}. {detail}",
        "Check the receiver: the bus tries again for a day, then it sets the address aside.",
    ))
}

/// Somebody has to act where it misses something.
fn silent_item(facts: &ServerFacts<'_>, seen_at: Timestamp) -> BoardItem {
    let severity = if facts.pending > 0 {
        AttentionSeverity::Act
    } else {
        AttentionSeverity::Watch
    };
    new_item("serverSilent", severity, facts.row)
        .since(seen_at)
        .argument("changes", format_count(facts.pending, "change"))
        .argument("seenAt", format_time(seen_at))
        .texts(
            "The management server {server} has not read since {seenAt}; {changes} wait for it.",
            "Check whether it runs and reaches the bus; remove it if it is no longer used.",
        )
}

fn behind_item(facts: &ServerFacts<'_>, acknowledged_at: Timestamp) -> BoardItem {
    new_item("serverBehind", AttentionSeverity::Watch, facts.row)
        .since(acknowledged_at)
        .argument("changes", format_count(facts.pending, "change"))
        .argument("acknowledgedAt", format_time(acknowledged_at))
        .texts(
            "The management server {server} is {changes} behind; it last acknowledged at {acknowledgedAt}.",
            "Check whether it stores and acknowledges what it reads.",
        )
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::super::super::visibility::tests::server;
    use super::*;

    fn now() -> Timestamp {
        DateTime::from_timestamp(1_790_000_000, 0).unwrap()
    }

    fn ago(hours: i64) -> Timestamp {
        now() - TimeDelta::hours(hours)
    }

    fn decide(row: &ServerRow, receives: bool, pending: u64) -> Option<(String, AttentionSeverity, Option<Timestamp>)> {
        let facts = ServerFacts {
            row,
            has_operator: true,
            receives,
            pending,
            webhook: None,
        };
        let item = decide_server(&facts, now())?;
        assert_eq!(item.view.fix, "/servers/cmdb");
        assert!(!item.view.message.contains('{'), "{}", item.view.message);
        Some((item.view.code, item.view.severity, item.view.since))
    }

    #[test]
    fn a_server_waits_to_be_accepted() {
        let row = ServerRow {
            accepted: false,
            ..server("cmdb")
        };
        let expected = ("serverToAccept".to_owned(), AttentionSeverity::Act, Some(ago(96)));
        assert_eq!(decide(&row, false, 0), Some(expected));
    }

    #[test]
    fn a_server_that_reads_needs_nobody_and_neither_does_one_that_receives_nothing() {
        assert_eq!(decide(&server("cmdb"), true, 0), None);
        assert_eq!(decide(&server("cmdb"), true, 9_999), None);
        let away = ServerRow {
            last_seen_at: None,
            ..server("cmdb")
        };
        assert_eq!(decide(&away, false, 0), None);
    }

    #[test]
    fn a_server_that_was_not_here_for_a_day_is_silent() {
        let away = |last_seen_at| ServerRow {
            last_seen_at,
            ..server("cmdb")
        };
        let silent = |severity, hours| Some(("serverSilent".to_owned(), severity, Some(ago(hours))));
        assert_eq!(decide(&away(Some(ago(24))), true, 0), None);
        assert_eq!(
            decide(&away(Some(ago(25))), true, 3),
            silent(AttentionSeverity::Act, 25)
        );
        assert_eq!(
            decide(&away(Some(ago(25))), true, 0),
            silent(AttentionSeverity::Watch, 25)
        );
        assert_eq!(decide(&away(None), true, 3), silent(AttentionSeverity::Act, 96));
    }

    #[test]
    fn a_server_that_acknowledges_nothing_or_has_too_much_before_it_is_behind() {
        let stuck = ServerRow {
            acknowledged_at: Some(ago(2)),
            ..server("cmdb")
        };
        let behind = |hours| Some(("serverBehind".to_owned(), AttentionSeverity::Watch, Some(ago(hours))));
        assert_eq!(decide(&stuck, true, 1), behind(2));
        assert_eq!(decide(&stuck, true, 0), None);
        assert_eq!(decide(&server("cmdb"), true, 10_000), behind(0));
    }

    fn webhook(failing_since: Option<Timestamp>, set_aside_at: Option<Timestamp>) -> ServerWebhookRow {
        ServerWebhookRow {
            server: "cmdb".parse().unwrap(),
            revision: 1,
            sealed_url: String::new(),
            address: "https://cmdb.example".to_owned(),
            allow_private: false,
            sealed_key: String::new(),
            old_key: None,
            set_at: ago(96),
            failing: None,
            failing_since,
            attempts: 3,
            next_attempt_at: None,
            planned_at: None,
            set_aside_at,
            last_error: Some("HTTP 500".to_owned()),
            delivered_at: None,
        }
    }

    #[test]
    fn a_webhook_that_takes_nothing_is_shown_and_one_with_nothing_to_tell_is_not_silent() {
        let row = ServerRow {
            last_seen_at: Some(ago(96)),
            acknowledged_at: Some(ago(96)),
            ..server("cmdb")
        };
        let decide = |webhook: ServerWebhookRow| {
            let facts = ServerFacts {
                row: &row,
                has_operator: true,
                receives: true,
                pending: 0,
                webhook: Some(&webhook),
            };
            decide_server(&facts, now()).map(|item| (item.view.code, item.view.message))
        };
        assert_eq!(decide(webhook(None, None)), None);
        assert_eq!(decide(webhook(Some(ago(1)), None)), None, "it is tried again by itself");
        let (code, message) = decide(webhook(Some(ago(2)), None)).unwrap();
        assert_eq!(code, "serverWebhookFailing");
        assert!(
            message.contains("https://cmdb.example") && message.ends_with("HTTP 500."),
            "{message}"
        );
        let (code, _) = decide(webhook(Some(ago(25)), Some(ago(1)))).unwrap();
        assert_eq!(code, "serverWebhookSetAside");
    }
}
