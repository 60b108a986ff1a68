//! Who may approve another person's job (and what loosens the guard, A7).

use chrono::TimeDelta;

use super::tied_accounts::{TiedAccounts, is_data_folder_account, is_person, may_approve_at};
use crate::model::{AccountControl, ApprovalState, InstanceName, OperatorId, Timestamp};
use crate::store::{ApprovalFacts, OperatorRow};

/// Where there is no second person: that long to think it over.
pub const ALONE: TimeDelta = TimeDelta::hours(24);

/// How the one who approves has shown who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApprovalSignIn {
    /// Name and password, given for this very approval.
    OwnPassword,
    /// Anything else: a token, a remembered sign-in.
    Other,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct NotApproved {
    /// Stable.
    pub code: &'static str,
    pub detail: String,
    pub advice: &'static str,
}

fn deny_approval(code: &'static str, detail: impl Into<String>, advice: &'static str) -> NotApproved {
    NotApproved {
        code,
        detail: detail.into(),
        advice,
    }
}

/// Whether this person may approve this job as it was shown to them.
pub fn check_approval(facts: &ApprovalFacts, by: ApprovalSignIn, digest: &[u8]) -> Result<(), NotApproved> {
    if facts.job.approval != ApprovalState::Waiting {
        return Err(deny_approval(
            "notWaiting",
            "the job is not waiting for approval",
            "Check the state of the job.",
        ));
    }
    if facts.now >= facts.job.expires_at {
        return Err(deny_approval(
            "expired",
            "the job and its approval have expired",
            "Ask the requester to send it again.",
        ));
    }
    if facts.job.approval_digest.as_deref() != Some(digest) {
        return Err(deny_approval(
            "digest",
            "the job is not the one that was shown",
            "Look at the job again and approve what it shows.",
        ));
    }
    let request = ApprovalRequest {
        requester: Some(facts.job.operator),
        instance: facts.instance.as_ref(),
        operators: &facts.operators,
        controls: &facts.controls,
        requested_at: facts.job.created_at,
        now: facts.now,
    };
    let approver = facts.approver.as_ref();
    check_second_person(&request, approver, by)?;
    if approver.is_some_and(|approver| approver.suspended) {
        return Err(deny_suspended());
    }
    check_approver_scope(approver, facts.instance.as_ref())
}

/// A suspended operator does not decide on others.
pub fn deny_suspended() -> NotApproved {
    deny_approval(
        "suspended",
        "the destructive rights of this account are suspended, so it cannot decide on those of others",
        "Another operator has to lift the suspension first, or approve this.",
    )
}

/// Whoever's rights hold for some instances only has no say over the others, nor over the whole bus (`None`).
pub fn check_approver_scope(
    approver: Option<&OperatorRow>,
    instance: Option<&InstanceName>,
) -> Result<(), NotApproved> {
    if approver.is_some_and(|operator| may_approve_at(operator, instance)) {
        Ok(())
    } else {
        Err(deny_approval(
            "outOfScope",
            "the rights of this account do not apply there",
            "An operator whose rights apply there has to decide.",
        ))
    }
}

/// What somebody else has to agree to.
pub struct ApprovalRequest<'a> {
    /// `None`: found in a file.
    pub requester: Option<OperatorId>,
    /// Where it would be; `None`: the whole bus.
    pub instance: Option<&'a InstanceName>,
    pub operators: &'a [OperatorRow],
    pub controls: &'a [AccountControl],
    /// When it was asked for.
    pub requested_at: Timestamp,
    pub now: Timestamp,
}

/// By whom it was agreed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApprovalBasis {
    SecondPerson,
    /// Where there is no second person: by whoever asked, a day later.
    Alone,
}

/// Whether this person may agree to it. Accounts that are tied count as one person (A9): what one of them asks for, none
/// of them agrees to, unless there is no second person at all and a day has passed.
pub fn check_second_person(
    request: &ApprovalRequest,
    approver: Option<&OperatorRow>,
    by: ApprovalSignIn,
) -> Result<ApprovalBasis, NotApproved> {
    let approver = check_in_person(approver, by)?;
    let people = TiedAccounts::from_controls(request.operators, request.controls, request.now);
    // A file, or the account of the data folder: whoever stands behind it may be the very person who agrees now. That is
    // well where there is somebody else who can see it.
    let Some(requester) = request
        .requester
        .filter(|id| people.find_account(*id).is_none_or(|row| !is_data_folder_account(row)))
    else {
        return match people.untied_persons(approver.id).next() {
            Some(_) => Ok(ApprovalBasis::SecondPerson),
            None => approve_alone(request),
        };
    };
    if !people.are_tied(approver.id, requester) {
        return Ok(ApprovalBasis::SecondPerson);
    }
    let others: Vec<&str> = people
        .second_persons(requester, request.instance)
        .map(|row| row.name.as_str())
        .collect();
    if others.is_empty() {
        return approve_alone(request);
    }
    let advice = "A second person has to approve.";
    Err(if approver.id == requester {
        deny_approval(
            "ownRequest",
            format!(
                "you cannot approve your own request; {} may approve it",
                join_names(&others)
            ),
            advice,
        )
    } else {
        deny_approval(
            "relatedAccounts",
            format!(
                "account {} and the requester's account count as one person: within the last 7 days, one controlled the \
                 other, or a third account controlled both; {} may approve",
                approver.name,
                join_names(&others)
            ),
            advice,
        )
    })
}

fn join_names(names: &[&str]) -> String {
    const SHOWN: usize = 5;
    let more = names.len().saturating_sub(SHOWN);
    let shown = names[..names.len() - more].join(", ");
    if more > 0 {
        format!("{shown} and {more} more")
    } else {
        shown
    }
}

/// A person, with the right to decide, who has just given their own name and password.
pub fn check_in_person(approver: Option<&OperatorRow>, by: ApprovalSignIn) -> Result<&OperatorRow, NotApproved> {
    let person = approver.filter(|operator| is_person(operator) && by == ApprovalSignIn::OwnPassword);
    let approver = person.ok_or_else(|| {
        deny_approval(
            "personally",
            "only a person may approve, with their own name and password",
            "Send the name and password of your own account; tokens and management servers cannot approve.",
        )
    })?;
    if approver.password_given {
        return Err(deny_approval(
            "passwordChangeNeeded",
            "the password of this account was set by someone else",
            "Set your own password first: intune-connector operators password.",
        ));
    }
    if super::intake::has_right(approver, super::tied_accounts::APPROVE) {
        Ok(approver)
    } else {
        Err(deny_approval(
            "missingRight",
            "the right Jobs_Approve is missing",
            "An operator with Operators_Manage can grant it.",
        ))
    }
}

/// There is no second person: after a day, whoever asked.
fn approve_alone(request: &ApprovalRequest) -> Result<ApprovalBasis, NotApproved> {
    if request.now - request.requested_at < ALONE {
        return Err(deny_approval(
            "tooEarly",
            "without a second person, approval is possible only after 24 hours",
            "Approve it then with your password (give the job a later expiresAt), or add a second operator.",
        ));
    }
    Ok(ApprovalBasis::Alone)
}
