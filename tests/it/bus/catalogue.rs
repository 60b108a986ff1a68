//! B-30 to B-41: products in the catalogue of a whole bus, by its API.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use intune_connector::bus::package::PrivateKey;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::second;
use crate::whole::{INSTANCE, Whole};

const PRODUCT: &str = "intune-connector";

fn body(zip: &[u8], unsigned: bool) -> Value {
    json!({"package": STANDARD.encode(zip), "unsigned": unsigned})
}

async fn product(whole: &Whole, id: &str) -> Value {
    let told = whole.get("/sics/v1/products").await;
    let products = told["products"].as_array().unwrap();
    products
        .iter()
        .find(|product| product["id"] == id)
        .cloned()
        .unwrap_or_default()
}

async fn trust(whole: &Whole, key: &PrivateKey) -> String {
    let public = key.public_key().unwrap();
    let pem = String::from_utf8(public.to_pem().unwrap()).unwrap();
    whole.post("/sics/v1/trusted-keys", json!({ "pem": pem })).await;
    public.fingerprint
}

/// The product of this repository with another version number and one more definition.
fn newer(version: &str, key: Option<&PrivateKey>) -> Vec<u8> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let manifest = include_str!("../../../plugin.toml");
    let current = format!("version = \"{}\"", env!("CARGO_PKG_VERSION"));
    let manifest = manifest.replacen(&current, &format!("version = \"{version}\""), 1)
        + "\n[[workflow]]\nname = \"OneMore\"\nfile = \"workflows/OneMore.xml\"\nengine = \"IntuneWorkflowEngine\"\n";
    let parsed = intune_connector::bus::Manifest::read(&manifest).unwrap();
    let mut files = vec![("plugin.toml".to_owned(), manifest.into_bytes())];
    for file in parsed.named_files() {
        let name = file.name.as_str();
        let content = std::fs::read(root.join(name)).unwrap_or_else(|_| {
            let text = include_str!("../../../workflows/StaleDevices.xml");
            text.replace("StaleDevices", "OneMore").into_bytes()
        });
        files.push((name.to_owned(), content));
    }
    second::zip_of(files, key)
}

#[tokio::test]
async fn b30_packages_are_added_from_a_file_and_listed_with_version_and_who_signed_them() {
    let mut whole = Whole::new(5, &[]).await;
    let key = PrivateKey::generate().unwrap();
    let zip = second::zip("1.0.0", Some(&key));
    let (status, problem) = whole.ask(Method::POST, "/sics/v1/products", body(&zip, false)).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &json!("packageUntrusted"))
    );
    let fingerprint = trust(&whole, &key).await;
    let added = whole.post("/sics/v1/products", body(&zip, false)).await;
    assert_eq!(
        added["versions"],
        json!([{
            "version": "1.0.0", "signedBy": fingerprint, "digest": added["versions"][0]["digest"],
        }])
    );
    whole.stop().await;
    whole.start().await;
    assert_eq!(product(&whole, "second").await["version"], "1.0.0");
    // A product of its own: under the id of a signed one nothing is taken that nobody signed (A10).
    let own = second::files("1.1.0").into_iter().map(|(name, content)| {
        let text = String::from_utf8(content)
            .unwrap()
            .replace("id = \"second\"", "id = \"third\"");
        (name, text.into_bytes())
    });
    let unsigned = second::zip_of(own.collect(), None);
    let (status, problem) = whole
        .ask(Method::POST, "/sics/v1/products", body(&unsigned, false))
        .await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &json!("packageUnsigned"))
    );
    whole.post("/sics/v1/products", body(&unsigned, true)).await;
    let trail = whole.get("/sics/v1/audit?limit=1000").await;
    let entries = trail["entries"].as_array().unwrap();
    let last = entries
        .iter()
        .rfind(|entry| entry["action"] == "product.added")
        .unwrap();
    assert_eq!(
        (&last["detail"]["unsigned"], &last["detail"]["signedBy"]),
        (&json!(true), &json!("nobody"))
    );
    whole.stop().await;
}

