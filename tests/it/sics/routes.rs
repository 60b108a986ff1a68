//! The walk over the table of routes.

use std::collections::BTreeSet;

use intune_connector::model::{ActionKind, RIGHTS, RightScope};
use intune_connector::sics::{AccessRule, AccessScope, describe_routes};
use reqwest::Method;
use serde_json::{Value, json};

use super::bus::{Bus, problem, status};

const METHODS: [Method; 5] = [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];

/// A path in which something stands for each name.
fn filled(path: &str, bus: &Bus) -> String {
    path.replace("{instance}", bus.shelf.instance.name.as_str())
        .replace("{server}", "cmdb")
        .replace("{operator}", "nobody")
        .replace("{token}", "1")
        .replace("{task}", "1")
        .replace("{product}", "intune-connector")
        .replace("{action}", "verify")
        .replace("{registration}", "5d4b1f4e-3a52-4a4b-9c8e-2f1f7c2f0d11")
        .replace("{id}", "7809c88c-0000-4000-8000-000000000001")
}

#[tokio::test]
async fn nothing_but_health_and_the_document_is_open_and_every_route_is_in_the_table() {
    let bus = Bus::new().await;
    let table = describe_routes();
    let paths: BTreeSet<&str> = table.iter().map(|row| row.operation.path).collect();
    assert!(paths.len() > 20);
    for path in paths {
        for method in METHODS {
            let row = table
                .iter()
                .find(|row| row.operation.path == path && row.operation.method == method);
            let response = bus
                .open_request(method.clone(), &filled(path, &bus))
                .send()
                .await
                .unwrap();
            let expected = match row.map(|row| (row.access_rule, row.operation.request.is_some())) {
                None => 405,
                Some((AccessRule::Open, false)) => 200,
                // What begins a session wants to know for whom.
                Some((AccessRule::Open, true)) => 415,
                Some(_) => 401,
            };
            assert_eq!(response.status(), expected, "{method} {path}");
        }
    }
    let open: Vec<&str> = table
        .iter()
        .filter(|row| row.access_rule == AccessRule::Open)
        .map(|row| row.operation.name)
        .collect();
    assert_eq!(
        open,
        [
            "alive",
            "ready",
            "openapi",
            "begin_session",
            "redeem_sign_in_link",
            "show_setup",
            "set_up_bus"
        ]
    );
}

/// The router is made of the table alone: `.route(` stands once in the room, and once for the separate metrics port.
#[test]
fn no_route_is_added_beside_the_table() {
    let mut found = Vec::new();
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/sics");
    let mut files: Vec<_> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|file| file.unwrap().path())
        .collect();
    while let Some(file) = files.pop() {
        if file.is_dir() {
            files.extend(std::fs::read_dir(&file).unwrap().map(|file| file.unwrap().path()));
        } else if !file.to_string_lossy().ends_with("_tests.rs") {
            let text = std::fs::read_to_string(&file).unwrap();
            for way in [".route(", ".nest(", ".merge(", ".route_service(", ".nest_service("] {
                let times = text.matches(way).count();
                found.extend((0..times).map(|_| format!("{} {way}", file.strip_prefix(&folder).unwrap().display())));
            }
        }
    }
    found.sort();
    assert_eq!(found, ["routes/mod.rs .route(", "routes/mod.rs .route("]);
}

#[tokio::test]
async fn every_route_refuses_an_operator_without_its_right_and_one_out_of_scope() {
    let bus = Bus::new().await;
    bus.server("cmdb").await;
    let none = bus.operator("nobody2", &[], RightScope::default()).await;
    let elsewhere = RightScope {
        instances: Some(vec!["IntuneConnector_99".parse().unwrap()]),
        servers: Some(vec!["other".parse().unwrap()]),
    };
    let limited = bus.operator("limited", &["*"], elsewhere).await;
    for row in describe_routes() {
        let path = filled(row.operation.path, &bus);
        let ask = |token: &str| bus.send(row.operation.method.clone(), token, &path, json!({}));
        match row.access_rule {
            // Who approves is named in the body: jobs.rs.
            AccessRule::Open | AccessRule::SignedIn | AccessRule::Person(_) => continue,
            AccessRule::OneOf(_)
            | AccessRule::Right(_)
            | AccessRule::Own(_)
            | AccessRule::OwnOr { .. }
            | AccessRule::SelfOr(_) => {
                assert_eq!(
                    problem(ask(&none), 403).await,
                    "missingRight",
                    "{} {path}",
                    row.operation.method
                );
            }
        }
        if !matches!(row.access_scope, AccessScope::Everywhere | AccessScope::Filtered) {
            assert_eq!(
                problem(ask(&limited), 403).await,
                "outOfScope",
                "{} {path}",
                row.operation.method
            );
        }
    }
}

/// Asked by a handler, as what a body says decides whether they are needed: whether a job is urgent, which way the kill
/// switch goes.
const ASKED_BY_HANDLERS: [&str; 2] = ["Jobs_Urgent", "KillSwitch_Set"];
#[test]
fn the_table_asks_only_for_rights_that_exist_and_uses_all_of_them() {
    let mut used = BTreeSet::new();
    for row in describe_routes() {
        match row.access_rule {
            AccessRule::Open | AccessRule::SignedIn => {}
            AccessRule::Right(right) | AccessRule::Own(right) | AccessRule::SelfOr(right) => _ = used.insert(right),
            AccessRule::Person(right) => _ = used.insert(right),
            AccessRule::OwnOr { own, any } => used.extend([own, any]),
            AccessRule::OneOf(rights) => used.extend(rights),
        }
    }
    // What a job may do is asked by the guard, per verb, not by a route.
    used.extend(ActionKind::ALL.iter().map(|verb| verb.required_right()));
    used.extend(ASKED_BY_HANDLERS);
    let known: BTreeSet<&str> = RIGHTS.iter().map(|(name, _)| *name).collect();
    assert_eq!(used, known);
}

/// What has `{instance}` or `{server}` in its path is about that one: the scope must be asked.
#[test]
fn a_route_with_a_name_in_its_path_asks_whether_the_scope_reaches_it() {
    for row in describe_routes() {
        let expected = match row.operation.path {
            path if path.contains("{instance}") => AccessScope::Instance,
            path if path.contains("{server}") => AccessScope::Server,
            _ => continue,
        };
        assert_eq!(row.access_scope, expected, "{}", row.operation.path);
    }
}

#[tokio::test]
async fn the_connection_test_says_who_what_where_and_when() {
    let bus = Bus::new().await;
    bus.server("cmdb").await;
    let seen = status(bus.get(&bus.acmp, "/sics/v1"), 200).await;
    assert_eq!(seen["operator"], "acmp");
    assert_eq!(seen["rights"], json!(["Changes_Read", "Servers_Announce"]));
    assert_eq!(seen["instances"], json!([bus.shelf.instance.name]));
    assert_eq!(seen["servers"], json!(["cmdb"]));
    assert_eq!(seen["signedInBy"], "token");
    assert!(seen["clock"].as_str().unwrap().starts_with("2026-"));
    let document: Value = status(bus.open_request(Method::GET, "/sics/v1/openapi.json"), 200).await;
    assert_eq!(document["openapi"], "3.1.0");
}
