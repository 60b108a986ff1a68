//! A real nginx that runs the example of `examples/nginx`, with no more changed than whoever copies it has to change.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use super::certificates::{Authority, Pair};
use crate::whole::until;

const GATE: &str = include_str!("../../../examples/nginx/intune-gate.conf");
const TOKEN: &str = include_str!("../../../examples/nginx/intune-gate-token.inc");
pub const HOST: &str = "gate.example.com";

/// Killed with the test. One process, so that none is left behind.
pub struct Nginx {
    folder: TempDir,
    process: Child,
    server_authority: Authority,
    pub device_authority: Authority,
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Where Debian puts it, also for those who are not root. A machine without it has failed the test: what guards a sign-in
/// is not left untested in silence.
fn program() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    folders.push("/usr/sbin".into());
    let found = folders
        .into_iter()
        .map(|folder| folder.join("nginx"))
        .find(|file| file.is_file());
    found.expect("nginx is not installed: `make test` installs it (installer/prerequisites.sh tests)")
}

impl Nginx {
    /// `connector` and `application` as `host:port`.
    pub async fn start(connector: &str, application: &str, token: &str) -> Nginx {
        let folder = tempfile::tempdir().unwrap();
        let nginx = Nginx {
            process: Command::new("true").spawn().unwrap(),
            server_authority: Authority::new("Servers"),
            device_authority: Authority::new("Devices"),
            folder,
        };
        nginx.write(connector, application, token);
        nginx.run().await
    }

    fn write(&self, connector: &str, application: &str, token: &str) {
        let at = self.folder.path();
        let server = self.server_authority.server(HOST);
        std::fs::write(at.join("server.pem"), server.certificate).unwrap();
        std::fs::write(at.join("server.key"), server.key).unwrap();
        std::fs::write(at.join("device-ca.pem"), self.device_authority.pem()).unwrap();
        let inside = at.display().to_string();
        let gate = changed(
            GATE,
            &[
                ("server 127.0.0.1:3900;", &format!("server {connector};")),
                ("server 127.0.0.1:8080;", &format!("server {application};")),
                ("listen 443 ssl;", &format!("listen unix:{inside}/gate.sock ssl;")),
                // A slow machine is no failure.
                ("proxy_read_timeout 6s;", "proxy_read_timeout 120s;"),
                ("/etc/nginx/gate/server.pem", &format!("{inside}/server.pem")),
                ("/etc/nginx/gate/server.key", &format!("{inside}/server.key")),
                ("/etc/nginx/gate/device-ca.pem", &format!("{inside}/device-ca.pem")),
                ("/etc/nginx/gate/intune-gate-token.inc", &format!("{inside}/token.inc")),
            ],
        );
        std::fs::write(at.join("gate.conf"), gate).unwrap();
        std::fs::write(
            at.join("token.inc"),
            changed(TOKEN, &[("Bearer TOKEN", &format!("Bearer {token}"))]),
        )
        .unwrap();
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
        let temporary: String = temporary
            .iter()
            .map(|of| format!("{of}_temp_path {inside}/{of};\n"))
            .collect();
        let main = format!(
            "daemon off;\nmaster_process off;\npid {inside}/nginx.pid;\nerror_log {inside}/error.log info;\n\
             events {{}}\nhttp {{\naccess_log off;\n{temporary}include {inside}/gate.conf;\n}}\n"
        );
        std::fs::write(at.join("nginx.conf"), main).unwrap();
    }

    async fn run(mut self) -> Nginx {
        let at = self.folder.path();
        let output = std::fs::File::create(at.join("output")).unwrap();
        self.process = Command::new(program())
            .arg("-p")
            .arg(at)
            .arg("-c")
            .arg(at.join("nginx.conf"))
            .stdin(Stdio::null())
            .stdout(output.try_clone().unwrap())
            .stderr(output)
            .spawn()
            .unwrap();
        let socket = self.socket();
        let (process, output) = (&mut self.process, at.join("output"));
        let mut look = || {
            let ended = process.try_wait().unwrap();
            assert!(ended.is_none(), "{}", std::fs::read_to_string(&output).unwrap());
            std::os::unix::net::UnixStream::connect(&socket).is_ok()
        };
        until("nginx listens", || std::future::ready(look())).await;
        self
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("gate.sock")
    }

    /// A client that trusts the gate and shows this certificate.
    pub fn client(&self, certificate: Option<&Pair>) -> reqwest::Client {
        let trusted = reqwest::Certificate::from_pem(&self.server_authority.pem()).unwrap();
        let mut builder = reqwest::Client::builder()
            .no_proxy()
            .tls_certs_merge([trusted])
            .unix_socket(Path::new(&self.socket()).to_owned());
        if let Some(pair) = certificate {
            builder = builder.identity(reqwest::Identity::from_pkcs8_pem(&pair.certificate, &pair.key).unwrap());
        }
        builder.build().unwrap()
    }

    pub fn errors(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("error.log")).unwrap_or_default()
    }
}

/// Each text stands in the example once: who changes one without the other is told here.
fn changed(example: &str, changes: &[(&str, &str)]) -> String {
    let mut text = example.to_owned();
    for (from, to) in changes {
        let lines = text
            .lines()
            .filter(|line| !line.trim_start().starts_with('#') && line.contains(from));
        assert_eq!(lines.count(), 1, "{from}");
        text = text.replace(from, to);
    }
    text
}
