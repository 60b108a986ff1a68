//! What the states of its devices mean for an order: open, 1 or 0, and in which words. Pure.
//!
//! An order of a user has several devices, frozen when it was resolved. With `any` one that is good makes it good; with `all`
//! every one has to be. It is bad as soon as nothing is open any more that could still make it good, or when time is up.

use std::time::Duration;

use super::install_errors::{explain_install_error, hex_error_code};
use super::order_text::{BilingualText, OrderTrouble};
use crate::config::{InstalledOn, OrderSettings, StateMapping};
use crate::contract::OrderKind;
use crate::model::Timestamp;
use crate::store::{OrderDevice, OrderRow};

/// Devices that a message names; of the others it tells the number.
const NAMED_MAX: usize = 3;

/// What the settings say of verdicts.
#[derive(Debug, Clone, Copy)]
pub struct VerdictRules<'a> {
    pub state_mapping: &'a StateMapping,
    pub installed_on: InstalledOn,
    pub time_limit: Duration,
}

impl<'a> From<&'a OrderSettings> for VerdictRules<'a> {
    fn from(settings: &'a OrderSettings) -> Self {
        VerdictRules {
            state_mapping: &settings.state_mapping,
            installed_on: settings.installed_on,
            time_limit: settings.time_limit,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InstallVerdict {
    /// Nothing can be said yet.
    Open,
    /// Status 1.
    Done(BilingualText),
    /// Status 0.
    Failed(OrderTrouble),
}

/// `devices`: those of the order, with what is known of them now; `application`: its name for people.
pub fn judge_installation(
    order: &OrderRow,
    devices: &[OrderDevice],
    application: &str,
    rules: VerdictRules<'_>,
    now: Timestamp,
) -> InstallVerdict {
    let statuses: Vec<Option<u8>> = devices
        .iter()
        .map(|device| device_status(order, device, rules))
        .collect();
    let good: Vec<&OrderDevice> = with_status(devices, &statuses, Some(1));
    let bad: Vec<&OrderDevice> = with_status(devices, &statuses, Some(0));
    let is_good = match rules.installed_on {
        InstalledOn::Any => !good.is_empty(),
        InstalledOn::All => !good.is_empty() && good.len() == devices.len(),
    };
    if is_good {
        return InstallVerdict::Done(success_text(order.kind, application, &good));
    }
    if !devices.is_empty() && statuses.iter().all(Option::is_some) {
        return InstallVerdict::Failed(install_trouble(order.kind, application, &bad));
    }
    if order.deadline_at.is_some_and(|deadline| now >= deadline) {
        return InstallVerdict::Failed(timeout_trouble(order, application, &bad, rules));
    }
    InstallVerdict::Open
}

/// What the report says of a device since its membership was changed; what it said before is about another order. Where
/// nothing had to be changed, it counts if it is good: what failed before may go well now.
fn device_status(order: &OrderRow, device: &OrderDevice, rules: VerdictRules<'_>) -> Option<u8> {
    let seen_at = device.seen_at?;
    let status = rules
        .state_mapping
        .status_of(order.kind, device.install_state.as_deref()?);
    let since = order.report_from.or(order.processed_at);
    let is_newer = since.is_some_and(|since| seen_at >= since);
    status.filter(|status| is_newer || (order.report_from.is_none() && *status == 1))
}

fn with_status<'a>(devices: &'a [OrderDevice], statuses: &[Option<u8>], wanted: Option<u8>) -> Vec<&'a OrderDevice> {
    devices
        .iter()
        .zip(statuses)
        .filter(|(_, status)| **status == wanted)
        .map(|(device, _)| device)
        .collect()
}

fn device_name(device: &OrderDevice) -> &str {
    let known = device.name.as_deref().or(device.intune_id.as_deref());
    known.unwrap_or("?")
}

/// `PC-1, PC-2 and 5 more`.
fn name_devices(devices: &[&OrderDevice]) -> BilingualText {
    let named: Vec<&str> = devices
        .iter()
        .take(NAMED_MAX)
        .map(|device| device_name(device))
        .collect();
    let named = named.join(", ");
    match devices.len().saturating_sub(NAMED_MAX) {
        0 => BilingualText::new(named.clone(), named),
        more => BilingualText::new(
            format!("{named} and {more} more"),
            format!("{named} und {more} weiteren"),
        ),
    }
}

