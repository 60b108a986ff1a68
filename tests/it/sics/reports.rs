//! Reports over the API: who may have which, page by page, and what is asked for wrongly.

use intune_connector::model::RightScope;
use reqwest::Method;
use serde_json::{Value, json};

use super::bus::{Bus, problem, status};
use crate::support::shelf::device;

const REPORTS: &str = "/sics/v1/reports";

#[tokio::test]
async fn reports_are_listed_with_what_they_take() {
    let bus = Bus::new().await;
    let told = status(bus.get(&bus.admin, REPORTS), 200).await;
    let days: Vec<(&str, &Value)> = told["reports"]
        .as_array()
        .unwrap()
        .iter()
        .map(|report| (report["name"].as_str().unwrap(), &report["days"]))
        .collect();
    let (thirty, none) = (json!(30), Value::Null);
    assert_eq!(
        days,
        [
            ("staleDevices", &thirty),
            ("compliance", &none),
            ("osVersions", &none),
            ("ownership", &none),
            ("storageEncryption", &none),
            ("duplicates", &none),
            ("actions", &thirty),
        ]
    );
    assert_eq!(told["schedules"], json!([]));
}

#[tokio::test]
async fn a_report_comes_page_by_page_with_the_totals_of_all() {
    let bus = Bus::new().await;
    bus.shelf
        .full((1..=7).map(|n| device(n, &format!("PC-{n}"))).collect())
        .await;
    let page =
        async |query: &str| status(bus.get(&bus.admin, &format!("{REPORTS}/storageEncryption{query}")), 200).await;
    let whole = page("").await;
    let rows = whole["rows"].as_array().unwrap();
    assert_eq!(
        (rows.len(), &whole["total"], &whole["unreadable"]),
        (7, &json!(7), &json!(0))
    );
    assert_eq!(whole["totals"], json!([{"name": "encryptionUnknown", "count": 7}]));
    assert_eq!(
        whole["columns"][0],
        json!({"key": "deviceName", "title": "Device name", "kind": "text"})
    );
    let mut pieces = Vec::new();
    for offset in [0, 3, 6, 9] {
        let piece = page(&format!("?limit=3&offset={offset}")).await;
        assert_eq!(piece["total"], 7);
        pieces.extend(piece["rows"].as_array().unwrap().clone());
    }
    assert_eq!(&pieces, rows);
}

#[tokio::test]
async fn whoever_may_not_see_devices_or_jobs_has_no_report_about_them() {
    let bus = Bus::new().await;
    bus.shelf.full(vec![device(1, "A")]).await;
    let second = bus.shelf.another_instance().await;
    let only = bus.operator("only", &["Reports_Read"], RightScope::default()).await;
    let looks = bus
        .operator("looks", &["Reports_Read", "Devices_Read"], RightScope::default())
        .await;
    status(bus.get(&only, REPORTS), 200).await;
    let ask = |token: &str, name: &str| bus.get(token, &format!("{REPORTS}/{name}"));
    assert_eq!(problem(ask(&only, "ownership"), 403).await, "missingRight");
    assert_eq!(problem(ask(&only, "ownership/export"), 403).await, "missingRight");
    assert_eq!(status(ask(&looks, "ownership"), 200).await["total"], 1);
    assert_eq!(problem(ask(&looks, "actions"), 403).await, "missingRight");
    // Each right has to hold at the instance.
    let elsewhere = RightScope {
        instances: Some(vec![second.name.clone()]),
        servers: None,
    };
    let limited = bus.operator("limited", &["*"], elsewhere).await;
    assert_eq!(status(ask(&limited, "ownership"), 200).await["total"], 0);
    let named = format!("ownership?instance={}", bus.shelf.instance.name);
    assert_eq!(problem(ask(&limited, &named), 403).await, "outOfScope");
    let schedule =
        |token: &str, body: Value| bus.send(Method::PUT, token, &format!("{REPORTS}/ownership/schedule"), body);
    assert_eq!(
        problem(schedule(&looks, json!({"schedule": "every 24h"})), 403).await,
        "missingRight"
    );
    assert_eq!(
        problem(schedule(&limited, json!({"schedule": "every 24h"})), 403).await,
        "outOfScope"
    );
    let own = json!({"schedule": "every 24h", "instance": second.name});
    assert_eq!(
        status(schedule(&limited, own), 200).await["instance"],
        second.name.as_str()
    );
    let all = status(
        schedule(&bus.admin, json!({"schedule": "0 6 * * *", "zone": "Europe/Berlin"})),
        200,
    )
    .await;
    assert_eq!(
        (&all["instance"], &all["file"]),
        (&Value::Null, &json!("reports/ownership.csv"))
    );
    // The one about all instances is told to whoever reaches all.
    let shown = async |token: &str| {
        let told = status(bus.get(token, REPORTS), 200).await;
        told["schedules"].as_array().unwrap().len()
    };
    assert_eq!((shown(&limited).await, shown(&bus.admin).await), (1, 2));
}

