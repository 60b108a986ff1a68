//! What the product leaves out is told where people look (E10): records that can't be read, devices that a filter can't
//! judge, fields that there are not.

use serde_json::{Value, json};

use super::{Tenant, beside};
use crate::support::program::{Bus, User};

const LIST: &str = "/v1.0/deviceManagement/managedDevices";

/// The first record of the next list has this property; answers its device.
async fn spoil(tenant: &Tenant, name: &str, value: Value) -> String {
    let base = &tenant.sim.base;
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let twist = json!({"unreadable": {"how": {"property": {"name": name, "value": value}}}});
    let rule = json!({"fault": {"kind": "list", "twist": twist}, "path": LIST});
    let done = http
        .post(format!("{base}/simulator/faults"))
        .json(&rule)
        .send()
        .await
        .unwrap();
    assert!(done.status().is_success());
    let all: Value = http
        .get(format!("{base}/simulator/devices"))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    all["devices"][0]["id"].as_str().unwrap().to_owned()
}

async fn with_a_bus(work: impl FnOnce(&User, &str, &str) + Send + 'static, spoiled: Option<(&'static str, Value)>) {
    let user = User::new();
    let tenant = Tenant::new(&user, 12).await;
    let device = match spoiled {
        Some((name, value)) => spoil(&tenant, name, value).await,
        None => String::new(),
    };
    let args = tenant.args.clone();
    beside(move || {
        let data = user.path("data");
        let bus = Bus::start(&user, &data);
        let shown = data.display().to_string();
        let set = "--set verbs=sync";
        user.says(&format!("instances add {args} --servers * {set} --data {shown}"))
            .good();
        user.says(&format!(
            "scan --instance IntuneConnector_1 --incremental --data {shown}"
        ))
        .good();
        work(&user, &shown, &device);
        assert_eq!(bus.stop(), 0);
    })
    .await;
    tenant.sim.stop().await;
}

