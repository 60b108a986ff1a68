//! M7: no command sends a name, a password or a token readable over the network, unless it is told to. A listener stands
//! where the secret would arrive. 0.0.0.0 leads to this machine and is no loopback address, so what is refused for it
//! would really arrive.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::mpsc;
use std::time::Duration;

use crate::support::program::{Said, User};

/// Every command that signs in to a bus.
const COMMANDS: &[&str] = &[
    "devices",
    "instances",
    "jobs",
    "jobs approve 1 --approver anna --approver-password-file pw",
    "actions",
    "action sync --device 7809c88c-0000-4000-8000-000000000001",
    "killswitch",
    "limits",
    "servers",
    "operators",
    "roles",
    "workflows",
    "products",
    "audit verify",
    "scan list --instance IntuneConnector_1",
    "scan --instance IntuneConnector_1",
    "follow --server cmdb",
    "verify --instance IntuneConnector_1",
    "install --answers answers.ini",
    "compliance nodes",
];

/// Takes what comes, and answers that nobody is let in.
struct Ear {
    address: SocketAddr,
    heard: mpsc::Receiver<String>,
}

impl Ear {
    fn new() -> Ear {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (tell, heard) = mpsc::channel();
        std::thread::spawn(move || {
            for mut stream in listener.incoming().map_while(Result::ok) {
                stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
                let mut seen = Vec::new();
                let mut piece = [0; 4_096];
                while !seen.windows(4).any(|end| end == b"\r\n\r\n") {
                    match stream.read(&mut piece) {
                        Ok(0) | Err(_) => break,
                        Ok(count) => seen.extend_from_slice(&piece[..count]),
                    }
                }
                let _ =
                    stream.write_all(b"HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
                if tell.send(String::from_utf8_lossy(&seen).into_owned()).is_err() {
                    return;
                }
            }
        });
        Ear { address, heard }
    }

    /// As an address of another machine.
    fn elsewhere(&self) -> String {
        format!("http://0.0.0.0:{}", self.address.port())
    }

    fn has_heard(&self) -> Vec<String> {
        self.heard.try_iter().collect()
    }
}

fn user() -> User {
    let user = User::new();
    user.file("pw", "CANARY-password\n");
    user.file("answers.ini", "profile = x\n");
    user
}

/// With a proxy in every variable that names one.
fn says(user: &User, line: &str, proxy: &Ear) -> Said {
    let mut command = user.command(line.split_whitespace());
    for name in [
        "http_proxy",
        "HTTP_PROXY",
        "https_proxy",
        "HTTPS_PROXY",
        "all_proxy",
        "ALL_PROXY",
    ] {
        command.env(name, format!("http://{}", proxy.address));
    }
    let ended = command.stdin(std::process::Stdio::null()).output().unwrap();
    Said {
        code: ended.status.code().unwrap_or(-1),
        out: String::from_utf8(ended.stdout).unwrap(),
        err: String::from_utf8(ended.stderr).unwrap(),
    }
}

#[track_caller]
fn refused(said: &Said, what: &str) {
    assert_eq!(said.code, 2, "{what}: {said:?}");
    assert!(
        said.err.contains("--plain-http") && said.err.contains("https://"),
        "{what}: {said:?}"
    );
    assert!(!said.err.contains("CANARY"), "{what}: {said:?}");
}

#[test]
fn sec_m7_no_command_sends_a_password_by_plain_http_to_another_machine() {
    let (user, there, proxy) = (user(), Ear::new(), Ear::new());
    for command in COMMANDS {
        for url in [
            there.elsewhere(),
            "http://bus.example:3900".to_owned(),
            "http://192.0.2.1".to_owned(),
        ] {
            let line = format!("{command} --url {url} --user anna --password-file pw");
            refused(&says(&user, &line, &proxy), &line);
        }
    }
    for url in [there.elsewhere(), "http://bus.example".to_owned()] {
        let line = format!("login {url} --user anna --password-file pw");
        refused(&says(&user, &line, &proxy), &line);
        // It is refused before the password is looked for.
        let line = format!("login {url} --user anna --password-file absent");
        refused(&says(&user, &line, &proxy), &line);
    }
    assert_eq!(there.has_heard(), Vec::<String>::new());
    assert_eq!(proxy.has_heard(), Vec::<String>::new());
}

#[test]
fn sec_m7_a_saved_connection_from_before_sends_its_token_nowhere_in_clear() {
    let (user, there, proxy) = (user(), Ear::new(), Ear::new());
    let folder = user.path(".config/intune-connector");
    std::fs::create_dir_all(&folder).unwrap();
    let saved = |plain: &str| {
        let text = format!(
            "{{\"version\":1,\"default\":\"work\",\"connections\":{{\"work\":{{\"url\":\"{}/\",\"user\":\"anna\",\
             \"token\":\"icp_CANARY\"{plain}}}}}}}",
            there.elsewhere()
        );
        std::fs::write(folder.join("connections.json"), text).unwrap();
    };
    saved("");
    for line in [
        "devices",
        "devices --connection work",
        "follow --server cmdb",
        "verify --instance IntuneConnector_1",
    ] {
        refused(&says(&user, line, &proxy), line);
    }
    assert_eq!(there.has_heard(), Vec::<String>::new());

    // Where it is said, then or now, it goes there directly: what is refused above would really have arrived.
    for (plain, line) in [("", "devices --plain-http"), (",\"plainHttp\":true", "devices")] {
        saved(plain);
        let said = says(&user, line, &proxy);
        assert_eq!(said.code, 4, "{line}: {said:?}");
        let heard = there.has_heard();
        assert!(
            heard.iter().any(|text| text.contains("Bearer icp_CANARY")),
            "{line}: {heard:?}"
        );
    }
    assert_eq!(proxy.has_heard(), Vec::<String>::new());
}

#[test]
fn sec_m7_no_proxy_of_the_environment_sees_a_secret() {
    let (user, there, proxy) = (user(), Ear::new(), Ear::new());
    let ask = |url: &str, more: &str| {
        says(
            &user,
            &format!("devices --url {url} --user anna --password-file pw {more}"),
            &proxy,
        )
    };
    // Told to, it goes to the machine itself.
    assert_eq!(ask(&there.elsewhere(), "--plain-http").code, 4);
    assert!(there.has_heard().iter().any(|text| text.contains("Basic ")));
    assert_eq!(
        ask(&format!("http://{}", there.address), "").code,
        4,
        "loopback as ever"
    );
    assert_eq!(
        ask("http://bus.example:3900", "--plain-http").code,
        3,
        "it can't be reached directly"
    );
    assert_eq!(proxy.has_heard(), Vec::<String>::new());
    // What is encrypted on its way may go through: the proxy is asked for a tunnel, and told no secret.
    assert_eq!(ask("https://bus.example:3900", "").code, 3);
    let heard = proxy.has_heard();
    assert!(
        heard.iter().all(|text| text.starts_with("CONNECT bus.example:3900 ")),
        "{heard:?}"
    );
    assert!(
        !heard.is_empty() && !heard.concat().to_lowercase().contains("authorization"),
        "{heard:?}"
    );
}

#[test]
fn sec_m7_an_address_with_a_password_in_it_is_refused_and_not_repeated() {
    let (user, there, proxy) = (user(), Ear::new(), Ear::new());
    let url = format!("http://anna:CANARY-password@{}", there.address);
    for line in [
        format!("login {url} --user anna --password-file pw"),
        format!("devices --url {url} --user anna --password-file pw"),
    ] {
        let said = says(&user, &line, &proxy);
        assert_eq!(said.code, 2, "{said:?}");
        assert!(!format!("{said:?}").contains("CANARY"), "{said:?}");
    }
    assert_eq!(there.has_heard(), Vec::<String>::new());
}
