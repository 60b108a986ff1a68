//! What buses of this kind promise, by the numbers of their list: on the whole bus, over HTTP.

use chrono::TimeDelta;
use intune_connector::store::RunQuery;
use reqwest::Method;
use serde_json::{Value, json};

use crate::whole::{INSTANCE, Whole, until};

async fn runs(whole: &Whole, workflow: &str) -> Vec<Value> {
    let told = whole.get(&format!("/sics/v1/runs?workflow={workflow}&limit=200")).await;
    told["runs"].as_array().unwrap().clone()
}

async fn ended(whole: &Whole, run: i64) -> Value {
    until("the run has ended", async || {
        whole.get(&format!("/sics/v1/runs/{run}")).await["run"]["state"] != "running"
    })
    .await;
    whole.get(&format!("/sics/v1/runs/{run}")).await
}

#[tokio::test]
async fn b52_the_scanner_comes_by_its_interval_and_jobs_by_the_name_of_their_definition() {
    let settings = [
        ("incremental", "every 15m"),
        ("full", "every 4h"),
        ("verbs", "sync"),
        ("on_demand", "acmp-actions"),
    ];
    let whole = Whole::new(5, &settings).await;
    whole.completed("full", 1).await;
    whole.clock.advance(TimeDelta::minutes(15));
    whole.sim_clock.advance(TimeDelta::minutes(15));
    whole.completed("incremental", 1).await;
    until("the run has ended", async || {
        let all = runs(&whole, "IntuneMobileDevices_1").await;
        all.iter()
            .any(|run| run["cause"] == "schedule:incremental" && run["state"] == "succeeded")
    })
    .await;
    let listed = whole.get(&format!("/sics/v1/workflows?instance={INSTANCE}")).await;
    // MI-3 (B-50, B-51): the engine stands in the area of the workflows too, and they stand below it.
    let engine = &listed["engines"][0];
    assert_eq!(
        (&engine["name"], &engine["instance"], &engine["state"]),
        (&json!("IntuneWorkflowEngine_1"), &json!(INSTANCE), &json!("running"))
    );
    let below = |row: &Value| row["engine"] == "IntuneWorkflowEngine_1";
    assert!(listed["workflows"].as_array().unwrap().iter().all(below), "{listed}");
    let names: Vec<&str> = listed["workflows"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|row| row["name"].as_str())
        .collect();
    assert_eq!(
        names,
        [
            "IntuneActions_1",
            "IntuneMobileDevices_1",
            "RetireWithNotice_1",
            "StaleDevices_1"
        ]
    );
    let device = whole.get("/sics/v1/devices?limit=1").await["devices"][0].clone();
    let id = device["id"]
        .as_str()
        .or(device["deviceId"].as_str())
        .or(device.pointer("/device/id").and_then(Value::as_str));
    let id = id.unwrap_or_else(|| panic!("{device}")).to_owned();
    let job = |definition: Value| json!({"instance": INSTANCE, "action": "sync", "devices": [{"id": id}], "definition": definition});
    for definition in [json!("IntuneActions_1"), json!("acmp-actions"), Value::Null] {
        let taken = whole.post("/sics/v1/jobs", job(definition.clone())).await;
        let cause = format!("job:{}", taken["job"]);
        let all = runs(&whole, "IntuneActions_1").await;
        assert!(
            all.iter().any(|run| run["cause"] == cause.as_str()),
            "{definition}: {all:?}"
        );
    }
    for (definition, code) in [
        ("IntuneActions_2", "unknownDefinition"),
        ("StaleDevices_1", "definitionOff"),
    ] {
        let (status, answer) = whole.ask(Method::POST, "/sics/v1/jobs", job(json!(definition))).await;
        assert!(
            status.is_client_error() && answer["code"] == code,
            "{definition}: {status} {answer}"
        );
    }
}

