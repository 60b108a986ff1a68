//! The wizard as people meet it: what is wrong can be corrected from everywhere, who leaves keeps their answers, and what
//! would not work or would do something unexpected is told before it is installed.

use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use simulated_tenant::server::Tls;
use simulated_tenant::{Options, Running, server, start};

use super::install::{beside, by_secret, tenant, typed};
use crate::support::program::{Bus, Lines, PROGRAM, User, code};
use crate::support::wait::until_blocking;

const PRIVILEGED: &str = "DeviceManagementManagedDevices.PrivilegedOperations.All";

/// A tenant behind a certificate that nobody trusts yet.
async fn untrusted_tenant() -> Running {
    let options = Options {
        tls: Tls::Temporary,
        ..Options::quick(4, 7)
    };
    start(options).await.unwrap()
}

/// A person at a terminal of their own (script(1) makes it), who answers each question when it is there.
struct Typist {
    child: Child,
    input: ChildStdin,
    shown: Arc<Mutex<String>>,
    seen: usize,
}

impl Typist {
    fn sit_down(user: &User, line: &str) -> Typist {
        let mut command = Command::new("script");
        let mut child = command
            .args(["-qec", &format!("{PROGRAM} {line}"), "/dev/null"])
            .current_dir(user.path(""))
            .env_clear()
            .envs([("PATH", "/usr/bin:/bin"), ("SHELL", "/bin/sh"), ("TERM", "dumb")])
            .env("HOME", user.path(""))
            .env("TMPDIR", user.path(""))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let shown = Arc::new(Mutex::new(String::new()));
        let (mut output, told) = (child.stdout.take().unwrap(), shown.clone());
        std::thread::spawn(move || {
            let mut piece = [0; 4_096];
            while let Ok(count) = output.read(&mut piece) {
                if count == 0 {
                    break;
                }
                told.lock().unwrap().push_str(&String::from_utf8_lossy(&piece[..count]));
            }
        });
        Typist {
            input: child.stdin.take().unwrap(),
            child,
            shown,
            seen: 0,
        }
    }

    fn shown(&self) -> String {
        self.shown.lock().unwrap().clone()
    }

    fn answer(&mut self, prompt: &str, text: &str) {
        until_blocking(prompt, || {
            let shown = self.shown();
            assert!(
                shown[self.seen..].contains(prompt) || self.child.try_wait().unwrap().is_none(),
                "{prompt} is not asked: {shown}"
            );
            shown[self.seen..].contains(prompt)
        });
        self.seen = self.shown().len();
        writeln!(self.input, "{text}").unwrap();
    }

