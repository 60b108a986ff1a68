//! Who may agree to somebody else's job (and to what loosens the guard, A7).

use chrono::TimeDelta;

use super::people::{People, is_folder, is_person, may_approve_at};
use crate::model::{Control, InstanceName, OperatorId, Timestamp};
use crate::store::{Approval, Approver, OperatorRow};

/// Where there is no second person: that long to think it over.
pub const ALONE: TimeDelta = TimeDelta::hours(24);

/// How the one who approves has shown who they are.
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

/// Whether this person may approve this job as it was shown to them.
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
    let wish = Wish {
        requester: Some(facts.job.operator),
        place: facts.instance.as_ref(),
        everybody: &facts.everybody,
        controls: &facts.controls,
        since: facts.job.created_at,
        now: facts.now,
    };
    let approver = facts.approver.as_ref();
    agrees(&wish, approver, by)?;
    if approver.is_some_and(|approver| approver.suspended) {
        return Err(suspended());
    }
    reaches(approver, facts.instance.as_ref())
}

/// Whoever went too far has no say over others.
pub fn suspended() -> NotApproved {
    no(
        "suspended",
        "destructive rights of this account are suspended, and so is its say over those of others",
        "Another operator has to lift the suspension first, or approve this.",
    )
}

/// Whoever's rights hold for some instances only has no say over the others, nor over the whole bus (`None`).
pub fn reaches(approver: Option<&OperatorRow>, instance: Option<&InstanceName>) -> Result<(), NotApproved> {
    match approver.is_some_and(|operator| may_approve_at(operator, instance)) {
        true => Ok(()),
        false => Err(no(
            "outOfScope",
            "the rights of this account do not hold there",
            "Somebody whose rights hold there has to decide.",
        )),
    }
}

/// What somebody else has to agree to.
pub struct Wish<'a> {
    /// `None`: found in a file.
    pub requester: Option<OperatorId>,
    /// Where it would be; `None`: the whole bus.
    pub place: Option<&'a InstanceName>,
    pub everybody: &'a [OperatorRow],
    pub controls: &'a [Control],
    /// When it was asked for.
    pub since: Timestamp,
    pub now: Timestamp,
}

/// By whom it was agreed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Agreement {
    SecondPerson,
    /// Where there is no second person: by whoever asked, a day later.
    Alone,
}

/// Whether this person may agree to it. Accounts that are tied count as one person (A9): what one of them asks for, none
/// of them agrees to, unless there is no second person at all and a day has passed.
pub fn agrees(wish: &Wish, approver: Option<&OperatorRow>, by: SignedInBy) -> Result<Agreement, NotApproved> {
    let approver = in_person(approver, by)?;
    let people = People::at(wish.everybody, wish.controls, wish.now);
    // A file, or the account of the data folder: whoever stands behind it may be the very person who agrees now. That is
    // well where there is somebody else who can see it.
    let Some(requester) = wish
        .requester
        .filter(|id| people.row(*id).is_none_or(|row| !is_folder(row)))
    else {
        return match people.others(approver.id).next() {
            Some(_) => Ok(Agreement::SecondPerson),
            None => alone(wish),
        };
    };
    if !people.tied(approver.id, requester) {
        return Ok(Agreement::SecondPerson);
    }
    let others: Vec<&str> = people
        .second_persons(requester, wish.place)
        .map(|row| row.name.as_str())
        .collect();
    if others.is_empty() {
        return alone(wish);
    }
    let advice = "Somebody else has to approve.";
    Err(match approver.id == requester {
        true => no(
            "ownRequest",
            format!("nobody may approve their own request; {} may", listed(&others)),
            advice,
        ),
        false => no(
            "relatedAccounts",
            format!(
                "account {} and the one that asked count as one person: within the last 7 days one controlled the other, \
                 or somebody controlled both; {} may approve",
                approver.name,
                listed(&others)
            ),
            advice,
        ),
    })
}

fn listed(names: &[&str]) -> String {
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
pub fn in_person(approver: Option<&OperatorRow>, by: SignedInBy) -> Result<&OperatorRow, NotApproved> {
    let shown = approver.filter(|operator| is_person(operator) && by == SignedInBy::OwnPassword);
    let approver = shown.ok_or_else(|| {
        no(
            "personally",
            "only a person may approve, with their own name and password",
            "Give name and password of your own account with it; tokens and management servers can't approve.",
        )
    })?;
    if approver.password_given {
        return Err(no(
            "passwordChangeNeeded",
            "the password of this account came from somebody else",
            "Set one of your own first: intune-connector operators password.",
        ));
    }
    match super::intake::has(approver, super::people::APPROVE) {
        true => Ok(approver),
        false => Err(no(
            "missingRight",
            "the right Jobs_Approve is wanted",
            "Somebody with Operators_Manage can grant it.",
        )),
    }
}

/// There is no second person: after a day, whoever asked.
fn alone(wish: &Wish) -> Result<Agreement, NotApproved> {
    if wish.now - wish.since < ALONE {
        return Err(no(
            "tooEarly",
            "where there is no second person, 24 hours have to pass first",
            "Approve it then, with your password; give the job an expiresAt that is later, or add a second operator.",
        ));
    }
    Ok(Agreement::Alone)
}
