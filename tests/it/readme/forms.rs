//! What can't be run here: the form of what needs a fresh machine or Microsoft, and how many commands the short way takes.

use std::path::Path;
use std::process::Command;

use super::blocks::{Block, BlockKind, ROOT, parse_blocks, read_readme};

const SHORT_WAY_MAX: usize = 8;

fn of(kind: &str) -> Vec<Block> {
    let blocks = parse_blocks(&read_readme()).into_iter();
    blocks
        .filter(|block| matches!(&block.kind, BlockKind::Form { of } if of == kind))
        .collect()
}

fn is_for_the_shell(block: &Block) -> bool {
    let status = Command::new("bash").args(["-n", "-c", &block.text]).status();
    status.unwrap().success()
}

/// The program of a command, behind an assignment and `sudo`.
fn program(command: &str) -> &str {
    let assigned = command.split_once("=$(").filter(|(name, _)| {
        let mut letters = name.chars();
        letters.all(|letter| letter.is_ascii_uppercase())
    });
    let command = assigned.map_or(command, |(_, inner)| inner);
    let mut words = command.split_whitespace().filter(|word| *word != "sudo");
    words.next().unwrap_or_default()
}

#[test]
fn mi_8_the_short_way_takes_eight_commands_at_most() {
    let blocks = parse_blocks(&read_readme());
    let is_command = |block: &&Block| matches!(block.kind, BlockKind::Commands { .. } | BlockKind::Form { .. });
    let way = blocks.iter().filter(|block| block.section.starts_with("The short way"));
    let commands: Vec<String> = way
        .filter(is_command)
        .filter(|block| !block.is_simulated)
        .flat_map(Block::commands)
        .collect();
    let reads = commands.iter().any(|command| command.contains("follow --server"));
    assert!(reads && commands.len() <= SHORT_WAY_MAX, "{commands:#?}");
}

#[test]
fn mi_8_what_needs_a_fresh_machine_has_its_form() {
    let makefile = std::fs::read_to_string(format!("{ROOT}/Makefile")).unwrap();
    let blocks = of("debian");
    assert!(!blocks.is_empty());
    for block in blocks {
        assert!(is_for_the_shell(&block), "{}", block.text);
        for command in block.commands() {
            let known = ["apt-get", "curl", "git", "make", "cp", "systemctl", "intune-connector"];
            assert!(known.contains(&program(&command)), "{command}");
            if program(&command) == "make" {
                // `-C`, its folder, and values are no targets.
                let words = command.split_whitespace().skip(1);
                let targets = words.filter(|word| !["-C", "intune-connector"].contains(word) && !word.contains('='));
                for target in targets {
                    assert!(makefile.contains(&format!("\n{target}:")), "{command}");
                }
            }
            let paths = command
                .split_whitespace()
                .filter_map(|word| word.strip_prefix("intune-connector/"));
            for path in paths {
                assert!(Path::new(ROOT).join(path).exists(), "{command}");
            }
        }
    }
}

#[test]
fn mi_8_what_needs_azure_has_its_form() {
    let blocks = of("azure");
    let mut registers = 0;
    for block in &blocks {
        assert!(is_for_the_shell(block), "{}", block.text);
        for command in block.commands() {
            let known = ["az", "intune-connector"];
            assert!(known.contains(&program(&command)), "{command}");
            registers += usize::from(program(&command) == "az");
        }
    }
    assert!(blocks.len() >= 2 && registers >= 6, "{blocks:?}");
    // The right that it asks consent for is named beside its id, and is the one that reading takes.
    let readme = read_readme();
    assert!(readme.contains("2f51be20-0bb4-4fed-bf7b-db946066c75e=Role"));
    assert!(readme.contains("`DeviceManagementManagedDevices.Read.All`"));
}

#[test]
fn mi_8_every_target_of_make_that_the_readme_names_exists() {
    let makefile = std::fs::read_to_string(format!("{ROOT}/Makefile")).unwrap();
    let readme = read_readme();
    let named = readme
        .split('`')
        .filter_map(|text| text.strip_prefix("make "))
        .filter(|target| {
            target
                .chars()
                .all(|letter| letter.is_ascii_lowercase() || letter == '-')
        });
    for target in named {
        assert!(makefile.contains(&format!("\n{target}:")), "make {target}");
    }
}

#[test]
fn mi_8_every_link_of_the_readme_leads_to_a_file_or_a_heading() {
    let readme = read_readme();
    let anchor = |heading: &str| {
        let heading = heading.trim().to_lowercase();
        let kept = heading
            .chars()
            .filter(|letter| letter.is_alphanumeric() || " -".contains(*letter));
        kept.collect::<String>().replace(' ', "-")
    };
    let headings: Vec<String> = readme
        .lines()
        .filter_map(|line| line.strip_prefix("## "))
        .map(anchor)
        .collect();
    let mut seen = 0;
    for link in readme.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
        seen += 1;
        let is_there = match link.strip_prefix('#') {
            Some(heading) => headings.iter().any(|known| known == heading),
            None => link.starts_with("https://") || Path::new(ROOT).join(link).exists(),
        };
        assert!(is_there, "{link}");
    }
    assert!(seen > 10, "{seen}");
}

#[test]
fn the_program_of_a_command_is_found() {
    assert_eq!(program("sudo apt-get install"), "apt-get");
    assert_eq!(program("TENANT=$(az account show)"), "az");
    assert_eq!(program("rm -rf"), "rm");
}
