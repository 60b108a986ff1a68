//! What of the open conditions of one kind is news to one recipient: a pure decision.
//!
//! Everything of a kind is one notice, however many there are. After it only what is new is told, not more often than every
//! hour (what cannot wait: every five minutes). When nothing of the kind has been open for five minutes, that is told, too.

use std::collections::BTreeSet;

use chrono::TimeDelta;

use super::condition::OpenCondition;
use super::notice_words::is_urgent;
use crate::contract::NoticeKind;
use crate::model::Timestamp;
use crate::store::ToldNoticeRow;

/// Between two messages of a kind about what has come.
const PAUSE: TimeDelta = TimeDelta::hours(1);
/// The same of what cannot wait.
const URGENT_PAUSE: TimeDelta = TimeDelta::minutes(5);
/// For so long nothing may be open before it is called over.
const SETTLED: TimeDelta = TimeDelta::minutes(5);

/// What is done about one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TellDecision {
    Nothing,
    /// Places of what is news, and digests of all that is known to the recipient afterwards.
    Tell {
        fresh: Vec<usize>,
        subjects: Vec<String>,
    },
    /// Without a message.
    Note {
        subjects: Vec<String>,
        clear_since: Option<Timestamp>,
    },
    /// It is over.
    Clear,
}

/// `is_held`: the recipient has quiet hours that hold for this kind. What they hold back is decided again behind them.
pub(super) fn decide_kind(
    kind: NoticeKind,
    open: &[&OpenCondition],
    told: Option<&ToldNoticeRow>,
    is_held: bool,
    now: Timestamp,
) -> TellDecision {
    let digests: Vec<String> = open.iter().map(|condition| condition.digest()).collect();
    let Some(told) = told else {
        return if open.is_empty() || is_held {
            TellDecision::Nothing
        } else {
            TellDecision::Tell {
                fresh: (0..open.len()).collect(),
                subjects: unique(digests),
            }
        };
    };
    if open.is_empty() {
        return decide_end(told, is_held, now);
    }
    let known: BTreeSet<&String> = told.subjects.iter().collect();
    let fresh: Vec<usize> = (0..open.len())
        .filter(|place| !known.contains(&digests[*place]))
        .collect();
    let pause = if is_urgent(kind) { URGENT_PAUSE } else { PAUSE };
    if !fresh.is_empty() && !is_held && has_passed(told.told_at, pause, now) {
        return TellDecision::Tell {
            fresh,
            subjects: unique(digests),
        };
    }
    // What has gone is forgotten: it is news where it comes back.
    let still: BTreeSet<&String> = digests.iter().collect();
    let kept: Vec<String> = told
        .subjects
        .iter()
        .filter(|subject| still.contains(subject))
        .cloned()
        .collect();
    if kept.len() == told.subjects.len() && told.clear_since.is_none() {
        return TellDecision::Nothing;
    }
    TellDecision::Note {
        subjects: kept,
        clear_since: None,
    }
}

fn decide_end(told: &ToldNoticeRow, is_held: bool, now: Timestamp) -> TellDecision {
    match told.clear_since {
        None => TellDecision::Note {
            subjects: told.subjects.clone(),
            clear_since: Some(now),
        },
        Some(since) if !is_held && has_passed(since, SETTLED, now) => TellDecision::Clear,
        Some(_) => TellDecision::Nothing,
    }
}

/// A clock that was set back keeps nobody waiting.
fn has_passed(since: Timestamp, pause: TimeDelta, now: Timestamp) -> bool {
    let age = now - since;
    age >= pause || age < TimeDelta::zero()
}

