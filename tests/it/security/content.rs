//! Consent is to content (A10): C2, H1, L12, L13.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::TimeDelta;
use intune_connector::bus::package::PrivateKey;
use intune_connector::model::RightScope;
use intune_connector::sics::auth::password;
use intune_connector::store::{AccountsVersion, NewOperator, NewRole, OperatorKind, ProductUpdate, StoreError};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::bus::second;
use crate::sics::bus::PASSWORD;
use crate::whole::{INSTANCE, Whole, until};

const PRODUCT: &str = "intune-connector";
const STALE: &str = "StaleDevices_1";
const QUIET: [(&str, &str); 2] = [("incremental", "off"), ("full", "0 3 1 1 *")];

/// Does something each minute to every device, under the name of the harmless weekly list.
fn evil(verb: &str) -> String {
    let call = match verb {
        "wipe" => {
            "<choose id=\"really\"><when if=\"device.id != ''\">\
             <call id=\"do\" activity=\"wipe\" confirm=\"wipe\" most=\"10\"><in name=\"device\">${device}</in></call>\
             </when><otherwise/></choose>"
        }
        .to_owned(),
        verb => format!("<call id=\"do\" activity=\"{verb}\"><in name=\"device\">${{device}}</in></call>"),
    };
    format!(
        "<workflow name=\"StaleDevices\" version=\"2\"><summary>Lists devices.</summary><onDemand/>\
         <schedule name=\"weekly\" cron=\"* * * * *\" zone=\"UTC\"/><steps>\
         <call id=\"found\" activity=\"listDevices\"><in name=\"filter\">true</in></call>\
         <forEach id=\"all\" of=\"found.devices\" as=\"device\" most=\"50\" label=\"${{device.id}}\">{call}</forEach>\
         </steps></workflow>"
    )
}

/// The product of this repository in a newer version, with that definition in place of the weekly list, and with `more`
/// in its manifest.
fn package(version: &str, stale: &str, manifest: impl Fn(String) -> String, key: Option<&PrivateKey>) -> Vec<u8> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let current = format!("version = \"{}\"", env!("CARGO_PKG_VERSION"));
    let text = include_str!("../../../plugin.toml").replacen(&current, &format!("version = \"{version}\""), 1);
    let text = manifest(text);
    let parsed = intune_connector::bus::Manifest::read(&text).unwrap();
    let mut files = vec![("plugin.toml".to_owned(), text.into_bytes())];
    for file in parsed.named_files() {
        let name = file.name.as_str();
        let content = if name.ends_with("StaleDevices.xml") {
            stale.as_bytes().to_vec()
        } else {
            std::fs::read(root.join(name)).unwrap()
        };
        files.push((name.to_owned(), content));
    }
    second::zip_of(files, key)
}

fn shipped() -> &'static str {
    include_str!("../../../workflows/StaleDevices.xml")
}

/// People on a bus, each with a password of their own.
struct Town {
    whole: Whole,
    hash: String,
}

impl Town {
    async fn new(devices: usize, settings: &[(&str, &str)]) -> Town {
        let settings: Vec<_> = QUIET.iter().chain(settings).copied().collect();
        let whole = Whole::new(devices, &settings).await;
        whole.completed("full", 1).await;
        let hash = password::hash(&PASSWORD.into()).unwrap();
        Town { whole, hash }
    }

    async fn person(&self, name: &str, rights: &[&str]) {
        let new = NewOperator {
            name: name.into(),
            kind: OperatorKind::Person,
            password_hash: Some(self.hash.clone()),
            rights: rights.iter().map(|right| right.parse().unwrap()).collect(),
            scope: RightScope::default(),
            created_by: None,
        };
        self.whole.bus().store.add_operator(new).await.unwrap();
    }

    async fn ask(&self, who: &str, method: Method, path: &str, body: Value) -> (StatusCode, Value) {
        let url = format!("{}/sics/v1{path}", self.whole.bus().local.url);
        let request = self.whole.http.request(method, url).basic_auth(who, Some(PASSWORD));
        let answer = request.json(&body).send().await.unwrap();
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
    }

