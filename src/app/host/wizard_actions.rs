//! The actions that templates may call for.

use std::sync::Arc;
use std::time::Instant;

use tokio::sync::mpsc;

use super::connector::settings_error;
use super::{ProductHost, engine_error, faulty_field, settings_check, store_error};
use crate::app::instances::audience_servers;
use crate::app::{preview, verify};
use crate::bus::{DesiredSettings, HostError};
use crate::config::InstanceSettings;
use crate::contract::{CheckStep, CheckStepState, PreviewStep, VerifyStep};
use crate::entra;
use crate::entra::permissions::{self, InstanceFeature};
use crate::model::{ScanSummary, choose_form, format_count, format_time};
use crate::sics::InstanceEngine;
use crate::store::InstanceRow;

pub(crate) const ACTIONS: [&str; 5] = ["prerequisites", "certificate", "verify", "count", "preview"];

/// Steps that may wait for the one who asked.
const STEPS: usize = 64;
/// Less free space than this is said, bytes.
const SPACE_BYTES: u64 = 1 << 30;

pub(crate) async fn run_action(
    host: &ProductHost,
    action: &str,
    wanted: DesiredSettings,
    number: Option<i64>,
) -> Result<mpsc::Receiver<CheckStep>, HostError> {
    match action {
        "prerequisites" => check_prerequisites(host).await,
        "certificate" => check_certificate(host, &wanted, number).await,
        "verify" => check_connection(host, wanted, number).await,
        "count" => count_devices(host, &wanted, number).await,
        "preview" => preview_first_run(host, number).await,
        other => Err(HostError::new(
            "unknownAction",
            format!("unknown action {other}"),
            format!("available actions: {}", ACTIONS.join(", ")),
        )),
    }
}

/// Steps that are known at once.
fn queue_steps(steps: Vec<CheckStep>) -> mpsc::Receiver<CheckStep> {
    let (sender, receiver) = mpsc::channel(STEPS);
    for step in steps.into_iter().take(STEPS) {
        let _ = sender.try_send(step);
    }
    receiver
}

fn new_step(name: &str, subject: impl Into<String>, state: CheckStepState, detail: impl Into<String>) -> CheckStep {
    CheckStep {
        step: name.to_owned(),
        subject: subject.into(),
        state,
        detail: detail.into(),
        cause: None,
        cure: None,
        field: None,
        took_ms: 0,
    }
}

async fn check_prerequisites(host: &ProductHost) -> Result<mpsc::Receiver<CheckStep>, HostError> {
    let bus = &host.instances.store;
    let began = Instant::now();
    bus.probe_commit().await.map_err(|error| store_error(&error))?;
    let mut steps = vec![CheckStep {
        took_ms: elapsed_ms(&began),
        ..new_step("store", "bus.db", CheckStepState::Ok, "writable")
    }];
    if let Ok(Some(free)) = bus.free_bytes() {
        let path = host.instances.folder.path().display().to_string();
        let detail = format!("{} MiB free", free >> 20);
        steps.push(if free >= SPACE_BYTES {
            new_step("space", path, CheckStepState::Ok, detail)
        } else {
            CheckStep {
                cause: Some("littleSpace".into()),
                cure: Some("free at least 1 GiB".into()),
                ..new_step("space", path, CheckStepState::Failed, detail)
            }
        });
    }
    let servers = bus.list_servers().await.map_err(|error| store_error(&error))?;
    for server in servers.iter().take(STEPS / 2) {
        let (state, detail) = if server.accepted {
            (CheckStepState::Ok, "accepted")
        } else {
            (CheckStepState::Skipped, "announced; waiting for acceptance")
        };
        steps.push(new_step("server", server.id.as_str(), state, detail));
    }
    if servers.is_empty() {
        let detail = "no management server yet; one can announce itself later";
        steps.push(new_step("server", "*", CheckStepState::Skipped, detail));
    }
    Ok(queue_steps(steps))
}

