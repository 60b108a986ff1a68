use std::collections::BTreeSet;

use serde_json::Value;

use super::{Tenant, beside};
use crate::support::program::{Bus, Lines, User};

const DEVICES: usize = 40;

/// A bus that has scanned, with an accepted server `acmp`.
fn ready(user: &User, tenant: &str) -> (Bus, String) {
    let data = user.path("data");
    let bus = Bus::start(user, &data);
    let data = data.display().to_string();
    user.says(&format!("instances add {tenant} --servers * --data {data}"))
        .good();
    user.says(&format!("scan --instance IntuneConnector_1 --data {data}"))
        .good();
    user.says(&format!("servers announce acmp --data {data}")).good();
    user.says(&format!("servers accept acmp --data {data}")).good();
    (bus, data)
}

fn acknowledged(user: &User, data: &str) -> String {
    let servers = user.says(&format!("servers --json --data {data}")).json();
    servers
        .pointer("/servers/0/instances/0/phase")
        .unwrap()
        .as_str()
        .unwrap()
        .to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_acknowledged_before_the_command_succeeded_and_a_failed_one_gets_the_same_again() {
    let user = User::new();
    let tenant = Tenant::new(&user, DEVICES).await;
    let args = tenant.args.clone();
    beside(move || {
        let (_bus, data) = ready(&user, &args);
        let got = user.path("got.ndjson");
        // Fails the first time after it has read everything, and looks then how far the server is.
        let script = format!(
            "cat > {got}.try; if [ -e {got}.first ]; then mv {got}.try {got}; else mv {got}.try {got}.first; exit 7; fi",
            got = got.display()
        );
        let words = ["follow", "--server", "acmp", "--exec", &script, "--once", "--data", &data];
        let said = user.says_with(words, "");
        assert!(
            said.code == 1 && said.err.contains("nothing is acknowledged"),
            "a command that reads once ends with the failure: {said:?}"
        );
        assert_eq!(acknowledged(&user, &data), "nothing");
        let said = user.says_with(words, "");
        assert_eq!(said.code, 0, "{said:?}");
        let written = format!("{} changes passed to the command", DEVICES + 2);
        assert!(said.err.contains(&written), "{said:?}");
        let read = |suffix: &str| std::fs::read_to_string(format!("{}{suffix}", got.display())).unwrap();
        assert_eq!(read(".first"), read(""));
        assert_eq!(read("").lines().count(), DEVICES + 2);
        assert_eq!(acknowledged(&user, &data), "live");
    })
    .await;
    tenant.sim.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_can_not_be_written_leaves_everything_unacknowledged() {
    let user = User::new();
    let tenant = Tenant::new(&user, DEVICES).await;
    let args = tenant.args.clone();
    beside(move || {
        let (_bus, data) = ready(&user, &args);
        let view = user.path("acmp.view");
        let line = format!(
            "follow --server acmp --ndjson /dev/full --view {} --once --data {data}",
            view.display()
        );
        let mut child = user
            .command(line.split_whitespace())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        Lines::of(child.stderr.take().unwrap()).until(|line| line.contains("failed to write the file"));
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(acknowledged(&user, &data), "nothing");
    })
    .await;
    tenant.sim.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_table_is_the_fleet_through_a_removal_and_a_resync() {
    let user = User::new();
    let tenant = Tenant::new(&user, DEVICES).await;
    let (args, base) = (tenant.args.clone(), tenant.sim.base.clone());
    let id = tenant.sim.registration.tenant_id.clone();
    let (user, data, _bus) = beside(move || {
        let (bus, data) = ready(&user, &args);
        (user, data, bus)
    })
    .await;
    let follow = |user: &User| {
        user.says(&format!(
            "follow --server acmp --csv {} --once --data {data}",
            user.path("fleet.csv").display()
        ))
        .good();
        csv::Reader::from_path(user.path("fleet.csv"))
            .unwrap()
            .records()
            .map(|row| row.unwrap()[1].to_owned())
            .collect::<Vec<_>>()
    };
    let before = follow(&user);
    assert_eq!(before.len(), DEVICES);
    let gone = &before[7];
    let url = format!("{base}/simulator/devices/{gone}?tenant={id}");
    let removed = reqwest::Client::new().delete(url).send().await.unwrap();
    assert!(removed.status().is_success(), "{removed:?}");
    user.says(&format!("scan --instance IntuneConnector_1 --data {data}"))
        .good();
    let expected: Vec<&String> = before.iter().filter(|id| *id != gone).collect();
    assert_eq!(follow(&user).iter().collect::<Vec<_>>(), expected);
    user.says(&format!("servers resync acmp --data {data}")).good();
    assert_eq!(follow(&user).iter().collect::<Vec<_>>(), expected);
    tenant.sim.stop().await;
}

fn mode(path: &std::path::Path) -> u32 {
    std::os::unix::fs::PermissionsExt::mode(&path.metadata().unwrap().permissions()) & 0o777
}

#[tokio::test(flavor = "multi_thread")]
async fn b1_no_new_file_of_a_server_that_has_read_lacks_devices_silently() {
    let user = User::new();
    let tenant = Tenant::new(&user, DEVICES).await;
    let args = tenant.args.clone();
    beside(move || {
        let (_bus, data) = ready(&user, &args);
        let follow = |what: &str| user.says(&format!("follow --server acmp {what} --once --data {data}"));
        let first = follow("--csv one.csv");
        assert_eq!(first.code, 0, "{first:?}");
        assert!(
            first.err.contains(&format!("{DEVICES} devices written to one.csv")),
            "{first:?}"
        );
        assert_eq!(mode(&user.path("one.csv")), 0o600);
        let again = follow("--csv one.csv");
        assert!(again.code == 0 && again.err.contains("nothing new"), "{again:?}");

        // Another file, another kind of file, a command, and the same name in another folder.
        std::fs::create_dir(user.path("elsewhere")).unwrap();
        for what in [
            "--csv two.csv",
            "--ndjson two.ndjson",
            "--exec cat",
            "--csv elsewhere/one.csv",
        ] {
            let refused = follow(what);
            assert_eq!(refused.code, 5, "{what}: {refused:?}");
            assert!(
                refused.err.contains("devices that have not changed since"),
                "{what}: {refused:?}"
            );
            assert!(
                refused.err.contains(&format!("{what} --once --data")),
                "{what}: {refused:?}"
            );
        }
        let made = [
            "two.csv",
            "two.csv.view",
            "two.ndjson",
            "two.ndjson.view",
            "elsewhere/one.csv",
        ];
        let made: Vec<&str> = made.into_iter().filter(|name| user.path(name).exists()).collect();
        assert_eq!(made, [""; 0]);

        // The cure, pasted.
        let refused = follow("--csv two.csv");
        let cure = refused.err.split_once("sent again: intune-connector ").unwrap().1;
        let cure = cure.split_once("; or ").unwrap().0;
        user.says(cure).good();
        let table = |name: &str| std::fs::read_to_string(user.path(name)).unwrap();
        assert_eq!(table("two.csv"), table("one.csv"));
        // The first file goes on by its own place, whatever was sent to the other.
        follow("--csv one.csv").good();
        assert_eq!(table("two.csv"), table("one.csv"));
        let changes = follow("--ndjson two.ndjson --resync");
        assert_eq!(changes.code, 0, "{changes:?}");
        let written = format!("{} changes written to two.ndjson", DEVICES + 2);
        assert!(changes.err.contains(&written), "{changes:?}");
        assert_eq!(mode(&user.path("two.ndjson")), 0o600);
        std::fs::remove_file(user.path("two.ndjson")).unwrap();
        let anew = follow("--ndjson two.ndjson");
        assert!(
            anew.code == 0 && anew.err.contains("only what changes from now on") && anew.err.contains("--resync"),
            "{anew:?}"
        );

        // A table that is gone is made anew; a view of another server is not taken.
        std::fs::remove_file(user.path("one.csv")).unwrap();
        let missing = follow("--csv one.csv");
        assert!(missing.code == 2 && missing.err.contains("--resync"), "{missing:?}");
        follow("--csv one.csv --resync").good();
        assert_eq!(table("two.csv"), table("one.csv"));
        let other = user.says(&format!("follow --server cmdb --csv one.csv --once --data {data}"));
        assert!(
            other.code == 5 && other.err.contains("belongs to the server acmp"),
            "{other:?}"
        );

        // What was shown on the terminal was passed to no command.
        follow("--resync").good();
        for what in ["--exec cat", "--json"] {
            let refused = follow(what);
            assert_eq!(refused.code, 5, "{what}: {refused:?}");
        }
        let passed = follow("--exec cat --resync");
        let all = format!("{} changes passed to the command", DEVICES + 2);
        assert!(passed.code == 0 && passed.err.contains(&all), "{passed:?}");
    })
    .await;
    tenant.sim.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wi_32_that_a_file_of_changes_begins_anew_is_told_once() {
    let user = User::new();
    let tenant = Tenant::new(&user, DEVICES).await;
    let args = tenant.args.clone();
    beside(move || {
        let (_bus, data) = ready(&user, &args);
        let line = format!("follow --server acmp --ndjson changes.ndjson --once --data {data}");
        user.says(&line).good();
        std::fs::remove_file(user.path("changes.ndjson")).unwrap();
        let anew = user.says(&line);
        assert!(
            anew.code == 0 && anew.err.contains("only what changes from now on"),
            "{anew:?}"
        );
        assert_eq!(anew.err.matches("--resync").count(), 1, "{anew:?}");
    })
    .await;
    tenant.sim.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn m26_the_cure_for_a_server_that_is_not_accepted_works_when_pasted() {
    let user = User::new();
    beside(move || {
        let _bus = Bus::start(&user, &user.path("my bus"));
        let line = ["follow", "--server", "cmdb", "--once", "--data", "my bus"];
        let waits = user.says_with(line, "");
        assert_eq!(waits.code, 4, "{waits:?}");
        let cure = waits.err.split_once("accept it: intune-connector ").unwrap().1.trim();
        assert_eq!(cure, "servers accept cmdb --data 'my bus'");
        user.says_with(["servers", "accept", "cmdb", "--data", "my bus"], "")
            .good();
        user.says_with(line, "").good();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_between_handing_over_and_acknowledging_it_loses_nothing() {
    let user = User::new();
    let tenant = Tenant::new(&user, DEVICES).await;
    let args = tenant.args.clone();
    beside(move || {
        let (_bus, data) = ready(&user, &args);
        let (got, view) = (user.path("got.ndjson"), user.path("acmp.view"));
        // Takes the third batch and kills the reader before that can acknowledge it.
        let script = format!(
            "cat >> {got}; echo >> {runs}; if [ $(wc -l < {runs}) = 3 ]; then kill -9 $PPID; fi",
            got = got.display(),
            runs = user.path("runs").display()
        );
        let view = view.display().to_string();
        let words = [
            "follow", "--server", "acmp", "--exec", &script, "--limit", "7", "--once", "--view", &view, "--data", &data,
        ];
        let killed = user.says_with(words, "");
        assert_eq!(killed.code, -1, "{killed:?}");
        assert_eq!(user.says_with(words, "").code, 0);
        let text = std::fs::read_to_string(&got).unwrap();
        let told: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let ids: Vec<&str> = told.iter().filter_map(|change| change["deviceId"].as_str()).collect();
        let different: BTreeSet<&str> = ids.iter().copied().collect();
        assert_eq!(different.len(), DEVICES);
        assert_eq!(
            ids.len(),
            DEVICES + 7,
            "the batch that was not acknowledged is told again, and only that one"
        );
        assert_eq!(told.iter().filter(|change| change["kind"] == "gone").count(), 0);
    })
    .await;
    tenant.sim.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f4_what_a_restored_bus_does_not_know_has_gone_at_the_end_of_its_snapshot() {
    let user = User::new();
    let tenant = Tenant::new(&user, DEVICES).await;
    let (args, base) = (tenant.args.clone(), tenant.sim.base.clone());
    let (user, data, bus) = beside(move || {
        let (bus, data) = ready(&user, &args);
        user.says(&format!("backup {} --data {data}", user.path("backup.db").display()))
            .good();
        (user, data, bus)
    })
    .await;
    let http = reqwest::Client::new();
    let one = serde_json::json!({ "count": 1 });
    let made = http
        .post(format!("{base}/simulator/devices"))
        .json(&one)
        .send()
        .await
        .unwrap();
    let made: Value = made.error_for_status().unwrap().json().await.unwrap();
    let late = made["ids"][0].as_str().unwrap();
    let file = user.path("changes.ndjson");
    let follow = format!("follow --server acmp --ndjson {} --once --data {data}", file.display());
    let scan = format!("scan --instance IntuneConnector_1 --data {data}");
    user.says(&scan).good();
    user.says(&follow).good();
    assert!(std::fs::read_to_string(&file).unwrap().contains(late));
    let removed = http
        .delete(format!("{base}/simulator/devices/{late}"))
        .send()
        .await
        .unwrap();
    assert!(removed.status().is_success(), "{removed:?}");
    assert_eq!(bus.stop(), 0);
    user.says(&format!("restore {} --data {data}", user.path("backup.db").display()))
        .good();
    let _bus = Bus::start(&user, &user.path("data"));
    user.says(&scan).good();
    user.says(&follow).good();
    let text = std::fs::read_to_string(&file).unwrap();
    let gone: Vec<&str> = text.lines().filter(|line| line.contains("\"gone\"")).collect();
    assert_eq!(gone.len(), 1, "{gone:?}");
    assert!(gone[0].contains("notInSnapshot") && gone[0].contains(late), "{gone:?}");
    tenant.sim.stop().await;
}
