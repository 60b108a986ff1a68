//! The way back: what a run wrote is put back whole, but for fields that somebody has changed since, which are listed.

use serde_json::{Value, json};

use super::brakes::{count_wrong, name_wrongly};
use super::{FilledTarget, assert_written};
use crate::support::inventories::{InventoryKind, SeenRecord};

for_each_kind![
    a_wrong_mapping_that_was_consented_to_is_reverted_whole_but_for_what_somebody_changed_since,
    what_a_run_made_is_not_taken_away_by_putting_it_back,
];

/// The runs that wrote by this mapping, newest first.
async fn runs_by(filled: &FilledTarget, digest: &str) -> Vec<Value> {
    let mut runs = filled.scene.runs(&filled.target).await;
    runs.retain(|run| {
        let by = run["mappingDigest"].as_str().unwrap_or_default();
        let counts = &run["counts"];
        let writes = ["create", "change", "retire", "move"].map(|class| counts[class].as_u64().unwrap_or(0));
        by.starts_with(digest) && run["kind"] != "revert" && writes.iter().sum::<u64>() > 0
    });
    runs
}

fn without_the_wrong_one(records: &[SeenRecord], edited: &str) -> Vec<SeenRecord> {
    let mut kept = records.to_vec();
    kept.retain(|record| record.id != edited);
    kept.sort_by(|one, other| one.id.cmp(&other.id));
    kept
}

async fn a_wrong_mapping_that_was_consented_to_is_reverted_whole_but_for_what_somebody_changed_since(
    kind: InventoryKind,
) {
    let Some(filled) = FilledTarget::with_answers(kind, 60, json!({})).await else {
        return;
    };
    let before = filled.inventory.records().await;
    let wrong = filled.scene.change_mapping(&filled.target, name_wrongly(kind)).await;
    let asked = filled.scene.agree_until_settled(&filled.target).await;
    assert_eq!(asked.len(), 1, "one question for all: {asked:?}");
    assert_eq!(count_wrong(&filled.inventory.records().await), 60);
    let edited = filled.record(7).await;
    let kept_by_hand = usize::from(kind.reads_edits());
    if kind.reads_edits() {
        filled.inventory.edit(&edited.id, kind.name_field(), "BY HAND").await;
    }

    let runs = runs_by(&filled, wrong["digest"].as_str().unwrap()).await;
    let written: u64 = runs.iter().map(|run| run["counts"]["change"].as_u64().unwrap()).sum();
    assert_eq!(written, 60, "{runs:?}");
    let (mut put_back, mut left) = (0, Vec::new());
    for run in &runs {
        let reverted = filled.scene.revert(&filled.target, run).await;
        assert_eq!(reverted["complete"], true, "{reverted}");
        put_back += reverted["putBack"].as_u64().unwrap();
        left.extend(reverted["left"].as_array().unwrap().iter().cloned());
    }
    assert_eq!(put_back, 60 - kept_by_hand as u64, "{left:?}");
    assert_eq!(left.len(), kept_by_hand, "{left:?}");
    for stays in &left {
        assert_eq!(
            (&stays["deviceId"], &stays["field"], &stays["ours"], &stays["now"]),
            (
                &json!(filled.laptops[7].id),
                &json!(kind.name_field()),
                &json!(format!("WRONG-{}", filled.laptops[7].name)),
                &json!("BY HAND")
            ),
            "{stays}"
        );
    }
    let after = filled.inventory.records().await;
    let name = if kind.reads_edits() {
        "BY HAND"
    } else {
        filled.laptops[7].name.as_str()
    };
    assert_eq!(filled.record(7).await.name, name);
    let (expected, now) = (
        without_the_wrong_one(&before, &edited.id),
        without_the_wrong_one(&after, &edited.id),
    );
    let names = |records: &[SeenRecord]| -> Vec<(String, String)> {
        let pairs = records.iter().map(|record| (record.id.clone(), record.name.clone()));
        pairs.collect()
    };
    assert_eq!(names(&now), names(&expected));

    // The mapping is still wrong: nothing of it goes out again unless somebody agrees anew.
    let changed = json!({"osVersion": "10.0.26100.7777"});
    filled.scene.patch(&filled.laptops[3].id, changed).await;
    filled.scene.scan().await;
    let seen = filled
        .scene
        .passing_until(&filled.target, "it asks before it writes that again", |seen| {
            !seen["question"].is_null()
        })
        .await;
    assert!(seen["question"]["counts"]["change"].as_u64() >= Some(1), "{seen}");
    assert_eq!(count_wrong(&filled.inventory.records().await), 0);
    let told = filled.scene.runs(&filled.target).await;
    let of_reverts = told.iter().filter(|run| run["kind"] == "revert").count();
    assert_eq!(of_reverts, runs.len(), "{told:?}");
    filled.stop().await;
}

async fn what_a_run_made_is_not_taken_away_by_putting_it_back(kind: InventoryKind) {
    let Some(filled) = FilledTarget::open(kind).await else {
        return;
    };
    let records = filled.inventory.records().await.len();
    let runs = filled.scene.runs(&filled.target).await;
    let made = runs.iter().find(|run| run["counts"]["create"] != 0).unwrap();
    let reverted = filled.scene.revert(&filled.target, made).await;
    // A record that was made had nothing before: it stays, and is listed with the reason.
    assert_eq!(reverted["putBack"], 0, "{reverted}");
    let left = reverted["left"].as_array().unwrap();
    assert!(
        !left.is_empty() && left.iter().all(|row| row["reason"] != ""),
        "{reverted}"
    );
    assert_eq!(filled.inventory.records().await.len(), records);
    assert_written(&filled.inventory, &filled.laptops).await;
    filled.stop().await;
}