    async fn good(&self, who: &str, method: Method, path: &str, body: Value) -> Value {
        let (status, answer) = self.ask(who, method, path, body).await;
        assert!(status.is_success(), "{who} {path}: {status} {answer}");
        answer
    }

    async fn get(&self, who: &str, path: &str) -> Value {
        self.good(who, Method::GET, path, json!({})).await
    }

    async fn refused(&self, who: &str, method: Method, path: &str, body: Value) -> (u16, String) {
        let (status, answer) = self.ask(who, method, path, body).await;
        assert!(status.is_client_error(), "{who} {path}: {status} {answer}");
        (status.as_u16(), answer["code"].as_str().unwrap_or_default().to_owned())
    }

    /// Makes a key, trusts it, and takes packages in that are signed with it.
    async fn own_key(&self, who: &str) -> PrivateKey {
        let key = PrivateKey::generate().unwrap();
        let pem = String::from_utf8(key.public_key().unwrap().to_pem().unwrap()).unwrap();
        self.good(who, Method::POST, "/trusted-keys", json!({ "pem": pem }))
            .await;
        key
    }

    async fn update(&self, who: &str) -> Value {
        let path = format!("/products/{PRODUCT}/update");
        let plan = self.get(who, &path).await;
        self.good(who, Method::POST, &path, json!({"digest": plan["digest"]}))
            .await
    }

    async fn workflow(&self) -> Value {
        self.whole.get(&format!("/sics/v1/workflows/{STALE}")).await
    }

    /// Weeks go by; the weekly list comes as often as it should, each with this text, and nothing is done to a device.
    async fn only_the_list_runs(&self, hash: &Value) {
        for _ in 0..2 {
            let before = self.runs().await.len();
            self.whole.clock.advance(TimeDelta::days(7));
            until("the weekly list has run", async || {
                let runs = self.runs().await;
                runs.len() > before && runs.iter().all(|run| run["state"] == "succeeded")
            })
            .await;
        }
        assert!(
            self.runs().await.iter().all(|run| run["hash"] == *hash),
            "{:?}",
            self.runs().await
        );
        self.nothing_done().await;
    }

    async fn runs(&self) -> Vec<Value> {
        let told = self.whole.get(&format!("/sics/v1/runs?workflow={STALE}")).await;
        told["runs"].as_array().unwrap().clone()
    }

    async fn nothing_done(&self) {
        let jobs = self.whole.get("/sics/v1/jobs").await;
        assert_eq!(jobs["jobs"], json!([]), "nobody asked for anything");
        assert_eq!(self.whole.sim.simulated.effects(None).len(), 0);
    }

    async fn trail(&self, action: &str) -> Vec<(String, Value)> {
        let rows = self.whole.bus().store.list_audit_entries(0, 1_000).await.unwrap();
        let rows = rows.into_iter().filter(|row| row.action == action);
        rows.map(|row| (row.actor, row.detail)).collect()
    }
}

fn body(zip: &[u8], unsigned: bool) -> Value {
    json!({"package": STANDARD.encode(zip), "unsigned": unsigned})
}

const CAROL: [&str; 6] = [
    "Workflows_*",
    "Devices_Read",
    "Jobs_Send",
    "Jobs_Read",
    "Actions_RemoteLock",
    "Actions_Wipe",
];
const MALLORY: [&str; 2] = ["Products_Read", "Products_Manage"];

