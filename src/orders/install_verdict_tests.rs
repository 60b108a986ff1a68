use super::super::order_texts::tests::{order, time};
use super::*;
use crate::contract::OrderState;

fn device(name: &str, state: &str, minutes: i64) -> OrderDevice {
    OrderDevice {
        name: Some(name.to_owned()),
        install_state: (!state.is_empty()).then(|| state.to_owned()),
        seen_at: (!state.is_empty()).then(|| time(minutes)),
        ..OrderDevice::default()
    }
}

/// Processed at noon, with 24 hours left.
fn processed(kind: OrderKind) -> OrderRow {
    OrderRow {
        processed_at: Some(time(0)),
        report_from: Some(time(0)),
        deadline_at: Some(time(24 * 60)),
        ..order(kind, OrderState::Processed)
    }
}

fn judged(kind: OrderKind, devices: &[OrderDevice], installed_on: InstalledOn, minutes: i64) -> InstallVerdict {
    let mapping = StateMapping::default();
    let rules = VerdictRules {
        state_mapping: &mapping,
        installed_on,
        time_limit: Duration::from_secs(24 * 3600),
    };
    judge_installation(&processed(kind), devices, "Zoom", rules, time(minutes))
}

fn failure(verdict: InstallVerdict) -> OrderTrouble {
    match verdict {
        InstallVerdict::Failed(trouble) => trouble,
        verdict => panic!("{verdict:?}"),
    }
}

#[test]
fn sh_36_each_state_has_its_status() {
    for (kind, state, expected) in [
        (OrderKind::Install, "installed", "done"),
        (OrderKind::Install, "failed", "installFailed"),
        (OrderKind::Install, "notApplicable", "notApplicable"),
        (OrderKind::Install, "pendingInstall", "open"),
        (OrderKind::Install, "notInstalled", "open"),
        (OrderKind::Install, "unknown", "open"),
        (OrderKind::Uninstall, "notInstalled", "done"),
        (OrderKind::Uninstall, "uninstallFailed", "uninstallFailed"),
        (OrderKind::Uninstall, "installed", "open"),
        (OrderKind::Uninstall, "a state of tomorrow", "open"),
    ] {
        let told = match judged(kind, &[device("PC-1", state, 1)], InstalledOn::Any, 5) {
            InstallVerdict::Open => "open".to_owned(),
            InstallVerdict::Done(_) => "done".to_owned(),
            InstallVerdict::Failed(trouble) => trouble.code,
        };
        assert_eq!(told, expected, "{kind:?} {state}");
    }
}

#[test]
fn sh_33_a_removal_counts_only_if_it_was_seen_after_the_order() {
    let before = [device("PC-1", "notInstalled", -1)];
    assert_eq!(
        judged(OrderKind::Uninstall, &before, InstalledOn::Any, 5),
        InstallVerdict::Open
    );
}

#[test]
fn one_device_of_a_user_is_enough_or_all_are_needed_and_it_failed_only_when_nothing_is_open() {
    let mixed = [
        device("PC-1", "failed", 1),
        device("PC-2", "installed", 1),
        device("PC-3", "", 0),
    ];
    assert!(matches!(
        judged(OrderKind::Install, &mixed, InstalledOn::Any, 5),
        InstallVerdict::Done(text) if text.en == "Zoom is installed on PC-2."
    ));
    assert_eq!(
        judged(OrderKind::Install, &mixed, InstalledOn::All, 5),
        InstallVerdict::Open
    );
    let ended = &mixed[..2];
    assert_eq!(
        failure(judged(OrderKind::Install, ended, InstalledOn::All, 5)).code,
        "installFailed"
    );
    let good = [device("PC-1", "installed", 1), device("PC-2", "installed", 1)];
    assert!(matches!(
        judged(OrderKind::Install, &good, InstalledOn::All, 5),
        InstallVerdict::Done(_)
    ));
    let bad = [device("PC-1", "failed", 1), device("PC-2", "failed", 1)];
    assert_eq!(
        failure(judged(OrderKind::Install, &bad, InstalledOn::Any, 5)).code,
        "installFailed"
    );
}

#[test]
fn sh_37_a_failure_has_the_code_in_decimal_and_hex_and_says_what_to_do() {
    let mut failed = device("PC-1", "failed", 1);
    failed.error_code = Some(-2_016_345_060);
    let trouble = failure(judged(OrderKind::Install, &[failed], InstalledOn::Any, 5));
    assert_eq!(
        trouble.message.en,
        "Zoom could not be installed on PC-1, error -2016345060 (0x87D1041C)."
    );
    assert!(trouble.message.de.contains("Fehler -2016345060 (0x87D1041C)"));
    assert!(trouble.advice.en.contains("detection rule"));
}

#[test]
fn sh_35_when_time_is_up_the_order_has_failed() {
    let pending = [device("PC-1", "pendingInstall", 1)];
    assert_eq!(
        judged(OrderKind::Install, &pending, InstalledOn::Any, 24 * 60 - 1),
        InstallVerdict::Open
    );
    let trouble = failure(judged(OrderKind::Install, &pending, InstalledOn::Any, 24 * 60));
    assert_eq!(trouble.code, "timeLimit");
    assert_eq!(
        trouble.message.en,
        "No status within 24 h: Intune did not report that Zoom was installed."
    );
    assert_eq!(
        failure(judged(OrderKind::Install, &[], InstalledOn::Any, 24 * 60)).code,
        "timeLimit"
    );
    assert_eq!(
        judged(OrderKind::Install, &[], InstalledOn::All, 5),
        InstallVerdict::Open
    );
}

#[test]
fn a_message_names_three_devices_and_the_number_of_the_others() {
    let many: Vec<OrderDevice> = (1..=5).map(|at| device(&format!("PC-{at}"), "installed", 1)).collect();
    assert!(matches!(
        judged(OrderKind::Install, &many, InstalledOn::All, 5),
        InstallVerdict::Done(text) if text.en == "Zoom is installed on PC-1, PC-2, PC-3 and 2 more."
    ));
}
