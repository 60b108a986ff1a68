//! A kept secret goes only where it was given for (E7): H3, M8, L9.

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta};
use intune_connector::app::{self, RunningBus};
use intune_connector::config::{
    CredentialKind, DataFolder, INSTANCE_TABLE, InstanceDraft, KeyRole, OLD_PREFIX, SEALED_PREFIX, SealContext,
    SecretKey,
};
use intune_connector::model::{InstanceName, TaskId, TaskState};
use intune_connector::observe::Clock;
use openssl::symm::{Cipher, encrypt_aead};
use reqwest::{Method, StatusCode};
use rusqlite::Connection;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use simulated_tenant as simulator;

use crate::support::folder::TestFolder;
use crate::support::scripted::{Scripted, answer};
use crate::support::workshop::Workshop;

const PROXY_PASSWORD: &str = "canary-of-the-proxy";
const NEW_PASSWORD: &str = "given-for-the-new-proxy";

fn name(n: u32) -> InstanceName {
    format!("IntuneConnector_{n}").parse().unwrap()
}

/// As version 1 sealed: for no place.
fn old_seal(key: &SecretKey, clear: &[u8]) -> String {
    let nonce = [7u8; 12];
    let mut tag = [0u8; 16];
    let aad = OLD_PREFIX.as_bytes();
    let seal = key.derive_key("seal");
    let hidden = encrypt_aead(Cipher::aes_256_gcm(), &seal, Some(&nonce), aad, clear, &mut tag).unwrap();
    let parts = [&key.derive_key("key id")[..4], &nonce, &hidden, &tag].concat();
    format!("{OLD_PREFIX}{}", URL_SAFE_NO_PAD.encode(parts))
}

/// A host that takes whatever comes and tells what came. As a proxy it lets nobody through.
async fn listener() -> Scripted {
    Scripted::start(|_, _| answer(407, &[], b"")).await
}

fn told(listener: &Scripted) -> String {
    let heard = listener.heard();
    heard
        .iter()
        .map(|heard| format!("{}\n{}\n", heard.head, heard.body))
        .collect()
}

/// What `Proxy-Authorization` says of this password.
fn basic(password: &str) -> String {
    STANDARD.encode(format!("corp:{password}"))
}

/// A data folder, a simulated tenant, and a bus on them where one is started.
struct House {
    folder: TestFolder,
    sim: simulator::Running,
    bus: Option<RunningBus>,
    http: reqwest::Client,
}

