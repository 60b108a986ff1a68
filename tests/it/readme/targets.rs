//! The ways of newcomers in `docs/targets` are true: behind the short way of README.md, their commands are run in their order by
//! real processes. PostgreSQL and OCS Inventory are those of Debian's packages, the others are stand-ins. What stands over there
//! at the end is counted there.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::Value;

use super::blocks::{Block, parse_blocks, read_document, read_readme};
use super::terminal::Walk;
use super::walk::{DEVICES, ids_of_table};
use crate::support::csv_reader::read_csv;
use crate::support::glpi::{GlpiOptions, GlpiServer, GlpiVersion};
use crate::support::net_box::{NetBoxOptions, NetBoxServer, NetBoxVersion};
use crate::support::ocs_server::OcsServer;
use crate::support::postgres_server::{ADMIN, ADMIN_PASSWORD, PostgresServer};
use crate::support::program::PROGRAM;
use crate::support::servicenow::{ServiceNowOptions, ServiceNowServer};
use crate::support::snipe_it::{SnipeOptions, SnipeServer, SnipeVersion};
use crate::support::wait::until_blocking;

/// What has to be there before: a bus, a tenant, and a file that shows when the fleet was read.
const BEFORE: &str = "The short way";
/// Of each document.
pub(super) const WAY: &str = "The short way";
/// As the documents write it.
const TOKEN: &str = "TOKEN";

pub(super) fn way_of(document: &str) -> Vec<Block> {
    let blocks = parse_blocks(&read_document(document)).into_iter();
    blocks.filter(|block| block.section.starts_with(WAY)).collect()
}

/// A bus whose tenant was read.
fn begin_walk() -> Walk {
    let mut walk = Walk::new();
    let mut blocks = parse_blocks(&read_readme());
    blocks.retain(|block| block.section.starts_with(BEFORE));
    walk.follow(&blocks).unwrap_or_else(|error| panic!("{error}"));
    until_blocking("the fleet is read", || ids_of_table(&walk).len() == DEVICES);
    walk
}

fn follow_document(walk: &mut Walk, document: &'static str) {
    walk.begin_document(document);
    let before = walk.count();
    walk.follow(&way_of(document)).unwrap_or_else(|error| panic!("{error}"));
    assert!(walk.count() - before >= 5, "{document}: {}", walk.count());
}

/// The answer of a command on the bus of this walk; `None`: it was refused.
fn ask(walk: &Walk, words: &[&str]) -> Option<Value> {
    let mut command = Command::new(PROGRAM);
    command.args(words).arg("--json").arg("--data").arg(walk.path("bus"));
    let ended = command.env("HOME", walk.path("")).output().unwrap();
    ended
        .status
        .success()
        .then(|| serde_json::from_slice(&ended.stdout).unwrap())
}

/// Primary users are read behind the devices, and are changes of their own: a question about them is agreed to as the first one
/// was.
fn agree_until_written(walk: &Walk, target: &str) -> Value {
    let mut last = Value::Null;
    until_blocking("the fleet is written", || {
        let Some(seen) = ask(walk, &["targets", "show", target]) else {
            return false;
        };
        if let Some(digest) = seen["question"]["digest"].as_str() {
            // It may be another one by now: then the next look shows it.
            let _ = ask(walk, &["targets", "consent", target, digest]);
        }
        let is_written = seen["question"].is_null() && seen["behind"] == 0 && seen["phase"] == "open";
        last = seen;
        is_written
    });
    last
}

