//! Files: pages of writes, read back by a reader of our own, before and behind each replacement.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use intune_connector::config::{CsvRules, FileFormat, FileSettings, GoneDevices, KindSettings, OutputPlace};
use intune_connector::contract::RetireAction;
use intune_connector::targets::file::build_adapter;
use intune_connector::targets::{
    PlannedWrite, RecordId, RecordSearch, RecordState, RequestPace, TargetAdapter, UserChange, is_same_value,
};
use serde_json::{Value, json};

use super::samples::check_steps;
use super::samples::{
    codes, create, device, device_id, failed_steps, fields, records, replace, restore, retire, settings, update,
};
use crate::support::csv_reader::read_csv;
use crate::support::folder::TestFolder;

const PAGE: u128 = 200;

fn place(data: &Path) -> OutputPlace {
    let own_folder = data.join("targets-output/IntuneTargetFile_2");
    OutputPlace {
        folder: own_folder.clone(),
        own_folder,
        data_folder: data.to_owned(),
    }
}

fn own_settings(place: OutputPlace) -> FileSettings {
    let columns = [
        "record",
        "deviceId",
        "deviceName",
        "serialNumber",
        "isEncrypted",
        "Inventarnummer",
    ];
    FileSettings {
        place: None,
        file_name: "devices".into(),
        format: FileFormat::Csv(CsvRules {
            separator: b';',
            quotes_all: false,
            byte_order_mark: false,
            spreadsheet_safe: true,
        }),
        columns: columns.map(str::to_owned).to_vec(),
        gone_devices: GoneDevices::List,
        output: Some(place),
    }
}

fn adapter(own: FileSettings, pace: &RequestPace) -> Arc<dyn TargetAdapter> {
    build_adapter(&settings(None, KindSettings::File(own)), pace.clone()).unwrap()
}

fn values(number: u128) -> Value {
    json!({"deviceName": format!("PC-{number}"), "serialNumber": format!("SN{number}"), "isEncrypted": true})
}

fn page(number: u128) -> Vec<PlannedWrite> {
    let devices = number * PAGE + 1..=(number + 1) * PAGE;
    devices
        .map(|device| create(device, values(device), UserChange::Keep))
        .collect()
}

