//! How Apache runs OCS: the configuration of the packages with other ports and folders, and a main one around it.

use std::fmt::Write as _;
use std::path::Path;

pub const SERVER_CONF: &str = "/etc/apache2/conf-available/ocsinventory-server.conf";
const REST_CONF: &str = "/etc/apache2/conf-available/ocsinventory-restapi.conf";
const MODULES: &str = "/etc/apache2/mods-available";

const USED_MODULES: [&str; 12] = [
    "mpm_prefork",
    "authz_core",
    "authz_host",
    "authn_core",
    "authn_file",
    "authz_user",
    "auth_basic",
    "mime",
    "alias",
    "setenvif",
    "env",
    "perl",
];

pub struct OcsConfiguration<'a> {
    /// Of the server: `httpd.conf` and what it includes are made there; `log` and `empty` are there already.
    pub folder: &'a Path,
    pub port: u16,
    pub database_port: u16,
    /// Whom the web server lets in.
    pub sign_in: Option<&'a (String, String)>,
    /// Root starts it, and another one does the work.
    pub changes_account: bool,
}

impl OcsConfiguration<'_> {
    pub fn write_files(&self) {
        let read = |path: &str| std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{path}: {error}"));
        let (folder, port) = (self.folder.display(), self.database_port);
        let server = read(SERVER_CONF)
            .replace("OCS_DB_HOST localhost", "OCS_DB_HOST 127.0.0.1")
            .replace("OCS_DB_PORT 3306", &format!("OCS_DB_PORT {port}"))
            .replace("/var/log/ocsinventory-server/", &format!("{folder}/log/"));
        let loader = "'/usr/share/perl5/Api/Ocsinventory/Restapi/Loader.pm'";
        let rest = read(REST_CONF)
            .replace("'localhost'", "'127.0.0.1'")
            .replace("'3306'", &format!("'{port}'"))
            .replace("'REST_API_LOADER_PATH'", loader)
            .replace("'REST_API_PATH'", "'/usr/share/perl5'");
        self.write_file("server.conf", &server);
        self.write_file("rest.conf", &rest);
        if let Some((user, password)) = self.sign_in {
            let hash = openssl::base64::encode_block(&openssl::sha::sha1(password.as_bytes()));
            self.write_file("users", &format!("{user}:{{SHA}}{hash}\n"));
        }
        self.write_file("httpd.conf", &self.main_text());
    }

    fn write_file(&self, name: &str, text: &str) {
        std::fs::write(self.folder.join(name), text).unwrap();
    }

    fn main_text(&self) -> String {
        let (folder, port) = (self.folder.display(), self.port);
        let mut text = format!(
            "ServerRoot {folder}\nServerName 127.0.0.1\nListen 127.0.0.1:{port}\nPidFile {folder}/httpd.pid\n\
             Mutex file:{folder} default\nErrorLog {folder}/web.log\nDocumentRoot {folder}/empty\n\
             StartServers 2\nMinSpareServers 1\nMaxSpareServers 4\nMaxRequestWorkers 8\n"
        );
        for module in USED_MODULES {
            // Those that are built in have no file.
            let loads = std::fs::read_to_string(format!("{MODULES}/{module}.load")).unwrap_or_default();
            let line = loads.lines().find(|line| line.starts_with("LoadModule"));
            line.into_iter().for_each(|line| _ = writeln!(text, "{line}"));
        }
        if self.changes_account {
            text.push_str("User www-data\nGroup www-data\n");
        }
        let _ = writeln!(
            text,
            "TypesConfig /etc/mime.types\nKeepAliveTimeout 5\nInclude {folder}/server.conf\nInclude {folder}/rest.conf"
        );
        if self.sign_in.is_some() {
            let _ = writeln!(
                text,
                "<LocationMatch \"^/(ocsinventory|ocsapi)\">\nAuthType Basic\nAuthName OCS\n\
                 AuthUserFile {folder}/users\nRequire valid-user\n</LocationMatch>"
            );
        }
        text
    }
}
