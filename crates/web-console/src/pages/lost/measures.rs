//! What can be done about a device that is lost: on its platform, by this reader.

use connector_core::model::{ActionDanger, ActionKind};
use sics_client::contract::{ActionView, ApprovalView, GuardView, InstancePolicyView};

use super::asking::AskedEffect;
use crate::page::PageContext;
use crate::pages::device::{
    ActionFit, DeviceFace, action_label, action_link, explain_instead, explain_unfit, judge_action,
};

/// In the order of the page: what can be undone first.
pub(super) const MEASURES: [ActionKind; 5] = [
    ActionKind::RemoteLock,
    ActionKind::EnableLostMode,
    ActionKind::Locate,
    ActionKind::Retire,
    ActionKind::Wipe,
];
/// Those that are refused on devices of persons unless the instance allows them there.
const REFUSED_ON_PERSONAL: [ActionKind; 2] = [ActionKind::Wipe, ActionKind::Locate];

/// One that works.
pub(super) struct Measure {
    pub(super) action: ActionKind,
    pub(super) label: String,
    /// What happens on this platform.
    pub(super) effect: String,
    /// What happens if the device is off-line.
    pub(super) offline: String,
    pub(super) second_person: String,
    /// What may still stand against it.
    pub(super) doubts: Vec<String>,
    /// Path of its form.
    pub(super) path: String,
    /// Path of the form without a second person; `None`: there is none for it.
    pub(super) emergency: Option<String>,
    /// What Intune and the bus say of it now; `None`: they were not asked.
    pub(super) asked: Option<AskedEffect>,
}

impl Measure {
    /// Path of the form without a second person, unless it was told that none is needed.
    pub(super) fn find_emergency(&self) -> Option<&str> {
        let is_free = self
            .asked
            .as_ref()
            .is_some_and(|asked| asked.would && !asked.needs_approval);
        self.emergency.as_deref().filter(|_| !is_free)
    }
}

/// One that does not work, and why.
pub(super) struct Unavailable {
    pub(super) label: String,
    pub(super) reason: String,
    pub(super) instead: Option<String>,
}

/// All of them.
#[derive(Default)]
pub(super) struct Measures {
    pub(super) gentle: Vec<Measure>,
    pub(super) destructive: Vec<Measure>,
    pub(super) unavailable: Vec<Unavailable>,
}

impl Measures {
    pub(super) fn is_empty(&self) -> bool {
        self.gentle.is_empty() && self.destructive.is_empty()
    }
}

/// Whether somebody else has to agree to an action on one device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SecondPerson {
    Needed,
    /// Only after many others.
    AfterMany,
    NotNeeded,
    /// The reader may not know the limits.
    Unknown,
}

impl SecondPerson {
    fn text_key(self) -> &'static str {
        match self {
            SecondPerson::Needed => "lost-second-needed",
            SecondPerson::AfterMany => "lost-second-after-many",
            SecondPerson::NotNeeded => "lost-second-not-needed",
            SecondPerson::Unknown => "lost-second-unknown",
        }
    }
}

/// As the limits of the bus stand; the API decides when the job comes in.
pub(super) fn expect_second_person(approval: Option<&ApprovalView>, danger: ActionDanger) -> SecondPerson {
    match (danger, approval) {
        (ActionDanger::Harmless, _) => SecondPerson::NotNeeded,
        (ActionDanger::Disruptive, _) => SecondPerson::AfterMany,
        (ActionDanger::Destructive, None) => SecondPerson::Unknown,
        (ActionDanger::Destructive, Some(rule)) if !rule.needed => SecondPerson::NotNeeded,
        (ActionDanger::Destructive, Some(rule)) if rule.always || rule.above == 0 => SecondPerson::Needed,
        (ActionDanger::Destructive, Some(rule)) if rule.per_hour == 0 || rule.per_day == 0 => SecondPerson::Needed,
        (ActionDanger::Destructive, Some(_)) => SecondPerson::AfterMany,
    }
}