fn success_text(kind: OrderKind, application: &str, good: &[&OrderDevice]) -> BilingualText {
    let BilingualText { en, de } = name_devices(good);
    match kind {
        OrderKind::Install => BilingualText::new(
            format!("{application} is installed on {en}."),
            format!("{application} ist installiert auf {de}."),
        ),
        OrderKind::Uninstall => BilingualText::new(
            format!("{application} is removed from {en}."),
            format!("{application} ist entfernt von {de}."),
        ),
    }
}

/// With the code of the error, decimal and hexadecimal.
fn install_trouble(kind: OrderKind, application: &str, bad: &[&OrderDevice]) -> OrderTrouble {
    let BilingualText { en, de } = name_devices(bad);
    let has_code = |device: &&&OrderDevice| device.error_code.is_some();
    let code = bad.iter().find(has_code).and_then(|device| device.error_code);
    let inapplicable = bad
        .iter()
        .all(|device| device.install_state.as_deref() == Some("notApplicable"));
    let told = code.map_or_else(String::new, |code| format!(", error {code} ({})", hex_error_code(code)));
    let told_de = told.replace(", error ", ", Fehler ");
    let (name, message) = match kind {
        OrderKind::Install if inapplicable => (
            "notApplicable",
            BilingualText::new(
                format!("{application} does not fit {en}: Intune reports that it is not applicable there{told}."),
                format!("{application} passt nicht zu {de}: Laut Intune ist die App dort nicht anwendbar{told_de}."),
            ),
        ),
        OrderKind::Install => (
            "installFailed",
            BilingualText::new(
                format!("{application} could not be installed on {en}{told}."),
                format!("{application} konnte nicht installiert werden auf {de}{told_de}."),
            ),
        ),
        OrderKind::Uninstall => (
            "uninstallFailed",
            BilingualText::new(
                format!("{application} could not be removed from {en}{told}."),
                format!("{application} konnte nicht entfernt werden von {de}{told_de}."),
            ),
        ),
    };
    let advice = code.and_then(explain_install_error).unwrap_or_else(|| {
        if inapplicable {
            BilingualText::new(
                "Compare the requirements of the app in Intune with the device.",
                "Bitte die Anforderungen der App in Intune mit dem Gerät vergleichen.",
            )
        } else {
            BilingualText::new(
                "Look at the app's device installation status in Intune, then order again.",
                "Bitte in Intune den Installationsstatus der App ansehen, dann erneut bestellen.",
            )
        }
    });
    OrderTrouble::new(name, message, advice)
}

fn timeout_trouble(order: &OrderRow, application: &str, bad: &[&OrderDevice], rules: VerdictRules<'_>) -> OrderTrouble {
    let hours = rules.time_limit.as_secs().div_ceil(3600);
    let (en, de) = match order.kind {
        OrderKind::Install => ("installed", "installiert wurde"),
        OrderKind::Uninstall => ("removed", "entfernt wurde"),
    };
    let mut message = BilingualText::new(
        format!("No status within {hours} h: Intune did not report that {application} was {en}."),
        format!("Kein Status innerhalb von {hours} h: Intune meldete nicht, dass {application} {de}."),
    );
    let failed = (!bad.is_empty()).then(|| install_trouble(order.kind, application, bad));
    if let Some(failed) = &failed {
        message = message.followed_by(&failed.message);
    }
    let advice = BilingualText::new(
        "Switch the device on, connect it to the network and synchronise it in the Company Portal, then order again.",
        "Bitte das Gerät einschalten, mit dem Netz verbinden und im Unternehmensportal synchronisieren, dann erneut bestellen.",
    );
    OrderTrouble::new("timeLimit", message, failed.map_or(advice, |failed| failed.advice))
}

#[cfg(test)]
#[path = "install_verdict_tests.rs"]
mod tests;
