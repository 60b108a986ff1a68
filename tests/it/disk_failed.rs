//! E3, E5: while nothing can be written (here: the limit on the size of the running bus's files is lowered), nothing is
//! done that could not be recorded, and readiness says so; it ends with its cause.

use std::process::{Child, Command, Stdio};

use reqwest::Method;
use rustix::process::{Pid, Resource, Rlimit, prlimit};
use serde_json::{Value, json};
use simulated_tenant::{Options, start};

use crate::support::program::User;
use crate::support::wait::found;

/// Killed when dropped.
struct Bus(Child);

impl Drop for Bus {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Bus {
    fn files_up_to(&self, bytes: Option<u64>) {
        let pid = Pid::from_raw(i32::try_from(self.0.id()).unwrap());
        let limit = Rlimit {
            current: bytes,
            maximum: None,
        };
        prlimit(pid, Resource::Fsize, limit).unwrap();
    }
}

async fn ask(data: &std::path::Path, method: Method, path: &str, body: Value) -> Result<(u16, Value), String> {
    let text = std::fs::read(data.join("local-connection.json")).map_err(|error| error.to_string())?;
    let local: Value = serde_json::from_slice(&text).map_err(|error| error.to_string())?;
    let url = format!("{}{path}", local["url"].as_str().unwrap());
    let asked = reqwest::Client::new()
        .request(method, url)
        .bearer_auth(local["token"].as_str().unwrap())
        .json(&body);
    let answer = asked.send().await.map_err(|error| error.to_string())?;
    let status = answer.status().as_u16();
    let bytes = answer.bytes().await.map_err(|error| error.to_string())?;
    Ok((status, serde_json::from_slice(&bytes).unwrap_or_default()))
}

async fn readiness(data: &std::path::Path, wanted: u16) -> Value {
    found("readiness is answered so", async || {
        match ask(data, Method::GET, "/readyz", json!({})).await {
            Ok((status, told)) if status == wanted => Ok(told),
            other => Err(other),
        }
    })
    .await
}

#[tokio::test]
async fn cr_d3_e5_what_can_not_be_recorded_is_not_done_and_all_is_well_as_soon_as_there_is_room() {
    let sim = start(Options::quick(10, 3)).await.unwrap();
    let user = User::new();
    let data = user.path("data");
    let secret = user.file("secret.txt", &sim.registration.client_secret);
    user.says(&format!(
        "instances add --data {} --tenant {} --client {} --secret-file {secret} --login-url {base} --graph-url {base} --servers *",
        data.display(),
        sim.registration.tenant_id,
        sim.registration.client_id,
        base = sim.base,
    ))
    .good();
    let mut command = Command::new("sh");
    // The shell ignores the signal, and so does the bus.
    let line = "trap '' XFSZ; exec \"$0\" run --quiet --listen 127.0.0.1:0 --data \"$1\"";
    command
        .args(["-c", line, env!("CARGO_BIN_EXE_intune-connector")])
        .arg(&data);
    let bus = Bus(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
    let scans = async || {
        let path = "/sics/v1/scans?instance=IntuneConnector_1&limit=100";
        let (_, told) = ask(&data, Method::GET, path, json!({})).await?;
        let rows = told["scans"].as_array().cloned().ok_or_else(|| told.to_string())?;
        Ok::<_, String>(rows)
    };
    let first = found("the first scan completes", async || {
        let rows = scans().await?;
        let done = rows.first().is_some_and(|row| row["scan"]["state"] == "completed");
        done.then_some(rows.len()).ok_or_else(|| format!("{rows:?}"))
    })
    .await;
    readiness(&data, 200).await;

    bus.files_up_to(Some(512));
    let body = json!({"instance": "IntuneConnector_1", "kind": "full"});
    let (status, told) = ask(&data, Method::POST, "/sics/v1/scans", body.clone()).await.unwrap();
    assert_eq!((status, &told["code"]), (507, &json!("diskFull")), "{told}");
    let stopped = "/sics/v1/instances/IntuneConnector_1/stop";
    let (status, told) = ask(&data, Method::POST, stopped, json!({})).await.unwrap();
    assert_eq!((status, &told["code"]), (507, &json!("diskFull")), "{told}");
    let ready = readiness(&data, 503).await;
    assert_eq!(ready["store"]["cause"], "diskFull", "{ready}");
    let (status, told) = ask(&data, Method::GET, "/sics/v1/audit?limit=1000", json!({}))
        .await
        .unwrap();
    assert!(status == 200 && !told.to_string().contains("scan.started"), "{told}");

    bus.files_up_to(None);
    readiness(&data, 200).await;
    assert_eq!(scans().await.unwrap().len(), first, "nothing was begun");
    let (status, told) = ask(&data, Method::POST, "/sics/v1/scans", body).await.unwrap();
    assert_eq!(status, 202, "{told}");
    drop(bus);
    sim.stop().await;
}