fn unique(digests: Vec<String>) -> Vec<String> {
    let unique: BTreeSet<String> = digests.into_iter().collect();
    unique.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::AttentionSeverity;
    use crate::model::parse_time;
    use crate::notices::ConditionText;

    const KIND: NoticeKind = NoticeKind::RecordsSetAside;

    fn time(minutes: i64) -> Timestamp {
        parse_time("2026-11-21T12:00:00Z").unwrap() + TimeDelta::minutes(minutes)
    }

    fn condition(subject: &str) -> OpenCondition {
        let text = || ConditionText {
            message: String::new(),
            advice: String::new(),
        };
        OpenCondition {
            kind: KIND,
            code: "recordsSetAside".into(),
            severity: AttentionSeverity::Act,
            subject: subject.into(),
            since: None,
            fix: "/".into(),
            english: text(),
            german: text(),
        }
    }

    fn told(conditions: &[OpenCondition], minutes: i64) -> ToldNoticeRow {
        ToldNoticeRow {
            recipient: 1,
            kind: KIND,
            subjects: conditions.iter().map(OpenCondition::digest).collect(),
            told_at: time(minutes),
            clear_since: None,
        }
    }

    fn decide(open: &[OpenCondition], told: Option<&ToldNoticeRow>, is_held: bool, minutes: i64) -> TellDecision {
        let open: Vec<&OpenCondition> = open.iter().collect();
        decide_kind(KIND, &open, told, is_held, time(minutes))
    }

    #[test]
    fn eight_hundred_of_a_kind_are_one_notice_and_are_told_once() {
        let many: Vec<OpenCondition> = (0..800).map(|number| condition(&number.to_string())).collect();
        let TellDecision::Tell { fresh, subjects } = decide(&many, None, false, 0) else {
            panic!("nothing is told")
        };
        assert_eq!((fresh.len(), subjects.len()), (800, 800));
        let known = ToldNoticeRow {
            subjects,
            ..told(&[], 0)
        };
        assert_eq!(decide(&many, Some(&known), false, 1_000), TellDecision::Nothing);
    }

    #[test]
    fn what_is_new_is_told_alone_and_not_before_an_hour() {
        let (one, both) = (vec![condition("a")], vec![condition("a"), condition("b")]);
        let known = told(&one, 0);
        assert_eq!(decide(&both, Some(&known), false, 59), TellDecision::Nothing);
        let TellDecision::Tell { fresh, subjects } = decide(&both, Some(&known), false, 60) else {
            panic!("nothing is told")
        };
        assert_eq!((fresh, subjects.len()), (vec![1], 2));
        // A clock that was set back by a day keeps nobody waiting for a day.
        assert!(matches!(
            decide(&both, Some(&known), false, -1_440),
            TellDecision::Tell { .. }
        ));
    }

    #[test]
    fn quiet_hours_hold_back_what_is_told_behind_them() {
        let one = vec![condition("a")];
        assert_eq!(decide(&one, None, true, 0), TellDecision::Nothing);
        assert!(matches!(decide(&one, None, false, 1), TellDecision::Tell { .. }));
        let over = ToldNoticeRow {
            clear_since: Some(time(0)),
            ..told(&one, 0)
        };
        assert_eq!(decide(&[], Some(&over), true, 60), TellDecision::Nothing);
        assert_eq!(decide(&[], Some(&over), false, 60), TellDecision::Clear);
    }

    #[test]
    fn an_end_is_told_when_it_has_settled() {
        let one = vec![condition("a")];
        let known = told(&one, 0);
        let TellDecision::Note { clear_since, .. } = decide(&[], Some(&known), false, 10) else {
            panic!("an end is noted first")
        };
        assert_eq!(clear_since, Some(time(10)));
        let over = ToldNoticeRow { clear_since, ..known };
        assert_eq!(decide(&[], Some(&over), false, 14), TellDecision::Nothing);
        assert_eq!(decide(&[], Some(&over), false, 15), TellDecision::Clear);
        // It was not the end.
        assert_eq!(
            decide(&one, Some(&over), false, 12),
            TellDecision::Note {
                subjects: over.subjects.clone(),
                clear_since: None
            }
        );
    }

    #[test]
    fn what_has_gone_and_comes_back_is_news() {
        let (both, one) = (vec![condition("a"), condition("b")], vec![condition("a")]);
        let TellDecision::Note { subjects, .. } = decide(&one, Some(&told(&both, 0)), false, 10) else {
            panic!("what has gone is noted")
        };
        let known = ToldNoticeRow {
            subjects,
            ..told(&[], 0)
        };
        let TellDecision::Tell { fresh, .. } = decide(&both, Some(&known), false, 70) else {
            panic!("nothing is told")
        };
        assert_eq!(fresh, [1]);
    }

    #[test]
    fn what_becomes_worse_is_news() {
        let mild = OpenCondition {
            severity: AttentionSeverity::Watch,
            ..condition("a")
        };
        assert_ne!(mild.digest(), condition("a").digest());
    }
}
