//! Recorded histories of every shipped definition, replayed through `next`: a version of the program that reads one
//! otherwise would carry open runs on otherwise.
//!
//! `BLESS=1 cargo test --test it replay` records them anew.

use std::collections::BTreeMap;
use std::path::PathBuf;

use chrono::TimeDelta;
use intune_connector::app::workflows;
use intune_connector::contract::StepFailure;
use intune_connector::model::{RunState, Timestamp};
use intune_connector::workflow::{
    HistoryEntry, PlannedStep, RunFacts, RunHistory, StepStage, compile_definition, next,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::lab::Lab;

#[derive(Serialize, Deserialize)]
struct Recorded {
    run: RunFacts,
    /// As `workflow::hash` has it, of the definition that ran.
    text: String,
    steps: Vec<Step>,
    state: RunState,
    outcome: String,
    message: String,
}

#[derive(Serialize, Deserialize)]
struct Step {
    path: String,
    attempt: u32,
    entry: HistoryEntry,
}

/// When they are played.
fn moment() -> Timestamp {
    chrono::DateTime::from_timestamp(1_790_000_000, 0).unwrap()
}

fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("tests/fixtures/workflows/{name}.json"))
}

async fn record(lab: &Lab, name: &str, run: i64) {
    let row = lab.run(run).await;
    let steps = lab.steps(run).await.into_iter().map(|step| {
        let stage = match (step.outputs, step.fault) {
            (Some(outputs), _) => StepStage::Done(outputs.as_object().unwrap().clone()),
            (None, Some(fault)) => StepStage::Failed(serde_json::from_value::<StepFailure>(fault).unwrap()),
            (None, None) => StepStage::Begun,
        };
        Step {
            path: step.path,
            attempt: step.attempt,
            entry: HistoryEntry {
                inputs: step.inputs.as_object().unwrap().clone(),
                due_at: step.due_at,
                stage,
            },
        }
    });
    let recorded = Recorded {
        run: RunFacts {
            id: run,
            instance: lab.shop.rig.shelf.instance.name.to_string(),
            started_at: row.started_at,
            parameters: row.parameters.as_object().unwrap().clone(),
            dry_run: row.dry_run,
            cancelled: false,
        },
        text: lab.store().find_definition_text(&row.hash).await.unwrap().unwrap(),
        steps: steps.collect(),
        state: row.state,
        outcome: row.outcome.unwrap(),
        message: row.message.unwrap(),
    };
    std::fs::create_dir_all(file(name).parent().unwrap()).unwrap();
    std::fs::write(file(name), serde_json::to_string_pretty(&recorded).unwrap() + "\n").unwrap();
}

async fn record_all() {
    let lab = Lab::new().await;
    let (phone, filter) = lab.phone().await;
    let laptop = lab.shop.laptop().await;
    lab.scan().await;
    let full = lab.begin("IntuneMobileDevices", json!({"kind": "full"}), false).await;
    record(&lab, "IntuneMobileDevices-full", full).await;
    let job = lab.shop.send("sync", &[&phone], json!({})).await;
    let follow = lab.begin("IntuneActions", json!({"job": job}), false).await;
    record(&lab, "IntuneActions-sync", follow).await;
    let nothing = lab.begin("IntuneActions", json!({"job": 4711}), false).await;
    record(&lab, "IntuneActions-unknown-job", nothing).await;
    let stale = lab.begin("StaleDevices", json!({"silentFor": "1h"}), false).await;
    record(&lab, "StaleDevices-some", stale).await;
    let nobody = lab.begin("StaleDevices", json!({"filter": "false"}), false).await;
    record(&lab, "StaleDevices-none", nobody).await;
    let dry = lab.begin("RetireWithNotice", json!({"filter": filter}), true).await;
    record(&lab, "RetireWithNotice-dry", dry).await;
    let both = format!("id in ['{phone}', '{laptop}']");
    let retire = lab.begin("RetireWithNotice", json!({"filter": both}), false).await;
    record(&lab, "RetireWithNotice-retired", retire).await;
    let again = lab.begin("RetireWithNotice", json!({"filter": "false"}), false).await;
    record(&lab, "RetireWithNotice-nothing", again).await;
}

