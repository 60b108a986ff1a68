//! Two accounts are two persons (A9): what one administrator tried alone, and who agrees to what.

use std::time::Duration;

use chrono::TimeDelta;
use intune_connector::model::RightScope;
use intune_connector::sics::describe_routes;
use intune_connector::store::{NewRole, OperatorChange, OperatorKind};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::sics::bus::{PASSWORD, problem, status};
use crate::sics::jobs::office::{Office, refs};

const OPERATORS: &str = "/sics/v1/operators";
const SWITCH: &str = "/sics/v1/killswitch";
const LIMITS: &str = "/sics/v1/limits";
/// What somebody sets themselves.
const OWN: &str = "nobody else knows it";

/// mallory is an administrator of long standing, as alice is; bob may approve. Every wipe needs a second person.
struct Town {
    office: Office,
    mallory: String,
}

impl Town {
    async fn new() -> Town {
        let office = Office::new().await;
        office.shop.bus_policy(10, 0).await;
        let mallory = office.account("mallory", OperatorKind::Person, &["*"], true).await;
        Town { office, mallory }
    }

    /// Nobody but mallory is left who may approve.
    async fn alone() -> Town {
        let town = Town::new().await;
        for name in ["alice", "bob"] {
            town.set(name, |change| change.disabled = Some(true)).await;
        }
        town
    }

    /// As whoever stands in the store has it, past all rules.
    async fn set(&self, name: &str, make: impl FnOnce(&mut OperatorChange)) {
        let store = &self.office.shop.desk.store;
        let row = store.find_operator_by_name(name).await.unwrap().unwrap();
        let mut change = OperatorChange::default();
        make(&mut change);
        store.change_operator(row.id, change).await.unwrap();
    }

    /// By name and password.
    fn by(&self, method: Method, name: &str, password: &str, path: &str, body: Value) -> RequestBuilder {
        let url = format!("http://{}{path}", self.office.address);
        self.office
            .http
            .request(method, url)
            .basic_auth(name, Some(password))
            .json(&body)
    }

    fn mallory(&self, method: Method, path: &str, body: Value) -> RequestBuilder {
        self.by(method, "mallory", PASSWORD, path, body)
    }

    /// As it is shown at that moment.
    async fn agree(&self, name: &str, password: &str, id: &Value) -> RequestBuilder {
        let limits = status(self.office.get(&self.office.admin, LIMITS), 200).await;
        let mut waiting = limits["waiting"].as_array().unwrap().iter();
        let digest = waiting
            .find(|row| row["id"] == *id)
            .map_or(json!("00"), |row| row["digest"].clone());
        let body = json!({"name": name, "password": password, "digest": digest});
        let path = format!("/sics/v1/loosenings/{id}/approve");
        self.by(Method::POST, name, password, &path, body)
    }

    fn set_own(&self, name: &str, current: &str, new: &str) -> RequestBuilder {
        let body = json!({"password": new, "currentPassword": current});
        self.by(Method::PATCH, name, current, &format!("{OPERATORS}/{name}"), body)
    }

    /// mallory asks for it, and it waits; nobody but others may agree.
    async fn waits(&self, what: &str, request: RequestBuilder) -> Value {
        let answer = request.send().await.unwrap();
        let (status, text) = (answer.status().as_u16(), answer.text().await.unwrap());
        assert_eq!(status, 202, "{what}: {text}");
        let waits = serde_json::from_str::<Value>(&text).unwrap()["waits"].clone();
        assert_eq!(waits["state"], "waiting", "{what}: {text}");
        assert!(!text.contains("argon2") && !text.contains(PASSWORD), "{what}: {text}");
        assert_eq!(
            problem(self.agree("mallory", PASSWORD, &waits["id"]).await, 403).await,
            "ownRequest",
            "{what}"
        );
        waits
    }

