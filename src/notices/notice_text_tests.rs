//! Every kind in both languages.

use super::*;
use crate::contract::NoticeKind;
use crate::model::parse_time;

fn now() -> Timestamp {
    parse_time("2026-11-21T12:00:00Z").unwrap()
}

fn item(subject: &str) -> NoticeItem {
    let text = |message: &str, advice: &str| ConditionText {
        message: message.to_owned(),
        advice: advice.to_owned(),
    };
    NoticeItem {
        subject: subject.to_owned(),
        since: Some(parse_time("2026-11-21T10:30:00Z").unwrap()),
        fix: format!("/servers/{subject}"),
        english: text("It does not read.", "Start it."),
        german: text("Er liest nicht.", "Starten Sie ihn."),
    }
}

fn content(kind: NoticeKind, phase: NoticePhase, items: Vec<NoticeItem>, count: u64) -> NoticeContent {
    NoticeContent {
        kind,
        phase,
        at: now(),
        since: Some(now()),
        count,
        items,
    }
}

#[test]
fn each_kind_is_told_in_each_language_with_its_time_what_to_do_and_a_link() {
    for kind in NoticeKind::ALL {
        let opened = content(*kind, NoticePhase::Opened, vec![item("cmdb")], 1);
        let cleared = content(*kind, NoticePhase::Cleared, Vec::new(), 0);
        let mut titles = Vec::new();
        for language in Language::ALL {
            let text = write_text(&opened, language, Some("https://intune.example"));
            let plain = text.to_plain();
            let expected = match language {
                Language::En => {
                    "It does not read.\nSince: 2026-11-21 10:30 UTC\nWhat to do: Start it.\n\n\
                                 Open the console: https://intune.example/servers/cmdb"
                }
                Language::De => {
                    "Er liest nicht.\nSeit: 2026-11-21 10:30 UTC\nWas zu tun ist: Starten Sie ihn.\n\n\
                                 Konsole öffnen: https://intune.example/servers/cmdb"
                }
            };
            assert_eq!(plain, expected, "{kind:?}");
            let over = write_text(&cleared, language, None);
            assert!(over.title.ends_with(&text.title), "{over:?}");
            assert!(over.to_plain().contains("2026-11-21 12:00 UTC") && over.link.is_none());
            titles.push(text.title);
        }
        assert_ne!(titles[0], titles[1], "{kind:?}");
    }
}

#[test]
fn of_many_the_oldest_are_described_and_the_others_counted() {
    let many = content(
        NoticeKind::RecordsSetAside,
        NoticePhase::Opened,
        (0..10).map(|number| item(&number.to_string())).collect(),
        800,
    );
    let text = write_text(&many, Language::En, Some("https://intune.example/"));
    assert_eq!(text.title, "Records were set aside (800)");
    assert_eq!(text.parts.len(), 11);
    assert_eq!(text.parts[10], "There are 790 more of this kind.");
    assert_eq!(text.link.as_deref(), Some("https://intune.example/"));
}

#[test]
fn a_condition_without_advice_and_without_a_time_says_so() {
    let bare = NoticeItem {
        since: None,
        english: ConditionText {
            message: "first\nsecond".to_owned(),
            advice: String::new(),
        },
        ..item("x")
    };
    let text = write_text(
        &content(NoticeKind::KillSwitch, NoticePhase::Opened, vec![bare], 1),
        Language::En,
        None,
    );
    assert_eq!(
        text.to_plain(),
        "first second\nSince: not known\nWhat to do: See what needs attention: intune-connector attention"
    );
}

#[test]
fn a_sentence_without_end_is_cut() {
    assert_eq!(shorten(&"x".repeat(2_000)).chars().count(), 1_002);
}
