//! What is told to all recipients now: the open conditions against what each was told, as moves of one transaction.

use super::condition::OpenCondition;
use super::content::NoticeContent;
use super::delivery::{new_message_id, read_recipient};
use super::recipient_settings::RecipientSettings;
use super::tell_plan::{TellDecision, decide_kind};
use crate::contract::NoticeKind;
use crate::model::Timestamp;
use crate::store::{NewNoticeMessage, NoticeMove, NoticeRecipientRow, Store, StoreError, ToldNoticeRow};

/// Writes what is news, with its messages. Answers how many messages that are.
pub async fn tell_conditions(store: &Store, open: &[OpenCondition], now: Timestamp) -> Result<usize, StoreError> {
    let recipients = store.list_notice_recipients().await?;
    if recipients.is_empty() {
        return Ok(0);
    }
    let told = store.list_told_notices().await?;
    let moves: Vec<NoticeMove> = recipients
        .iter()
        .flat_map(|recipient| plan_recipient(recipient, open, &told, now))
        .collect();
    if moves.is_empty() {
        return Ok(0);
    }
    let is_message = |step: &&NoticeMove| matches!(step, NoticeMove::Tell { .. } | NoticeMove::Clear { .. });
    let count = moves.iter().filter(is_message).count();
    store.commit_notices(moves).await?;
    Ok(count)
}

fn plan_recipient(
    recipient: &NoticeRecipientRow,
    open: &[OpenCondition],
    told: &[ToldNoticeRow],
    now: Timestamp,
) -> Vec<NoticeMove> {
    let settings = match read_recipient(recipient) {
        Ok(settings) => settings,
        Err(error) => {
            tracing::error!(error = %error, "a recipient of notices is not told of anything");
            return Vec::new();
        }
    };
    let plan = |kind: &NoticeKind| {
        let known = told
            .iter()
            .find(|row| row.recipient == recipient.id && row.kind == *kind);
        plan_kind(recipient.id, &settings, *kind, open, known, now)
    };
    NoticeKind::ALL.iter().filter_map(plan).collect()
}

fn plan_kind(
    recipient: i64,
    settings: &RecipientSettings,
    kind: NoticeKind,
    open: &[OpenCondition],
    known: Option<&ToldNoticeRow>,
    now: Timestamp,
) -> Option<NoticeMove> {
    if !settings.wants(kind) {
        return known.map(|_| NoticeMove::Forget { recipient, kind });
    }
    let of_kind: Vec<&OpenCondition> = open.iter().filter(|condition| condition.kind == kind).collect();
    let is_held = settings.is_held(kind, now);
    let row = |subjects, told_at, clear_since| ToldNoticeRow {
        recipient,
        kind,
        subjects,
        told_at,
        clear_since,
    };
    match decide_kind(kind, &of_kind, known, is_held, now) {
        TellDecision::Nothing => None,
        TellDecision::Tell { fresh, subjects } => {
            let news: Vec<&OpenCondition> = fresh.iter().map(|place| of_kind[*place]).collect();
            Some(NoticeMove::Tell {
                told: row(subjects, now, None),
                message: new_message(&NoticeContent::of_conditions(kind, &news, now)),
            })
        }
        TellDecision::Note { subjects, clear_since } => {
            let told_at = known.map_or(now, |known| known.told_at);
            Some(NoticeMove::Note(row(subjects, told_at, clear_since)))
        }
        TellDecision::Clear => {
            let told_at = known.map_or(now, |known| known.told_at);
            Some(NoticeMove::Clear {
                recipient,
                kind,
                message: new_message(&NoticeContent::of_end(kind, told_at, now)),
            })
        }
    }
}

fn new_message(content: &NoticeContent) -> NewNoticeMessage {
    NewNoticeMessage {
        id: new_message_id(),
        phase: content.phase,
        content: serde_json::to_string(content).expect("texts and numbers make JSON"),
    }
}