#[tokio::test]
async fn wrong_reports_are_told_apart() {
    let bus = Bus::new().await;
    for (path, expected, code) in [
        ("nosuch", 404, "unknown"),
        ("nosuch/export", 404, "unknown"),
        ("ownership?days=3", 400, "wrongDays"),
        ("staleDevices?days=0", 400, "wrongDays"),
        ("staleDevices?days=3651", 400, "wrongDays"),
        ("staleDevices?days=x", 400, "wrongQuery"),
        ("staleDevices?limit=0", 400, "wrongLimit"),
        ("staleDevices?limit=1001", 400, "wrongLimit"),
        ("staleDevices?colour=red", 400, "wrongQuery"),
        ("staleDevices?instance=%20", 400, "wrongQuery"),
        ("staleDevices?instance=IntuneConnector_9", 404, "unknown"),
        ("ownership/export?separator=%7C", 400, "wrongQuery"),
        ("ownership/export?decimal=x", 400, "wrongQuery"),
        ("ownership/export?limit=3", 400, "wrongQuery"),
    ] {
        let request = bus.get(&bus.admin, &format!("{REPORTS}/{path}"));
        assert_eq!(problem(request, expected).await, code, "{path}");
    }
    let picture = bus
        .get(&bus.admin, &format!("{REPORTS}/ownership/export"))
        .header("accept", "image/png");
    assert_eq!(problem(picture, 406).await, "wrongAccept");
    let schedule = |body: Value| bus.send(Method::PUT, &bus.admin, &format!("{REPORTS}/ownership/schedule"), body);
    for (body, expected, code) in [
        (json!({"schedule": ""}), 400, "wrongSchedule"),
        (json!({"schedule": "off"}), 400, "wrongSchedule"),
        (json!({"schedule": "soon"}), 400, "wrongSchedule"),
        (json!({"schedule": "every 10s"}), 400, "wrongSchedule"),
        (json!({"schedule": "0 6 * * *", "zone": "Mars"}), 400, "wrongSchedule"),
        (json!({"schedule": "every 24h", "days": 3}), 400, "wrongDays"),
        (json!({"schedule": "every 24h", "format": "pdf"}), 400, "wrongBody"),
        (
            json!({"schedule": "every 24h", "instance": "IntuneConnector_9"}),
            404,
            "unknown",
        ),
        (
            json!({"schedule": "every 24h", "file": "/etc/passwd"}),
            400,
            "wrongBody",
        ),
    ] {
        assert_eq!(problem(schedule(body.clone()), expected).await, code, "{body}");
    }
    let remove = bus
        .open_request(Method::DELETE, &format!("{REPORTS}/ownership/schedule"))
        .bearer_auth(&bus.admin);
    assert_eq!(problem(remove, 404).await, "unknown");
    assert!(
        bus.trail().await.iter().all(|row| !row.contains("report.")),
        "nothing was done"
    );
}

#[tokio::test]
async fn a_schedule_is_set_once_for_each_report_and_instance_and_is_in_the_trail() {
    let bus = Bus::new().await;
    let path = format!("{REPORTS}/compliance/schedule");
    let instance = bus.shelf.instance.name.as_str();
    for schedule in ["every 1440m", "every 12h"] {
        let body = json!({"schedule": schedule, "format": "xlsx", "instance": instance});
        status(bus.send(Method::PUT, &bus.admin, &path, body), 200).await;
    }
    let told = status(bus.get(&bus.admin, REPORTS), 200).await;
    let [set] = told["schedules"].as_array().unwrap().as_slice() else {
        panic!("{told}")
    };
    assert_eq!(set["schedule"], "every 12h");
    assert_eq!(set["file"], format!("reports/compliance-{instance}.xlsx"));
    assert_eq!(
        (&set["setBy"], &set["writtenAt"], &set["failure"]),
        (&json!("admin"), &Value::Null, &Value::Null)
    );
    let remove = |query: &str| {
        bus.open_request(Method::DELETE, &format!("{path}{query}"))
            .bearer_auth(&bus.admin)
    };
    assert_eq!(
        problem(remove(""), 404).await,
        "unknown",
        "there is none about all instances"
    );
    status(remove(&format!("?instance={instance}")), 204).await;
    assert_eq!(status(bus.get(&bus.admin, REPORTS), 200).await["schedules"], json!([]));
    let trail = bus.trail().await;
    let done: Vec<&String> = trail.iter().filter(|row| row.contains("report.")).collect();
    assert_eq!(
        done,
        [
            "admin report.scheduled compliance",
            "admin report.scheduled compliance",
            "admin report.unscheduled compliance"
        ]
    );
}
