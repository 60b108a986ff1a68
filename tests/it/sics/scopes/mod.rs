//! Somebody whose rights hold at the first instance walks over every route with what belongs to the second, and finds
//! nothing: no answer has a name of theirs in it, what is theirs is answered as what does not exist, and nothing of
//! theirs has changed when he is done. The administrator asks the same, so that there is something to be found.

pub mod asks;
pub mod town;

use std::collections::BTreeSet;

use intune_connector::sics::{RouteDescription, describe_routes};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use asks::{Ask, Asks};
use town::{Ids, THEIRS, Town};

/// Asked without sign-in, so it tells the same to the whole world: names of instances, and whether each is well.
const OPEN: &str = "ready";
/// Where a right elsewhere, whichever it is, is enough: who he is and where, any person's kill switch; and its own routes.
const BY_ANY_RIGHT: [&str; 4] = ["test_connection", "set_kill_switch", "confirm_gone", "confirm_complete"];

/// One who walks.
struct Walk<'a> {
    town: &'a Town,
    token: &'a str,
    found: Vec<String>,
}

impl Walk<'_> {
    async fn route(&mut self, route: &RouteDescription) {
        match asks::of(route.operation.name) {
            Asks::Named(named) => self.named(route, named).await,
            Asks::Told(told) => {
                for ask in told {
                    self.told(route, ask).await;
                }
            }
            Asks::Refused(body) => {
                let path = self.filled(route.operation.path, &self.town.theirs);
                let (status, text) = self.ask(route, &(path.clone(), body)).await;
                if status != StatusCode::FORBIDDEN {
                    self.found.push(format!(
                        "{} {path}: not refused: {status} {text}",
                        route.operation.method
                    ));
                }
                self.silent(route, &path, &self.without(&text, &self.town.theirs));
            }
            Asks::Common(body) => {
                let path = self.filled(route.operation.path, &self.town.theirs);
                let (status, text) = self.ask(route, &(path.clone(), body)).await;
                assert_ne!(status, StatusCode::FORBIDDEN, "{path}: {text}");
                self.silent(route, &path, &text);
            }
        }
    }

    /// Theirs and nobody's are answered alike, but for the names that the question brought.
    async fn named(&mut self, route: &RouteDescription, named: fn(&Ids) -> Vec<Ask>) {
        let (theirs, nobodys) = (named(&self.town.theirs), named(&Ids::nobodys()));
        assert!(
            fits(route.operation.path, &theirs[0].0),
            "{} is not {}",
            theirs[0].0,
            route.operation.path
        );
        for (theirs, nobodys) in theirs.iter().zip(&nobodys) {
            let (status, text) = self.ask(route, theirs).await;
            let (other, absent) = self.ask(route, nobodys).await;
            let text = self.without(&text, &self.town.theirs);
            let absent = self.without(&absent, &Ids::nobodys());
            if (status, &text) != (other, &absent) {
                let (method, path) = (&route.operation.method, &theirs.0);
                let line =
                    format!("{method} {path} tells theirs from nobody's:\n  {status} {text}\n  {other} {absent}");
                self.found.push(line);
            }
            if status.is_success() {
                self.found
                    .push(format!("{} {}: {status} {text}", route.operation.method, theirs.0));
            }
            self.silent(route, &theirs.0, &text);
        }
        if route.operation.method == Method::GET
            && !route.operation.path.contains("secrets")
            && !OF_OWNERS.contains(&route.operation.name)
        {
            let (status, text) = self.town.as_administrator(&Method::GET, &theirs[0].0, json!({})).await;
            if !status.is_success() {
                self.found
                    .push(format!("{}: there is nothing to be found: {text}", theirs[0].0));
            }
        }
    }

    async fn told(&mut self, route: &RouteDescription, ask: Ask) {
        let (status, text) = self.ask(route, &ask).await;
        if !status.is_success() {
            self.found
                .push(format!("{} {}: {status} {text}", route.operation.method, ask.0));
        }
        self.silent(route, &ask.0, &text);
        let (_, all) = self.town.as_administrator(&route.operation.method, &ask.0, ask.1).await;
        if self.heard(&all).is_none() {
            self.found
                .push(format!("{}: there is nothing to be found: {all}", ask.0));
        }
    }

    async fn ask(&self, route: &RouteDescription, (path, body): &Ask) -> (StatusCode, String) {
        self.town
            .ask(self.token, &route.operation.method, path, body.clone())
            .await
    }

    fn silent(&mut self, route: &RouteDescription, path: &str, text: &str) {
        if let Some(word) = self.heard(text) {
            self.found
                .push(format!("{} {path} says {word}: {text}", route.operation.method));
        }
    }

    fn heard(&self, text: &str) -> Option<&String> {
        self.town.words.iter().find(|word| text.contains(word.as_str()))
    }

    fn filled(&self, path: &str, ids: &Ids) -> String {
        path.replace("{operator}", &ids.operator)
            .replace("{server}", &ids.server)
            .replace("{instance}", &ids.instance)
            .replace("{token}", &ids.token.to_string())
            .replace("{role}", &ids.role)
            .replace("{product}", "intune-connector")
            .replace("{action}", "verify")
            .replace("{registration}", "5d4b1f4e-3a52-4a4b-9c8e-2f1f7c2f0d11")
            .replace("{key}", "00")
    }

    /// Without the names that the question had in it.
    fn without(&self, text: &str, ids: &Ids) -> String {
        let mut text = text.to_owned();
        for name in ids.texts() {
            text = text.replace(name, "#");
        }
        for number in ids.numbers() {
            text = text.replace(&format!(" {number} "), " # ");
        }
        text
    }
}

