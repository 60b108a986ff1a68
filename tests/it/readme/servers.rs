//! The management servers of `examples/management-server` against the bus and the simulated tenant: they hold the fleet,
//! go on where they were stopped, lose what has gone, and read what became of their jobs.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::blocks::ROOT;
use super::terminal::{Terminal, require_tools};
use crate::cli::{Tenant, beside};
use crate::support::program::{Bus, User};
use crate::support::wait::until_blocking;

const DEVICES: usize = 40;
const INSTANCE: &str = "IntuneConnector_1";

/// How an example is started, and what it takes.
pub const EXAMPLES: [(&str, &str); 2] = [("python3", "server.py"), ("bash", "server.sh")];

pub fn example(name: &str) -> String {
    format!("{ROOT}/examples/management-server/{name}")
}

/// A management server, its account and its file.
struct Server {
    user: User,
    bus: Bus,
    data: String,
    line: String,
}

impl Server {
    fn new(user: User, tenant: &str, (program, name): (&str, &str)) -> Server {
        require_tools(&["bash", "curl", "jq", "python3"]);
        let folder = user.path("data");
        let bus = Bus::start(&user, &folder);
        let data = folder.display().to_string();
        user.says(&format!(
            "instances add {tenant} --servers * --set verbs=sync --data {data}"
        ))
        .good();
        let made = user
            .says(&format!(
                "operators add itam --kind server --role acting-server --with-token --json --data {data}"
            ))
            .json();
        user.file("itam.token", made["token"].as_str().unwrap());
        let line = format!("exec {program} {} {} itam itam.token itam.json", example(name), bus.url);
        Server { user, bus, data, line }
    }

    fn start(&self) -> Terminal {
        let mut terminal = Terminal::open(&self.user.path(""));
        terminal.type_line(&self.line);
        terminal
    }

    fn scan(&self) {
        self.user
            .says(&format!("scan --instance {INSTANCE} --data {}", self.data))
            .good();
    }

    fn says(&self, line: &str) -> String {
        self.user.says(&format!("{line} --data {}", self.data)).good()
    }

    fn ids_of_bus(&self) -> BTreeSet<String> {
        let devices = self.says("devices --all --json");
        let id = |line: &str| {
            serde_json::from_str::<Value>(line).unwrap()["deviceId"]
                .as_str()
                .map(str::to_owned)
        };
        devices.lines().filter_map(id).collect()
    }

    /// What the file holds; it is there as a whole or not at all.
    fn state(&self) -> Value {
        let text = std::fs::read_to_string(self.user.path("itam.json")).unwrap_or_default();
        serde_json::from_str(&text).unwrap_or_default()
    }

    fn held(&self) -> BTreeSet<String> {
        let state = self.state();
        let devices = state["instances"][INSTANCE]["devices"].as_object();
        devices.into_iter().flat_map(|held| held.keys().cloned()).collect()
    }

    /// What is kept is acknowledged behind it, and the bus says so a moment later.
    fn until_it_holds_the_fleet(&self) {
        let fleet = self.ids_of_bus();
        until_blocking("the file holds the fleet", || self.held() == fleet);
        until_blocking("the fleet is acknowledged", || {
            let shown: Value = serde_json::from_str(&self.says("servers show itam --json")).unwrap();
            let progress = &shown["instances"][0];
            progress["phase"] == "live" && progress["behind"] == 0
        });
    }

    /// One job for one device, as its account; a blocking call of a program that is on every machine.
    fn send(&self, device: &str) {
        let body = json!({"action": "sync", "devices": [{"id": device}]}).to_string();
        let token = std::fs::read_to_string(self.user.path("itam.token")).unwrap();
        let sent = std::process::Command::new("curl")
            .args(["--silent", "--fail", "--max-time", "100"])
            .args(["--header", &format!("Authorization: Bearer {token}")])
            .args(["--header", "Content-Type: application/json", "--data", &body])
            .arg(format!(
                "{}/sics/v1/servers/itam/jobs",
                self.bus.url.trim_end_matches('/')
            ))
            .output()
            .unwrap();
        assert!(sent.status.success(), "{sent:?}");
    }
}

