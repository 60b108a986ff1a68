//! The actions that templates may call for.

use std::sync::Arc;
use std::time::Instant;

use tokio::sync::mpsc;

use super::host_errors::{engine_error, settings_error, store_error};
use super::product_host::ProductHost;
use super::{faulty_field, orders, settings_check, target_overlap, targets, translated_steps};
use crate::app::instances::audience_servers;
use crate::app::{preview, verify};
use crate::bus::{DesiredSettings, HostError};
use crate::config::InstanceSettings;
use crate::contract::{CheckStep, CheckStepState, PreviewStep, VerifyStep};
use crate::entra;
use crate::model::{ScanSummary, choose_form, format_count, format_time};
use crate::sics::InstanceEngine;
use crate::store::InstanceRow;

pub(crate) const ACTIONS: [&str; 7] = [
    "prerequisites",
    "targets",
    "certificate",
    "verify",
    "count",
    "rights",
    "preview",
];

/// Steps that may wait for the one who asked.
const STEPS: usize = 64;
/// Stands for a certificate that could not be opened, so that nobody knows its subject.
const CREDENTIAL: &str = "credential";
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
        "targets" => target_overlap::check_targets(host, &wanted, number).await,
        "verify" if orders::find_order_part(host, &wanted.product).is_some() => {
            check_orders(host, wanted, number).await
        }
        "verify" => match targets::find_target_part(host, &wanted.product) {
            Some(part) => targets::verify_settings(host, wanted, &part, number).await,
            None => check_connection(host, wanted, number, translated_steps::connection_step).await,
        },
        "rights" => check_connection(host, wanted, number, translated_steps::rights_step).await,
        "count" => count_devices(host, &wanted, number).await,
        "preview" => preview_first_run(host, &wanted, number).await,
        other => Err(HostError::new(
            "unknownAction",
            format!("unknown action {other}"),
            format!("available actions: {}", ACTIONS.join(", ")),
        )),
    }
}

/// Steps that are known at once.
pub(super) fn queue_steps(steps: Vec<CheckStep>) -> mpsc::Receiver<CheckStep> {
    let (sender, receiver) = mpsc::channel(STEPS);
    for step in steps.into_iter().take(STEPS) {
        let _ = sender.try_send(step);
    }
    receiver
}

pub(super) fn new_step(
    name: &str,
    subject: impl Into<String>,
    state: CheckStepState,
    detail: impl Into<String>,
) -> CheckStep {
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
    let (settings, _) = settings_check::resolve_tenant(host, wanted, number)
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
            let subject = describe_subject(opened.subject);
            if opened.not_after > now {
                new_step("certificate", subject, CheckStepState::Ok, detail)
            } else {
                CheckStep {
                    cause: Some("certificateExpired".into()),
                    cure: Some("create a new certificate and upload its public part to the app registration".into()),
                    field: Some(faulty_field::field_for_code(wanted, "pfxUnreadable", None)),
                    ..new_step("certificate", subject, CheckStepState::Failed, detail)
                }
            }
        }
        Ok(None) => new_step(
            "certificate",
            CREDENTIAL,
            CheckStepState::Skipped,
            "signs in without a certificate",
        ),
        Err(error) => CheckStep {
            cause: Some(error.code().to_owned()),
            cure: Some(error.advice().to_owned()),
            field: Some(faulty_field::field_for_code(wanted, error.code(), None)),
            ..new_step("certificate", CREDENTIAL, CheckStepState::Failed, error.to_string())
        },
    };
    Ok(queue_steps(vec![CheckStep {
        took_ms: elapsed_ms(&began),
        ..opened
    }]))
}

/// `translate`: what of the steps is told, and how much they decide.
async fn check_connection(
    host: &ProductHost,
    wanted: DesiredSettings,
    number: Option<i64>,
    translate: fn(&DesiredSettings, VerifyStep) -> Option<CheckStep>,
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
    let steps = verify::start_check(settings, Some((bus, row)), host.instances.clock.clone());
    Ok(forward_steps(steps, move |step| translate(&wanted, step)))
}

/// What app orders do in a tenant, as far as it can be tried without changing anything.
async fn check_orders(
    host: &ProductHost,
    wanted: DesiredSettings,
    number: Option<i64>,
) -> Result<mpsc::Receiver<CheckStep>, HostError> {
    let part = orders::find_order_part(host, &wanted.product).unwrap_or_default();
    let settings = orders::require_settings(host, &wanted, &part, number)
        .await
        .map_err(settings_error)?;
    let features = orders::order_features(&settings);
    let steps = verify::start_order_check(settings, features, host.instances.clock.clone());
    Ok(forward_steps(steps, move |step| {
        Some(translated_steps::order_step(&wanted, step))
    }))
}

/// Steps as the wizard tells them, while they are taken.
pub(super) fn forward_steps(
    mut steps: mpsc::Receiver<VerifyStep>,
    translate: impl Fn(VerifyStep) -> Option<CheckStep> + Send + 'static,
) -> mpsc::Receiver<CheckStep> {
    let (sender, receiver) = mpsc::channel(STEPS);
    tokio::spawn(async move {
        while let Some(step) = steps.recv().await {
            if let Some(step) = translate(step)
                && sender.send(step).await.is_err()
            {
                return;
            }
        }
    });
    receiver
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

/// What the first scan will find, or the next one of what is installed; nothing is kept. Before the installation no
/// scanner runs yet that could be quicker.
async fn preview_first_run(
    host: &ProductHost,
    wanted: &DesiredSettings,
    number: Option<i64>,
) -> Result<mpsc::Receiver<CheckStep>, HostError> {
    let coming = match number {
        Some(number) => {
            let name = host.name(number).await?;
            host.instances.preview_scan(name).await.map_err(engine_error)?
        }
        None => {
            let settings = settings_check::resolve_settings(host, wanted, None)
                .await
                .map_err(settings_error)?;
            let began = preview::start_preview(settings, None, host.instances.clock.clone()).await;
            preview::stream_steps(began.map_err(|error| engine_error(error.to_engine_error()))?)
        }
    };
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
                PreviewStep::Inventory(_) => continue,
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

/// A certificate need not have a subject; a step without one says so.
fn describe_subject(subject: String) -> String {
    if subject.is_empty() {
        "(without a subject)".to_owned()
    } else {
        subject
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn n4_a_certificate_without_a_subject_is_told_as_one() {
        assert_eq!(super::describe_subject(String::new()), "(without a subject)");
        assert_eq!(super::describe_subject("CN=app".to_owned()), "CN=app");
    }
}