    /// A wipe that waits: its path, its digest, and the device.
    async fn wipe(&self, name: &str, password: &str) -> (String, Value, String) {
        let ids = self.office.laptops(1).await;
        let mut body = self.office.shop.body("wipe", &refs(&ids), json!({})).await;
        body["expiresAt"] = json!(self.office.shop.rig.shelf.clock.now() + TimeDelta::days(3));
        let receipt = status(self.by(Method::POST, name, password, "/sics/v1/jobs", body), 202).await;
        let path = format!("/sics/v1/jobs/{}", receipt["job"]);
        let shown = status(self.office.get(&self.office.admin, &path), 200).await;
        assert_eq!(shown["approval"], "waiting", "{shown}");
        (path, shown["approvalDigest"].clone(), ids[0].clone())
    }

    fn approve(&self, name: &str, password: &str, (path, digest, _): &(String, Value, String)) -> RequestBuilder {
        let body = json!({"name": name, "password": password, "digest": digest});
        self.by(Method::POST, name, password, &format!("{path}/approve"), body)
    }

    async fn wiped(&self, (_, _, device): &(String, Value, String)) -> u64 {
        self.office.shop.work().await;
        self.office.shop.effects(device, "wipe")
    }

    fn pass(&self, time: TimeDelta) {
        self.office.shop.rig.advance(time);
    }

    /// Kill switch on, and a wish to have it off and to have higher limits: two changes that wait.
    async fn targets(&self) -> [Value; 2] {
        let on = json!({"on": true, "reason": "look first"});
        status(self.mallory(Method::PUT, SWITCH, on), 200).await;
        let off = status(self.mallory(Method::PUT, SWITCH, json!({"on": false})), 202).await;
        let more = status(
            self.mallory(Method::PUT, LIMITS, json!({"limits": {"perJob": 500}})),
            202,
        )
        .await;
        let limits = more["waiting"]
            .as_array()
            .unwrap()
            .iter()
            .find(|row| row["change"]["key"] == "limits.perJob");
        [off["waiting"][0]["id"].clone(), limits.unwrap()["id"].clone()]
    }
}

fn new(name: &str, rights: &[&str]) -> Value {
    json!({"name": name, "kind": "person", "password": PASSWORD, "rights": rights})
}