#[tokio::test]
async fn sec_c2_nobody_acts_in_the_name_of_whoever_enabled_another_text() {
    let town = Town::new(4, &[("verbs", "remoteLock, wipe")]).await;
    town.person("carol", &CAROL).await;
    town.person(
        "mallory",
        &[&MALLORY[..], &["Jobs_Approve", "Jobs_Read", "Limits_Read"]].concat(),
    )
    .await;
    let shown = town.workflow().await;
    let path = format!("/workflows/{STALE}/enable");
    town.good("carol", Method::POST, &path, json!({"hash": shown["hash"]}))
        .await;
    // Nobody signed it: it takes no place that somebody vouches for, whatever is said with it.
    let unsigned = package("0.1.1", &evil("remoteLock"), |text| text, None);
    let refused = town
        .refused("mallory", Method::POST, "/products", body(&unsigned, true))
        .await;
    assert_eq!(refused, (409, "packageKeptId".into()));
    // Signed with a key of her own, which she may trust: the text is there, and runs for nobody.
    let key = town.own_key("mallory").await;
    let signed = package("0.1.1", &evil("remoteLock"), |text| text, Some(&key));
    town.good("mallory", Method::POST, "/products", body(&signed, false))
        .await;
    town.update("mallory").await;
    let told = town.workflow().await;
    assert_eq!(
        (&told["state"], &told["hash"], &told["enabledBy"], &told["version"]),
        (&json!("enabled"), &shown["hash"], &json!("carol"), &json!("1"))
    );
    assert_eq!(
        (
            &told["offered"]["by"],
            &told["offered"]["danger"],
            &told["offered"]["version"]
        ),
        (&json!("mallory"), &json!("disruptive"), &json!("2"))
    );
    town.only_the_list_runs(&shown["hash"]).await;
    // What destroys asks nobody by itself either.
    let wipes = package("0.1.2", &evil("wipe"), |text| text, Some(&key));
    town.good("mallory", Method::POST, "/products", body(&wipes, false))
        .await;
    town.update("mallory").await;
    let told = town.workflow().await;
    assert_eq!(told["offered"]["danger"], "destructive");
    let limits = town.get("mallory", "/limits").await;
    assert_eq!(limits["waiting"], json!([]), "there is nothing to agree to");
    town.only_the_list_runs(&shown["hash"]).await;
    // She is the one who brought it, and the trail says so (L13).
    let offered = town.trail("workflow.offered").await;
    assert_eq!(offered.len(), 2, "{offered:?}");
    assert!(offered.iter().all(|(who, _)| who == "mallory"), "{offered:?}");
    // Whoever enables it anew is shown what it does, and it acts in their name.
    let stale = town.refused("carol", Method::POST, &path, json!({"hash": "00"})).await;
    assert_eq!(stale, (409, "definitionChanged".into()));
    let none = town.refused("carol", Method::POST, &path, json!({})).await;
    assert_eq!(none, (400, "wrongBody".into()));
    let asked = town
        .good("carol", Method::POST, &path, json!({"hash": told["offered"]["hash"]}))
        .await;
    assert!(asked["waiting"].is_i64(), "a second person has to agree: {asked}");
    assert_eq!(
        town.workflow().await["hash"],
        shown["hash"],
        "meanwhile the old one goes on"
    );
}

#[tokio::test]
async fn sec_c2_a_file_in_the_folder_runs_for_nobody_until_somebody_enables_its_text() {
    let mut town = Town::new(3, &[("verbs", "remoteLock")]).await;
    town.person("carol", &CAROL).await;
    let shown = town.workflow().await;
    let path = format!("/workflows/{STALE}/enable");
    town.good("carol", Method::POST, &path, json!({"hash": shown["hash"]}))
        .await;
    let folder = town.whole.data().join("workflows");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("stale.xml"), evil("remoteLock")).unwrap();
    town.whole.stop().await;
    town.whole.start().await;
    let told = town.workflow().await;
    assert_eq!((&told["hash"], &told["offered"]["by"]), (&shown["hash"], &Value::Null));
    town.only_the_list_runs(&shown["hash"]).await;
    let text = town
        .get(
            "carol",
            &format!(
                "/workflows/{STALE}/text?hash={}",
                told["offered"]["hash"].as_str().unwrap()
            ),
        )
        .await;
    assert_eq!(text["text"], evil("remoteLock"), "what is offered can be read before");
    // With her consent to this text it runs, in her name.
    let enabled = town
        .good("carol", Method::POST, &path, json!({"hash": told["offered"]["hash"]}))
        .await;
    assert_eq!(
        (&enabled["hash"], &enabled["offered"]),
        (&told["offered"]["hash"], &Value::Null)
    );
    town.whole.advance(TimeDelta::minutes(2));
    until("the devices are locked", async || {
        let jobs = town.whole.get("/sics/v1/jobs").await;
        jobs["jobs"]
            .as_array()
            .unwrap()
            .iter()
            .any(|job| job["operator"] == "carol")
    })
    .await;
    // The file is taken away again: the text of the product is another one once more.
    std::fs::remove_file(folder.join("stale.xml")).unwrap();
    town.whole.stop().await;
    town.whole.start().await;
    let told = town.workflow().await;
    assert_eq!(
        (&told["hash"], &told["offered"]["hash"]),
        (&enabled["hash"], &shown["hash"])
    );
}

