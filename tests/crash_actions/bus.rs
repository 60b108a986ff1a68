//! The bus from outside: its data folder, its process, and what it says.

use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use intune_connector::config::{DataFolder, InstanceDraft};
use intune_connector::model::ActionKind;
use intune_connector::model::InstanceId;
use simulated_tenant::server::Running;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::mpsc;

use super::child;
use super::mistake::Mistake;
use super::point;
use super::wire::{Say, Tell};

pub const INSTANCE: &str = "IntuneConnector_1";
pub const INSTANCE_ID: InstanceId = InstanceId(1);
/// What takes longer has failed. Generous: a debug build on a busy machine.
pub const LIMIT: Duration = Duration::from_secs(120);

/// Where a child is to stand still.
#[derive(Debug, Clone)]
pub struct Stop {
    pub point: String,
    pub nth: u32,
}

pub struct Bus {
    pub folder: PathBuf,
    pub mistake: Option<Mistake>,
    process: Option<Process>,
}

struct Process {
    child: Child,
    say: ChildStdin,
    told: mpsc::UnboundedReceiver<Tell>,
}

const BUS_INI: &str = "[sics]
listen = 127.0.0.1:0
[limits]
limit_per_job = 500
limit_per_hour = 500
limit_per_day = 500
operator_per_hour = 500
operator_per_day = 500
approval_above = 500
approval_per_hour = 500
";

impl Bus {
    /// Prepares the data folder for a tenant; nothing runs yet.
    pub fn prepare(folder: &Path, tenant: &Running, mistake: Option<Mistake>) -> Bus {
        let data = folder.join("data");
        let secret = folder.join("secret.txt");
        fs::write(&secret, &tenant.registration.client_secret).unwrap();
        let settings = DataFolder::open(&data).unwrap();
        let mark = second_mark(&data);
        let store = format!("[store]\nmark_file = {}\n", mark.display());
        fs::write(settings.bus_ini_path(), format!("{BUS_INI}{store}")).unwrap();
        let verbs: Vec<&str> = ActionKind::ALL.iter().map(|verb| verb.name()).collect();
        let verbs = verbs.join(", ");
        // One full scan at the first start; the campaign is about actions.
        let draft = InstanceDraft::from_pairs([
            ("tenant_id", tenant.registration.tenant_id.as_str()),
            ("client_id", &tenant.registration.client_id),
            ("secret_file", secret.to_str().unwrap()),
            ("login_url", &tenant.base),
            ("graph_url", &tenant.base),
            ("servers", "*"),
            ("incremental", "off"),
            ("full", "every 24h"),
            ("jitter_s", "0"),
            ("budget_percent", "100"),
            ("enrich", "off"),
            ("primary_user", "off"),
            ("verbs", &verbs),
            ("personal_allowed", "wipe, locate, resetPasscode, freshStart"),
        ])
        .unwrap();
        settings.write_instance(&INSTANCE.parse().unwrap(), &draft).unwrap();
        Bus {
            folder: data,
            mistake,
            process: None,
        }
    }

    pub fn log(&self) -> PathBuf {
        self.folder.with_file_name("bus.log")
    }

    pub fn spawn(&mut self, clock_ms: i64, stop: Option<&Stop>) {
        let log: File = OpenOptions::new().create(true).append(true).open(self.log()).unwrap();
        let mut command = Command::new(std::env::current_exe().unwrap());
        command
            .env(child::FOLDER, &self.folder)
            .env(child::CLOCK, clock_ms.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .kill_on_drop(true);
        if let Some(mistake) = self.mistake {
            command.env(child::MISTAKE, mistake.name());
        }
        if let Some(stop) = stop {
            command
                .env(point::POINT, &stop.point)
                .env(point::NTH, stop.nth.to_string());
        }
        let mut child = command.spawn().unwrap();
        let say = child.stdin.take().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let (tell, told) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                // The last line of a killed process may be a piece.
                if let Ok(said) = serde_json::from_str(&line) {
                    let _ = tell.send(said);
                }
            }
        });
        self.process = Some(Process { child, say, told });
    }

    /// Says something to a bus that may be dying.
    pub async fn say(&mut self, what: &Say) {
        if let Some(process) = &mut self.process {
            let mut line = serde_json::to_string(what).unwrap();
            line.push('\n');
            let _ = process.say.write_all(line.as_bytes()).await;
            let _ = process.say.flush().await;
        }
    }

    /// The next thing it tells; an error where it ended by itself.
    pub async fn hear(&mut self) -> Result<Tell, String> {
        let Some(process) = &mut self.process else {
            return Err("the bus does not run".to_owned());
        };
        match tokio::time::timeout(LIMIT, process.told.recv()).await {
            Ok(Some(told)) => Ok(told),
            Ok(None) => Err(format!("the bus ended by itself: {:?}", process.child.wait().await)),
            Err(_) => Err(format!("the bus said nothing for {LIMIT:?}")),
        }
    }

    /// What it has told and nobody has heard yet.
    pub fn heard(&mut self) -> Result<Option<Tell>, String> {
        let Some(process) = &mut self.process else {
            return Err("the bus does not run".to_owned());
        };
        match process.told.try_recv() {
            Ok(told) => Ok(Some(told)),
            Err(mpsc::error::TryRecvError::Empty) => Ok(None),
            Err(mpsc::error::TryRecvError::Disconnected) => {
                Err(format!("the bus ended by itself: {:?}", process.child.try_wait()))
            }
        }
    }

    /// SIGKILL: no goodbye, no last commit. What it had told before is heard.
    pub async fn kill(&mut self) -> Vec<Tell> {
        let Some(mut process) = self.process.take() else {
            return Vec::new();
        };
        process.child.kill().await.unwrap();
        let mut left = Vec::new();
        while let Some(told) = process.told.recv().await {
            left.push(told);
        }
        left
    }

    /// What a bus that met a mistake of its own has left behind.
    pub fn panics(&self) -> Vec<String> {
        let log = fs::read_to_string(self.log()).unwrap_or_default();
        let lines = log.lines().filter(|line| line.contains("panicked"));
        lines.map(str::to_owned).collect()
    }
}

/// The place of a folder's second mark: beside it.
pub fn second_mark(data: &Path) -> PathBuf {
    data.with_file_name("second.mark")
}