#[tokio::test]
async fn sec_c1_one_administrator_alone_makes_nobody_who_could_agree() {
    let town = Town::new().await;
    let office = &town.office;
    let store = &office.shop.desk.store;
    // An old account that is disabled, one whose rights hold elsewhere, a role that somebody holds, a server that may wipe.
    office.account("dora", OperatorKind::Person, &["*"], true).await;
    town.set("dora", |change| change.disabled = Some(true)).await;
    let elsewhere = RightScope {
        instances: Some(vec!["IntuneConnector_9".parse().unwrap()]),
        servers: None,
    };
    office
        .account_in(
            "zoe",
            OperatorKind::Person,
            &["Jobs_Approve", "Jobs_Read"],
            true,
            elsewhere,
        )
        .await;
    let role = NewRole {
        name: "helpers".parse().unwrap(),
        rights: vec!["Jobs_Read".parse().unwrap()],
        summary: String::new(),
    };
    store.add_role(role).await.unwrap();
    office
        .account("dave", OperatorKind::Person, &["Devices_Read"], true)
        .await;
    let dave = store.find_operator_by_name("dave").await.unwrap().unwrap();
    store
        .assign_role(dave.id, "helpers".parse().unwrap(), RightScope::default())
        .await
        .unwrap();
    office
        .account("robot", OperatorKind::Server, &["Actions_Wipe", "Jobs_Send"], false)
        .await;
    let of = |name: &str| format!("{OPERATORS}/{name}");
    let post = |path: &str, body| town.mallory(Method::POST, path, body);
    let patch = |name: &str, body| town.mallory(Method::PATCH, &of(name), body);
    let ways = [
        ("a child", post(OPERATORS, new("child", &["*"]))),
        (
            "one who approves",
            post(OPERATORS, new("c1", &["Jobs_Approve", "Jobs_Read"])),
        ),
        (
            "one who wipes",
            post(OPERATORS, new("c2", &["Actions_Wipe", "Jobs_Send"])),
        ),
        (
            "one who makes such accounts",
            post(OPERATORS, new("c3", &["Operators_Manage", "Operators_Read"])),
        ),
        (
            "another's password",
            patch("bob", json!({"password": "now it is mine"})),
        ),
        (
            "rights",
            patch("dave", json!({"rights": ["Jobs_Approve", "Jobs_Read"]})),
        ),
        ("a wider scope", patch("zoe", json!({"scope": {}}))),
        (
            "a role",
            town.mallory(Method::PUT, &format!("{}/roles/administrator", of("dave")), json!({})),
        ),
        (
            "a role that is held",
            town.mallory(
                Method::PATCH,
                "/sics/v1/roles/helpers",
                json!({"rights": ["Jobs_Read", "Jobs_Approve"]}),
            ),
        ),
        ("enabling", patch("dora", json!({"disabled": false}))),
        (
            "a token of a server that wipes",
            post(&format!("{}/tokens", of("robot")), json!({"name": "mine"})),
        ),
    ];
    let mut waiting = Vec::new();
    for (what, request) in ways {
        waiting.push((what, town.waits(what, request).await));
    }
    for name in ["child", "c1", "c2", "c3"] {
        assert_eq!(
            problem(office.get(&office.admin, &of(name)), 404).await,
            "unknown",
            "{name}"
        );
    }
    assert_eq!(
        problem(
            town.by(Method::GET, "bob", "now it is mine", "/sics/v1", json!({})),
            401
        )
        .await,
        "signInFailed"
    );
    assert_eq!(
        problem(town.by(Method::GET, "dora", PASSWORD, "/sics/v1", json!({})), 401).await,
        "signInFailed"
    );
    status(town.by(Method::GET, "bob", PASSWORD, "/sics/v1", json!({})), 200).await;
    // Nobody makes a token for another person, and a token does not become its person.
    let token = post(&format!("{}/tokens", of("bob")), json!({"name": "mine"}));
    assert_eq!(problem(token, 403).await, "notYourToken");
    let own = json!({"password": "by a token", "currentPassword": PASSWORD});
    let by_token = office.send(Method::PATCH, &town.mallory, &of("mallory"), own);
    assert_eq!(problem(by_token, 403).await, "passwordNeeded");
    // A day later it is no different: there are second persons.
    let targets = town.targets().await;
    town.pass(TimeDelta::hours(25));
    for id in waiting.iter().map(|(_, waits)| &waits["id"]).chain(&targets) {
        assert_eq!(
            problem(town.agree("mallory", PASSWORD, id).await, 403).await,
            "ownRequest"
        );
    }
    assert_eq!(waiting[0].1["mayAgree"], json!(["alice", "bob"]));
    let command = waiting[0].1["agreeBy"].as_str().unwrap();
    assert!(command.starts_with("intune-connector limits approve "), "{command}");
    // Everybody who signs in is told.
    let told = status(
        town.by(Method::GET, "bob", PASSWORD, "/sics/v1/notices", json!({})),
        200,
    )
    .await;
    let told = told["waiting"].to_string();
    assert!(
        told.contains("account child is created") && told.contains("bob gets a new password"),
        "{told}"
    );
}

