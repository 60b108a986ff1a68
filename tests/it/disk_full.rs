//! E3: a disk that is full (here: a limit on the size of the process's files) loses nothing and says so, and once there
//! is room the work goes on by itself.

use std::process::{Child, Command, Stdio};

use serde_json::Value;
use simulated_tenant::{Options, start};

use crate::support::program::User;
use crate::support::wait::found;

const DEVICES: usize = 4_000;
/// Not enough for a page of devices, nor for long for what the bus writes of itself.
const ROOM_BYTES: u64 = 256 << 10;

/// Asks for the newest scan until `fits`; each question is a request of its own.
async fn newest_scan(data: &std::path::Path, fits: impl Fn(&Value) -> bool) -> Value {
    let http = reqwest::Client::new();
    found("a scan of this kind", async || {
        let text = std::fs::read(data.join("local-connection.json")).map_err(|error| error.to_string())?;
        let local: Value = serde_json::from_slice(&text).map_err(|error| error.to_string())?;
        let url = format!(
            "{}/sics/v1/scans?instance=IntuneConnector_1&limit=1",
            local["url"].as_str().unwrap()
        );
        let asked = http.get(url).bearer_auth(local["token"].as_str().unwrap()).send().await;
        let answer = asked.map_err(|error| error.to_string())?;
        let told: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
        let scan = &told["scans"][0]["scan"];
        fits(scan).then(|| scan.clone()).ok_or_else(|| told.to_string())
    })
    .await
}

/// Waits until readiness is answered with this status.
async fn readiness(data: &std::path::Path, status: u16) -> Value {
    let http = reqwest::Client::new();
    let local: Value = serde_json::from_slice(&std::fs::read(data.join("local-connection.json")).unwrap()).unwrap();
    let url = format!("{}/readyz", local["url"].as_str().unwrap());
    found("readiness is answered so", async || {
        let answer = http.get(&url).send().await.unwrap();
        let is = answer.status();
        let told: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
        if is == status { Ok(told) } else { Err(told) }
    })
    .await
}

fn run(data: &std::path::Path, limit: &str) -> Child {
    let line = format!("{limit} exec \"$0\" run --quiet --data \"$1\"");
    Command::new("sh")
        .args(["-c", &line, env!("CARGO_BIN_EXE_intune-connector")])
        .arg(data)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

fn end(mut bus: Child, data: &std::path::Path) {
    bus.kill().unwrap();
    bus.wait().unwrap();
    std::fs::remove_file(data.join("local-connection.json")).unwrap();
}

#[tokio::test]
async fn e3_a_full_disk_loses_nothing_and_the_scan_goes_on_once_there_is_room() {
    let sim = start(Options::quick(DEVICES, 3)).await.unwrap();
    let user = User::new();
    let data = user.path("data");
    std::fs::create_dir_all(&data).unwrap();
    std::fs::write(data.join("bus.ini"), "[sics]\nlisten = 127.0.0.1:0\n").unwrap();
    let secret = user.file("secret.txt", &sim.registration.client_secret);
    let added = user.says(&format!(
        "instances add --data {} --tenant {} --client {} --secret-file {secret} --login-url {base} --graph-url {base} --servers *",
        data.display(),
        sim.registration.tenant_id,
        sim.registration.client_id,
        base = sim.base,
    ));
    added.good();

    // In blocks of 512 bytes. The shell ignores the signal, and so does the bus.
    // What the command did not move from the log into the store before it ended is moved now: the log counts for itself.
    let store = rusqlite::Connection::open(data.join("bus.db")).unwrap();
    store
        .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
        .unwrap();
    drop(store);
    let empty = std::fs::metadata(data.join("bus.db")).unwrap().len();
    let bus = run(
        &data,
        &format!("trap '' XFSZ; ulimit -f {};", (empty + ROOM_BYTES) / 512),
    );
    newest_scan(&data, Value::is_object).await;
    let ready = readiness(&data, 503).await;
    assert_eq!(
        (&ready["store"]["writable"], &ready["store"]["cause"]),
        (&Value::Bool(false), &Value::from("diskFull")),
        "{ready}"
    );
    // How it ended may have found no room either.
    let scan = newest_scan(&data, Value::is_object).await;
    let told = scan["cause"].as_str().unwrap_or("diskFull");
    assert!(scan["state"] != "completed" && told.starts_with("diskFull"), "{scan}");
    end(bus, &data);

    let bus = run(&data, "");
    let scan = newest_scan(&data, |scan| scan["state"] == "completed").await;
    assert_eq!(scan["seen"], DEVICES, "{scan}");
    assert_eq!(readiness(&data, 200).await["ready"], true);
    end(bus, &data);
    sim.stop().await;
}
