//! What passes the check of its kind is read by the same rule: no value of any key makes the program panic.

use std::path::Path;

use serde_json::{Map, Value};

use super::{
    BUS_TABLE, BusSettings, INSTANCE_TABLE, InstanceDraft, KeyTable, ORDER_TABLE, OrderDraft, SecondFactorRule,
    SettingKey, TargetDraft, ValueKind, target_table,
};
use crate::contract::TargetKind;
use crate::observe::LogFormat;

const GUID: &str = "11111111-2222-3333-4444-555555555555";

/// Each is right for some kind, or nearly.
#[rustfmt::skip]
const VALUES: &[&str] = &[
    "nonsense", "x", "ä", "a b", "a, b", ",", ";", ":", "=", "*", "*, cmdb", "{x}", "%", "..", "/", "yes", "OFF", "auto", "None",
    "0", "-1", "1", "01", "1.5", "1e3", "NaN", "inf", "18446744073709551615", "99999999999999999999999",
    "tools.example.com", "proxy.example.com", "contoso.example", "common", GUID, "11111111-2222-3333-4444-55555555555g",
    "11111111-2222-3333-4444-555555555555, 11111111-2222-3333-4444-555555555556",
    "https://host.example", "https://host.example/", "https://host.example/path", "https://host.example/:x",
    "https://host.example/*", "https://host.example//x", "https://host.example?x", "https://u:p@host.example",
    "http://127.0.0.1", "http://[::1]:1/x", "http://host.example:99999", "ftp://host.example", "https://", "mailto:a@b",
    "127.0.0.1", "127.0.0.1:0", "127.0.0.1:99999", "[::]:65535", "localhost:1", "10.0.0.0/8", "10.0.0.0/33", "::/0, 192.0.2.7",
    "2027-03-31", "2027-02-30", "soon", "Europe/Berlin", "Mars/Olympus", "every 15m", "every 0s", "every 99999999999999999999h",
    "0 3 * * *", "* * * * * *", "0 0 30 2 *", "61 * * * *", "22:00-06:00", "22:00-22:00", "99:99-00:00", "24:00-24:00",
    "0 22 * * 1-5 for 6h in Europe/Berlin", "0 22 * * * for 99999999999d in UTC", "phone: true", "phone: (", "true", "((",
    "IntuneConnector_1", "IntuneConnector_1, IntuneConnector_1", "sync", "sync, sync", "fly", "sync=v1.0", "sync=v9",
    "lost-laptop=remoteLock", "lost-laptop=", "COMPLIANT", "PERHAPS", "NONCOMPLIANT: true", "NONCOMPLIANT:", "TeamViewer*; x",
    "install.notApplicable=open", "user", "user, device", "device, device", "{application} {intent}", "{application} {intent} {",
    "whsec_AAAA", "AAAA", "sealed:v2:AAAA", "sealed:", "-----BEGIN CERTIFICATE-----",
];

fn list_values(key: &SettingKey) -> Vec<String> {
    let mut values: Vec<String> = VALUES.iter().map(|value| (*value).to_owned()).collect();
    values.push(key.default.to_owned());
    match key.kind {
        ValueKind::Number { min, max } => values.extend([min, max].map(|number| number.to_string())),
        ValueKind::Decimal { max } => values.push(max.to_string()),
        ValueKind::Word(words) => values.extend(words.iter().map(|word| word.to_uppercase())),
        _ => (),
    }
    values
}

type Pair = (String, String);

/// Builds settings of `base` with each value of each key; of how many keys some value was taken.
fn try_each_value(table: &KeyTable, base: &[(&str, &str)], build: impl Fn(&[Pair]) -> bool) -> usize {
    let is_some_value_taken = |key: &&SettingKey| {
        let name = key.name.replace("NAME", "gate").replace("_N", "_1");
        let others = base.iter().filter(|(other, _)| *other != name);
        let others: Vec<Pair> = others
            .map(|(other, value)| ((*other).to_owned(), (*value).to_owned()))
            .collect();
        let taken = list_values(key).into_iter().filter(|value| {
            let mut pairs = others.clone();
            pairs.push((name.clone(), value.clone()));
            build(&pairs)
        });
        taken.count() > 0
    };
    table.keys.iter().filter(is_some_value_taken).count()
}

