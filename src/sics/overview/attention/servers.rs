//! What is the matter with a management server: it waits to be accepted, does not read, or falls behind. Pure.

use chrono::TimeDelta;

use super::super::visibility::FactVisibility;
use super::item::BoardItem;
use crate::contract::{AttentionSeverity, AttentionSubject};
use crate::model::{Timestamp, format_count, format_time};
use crate::store::ServerRow;

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
    let accepted_at = row.accepted_at.unwrap_or(row.announced_at);
    let seen_at = row.last_seen_at.map_or(accepted_at, |seen| seen.max(accepted_at));
    if now - seen_at > SILENT {
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
}
