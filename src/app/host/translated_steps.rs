//! Steps of the connection check as the wizard tells them: with the field that each blames, and with what it decides
//! on its page. The check of the connection decides about reading; the check of the rights, behind the page of actions,
//! decides about the actions that were chosen there.

use super::faulty_field;
use crate::bus::DesiredSettings;
use crate::contract::{CheckStep, CheckStepState, VerifyStep, VerifyStepState};
use crate::entra::permissions::{self, InstanceFeature};

/// The setting with the actions that were chosen.
const VERBS: &str = "verbs";
/// What Entra says of an application as long as it is not registered, has no service principal, lacks the certificate or
/// the consent; and that a right is not in its token.
const NOT_THERE_YET: [&str; 5] = [
    "AADSTS700016",
    "AADSTS7000229",
    "AADSTS700027",
    "AADSTS65001",
    "missing",
];

/// For the check of the connection. In nobody's way are a server that is not here yet: it may announce itself after the
/// installation; and a right to act: it is judged by itself, where the actions are chosen. That one is granted is not
/// told here: nobody can say yet whether it is needed.
pub(crate) fn connection_step(wanted: &DesiredSettings, step: VerifyStep) -> Option<CheckStep> {
    let is_other_right = is_right_beyond_reading(&step);
    if is_other_right && step.cause.as_deref() != Some("missing") {
        return None;
    }
    let may_come_later = is_other_right || matches!(step.step.as_str(), "server" | "audits");
    let field = blamed_field(wanted, &step);
    Some(soften(step, may_come_later, field))
}

/// For the check of the rights: a missing one fails, with the command that grants it. The audit of remote actions proves
/// wipes, so it must be readable where it can be; that it did not answer just now is in nobody's way.
pub(crate) fn rights_step(wanted: &DesiredSettings, step: VerifyStep) -> Option<CheckStep> {
    let tells = match step.step.as_str() {
        "token" | "right" | "audits" => true,
        "server" | "node" => false,
        _ => step.state == VerifyStepState::Failed,
    };
    if !tells {
        return None;
    }
    let cause = step.cause.as_deref();
    let feature = permissions::feature_of_permission(&step.subject);
    let may_come_later = match step.step.as_str() {
        "audits" => cause != Some("forbidden"),
        // Orders are no action of the wizard's.
        "right" => feature == Some(InstanceFeature::Orders),
        _ => false,
    };
    let is_about_actions = matches!(step.step.as_str(), "right" | "audits") && cause.is_some();
    let field = if is_about_actions {
        Some(wanted.field_for(VERBS).to_owned())
    } else {
        blamed_field(wanted, &step)
    };
    Some(soften(step, may_come_later, field))
}

/// For an application that is still being registered: what is not there yet is waited for, and has not failed.
pub(crate) fn registration_step(wanted: &DesiredSettings, step: VerifyStep) -> CheckStep {
    let field = blamed_field(wanted, &step);
    let is_pending = step
        .cause
        .as_deref()
        .is_some_and(|cause| NOT_THERE_YET.contains(&cause));
    let step = CheckStep {
        field,
        ..CheckStep::from(step)
    };
    match step.state {
        CheckStepState::Failed if is_pending => CheckStep {
            state: CheckStepState::Waiting,
            ..step
        },
        _ => step,
    }
}

/// For the check of app orders: each step decides. Nothing of it may come later, but what is not needed for every order.
pub(crate) fn order_step(wanted: &DesiredSettings, step: VerifyStep) -> CheckStep {
    let feature = permissions::feature_of_permission(&step.subject);
    let may_come_later = step.step == "right" && feature == Some(InstanceFeature::DeviceOrders);
    let field = match step.step.as_str() {
        "address" => Some(wanted.field_for(&step.subject).to_owned()),
        _ => blamed_field(wanted, &step),
    };
    soften(step, may_come_later, field)
}

fn is_right_beyond_reading(step: &VerifyStep) -> bool {
    let feature = permissions::feature_of_permission(&step.subject);
    step.step == "right" && feature.is_some_and(|feature| feature != InstanceFeature::Scan)
}

