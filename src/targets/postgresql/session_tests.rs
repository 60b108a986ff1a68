use super::*;

fn address(host: &str, tls: DatabaseTls, allow_private: bool) -> DatabaseAddress {
    DatabaseAddress {
        own: PostgreSqlSettings {
            host: host.to_owned(),
            // Nobody listens there.
            port: 1,
            database: "inventory".to_owned(),
            user: "intune".to_owned(),
            password: SecretString::from("canary"),
            tls,
            schema: "intune".to_owned(),
        },
        network: NetworkSettings::default(),
        client_identity: None,
        allow_private,
    }
}

async fn fault_of(address: &DatabaseAddress) -> TargetFault {
    match DatabaseSession::open(address).await {
        Ok(_) => panic!("{} was reached", address.host_and_port()),
        Err(failure) => failure.fault,
    }
}

#[tokio::test]
async fn forbidden_addresses_are_refused_always_and_private_ones_unless_they_are_allowed() {
    for (host, allow_private) in [
        ("169.254.169.254", true),
        ("[fe80::1]", true),
        ("127.0.0.1", false),
        ("::1", false),
    ] {
        let fault = fault_of(&address(host, DatabaseTls::Verify, allow_private)).await;
        assert_eq!(fault.code(), "misconfigured", "{host}: {fault:?}");
    }
    let fault = fault_of(&address("localhost", DatabaseTls::Verify, false)).await;
    assert_eq!(
        fault.code(),
        "misconfigured",
        "a name is judged by what it leads to: {fault:?}"
    );
}

#[tokio::test]
async fn without_encryption_only_private_addresses_are_reached() {
    let fault = fault_of(&address("1.1.1.1", DatabaseTls::Off, true)).await;
    let TargetFault::Misconfigured { problem, advice } = fault else {
        panic!("{fault:?}")
    };
    assert!(
        problem.contains("has to be encrypted") && advice.contains("`tls`"),
        "{problem}; {advice}"
    );
}

#[tokio::test]
async fn a_port_where_nobody_listens_is_unreachable_and_no_secret_is_told() {
    let address = address("127.0.0.1", DatabaseTls::Off, true);
    let fault = fault_of(&address).await;
    assert_eq!(fault.code(), "unreachable");
    assert!(!format!("{fault:?} {address:?}").contains("canary"));
}

#[test]
fn certificates_that_are_none_are_told_by_the_name_of_their_setting() {
    let mut wrong = address("db.example", DatabaseTls::Verify, false);
    wrong.network.ca = Some("not a certificate".to_owned());
    let told = |address: &DatabaseAddress| match build_tls(address) {
        Ok(_) => panic!("it was taken"),
        Err(TargetFault::Misconfigured { problem, .. }) => problem,
        Err(other) => panic!("{other:?}"),
    };
    assert!(
        told(&wrong).starts_with("`ca` contains no certificate"),
        "{}",
        told(&wrong)
    );
    wrong.network.ca = None;
    wrong.client_identity = Some((SecretString::from("canary"), SecretString::from("canary")));
    assert!(told(&wrong).starts_with("`client_cert`") && !told(&wrong).contains("canary"));
    wrong.client_identity = None;
    assert!(build_tls(&wrong).is_ok());
}

#[test]
fn a_proxy_knows_the_tunnel_by_host_and_port() {
    assert_eq!(
        proxied_url("db.example", 5433).unwrap().as_str(),
        "https://db.example:5433/"
    );
    assert_eq!(
        proxied_url("2001:db8::7", 5433).unwrap().as_str(),
        "https://[2001:db8::7]:5433/"
    );
    assert!(proxied_url("not a host", 5432).is_err());
}
