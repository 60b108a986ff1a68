//! The broken glass (A9): in an emergency one person who may destroy wipes, retires or locks one device alone. It passes
//! approval, hourly thresholds and the kill switch of a restore; everything else that the guard knows holds, here and
//! before the call. A second person looks at it afterwards.

use super::approval::{ApprovalSignIn, NotApproved, check_approver_scope, check_in_person, deny_suspended};
use super::intake::{self, IntakeRequest, refuse_job};
use super::policy::{BusPolicy, InstancePolicy};
use super::tied_accounts::{TiedAccounts, is_person};
use crate::model::{ActionDanger, ActionKind, JobId, is_unprintable};
use crate::store::{BrokenGlassFacts, IntakeFacts, JobAcceptance, JobRefusal, KillSwitchOrigin};

/// In 24 hours, for a tenant.
pub const PER_DAY: u64 = 3;
/// Longest reason, characters.
pub const REASON_MAX: usize = 500;

/// The reason in one line, without what could forge another; `None`: there is none, or it is too long.
pub fn clean_reason(text: &str) -> Option<String> {
    let blank = |letter: char| is_unprintable(letter) || letter.is_whitespace();
    let words: Vec<&str> = text.split(blank).filter(|word| !word.is_empty()).collect();
    let line = words.join(" ");
    (!line.is_empty() && line.chars().count() <= REASON_MAX).then_some(line)
}

/// May this glass be broken? Asked in the transaction that makes the job durable.
pub fn check_break_glass(facts: &IntakeFacts, request: &IntakeRequest) -> Result<JobAcceptance, JobRefusal> {
    let bus = BusPolicy::from_json(facts.bus_policy.as_deref());
    let operator = intake::find_active_operator(facts)?;
    if !is_person(operator) {
        return Err(refuse_job(
            "personally",
            "only a person may break the glass, with their own name and password",
            "Send the name and password of your own account.",
        ));
    }
    if operator.password_given {
        return Err(refuse_job(
            "passwordChangeNeeded",
            "the password of this account was set by someone else",
            "Set your own password first: intune-connector operators password.",
        ));
    }
    intake::check_rights(operator, request)?;
    if !bus.approval.broken_glass {
        return Err(refuse_job(
            "brokenGlassOff",
            "breaking the glass is switched off on this bus (`broken_glass = no`)",
            "Send the job as usual; a second person has to approve it.",
        ));
    }
    check_glass_job(request)?;
    if facts.broken_glass_count >= PER_DAY {
        return Err(refuse_job(
            "brokenGlassLimit",
            format!(
                "the glass was broken {} times for this tenant within 24 hours",
                facts.broken_glass_count
            ),
            "Send the job as usual; a second person has to approve it.",
        ));
    }
    if let Some(switch) = facts
        .kill_switch
        .as_ref()
        .filter(|row| row.origin != KillSwitchOrigin::Restore)
    {
        return Err(intake::refuse_kill_switch(switch));
    }
    intake::check_action_enabled(&InstancePolicy::from_json(facts.instance_policy.as_deref()), request)?;
    if request.verb.danger() == ActionDanger::Destructive {
        intake::check_destructive(facts, request, &bus, &[intake::LimitSpan::Job, intake::LimitSpan::Day])?;
    }
    intake::check_fitness(request)?;
    Ok(JobAcceptance {
        needs_approval: false,
        approval_digest: request.approval_digest,
    })
}

fn check_glass_job(request: &IntakeRequest) -> Result<(), JobRefusal> {
    if !request.verb.may_break_glass() {
        let verbs = ActionKind::ALL.iter().filter(|verb| verb.may_break_glass());
        let names: Vec<&str> = verbs.map(|verb| verb.name()).collect();
        return Err(refuse_job(
            "brokenGlassAction",
            format!(
                "the glass can be broken only for {}, not for {}",
                names.join(", "),
                request.verb
            ),
            "Send the job as usual; a second person has to approve it where required.",
        ));
    }
    if request.devices == 1 && !request.by_filter {
        Ok(())
    } else {
        Err(refuse_job(
            "brokenGlassDevices",
            "the glass can be broken only for one named device",
            "Name one device; send the others as a job that a second person approves.",
        ))
    }
}

/// What everybody who signs in is told of a broken glass.
pub fn broken_glass_notice(by: &str, verb: ActionKind, job: JobId) -> String {
    format!("{by} broke the glass: {verb} of one device without approval, job {job}; see intune-connector broken-glass")
}

/// May this person acknowledge it?
pub fn check_acknowledgement(facts: &BrokenGlassFacts, by: ApprovalSignIn) -> Result<(), NotApproved> {
    let refuse = |code, detail: String, advice| Err(NotApproved { code, detail, advice });
    if let Some(seen) = &facts.broken_glass.seen_by {
        return refuse(
            "seen",
            format!("{seen} has already acknowledged it"),
            "There is nothing to do.",
        );
    }
    let looker = check_in_person(facts.acknowledger.as_ref(), by)?;
    if looker.id == facts.broken_glass.operator {
        return refuse(
            "ownRequest",
            "the person who broke the glass cannot acknowledge it".to_owned(),
            "A second person has to acknowledge it.",
        );
    }
    if TiedAccounts::from_controls(&facts.operators, &facts.controls, facts.now)
        .are_tied(looker.id, facts.broken_glass.operator)
    {
        return refuse(
            "relatedAccounts",
            "the two accounts count as one person: one controlled the other, or one controlled both, within 7 days"
                .to_owned(),
            "A second person has to acknowledge it.",
        );
    }
    if looker.suspended {
        return Err(deny_suspended());
    }
    check_approver_scope(Some(looker), facts.instance.as_ref())
}
