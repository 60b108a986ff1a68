//! The contract: one list of operations, from which routes, document and client come.

use std::collections::BTreeSet;
use std::path::Path;

use intune_connector::sics::describe_routes;
use reqwest::Method;
use serde_json::Value;
use sics_client::operation;

use super::bus::{Bus, status};

const DOCUMENT: &str = "docs/openapi.json";

/// Every operation of the contract has its route, and every route is an operation of the contract.
#[test]
fn the_contract_and_the_routes_are_the_same_operations() {
    let contract: BTreeSet<&str> = operation::all().iter().map(|known| known.name).collect();
    let routes = describe_routes();
    let served: BTreeSet<&str> = routes.iter().map(|route| route.operation.name).collect();
    assert_eq!(contract, served);
    assert_eq!(contract.len(), operation::all().len(), "names are unique");
    assert_eq!(served.len(), routes.len(), "each has one route");
}

/// `BLESS=1 cargo test --test it document` writes it anew.
#[tokio::test]
async fn the_committed_document_is_what_the_program_serves() {
    let bus = Bus::new().await;
    let served = status(bus.open_request(Method::GET, "/sics/v1/openapi.json"), 200).await;
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(DOCUMENT);
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, format!("{served:#}\n")).unwrap();
    }
    let committed: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
    assert_eq!(
        committed, served,
        "{DOCUMENT} is not what the program serves: BLESS=1 cargo test --test it document"
    );
}

/// Whoever generates a client from the document learns what each member means.
#[tokio::test]
async fn every_member_of_the_document_is_described() {
    let bus = Bus::new().await;
    let document = status(bus.open_request(Method::GET, "/sics/v1/openapi.json"), 200).await;
    let mut bare = Vec::new();
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        let parts = schema["allOf"]
            .as_array()
            .cloned()
            .unwrap_or_else(|| vec![schema.clone()]);
        for (member, property) in parts.iter().filter_map(|part| part["properties"].as_object()).flatten() {
            // What may be null is a choice, with the description at the other side.
            let sides = property["oneOf"].as_array().into_iter().flatten().chain([property]);
            if !sides
                .into_iter()
                .any(|side| side["description"].as_str().is_some_and(|text| !text.is_empty()))
            {
                bare.push(format!("{name}.{member}"));
            }
        }
    }
    assert!(bare.is_empty(), "no description: {bare:#?}");
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                let described = parameter["in"] == "path" || parameter["description"].is_string();
                assert!(described, "{method} {path}: {parameter}");
                assert!(parameter["schema"].is_object(), "{method} {path}: {parameter}");
            }
        }
    }
}
