//! A microservice as lists and pages show it.

use connector_core::model::StartType;
use sics_client::contract::{InstanceState, InstanceStatus, LastError, LifecycleState, MemberStatus, TargetKind};

use crate::clock_text::TimeText;
use crate::page::PageContext;
use crate::pages::dashboard::find_cause;
use crate::render::Markup;
use crate::said::SaidSentence;

/// Class of a state.
pub(crate) fn lifecycle_light(state: LifecycleState) -> &'static str {
    match state {
        LifecycleState::Running => "good",
        LifecycleState::Starting | LifecycleState::Stopping | LifecycleState::BackingOff => "warning",
        LifecycleState::Failed => "bad",
        LifecycleState::Stopped => "",
    }
}

pub(crate) fn lifecycle_word(ctx: &PageContext, state: LifecycleState) -> String {
    ctx.word("microservices-state-", state.name())
}

/// Class and key of the word of an instance's state.
pub(super) fn instance_words(state: InstanceState) -> (&'static str, &'static str) {
    match state {
        InstanceState::Idle => ("good", "microservices-instance-idle"),
        InstanceState::Scanning => ("good", "microservices-instance-scanning"),
        InstanceState::Failing => ("bad", "microservices-instance-failing"),
        InstanceState::Braked => ("bad", "microservices-instance-braked"),
        InstanceState::Stopped => ("", "microservices-instance-stopped"),
        InstanceState::Disabled => ("", "microservices-instance-disabled"),
        InstanceState::Misconfigured => ("bad", "microservices-instance-misconfigured"),
    }
}

/// What can be done with it now, whoever does it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct MemberSteps {
    pub(super) start: bool,
    pub(super) stop: bool,
}

pub(super) fn possible_steps(state: LifecycleState, start_type: StartType) -> MemberSteps {
    let is_up = match state {
        LifecycleState::Starting | LifecycleState::Running | LifecycleState::BackingOff => true,
        LifecycleState::Stopped | LifecycleState::Stopping | LifecycleState::Failed => false,
    };
    MemberSteps {
        start: !is_up && start_type != StartType::Disabled,
        stop: is_up,
    }
}

/// Its last error.
pub(super) struct ErrorRow {
    pub(super) at: TimeText,
    pub(super) problem: Markup,
    pub(super) cure: Markup,
    pub(super) code: String,
}

impl ErrorRow {
    pub(super) fn new(ctx: &PageContext, error: &LastError) -> ErrorRow {
        let said = SaidSentence::from_english(ctx, &error.problem);
        let own = find_cause(ctx, &error.code).filter(|_| said.is_foreign);
        let in_own = |text: String| SaidSentence::in_language(ctx, text, ctx.language()).to_markup();
        let (problem, cure) = match own {
            Some(cause) if !cause.cure.is_empty() => (in_own(cause.what), in_own(cause.cure)),
            Some(cause) => (in_own(cause.what), ctx.said(&error.advice)),
            None => (said.to_markup(), ctx.said(&error.advice)),
        };
        ErrorRow {
            at: ctx.time(&error.at),
            problem,
            cure,
            code: ctx.plain(&error.code),
        }
    }
}

/// A row of the tree, and the head of its own page.
pub(super) struct MemberRow {
    pub(super) name: String,
    pub(super) profile: String,
    pub(super) kind: String,
    pub(super) version: String,
    pub(super) product: String,
    pub(super) state: String,
    pub(super) light: &'static str,
    /// How its scans are; `None`: it is no instance.
    pub(super) instance: Option<InstanceFace>,
    pub(super) since: TimeText,
    pub(super) start_type: String,
    /// As the API names it.
    pub(super) start_type_name: &'static str,
    pub(super) requests: String,
    pub(super) rows: String,
    /// Entries that wait, of all queues.
    pub(super) waiting: String,
    pub(super) queues: Vec<(String, String)>,
    pub(super) restarts: String,
    pub(super) next_start: Option<TimeText>,
    pub(super) error: Option<ErrorRow>,
    pub(super) steps: MemberSteps,
    /// Whether it writes into another inventory, and has a page of its own for that.
    pub(super) is_target: bool,
}

/// What an instance adds to its row.
pub(super) struct InstanceFace {
    pub(super) state: String,
    pub(super) light: &'static str,
    pub(super) devices: String,
}

impl MemberRow {
    /// `status`: of the instance that it is.
    pub(super) fn new(ctx: &PageContext, member: &MemberStatus, status: Option<&InstanceStatus>) -> MemberRow {
        let queues = member.numbers.queues.iter();
        MemberRow {
            name: ctx.plain(&member.name),
            profile: ctx.plain(&member.profile),
            kind: ctx.plain(&member.kind),
            version: ctx.plain(&member.version),
            product: ctx.plain(&member.product),
            state: lifecycle_word(ctx, member.state),
            light: lifecycle_light(member.state),
            instance: status.map(|status| {
                let (light, key) = instance_words(status.state);
                InstanceFace {
                    state: ctx.t(key),
                    light,
                    devices: ctx.count("microservices-devices", status.devices),
                }
            }),
            since: ctx.time(&member.since),
            start_type: ctx.word("microservices-start-", member.start_type.name()),
            start_type_name: member.start_type.name(),
            requests: ctx.number(member.numbers.requests),
            rows: ctx.number(member.numbers.rows),
            waiting: ctx.number(member.numbers.queues.values().sum::<u64>()),
            queues: queues
                .map(|(name, count)| (ctx.plain(name), ctx.number(count)))
                .collect(),
            restarts: ctx.number(u64::from(member.restarts)),
            next_start: member.next_start.as_ref().map(|at| ctx.time(at)),
            error: member.last_error.as_ref().map(|error| ErrorRow::new(ctx, error)),
            steps: possible_steps(member.state, member.start_type),
            is_target: TargetKind::from_member_kind(&member.kind).is_some(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_runs_can_be_stopped_and_what_does_not_can_be_started_unless_it_is_disabled() {
        for (state, start_type, start, stop) in [
            (LifecycleState::Running, StartType::Automatic, false, true),
            (LifecycleState::BackingOff, StartType::Automatic, false, true),
            (LifecycleState::Stopped, StartType::Manual, true, false),
            (LifecycleState::Failed, StartType::Automatic, true, false),
            (LifecycleState::Stopped, StartType::Disabled, false, false),
            (LifecycleState::Stopping, StartType::Disabled, false, false),
        ] {
            assert_eq!(
                possible_steps(state, start_type),
                MemberSteps { start, stop },
                "{state:?}"
            );
        }
    }

    #[test]
    fn failures_are_red_and_pauses_are_not_green() {
        assert_eq!(lifecycle_light(LifecycleState::Failed), "bad");
        assert_eq!(lifecycle_light(LifecycleState::BackingOff), "warning");
        assert_eq!(instance_words(InstanceState::Failing).0, "bad");
        assert_eq!(instance_words(InstanceState::Idle).0, "good");
    }
}