#[tokio::test]
async fn sec_c1_the_last_second_person_is_not_taken_away_alone() {
    let town = Town::new().await;
    town.set("alice", |change| change.disabled = Some(true)).await;
    let bob = format!("{OPERATORS}/bob");
    let elsewhere = json!({"scope": {"instances": ["IntuneConnector_9"]}});
    let ways = [
        ("disabled", town.mallory(Method::PATCH, &bob, json!({"disabled": true}))),
        ("removed", town.mallory(Method::DELETE, &bob, json!({}))),
        ("narrowed", town.mallory(Method::PATCH, &bob, elsewhere)),
        (
            "without rights",
            town.mallory(Method::PATCH, &bob, json!({"rights": ["Jobs_Read"]})),
        ),
    ];
    for (what, request) in ways {
        town.waits(what, request).await;
    }
    let wipe = town.wipe("mallory", PASSWORD).await;
    let [off, limits] = town.targets().await;
    town.pass(TimeDelta::hours(25));
    assert_eq!(
        problem(town.approve("mallory", PASSWORD, &wipe), 403).await,
        "ownRequest"
    );
    for id in [&off, &limits] {
        assert_eq!(
            problem(town.agree("mallory", PASSWORD, id).await, 403).await,
            "ownRequest"
        );
    }
    // Where somebody else is left, tightening works at once; added again, it is a new account with power, and waits.
    town.set("alice", |change| change.disabled = Some(false)).await;
    status(town.mallory(Method::DELETE, &bob, json!({})), 204).await;
    town.waits(
        "added again",
        town.mallory(Method::POST, OPERATORS, new("bob", &["Jobs_*"])),
    )
    .await;
    assert_eq!(town.wiped(&wipe).await, 0);
}

#[tokio::test]
async fn sec_c1_what_one_person_made_while_nobody_was_there_to_ask_is_that_one_person() {
    let town = Town::alone().await;
    // The bus is in its first hour and its only person has nobody to ask: it works, and everything is tied.
    let add = |name: &'static str, by: &'static str, password: &'static str| {
        town.by(Method::POST, by, password, OPERATORS, new(name, &["*"]))
    };
    status(add("b1", "mallory", PASSWORD), 201).await;
    let first = town.by(Method::GET, "b1", PASSWORD, "/sics/v1/devices", json!({}));
    assert_eq!(problem(first, 403).await, "passwordChangeNeeded");
    status(town.by(Method::GET, "b1", PASSWORD, "/sics/v1", json!({})), 200).await;
    let bare = town.by(
        Method::PATCH,
        "b1",
        PASSWORD,
        &format!("{OPERATORS}/b1"),
        json!({"password": OWN}),
    );
    assert_eq!(problem(bare, 403).await, "currentPasswordNeeded");
    let wipe = town.wipe("mallory", PASSWORD).await;
    assert_eq!(
        problem(town.approve("b1", PASSWORD, &wipe), 403).await,
        "passwordChangeNeeded"
    );
    status(town.set_own("b1", PASSWORD, OWN), 200).await;
    status(town.by(Method::GET, "b1", OWN, "/sics/v1/devices", json!({})), 200).await;
    // A grandchild, a sibling, a second password, one removed and added again.
    status(add("b2", "b1", OWN), 201).await;
    status(add("b3", "mallory", PASSWORD), 201).await;
    status(town.mallory(Method::DELETE, &format!("{OPERATORS}/b3"), json!({})), 204).await;
    status(add("b3", "b2", PASSWORD), 403).await;
    status(town.set_own("b2", PASSWORD, OWN), 200).await;
    status(add("b3", "b2", OWN), 201).await;
    status(town.set_own("b3", PASSWORD, OWN), 200).await;
    let reset = town.mallory(Method::PATCH, &format!("{OPERATORS}/b3"), json!({"password": PASSWORD}));
    status(reset, 200).await;
    status(town.set_own("b3", PASSWORD, OWN), 200).await;
    let by_child = town.wipe("b2", OWN).await;
    let targets = town.targets().await;
    for name in ["b1", "b2", "b3"] {
        assert_eq!(problem(town.approve(name, OWN, &wipe), 403).await, "tooEarly", "{name}");
        for id in &targets {
            assert_eq!(
                problem(town.agree(name, OWN, id).await, 403).await,
                "tooEarly",
                "{name}"
            );
        }
    }
    for name in ["b1", "b3"] {
        assert_eq!(
            problem(town.approve(name, OWN, &by_child), 403).await,
            "tooEarly",
            "{name}"
        );
    }
    assert_eq!(town.wiped(&wipe).await + town.wiped(&by_child).await, 0);
    // The first hour is over: it waits its day, and everybody is told meanwhile.
    town.pass(TimeDelta::hours(1));
    let later = status(add("b4", "mallory", PASSWORD), 202).await["waits"].clone();
    assert_eq!(later["mayAgree"], json!([]));
    assert_eq!(
        problem(town.agree("b1", OWN, &later["id"]).await, 403).await,
        "tooEarly"
    );
    town.pass(TimeDelta::hours(24));
    assert_eq!(
        status(town.agree("mallory", PASSWORD, &later["id"]).await, 200).await["state"],
        "approved"
    );
    status(town.set_own("b4", PASSWORD, OWN), 200).await;
    status(town.agree("mallory", PASSWORD, &targets[0]).await, 200).await;
    let again = town.wipe("mallory", PASSWORD).await;
    assert_eq!(
        problem(town.approve("b4", OWN, &again), 403).await,
        "tooEarly",
        "agreed to by nobody else"
    );
}

