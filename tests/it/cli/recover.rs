//! `operators recover`: the way back in, on the host, with the bus stopped.

use serde_json::json;

use crate::support::program::{Bus, User};

const PASSWORD: &str = "a new and long password";

/// Signs in as this person at a bus that runs; the exit code.
fn signs_in(user: &User, bus: &Bus, name: &str, password: &str) -> i32 {
    let line = format!("operators --json --url {} --user {name} --password-file -", bus.url);
    user.says_with(line.split_whitespace(), password).code
}

fn trail(user: &User, data: &str) -> Vec<String> {
    let told = user.says(&format!("audit --json --data {data}")).json();
    told["entries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| format!("{} {} {}", row["actor"], row["action"], row["subject"]).replace('"', ""))
        .collect()
}

#[test]
fn an_administrator_is_made_or_reset_on_the_host_while_the_bus_does_not_run() {
    let user = User::new();
    let folder = user.path("data");
    let data = folder.display().to_string();
    let (old, new) = (
        user.file("old.txt", "an old and long password"),
        user.file("new.txt", PASSWORD),
    );
    let bus = Bus::start(&user, &folder);
    user.says(&format!(
        "operators add anna --rights Devices_Read --servers cmdb --new-password-file {old} --data {data}"
    ))
    .good();
    // Nobody makes a token for another person, not even the folder's owner: they make their own.
    let line = format!(
        "operators add-token anna --json --url {} --user anna --password-file -",
        bus.url
    );
    let token = user
        .says_with(line.split_whitespace(), "an old and long password")
        .json();
    user.says(&format!("operators change anna --disable --data {data}"))
        .good();

    // While the bus runs, the folder is its own.
    let recover = |name: &str| {
        user.says(&format!(
            "operators recover {name} --new-password-file {new} --data {data}"
        ))
    };
    let busy = recover("anna");
    assert!(busy.code == 75 && busy.err.contains("stop the bus"), "{busy:?}");
    assert_eq!(bus.stop(), 0);

    let reset = recover("anna").good();
    assert!(
        reset.contains("anna") && reset.contains("1 token is revoked"),
        "{reset}"
    );
    assert!(recover("otto").good().contains("created"));

    let bus = Bus::start(&user, &folder);
    for name in ["anna", "otto"] {
        assert_eq!(signs_in(&user, &bus, name, PASSWORD), 0, "{name}");
    }
    assert_eq!(signs_in(&user, &bus, "anna", "an old and long password"), 4);
    let shown = user.says(&format!("operators --json --data {data}")).json();
    let anna = shown["operators"]
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["name"] == "anna")
        .unwrap();
    assert_eq!((&anna["rights"], &anna["disabled"]), (&json!(["*"]), &false.into()));
    assert!(anna["scope"]["servers"].is_null(), "{anna}");
    assert!(token["token"].is_string(), "{token}");
    let trail = trail(&user, &data);
    for name in ["anna", "otto"] {
        assert!(trail.contains(&format!("host operator.recovered {name}")), "{trail:?}");
    }
    let good = user.says(&format!("audit verify --data {data}"));
    assert_eq!(good.code, 0, "{good:?}");
    assert_eq!(bus.stop(), 0);
}

#[test]
fn what_is_no_person_or_no_folder_is_not_recovered() {
    let user = User::new();
    let folder = user.path("data");
    let data = folder.display().to_string();
    let (new, short) = (user.file("new.txt", PASSWORD), user.file("short.txt", "short"));
    let bus = Bus::start(&user, &folder);
    user.says(&format!("operators add cmdb --kind server --token --data {data}"))
        .good();
    assert_eq!(bus.stop(), 0);
    std::fs::create_dir(user.path("empty")).unwrap();
    let empty = user.path("empty").display().to_string();
    for (name, password, place, code, said) in [
        ("cmdb", &new, &data, 5, "management server"),
        ("local", &new, &data, 5, "local"),
        ("-", &new, &data, 2, "name"),
        ("anna", &short, &data, 2, "password"),
        ("anna", &new, &empty, 5, "no store"),
        ("anna", &new, &"missing".to_owned(), 5, "missing"),
    ] {
        let told = user.says(&format!(
            "operators recover {name} --new-password-file {password} --data {place}"
        ));
        assert!(told.code == code && told.err.contains(said), "{name} {place}: {told:?}");
    }
    let nowhere = user.says(&format!("operators recover anna --new-password-file {new}"));
    assert!(nowhere.code == 2 && nowhere.err.contains("--data"), "{nowhere:?}");
    assert_eq!(
        std::fs::read_dir(user.path("empty")).unwrap().count(),
        0,
        "nothing was made there"
    );
}
