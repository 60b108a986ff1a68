//! What was told and its message are there together, or not at all; messages go in the order of each recipient and kind.

use chrono::TimeDelta;

use super::*;
use crate::contract::{NoticeKind, NoticePhase, WebhookState};
use crate::model::{Timestamp, parse_time};
use crate::observe::Clock;
use crate::store::{Store, WebhookAttempt};

struct NoticeStore {
    _folder: tempfile::TempDir,
    store: Store,
    clock: Clock,
}

fn start() -> Timestamp {
    parse_time("2026-11-21T12:00:00Z").unwrap()
}

/// With one channel.
async fn open_notice_store() -> NoticeStore {
    let folder = tempfile::tempdir().unwrap();
    let clock = Clock::manual(start());
    let store = Store::open(folder.path(), clock.clone(), [0; 32]).unwrap();
    let channel = NoticeChannelRow {
        id: "c".into(),
        name: "Office".into(),
        settings: "{}".into(),
        sealed: None,
    };
    store.save_notice_channel(channel).await.unwrap();
    NoticeStore {
        _folder: folder,
        store,
        clock,
    }
}

async fn add_recipient(notices: &NoticeStore, name: &str) -> i64 {
    let new = NewNoticeRecipient {
        name: name.to_owned(),
        channel: "c".into(),
        settings: "{}".into(),
    };
    notices.store.save_notice_recipient(new).await.unwrap().unwrap().id
}

fn message(id: &str, phase: NoticePhase) -> NewNoticeMessage {
    NewNoticeMessage {
        id: id.to_owned(),
        phase,
        content: "{}".into(),
    }
}

fn told(recipient: i64) -> ToldNoticeRow {
    ToldNoticeRow {
        recipient,
        kind: NoticeKind::KillSwitch,
        subjects: vec!["0f".into()],
        told_at: start(),
        clear_since: None,
    }
}

fn tell(recipient: i64, id: &str) -> NoticeMove {
    NoticeMove::Tell {
        told: told(recipient),
        message: message(id, NoticePhase::Opened),
    }
}

async fn sendable(notices: &NoticeStore) -> Vec<String> {
    let rows = notices
        .store
        .list_sendable_notices(notices.clock.now(), 10)
        .await
        .unwrap();
    rows.into_iter().map(|row| row.id).collect()
}

#[tokio::test]
async fn what_was_told_and_its_message_are_written_together_or_not_at_all() {
    let notices = open_notice_store().await;
    let (anna, bert) = (
        add_recipient(&notices, "anna").await,
        add_recipient(&notices, "bert").await,
    );
    notices.store.commit_notices(vec![tell(anna, "one")]).await.unwrap();
    // The second id is taken: nothing of this step is there, and nothing of the one before it.
    let twice = vec![tell(bert, "two"), tell(bert, "one")];
    assert!(notices.store.commit_notices(twice).await.is_err());
    assert_eq!(notices.store.list_told_notices().await.unwrap(), [told(anna)]);
    assert_eq!(sendable(&notices).await, ["one"]);
}

#[tokio::test]
async fn messages_of_one_recipient_go_in_their_order_and_others_do_not_wait() {
    let notices = open_notice_store().await;
    let (anna, bert) = (
        add_recipient(&notices, "anna").await,
        add_recipient(&notices, "bert").await,
    );
    let clear = NoticeMove::Clear {
        recipient: anna,
        kind: NoticeKind::KillSwitch,
        message: message("second", NoticePhase::Cleared),
    };
    let moves = vec![tell(anna, "first"), clear, tell(bert, "other")];
    notices.store.commit_notices(moves).await.unwrap();
    assert_eq!(notices.store.list_told_notices().await.unwrap(), [told(bert)]);
    assert_eq!(sendable(&notices).await, ["first", "other"]);
    let later = WebhookAttempt::Retry {
        at: start() + TimeDelta::minutes(1),
        error: "451".into(),
    };
    notices
        .store
        .record_notice_attempt("first".into(), later)
        .await
        .unwrap();
    assert_eq!(sendable(&notices).await, ["other"]);
    let backlogs = notices.store.list_notice_backlogs().await.unwrap();
    let backlog = (backlogs[0].waiting, backlogs[0].last_error.as_deref());
    assert_eq!(backlog, (3, Some("451")));
    notices.clock.advance(TimeDelta::minutes(1));
    for id in ["first", "other"] {
        let taken = WebhookAttempt::Delivered;
        notices.store.record_notice_attempt(id.into(), taken).await.unwrap();
    }
    assert_eq!(sendable(&notices).await, ["second"]);
    let messages = notices.store.list_notice_messages().await.unwrap();
    let states: Vec<(WebhookState, u32)> = messages.iter().map(|row| (row.state, row.attempts)).collect();
    assert_eq!(
        states,
        [
            (WebhookState::Delivered, 1),
            (WebhookState::Waiting, 0),
            (WebhookState::Delivered, 2)
        ]
    );
}

