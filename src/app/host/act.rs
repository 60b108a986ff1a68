//! The actions that templates may call for.

use std::sync::Arc;
use std::time::Instant;

use tokio::sync::mpsc;

use super::connector::fault;
use super::{ProductHost, blame, check, engine, store};
use crate::app::instances::audience;
use crate::app::{preview, verify};
use crate::bus::{Fault, Step, StepState, Wanted};
use crate::config::InstanceSettings;
use crate::entra;
use crate::entra::permissions::{self, Feature};
use crate::model::{ScanSummary, format_time};
use crate::sics::{Engine, PreviewStep, StepState as VerifyState, VerifyStep};
use crate::store::InstanceRow;

pub const ACTIONS: [&str; 5] = ["prerequisites", "certificate", "verify", "count", "preview"];

/// Steps that may wait for the one who asked.
const STEPS: usize = 64;
/// Less free space than this is said, bytes.
const SPACE_BYTES: u64 = 1 << 30;

pub async fn act(
    host: &ProductHost,
    action: &str,
    wanted: Wanted,
    number: Option<i64>,
) -> Result<mpsc::Receiver<Step>, Fault> {
    match action {
        "prerequisites" => prerequisites(host).await,
        "certificate" => certificate(host, &wanted, number).await,
        "verify" => connection(host, wanted, number).await,
        "count" => count(host, &wanted, number).await,
        "preview" => first_run(host, number).await,
        other => Err(Fault::new(
            "unknownAction",
            format!("there is no action {other}"),
            format!("there are {}", ACTIONS.join(", ")),
        )),
    }
}

/// Steps that are known at once.
fn all(steps: Vec<Step>) -> mpsc::Receiver<Step> {
    let (tell, told) = mpsc::channel(STEPS);
    for step in steps.into_iter().take(STEPS) {
        let _ = tell.try_send(step);
    }
    told
}

