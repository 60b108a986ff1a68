//! The bus from outside: its data folder, its process, its API. The tenant's clock and its own move together.

use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use chrono::TimeDelta;
use intune_connector::app::{LocalConnection, local_connection_path};
use intune_connector::config::DataFolder;
use intune_connector::orders::OrderFailpoint;
use reqwest::Method;
use serde_json::Value;
use simulated_tenant::SimClock;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::mpsc;

use super::child;
use super::mistake::Mistake;

/// Of the whole world.
pub const BEGIN_MS: i64 = 1_790_000_000_000;
/// What takes longer has failed. Generous: a debug build on a busy machine.
const LIMIT: Duration = Duration::from_secs(120);
/// Between two looks at a process.
const LOOK: Duration = Duration::from_millis(100);

/// How this very program is started again as a bus.
#[derive(Debug, Clone, Copy)]
pub struct Program {
    pub arguments: &'static [&'static str],
}

pub struct Bus {
    pub folder: PathBuf,
    program: Program,
    mistake: Option<Mistake>,
    clock: SimClock,
    now_ms: i64,
    http: reqwest::Client,
    process: Option<Process>,
}

struct Process {
    child: Child,
    say: ChildStdin,
    told: mpsc::UnboundedReceiver<String>,
}

impl Bus {
    /// An empty data folder; nothing runs yet.
    pub fn prepare(folder: &Path, program: Program, mistake: Option<Mistake>, clock: SimClock) -> Bus {
        let data = folder.join("data");
        let settings = DataFolder::open(&data).unwrap();
        fs::write(settings.bus_ini_path(), "[sics]\nlisten = 127.0.0.1:0\n").unwrap();
        Bus {
            folder: data,
            program,
            mistake,
            clock,
            now_ms: BEGIN_MS,
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
            process: None,
        }
    }

    fn log(&self) -> PathBuf {
        self.folder.with_file_name("bus.log")
    }

    /// Starts it, to stand still at this point; answers as soon as it is up, or stands still before.
    pub async fn spawn(&mut self, point: Option<OrderFailpoint>) {
        let log = OpenOptions::new().create(true).append(true).open(self.log()).unwrap();
        let mut command = Command::new(std::env::current_exe().unwrap());
        command
            .args(self.program.arguments)
            .env(child::FOLDER, &self.folder)
            .env(child::CLOCK, self.now_ms.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .kill_on_drop(true);
        if let Some(point) = point {
            command.env(child::POINT, format!("{point:?}"));
        }
        if let Some(mistake) = self.mistake {
            command.env(child::MISTAKE, mistake.name());
        }
        let mut child = command.spawn().unwrap();
        let say = child.stdin.take().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let (tell, told) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                if let Some(said) = line.strip_prefix(child::PREFIX) {
                    let _ = tell.send(said.to_owned());
                }
            }
        });
        self.process = Some(Process { child, say, told });
        let said = tokio::time::timeout(LIMIT, self.process.as_mut().unwrap().told.recv()).await;
        let said = said.unwrap_or_else(|_| panic!("the bus is not up after {LIMIT:?}"));
        assert!(
            said.is_some(),
            "the bus ended at its start; see {}",
            self.log().display()
        );
        if said.as_deref() != Some(child::UP) {
            // It stands still already: what it said is heard again.
            let (tell, told) = mpsc::unbounded_channel();
            tell.send(said.unwrap_or_default()).unwrap();
            self.process.as_mut().unwrap().told = told;
        }
    }

    /// Lets time pass, in the tenant as in the bus.
    pub async fn advance(&mut self, by: TimeDelta) {
        self.now_ms += by.num_milliseconds();
        self.clock.advance(by);
        if let Some(process) = &mut self.process {
            // One that is dying hears nothing more.
            let _ = process.say.write_all(format!("{}\n", self.now_ms).as_bytes()).await;
            let _ = process.say.flush().await;
        }
        tokio::time::sleep(LOOK).await;
    }

    /// Whether it stands still at its point.
    pub fn stands_still(&mut self) -> bool {
        let process = self.process.as_mut().unwrap();
        loop {
            match process.told.try_recv() {
                Ok(said) if said == child::UP => (),
                Ok(_) => return true,
                Err(_) => return false,
            }
        }
    }

    /// SIGKILL: no goodbye, no last commit.
    pub async fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.child.kill().await.unwrap();
        }
    }

    /// The answer of the API; `None`: it did not answer.
    pub async fn ask(&self, method: Method, path: &str, body: &Value) -> Option<(u16, Value)> {
        let bytes = fs::read(local_connection_path(&self.folder)).ok()?;
        let local: LocalConnection = serde_json::from_slice(&bytes).ok()?;
        let request = self.http.request(method, format!("{}{path}", local.url));
        let request = request.bearer_auth(&local.token).timeout(LIMIT).json(body);
        let answer = request.send().await.ok()?;
        let (status, text) = (answer.status().as_u16(), answer.text().await.ok()?);
        Some((status, serde_json::from_str(&text).unwrap_or(Value::String(text))))
    }

    /// What a bus that met a mistake of its own has left behind.
    pub fn panics(&self) -> Vec<String> {
        let log = fs::read_to_string(self.log()).unwrap_or_default();
        let lines = log.lines().filter(|line| line.contains("panicked"));
        lines.map(|line| format!("the bus has panicked: {line}")).collect()
    }
}
