//! The broken glass (A9): in an emergency one person who may destroy wipes, retires or locks one device alone. It passes
//! approval, hourly thresholds and the kill switch of a restore; everything else that the guard knows holds, here and
//! before the call. A second person looks at it afterwards.

use super::approval::{NotApproved, SignedInBy, in_person, reaches, suspended};
use super::intake::{self, Asked, no};
use super::people::{People, is_person};
use super::policy::{BusPolicy, InstancePolicy};
use crate::model::{Danger, Verb, is_unfit};
use crate::store::{GlassFacts, Intake, IntakeFacts, Refused, SwitchOrigin};

/// In 24 hours, for a tenant.
pub const PER_DAY: u64 = 3;
/// Longest reason, characters.
const REASON_MAX: usize = 500;

/// The reason in one line, without what could forge another; `None`: there is none, or it is too long.
pub fn reason(text: &str) -> Option<String> {
    let blank = |letter: char| is_unfit(letter) || letter.is_whitespace();
    let words: Vec<&str> = text.split(blank).filter(|word| !word.is_empty()).collect();
    let line = words.join(" ");
    (!line.is_empty() && line.chars().count() <= REASON_MAX).then_some(line)
}

/// May this glass be broken? Asked in the transaction that makes the job durable.
pub fn break_glass(facts: &IntakeFacts, asked: &Asked) -> Result<Intake, Refused> {
    let bus = BusPolicy::read(facts.bus_policy.as_deref());
    let operator = intake::account(facts)?;
    if !is_person(operator) {
        return Err(no(
            "personally",
            "only a person may break the glass, with their own name and password",
            "Give name and password of your own account with it.",
        ));
    }
    if operator.password_given {
        return Err(no(
            "passwordChangeNeeded",
            "the password of this account came from somebody else",
            "Set one of your own first: intune-connector operators password.",
        ));
    }
    intake::rights(operator, asked)?;
    if !bus.approval.broken_glass {
        return Err(no(
            "brokenGlassOff",
            "this bus lets nobody break the glass (`broken_glass = no`)",
            "Send the job as usual; somebody else has to approve it.",
        ));
    }
    fits(asked)?;
    if facts.glasses >= PER_DAY {
        return Err(no(
            "brokenGlassLimit",
            format!(
                "the glass was broken {} times for this tenant within 24 hours",
                facts.glasses
            ),
            "Send the job as usual; somebody else has to approve it.",
        ));
    }
    if let Some(switch) = facts
        .kill_switch
        .as_ref()
        .filter(|row| row.origin != SwitchOrigin::Restore)
    {
        return Err(intake::stopped(switch));
    }
    intake::switched_on(&InstancePolicy::read(facts.instance_policy.as_deref()), asked)?;
    if asked.verb.danger() == Danger::Destructive {
        intake::destructive(facts, asked, &bus, &[intake::Span::Job, intake::Span::Day])?;
    }
    Ok(Intake {
        needs_approval: false,
        approval_digest: asked.approval_digest,
    })
}

fn fits(asked: &Asked) -> Result<(), Refused> {
    if !asked.verb.breaks_glass() {
        let verbs = Verb::ALL.iter().filter(|verb| verb.breaks_glass());
        let names: Vec<&str> = verbs.map(|verb| verb.name()).collect();
        return Err(no(
            "brokenGlassAction",
            format!(
                "the glass is broken for {} only, not for {}",
                names.join(", "),
                asked.verb
            ),
            "Send the job as usual; somebody else has to approve it where that is needed.",
        ));
    }
    match asked.devices == 1 && !asked.by_filter {
        true => Ok(()),
        false => Err(no(
            "brokenGlassDevices",
            "the glass is broken for one device that is named",
            "Name one device; send the others as a job that somebody else approves.",
        )),
    }
}

/// May this person say to have looked at it?
pub fn may_acknowledge(facts: &GlassFacts, by: SignedInBy) -> Result<(), NotApproved> {
    let refuse = |code, detail: String, advice| Err(NotApproved { code, detail, advice });
    if let Some(seen) = &facts.glass.seen_by {
        return refuse("seen", format!("{seen} has looked at it"), "There is nothing to do.");
    }
    let looker = in_person(facts.looker.as_ref(), by)?;
    if looker.id == facts.glass.operator {
        return refuse(
            "ownRequest",
            "whoever broke the glass is no second person".to_owned(),
            "Somebody else has to look at it.",
        );
    }
    if People::at(&facts.everybody, &facts.controls, facts.now).tied(looker.id, facts.glass.operator) {
        return refuse(
            "relatedAccounts",
            "the two accounts count as one person: one controlled the other, or one controlled both, within 7 days"
                .to_owned(),
            "Somebody else has to look at it.",
        );
    }
    if looker.suspended {
        return Err(suspended());
    }
    reaches(Some(looker), facts.instance.as_ref())
}