/// Opens the certificate and shows it; nothing is sent.
async fn check_certificate(
    host: &ProductHost,
    wanted: &DesiredSettings,
    number: Option<i64>,
) -> Result<mpsc::Receiver<CheckStep>, HostError> {
    let began = Instant::now();
    let settings = settings_check::resolve_settings(host, wanted, number)
        .await
        .map_err(settings_error)?;
    let opened = match entra::inspect_certificate(&settings.credential) {
        Ok(Some(opened)) => {
            let now = host.instances.clock.now();
            let days = (opened.not_after - now).num_days();
            let detail = format!(
                "thumbprint {}, expires {} (in {days} {})",
                opened.thumbprint,
                format_time(opened.not_after),
                if days == 1 { "day" } else { "days" }
            );
            if opened.not_after > now {
                new_step("certificate", opened.subject, CheckStepState::Ok, detail)
            } else {
                CheckStep {
                    cause: Some("certificateExpired".into()),
                    cure: Some("create a new certificate and upload its public part to the app registration".into()),
                    field: Some(faulty_field::field_for_code(wanted, "pfxUnreadable", None)),
                    ..new_step("certificate", opened.subject, CheckStepState::Failed, detail)
                }
            }
        }
        Ok(None) => new_step(
            "certificate",
            "",
            CheckStepState::Skipped,
            "signs in without a certificate",
        ),
        Err(error) => CheckStep {
            cause: Some(error.code().to_owned()),
            cure: Some(error.advice().to_owned()),
            field: Some(faulty_field::field_for_code(wanted, error.code(), None)),
            ..new_step("certificate", "", CheckStepState::Failed, error.to_string())
        },
    };
    Ok(queue_steps(vec![CheckStep {
        took_ms: elapsed_ms(&began),
        ..opened
    }]))
}

async fn check_connection(
    host: &ProductHost,
    wanted: DesiredSettings,
    number: Option<i64>,
) -> Result<mpsc::Receiver<CheckStep>, HostError> {
    let settings = settings_check::resolve_settings(host, &wanted, number)
        .await
        .map_err(settings_error)?;
    let row = match number {
        Some(number) => host.find_row(number).await?,
        None => None,
    };
    // Servers are judged by the audience that was typed, not by the one that still holds.
    let row = row.map(|row| InstanceRow {
        audience: audience_servers(&settings),
        ..row
    });
    let bus = host.instances.store.clone();
    let mut steps = verify::start_check(settings, Some((bus, row)), host.instances.clock.clone());
    let (sender, receiver) = mpsc::channel(STEPS);
    tokio::spawn(async move {
        while let Some(step) = steps.recv().await {
            if sender.send(translate_step(&wanted, step)).await.is_err() {
                return;
            }
        }
    });
    Ok(receiver)
}

