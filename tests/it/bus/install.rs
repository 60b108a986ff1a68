//! Products are installed by the real program, over real HTTP, from simulated tenants.

use std::path::Path;
use std::time::Duration;

use intune_connector::app::{LocalConnection, local_connection_path};
use reqwest::Method;
use serde_json::{Value, json};
use simulated_tenant::directory::{App, Certificate};
use simulated_tenant::{Options, Running, server, start};

use crate::support::program::{Bus, Said, User};
use crate::support::wait::{PATIENCE, until, until_blocking};

/// As the fixtures of certificates were made with.
const PFX_PASSWORD: &str = "fixture";
const CERTIFICATE_APP: &str = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee";
const READ: &str = "DeviceManagementManagedDevices.Read.All";
const THUMBPRINT: &str = "01E4B991B074352C3F14AA87BCB42624B4A3D571";

pub(super) fn fixture(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/certs")
        .join(name)
}

/// A tenant in which a second application signs in by certificate.
pub(super) async fn tenant(devices: usize, seed: u64) -> Running {
    let sim = start(Options::quick(devices, seed)).await.unwrap();
    let certificate = Certificate::read(&std::fs::read(fixture("cert.pem")).unwrap()).unwrap();
    let app = App::new(CERTIFICATE_APP)
        .with_roles(&[READ])
        .with_certificate(certificate);
    assert!(sim.simulated.directory().add_app(&sim.registration.tenant_id, app));
    sim
}

/// Arguments that lead to a tenant and sign in by its secret.
pub(super) fn by_secret(user: &User, sim: &Running) -> String {
    let secret = user.file("secret.txt", &sim.registration.client_secret);
    format!(
        "--set network=addresses --set login_url={base} --set graph_url={base} --set tenant_id={} --set client_id={} --set secret_file={secret}",
        sim.registration.tenant_id,
        sim.registration.client_id,
        base = sim.base
    )
}

/// Runs blocking work (the program) beside the simulator.
pub(super) async fn beside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(work).await.unwrap()
}

/// What a person types, line by line.
pub(super) fn typed(user: &User, line: &str, lines: &[&str]) -> Said {
    let input: String = lines.iter().map(|line| format!("{line}\n")).collect();
    user.says_with(line.split_whitespace(), &input)
}

