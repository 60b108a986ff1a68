//! Who may do what in the database, and over which connection.

use intune_connector::config::{DatabaseTls, KindSettings};
use intune_connector::targets::postgresql::build_adapter;
use intune_connector::targets::{RequestPace, TargetAdapter, UserChange};
use secrecy::SecretString;
use serde_json::json;

use super::postgresql::{DATABASE, PASSWORD, ROLE, adapter, own_settings, start_server};
use super::samples::{check_steps, codes, create, failed_steps, settings};
use crate::support::folder::TestFolder;
use crate::support::local_server::run_tool;

const LEFT_OUT: &str = "rights and certificates of PostgreSQL";

async fn write_one(adapter: &dyn TargetAdapter) -> Vec<&'static str> {
    let write = create(1, json!({"device_name": "PC-1"}), UserChange::Keep);
    codes(&adapter.write_records(&[write]).await)
}

#[tokio::test(flavor = "multi_thread")]
async fn each_right_that_is_missing_is_told_with_a_grant_that_gives_it() {
    let Some(server) = start_server(LEFT_OUT) else { return };
    let adapter = adapter(own_settings(&server));
    let steps = check_steps(&*adapter).await;
    assert_eq!(failed_steps(&steps), [], "{steps:?}");

    // A role that may not make a schema.
    server.run_sql(
        DATABASE,
        &format!("REVOKE CREATE ON DATABASE {DATABASE} FROM \"{ROLE}\";"),
    );
    paste_cure(&server, &*adapter, "noSchema").await;
    assert_eq!(write_one(&*adapter).await, ["written"]);

    // One that may no longer write a table that another one owns.
    server.run_sql(
        DATABASE,
        &format!(
            "ALTER TABLE intune.devices OWNER TO postgres; REVOKE ALL ON intune.devices FROM \"{ROLE}\";
            GRANT SELECT ON intune.devices TO \"{ROLE}\";"
        ),
    );
    assert_eq!(write_one(&*adapter).await, ["misconfigured"]);
    paste_cure(&server, &*adapter, "noRight").await;
    assert_eq!(write_one(&*adapter).await, ["written"]);

    // One that may not even look into the schema.
    server.run_sql(
        DATABASE,
        &format!("ALTER SCHEMA intune OWNER TO postgres; REVOKE ALL ON SCHEMA intune FROM \"{ROLE}\";"),
    );
    paste_cure(&server, &*adapter, "noRight").await;
    assert_eq!(write_one(&*adapter).await, ["written"]);

    // Tables of a newer program.
    server.run_sql(DATABASE, "INSERT INTO intune.schema_version (version) VALUES (99);");
    let newer = super::postgresql::adapter(own_settings(&server));
    assert_eq!(write_one(&*newer).await, ["misconfigured"]);
    assert!(failed_steps(&check_steps(&*newer).await)[0].2.contains("newer version"));
}

/// What the failed steps tell to paste is pasted; then nothing fails.
async fn paste_cure(
    server: &crate::support::postgres_server::PostgresServer,
    adapter: &dyn TargetAdapter,
    cause: &str,
) {
    let steps = check_steps(adapter).await;
    let failed = failed_steps(&steps);
    assert!(
        !failed.is_empty() && failed.iter().all(|(_, found, _)| *found == cause),
        "{steps:?}"
    );
    let (_, grant) = failed[0].2.split_once("as its owner: ").unwrap();
    server.run_sql(DATABASE, grant);
    let steps = check_steps(adapter).await;
    assert_eq!(failed_steps(&steps), [], "{grant}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_sign_in_and_a_wrong_place_are_told_and_no_secret_is() {
    let Some(server) = start_server(LEFT_OUT) else { return };
    let own = own_settings(&server);
    let mut wrong = own.clone();
    wrong.password = SecretString::from("canary of somebody else");
    let mut nowhere = own.clone();
    nowhere.database = "nowhere".into();
    let mut taken = own;
    taken.schema = "taken".into();
    server.run_sql(
        DATABASE,
        &format!(
            "CREATE SCHEMA taken AUTHORIZATION \"{ROLE}\"; SET ROLE \"{ROLE}\"; CREATE TABLE taken.devices (id int);"
        ),
    );
    for (own, step, cause) in [
        (wrong, "signIn", "signIn"),
        (nowhere, "signIn", "misconfigured"),
        (taken, "schema", "tablesOfOthers"),
    ] {
        let adapter = adapter(own);
        let steps = check_steps(&*adapter).await;
        assert_eq!(failed_steps(&steps)[0].0, step, "{steps:?}");
        assert_eq!(failed_steps(&steps)[0].1, cause, "{steps:?}");
        let write = create(1, json!({}), UserChange::Keep);
        let results = adapter.write_records(&[write]).await;
        assert!(results[0].is_err());
        assert!(!format!("{steps:?}{results:?}").contains("canary"));
    }
}

/// An authority, and a certificate that it has issued for this name.
fn make_certificates(folder: &std::path::Path, host: &str) -> String {
    let script = format!(
        "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj '/CN=Authority of a test' -keyout ca.key -out ca.crt
         openssl req -newkey rsa:2048 -nodes -subj '/CN={host}' -keyout server.key -out server.csr
         printf 'subjectAltName=DNS:{host}' > names
         openssl x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -extfile names -out server.crt"
    );
    run_tool(
        std::process::Command::new("sh")
            .args(["-e", "-c", &script])
            .current_dir(folder),
    );
    std::fs::read_to_string(folder.join("ca.crt")).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_is_checked_unless_the_settings_say_otherwise() {
    let Some(mut server) = start_server(LEFT_OUT) else {
        return;
    };
    let folder = TestFolder::new();
    let authority = make_certificates(folder.path(), "localhost");
    let with = |host: &str, tls, ca: Option<&str>| {
        let mut own = own_settings(&server);
        (own.host, own.tls) = (host.to_owned(), tls);
        let mut settings = settings(None, KindSettings::PostgreSql(own));
        settings.network.ca = ca.map(str::to_owned);
        build_adapter(&settings, RequestPace::default()).unwrap()
    };
    let plain = with("localhost", DatabaseTls::Require, None);
    assert_eq!(
        write_one(&*plain).await,
        ["misconfigured"],
        "a server without TLS is not spoken to in the clear"
    );

    let (certificate, key) = (folder.path().join("server.crt"), folder.path().join("server.key"));
    let adapters = [
        (with("localhost", DatabaseTls::Verify, Some(&authority)), "written"),
        (with("localhost", DatabaseTls::Require, Some(&authority)), "written"),
        (with("localhost", DatabaseTls::Require, None), "written"),
        (with("localhost", DatabaseTls::Verify, None), "misconfigured"),
        // The certificate is not for this name.
        (
            with("127.0.0.1", DatabaseTls::Verify, Some(&authority)),
            "misconfigured",
        ),
        (with("127.0.0.1", DatabaseTls::Require, Some(&authority)), "written"),
    ];
    server.use_certificate(&certificate, &key);
    for (at, (adapter, expected)) in adapters.iter().enumerate() {
        let steps = check_steps(&**adapter).await;
        assert_eq!(write_one(&**adapter).await, [*expected], "{at}: {steps:?}");
        assert_eq!(
            failed_steps(&steps).is_empty(),
            *expected == "written",
            "{at}: {steps:?}"
        );
        assert!(!format!("{steps:?}").contains(PASSWORD));
    }
}