/// A step of the connection check with the field that it blames. A server that is not here yet is in nobody's way: it
/// may announce itself after the installation. Nor is a right that reading does not need, or the audit of remote actions:
/// without it one feature does not work, until it is granted.
fn translate_step(wanted: &DesiredSettings, step: VerifyStep) -> CheckStep {
    let is_right = step.step == "right" && step.cause.as_deref() == Some("missing");
    let may_come_later = matches!(step.step.as_str(), "server" | "audits")
        || (is_right && permissions::feature_of_permission(&step.subject) != Some(InstanceFeature::Scan));
    let cause = step.cause.as_deref();
    let is_host = matches!(step.step.as_str(), "name" | "tls" | "proxy");
    let subject = is_host.then_some(step.subject.as_str());
    let field = cause.map(|code| faulty_field::field_for_code(wanted, code, subject));
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

/// How many devices the filter lets through, by a reading of the tenant that keeps nothing.
async fn count_devices(
    host: &ProductHost,
    wanted: &DesiredSettings,
    number: Option<i64>,
) -> Result<mpsc::Receiver<CheckStep>, HostError> {
    let settings: Arc<InstanceSettings> = settings_check::resolve_settings(host, wanted, number)
        .await
        .map_err(settings_error)?;
    let began = preview::start_preview(settings, None, host.instances.clock.clone()).await;
    let coming = preview::stream_steps(began.map_err(|error| engine_error(error.to_engine_error()))?);
    let field = wanted.field_for("filter").to_owned();
    Ok(forward_preview("count", coming, field, |found| {
        let through = found.seen.saturating_sub(found.filtered);
        format!(
            "{through} of {} {} the filter",
            format_count(found.seen, "device"),
            choose_form(through, "passes", "pass")
        )
    }))
}

/// The first run of what was installed, keeping nothing.
async fn preview_first_run(host: &ProductHost, number: Option<i64>) -> Result<mpsc::Receiver<CheckStep>, HostError> {
    let Some(number) = number else {
        let advice = "run the preview after the installation";
        return Err(HostError::new("notInstalled", "nothing is installed yet", advice));
    };
    let name = host.name(number).await?;
    let coming = host.instances.preview_scan(name).await.map_err(engine_error)?;
    Ok(forward_preview("preview", coming, String::new(), |found| {
        format!(
            "{}: {} new, {} changed, {} excluded, {} unreadable",
            format_count(found.seen, "device"),
            found.new,
            found.changed,
            found.filtered,
            found.set_aside
        )
    }))
}

fn forward_preview(
    name: &'static str,
    mut preview_steps: mpsc::Receiver<PreviewStep>,
    field: String,
    found: impl Fn(&ScanSummary) -> String + Send + 'static,
) -> mpsc::Receiver<CheckStep> {
    let began = Instant::now();
    let (sender, receiver) = mpsc::channel(STEPS);
    tokio::spawn(async move {
        while let Some(one) = preview_steps.recv().await {
            let one = match one {
                PreviewStep::Progress { devices, expected } => {
                    let read = match expected {
                        Some(expected) => format!("{devices} of {}", format_count(expected, "device")),
                        None => format_count(devices, "device"),
                    };
                    new_step(name, "managedDevices", CheckStepState::Running, format!("{read} read"))
                }
                PreviewStep::Found(summary) => new_step(name, "managedDevices", CheckStepState::Ok, found(&summary)),
                PreviewStep::Failed { code, problem, advice } => CheckStep {
                    cause: Some(code),
                    cure: Some(advice),
                    field: Some(field.clone()).filter(|field| !field.is_empty()),
                    ..new_step(name, "managedDevices", CheckStepState::Failed, problem)
                },
            };
            let one = CheckStep {
                took_ms: elapsed_ms(&began),
                ..one
            };
            if sender.send(one).await.is_err() {
                return;
            }
        }
    });
    receiver
}

fn elapsed_ms(began: &Instant) -> u64 {
    began.elapsed().as_millis().try_into().unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::VerifyStepState;

    #[test]
    fn what_may_come_later_is_in_no_installations_way() {
        let read = "DeviceManagementManagedDevices.Read.All";
        let act = "DeviceManagementManagedDevices.PrivilegedOperations.All";
        for (step, subject, cause, expected) in [
            ("server", "cmdb", "mayNotRead", CheckStepState::Skipped),
            ("right", act, "missing", CheckStepState::Skipped),
            ("audits", "remoteActionAudits", "forbidden", CheckStepState::Skipped),
            ("right", read, "missing", CheckStepState::Failed),
            ("token", "client", "AADSTS7000215", CheckStepState::Failed),
        ] {
            let found = VerifyStep {
                step: step.into(),
                subject: subject.into(),
                state: VerifyStepState::Failed,
                detail: String::new(),
                cause: Some(cause.into()),
                cure: Some("a cure".into()),
                took_ms: 1,
            };
            let told = translate_step(&DesiredSettings::default(), found);
            assert_eq!(
                (told.state, told.cure.as_deref()),
                (expected, Some("a cure")),
                "{subject}"
            );
        }
    }
}
