//! What waits with targets: consent to planned writes, devices for which a person has to decide, and a target that has
//! written nothing for a while, or will soon be able to sign in no more. Pure.

use chrono::TimeDelta;

use super::super::known_world::FactVisibility;
use super::instances::{ACT_DAYS, TOLD_DAYS};
use super::item::{BoardItem, to_sentence};
use crate::config::TargetProof;
use crate::contract::{AttentionSeverity, AttentionSubject, TargetFact};
use crate::model::{Timestamp, choose_form, format_count, format_time};
use crate::sics::{CredentialEnd, TargetInstance};
use crate::store::{ServerRow, TargetPause, TargetQuestionRow, TargetStateRow};

/// A pause that is shorter passes by itself as a rule.
const PAUSE_TOLD: TimeDelta = TimeDelta::minutes(15);
/// Code of the pause outside the write window.
const CLOSED: &str = "writeWindow";

/// What is known of a target.
pub(super) struct TargetStanding {
    pub target: TargetInstance,
    /// As it stands among the management servers.
    pub server: ServerRow,
    pub state: TargetStateRow,
    pub question: Option<TargetQuestionRow>,
    /// Devices for which a person has to decide.
    pub set_aside: u64,
}

impl TargetStanding {
    /// What readers of events are told of it.
    pub(super) fn to_fact(&self) -> TargetFact {
        TargetFact {
            name: self.target.name.to_string(),
            running: self.target.running,
            phase: self.state.phase,
            paused: self.state.pause.is_some(),
            waits: self.question.is_some(),
            set_aside: self.set_aside,
            last_write_at: self.state.last_write_at,
        }
    }
}

pub(super) fn target_items(standing: &TargetStanding, now: Timestamp) -> impl Iterator<Item = BoardItem> {
    let waiting = [question_item(standing), aside_item(standing), pause_item(standing, now)];
    let ends = standing.target.sign_in_ends.iter();
    let ending = ends.filter_map(move |end| ending_item(standing, end));
    waiting.into_iter().flatten().chain(ending)
}

fn new_item(code: &str, severity: AttentionSeverity, standing: &TargetStanding) -> BoardItem {
    let name = &standing.target.name;
    BoardItem::new(
        code,
        severity,
        (AttentionSubject::Target, name),
        format!("/targets/{name}"),
        FactVisibility::Target(Box::new(standing.server.clone())),
    )
    .argument("target", name)
}

fn question_item(standing: &TargetStanding) -> Option<BoardItem> {
    let question = standing.question.as_ref()?;
    let count = question.counts.total();
    let item = new_item("targetQuestion", AttentionSeverity::Act, standing)
        .since(question.asked_at)
        .argument("count", count)
        .argument("writes", format_count(count, "write"));
    let advice = "Look at them, then agree: intune-connector targets question {target}";
    Some(if question.canary {
        item.texts(
            "The target {target} has written the first records of a new mapping, and waits for a look at them before {writes}.",
            advice,
        )
    } else {
        item.texts(
            "The target {target} waits for consent to {writes}, more than an ordinary day has.",
            advice,
        )
    })
}

fn aside_item(standing: &TargetStanding) -> Option<BoardItem> {
    let count = standing.set_aside;
    (count > 0).then(|| {
        let devices = format!("{} {}", format_count(count, "device"), choose_form(count, "is", "are"));
        new_item("targetSetAside", AttentionSeverity::Act, standing)
            .argument("count", count)
            .argument("devices", devices)
            .texts(
                "{devices} set aside at the target {target}: a person has to say which record is theirs.",
                "Look at each, then decide: intune-connector targets set-aside {target}",
            )
    })
}

/// A target that does not run is told as a microservice that does not. One outside its window is as somebody wanted it.
fn pause_item(standing: &TargetStanding, now: Timestamp) -> Option<BoardItem> {
    let pause = standing.state.pause.as_ref().filter(|_| standing.target.running)?;
    let is_news = pause.code != CLOSED && now - pause.since >= PAUSE_TOLD;
    is_news.then(|| describe_pause(standing, pause))
}

fn describe_pause(standing: &TargetStanding, pause: &TargetPause) -> BoardItem {
    new_item("targetPaused", AttentionSeverity::Act, standing)
        .since(pause.since)
        .argument("cause", &pause.code)
        .argument("problem", to_sentence(&pause.problem))
        .argument("advice", to_sentence(&pause.advice))
        .texts(
            "The target {target} has written nothing for more than 15 minutes: {problem}",
            "{advice} Then check it: intune-connector targets verify {target}",
        )
}

