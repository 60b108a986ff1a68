//! Step by step over the API.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use openssl::hash::MessageDigest;
use openssl::x509::X509;
use reqwest::Method;
use serde_json::{Value, json};
use simulated_tenant::{Options, Running, start};

use super::super::install::{ask, beside};
use super::{ACT, Administrator, READ, require_no_key};
use crate::support::program::{Bus, User};
use crate::support::wait::{until, until_blocking};

const PRODUCT: &str = "/products/intune-connector";
const NOBODY: &str = "00000000-1111-4222-8333-444444444444";
/// The steps that depend on what has been done in Entra, in their order.
const STEPS: [&str; 6] = ["application", "certificate", READ, ACT, "device", "count"];

/// Whoever installs, and all that the bus told them.
struct Desk {
    data: PathBuf,
    told: Mutex<String>,
}

impl Desk {
    async fn ask(&self, method: Method, path: &str, body: Value) -> (u16, Value) {
        let (status, told) = ask(&self.data, method, path, body).await;
        self.told.lock().unwrap().push_str(&told.to_string());
        (status, told)
    }

    async fn good(&self, method: Method, path: &str, body: Value) -> Value {
        let (status, told) = self.ask(method, path, body).await;
        assert!((200..300).contains(&status), "{path}: {status} {told:#}");
        told
    }

    /// The check of a registration; each of its [`STEPS`] is in the state that is wanted.
    async fn check(&self, path: &str, body: Value, wanted: [&str; 6]) -> Value {
        let told = self.good(Method::POST, &format!("{path}/check"), body).await;
        let wanted: Vec<String> = STEPS
            .iter()
            .zip(wanted)
            .map(|(step, state)| format!("{step} {state}"))
            .collect();
        assert_eq!(states(&told), wanted, "{told:#}");
        assert_eq!(told["ok"], wanted.iter().all(|step| step.ends_with(" ok")), "{told:#}");
        told
    }
}

fn states(checked: &Value) -> Vec<String> {
    let text = |step: &Value, key: &str| step[key].as_str().unwrap_or_default().to_owned();
    let steps = checked["steps"].as_array().unwrap().iter();
    let told = steps.filter_map(|step| {
        let kind = text(step, "step");
        let name = if kind == "right" { text(step, "subject") } else { kind };
        STEPS
            .contains(&name.as_str())
            .then(|| format!("{name} {}", text(step, "state")))
    });
    told.collect()
}

fn find_step<'a>(checked: &'a Value, name: &str) -> &'a Value {
    let mut steps = checked["steps"].as_array().unwrap().iter();
    steps.find(|step| step["step"] == name).unwrap()
}

