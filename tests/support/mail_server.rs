//! A real mail server: Debian's python3-aiosmtpd, as `mail_server.py` starts it. It wants encryption and a sign-in, and keeps
//! each mail in a file.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use simulated_tenant::tls::Authority;

use super::folder::TestFolder;
use super::wait::until_blocking;

/// Who may send.
pub const USER: &str = "intune";
pub const PASSWORD: &str = "correct horse";

/// The interpreter that Debian's packages are for.
const PYTHON: &str = "/usr/bin/python3";

pub struct MailServer {
    folder: TestFolder,
    child: Child,
    pub port: u16,
    /// The authority of its certificate, PEM; the certificate is for `localhost`.
    pub authority: String,
}

/// A mail as it arrived.
#[derive(Debug, Clone)]
pub struct ReceivedMail {
    raw: String,
}

impl MailServer {
    /// `mode`: `starttls`, `tls`, or `plain` for one that offers no encryption.
    pub fn start(mode: &str) -> MailServer {
        let folder = TestFolder::new();
        let authority = Authority::open(folder.path(), "ca", "Authority of a mail server").unwrap();
        let own = authority.issue(&["localhost".into()]).unwrap();
        let mut pem = own.certificate.to_pem().unwrap();
        pem.extend(own.key.private_key_to_pem_pkcs8().unwrap());
        std::fs::write(folder.path().join("server.pem"), pem).unwrap();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/mail_server.py");
        let log = std::fs::File::create(folder.path().join("log")).unwrap();
        let mut child = Command::new(PYTHON)
            .arg(script)
            .arg(folder.path())
            .arg(mode)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        let port_file = folder.path().join("port");
        until_blocking("the mail server listens", || {
            let ended = child.try_wait().unwrap();
            let log = || std::fs::read_to_string(folder.path().join("log")).unwrap_or_default();
            assert!(ended.is_none(), "the mail server has ended: {ended:?}\n{}", log());
            port_file.exists()
        });
        MailServer {
            port: std::fs::read_to_string(&port_file).unwrap().parse().unwrap(),
            authority: String::from_utf8(authority.certificate().to_pem().unwrap()).unwrap(),
            child,
            folder,
        }
    }

    /// In the order in which they came.
    pub fn mails(&self) -> Vec<ReceivedMail> {
        let entries = std::fs::read_dir(self.folder.path().join("mails")).unwrap();
        let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        files.retain(|file| file.extension().is_some_and(|end| end == "eml"));
        files.sort();
        let read = |file: PathBuf| ReceivedMail {
            raw: std::fs::read_to_string(file).unwrap(),
        };
        files.into_iter().map(read).collect()
    }

    /// Each mail gets this answer, such as `451 try again later`; `None`: they are taken.
    pub fn refuse(&self, answer: Option<&str>) {
        let file = self.folder.path().join("refuse");
        match answer {
            Some(answer) => std::fs::write(file, answer).unwrap(),
            None => std::fs::remove_file(file).unwrap(),
        }
    }

    /// From now on it takes mails and does not answer `QUIT`.
    pub fn say_no_goodbye(&self) {
        std::fs::write(self.folder.path().join("silent"), "").unwrap();
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl ReceivedMail {
    fn parts(&self) -> (String, String) {
        let text = self.raw.replace("\r\n", "\n");
        let (head, body) = text.split_once("\n\n").unwrap();
        // A header that goes on in the next line is one.
        (head.replace("\n ", " "), body.to_owned())
    }

    /// As it stands there; empty where it is not there.
    pub fn header(&self, name: &str) -> String {
        let (head, _) = self.parts();
        let begin = format!("{name}: ");
        let found = head.lines().find_map(|line| line.strip_prefix(&begin));
        found.unwrap_or_default().to_owned()
    }

    /// Its text, decoded.
    pub fn text(&self) -> String {
        let (_, body) = self.parts();
        match self.header("Content-Transfer-Encoding").as_str() {
            "quoted-printable" => decode_quoted(&body),
            "base64" => {
                let packed: String = body.split_whitespace().collect();
                String::from_utf8(STANDARD.decode(packed).unwrap()).unwrap()
            }
            _ => body,
        }
    }
}

/// RFC 2045, section 6.7.
fn decode_quoted(text: &str) -> String {
    let joined = text.replace("=\n", "");
    let mut bytes = Vec::new();
    let mut rest = joined.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        if *first == b'=' && behind.len() >= 2 {
            let digits = std::str::from_utf8(&behind[..2]).unwrap();
            bytes.push(u8::from_str_radix(digits, 16).unwrap());
            rest = &behind[2..];
        } else {
            bytes.push(*first);
            rest = behind;
        }
    }
    String::from_utf8(bytes).unwrap()
}
