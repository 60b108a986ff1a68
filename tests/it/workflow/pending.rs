//! What Intune shows as pending, met by a run: the step says whether to stop, to wait or to go on (A6).

use intune_connector::model::RunState;
use intune_connector::store::JobQuery;
use reqwest::Method;
use serde_json::json;

use super::lab::Lab;
use crate::actions::gone::somebody_else;
use crate::support::wait::until;

const WIPE_ONE: &str = r#"<workflow name="WipeOne" version="1">
  <summary>Wipes one device.</summary>
  <onDemand/>
  <parameter name="device" type="text" required="yes">id of the device</parameter>
  <parameter name="when" type="text" default="stop">where something is pending: stop, wait or goOn</parameter>
  <outcome name="wiped"/>
  <outcome name="gone"/>
  <steps>
    <call id="look" activity="getDevice"><in name="device">${parameters.device}</in></call>
    <choose id="there">
      <when if="look.found">
        <call id="wipe" activity="wipe" confirm="wipe" most="1">
          <in name="device">${look.device}</in>
          <in name="whenPending">${parameters.when}</in>
        </call>
        <end id="through" outcome="wiped"/>
      </when>
      <otherwise><end id="away" outcome="gone"/></otherwise>
    </choose>
  </steps>
</workflow>"#;

async fn answers(lab: &Lab, answers: bool) {
    let conduct = json!({"actions": {"conduct": {"answers": answers}}});
    lab.shop.rig.control("PATCH", "tuning", conduct).await;
}

/// A Mac that somebody told to restart in the portal, and that does not answer.
async fn restarting(lab: &Lab) -> String {
    let id = lab.shop.mac().await;
    lab.scan().await;
    answers(lab, false).await;
    somebody_else(&lab.shop, Method::POST, &format!("{id}/rebootNow"), None).await;
    id
}

async fn lab() -> Lab {
    let lab = Lab::new().await;
    let folder = lab.shop.desk.folder.path().join("workflows");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("wipe-one.xml"), WIPE_ONE).unwrap();
    lab.install().await;
    lab
}

#[tokio::test]
async fn st_4_a_run_that_says_nothing_stops_at_what_others_have_pending_and_says_so() {
    let lab = lab().await;
    let id = restarting(&lab).await;
    let run = lab.begin("WipeOne", json!({"device": id}), false).await;
    let row = lab.run(run).await;
    assert_eq!(
        (row.state, row.outcome.as_deref()),
        (RunState::Failed, Some("pendingAtIntune")),
        "{row:?}"
    );
    let message = row.message.unwrap_or_default();
    assert!(message.contains("a reboot of"), "{message}");
    assert_eq!(lab.shop.effects(&id, "wipe"), 0);
}

#[tokio::test]
async fn st_4_a_run_goes_on_over_what_others_have_pending_where_its_step_says_so() {
    let lab = lab().await;
    let id = restarting(&lab).await;
    let run = lab.begin("WipeOne", json!({"device": id, "when": "goOn"}), false).await;
    let heal = async {
        until("it goes out", async || lab.shop.effects(&id, "wipe") == 1).await;
        answers(&lab, true).await;
        lab.shop
            .rig
            .control("POST", "devices/check-in", json!({"ids": [id]}))
            .await;
    };
    let (row, ()) = tokio::join!(lab.run(run), heal);
    assert_eq!(row.outcome.as_deref(), Some("wiped"), "{row:?}");
    assert_eq!(lab.shop.effects(&id, "wipe"), 1);
}

#[tokio::test]
async fn st_4_a_run_waits_until_nothing_is_pending_where_its_step_says_so() {
    let lab = lab().await;
    let id = restarting(&lab).await;
    let run = lab.begin("WipeOne", json!({"device": id, "when": "wait"}), false).await;
    let heal = async {
        until("it waits", async || {
            let all = JobQuery {
                limit: 100,
                ..JobQuery::default()
            };
            let jobs = lab.store().list_jobs(all).await.unwrap();
            jobs.iter()
                .flat_map(|(_, tally)| tally)
                .any(|(state, _)| state.name() == "waitingWindow")
        })
        .await;
        assert_eq!(lab.shop.effects(&id, "wipe"), 0);
        answers(&lab, true).await;
        lab.shop
            .rig
            .control("POST", "devices/check-in", json!({"ids": [id]}))
            .await;
    };
    let (row, ()) = tokio::join!(lab.run(run), heal);
    assert_eq!(row.outcome.as_deref(), Some("wiped"), "{row:?}");
    assert_eq!(lab.shop.effects(&id, "wipe"), 1);
}