#[tokio::test]
async fn what_is_not_taken_holds_up_no_other_kind_and_waits_for_no_clock_that_was_set_back() {
    let notices = open_notice_store().await;
    let anna = add_recipient(&notices, "anna").await;
    notices.store.commit_notices(vec![tell(anna, "refused")]).await.unwrap();
    let later = WebhookAttempt::Retry {
        at: start() + TimeDelta::hours(8),
        error: "HTTP 400".into(),
    };
    notices
        .store
        .record_notice_attempt("refused".into(), later)
        .await
        .unwrap();
    let mut disk = told(anna);
    disk.kind = NoticeKind::DiskTrouble;
    let other = NoticeMove::Tell {
        told: disk,
        message: message("disk", NoticePhase::Opened),
    };
    notices
        .store
        .commit_notices(vec![tell(anna, "behind"), other])
        .await
        .unwrap();
    assert_eq!(sendable(&notices).await, ["disk"]);
    // One at a time, also where both may go.
    notices.clock.advance(TimeDelta::hours(8));
    assert_eq!(sendable(&notices).await, ["disk"]);
    let taken = WebhookAttempt::Delivered;
    notices.store.record_notice_attempt("disk".into(), taken).await.unwrap();
    assert_eq!(sendable(&notices).await, ["refused"]);
    notices.clock.advance(TimeDelta::hours(-16));
    assert_eq!(sendable(&notices).await, ["refused"]);
}

#[tokio::test]
async fn what_was_given_up_was_not_told() {
    let notices = open_notice_store().await;
    let (anna, bert) = (
        add_recipient(&notices, "anna").await,
        add_recipient(&notices, "bert").await,
    );
    let moves = vec![tell(anna, "one"), tell(bert, "other")];
    notices.store.commit_notices(moves).await.unwrap();
    let dead = WebhookAttempt::Dead { error: "451".into() };
    notices.store.record_notice_attempt("one".into(), dead).await.unwrap();
    let untold = ToldNoticeRow {
        subjects: Vec::new(),
        ..told(anna)
    };
    assert_eq!(notices.store.list_told_notices().await.unwrap(), [untold, told(bert)]);
}

#[tokio::test]
async fn with_a_recipient_goes_what_waits_for_them_and_what_they_were_told() {
    let notices = open_notice_store().await;
    let anna = add_recipient(&notices, "anna").await;
    notices.store.commit_notices(vec![tell(anna, "one")]).await.unwrap();
    let removal = notices.store.remove_notice_channel("c".into()).await.unwrap();
    assert_eq!(removal, ChannelRemoval::InUse);
    assert!(notices.store.remove_notice_recipient(anna).await.unwrap());
    assert!(sendable(&notices).await.is_empty() && notices.store.list_told_notices().await.unwrap().is_empty());
    // Who has gone is told nothing more, and stops nobody else's news.
    let bert = add_recipient(&notices, "bert").await;
    notices
        .store
        .commit_notices(vec![tell(anna, "two"), tell(bert, "three")])
        .await
        .unwrap();
    assert_eq!(sendable(&notices).await, ["three"]);
    assert_eq!(notices.store.list_told_notices().await.unwrap(), [told(bert)]);
}

#[tokio::test]
async fn a8_what_waits_in_a_backup_is_not_sent_and_of_what_was_told_nothing_counts_any_more() {
    let notices = open_notice_store().await;
    let (anna, bert) = (
        add_recipient(&notices, "anna").await,
        add_recipient(&notices, "bert").await,
    );
    notices.store.commit_notices(vec![tell(anna, "sent")]).await.unwrap();
    let taken = WebhookAttempt::Delivered;
    notices.store.record_notice_attempt("sent".into(), taken).await.unwrap();
    let end = NoticeMove::Clear {
        recipient: bert,
        kind: NoticeKind::KillSwitch,
        message: message("end", NoticePhase::Cleared),
    };
    notices
        .store
        .commit_notices(vec![tell(bert, "news"), end])
        .await
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("backup.db");
    notices.store.write_backup(&file).await.unwrap();

    crate::store::restore_backup(folder.path(), &file, &[0; 32]).unwrap();
    let restored = Store::open(folder.path(), notices.clock.clone(), [0; 32]).unwrap();
    let rows = restored.list_sendable_notices(notices.clock.now(), 10).await.unwrap();
    assert!(rows.is_empty(), "{rows:?}");
    let messages = restored.list_notice_messages().await.unwrap();
    let states: Vec<(&str, WebhookState)> = messages.iter().map(|row| (row.id.as_str(), row.state)).collect();
    assert_eq!(
        states,
        [
            ("end", WebhookState::Dead),
            ("news", WebhookState::Dead),
            ("sent", WebhookState::Delivered)
        ]
    );
    let why = messages[0].last_error.as_deref().unwrap_or_default();
    assert!(why.starts_with("the store went back"), "{why}");
    // What is open is news to both, and that nothing is, too.
    let unknown = |recipient| ToldNoticeRow {
        subjects: Vec::new(),
        ..told(recipient)
    };
    let known = restored.list_told_notices().await.unwrap();
    assert_eq!(known, [unknown(anna), unknown(bert)]);
}
