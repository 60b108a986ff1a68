//! Secrets at rest and in what is shown (E1), and who may read the files.

use std::fs;
use std::path::Path;

use intune_connector::config::doctor::{FindingLevel, examine_data_folder};
use intune_connector::config::{CredentialKind, DataFolder, InstanceDraft, SEALED_PREFIX, SealContext, SecretKey};
use intune_connector::model::InstanceName;
use secrecy::ExposeSecret;
use serde_json::json;

use super::{CLIENT, House, TENANT, assert_complaint, good, pairs, secret_of};
use crate::support::canary;

#[test]
fn e1_a_secret_in_clear_is_sealed_when_first_read_and_only_its_line_changes() {
    let house = House::new();
    let before = format!(
        "# mine\n[tenant]\n{TENANT}\n{CLIENT}\n\n; the secret:\n[sign-in]\nsecret = {}\nsecret_expires_on = 2027-03-31\n\n[scan]\n# slow\npage_size = 500",
        canary::SECRET
    );
    let name = house.instance(&before);
    let settings = house.folder.read_instance(&name).unwrap();
    assert_eq!(secret_of(&settings.credential.kind), canary::SECRET);

    let after = house.text(&name);
    canary::assert_no_canary(&after);
    for (old, new) in before.lines().zip(after.lines()) {
        if old.starts_with("secret =") {
            assert!(new.starts_with(&format!("secret = {SEALED_PREFIX}")))
        } else {
            assert_eq!(old, new)
        }
    }
    assert_eq!(before.lines().count(), after.lines().count());
    assert!(after.ends_with("page_size = 500"), "no line end is added");

    assert_eq!(
        secret_of(&house.folder.read_instance(&name).unwrap().credential.kind),
        canary::SECRET
    );
    assert_eq!(house.text(&name), after, "what is sealed is not written again");
}

#[test]
fn e1_a_file_named_for_a_secret_is_read_once_and_sealed_in_its_place() {
    let house = House::new();
    let secret = house.file("secret.txt", format!("{}\r\n", canary::SECRET));
    let pfx = house.file("next.pfx", [0u8, 159, 146, 150, 10]);
    let password = house.file("password.txt", format!("{}\n", canary::PFX_PASSWORD));
    let name = house.instance(&format!(
        "{TENANT}\n{CLIENT}\nsecret_file = {}\nnext_pfx_file = {}\nnext_pfx_password_file = {}\n",
        secret.display(),
        pfx.display(),
        password.display()
    ));
    house.folder.read_instance(&name).unwrap();
    for path in [secret, pfx, password] {
        fs::remove_file(path).unwrap();
    }
    let settings = house.folder.read_instance(&name).unwrap();
    assert_eq!(
        secret_of(&settings.credential.kind),
        canary::SECRET,
        "without the line end that editors leave"
    );
    let Some(CredentialKind::Pfx { bytes, password }) = settings.next_credential.map(|next| next.kind) else {
        panic!("the next credential is a PKCS#12 file");
    };
    assert_eq!(bytes.expose_secret(), [0u8, 159, 146, 150, 10], "byte for byte");
    assert_eq!(password.expose_secret(), canary::PFX_PASSWORD);
    let text = house.text(&name);
    assert!(
        !text.contains("_file") && text.matches(SEALED_PREFIX).count() == 3,
        "{text}"
    );
}

const PLACE: SealContext<'static> = SealContext::Installation { number: 1 };

#[test]
fn sealed_text_opens_with_its_key_only_and_never_looks_the_same() {
    let (key, other) = (
        SecretKey::generate_ephemeral().unwrap(),
        SecretKey::generate_ephemeral().unwrap(),
    );
    let sealed = key.seal_secret(PLACE, canary::SECRET.as_bytes()).unwrap();
    assert_eq!(
        key.open_sealed(PLACE, &sealed).unwrap().expose_secret(),
        canary::SECRET.as_bytes()
    );
    assert_ne!(sealed, key.seal_secret(PLACE, canary::SECRET.as_bytes()).unwrap());
    assert!(
        other
            .open_sealed(PLACE, &sealed)
            .unwrap_err()
            .to_string()
            .contains("another secret.key")
    );
    let empty = key.seal_secret(PLACE, b"").unwrap();
    assert_eq!(key.open_sealed(PLACE, &empty).unwrap().expose_secret(), b"");
    canary::assert_no_canary(&sealed);
}

