//! The command `simulate` itself, as a process: what its first line promises holds, and what does not go together is
//! refused.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use reqwest::{Client, ClientBuilder, Proxy};
use serde_json::{Value, json};

use super::beside;
use crate::support::program::{Lines, PROGRAM, User, code};
use crate::support::wait::{PATIENCE, until};

/// Longest wait for something to happen in the tenant.
const DEVICES: &str = "v1.0/deviceManagement/managedDevices";

/// A simulator that runs; killed when dropped.
struct Simulator {
    child: Child,
    /// Its first line.
    told: Value,
}

impl Simulator {
    async fn start(user: &User, options: &str) -> Simulator {
        let devices = if options.contains("--devices") {
            ""
        } else {
            "--devices 5"
        };
        let line = format!("simulate --json --listen 127.0.0.1:0 --seed 7 {devices} {options}");
        let mut command = user.command(line.split_whitespace());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let out = child.stdout.take().unwrap();
        let first = beside(move || Lines::of(out).until(|_| true).remove(0)).await;
        let told = serde_json::from_str(&first).unwrap();
        Simulator { child, told }
    }

    fn text(&self, key: &str) -> &str {
        self.told[key]
            .as_str()
            .unwrap_or_else(|| panic!("no {key}: {}", self.told))
    }

