//! What is printed fits the terminal and is whole; in a pipe each row is one line.

use serde_json::{Value, json};
use unicode_width::UnicodeWidthStr;

use super::jobs::{Desk, prepared};
use super::{Tenant, beside};
use crate::support::program::User;

const COLUMNS: u16 = 80;
/// Wide characters, a mark that turns the direction of writing, and a name as long as they come.
const NAMES: [&str; 3] = [
    "민준의 노트북",
    "evil\u{202e}gpj.exe",
    "a device with a name of many words that its owner has never looked at",
];

/// Every command that prints a table or a record.
fn commands(desk: &Desk) -> Vec<String> {
    let (id, all) = (&desk.laptops[0], desk.laptops[..3].join(","));
    let mut lines = vec![
        format!("devices show IntuneConnector_1 {id}"),
        format!("devices history IntuneConnector_1 {id}"),
        format!("action wipe --device {all} --dry-run"),
    ];
    let plain = [
        "actions",
        "apps linked",
        "attention",
        "audit --limit 1000",
        "broken-glass",
        "compliance nodes",
        "devices --all",
        "devices --columns deviceName,serialNumber,userPrincipalName,operatingSystem,osVersion",
        "devices fields",
        "instances",
        "instances running",
        "instances show IntuneConnector_1",
        "jobs",
        "jobs show 1",
        "killswitch",
        "limits",
        "operators",
        "operators rights",
        "operators tokens acmp",
        "orders",
        "products",
        "products show intune-connector",
        "products update intune-connector --dry-run",
        "reports",
        "reports show actions",
        "reports show compliance --all",
        "reports show osVersions",
        "roles",
        "roles show operator",
        "scan confirm-gone --instance IntuneConnector_1",
        "scan list --instance IntuneConnector_1",
        "servers",
        "servers show cmdb",
        "targets",
        "targets kinds",
        "workflows",
        "workflows activities",
        "workflows runs",
        "workflows show StaleDevices_1",
    ];
    lines.extend(plain.map(str::to_owned));
    lines
}

/// What may not be torn apart: words, and what stands between two commas. Numbers and times move on by themselves.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    let parts = text.split_whitespace().flat_map(|word| word.split_inclusive(','));
    parts.filter(|part| part.contains(|letter: char| letter.is_alphabetic() && !matches!(letter, 'T' | 'Z')))
}