impl House {
    async fn new() -> House {
        House {
            folder: TestFolder::new(),
            sim: simulator::start(simulator::Options::quick(3, 7)).await.unwrap(),
            bus: None,
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
        }
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn open(&self) -> DataFolder {
        DataFolder::open(self.data()).unwrap()
    }

    fn ini(&self, n: u32) -> PathBuf {
        self.data().join(format!("instances/IntuneConnector_{n}.ini"))
    }

    fn text(&self, n: u32) -> String {
        fs::read_to_string(self.ini(n)).unwrap()
    }

    /// Writes an instance's file by hand: this tenant, its right secret, and `more`.
    fn instance(&self, n: u32, more: &str) {
        self.open();
        let registration = &self.sim.registration;
        let text = format!(
            "tenant_id = {}\nclient_id = {}\nlogin_url = {base}\ngraph_url = {base}\nsecret = {}\njitter_s = 0\n{more}",
            registration.tenant_id,
            registration.client_id,
            registration.client_secret,
            base = self.sim.base,
        );
        fs::write(self.ini(n), text).unwrap();
    }

    async fn start(&mut self) {
        let options = app::StartOptions {
            failpoints: Default::default(),
            order_failpoints: Default::default(),
            target_failpoints: Default::default(),
            run_instances: true,
            listen: Some("127.0.0.1:0".parse().unwrap()),
            clock: Clock::manual(DateTime::from_timestamp(1_790_000_000, 0).unwrap()),
        };
        self.bus = Some(app::start_bus(&self.data(), options).await.unwrap());
    }

    async fn stop(&mut self) {
        self.bus.take().unwrap().stop().await;
    }

    async fn ask(&self, method: Method, path: &str, token: Option<&str>, body: Value) -> (StatusCode, Value) {
        let local = &self.bus.as_ref().unwrap().local;
        let request = self.http.request(method, format!("{}/sics/v1{path}", local.url));
        let request = request.bearer_auth(token.unwrap_or(&local.token)).json(&body);
        let answer = request.send().await.unwrap();
        (answer.status(), answer.json().await.unwrap())
    }

    async fn change(&self, n: u32, body: Value) -> (StatusCode, Value) {
        self.ask(Method::PATCH, &format!("/instances/{}", name(n)), None, body)
            .await
    }

    /// A connection check to its end: it uses every secret that an instance has.
    async fn verify(&self, n: u32) -> (StatusCode, Value) {
        self.ask(Method::POST, "/verify", None, json!({"instance": name(n)}))
            .await
    }
}

fn store(folder: &Path) -> Connection {
    let connection = Connection::open(folder.join("bus.db")).unwrap();
    connection.busy_timeout(std::time::Duration::from_secs(60)).unwrap();
    connection
}

#[tokio::test]
async fn sec_h3_the_password_of_the_proxy_goes_to_no_host_that_it_was_not_given_for() {
    let mut house = House::new().await;
    let (own, elsewhere) = (listener().await, listener().await);
    let network = format!(
        "proxy = {}\nproxy_user = corp\nproxy_password = {PROXY_PASSWORD}\nno_proxy = 127.0.0.1\n",
        own.base()
    );
    house.instance(1, &network);
    house.start().await;
    let base = elsewhere.base();
    for change in [
        json!({"proxy": base}),
        json!({"proxy": base, "no_proxy": null}),
        json!({"proxy": base, "secret": "given anew"}),
        json!({"proxy": base, "proxy_password": NEW_PASSWORD}),
        json!({"proxy_user": "somebody"}),
        json!({"no_proxy": null}),
        json!({"login_url": base}),
        json!({"graph_url": base}),
        json!({"cloud": "china"}),
        json!({"client_id": "66666666-7777-8888-9999-000000000000"}),
    ] {
        let before = house.text(1);
        let (status, refused) = house.change(1, change.clone()).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{change}: {refused}");
        assert!(
            refused.to_string().contains("again in the same request"),
            "{change}: {refused}"
        );
        assert_eq!(house.text(1), before, "{change}");
        house.verify(1).await;
    }
    let wizard = json!({"answers": {"network": ["proxy", "addresses"], "proxy": base}, "anyway": ["verify"]});
    let path = format!("/installations/{}", name(1));
    let (status, refused) = house.ask(Method::PATCH, &path, None, wizard).await;
    assert!(
        status.is_client_error() && refused.to_string().contains("again in the same request"),
        "{status} {refused}"
    );
    house.verify(1).await;
    assert_eq!(told(&elsewhere), "", "nothing arrives");

    // With the secrets given anew it is what its giver wanted.
    let secret = &house.sim.registration.client_secret;
    let anew = json!({"proxy": base, "no_proxy": null, "secret": secret, "proxy_password": NEW_PASSWORD});
    let (status, answer) = house.change(1, anew).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    house.verify(1).await;
    let heard = told(&elsewhere);
    assert!(
        heard.contains(&basic(NEW_PASSWORD)) && !heard.contains(&basic(PROXY_PASSWORD)),
        "{heard}"
    );
    house.stop().await;
}

/// An instance that has a secret for every use.
const ALL_SECRETS: &str = "tenant_id = 11111111-2222-3333-4444-555555555555\n\
    client_id = 66666666-7777-8888-9999-000000000000\nsecret = a\nnext_secret = b\nactions_secret = c\n\
    proxy = http://127.0.0.1:9\nproxy_user = corp\nproxy_password = e\n\
    [node gate]\ncompatible = yes\npassword_grant = yes\nuser_name = f@example.org\nuser_password = g\n\
    [node door]\ncompatible = yes\npassword_grant = yes\nuser_name = h@example.org\nuser_password = i\n";

#[test]
fn sec_h3_every_key_that_leads_secrets_asks_for_each_of_them_anew() {
    let directory = TestFolder::new();
    let folder = DataFolder::open(directory.path().join("data")).unwrap();
    let present = name(1);
    fs::write(folder.instance_ini_path(&present), ALL_SECRETS).unwrap();
    folder.read_instance(&present).unwrap();
    let other = |key: &str| match key {
        "client_id" | "next_client_id" | "actions_client_id" => "aaaaaaaa-7777-8888-9999-000000000000".to_owned(),
        "cloud" => "china".to_owned(),
        "password_grant" => "no".to_owned(),
        "login_url" | "graph_url" => "https://attacker.example".to_owned(),
        "proxy" => "http://attacker.example:8080".to_owned(),
        "ca" => include_str!("../../fixtures/certs/cert.pem").to_owned(),
        _ => "attacker.example".to_owned(),
    };
    let mut asked = 0;
    for key in INSTANCE_TABLE.keys {
        let (KeyRole::Leads(uses) | KeyRole::SealedLeads(uses)) = key.role else {
            continue;
        };
        let written = key.name.replace("NAME", "gate");
        let value = other(key.name.rsplit('.').next().unwrap());
        let draft = InstanceDraft::from_json(&json!({ (written.as_str()): value })).unwrap();
        let error = folder.change_instance(&present, &draft).unwrap_err();
        let told = error.to_string();
        assert_eq!(error.key, written, "{told}");
        let secrets = INSTANCE_TABLE.keys.iter().filter_map(|secret| match secret.role {
            KeyRole::Secret(sent_for) if uses.contains(&sent_for) => Some(secret.name),
            _ => None,
        });
        let kept = ["secret", "next_secret", "actions_secret", "proxy_password"];
        for secret in secrets.filter(|secret| kept.contains(secret) || secret.contains("user_password")) {
            let secret = secret.replace("NAME", "gate");
            let named = error.advice.split([' ', ',']).any(|word| word == secret);
            assert!(named, "{written} does not ask for {secret}: {told}");
        }
        let of_another_node = error.advice.contains("node.door");
        assert_eq!(
            of_another_node,
            !written.starts_with("node.") && error.advice.contains("node."),
            "{told}"
        );
        asked += 1;
    }
    assert!(asked >= 12, "{asked} keys lead secrets");
    let tenant = InstanceDraft::from_json(&json!({"tenant_id": "contoso.com", "secret": "anew"})).unwrap();
    let error = folder.change_instance(&present, &tenant).unwrap_err();
    assert!(error.problem.contains("cannot be changed"), "{error}");
}

#[test]
fn sec_h3_what_is_taken_away_or_stays_the_same_is_not_asked_for() {
    let directory = TestFolder::new();
    let folder = DataFolder::open(directory.path().join("data")).unwrap();
    let present = name(1);
    fs::write(folder.instance_ini_path(&present), ALL_SECRETS).unwrap();
    folder.read_instance(&present).unwrap();
    let change = |json: Value| folder.change_instance(&present, &InstanceDraft::from_json(&json).unwrap());
    change(json!({"cloud": "global", "proxy": "http://127.0.0.1:9", "page_size": 50})).unwrap();
    let node = json!({"node.gate.user_name": null, "node.gate.user_password": null, "node.gate.password_grant": null,
        "node.gate.compatible": null});
    change(node).unwrap();
    let proxy = json!({"proxy": null, "proxy_user": null, "proxy_password": null});
    let error = change(proxy).unwrap_err();
    assert!(
        error.advice.contains("secret") && !error.advice.contains("proxy_password"),
        "{error}"
    );
}

#[test]
fn sec_h3_an_address_never_stands_in_the_table_without_saying_whom_it_leads() {
    use intune_connector::config::{BUS_TABLE, ValueKind};
    for key in INSTANCE_TABLE.keys {
        let is_way = matches!(
            key.kind,
            ValueKind::SafeUrl | ValueKind::ProxyUrl | ValueKind::Tenant | ValueKind::Guid
        );
        assert!(
            !is_way || matches!(key.role, KeyRole::Leads(_) | KeyRole::Fixed),
            "{}",
            key.name
        );
        let is_kept = matches!(key.kind, ValueKind::SecretText | ValueKind::SecretBytes);
        assert_eq!(is_kept, key.is_secret(), "{}", key.name);
    }
    assert!(
        BUS_TABLE.keys.iter().all(|key| !key.is_secret()),
        "bus.ini keeps no secret"
    );
}

#[tokio::test]
async fn sec_m8_a_sealed_secret_is_worth_nothing_in_another_instance_or_under_another_key() {
    let mut house = House::new().await;
    let elsewhere = listener().await;
    for n in [1, 3, 4, 5] {
        house.instance(n, "enabled = no\n");
    }
    house.start().await;
    house.stop().await;
    let text = house.text(1);
    let line = text.lines().find(|line| line.starts_with("secret = ")).unwrap();
    let sealed = line.strip_prefix("secret = ").unwrap();
    assert!(sealed.starts_with(SEALED_PREFIX), "{line}");

    // In another instance, as a whole file under another name, and under another key of the same instance.
    let network = format!(
        "proxy = {}\nproxy_user = corp\nproxy_password = {sealed}\n",
        elsewhere.base()
    );
    fs::write(house.ini(3), format!("{}{network}", house.text(3))).unwrap();
    fs::write(house.ini(5), &text).unwrap();
    let own = format!("{text}next_secret = {sealed}\n");
    fs::write(house.ini(1), &own).unwrap();
    house.start().await;
    for n in [1, 3, 5] {
        house.verify(n).await;
        let error = house.open().read_instance(&name(n)).unwrap_err();
        assert!(error.problem.contains("another instance or key"), "{error}");
        let (_, shown) = house
            .ask(Method::GET, &format!("/instances/{}", name(n)), None, json!({}))
            .await;
        assert_eq!(shown["status"]["state"], "misconfigured", "{shown}");
        assert!(
            shown["status"]["detail"]
                .as_str()
                .unwrap()
                .contains("give the secret again"),
            "{shown}"
        );
    }
    assert!(house.open().read_instance(&name(4)).is_ok());
    assert_eq!(told(&elsewhere), "", "nothing arrives");
    assert_eq!(house.text(1), own, "a file that is refused stays as it is");
    house.stop().await;
}

#[tokio::test]
async fn sec_m8_sealed_parameters_of_a_job_and_what_an_action_brought_open_in_their_own_rows_alone() {
    let shop = Workshop::new().await;
    let (one, two, three) = (shop.mac().await, shop.mac().await, shop.mac().await);
    shop.rig.full().await;
    let codes = [
        json!({"macOsUnlockCode": "123456"}),
        json!({"macOsUnlockCode": "654321"}),
    ];
    let first = shop.send("wipe", &[&one], codes[0].clone()).await;
    let second = shop.send("wipe", &[&two], codes[1].clone()).await;
    let harmless = shop.send("sync", &[&three], json!({})).await;
    let rows = store(shop.rig.shelf.folder.path());
    rows.execute(
        "UPDATE job SET parameters = (SELECT parameters FROM job WHERE id = ?1) WHERE id = ?2",
        [first.0, second.0],
    )
    .unwrap();
    shop.settle(TimeDelta::seconds(30), 12).await;
    assert_eq!(shop.effects(&one, "wipe"), 1);
    assert_eq!(
        shop.all_effects(&two),
        0,
        "nothing goes out with what was sealed for another job"
    );
    let task = shop.task(second).await;
    assert_eq!((task.state, task.cause.as_deref()), (TaskState::Failed, Some("sealed")));
    assert_eq!(shop.effects(&three, "syncDevice"), 1, "nobody else waits for it");
    assert_ne!(shop.state(harmless).await, TaskState::Failed);

    let (key, task) = (shop.desk.folder.secret_key(), TaskId(1));
    let kind = "unlockPin";
    let sealed = key
        .seal_secret(SealContext::ActionSecret { task, kind }, b"pin")
        .unwrap();
    for place in [
        SealContext::ActionSecret { task: TaskId(2), kind },
        SealContext::ActionSecret { task, kind: "passcode" },
        SealContext::Installation { number: 1 },
        SealContext::Registration { id: "1" },
    ] {
        let error = key.open_sealed(place, &sealed).unwrap_err();
        assert!(error.problem().contains("another"), "{error}");
    }
    assert_eq!(
        key.open_sealed(SealContext::ActionSecret { task, kind }, &sealed)
            .unwrap()
            .expose_secret(),
        b"pin"
    );
}

/// Where a sealed text stands of which only the place matters.
fn rows_of_before(connection: &Connection, key: &SecretKey) {
    let code = json!({"macOsUnlockCode": {"sealed": old_seal(key, b"\"123456\"")}, "keepUserData": true});
    connection
        .execute(
            "INSERT INTO job (source, name, digest, instance, tenant, verb, danger, parameters, operator, about, urgent,
                 created_at, expires_at, approval)
             VALUES ('operator:1', 'old', x'00', 1, 't', 'wipe', 2, ?1, 1, '{}', 0, 1790000000000, 1790000000000, 'none')",
            [code.to_string()],
        )
        .unwrap();
    connection
        .execute_batch(
            "INSERT INTO task (job, instance, tenant, device_id, verb, danger, operator, shown, state, updated_at)
             SELECT id, 1, 't', zeroblob(16), 'wipe', 2, 1, '{}', 'done', 0 FROM job",
        )
        .unwrap();
    let insert =
        "INSERT INTO action_secret (task, kind, sealed, at) SELECT id, 'unlockPin', ?1, 1790000000000 FROM task";
    connection.execute(insert, [old_seal(key, b"9999")]).unwrap();
    connection
        .execute(
            "INSERT INTO installation (number, product, version, profile, state, anyway, sealed, created_at, updated_at)
             VALUES (77, 'p', '1', 'x', 'failed', '[]', ?1, 1790000000000, 1790000000000)",
            [old_seal(key, b"{}")],
        )
        .unwrap();
    connection
        .execute("DELETE FROM meta WHERE key = 'old_seals'", [])
        .unwrap();
}

