//! The first records, a quiet fleet, changes, what goes and comes back, the way back.

use serde_json::json;

use super::{file_stamp, install, own_folder, read_table, requests, until_file};
use crate::support::targets::TargetScene;
use crate::support::wait::until;

const FLEET: usize = 24;

#[tokio::test(flavor = "multi_thread")]
async fn the_first_twenty_wait_for_a_look_and_an_unchanged_fleet_leaves_the_file_alone() {
    let mut scene = TargetScene::new().await;
    let laptops = scene.put_laptops(FLEET - 1).await;
    let hostile = scene.put_laptop(json!({"deviceName": "=1+1;\"ä\", x"})).await;
    scene.scan().await;
    let target = install(&scene, json!({})).await;
    scene.question(&target).await;
    let file = own_folder(&scene, &target).join("devices.csv");
    assert_eq!(read_table(&file).len(), 20, "a wrong mapping is wrong in 20 rows");
    assert!(!scene.agree_until_settled(&target).await.is_empty());
    let table = read_table(&file);
    assert_eq!(table.len(), FLEET);
    for laptop in &laptops {
        let row = &table[&laptop.id];
        assert_eq!(
            (&row["deviceName"], &row["serialNumber"]),
            (&laptop.name, &laptop.serial)
        );
        assert_eq!(
            (row["instance"].as_str(), row["operatingSystem"].as_str()),
            ("IntuneConnector_1", "Windows")
        );
    }
    assert_eq!(table[&hostile.id]["deviceName"], "'=1+1;\"ä\", x");
    assert!(read_table(&file.with_file_name("devices-gone.csv")).is_empty());

    let before = (requests(&scene, &target).await, file_stamp(&file));
    scene.scan_and_settle(&target).await;
    scene.resync(&target).await;
    scene.settled(&target).await;
    scene.restart().await;
    scene.until_running(&target).await;
    scene.resync(&target).await;
    scene.scan_and_settle(&target).await;
    assert_eq!((requests(&scene, &target).await, file_stamp(&file)), before);

    // Two that change are one page.
    for laptop in &laptops[..2] {
        scene
            .patch(&laptop.id, json!({"deviceName": format!("{}-NEW", laptop.name)}))
            .await;
    }
    scene.scan_and_settle(&target).await;
    assert_eq!(requests(&scene, &target).await, before.0 + 1);
    assert_eq!(
        read_table(&file)[&laptops[1].id]["deviceName"],
        format!("{}-NEW", laptops[1].name)
    );

    // And back: what was written is taken back, and waits until somebody wants it again.
    let runs = scene.runs(&target).await;
    let newest = runs.iter().max_by_key(|run| run["run"].as_i64()).unwrap();
    let reverted = scene.revert(&target, newest).await;
    assert_eq!(reverted["complete"], true, "{reverted}");
    assert!(reverted["putBack"].as_u64() >= Some(2), "{reverted}");
    assert_eq!(read_table(&file)[&laptops[1].id]["deviceName"], laptops[1].name);
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_goes_moves_to_the_list_and_what_comes_back_is_the_same_row() {
    let mut scene = TargetScene::new().await;
    let laptops = scene.put_laptops(FLEET).await;
    scene.scan().await;
    let target = install(&scene, json!({"columns": "record, deviceId, deviceName, state"})).await;
    scene.agree_until_settled(&target).await;
    let file = own_folder(&scene, &target).join("devices.csv");
    let list = file.with_file_name("devices-gone.csv");
    let record = read_table(&file)[&laptops[3].id]["record"].clone();
    scene.remove(&laptops[3].id).await;
    scene.scan_and_settle(&target).await;
    assert!(!read_table(&file).contains_key(&laptops[3].id));
    let gone = read_table(&list);
    assert_eq!(gone.len(), 1, "{gone:?}");
    let row = &gone[&laptops[3].id];
    assert_eq!(
        (&row["record"], row["state"].as_str(), row["goneReason"].as_str()),
        (&record, "retired", "deleted")
    );
    assert_ne!(row["goneAt"], "");

    let properties = json!({"deviceName": laptops[3].name, "serialNumber": laptops[3].serial});
    scene.put_device(&laptops[3].id, properties).await;
    scene.scan_and_settle(&target).await;
    let row = read_table(&file)[&laptops[3].id].clone();
    assert_eq!((&row["record"], row["state"].as_str()), (&record, "active"));
    assert!(read_table(&list).is_empty());

    // Settings of the form reach the file without a device that changes.
    let answers = json!({"format": "ndjson", "gone_devices": "column", "file_name": "fleet"});
    scene.reconfigure(&target, answers).await;
    let lines = file.with_file_name("fleet.ndjson");
    until_file(&lines).await;
    let text = std::fs::read_to_string(&lines).unwrap();
    let first: serde_json::Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    let keys: Vec<&String> = first.as_object().unwrap().keys().collect();
    assert_eq!(
        keys,
        ["record", "deviceId", "deviceName", "state", "goneAt", "goneReason"]
    );
    assert_eq!(text.lines().count(), FLEET);

    // Its records go with the installation; the files stay.
    scene.uninstall(&target).await;
    let kept = lines.with_file_name("records.ndjson");
    until("the record file goes with it", || async { !kept.exists() }).await;
    assert!(lines.exists());
    scene.stop().await;
}
