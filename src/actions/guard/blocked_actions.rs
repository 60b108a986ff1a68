//! What a second person is shown before a kill switch goes off: how much would go out, the worst first, and where. That
//! is exactly what they approve.

use std::cmp::Reverse;

use super::approval::NotApproved;
use openssl::sha::sha256;

use crate::model::ActionKind;
use crate::store::BlockedActions;

/// Tenant, verb and how many, what destroys first.
pub fn sort_by_danger(held: &BlockedActions) -> Vec<(&str, ActionKind, u64)> {
    let rows = held.counts.iter();
    let mut rows: Vec<(&str, ActionKind, u64)> = rows
        .map(|((tenant, verb), count)| (tenant.as_str(), *verb, *count))
        .collect();
    rows.sort_by_key(|(tenant, verb, count)| (Reverse(verb.danger()), Reverse(*count), verb.name(), tenant.to_owned()));
    rows
}

/// In a sentence.
pub fn describe_blocked(held: &BlockedActions) -> String {
    let rows = sort_by_danger(held);
    let all: u64 = rows.iter().map(|(_, _, count)| count).sum();
    if all == 0 {
        return "no actions are waiting for it".to_owned();
    }
    let parts: Vec<String> = rows
        .iter()
        .map(|(tenant, verb, count)| format!("{count} {verb} in tenant {tenant}"))
        .collect();
    format!("{all} waiting actions would go out: {}", parts.join(", "))
}

/// SHA-256 of all that a second person is shown: the request (its own digest), and what would go out with it.
pub fn release_digest(request: &str, held: Option<&BlockedActions>) -> String {
    match held.filter(|held| !held.counts.is_empty()) {
        None => request.to_owned(),
        Some(held) => hex::encode(sha256(&[request.as_bytes(), &held.digest].concat())),
    }
}

/// Whether what was shown to the second person is what they would agree to. Nothing has to be shown where nothing would
/// go out.
pub fn check_shown_digest(
    request: &str,
    held: Option<&BlockedActions>,
    shown: Option<&str>,
) -> Result<(), NotApproved> {
    let holds = held.filter(|held| !held.counts.is_empty());
    if shown.is_none_or(|shown| shown == release_digest(request, held)) && (shown.is_some() || holds.is_none()) {
        return Ok(());
    }
    let what = holds.map_or_else(|| "the request".to_owned(), describe_blocked);
    Err(NotApproved {
        code: "digest",
        detail: match shown {
            None => format!("the approval does not state what was shown: {what}"),
            Some(_) => format!("what was shown has changed since: {what}"),
        },
        advice: "Look at it again (GET /sics/v1/limits, or intune-connector limits) and approve what it shows.",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(rows: &[(&str, ActionKind, u64)]) -> BlockedActions {
        BlockedActions {
            counts: rows
                .iter()
                .map(|(tenant, verb, count)| (((*tenant).to_owned(), *verb), *count))
                .collect(),
            digest: [rows.len() as u8; 32],
        }
    }

    #[test]
    fn sec_l4_the_sentence_says_how_many_the_worst_first_and_to_which_tenants() {
        let held = held(&[
            ("a", ActionKind::Sync, 900),
            ("a", ActionKind::Reboot, 40),
            ("b", ActionKind::Wipe, 2),
            ("a", ActionKind::Retire, 7),
        ]);
        assert_eq!(
            describe_blocked(&held),
            "949 waiting actions would go out: 7 retire in tenant a, 2 wipe in tenant b, 40 reboot in tenant a, \
             900 sync in tenant a"
        );
    }

    #[test]
    fn sec_l4_what_was_not_shown_is_not_agreed_to() {
        let (none, some) = (held(&[]), held(&[("a", ActionKind::Wipe, 1)]));
        let shown = |held| release_digest("request", Some(held));
        assert_eq!(check_shown_digest("request", None, Some("request")), Ok(()));
        assert_eq!(check_shown_digest("request", Some(&none), None), Ok(()));
        assert_eq!(check_shown_digest("request", Some(&some), Some(&shown(&some))), Ok(()));
        for (held, shown) in [
            (&some, None),
            (&some, Some("request")),
            (&some, Some("other")),
            (&none, Some(shown(&some).as_str())),
            (&none, Some("other")),
        ] {
            assert_eq!(
                check_shown_digest("request", Some(held), shown).unwrap_err().code,
                "digest"
            );
        }
    }
}
