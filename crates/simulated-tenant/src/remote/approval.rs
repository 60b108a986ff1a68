//! Multi Admin Approval: a protected action is refused with `ApprovalRequired` and a code until another administrator
//! has approved; then the *same* request is sent again with the code. An app can ask and carry out, never approve:
//! the second administrator is the control API.

use std::collections::BTreeSet;
use std::sync::Mutex;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::state::lock;

/// What Intune protects, and how it says no.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Policy {
    /// Verbs that need approval; none is the default.
    pub verbs: BTreeSet<String>,
    /// 403 or 400: the documents say both.
    pub status: u16,
    /// An approval nobody used lapses.
    pub lapses_after_s: i64,
}

impl Default for Policy {
    fn default() -> Self {
        Policy {
            verbs: BTreeSet::new(),
            status: 403,
            lapses_after_s: 30 * 86_400,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Standing {
    NeedsApproval,
    Approved,
    Rejected,
    Cancelled,
    /// Carried out: the code is spent.
    Completed,
    Expired,
}

/// A request for approval.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Approval {
    /// Its id and its code.
    pub code: Uuid,
    pub verb: String,
    pub device_id: Uuid,
    pub client_id: String,
    pub standing: Standing,
    pub justification: String,
    pub approver_justification: String,
    pub requested_at: DateTime<Utc>,
    pub changed_at: DateTime<Utc>,
    pub lapses_at: DateTime<Utc>,
    /// The request it is for: method, path and body.
    #[serde(skip)]
    request: String,
}

/// A request, as far as approval looks at it.
#[derive(Debug, Clone)]
pub struct Claim<'a> {
    pub verb: &'a str,
    pub device_id: Uuid,
    pub client_id: &'a str,
    /// Method, path and body.
    pub request: String,
    pub justification: Option<&'a str>,
    pub code: Option<&'a str>,
    pub at: DateTime<Utc>,
}

/// What approval says of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Not protected, or approved under this code.
    Free(Option<Uuid>),
    /// `ApprovalRequired` under this code.
    Required(Uuid),
    /// The header with the reason is missing, or no base64.
    Unjustified,
    /// The code is unknown, for something else, or no longer good.
    Refused(&'static str),
}

/// Requests kept; the oldest are forgotten.
const MAX_KEPT: usize = 10_000;

#[derive(Debug, Default)]
pub struct Approvals(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    policy: Policy,
    asked: Vec<Approval>,
}

impl Approvals {
    pub fn policy(&self) -> Policy {
        lock(&self.0).policy.clone()
    }

    pub fn set_policy(&self, policy: Policy) {
        lock(&self.0).policy = policy;
    }

    /// Oldest first, as they stand at `at`.
    pub fn all(&self, at: DateTime<Utc>) -> Vec<Approval> {
        let mut inner = lock(&self.0);
        inner.lapse(at);
        inner.asked.clone()
    }

    pub fn judge(&self, claim: &Claim<'_>, new_code: Uuid) -> Verdict {
        let mut inner = lock(&self.0);
        if !inner.policy.verbs.contains(claim.verb) {
            return Verdict::Free(None);
        }
        inner.lapse(claim.at);
        if let Some(code) = claim.code {
            return inner.by_code(code, claim);
        }
        let justification = claim.justification.and_then(|text| STANDARD.decode(text.trim()).ok());
        let Some(justification) = justification.filter(|text| !text.is_empty()) else {
            return Verdict::Unjustified;
        };
        if inner.asked.len() >= MAX_KEPT {
            inner.asked.remove(0);
        }
        let lapses_after = TimeDelta::try_seconds(inner.policy.lapses_after_s).unwrap_or(TimeDelta::MAX);
        inner.asked.push(Approval {
            code: new_code,
            verb: claim.verb.to_owned(),
            device_id: claim.device_id,
            client_id: claim.client_id.to_owned(),
            standing: Standing::NeedsApproval,
            justification: String::from_utf8_lossy(&justification).into_owned(),
            approver_justification: String::new(),
            requested_at: claim.at,
            changed_at: claim.at,
            lapses_at: claim
                .at
                .checked_add_signed(lapses_after)
                .unwrap_or(DateTime::<Utc>::MAX_UTC),
            request: claim.request.clone(),
        });
        Verdict::Required(new_code)
    }

    /// The administrator's decision, or the end of an approved request. False where there is no such open request.
    pub fn decide(&self, code: Uuid, standing: Standing, why: &str, at: DateTime<Utc>) -> bool {
        let mut inner = lock(&self.0);
        inner.lapse(at);
        let Some(asked) = inner.asked.iter_mut().find(|asked| asked.code == code) else {
            return false;
        };
        let open = match standing {
            // Cancelling takes back what was approved as well.
            Standing::Cancelled => matches!(asked.standing, Standing::NeedsApproval | Standing::Approved),
            Standing::Completed => asked.standing == Standing::Approved,
            _ => asked.standing == Standing::NeedsApproval,
        };
        if open {
            (asked.standing, asked.changed_at) = (standing, at);
            if !why.is_empty() {
                asked.approver_justification = why.to_owned();
            }
        }
        open
    }
}

impl Inner {
    fn lapse(&mut self, at: DateTime<Utc>) {
        for asked in &mut self.asked {
            if matches!(asked.standing, Standing::NeedsApproval | Standing::Approved) && asked.lapses_at <= at {
                (asked.standing, asked.changed_at) = (Standing::Expired, at);
            }
        }
    }

    fn by_code(&self, code: &str, claim: &Claim<'_>) -> Verdict {
        let code = Uuid::parse_str(code.trim()).ok();
        let found = self.asked.iter().find(|asked| Some(asked.code) == code);
        let Some(asked) = found else {
            return Verdict::Refused("The approval code is not known.");
        };
        if asked.request != claim.request || asked.client_id != claim.client_id {
            return Verdict::Refused("The request is not the one that was approved.");
        }
        match asked.standing {
            Standing::NeedsApproval => Verdict::Required(asked.code),
            Standing::Approved => Verdict::Free(Some(asked.code)),
            Standing::Rejected => Verdict::Refused("The approval request was rejected."),
            Standing::Cancelled => Verdict::Refused("The approval request was cancelled."),
            Standing::Completed => Verdict::Refused("The approval request was completed already."),
            Standing::Expired => Verdict::Refused("The approval request has expired."),
        }
    }
}