fn sealed_rows(connection: &Connection) -> Vec<String> {
    let ask = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, String>(0)).unwrap();
    let parameters: Value = serde_json::from_str(&ask("SELECT parameters FROM job")).unwrap();
    assert_eq!(parameters["keepUserData"], true);
    vec![
        parameters["macOsUnlockCode"]["sealed"].as_str().unwrap().to_owned(),
        ask("SELECT sealed FROM action_secret"),
        ask("SELECT sealed FROM installation WHERE number = 77"),
    ]
}

/// A folder as an earlier version left it: an instance with a secret and a node's password, and one row of each kind.
async fn folder_of_before(house: &mut House) {
    house.instance(1, "enabled = no\n");
    house.start().await;
    house.stop().await;
    let key = house.open().secret_key().clone();
    let secret = house.sim.registration.client_secret.clone();
    let node = "[node gate]\ncompatible = yes\npassword_grant = yes\nuser_name = a@b.example\n";
    house.instance(
        1,
        &format!("enabled = no\n{node}user_password = {}\n", old_seal(&key, b"users")),
    );
    let text = house.text(1).replace(&secret, &old_seal(&key, secret.as_bytes()));
    fs::write(house.ini(1), text).unwrap();
    rows_of_before(&store(&house.data()), &key);
}