#[tokio::test]
async fn sec_c2_who_owns_a_product_and_may_do_everything_wipes_nothing_alone() {
    let town = Town::new(4, &[("verbs", "wipe, remoteLock")]).await;
    for name in ["alice", "bob"] {
        town.person(name, &["*"]).await;
    }
    let key = town.own_key("alice").await;
    let wipes = package("0.1.1", &evil("wipe"), |text| text, Some(&key));
    town.good("alice", Method::POST, "/products", body(&wipes, false)).await;
    town.update("alice").await;
    // Nobody had enabled it, so the text is the one that is there; it needs a second person all the same.
    let told = town.workflow().await;
    assert_eq!(
        (&told["danger"], &told["state"]),
        (&json!("destructive"), &json!("disabled"))
    );
    let path = format!("/workflows/{STALE}");
    let enable = json!({"hash": told["hash"]});
    let asked = town
        .good("alice", Method::POST, &format!("{path}/enable"), enable)
        .await;
    let own = town.whole.get("/sics/v1/limits").await;
    let waits = own["waiting"]
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["id"] == asked["waiting"]);
    let approve = json!({"name": "alice", "password": PASSWORD, "digest": waits.unwrap()["digest"]});
    let approved = town
        .refused(
            "alice",
            Method::POST,
            &format!("/loosenings/{}/approve", asked["waiting"]),
            approve,
        )
        .await;
    assert_eq!(approved.1, "ownRequest");
    let start = json!({"hash": told["hash"]});
    let started = town
        .refused("alice", Method::POST, &format!("{path}/runs"), start)
        .await;
    assert_eq!(started, (409, "workflowOff".into()));
    town.nothing_done().await;
}

#[tokio::test]
async fn sec_c2_who_owns_a_workflow_can_not_change_what_others_agreed_to() {
    let town = Town::new(3, &[("verbs", "wipe")]).await;
    for name in ["alice", "bob"] {
        town.person(name, &["*"]).await;
    }
    // Both agreed to a text that waits for a day before it does anything.
    let name = "RetireWithNotice_1";
    let shown = town.whole.get(&format!("/sics/v1/workflows/{name}")).await;
    let enable = json!({"hash": shown["hash"]});
    let asked = town
        .good("alice", Method::POST, &format!("/workflows/{name}/enable"), enable)
        .await;
    let limits = town.get("bob", "/limits").await;
    let waits = limits["waiting"]
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["id"] == asked["waiting"]);
    let approve = json!({"name": "bob", "password": PASSWORD, "digest": waits.unwrap()["digest"]});
    town.good(
        "bob",
        Method::POST,
        &format!("/loosenings/{}/approve", asked["waiting"]),
        approve,
    )
    .await;
    assert_eq!(town.get("bob", &format!("/workflows/{name}")).await["state"], "enabled");
    // The owner brings another text of the same name, that waits for nobody.
    let key = town.own_key("alice").await;
    let hasty = evil("wipe").replace("\"StaleDevices\"", "\"RetireWithNotice\"");
    let zip = package("0.1.1", shipped(), |text| text, Some(&key));
    let zip = replaced(&zip, &key, "workflows/RetireWithNotice.xml", &hasty);
    town.good("alice", Method::POST, "/products", body(&zip, false)).await;
    town.update("alice").await;
    let told = town.get("alice", &format!("/workflows/{name}")).await;
    assert_eq!(told["hash"], shown["hash"]);
    assert_eq!(told["offered"]["by"], "alice");
    let start = json!({"hash": told["offered"]["hash"], "parameters": {"filter": "true"}});
    let started = town
        .refused("alice", Method::POST, &format!("/workflows/{name}/runs"), start)
        .await;
    assert_eq!(started, (409, "definitionChanged".into()));
    town.nothing_done().await;
}

