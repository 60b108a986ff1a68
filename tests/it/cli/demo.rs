use crate::support::program::User;

#[test]
fn the_demo_ends_when_every_server_has_acknowledged_every_device() {
    let user = User::new();
    let told = user
        .says("demo --devices 120 --servers 2 --until-delivered --json")
        .json();
    assert_eq!(told["devices"], 120);
    let servers = told["servers"].as_array().unwrap();
    assert_eq!(servers.len(), 2);
    for server in servers {
        assert_eq!(
            (&server["received"], &server["acknowledged"]),
            (&120.into(), &120.into()),
            "{told}"
        );
    }
    assert!(
        told["scan_ms"].as_u64() > Some(0) && told["deliver_ms"].as_u64() >= told["scan_ms"].as_u64(),
        "{told}"
    );
    let left = std::fs::read_dir(user.path("")).unwrap().count();
    assert_eq!(left, 0, "the demonstration leaves nothing behind");
}