#[tokio::test]
async fn a9_what_a_second_person_agreed_to_ties_nobody_and_is_made_as_it_was_shown() {
    let town = Town::new().await;
    let carol = town
        .waits("carol", town.mallory(Method::POST, OPERATORS, new("carol", &["*"])))
        .await;
    assert_eq!(
        status(town.agree("bob", PASSWORD, &carol["id"]).await, 200).await["state"],
        "approved"
    );
    let wipe = town.wipe("mallory", PASSWORD).await;
    assert_eq!(
        problem(town.approve("carol", PASSWORD, &wipe), 403).await,
        "passwordChangeNeeded"
    );
    status(town.set_own("carol", PASSWORD, OWN), 200).await;
    let approved = status(town.approve("carol", OWN, &wipe), 200).await;
    assert_eq!(approved["approval"], "approved");
    assert_eq!(town.wiped(&wipe).await, 1, "two persons can");
    // What changed since it was shown is not made.
    town.office
        .account("dave", OperatorKind::Person, &["Devices_Read"], true)
        .await;
    let dave = format!("{OPERATORS}/dave");
    let role = town
        .waits(
            "a role",
            town.mallory(Method::PUT, &format!("{dave}/roles/approver"), json!({})),
        )
        .await;
    status(
        town.mallory(Method::PATCH, &dave, json!({"rights": ["Scans_Read"]})),
        200,
    )
    .await;
    assert_eq!(
        problem(town.agree("bob", PASSWORD, &role["id"]).await, 409).await,
        "stale"
    );
    // A reset password: agreed to, it holds, and its owner sets another before anything.
    let reset = town.mallory(
        Method::PATCH,
        &format!("{OPERATORS}/carol"),
        json!({"password": "for the time being"}),
    );
    let reset = town.waits("a password", reset).await;
    status(town.agree("bob", PASSWORD, &reset["id"]).await, 200).await;
    assert_eq!(
        problem(town.by(Method::GET, "carol", OWN, "/sics/v1", json!({})), 401).await,
        "signInFailed"
    );
    status(town.set_own("carol", "for the time being", OWN), 200).await;
    let trail = town.office.trail().await.join("\n");
    for action in ["mallory loosening.asked", "bob loosening.approved"] {
        assert!(trail.contains(action), "{trail}");
    }
    assert!(!trail.contains("argon2") && !trail.contains("for the time being"));
}

