//! What is sent in: depth, size, nesting, names that lead elsewhere, lines that would become settings.

use intune_connector::sics::describe_routes;
use reqwest::Method;
use serde_json::{Value, json};

use super::wire::Wire;
use crate::sics::bus::{Bus, problem, status};
use crate::whole::{INSTANCE, Whole};

#[tokio::test]
async fn json_without_measure_is_refused_and_the_bus_goes_on() {
    let bus = Bus::new().await;
    bus.server("cmdb").await;
    let deep = |open: &str, close: &str| format!("{}{}", open.repeat(100_000), close.repeat(100_000));
    let bodies = [
        ("deep lists", deep("[", "]"), 400),
        (
            "deep objects",
            format!("{}1{}", "{\"a\":".repeat(100_000), "}".repeat(100_000)),
            400,
        ),
        (
            "a deep value",
            format!("{{\"displayName\":\"x\",\"accepts\":{}}}", deep("[", "]")),
            400,
        ),
        (
            "1.1 MB",
            format!("{{\"displayName\":\"{}\"}}", "x".repeat(1_100_000)),
            413,
        ),
        (
            "a number without end",
            format!("{{\"displayName\":{}}}", "9".repeat(100_000)),
            400,
        ),
        ("no UTF-8", "{\"displayName\":\"\\ud800\"}".to_owned(), 400),
    ];
    for (what, body, expected) in bodies {
        let asked = bus
            .open_request(Method::PUT, "/sics/v1/servers/cmdb")
            .bearer_auth(&bus.acmp);
        let answer = asked
            .header("content-type", "application/json")
            .body(body)
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), expected, "{what}");
    }
    status(bus.get(&bus.acmp, "/sics/v1/servers/cmdb"), 200).await;
}

#[tokio::test]
async fn conditions_without_measure_are_refused_and_the_bus_goes_on() {
    let bus = Bus::new().await;
    bus.server("cmdb").await;
    let nested = |times: usize| format!("{}true{}", "(".repeat(times), ")".repeat(times));
    let conditions = [
        ("brackets", nested(5_000)),
        (
            "200,000 characters",
            format!("device.deviceName == '{}'", "x".repeat(200_000)),
        ),
        ("ternaries", format!("{}true", "true ? true : ".repeat(500))),
        ("lists", format!("{}{}", "[".repeat(2_000), "]".repeat(2_000))),
        ("brackets behind raw text", format!("r'\\' == '' || {}", nested(2_000))),
        (
            "brackets behind a triple quote",
            format!("'''a'b''' == '' || {}", nested(2_000)),
        ),
        ("brackets behind a comment", format!("true // '\n && {}", nested(2_000))),
        ("no condition", "device.".to_owned()),
        (
            "a macro over a macro",
            format!("{}true{}", "[1].all(x, ".repeat(200), ")".repeat(200)),
        ),
    ];
    for (what, condition) in conditions {
        let limited = bus.send(
            Method::PATCH,
            &bus.admin,
            "/sics/v1/servers/cmdb?confirm=0",
            json!({"filter": condition}),
        );
        let answer = limited.send().await.unwrap();
        assert!(answer.status().is_client_error(), "{what}: {}", answer.status());
        let listed = bus
            .open_request(Method::GET, "/sics/v1/devices")
            .bearer_auth(&bus.admin)
            .query(&[("filter", &condition)]);
        let answer = listed.send().await;
        assert!(answer.is_err() || answer.unwrap().status().is_client_error(), "{what}");
    }
    // Many signs before one value say little, and are taken or refused within bounds.
    let signs = format!("{}true", "!".repeat(900));
    let answer = bus
        .get(&bus.admin, "/sics/v1/devices")
        .query(&[("filter", &signs)])
        .send()
        .await
        .unwrap();
    assert!(matches!(answer.status().as_u16(), 200 | 400), "{}", answer.status());
    let seen = status(bus.get(&bus.admin, "/sics/v1/servers/cmdb"), 200).await;
    assert_eq!(seen["filter"], Value::Null);
}

#[tokio::test]
async fn documents_with_entities_or_without_measure_are_findings_and_no_more() {
    let whole = Whole::new(1, &[]).await;
    let passwd = "<!DOCTYPE w [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><workflow name=\"&x;\" version=\"1.0.0\"/>";
    let laughs = "<!DOCTYPE w [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;&a;\"><!ENTITY c \"&b;&b;&b;&b;\">]><workflow>&c;</workflow>";
    let documents = [
        ("an entity from a file", passwd.to_owned()),
        ("entities of entities", laughs.to_owned()),
        (
            "a document type",
            "<!DOCTYPE workflow SYSTEM \"http://127.0.0.1:1/x.dtd\"><workflow/>".to_owned(),
        ),
        ("deep", format!("{}{}", "<a>".repeat(10_000), "</a>".repeat(10_000))),
        (
            "many attributes",
            format!(
                "<workflow {}/>",
                (0..5_000).map(|n| format!("a{n}='1' ")).collect::<String>()
            ),
        ),
        ("not closed", "<workflow".to_owned()),
        ("empty", String::new()),
    ];
    for (what, definition) in documents {
        let told = whole
            .post("/sics/v1/workflows/check", json!({"definition": definition}))
            .await;
        assert_eq!(told["good"], false, "{what}: {told}");
        assert!(!told["findings"].as_array().unwrap().is_empty(), "{what}");
        assert!(!told.to_string().contains("root:"), "{what}: {told}");
    }
}