#[tokio::test]
async fn m5_the_run_of_a_cancelled_job_is_cancelled() {
    let whole = Whole::new(12, &[("verbs", "sync, retire"), ("incremental", "off")]).await;
    whole.completed("full", 1).await;
    let devices = whole.get("/sics/v1/devices?limit=4").await;
    let rows = devices["devices"].as_array().unwrap().iter();
    let targets: Vec<Value> = rows
        .map(|row| json!({"id": row["device"]["id"], "seq": row["seq"]}))
        .collect();
    let body = json!({"action": "retire", "devices": targets, "expectDevices": 4, "confirm": "retire"});
    let job = whole.post("/sics/v1/jobs", body).await["job"].clone();
    whole.post(&format!("/sics/v1/jobs/{job}/cancel"), json!({})).await;
    let cause = format!("job:{job}");
    let followed = runs(&whole, "IntuneActions_1").await;
    let run = followed.iter().find(|run| run["cause"] == cause.as_str()).unwrap();
    let run = ended(&whole, run["run"].as_i64().unwrap()).await["run"].clone();
    assert_eq!(
        (&run["state"], &run["outcome"]),
        (&json!("cancelled"), &json!("cancelled")),
        "{run}"
    );
    assert!(run["message"].as_str().unwrap().contains("4 of 4 devices"), "{run}");
}

#[tokio::test]
async fn b53_the_history_of_runs_has_start_end_result_and_error() {
    let whole = Whole::new(5, &[("incremental", "off"), ("full", "0 3 1 1 *")]).await;
    whole.completed("full", 1).await;
    let started = whole
        .post(
            "/sics/v1/workflows/IntuneMobileDevices_1/runs",
            json!({"parameters": {"kind": "full"}}),
        )
        .await;
    let good = ended(&whole, started["run"].as_i64().unwrap()).await;
    assert_eq!(good["run"]["state"], "succeeded");
    assert!(good["run"]["startedAt"].is_string() && good["run"]["endedAt"].is_string());
    assert!(good["run"]["message"].as_str().unwrap().starts_with("5 read"), "{good}");
    let scan = &good["steps"][0];
    assert_eq!(
        (&scan["step"], &scan["activity"], &scan["outputs"]["seen"]),
        (&json!("scan"), &json!("scan"), &json!(5))
    );
    whole
        .fault(json!({"fault": {"kind": "status", "status": 403}, "path": crate::whole::LIST}))
        .await;
    let started = whole
        .post(
            "/sics/v1/workflows/IntuneMobileDevices_1/runs",
            json!({"parameters": {"kind": "full"}}),
        )
        .await;
    let bad = ended(&whole, started["run"].as_i64().unwrap()).await;
    assert_eq!(bad["run"]["state"], "failed", "{bad}");
    assert!(
        bad["run"]["outcome"].is_string() && bad["steps"][0]["fault"]["message"].is_string(),
        "{bad}"
    );
    let shown = whole.get("/sics/v1/workflows/IntuneMobileDevices_1").await;
    assert_eq!(shown["lastRun"]["run"], bad["run"]["run"]);
}

const TELLS: &str = "<workflow name=\"FollowAndTell\" version=\"1\">
  <onDemand/>
  <parameter name=\"job\" type=\"number\" required=\"yes\">number of the job</parameter>
  <steps>
    <call id=\"follow\" activity=\"followJob\"><in name=\"job\">${parameters.job}</in></call>
    <call id=\"file\" activity=\"writeFile\">
      <in name=\"name\">told.txt</in>
      <in name=\"content\">${follow.action}: ${follow.well} of ${follow.devices}</in>
    </call>
  </steps>
</workflow>";

#[tokio::test]
async fn b52_another_definition_that_takes_jobs_stands_beside_the_default_one() {
    let mut whole = Whole::prepare(
        1,
        &[("incremental", "off"), ("full", "0 3 1 1 *"), ("verbs", "editNotes")],
    )
    .await;
    let folder = whole.data().join("workflows");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("tell.xml"), TELLS).unwrap();
    whole.start().await;
    whole.completed("full", 1).await;
    whole.enable("FollowAndTell_1").await;
    let all = whole.control("GET", "devices", json!({})).await;
    let id = all["devices"][0]["id"].clone();
    let job = json!({
        "instance": INSTANCE, "action": "editNotes", "devices": [{"id": id}], "definition": "FollowAndTell_1",
        "parameters": {"notes": "seen"},
    });
    let taken = whole.post("/sics/v1/jobs", job).await;
    let all = runs(&whole, "FollowAndTell_1").await;
    assert_eq!(all[0]["cause"], format!("job:{}", taken["job"]));
    let run = ended(&whole, all[0]["run"].as_i64().unwrap()).await;
    assert_eq!(run["run"]["state"], "succeeded", "{run}");
    let told = std::fs::read_to_string(whole.data().join("workflows-output/told.txt")).unwrap();
    assert_eq!(told, "editNotes: 1 of 1");
    assert!(
        runs(&whole, "IntuneActions_1").await.is_empty(),
        "it has one run, not two"
    );
}

