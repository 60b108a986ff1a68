//! A real OCS Inventory server of Debian's packages: MariaDB and Apache in a folder of their own, on ports of their own, with
//! the schema that the packages bring. What MariaDB has confirmed is on the disk, so both may be killed and started again.
//! Run as `mysql` and `www-data` where the tests run as root, else as whoever runs the tests.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use super::free_port::free_port;
use super::local_server::{
    Account, kill_processes, list_processes_of, make_owned_folder, open_folder, run_tool, service_account, stop_process,
};
use super::ocs_configuration::{OcsConfiguration, SERVER_CONF};
use super::skips::skip_without_tool;
use super::wait::until_blocking;

const SCHEMA: &str = "/usr/share/ocsinventory-reports/files/ocsbase_new.sql";
const UPDATES: &str = "/usr/share/ocsinventory-reports/files/update";
const DATABASE: &str = "ocsweb";
/// Of OCS in its database, as the packages set it.
const OWNER: &str = "ocs";
/// OCS forgets a lock after so many seconds, and not after ten minutes: one that was killed leaves one behind.
const LOCK_SECONDS: u32 = 2;

/// What it takes beside the packages of this machine.
const NEEDED: [(&str, &str); 5] = [
    ("/usr/sbin/mariadbd", "mariadb-server"),
    ("/usr/sbin/apache2", "apache2"),
    ("/etc/apache2/mods-available/perl.load", "libapache2-mod-perl2"),
    (SERVER_CONF, "ocsinventory-server"),
    (SCHEMA, "ocsinventory-reports"),
];

/// Killed when dropped.
pub struct OcsServer {
    folder: tempfile::TempDir,
    database: Option<Child>,
    web: Option<Child>,
    database_port: u16,
    pub port: u16,
    sign_in: Option<(String, String)>,
}

impl OcsServer {
    /// `None`: the machine lacks a package, and it was told what is left out.
    #[track_caller]
    pub fn start(left_out: &str) -> Option<OcsServer> {
        OcsServer::start_with(None, left_out)
    }

    /// With a web server that asks for this name and password.
    #[track_caller]
    pub fn start_with(sign_in: Option<(&str, &str)>, left_out: &str) -> Option<OcsServer> {
        if let Some((_, package)) = NEEDED.iter().find(|(path, _)| !Path::new(path).exists()) {
            skip_without_tool(package, left_out);
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        open_folder(folder.path());
        let mut server = OcsServer {
            folder,
            database: None,
            web: None,
            database_port: free_port(),
            port: free_port(),
            sign_in: sign_in.map(|(user, password)| (user.to_owned(), password.to_owned())),
        };
        server.make_database();
        server.run_database();
        server.load_schema();
        server.write_configuration();
        server.run_web();
        Some(server)
    }

    /// What agents post to.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/ocsinventory", self.port)
    }