    fn end(mut self) -> (i32, String) {
        let ended = code(&mut self.child);
        (ended, self.shown())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn b3_a_failed_check_and_the_last_question_lead_back_and_who_leaves_goes_on_later() {
    let user = User::new();
    let sim = untrusted_tenant().await;
    let (registration, base) = (sim.registration.clone(), sim.base.clone());
    let ca = sim.ca.clone().unwrap().display().to_string();
    beside(move || {
        let data = user.path("data");
        let no_certificate = user.file("notes.txt", "hunter2");
        let secret = registration.client_secret.as_str();
        let said = typed(
            &user,
            &format!("install --data {}", data.display()),
            &[
                "Contoso",
                "",
                "",
                "yes",
                "",
                "addresses",
                &base,
                &base,
                &registration.tenant_id,
                &registration.client_id,
                secret,
                "2020-01-01",
                // The date is refused (M11), its field alone is asked again; then the certificate is not trusted.
                "",
                // An unknown letter runs nothing; back leads to the field that shows the blamed one.
                "x",
                "b",
                "addresses, inspected",
                &no_certificate,
                &ca,
                // Passed: rhythm, zone, devices, actions.
                "",
                "Europe/Berlin",
                "",
                "",
                // The last question: an unknown word, a field by its name, back, and no.
                "vielleicht",
                "profile",
                "Renamed",
                "<",
                "",
                "no",
            ],
        );
        assert_eq!(said.code, 130, "{said:?}");
        for heard in [
            "- clears an answer",
            "2020-01-01 is in the past",
            "\"x\" is not one of the choices",
            "ca is asked only if 'inspected' in network",
            "contains no readable certificate",
            "\"vielleicht\" is not one of the choices",
            // The list of actions is aligned; the summary shows what is empty, too.
            "   1  sync                      Synchronise",
            "Actions                 ",
            "none",
            "Nothing was installed. Your answers (without secrets) are in",
        ] {
            assert!(said.err.contains(heard), "{heard}: {}", said.err);
        }
        // Once failed, once again behind the correction, which passes.
        assert_eq!(said.err.matches("The check has not passed.").count(), 1, "{}", said.err);
        // M21: whoever leaves has done nothing wrong.
        assert!(
            !said.err.contains("error:") && !said.err.contains(secret),
            "{}",
            said.err
        );
        assert!(!said.err.contains("hunter2"), "{}", said.err);
        let kept = data.join("install-answers.ini");
        let text = std::fs::read_to_string(&kept).unwrap();
        assert!(
            text.contains("\nprofile = Renamed\n") && text.contains("\nzone = Europe/Berlin\n"),
            "{text}"
        );
        assert!(!text.contains(secret), "{text}");
        assert_eq!(std::fs::metadata(&kept).unwrap().permissions().mode() & 0o777, 0o600);
        let all = user.says(&format!("instances --json --data {}", data.display())).json();
        assert_eq!(all["instances"], json!([]), "nothing is installed");
        continue_with(&user, &kept, &data, secret, &ca);
    })
    .await;
    sim.stop().await;
}

/// At a terminal, only what the file cannot hold is asked.
fn continue_with(user: &User, kept: &Path, data: &Path, secret: &str, ca: &str) {
    let line = format!("install --answers {} --data {}", kept.display(), data.display());
    // Nobody sits here: nobody is asked.
    let refused = user.says(&line);
    assert_eq!(refused.code, 1, "{refused:?}");
    let mut typist = Typist::sit_down(user, &line);
    typist.answer("  ca: ", ca);
    typist.answer("  secret: ", secret);
    typist.answer("[yes]: ", "yes");
    let (ended, shown) = typist.end();
    assert_eq!(ended, 0, "{shown}");
    for heard in [
        "Renamed",
        "IntuneConnector_1",
        // M2: what comes next, ready to paste.
        &format!("intune-connector run --data {}", data.display()),
    ] {
        assert!(shown.contains(heard), "{heard}: {shown}");
    }
    assert!(!shown.contains("profile ["), "what stands is not asked: {shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn n8_the_pages_that_people_see_are_numbered_without_a_gap() {
    let user = User::new();
    let sim = tenant(3, 7).await;
    let (registration, base) = (sim.registration.clone(), sim.base.clone());
    beside(move || {
        let line = format!("install --data {}", user.path("data").display());
        let lines = [
            "Contoso",
            "",
            // The way to sign in, advanced settings: the usual cloud, and the addresses of this tenant.
            "",
            "yes",
            "",
            "addresses",
            base.as_str(),
            base.as_str(),
            registration.tenant_id.as_str(),
            registration.client_id.as_str(),
            registration.client_secret.as_str(),
            "",
            // Rhythm, zone, devices, actions.
            "",
            "",
            "",
            "",
            "yes",
        ];
        let said = typed(&user, &line, &lines);
        assert_eq!(said.code, 0, "{said:?}");
        let number = regex::Regex::new(r"== .* \((\d+)/(\d+)\) ==").unwrap();
        let told: Vec<(usize, usize)> = number
            .captures_iter(&said.err)
            .map(|found| (found[1].parse().unwrap(), found[2].parse().unwrap()))
            .collect();
        let expected: Vec<(usize, usize)> = (1..=told.len()).map(|number| (number, told.len())).collect();
        assert!(told.len() > 8, "{}", said.err);
        assert_eq!(told, expected, "{}", said.err);
    })
    .await;
    sim.stop().await;
}

#[test]
fn b3_ctrl_c_keeps_the_answers_as_well() {
    let user = User::new();
    let data = user.path("data");
    let line = format!("install --data {}", data.display());
    let mut command = user.command(line.split_whitespace());
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let lines = Lines::of(child.stderr.take().unwrap());
    writeln!(input, "Contoso").unwrap();
    lines.until(|line| line.contains("Management servers"));
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    lines.until(|line| line.contains("Nothing was installed"));
    assert_eq!(code(&mut child), 130);
    let text = std::fs::read_to_string(data.join("install-answers.ini")).unwrap();
    assert!(text.contains("\nprofile = Contoso\n"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn mi_2_actions_that_the_application_may_not_do_are_told_with_the_command_before_they_are_installed() {
    let user = User::new();
    let sim = tenant(3, 7).await;
    let line = by_secret(&user, &sim);
    let reader = user.file("reader.txt", &format!("{}-reader", sim.registration.client_secret));
    let client = server::client_id(7, "reader");
    beside(move || {
        let data = user.path("data");
        let line = format!(
            "install {line} --set client_id={client} --set secret_file={reader} --set verbs=sync,wipe --data {}",
            data.display()
        );
        let refused = user.says(&line);
        assert_eq!(refused.code, 1, "{refused:?}");
        for heard in [PRIVILEGED, "az ad app permission add", "field   verbs"] {
            assert!(refused.err.contains(heard), "{heard}: {}", refused.err);
        }
        let all = user.says(&format!("instances --json --data {}", data.display())).json();
        assert_eq!(all["instances"], json!([]), "nothing is installed");
        let done = user.says(&format!("{line} --continue-anyway --json")).json();
        let report = &done["installations"][0];
        assert_eq!(report["installation"]["anyway"], json!(["rights"]), "{report:#}");
        let missing = |step: &Value| step["subject"] == PRIVILEGED && step["state"] == "failed";
        assert!(report["rights"].as_array().unwrap().iter().any(missing), "{report:#}");
        let ini = std::fs::read_to_string(data.join("instances/IntuneConnector_1.ini")).unwrap();
        assert!(ini.contains("verbs = sync, wipe"), "{ini}");
        assert!(ini.contains("personal = reduced"), "{ini}");
    })
    .await;
    sim.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mi_9_mi_11_the_preview_finds_everything_new_on_a_running_bus_and_an_overlap_of_targets_is_told() {
    let user = User::new();
    let sim = tenant(12, 7).await;
    let line = by_secret(&user, &sim);
    let reader = user.file("reader.txt", &format!("{}-reader", sim.registration.client_secret));
    let client = server::client_id(7, "reader");
    beside(move || {
        let data = user.path("data");
        let bus = Bus::start(&user, &data);
        let line = format!("install {line} --json --data {}", data.display());
        let first = user.says(&format!("{line} --set servers=cmdb --preview")).json();
        let report = &first["installations"][0];
        assert_eq!(report["preview"]["state"], "ok", "{report:#}");
        let detail = report["preview"]["detail"].as_str().unwrap();
        assert!(detail.starts_with("12 devices: 12 new"), "{detail}");
        assert_eq!(report["targets"][0]["state"], "ok", "{report:#}");
        let other = format!("--set client_id={client} --set secret_file={reader} --set servers=*");
        let second = user.says(&format!("{line} {other}")).json();
        let told = &second["installations"][0]["targets"][0];
        assert_eq!(
            (&told["subject"], &told["cause"]),
            (&json!("cmdb"), &json!("overlap")),
            "{told:#}"
        );
        assert!(
            told["detail"].as_str().unwrap().contains("IntuneConnector_1 (Intune)"),
            "{told:#}"
        );
        assert_eq!(bus.stop(), 0);
    })
    .await;
    sim.stop().await;
}
