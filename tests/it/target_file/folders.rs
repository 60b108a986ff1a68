//! Where files lie: folders that `bus.ini` lists by name, files of others, a disk that goes away, records that are lost.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::json;

use super::{install, own_folder, read_table, try_install, until_paused};
use crate::support::folder::TestFolder;
use crate::support::targets::TargetScene;

fn list_folder(scene: &TargetScene, folder: &Path) {
    let text = format!(
        "[file]\nversion = 1\n\n[targets]\ntarget_folders = share={}\n",
        folder.display()
    );
    fs::write(scene.data().join("bus.ini"), text).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn e6_a_folder_is_chosen_by_its_name_and_files_of_others_are_left_alone() {
    let mut scene = TargetScene::new().await;
    let disk = TestFolder::new();
    let share = disk.path().join("share");
    fs::create_dir(&share).unwrap();
    let file = share.join("devices.csv");
    fs::write(&file, "theirs").unwrap();
    let laptops = scene.put_laptops(3).await;
    scene.scan().await;
    for place in ["share", "/etc", "../x"] {
        let (status, told) = try_install(&scene, json!({ "place": place })).await;
        assert!(
            status.is_client_error() && told.to_string().contains("place"),
            "{place}: {status} {told}"
        );
    }
    list_folder(&scene, &share);
    let target = install(&scene, json!({"place": "share"})).await;
    let seen = until_paused(&scene, &target).await;
    assert!(seen["paused"]["advice"].as_str().unwrap().contains("mv "), "{seen}");
    assert_eq!(fs::read_to_string(&file).unwrap(), "theirs");
    let checked = scene.verify(&target).await;
    assert!(checked.to_string().contains("did not make it"), "{checked}");

    fs::rename(&file, share.join("theirs.csv")).unwrap();
    scene.nudge(&target).await;
    scene.agree_until_settled(&target).await;
    assert_eq!(read_table(&file).len(), 3);
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o640);
    assert!(
        own_folder(&scene, &target).join("records.ndjson").exists(),
        "what it keeps lies in the data folder"
    );

    // The disk is away for a while: nothing is made in its place, and nothing is lost.
    let away = disk.path().join("away");
    fs::rename(&share, &away).unwrap();
    scene.patch(&laptops[0].id, json!({"deviceName": "RENAMED"})).await;
    scene.scan().await;
    let seen = until_paused(&scene, &target).await;
    assert!(
        seen["paused"]["advice"].as_str().unwrap().contains("mkdir -p"),
        "{seen}"
    );
    assert!(!share.exists());
    fs::rename(&away, &share).unwrap();
    scene.nudge(&target).await;
    scene.passing_settled(&target).await;
    assert_eq!(read_table(&file)[&laptops[0].id]["deviceName"], "RENAMED");
    assert_eq!(fs::read_to_string(share.join("theirs.csv")).unwrap(), "theirs");
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn records_that_are_lost_are_told_before_a_file_says_less_than_it_should() {
    let mut scene = TargetScene::new().await;
    scene.put_laptops(3).await;
    scene.scan().await;
    let target = install(&scene, json!({})).await;
    scene.agree_until_settled(&target).await;
    let folder = own_folder(&scene, &target);
    scene.stop().await;
    fs::rename(&folder, folder.with_extension("old")).unwrap();
    scene.start().await;
    scene.until_running(&target).await;
    scene.put_laptop(json!({})).await;
    scene.scan().await;
    let seen = until_paused(&scene, &target).await;
    let advice = seen["paused"]["advice"].as_str().unwrap();
    assert!(
        advice.contains(&format!("intune-connector targets forget {target} --all")),
        "{seen}"
    );
    assert!(!folder.exists());
    // As it says.
    scene.resync(&target).await;
    assert_eq!(scene.forget_all_links(&target).await, 3);
    scene.nudge(&target).await;
    scene.agree_until_settled(&target).await;
    assert_eq!(read_table(&folder.join("devices.csv")).len(), 4);
    scene.stop().await;
}