const OWN: &str = "<workflow name=\"Greeting\" version=\"3\">
  <summary>Writes a file.</summary>
  <onDemand/>
  <parameter name=\"whom\" type=\"text\" required=\"yes\">who is greeted</parameter>
  <outcome name=\"nobody\">Nobody is called that.</outcome>
  <steps>
    <choose id=\"who\">
      <when if=\"parameters.whom == ''\"><end id=\"none\" outcome=\"nobody\"/></when>
      <otherwise/>
    </choose>
    <call id=\"file\" activity=\"writeFile\">
      <in name=\"name\">greeting.txt</in>
      <in name=\"content\">Hello ${parameters.whom}</in>
    </call>
  </steps>
</workflow>";

/// Own logic stands in a definition, is tried without effect, and then runs; there is no other language.
#[tokio::test]
async fn b80_own_logic_is_a_definition_that_can_be_checked_and_tried_before_it_runs() {
    let mut whole = Whole::prepare(5, &[("incremental", "off"), ("full", "0 3 1 1 *")]).await;
    let folder = whole.data().join("workflows");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("greeting.xml"), OWN).unwrap();
    std::fs::write(folder.join("broken.xml"), "<workflow").unwrap();
    whole.start().await;
    let checked = whole.post("/sics/v1/workflows/check", json!({"definition": OWN})).await;
    assert_eq!(
        (&checked["good"], &checked["version"], &checked["danger"]),
        (&json!(true), &json!("3"), &json!("none"))
    );
    let wrong = whole
        .post(
            "/sics/v1/workflows/check",
            json!({"definition": OWN.replace("writeFile", "writFile")}),
        )
        .await;
    assert_eq!(wrong["findings"][0]["line"], 11, "{wrong}");
    let path = "/sics/v1/workflows/Greeting_1";
    let shown = whole.get(path).await;
    assert_eq!(
        (&shown["state"], &shown["hash"]),
        (&json!("disabled"), &checked["hash"])
    );
    let file = whole.data().join("workflows-output/greeting.txt");
    let body = |whom: &str, dry: bool| json!({"parameters": {"whom": whom}, "dryRun": dry});
    let dry = whole.post(&format!("{path}/runs"), body("Ada", true)).await;
    let dry = ended(&whole, dry["run"].as_i64().unwrap()).await;
    assert_eq!((&dry["run"]["state"], file.exists()), (&json!("succeeded"), false));
    // M4: it says that it would write, and is nobody's last run.
    let written = dry["steps"].as_array().unwrap().iter();
    let mut written = written.filter_map(|step| step["outputs"]["file"].as_str());
    assert!(
        written.any(|file| file.ends_with("greeting.txt (would be written)")),
        "{dry}"
    );
    assert_eq!(whole.get(path).await["lastRun"], Value::Null);
    let (status, answer) = whole
        .ask(Method::POST, &format!("{path}/runs"), body("Ada", false))
        .await;
    assert!(status.is_client_error() && answer["code"] == "workflowOff", "{answer}");
    whole.enable("Greeting_1").await;
    for (parameters, code) in [
        (json!({}), "missingParameter"),
        (json!({"whom": 5}), "parameter"),
        (json!({"whom": "Ada", "wohm": "x"}), "unknownParameter"),
    ] {
        let (status, answer) = whole
            .ask(Method::POST, &format!("{path}/runs"), json!({"parameters": parameters}))
            .await;
        assert!(status.is_client_error() && answer["code"] == code, "{code}: {answer}");
    }
    let run = whole.post(&format!("{path}/runs"), body("Ada", false)).await;
    let run = ended(&whole, run["run"].as_i64().unwrap()).await;
    assert_eq!(run["run"]["state"], "succeeded", "{run}");
    assert_eq!(std::fs::read_to_string(file).unwrap(), "Hello Ada");
}