    pub fn rest_url(&self) -> String {
        format!("http://127.0.0.1:{}/ocsapi/v1", self.port)
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn processes(&self) -> Vec<u32> {
        self.database.iter().chain(&self.web).map(Child::id).collect()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// As a power cut would, both.
    pub fn kill(&mut self) {
        self.kill_web();
        self.kill_database();
    }

    pub fn kill_database(&mut self) {
        if let Some(mut child) = self.database.take() {
            let _ = child.kill();
            child.wait().unwrap();
        }
    }

    pub fn kill_web(&mut self) {
        let Some(mut child) = self.web.take() else { return };
        // Stopped, it starts no more processes while they are counted.
        stop_process(child.id());
        let mut all = list_processes_of(&self.path("httpd.conf"));
        all.retain(|pid| *pid != child.id());
        let _ = child.kill();
        child.wait().unwrap();
        kill_processes(&all);
    }

    /// Whatever is not running, on the same ports.
    pub fn start_again(&mut self) {
        if self.database.is_none() {
            self.run_database();
        }
        if self.web.is_none() {
            self.run_web();
        }
    }

    /// A setting of OCS, as its console writes it: `AUTO_DUPLICATE_LVL`, `ACCEPT_TAG_UPDATE_FROM_CLIENT` …
    #[track_caller]
    pub fn set_option(&self, name: &str, value: u32) {
        self.run_sql(&format!(
            "DELETE FROM config WHERE NAME = '{name}'; INSERT INTO config (NAME, IVALUE) VALUES ('{name}', {value})"
        ));
    }

    #[track_caller]
    pub fn run_sql(&self, sql: &str) -> String {
        run_tool(self.client(DATABASE).args(["--execute", sql]))
    }

    /// All computers, by DEVICEID: what a judge looks at. Rows of several parts are lists.
    #[track_caller]
    pub fn list_computers(&self) -> Vec<Value> {
        self.try_list_computers().expect("the database answers")
    }

    /// `None`: the database has not answered.
    pub fn try_list_computers(&self) -> Option<Vec<Value>> {
        let ended = self.client(DATABASE).args(["--execute", LIST_SQL]).output().unwrap();
        let told = String::from_utf8_lossy(&ended.stdout).into_owned();
        let rows = told.lines().map(|line| serde_json::from_str(line).unwrap());
        ended.status.success().then(|| rows.collect())
    }
}

/// One JSON object a line.
const LIST_SQL: &str = "SELECT JSON_OBJECT('row', h.ID, 'deviceId', h.DEVICEID, 'name', h.NAME, 'osName', h.OSNAME,
    'osVersion', h.OSVERSION, 'userId', h.USERID, 'memory', h.MEMORY, 'description', h.DESCRIPTION,
    'lastDate', h.LASTDATE, 'serial', b.SSN, 'manufacturer', b.SMANUFACTURER, 'model', b.SMODEL, 'type', b.TYPE,
    'tag', a.TAG,
    'networks', (SELECT JSON_ARRAYAGG(JSON_OBJECT('mac', n.MACADDR, 'type', n.TYPE)) FROM networks n WHERE n.HARDWARE_ID = h.ID),
    'storages', (SELECT JSON_ARRAYAGG(s.DISKSIZE) FROM storages s WHERE s.HARDWARE_ID = h.ID),
    'sims', (SELECT JSON_ARRAYAGG(JSON_OBJECT('imei', c.DEVICEID, 'phone', c.PHONENUMBER)) FROM sim c WHERE c.HARDWARE_ID = h.ID))
FROM hardware h LEFT JOIN bios b ON b.HARDWARE_ID = h.ID LEFT JOIN accountinfo a ON a.HARDWARE_ID = h.ID
ORDER BY h.DEVICEID, h.ID";

/// MariaDB.
impl OcsServer {
    fn account(&self) -> Option<Account> {
        service_account("mysql")
    }

    fn make_database(&self) {
        make_owned_folder(&self.path("data"), self.account());
        make_owned_folder(&self.path("run"), self.account());
        // Each MariaDB that starts clears the temporary tables in its folder away, whosever they are.
        make_owned_folder(&self.path("temporary"), self.account());
        let mut install = Command::new("mariadb-install-db");
        install
            .arg("--no-defaults")
            .arg(format!("--datadir={}", self.path("data").display()))
            .arg(format!("--tmpdir={}", self.path("temporary").display()))
            .args(["--auth-root-authentication-method=normal", "--skip-test-db"]);
        if self.account().is_some() {
            install.arg("--user=mysql");
        }
        run_tool(&mut install);
    }

    fn run_database(&mut self) {
        let mut command = Command::new("/usr/sbin/mariadbd");
        command
            .arg("--no-defaults")
            .arg(format!("--datadir={}", self.path("data").display()))
            .arg(format!("--socket={}", self.path("run/sock").display()))
            .arg(format!("--pid-file={}", self.path("run/pid").display()))
            .arg(format!("--tmpdir={}", self.path("temporary").display()))
            .arg(format!("--port={}", self.database_port))
            // What is confirmed survives a crash.
            .args([
                "--innodb-flush-log-at-trx-commit=1",
                "--innodb-doublewrite=1",
                "--skip-log-bin",
            ])
            .args([
                "--innodb-log-file-size=16M",
                "--innodb-buffer-pool-size=48M",
                "--max-connections=60",
            ])
            .args(["--bind-address=127.0.0.1", "--character-set-server=utf8mb4"]);
        if self.account().is_some() {
            command.arg("--user=mysql");
        }
        self.database = Some(self.spawn_logged(&mut command, "database.log"));
        until_blocking("MariaDB answers", || {
            let ended = self.database.as_mut().and_then(|child| child.try_wait().unwrap());
            assert!(
                ended.is_none(),
                "MariaDB has ended: {ended:?}\n{}",
                self.log("database.log")
            );
            let mut ping = self.client("mysql");
            let answer = ping.args(["--execute", "SELECT 1"]).output().unwrap();
            answer.status.success()
        });
    }