/// The same package with one file exchanged.
fn replaced(zip: &[u8], key: &PrivateKey, name: &str, content: &str) -> Vec<u8> {
    let mut trusted = intune_connector::bus::package::TrustedKeys::default();
    trusted.add_key(key.public_key().unwrap());
    let demand = intune_connector::bus::package::SignaturePolicy::Signature;
    let opened = intune_connector::bus::Package::open(zip, &trusted, demand).unwrap();
    let files = opened.files.into_iter().map(|(file, bytes)| {
        if file.as_str() == name {
            (file.to_string(), content.as_bytes().to_vec())
        } else {
            (file.to_string(), bytes)
        }
    });
    second::zip_of(files.collect(), Some(key))
}

#[tokio::test]
async fn sec_c2_a_product_stays_with_the_key_that_signed_it() {
    let town = Town::new(1, &[]).await;
    town.person("mallory", &MALLORY).await;
    let (first, other) = (town.own_key("mallory").await, town.own_key("mallory").await);
    let add = async |version: &str, key: Option<&PrivateKey>, unsigned| {
        let zip = second::zip(version, key);
        town.ask("mallory", Method::POST, "/products", body(&zip, unsigned))
            .await
    };
    assert_eq!(add("1.0.0", Some(&first), false).await.0, StatusCode::CREATED);
    for (key, unsigned) in [(Some(&other), false), (Some(&other), true), (None, true)] {
        let (status, problem) = add("1.1.0", key, unsigned).await;
        assert_eq!(
            (status, &problem["code"]),
            (StatusCode::CONFLICT, &json!("packageKeptId"))
        );
    }
    assert_eq!(add("1.1.0", Some(&first), false).await.0, StatusCode::CREATED);
}

