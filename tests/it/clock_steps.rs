//! E3: the machine's clock is set forward and back while a real bus runs on it; the schedule goes on.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use simulated_tenant::{Options, start};

use crate::support::machine_clock::MachineClock;
use crate::support::program::User;
use crate::support::wait::found;

const DAY_S: i64 = 24 * 3600;

/// Killed when dropped.
struct Bus(Child);

impl Drop for Bus {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn run(user: &User, data: &Path, clock: &MachineClock) -> Bus {
    let mut command: Command = user.command(["run", "--quiet", "--listen", "127.0.0.1:0", "--data"]);
    command.arg(data).stdout(Stdio::null()).stderr(Stdio::null());
    Bus(clock.put_into(&mut command).spawn().unwrap())
}

/// When the completed scans ended by the clock of the bus, newest first, once `fits` says so.
async fn scans(data: &Path, fits: impl Fn(&[DateTime<Utc>]) -> bool) -> Vec<DateTime<Utc>> {
    let http = reqwest::Client::new();
    found("scans as they should be", async || {
        let text = std::fs::read(data.join("local-connection.json")).map_err(|error| error.to_string())?;
        let local: Value = serde_json::from_slice(&text).map_err(|error| error.to_string())?;
        let (url, token) = (local["url"].as_str().unwrap(), local["token"].as_str().unwrap());
        let url = format!("{url}/sics/v1/scans?instance=IntuneConnector_1&limit=200");
        let asked = http.get(url).bearer_auth(token).send().await;
        let answer = asked.map_err(|error| error.to_string())?;
        let told: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
        let rows = told["scans"].as_array().ok_or_else(|| told.to_string())?.iter();
        let completed = rows.filter(|row| row["scan"]["state"] == "completed");
        let ended: Vec<DateTime<Utc>> = completed
            .map(|row| row["scan"]["endedAt"].as_str().unwrap().parse().unwrap())
            .collect();
        if fits(&ended) { Ok(ended) } else { Err(told.to_string()) }
    })
    .await
}

#[tokio::test]
async fn cr_v5_a_bus_goes_on_scanning_when_its_clock_is_set_a_day_forward_and_back_again() {
    let sim = start(Options::quick(10, 3)).await.unwrap();
    let user = User::new();
    let data = user.path("data");
    let secret = user.file("secret.txt", &sim.registration.client_secret);
    let line = format!(
        "instances add --data {} --tenant {} --client {} --secret-file {secret} --login-url {base} --graph-url {base} --servers * --set jitter_s=0",
        data.display(),
        sim.registration.tenant_id,
        sim.registration.client_id,
        base = sim.base,
    );
    let every = ["--set", "incremental=every 10s"];
    user.says_with(line.split_whitespace().chain(every), "").good();
    let clock = MachineClock::new(&user.path(""));
    let bus = run(&user, &data, &clock);
    scans(&data, |ended| !ended.is_empty()).await;

    clock.set(DAY_S);
    let soon = Utc::now() + TimeDelta::hours(12);
    scans(&data, |ended| ended[0] > soon).await;

    clock.set(0);
    // The newest two: what began ahead lies between them and the first.
    scans(&data, |ended| ended[0] < soon && ended[1] < soon).await;
    drop(bus);
    sim.stop().await;
}

/// State and moment of the next look of the only task there is, by the store of the running bus.
fn task(data: &Path) -> Result<(String, DateTime<Utc>), String> {
    let store = rusqlite::Connection::open(data.join("bus.db")).map_err(|error| error.to_string())?;
    let row = store.query_row("SELECT state, due_at FROM task", [], |row| {
        Ok((row.get::<_, String>(0)?, row.get::<_, Option<i64>>(1)?))
    });
    let (state, due_at) = row.map_err(|error| error.to_string())?;
    let due_at = due_at.and_then(DateTime::from_timestamp_millis);
    due_at.map(|at| (state.clone(), at)).ok_or(state)
}

#[tokio::test(flavor = "multi_thread")]
async fn cr_v5_what_a_task_waits_for_comes_when_the_clock_of_the_bus_was_set_back() {
    let sim = start(Options::quick(3, 3)).await.unwrap();
    let user = User::new();
    let data = user.path("data");
    let secret = user.file("secret.txt", &sim.registration.client_secret);
    let line = format!(
        "instances add --data {} --tenant {} --client {} --secret-file {secret} --login-url {base} --graph-url {base} --servers * --set verbs=sync",
        data.display(),
        sim.registration.tenant_id,
        sim.registration.client_id,
        base = sim.base,
    );
    user.says_with(line.split_whitespace(), "").good();
    let control = async |method: reqwest::Method, path: &str, body: Value| {
        let url = format!("{}/simulator/{path}", sim.base);
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let answer = http.request(method, url).json(&body).send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        answer.json::<Value>().await.unwrap_or_default()
    };
    let answers = |answers: bool| serde_json::json!({"actions": {"conduct": {"answers": answers}}});
    control(reqwest::Method::PATCH, "tuning", answers(false)).await;
    let devices = control(reqwest::Method::GET, "devices", Value::Null).await;
    let id = devices["devices"][0]["id"].as_str().unwrap().to_owned();
    let clock = MachineClock::new(&user.path(""));
    let bus = run(&user, &data, &clock);
    scans(&data, |ended| !ended.is_empty()).await;

    clock.set(DAY_S);
    let soon = Utc::now() + TimeDelta::hours(12);
    let sent = format!(
        "action sync --device {id} --instance IntuneConnector_1 --data {}",
        data.display()
    );
    user.says(&sent).good();
    found("it was sent, and is looked at later", async || {
        let (state, due_at) = task(&data)?;
        let waits = state != "accepted" && due_at > soon;
        waits.then_some(()).ok_or(format!("{state} {due_at}"))
    })
    .await;

    clock.set(0);
    found("the next look is planned anew", async || {
        let (state, due_at) = task(&data)?;
        (due_at < soon).then_some(()).ok_or(format!("{state} {due_at}"))
    })
    .await;
    control(reqwest::Method::PATCH, "tuning", answers(true)).await;
    control(
        reqwest::Method::POST,
        "devices/check-in",
        serde_json::json!({"ids": [id]}),
    )
    .await;
    found("it ends", async || match task(&data) {
        Err(state) if state == "done" => Ok(()),
        other => Err(format!("{other:?}")),
    })
    .await;
    drop(bus);
    sim.stop().await;
}