    /// In the name of its root, by the socket.
    fn client(&self, database: &str) -> Command {
        let mut command = Command::new("mariadb");
        command
            .arg("--no-defaults")
            .arg(format!("--socket={}", self.path("run/sock").display()))
            .args(["--user=root", "--default-character-set=utf8mb4"])
            .args(["--batch", "--raw", "--skip-column-names", "--connect-timeout=10"])
            .arg(database)
            .stdin(Stdio::null());
        command
    }

    /// The base, and behind it each update by its number. Statements that fail do so by design: the base has some of what the
    /// updates bring.
    fn load_schema(&self) {
        let mut setup = format!("CREATE DATABASE {DATABASE};");
        for host in ["localhost", "127.0.0.1"] {
            let _ = write!(
                setup,
                "CREATE USER {OWNER}@'{host}' IDENTIFIED BY '{OWNER}'; GRANT ALL ON {DATABASE}.* TO {OWNER}@'{host}';"
            );
        }
        run_tool(self.client("mysql").args(["--execute", &setup]));
        self.load_file(Path::new(SCHEMA));
        let version: u32 = self.run_sql(VERSION_SQL).trim().parse().unwrap();
        let entries = std::fs::read_dir(UPDATES).unwrap();
        let mut updates: Vec<(u32, PathBuf)> = entries
            .filter_map(|entry| {
                let path = entry.unwrap().path();
                let number = path.file_stem()?.to_str()?.parse().ok()?;
                Some((number, path)).filter(|_| number > version)
            })
            .collect();
        updates.sort();
        for (number, path) in updates {
            self.load_file(&path);
            self.run_sql(&format!(
                "UPDATE config SET TVALUE = '{number}' WHERE NAME = 'GUI_VERSION'"
            ));
        }
        // The reader of the REST API asks for it, and the base has none.
        self.run_sql("CREATE TABLE IF NOT EXISTS unixusers (ID INT AUTO_INCREMENT PRIMARY KEY, HARDWARE_ID INT)");
        self.set_option("LOCK_REUSE_TIME", LOCK_SECONDS);
    }

    fn load_file(&self, path: &Path) {
        let mut command = self.client(DATABASE);
        let loaded = command
            .arg("--force")
            .stdin(std::fs::File::open(path).unwrap())
            .output();
        assert!(loaded.is_ok(), "{path:?}: {loaded:?}");
    }
}

const VERSION_SQL: &str = "SELECT TVALUE FROM config WHERE NAME = 'GUI_VERSION'";

/// Apache.
impl OcsServer {
    fn write_configuration(&self) {
        make_owned_folder(&self.path("log"), service_account("www-data"));
        make_owned_folder(&self.path("empty"), None);
        let configuration = OcsConfiguration {
            folder: self.folder.path(),
            port: self.port,
            database_port: self.database_port,
            sign_in: self.sign_in.as_ref(),
            changes_account: service_account("www-data").is_some(),
        };
        configuration.write_files();
    }

    fn run_web(&mut self) {
        let mut command = Command::new("/usr/sbin/apache2");
        command
            .arg("-f")
            .arg(self.path("httpd.conf"))
            .args(["-D", "FOREGROUND"]);
        self.web = Some(self.spawn_logged(&mut command, "web-start.log"));
        let port = self.port;
        until_blocking("Apache answers", || {
            let ended = self.web.as_mut().and_then(|child| child.try_wait().unwrap());
            assert!(
                ended.is_none(),
                "Apache has ended: {ended:?}\n{}\n{}",
                self.log("web-start.log"),
                self.log("web.log")
            );
            std::net::TcpStream::connect(("127.0.0.1", port)).is_ok()
        });
    }

    fn spawn_logged(&self, command: &mut Command, log: &str) -> Child {
        let path = self.path(log);
        let file = std::fs::File::options().append(true).create(true).open(path).unwrap();
        command
            .stdout(file.try_clone().unwrap())
            .stderr(file)
            .stdin(Stdio::null())
            .current_dir(self.folder.path())
            .spawn()
            .unwrap()
    }

    /// What a server has said, for whoever reads of a failure.
    pub fn log(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap_or_default()
    }
}

impl Drop for OcsServer {
    fn drop(&mut self) {
        self.kill();
    }
}
