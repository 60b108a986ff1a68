//! When a session holds, and what it is bound to. Pure.
//!
//! A session is bound to what its account signs in with and to the epoch of the store: another password or second factor,
//! whoever set it, and a store that was put back to what it was, end it.

use axum::http::{HeaderMap, header};
use chrono::TimeDelta;
use openssl::memcmp;
use openssl::sha::Sha256;

use crate::model::{Epoch, Timestamp, replace_unprintable};
use crate::sics::api_limits::LoginLimits;
use crate::store::{OperatorRow, SessionBounds, SessionRow};

/// With more, the oldest ends. Rows of ended ones are kept for a day, so that whoever comes with one hears of its end.
pub(super) const SESSION_BOUNDS: SessionBounds = SessionBounds {
    per_account: 20,
    rows_per_account: 100,
    remembered: TimeDelta::days(1),
};
/// How long a password counts for what needs it again.
pub(crate) const CONFIRMED: TimeDelta = TimeDelta::minutes(5);
/// It is written down at most so often that a session was used.
const SEEN_EVERY: TimeDelta = TimeDelta::minutes(1);
/// What a browser says of itself, characters.
const AGENT_CHARS: usize = 200;

/// What a session holds with.
pub(super) fn account_fingerprint(operator: &OperatorRow, epoch: Epoch) -> [u8; 32] {
    let factor = operator.second_factor_since.map(|since| since.timestamp_millis());
    let parts = [
        operator.password_hash.clone().unwrap_or_default(),
        factor.map(|since| since.to_string()).unwrap_or_default(),
    ];
    let mut digest = Sha256::new();
    digest.update(epoch.0.as_bytes());
    for part in parts {
        digest.update(&(part.len() as u64).to_le_bytes());
        digest.update(part.as_bytes());
    }
    digest.finish()
}

/// Whether it still signs its person in.
pub(super) fn is_session_live(
    row: &SessionRow,
    operator: &OperatorRow,
    epoch: Epoch,
    now: Timestamp,
    limits: &LoginLimits,
) -> bool {
    !operator.disabled
        && row.ended_at.is_none()
        && now < session_end(row, limits)
        && memcmp::eq(&row.fingerprint, &account_fingerprint(operator, epoch))
}

/// When it ends, if it is not used until then.
pub(super) fn session_end(row: &SessionRow, limits: &LoginLimits) -> Timestamp {
    let idle = TimeDelta::from_std(limits.session_idle).unwrap_or(TimeDelta::MAX);
    let idle_end = row.seen_at.checked_add_signed(idle).unwrap_or(row.ends_at);
    idle_end.min(row.ends_at)
}

/// Whether it is time to write down that it was used.
pub(super) fn is_use_unrecorded(row: &SessionRow, now: Timestamp) -> bool {
    now - row.seen_at >= SEEN_EVERY
}

/// What the caller's program says of itself, on one line, shortened.
pub(crate) fn clean_user_agent(headers: &HeaderMap) -> String {
    let agent = headers.get(header::USER_AGENT);
    let agent = agent.map(|agent| String::from_utf8_lossy(agent.as_bytes()).into_owned());
    let line = replace_unprintable(&agent.unwrap_or_default());
    line.trim().chars().take(AGENT_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::model::{OperatorId, OperatorKind, RightScope};

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_timestamp(1_800_000_000 + seconds, 0).expect("a date")
    }

    fn person() -> OperatorRow {
        OperatorRow {
            id: OperatorId(7),
            name: "anna".into(),
            kind: OperatorKind::Person,
            password_hash: Some("$argon2id$one".into()),
            rights: Vec::new(),
            scope: RightScope::default(),
            roles: Vec::new(),
            created_by: None,
            created_at: at(0),
            disabled: false,
            password_given: false,
            suspended: false,
            second_factor_since: None,
        }
    }

    fn epoch(number: u128) -> Epoch {
        Epoch(Uuid::from_u128(number))
    }

    fn session() -> SessionRow {
        SessionRow {
            id: 1,
            operator: OperatorId(7),
            started_at: at(0),
            seen_at: at(0),
            ends_at: at(12 * 3_600),
            ended_at: None,
            confirmed_until: None,
            second_factor: false,
            fingerprint: account_fingerprint(&person(), epoch(1)),
            address: "192.0.2.1".into(),
            user_agent: String::new(),
        }
    }

    fn is_live(change: impl FnOnce(&mut SessionRow, &mut OperatorRow), in_epoch: u128, seconds: i64) -> bool {
        let (mut row, mut operator) = (session(), person());
        change(&mut row, &mut operator);
        is_session_live(&row, &operator, epoch(in_epoch), at(seconds), &LoginLimits::default())
    }

    #[test]
    fn a_session_holds_while_it_is_used_and_never_beyond_its_longest_time() {
        assert!(is_live(|_, _| (), 1, 0));
        assert!(is_live(|_, _| (), 1, 3_599));
        assert!(!is_live(|_, _| (), 1, 3_600), "nobody used it for an hour");
        let used = |row: &mut SessionRow, _: &mut OperatorRow| row.seen_at = at(12 * 3_600 - 60);
        assert!(is_live(used, 1, 12 * 3_600 - 1));
        assert!(!is_live(used, 1, 12 * 3_600), "twelve hours are over");
        assert!(is_live(|_, _| (), 1, -5), "a clock that was set back ends nothing");
    }

    #[test]
    fn whatever_its_account_signs_in_with_is_what_it_holds_with() {
        assert!(!is_live(|row, _| row.ended_at = Some(at(1)), 1, 2));
        assert!(!is_live(|_, operator| operator.disabled = true, 1, 2));
        assert!(!is_live(
            |_, operator| operator.password_hash = Some("$argon2id$two".into()),
            1,
            2
        ));
        assert!(!is_live(|_, operator| operator.second_factor_since = Some(at(1)), 1, 2));
        assert!(!is_live(|_, _| (), 2, 2), "the store was put back");
        assert!(is_live(|_, operator| operator.name = "Anna".into(), 1, 2));
    }

    #[test]
    fn its_use_is_written_down_once_a_minute() {
        assert!(!is_use_unrecorded(&session(), at(59)));
        assert!(is_use_unrecorded(&session(), at(60)));
    }

    #[test]
    fn what_a_program_says_of_itself_is_one_short_line() {
        let mut headers = HeaderMap::new();
        assert_eq!(clean_user_agent(&headers), "");
        headers.insert(header::USER_AGENT, "  Mozilla/5.0\tX ".parse().expect("a header"));
        assert_eq!(clean_user_agent(&headers), "Mozilla/5.0 X");
        headers.insert(header::USER_AGENT, "x".repeat(900).parse().expect("a header"));
        assert_eq!(clean_user_agent(&headers).len(), AGENT_CHARS);
    }
}
