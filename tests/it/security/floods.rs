//! Strangers who knock: connections, sign-ins, memory, rows, lines (E8).

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use chrono::TimeDelta;
use intune_connector::model::RightScope;
use intune_connector::observe::metric;
use intune_connector::sics::auth::password;
use intune_connector::sics::{LoginLimits, ResponseBounds, SicsLimits};
use intune_connector::store::{NewOperator, OperatorChange, OperatorKind};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::sics::bus::{Bus, PASSWORD, problem, status};
use crate::support::attack::{FLOODS, Flood, Target, guess, resident_kib};
use crate::support::program;
use crate::support::shelf::device;
use crate::support::wait::until;

const SWITCH: &str = "/sics/v1/killswitch";
/// What strangers may cost.
const MOST_KIB: u64 = 64 << 10;
const LOOK: Duration = Duration::from_millis(20);
const PATIENCE: Duration = Duration::from_secs(120);

async fn person(bus: &Bus, name: &str) {
    let new = NewOperator {
        name: name.into(),
        kind: OperatorKind::Person,
        password_hash: Some(password::hash(&PASSWORD.into()).unwrap()),
        rights: Vec::new(),
        scope: RightScope::default(),
        created_by: None,
    };
    bus.shelf.store.add_operator(new).await.unwrap();
}

async fn disable(bus: &Bus, name: &str) {
    let id = bus.shelf.store.find_operator_by_name(name).await.unwrap().unwrap().id;
    let change = OperatorChange {
        disabled: Some(true),
        ..OperatorChange::default()
    };
    bus.shelf.store.change_operator(id, change).await.unwrap();
}

fn sign_in(bus: &Bus, name: &str, password: &str) -> reqwest::RequestBuilder {
    bus.open_request(Method::GET, "/sics/v1")
        .basic_auth(name, Some(password))
}

/// A person presses the kill switch, each time over a new connection, until it is on. How often it took.
async fn press(url: &str, name: &str) -> usize {
    let body = json!({"on": true, "reason": "somebody hammers at the door"});
    for request in 1..=20 {
        let http = reqwest::Client::builder()
            .no_proxy()
            .danger_accept_invalid_certs(true)
            .build()
            .unwrap();
        let pressed = http
            .put(format!("{url}{SWITCH}"))
            .basic_auth(name, Some(PASSWORD))
            .json(&body)
            .timeout(PATIENCE);
        if pressed
            .send()
            .await
            .is_ok_and(|answer| answer.status() == StatusCode::OK)
        {
            return request;
        }
    }
    panic!("{name} did not get in within 20 requests")
}

fn checks(bus: &Bus) -> u64 {
    let lanes = ["stranger", "reserve"];
    let of = |lane: &str| bus.metrics.get(&metric::PASSWORD_CHECKS, &[lane]).unwrap_or_default();
    lanes.iter().map(|lane| of(lane) as u64).sum()
}

/// Looks at the memory of a process, again and again.
struct Watch {
    peak: Arc<AtomicU64>,
    looking: tokio::task::JoinHandle<()>,
}

impl Watch {
    fn start(pid: u32) -> Watch {
        let peak = Arc::<AtomicU64>::default();
        let looking = tokio::spawn({
            let peak = peak.clone();
            async move {
                loop {
                    peak.fetch_max(resident_kib(pid), Ordering::Relaxed);
                    tokio::time::sleep(LOOK).await;
                }
            }
        });
        Watch { peak, looking }
    }

    fn most(self) -> u64 {
        self.looking.abort();
        self.peak.load(Ordering::Relaxed)
    }
}

/// A real bus with a person called anna.
struct Door {
    bus: program::Bus,
    _user: program::User,
}

impl Door {
    fn new(settings: &str) -> Door {
        let user = program::User::new();
        let data = user.path("data");
        std::fs::create_dir(&data).unwrap();
        std::fs::write(data.join("bus.ini"), settings).unwrap();
        let bus = program::Bus::start(&user, &data);
        let password = user.file("password", &format!("{PASSWORD}\n"));
        user.says(&format!(
            "operators add anna --rights KillSwitch_Read --new-password-file {password} --data {}",
            data.display()
        ))
        .good();
        Door { bus, _user: user }
    }

