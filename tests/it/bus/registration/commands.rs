//! By the command line: the scripts, and the renewal of a certificate.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use serde_json::Value;
use simulated_tenant::{Options, Running, start};

use super::super::german::require_german;
use super::super::install::beside;
use super::{ACT, Administrator, READ, find_bash_error, require_no_key};
use crate::support::program::{Bus, Said, User};
use crate::support::wait::until_blocking;

/// Means something to every shell.
const PROFILE: &str = "O'Brien \"$(touch made)\" `touch made`; {{certificate}} ‘q’";
/// In place of the Azure CLI: writes down what it is asked, and answers as it does.
const AZURE_CLI: &str = r#"#!/usr/bin/env bash
printf '%s\n' "$*" >> "$AZ_LOG"
case "$*" in
  'cloud show'*) echo AzureCloud ;;
  'account show'*) echo "$AZ_TENANT" ;;
  'ad app create'*) echo "$AZ_CLIENT" ;;
  'ad app credential reset'*)
    for word in "$@"; do
      case "$word" in @*) cp "${word#@}" "$AZ_CERTIFICATE" ;; esac
    done ;;
  'ad sp show --id 00000003-0000-0000-c000-000000000000'*) echo 00000000-0000-4000-8000-00000000000f ;;
  'ad sp show'*) exit 3 ;;
esac
"#;

/// Somebody at the command line, and all that they were told.
struct Desk {
    user: Arc<User>,
    told: String,
}

impl Desk {
    /// `words` are split at blanks; `values` are not, and stand behind `--set`.
    async fn says(&mut self, words: &str, values: &[String]) -> Said {
        let mut all: Vec<String> = words.split_whitespace().map(str::to_owned).collect();
        all.extend(values.iter().flat_map(|value| ["--set".to_owned(), value.clone()]));
        all.extend(["--data", "data"].map(str::to_owned));
        let user = self.user.clone();
        let said = beside(move || user.says_with(all, "")).await;
        self.told.push_str(&said.out);
        self.told.push_str(&said.err);
        said
    }
}

