use crate::support::program::{Bus, User};

fn bus(user: &User, settings: &str) -> (Bus, String) {
    let data = user.path("data");
    std::fs::create_dir(&data).unwrap();
    std::fs::write(data.join("bus.ini"), settings).unwrap();
    let bus = Bus::start(user, &data);
    let password = user.file("password", "correct horse battery\n");
    user.says(&format!(
        "operators add anna --rights Devices_Read --new-password-file {password} --data {}",
        data.display()
    ))
    .good();
    (bus, password)
}

#[test]
fn a_login_is_kept_and_its_rights_are_the_operators() {
    let user = User::new();
    let (bus, password) = bus(&user, "");
    user.says(&format!("login {} --user anna --password-file {password}", bus.url))
        .good();
    assert_eq!(user.says("devices --json").good(), "");
    let refused = user.says("servers accept acmp");
    assert_eq!(refused.code, 4, "{refused:?}");
    assert!(
        refused.err.contains("Servers_Manage") && refused.err.contains("try:"),
        "{refused:?}"
    );
    let list = user.says("login --list").good();
    assert!(list.contains("anna") && !list.contains("icp_"), "{list}");
    let kept = user.path(".config/intune-connector/connections.json");
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&kept).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
    assert!(!std::fs::read_to_string(&kept).unwrap().contains("correct horse"));
    let token = std::fs::read_to_string(&kept).unwrap();
    let forgotten = user.says("login --forget default");
    assert!(
        forgotten.code == 0 && forgotten.err.contains("remove-token"),
        "{forgotten:?}"
    );
    assert_eq!(user.says("devices").code, 2);
    // As its help says: forgotten here, and good for whoever has it until it is removed there.
    let help = user.says("login --help").good();
    assert!(help.contains("remove-token"), "{help}");
    std::fs::write(&kept, token).unwrap();
    assert_eq!(user.says("devices --json").good(), "");
}

#[test]
fn mi_17_a_login_ends_after_90_days_or_as_it_was_said_and_what_is_over_is_told() {
    let user = User::new();
    let (bus, password) = bus(&user, "");
    let line = format!("login {} --user anna --password-file {password}", bus.url);
    let data = user.path("data").display().to_string();
    for (option, days) in [("", 90), (" --days 7", 7)] {
        let said = user.says(&format!("{line}{option} --name kept"));
        assert!(said.code == 0 && said.err.contains(" until 20"), "{said:?}");
        let kept = user.says("login --list --json").json();
        let end = kept["connections"][0]["expiresAt"].as_str().unwrap();
        let end = chrono::DateTime::parse_from_rfc3339(end).unwrap();
        let left = (end.to_utc() - chrono::Utc::now()).num_hours();
        assert!((days * 24 - 1..=days * 24).contains(&left), "{left}: {kept}");
        let tokens = user.says(&format!("operators tokens anna --json --data {data}")).json();
        let ends = |token: &serde_json::Value| token["expiresAt"].is_string();
        assert!(tokens["tokens"].as_array().unwrap().iter().all(ends), "{tokens}");
    }
    let wrong = user.says(&format!("{line} --days 0"));
    assert!(wrong.code == 2 && wrong.err.contains("--days"), "{wrong:?}");
    // By this machine's clock it is over: the token is not sent, and the way on is a command.
    let file = user.path(".config/intune-connector/connections.json");
    let mut kept: serde_json::Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    kept["connections"]["kept"]["expiresAt"] = "2026-01-01T00:00:00Z".into();
    std::fs::write(&file, kept.to_string()).unwrap();
    let over = user.says("devices");
    assert_eq!(over.code, 4, "{over:?}");
    for told in ["ended at 2026-01-01", "intune-connector login 'http://", "--name kept"] {
        assert!(over.err.contains(told), "{told}: {over:?}");
    }
}

#[test]
fn m19_the_scheme_that_is_spoken_there_is_named() {
    for (settings, scheme, other) in [("", "http", "https"), ("tls = on\n", "https", "http")] {
        let user = User::new();
        let (bus, password) = bus(&user, settings);
        let wrong = bus.url.replacen(scheme, other, 1);
        let said = user.says(&format!("login {wrong} --user anna --password-file {password}"));
        assert_eq!(said.code, 3, "{said:?}");
        assert!(
            said.err.contains(&format!("it speaks {}", scheme.to_uppercase())),
            "{said:?}"
        );
        assert!(said.err.contains(&format!("use {}", bus.url)), "{said:?}");
        let bare = bus.url.split("//").nth(1).unwrap();
        let said = user.says(&format!("login {bare} --user anna --password-file {password}"));
        assert_eq!(said.code, 2, "{said:?}");
        assert!(said.err.contains(&format!("write https://{bare}")), "{said:?}");
    }
}

#[test]
fn a_password_may_come_on_standard_input_and_a_wrong_one_is_refused() {
    let user = User::new();
    let (bus, _) = bus(&user, "");
    let words = ["login", &bus.url, "--user", "anna", "--password-file", "-"];
    assert_eq!(user.says_with(words, "correct horse battery\n").code, 0);
    let wrong = user.says_with(words, "wrong horse battery\n");
    assert_eq!(wrong.code, 4, "{wrong:?}");
    assert!(!wrong.err.contains("wrong horse"), "{wrong:?}");
    let nobody = user.says(&format!("login {} --user anna", bus.url));
    assert_eq!(nobody.code, 2, "there is nobody to ask: {nobody:?}");
}

#[test]
fn a_self_made_certificate_is_trusted_by_its_fingerprint_only() {
    let user = User::new();
    let (bus, password) = bus(&user, "tls = on\n");
    let fingerprint = bus.fingerprint.clone().unwrap();
    let login = format!("login {} --user anna --password-file {password}", bus.url);
    let without = user.says(&login);
    assert_eq!(without.code, 3, "{without:?}");
    assert!(without.err.contains("--fingerprint"), "{without:?}");
    let other = fingerprint.replace(':', "").chars().rev().collect::<String>();
    let with_other = user.says(&format!("{login} --fingerprint {other}"));
    assert_eq!(with_other.code, 4, "{with_other:?}");
    user.says(&format!("{login} --fingerprint {fingerprint}")).good();
    assert_eq!(user.says("devices --json").good(), "");
}