fn given_answers(sim: &Running) -> Value {
    json!({
        "profile": "Fabrikam", "servers": "*", "sign_in": "registration", "network": "addresses",
        "login_url": sim.base, "graph_url": sim.base, "tenant_id": sim.registration.tenant_id, "verbs": ["sync"],
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn an_application_is_registered_step_by_step_and_an_instance_signs_in_with_it() {
    let user = Arc::new(User::new());
    let sim = start(Options::quick(3, 7)).await.unwrap();
    let owner = user.clone();
    let bus = beside(move || Bus::start(&owner, &owner.path("data"))).await;
    let desk = Desk {
        data: user.path("data"),
        told: Mutex::default(),
    };
    let answers = given_answers(&sim);
    let begun = desk
        .good(
            Method::POST,
            &format!("{PRODUCT}/registrations"),
            json!({"answers": answers}),
        )
        .await;
    require_described(&begun);
    let id = begun["id"].as_str().unwrap();
    let here = format!("{PRODUCT}/registrations/{id}");
    assert_eq!(desk.good(Method::GET, &here, json!({})).await, begun);
    let client = register_step_by_step(&desk, &Administrator::of(&sim), &begun, &answers).await;
    let answers = with(&with(&answers, "client_id", &client), "registration", id);
    install(&desk, &answers).await;
    // It is used up.
    assert_eq!(desk.ask(Method::GET, &here, json!({})).await.0, 404);
    let verify = format!("{PRODUCT}/actions/verify");
    let (status, told) = desk.ask(Method::POST, &verify, json!({"answers": answers})).await;
    assert_eq!(
        (status, &told["findings"][0]["code"]),
        (422, &json!("unknownRegistration")),
        "{told:#}"
    );
    let owner = user.clone();
    let (trail, bus) = beside(move || {
        scan_completely(&owner);
        (owner.says("audit export - --data data").good(), bus)
    })
    .await;
    let devices = desk
        .good(Method::GET, "/devices?instance=IntuneConnector_1&limit=10", json!({}))
        .await;
    assert_eq!(devices["devices"].as_array().unwrap().len(), 3, "{devices:#}");
    for event in ["registration.begun", "installation.planned"] {
        let mut lines = trail.lines().filter(|line| line.contains(event));
        assert!(lines.any(|line| line.contains(id)), "{event}: {trail}");
    }
    let told = desk.told.lock().unwrap().clone();
    require_no_key(&(told + &trail), &desk.data);
    assert_eq!(beside(move || bus.stop()).await, 0);
    sim.stop().await;
}

fn with(answers: &Value, field: &str, value: &str) -> Value {
    let mut answers = answers.clone();
    answers[field] = json!(value);
    answers
}

/// What is told of a registration fits its certificate and its answers.
fn require_described(begun: &Value) {
    let certificate = X509::from_pem(begun["certificatePem"].as_str().unwrap().as_bytes()).unwrap();
    let hex = |kind: MessageDigest| hex::encode_upper(certificate.digest(kind).unwrap());
    assert_eq!(begun["thumbprint"], hex(MessageDigest::sha1()));
    assert_eq!(begun["thumbprintSha256"], hex(MessageDigest::sha256()));
    let key = certificate.public_key().unwrap();
    assert!(key.bits() >= 2_048 && certificate.verify(&key).unwrap());
    let permissions: Vec<&Value> = begun["permissions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["name"])
        .collect();
    assert_eq!(permissions, [READ, ACT]);
    for permission in [READ, ACT] {
        for script in ["azScript", "powershellScript"] {
            assert!(begun[script].as_str().unwrap().contains(permission), "{script}");
        }
        let steps = begun["steps"].as_array().unwrap();
        assert!(steps.iter().any(|step| step["title"] == format!("Tick {permission}")));
    }
    assert_eq!(begun["clientId"], Value::Null);
}

/// As the administrator goes on, one step after the other turns green; answers the client id.
async fn register_step_by_step(desk: &Desk, administrator: &Administrator, begun: &Value, answers: &Value) -> String {
    let here = format!("{PRODUCT}/registrations/{}", begun["id"].as_str().unwrap());
    let body = |client: &str| json!({"clientId": client, "answers": answers});
    let nothing = ["waiting", "skipped", "skipped", "skipped", "skipped", "skipped"];
    let told = desk.check(&here, body(NOBODY), nothing).await;
    let step = find_step(&told, "application");
    assert_eq!(
        (&step["cause"], &step["field"]),
        (&json!("AADSTS700016"), &json!("client_id")),
        "{step:#}"
    );

    let client = administrator.register().await;
    let registered = ["ok", "waiting", "skipped", "skipped", "skipped", "skipped"];
    let told = desk.check(&here, body(&client), registered).await;
    let step = find_step(&told, "certificate");
    assert_eq!(
        (&step["cause"], &step["field"], &step["subject"]),
        (&json!("AADSTS700027"), &json!("registration"), &begun["thumbprint"]),
        "{step:#}"
    );

    administrator
        .upload(&client, begun["certificatePem"].as_str().unwrap())
        .await;
    let without_rights = ["ok", "ok", "waiting", "waiting", "skipped", "skipped"];
    desk.check(&here, body(&client), without_rights).await;
    administrator.request(&client, READ).await;
    desk.check(&here, body(&client), without_rights).await;
    administrator.consent(&client).await;
    desk.check(&here, body(&client), ["ok", "ok", "ok", "waiting", "ok", "ok"])
        .await;
    administrator.request(&client, ACT).await;
    administrator.consent(&client).await;
    desk.check(&here, body(&client), ["ok"; 6]).await;

    // What does not come by waiting has failed.
    let elsewhere = json!({"tenantId": NOBODY, "clientId": client, "answers": answers});
    let failed = ["failed", "skipped", "skipped", "skipped", "skipped", "skipped"];
    let told = desk.check(&here, elsewhere, failed).await;
    assert_eq!(find_step(&told, "application")["field"], "tenant_id", "{told:#}");
    client
}

async fn install(desk: &Desk, answers: &Value) {
    for action in ["verify", "rights"] {
        let path = format!("{PRODUCT}/actions/{action}");
        let told = desk.good(Method::POST, &path, json!({"answers": answers})).await;
        assert_eq!(told["ok"], true, "{action}: {told:#}");
    }
    let body = json!({"answers": answers, "anyway": []});
    let planned = desk.good(Method::POST, &format!("{PRODUCT}/installations"), body).await;
    assert_eq!(planned["name"], "IntuneConnector_1", "{planned:#}");
    until("the installation has ended well", async || {
        let (_, told) = desk
            .ask(Method::GET, "/installations/IntuneConnector_1", json!({}))
            .await;
        assert_ne!(told["state"], "failed", "{told:#}");
        told["state"] == "installed"
    })
    .await;
}

/// The first scan may be under way: two of one instance never overlap.
fn scan_completely(user: &User) {
    until_blocking("a scan completes", || {
        user.says("scan --instance IntuneConnector_1 --data data").code == 0
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn the_answers_decide_which_permissions_and_which_portal_are_told() {
    let user = Arc::new(User::new());
    let owner = user.clone();
    let bus = beside(move || Bus::start(&owner, &owner.path("data"))).await;
    let desk = Desk {
        data: user.path("data"),
        told: Mutex::default(),
    };
    for (answers, permissions, portal) in [
        (json!({}), vec![READ], "https://entra.microsoft.com/"),
        (
            json!({"sign_in": "registration", "cloud": "usgov", "verbs": "sync"}),
            vec![READ, ACT],
            "https://entra.microsoft.us/",
        ),
        (
            json!({"cloud": "china", "verbs": "editNotes"}),
            vec![READ, "DeviceManagementManagedDevices.ReadWrite.All"],
            "https://entra.microsoftonline.cn/",
        ),
    ] {
        let body = json!({"answers": answers, "language": "de"});
        let begun = desk.good(Method::POST, &format!("{PRODUCT}/registrations"), body).await;
        let named: Vec<&Value> = begun["permissions"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| &one["name"])
            .collect();
        assert_eq!(named, permissions, "{answers}");
        let link = begun["steps"][0]["link"].as_str().unwrap();
        assert!(link.starts_with(portal), "{answers}: {link}");
        assert_eq!(begun["steps"][0]["title"], "Die App-Registrierungen öffnen");
    }
    assert_eq!(beside(move || bus.stop()).await, 0);
}