fn answered_pairs(sim: &Running) -> Vec<String> {
    vec![
        "network=addresses".to_owned(),
        format!("login_url={}", sim.base),
        format!("graph_url={}", sim.base),
        format!("tenant_id={}", sim.registration.tenant_id),
        "verbs=sync".to_owned(),
        format!("profile={PROFILE}"),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_register_an_application_by_a_script_and_renew_its_certificate() {
    let sim = start(Options::quick(3, 7)).await.unwrap();
    let administrator = Administrator::of(&sim);
    let mut desk = Desk {
        user: Arc::new(User::new()),
        told: String::new(),
    };
    let mut answers = answered_pairs(&sim);
    let begun = desk
        .says("products register --out registration --lang de", &answers)
        .await;
    require_german(&begun.out);
    let begun = begun.good();
    let id = begun.lines().find_map(|line| line.strip_prefix("Registrierung "));
    let id = id.unwrap().split('.').next().unwrap().to_owned();
    for heard in [
        READ,
        ACT,
        "Die App-Registrierungen öffnen",
        "products check-registration",
        "bash registration/register.sh",
    ] {
        assert!(begun.contains(heard), "{heard}: {begun}");
    }
    let again = desk.says("products register --out registration", &answers).await;
    assert_eq!(again.code, 2, "nothing is replaced: {again:?}");
    let client = administrator.register().await;
    run_script(&desk.user, &sim, &client);

    let ids = format!("--tenant {} --client {client}", sim.registration.tenant_id);
    let check = format!("products check-registration {id} {ids} --lang de");
    let waiting = desk.says(&check, &answers).await;
    assert_eq!(waiting.code, 1, "{waiting:?}");
    assert!((waiting.out.clone() + &waiting.err).contains("wartet"), "{waiting:?}");
    require_german(&(waiting.out + &waiting.err));
    let uploaded = std::fs::read_to_string(desk.user.path("uploaded.pem")).unwrap();
    administrator.upload(&client, &uploaded).await;
    for permission in [READ, ACT] {
        administrator.request(&client, permission).await;
    }
    administrator.consent(&client).await;
    let passed = desk.says(&format!("{check} --json"), &answers).await.json();
    assert_eq!(passed["ok"], true, "{passed:#}");

    answers.extend([
        "sign_in=registration".to_owned(),
        format!("registration={id}"),
        format!("client_id={client}"),
    ]);
    let installed = desk.says("install", &answers).await.good();
    assert_eq!(installed.trim(), "IntuneConnector_1");
    renew_certificate(&mut desk, &sim, &administrator, (&client, &id)).await;
    require_no_key(&desk.told, &desk.user.path("data"));
    require_no_key(&desk.told, &desk.user.path("registration"));
    assert!(!desk.user.path("made").exists(), "a name was run");
    sim.stop().await;
}

/// With a stand-in for the Azure CLI: what it is asked, in which order, and that each name is one word of it.
fn run_script(user: &User, sim: &Running, client: &str) {
    let script = user.path("registration/register.sh");
    assert_eq!(find_bash_error(&script), None);
    std::fs::create_dir(user.path("bin")).unwrap();
    let stand_in = user.file("bin/az", AZURE_CLI);
    std::fs::set_permissions(&stand_in, std::fs::Permissions::from_mode(0o755)).unwrap();
    let said = Command::new("bash")
        .arg(&script)
        .current_dir(user.path(""))
        .env_clear()
        .env("PATH", format!("{}:/usr/bin:/bin", user.path("bin").display()))
        .env("TMPDIR", user.path(""))
        .env("AZ_LOG", user.path("az.log"))
        .env("AZ_TENANT", &sim.registration.tenant_id)
        .env("AZ_CLIENT", client)
        .env("AZ_CERTIFICATE", user.path("uploaded.pem"))
        .output()
        .unwrap();
    let (out, error) = (
        String::from_utf8_lossy(&said.stdout),
        String::from_utf8_lossy(&said.stderr),
    );
    assert!(said.status.success(), "{out}{error}");
    for told in [&sim.registration.tenant_id[..], client] {
        assert!(
            out.lines().rev().take(2).any(|line| line.ends_with(told)),
            "{told}: {out}"
        );
    }
    let asked = std::fs::read_to_string(user.path("az.log")).unwrap();
    let mut behind = 0;
    for step in [
        "ad app create --display-name intune-connector O-Brien ",
        "ad app credential reset ",
        "ad app permission add ",
        "ad sp create ",
        "ad app permission admin-consent ",
    ] {
        let at = asked[behind..].find(step);
        behind += at.unwrap_or_else(|| panic!("{step} is not asked behind {behind}: {asked}"));
    }
    for permission in [READ, ACT] {
        assert!(
            asked.contains(&format!("appRoles[?value=='{permission}'].id")),
            "{asked}"
        );
    }
    let cer = std::fs::read_to_string(user.path("registration/intune-connector.cer")).unwrap();
    let uploaded = std::fs::read_to_string(user.path("uploaded.pem")).unwrap();
    assert_eq!(uploaded.trim(), cer.trim());
}

/// Another key for the same application; behind the change, nothing stands on the first one any more. `used`: client and
/// registration of the first one.
async fn renew_certificate(desk: &mut Desk, sim: &Running, administrator: &Administrator, used: (&str, &str)) {
    let (client, first) = used;
    let line = "products register --instance IntuneConnector_1 --out renewal --json";
    let begun = desk.says(line, &[]).await.json();
    assert_eq!(begun["clientId"], client, "{begun:#}");
    assert_eq!(find_bash_error(&desk.user.path("renewal/renew.sh")), None);
    let id = begun["id"].as_str().unwrap();
    // It is for this installation, and not for a new one.
    let new = desk.says(&format!("products check-registration {id}"), &[]).await;
    assert_eq!(new.code, 5, "{new:?}");
    let check = format!("products check-registration {id} --instance IntuneConnector_1 --json");
    let waiting = desk.says(&check, &[]).await;
    assert_eq!(waiting.code, 1, "{waiting:?}");
    let told: Value = serde_json::from_str(&waiting.out).unwrap();
    let steps = told["steps"].as_array().unwrap();
    assert!(
        steps
            .iter()
            .any(|step| step["step"] == "certificate" && step["state"] == "waiting"),
        "{told:#}"
    );
    administrator
        .upload(client, begun["certificatePem"].as_str().unwrap())
        .await;
    desk.says(&check, &[]).await.good();

    let change = |id: &str| ["sign_in=registration".to_owned(), format!("registration={id}")];
    let refused = desk
        .says("instances reauthenticate IntuneConnector_1", &change(first))
        .await;
    assert!(
        refused.code != 0 && refused.err.contains("there is no such registration"),
        "{refused:?}"
    );
    desk.says("instances reauthenticate IntuneConnector_1", &change(id))
        .await
        .good();
    let directory = sim.simulated.directory();
    assert!(directory.change_app(&sim.registration.tenant_id, client, |app| drop(
        app.certificates.remove(0)
    )));
    assert_eq!(desk.says(&check, &[]).await.code, 5, "it is used up");
    let user = desk.user.clone();
    beside(move || scan_by_a_bus(&user, Path::new("data"))).await;
}

fn scan_by_a_bus(user: &User, data: &Path) {
    let bus = Bus::start(user, data);
    // The first scan may be under way: two of one instance never overlap.
    until_blocking("a scan completes", || {
        user.says("scan --instance IntuneConnector_1 --data data").code == 0
    });
    assert_eq!(bus.stop(), 0);
}