/// What the administrator can't look at: only the server's own account may, or it takes more than a look, or somebody has to
/// begin it.
const OF_OWNERS: [&str; 4] = ["read_changes", "read_results", "check_compliance", "show_renewal"];

/// Whether a path is one of this route.
fn fits(route: &str, path: &str) -> bool {
    let path = path.split('?').next().unwrap_or_default();
    let (route, path): (Vec<&str>, Vec<&str>) = (route.split('/').collect(), path.split('/').collect());
    let alike = |(known, given): (&&str, &&str)| known.starts_with('{') || known == given;
    route.len() == path.len() && route.iter().zip(&path).all(alike)
}

/// What is theirs, as the administrator sees it, but for what moves by itself: jobs go on while the walk does.
async fn state(town: &Town) -> Value {
    let picked = async |path: String, list: &str, keys: &[&str]| -> Value {
        let told = town.whole.get(&path).await;
        let rows = told[list].as_array().unwrap_or_else(|| panic!("{path}: {told}")).iter();
        let pick = |row: &Value| {
            keys.iter()
                .map(|key| row.pointer(key).cloned().unwrap_or_default())
                .collect()
        };
        rows.map(|row| Value::Array(pick(row))).collect()
    };
    let of_theirs = |path: &str| format!("/sics/v1/{path}?instance={THEIRS}");
    let switch = town.whole.get("/sics/v1/killswitch").await;
    let server = town.whole.get("/sics/v1/servers/fabrikam-desk").await;
    let instance = town.whole.get(&format!("/sics/v1/instances/{THEIRS}")).await;
    let mut operators = town.whole.get("/sics/v1/operators").await;
    for operator in operators["operators"].as_array_mut().unwrap() {
        // It moves by asking.
        operator["lastSignInAt"].take();
    }
    json!({
        "operators": operators,
        "limits": town.whole.get("/sics/v1/limits").await,
        "killSwitch": [switch["on"], switch["waiting"]],
        "installations": town.whole.get("/sics/v1/installations").await,
        "jobs": picked(of_theirs("jobs"), "jobs", &["/job", "/approval", "/decidedBy", "/states/cancelled"]).await,
        "workflows": picked(of_theirs("workflows"), "workflows", &["/name", "/state", "/enabledBy"]).await,
        "runs": picked(of_theirs("runs"), "runs", &["/run", "/cancelledBy"]).await,
        "scans": picked(of_theirs("scans"), "scans", &["/scan/id", "/scan/kind"]).await,
        "server": [server["sendsJobs"], server["accepted"], server["owner"], server["instances"][0]["phase"]],
        "instance": [instance["settings"], instance["members"]],
    })
}

#[tokio::test]
async fn every_route_asked_by_an_operator_of_one_instance_with_ids_of_another_finds_nothing() {
    let mut town = Town::new().await;
    let before = state(&town).await;
    let walkers = [
        (&town.one, [].as_slice()),
        (&town.one_with_cmdb, &[]),
        // The rights of one grant do not hold in the scope of another.
        (&town.mixed, &BY_ANY_RIGHT),
    ];
    for (token, left_out) in walkers {
        let mut walk = Walk {
            town: &town,
            token,
            found: Vec::new(),
        };
        let mut seen = BTreeSet::new();
        let asked =
            |route: &&RouteDescription| route.operation.name != OPEN && !left_out.contains(&route.operation.name);
        for route in describe_routes().iter().filter(asked) {
            walk.route(route).await;
            assert!(
                seen.insert(route.operation.name),
                "{} stands twice in the table",
                route.operation.name
            );
        }
        assert!(
            walk.found.is_empty(),
            "{} leaks:\n{}",
            walk.found.len(),
            walk.found.join("\n")
        );
    }
    assert_eq!(state(&town).await, before, "nothing of theirs has changed");
    town.whole.stop().await;
    town.other.stop().await;
}

#[tokio::test]
async fn sec_m10_what_is_open_to_the_world_tells_no_name() {
    let town = Town::new().await;
    let (_, text) = town.ask("", &Method::GET, "/readyz", json!({})).await;
    let told: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        (&told["ready"], &told["instances"]),
        (&json!(true), &json!([])),
        "{text}"
    );
    let heard: Vec<&String> = town.words.iter().filter(|word| text.contains(word.as_str())).collect();
    assert!(heard.is_empty(), "{heard:?}");
}
