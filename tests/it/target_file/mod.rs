//! Targets of files as a whole: a bus over a simulated tenant keeps files right, and they are read back by a reader of our own.

mod fleet;
mod folders;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::csv_reader::read_csv;
use crate::support::targets::TargetScene;
use crate::support::wait::found;

const PATH: &str = "/sics/v1/products/intune-target-file/installations";

async fn try_install(scene: &TargetScene, answers: Value) -> (StatusCode, Value) {
    let mut all = json!({"profile": "File"});
    all.as_object_mut()
        .unwrap()
        .extend(answers.as_object().unwrap().clone());
    let body = json!({"answers": all, "anyway": ["verify"]});
    scene.ask(Method::POST, PATH, body).await
}

async fn install(scene: &TargetScene, answers: Value) -> String {
    scene.finish_install(try_install(scene, answers).await).await
}

/// The folder of a target in the data folder.
fn own_folder(scene: &TargetScene, target: &str) -> PathBuf {
    scene.data().join("targets-output").join(target)
}

/// Cells by the heads of their columns.
type TableRow = BTreeMap<String, String>;

/// The rows of a table by the id of their device.
fn read_table(path: &Path) -> BTreeMap<String, TableRow> {
    let rows = read_csv(&std::fs::read_to_string(path).unwrap(), ',');
    let table = rows[1..].iter().map(|row| {
        let row: TableRow = rows[0].iter().cloned().zip(row.iter().cloned()).collect();
        (row["deviceId"].clone(), row)
    });
    let table: BTreeMap<String, TableRow> = table.collect();
    assert_eq!(table.len(), rows.len() - 1, "each device once");
    table
}

/// By which a file that was replaced is told from one that was not.
fn file_stamp(path: &Path) -> u64 {
    std::os::unix::fs::MetadataExt::ino(&std::fs::metadata(path).unwrap())
}

async fn requests(scene: &TargetScene, target: &str) -> u64 {
    scene.target(target).await["requests"].as_u64().unwrap()
}

async fn until_paused(scene: &TargetScene, target: &str) -> Value {
    let seen = scene
        .passing_until(target, "it rests", |seen| !seen["paused"].is_null())
        .await;
    assert_eq!(seen["paused"]["code"], "misconfigured", "{seen}");
    assert_ne!(seen["paused"]["advice"].as_str().unwrap_or_default(), "", "{seen}");
    seen
}

async fn until_file(path: &Path) {
    found("the file is there", async || {
        path.exists().then_some(()).ok_or_else(|| path.display().to_string())
    })
    .await;
}