    /// The most memory that each flood takes, while anna gets in.
    async fn withstands(&self) {
        // Whoever is here first makes room for what everybody needs.
        press(&self.bus.url, "anna").await;
        let idle = resident_kib(self.bus.pid());
        let target = Target::of(&self.bus.url, 5);
        let mut grown = BTreeMap::new();
        for flood in FLOODS {
            let watch = Watch::start(self.bus.pid());
            let held = flood.begin(target, 200).await;
            press(&self.bus.url, "anna").await;
            grown.insert(format!("{flood:?}"), watch.most().saturating_sub(idle));
            drop(held);
        }
        println!("{grown:?} kiB above {idle}");
        assert!(grown.values().all(|kib| *kib <= MOST_KIB), "{grown:?} kiB above idle");
    }
}

#[tokio::test]
async fn sec_h2_strangers_cost_no_more_than_64_mib_by_http() {
    Door::new("").withstands().await;
}

#[tokio::test]
async fn sec_h2_strangers_cost_no_more_than_64_mib_by_https() {
    Door::new("tls = on\n").withstands().await;
}

#[tokio::test]
async fn sec_h2_whoever_answers_pings_and_takes_nothing_is_dropped() {
    let limits = SicsLimits {
        stall_timeout: Duration::from_millis(400),
        ..SicsLimits::default()
    };
    let bus = Bus::with(limits).await;
    let target = Target::of(&bus.url(""), 1);
    let mut held = Flood::ZeroWindow.begin(target, 3).await;
    let all_end = async { while held.join_next().await.is_some() {} };
    let ended = tokio::time::timeout(PATIENCE, all_end).await;
    assert!(ended.is_ok(), "they are still there");
}

#[tokio::test]
async fn sec_h2_a_stranger_who_only_sits_there_is_dropped_and_a_probe_is_not() {
    let limits = SicsLimits {
        stall_timeout: Duration::from_millis(400),
        ..SicsLimits::default()
    };
    let bus = Bus::with(limits).await;
    let mut idle = TcpStream::connect(bus.address).await.unwrap();
    let (mut probe, mut answer) = (TcpStream::connect(bus.address).await.unwrap(), [0; 4_096]);
    let waiting = async {
        let mut byte = [0];
        loop {
            tokio::select! {
                read = idle.read(&mut byte) => return read,
                () = tokio::time::sleep(LOOK) => {
                    probe.write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
                    assert_ne!(probe.read(&mut answer).await.unwrap(), 0, "the probe was dropped");
                }
            }
        }
    };
    let read = tokio::time::timeout(PATIENCE, waiting)
        .await
        .expect("it is still there");
    assert!(matches!(read, Ok(0) | Err(_)));
}

#[tokio::test]
async fn sec_h2_the_document_is_whole_however_it_is_read() {
    let bus = Bus::new().await;
    let told = status(bus.open_request(Method::GET, "/sics/v1/openapi.json"), 200).await;
    assert_eq!(told["openapi"], "3.1.0");
    let answer = bus
        .open_request(Method::GET, "/sics/v1/openapi.json")
        .send()
        .await
        .unwrap();
    let length: usize = answer.headers()["content-length"].to_str().unwrap().parse().unwrap();
    assert_eq!(answer.bytes().await.unwrap().len(), length);
    let head = bus
        .open_request(Method::HEAD, "/sics/v1/openapi.json")
        .send()
        .await
        .unwrap();
    assert_eq!(head.headers()["content-length"].to_str().unwrap(), length.to_string());
}

