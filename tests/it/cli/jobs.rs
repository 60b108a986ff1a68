//! Jobs at the command line: sent, shown, approved, refused.

use serde_json::{Value, json};
use simulated_tenant::Conduct;
use simulated_tenant::remote::{Trace, VERBS, Wish};

use super::{Tenant, beside};
use crate::support::program::{Bus, User};

pub(super) struct Desk {
    pub(super) user: User,
    bus: Bus,
    pub(super) data: String,
    /// File with everybody's password.
    password: String,
    /// Company laptops.
    pub(super) laptops: Vec<String>,
}

/// A bus whose instance has actions on, and two people beside the one who owns the machine.
fn desk(user: User, args: &str) -> Desk {
    let data = user.path("data");
    let bus = Bus::start(&user, &data);
    let data = data.display().to_string();
    let verbs = "verbs=sync,notify,remoteLock,reboot,wipe";
    user.says(&format!("instances add {args} --servers * --set {verbs} --data {data}"))
        .good();
    user.says(&format!("scan --instance IntuneConnector_1 --data {data}"))
        .good();
    let password = user.file("password", "correct horse battery\n");
    for (name, rights) in [
        ("carol", "Jobs_Send,Devices_Read,Actions_*"),
        ("bob", "Jobs_*,Limits_*"),
    ] {
        user.says(&format!(
            "operators add {name} --rights {rights} --new-password-file {password} --data {data}"
        ))
        .good();
    }
    let owned = "operatingSystem==\"Windows\"&&managedDeviceOwnerType==\"company\"";
    let listed = user
        .says(&format!("devices --filter {owned} --all --json --data {data}"))
        .good();
    let id = |line: &str| {
        serde_json::from_str::<Value>(line).unwrap()["deviceId"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let laptops: Vec<String> = listed.lines().map(id).collect();
    assert!(laptops.len() >= 8, "{listed}");
    Desk {
        user,
        bus,
        data,
        password,
        laptops,
    }
}

impl Desk {
    /// By the owner of the machine.
    pub(super) fn says(&self, line: &str) -> crate::support::program::Said {
        self.user.says(&format!("{line} --data {}", self.data))
    }

    /// By carol, with her password.
    fn carol(&self, line: &str) -> crate::support::program::Said {
        let Desk { bus, password, .. } = self;
        self.user.says(&format!(
            "{line} --url {} --user carol --password-file {password}",
            bus.url
        ))
    }
}

pub(super) async fn prepared() -> (Desk, Tenant) {
    let user = User::new();
    let tenant = Tenant::new(&user, 120).await;
    let at_once = json!({"actions": {"conduct": {"pendingMs": 0, "activeMs": 0}}});
    let url = format!("{}/simulator/tuning", tenant.sim.base);
    let answer = reqwest::Client::new().patch(url).json(&at_once).send().await.unwrap();
    answer.error_for_status().unwrap();
    let args = tenant.args.clone();
    (beside(move || desk(user, &args)).await, tenant)
}

#[tokio::test(flavor = "multi_thread")]
async fn actions_are_sent_followed_and_cancelled() {
    let (desk, tenant) = prepared().await;
    beside(move || {
        let actions = desk.says("actions --json").json();
        assert_eq!(actions["actions"].as_array().unwrap().len(), 28);
        assert!(desk.says("actions").good().contains("remoteLock"));
        let id = &desk.laptops[0];
        let sync = desk.says(&format!("action sync --device {id} --id mine")).good();
        assert!(sync.starts_with("job 1 is accepted: sync of 1 device of"), "{sync}");
        let again = desk.says(&format!("action sync --device {id} --id mine")).good();
        assert!(again.starts_with("job 1 was accepted before"), "{again}");
        let steps = desk.says("jobs watch 1 --for 120").good();
        assert!(steps.contains("handedOver") && steps.contains("done"), "{steps}");
        let reboot = desk
            .says(&format!("action reboot --device {id} --reason noise --json"))
            .json();
        assert_eq!(reboot["action"], "reboot", "pinned by the newest seq: {reboot}");
        let shown = desk.says("jobs show 2 --json").json();
        assert_eq!(
            (&shown["reason"], &shown["operator"]),
            (&json!("noise"), &json!("local"))
        );
        let listed = desk.says("jobs").good();
        assert!(listed.contains("sync") && listed.contains("reboot"), "{listed}");
        let stopped = desk.says("jobs cancel 1 --json").json();
        assert_eq!(stopped, json!({"cancelled": 0, "left": 1}));
        for (line, code) in [
            ("jobs show 77", 5),
            ("jobs approve 1 --yes-i-mean 1", 5),
            ("action explode --device 7809c88c-0000-4000-8000-000000000001", 2),
            ("action sync --device 7809c88c-0000-4000-8000-000000000001", 5),
            ("action wipe --filter true --yes-i-mean 1", 2),
            (
                "action reboot --param colour=red --device 7809c88c-0000-4000-8000-000000000001",
                2,
            ),
        ] {
            let said = desk.says(line);
            assert_eq!(said.code, code, "{line}: {said:?}");
            assert!(
                said.err.contains("try:") || said.err.contains("--help"),
                "{line}: {said:?}"
            );
        }
    })
    .await;
    tenant.sim.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_destroys_shows_its_list_and_waits_for_a_second_person() {
    let (desk, tenant) = prepared().await;
    beside(move || {
        let four = desk.laptops[..4].join(",");
        let dry = desk.carol(&format!("action wipe --device {four} --dry-run")).good();
        assert!(dry.contains("LAST CHECK-IN") && dry.contains(&desk.laptops[0]), "{dry}");
        let unsaid = desk.carol(&format!("action wipe --device {four}"));
        assert_eq!(unsaid.code, 5, "{unsaid:?}");
        assert!(
            unsaid.err.contains("--yes-i-mean 4") && unsaid.out.contains(&desk.laptops[3]),
            "{unsaid:?}"
        );
        let wrong = desk.carol(&format!("action wipe --device {four} --yes-i-mean 5"));
        assert_eq!(wrong.code, 5, "{wrong:?}");
        let sent = desk.carol(&format!(
            "action wipe --device {four} --yes-i-mean 4 --reason old --json"
        ));
        let receipt = sent.json();
        assert_eq!(receipt["needsApproval"], true, "{receipt}");
        let job = &receipt["job"];
        assert!(desk.says("jobs list --waiting").good().contains("waitingApproval"));
        let password = &desk.password;
        let approve = |who: &str, said: u32| {
            desk.says(&format!(
                "jobs approve {job} --approver {who} --approver-password-file {password} --yes-i-mean {said}"
            ))
        };
        assert_eq!(approve("bob", 3).code, 5);
        let own = approve("carol", 4);
        assert_eq!(own.code, 4, "{own:?}");
        let other = desk.user.file("other", "wrong horse\n");
        let wrong = desk.says(&format!(
            "jobs approve {job} --approver bob --approver-password-file {other} --yes-i-mean 4"
        ));
        assert!(wrong.code == 4 && !wrong.err.contains("wrong horse"), "{wrong:?}");
        let agreed = approve("bob", 4).good();
        assert!(agreed.contains("approval given"), "{agreed}");
        let told = desk.says(&format!("jobs watch {job} --for 120")).good();
        assert!(told.contains("approved by bob") && told.contains("done"), "{told}");
    })
    .await;
    tenant.sim.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn m27_an_approval_while_the_kill_switch_is_on_says_that_it_holds_the_job() {
    let (desk, tenant) = prepared().await;
    beside(move || {
        let four = desk.laptops[..4].join(",");
        let sent = desk.carol(&format!("action wipe --device {four} --yes-i-mean 4 --json"));
        let job = sent.json()["job"].clone();
        desk.says("killswitch on --reason look").good();
        let password = &desk.password;
        let agreed = desk.says(&format!(
            "jobs approve {job} --approver bob --approver-password-file {password} --yes-i-mean 4"
        ));
        assert!(agreed.code == 0 && agreed.out.contains("approval given"), "{agreed:?}");
        assert!(
            agreed.err.contains("holds the job") && agreed.err.contains("intune-connector killswitch off"),
            "{agreed:?}"
        );
        let stopped = desk.says(&format!("jobs cancel {job}")).good();
        assert_eq!(stopped.trim(), "4 devices cancelled");
    })
    .await;
    tenant.sim.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn switch_and_limits_tighten_at_once_and_loosen_by_a_second_person() {
    let (desk, tenant) = prepared().await;
    beside(move || {
        let on = desk.says("killswitch on --reason look");
        assert!(on.out.contains("ON for all tenants"), "{on:?}");
        let none = "no disruptive or destructive action is under way at Intune";
        assert!(on.err.contains(none), "{on:?}");
        let refused = desk.says(&format!("action sync --device {}", desk.laptops[0]));
        assert!(refused.code == 5 && refused.err.contains("killSwitch"), "{refused:?}");
        let off = desk.carol("killswitch off");
        assert_eq!(off.code, 4, "{off:?}");
        let off = desk.says("killswitch off --json").json();
        let id = &off["waiting"][0]["id"];
        let password = &desk.password;
        let bob = format!("--approver bob --approver-password-file {password}");
        // What the data folder asks for, any second person agrees to.
        let agreed = desk.says(&format!("limits approve {id} {bob}")).good();
        assert!(agreed.contains("approved"), "{agreed}");
        let tight = desk
            .says("limits set limit_per_job=2 approval_always=yes --json")
            .json();
        assert_eq!(
            (&tight["limits"]["perJob"], &tight["approval"]["always"]),
            (&json!(2), &json!(true))
        );
        let loose = desk.says("limits set limit_per_job=400").good();
        assert!(loose.contains("waits for a second person"), "{loose}");
        assert!(desk.says("limits").good().contains("limit_per_job"));
        assert_eq!(desk.says("limits set limit_per_job=many").code, 2);
        desk.says("servers announce cmdb").good();
        let server = desk.says("servers jobs cmdb on --json").json();
        assert_eq!(server["sendsJobs"], true);
        let server = desk.says("servers jobs cmdb off --json").json();
        assert_eq!(server["sendsJobs"], false);
    })
    .await;
    tenant.sim.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a9_a_broken_glass_at_the_command_line_shows_the_device_and_asks_why() {
    let (desk, tenant) = prepared().await;
    beside(move || {
        let (id, password) = (&desk.laptops[0], &desk.password);
        let own = format!("--person carol --person-password-file {password}");
        let line = format!("action wipe --device {id} --break-glass {own}");
        let unsaid = desk.says(&line);
        assert_eq!(unsaid.code, 2, "{unsaid:?}");
        assert!(unsaid.err.contains("--reason TEXT"), "{unsaid:?}");
        let two = desk.says(&format!("{line},{} --reason stolen --yes-i-mean 2", desk.laptops[1]));
        assert_ne!(two.code, 0, "{two:?}");
        let unsure = desk.says(&format!("{line} --reason stolen"));
        assert_ne!(unsure.code, 0, "nobody types the number");
        assert!(unsure.out.contains(id.as_str()), "the device is shown: {unsure:?}");
        assert!(unsure.err.contains("everyone is notified"), "{unsure:?}");
        assert_eq!(desk.says("broken-glass --json").json()["brokenGlass"], json!([]));
        let sent = desk.says(&format!("{line} --reason stolen --yes-i-mean 1")).good();
        assert!(sent.contains("job 1 is accepted: wipe of 1 device of"), "{sent}");
        let shown = desk.says("broken-glass --json").json();
        assert_eq!(
            (&shown["brokenGlass"][0]["by"], &shown["brokenGlass"][0]["reason"]),
            (&json!("carol"), &json!("stolen"))
        );
        for line in ["audit", "jobs"] {
            let told = desk.says(line);
            assert!(told.err.contains("[broken-glass acknowledge 1]"), "{told:?}");
        }
        let look = |name: &str| {
            let person = format!("--approver {name} --approver-password-file {password}");
            desk.says(&format!("broken-glass acknowledge 1 {person}"))
        };
        assert_ne!(look("carol").code, 0);
        assert!(look("bob").good().contains("bob"));
        assert!(!desk.says("audit").err.contains("[broken-glass acknowledge 1]"));
    })
    .await;
    tenant.sim.stop().await;
}

/// Somebody has ordered it in the portal; only a single GET tells of it.
fn pending_by_somebody_else(tenant: &Tenant, id: &str) {
    let simulated = &tenant.sim.simulated;
    let wish = Wish {
        device_id: id.parse().unwrap(),
        verb: VERBS.iter().find(|verb| verb.name == "wipe").unwrap(),
        parameters: serde_json::Map::new(),
        conduct: Conduct {
            answers: Some(false),
            traceless: Some(vec![Trace::State]),
            ..Conduct::default()
        },
        by: "somebody else".to_owned(),
    };
    let tenant = simulated.tenants().remove(0);
    let mut world = tenant.world.write().unwrap();
    world.ask(wish, &simulated.tuning().actions, simulated.now()).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn st_4_the_command_line_says_what_is_pending_before_it_asks_for_the_number() {
    let (desk, tenant) = prepared().await;
    pending_by_somebody_else(&tenant, &desk.laptops[0]);
    beside(move || {
        let (id, other) = (&desk.laptops[0], &desk.laptops[1]);
        let tried = desk
            .says(&format!("action wipe --device {id},{other} --dry-run --json"))
            .json();
        let (first, second) = (&tried["dryRun"][0], &tried["dryRun"][1]);
        assert_eq!(
            (&first["would"], &first["rule"], &first["fresh"]),
            (&json!(false), &json!("pendingAtIntune"), &json!(true)),
            "{first}"
        );
        assert_eq!(first["pending"][0]["shownBy"], "deviceActionResults", "{first}");
        assert_eq!(
            (&second["would"], &second["pending"]),
            (&json!(true), &json!([])),
            "{second}"
        );
        let shown = desk.says(&format!("action wipe --device {id} --dry-run")).good();
        assert!(shown.contains("refused: Intune shows pending actions"), "{shown}");
        let unsure = desk.says(&format!("action wipe --device {id}"));
        assert_ne!(unsure.code, 0, "nobody types the number");
        assert!(
            unsure.out.contains("refused: Intune shows pending actions"),
            "{unsure:?}"
        );
        let on = desk
            .says(&format!("action wipe --device {id} --when-pending goOn --dry-run"))
            .good();
        assert!(on.contains("it is sent although Intune shows pending actions"), "{on}");
        let wrong = desk.says(&format!("action wipe --device {id} --when-pending perhaps --dry-run"));
        assert_eq!(wrong.code, 2, "{wrong:?}");
    })
    .await;
    tenant.sim.stop().await;
}