/// Plays a recorded run: what `next` begins must be what was begun then, and it must end as it ended.
fn replay(name: &str, recorded: Recorded) {
    let registry = workflows::known_activities(std::path::Path::new(""));
    let definition =
        compile_definition(&recorded.text, &registry).unwrap_or_else(|findings| panic!("{name}: {findings:?}"));
    let mut known: BTreeMap<(String, u32), HistoryEntry> = recorded
        .steps
        .into_iter()
        .map(|step| ((step.path, step.attempt), step.entry))
        .collect();
    let count = known.len();
    let mut history = RunHistory::new(recorded.run);
    let mut taken = 0;
    loop {
        let told = next(&definition, &history, moment());
        let years_later = moment() + TimeDelta::days(3_650);
        assert_eq!(
            told,
            next(&definition, &history, years_later),
            "{name}: the same for the same, whenever it is played"
        );
        let mut open = Vec::new();
        for start in &told.planned_steps {
            let (place, inputs, outputs) = match start {
                PlannedStep::Call {
                    path,
                    attempt,
                    inputs,
                    again,
                    ..
                } => {
                    assert!(!again, "{name} {path}");
                    ((path.clone(), *attempt), inputs.clone(), None)
                }
                PlannedStep::Pause { path, .. } => ((path.clone(), 1), Map::new(), None),
                PlannedStep::Mark { path, outputs } => ((path.clone(), 1), Map::new(), Some(outputs.clone())),
            };
            let then = known
                .get(&place)
                .unwrap_or_else(|| panic!("{name}: {place:?} was not begun then"))
                .clone();
            assert_eq!(
                Value::Object(inputs.clone()),
                Value::Object(then.inputs.clone()),
                "{name} {place:?}"
            );
            if let Some(Some(outputs)) = &outputs {
                assert_eq!(then.stage, StepStage::Done(outputs.clone()), "{name} {place:?}");
                known.remove(&place);
                taken += 1;
            }
            let stage = match outputs {
                Some(Some(outputs)) => StepStage::Done(outputs),
                Some(None) => StepStage::Begun,
                None => {
                    open.push(place.clone());
                    StepStage::Begun
                }
            };
            history.entries.insert(place, HistoryEntry { stage, ..then });
        }
        if let Some(end) = told.result {
            assert_eq!(
                (end.state, end.outcome, end.message),
                (recorded.state, recorded.outcome, recorded.message),
                "{name}"
            );
            assert_eq!(taken, count, "{name}: everything that was begun then is begun now");
            return;
        }
        assert!(!open.is_empty(), "{name}: nothing is next");
        for place in open {
            let then = known.remove(&place).unwrap();
            taken += 1;
            history.entries.get_mut(&place).unwrap().stage = then.stage;
        }
    }
}

#[tokio::test]
async fn recorded_histories_of_every_shipped_definition_are_replayed_to_the_same_end() {
    if std::env::var_os("BLESS").is_some() {
        record_all().await;
    }
    let mut names = Vec::new();
    for entry in std::fs::read_dir(file("x").parent().unwrap()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let recorded: Recorded = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        replay(&name, recorded);
        names.push(name);
    }
    for shipped in [
        "IntuneMobileDevices",
        "IntuneActions",
        "RetireWithNotice",
        "StaleDevices",
    ] {
        assert!(
            names.iter().any(|name| name.starts_with(shipped)),
            "{shipped} has no recorded history"
        );
    }
    assert!(names.len() >= 8, "{names:?}");
}

#[test]
fn a_pause_is_over_by_an_entry_and_not_by_the_clock() {
    let text = "<workflow name=\"W\" version=\"1\"><onDemand/><steps><wait id=\"w\" for=\"1d\"/></steps></workflow>";
    let definition = compile_definition(text, &workflows::known_activities(std::path::Path::new(""))).unwrap();
    let started_at = chrono::DateTime::from_timestamp(0, 0).unwrap();
    let mut history = RunHistory::new(RunFacts {
        id: 1,
        instance: "I_1".into(),
        started_at,
        parameters: Map::new(),
        dry_run: false,
        cancelled: false,
    });
    let entry = HistoryEntry {
        inputs: Map::new(),
        due_at: Some(started_at + TimeDelta::days(1)),
        stage: StepStage::Begun,
    };
    history.entries.insert(("w".into(), 1), entry);
    assert_eq!(next(&definition, &history, moment()), Default::default());
}
