//! What a second person is told before a kill switch goes off: how much would go out, the worst first, and to whom. What
//! they agree to is exactly that.

use std::cmp::Reverse;

use super::approval::NotApproved;
use crate::model::Verb;
use crate::store::HeldBack;

/// Tenant, verb and how many, what destroys first.
pub fn worst_first(held: &HeldBack) -> Vec<(&str, Verb, u64)> {
    let rows = held.counts.iter();
    let mut rows: Vec<(&str, Verb, u64)> = rows
        .map(|((tenant, verb), count)| (tenant.as_str(), *verb, *count))
        .collect();
    rows.sort_by_key(|(tenant, verb, count)| (Reverse(verb.danger()), Reverse(*count), verb.name(), tenant.to_owned()));
    rows
}

/// In a sentence.
pub fn told(held: &HeldBack) -> String {
    let rows = worst_first(held);
    let all: u64 = rows.iter().map(|(_, _, count)| count).sum();
    if all == 0 {
        return "no action waits for it".to_owned();
    }
    let parts: Vec<String> = rows
        .iter()
        .map(|(tenant, verb, count)| format!("{count} {verb} to tenant {tenant}"))
        .collect();
    format!("{all} actions that wait would go out: {}", parts.join(", "))
}

/// Whether what was shown to the second person is what would go out. Where nothing waits, there was nothing to show.
pub fn was_shown(held: &HeldBack, shown: Option<&[u8]>) -> Result<(), NotApproved> {
    let is_same = shown == Some(held.digest.as_slice());
    if is_same || (held.counts.is_empty() && shown.is_none()) {
        return Ok(());
    }
    Err(NotApproved {
        code: "digest",
        detail: match shown {
            None => format!("it is not said what was seen: {}", told(held)),
            Some(_) => format!("what was shown is not what would go out now: {}", told(held)),
        },
        advice: "Look at it again (GET /sics/v1/killswitch, or intune-connector limits) and approve what it shows.",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(rows: &[(&str, Verb, u64)]) -> HeldBack {
        HeldBack {
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
            ("a", Verb::Sync, 900),
            ("a", Verb::Reboot, 40),
            ("b", Verb::Wipe, 2),
            ("a", Verb::Retire, 7),
        ]);
        assert_eq!(
            told(&held),
            "949 actions that wait would go out: 7 retire to tenant a, 2 wipe to tenant b, 40 reboot to tenant a, \
             900 sync to tenant a"
        );
    }

    #[test]
    fn sec_l4_what_was_not_shown_is_not_agreed_to() {
        let (none, some) = (held(&[]), held(&[("a", Verb::Wipe, 1)]));
        assert_eq!(was_shown(&none, None), Ok(()));
        assert_eq!(was_shown(&some, Some(&[1; 32])), Ok(()));
        for (held, shown) in [(&some, None), (&some, Some([0_u8; 32])), (&none, Some([1_u8; 32]))] {
            let shown = shown.as_ref().map(|digest| digest.as_slice());
            assert_eq!(was_shown(held, shown).unwrap_err().code, "digest");
        }
    }
}