/// Devices of the list get other names, and the bus reads them.
async fn rename_devices(tenant: &Tenant, ids: &[String]) {
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    for (id, name) in ids.iter().zip(NAMES) {
        let url = format!("{}/simulator/devices/{id}", tenant.sim.base);
        let body = json!({"properties": {"deviceName": name}});
        let put = http.put(url).json(&body).send().await.unwrap();
        assert!(put.status().is_success(), "{put:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rough_tables_fit_the_terminal_and_nothing_of_them_is_cut() {
    let (desk, tenant) = prepared().await;
    rename_devices(&tenant, &desk.laptops).await;
    beside(move || {
        desk.says("scan --instance IntuneConnector_1").good();
        desk.says("servers announce cmdb").good();
        desk.says("operators add acmp --kind server --token").good();
        desk.says(&format!("action sync --device {}", desk.laptops[..3].join(",")))
            .good();
        // What is still under way would be told otherwise from one look to the next.
        desk.says("jobs watch 1 --for 120").good();
        let mut wrong = Vec::new();
        for line in commands(&desk) {
            let piped = desk.says(&line);
            assert_eq!(piped.code, 0, "{line}: {piped:?}");
            let screen = desk.user.shows(COLUMNS, &format!("{line} --data {}", desk.data));
            let whole = screen.join("\n");
            let wide = screen.iter().find(|shown| shown.width() > usize::from(COLUMNS));
            wrong.extend(wide.map(|shown| format!("{line}: wider than the terminal: {shown}")));
            let missing = parts(&piped.out).find(|part| part.width() < 70 && !whole.contains(part));
            wrong.extend(missing.map(|part| format!("{line}: {part:?} is not whole in\n{whole}")));
            if whole.contains('\u{202e}') || piped.out.contains('\u{202e}') {
                wrong.push(format!("{line}: a mark steers the terminal"));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        the_screen_that_asks_is_whole(&desk);
        chosen_columns_and_csv(&desk);
        counts_and_exported_files(&desk);
    })
    .await;
    tenant.sim.stop().await;
}

/// What people agree to: each device by id, name and serial number, and what becomes of it.
fn the_screen_that_asks_is_whole(desk: &Desk) {
    let all = desk.laptops[..3].join(",");
    let line = format!("action wipe --device {all} --param keepUserData=true --dry-run");
    let tried = desk.says(&format!("{line} --json")).json();
    let screen = desk.user.shows(COLUMNS, &format!("{line} --data {}", desk.data));
    let whole = screen.join("\n");
    let words: Vec<&str> = whole.split_whitespace().collect();
    let words = words.join(" ");
    let on_one_line = |text: &str| screen.iter().any(|line| line.contains(text));
    for name in [NAMES[0], "evil\\u202egpj.exe", NAMES[2]] {
        assert!(on_one_line(name), "{name}: {whole}");
    }
    for device in tried["dryRun"].as_array().unwrap() {
        assert!(on_one_line(device["deviceId"].as_str().unwrap()), "{whole}");
        let serial = device["device"]["serialNumber"].as_str().unwrap_or("-");
        assert!(on_one_line(serial), "{serial}: {whole}");
        let effect = device["effect"].as_str().unwrap();
        let said = match device["reason"].as_str() {
            Some(reason) => format!("refused: {reason}"),
            None => effect.to_owned(),
        };
        assert!(words.contains(&said), "{said}: {whole}");
    }
}

#[test]
fn m13_the_newest_entries_of_the_trail_are_shown_and_how_many_older_ones_there_are() {
    let user = User::new();
    std::fs::create_dir(user.path("data")).unwrap();
    let says = |line: &str| user.says(&format!("{line} --data data"));
    for name in ["acmp", "cmdb", "helpdesk", "itam"] {
        says(&format!("operators add {name} --kind server --token")).good();
    }
    let all = says("audit --limit 1000 --json").json();
    let numbers = |answer: &Value| -> Vec<i64> {
        let entries = answer["entries"].as_array().unwrap().iter();
        entries.map(|entry| entry["id"].as_i64().unwrap()).collect()
    };
    let (all, shown) = (numbers(&all), numbers(&says("audit --limit 3 --json").json()));
    assert!(all.len() > 4 && shown.len() == 3, "{all:?} {shown:?}");
    assert!(shown.is_sorted() && shown[0] >= all[all.len() - 3], "{all:?} {shown:?}");
    let told = says("audit --limit 3");
    assert!(told.err.contains("older entries are not shown"), "{told:?}");
    let first = numbers(&says("audit --after 0 --limit 3 --json").json());
    assert_eq!(first, all[..3], "from the beginning where that is asked for");
}

fn chosen_columns_and_csv(desk: &Desk) {
    let line = "devices --all --columns serialNumber,deviceName";
    let table = desk.says(line).good();
    assert!(table.lines().next().unwrap().starts_with("serialNumber"), "{table}");
    assert!(table.contains(NAMES[0]), "{table}");
    let refused = desk.says("devices --columns serialnumber");
    assert!(
        refused.code == 2 && refused.err.contains("did you mean serialNumber?"),
        "{refused:?}"
    );
    let csv = desk.says(&format!("{line} --csv")).good();
    assert!(csv.starts_with("serialNumber,deviceName\n"), "{csv}");
    assert_eq!(csv.lines().count(), table.lines().count(), "{csv}");
    let csv = desk.says("devices --limit 2 --csv").good();
    assert!(csv.starts_with("instance,deviceId,deviceName,"), "{csv}");
    assert_eq!(csv.lines().count(), 3, "{csv}");
}

fn counts_and_exported_files(desk: &Desk) {
    let all = desk.says("devices --all --sort deviceName --csv");
    let count = all.out.lines().count() - 1;
    assert!(all.err.contains(&format!("{count} of {count} devices")), "{all:?}");
    let some = desk.says("devices --platform Windows --sort -osVersion --limit 1");
    assert!(some.err.contains("1 of ") && some.err.contains("use --all"), "{some:?}");
    assert_eq!(
        desk.says("devices --all --json").err,
        "",
        "machines count for themselves"
    );
    for name in ["fleet.csv", "fleet.json", "fleet.xlsx"] {
        let file = desk.user.path(name);
        let line = format!("devices export {} --columns deviceName", file.display());
        desk.says(&line).good();
        let bytes = std::fs::read(&file).unwrap();
        let devices = match name {
            "fleet.csv" => String::from_utf8(bytes).unwrap().lines().count() - 1,
            "fleet.json" => serde_json::from_slice::<Vec<Value>>(&bytes).unwrap().len(),
            _ => {
                assert!(bytes.starts_with(b"PK"), "{name} is no spreadsheet");
                count
            }
        };
        assert_eq!(devices, count, "{name}");
        let again = desk.says(&line);
        assert!(again.code == 2 && again.err.contains("already exists"), "{again:?}");
    }
}

/// Sentences are broken between words, commands are not; in a pipe nothing is.
#[test]
fn rough_long_lines_fit_the_terminal_and_commands_stay_whole() {
    let user = User::new();
    let line = "devices --data /a/folder/that/is/not/there";
    let said = user.says(line);
    assert!(said.err.lines().any(|line| line.width() > 40), "{said:?}");
    let screen = user.shows(40, line);
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(words(&screen.join("\n")), words(&said.err), "{screen:?}");
    let is_in_one_piece = |line: &&String| line.contains("intune-connector ") || line.trim().starts_with('/');
    let prose = screen.iter().filter(|line| !is_in_one_piece(line));
    prose.for_each(|line| assert!(line.width() <= 40 || !line.trim().contains(' '), "{screen:#?}"));
}