#[test]
fn every_damage_to_sealed_text_is_noticed() {
    let key = SecretKey::generate_ephemeral().unwrap();
    let sealed = key.seal_secret(PLACE, b"secret").unwrap();
    for at in SEALED_PREFIX.len()..sealed.len() {
        let mut bytes = sealed.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        assert!(
            key.open_sealed(PLACE, std::str::from_utf8(&bytes).unwrap()).is_err(),
            "byte {at}"
        );
        assert!(key.open_sealed(PLACE, &sealed[..at]).is_err(), "cut at {at}");
    }
    assert!(key.open_sealed(PLACE, &format!("{sealed}AAAA")).is_err());
}

#[test]
fn a_wrong_key_is_told_with_file_line_and_advice() {
    let house = House::new();
    let name = house.instance(&good());
    house.folder.read_instance(&name).unwrap();
    fs::remove_file(house.folder.path().join("secret.key")).unwrap();
    let folder = DataFolder::open(house.folder.path()).unwrap();
    let error = folder.read_instance(&name).unwrap_err();
    assert_complaint(
        &error,
        "IntuneConnector_1.ini",
        "",
        (3, "secret", "another secret.key", "restore the matching secret.key"),
    );
}

#[test]
fn keys_for_other_purposes_are_stable_and_differ() {
    let house = House::new();
    let again = DataFolder::open(house.folder.path()).unwrap();
    assert_eq!(
        house.folder.secret_key().derive_key("audit"),
        again.secret_key().derive_key("audit")
    );
    assert_ne!(
        again.secret_key().derive_key("audit"),
        again.secret_key().derive_key("cursor")
    );
}

#[test]
fn a_key_file_that_holds_no_key_is_refused_not_replaced() {
    let house = House::new();
    let path = house.folder.path().join("secret.key");
    fs::write(&path, "not a key\n").unwrap();
    let error = DataFolder::open(house.folder.path()).unwrap_err();
    assert!(error.to_string().contains("64 hex digits"), "{error}");
    assert_eq!(fs::read_to_string(&path).unwrap(), "not a key\n");
}

#[test]
fn wi_4_a_key_is_made_where_no_store_is_and_only_there() {
    for (name, content, is_made) in [
        ("bus.db", "", true),
        ("bus.db", "SQLite format 3", false),
        ("bus.db-wal", "of a crash", false),
    ] {
        let house = House::new();
        let key = house.folder.path().join("secret.key");
        fs::remove_file(&key).unwrap();
        fs::write(house.folder.path().join(name), content).unwrap();
        let (worst, expected) = match DataFolder::open(house.folder.path()) {
            Ok(_) => (FindingLevel::Good, is_made),
            Err(error) => {
                assert!(error.file.ends_with("secret.key"), "{error}");
                assert!(error.advice.contains("put it back from a backup"), "{error}");
                (FindingLevel::Failure, !is_made)
            }
        };
        assert!(expected, "{name} {content}");
        assert_eq!(key.exists(), is_made, "{name} {content}");
        let of_key = examine_data_folder(house.folder.path()).into_iter();
        let mut of_key = of_key.filter(|finding| finding.subject.ends_with("secret.key"));
        assert_eq!(of_key.next().unwrap().level, worst, "{name} {content}");
    }
}

