//! Who may agree to somebody else's job (and to what loosens the guard, A7).

use chrono::TimeDelta;

use super::intake::has;
use crate::model::{At, InstanceName, Timestamp};
use crate::store::{Approval, Approver, OperatorKind, OperatorRow};

/// Accounts made so lately by one another count as one.
const RELATED: TimeDelta = TimeDelta::days(7);
/// Where there is nobody else: that long to think it over.
pub const ALONE: TimeDelta = TimeDelta::hours(24);

/// How the one who approves has shown who he is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignedInBy {
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

fn no(code: &'static str, detail: impl Into<String>, advice: &'static str) -> NotApproved {
    NotApproved {
        code,
        detail: detail.into(),
        advice,
    }
}

/// Whether this person may approve this job as it was shown to him.
pub fn may_approve(facts: &Approver, by: SignedInBy, digest: &[u8]) -> Result<(), NotApproved> {
    if facts.job.approval != Approval::Waiting {
        return Err(no(
            "notWaiting",
            "the job does not wait for an approval",
            "Look at the job.",
        ));
    }
    if facts.now >= facts.job.expires_at {
        return Err(no(
            "expired",
            "the job and its approval have expired",
            "The requester has to send it again.",
        ));
    }
    if facts.job.approval_digest.as_deref() != Some(digest) {
        return Err(no(
            "digest",
            "what was shown is not what the job would do",
            "Look at the job again and approve what it shows.",
        ));
    }
    let (approver, requester) = (facts.approver.as_ref(), facts.requester.as_ref());
    agrees(approver, requester, &facts.others, by, facts.job.created_at, facts.now)?;
    if facts.approver_suspended {
        return Err(suspended());
    }
    reaches(approver, facts.instance.as_ref())
}

/// Whoever went too far himself has no say over others.
pub fn suspended() -> NotApproved {
    no(
        "suspended",
        "destructive rights of this account are suspended, and so is its say over those of others",
        "Another operator has to lift the suspension first, or approve this.",
    )
}

/// What a person needs to agree to anything.
const APPROVE: &str = "Jobs_Approve";

/// Whoever's rights hold for some instances only has no say over the others, nor over the whole bus (`None`).
pub fn reaches(approver: Option<&OperatorRow>, instance: Option<&InstanceName>) -> Result<(), NotApproved> {
    let may = |operator: &OperatorRow| match instance {
        Some(name) => operator.may(APPROVE, At::instance(name)),
        None => operator.may_for_all_instances(APPROVE),
    };
    match approver.is_some_and(may) {
        true => Ok(()),
        false => Err(no(
            "outOfScope",
            "the rights of this account do not hold there",
            "Somebody whose rights hold there has to decide.",
        )),
    }
}

/// The same for anything that a second person has to agree to: `since` it was asked for.
pub fn agrees(
    approver: Option<&OperatorRow>,
    requester: Option<&OperatorRow>,
    others: &[OperatorRow],
    by: SignedInBy,
    since: Timestamp,
    now: Timestamp,
) -> Result<(), NotApproved> {
    let approver = in_person(approver, by)?;
    if requester.is_some_and(|requester| requester.id == approver.id) {
        return alone(others, since, now);
    }
    if requester.is_some_and(|requester| related(approver, requester, now)) {
        return Err(no(
            "relatedAccounts",
            "one of the two accounts made the other within the last 7 days",
            "Somebody else has to approve.",
        ));
    }
    // A file, or an account without a password (the way in for commands on this machine): whoever stands behind it may
    // be the very person who agrees now. That is well where there are others who can see it.
    let is_nobody = requester.is_none_or(|requester| requester.kind == OperatorKind::Person && !is_person(requester));
    let seen = |other: &OperatorRow| other.id != approver.id && is_person(other) && !related(approver, other, now);
    match is_nobody && !others.iter().any(seen) {
        true => alone(&[], since, now),
        false => Ok(()),
    }
}

pub fn related(one: &OperatorRow, other: &OperatorRow, now: Timestamp) -> bool {
    let made = |child: &OperatorRow, parent: &OperatorRow| {
        child.created_by == Some(parent.id) && now - child.created_at < RELATED
    };
    made(one, other) || made(other, one)
}

/// A person, with the right to decide, who has just given his own name and password.
pub fn in_person(approver: Option<&OperatorRow>, by: SignedInBy) -> Result<&OperatorRow, NotApproved> {
    let shown = approver.filter(|operator| is_person(operator) && by == SignedInBy::OwnPassword);
    let approver = shown.ok_or_else(|| {
        no(
            "personally",
            "only a person may approve, with his own name and password",
            "Give name and password of your own account with it; tokens and management servers can't approve.",
        )
    })?;
    match has(approver, APPROVE) {
        true => Ok(approver),
        false => Err(no(
            "missingRight",
            "the right Jobs_Approve is wanted",
            "Somebody with Operators_Manage can grant it.",
        )),
    }
}

/// Somebody who can show who he is.
fn is_person(operator: &OperatorRow) -> bool {
    !operator.disabled && operator.kind == OperatorKind::Person && operator.password_hash.is_some()
}

/// Nobody else is there: after a day, the requester himself.
fn alone(others: &[OperatorRow], since: Timestamp, now: Timestamp) -> Result<(), NotApproved> {
    if others.iter().any(is_person) {
        return Err(no(
            "ownRequest",
            "nobody may approve his own request",
            "Somebody else has to approve.",
        ));
    }
    if now - since < ALONE {
        return Err(no(
            "tooEarly",
            "where there is only one operator, 24 hours have to pass first",
            "Approve it then, with your password; give the job an expiresAt that is later, or add a second operator.",
        ));
    }
    Ok(())
}