    async fn token(&self, http: &Client, login: &str) -> reqwest::Result<String> {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", self.text("clientId")),
            ("client_secret", self.text("clientSecret")),
            ("scope", "https://graph.microsoft.com/.default"),
        ];
        let url = format!("{login}/{}/oauth2/v2.0/token", self.text("tenantId"));
        let answer: Value = http.post(url).form(&form).send().await?.json().await?;
        Ok(answer["access_token"]
            .as_str()
            .unwrap_or_else(|| panic!("{answer}"))
            .to_owned())
    }

    /// Signs in with what the first line says, and reads one page.
    async fn page(&self, http: &Client, login: &str, graph: &str) -> reqwest::Result<Value> {
        let token = self.token(http, login).await?;
        let url = format!("{graph}/{DEVICES}?$top=2");
        let page: Value = http.get(url).bearer_auth(token).send().await?.json().await?;
        assert_eq!(page["value"].as_array().map(Vec::len), Some(2), "{page}");
        Ok(page)
    }

    async fn control(&self, path: &str) -> Value {
        let url = format!("{}/simulator{path}", self.text("graph"));
        plain().get(url).send().await.unwrap().json().await.unwrap()
    }

    /// As Ctrl-C does; it ends well.
    async fn stop(mut self) {
        let ended = beside(move || {
            let pid = self.child.id().to_string();
            assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
            code(&mut self.child)
        });
        assert_eq!(ended.await, 0);
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn plain() -> Client {
    Client::builder().no_proxy().build().unwrap()
}

fn trusting(ca: &Path) -> ClientBuilder {
    let ca = reqwest::Certificate::from_pem(&std::fs::read(ca).unwrap()).unwrap();
    Client::builder().no_proxy().add_root_certificate(ca)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_line_says_how_to_connect_and_the_tenant_answers_to_it() {
    let user = User::new();
    let tenant = Simulator::start(&user, "--http").await;
    let mut keys: Vec<&String> = tenant.told.as_object().unwrap().keys().collect();
    keys.sort();
    assert_eq!(keys, ["ca", "clientId", "clientSecret", "graph", "login", "tenantId"]);
    assert_eq!(tenant.told["ca"], Value::Null, "nothing speaks TLS");
    let (login, graph) = (tenant.text("login"), tenant.text("graph"));
    assert!(graph.starts_with("http://127.0.0.1:"), "{graph}");
    let page = tenant.page(&plain(), login, graph).await.unwrap();
    assert!(page["@odata.nextLink"].as_str().unwrap().starts_with(graph), "{page}");
    // The same seed makes the same tenant.
    let twin = Simulator::start(&user, "--http").await;
    for key in ["tenantId", "clientId", "clientSecret"] {
        assert_eq!(twin.told[key], tenant.told[key]);
    }
    twin.stop().await;
    tenant.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_for_tls_keeps_the_ca_with_which_https_works_time_after_time() {
    let user = User::new();
    let options = format!("--tls-dir {}", user.path("tls").display());
    let first = Simulator::start(&user, &options).await;
    let ca = user.path("tls/ca.pem");
    assert_eq!(Path::new(first.text("ca")), ca);
    let http = trusting(&ca).build().unwrap();
    let (login, graph) = (first.text("login"), first.text("graph"));
    assert!(graph.starts_with("https://"), "{graph}");
    first.page(&http, login, graph).await.unwrap();
    first.stop().await;
    // Who trusts it once trusts it at the next start.
    let second = Simulator::start(&user, &options).await;
    second
        .page(&http, second.text("login"), second.text("graph"))
        .await
        .unwrap();
    second.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_folder_the_ca_goes_with_the_simulator() {
    let user = User::new();
    let tenant = Simulator::start(&user, "").await;
    let ca = std::path::PathBuf::from(tenant.text("ca"));
    let http = trusting(&ca).build().unwrap();
    tenant
        .page(&http, tenant.text("login"), tenant.text("graph"))
        .await
        .unwrap();
    tenant.stop().await;
    assert!(!ca.exists());
    assert_eq!(std::fs::read_dir(user.path("")).unwrap().count(), 0);
}

/// What the proxy says to one who wants through without a name.
async fn unnamed(proxy: &str) -> String {
    let address = proxy.strip_prefix("http://").unwrap().to_owned();
    beside(move || {
        let mut line = TcpStream::connect(address).unwrap();
        line.set_read_timeout(Some(PATIENCE)).unwrap();
        line.write_all(b"CONNECT graph.microsoft.com:443 HTTP/1.1\r\nHost: graph.microsoft.com:443\r\n\r\n")
            .unwrap();
        let mut status = String::new();
        BufReader::new(line).read_line(&mut status).unwrap();
        status
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_with_a_name_wants_it_and_leads_the_real_hosts_here() {
    let user = User::new();
    let password = user.file("proxy-password", "p:ä%\nnothing of this\n");
    let options =
        format!("--proxy 127.0.0.1:0 --proxy-user corp\\reader --proxy-password-file {password} --proxy-inspect");
    let tenant = Simulator::start(&user, &options).await;
    let proxy = tenant.text("proxy");
    let status = unnamed(proxy).await;
    assert!(status.starts_with("HTTP/1.1 407"), "{status}");

    let through = || Proxy::all(proxy).unwrap();
    let hosts = ("https://login.microsoftonline.com", "https://graph.microsoft.com");
    let inspecting = Path::new(tenant.text("inspectCa")).to_owned();
    let behind = |ca: &Path, proxy: Proxy| trusting(ca).proxy(proxy).build().unwrap();
    let refused = tenant.page(&behind(&inspecting, through()), hosts.0, hosts.1).await;
    assert!(refused.unwrap_err().is_connect());
    let named = || through().basic_auth("corp\\reader", "p:ä%");
    tenant
        .page(&behind(&inspecting, named()), hosts.0, hosts.1)
        .await
        .unwrap();
    // It inspects: whoever trusts only the hosts' own CA notices.
    let own = Path::new(tenant.text("ca")).to_owned();
    let noticed = tenant.page(&behind(&own, named()), hosts.0, hosts.1).await;
    assert!(noticed.unwrap_err().is_connect());
    tenant.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_options_of_its_behaviour_arrive() {
    let user = User::new();
    let quiet = Simulator::start(&user, "--http").await;
    assert_eq!(quiet.control("/tuning").await["latencyMs"], 0);
    assert_eq!(quiet.control("/churn").await, json!({"perSecond": 0.0}));
    quiet.stop().await;
    let slow = Simulator::start(&user, "--http --latency 37").await;
    assert_eq!(slow.control("/tuning").await["latencyMs"], 37);
    slow.stop().await;

    let lively = Simulator::start(&user, "--http --churn 50").await;
    assert_eq!(lively.control("/churn").await, json!({"perSecond": 50.0}));
    let before = lively.control("/devices").await;
    until("devices change", async || lively.control("/devices").await != before).await;
    lively.stop().await;
}

/// The commands of a text for people: the indented lines behind `heading`, up to the next empty one.
fn commands_behind(lines: &[String], heading: &str) -> String {
    let behind = lines.iter().skip_while(|line| !line.starts_with(heading)).skip(1);
    let commands: Vec<&str> = behind.take_while(|line| !line.is_empty()).map(String::as_str).collect();
    assert!(!commands.is_empty(), "{heading}: {lines:#?}");
    commands.join("\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_it_prints_for_people_is_pasted_and_works() {
    let user = User::new();
    let line = format!(
        "simulate --listen 127.0.0.1:0 --devices 5 --tls-dir {}",
        user.path("tls").display()
    );
    let mut command = user.command(line.split_whitespace());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let out = child.stdout.take().unwrap();
    let tenant = Simulator {
        child,
        told: Value::Null,
    };
    let said = beside(move || Lines::of(out).until(|line| line.contains("-d scope="))).await;
    let shell = |commands: String| {
        let mut shell = Command::new("sh");
        shell
            .args(["-e", "-c", &commands])
            .current_dir(user.path(""))
            .env("HOME", user.path(""));
        let ran = shell.output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        assert!(
            ran.status.success(),
            "{commands}\n{}{}",
            text(&ran.stdout),
            text(&ran.stderr)
        );
        text(&ran.stdout)
    };
    let looked = shell(commands_behind(&said, "Check the connection"));
    assert!(looked.contains("ok ") && looked.contains("5 seen"), "{looked}");
    let home = user.path("").display().to_string();
    for line in said.iter().filter(|line| !line.contains(&home)) {
        let has_long_word = line.contains(PROGRAM) || line.contains("/oauth2/");
        assert!(has_long_word || line.chars().count() < 80, "{line}");
    }
    // Where there is a curl, it gets the token.
    if Command::new("curl").arg("--version").output().is_ok() {
        let token = shell(commands_behind(&said, "A token"));
        assert!(token.contains("access_token"), "{token}");
    }
    tenant.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn names_are_those_of_a_real_fleet_unless_awkward_ones_are_wanted() {
    let user = User::new();
    let names = async |options: &str| {
        let tenant = Simulator::start(&user, &format!("--http --devices 2000 {options}")).await;
        let shown = tenant.control("/devices").await;
        tenant.stop().await;
        let devices = shown["devices"].as_array().unwrap().iter();
        let names = devices.map(|device| device["deviceName"].as_str().unwrap().to_owned());
        names.collect::<Vec<_>>()
    };
    let plain = names("").await;
    let is_plain = |name: &String| name.is_ascii() && name.trim() == name && !name.contains(['"', '\\', '\t', ';']);
    assert!(plain.iter().all(is_plain), "{plain:#?}");
    let distinct: std::collections::BTreeSet<_> = plain.iter().collect();
    assert_eq!(distinct.len(), 2_000);
    let awkward = names("--awkward-names").await;
    assert!(!awkward.iter().all(is_plain));
}

#[test]
fn what_does_not_go_together_is_refused_with_advice() {
    let user = User::new();
    let empty = user.file("empty", "\n");
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = listener.local_addr().unwrap();
    let wrong = [
        ("--http --tls-dir tls".to_owned(), 2, ["cannot be used with", "--help"]),
        (
            "--proxy-user anna --proxy-password-file empty".to_owned(),
            2,
            ["--proxy <ADDR:PORT>", "--help"],
        ),
        (
            "--proxy 127.0.0.1:0 --proxy-user anna".to_owned(),
            2,
            ["--proxy-password-file", "--help"],
        ),
        (
            "--proxy 127.0.0.1:0 --proxy-password-file empty".to_owned(),
            2,
            ["--proxy-user", "--help"],
        ),
        ("--proxy-inspect".to_owned(), 2, ["--proxy <ADDR:PORT>", "--help"]),
        (
            format!("--proxy 127.0.0.1:0 --proxy-user anna --proxy-password-file {empty}"),
            2,
            ["first line", "password"],
        ),
        (
            "--proxy 127.0.0.1:0 --proxy-user anna --proxy-password-file absent".to_owned(),
            2,
            ["absent", "check the path"],
        ),
        ("--churn=-1".to_owned(), 2, ["--churn", "0 to 10000"]),
        ("--churn NaN".to_owned(), 2, ["--churn", "0 to 10000"]),
        ("--latency soon".to_owned(), 2, ["--latency", "--help"]),
        (format!("--listen {taken}"), 1, ["failed to listen", "--listen"]),
    ];
    for (options, exit, wanted) in wrong {
        let own = if options.contains("--listen") {
            ""
        } else {
            "--listen 127.0.0.1:0"
        };
        let said = user.says(&format!("simulate {own} {options}"));
        assert_eq!(said.code, exit, "{options}: {said:?}");
        for part in wanted {
            assert!(said.err.contains(part), "{options}: {part}: {said:?}");
        }
        assert_eq!(said.out, "", "{options}");
    }
}