/// Everything that is said of the instance, by name of the command.
fn said(user: &User, data: &str) -> Vec<(&'static str, String)> {
    let of = |command: &str| {
        let said = user.says(&format!("{command} --data {data}"));
        said.out + &said.err
    };
    let logs = std::fs::read_dir(format!("{data}/logs")).unwrap();
    let logs = logs.map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap_or_default());
    vec![
        ("scan list", of("scan list --instance IntuneConnector_1")),
        ("scan list --json", of("scan list --instance IntuneConnector_1 --json")),
        ("instances", of("instances")),
        ("instances show", of("instances show IntuneConnector_1")),
        ("doctor", of("doctor")),
        ("log", logs.collect()),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn st_3_a_record_that_is_set_aside_is_told_by_id_and_reason_wherever_people_look() {
    let work = |user: &User, data: &str, device: &str| {
        for (place, text) in said(user, data) {
            assert!(text.contains(device) && text.contains("wrongType"), "{place}: {text}");
        }
        let status = user
            .says(&format!("instances show IntuneConnector_1 --json --data {data}"))
            .json();
        assert_eq!(status["status"]["complete"], false, "{status}");
        assert_eq!(status["status"]["unread"]["count"], 1, "{status}");
    };
    with_a_bus(work, Some(("serialNumber", json!({"a": 1})))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn st_3_a_date_that_is_none_costs_the_date_and_not_the_device() {
    let work = |user: &User, data: &str, device: &str| {
        for (place, text) in said(user, data) {
            assert!(text.contains(device) && text.contains("badDate"), "{place}: {text}");
            assert!(text.contains("enrolledDateTime"), "{place}: {text}");
        }
        let shown = user
            .says(&format!("devices show IntuneConnector_1 {device} --json --data {data}"))
            .json();
        assert_eq!(shown["device"]["enrolledDateTime"], Value::Null, "{shown}");
        assert!(shown["device"]["deviceName"].is_string(), "{shown}");
        // Nothing is missing, so a snapshot ends; but the inventory is not complete.
        let status = user
            .says(&format!("instances show IntuneConnector_1 --json --data {data}"))
            .json();
        let of = |key: &str| status["status"].pointer(key).cloned().unwrap();
        assert_eq!(
            (of("/complete"), of("/fleet/proven")),
            (json!(false), json!(true)),
            "{status}"
        );
        // Mended in Intune, it is not told any more.
        user.says(&format!("scan --instance IntuneConnector_1 --data {data}"))
            .good();
        let status = user
            .says(&format!("instances show IntuneConnector_1 --json --data {data}"))
            .json();
        assert_eq!(status["status"]["complete"], true, "{status}");
    };
    with_a_bus(work, Some(("enrolledDateTime", json!("10000-01-01T00:00:00Z")))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cr_d5_a_name_that_is_an_object_is_not_told_as_one() {
    let work = |user: &User, data: &str, device: &str| {
        let shown = user
            .says(&format!("devices show IntuneConnector_1 {device} --json --data {data}"))
            .json();
        assert_eq!(shown["device"]["deviceName"], Value::Null, "{shown}");
        let list = user
            .says(&format!("scan list --instance IntuneConnector_1 --data {data}"))
            .good();
        assert!(
            list.contains(device) && list.contains("deviceName is an object"),
            "{list}"
        );
    };
    with_a_bus(work, Some(("deviceName", json!({"a": 1})))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn st_3_an_id_in_braces_is_the_same_device() {
    let work = |user: &User, data: &str, _: &str| {
        let status = user
            .says(&format!("instances show IntuneConnector_1 --json --data {data}"))
            .json();
        assert_eq!(status["status"]["devices"], 12, "{status}");
        assert_eq!(status["status"]["unread"]["count"], 0, "{status}");
    };
    with_a_bus(work, Some(("id", json!("{0A0B0C0D-0000-4000-8000-00000000000F}")))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn st_3_a_record_without_a_readable_id_waits_for_an_operator_who_is_shown_why() {
    let work = |user: &User, data: &str, _: &str| {
        let shown = user.says(&format!(
            "scan confirm-complete --instance IntuneConnector_1 --data {data}"
        ));
        let text = format!("{}{}", shown.out, shown.err);
        assert!(
            text.contains("not a GUID") && text.contains("recordsWithoutId"),
            "{text}"
        );
        let ready = user.says(&format!("instances --data {data}")).good();
        assert!(ready.contains("snapshots are open"), "{ready}");
        // The command that is advised is the one that works.
        let advised = text.lines().find(|line| line.contains("--yes-i-mean")).unwrap();
        let advised = advised.trim().strip_prefix("intune-connector ").unwrap();
        assert!(advised.ends_with("--yes-i-mean 12"), "{advised}");
        user.says(&format!("{advised} --data {data}")).good();
        let again = user.says(&format!("{advised} --data {data}"));
        assert!(again.code != 0 && again.err.contains("proven whole"), "{again:?}");
        let shown = user
            .says(&format!(
                "scan confirm-complete --instance IntuneConnector_1 --data {data}"
            ))
            .good();
        assert!(shown.contains("snapshots end automatically"), "{shown}");
    };
    with_a_bus(work, Some(("id", json!("not-a-guid")))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mi_5_devices_that_a_filter_can_not_judge_are_told_with_which_and_why() {
    let work = |user: &User, data: &str, _: &str| {
        let ask = |filter: &str| user.says_with(["devices", "--json", "--all", "--data", data, "--filter", filter], "");
        // Dates as dates, on either side and however they are written.
        for all in [
            "lastSyncDateTime < timestamp(\"2100-01-01T00:00:00Z\")",
            "timestamp(\"2100-01-01T00:00:00Z\") > lastSyncDateTime",
            "lastSyncDateTime < \"2100\"",
            "enrolledDateTime < now + duration(\"24h\")",
            "now - enrolledDateTime > duration(\"0s\")",
            "lastSyncDateTime.getFullYear() > 2000",
        ] {
            let found = ask(all);
            assert_eq!(found.code, 0, "{all}: {found:?}");
            assert_eq!(
                (found.out.lines().count(), found.err.as_str()),
                (12, ""),
                "{all}: {found:?}"
            );
        }
        let failed = ask("timestamp(deviceName) < now");
        assert_eq!((failed.code, failed.out.as_str()), (0, ""), "{failed:?}");
        assert!(failed.err.contains("could not evaluate 12 devices"), "{failed:?}");
        assert!(
            failed.err.contains("  ! ") && failed.err.contains("a text is not a time such as"),
            "{failed:?}"
        );
        for (wrong, says) in [
            ("lastSyncDate < now", "lastSyncDateTime"),
            ("lastSyncDateTime < \"soon\"", "is not a date"),
            ("lastSyncDateTime < timestamp(\"yesterday\")", "is not a date"),
            ("now - lastSyncDateTime > duration(\"30d\")", "720h"),
            ("deviceName > 5", "> does not accept a text and a number"),
        ] {
            let refused = ask(wrong);
            assert!(refused.code != 0 && refused.err.contains(says), "{wrong}: {refused:?}");
        }
        // Where it would be asked only when a device changes, now is refused; and what no device can answer always is.
        for (filter, says) in [
            ("filter=lastSyncDateTime > now", "now cannot be used here"),
            ("filter=lastSyncDateTime > 30", "does not accept"),
            ("filter=enrolledDateTime > timestamp(\"yesterday\")", "is not a date"),
        ] {
            let set = ["instances", "set", "IntuneConnector_1", "--data", data, "--set", filter];
            let refused = user.says_with(set, "");
            assert!(refused.code != 0 && refused.err.contains(says), "{refused:?}");
        }
        let job = [
            "action",
            "sync",
            "--data",
            data,
            "--instance",
            "IntuneConnector_1",
            "--dry-run",
            "--filter",
            "timestamp(deviceName) < now",
        ];
        let refused = user.says_with(job, "");
        assert!(
            refused.code != 0 && refused.err.contains("could not evaluate 12 devices"),
            "{refused:?}"
        );
    };
    with_a_bus(work, None).await;
}

#[test]
fn mi_6_fields_are_listed_and_a_column_that_does_not_exist_is_refused() {
    let user = User::new();
    let fields = user.says("devices fields --json").json();
    let of = |name: &str| {
        fields
            .as_array()
            .unwrap()
            .iter()
            .find(|field| field["name"] == name)
            .cloned()
    };
    assert_eq!(of("lastSyncDateTime").unwrap()["holds"], "date");
    assert_eq!(of("notes").unwrap()["source"], "single");
    assert_eq!(of("activationLockBypassCode"), None);
    assert!(user.says("devices fields").good().contains("deviceClass"));
    let table = user.path("fleet.csv").display().to_string();
    for (column, says) in [("devicename", "did you mean deviceName?"), ("nosuch", "devices fields")] {
        let refused = user.says(&format!(
            "follow --server cmdb --csv {table} --columns model,{column} --once --data {table}.d"
        ));
        assert!(refused.code != 0 && refused.err.contains(says), "{refused:?}");
        assert!(refused.err.contains(column), "{refused:?}");
    }
}