#[test]
fn the_way_into_postgresql_leads_to_tables_with_the_fleet() {
    let Some(server) = PostgresServer::start("docs/targets/postgresql.md") else {
        return;
    };
    let mut walk = begin_walk();
    // Whoever has Debian's database signs in there as its owner by `sudo`; here by the password of the owner.
    let port = server.port;
    walk.add_program(
        "sudo",
        &format!(
            "#!/bin/sh\n[ \"$1 $2\" = '-u {ADMIN}' ] || exit 1\nshift 2\n\
             export PGHOST=127.0.0.1 PGPORT={port} PGUSER={ADMIN} PGPASSWORD='{ADMIN_PASSWORD}'\nexec \"$@\"\n"
        ),
    );
    walk.replace_text("port=5432", format!("port={port}"));
    follow_document(&mut walk, "docs/targets/postgresql.md");
    let seen = agree_until_written(&walk, "IntuneTargetPostgreSql_2");
    assert!(seen["setAside"] == 0 && seen["failing"] == 0, "{seen}");
    let rows = server.query("assets", "SELECT device_id FROM intune.current_devices");
    let ids: BTreeSet<String> = rows
        .iter()
        .map(|row| row["device_id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!((rows.len(), ids), (DEVICES, ids_of_table(&walk)));
    walk.stop();
}

#[test]
fn the_way_into_a_file_leads_to_a_table_of_the_fleet() {
    let mut walk = begin_walk();
    follow_document(&mut walk, "docs/targets/file.md");
    let seen = agree_until_written(&walk, "IntuneTargetFile_2");
    assert!(seen["setAside"] == 0 && seen["failing"] == 0, "{seen}");
    let table = std::fs::read_to_string(walk.path("bus/targets-output/IntuneTargetFile_2/devices.csv")).unwrap();
    let rows = read_csv(&table, ';');
    let at = rows[0].iter().position(|column| column == "deviceId").unwrap();
    let ids: BTreeSet<String> = rows[1..].iter().map(|row| row[at].clone()).collect();
    assert_eq!((rows.len() - 1, ids), (DEVICES, ids_of_table(&walk)));
    walk.stop();
}

#[test]
fn the_way_into_ocs_inventory_leads_to_its_computers() {
    let Some(server) = OcsServer::start("docs/targets/ocs.md") else {
        return;
    };
    let mut walk = begin_walk();
    walk.replace_text("http://127.0.0.1/", format!("http://127.0.0.1:{}/", server.port));
    follow_document(&mut walk, "docs/targets/ocs.md");
    let seen = agree_until_written(&walk, "IntuneTargetOcs_2");
    assert!(seen["setAside"] == 0 && seen["failing"] == 0, "{seen}");
    let computers = server.list_computers();
    let ids: BTreeSet<String> = computers
        .iter()
        .map(|row| row["deviceId"].as_str().unwrap()["INTUNE-".len()..][..36].to_owned())
        .collect();
    assert_eq!((computers.len(), ids), (DEVICES, ids_of_table(&walk)));
    walk.stop();
}

#[test]
fn the_way_into_snipe_it_leads_to_its_assets() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let options = SnipeOptions {
        token: TOKEN.to_owned(),
        ..SnipeOptions::of_version(SnipeVersion::V8)
    };
    let server = runtime.block_on(SnipeServer::start(options));
    let mut walk = begin_walk();
    walk.replace_text("https://assets.example", server.url());
    follow_document(&mut walk, "docs/targets/snipe-it.md");
    let seen = agree_until_written(&walk, "IntuneTargetSnipeIt_2");
    // Two devices with one serial number are set aside, and everybody else has one asset.
    let aside = usize::try_from(seen["setAside"].as_u64().unwrap()).unwrap();
    assert!(aside < DEVICES / 10, "{seen}");
    let assets = server.list_assets();
    let ids: BTreeSet<String> = assets
        .iter()
        .filter_map(|asset| asset.custom.get("Intune ID").cloned())
        .collect();
    assert_eq!((assets.len(), ids.len()), (DEVICES - aside, DEVICES - aside), "{seen}");
    assert!(ids.is_subset(&ids_of_table(&walk)));
    walk.stop();
}

#[test]
fn the_way_into_netbox_leads_to_its_devices() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let options = NetBoxOptions {
        token: TOKEN.to_owned(),
        ..NetBoxOptions::of_version(NetBoxVersion::V46)
    };
    let server = runtime.block_on(NetBoxServer::start(options));
    let mut walk = begin_walk();
    walk.replace_text("https://netbox.example", server.url());
    follow_document(&mut walk, "docs/targets/netbox.md");
    let seen = agree_until_written(&walk, "IntuneTargetNetBox_2");
    // Two devices with one serial number are set aside, and everybody else has one device over there.
    let aside = usize::try_from(seen["setAside"].as_u64().unwrap()).unwrap();
    assert!(aside < DEVICES / 10, "{seen}");
    let devices = server.list_devices();
    let ids: BTreeSet<String> = devices
        .iter()
        .filter_map(|device| device.customs.get("intune_id")?.as_str().map(str::to_owned))
        .collect();
    assert_eq!((devices.len(), ids.len()), (DEVICES - aside, DEVICES - aside), "{seen}");
    assert!(ids.is_subset(&ids_of_table(&walk)));
    walk.stop();
}

#[test]
fn the_way_into_glpi_leads_to_its_computers() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    // As the document writes them.
    let options = GlpiOptions {
        client_id: "CLIENT".to_owned(),
        client_secret: "SECRET".to_owned(),
        password: "PASSWORD".to_owned(),
        ..GlpiOptions::of_version(GlpiVersion::V11)
    };
    let server = runtime.block_on(GlpiServer::start(options));
    let mut walk = begin_walk();
    walk.replace_text("https://glpi.example", server.url());
    follow_document(&mut walk, "docs/targets/glpi.md");
    let seen = agree_until_written(&walk, "IntuneTargetGlpi_2");
    // Set aside are those without a serial number that tells them apart, and the second of two with one.
    let aside = usize::try_from(seen["setAside"].as_u64().unwrap()).unwrap();
    assert!(aside < DEVICES / 2 && seen["failing"] == 0, "{seen}");
    let items = server.list_items();
    let agents = server.with_state(|state| {
        let own = state.tables.agents.iter().filter(|agent| agent.items_id > 0);
        own.filter_map(|agent| agent.deviceid.strip_prefix("INTUNE-").map(str::to_owned))
            .collect::<BTreeSet<String>>()
    });
    assert_eq!(
        (items.len(), agents.len()),
        (DEVICES - aside, DEVICES - aside),
        "{seen}"
    );
    assert!(agents.is_subset(&ids_of_table(&walk)));
    walk.stop();
}

#[test]
fn the_way_into_servicenow_leads_to_its_cis() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let options = ServiceNowOptions {
        password: "PASSWORD".to_owned(),
        ..ServiceNowOptions::default()
    };
    let server = runtime.block_on(ServiceNowServer::start(options));
    let mut walk = begin_walk();
    walk.replace_text("https://example.service-now.com", server.url());
    follow_document(&mut walk, "docs/targets/servicenow.md");
    let seen = agree_until_written(&walk, "IntuneTargetServiceNow_2");
    // Devices with one serial number, or one name, are set aside, and everybody else has one CI.
    let aside = usize::try_from(seen["setAside"].as_u64().unwrap()).unwrap();
    assert!(aside < DEVICES / 4, "{seen}");
    let cis = server.list_cis();
    let ids: BTreeSet<String> = cis.iter().map(|ci| ci.text("correlation_id").to_owned()).collect();
    assert_eq!((cis.len(), ids.len()), (DEVICES - aside, DEVICES - aside), "{seen}");
    assert!(ids.is_subset(&ids_of_table(&walk)));
    walk.stop();
}
