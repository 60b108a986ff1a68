//! The bus from outside: its data folder, its process, and the way to it, which is another one after each start.

use std::fs::{self, File, OpenOptions};
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use intune_connector::app::{LOCAL_CONNECTION, LocalConnection};
use intune_connector::config::{DataFolder, InstanceDraft};
use simulated_tenant::server::Running;
use tokio::sync::watch;

use super::child;
use super::control::Sabotage;
use super::machine_clock::MachineClock;
use super::put_back::FolderCopy;

pub const INSTANCE: &str = "IntuneConnector_1";
/// Small pages, so that a scan has many places to die at.
const PAGE_SIZE: usize = 10;
/// A start that takes longer has failed. Generous: a debug build on a busy machine.
const START_LIMIT: Duration = Duration::from_secs(120);
/// Between two looks at something that another process does.
pub const LOOK: Duration = Duration::from_millis(10);

/// What a bus says that finds that its store has gone back.
const WENT_BACK: &str = "the store was rolled back";

/// A bus that runs.
#[derive(Clone)]
pub struct RunningBus {
    pub connection: LocalConnection,
    /// The how manieth start of the campaign's bus this is.
    pub start: u64,
    /// How often its folder was put back before.
    pub life: u64,
}

impl Deref for RunningBus {
    type Target = LocalConnection;

    fn deref(&self) -> &LocalConnection {
        &self.connection
    }
}

/// How to reach the running bus; `None` while there is none.
pub type Way = Option<RunningBus>;

pub struct Bus {
    pub folder: PathBuf,
    /// The mistake that the next start makes.
    pub sabotage: Option<Sabotage>,
    process: Option<Child>,
    pub way: watch::Sender<Way>,
    pub start: u64,
    pub life: u64,
    pub copy: Option<FolderCopy>,
    /// From here on the log has to say that the store has gone back, as soon as a start has come up.
    pub owes_notice: Option<usize>,
    /// How often it may say so at most. A start that is killed between noticing and its mark notices it again.
    pub notices: usize,
    pub clock: Option<MachineClock>,
}

impl Bus {
    /// Prepares the data folder for a tenant; nothing runs yet.
    pub fn prepare(folder: &Path, tenant: &Running, sabotage: Option<Sabotage>) -> Bus {
        let data = folder.join("data");
        let secret = folder.join("secret.txt");
        fs::write(&secret, &tenant.registration.client_secret).unwrap();
        let settings = DataFolder::open(&data).unwrap();
        let bus = format!(
            "[sics]\nlisten = 127.0.0.1:0\nauto_accept = yes\n[store]\nmark_file = {}\n",
            second_mark(&data).display()
        );
        fs::write(settings.bus_ini_path(), bus).unwrap();
        // Full scans and overlaps find what that saboteur loses: that is what they are for.
        let (incremental, full, overlap_s) = match sabotage {
            Some(Sabotage::ProgressAhead) => ("* * * * * *", "every 24h", "0"),
            Some(Sabotage::StandsStill) => ("every 24h", "every 24h", "1"),
            _ => ("* * * * * *", "*/20 * * * * *", "1"),
        };
        let page_size = PAGE_SIZE.to_string();
        let draft = InstanceDraft::from_pairs([
            ("tenant_id", tenant.registration.tenant_id.as_str()),
            ("client_id", &tenant.registration.client_id),
            ("secret_file", secret.to_str().unwrap()),
            ("login_url", &tenant.base),
            ("graph_url", &tenant.base),
            ("servers", "*"),
            ("incremental", incremental),
            ("full", full),
            ("jitter_s", "0"),
            ("overlap_s", overlap_s),
            ("page_size", &page_size),
            ("budget_percent", "100"),
            ("enrich", "new"),
            // The brake has tests of its own; here every device that vanishes is to be proven gone.
            ("brake_percent", "50"),
            ("brake_devices", "1000"),
        ])
        .unwrap();
        settings.write_instance(&INSTANCE.parse().unwrap(), &draft).unwrap();
        Bus {
            folder: data,
            sabotage,
            process: None,
            way: watch::Sender::new(None),
            start: 0,
            life: 0,
            copy: None,
            owes_notice: None,
            notices: 0,
            clock: None,
        }
    }

