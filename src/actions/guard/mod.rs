//! stub
use crate::actions::subject::Subject;
use crate::actions::verbs::Parameters;
use crate::model::Identity;
use crate::store::{IntentFacts, Move};
pub struct Aimed {
    pub subject: Subject,
    pub identity: Option<Identity>,
    pub body: String,
    pub parameters: Parameters,
}
#[derive(Default)]
pub struct Policies {}
pub fn before_call(_: &IntentFacts, _: &Aimed, _: &Policies) -> Result<(), Box<Move>> {
    Ok(())
}

pub struct Asked {
    pub verb: crate::model::Verb,
    pub instance: crate::model::InstanceName,
    pub devices: usize,
    pub by_filter: bool,
    pub urgent: bool,
    pub oldest_read: Option<(crate::model::DeviceId, crate::model::Timestamp)>,
    pub would_wipe: bool,
    pub approval_digest: [u8; 32],
}
pub fn intake(_: &crate::store::IntakeFacts, a: &Asked) -> Result<crate::store::Intake, crate::store::Refused> {
    Ok(crate::store::Intake {
        needs_approval: false,
        approval_digest: a.approval_digest,
    })
}
pub fn scope_of(i: crate::model::InstanceId) -> String {
    format!("instance:{i}")
}
pub fn version_of(s: &crate::actions::verbs::VerbSpec, _: &str) -> crate::actions::verbs::ApiVersion {
    s.version
}
pub fn definition(_: &str, _: &str) -> Option<crate::model::Verb> {
    None
}
pub fn may_approve(facts: &crate::store::Approver, digest: &[u8]) -> Result<(), crate::store::Refused> {
    let no = |rule, detail: &str| {
        Err(crate::store::Refused {
            rule,
            detail: detail.to_owned(),
            advice: "Ask somebody else.".to_owned(),
            counts: false,
            trips: false,
        })
    };
    if facts.job.approval_digest.as_deref() != Some(digest) {
        return no("digest", "the job is another one");
    }
    if facts.approver.as_ref().is_none_or(|row| row.id == facts.job.operator) {
        return no("requester", "nobody approves his own job");
    }
    Ok(())
}