fn read_bus_ini(text: &str) -> Option<BusSettings> {
    BusSettings::from_ini(Path::new("bus.ini"), text).ok()
}

fn borrow_pairs(pairs: &[Pair]) -> impl Iterator<Item = (&str, &str)> {
    pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()))
}

#[test]
fn wi_2_no_value_of_any_key_makes_the_program_panic() {
    let bus = |pairs: &[Pair]| {
        let lines: String = pairs
            .iter()
            .map(|(name, value)| format!("{name} = {value}\n"))
            .collect();
        read_bus_ini(&lines).is_some()
    };
    // A certificate and its key come together.
    assert_eq!(try_each_value(&BUS_TABLE, &[], bus), BUS_TABLE.keys.len() - 2);
    let tenant = [("tenant_id", GUID), ("client_id", GUID), ("secret", "x")];
    let instance = |pairs: &[Pair]| {
        let json = borrow_pairs(pairs).map(|(name, value)| (name.to_owned(), Value::from(value)));
        let draft = InstanceDraft::from_json(&Value::Object(json.collect::<Map<String, Value>>()));
        draft.is_ok_and(|taken| taken.build_settings().is_ok())
    };
    let taken_by_instances = try_each_value(&INSTANCE_TABLE, &tenant, instance);
    assert!(taken_by_instances > 40, "{taken_by_instances}");
    let orders = |pairs: &[Pair]| {
        let draft = OrderDraft::from_pairs(borrow_pairs(pairs));
        draft.is_ok_and(|taken| taken.build_settings().is_ok())
    };
    let taken_by_orders = try_each_value(&ORDER_TABLE, &tenant, orders);
    assert!(taken_by_orders > 15, "{taken_by_orders}");
    for kind in TargetKind::ALL {
        let base = [
            ("url", "https://host.example"),
            ("host", "host.example"),
            ("database", "x"),
            ("user", "x"),
            ("password", "x"),
            ("token", "x"),
            ("client_id", "x"),
            ("client_secret", "x"),
        ];
        let table = target_table(*kind);
        let known: Vec<(&str, &str)> = base
            .into_iter()
            .filter(|(name, _)| table.find_key(name).is_some())
            .collect();
        let target = |pairs: &[Pair]| {
            let draft = TargetDraft::from_pairs(*kind, borrow_pairs(pairs));
            draft.is_ok_and(|taken| taken.build_settings().is_ok())
        };
        let taken = try_each_value(table, &known, target);
        assert!(taken > 10, "{}: {taken}", table.title);
    }
}

#[test]
fn wi_2_a_word_counts_in_whatever_case_it_is_taken() {
    let read = read_bus_ini("second_factor = Privileged\nformat = JSON\n").expect("both are taken");
    assert_eq!(read.login.second_factor, SecondFactorRule::Privileged);
    assert_eq!(read.log.format, LogFormat::Json);
}

#[test]
fn wi_2_the_path_of_a_console_is_one_that_browser_and_router_understand() {
    for good in [
        "https://bus.example.com",
        "https://bus.example.com/",
        "https://tools.example.com/intune/",
        "http://127.0.0.1:8080/a/b-c_d.e~f%20g",
        "https://tools.example.com/a:b",
    ] {
        assert!(read_bus_ini(&format!("console_url = {good}\n")).is_some(), "{good}");
    }
    for wrong in ["/:x", "/a/*", "/*rest", "//other.example", "/a//b", "/a;b"] {
        let line = format!("console_url = https://tools.example.com{wrong}\n");
        assert!(read_bus_ini(&line).is_none(), "{wrong}");
    }
}