/// `actions`: those that the reader may send.
pub(super) fn list_measures(
    ctx: &PageContext,
    actions: &[ActionView],
    face: &DeviceFace,
    guard: Option<&GuardView>,
    policy: Option<&InstancePolicyView>,
) -> Measures {
    let mut measures = Measures::default();
    let find = |kind: ActionKind| actions.iter().find(|action| action.name == kind);
    for action in MEASURES.into_iter().filter_map(find) {
        match judge_action(action, &face.platform, policy.map(|policy| &policy.verbs)) {
            Some(ActionFit::Works(support)) => {
                let conditions = support.conditions.iter();
                let mut doubts: Vec<String> = conditions.map(|code| ctx.word("condition-", code)).collect();
                doubts.extend(doubt_personal(ctx, action.name, face, policy));
                let measure = Measure {
                    doubts,
                    ..describe_measure(ctx, action, face, guard)
                };
                match action.danger {
                    ActionDanger::Destructive => measures.destructive.push(measure),
                    ActionDanger::Harmless | ActionDanger::Disruptive => measures.gentle.push(measure),
                }
            }
            Some(ActionFit::Unfit(support)) => measures.unavailable.push(Unavailable {
                label: action_label(ctx, action.name),
                reason: explain_unfit(ctx, action.name, support),
                instead: explain_instead(ctx, action.name, support),
            }),
            Some(ActionFit::SwitchedOff) => measures.unavailable.push(Unavailable {
                label: action_label(ctx, action.name),
                reason: ctx.t1("device-switched-off", "instance", face.instance.as_str()),
                instead: None,
            }),
            None => {}
        }
    }
    measures
}

fn describe_measure(ctx: &PageContext, action: &ActionView, face: &DeviceFace, guard: Option<&GuardView>) -> Measure {
    let kind = action.name;
    let expected = expect_second_person(guard.map(|guard| &guard.approval), action.danger);
    let allows_emergency = guard.is_none_or(|guard| guard.approval.broken_glass);
    let may_need = expected != SecondPerson::NotNeeded;
    let emergency = kind.may_break_glass() && allows_emergency && may_need;
    Measure {
        action: kind,
        label: action_label(ctx, kind),
        effect: describe_effect(ctx, kind, &face.platform),
        offline: ctx.word("lost-offline-", kind.name()),
        second_person: ctx.t(expected.text_key()),
        doubts: Vec::new(),
        path: action_link(kind, &face.instance, &face.id),
        emergency: emergency.then(|| format!("{}?action={kind}", emergency_path(&face.instance, &face.id))),
        asked: None,
    }
}

/// What it does on this platform, one or two sentences.
pub(super) fn describe_effect(ctx: &PageContext, action: ActionKind, platform: &str) -> String {
    let usual = format!("lost-does-{}", action.name().to_ascii_lowercase());
    let exact = format!("{usual}-{}", platform.to_ascii_lowercase());
    let key = if ctx.has_text(&exact) { exact } else { usual };
    ctx.t(&key)
}

/// Path of the form without a second person.
pub(super) fn emergency_path(instance: &str, id: &str) -> String {
    format!("/lost/{instance}/{id}/emergency")
}

fn doubt_personal(
    ctx: &PageContext,
    action: ActionKind,
    face: &DeviceFace,
    policy: Option<&InstancePolicyView>,
) -> Option<String> {
    let is_allowed = policy.is_some_and(|policy| policy.personal_allowed.contains(&action));
    let is_doubtful = face.is_personal && REFUSED_ON_PERSONAL.contains(&action) && !is_allowed;
    is_doubtful.then(|| ctx.t("lost-personal"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(needed: bool, always: bool, above: u64, per_day: u64) -> ApprovalView {
        ApprovalView {
            needed,
            always,
            above,
            per_hour: 3,
            per_day,
            broken_glass: true,
        }
    }

    #[test]
    fn a_second_person_is_expected_as_the_limits_say() {
        use ActionDanger::{Destructive, Disruptive, Harmless};
        for (rule, danger, expected) in [
            (Some(rule(true, true, 3, 3)), Destructive, SecondPerson::Needed),
            (Some(rule(true, false, 0, 3)), Destructive, SecondPerson::Needed),
            (Some(rule(true, false, 3, 0)), Destructive, SecondPerson::Needed),
            (Some(rule(true, false, 3, 3)), Destructive, SecondPerson::AfterMany),
            (Some(rule(false, true, 0, 0)), Destructive, SecondPerson::NotNeeded),
            (None, Destructive, SecondPerson::Unknown),
            (None, Disruptive, SecondPerson::AfterMany),
            (Some(rule(true, true, 0, 0)), Harmless, SecondPerson::NotNeeded),
        ] {
            assert_eq!(
                expect_second_person(rule.as_ref(), danger),
                expected,
                "{rule:?} {danger:?}"
            );
        }
    }

    #[test]
    fn what_can_be_undone_comes_first() {
        let dangers: Vec<ActionDanger> = MEASURES.into_iter().map(ActionKind::danger).collect();
        assert!(dangers.is_sorted(), "{dangers:?}");
    }
}