fn assert_opens(house: &House) {
    let folder = house.open();
    let settings = folder.read_instance(&name(1)).unwrap();
    let CredentialKind::Secret(secret) = &settings.credential.kind else {
        panic!("a secret is wanted")
    };
    assert_eq!(secret.expose_secret(), house.sim.registration.client_secret);
    let grant = settings.nodes[0].password_grant.as_ref().unwrap();
    assert_eq!(grant.password.expose_secret(), "users");
    let text = house.text(1);
    assert!(
        !text.contains(OLD_PREFIX) && text.matches(SEALED_PREFIX).count() == 2,
        "{text}"
    );
    let rows = sealed_rows(&store(&house.data()));
    let parameter = SealContext::JobParameter {
        source: "operator:1",
        job: "old",
        parameter: "macOsUnlockCode",
    };
    let task = TaskId(1);
    let brought = SealContext::ActionSecret {
        task,
        kind: "unlockPin",
    };
    let places = [parameter, brought, SealContext::Installation { number: 77 }];
    let clear: [&[u8]; 3] = [b"\"123456\"", b"9999", b"{}"];
    for ((place, sealed), clear) in places.into_iter().zip(&rows).zip(clear) {
        assert_eq!(
            folder.secret_key().open_sealed(place, sealed).unwrap().expose_secret(),
            clear,
            "{place:?}"
        );
    }
}

