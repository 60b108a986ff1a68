//! The check of a target: the other side, as its kind checks it, when what it signs in with ends, and whether the devices of
//! each instance come here at all ([`target_gaps`]).

use std::sync::Arc;
use std::time::Instant;

use chrono::NaiveDate;
use tokio::sync::mpsc;

use super::STEPS;
use super::target_gaps::{TargetGap, find_target_gaps};
use crate::config::TargetSettings;
use crate::contract::{CheckStep, CheckStepState};
use crate::model::ServerId;
use crate::store::Store;
use crate::targets::sign_in_end::keep_sign_in_end;
use crate::targets::step_maker::StepMaker;
use crate::targets::{SignInEnd, TargetAdapter, TargetContext, TargetFault};

/// Instances that are named at most.
const INSTANCES_MAX: usize = 20;
const STEP: &str = "instance";
/// Where the name of the target goes, in what kinds say.
const PLACE: &str = "TARGET";
/// The setting with the instances.
const INSTANCES: &str = "instances";
/// Steps without which nothing is asked for besides.
const BLOCKERS: [&str; 2] = ["reach", "signIn"];

pub(crate) struct TargetCheck {
    /// Or why there can be none.
    pub adapter: Result<Arc<dyn TargetAdapter>, TargetFault>,
    pub store: Store,
    pub settings: Arc<TargetSettings>,
    /// Of a target that is installed.
    pub server: Option<ServerId>,
    /// The target that has these settings: what is asked only once a day is kept for it.
    pub kept_for: Option<TargetContext>,
}

/// Starts the check; the receiver ends after the last step. `field` of a step: the setting that it blames.
pub(crate) fn start_target_check(check: TargetCheck) -> mpsc::Receiver<CheckStep> {
    let (sender, steps) = mpsc::channel(STEPS);
    tokio::spawn(async move {
        match &check.adapter {
            Ok(adapter) => {
                let blocker = verify_inventory(adapter.as_ref(), check.server.as_ref(), &sender).await;
                if check.settings.sign_in_mark().is_some() {
                    let step = check_sign_in_end(&check, adapter.as_ref(), blocker.as_deref()).await;
                    let _ = sender.send(name_target(step, check.server.as_ref())).await;
                }
            }
            Err(fault) => {
                let _ = sender.send(name_target(fault_step(fault), check.server.as_ref())).await;
            }
        }
        for step in check_instances(&check).await {
            let _ = sender.send(step).await;
        }
    });
    steps
}

/// The steps of the kind, as they end. Answers the one that stands in the way of everything else, if one does.
async fn verify_inventory(
    adapter: &dyn TargetAdapter,
    server: Option<&ServerId>,
    sender: &mpsc::Sender<CheckStep>,
) -> Option<String> {
    let (told, mut ended) = mpsc::channel::<CheckStep>(STEPS);
    let forward = async move {
        let mut blocker: Option<String> = None;
        while let Some(step) = ended.recv().await {
            let is_blocker = step.state == CheckStepState::Failed && BLOCKERS.contains(&step.step.as_str());
            if is_blocker && blocker.is_none() {
                blocker = Some(step.step.clone());
            }
            if sender.send(name_target(step, server)).await.is_err() {
                break;
            }
        }
        blocker
    };
    let ((), blocker) = tokio::join!(adapter.verify_connection(told), forward);
    blocker
}

/// When the token ends, as the other side says it.
async fn check_sign_in_end(check: &TargetCheck, adapter: &dyn TargetAdapter, blocker: Option<&str>) -> CheckStep {
    let step = StepMaker::new("signInEnd", "token");
    if let Some(blocker) = blocker {
        return step.skip(blocker);
    }
    let told = adapter.read_sign_in_end().await;
    if let Some(context) = &check.kept_for
        && let Err(error) = keep_sign_in_end(context, told).await
    {
        tracing::warn!(instance.name = %context.name, error = %error, "failed to keep when the token of the target ends");
    }
    judge_sign_in_end(step, told, check.settings.sign_in_expires_on)
}

/// `typed`: the last day by the settings.
fn judge_sign_in_end(step: StepMaker, told: SignInEnd, typed: Option<NaiveDate>) -> CheckStep {
    match (told, typed) {
        (SignInEnd::At(end), _) => {
            let day = end.format("%Y-%m-%d");
            step.pass(format!("the token is valid until {day}"))
        }
        (SignInEnd::Never, _) => step.pass("the token has no end"),
        (SignInEnd::Untold, Some(day)) => step.pass(format!(
            "the other side does not say when the token ends; by the settings it is valid until {day}"
        )),
        (SignInEnd::Untold, None) => step.note(
            "the other side does not say when the token ends",
            "set `sign_in_expires_on` to its last day, so that people are told before",
        ),
    }
}

/// Kinds do not know how their target is called; commands in cures name it. Before the installation nothing is tried again,
/// and there is no target to name.
fn name_target(step: CheckStep, server: Option<&ServerId>) -> CheckStep {
    let cure = match server {
        Some(target) => step.cure.map(|cure| cure.replace(PLACE, target.as_str())),
        None => {
            let early = step.cause.as_deref().and_then(early_cure).map(str::to_owned);
            early.or_else(|| step.cure.map(|cure| cure.replace(PLACE, "NAME")))
        }
    };
    CheckStep { cure, ..step }
}

