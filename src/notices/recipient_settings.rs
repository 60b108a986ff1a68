//! What is set of a recipient, as the store keeps it. Pure.

use serde::{Deserialize, Serialize};

use super::notice_words::is_urgent;
use super::quiet_hours::QuietTimes;
use crate::contract::{NoticeKind, QuietHours};
use crate::model::{Language, Timestamp};

/// JSON in the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RecipientSettings {
    /// Where the channel is a mail server.
    pub address: Option<String>,
    pub language: Language,
    /// `None`: all.
    pub kinds: Option<Vec<NoticeKind>>,
    pub quiet: Option<QuietHours>,
}

impl RecipientSettings {
    /// Whether they are told of this kind at all.
    pub(super) fn wants(&self, kind: NoticeKind) -> bool {
        self.kinds.as_ref().is_none_or(|kinds| kinds.contains(&kind))
    }

    /// Whether news of this kind wait for the end of their quiet hours. Hours that cannot be read hold nothing back.
    pub(super) fn is_held(&self, kind: NoticeKind, now: Timestamp) -> bool {
        let quiet = self.quiet.as_ref().and_then(|given| QuietTimes::parse(given).ok());
        !is_urgent(kind) && quiet.is_some_and(|times| times.contains(now))
    }
}