fn step(name: &str, subject: impl Into<String>, state: StepState, detail: impl Into<String>) -> Step {
    Step {
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

async fn prerequisites(host: &ProductHost) -> Result<mpsc::Receiver<Step>, Fault> {
    let bus = &host.instances.store;
    let began = Instant::now();
    bus.probe().await.map_err(|error| store(&error))?;
    let mut steps = vec![Step {
        took_ms: ms(&began),
        ..step("store", "bus.db", StepState::Ok, "takes writes")
    }];
    if let Ok(Some(free)) = bus.free_bytes() {
        let path = host.instances.folder.path().display().to_string();
        let detail = format!("{} MiB are free", free >> 20);
        steps.push(match free >= SPACE_BYTES {
            true => step("space", path, StepState::Ok, detail),
            false => Step {
                cause: Some("littleSpace".into()),
                cure: Some("make room for at least 1 GiB".into()),
                ..step("space", path, StepState::Failed, detail)
            },
        });
    }
    let servers = bus.servers().await.map_err(|error| store(&error))?;
    for server in servers.iter().take(STEPS / 2) {
        let (state, detail) = match server.accepted {
            true => (StepState::Ok, "accepted"),
            false => (StepState::Skipped, "announced; it waits for acceptance"),
        };
        steps.push(step("server", server.id.as_str(), state, detail));
    }
    if servers.is_empty() {
        let detail = "no management server is known yet; one can announce itself later";
        steps.push(step("server", "*", StepState::Skipped, detail));
    }
    Ok(all(steps))
}

/// Opens the certificate and shows it; nothing is sent.
async fn certificate(host: &ProductHost, wanted: &Wanted, number: Option<i64>) -> Result<mpsc::Receiver<Step>, Fault> {
    let began = Instant::now();
    let typed = check::typed(host, wanted, number).await.map_err(fault)?;
    let opened = match entra::open(&typed.credential) {
        Ok(Some(opened)) => {
            let now = host.instances.clock.now();
            let days = (opened.not_after - now).num_days();
            let detail = format!(
                "thumbprint {}, ends {} (in {days} days)",
                opened.thumbprint,
                format_time(opened.not_after)
            );
            match opened.not_after > now {
                true => step("certificate", opened.subject, StepState::Ok, detail),
                false => Step {
                    cause: Some("certificateExpired".into()),
                    cure: Some("make a new certificate and upload its public part to the app registration".into()),
                    field: Some(blame::of_code(wanted, "pfxUnreadable", None)),
                    ..step("certificate", opened.subject, StepState::Failed, detail)
                },
            }
        }
        Ok(None) => step("certificate", "", StepState::Skipped, "signs in without a certificate"),
        Err(error) => Step {
            cause: Some(error.code().to_owned()),
            cure: Some(error.advice().to_owned()),
            field: Some(blame::of_code(wanted, error.code(), None)),
            ..step("certificate", "", StepState::Failed, error.to_string())
        },
    };
    Ok(all(vec![Step {
        took_ms: ms(&began),
        ..opened
    }]))
}

async fn connection(host: &ProductHost, wanted: Wanted, number: Option<i64>) -> Result<mpsc::Receiver<Step>, Fault> {
    let typed = check::typed(host, &wanted, number).await.map_err(fault)?;
    let row = match number {
        Some(number) => host.row(number).await?,
        None => None,
    };
    // Servers are judged by the audience that was typed, not by the one that still holds.
    let row = row.map(|row| InstanceRow {
        audience: audience(&typed),
        ..row
    });
    let bus = host.instances.store.clone();
    let mut coming = verify::start(typed, Some((bus, row)), host.instances.clock.clone());
    let (tell, told) = mpsc::channel(STEPS);
    tokio::spawn(async move {
        while let Some(step) = coming.recv().await {
            if tell.send(translated(&wanted, step)).await.is_err() {
                return;
            }
        }
    });
    Ok(told)
}

/// A step of the connection check with the field that it blames. A server that is not here yet is in nobody's way: it
/// may announce itself after the installation. Nor is a right that reading does not need, or the audit of remote actions:
/// without it one feature does not work, until it is granted.
fn translated(wanted: &Wanted, step: VerifyStep) -> Step {
    let is_right = step.step == "right" && step.cause.as_deref() == Some("missing");
    let may_come_later = matches!(step.step.as_str(), "server" | "audits")
        || (is_right && permissions::feature_of(&step.subject) != Some(Feature::Scan));
    let state = match step.state {
        VerifyState::Ok => StepState::Ok,
        VerifyState::Failed if may_come_later => StepState::Skipped,
        VerifyState::Failed => StepState::Failed,
        VerifyState::Skipped => StepState::Skipped,
    };
    let cause = step.cause.as_deref();
    let is_host = matches!(step.step.as_str(), "name" | "tls" | "proxy");
    let subject = is_host.then_some(step.subject.as_str());
    let field = cause.map(|code| blame::of_code(wanted, code, subject));
    Step {
        step: step.step,
        subject: step.subject,
        state,
        detail: step.detail,
        cause: step.cause,
        cure: step.cure,
        field,
        took_ms: step.took_ms,
    }
}

/// How many devices the filter lets through, by a reading of the tenant that keeps nothing.
async fn count(host: &ProductHost, wanted: &Wanted, number: Option<i64>) -> Result<mpsc::Receiver<Step>, Fault> {
    let typed: Arc<InstanceSettings> = check::typed(host, wanted, number).await.map_err(fault)?;
    let began = preview::preview(typed, None, host.instances.clock.clone()).await;
    let coming = preview::steps(began.map_err(|error| engine(error.upstream()))?);
    let field = wanted.field("filter").to_owned();
    Ok(told("count", coming, field, |found| {
        let through = found.seen.saturating_sub(found.filtered);
        format!("{through} of {} devices are let through", found.seen)
    }))
}

/// The first run of what was installed, keeping nothing.
async fn first_run(host: &ProductHost, number: Option<i64>) -> Result<mpsc::Receiver<Step>, Fault> {
    let Some(number) = number else {
        let advice = "the preview comes behind the installation";
        return Err(Fault::new("notInstalled", "nothing is installed yet", advice));
    };
    let name = host.name(number).await?;
    let coming = host.instances.preview(name).await.map_err(engine)?;
    Ok(told("preview", coming, String::new(), |found| {
        format!(
            "{} devices: {} new, {} changed, {} left out, {} that can't be read",
            found.seen, found.new, found.changed, found.filtered, found.set_aside
        )
    }))
}

fn told(
    name: &'static str,
    mut coming: mpsc::Receiver<PreviewStep>,
    field: String,
    found: impl Fn(&ScanSummary) -> String + Send + 'static,
) -> mpsc::Receiver<Step> {
    let began = Instant::now();
    let (tell, told) = mpsc::channel(STEPS);
    tokio::spawn(async move {
        while let Some(one) = coming.recv().await {
            let one = match one {
                PreviewStep::Progress { devices, expected } => {
                    let of = expected.map(|expected| format!(" of {expected}")).unwrap_or_default();
                    step(
                        name,
                        "managedDevices",
                        StepState::Running,
                        format!("{devices}{of} devices read"),
                    )
                }
                PreviewStep::Found(summary) => step(name, "managedDevices", StepState::Ok, found(&summary)),
                PreviewStep::Failed { code, problem, advice } => Step {
                    cause: Some(code),
                    cure: Some(advice),
                    field: Some(field.clone()).filter(|field| !field.is_empty()),
                    ..step(name, "managedDevices", StepState::Failed, problem)
                },
            };
            let one = Step {
                took_ms: ms(&began),
                ..one
            };
            if tell.send(one).await.is_err() {
                return;
            }
        }
    });
    told
}

fn ms(began: &Instant) -> u64 {
    began.elapsed().as_millis().try_into().unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_come_later_is_in_no_installations_way() {
        let read = "DeviceManagementManagedDevices.Read.All";
        let act = "DeviceManagementManagedDevices.PrivilegedOperations.All";
        for (step, subject, cause, expected) in [
            ("server", "cmdb", "mayNotRead", StepState::Skipped),
            ("right", act, "missing", StepState::Skipped),
            ("audits", "remoteActionAudits", "forbidden", StepState::Skipped),
            ("right", read, "missing", StepState::Failed),
            ("token", "client", "AADSTS7000215", StepState::Failed),
        ] {
            let found = VerifyStep {
                step: step.into(),
                subject: subject.into(),
                state: VerifyState::Failed,
                detail: String::new(),
                cause: Some(cause.into()),
                cure: Some("a cure".into()),
                took_ms: 1,
            };
            let told = translated(&Wanted::default(), found);
            assert_eq!(
                (told.state, told.cure.as_deref()),
                (expected, Some("a cure")),
                "{subject}"
            );
        }
    }
}
