//! The bus from outside: its data folder, its process, its API.

use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use intune_connector::app::{LocalConnection, local_connection_path};
use intune_connector::config::{DataFolder, InstanceDraft};
use intune_connector::targets::TargetFailpoint;
use reqwest::Method;
use serde_json::{Value, json};
use simulated_tenant::Running;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::mpsc;

use super::child;
use super::mistake::Mistake;
use super::target_bodies::{INSTANCE, instance_pairs};

/// What takes longer has failed. Generous: a debug build on a busy machine.
const LIMIT: Duration = Duration::from_secs(120);

/// How this very program is started again as a bus.
#[derive(Debug, Clone, Copy)]
pub struct Program {
    pub arguments: &'static [&'static str],
}

pub struct Bus {
    pub folder: PathBuf,
    program: Program,
    mistake: Option<Mistake>,
    http: reqwest::Client,
    process: Option<Process>,
}

struct Process {
    child: Child,
    /// While it is open, the child lives.
    _say: ChildStdin,
    told: mpsc::UnboundedReceiver<String>,
}

impl Bus {
    /// A data folder with an instance that reads this tenant; nothing runs yet.
    pub fn prepare(folder: &Path, sim: &Running, program: Program, mistake: Option<Mistake>) -> Bus {
        let data = folder.join("data");
        let settings = DataFolder::open(&data).unwrap();
        fs::write(settings.bus_ini_path(), "[sics]\nlisten = 127.0.0.1:0\n").unwrap();
        let draft = InstanceDraft::from_pairs(instance_pairs(sim, folder)).unwrap();
        settings.write_instance(&INSTANCE.parse().unwrap(), &draft).unwrap();
        Bus {
            folder: data,
            program,
            mistake,
            http: reqwest::Client::builder().no_proxy().timeout(LIMIT).build().unwrap(),
            process: None,
        }
    }

    fn log(&self) -> PathBuf {
        self.folder.with_file_name("bus.log")
    }

    /// Starts it, to stand still at this point.
    pub fn spawn(&mut self, point: Option<TargetFailpoint>) {
        // What the last run left: the new one is up when it has written its own.
        let _ = fs::remove_file(local_connection_path(&self.folder));
        let log = OpenOptions::new().create(true).append(true).open(self.log()).unwrap();
        let mut command = Command::new(std::env::current_exe().unwrap());
        command
            .args(self.program.arguments)
            .env(child::FOLDER, &self.folder)
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
        self.process = Some(Process { child, _say: say, told });
    }

    /// Waits until its API can be asked, or a target stands still.
    pub async fn up(&mut self) {
        let process = self.process.as_mut().unwrap();
        let said = tokio::time::timeout(LIMIT, process.told.recv()).await;
        let said = said.unwrap_or_else(|_| panic!("the bus is not up after {LIMIT:?}"));
        let Some(said) = said else {
            panic!("the bus ended at its start; see {}", self.log().display());
        };
        if said != child::UP {
            // It stands still already: what it said is heard again.
            let (tell, told) = mpsc::unbounded_channel();
            tell.send(said).unwrap();
            self.process.as_mut().unwrap().told = told;
        }
    }

    pub fn is_running(&self) -> bool {
        self.process.is_some()
    }

    /// Whether a target stands still at the point.
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
        let answer = request.bearer_auth(&local.token).json(body).send().await.ok()?;
        let (status, text) = (answer.status().as_u16(), answer.text().await.ok()?);
        Some((status, serde_json::from_str(&text).unwrap_or(Value::String(text))))
    }

    /// The answer to a request that went well.
    pub async fn get(&self, path: &str) -> Option<Value> {
        let (status, answer) = self.ask(Method::GET, path, &json!({})).await?;
        (status < 300).then_some(answer)
    }

    /// What a bus that met a mistake of its own has left behind.
    pub fn panics(&self) -> Vec<String> {
        let log = fs::read_to_string(self.log()).unwrap_or_default();
        let lines = log.lines().filter(|line| line.contains("panicked"));
        lines.map(|line| format!("the bus has panicked: {line}")).collect()
    }
}