    /// From now on each start has a clock that can be set. Its library is made of what lies in this folder.
    pub fn take_clock(&mut self, folder: &Path) {
        self.clock = Some(MachineClock::new(folder));
    }

    pub fn log(&self) -> PathBuf {
        self.folder.with_file_name("bus.log")
    }

    pub fn spawn(&mut self) {
        // What the last run left: the new one is up when it has written its own.
        let _ = fs::remove_file(self.folder.join(LOCAL_CONNECTION));
        let log: File = OpenOptions::new().create(true).append(true).open(self.log()).unwrap();
        let mut command = Command::new(std::env::current_exe().unwrap());
        command
            .env(child::FOLDER, &self.folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(log);
        if let Some(sabotage) = self.sabotage {
            command.env(child::SABOTAGE, sabotage.name());
        }
        if let Some(clock) = &self.clock {
            clock.put_into(&mut command);
        }
        self.start += 1;
        self.process = Some(command.spawn().unwrap());
    }

    /// Waits until the bus is up, and tells everybody the way.
    pub async fn up(&mut self) -> Result<RunningBus, String> {
        let began = Instant::now();
        loop {
            let left = fs::read(self.folder.join(LOCAL_CONNECTION)).ok();
            if let Some(connection) = left.and_then(|text| serde_json::from_slice(&text).ok()) {
                let (start, life) = (self.start, self.life);
                let way = RunningBus {
                    connection,
                    start,
                    life,
                };
                self.way.send_replace(Some(way.clone()));
                return Ok(way);
            }
            self.lives()?;
            if began.elapsed() > START_LIMIT {
                return Err(format!("the bus was not up after {START_LIMIT:?}"));
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// An error where it ended by itself: it is to be killed, and to end by nothing else.
    pub fn lives(&mut self) -> Result<(), String> {
        match self.process.as_mut().and_then(|process| process.try_wait().unwrap()) {
            None => Ok(()),
            Some(status) => {
                let log = fs::read_to_string(self.log()).unwrap_or_default();
                let last: Vec<&str> = log.lines().rev().take(3).collect();
                Err(format!("the bus ended by itself: {status}; it said last: {last:?}"))
            }
        }
    }

    /// SIGKILL: no goodbye, no last commit.
    pub fn kill(&mut self) {
        self.way.send_replace(None);
        if let Some(mut process) = self.process.take() {
            process.kill().unwrap();
            process.wait().unwrap();
            self.notices += usize::from(self.owes_notice.is_some());
        }
    }

    /// Whether the start that has come up owes it to say that the store has gone back, and has not said so.
    pub fn hides_that_it_went_back(&mut self) -> bool {
        let Some(from) = self.owes_notice.take() else {
            return false;
        };
        let log = fs::read(self.log()).unwrap_or_default();
        !String::from_utf8_lossy(log.get(from..).unwrap_or_default()).contains(WENT_BACK)
    }

    /// What a bus that met a mistake of its own has left behind, and each time more than it may that it says its store
    /// has gone back.
    pub fn mistakes(&self) -> Vec<String> {
        let log = fs::read_to_string(self.log()).unwrap_or_default();
        let said = log.lines().filter(|line| line.contains(WENT_BACK)).skip(self.notices);
        let panicked = log.lines().filter(|line| line.contains("panicked"));
        panicked.chain(said).map(str::to_owned).collect()
    }
}

/// The place of a folder's second mark: beside it.
pub fn second_mark(data: &Path) -> PathBuf {
    data.with_file_name("second.mark")
}

impl Drop for Bus {
    fn drop(&mut self) {
        self.kill();
    }
}
