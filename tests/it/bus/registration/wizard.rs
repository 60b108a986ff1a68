//! In the wizard at a terminal, in German: it shows what is to be done, waits until it is done, and goes on by itself.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use simulated_tenant::{Options, start};
use tokio::runtime::Handle;

use super::super::german::require_german;
use super::super::install::beside;
use super::{Administrator, READ, find_bash_error, require_no_key};
use crate::support::program::{Lines, User, code};

/// The folder with certificate and scripts.
fn find_folder(data: &Path) -> PathBuf {
    let mut entries = std::fs::read_dir(data).unwrap().map(|entry| entry.unwrap().path());
    let is_its = |path: &PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy();
        name.starts_with("registration-")
    };
    entries.find(is_its).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_wizard_waits_until_an_application_is_registered_and_goes_on() {
    let user = User::new();
    let sim = start(Options::quick(3, 7)).await.unwrap();
    let administrator = Administrator::of(&sim);
    let client = administrator.register().await;
    let (base, tenant) = (sim.base.clone(), sim.registration.tenant_id.clone());
    beside(move || {
        let data = user.path("data");
        let line = format!("install --lang de --data {}", data.display());
        let mut command = user.command(line.split_whitespace());
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut input = child.stdin.take().unwrap();
        let lines = Lines::of(child.stderr.take().unwrap());
        // Profile, servers, sign-in, advanced settings: cloud, network; a new registration.
        let begun = ["Contoso", "", "registration", "ja", "", "addresses", &base, &base, ""];
        for typed in begun {
            writeln!(input, "{typed}").unwrap();
        }
        let mut said = lines.until(|line| line.contains("register.ps1"));
        let folder = find_folder(&data);
        assert_eq!(find_bash_error(&folder.join("register.sh")), None);
        for typed in [&tenant, &client] {
            writeln!(input, "{typed}").unwrap();
        }
        // The application is there, and its certificate is not: it waits, and looks again.
        said.extend(lines.until(|line| line.contains("wartet") && line.contains("Zertifikat")));
        let certificate = std::fs::read_to_string(folder.join("intune-connector.cer")).unwrap();
        let runtime = Handle::current();
        runtime.block_on(async {
            administrator.upload(&client, &certificate).await;
            administrator.request(&client, READ).await;
            administrator.consent(&client).await;
        });
        // Rhythm, zone, devices, actions; install.
        for typed in ["", "", "", "", "ja"] {
            writeln!(input, "{typed}").unwrap();
        }
        said.extend(lines.until(|line| line.starts_with("  intune-connector run --data")));
        assert_eq!(code(&mut child), 0, "{said:#?}");
        let said = said.join("\n");
        for heard in [
            READ,
            "Die App-Registrierungen öffnen",
            "Entra nimmt das Zertifikat an",
            "IntuneConnector_1",
        ] {
            assert!(said.contains(heard), "{heard}: {said}");
        }
        assert!(!said.contains("[a] wiederholen"), "it went on by itself: {said}");
        require_german(&said);
        require_no_key(&said, &data);
    })
    .await;
    sim.stop().await;
}