#[test]
fn wi_34_a_key_that_is_none_is_told_once_with_the_cure_for_it() {
    let house = House::new();
    let seal = house.instance(&good());
    house.folder.read_instance(&seal).unwrap();
    let path = house.folder.path().join("secret.key");
    fs::write(&path, "not a key\n").unwrap();
    let told = DataFolder::open(house.folder.path()).unwrap_err().to_string();
    assert!(told.starts_with("failed to use /"), "{told}");
    assert_eq!(
        told.matches(&house.folder.path().display().to_string()).count(),
        1,
        "{told}"
    );
    assert!(
        told.ends_with("restore the right file from a backup of the data folder"),
        "{told}"
    );
    let failed: Vec<String> = examine_data_folder(house.folder.path())
        .into_iter()
        .filter(|finding| finding.level == FindingLevel::Failure)
        .map(|finding| finding.text)
        .collect();
    assert!(
        failed.len() == 1 && failed[0].contains("64 hex digits"),
        "nothing of what it would open: {failed:?}"
    );
}

#[cfg(unix)]
mod permissions {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn everything_in_the_folder_is_for_its_owner_alone() {
        let house = House::new();
        let folder = &house.folder;
        folder.write_default_bus_ini().unwrap();
        let secret = house.file("s", canary::SECRET);
        let draft = InstanceDraft::from_pairs(pairs(&secret)).unwrap();
        let name: InstanceName = "IntuneConnector_1".parse().unwrap();
        folder.write_instance(&name, &draft).unwrap();
        for path in [
            folder.path().to_owned(),
            folder.path().join("instances"),
            folder.log_folder(),
        ] {
            assert_eq!(mode(&path), 0o700, "{}", path.display());
        }
        for path in [
            folder.bus_ini_path(),
            folder.instance_ini_path(&name),
            folder.path().join("secret.key"),
        ] {
            assert_eq!(mode(&path), 0o600, "{}", path.display());
        }
        fs::set_permissions(folder.instance_ini_path(&name), fs::Permissions::from_mode(0o644)).unwrap();
        let change = InstanceDraft::from_pairs([("page_size", "10")]).unwrap();
        folder.change_instance(&name, &change).unwrap();
        assert_eq!(mode(&folder.instance_ini_path(&name)), 0o600, "after rewriting");
    }

    #[test]
    fn a_key_that_others_may_read_is_refused() {
        let house = House::new();
        let path = house.folder.path().join("secret.key");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let error = DataFolder::open(house.folder.path()).unwrap_err();
        assert!(error.to_string().contains("chmod 600"), "{error}");
    }
}

#[test]
fn e1_no_secret_stands_in_debug_or_in_what_is_shown() {
    let house = House::new();
    let text = format!(
        "{}next_secret = {}\nproxy = http://proxy:8080\nproxy_user = me\nproxy_password = {}\nactions_pfx = AQL/\nactions_pfx_password = {}\n",
        good(),
        canary::NEXT_SECRET,
        canary::PROXY_PASSWORD,
        canary::PFX_PASSWORD
    );
    let name = house.instance(&text);
    let settings = house.folder.read_instance(&name).unwrap();
    canary::assert_no_canary(&format!("{settings:?} {settings:#?}"));
    let draft = house.folder.read_instance_draft(&name).unwrap();
    canary::assert_no_canary(&format!("{draft:?} {:?} {:?}", house.folder, house.folder.secret_key()));
    let clear =
        InstanceDraft::from_json(&json!({"secret": canary::SECRET, "proxy_password": canary::PROXY_PASSWORD})).unwrap();
    canary::assert_no_canary(&format!("{clear:?} {}", clear.to_redacted_json(None)));

    let shown = draft.to_redacted_json(Some(house.folder.instance_seal(&name)));
    canary::assert_no_canary(&shown.to_string());
    assert_eq!(shown["secret"], format!("can… ({} characters)", canary::SECRET.len()));
    assert_eq!(shown["proxy_password"], "… (set)");
    assert_eq!(shown["proxy_user"], "me");
    let keyless = draft.to_redacted_json(None);
    assert_eq!(keyless["secret"], "… (set)");
}
