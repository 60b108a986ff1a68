//! A real PostgreSQL server of Debian's package, in a folder of its own on a port of its own: fsync is on, everybody needs a
//! password, and it may be stopped, killed and started again. Runs as `postgres` where the tests run as root.

use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use super::free_port::free_port;
use super::local_server::{
    Account, check_tool, give_file, kill_processes, list_children, make_owned_folder, open_folder, run_tool,
    service_account, stop_process,
};
use super::skips::skip_without_tool;
use super::wait::until_blocking;

/// Of the role `postgres`, which may do everything.
pub const ADMIN: &str = "postgres";
pub const ADMIN_PASSWORD: &str = "the password of the owner";

/// Older servers lack a setting that is used here.
const OLDEST: u32 = 14;

/// Programs of the newest version that is installed.
fn find_programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let known = versions.flatten().filter_map(|entry| {
        let version: u32 = entry.file_name().to_str()?.parse().ok()?;
        Some((version, entry.path().join("bin")))
    });
    let whole = known.filter(|(version, folder)| *version >= OLDEST && folder.join("initdb").exists());
    whole.max().map(|(_, folder)| folder)
}

/// Killed when dropped.
pub struct PostgresServer {
    folder: tempfile::TempDir,
    programs: PathBuf,
    account: Option<Account>,
    child: Option<Child>,
    pub port: u16,
}

impl PostgresServer {
    /// `None`: the machine has no PostgreSQL, and it was told what is left out.
    #[track_caller]
    pub fn start(left_out: &str) -> Option<PostgresServer> {
        let Some(programs) = find_programs() else {
            skip_without_tool("postgresql", left_out);
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        open_folder(folder.path());
        let account = service_account("postgres");
        make_owned_folder(&folder.path().join("data"), account);
        let mut server = PostgresServer {
            folder,
            programs,
            account,
            child: None,
            port: free_port(),
        };
        server.make_cluster();
        server.run();
        Some(server)
    }

    fn program(&self, name: &str) -> Command {
        let mut command = Command::new(self.programs.join(name));
        command.current_dir(self.folder.path()).env("LC_ALL", "C.UTF-8");
        if let Some((user, group)) = self.account {
            command.uid(user).gid(group);
        }
        command
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn make_cluster(&self) {
        let password = self.folder.path().join("password");
        std::fs::write(&password, ADMIN_PASSWORD).unwrap();
        give_file(&password, self.account);
        let mut initdb = self.program("initdb");
        initdb.arg("--pgdata").arg(self.data()).arg("--pwfile").arg(&password);
        run_tool(initdb.args([
            "--username=postgres",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
        ]));
    }

    /// The settings of a server that is meant to keep what it has confirmed.
    fn run(&mut self) {
        let log = std::fs::File::options()
            .append(true)
            .create(true)
            .open(self.folder.path().join("log"))
            .unwrap();
        let mut command = self.program("postgres");
        command.arg("-D").arg(self.data()).args(["-p", &self.port.to_string()]);
        for setting in [
            "listen_addresses=127.0.0.1",
            "unix_socket_directories=",
            "fsync=on",
            "synchronous_commit=on",
            "full_page_writes=on",
            // After a kill, one call instead of one for each file.
            "recovery_init_sync_method=syncfs",
            "max_connections=40",
            "shared_buffers=16MB",
        ] {
            command.args(["-c", setting]);
        }
        command
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .stdin(Stdio::null());
        self.child = Some(command.spawn().unwrap());
        until_blocking("PostgreSQL answers", || {
            let ended = self.child.as_mut().and_then(|child| child.try_wait().unwrap());
            assert!(ended.is_none(), "PostgreSQL has ended: {ended:?}\n{}", self.log());
            self.try_query("postgres", "SELECT 1 AS one").is_some()
        });
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn processes(&self) -> Vec<u32> {
        self.child.iter().map(Child::id).collect()
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// As a power cut would.
    pub fn kill(&mut self) {
        let Some(mut child) = self.child.take() else { return };
        // Stopped, it starts no more processes while they are counted.
        stop_process(child.id());
        let children = list_children(child.id());
        let _ = child.kill();
        child.wait().unwrap();
        kill_processes(&children);
    }

    /// On the same port, with what is on the disk.
    pub fn start_again(&mut self) {
        assert!(self.child.is_none(), "it is running");
        self.run();
    }

    fn psql(&self, database: &str) -> Command {
        let mut command = Command::new("psql");
        command
            .env("PGPASSWORD", ADMIN_PASSWORD)
            .env("PGCONNECT_TIMEOUT", "10")
            .args([
                "--no-psqlrc",
                "--quiet",
                "--tuples-only",
                "--no-align",
                "--set=ON_ERROR_STOP=1",
            ])
            .args(["--host=127.0.0.1", "--username=postgres"])
            .arg(format!("--port={}", self.port))
            .arg(format!("--dbname={database}"));
        command
    }

    /// Rows as JSON objects.
    #[track_caller]
    pub fn query(&self, database: &str, sql: &str) -> Vec<Value> {
        let wrapped = wrap_query(sql);
        let told = run_tool(self.psql(database).arg("--command").arg(wrapped));
        serde_json::from_str(&told).unwrap()
    }

    /// `None`: the server has not answered.
    pub fn try_query(&self, database: &str, sql: &str) -> Option<Vec<Value>> {
        let mut command = self.psql(database);
        let ended = command.arg("--command").arg(wrap_query(sql)).output().unwrap();
        let told = ended.status.success().then(|| String::from_utf8(ended.stdout).unwrap());
        told.and_then(|told| serde_json::from_str(&told).ok())
    }

    /// Statements, one after the other; each has to go well.
    #[track_caller]
    pub fn run_sql(&self, database: &str, sql: &str) {
        let mut command = self.psql(database);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(sql.as_bytes()).unwrap();
        let ended = child.wait_with_output().unwrap();
        check_tool(&command, &ended);
    }

    /// An empty database, and a role that may make its schema there.
    #[track_caller]
    pub fn make_database(&self, database: &str, role: &str, password: &str) {
        self.run_sql(
            "postgres",
            &format!("CREATE DATABASE \"{database}\" ENCODING 'UTF8' TEMPLATE template0;"),
        );
        self.run_sql(
            database,
            &format!(
                "CREATE ROLE \"{role}\" LOGIN PASSWORD '{password}'; GRANT CREATE ON DATABASE \"{database}\" TO \"{role}\";"
            ),
        );
    }

    /// Connections are encrypted from now on, with this certificate and its key.
    pub fn use_certificate(&mut self, certificate: &Path, key: &Path) {
        for (from, name) in [(certificate, "server.crt"), (key, "server.key")] {
            let to = self.data().join(name);
            std::fs::copy(from, &to).unwrap();
            give_file(&to, self.account);
        }
        self.run_sql("postgres", "ALTER SYSTEM SET ssl = on;");
        self.run_sql("postgres", "SELECT pg_reload_conf();");
        until_blocking("PostgreSQL speaks TLS", || {
            let told = self.try_query("postgres", "SELECT current_setting('ssl') AS ssl");
            told.is_some_and(|rows| rows[0]["ssl"] == "on")
        });
    }
}

fn wrap_query(sql: &str) -> String {
    format!("SELECT coalesce(json_agg(row_to_json(each)), '[]') FROM ({sql}) AS each")
}

impl Drop for PostgresServer {
    fn drop(&mut self) {
        self.kill();
    }
}
