//! docs/SIMULATOR.md describes the control API of the simulated tenant: each route with its methods, and no other.

use std::collections::{BTreeMap, BTreeSet};

use regex::Regex;
use reqwest::Method;
use simulated_tenant::{Options, start};

use super::sources::ROOT;

fn read(path: &str) -> String {
    std::fs::read_to_string(format!("{ROOT}/{path}")).unwrap()
}

/// Paths of the table, with their methods.
fn documented() -> BTreeMap<String, BTreeSet<String>> {
    let row = Regex::new(r"(?m)^\| ([A-Z, ]+) \| `(/simulator[^`]*)` \| .+ \|$").unwrap();
    let document = read("docs/SIMULATOR.md");
    let rows = row.captures_iter(&document);
    let paths = rows.map(|row| (row[2].to_owned(), row[1].split(", ").map(str::to_owned).collect()));
    paths.collect()
}

#[test]
fn every_route_of_the_control_api_is_described() {
    let path = Regex::new(r#""(/simulator[^"]*)""#).unwrap();
    let code = read("crates/simulated-tenant/src/control/mod.rs");
    let declared: BTreeSet<String> = path.captures_iter(&code).map(|path| path[1].to_owned()).collect();
    assert!(declared.len() > 20, "{declared:?}");
    assert_eq!(declared, documented().into_keys().collect());
}

#[tokio::test]
async fn every_path_of_the_description_takes_its_methods() {
    let tenant = start(Options::quick(1, 1)).await.unwrap();
    let placeholder = Regex::new(r"\{\w+\}").unwrap();
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    for (path, methods) in documented() {
        let url = format!("{}{}", tenant.base, placeholder.replace_all(&path, "1"));
        // No route takes it, so the answer says what it takes, and nothing happens.
        let answer = http.request(Method::OPTIONS, url).send().await.unwrap();
        assert_eq!(answer.status(), 405, "{path}");
        let allowed = answer.headers()["allow"].to_str().unwrap();
        let allowed: BTreeSet<String> = allowed
            .split(',')
            .map(|method| method.trim().to_owned())
            .filter(|method| method != "HEAD")
            .collect();
        assert_eq!(allowed, methods, "{path}");
    }
    tenant.stop().await;
}
