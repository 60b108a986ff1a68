//! The whole way, as the README leads it.

use std::collections::BTreeSet;

use serde_json::Value;

use super::blocks::{Block, BlockKind, parse_blocks, read_readme};
use super::terminal::Walk;
use crate::support::wait::until_blocking;

pub(super) const DEVICES: usize = 300;

/// Ids in the table of `follow`; text of the fleet may break its lines, which then begin otherwise.
pub(super) fn ids_of_table(walk: &Walk) -> BTreeSet<String> {
    let table = std::fs::read_to_string(walk.path("devices.csv")).unwrap_or_default();
    let rows = table.lines().filter_map(|line| line.strip_prefix("IntuneConnector_1,"));
    rows.filter_map(|row| row.split(',').next())
        .map(str::to_owned)
        .collect()
}

fn state_of_server(walk: &Walk) -> Value {
    let text = std::fs::read_to_string(walk.path("itam.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

#[test]
fn mi_8_every_block_of_the_readme_does_what_it_says() {
    let blocks = parse_blocks(&read_readme());
    let mut walk = Walk::new();
    walk.follow(&blocks).unwrap_or_else(|error| panic!("{error}"));
    assert!(walk.count() > 20, "{}", walk.count());

    until_blocking("the table holds the fleet", || ids_of_table(&walk).len() == DEVICES);
    let state = state_of_server(&walk);
    let held = state["instances"]["IntuneConnector_1"]["devices"].as_object().unwrap();
    assert_eq!(held.keys().cloned().collect::<BTreeSet<_>>(), ids_of_table(&walk));
    let results = state["results"].as_object().unwrap();
    let actions: BTreeSet<&str> = results
        .values()
        .filter_map(|result| result["action"].as_str())
        .collect();
    assert!(actions.contains("sync"), "{actions:?}");
    walk.stop();
}

/// The same, but that one thing in a block is something else.
fn with(from: &str, to: &str) -> Vec<Block> {
    let blocks = parse_blocks(&read_readme());
    let is_meant = |block: &Block| matches!(block.kind, BlockKind::Commands { .. }) && block.text.contains(from);
    assert!(blocks.iter().any(is_meant), "{from}");
    let change = |mut block: Block| {
        if is_meant(&block) {
            block.text = block.text.replace(from, to);
        }
        block
    };
    blocks.into_iter().map(change).collect()
}

#[track_caller]
fn breaks(from: &str, to: &str) {
    let error = Walk::new().follow(&with(from, to)).expect_err(to);
    assert!(error.starts_with("README.md:") && error.contains(to), "{error}");
}

#[test]
fn mi_8_a_block_with_a_wrong_secret_is_noticed() {
    breaks("echo 'sim~", "echo 'sam~");
}

#[test]
fn mi_8_a_command_that_does_not_exist_is_noticed() {
    breaks("servers accept cmdb", "servers acept cmdb");
}

#[test]
fn mi_8_a_role_that_does_not_exist_is_noticed() {
    breaks("--role acting-server", "--role acting-sever");
}

#[test]
fn mi_8_an_example_that_does_not_start_is_noticed() {
    breaks("management-server/server.py", "management-server/sever.py");
}

#[test]
fn mi_8_what_the_fleet_is_said_to_be_is_what_it_is() {
    let blocks = parse_blocks(&read_readme());
    let simulates = |block: &Block| {
        matches!(&block.kind, BlockKind::Commands { .. }) && block.text.contains(&format!("--devices {DEVICES}"))
    };
    assert!(blocks.iter().any(simulates));
}