#[tokio::test]
async fn e7_a_folder_from_before_opens_unchanged_and_is_sealed_anew_once() {
    let mut house = House::new().await;
    folder_of_before(&mut house).await;
    let comments = house.text(1).lines().filter(|line| !line.contains("sealed:")).count();
    house.start().await;
    house.stop().await;
    assert_opens(&house);
    let after = house.text(1).lines().filter(|line| !line.contains("sealed:")).count();
    assert_eq!(after, comments, "no other line has changed");

    // From now on such text opens nowhere: neither put into a file, nor into a row.
    let key = house.open().secret_key().clone();
    let stolen = old_seal(&key, b"of another place");
    let elsewhere = listener().await;
    let network = format!(
        "proxy = {}\nproxy_user = corp\nproxy_password = {stolen}\n",
        elsewhere.base()
    );
    house.instance(3, &network);
    store(&house.data())
        .execute("UPDATE action_secret SET sealed = ?1", [&stolen])
        .unwrap();
    house.start().await;
    house.verify(3).await;
    house.stop().await;
    let error = house.open().read_instance(&name(3)).unwrap_err();
    assert!(
        error.problem.contains("by an earlier version") && error.advice.contains("again"),
        "{error}"
    );
    assert!(house.text(3).contains(OLD_PREFIX), "it stays as it was written");
    assert_eq!(sealed_rows(&store(&house.data()))[1], stolen);
    assert_eq!(told(&elsewhere), "", "nothing arrives");
}