#[tokio::test]
async fn sec_c2_an_unsigned_version_that_lies_in_the_place_of_the_program_is_left_out_and_told() {
    let mut town = Town::new(1, &[]).await;
    town.whole.stop().await;
    // As a bus from before took it in.
    let zip = package("0.1.1", shipped(), |text| text, None);
    let products = town.whole.data().join("products");
    let kinds = intune_connector::app::KINDS;
    let catalogue = intune_connector::bus::Catalogue::open(
        &products.join("elsewhere"),
        Vec::new(),
        &kinds,
        "0.1.0".parse().unwrap(),
    )
    .unwrap();
    let adding = intune_connector::bus::catalogue::AddOptions {
        signature_policy: intune_connector::bus::package::SignaturePolicy::Nothing,
        allow_downgrade: false,
    };
    catalogue.add_package(&zip, adding, &[]).unwrap();
    let to = products.join(PRODUCT);
    std::fs::create_dir_all(&to).unwrap();
    std::fs::rename(products.join("elsewhere").join(PRODUCT).join("0.1.1"), to.join("0.1.1")).unwrap();
    std::fs::remove_dir_all(products.join("elsewhere")).unwrap();
    town.whole.start().await;
    let told = town.whole.get(&format!("/sics/v1/products/{PRODUCT}")).await;
    assert_eq!(told["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(told["leftOut"][0]["version"], "0.1.1");
}

/// The manifest with other rights of the helpdesk.
fn helpdesk(rights: &'static str) -> impl Fn(String) -> String {
    move |text| {
        let at = text.find("name = \"intune-helpdesk\"").unwrap();
        let from = at + text[at..].find("rights = [").unwrap();
        let to = from + text[from..].find('\n').unwrap();
        format!("{}rights = [{rights}]{}", &text[..from], &text[to..])
    }
}

#[tokio::test]
async fn sec_h1_what_was_judged_is_what_is_applied_however_many_ask_at_once() {
    let town = Arc::new(Town::new(1, &[]).await);
    town.person("mallory", &MALLORY).await;
    let store = town.whole.bus().store.clone();
    let mallory = store.find_operator_by_name("mallory").await.unwrap().unwrap();
    store
        .assign_role(mallory.id, "intune-helpdesk".parse().unwrap(), RightScope::default())
        .await
        .unwrap();
    let key = town.own_key("mallory").await;
    let path = format!("/products/{PRODUCT}/update");
    for round in 0..6 {
        let benign = package(&format!("0.1.{}", 2 * round + 1), shipped(), |text| text, Some(&key));
        let wide = helpdesk("\"Actions_*\", \"Jobs_*\", \"Instances_*\", \"Devices_Read\"");
        let evil = package(&format!("0.1.{}", 2 * round + 2), shipped(), wide, Some(&key));
        town.good("mallory", Method::POST, "/products", body(&benign, false))
            .await;
        let plan = town.get("mallory", &path).await;
        let mut asked = Vec::new();
        for _ in 0..4 {
            let (town, path, digest) = (town.clone(), path.clone(), plan["digest"].clone());
            asked.push(tokio::spawn(async move {
                town.ask("mallory", Method::POST, &path, json!({ "digest": digest }))
                    .await
                    .0
            }));
        }
        town.good("mallory", Method::POST, "/products", body(&evil, false))
            .await;
        for one in asked {
            let status = one.await.unwrap();
            assert!(status.is_success() || status == StatusCode::CONFLICT, "{status}");
        }
        let now = store.load_operator(mallory.id).await.unwrap();
        assert!(
            !now.has_right_everywhere("Actions_Wipe"),
            "round {round}: {:?}",
            now.roles
        );
        // Asked for as it is, it is judged as it is.
        let plan = town.get("mallory", &path).await;
        assert_eq!(plan["roles"][0]["role"], "intune-helpdesk", "{plan}");
        let refused = town
            .refused("mallory", Method::POST, &path, json!({"digest": plan["digest"]}))
            .await;
        assert_eq!(refused, (403, "beyondYours".into()));
    }
}

#[tokio::test]
async fn sec_h1_an_update_moves_no_right_to_destroy_under_those_who_hold_its_role() {
    let town = Town::new(1, &[]).await;
    for name in ["alice", "bob"] {
        town.person(name, &["*"]).await;
    }
    town.person("desk", &[]).await;
    let store = town.whole.bus().store.clone();
    let desk = store.find_operator_by_name("desk").await.unwrap().unwrap();
    let role: intune_connector::model::RoleName = "intune-helpdesk".parse().unwrap();
    store.assign_role(desk.id, role, RightScope::default()).await.unwrap();
    let key = town.own_key("alice").await;
    let wide = helpdesk("\"Devices_Read\", \"Jobs_Send\", \"Actions_Wipe\"");
    let zip = package("0.1.1", shipped(), wide, Some(&key));
    town.good("alice", Method::POST, "/products", body(&zip, false)).await;
    let path = format!("/products/{PRODUCT}/update");
    let plan = town.get("alice", &path).await;
    assert_eq!(plan["roles"][0]["holders"], json!(["desk"]), "{plan}");
    let refused = town
        .refused("alice", Method::POST, &path, json!({"digest": plan["digest"]}))
        .await;
    assert_eq!(refused, (409, "roleHeld".into()));
    let taken = "/sics/v1/operators/desk/roles/intune-helpdesk";
    town.whole.good(Method::DELETE, taken, json!({})).await;
    town.update("alice").await;
    assert!(
        !store
            .load_operator(desk.id)
            .await
            .unwrap()
            .has_right_everywhere("Actions_Wipe")
    );
}

#[tokio::test]
async fn sec_h1_nothing_is_written_that_was_judged_on_accounts_which_have_changed() {
    let town = Town::new(1, &[]).await;
    let store = town.whole.bus().store.clone();
    let role = |rights: &[&str]| NewRole {
        name: "Desk".parse().unwrap(),
        rights: rights.iter().map(|right| right.parse().unwrap()).collect(),
        summary: String::new(),
    };
    let set = async |rights: &[&str]| {
        let roles = vec![role(rights)];
        store.set_product_roles("other".into(), roles, true).await.unwrap();
    };
    set(&["Devices_Read"]).await;
    let operator = store.list_operators().await.unwrap().remove(0);
    let meanwhile = |seen: AccountsVersion| store.with_accounts_version(seen);
    // Judged: a role that lists devices. Meanwhile it may wipe.
    let seen = store.accounts_version().await.unwrap();
    set(&["Actions_Wipe"]).await;
    let given = meanwhile(seen)
        .assign_role(operator.id, "Desk".parse().unwrap(), RightScope::default())
        .await;
    assert!(matches!(given, Err(StoreError::ChangedMeanwhile { .. })), "{given:?}");
    let update = ProductUpdate {
        product: PRODUCT.into(),
        version: "0.1.0".into(),
        installed: Vec::new(),
        members: Vec::new(),
        roles: Vec::new(),
    };
    let updated = meanwhile(seen).update_product(update.clone()).await;
    assert!(
        matches!(updated, Err(StoreError::ChangedMeanwhile { .. })),
        "{updated:?}"
    );
    // As it is now, it goes through; and what stands otherwise is not taken over.
    let seen = store.accounts_version().await.unwrap();
    let other = ProductUpdate {
        installed: vec![(1, "0.0.9".into())],
        ..update
    };
    let updated = meanwhile(seen).update_product(other).await;
    assert!(
        matches!(updated, Err(StoreError::ChangedMeanwhile { .. })),
        "{updated:?}"
    );
    meanwhile(seen)
        .assign_role(operator.id, "Desk".parse().unwrap(), RightScope::default())
        .await
        .unwrap();
}

#[tokio::test]
async fn sec_h1_a_workflow_is_enabled_with_the_text_that_was_shown_however_often_it_changes() {
    let town = Arc::new(Town::new(1, &[("verbs", "remoteLock")]).await);
    town.person("carol", &CAROL).await;
    let store = town.whole.bus().store.clone();
    let row = store.find_workflow_by_name(STALE).await.unwrap().unwrap();
    let path = format!("/workflows/{STALE}/enable");
    // Whoever has just signed in is remembered: so many at once are no guessing.
    town.get("carol", &format!("/workflows/{STALE}")).await;
    let mut asked = Vec::new();
    for _ in 0..8 {
        let (town, path, hash) = (town.clone(), path.clone(), row.hash.clone());
        asked.push(tokio::spawn(async move {
            town.ask("carol", Method::POST, &path, json!({ "hash": hash })).await.0
        }));
    }
    let text = evil("remoteLock");
    let source = intune_connector::app::workflows::DefinitionSource {
        text,
        origin: intune_connector::workflow::consent::DefinitionOrigin::Folder,
        file: None,
    };
    let data = town.whole.data();
    intune_connector::app::workflows::install_definitions(&store, &data, row.instance, vec![source], None)
        .await
        .unwrap();
    for one in asked {
        let status = one.await.unwrap();
        assert!(status.is_success() || status == StatusCode::CONFLICT, "{status}");
    }
    let now = store.find_workflow_by_name(STALE).await.unwrap().unwrap();
    assert!(!now.enabled || now.hash == row.hash, "{now:?}");
}

#[tokio::test]
async fn a10_a_run_is_started_with_the_text_that_was_shown() {
    let town = Town::new(2, &[("verbs", "remoteLock")]).await;
    town.person("carol", &CAROL).await;
    let path = format!("/workflows/{STALE}");
    let folder = town.whole.data().join("workflows");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("stale.xml"), evil("remoteLock")).unwrap();
    town.whole
        .post(&format!("/sics/v1/instances/{INSTANCE}/restart"), json!({}))
        .await;
    let store = &town.whole.bus().store;
    until("the file is found", async || {
        store.find_workflow_by_name(STALE).await.unwrap().unwrap().version == "2"
    })
    .await;
    let shown = town.workflow().await;
    assert_eq!(shown["danger"], "disruptive");
    let enable = json!({"hash": shown["hash"]});
    town.good("carol", Method::POST, &format!("{path}/enable"), enable)
        .await;
    let runs = format!("{path}/runs");
    let none = town.refused("carol", Method::POST, &runs, json!({})).await;
    assert_eq!(none, (400, "hashNeeded".into()));
    let other = town.refused("carol", Method::POST, &runs, json!({"hash": "00"})).await;
    assert_eq!(other, (409, "definitionChanged".into()));
    town.good("carol", Method::POST, &runs, json!({"hash": shown["hash"]}))
        .await;
}

#[tokio::test]
async fn sec_l12_a_parameter_is_compared_and_changes_no_condition() {
    let town = Town::new(3, &[]).await;
    town.person("carol", &CAROL).await;
    let text = "<workflow name=\"ByCategory\" version=\"1\"><onDemand/>\
        <parameter name=\"category\" type=\"text\" default=\"lost\">devices of this category</parameter><steps>\
        <call id=\"bare\" activity=\"listDevices\"><in name=\"filter\">deviceName == ${parameters.category}</in></call>\
        <call id=\"quoted\" activity=\"listDevices\"><in name=\"filter\">deviceName == '${parameters.category}'</in></call>\
        <end id=\"told\" outcome=\"done\">${bare.count} ${quoted.count}</end></steps></workflow>";
    let checked = town
        .good("carol", Method::POST, "/workflows/check", json!({"definition": text}))
        .await;
    assert_eq!(checked["good"], true, "{checked}");
    assert!(
        checked["advice"][0]["problem"].as_str().unwrap().contains("in quotes"),
        "{checked}"
    );
    let folder = town.whole.data().join("workflows");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("category.xml"), text).unwrap();
    town.whole
        .post(&format!("/sics/v1/instances/{INSTANCE}/restart"), json!({}))
        .await;
    let store = &town.whole.bus().store;
    until("the file is found", async || {
        store.find_workflow_by_name("ByCategory_1").await.unwrap().is_some()
    })
    .await;
    town.whole.enable("ByCategory_1").await;
    let devices = town.whole.get("/sics/v1/devices?limit=1").await;
    let known = devices["devices"][0]["device"]["deviceName"]
        .as_str()
        .unwrap()
        .to_owned();
    for (category, found) in [
        (known.as_str(), "1 1"),
        ("x' || true || '", "0 0"),
        ("x\" || true || \"", "0 0"),
        ("\\", "0 0"),
        ("' || deviceName != '", "0 0"),
    ] {
        let start = json!({"parameters": {"category": category}});
        let begun = town
            .good("carol", Method::POST, "/workflows/ByCategory_1/runs", start)
            .await;
        let path = format!("/sics/v1/runs/{}", begun["run"]);
        until("the run has ended", async || {
            town.whole.get(&path).await["run"]["state"] != "running"
        })
        .await;
        let ended = town.whole.get(&path).await;
        assert_eq!(
            (&ended["run"]["state"], &ended["run"]["message"]),
            (&json!("succeeded"), &json!(found)),
            "{category}: {ended}"
        );
    }
    let raw = text.replace("'${parameters.category}'", "r'${parameters.category}'");
    let checked = town
        .good("carol", Method::POST, "/workflows/check", json!({"definition": raw}))
        .await;
    assert_eq!(checked["good"], false, "{checked}");
}

#[tokio::test]
async fn sec_l13_what_an_update_changes_is_written_down_as_done_by_whoever_asked_for_it() {
    let town = Town::new(1, &[]).await;
    town.person("mallory", &MALLORY).await;
    let key = town.own_key("mallory").await;
    let zip = package("0.1.1", &evil("remoteLock"), |text| text, Some(&key));
    town.good("mallory", Method::POST, "/products", body(&zip, false)).await;
    town.update("mallory").await;
    for action in ["product.added", "product.updated", "workflow.changed"] {
        let told = town.trail(action).await;
        assert!(
            !told.is_empty() && told.iter().all(|(who, _)| who == "mallory"),
            "{action}: {told:?}"
        );
    }
}