/// A code for each thing and state, so that each is told by itself.
fn ending_item(standing: &TargetStanding, end: &CredentialEnd) -> Option<BoardItem> {
    if end.days_left > TOLD_DAYS {
        return None;
    }
    let is_certificate = end.purpose == TargetProof::ClientCertificate.name();
    let (code, message) = match (is_certificate, end.days_left < 0) {
        (false, false) => (
            "targetSignInEnding",
            "The password, secret or token of the target {target} expires in {left}, on {endsAt}.",
        ),
        (false, true) => (
            "targetSignInExpired",
            "The password, secret or token of the target {target} expired on {endsAt}.",
        ),
        (true, false) => (
            "targetCertificateEnding",
            "The client certificate of the target {target} expires in {left}, on {endsAt}.",
        ),
        (true, true) => (
            "targetCertificateExpired",
            "The client certificate of the target {target} expired on {endsAt}.",
        ),
    };
    let severity = if end.days_left <= ACT_DAYS {
        AttentionSeverity::Act
    } else {
        AttentionSeverity::Watch
    };
    let days = end.days_left.unsigned_abs();
    let item = new_item(code, severity, standing)
        .since((end.days_left < 0).then_some(end.ends_at))
        .argument("endsAt", format_time(end.ends_at))
        .argument("days", days)
        .argument("left", format_count(days, "day"));
    Some(item.texts(
        message,
        "Make a new one on the other side, then enter it: intune-connector instances reconfigure {target}",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::{NoticeKind, TargetKind, TargetPhase, WriteCounts};
    use crate::model::{InstanceId, parse_time};
    use crate::notices::find_kind;
    use crate::sics::overview::visibility::tests::server;
    use crate::store::QuestionState;

    fn time(minutes: i64) -> Timestamp {
        parse_time("2026-11-21T12:00:00Z").unwrap() + TimeDelta::minutes(minutes)
    }

    fn standing() -> TargetStanding {
        let id = InstanceId(3);
        TargetStanding {
            target: TargetInstance {
                id,
                name: "IntuneTargetOcs_3".parse().unwrap(),
                kind: TargetKind::Ocs,
                profile: String::new(),
                server: "IntuneTargetOcs_3".parse().unwrap(),
                running: true,
                sign_in_ends: Vec::new(),
            },
            server: server("IntuneTargetOcs_3"),
            state: TargetStateRow {
                target: id,
                mapping_digest: None,
                canary_written: 0,
                phase: TargetPhase::Open,
                pause: None,
                last_error: None,
                last_write_at: None,
                requests: 0,
                sign_in: None,
            },
            question: None,
            set_aside: 0,
        }
    }

    fn told(standing: &TargetStanding) -> Vec<(String, String)> {
        target_items(standing, time(0))
            .map(|item| (item.view.code, item.view.message))
            .collect()
    }

    #[test]
    fn a_target_that_writes_needs_nobody() {
        assert!(told(&standing()).is_empty());
    }

    #[test]
    fn a_question_and_devices_set_aside_wait_for_a_person() {
        let question = TargetQuestionRow {
            id: 1,
            target: InstanceId(3),
            digest: "ab".to_owned(),
            asked_at: time(-1),
            mapping_digest: "cd".to_owned(),
            canary: false,
            counts: WriteCounts {
                create: 800,
                ..WriteCounts::default()
            },
            state: QuestionState::Waiting,
            consented_by: None,
            consented_by_name: None,
            consented_at: None,
        };
        let waiting = TargetStanding {
            question: Some(question),
            set_aside: 1,
            ..standing()
        };
        assert_eq!(
            told(&waiting),
            [
                (
                    "targetQuestion".to_owned(),
                    "The target IntuneTargetOcs_3 waits for consent to 800 writes, more than an ordinary day has.".to_owned()
                ),
                (
                    "targetSetAside".to_owned(),
                    "1 device is set aside at the target IntuneTargetOcs_3: a person has to say which record is theirs.".to_owned()
                )
            ]
        );
    }

    #[test]
    fn a_pause_is_told_after_a_quarter_of_an_hour() {
        let paused = |minutes: i64, running| {
            let mut standing = standing();
            standing.target.running = running;
            standing.state.pause = Some(TargetPause {
                code: "unreachable".to_owned(),
                problem: "failed to connect".to_owned(),
                advice: "check the network".to_owned(),
                since: time(-minutes),
                until: None,
            });
            told(&standing)
        };
        assert!(paused(14, true).is_empty());
        assert!(paused(16, false).is_empty(), "that it does not run is told elsewhere");
        assert_eq!(
            paused(16, true),
            [(
                "targetPaused".to_owned(),
                "The target IntuneTargetOcs_3 has written nothing for more than 15 minutes: Failed to connect."
                    .to_owned()
            )]
        );
    }

    #[test]
    fn the_end_of_what_a_target_signs_in_with_is_told_a_month_and_a_week_ahead_and_each_by_itself() {
        let ending = |purpose: TargetProof, days: i64| {
            let mut standing = standing();
            standing.target.sign_in_ends = vec![CredentialEnd {
                purpose: purpose.name(),
                ends_at: time(days * 1_440),
                days_left: days,
            }];
            let items = target_items(&standing, time(0));
            let told = items.map(|item| (item.view.code, item.view.severity, item.view.message));
            told.collect::<Vec<_>>()
        };
        let (secret, certificate) = (TargetProof::Secret, TargetProof::ClientCertificate);
        assert!(ending(secret, 31).is_empty() && ending(certificate, 31).is_empty());
        for (proof, days, code, severity, words) in [
            (
                secret,
                30,
                "targetSignInEnding",
                AttentionSeverity::Watch,
                "expires in 30 days",
            ),
            (
                secret,
                7,
                "targetSignInEnding",
                AttentionSeverity::Act,
                "expires in 7 days",
            ),
            (
                secret,
                -1,
                "targetSignInExpired",
                AttentionSeverity::Act,
                "expired on 2026-11-20",
            ),
            (
                certificate,
                8,
                "targetCertificateEnding",
                AttentionSeverity::Watch,
                "expires in 8 days",
            ),
            (
                certificate,
                1,
                "targetCertificateEnding",
                AttentionSeverity::Act,
                "expires in 1 day,",
            ),
            (
                certificate,
                -3,
                "targetCertificateExpired",
                AttentionSeverity::Act,
                "expired on 2026-11-18",
            ),
        ] {
            let told = ending(proof, days);
            let [(told_code, told_severity, message)] = &told[..] else {
                panic!("{told:?}")
            };
            assert_eq!((told_code.as_str(), *told_severity), (code, severity), "{days}");
            assert!(
                message.contains(words) && message.contains("IntuneTargetOcs_3"),
                "{message}"
            );
            assert_eq!(find_kind(code, severity), Some(NoticeKind::CredentialEnding), "{code}");
        }
    }
}
