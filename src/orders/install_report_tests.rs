use serde_json::json;

use super::*;

fn time(text: &str) -> Timestamp {
    parse_time(text).unwrap()
}

fn device(id: Option<&str>, name: &str) -> OrderDevice {
    OrderDevice {
        intune_id: id.map(str::to_owned),
        entra_id: None,
        object_id: None,
        name: Some(name.to_owned()),
        install_state: None,
        seen_at: None,
        error_code: None,
    }
}

fn report(columns: &[&str], rows: Value) -> InstallReport {
    let schema: Vec<Value> = columns
        .iter()
        .map(|column| json!({"Column": column, "PropertyType": "String"}))
        .collect();
    let body = json!({"TotalRowCount": 7, "Schema": schema, "Values": rows, "SessionId": ""});
    parse_report(body.to_string().as_bytes()).unwrap()
}

#[test]
fn columns_are_found_by_name_and_those_that_nobody_knows_do_no_harm() {
    let report = report(
        &[
            "Tomorrow",
            "LastModifiedDateTime",
            "AppInstallState_loc",
            "AppInstallState",
            "DeviceId",
            "DeviceName",
            "ErrorCode",
        ],
        json!([
            [{"a": 1}, "2026-11-21T12:00:00.1234567", "Installed", 1, "AAAA", "PC-1", 0],
            [null, "2026-11-21 12:00:00", "Failed", "Failed", "bbbb", "PC-2", "-2016345060"],
            [null, "never", "", 7, "cccc", "PC-3", null],
            ["a row that ends early"],
            "not a row",
        ]),
    );
    assert_eq!((report.total, report.rows.len(), report.unreadable), (Some(7), 3, 2));
    let [one, two, three] = report.rows.as_slice() else {
        panic!("{report:?}")
    };
    assert_eq!(
        (one.state.as_str(), one.device_id.as_deref(), one.error_code),
        ("installed", Some("aaaa"), None)
    );
    assert_eq!((two.state.as_str(), two.error_code), ("failed", Some(-2_016_345_060)));
    assert_eq!(two.modified, Some(time("2026-11-21T12:00:00Z")));
    assert_eq!(
        (three.state.as_str(), three.modified),
        ("state7", None),
        "an unknown number is told as it is"
    );
    assert_eq!(parse_report(b"{}"), None);
    assert_eq!(parse_report(b"<html>"), None);
}

#[test]
fn every_state_is_known_as_number_as_word_and_localised() {
    for (number, word, localised, state) in [
        (1, "installed", "Installed", "installed"),
        (2, "failed", "Failed", "failed"),
        (3, "notInstalled", "Not installed", "notInstalled"),
        (4, "uninstallFailed", "Uninstall failed", "uninstallFailed"),
        (5, "pendingInstall", "Install Pending", "pendingInstall"),
        (99, "unknown", "Unknown", "unknown"),
        (-1, "notApplicable", "Not applicable", "notApplicable"),
    ] {
        for cell in [json!(number), json!(number.to_string()), json!(word), json!(localised)] {
            assert_eq!(read_state(&cell).as_deref(), Some(state), "{cell}");
        }
    }
    assert_eq!(read_hex(&json!("0x87D1041C")), Some(-2_016_345_060));
}

fn row(id: &str, state: &str, modified: &str) -> InstallRow {
    InstallRow {
        device_id: Some(id.to_owned()),
        device_name: Some(format!("name of {id}")),
        state: state.to_owned(),
        modified: parse_time(modified),
        ..InstallRow::default()
    }
}

#[test]
fn sh_34_of_several_rows_of_a_device_the_newest_counts() {
    let newest = newest_rows(vec![
        row("a", "pendingInstall", "2026-11-21T12:00:00Z"),
        row("a", "installed", "2026-11-21T12:05:00Z"),
        row("a", "failed", "2026-11-21T12:01:00Z"),
        row("b", "failed", "never"),
        row("b", "unknown", "2026-11-21T12:01:00Z"),
    ]);
    assert_eq!(
        (newest["a"].state.as_str(), newest["b"].state.as_str()),
        ("installed", "unknown")
    );
}

#[test]
fn sh_33_rows_from_before_the_order_say_nothing_about_it() {
    let newest = newest_rows(vec![
        row("a", "installed", "2026-11-21T11:59:59Z"),
        row("b", "failed", "2026-11-21T12:00:00Z"),
    ]);
    let devices = [
        device(Some("A"), "PC-1"),
        device(Some("b"), "PC-2"),
        device(None, "NAME OF b"),
    ];
    let (updated, changed) = update_devices(&devices, &newest, time("2026-11-21T12:00:00Z"));
    assert!(changed);
    assert_eq!(updated[0], devices[0]);
    assert_eq!(updated[1].install_state.as_deref(), Some("failed"));
    assert_eq!(
        updated[2].install_state, None,
        "a row with an id is not found by a name"
    );
    let (_, changed) = update_devices(&updated, &newest, time("2026-11-21T12:00:00Z"));
    assert!(!changed, "the same row once more is nothing new");
}

#[test]
fn what_changes_within_a_second_is_news() {
    let at = "2026-11-21T12:00:00Z";
    let pending = newest_rows(vec![row("a", "pendingInstall", at)]);
    let (seen, _) = update_devices(&[device(Some("a"), "PC-1")], &pending, time(at));
    let (updated, changed) = update_devices(&seen, &newest_rows(vec![row("a", "installed", at)]), time(at));
    assert!(changed);
    assert_eq!(updated[0].install_state.as_deref(), Some("installed"));
}

#[test]
fn a_walk_can_end_early_only_where_rows_come_newest_first() {
    let sorted = [
        row("a", "x", "2026-11-21T12:05:00Z"),
        row("b", "x", "2026-11-21T12:00:00Z"),
    ];
    assert!(is_newest_first(&sorted));
    assert!(!is_newest_first(&[sorted[1].clone(), sorted[0].clone()]));
    assert!(!is_newest_first(&[row("a", "x", "never")]));
}

#[test]
fn a_user_without_devices_gets_those_that_the_report_shows() {
    let mut of_user = row("a", "pendingInstall", "2026-11-21T12:05:00Z");
    of_user.user_name = Some("Ann@example.com".to_owned());
    let newest = newest_rows(vec![of_user, row("b", "installed", "2026-11-21T12:05:00Z")]);
    let devices = devices_of_user(&newest, "object", Some("ann@example.com"));
    assert_eq!(devices.len(), 1);
    assert_eq!(devices[0].intune_id.as_deref(), Some("a"));
}