#[tokio::test]
async fn e8_a_signed_in_reader_that_takes_nothing_holds_so_much_and_no_more() {
    let limits = SicsLimits {
        response_bounds: ResponseBounds {
            per_account: 1 << 20,
            ..SicsLimits::default().response_bounds
        },
        ..SicsLimits::default()
    };
    let bus = Bus::with(limits).await;
    let long = "x".repeat(40_000);
    bus.shelf
        .full((0..600).map(|n| device(n, &format!("{n}{long}"))).collect())
        .await;
    let ask = |token: &str| {
        format!("GET /sics/v1/devices?limit=1000 HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\n\r\n")
    };
    let mut lazy = TcpStream::connect(bus.address).await.unwrap();
    lazy.write_all(ask(&bus.admin).as_bytes()).await.unwrap();
    let mut line = [0; 15];
    lazy.read_exact(&mut line).await.unwrap();
    assert_eq!(&line, b"HTTP/1.1 200 OK", "one answer is always given");
    let path = "/sics/v1/devices?limit=1000";
    assert_eq!(problem(bus.get(&bus.admin, path), 429).await, "tooMuchUntaken");
    let other = bus.operator("reader", &["Devices_Read"], RightScope::default()).await;
    assert_eq!(
        bus.get(&other, path).send().await.unwrap().status(),
        200,
        "others are served"
    );
    drop(lazy);
    until("it was given back", || async {
        bus.get(&bus.admin, path).send().await.unwrap().status() == StatusCode::OK
    })
    .await;
}

#[tokio::test]
async fn sec_m2_idle_connections_and_invented_names_shut_nobody_out() {
    let bus = Bus::new().await;
    person(&bus, "anna").await;
    let target = Target::of(&bus.url(""), 1);
    let _idle = Flood::Idle.begin(target, 300).await;
    for n in 0..60 {
        let tried = sign_in(&bus, &format!("invented{n}"), "wrong password")
            .send()
            .await
            .unwrap();
        assert!(matches!(tried.status().as_u16(), 401 | 429 | 503), "{}", tried.status());
    }
    let guessing = tokio::spawn(guess(bus.url(""), |n| format!("nobody{n}"), 50));
    let took = press(&bus.url(""), "anna").await;
    guessing.abort();
    assert!(took <= 20, "never here before, and let in by the request no. {took}");
}

/// A bus whose strangers have used up what is theirs: answers about them come late.
async fn hammered() -> Bus {
    let limits = SicsLimits {
        login: LoginLimits {
            failures_per_address: 5,
            failure_response_time: Duration::from_millis(1_500),
            ..LoginLimits::default()
        },
        ..SicsLimits::default()
    };
    let bus = Bus::with(limits).await;
    person(&bus, "anna").await;
    for n in 0..5 {
        assert_eq!(
            problem(sign_in(&bus, &format!("n{n}"), "wrong password"), 401).await,
            "signInFailed"
        );
    }
    bus
}

