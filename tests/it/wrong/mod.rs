//! Wrong inputs, one row each: a command, a file or a request, and what its answer has to say: what is wrong, where, and
//! what to do. Words, not whole sentences: those may change.

mod accounts;
mod alone;
mod answers;
mod apps;
mod bus_settings;
mod devices;
mod files;
mod instances;
mod notices;
mod order_requests;
mod orders;
mod requests;
mod server_requests;
mod servers;
mod tenant;

use std::sync::Mutex;

use reqwest::Method;
use serde_json::{Value, json};

use crate::cli::{Tenant, beside};
use crate::support::order_bodies::{PRODUCT, ROLES, usual_answers};
use crate::support::order_tenant::{Machine, app_named, enrol_laptop, grant};
use crate::support::program::{Bus, Said, User};
use crate::support::wait::found;

/// Command line (words in single quotes are one), exit code, words of the answer.
pub type WrongCommand = (&'static str, i32, &'static [&'static str]);
/// Content of bus.ini, words of the answer.
pub type WrongSettings = (&'static str, &'static [&'static str]);
/// Content of the answers file, exit code, words of the answer.
pub type WrongAnswers = (&'static str, i32, &'static [&'static str]);
/// Method, path, body, status, words of the answer.
pub type WrongRequest = (&'static str, &'static str, &'static str, u16, &'static [&'static str]);

const DEVICES: usize = 30;
/// Commands at once.
const WORKERS: usize = 4;
/// What no answer may repeat, and what no answer is.
const NEVER: [&str; 7] = [
    "hunter2",
    "panicked",
    "invalid digit",
    "target type",
    "socket address syntax",
    "deserialize",
    " i64",
];
/// In a body: a text that is longer than any note.
const LONG_TEXT: &str = "LONG_TEXT";
const SOMEBODY: &str = "--tenant contoso.example --client 00000000-0000-4000-8000-00000000000a";

/// What is wrong with the answer, for whoever reads the test.
fn judge(input: &str, (code, text): (i32, &str), wanted: i32, words: &[&str]) -> Option<String> {
    let missing: Vec<&&str> = words.iter().filter(|word| !text.contains(**word)).collect();
    let repeated: Vec<&&str> = NEVER.iter().filter(|word| text.contains(**word)).collect();
    let is_good = code == wanted && missing.is_empty() && repeated.is_empty();
    (!is_good)
        .then(|| format!("{input}\n  wanted {wanted}, got {code}; missing {missing:?}; never {repeated:?}\n{text}"))
}

/// As a shell takes it apart.
fn split_line(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (place, part) in line.split('\'').enumerate() {
        if place % 2 == 1 {
            words.push(part.to_owned());
        } else {
            words.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    words
}

/// Each row on several threads; the complaints.
fn complaints<T: Sync>(rows: &[T], judged: impl Fn(usize, &T) -> Option<String> + Sync) -> Vec<String> {
    let found = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for worker in 0..WORKERS {
            let (found, judged) = (&found, &judged);
            scope.spawn(move || {
                for (number, row) in rows.iter().enumerate().skip(worker).step_by(WORKERS) {
                    let complaint = judged(number, row);
                    found.lock().unwrap().extend(complaint);
                }
            });
        }
    });
    found.into_inner().unwrap()
}

fn put_files(user: &User) {
    for folder in ["folder", "nothing", "plugin", "marked", "unmounted", "locked", "clash"] {
        std::fs::create_dir(user.path(folder)).unwrap();
    }
    for (name, content) in files::FILES {
        user.file(name, content);
    }
    std::fs::write(user.path("binary"), files::BINARY).unwrap();
}

fn told(said: &Said) -> (i32, String) {
    (said.code, format!("{}{}", said.out, said.err))
}

#[track_caller]
fn assert_none(complaints: &[String]) {
    assert!(
        complaints.is_empty(),
        "{}:\n{}",
        complaints.len(),
        complaints.join("\n")
    );
}

#[test]
fn wrong_commands_are_well_answered_where_no_bus_is_needed() {
    let user = User::new();
    put_files(&user);
    for rows in [tenant::ROWS, alone::ROWS] {
        let found = complaints(rows, |_, (line, code, words)| {
            let whole = line.replace(" T ", &format!(" {SOMEBODY} "));
            let (got, text) = told(&user.says_with(split_line(&whole), ""));
            judge(line, (got, &text), *code, words)
        });
        assert_none(&found);
    }
    assert_kept(&user);
    let made = std::fs::read_dir(user.path("nothing")).unwrap().count();
    assert_eq!(made, 0, "a backup that is none makes a data folder");
    let made = std::fs::read_dir(user.path("clash")).unwrap().count();
    assert_eq!(made, 1, "nothing is made where the bus can not listen");
}

#[test]
fn wrong_settings_of_the_bus_are_refused_with_their_line() {
    let user = User::new();
    let found = complaints(bus_settings::ROWS, |number, (content, words)| {
        let folder = format!("bus-{number}");
        std::fs::create_dir(user.path(&folder)).unwrap();
        user.file(&format!("{folder}/bus.ini"), &format!("{content}\n"));
        let (got, text) = told(&user.says(&format!("run --quiet --data {folder}")));
        judge(content, (got, &text), 2, words)
    });
    assert_none(&found);
    let made = std::fs::read_dir(user.path("bus-0")).unwrap().count();
    assert_eq!(made, 1, "nothing is made beside settings by which nothing starts");
}

/// A bus with an instance, an administrator (anna), a mail server (desk), and servers: one of the bus, one whose changes
/// are posted to where nothing listens, one of hers that may send jobs.
fn prepare(user: &User, tenant: &str) -> Bus {
    let bus = Bus::start(user, &user.path("data"));
    let lines = [
        format!("instances add {tenant} --servers * --set verbs=sync,remoteLock"),
        "scan --instance IntuneConnector_1".to_owned(),
        "operators add anna --role administrator --new-password-file pw".to_owned(),
        "servers announce cmdb".to_owned(),
        "servers accept cmdb".to_owned(),
        "servers announce posted".to_owned(),
        "servers accept posted".to_owned(),
        "servers webhook posted --post-to http://127.0.0.1:9/x --allow-private-addresses".to_owned(),
        "notices channels mail desk --host smtp.example.com --from it@example.com".to_owned(),
    ];
    for line in lines {
        user.says(&format!("{line} --data data")).good();
    }
    bus
}

/// On a bus that runs.
fn judge_lines(user: &User, rows: &[WrongCommand]) -> Vec<String> {
    complaints(rows, |_, (line, code, words)| {
        let line_words = split_line(&format!("{line} --data data"));
        let (got, text) = told(&user.says_with(line_words, ""));
        judge(line, (got, &text), *code, words)
    })
}

fn judge_commands(user: &User) -> Vec<String> {
    let rows = [
        devices::ROWS,
        servers::ROWS,
        accounts::ROWS,
        instances::ROWS,
        notices::ROWS,
    ]
    .concat();
    let mut found = judge_lines(user, &rows);
    found.extend(complaints(answers::ROWS, |number, (content, code, words)| {
        let name = format!("answers-{number}.ini");
        user.file(&name, &format!("{content}\n"));
        let (got, text) = told(&user.says(&format!("install --answers {name} --data data")));
        judge(content, (got, &text), *code, words)
    }));
    found
}

async fn judge_requests(url: &str, device: &str, rows: &[WrongRequest]) -> Vec<String> {
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let mut found = Vec::new();
    for (method, path, body, status, words) in rows {
        let words: Vec<String> = words.iter().map(|word| word.replace("DEVICE", device)).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let sent: Method = method.parse().unwrap();
        let mut request = http.request(sent, format!("{url}{path}"));
        request = request.basic_auth("anna", Some("correct horse battery"));
        if !body.is_empty() {
            let body = body.replace("DEVICE", device).replace(LONG_TEXT, &"x".repeat(1_001));
            request = request.header("content-type", "application/json").body(body);
        }
        let answer = request.send().await.unwrap();
        let got = i32::from(answer.status().as_u16());
        let text = answer.text().await.unwrap();
        let input = format!("{method} {path} {body}");
        found.extend(judge(&input, (got, &text), i32::from(*status), &words));
    }
    found
}

/// What wrong commands named as their output is what it was.
#[track_caller]
fn assert_kept(user: &User) {
    assert_eq!(std::fs::read_to_string(user.path("notes.txt")).unwrap(), "my notes\n");
    assert_eq!(
        std::fs::read_to_string(user.path("open.txt")).unwrap(),
        files::OPEN_NOTES
    );
    assert_eq!(std::fs::read(user.path("binary")).unwrap(), files::BINARY);
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_commands_files_and_requests_are_well_answered_by_a_running_bus() {
    let user = User::new();
    put_files(&user);
    let tenant = Tenant::new(&user, DEVICES).await;
    let args = tenant.args.clone();
    let (user, bus, mut found, device) = beside(move || {
        let bus = prepare(&user, &args);
        let found = judge_commands(&user);
        let seen = user.says("devices --limit 1 --json --data data").json();
        let device = seen["deviceId"].as_str().unwrap().to_owned();
        (user, bus, found, device)
    })
    .await;
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let announced = http
        .put(format!("{}/sics/v1/servers/trial", bus.url))
        .basic_auth("anna", Some("correct horse battery"))
        .json(&serde_json::json!({"displayName": "Trial"}));
    announced.send().await.unwrap().error_for_status().unwrap();
    let (user, bus) = beside(move || {
        user.says("servers accept trial --data data").good();
        user.says("servers jobs trial on --data data").good();
        (user, bus)
    })
    .await;
    let rows = [server_requests::ROWS, requests::ROWS].concat();
    found.extend(judge_requests(&bus.url, &device, &rows).await);
    assert_none(&found);
    assert_kept(&user);
    let bus_ini = std::fs::read_to_string(user.path("data/bus.ini")).unwrap();
    assert!(bus_ini.starts_with("# bus.ini of intune-connector") && !bus_ini.contains("snapshotBegin"));
    tenant.sim.stop().await;
}

/// What a request of anna's answers.
async fn ask_as_anna(url: &str, method: Method, path: &str, body: Value) -> (bool, Value) {
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let request = http.request(method, format!("{url}{path}")).json(&body);
    let answer = request
        .basic_auth("anna", Some("correct horse battery"))
        .send()
        .await
        .unwrap();
    let (is_good, text) = (answer.status().is_success(), answer.text().await.unwrap());
    (is_good, serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

/// App orders of this tenant, an application `editor` whose orders are approved, and an order of it, `ended-1`, that was
/// cancelled.
async fn prepare_orders(tenant: &Tenant, bus: &Bus) -> Machine {
    let good = async |method: Method, path: &str, body: Value| {
        let (is_good, told) = ask_as_anna(&bus.url, method, path, body).await;
        assert!(is_good, "{path}: {told}");
        told
    };
    grant(&tenant.sim, &ROLES).await;
    let install = json!({"answers": usual_answers(&tenant.sim, json!({})), "anyway": ["verify"]});
    good(
        Method::POST,
        &format!("/sics/v1/products/{PRODUCT}/installations"),
        install,
    )
    .await;
    found("app orders run", async || {
        let (is_good, told) = ask_as_anna(&bus.url, Method::GET, "/sics/v1/apps", json!({})).await;
        is_good.then_some(()).ok_or(told)
    })
    .await;
    let editor = json!({"app": app_named(&tenant.sim, "Notepad++ 8.8.1"), "approval": "operator"});
    let path = "/sics/v1/applications/editor";
    good(Method::PUT, path, editor).await;
    found("the application can be ordered", async || {
        let (_, told) = ask_as_anna(&bus.url, Method::GET, path, json!({})).await;
        (told["orderable"] == true).then_some(()).ok_or(told)
    })
    .await;
    let laptop = enrol_laptop(&tenant.sim);
    let order = json!({"id": "ended-1", "application": "editor", "type": "install", "device": laptop.name});
    good(Method::POST, "/sics/v1/orders", order).await;
    good(Method::POST, "/sics/v1/orders/ended-1/cancel", json!({})).await;
    laptop
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_commands_and_requests_of_app_orders_are_well_answered() {
    let user = User::new();
    put_files(&user);
    let tenant = Tenant::new(&user, 0).await;
    let (user, bus) = beside(move || {
        let bus = Bus::start(&user, &user.path("data"));
        let anna = "operators add anna --role administrator --new-password-file pw --data data";
        user.says(anna).good();
        (user, bus)
    })
    .await;
    let laptop = prepare_orders(&tenant, &bus).await;
    let (_user, bus, mut found) = beside(move || {
        let rows = [apps::ROWS, orders::ROWS].concat();
        let found = judge_lines(&user, &rows);
        (user, bus, found)
    })
    .await;
    found.extend(judge_requests(&bus.url, &laptop.name, order_requests::ROWS).await);
    assert_none(&found);
    tenant.sim.stop().await;
}

#[test]
fn there_are_more_than_three_hundred_wrong_inputs_and_none_is_there_twice() {
    let commands = [
        tenant::ROWS,
        alone::ROWS,
        devices::ROWS,
        servers::ROWS,
        accounts::ROWS,
        instances::ROWS,
        notices::ROWS,
        apps::ROWS,
        orders::ROWS,
    ]
    .concat();
    let mut inputs: Vec<String> = commands.iter().map(|(line, ..)| (*line).to_owned()).collect();
    inputs.extend(
        bus_settings::ROWS
            .iter()
            .map(|(content, _)| format!("bus.ini {content}")),
    );
    inputs.extend(answers::ROWS.iter().map(|(content, ..)| format!("answers {content}")));
    let requests = [server_requests::ROWS, requests::ROWS, order_requests::ROWS].concat();
    let requests = requests.iter();
    inputs.extend(requests.map(|(method, path, body, ..)| format!("{method} {path} {body}")));
    let count = inputs.len();
    assert!(count > 300, "{count}");
    inputs.sort();
    inputs.dedup();
    assert_eq!(inputs.len(), count);
    let words = commands.iter().map(|(_, _, words)| words.len());
    assert!(words.clone().all(|count| count > 0));
}

#[test]
fn a_line_is_split_as_a_shell_does() {
    assert_eq!(
        split_line("a 'b c' --set 'x = \"y\"' ''"),
        ["a", "b c", "--set", "x = \"y\"", ""]
    );
}
