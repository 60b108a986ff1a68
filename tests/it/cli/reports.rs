//! `reports`: on the screen, as files, by schedule.

use serde_json::{Value, json};

use super::beside;
use super::jobs::prepared;

#[tokio::test(flavor = "multi_thread")]
async fn reports_are_shown_written_into_new_files_and_scheduled() {
    let (desk, tenant) = prepared().await;
    beside(move || {
        let listed = desk.says("reports").good();
        for name in [
            "staleDevices",
            "compliance",
            "osVersions",
            "ownership",
            "storageEncryption",
            "duplicates",
            "actions",
        ] {
            assert!(listed.contains(name), "{listed}");
        }
        let whole = desk.says("reports show storageEncryption --all --json").json();
        let rows = whole["rows"].as_array().unwrap();
        assert_eq!((rows.len(), &whole["total"]), (120, &json!(120)));
        let shown = desk.says("reports show storageEncryption --limit 5");
        assert_eq!(shown.code, 0, "{shown:?}");
        let table: Vec<&str> = shown.out.lines().take_while(|line| !line.is_empty()).collect();
        assert_eq!(table.len(), 6, "titles and rows: {shown:?}");
        assert!(table[0].starts_with("DEVICE NAME"), "{shown:?}");
        assert!(
            shown.err.contains("120 rows") && shown.err.contains("--all"),
            "{shown:?}"
        );
        let stale = desk.says("reports show staleDevices --days 1 --json").json();
        let fewer = desk.says("reports show staleDevices --days 200 --json").json();
        assert!(stale["total"].as_u64() > fewer["total"].as_u64(), "{stale} {fewer}");

        let (csv, xlsx) = (desk.user.path("storage.csv"), desk.user.path("storage.xlsx"));
        let line = "reports show storageEncryption --separator semicolon --csv";
        assert!(
            desk.says(&format!("{line} {}", csv.display()))
                .good()
                .contains("written to")
        );
        let text = std::fs::read_to_string(&csv).unwrap();
        assert_eq!(text.lines().count(), 121);
        assert!(text.starts_with("Device name;Serial number;"), "{text}");
        desk.says(&format!("reports show storageEncryption --xlsx {}", xlsx.display()))
            .good();
        assert!(std::fs::read(&xlsx).unwrap().starts_with(b"PK"));
        let again = desk.says(&format!("{line} {}", csv.display()));
        assert!(again.code == 2 && again.err.contains("already exists"), "{again:?}");

        let set = desk
            .says("reports schedule compliance --every 24h --format xlsx --json")
            .json();
        assert_eq!((&set["schedule"], &set["instance"]), (&json!("every 1d"), &Value::Null));
        assert_eq!(set["file"], "reports/compliance.xlsx");
        let words = [
            "reports",
            "schedule",
            "compliance",
            "--cron",
            "0 6 * * MON",
            "--zone",
            "Europe/Berlin",
        ];
        let words = words
            .into_iter()
            .chain(["--instance", "IntuneConnector_1", "--data", desk.data.as_str()]);
        let said = desk.user.says_with(words, "");
        assert_eq!(said.code, 0, "{said:?}");
        let listed = desk.says("reports").good();
        assert!(
            listed.contains("0 6 * * MON (Europe/Berlin)") && listed.contains("every 1d"),
            "{listed}"
        );
        desk.says("reports unschedule compliance").good();
        desk.says("reports unschedule compliance --instance IntuneConnector_1")
            .good();
        assert_eq!(desk.says("reports --json").json()["schedules"], json!([]));
        for (line, code) in [
            ("reports show nosuch", 5),
            ("reports show ownership --days 3", 2),
            ("reports show ownership --json --csv x.csv", 2),
            ("reports schedule ownership", 2),
            ("reports schedule ownership --every 1s", 2),
            ("reports unschedule ownership", 5),
        ] {
            let said = desk.says(line);
            assert_eq!(said.code, code, "{line}: {said:?}");
            assert!(
                said.err.contains("try:") || said.err.contains("--help"),
                "{line}: {said:?}"
            );
        }
    })
    .await;
    tenant.sim.stop().await;
}