#[tokio::test]
async fn a7_a_workflow_that_can_destroy_is_enabled_by_two() {
    let whole = Whole::new(5, &[("incremental", "off"), ("full", "0 3 1 1 *")]).await;
    let path = "/sics/v1/workflows/RetireWithNotice_1";
    let asked = whole.enable("RetireWithNotice_1").await;
    assert_eq!(
        (&asked["state"], &asked["danger"]),
        (&json!("waiting"), &json!("destructive"))
    );
    let limits = whole.get("/sics/v1/limits").await;
    let waiting = limits["waiting"].as_array().unwrap();
    assert!(waiting.iter().any(|row| row["id"] == asked["waiting"]), "{limits}");
    let (status, answer) = whole
        .ask(
            Method::POST,
            &format!("{path}/runs"),
            json!({"parameters": {"filter": "true"}, "hash": asked["hash"]}),
        )
        .await;
    assert!(status.is_client_error() && answer["code"] == "workflowOff", "{answer}");
}

#[tokio::test]
async fn a_weekly_list_comes_at_its_time_and_not_when_it_is_enabled() {
    let whole = Whole::new(5, &[("incremental", "off"), ("full", "0 3 1 1 *")]).await;
    whole.completed("full", 1).await;
    let path = "/sics/v1/workflows/StaleDevices_1";
    whole.enable("StaleDevices_1").await;
    until("it is planned", async || {
        whole.get(path).await["nextDue"]["weekly"].is_string()
    })
    .await;
    let store = &whole.bus().store;
    let count = async || {
        store
            .list_runs(RunQuery {
                limit: 100,
                ..RunQuery::default()
            })
            .await
            .unwrap()
            .len()
    };
    let before = count().await;
    for days in [7, 7, 21] {
        let known = runs(&whole, "StaleDevices_1").await.len();
        whole.clock.advance(TimeDelta::days(days));
        until("it has run", async || {
            let all = runs(&whole, "StaleDevices_1").await;
            all.len() > known && all.iter().all(|run| run["state"] == "succeeded")
        })
        .await;
    }
    assert_eq!(
        runs(&whole, "StaleDevices_1").await.len(),
        3,
        "missed ones are made up for once"
    );
    assert_eq!(count().await - before, 3);
    assert!(
        whole
            .data()
            .join("workflows-output/IntuneConnector_1-stale-devices.json")
            .exists()
    );
}

#[tokio::test]
async fn mi_4_a_report_names_its_instance_and_says_what_it_lacks() {
    let whole = Whole::new(1_010, &[("incremental", "off"), ("full", "0 3 1 1 *")]).await;
    whole.completed("full", 1).await;
    let enabled = whole.enable("StaleDevices_1").await;
    whole.clock.advance(TimeDelta::days(1));
    let shown = whole.get("/sics/v1/workflows/StaleDevices_1").await;
    let hash = shown["hash"].as_str().or(enabled["hash"].as_str()).unwrap();
    let asked = json!({"parameters": {"silentFor": "1m"}, "hash": hash});
    let path = "/sics/v1/workflows/StaleDevices_1/runs";
    let (status, answer) = whole.ask(Method::POST, path, asked).await;
    assert!(status.is_success(), "{answer}");
    let mut message = String::new();
    until("it has run", async || {
        let all = runs(&whole, "StaleDevices_1").await;
        all.iter().any(|run| run["state"] == "succeeded")
    })
    .await;
    for run in runs(&whole, "StaleDevices_1").await {
        message.push_str(run["message"].as_str().unwrap_or_default());
    }
    assert!(
        message.contains("1000 devices in") && message.contains("limited to 1000 devices"),
        "{message}"
    );
    let file = whole
        .data()
        .join("workflows-output/IntuneConnector_1-stale-devices.json");
    let report: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    assert_eq!(
        (&report["instance"], &report["more"]),
        (&json!("IntuneConnector_1"), &json!(true))
    );
    assert_eq!(report["devices"].as_array().unwrap().len(), 1_000);
}
