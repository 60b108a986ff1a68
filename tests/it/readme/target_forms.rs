//! What the documents of targets say of each kind is what its folder says: mapping, what becomes of devices that have gone, what
//! it was proven on. And their form: few commands, mappings that can be set, links that lead somewhere.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use intune_connector::targets::{
    CompiledMapping, FieldSource, KindProfile, RetireAction, TargetMapping, file, glpi, net_box, ocs, postgresql,
    servicenow, snipe_it,
};

use super::blocks::{Block, BlockKind, ROOT, parse_blocks, read_document};
use super::targets::way_of;

/// Of one way, from an inventory and a bus to the fleet over there.
const WAY_MAX: usize = 10;
const OVERVIEW: &str = "docs/targets/README.md";
const MAPPING: &str = "## The mapping";

/// What a document is about.
struct KindDocument {
    path: &'static str,
    profile: &'static KindProfile,
    /// Whether its table has all rows of the mapping.
    is_whole: bool,
}

fn kind_documents() -> [KindDocument; 7] {
    [
        KindDocument {
            path: "docs/targets/ocs.md",
            profile: ocs::ocs_profile(),
            is_whole: true,
        },
        KindDocument {
            path: "docs/targets/snipe-it.md",
            profile: snipe_it::snipe_it_profile(),
            is_whole: true,
        },
        KindDocument {
            path: "docs/targets/glpi.md",
            profile: glpi::glpi_profile(),
            is_whole: true,
        },
        KindDocument {
            path: "docs/targets/postgresql.md",
            profile: postgresql::postgresql_profile(),
            is_whole: false,
        },
        KindDocument {
            path: "docs/targets/file.md",
            profile: file::file_profile(),
            is_whole: true,
        },
        KindDocument {
            path: "docs/targets/netbox.md",
            profile: net_box::net_box_profile(),
            is_whole: true,
        },
        KindDocument {
            path: "docs/targets/servicenow.md",
            profile: servicenow::servicenow_profile(),
            is_whole: true,
        },
    ]
}

/// Field, source and mode of each row, as a document writes them.
type MappingRows = BTreeSet<(String, String, String)>;

fn rows_of_profile(profile: &KindProfile) -> MappingRows {
    let mapping = (profile.default_mapping)();
    let rows = mapping.fields.into_iter().map(|rule| {
        let source = match rule.source {
            FieldSource::From(text) | FieldSource::Expression(text) | FieldSource::Value(text) => text,
        };
        (rule.field, source, rule.mode.name().to_owned())
    });
    rows.collect()
}

fn rows_of_document(text: &str) -> MappingRows {
    let (_, section) = text.split_once(MAPPING).expect("it has a mapping");
    let section = section.split_once("\n## ").map_or(section, |(section, _)| section);
    let rows = section.lines().filter(|line| line.starts_with("| `"));
    let row = |line: &str| {
        let cells: Vec<&str> = line
            .trim_matches('|')
            .split('|')
            .map(|cell| cell.trim().trim_matches('`'))
            .collect();
        assert!(cells.len() >= 3, "{line}");
        (cells[0].to_owned(), cells[1].to_owned(), cells[2].to_owned())
    };
    rows.map(row).collect()
}

#[test]
fn the_mapping_of_a_document_is_the_default_of_its_kind() {
    for document in kind_documents() {
        let (told, known) = (
            rows_of_document(&read_document(document.path)),
            rows_of_profile(document.profile),
        );
        let made_up: Vec<_> = told.difference(&known).collect();
        assert!(made_up.is_empty(), "{}: {made_up:?}", document.path);
        let left_out: Vec<_> = known.difference(&told).collect();
        assert!(
            left_out.is_empty() || !document.is_whole,
            "{}: {left_out:?}",
            document.path
        );
        assert!(told.len() >= 10, "{}: {told:?}", document.path);
    }
}

#[test]
fn a_document_says_what_its_kind_does_and_what_it_was_proven_on() {
    let overview = read_document(OVERVIEW);
    for document in kind_documents() {
        let text = read_document(document.path);
        for proven in document.profile.proven_on {
            assert!(text.contains(proven), "{}: {proven}", document.path);
            assert!(overview.contains(proven), "{OVERVIEW}: {proven}");
        }
        for action in RetireAction::ALL {
            let is_told = text.contains(&format!("`{}`", action.name()));
            let is_able = document.profile.retire_actions.contains(action);
            assert!(is_told || !is_able, "{}: {}", document.path, action.name());
        }
    }
}

/// Mappings as somebody would set them.
fn json_texts(document: &str) -> Vec<String> {
    let parts = document.split("```json\n").skip(1);
    parts
        .filter_map(|rest| rest.split_once("```").map(|(text, _)| text.to_owned()))
        .collect()
}

#[test]
fn a_mapping_of_a_document_can_be_set() {
    let mut seen = 0;
    for document in kind_documents() {
        for text in json_texts(&read_document(document.path)) {
            let mapping = TargetMapping::parse(&text).unwrap_or_else(|error| panic!("{}: {error}", document.path));
            assert!(CompiledMapping::compile(&mapping).is_ok(), "{}: {text}", document.path);
            let fits = mapping.check_actions(document.profile.retire_actions);
            assert!(fits.is_ok(), "{}: {text}", document.path);
            seen += 1;
        }
    }
    for text in json_texts(&read_document(OVERVIEW)) {
        let mapping = TargetMapping::parse(&text).unwrap_or_else(|error| panic!("{OVERVIEW}: {error}"));
        assert!(CompiledMapping::compile(&mapping).is_ok(), "{text}");
        seen += 1;
    }
    assert!(seen >= 1, "{seen}");
}

#[test]
fn a_way_takes_ten_commands_at_most_and_runs_all_of_them() {
    for document in kind_documents() {
        let way = way_of(document.path);
        let commands: Vec<String> = way
            .iter()
            .filter(|block| matches!(block.kind, BlockKind::Commands { .. } | BlockKind::Form { .. }))
            .flat_map(Block::commands)
            .collect();
        assert!(
            commands.len() <= WAY_MAX && commands.iter().any(|command| command.contains(" install ")),
            "{}: {commands:#?}",
            document.path
        );
        // What can't be run stands elsewhere, and has the form of a shell.
        let all = parse_blocks(&read_document(document.path));
        let is_form = |block: &&Block| matches!(block.kind, BlockKind::Form { .. });
        assert!(!way.iter().any(|block| is_form(&block)), "{}", document.path);
        for block in all.iter().filter(is_form) {
            let status = Command::new("bash").args(["-n", "-c", &block.text]).status();
            assert!(status.unwrap().success(), "{}:{}", document.path, block.line);
        }
    }
}

#[test]
fn a_link_of_a_document_of_targets_leads_to_a_file() {
    let mut seen = 0;
    let paths = kind_documents().map(|document| document.path);
    for path in paths.into_iter().chain([OVERVIEW]) {
        let text = read_document(path);
        let links = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        for link in links.filter(|link| !link.starts_with("https://") && !link.starts_with('#')) {
            let file = Path::new(ROOT)
                .join("docs/targets")
                .join(link.split('#').next().unwrap());
            assert!(file.exists(), "{path}: {link}");
            seen += 1;
        }
    }
    assert!(seen >= 6, "{seen}");
}
