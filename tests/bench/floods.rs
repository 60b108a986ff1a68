//! `cargo bench --bench floods`, part of `make bench`: strangers hammer at the door of the release build, and a person who
//! may press the kill switch gets in. For each flood: the longest that pressing it took, new connection and password
//! included, and the most memory above what the idle bus has. A press whose connection is driven out is sent again, as the command
//! line does; its time is that of all its requests.
//!
//! The three that the design names run for 60 s each (`BENCH_FLOOD_S` for less), over HTTP and over HTTPS; what else
//! strangers may do over HTTP runs for a sixth of that. The person has never signed in before the flood begins. Nothing
//! here decides whether a test passes.
#![allow(clippy::unwrap_used, reason = "a bench that can't go on has failed")]

#[path = "../support/attack.rs"]
mod attack;

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use attack::{FLOODS, Flood, Target, guess, resident_kib};
use serde_json::json;

const LATEST: Duration = Duration::from_secs(2);
/// As the command line has it.
const REQUESTS_MAX: usize = 20;
const PAUSE: Duration = Duration::from_millis(100);
const MOST_MIB: f64 = 64.0;
const PASSWORD: &str = "correct horse battery";
const CONNECTIONS: usize = 300;
/// A flood of connections comes anew after so long.
const WAVE: Duration = Duration::from_secs(5);

/// A bus of its own for each flood, and a person called anna.
struct Bus {
    process: Child,
    url: String,
    _folder: tempfile::TempDir,
}

impl Drop for Bus {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Bus {
    fn start(tls: &str) -> Bus {
        let program = env!("CARGO_BIN_EXE_intune-connector");
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        std::fs::create_dir(&data).unwrap();
        std::fs::write(
            data.join("bus.ini"),
            format!("[sics]\nlisten = 127.0.0.1:0\ntls = {tls}\n"),
        )
        .unwrap();
        let mut process = Command::new(program)
            .args(["run", "--quiet", "--data"])
            .arg(&data)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let mut said = lines.map_while(Result::ok);
        let url = said.find_map(|line| line.strip_prefix("listening on ").map(str::to_owned));
        std::thread::spawn(move || said.for_each(drop));
        let password = folder.path().join("password");
        std::fs::write(&password, PASSWORD).unwrap();
        let added = Command::new(program)
            .args([
                "operators",
                "add",
                "anna",
                "--rights",
                "KillSwitch_Read",
                "--new-password-file",
            ])
            .arg(&password)
            .arg("--data")
            .arg(&data)
            .stdout(Stdio::null())
            .status();
        assert!(added.unwrap().success());
        Bus {
            process,
            url: url.unwrap(),
            _folder: folder,
        }
    }
}

#[derive(Clone, Copy)]
enum Hammering {
    /// Wrong sign-ins, 50 a second: of names that nobody has, and of the person's own where it says so.
    Guesses { own_name: bool },
    /// So many addresses.
    Connections(Flood, u8),
}

#[tokio::main]
async fn main() {
    let wanted = std::env::var("BENCH_FLOOD_S").ok().and_then(|text| text.parse().ok());
    let time = Duration::from_secs(wanted.unwrap_or(60));
    println!("{:<44}{:>8}{:>14}{:>12}   ", "flood", "presses", "longest", "memory");
    for tls in ["off", "on"] {
        let named = [
            (
                "50 wrong sign-ins a second, one address",
                Hammering::Guesses { own_name: false },
            ),
            (
                "300 idle connections, one address",
                Hammering::Connections(Flood::Idle, 1),
            ),
            (
                "HTTP/2 readers that take nothing",
                Hammering::Connections(Flood::ZeroWindow, 5),
            ),
        ];
        for (what, hammering) in named {
            measure(what, tls, hammering, time).await;
        }
        measure(
            "the same under the person's own name",
            tls,
            Hammering::Guesses { own_name: true },
            time / 6,
        )
        .await;
        for flood in FLOODS {
            let what = format!("{flood:?}, 200 addresses");
            measure(&what, tls, Hammering::Connections(flood, 200), time / 6).await;
        }
    }
}

async fn measure(what: &str, tls: &str, hammering: Hammering, time: Duration) {
    let bus = Bus::start(tls);
    let own_name = matches!(hammering, Hammering::Guesses { own_name: true });
    if own_name {
        press(&bus.url).await;
    }
    let idle = resident_kib(bus.process.id());
    let peak = Arc::<AtomicU64>::default();
    let watching = tokio::spawn(watch(bus.process.id(), peak.clone()));
    let hammer = tokio::spawn(hammer(bus.url.clone(), hammering));
    tokio::time::sleep(Duration::from_secs(1).min(time / 2)).await;
    let (began, mut longest) = (Instant::now(), Duration::ZERO);
    let (mut presses, mut failed, mut again) = (0, 0, 0);
    while began.elapsed() < time {
        let (pressed, took) = press(&bus.url).await;
        presses += 1;
        failed += usize::from(pressed.is_none());
        again += usize::from(pressed.is_some_and(|requests| requests > 1));
        longest = longest.max(took);
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    hammer.abort();
    watching.abort();
    let mib = (peak.load(Ordering::Relaxed).saturating_sub(idle)) as f64 / 1_024.0;
    let good = failed == 0 && longest <= LATEST && mib <= MOST_MIB;
    let scheme = if tls == "on" { "https" } else { "http" };
    println!(
        "{:<44}{presses:>8}{:>11} ms{mib:>8.1} MiB   {}",
        format!("{what} ({scheme})"),
        longest.as_millis(),
        if good {
            format!("ok; {again} took more than one request")
        } else {
            format!(
                "MISSED: at most {} ms and {MOST_MIB} MiB; {failed} refused",
                LATEST.as_millis()
            )
        }
    );
}

async fn hammer(url: String, hammering: Hammering) {
    match hammering {
        Hammering::Guesses { own_name } => {
            let name = move |n: usize| {
                if own_name {
                    "anna".to_owned()
                } else {
                    format!("nobody{n}")
                }
            };
            guess(url, name, 50).await;
        }
        Hammering::Connections(flood, sources) => loop {
            let held = flood.begin(Target::of(&url, sources), CONNECTIONS).await;
            tokio::time::sleep(WAVE).await;
            drop(held);
        },
    }
}

async fn watch(pid: u32, peak: Arc<AtomicU64>) {
    loop {
        peak.fetch_max(resident_kib(pid), Ordering::Relaxed);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// The kill switch, as the command line switches it on: where a connection is driven out, over another one. How many
/// requests that took (`None`: the last one failed as well), and how long.
async fn press(url: &str) -> (Option<usize>, Duration) {
    let began = Instant::now();
    for request in 1..=REQUESTS_MAX {
        if press_once(url).await {
            return (Some(request), began.elapsed());
        }
        tokio::time::sleep(PAUSE).await;
    }
    (None, began.elapsed())
}

async fn press_once(url: &str) -> bool {
    let http = reqwest::Client::builder()
        .no_proxy()
        .danger_accept_invalid_certs(true)
        .build()
        .unwrap();
    let pressed = http
        .put(format!("{url}/sics/v1/killswitch"))
        .basic_auth("anna", Some(PASSWORD))
        .json(&json!({"on": true, "reason": "somebody hammers at the door"}))
        .timeout(Duration::from_secs(10));
    pressed.send().await.is_ok_and(|answer| answer.status().is_success())
}