/// What to do about a fault before there is a target. `cause`: the code of the fault.
fn early_cure(cause: &str) -> Option<&'static str> {
    match cause {
        "unreachable" => Some("correct the address, the proxy or the firewall, then try again"),
        "unavailable" => Some("look after the other side, then try again"),
        "unreadable" => Some("check that the address leads to the right product, then try again"),
        "throttled" => Some("wait a few minutes, then try again"),
        _ => None,
    }
}

fn fault_step(fault: &TargetFault) -> CheckStep {
    CheckStep {
        state: CheckStepState::Failed,
        cause: Some(fault.code().to_owned()),
        cure: Some(fault.advice()),
        ..passed_step("host", "*", fault.to_string())
    }
}

fn passed_step(step: &str, subject: &str, detail: impl Into<String>) -> CheckStep {
    CheckStep {
        step: step.to_owned(),
        subject: subject.to_owned(),
        state: CheckStepState::Ok,
        detail: detail.into(),
        cause: None,
        cure: None,
        field: None,
        took_ms: 0,
    }
}

async fn check_instances(check: &TargetCheck) -> Vec<CheckStep> {
    let began = Instant::now();
    let found = find_target_gaps(&check.store, check.settings.instances.as_deref(), check.server.as_ref()).await;
    let took_ms = began.elapsed().as_millis().try_into().unwrap_or(u64::MAX);
    let mut steps: Vec<CheckStep> = match found {
        Ok(gaps) if gaps.is_empty() => vec![passed_step(
            STEP,
            "*",
            "the devices of every instance come to this target",
        )],
        Ok(gaps) => gaps
            .iter()
            .take(INSTANCES_MAX)
            .map(|gap| gap_step(gap, check.server.as_ref()))
            .collect(),
        Err(error) => vec![CheckStep {
            state: CheckStepState::Failed,
            cause: Some(error.code().to_owned()),
            cure: Some("check the state of the bus with GET /readyz".to_owned()),
            ..passed_step(STEP, "*", error.to_string())
        }],
    };
    steps.iter_mut().for_each(|step| step.took_ms = took_ms);
    steps
}

/// Before the installation nobody can name the target; what has to be done then is told, and in nobody's way.
fn gap_step(gap: &TargetGap, server: Option<&ServerId>) -> CheckStep {
    let may_come_later = server.is_none() && !matches!(gap, TargetGap::Unknown(_));
    let subject = match gap {
        TargetGap::NoInstance => "*",
        TargetGap::Unknown(name) => name.as_str(),
        TargetGap::Excluded { instance, .. } => instance.as_str(),
    };
    CheckStep {
        state: if may_come_later {
            CheckStepState::Note
        } else {
            CheckStepState::Failed
        },
        cause: Some(gap.code().to_owned()),
        cure: Some(gap.cure(server)),
        field: matches!(gap, TargetGap::Unknown(_)).then(|| INSTANCES.to_owned()),
        ..passed_step(STEP, subject, gap.problem())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::audience::AudienceExclusion;
    use crate::model::{InstanceName, parse_time};

    #[test]
    fn a_cure_of_a_kind_names_the_target() {
        let id: ServerId = "IntuneTargetOcs_3".parse().expect("a server id");
        let fault = TargetFault::Unreachable {
            problem: "no connection".into(),
        };
        let cure = |server: Option<&ServerId>| name_target(fault_step(&fault), server).cure.expect("a cure");
        assert!(cure(Some(&id)).ends_with("intune-connector targets verify IntuneTargetOcs_3"));
        assert_eq!(
            cure(None),
            "correct the address, the proxy or the firewall, then try again"
        );
    }

    #[test]
    fn the_end_of_a_token_is_told_and_whoever_does_not_know_it_is_asked_for_it() {
        let step = |told, typed: Option<&str>| {
            let typed = typed.map(|day| day.parse::<NaiveDate>().expect("a day"));
            judge_sign_in_end(StepMaker::new("signInEnd", "token"), told, typed)
        };
        let end = SignInEnd::At(parse_time("2027-03-31T22:00:00Z").expect("a time"));
        let told = step(end, None);
        assert_eq!(
            (told.state, told.detail.ends_with("2027-03-31")),
            (CheckStepState::Ok, true)
        );
        assert_eq!(step(SignInEnd::Never, None).state, CheckStepState::Ok);
        let typed = step(SignInEnd::Untold, Some("2027-01-31"));
        assert_eq!(
            (typed.state, typed.detail.ends_with("2027-01-31")),
            (CheckStepState::Ok, true)
        );
        let unknown = step(SignInEnd::Untold, None);
        assert_eq!((unknown.state, unknown.cure.is_some()), (CheckStepState::Note, true));
    }

    #[test]
    fn what_has_to_wait_for_the_installation_is_a_note_and_a_wrong_name_is_a_mistake() {
        let instance: InstanceName = "IntuneConnector_2".parse().expect("a name");
        let not_named = TargetGap::Excluded {
            instance: instance.clone(),
            servers: Vec::new(),
            why: AudienceExclusion::NotNamed,
        };
        assert_eq!(gap_step(&not_named, None).state, CheckStepState::Note);
        assert_eq!(gap_step(&TargetGap::NoInstance, None).state, CheckStepState::Note);
        let id: ServerId = "IntuneTargetOcs_3".parse().expect("a server id");
        let step = gap_step(&not_named, Some(&id));
        assert_eq!(
            (step.state, step.subject.as_str()),
            (CheckStepState::Failed, "IntuneConnector_2")
        );
        let step = gap_step(&TargetGap::Unknown(instance), None);
        assert_eq!(
            (step.state, step.field.as_deref()),
            (CheckStepState::Failed, Some("instances"))
        );
    }
}
