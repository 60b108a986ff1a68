//! The way that the README leads through a real tenant.

use serde_json::Value;

use super::{Tenant, beside};
use crate::support::program::{Bus, User};

const DEVICES: usize = 60;

#[tokio::test(flavor = "multi_thread")]
async fn the_way_of_the_readme_leads_from_nothing_to_devices_at_a_server() {
    let user = User::new();
    let tenant = Tenant::new(&user, DEVICES).await;
    let args = tenant.args.clone();
    beside(move || whole_way(&user, &args)).await;
    tenant.sim.stop().await;
}

fn whole_way(user: &User, tenant: &str) {
    let data = user.path("data");
    let checked = user.says(&format!("verify {tenant} --json")).json();
    assert_eq!(checked["ok"], true, "{checked}");
    let bus = Bus::start(user, &data);
    let data = data.display();
    let name = user
        .says(&format!("instances add {tenant} --servers * --data {data}"))
        .good();
    assert_eq!(name.trim(), "IntuneConnector_1");
    let scanned = user
        .says(&format!("scan --instance IntuneConnector_1 --data {data} --json"))
        .json();
    assert_eq!(
        (&scanned["state"], &scanned["seen"]),
        (&"completed".into(), &DEVICES.into())
    );

    let token = user
        .says(&format!(
            "operators add acmp --kind server --token --data {data} --json"
        ))
        .json();
    assert_eq!(token["rights"], serde_json::json!(["Changes_Read", "Servers_Announce"]));
    let file = user.path("changes.ndjson");
    let follow = format!("follow --server acmp --ndjson {} --once --data {data}", file.display());
    let waits = user.says(&follow);
    assert_eq!(waits.code, 4, "{waits:?}");
    assert!(waits.err.contains("servers accept acmp"), "{waits:?}");
    user.says(&format!("servers accept acmp --data {data}")).good();
    user.says(&follow).good();
    let text = std::fs::read_to_string(&file).unwrap();
    let kinds = |kind: &str| {
        text.lines()
            .filter(|line| line.contains(&format!("\"kind\":\"{kind}\"")))
            .count()
    };
    assert_eq!(
        (kinds("upsert"), kinds("snapshotBegin"), kinds("snapshotEnd")),
        (DEVICES, 1, 1)
    );

    let devices = user.says(&format!("devices --all --json --data {data}")).good();
    assert_eq!(devices.lines().count(), DEVICES);
    let first: Value = serde_json::from_str(devices.lines().next().unwrap()).unwrap();
    let id = first["deviceId"].as_str().unwrap();
    let one = user
        .says(&format!("devices show IntuneConnector_1 {id} --json --data {data}"))
        .json();
    assert_eq!(one["device"], first["device"]);

    let servers = user.says(&format!("servers --json --data {data}")).json();
    assert_eq!(
        servers.pointer("/servers/0/instances/0/phase"),
        Some(&"live".into()),
        "{servers}"
    );
    let trail = user.says(&format!("audit export - --data {data}")).good();
    for action in [
        "instance.added",
        "operator.added",
        "server.announced",
        "server.accepted",
    ] {
        assert!(trail.contains(action), "{action} is not in the trail");
    }
    user.says(&format!("audit verify --data {data}")).good();
    assert_eq!(bus.stop(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_keeps_nothing_anywhere() {
    let user = User::new();
    let tenant = Tenant::new(&user, 30).await;
    let args = tenant.args.clone();
    let user = beside(move || {
        let found = user.says(&format!("scan --dry-run {args} --json")).json();
        assert_eq!((&found["seen"], &found["new"]), (&30.into(), &30.into()), "{found}");
        // n4: what there is, and what it looks like.
        let inventory = &found["inventory"];
        for counts in ["systems", "ownership"] {
            let all = inventory[counts].as_object().unwrap().values();
            assert_eq!(all.filter_map(Value::as_u64).sum::<u64>(), 30, "{inventory}");
        }
        assert_eq!(inventory["examples"].as_array().unwrap().len(), 3, "{inventory}");
        assert!(inventory["fields"].as_u64().unwrap() > 20, "{inventory}");
        user
    })
    .await;
    let left: Vec<_> = std::fs::read_dir(user.path(""))
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(left, ["secret.txt"]);
    tenant.sim.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn verify_says_which_step_failed_and_what_to_do() {
    let user = User::new();
    let tenant = Tenant::new(&user, 3).await;
    let args = tenant.args.clone();
    beside(move || {
        user.file("secret.txt", "not the secret");
        let said = user.says(&format!("verify {args}"));
        assert_eq!(said.code, 1, "{said:?}");
        assert!(
            said.out.contains("FAILED   token") && said.out.contains("AADSTS7000215"),
            "{said:?}"
        );
        assert!(said.out.contains("fix "), "{said:?}");
        assert!(!said.out.contains("not the secret") && !said.err.contains("not the secret"));
    })
    .await;
    tenant.sim.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_may_come_on_standard_input() {
    let user = User::new();
    let tenant = Tenant::new(&user, 3).await;
    let secret = tenant.sim.registration.client_secret.clone();
    let args = tenant.args.replace(&user.path("secret.txt").display().to_string(), "-");
    beside(move || {
        let line = format!("verify {args} --json");
        let said = user.says_with(line.split_whitespace(), &format!("{secret}\n"));
        assert_eq!(said.json()["ok"], true);
        let said = user.says_with(line.split_whitespace(), "");
        assert_eq!(said.code, 2, "{said:?}");
    })
    .await;
    tenant.sim.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn b6_m1_settings_are_judged_whole_and_what_waits_is_told() {
    let user = User::new();
    let tenant = Tenant::new(&user, 3).await;
    let args = tenant.args.clone();
    beside(move || {
        let data = user.path("data");
        let _bus = Bus::start(&user, &data);
        let data = data.display();
        let added = user.says(&format!("instances add {args} --servers * --data {data}"));
        assert!(
            added.code == 0
                && added
                    .err
                    .contains("intune-connector verify --instance IntuneConnector_1"),
            "its sign-in was not tried: {added:?}"
        );
        let set = |pair: &str| user.says(&format!("instances set IntuneConnector_1 --set {pair} --data {data}"));
        let refused = set("fields=deviceName,serialNumbr");
        assert_eq!(refused.code, 2, "{refused:?}");
        assert!(
            refused.err.contains("serialNumbr") && refused.err.contains("serialNumber"),
            "{refused:?}"
        );
        let refused = set("never_touch=operatingsystem==1");
        assert!(
            refused.code == 2 && refused.err.contains("operatingSystem"),
            "{refused:?}"
        );
        let listed = user.says(&format!("instances --json --data {data}")).json();
        assert_ne!(
            listed.pointer("/instances/0/state"),
            Some(&"misconfigured".into()),
            "{listed}"
        );
        let changed = set("verbs=sync,wipe");
        assert_eq!(changed.code, 0, "{changed:?}");
        assert!(
            changed.err.contains("waits for a second person")
                && changed.err.contains("wipe")
                && changed.err.contains("limits approve"),
            "{changed:?}"
        );
    })
    .await;
    tenant.sim.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn n5_remove_is_another_word_for_uninstall() {
    let user = User::new();
    let tenant = Tenant::new(&user, 3).await;
    let args = tenant.args.clone();
    beside(move || {
        let help = user.says("instances --help").good();
        assert!(
            help.contains("uninstall")
                && help
                    .split_whitespace()
                    .collect::<Vec<_>>()
                    .join(" ")
                    .contains("[alias: remove]"),
            "{help}"
        );
        let data = user.path("data");
        let _bus = Bus::start(&user, &data);
        let data = data.display();
        for (number, word) in [(1, "uninstall"), (2, "remove")] {
            // It reads nothing, so nothing is to be confirmed.
            user.says(&format!("instances add {args} --servers * --stopped --data {data}"))
                .good();
            let line = format!("instances {word} IntuneConnector_{number} --json --data {data}");
            let shown = user.says(&line).json();
            assert_eq!(shown["state"], "removed", "{shown}");
            let again = user.says(&line);
            assert_eq!(again.code, 5, "{again:?}");
        }
        let left = user.says(&format!("instances --json --data {data}")).json();
        assert_eq!(left["instances"], serde_json::json!([]));
    })
    .await;
    tenant.sim.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_takes_devices_away_is_done_only_with_its_count() {
    let user = User::new();
    let tenant = Tenant::new(&user, 30).await;
    let args = tenant.args.clone();
    beside(move || {
        let data = user.path("data");
        let _bus = Bus::start(&user, &data);
        let data = data.display();
        user.says(&format!("instances add {args} --servers * --data {data}"))
            .good();
        user.says(&format!("scan --instance IntuneConnector_1 --data {data}"))
            .good();
        let remove = format!("instances remove IntuneConnector_1 --data {data}");
        let asked = user.says(&remove);
        assert_eq!(asked.code, 5, "{asked:?}");
        assert!(
            asked.err.contains("30 devices") && asked.err.contains("--yes-i-mean 30"),
            "{asked:?}"
        );
        assert_eq!(user.says(&format!("{remove} --yes-i-mean 29")).code, 5);
        user.says(&format!(
            "instances set IntuneConnector_1 --set page_size=10 --data {data}"
        ))
        .good();
        user.says(&format!("{remove} --yes-i-mean 30")).good();
        let left = user.says(&format!("instances --json --data {data}")).json();
        assert_eq!(left["instances"], serde_json::json!([]));
    })
    .await;
    tenant.sim.stop().await;
}