#[tokio::test]
async fn e7_a_crash_while_secrets_are_sealed_anew_loses_none() {
    let mut house = House::new().await;
    folder_of_before(&mut house).await;
    // The process died behind the first file, before the rows and the note.
    let folder = house.open();
    let (count, complaints) = folder.reseal_instance(&name(1)).unwrap();
    assert_eq!((count, complaints.len()), (2, 0));
    assert!(
        sealed_rows(&store(&house.data()))
            .iter()
            .all(|text| text.starts_with(OLD_PREFIX))
    );
    house.start().await;
    house.stop().await;
    assert_opens(&house);
}

#[tokio::test]
async fn e7_a_file_that_can_not_be_read_at_the_first_start_is_sealed_anew_when_it_can() {
    let mut house = House::new().await;
    folder_of_before(&mut house).await;
    let good = house.text(1);
    fs::write(house.ini(1), format!("{good}rubbish\n")).unwrap();
    house.start().await;
    house.stop().await;
    assert!(house.text(1).contains(OLD_PREFIX));
    fs::write(house.ini(1), good).unwrap();
    house.start().await;
    house.stop().await;
    assert_opens(&house);
}

#[tokio::test]
async fn sec_l9_nothing_of_a_secret_is_shown_to_who_may_only_read() {
    let mut house = House::new().await;
    house.instance(1, "enabled = no\n");
    house.start().await;
    let reader = json!({"name": "reader", "kind": "server", "rights": ["Instances_Read"]});
    let (status, made) = house.ask(Method::POST, "/operators", None, reader).await;
    assert!(status.is_success(), "{made}");
    let (_, token) = house
        .ask(Method::POST, "/operators/reader/tokens", None, json!({"name": "t"}))
        .await;
    let token = token["token"].as_str().unwrap();
    let path = format!("/instances/{}", name(1));
    let (_, shown) = house.ask(Method::GET, &path, Some(token), json!({})).await;
    assert_eq!(shown["settings"]["secret"], "… (set)", "{shown}");
    let start: String = house.sim.registration.client_secret.chars().take(3).collect();
    let (_, shown) = house.ask(Method::GET, &path, None, json!({})).await;
    let managed = shown["settings"]["secret"].as_str().unwrap();
    assert!(managed.starts_with(&format!("{start}… (")), "{shown}");
    house.stop().await;
}