#[tokio::test]
async fn mi_17_the_icon_of_a_product_is_served_as_a_picture() {
    let mut whole = Whole::new(1, &[]).await;
    let local = &whole.bus().local;
    let url = format!("{}/sics/v1/products/{PRODUCT}/icon", local.url);
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let answer = http.get(&url).bearer_auth(&local.token).send().await.unwrap();
    let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(
        (answer.status(), header("content-type")),
        (StatusCode::OK, "image/svg+xml".to_owned())
    );
    assert!(header("content-security-policy").contains("default-src 'none'"));
    let drawn = answer.bytes().await.unwrap();
    assert_eq!(drawn, include_bytes!("../../../icons/intune-connector.svg").as_slice());
    assert_eq!(http.get(&url).send().await.unwrap().status(), StatusCode::UNAUTHORIZED);
    // One without an icon, and none at all.
    whole
        .post("/sics/v1/products", body(&second::zip("1.0.0", None), true))
        .await;
    for id in ["second", "nothing"] {
        let path = format!("/sics/v1/products/{id}/icon");
        let (status, problem) = whole.ask(Method::GET, &path, json!({})).await;
        assert_eq!(
            (status, &problem["code"]),
            (StatusCode::NOT_FOUND, &json!("unknown")),
            "{problem}"
        );
    }
    whole.stop().await;
}

#[tokio::test]
async fn b31_b41_a_product_is_not_removed_while_it_is_installed_and_with_its_instances_only_by_their_count() {
    let mut whole = Whole::new(12, &[]).await;
    whole.completed("full", 1).await;
    let path = format!("/sics/v1/products/{PRODUCT}");
    let (status, problem) = whole.ask(Method::DELETE, &path, json!({})).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::CONFLICT, &json!("productInUse"))
    );
    assert!(problem["detail"].as_str().unwrap().contains(INSTANCE));
    let with = format!("{path}?instances=true");
    let (status, problem) = whole.ask(Method::DELETE, &with, json!({})).await;
    assert_eq!((status, &problem["count"]), (StatusCode::CONFLICT, &json!(12)));
    let gone = whole.confirmed(Method::DELETE, &with, json!({}), 12).await;
    assert_eq!(gone, json!({"versions": 0, "instances": 1, "gone": 12}));
    assert_eq!(
        product(&whole, PRODUCT).await["state"],
        "available",
        "it comes with the program"
    );
    let (status, problem) = whole.ask(Method::DELETE, &path, json!({})).await;
    assert_eq!((status, &problem["code"]), (StatusCode::CONFLICT, &json!("builtIn")));
    whole
        .post("/sics/v1/products", body(&second::zip("1.0.0", None), true))
        .await;
    whole.good(Method::DELETE, "/sics/v1/products/second", json!({})).await;
    assert_eq!(product(&whole, "second").await, Value::Null);
    let (status, _) = whole.ask(Method::DELETE, "/sics/v1/products/second", json!({})).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    whole.stop().await;
}

#[tokio::test]
async fn b32_b35_b41_a_newer_version_touches_nothing_until_it_is_applied_and_an_update_keeps_instances() {
    let mut whole = Whole::new(5, &[]).await;
    whole.completed("full", 1).await;
    assert_eq!(product(&whole, PRODUCT).await["state"], "installed");
    let key = PrivateKey::generate().unwrap();
    trust(&whole, &key).await;
    let zip = newer("0.1.1", Some(&key));
    whole.post("/sics/v1/products", body(&zip, false)).await;
    let seen = product(&whole, PRODUCT).await;
    assert_eq!(
        (&seen["state"], &seen["version"]),
        (&json!("updateAvailable"), &json!("0.1.1"))
    );
    let before = whole.get(&format!("/sics/v1/instances/{INSTANCE}")).await;
    assert_eq!(before["members"][0]["version"], env!("CARGO_PKG_VERSION"));
    let path = format!("/sics/v1/products/{PRODUCT}/update");
    let plan = whole.get(&path).await;
    assert_eq!(plan["installed"][0]["name"], INSTANCE);
    let changes = plan["changes"][0]["changes"].as_array().unwrap();
    assert!(
        changes.contains(&json!({"piece": "definition", "name": "OneMore", "how": "added"})),
        "{changes:?}"
    );
    assert_eq!(
        product(&whole, PRODUCT).await["state"],
        "updateAvailable",
        "to look is not to do"
    );
    assert_eq!(whole.post(&path, json!({"digest": plan["digest"]})).await, plan);
    assert_eq!(product(&whole, PRODUCT).await["state"], "installed");
    let after = whole.get(&format!("/sics/v1/instances/{INSTANCE}")).await;
    assert_eq!(after["settings"], before["settings"]);
    assert_eq!(after["status"]["devices"], 5);
    let members = after["members"].as_array().unwrap();
    assert!(
        members
            .iter()
            .all(|member| member["version"] == "0.1.1"
                && (member["state"] == "running" || member["state"] == "disabled")),
        "{members:?}"
    );
    assert!(members.iter().any(|member| member["name"] == "OneMore_1"));
    let (status, problem) = whole
        .ask(
            Method::POST,
            "/sics/v1/products",
            body(&newer("0.1.0-rc.1", Some(&key)), true),
        )
        .await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::CONFLICT, &json!("packageDowngrade"))
    );
    let (status, problem) = whole.ask(Method::POST, &path, json!({"digest": plan["digest"]})).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::CONFLICT, &json!("planChanged")),
        "it would do something else by now"
    );
    let plan = whole.get(&path).await;
    let again = whole.post(&path, json!({"digest": plan["digest"]})).await;
    assert_eq!(again["installed"], json!([]), "there is nothing to update any more");
    whole.stop().await;
}

