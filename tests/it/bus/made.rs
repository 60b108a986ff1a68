//! From a folder to a package in the catalogue, by the command line, with and without a running bus.

use std::path::Path;

use intune_connector::app::{built_in_product, check_package_documents};
use intune_connector::bus::catalogue::AddOptions;
use intune_connector::bus::package::{PackageFiles, PackageSigner, SignaturePolicy, pack_zip};
use intune_connector::bus::{Catalogue, Package};

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

/// A file of the greeter and what is exchanged in it, then where and what the finding is.
#[rustfmt::skip]
const BROKEN: [(&str, &str, &str, &str); 9] = [
    ("templates/greeter.xml", r#"<title en="Greeting" de="Gruß"/>"#, r#"<title en="Greeting"/>"#, ":5:5: <title> needs the attribute de"),
    ("templates/greeter.xml", r#"setting="loud">"#, r#"setting="loud" when="how_loud">"#, ":8:"),
    ("templates/greeter.xml", r#"part="Greeting""#, r#"part="Grettings""#, r#":7:66: part="Grettings" does not exist"#),
    ("templates/greeter.xml", r#"default="5""#, r#"default="50""#, ":9:"),
    ("templates/greeter.xml", r#"type="number" min="1" max="10" default="5""#, r#"type="password""#, ":9:28: unknown field type"),
    ("templates/greeter.xml", "</template>", "", "greeter.xml:"),
    ("templates/greeter.xml", r#"<part name="GreeterEngine">"#, r#"<part name="Engine">"#, "the manifest has no microservice or workflow Engine"),
    ("workflows/Greeting.xml", r#"activity="log""#, r#"activity="explode""#, "explode"),
    ("workflows/Greeting.xml", "${parameters.word}", "${parameters.wrd}", "wrd"),
];

/// The greeter, whole or with one text exchanged.
fn greeter(exchanged: Option<(&str, &str, &str)>) -> Package {
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/products/greeter");
    let mut files = PackageFiles::new();
    for name in ["plugin.toml", "templates/greeter.xml", "workflows/Greeting.xml"] {
        let mut text = std::fs::read_to_string(fixture.join(name)).unwrap();
        if let Some((file, from, to)) = exchanged.filter(|(file, ..)| *file == name) {
            assert!(text.contains(from), "{file} has no {from}");
            text = text.replacen(from, to, 1);
        }
        files.insert(name.parse().unwrap(), text.into_bytes());
    }
    Package::from_files(files, PackageSigner::Nobody).unwrap()
}

#[test]
fn wi_3_a_product_with_a_wrong_template_or_workflow_is_neither_valid_nor_packed_nor_added() {
    let user = User::new();
    assert_eq!(Bus::start(&user, &user.path("data")).stop(), 0);
    for (number, (file, from, to, told)) in BROKEN.into_iter().enumerate() {
        let package = greeter(Some((file, from, to)));
        let folder = format!("broken-{number}");
        for (name, content) in &package.files {
            let path = user.path(&folder).join(name.as_str());
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, content).unwrap();
        }
        let out = format!("dist-{number}");
        for line in [
            format!("products check {folder}"),
            format!("products pack --from {folder} --out {out}"),
        ] {
            let said = user.says(&line);
            assert_eq!(said.code, 2, "{to}: {said:?}");
            assert!(said.err.contains(&format!("{folder}/{file}:")), "{to}: {said:?}");
            assert!(said.err.contains(told), "{to}: {said:?}");
        }
        assert!(!user.path(&out).exists(), "{to}");
        // As another program, or an earlier version, packed it.
        std::fs::write(user.path("made.zip"), pack_zip(&package, None).unwrap()).unwrap();
        let refused = user.says("products add made.zip --unsigned --data data");
        assert_eq!(refused.code, 2, "{to}: {refused:?}");
        for word in ["packageUnfit", file, "line "] {
            assert!(refused.err.contains(word), "{to}: {refused:?}");
        }
    }
    // None of them has used its version number up.
    std::fs::write(user.path("made.zip"), pack_zip(&greeter(None), None).unwrap()).unwrap();
    user.says("products add made.zip --unsigned --data data").good();
    let made = user.says("install greeter --set word=Servus --json --data data").json();
    assert_eq!(made["installations"][0]["installation"]["state"], "installed", "{made}");
}

#[test]
fn wi_3_what_comes_with_the_program_and_what_was_added_before_goes_on() {
    for package in built_in_product::built_in_packages().unwrap() {
        assert_eq!(check_package_documents(&package), [], "{}", package.manifest.id);
    }
    let user = User::new();
    let broken = greeter(Some((
        "workflows/Greeting.xml",
        r#"activity="log""#,
        r#"activity="explode""#,
    )));
    let products = user.path("data/products");
    std::fs::create_dir_all(&products).unwrap();
    let version = env!("CARGO_PKG_VERSION").parse().unwrap();
    // As a bus from before took it in.
    let before = Catalogue::open(&products, Vec::new(), &intune_connector::app::KINDS, version).unwrap();
    let adding = AddOptions {
        signature_policy: SignaturePolicy::Nothing,
        allow_downgrade: false,
    };
    let zip = pack_zip(&broken, None).unwrap();
    before.add_package(&zip, adding, &[]).unwrap();
    drop(before);
    std::fs::write(user.path("made.zip"), zip).unwrap();
    let bus = Bus::start(&user, &user.path("data"));
    assert!(user.says("products --data data").good().contains("greeter"));
    user.says("products add made.zip --unsigned --data data").good();
    assert_eq!(bus.stop(), 0);
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