#[tokio::test]
async fn sec_m2_at_a_hammered_address_no_answer_tells_which_names_exist() {
    let bus = hammered().await;
    let seen = async |name: &str| {
        let answer = sign_in(&bus, name, "wrong password").send().await.unwrap();
        let (status, wait) = (answer.status(), answer.headers()["retry-after"].clone());
        (status, wait, answer.text().await.unwrap())
    };
    let before = checks(&bus);
    let invented = seen("invented").await;
    assert_eq!(checks(&bus), before, "a made-up name costs nothing");
    let known = seen("anna").await;
    assert_eq!(checks(&bus), before + 1, "a name that exists was looked at");
    assert_eq!(invented.0, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(invented, known);
    status(sign_in(&bus, "anna", PASSWORD), 200).await;
}

#[tokio::test]
async fn sec_m2_whoever_was_here_is_held_up_by_no_guesses_at_his_own_name() {
    let bus = Bus::new().await;
    person(&bus, "anna").await;
    status(sign_in(&bus, "anna", PASSWORD), 200).await;
    // His password is remembered no more, and the guesses are new.
    bus.shelf.clock.advance(TimeDelta::hours(2));
    let mut held = false;
    for _ in 0..80 {
        held |= sign_in(&bus, "anna", "wrong password").send().await.unwrap().status() == 429;
    }
    assert!(held, "guessing is slowed");
    assert_eq!(press(&bus.url(""), "anna").await, 1);
}

#[tokio::test]
async fn sec_m5_a_disabled_account_writes_few_rows_and_each_refusal_is_counted() {
    let bus = Bus::new().await;
    person(&bus, "eve").await;
    status(sign_in(&bus, "eve", PASSWORD), 200).await;
    disable(&bus, "eve").await;
    let before = bus.shelf.store.list_audit_entries(0, 1_000).await.unwrap().len();
    let rows = async || {
        bus.shelf
            .store
            .list_audit_entries(0, 1_000)
            .await
            .unwrap()
            .split_off(before)
    };
    let tries = 200;
    for _ in 0..tries {
        let refused = sign_in(&bus, "eve", PASSWORD).send().await.unwrap().status();
        assert!(refused == 401 || refused == 429, "{refused}");
    }
    until("two rows", || async { rows().await.len() == 2 }).await;
    bus.shelf.clock.advance(TimeDelta::seconds(61));
    let told = |rows: &[intune_connector::contract::AuditEntryView]| -> u64 {
        rows.iter().map(|row| row.detail["further"].as_u64().unwrap_or(1)).sum()
    };
    until("all are told", || async { told(&rows().await) == tries }).await;
    let rows = rows().await;
    assert_eq!(rows.len(), 4, "{rows:?}");
    assert!(rows.iter().all(|row| row.actor == "eve"), "{rows:?}");
}

#[tokio::test]
async fn sec_m5_refused_jobs_write_few_rows() {
    let office = crate::sics::jobs::office::Office::new().await;
    office.shop.bus_policy(1, 500).await;
    let ids = office.laptops(2).await;
    let refs: Vec<&str> = ids.iter().map(String::as_str).collect();
    for _ in 0..30 {
        let two = office.shop.body("wipe", &refs, json!({})).await;
        let refused = office.post(&office.acmp, "/sics/v1/jobs", two).send().await.unwrap();
        assert!(refused.status().is_client_error(), "{}", refused.status());
    }
    let trail = office.trail().await;
    let rows = trail.iter().filter(|line| line.contains("job.refused")).count();
    assert!((1..=4).contains(&rows), "{rows} rows");
}

#[tokio::test]
async fn sec_l10_every_refusal_of_a_password_costs_one_hash() {
    let bus = Bus::new().await;
    for name in ["anna", "eve"] {
        person(&bus, name).await;
        status(sign_in(&bus, name, PASSWORD), 200).await;
    }
    disable(&bus, "eve").await;
    let tries = [
        ("anna", "wrong password"),
        ("eve", "wrong password"),
        ("eve", PASSWORD),
        ("eve", PASSWORD),
        ("admin", PASSWORD),
        ("nobody", PASSWORD),
    ];
    for (name, password) in tries {
        let before = checks(&bus);
        assert_eq!(problem(sign_in(&bus, name, password), 401).await, "signInFailed");
        assert_eq!(checks(&bus) - before, 1, "{name} with {password}");
    }
    let before = checks(&bus);
    status(sign_in(&bus, "anna", PASSWORD), 200).await;
    assert_eq!(checks(&bus), before, "whoever is remembered costs none");
}

/// The status of a request written by hand.
async fn raw(bus: &Bus, text: &str) -> u16 {
    let mut line = TcpStream::connect(bus.address).await.unwrap();
    line.write_all(text.as_bytes()).await.unwrap();
    let mut answer = [0; 12];
    line.read_exact(&mut answer).await.unwrap();
    String::from_utf8(answer[9..].to_vec()).unwrap().parse().unwrap()
}

#[tokio::test]
async fn sec_m10_a_page_of_another_site_changes_nothing_and_reads_nothing() {
    let bus = Bus::new().await;
    bus.server("cmdb").await;
    for (method, path, body) in [
        (Method::POST, "/sics/v1/servers/cmdb/accept", None),
        (Method::PUT, SWITCH, Some(json!({"on": true, "reason": "x"}))),
        (Method::GET, "/sics/v1/devices", None),
        (Method::GET, "/readyz", None),
    ] {
        for origin in ["http://evil.example", "null", "http://localhost:1", "https://127.0.0.1"] {
            let mut request = bus.open_request(method.clone(), path).bearer_auth(&bus.admin);
            if let Some(body) = &body {
                request = request.json(body);
            }
            let refused = problem(request.header("origin", origin), 403).await;
            assert_eq!(refused, "foreignPage", "{method} {path} {origin}");
        }
    }
    let own = format!("http://{}", bus.address);
    status(bus.get(&bus.admin, "/sics/v1").header("origin", own), 200).await;
    let accept = bus
        .open_request(Method::POST, "/sics/v1/servers/cmdb/accept")
        .bearer_auth(&bus.admin);
    let old_browser = accept.header("referer", "http://evil.example/page");
    assert_eq!(problem(old_browser, 403).await, "foreignPage");
}

#[tokio::test]
async fn sec_m10_a_name_that_the_bus_does_not_have_is_answered_nothing() {
    let bus = Bus::new().await;
    for path in ["/readyz", "/healthz", "/sics/v1", "/sics/v1/openapi.json", "/nowhere"] {
        let head = |host: &str| format!("GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
        for evil in ["evil.example", "evil.example:3900", "192.0.2.7"] {
            assert_eq!(raw(&bus, &head(evil)).await, 421, "{path} {evil}");
        }
        assert_ne!(raw(&bus, &head("localhost")).await, 421);
        let absolute = format!("GET http://evil.example{path} HTTP/1.1\r\nhost: localhost\r\n\r\n");
        assert_eq!(raw(&bus, &absolute).await, 421);
    }
}

#[tokio::test]
async fn sec_m10_names_of_a_proxy_are_given_in_bus_ini() {
    let door = Door::new("[sics]\nhosts = bus.example.com, console.example.com:8443\n");
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let ask = async |host: &str, origin: &str| {
        let asked = http
            .get(format!("{}/sics/v1", door.bus.url))
            .basic_auth("anna", Some(PASSWORD));
        let asked = asked.header("host", host).header("origin", origin);
        asked.send().await.unwrap().status().as_u16()
    };
    assert_eq!(ask("bus.example.com", "https://bus.example.com").await, 200);
    assert_eq!(ask("127.0.0.1", "https://console.example.com:8443").await, 200);
    assert_eq!(ask("127.0.0.1", "https://console.example.com").await, 403);
    assert_eq!(ask("evil.example", "http://evil.example").await, 421);
}

#[tokio::test]
async fn e8_the_kill_switch_is_served_while_the_door_is_hammered() {
    let door = Door::new("");
    let url = door.bus.url.clone();
    let target = Target::of(&url, 1);
    let idle = Flood::Idle.begin(target, 300).await;
    let readers = Flood::ZeroWindow.begin(target, 40).await;
    let guessing = [
        tokio::spawn(guess(url.clone(), |n| format!("nobody{n}"), 50)),
        tokio::spawn(guess(url.clone(), |n| format!("n{}", n % 7), 50)),
    ];
    tokio::time::sleep(Duration::from_secs(2)).await;
    // Never here before; then known, while others guess at that very name.
    press(&url, "anna").await;
    let at_anna = tokio::spawn(guess(url.clone(), |_| "anna".to_owned(), 50));
    for _ in 0..10 {
        press(&url, "anna").await;
    }
    for task in guessing.iter().chain([&at_anna]) {
        task.abort();
    }
    drop((idle, readers));
}

#[tokio::test]
async fn e8_known_connections_stay_while_strangers_come_and_go() {
    let bus = Bus::new().await;
    let mut known = TcpStream::connect(bus.address).await.unwrap();
    let ask = format!(
        "GET /sics/v1 HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {}\r\n\r\n",
        bus.admin
    );
    let mut answer = vec![0; 64 << 10];
    known.write_all(ask.as_bytes()).await.unwrap();
    assert_ne!(known.read(&mut answer).await.unwrap(), 0);
    for _ in 0..2 {
        drop(Flood::Idle.begin(Target::of(&bus.url(""), 3), 300).await);
    }
    known.write_all(ask.as_bytes()).await.unwrap();
    assert_ne!(known.read(&mut answer).await.unwrap(), 0, "it was closed");
    let told: Value = status(bus.get(&bus.admin, "/sics/v1"), 200).await;
    assert_eq!(told["operator"], "admin");
}
