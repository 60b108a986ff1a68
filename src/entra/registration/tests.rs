use std::io::Write;
use std::process::{Command, Stdio};

use super::*;
use crate::bus::translation::localize_text;
use crate::config::NationalCloud;
use crate::model::Language;

const HOSTILE: [&str; 9] = [
    "O'Brien's \"Ltd\"",
    "'; touch /tmp/x; '",
    "$(id) `id` ${HOME}",
    "\\' \\\" \\",
    "‘a’ ‚b‛ “c”",
    "-rf --help",
    "{{certificate}} }} {{",
    "Ünï çødé 株式会社",
    "a & b | c > d # e ! f * g ? [h]",
];

fn certificate() -> PublicCertificate {
    PublicCertificate {
        thumbprint: "AB12".to_owned(),
        thumbprint_sha256: "CD34".to_owned(),
        not_after: chrono::DateTime::from_timestamp(1_790_000_000, 0).unwrap(),
        base64: "MIIB".to_owned(),
    }
}

fn plan(name: &str, client_id: Option<&str>) -> RegistrationPlan {
    RegistrationPlan {
        name: name.to_owned(),
        cloud: NationalCloud::Global,
        tenant_id: Some("00000000-1111-4222-8333-444444444444".to_owned()),
        client_id: client_id.map(str::to_owned),
        permissions: plan_permissions(&[InstanceFeature::Scan, InstanceFeature::Actions]),
        language: Language::En,
    }
}

const PEM: &str = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
const CLIENT: &str = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee";

/// What bash says of a script that it only reads.
fn find_bash_error(script: &str) -> Option<String> {
    let mut bash = Command::new("bash")
        .arg("-n")
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    bash.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    let said = bash.wait_with_output().unwrap();
    let is_good = said.status.success() && said.stderr.is_empty();
    (!is_good).then(|| String::from_utf8_lossy(&said.stderr).into_owned())
}

#[test]
fn the_scripts_are_well_formed_whatever_the_name_is() {
    for name in HOSTILE {
        for client_id in [None, Some(CLIENT)] {
            let scripts = plan(name, client_id).write_scripts(&certificate(), PEM);
            assert_eq!(find_bash_error(&scripts.az), None, "{name}");
            // Every place is filled in.
            for script in [&scripts.az, &scripts.powershell] {
                let without_name = script.replace("{{certificate}} }} {{", "");
                assert!(
                    !without_name.contains("{{") && !script.contains("PRIVATE KEY"),
                    "{script}"
                );
            }
        }
    }
    assert!(find_bash_error("if true; then").is_some());
}

#[test]
fn bash_reads_every_name_as_the_text_that_it_is() {
    for name in HOSTILE {
        let line = format!("printf %s {}", quoting::quote_bash(name));
        let said = Command::new("bash").args(["-c", &line]).output().unwrap();
        assert_eq!(String::from_utf8(said.stdout).unwrap(), name);
    }
}

#[test]
fn powershell_reads_every_quote_of_a_name_as_a_sign_of_it() {
    assert_eq!(quoting::quote_powershell("it's ‘so’"), "'it''s ‘‘so’’'");
    assert_eq!(quoting::quote_powershell("$(id) \"x\""), "'$(id) \"x\"'");
}

#[test]
fn what_stands_in_a_value_is_no_place() {
    let values = [("a", "{{b}}".to_owned()), ("b", "x".to_owned())];
    assert_eq!(quoting::fill_template("{{a}} {{b}} {{c}} }", &values), "{{b}} x  }");
}

#[test]
fn the_name_of_an_application_means_nothing_to_filters_and_shells() {
    for name in HOSTILE {
        let name = application_name(name);
        assert!(
            name.starts_with("intune-connector ") && name.chars().count() <= NAME_MAX,
            "{name}"
        );
        assert!(
            !name.contains(['\'', '"', '$', '`', '\\', '&', '{', '#', '*', '‘']),
            "{name}"
        );
    }
    assert_eq!(application_name("Contoso Europe"), "intune-connector Contoso Europe");
    assert_eq!(application_name(" "), "intune-connector");
}

#[test]
fn each_cloud_has_its_own_portal_and_names() {
    for (cloud, portal, az, environment) in [
        (
            NationalCloud::Global,
            "https://entra.microsoft.com/",
            "'AzureCloud'",
            "'Global'",
        ),
        (
            NationalCloud::UsGovL4,
            "https://entra.microsoft.us/",
            "'AzureUSGovernment'",
            "'USGov'",
        ),
        (
            NationalCloud::UsGovL5,
            "https://entra.microsoft.us/",
            "'AzureUSGovernment'",
            "'USGovDoD'",
        ),
        (
            NationalCloud::China,
            "https://entra.microsoftonline.cn/",
            "'AzureChinaCloud'",
            "'China'",
        ),
    ] {
        for client_id in [None, Some(CLIENT)] {
            let plan = RegistrationPlan {
                cloud,
                ..plan("intune-connector Contoso", client_id)
            };
            let link = plan.list_steps(&certificate())[0].link.clone().unwrap();
            assert!(link.starts_with(portal), "{link}");
            let scripts = plan.write_scripts(&certificate(), PEM);
            assert!(scripts.az.contains(&format!("CLOUD={az}\n")), "{}", scripts.az);
            let named = format!("$environment = {environment}\n");
            assert!(scripts.powershell.contains(&named), "{}", scripts.powershell);
        }
    }
}

#[test]
fn the_steps_name_each_permission_and_have_german() {
    let new = plan("intune-connector Contoso", None);
    let steps = new.list_steps(&certificate());
    for permission in &new.permissions {
        assert!(
            steps
                .iter()
                .any(|step| step.title == format!("Tick {}", permission.name))
        );
        assert_eq!(permission.kind, "application");
    }
    let renewal = plan("intune-connector Contoso", Some(CLIENT)).list_steps(&certificate());
    assert!(renewal[0].link.as_deref().is_some_and(|link| link.ends_with(CLIENT)));
    assert!(renewal.iter().all(|step| !step.title.starts_with("Tick ")));
    for step in steps.iter().chain(&renewal) {
        for text in [&step.title, &step.text] {
            assert_ne!(localize_text(text, Language::De), text.as_str());
        }
    }
}

#[test]
fn a_tenant_that_is_named_by_a_domain_is_not_compared() {
    let plan = RegistrationPlan {
        tenant_id: Some("contoso.example".to_owned()),
        ..plan("x", None)
    };
    let scripts = plan.write_scripts(&certificate(), PEM);
    assert!(scripts.az.contains("TENANT=''\n"), "{}", scripts.az);
}

#[test]
fn a_plan_is_kept_as_it_is() {
    let plan = plan("intune-connector Contoso", Some(CLIENT));
    let kept = serde_json::to_string(&plan).unwrap();
    assert!(kept.contains("\"cloud\":\"global\""), "{kept}");
    assert_eq!(serde_json::from_str::<RegistrationPlan>(&kept).unwrap(), plan);
}
