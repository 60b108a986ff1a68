//! What loosens the approval of orders (A7): it waits for a second person, as everything does that loosens the guard of
//! actions. What tightens it holds at once. Pure: judged in the transaction that would change it.

use crate::contract::ApprovalMode;
use crate::store::ApplicationApproval;

/// The sentence in which a second person is asked; `None`: the change holds at once.
pub fn judge_approval_change(
    held: &ApplicationApproval,
    wished: &ApplicationApproval,
    application: &str,
) -> Option<String> {
    is_loosened(held, wished).then(|| {
        format!(
            "orders of the application {application} need {} instead of {}",
            describe_approval(wished),
            describe_approval(held)
        )
    })
}

/// Whether somebody may agree from then on who might not before, or nobody has to.
fn is_loosened(held: &ApplicationApproval, wished: &ApplicationApproval) -> bool {
    if held.approval == ApprovalMode::None {
        return false;
    }
    // Of a person and another system, none is the stricter one.
    if held.approval != wished.approval {
        return true;
    }
    let (known, named) = (held.list_named(), wished.list_named());
    let is_known = |name: &String| known.iter().any(|known| known.eq_ignore_ascii_case(name));
    !known.is_empty() && (named.is_empty() || !named.iter().all(is_known))
}

fn describe_approval(approval: &ApplicationApproval) -> String {
    let named = approval.list_named();
    let who = if named.is_empty() {
        String::new()
    } else {
        format!(" ({})", named.join(", "))
    };
    match approval.approval {
        ApprovalMode::None => "no approval".to_owned(),
        ApprovalMode::Operator => format!("approval by an operator{who}"),
        ApprovalMode::Callback => format!("approval by callback{who}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(approval: ApprovalMode, approvers: &[&str], deputies: &[&str]) -> ApplicationApproval {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        ApplicationApproval {
            approval,
            approvers: names(approvers),
            deputies: names(deputies),
        }
    }

    #[test]
    fn a7_less_approval_and_more_approvers_loosen_and_the_opposite_does_not() {
        use ApprovalMode::{Callback, None as Nobody, Operator};
        let anna = rule(Operator, &["anna"], &["ben"]);
        for (held, wished, loosens) in [
            (&anna, rule(Nobody, &["anna"], &["ben"]), true),
            (&anna, rule(Callback, &["anna"], &["ben"]), true),
            (&anna, rule(Operator, &[], &[]), true),
            (&anna, rule(Operator, &["anna", "carl"], &[]), true),
            (&anna, rule(Operator, &["Ben"], &["anna"]), false),
            (&anna, rule(Operator, &["anna"], &[]), false),
            (&rule(Operator, &[], &[]), anna.clone(), false),
            (&rule(Nobody, &[], &[]), anna.clone(), false),
            (&rule(Nobody, &["anna"], &[]), rule(Nobody, &[], &[]), false),
            (&rule(Callback, &[], &[]), rule(Operator, &[], &[]), true),
        ] {
            assert_eq!(is_loosened(held, &wished), loosens, "{held:?} {wished:?}");
        }
    }

    #[test]
    fn a7_a_second_person_is_asked_in_a_sentence_that_names_both() {
        let held = rule(ApprovalMode::Operator, &["anna"], &["ben"]);
        let wished = rule(ApprovalMode::None, &[], &[]);
        assert_eq!(
            judge_approval_change(&held, &wished, "zoom").as_deref(),
            Some("orders of the application zoom need no approval instead of approval by an operator (anna, ben)")
        );
        assert_eq!(judge_approval_change(&wished, &held, "zoom"), None);
    }
}
