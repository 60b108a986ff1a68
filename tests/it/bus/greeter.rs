//! A second product, with no line of code about it: it comes as files, and is installed by its own template.

use std::path::Path;

use intune_connector::bus::catalogue::AddOptions;
use intune_connector::bus::package::{PackageFiles, PackageSigner, SignaturePolicy, pack_zip};
use intune_connector::bus::{Catalogue, Package};
use serde_json::json;

use crate::support::program::{Bus, User};

fn greeter() -> Package {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/products/greeter");
    let mut files = PackageFiles::new();
    for name in ["plugin.toml", "templates/greeter.xml", "workflows/Greeting.xml"] {
        files.insert(name.parse().unwrap(), std::fs::read(folder.join(name)).unwrap());
    }
    Package::from_files(files, PackageSigner::Nobody).unwrap()
}

/// A data folder whose catalogue has the product.
fn offered(user: &User) -> String {
    let data = user.path("data");
    std::fs::create_dir_all(data.join("products")).unwrap();
    let kinds = intune_connector::app::KINDS;
    let version = env!("CARGO_PKG_VERSION").parse().unwrap();
    let catalogue = Catalogue::open(&data.join("products"), Vec::new(), &kinds, version).unwrap();
    let adding = AddOptions {
        signature_policy: SignaturePolicy::Nothing,
        allow_downgrade: false,
    };
    catalogue
        .add_package(&pack_zip(&greeter(), None).unwrap(), adding, &[])
        .unwrap();
    data.display().to_string()
}

#[test]
fn the_second_product_is_installed_by_its_own_template() {
    let user = User::new();
    let data = offered(&user);
    let done = user
        .says(&format!(
            "install greeter --set word=Servus --set loud=yes --json --data {data}"
        ))
        .json();
    let installation = &done["installations"][0]["installation"];
    assert_eq!(
        (&installation["name"], &installation["state"]),
        (&json!("GreeterEngine_1"), &json!("installed"))
    );
    let members = installation["members"].as_array().unwrap();
    assert_eq!(members[1]["name"], "Greeting_1");
    assert_eq!(members[1]["engine"], "GreeterEngine_1");
    assert_eq!(members[1]["settings"], json!({"word": "Servus"}));
    assert_eq!(members[0]["settings"], json!({"loud": "yes", "volume": "5"}));
    // Asked page by page, in German; what does not go together is asked again.
    let input = "\nshh\nja\n\n\nGrüß Gott\n\n\nja\n";
    let said = user.says_with(["install", "greeter", "--lang", "de", "--data", &data], input);
    assert_eq!(said.out.trim(), "GreeterEngine_2", "{said:?}");
    assert!(said.err.contains("das sagt niemand laut"), "{said:?}");
    user.says(&format!(
        "instances reconfigure GreeterEngine_1 --set word=Moin --data {data}"
    ))
    .good();
    user.says(&format!("instances uninstall GreeterEngine_2 --data {data}"))
        .good();
    let again = user.says(&format!("install greeter --set word=x --data {data}")).good();
    assert_eq!(again.trim(), "GreeterEngine_3");
}

#[test]
fn the_second_product_runs_its_own_definition_on_a_running_bus() {
    let user = User::new();
    let data = offered(&user);
    let bus = Bus::start(&user, Path::new(&data));
    let done = user
        .says(&format!("install greeter --set word=Servus --json --data {data}"))
        .json();
    assert_eq!(done["installations"][0]["installation"]["state"], "installed", "{done}");
    let shown = user
        .says(&format!("workflows show Greeting_1 --json --data {data}"))
        .json();
    if shown["state"] == "disabled" {
        user.says(&format!("workflows enable Greeting_1 --data {data}")).good();
    }
    let ended = user
        .says(&format!(
            "workflows start Greeting_1 --set word=Moin --wait --json --data {data}"
        ))
        .json();
    let run = &ended["run"];
    assert_eq!(
        (&run["state"], &run["outcome"], &run["message"]),
        (&json!("succeeded"), &json!("done"), &json!("Moin")),
        "{ended}"
    );
    assert_eq!(bus.stop(), 0);
}
