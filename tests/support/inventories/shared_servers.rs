//! Real servers that the tests of one process share: each test has a database, or a TAG, of its own. Starting one takes
//! seconds, so each is started once.
//!
//! What a process keeps until its end is dropped by nobody. So somebody else watches: when this process is gone, by whatever
//! way, the servers that it started are ended and their folders removed.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use super::super::ocs_server::OcsServer;
use super::super::postgres_server::PostgresServer;

/// Ends when its input does. The first word is a folder; behind it, processes.
const WATCH: &str = r#"cat >/dev/null
folder=$1
shift
for process; do
  children=$(ps -o pid= --ppid "$process")
  kill -KILL "$process" $children 2>/dev/null
done
rm -rf "$folder""#;

type Shared<T> = OnceLock<Option<Mutex<T>>>;

static POSTGRES: Shared<PostgresServer> = OnceLock::new();
static OCS: Shared<OcsServer> = OnceLock::new();
/// Their input stays open for as long as this process lives.
static WATCHES: Mutex<Vec<Child>> = Mutex::new(Vec::new());

/// Shared by the tests of this process, or killed by one of them.
pub enum ServerOf<T: 'static> {
    All(&'static Mutex<T>),
    One(Box<Mutex<T>>),
}

impl<T> ServerOf<T> {
    /// Of one test alone.
    pub fn own(server: T) -> ServerOf<T> {
        ServerOf::One(Box::new(Mutex::new(server)))
    }

    pub fn lock(&self) -> MutexGuard<'_, T> {
        let mutex = match self {
            ServerOf::All(mutex) => *mutex,
            ServerOf::One(mutex) => mutex.as_ref(),
        };
        // A test that failed has left it as it is: others go on.
        mutex.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// For whoever ends it.
    pub fn lock_own(&self) -> MutexGuard<'_, T> {
        assert!(matches!(self, ServerOf::One(_)), "others need it");
        self.lock()
    }
}

/// `None`: this machine has none, and it was told.
pub fn shared_postgres() -> Option<&'static Mutex<PostgresServer>> {
    let start = || {
        let server = PostgresServer::start("targets that write into PostgreSQL")?;
        watch_over(server.folder(), &server.processes());
        Some(Mutex::new(server))
    };
    POSTGRES.get_or_init(start).as_ref()
}

pub fn shared_ocs() -> Option<&'static Mutex<OcsServer>> {
    let start = || {
        let server = OcsServer::start("targets that write into OCS Inventory")?;
        watch_over(server.folder(), &server.processes());
        Some(Mutex::new(server))
    };
    OCS.get_or_init(start).as_ref()
}

fn watch_over(folder: &Path, processes: &[u32]) {
    let mut watch = Command::new("sh");
    watch.args(["-c", WATCH, "sh"]).arg(folder);
    watch.args(processes.iter().map(u32::to_string));
    let child = watch.stdin(Stdio::piped()).spawn().unwrap();
    WATCHES.lock().unwrap().push(child);
}
