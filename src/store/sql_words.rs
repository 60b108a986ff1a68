//! Words of the product in SQL: made from their enums, never written down a second time. They are letters only, so
//! they stand in the text of a question as they are; a partial index knows them there.

use crate::model::WordEnum;

/// `'running'`
pub(crate) fn quote_word<W: WordEnum>(word: W) -> String {
    let name = word.name();
    debug_assert!(name.chars().all(|letter| letter.is_ascii_alphabetic()), "{name}");
    format!("'{name}'")
}

/// `('accepted', 'waitingWindow')`: all for which `predicate` holds.
pub(crate) fn quote_matching<W: WordEnum>(predicate: impl Fn(W) -> bool) -> String {
    let words = W::ALL.iter().copied().filter(|word| predicate(*word));
    let words: Vec<String> = words.map(quote_word).collect();
    format!("({})", words.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ActionKind, DistrustRule, TaskState};

    #[test]
    fn a11_each_list_of_states_is_made_from_their_stage() {
        assert_eq!(
            quote_matching(TaskState::is_unissued),
            "('accepted', 'waitingApproval', 'waitingTenantApproval', 'waitingWindow', 'waitingBudget')"
        );
        assert_eq!(
            quote_matching(TaskState::counts_against_limits),
            "('accepted', 'waitingTenantApproval', 'waitingWindow', 'waitingBudget')"
        );
        assert_eq!(
            quote_matching(TaskState::is_under_way),
            "('issuing', 'unclear', 'handedOver', 'pendingOnDevice', 'stillPending', 'goneUnproven', 'needsOperator')"
        );
        assert_eq!(
            quote_matching(TaskState::needs_operator),
            "('goneUnproven', 'needsOperator')"
        );
        assert_eq!(
            quote_matching(TaskState::is_end),
            "('done', 'failed', 'notSupported', 'cancelled', 'deviceGone', 'refused', 'expired', 'handedOverNotTraceable')"
        );
        assert_eq!(
            quote_matching(|verb: ActionKind| verb.distrust_rule() != DistrustRule::Never),
            "('retire', 'wipe', 'delete', 'enableLostMode', 'disableLostMode', 'freshStart')"
        );
    }

    #[test]
    fn a8_a_restore_loses_all_that_had_not_ended() {
        for state in TaskState::ALL.iter().copied() {
            let kept = state.is_end() || state.needs_operator();
            assert_eq!(state.is_lost_by_restore(), !kept, "{state:?}");
        }
    }
}