#[tokio::test]
async fn b33_b38_b39_installations_have_numbers_of_their_own_that_all_their_parts_share() {
    let mut whole = Whole::new(5, &[]).await;
    let settings: Value = super::another(&whole);
    let added = whole.post("/sics/v1/instances", settings).await;
    assert_eq!(added["status"]["name"], "IntuneConnector_2");
    for number in [1, 2] {
        let told = whole.get(&format!("/sics/v1/instances/IntuneConnector_{number}")).await;
        let mut seen: Vec<(String, String, String)> = Vec::new();
        for member in told["members"].as_array().unwrap() {
            let text = |key: &str| member[key].as_str().unwrap_or_default().to_owned();
            seen.push((text("name"), text("area"), text("engine")));
            // Those that can destroy are enabled by somebody.
            let rests = member["area"] == "workflows" && member["state"] == "disabled";
            assert!(rests || member["state"] == "running", "{member}");
        }
        let engine = format!("IntuneWorkflowEngine_{number}");
        let wanted = [
            (format!("IntuneConnector_{number}"), "microservices", ""),
            (engine.clone(), "microservices", ""),
            (format!("IntuneMobileDevices_{number}"), "workflows", engine.as_str()),
            (format!("IntuneActions_{number}"), "workflows", engine.as_str()),
        ];
        for (name, area, engine) in wanted {
            let one = (name, area.to_owned(), engine.to_owned());
            assert!(seen.contains(&one), "{one:?} is missing in {seen:?}");
        }
    }
    let second = "/sics/v1/instances/IntuneConnector_2";
    whole.post(&format!("{second}/stop"), json!({})).await;
    let devices = whole.get(second).await["status"]["devices"].as_u64().unwrap();
    match devices {
        0 => whole.good(Method::DELETE, second, json!({})).await,
        some => whole.confirmed(Method::DELETE, second, json!({}), some).await,
    };
    let settings: Value = super::another(&whole);
    let added = whole.post("/sics/v1/instances", settings).await;
    assert_eq!(
        added["status"]["name"], "IntuneConnector_3",
        "a number is never used again"
    );
    whole.stop().await;
}

#[tokio::test]
async fn b35_a_fresh_bus_offers_the_product_that_is_inside_it() {
    let mut whole = Whole::prepare(1, &[("enabled", "no")]).await;
    std::fs::remove_file(whole.data().join("instances/IntuneConnector_1.ini")).unwrap();
    whole.start().await;
    let seen = product(&whole, PRODUCT).await;
    assert_eq!(
        (&seen["state"], &seen["versions"][0]["signedBy"]),
        (&json!("available"), &json!("builtIn"))
    );
    assert_eq!(seen["manifest"]["name"]["de"], "Intune Connector");
    let mut permissions = 0;
    for id in [PRODUCT, "intune-app-orders"] {
        let one = whole.get(&format!("/sics/v1/products/{id}")).await;
        permissions += one["manifest"]["permissions"].as_array().unwrap().len();
    }
    assert_eq!(permissions, intune_connector::entra::permissions::TABLE.len());
    whole.stop().await;
}
