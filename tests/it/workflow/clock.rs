//! E3: the clock is set back while an engine holds an open run.

use chrono::TimeDelta;
use intune_connector::model::RunState;
use serde_json::json;

use super::lab::Lab;
use crate::support::wait::found;

const RESTS: &str = r#"<workflow name="Rest" version="1"><onDemand/>
  <steps><wait id="w" for="10m"/><call id="a" activity="log"><in name="text">rested</in></call></steps></workflow>"#;

#[tokio::test]
async fn cr_v5_a_pause_of_a_run_does_not_grow_by_what_the_clock_is_set_back() {
    let lab = Lab::new().await;
    let folder = lab.shop.desk.folder.path().join("workflows");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("rest.xml"), RESTS).unwrap();
    lab.install().await;
    let store = lab.store().clone();
    let row = store.find_workflow_by_name("Rest_1").await.unwrap().unwrap();
    store
        .enable_workflow(row.id, row.hash.clone(), lab.shop.alice.id)
        .await
        .unwrap();
    let clock = lab.shop.rig.shelf.clock.clone();
    clock.advance(TimeDelta::days(1));
    let run = lab.begin("Rest", json!({}), false).await;
    let engine = lab.launch();
    let due = async || {
        let steps = lab.steps(run).await;
        let pause = steps.iter().find(|step| step.due_at.is_some());
        pause.and_then(|step| step.due_at).ok_or_else(|| format!("{steps:?}"))
    };
    found("the pause begins", due).await;

    clock.advance(TimeDelta::days(-1));
    found("the pause is planned anew", async || {
        lab.tick();
        let at = due().await?;
        let soon = at <= clock.now() + TimeDelta::minutes(10);
        soon.then_some(()).ok_or_else(|| at.to_string())
    })
    .await;
    clock.advance(TimeDelta::minutes(11));
    found("the run ends", async || {
        lab.tick();
        let row = store.run(run).await.unwrap().unwrap();
        let ended = row.state != RunState::Running;
        ended.then_some(()).ok_or_else(|| format!("{row:?}"))
    })
    .await;
    engine.stop().await;
}
