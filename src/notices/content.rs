//! What a message says, as it waits in the store: no words of a language or of a channel yet, but the conditions with their
//! texts in both languages, as they were when it was written. So each attempt says the same. Pure.

use serde::{Deserialize, Serialize};

use super::condition::{ConditionText, OpenCondition};
use crate::contract::{NoticeKind, NoticePhase};
use crate::model::Timestamp;

/// Conditions that one message describes; of the others it says how many they are.
const DESCRIBED: usize = 10;

/// One condition in a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NoticeItem {
    pub subject: String,
    pub since: Option<Timestamp>,
    /// Path of the page of the console on which it is mended.
    pub fix: String,
    pub english: ConditionText,
    pub german: ConditionText,
}

/// JSON in the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NoticeContent {
    pub kind: NoticeKind,
    pub phase: NoticePhase,
    /// When it was written.
    pub at: Timestamp,
    /// Since when it is so; where it is over: when it was told last.
    pub since: Option<Timestamp>,
    /// Conditions that it is about.
    pub count: u64,
    /// The oldest ten of them; none where it is over.
    pub items: Vec<NoticeItem>,
}

impl NoticeContent {
    /// Of conditions that are news.
    pub(super) fn of_conditions(kind: NoticeKind, fresh: &[&OpenCondition], now: Timestamp) -> NoticeContent {
        let mut oldest_first = fresh.to_vec();
        oldest_first.sort_by_key(|condition| (condition.severity, condition.since.is_none(), condition.since));
        let items = oldest_first.iter().take(DESCRIBED).map(|condition| NoticeItem {
            subject: condition.subject.clone(),
            since: condition.since,
            fix: condition.fix.clone(),
            english: condition.english.clone(),
            german: condition.german.clone(),
        });
        NoticeContent {
            kind,
            phase: NoticePhase::Opened,
            at: now,
            since: fresh.iter().filter_map(|condition| condition.since).min(),
            count: fresh.len() as u64,
            items: items.collect(),
        }
    }

    /// Nothing of the kind is open any more.
    pub(super) fn of_end(kind: NoticeKind, told_at: Timestamp, now: Timestamp) -> NoticeContent {
        NoticeContent {
            kind,
            phase: NoticePhase::Cleared,
            at: now,
            since: Some(told_at),
            count: 0,
            items: Vec::new(),
        }
    }

    /// Somebody tries whether messages arrive.
    pub(super) fn of_test(now: Timestamp) -> NoticeContent {
        NoticeContent {
            kind: NoticeKind::UpdateAvailable,
            phase: NoticePhase::Test,
            at: now,
            since: None,
            count: 0,
            items: Vec::new(),
        }
    }
}