/// How many devices a management server holds after it has read to the end.
fn held(user: &User, server: &str, data: &Path) -> usize {
    let file = user.path(&format!("{server}.ndjson"));
    let _ = std::fs::remove_file(&file);
    let line = format!(
        "follow --server {server} --ndjson {} --once --data {}",
        file.display(),
        data.display()
    );
    user.says(&line).good();
    let text = std::fs::read_to_string(&file).unwrap();
    text.lines().filter(|line| line.contains("\"kind\":\"upsert\"")).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn b36_a_wizard_through_every_page_installs_by_secret_and_by_pfx_side_by_side() {
    let user = User::new();
    let (one, two) = (tenant(30, 7).await, tenant(20, 8).await);
    let (first, second) = (answers_by_secret(&one), answers_by_pfx(&two));
    beside(move || {
        let data = user.path("data");
        let bus = Bus::start(&user, &data);
        let shown = data.display();
        let said = typed(&user, &format!("install --data {shown}"), &as_lines(&first));
        assert_eq!(said.out.trim(), "IntuneConnector_1", "{said:?}");
        for heard in [
            "Before you begin",
            "ok       token",
            "30 devices",
            "30 devices: 30 new",
            "applied  IntuneActions_1",
            "next runs: ",
            "T03:00:00+0",
            "30 of 30 devices pass the filter",
            "Finished",
        ] {
            assert!(said.err.contains(heard), "{heard}: {}", said.err);
        }
        assert!(!said.err.contains(&first[12]), "the secret is not shown");
        let said = typed(&user, &format!("install --lang de --data {shown}"), &as_lines(&second));
        assert_eq!(said.out.trim(), "IntuneConnector_2", "{said:?}");
        for heard in [
            "Voraussetzungen",
            "pfxPassword",
            THUMBPRINT,
            "CN=intune-connector fixture",
            "20 Geräte",
            "[ja]",
        ] {
            assert!(said.err.contains(heard), "{heard}: {}", said.err);
        }
        super::german::require_german(&said.err);
        members_stand_beside_each_other(&user, &data);
        devices_flow_to_the_servers_named(&user, &data);
        an_action_goes_through_its_definition(&data);
        assert_eq!(bus.stop(), 0);
    })
    .await;
    one.stop().await;
    two.stop().await;
}

fn as_lines(lines: &[String]) -> Vec<&str> {
    lines.iter().map(String::as_str).collect()
}

fn answers_by_secret(sim: &Running) -> Vec<String> {
    let registration = &sim.registration;
    let texts = [
        "Contoso",
        "cmdb", // profile, servers
        "1",
        "yes",
        "", // sign-in, advanced settings: cloud
        "3",
        &sim.base,
        &sim.base, // other addresses
        &registration.tenant_id,
        "not a guid",
        &registration.client_id, // the wrong one is asked again
        "?",
        &registration.client_secret,
        "", // explained, secret, its end
        "own",
        "Europe/Berlin",
        "every 10m",
        "0 3 * * 7x",
        "0 3 * * *", // scanner
        "own",
        "operatingSystem = \"Windows\"",
        "operatingSystem == \"Windows\" || true", // the wrong one is asked again
        "",
        "",
        "", // personal, fields, primary user
        "sync, notify, wipe",
        "yes",
        "",
        "",
        "LostDevices",
        "5",
        "",
        "",
        "",
        "yes", // actions
        "preview",
        "yes", // install
    ];
    texts.map(str::to_owned).to_vec()
}

fn answers_by_pfx(sim: &Running) -> Vec<String> {
    let pfx = fixture("aes256.pfx").display().to_string();
    let texts = [
        "Fabrikam",
        "helpdesk",
        "pfx",
        "ja",
        "",
        "addresses",
        &sim.base,
        &sim.base,
        &sim.registration.tenant_id,
        CERTIFICATE_APP,
        "/nowhere.pfx",
        &pfx,
        "wrong",
        PFX_PASSWORD, // each is asked again
        "",
        "",
        "", // rhythm, zone, devices
        "", // no actions
        "ja",
    ];
    texts.map(str::to_owned).to_vec()
}

fn members_stand_beside_each_other(user: &User, data: &Path) {
    for number in [1, 2] {
        let shown = user
            .says(&format!(
                "instances show IntuneConnector_{number} --json --data {}",
                data.display()
            ))
            .json();
        let members = shown["members"].as_array().unwrap();
        let told: Vec<String> = members
            .iter()
            .map(|member| {
                format!(
                    "{} {}",
                    member["area"].as_str().unwrap(),
                    member["name"].as_str().unwrap()
                )
            })
            .collect();
        for wanted in [
            format!("microservices IntuneConnector_{number}"),
            format!("microservices IntuneWorkflowEngine_{number}"),
            format!("workflows IntuneMobileDevices_{number}"),
            format!("workflows IntuneActions_{number}"),
        ] {
            assert!(told.contains(&wanted), "{wanted}: {told:?}");
        }
        assert!(
            members.iter().take(4).all(|member| runs(&member["state"])),
            "{members:?}"
        );
    }
    let limits = user.says(&format!("limits --json --data {}", data.display())).json();
    assert_eq!(
        limits["limits"]["perJob"], 5,
        "the first installation may tighten at once: {limits}"
    );
    assert_eq!(limits["approval"]["always"], true, "{limits}");
    let trail = user.says(&format!("audit export - --data {}", data.display())).good();
    assert_eq!(trail.matches("installation.planned").count(), 2);
    assert_eq!(trail.matches("installation.ended").count(), 2);
}

/// What was installed last may be about to run still. The definitions behind the first four are off until enabled.
fn runs(state: &Value) -> bool {
    state == "running" || state == "starting"
}

fn devices_flow_to_the_servers_named(user: &User, data: &Path) {
    let shown = data.display();
    user.says(&format!("operators add acmp --kind server --token --data {shown}"))
        .good();
    for (server, number, devices) in [("cmdb", 1, 30), ("helpdesk", 2, 20)] {
        // The first scan may be under way already: two of one instance never overlap.
        let scanned = user.says(&format!(
            "scan --instance IntuneConnector_{number} --data {shown} --json"
        ));
        assert!(scanned.code == 0 || scanned.code == 5, "{scanned:?}");
        let waits = user.says(&format!(
            "follow --server {server} --once --ndjson /dev/null --data {shown}"
        ));
        assert_eq!(waits.code, 4, "{waits:?}");
        user.says(&format!("servers accept {server} --data {shown}")).good();
        assert_eq!(held(user, server, data), devices, "{server}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ic02_what_is_wrong_is_told_at_its_field_with_cause_and_cure() {
    let user = User::new();
    let sim = tenant(3, 7).await;
    let base = sim.base.clone();
    let registration = sim.registration.clone();
    beside(move || {
        let data = user.path("data");
        let pfx = fixture("aes256.pfx").display().to_string();
        let wrong = user.file("wrong.txt", "wrong");
        let secret = user.file("secret.txt", &registration.client_secret);
        let bare = user.file("bare.txt", &format!("{}-bare", registration.client_secret));
        let (tenant, client) = (&registration.tenant_id, &registration.client_id);
        let no_rights = server::client_id(7, "bare");
        let way = format!("--set network=addresses --set login_url={base} --set graph_url={base}");
        let nobody = "http://127.0.0.1:1";
        for (what, line, field, code) in [
            (
                "wrong PFX password",
                format!("{way} --set tenant_id={tenant} --set client_id={client} --set sign_in=pfx --set pfx_file={pfx} --set pfx_password_file={wrong}"),
                "pfx_password",
                "pfxPassword",
            ),
            (
                "wrong secret",
                format!("{way} --set tenant_id={tenant} --set client_id={client} --set secret_file={wrong}"),
                "secret",
                "AADSTS7000215",
            ),
            (
                "missing right",
                format!("{way} --set tenant_id={tenant} --set client_id={no_rights} --set secret_file={bare}"),
                "client_id",
                "missing",
            ),
            (
                "unknown tenant",
                format!("{way} --set tenant_id={CERTIFICATE_APP} --set client_id={client} --set secret_file={secret}"),
                "tenant_id",
                "AADSTS90002",
            ),
            (
                "unreachable host",
                format!("--set network=addresses --set login_url={nobody} --set graph_url={nobody} --set tenant_id={tenant} --set client_id={client} --set secret_file={secret}"),
                "login_url",
                "connectionRefused",
            ),
            (
                "wrong proxy",
                format!("{way},proxy --set proxy={nobody} --set tenant_id={tenant} --set client_id={client} --set secret_file={secret}")
                    .replace("--set network=addresses --set", "--set network=addresses,proxy --set")
                    .replace(&format!("graph_url={base},proxy"), &format!("graph_url={base}")),
                "proxy",
                "proxyUnreachable",
            ),
        ] {
            let said = user.says(&format!("install {line} --json --data {}", data.display()));
            assert_eq!(said.code, 1, "{what}: {said:?}");
            let told: Value = serde_json::from_str(&said.out).unwrap();
            let report = &told["installations"][0];
            let findings = report["findings"].as_array().cloned().unwrap_or_default();
            let steps = report["verify"].as_array().cloned().unwrap_or_default();
            let at_field = |found: &Value, code_key: &str| found["field"] == field && found[code_key] == code;
            let finding = findings.iter().find(|found| at_field(found, "code"));
            let step = steps.iter().find(|step| at_field(step, "cause"));
            let cure = finding.map(|found| &found["advice"]).or(step.map(|step| &step["cure"]));
            assert!(cure.is_some_and(|cure| cure.as_str().is_some_and(|text| !text.is_empty())), "{what}: {told:#}");
            assert!(!said.out.contains(&registration.client_secret) && !said.err.contains(&registration.client_secret));
        }
        let all = user.says(&format!("instances --json --data {}", data.display())).json();
        assert_eq!(all["instances"], json!([]), "nothing was kept");
    })
    .await;
    sim.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn b39_a_file_of_answers_installs_many_and_what_was_answered_is_written_for_the_next_time() {
    let user = User::new();
    let sim = tenant(5, 7).await;
    let file = format!(
        "network = addresses\nlogin_url = {base}\ngraph_url = {base}\ntenant_id = {}\nclient_id = {}\nsecret_file = secret.txt\n\
         [Contoso]\nservers = cmdb\nverbs = sync\n[Fabrikam]\nservers = helpdesk\nrhythm = calm\nzone = Europe/Berlin\n",
        sim.registration.tenant_id,
        sim.registration.client_id,
        base = sim.base
    );
    let secret = sim.registration.client_secret.clone();
    beside(move || {
        let data = user.path("data");
        user.file("secret.txt", &secret);
        let file = user.file("answers.ini", &file);
        let done = user
            .says(&format!("install --answers {file} --json --data {}", data.display()))
            .json();
        let names: Vec<&Value> = done["installations"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| &one["installation"]["name"])
            .collect();
        assert_eq!(names, ["IntuneConnector_1", "IntuneConnector_2"]);
        assert_eq!(done["installations"][1]["installation"]["profile"], "Fabrikam");
        let ini = std::fs::read_to_string(data.join("instances/IntuneConnector_2.ini")).unwrap();
        assert!(ini.contains("full = 0 3 * * *") && ini.contains("zone = Europe/Berlin") && !ini.contains(&secret));
        // The same again is pointed out, and the rest of the file is not held up by it.
        let again = user.says(&format!(
            "install --answers {file} --set profile=again --data {}",
            data.display()
        ));
        assert_eq!(again.code, 1, "{again:?}");
        assert!(
            again.err.contains("IntuneConnector_1 already reads this tenant")
                && again.err.contains("IntuneConnector_2 already reads"),
            "{again:?}"
        );
        // What is written for the next time can be read again.
        let written = user.says(&format!("install --answers {file} --print-answers")).good();
        assert!(
            written.contains("[Fabrikam]") && written.contains("\nrhythm = calm\n") && !written.contains(&secret),
            "{written}"
        );
        let next = user.file(
            "next.ini",
            &written.replace("secret_file = secret.secret", "secret_file = secret.txt"),
        );
        let printed = user.says(&format!("install --answers {next} --print-answers")).good();
        assert_eq!(
            printed.replace("secret_file = secret.secret", "secret_file = secret.txt"),
            std::fs::read_to_string(&next).unwrap()
        );
    })
    .await;
    sim.stop().await;
}

#[test]
fn e1_secrets_are_taken_from_files_and_standard_input_only() {
    let user = User::new();
    let data = user.path("data");
    let refused = user.says(&format!("install --set secret=hunter2 --data {}", data.display()));
    assert_eq!(refused.code, 2, "{refused:?}");
    assert!(
        refused.err.contains("secret_file") && !refused.err.contains("hunter2"),
        "{refused:?}"
    );
    let file = user.file(
        "answers.ini",
        "tenant_id = x\nsecret = hunter2\ncolour = red\nlimit_per_job = many\n",
    );
    let refused = user.says(&format!("install --answers {file} --data {}", data.display()));
    assert_eq!(refused.code, 2, "{refused:?}");
    for told in [
        "answers.ini:1: tenant_id",
        "answers.ini:2: secret",
        "answers.ini:3: colour",
        "answers.ini:4: limit_per_job",
    ] {
        assert!(refused.err.contains(told), "{told}: {refused:?}");
    }
    assert!(!refused.err.contains("hunter2"));
    let twice = user.says_with(
        [
            "install",
            "--set",
            "secret_file=-",
            "--set",
            "proxy_password_file=-",
            "--data",
            &data.display().to_string(),
        ],
        "s3cret\n",
    );
    assert_eq!(twice.code, 2, "{twice:?}");
    assert!(twice.err.contains("standard input is already in use"), "{twice:?}");
    let nobody = user.says(&format!("install --data {}", data.display()));
    assert_eq!(nobody.code, 2, "{nobody:?}");
    assert!(nobody.err.contains("no more input to read"), "{nobody:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn b37_who_goes_on_anyway_is_recorded_and_switches_no_action_on() {
    let user = User::new();
    let sim = tenant(3, 7).await;
    let line = by_secret(&user, &sim);
    beside(move || {
        let data = user.path("data");
        let wrong = user.file("wrong.txt", "wrong");
        let line = format!("{line} --set secret_file={wrong}");
        let refused = user.says(&format!("install {line} --data {}", data.display()));
        assert_eq!(refused.code, 1, "{refused:?}");
        let with_verbs = format!(
            "install {line} --set verbs=sync --continue-anyway --data {}",
            data.display()
        );
        let refused = user.says(&with_verbs);
        assert_eq!(refused.code, 1, "{refused:?}");
        assert!(refused.err.contains("verbs"), "{refused:?}");
        let done = user
            .says(&format!(
                "install {line} --continue-anyway --json --data {}",
                data.display()
            ))
            .json();
        let installation = &done["installations"][0]["installation"];
        assert_eq!(installation["anyway"], json!(["verify"]));
        let trail = user.says(&format!("audit export - --data {}", data.display())).good();
        let planned = trail
            .lines()
            .find(|line| line.contains("installation.planned"))
            .unwrap();
        assert!(planned.contains("verify"), "{planned}");
    })
    .await;
    sim.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_installation_is_changed_renewed_copied_and_taken_away_by_the_same_wizard() {
    let user = User::new();
    let sim = tenant(4, 7).await;
    let line = by_secret(&user, &sim);
    beside(move || {
        let data = user.path("data");
        let shown = data.display().to_string();
        let secret = user.path("secret.txt").display().to_string();
        user.says(&format!(
            "install {line} --set servers=cmdb --set verbs=sync --data {shown}"
        ))
        .good();
        let ini = || std::fs::read_to_string(data.join("instances/IntuneConnector_1.ini")).unwrap();
        let change = |what: &str| {
            user.says(&format!(
                "instances reconfigure IntuneConnector_1 {what} --data {shown}"
            ))
        };
        change("--set rhythm=brisk --set profile=Renamed").good();
        assert!(ini().contains("incremental = every 1m"), "{}", ini());
        assert!(ini().contains("verbs = sync"), "{}", ini());
        let moved = change("--set tenant_id=contoso.example");
        assert_eq!(moved.code, 1, "{moved:?}");
        assert!(moved.err.contains("tenant_id"), "{moved:?}");
        let wrong = user.file("wrong.txt", "wrong");
        let refused = user.says(&format!(
            "instances reauthenticate IntuneConnector_1 --set secret_file={wrong} --data {shown}"
        ));
        assert_eq!(refused.code, 1, "a secret that does not work is not kept: {refused:?}");
        user.says(&format!(
            "instances reauthenticate IntuneConnector_1 --set secret_file={secret} --data {shown}"
        ))
        .good();
        // Typed by a person: only the sign-in is asked.
        let lines = ["", "", "", &std::fs::read_to_string(&secret).unwrap(), "", "yes"];
        let said = typed(
            &user,
            &format!("instances reauthenticate IntuneConnector_1 --data {shown}"),
            &lines,
        );
        assert_eq!(said.code, 0, "{said:?}");
        let copied = user.says(&format!(
            "instances clone IntuneConnector_1 --set servers=helpdesk --set secret_file={secret} --data {shown}"
        ));
        assert_eq!(copied.good().trim(), "IntuneConnector_2");
        let two = std::fs::read_to_string(data.join("instances/IntuneConnector_2.ini")).unwrap();
        assert!(
            two.contains("incremental = every 1m") && two.contains("servers = helpdesk"),
            "{two}"
        );
        user.says(&format!("instances disable IntuneConnector_2 --data {shown}"))
            .good();
        let state = user
            .says(&format!("instances show IntuneConnector_2 --json --data {shown}"))
            .json();
        assert_eq!(state["status"]["state"], "disabled");
        user.says(&format!("instances enable IntuneConnector_2 --data {shown}"))
            .good();
        user.says(&format!("instances uninstall IntuneConnector_2 --data {shown}"))
            .good();
        let left = user.says(&format!("instances --json --data {shown}")).json();
        assert_eq!(left["instances"].as_array().unwrap().len(), 1, "{left}");
        assert!(!data.join("instances/IntuneConnector_2.ini").exists());
        let third = user.says(&format!(
            "instances clone IntuneConnector_1 --set servers=helpdesk --set secret_file={secret} --data {shown}"
        ));
        assert_eq!(third.good().trim(), "IntuneConnector_3", "a number is never used again");
    })
    .await;
    sim.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn m22_the_profile_and_the_tenant_stand_wherever_the_instance_stands() {
    let user = User::new();
    let sim = tenant(4, 7).await;
    let words = by_secret(&user, &sim);
    let tenant_id = sim.registration.tenant_id.clone();
    beside(move || {
        let data = user.path("data").display().to_string();
        user.says(&format!("install {words} --set profile=Contoso --data {data}"))
            .good();
        let bus = Bus::start(&user, Path::new(&data));
        let says = |line: &str| user.says(&format!("{line} --data {data}"));
        // The first scan may be under way: two of one instance never overlap.
        let mut scanned = says("scan --instance IntuneConnector_1");
        until_blocking("a scan completes", || {
            if scanned.code != 0 {
                scanned = says("scan --instance IntuneConnector_1");
            }
            scanned.code == 0
        });
        assert!(scanned.err.contains("IntuneConnector_1 (Contoso)"), "{scanned:?}");
        says("servers announce cmdb").good();
        says("servers accept cmdb").good();
        for command in [
            "instances",
            "instances show IntuneConnector_1",
            "instances running",
            "scan list --instance IntuneConnector_1",
            "servers",
            "servers show cmdb",
            "workflows",
        ] {
            let told = says(command).good();
            assert!(told.contains("Contoso"), "{command}: {told}");
        }
        let listed = says("instances --json").json();
        let status = &listed["instances"][0];
        assert_eq!(
            (&status["profile"], &status["tenantId"]),
            (&json!("Contoso"), &json!(tenant_id))
        );
        // What asks for agreement names the tenant, too.
        let title = format!("IntuneConnector_1 (Contoso, tenant {tenant_id})");
        for command in [
            "instances uninstall IntuneConnector_1",
            "instances remove IntuneConnector_1",
            "scan confirm-complete --instance IntuneConnector_1",
            "scan confirm-gone --instance IntuneConnector_1",
        ] {
            let asked = says(command);
            assert!((asked.out + &asked.err).contains(&title), "{command}");
        }
        let mut log = String::new();
        for file in std::fs::read_dir(format!("{data}/logs/IntuneConnector_1")).unwrap() {
            log += &std::fs::read_to_string(file.unwrap().path()).unwrap();
        }
        assert!(log.contains("Contoso"), "{log}");
        says("instances reconfigure IntuneConnector_1 --set profile=Fabrikam").good();
        for command in ["instances", "instances running"] {
            let told = says(command).good();
            assert!(
                told.contains("Fabrikam") && !told.contains("Contoso"),
                "{command}: {told}"
            );
        }
        assert_eq!(bus.stop(), 0);
    })
    .await;
    sim.stop().await;
}

/// Signs in as commands on this machine do.
pub(super) async fn ask(data: &Path, method: Method, path: &str, body: Value) -> (u16, Value) {
    let text = std::fs::read(local_connection_path(data)).unwrap();
    let local: LocalConnection = serde_json::from_slice(&text).unwrap();
    let client = reqwest::Client::builder().timeout(PATIENCE).build().unwrap();
    let url = format!("{}/sics/v1{path}", local.url);
    let request = client.request(method, url).bearer_auth(&local.token);
    let answer = request.json(&body).send().await.unwrap();
    let status = answer.status().as_u16();
    (status, answer.json().await.unwrap_or_default())
}

/// By the name that was given in the wizard; the run is one of the definition that was installed.
fn an_action_goes_through_its_definition(data: &Path) {
    let runtime = tokio::runtime::Handle::current();
    let get = |path: &str| {
        let (status, told) = runtime.block_on(ask(data, Method::GET, path, json!({})));
        assert_eq!(status, 200, "{path}: {told}");
        told
    };
    let workflows = get("/workflows").to_string();
    for name in [
        "IntuneMobileDevices_1",
        "IntuneActions_1",
        "IntuneMobileDevices_2",
        "IntuneActions_2",
    ] {
        assert!(workflows.contains(name), "{name}: {workflows}");
    }
    let device = get("/devices?instance=IntuneConnector_1&limit=1");
    let id = device.pointer("/devices/0/deviceId").unwrap();
    let job = json!({"instance": "IntuneConnector_1", "definition": "LostDevices", "action": "sync", "devices": [{"id": id}]});
    let (status, taken) = runtime.block_on(ask(data, Method::POST, "/jobs", job));
    assert_eq!(status, 202, "{taken}");
    runtime.block_on(until("a run of the definition", async || {
        ask(data, Method::GET, "/runs", json!({}))
            .await
            .1
            .to_string()
            .contains("IntuneActions_1")
    }));
    let unknown = json!({"instance": "IntuneConnector_2", "definition": "LostDevices", "action": "sync", "devices": [{"id": id}]});
    let (status, refused) = runtime.block_on(ask(data, Method::POST, "/jobs", unknown));
    assert!((400..500).contains(&status), "{refused}");
}

/// Follows an installation until its view was told `most` times, or to its end. Answers whether it came to it.
async fn followed(data: &Path, name: &str, most: usize) -> bool {
    let text = std::fs::read(local_connection_path(data)).unwrap();
    let local: LocalConnection = serde_json::from_slice(&text).unwrap();
    let request = reqwest::Client::new()
        .get(format!("{}/sics/v1/installations/{name}", local.url))
        .bearer_auth(&local.token)
        .header("accept", "text/event-stream");
    let mut answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let mut told = String::new();
    while let Some(piece) = answer.chunk().await.unwrap() {
        told.push_str(&String::from_utf8_lossy(&piece));
        if told.matches("data:").count() >= most {
            return false;
        }
    }
    true
}

/// What is there in the end, without what differs from bus to bus.
async fn installed(data: &Path) -> Value {
    assert!(followed(data, "IntuneConnector_1", usize::MAX).await);
    let (status, view) = ask(data, Method::GET, "/installations/IntuneConnector_1", json!({})).await;
    assert_eq!((status, &view["state"]), (200, &json!("installed")), "{view:#}");
    let (_, instance) = ask(data, Method::GET, "/instances/IntuneConnector_1", json!({})).await;
    json!([view["members"], instance["settings"]])
}

/// With SIGKILL, after each step that it told of, and some milliseconds after it began.
#[tokio::test(flavor = "multi_thread")]
async fn b40_a_bus_that_is_killed_at_any_step_of_an_installation_ends_as_without_it() {
    let user = User::new();
    let sim = tenant(3, 7).await;
    let answers = json!({
        "tenant_id": sim.registration.tenant_id, "client_id": sim.registration.client_id,
        "secret": sim.registration.client_secret, "network": ["addresses"], "login_url": sim.base, "graph_url": sim.base,
        "servers": "cmdb",
    });
    let begin = async |data: &Path| {
        let bus = Bus::start(&user, data);
        let body = json!({"answers": answers, "anyway": ["verify"]});
        let (status, planned) = ask(data, Method::POST, "/products/intune-connector/installations", body).await;
        assert_eq!(status, 202, "{planned}");
        bus
    };
    let data = user.path("undisturbed");
    let bus = begin(&data).await;
    let wanted = installed(&data).await;
    assert!(
        wanted[0].as_array().unwrap().len() >= 4 && wanted[1]["servers"] == "cmdb",
        "{wanted:#}"
    );
    assert_eq!(beside(move || bus.stop()).await, 0);
    for step in 1.. {
        let data = user.path(&format!("killed-{step}"));
        let bus = begin(&data).await;
        let ended = followed(&data, "IntuneConnector_1", step).await;
        drop(bus);
        let bus = Bus::start(&user, &data);
        assert_eq!(installed(&data).await, wanted, "killed behind step {step}");
        drop(bus);
        if ended {
            break;
        }
    }
    // Steps may be quicker than they are told.
    for pause in [0, 2, 5, 10, 20, 40] {
        let data = user.path(&format!("killed-after-{pause}"));
        let bus = begin(&data).await;
        tokio::time::sleep(Duration::from_millis(pause)).await;
        drop(bus);
        let bus = Bus::start(&user, &data);
        assert_eq!(installed(&data).await, wanted, "killed after {pause} ms");
        drop(bus);
    }
    sim.stop().await;
}