fn blamed_field(wanted: &DesiredSettings, step: &VerifyStep) -> Option<String> {
    let is_host = matches!(step.step.as_str(), "name" | "tls" | "connect" | "proxy");
    let subject = is_host.then_some(step.subject.as_str());
    let cause = step.cause.as_deref();
    cause.map(|code| faulty_field::field_for_code(wanted, code, subject))
}

/// What may come later is told, and does not fail.
fn soften(step: VerifyStep, may_come_later: bool, field: Option<String>) -> CheckStep {
    let step = CheckStep {
        field,
        ..CheckStep::from(step)
    };
    match step.state {
        CheckStepState::Failed if may_come_later => CheckStep {
            state: CheckStepState::Skipped,
            ..step
        },
        _ => step,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const READ: &str = "DeviceManagementManagedDevices.Read.All";
    const ACT: &str = "DeviceManagementManagedDevices.PrivilegedOperations.All";

    fn failed(step: &str, subject: &str, cause: &str) -> VerifyStep {
        VerifyStep {
            step: step.into(),
            subject: subject.into(),
            state: VerifyStepState::Failed,
            detail: String::new(),
            cause: Some(cause.into()),
            cure: Some("a cure".into()),
            took_ms: 1,
        }
    }

    #[test]
    fn mi_2_a_right_that_actions_need_fails_behind_them_and_is_in_nobodys_way_before() {
        use CheckStepState::{Failed, Skipped};
        for (step, subject, cause, before, behind) in [
            ("server", "cmdb", "mayNotRead", Some(Skipped), None),
            ("right", ACT, "missing", Some(Skipped), Some(Failed)),
            (
                "right",
                "GroupMember.ReadWrite.All",
                "missing",
                Some(Skipped),
                Some(Skipped),
            ),
            ("audits", "remoteActionAudits", "forbidden", Some(Skipped), Some(Failed)),
            (
                "audits",
                "remoteActionAudits",
                "serverError",
                Some(Skipped),
                Some(Skipped),
            ),
            ("right", READ, "missing", Some(Failed), Some(Failed)),
            ("token", "client", "AADSTS7000215", Some(Failed), Some(Failed)),
            ("name", "login.example", "nameNotFound", Some(Failed), Some(Failed)),
        ] {
            let wanted = DesiredSettings::default();
            let told = [
                connection_step(&wanted, failed(step, subject, cause)),
                rights_step(&wanted, failed(step, subject, cause)),
            ];
            let states = told.each_ref().map(|told| told.as_ref().map(|step| step.state));
            assert_eq!(states, [before, behind], "{step} {subject}");
            assert!(
                told.iter().flatten().all(|step| step.cure.as_deref() == Some("a cure")),
                "{subject}"
            );
        }
        let missing = rights_step(&DesiredSettings::default(), failed("right", ACT, "missing"));
        assert_eq!(missing.and_then(|step| step.field).as_deref(), Some(VERBS));
    }

    #[test]
    fn what_is_not_there_yet_is_waited_for_and_a_mistake_fails() {
        use CheckStepState::{Failed, Waiting};
        for (step, subject, cause, state) in [
            ("application", "client", "AADSTS700016", Waiting),
            ("application", "client", "AADSTS7000229", Waiting),
            ("certificate", "AB12", "AADSTS700027", Waiting),
            ("right", READ, "missing", Waiting),
            ("application", "client", "AADSTS90002", Failed),
            ("application", "client", "AADSTS7000112", Failed),
            ("name", "login.example", "nameNotFound", Failed),
        ] {
            let told = registration_step(&DesiredSettings::default(), failed(step, subject, cause));
            assert_eq!(told.state, state, "{step} {cause}");
            assert_eq!(told.cure.as_deref(), Some("a cure"));
        }
    }

    #[test]
    fn mi_2_a_right_to_act_is_not_called_needless_before_actions_are_chosen() {
        let granted = |subject: &str| VerifyStep {
            state: VerifyStepState::Ok,
            cause: None,
            ..failed("right", subject, "")
        };
        let wanted = DesiredSettings::default();
        assert_eq!(connection_step(&wanted, granted(ACT)), None);
        assert!(connection_step(&wanted, granted("Directory.ReadWrite.All")).is_some());
        assert!(connection_step(&wanted, granted("inventory")).is_some());
        assert!(rights_step(&wanted, granted(ACT)).is_some());
    }
}
