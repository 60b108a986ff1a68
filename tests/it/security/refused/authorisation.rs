//! Ways around a right or a scope that lead nowhere.

use intune_connector::model::{Right, RightScope, SYSTEM_ROLES};
use intune_connector::sics::{AccessRule, describe_routes};
use reqwest::Method;
use serde_json::json;

use super::wire::Wire;
use crate::sics::bus::{Bus, problem, status};

fn filled(path: &str, bus: &Bus) -> String {
    path.replace("{instance}", bus.shelf.instance.name.as_str())
        .replace("{server}", "cmdb")
        .replace("{operator}", "admin")
        .replace("{product}", "intune-connector")
        .replace("{id}", "7809c88c-0000-4000-8000-000000000001")
        .replace("{token}", "1")
        .replace(['{', '}'], "")
}

/// Each role of the system at each route: what the role does not have, it does not get.
#[tokio::test]
async fn no_role_gets_beyond_its_rights() {
    let bus = Bus::new().await;
    bus.server("cmdb").await;
    let mut refused = 0;
    for role in SYSTEM_ROLES.iter().filter(|role| role.name != "administrator") {
        let token = bus.operator(role.name, role.rights, RightScope::default()).await;
        let rights: Vec<Right> = role.rights.iter().map(|right| right.parse().unwrap()).collect();
        let has = |wanted: &str| rights.iter().any(|right| right.covers(wanted));
        for route in describe_routes() {
            let needed = match route.access_rule {
                AccessRule::Open | AccessRule::SignedIn | AccessRule::Person(_) => continue,
                AccessRule::Right(right) | AccessRule::Own(right) | AccessRule::SelfOr(right) => vec![right],
                AccessRule::OwnOr { own, any } => vec![own, any],
                AccessRule::OneOf(rights) => rights.to_vec(),
            };
            if needed.iter().any(|right| has(right)) {
                continue;
            }
            let asked = bus.send(
                route.operation.method.clone(),
                &token,
                &filled(route.operation.path, &bus),
                json!({}),
            );
            assert_eq!(
                problem(asked, 403).await,
                "missingRight",
                "{} {} {}",
                role.name,
                route.operation.method,
                route.operation.path
            );
            refused += 1;
        }
    }
    assert!(refused > 200, "{refused}");
}

/// The same route under another spelling, or another method than the one that counts.
#[tokio::test]
async fn no_other_spelling_of_a_path_or_method_gets_around_the_guard() {
    let bus = Bus::new().await;
    bus.server("cmdb").await;
    let none = bus.operator("none", &[], RightScope::default()).await;
    let wire = Wire::of(&bus);
    let spellings = [
        "/sics/v1/instances/",
        "//sics/v1/instances",
        "/sics//v1/instances",
        "/sics/v1//instances",
        "/sics/v1/./instances",
        "/sics/v1/x/../instances",
        "/healthz/../sics/v1/instances",
        "/sics/v1/%2e/instances",
        "/healthz/%2e%2e/sics/v1/instances",
        "/sics/v1/instances;x=1",
        "/healthz;/../sics/v1/instances",
        "/SICS/V1/INSTANCES",
        "/sics/v1/Instances",
        "/sics/v1/%69nstances",
        "/sics/v1/instances%2f",
        "/sics/v1/instances%00",
        "/sics/v1/instances%0d%0a",
        "/sics/v1\\instances",
        "/sics/v1/instances#x",
        "/sics/v1/instances?",
        "http://127.0.0.1/sics/v1/instances",
        "/healthz?/sics/v1/instances",
        "*",
    ];
    for path in spellings {
        for who in ["", &none] {
            let (status, text) = wire.get(path, who).await;
            let open = path.starts_with("/healthz?");
            let shut = matches!(status, 400 | 401 | 403 | 404 | 405);
            assert!(
                (shut || open) && !text.contains("IntuneConnector"),
                "{path}: {status} {text}"
            );
        }
    }
    let overriding = [
        "x-http-method-override",
        "x-method-override",
        "x-http-method",
        "x-original-method",
    ];
    for header in overriding {
        let asked = bus
            .post(&bus.acmp, "/sics/v1/servers/cmdb", json!({}))
            .header(header, "DELETE");
        assert_eq!(problem(asked, 405).await, "wrongMethod", "{header}");
        let asked = bus
            .get(&bus.acmp, "/sics/v1/servers/cmdb?_method=DELETE")
            .header(header, "DELETE");
        let answer = asked.send().await.unwrap();
        assert!(matches!(answer.status().as_u16(), 200 | 400), "{header}");
    }
    for header in ["x-original-url", "x-rewrite-url"] {
        let asked = bus
            .open_request(Method::GET, "/healthz")
            .header(header, "/sics/v1/instances");
        assert_eq!(status(asked, 200).await, json!({"alive": true}), "{header}");
    }
    for (token, expected) in [("", 401), (none.as_str(), 403)] {
        let head = bus.open_request(Method::HEAD, "/sics/v1/instances");
        let head = if token.is_empty() {
            head
        } else {
            head.bearer_auth(token)
        };
        assert_eq!(head.send().await.unwrap().status(), expected);
    }
    status(bus.get(&bus.acmp, "/sics/v1/servers/cmdb"), 200).await;
}

#[tokio::test]
async fn a_name_in_another_case_is_another_name() {
    let bus = Bus::new().await;
    bus.server("cmdb").await;
    let name = bus.shelf.instance.name.clone();
    let scope = RightScope {
        instances: Some(vec!["IntuneConnector_99".parse().unwrap()]),
        servers: Some(Vec::new()),
    };
    let limited = bus.operator("limited", &["*"], scope).await;
    let all = bus.operator("all", &["*"], RightScope::default()).await;
    let (upper, lower) = (name.as_str().to_uppercase(), name.as_str().to_lowercase());
    for other in [&upper, &lower] {
        for path in [
            format!("/sics/v1/instances/{other}"),
            format!("/sics/v1/instances/{other}/brake"),
        ] {
            assert_eq!(problem(bus.get(&limited, &path), 403).await, "outOfScope", "{path}");
            assert_eq!(bus.get(&all, &path).send().await.unwrap().status(), 404, "{path}");
        }
        let asked = bus.get(&limited, &format!("/sics/v1/devices?instance={other}"));
        assert_eq!(problem(asked, 403).await, "outOfScope", "{other}");
    }
    assert_eq!(
        problem(bus.get(&limited, "/sics/v1/servers/CMDB"), 403).await,
        "outOfScope"
    );
    // Neither does a scope reach what is written otherwise.
    let shouted = RightScope {
        instances: Some(vec![upper.parse().unwrap()]),
        servers: None,
    };
    let shouting = bus.operator("shouting", &["*"], shouted).await;
    let path = format!("/sics/v1/instances/{name}");
    assert_eq!(problem(bus.get(&shouting, &path), 403).await, "outOfScope");
}
