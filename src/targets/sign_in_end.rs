//! When what a target signs in with ends, of kinds whose other side knows it and nobody else. A worker asks once a day, and so
//! does each check. The answer is kept with the target, for the secret that it is about: it is known of a target that is
//! stopped, and another process need not ask again. Where nothing is answered, what is known stays, or the day that somebody
//! has typed.

use chrono::TimeDelta;

use super::target_adapter::SignInEnd;
use super::target_context::TargetContext;
use crate::config::TargetSettings;
use crate::model::Timestamp;
use crate::store::{StoreError, TargetSignIn, TargetStateChange};

/// Between two questions of a worker.
const ASK_AGAIN: TimeDelta = TimeDelta::days(1);

/// Asks where that is due. What goes wrong with it is no reason to rest: whatever is sent next meets it as well.
pub(super) async fn refresh_sign_in_end(context: &TargetContext) -> Result<(), StoreError> {
    let Some(mark) = context.settings.sign_in_mark() else {
        return Ok(());
    };
    let state = context.store.load_target_state(context.target).await?;
    if is_question_due(state.sign_in.as_ref(), &mark, context.clock.now()) {
        let told = context.adapter.read_sign_in_end().await;
        keep_sign_in_end(context, told).await?;
    }
    Ok(())
}

/// Keeps what was answered now.
pub async fn keep_sign_in_end(context: &TargetContext, told: SignInEnd) -> Result<(), StoreError> {
    let Some(mark) = context.settings.sign_in_mark() else {
        return Ok(());
    };
    let (store, target) = (&context.store, context.target);
    let before = store.load_target_state(target).await?.sign_in;
    let change = TargetStateChange {
        sign_in: Some(merge_answer(before, mark, told, context.clock.now())),
        ..TargetStateChange::default()
    };
    store.save_target_state(target, change).await?;
    Ok(())
}

/// What the other side has said of what these settings sign in with.
pub fn find_told_end(kept: Option<&TargetSignIn>, settings: &TargetSettings) -> Option<Timestamp> {
    let mark = settings.sign_in_mark()?;
    kept.filter(|kept| kept.mark == mark)?.ends_at
}

/// Whether a worker asks. A clock that was set back by more than a day is no reason to wait for it.
fn is_question_due(kept: Option<&TargetSignIn>, mark: &str, now: Timestamp) -> bool {
    kept.is_none_or(|kept| kept.mark != mark || (now - kept.asked_at).abs() >= ASK_AGAIN)
}

/// What is kept from now on.
fn merge_answer(before: Option<TargetSignIn>, mark: String, told: SignInEnd, now: Timestamp) -> TargetSignIn {
    let ends_at = match told {
        SignInEnd::At(end) => Some(end),
        SignInEnd::Never => None,
        // A token that has ended is told nothing any more.
        SignInEnd::Untold => before
            .filter(|before| before.mark == mark)
            .and_then(|before| before.ends_at),
    };
    TargetSignIn {
        mark,
        asked_at: now,
        ends_at,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::TargetDraft;
    use crate::contract::TargetKind;
    use crate::model::parse_time;

    fn at(text: &str) -> Timestamp {
        parse_time(text).unwrap()
    }

    fn kept(mark: &str, ends_at: Option<&str>) -> TargetSignIn {
        TargetSignIn {
            mark: mark.to_owned(),
            asked_at: at("2026-11-21T08:00:00Z"),
            ends_at: ends_at.map(at),
        }
    }

    #[test]
    fn a_worker_asks_once_a_day_and_at_once_about_another_secret() {
        let known = kept("ab", None);
        for (mark, now, is_due) in [
            ("ab", "2026-11-21T08:00:00Z", false),
            ("ab", "2026-11-22T07:59:59Z", false),
            ("ab", "2026-11-22T08:00:00Z", true),
            ("cd", "2026-11-21T08:00:01Z", true),
            ("ab", "2026-11-21T07:00:00Z", false),
            ("ab", "2024-11-21T08:00:00Z", true),
        ] {
            assert_eq!(is_question_due(Some(&known), mark, at(now)), is_due, "{mark} {now}");
        }
        assert!(is_question_due(None, "ab", at("2026-11-21T08:00:00Z")));
    }

    #[test]
    fn what_is_not_answered_leaves_what_is_known_of_the_same_secret() {
        let end = "2027-03-31T12:00:00Z";
        let now = at("2026-11-30T08:00:00Z");
        let merged = |before: Option<TargetSignIn>, told| merge_answer(before, "ab".to_owned(), told, now).ends_at;
        let before = || Some(kept("ab", Some(end)));
        assert_eq!(merged(before(), SignInEnd::Untold), Some(at(end)));
        assert_eq!(merged(before(), SignInEnd::Never), None);
        assert_eq!(merged(Some(kept("cd", Some(end))), SignInEnd::Untold), None);
        assert_eq!(merged(None, SignInEnd::At(at(end))), Some(at(end)));
        let asked = merge_answer(before(), "ab".to_owned(), SignInEnd::Untold, now);
        assert_eq!(asked.asked_at, now, "it was asked, and not answered");
    }

    #[test]
    fn what_was_said_of_one_token_is_not_said_of_another() {
        let settings = |token: &str| {
            let pairs = [("url", "https://netbox.example"), ("token", token)];
            let draft = TargetDraft::from_pairs(TargetKind::NetBox, pairs).unwrap();
            draft.build_settings().unwrap()
        };
        let (old, new) = (settings("nbt_old.canary"), settings("nbt_new.canary"));
        let said = kept(&old.sign_in_mark().unwrap(), Some("2027-03-31T12:00:00Z"));
        assert_eq!(find_told_end(Some(&said), &old), said.ends_at);
        assert_eq!(find_told_end(Some(&said), &new), None);
        assert_eq!(find_told_end(None, &old), None);
    }
}