async fn remove_device(base: &str, id: &str) {
    let url = format!("{base}/simulator/devices/{id}");
    let removed = reqwest::Client::new().delete(url).send().await.unwrap();
    removed.error_for_status().unwrap();
}

async fn lives(example: (&'static str, &'static str)) {
    let user = User::new();
    let tenant = Tenant::new(&user, DEVICES).await;
    let args = tenant.args.clone();
    let server = beside(move || {
        let server = Server::new(user, &args, example);
        server.scan();
        let mut running = server.start();
        running.wait_for("waits until it is accepted").unwrap();
        server.says("servers accept itam");
        running.wait_for("changes; itam.json holds").unwrap();
        server.until_it_holds_the_fleet();
        assert_eq!(server.held().len(), DEVICES);

        server.says("servers jobs itam on");
        let seen = server.says("devices --filter operatingSystem==\"Windows\" --limit 1 --json");
        let seen: Value = serde_json::from_str(seen.lines().next().unwrap()).unwrap();
        let device = seen["deviceId"].as_str().unwrap();
        server.send(device);
        running.wait_for(&format!("sync {device}: accepted")).unwrap();
        let result = |server: &Server| server.state()["results"].as_object().map(|kept| kept.len());
        until_blocking("the result is kept", || result(&server) == Some(1));
        running.stop();
        server
    })
    .await;

    // While it is away, one device goes by a change.
    let gone = server.held().pop_first().unwrap();
    remove_device(&tenant.sim.base, &gone).await;
    let server = beside(move || {
        server.scan();
        let running = server.start();
        until_blocking("it has gone", || !server.held().contains(&gone));
        server.until_it_holds_the_fleet();
        running.stop();
        server
    })
    .await;

    // And another while everything is to be sent again: only the end of the snapshot can take it away.
    let gone = server.held().pop_first().unwrap();
    remove_device(&tenant.sim.base, &gone).await;
    beside(move || {
        server.scan();
        server.says("servers resync itam");
        let running = server.start();
        until_blocking("it has gone", || !server.held().contains(&gone));
        server.until_it_holds_the_fleet();
        assert_eq!(server.held().len(), DEVICES - 2);
        running.stop();

        // A file that was lost is no empty fleet.
        std::fs::remove_file(server.user.path("itam.json")).unwrap();
        let mut refused = server.start();
        refused.wait_for("servers resync itam").unwrap();
        assert_eq!(refused.end(), 1);
        server.says("servers resync itam");
        let running = server.start();
        server.until_it_holds_the_fleet();
        running.stop();
    })
    .await;
    tenant.sim.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mi_8_the_server_in_python_holds_the_fleet() {
    lives(EXAMPLES[0]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mi_8_the_server_in_curl_holds_the_fleet() {
    lives(EXAMPLES[1]).await;
}

/// It can't be run here; at least it makes the same calls, and knows the same answers.
#[test]
fn mi_8_the_server_in_powershell_makes_the_same_calls() {
    let [python, shell, powershell] =
        ["server.py", "server.sh", "server.ps1"].map(|name| std::fs::read_to_string(example(name)).unwrap());
    for text in [&python, &shell, &powershell] {
        let shared = [
            "/sics/v1/servers/",
            "/changes?",
            "/changes/ack",
            "/results?",
            "/results/ack",
            "displayName",
            "acknowledgedAt",
            "snapshotBegin",
            "snapshotEnd",
            "setAside",
            "notAccepted",
            "cursorOutdated",
            "positionOutdated",
        ];
        for word in shared {
            assert!(text.contains(word), "{word}");
        }
    }
    // What is acknowledged is kept before.
    let place = |word: &str| powershell.match_indices(word).map(|(at, _)| at).collect::<Vec<_>>();
    let (saved, changes, results) = (
        place("        Save-State\n"),
        place("/changes/ack"),
        place("/results/ack"),
    );
    assert_eq!((saved.len(), changes.len(), results.len()), (2, 1, 1));
    assert!(saved[0] < changes[0] && changes[0] < saved[1] && saved[1] < results[0]);
}