#[tokio::test]
async fn a9_an_account_without_power_is_changed_at_once_and_tied() {
    let town = Town::new().await;
    let helper = |rights: &[&str]| new("helper", rights);
    status(
        town.mallory(
            Method::POST,
            OPERATORS,
            helper(&["Jobs_Send", "Jobs_Read", "Limits_Change", "Limits_Read"]),
        ),
        201,
    )
    .await;
    status(town.set_own("helper", PASSWORD, OWN), 200).await;
    let asked = town.by(Method::PUT, "helper", OWN, LIMITS, json!({"limits": {"perJob": 500}}));
    let id = status(asked, 202).await["waiting"][0]["id"].clone();
    assert_eq!(
        problem(town.agree("mallory", PASSWORD, &id).await, 403).await,
        "relatedAccounts"
    );
    status(town.agree("bob", PASSWORD, &id).await, 200).await;
    // Another person who asks for the same has a request of their own: nothing gets stuck in another's.
    let ask = |name: &'static str, password: &'static str| {
        town.by(Method::PUT, name, password, LIMITS, json!({"limits": {"perHour": 400}}))
    };
    let first = status(ask("helper", OWN), 202).await["waiting"]
        .as_array()
        .unwrap()
        .len();
    let second = status(ask("mallory", PASSWORD), 202).await["waiting"]
        .as_array()
        .unwrap()
        .len();
    assert_eq!((first, second), (1, 2));
}

#[tokio::test]
async fn a9_ties_end_after_seven_days_and_a_reset_password_a_day_after_it_was_renewed() {
    let town = Town::alone().await;
    status(town.mallory(Method::POST, OPERATORS, new("b1", &["*"])), 201).await;
    town.pass(TimeDelta::days(8));
    let wipe = town.wipe("mallory", PASSWORD).await;
    assert_eq!(
        problem(town.approve("b1", PASSWORD, &wipe), 403).await,
        "passwordChangeNeeded"
    );
    status(town.set_own("b1", PASSWORD, OWN), 200).await;
    assert_eq!(
        problem(town.approve("b1", OWN, &wipe), 403).await,
        "tooEarly",
        "who set it may have been at it"
    );
    town.pass(TimeDelta::hours(23));
    let later = town.wipe("mallory", PASSWORD).await;
    assert_eq!(problem(town.approve("b1", OWN, &later), 403).await, "tooEarly");
    town.pass(TimeDelta::hours(1));
    status(town.approve("b1", OWN, &later), 200).await;
}

#[tokio::test]
async fn sec_l3_a_new_password_voids_tokens_and_ends_what_is_open() {
    let town = Town::new().await;
    let office = &town.office;
    let acmp = format!("{OPERATORS}/acmp");
    let url = format!("http://{}/sics/v1/servers/cmdb/changes", office.address);
    let open = office
        .http
        .get(url)
        .basic_auth("acmp", Some(PASSWORD))
        .header("accept", "text/event-stream");
    let mut stream = open.send().await.unwrap();
    assert_eq!(stream.status(), 200);
    // The account of this server may wipe: a second person agrees to its new password.
    let reset = town.mallory(Method::PATCH, &acmp, json!({"password": "another one of a server"}));
    let reset = town.waits("the password of a server that may wipe", reset).await;
    status(office.get(&office.acmp, "/sics/v1"), 200).await;
    status(town.agree("bob", PASSWORD, &reset["id"]).await, 200).await;
    assert_eq!(
        problem(office.get(&office.acmp, "/sics/v1"), 401).await,
        "signInFailed",
        "its tokens are void"
    );
    let ends = async { while stream.chunk().await.unwrap().is_some() {} };
    tokio::time::timeout(Duration::from_secs(60), ends)
        .await
        .expect("the stream ends");
    let old = town.by(Method::GET, "acmp", PASSWORD, "/sics/v1", json!({}));
    assert_eq!(problem(old, 401).await, "signInFailed", "no password is remembered");
}

#[test]
fn a9_every_operation_that_changes_something_says_whether_it_loosens() {
    let mut seen = 0;
    for route in describe_routes() {
        let changes = route.operation.method != Method::GET;
        assert_eq!(
            route.relaxation_rule.is_some(),
            changes,
            "{} {} ({})",
            route.operation.method,
            route.operation.path,
            route.operation.name
        );
        seen += usize::from(changes);
    }
    assert!(seen > 50, "{seen}");
}