/// Names in paths lead to what has that name, and to no file.
#[tokio::test]
async fn no_name_in_a_path_leads_out_of_its_folder() {
    let bus = Bus::new().await;
    bus.server("cmdb").await;
    let wire = Wire::of(&bus);
    let names = [
        "..%2f..%2fsecret.key",
        "..%5c..%5csecret.key",
        "%2e%2e",
        "....//",
        "secret.key%00",
        "/etc/passwd",
        "%2fetc%2fpasswd",
        "con",
        "%c0%ae%c0%ae",
    ];
    let placed = |path: &str, name: &str| {
        let mut out = String::new();
        for part in path.split('/').skip(1) {
            out.push('/');
            out.push_str(if part.starts_with('{') { name } else { part });
        }
        out
    };
    for route in describe_routes()
        .iter()
        .filter(|route| route.operation.method == Method::GET && route.operation.path.contains('{'))
    {
        for name in names {
            let path = placed(route.operation.path, name);
            let (code, text) = wire.get(&path, &bus.admin).await;
            assert!((400..500).contains(&code), "{path}: {code} {text}");
        }
    }
}

/// A value is one value: what looks like the next line does not become one.
#[tokio::test]
async fn no_line_break_in_a_value_becomes_a_setting() {
    let mut whole = Whole::new(1, &[]).await;
    whole.completed("full", 1).await;
    let path = format!("/sics/v1/instances/{INSTANCE}");
    let file = whole.data().join(format!("instances/{INSTANCE}.ini"));
    let before = std::fs::read_to_string(&file).unwrap();
    for breaks in ["\n", "\r\n", "\r", "\n\n[actions]\n", "\n;", "\\\n"] {
        for key in ["servers", "profile", "filter", "name"] {
            let value = format!("x{breaks}verbs = wipe");
            let (status, told) = whole.ask(Method::PATCH, &path, json!({ key: value })).await;
            assert!(status.is_client_error(), "{key} {breaks:?}: {status} {told}");
        }
    }
    // No line break of a settings file; where it is taken, it stays a part of its value.
    for breaks in ["\u{2028}", "\u{2029}", "\u{85}", "\u{b}", "\u{c}"] {
        let value = format!("x{breaks}verbs = wipe");
        let _ = whole.ask(Method::PATCH, &path, json!({ "servers": value })).await;
    }
    assert_eq!(std::fs::read_to_string(&file).unwrap(), before, "the file is as it was");
    let limits = whole.get("/sics/v1/limits").await;
    assert_eq!(limits["instances"][0]["policy"]["verbs"], json!([]), "{limits}");
    whole.stop().await;
}

#[tokio::test]
async fn a_schedule_that_never_comes_is_told_and_not_searched_for_ever() {
    let whole = Whole::new(1, &[]).await;
    for schedule in [
        "0 0 30 2 *",
        "0 0 31 4,6,9,11 *",
        "61 * * * *",
        "* * * * * * *",
        "every 0s",
        "every 99999999999d",
        "@reboot",
        "",
    ] {
        let asked = whole.ask(
            Method::POST,
            "/sics/v1/products/intune-connector/next-runs",
            json!({"schedule": schedule}),
        );
        let (status, told) = asked.await;
        let none = told["runs"].as_array().is_some_and(Vec::is_empty);
        assert!(status.is_client_error() || none, "{schedule}: {status} {told}");
    }
}

/// Nobody gets at the hash of a password or at a token by any look.
#[tokio::test]
async fn no_answer_has_a_hash_or_a_token_in_it() {
    let bus = Bus::new().await;
    bus.with_password("acmp").await;
    bus.server("cmdb").await;
    let secret = bus.acmp.trim_start_matches("icp_").to_owned();
    for route in describe_routes()
        .iter()
        .filter(|route| route.operation.method == Method::GET)
    {
        let path = route
            .operation
            .path
            .replace("{operator}", "acmp")
            .replace("{server}", "cmdb")
            .replace("{instance}", bus.shelf.instance.name.as_str())
            .replace("{product}", "intune-connector")
            .replace(['{', '}'], "");
        if route.operation.name == "read_changes" || route.operation.name == "read_results" {
            continue;
        }
        let text = bus.get(&bus.admin, &path).send().await.unwrap().text().await.unwrap();
        assert!(!text.contains("$argon2") && !text.contains(&secret), "{path}: {text}");
    }
    assert_eq!(problem(bus.get("icp_nonsense", "/sics/v1"), 401).await, "signInFailed");
}
