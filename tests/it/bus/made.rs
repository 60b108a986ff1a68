//! From a folder to a package in the catalogue, by the command line, with and without a running bus.

use crate::cli::{Tenant, beside};
use crate::support::program::{Bus, User};

#[test]
fn b30_a_package_is_made_signed_added_and_removed_by_the_command_line() {
    let user = User::new();
    let folder = user.path("product");
    for (name, content) in super::second::files("1.0.0") {
        let file = folder.join(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, content).unwrap();
    }
    assert_eq!(Bus::start(&user, &user.path("data")).stop(), 0);
    assert!(
        user.says("products check product")
            .good()
            .contains("second 1.0.0 is valid")
    );
    let made = user.says("products keygen builder.pem").good();
    assert!(made.contains("Fingerprint: "), "{made}");
    assert_ne!(
        user.says("products keygen builder.pem").code,
        0,
        "a key is never written over"
    );
    let packed = user
        .says("products pack --from product --key builder.pem --out dist")
        .good();
    assert!(packed.trim().ends_with("second-1.0.0.zip"), "{packed}");
    let bytes = std::fs::read(user.path("dist/second-1.0.0.zip")).unwrap();
    user.says("products pack --from product --key builder.pem --out again")
        .good();
    assert_eq!(bytes, std::fs::read(user.path("again/second-1.0.0.zip")).unwrap());
    let refused = user.says("products add dist/second-1.0.0.zip --data data");
    assert_ne!(refused.code, 0);
    assert!(
        refused.err.contains("does not trust") && refused.err.contains("products trust"),
        "{refused:?}"
    );
    user.says("products trust builder.pub.pem --data data").good();
    user.says("products add dist/second-1.0.0.zip --data data").good();
    let listed = user.says("products --data data").good();
    assert!(
        listed.contains("second") && listed.contains("intune-connector"),
        "{listed}"
    );
    let shown = user.says("products show second --json --data data").json();
    assert_eq!(
        (&shown["state"], &shown["manifest"]["name"]["de"]),
        (&"available".into(), &"Zweites".into())
    );
    let nothing = user.says("products update second --data data").good();
    assert!(nothing.contains("all installations have version 1.0.0"), "{nothing}");
    user.says("products remove second --data data").good();
    assert!(!user.says("products --data data").good().contains("second"));
    let fingerprint = made.trim().rsplit(' ').next().unwrap();
    user.says(&format!("products distrust {fingerprint} --data data"))
        .good();
    assert!(
        user.says("products trusted --data data")
            .err
            .contains("no trusted keys")
    );
}

#[test]
fn mistakes_in_a_manifest_are_told_with_file_line_and_column() {
    let user = User::new();
    let text = super::second::manifest("1.0.0").replace("template =", "tempalte =");
    user.file("plugin.toml", &text);
    let said = user.says("products check .");
    assert_eq!(said.code, 2);
    assert!(
        said.err
            .contains("plugin.toml:5:1: [product] has no key \"tempalte\"; did you mean template?"),
        "{said:?}"
    );
    user.file("plugin.toml", &super::second::manifest("1.0.0"));
    // MI-17: the folder that one is in is meant, where it has a manifest.
    for line in ["products pack --from .", "products pack"] {
        let said = user.says(line);
        assert!(
            said.err
                .contains("plugin.toml:5:12: the package has no file templates/second.xml"),
            "{line}: {said:?}"
        );
    }
}

#[test]
fn b24_the_command_line_starts_stops_and_says_when() {
    let user = User::new();
    assert_eq!(Bus::start(&user, &user.path("data")).stop(), 0);
    let offline = user.says("instances start IntuneConnector_1 --data data");
    assert_eq!(offline.code, 5, "{offline:?}");
    let shown = user.says("instances running --data data --json").json();
    assert_eq!(shown["supervisors"][0]["running"], false);
}

#[tokio::test]
async fn b27_each_microservice_has_a_log_of_its_own() {
    let user = User::new();
    let tenant = Tenant::new(&user, 3).await;
    let told = beside(move || {
        std::fs::create_dir(user.path("data")).unwrap();
        user.says(&format!("instances add {} --servers * --data data", tenant.args))
            .good();
        let bus = Bus::start(&user, &user.path("data"));
        user.says("scan --instance IntuneConnector_1 --data data").good();
        let running = user.says("instances running --data data").good();
        assert!(running.contains("IntuneWorkflowEngine_1"), "{running}");
        assert_eq!(bus.stop(), 0);
        let folder = user.path("data/logs/IntuneConnector_1");
        let mut text = String::new();
        for file in std::fs::read_dir(folder).unwrap() {
            text += &std::fs::read_to_string(file.unwrap().path()).unwrap();
        }
        drop(tenant);
        text
    })
    .await;
    assert!(told.contains("scan"), "{told}");
    assert!(told.lines().all(|line| line.contains("IntuneConnector_1")), "{told}");
}