fn table(path: &Path) -> Vec<Vec<String>> {
    read_csv(&std::fs::read_to_string(path).unwrap(), ';')
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_replaces_the_file_once_and_whoever_reads_it_meanwhile_has_the_old_one_whole() {
    let (data, pace) = (TestFolder::new(), RequestPace::new(0));
    let place = place(data.path());
    let file = place.folder.join("devices.csv");
    let adapter = adapter(own_settings(place.clone()), &pace);
    records(&adapter.write_records(&page(0)).await);
    for number in 1..10 {
        // Somebody has begun to read.
        let mut reading = File::open(&file).unwrap();
        let mut text = String::new();
        reading.by_ref().take(1_000).read_to_string(&mut text).unwrap();
        records(&adapter.write_records(&page(number)).await);
        reading.read_to_string(&mut text).unwrap();
        assert_eq!(
            read_csv(&text, ';').len() as u128,
            1 + number * PAGE,
            "the old one, whole"
        );
        assert_eq!(table(&file).len() as u128, 1 + (number + 1) * PAGE);
    }
    assert_eq!(pace.count_requests(), 10, "2,000 devices are ten files");
    // The same once more, as after a crash: nothing is written, nothing is doubled.
    let again = records(&adapter.write_records(&page(3)).await);
    assert_eq!((again.len() as u128, pace.count_requests()), (PAGE, 10));
    assert_eq!(table(&file)[0].len(), 6);
    let gone = table(&place.folder.join("devices-gone.csv"));
    assert_eq!(
        (gone.len(), gone[0].len()),
        (1, 9),
        "nothing has gone, which is said by a list"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_written_is_read_back_also_by_another_process() {
    let (data, pace) = (TestFolder::new(), RequestPace::new(0));
    let place = place(data.path());
    let hostile = json!({"deviceName": "=1+1;\"ä\"\n日本", "serialNumber": "-SN", "Inventarnummer": 7});
    let first = adapter(own_settings(place.clone()), &pace);
    let writes = [1, 2, 3, 4].map(|number| create(number, values(number), UserChange::Keep));
    let made = records(&first.write_records(&writes).await);
    let writes = [
        update(1, &made[0], hostile.clone(), hostile.clone()),
        replace(20, 2, &made[1], values(2)),
        retire(3, &made[2], RetireAction::Stock),
        retire(4, &made[3], RetireAction::Delete),
        update(9, &RecordId("nobody".into()), json!({}), json!({})),
        create(5, json!({"Kostenstelle": "7"}), UserChange::Keep),
    ];
    let told = codes(&first.write_records(&writes).await);
    assert_eq!(
        told,
        ["written", "written", "written", "written", "notThere", "misconfigured"]
    );
    let second = adapter(own_settings(place.clone()), &pace);
    let found = second
        .find_records(RecordSearch::Device(&device(1, json!({}))))
        .await
        .unwrap();
    assert_eq!(
        (found.len(), &found[0].id, found[0].state),
        (1, &made[0], RecordState::Active)
    );
    for (field, value) in fields(hostile) {
        assert!(
            is_same_value(Some(&value), found[0].values.get(&field)),
            "{field}: {found:?}"
        );
    }
    assert_eq!(second.list_records(None).await.unwrap().records.len(), 3);
    let moved = second.read_record(&made[1]).await.unwrap().unwrap();
    assert_eq!(moved.device, Some(device_id(20)));
    assert_eq!(second.read_record(&made[3]).await.unwrap(), None);

    let rows = table(&place.folder.join("devices.csv"));
    assert_eq!(rows.len(), 3);
    assert_eq!(
        rows[1][2..],
        ["'=1+1;\"ä\" 日本", "'-SN", "true", "7"],
        "no cell is a formula, and none breaks a line"
    );
    assert_eq!((&rows[2][0], &rows[2][1]), (&made[1].0, &device_id(20).to_string()));
    let gone = table(&place.folder.join("devices-gone.csv"));
    assert_eq!(gone[0][6..], ["state", "goneAt", "goneReason"]);
    assert_eq!(gone[1][6..], ["stock", "2026-11-22T08:00:00Z", "deleted"]);

    records(&second.write_records(&[restore(3, &made[2])]).await);
    let back = fields(json!({"deviceName": "before", "Inventarnummer": null}));
    second.put_back(&made[0], &back).await.unwrap();
    let rows = table(&place.folder.join("devices.csv"));
    assert_eq!(
        (rows.len(), rows[1][2].as_str(), rows[1][5].as_str()),
        (4, "before", "")
    );
    assert_eq!(table(&place.folder.join("devices-gone.csv")).len(), 1);
    assert_eq!(second.put_back(&made[3], &back).await.unwrap_err().code(), "notThere");
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_put_right_when_the_work_begins_and_lost_records_are_told() {
    let (data, pace) = (TestFolder::new(), RequestPace::new(0));
    let place = place(data.path());
    let file = place.folder.join("devices.csv");
    let first = adapter(own_settings(place.clone()), &pace);
    first.begin_work(0).await.unwrap();
    assert!(!place.own_folder.exists(), "there is nothing to put right");
    records(&first.write_records(&page(0)).await);
    let text = std::fs::read_to_string(&file).unwrap();
    first.begin_work(PAGE as u64).await.unwrap();
    assert_eq!(pace.count_requests(), 1, "it is right");
    std::fs::write(&file, "edited by hand").unwrap();
    std::fs::remove_file(place.folder.join("devices-gone.csv")).unwrap();
    first.begin_work(PAGE as u64).await.unwrap();
    assert_eq!(
        (std::fs::read_to_string(&file).unwrap(), pace.count_requests()),
        (text.clone(), 2)
    );
    assert!(place.folder.join("devices-gone.csv").exists());

    let mut lines = own_settings(place.clone());
    lines.format = FileFormat::Ndjson;
    lines.gone_devices = GoneDevices::Column;
    let second = adapter(lines, &pace);
    second.begin_work(PAGE as u64).await.unwrap();
    let told = std::fs::read_to_string(place.folder.join("devices.ndjson")).unwrap();
    let rows: Vec<Value> = told.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(
        (rows.len() as u128, &rows[6]["deviceName"], &rows[6]["isEncrypted"]),
        (PAGE, &json!("PC-7"), &json!(true))
    );
    assert_eq!(
        (&rows[6]["state"], &rows[6]["goneAt"]),
        (&json!("active"), &Value::Null)
    );

    std::fs::remove_file(place.own_folder.join("records.ndjson")).unwrap();
    let third = adapter(own_settings(place.clone()), &pace);
    let lost = third.begin_work(PAGE as u64).await.unwrap_err();
    assert!(
        lost.is_lasting() && lost.advice().contains("targets forget TARGET --all"),
        "{lost}"
    );
    let refused = codes(&third.write_records(&[create(1, values(1), UserChange::Keep)]).await);
    assert_eq!(refused, ["misconfigured"], "the files that stand there are nobody's");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), text, "and stay as they are");
    let steps = check_steps(third.as_ref()).await;
    let failed = failed_steps(&steps);
    assert!(
        failed.len() == 1 && failed[0].0 == "files" && failed[0].2.contains("mv "),
        "{failed:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn single_writes_of_a_series_are_kept_at_once_and_shown_together() {
    let (data, pace) = (TestFolder::new(), RequestPace::new(0));
    let place = place(data.path());
    let file = place.folder.join("devices.csv");
    let first = adapter(own_settings(place.clone()), &pace);
    let made = records(&first.write_records(&page(0)).await);
    first.begin_series().await;
    for id in &made[..100] {
        first
            .put_back(id, &fields(json!({"deviceName": "BACK"})))
            .await
            .unwrap();
    }
    records(
        &first
            .write_records(&[retire(101, &made[100], RetireAction::Delete)])
            .await,
    );
    let back = |rows: &[Vec<String>]| rows.iter().filter(|row| row[2] == "BACK").count();
    assert_eq!((back(&table(&file)), pace.count_requests()), (0, 1));
    // A process that dies here has lost nothing: the next one shows it.
    let second = adapter(own_settings(place.clone()), &pace);
    let moved = second.read_record(&made[7]).await.unwrap().unwrap();
    assert_eq!(moved.name.as_deref(), Some("BACK"));
    assert_eq!(second.read_record(&made[100]).await.unwrap(), None);
    first.end_series().await.unwrap();
    let rows = table(&file);
    assert_eq!((back(&rows), rows.len() as u128, pace.count_requests()), (100, PAGE, 2));
    second.begin_work(PAGE as u64).await.unwrap();
    assert_eq!(pace.count_requests(), 2, "it is shown already");
}
