//! What a scan would find, for people and machines.

use std::collections::BTreeMap;

use serde::Serialize;

use super::failure::CommandFailure;
use super::output;
use super::scan_text::{rejected_record_lines, scan_sentence};
use crate::contract::{PreviewExample, PreviewInventory};
use crate::model::ScanSummary;

/// For machines: the scan, and what it has read.
#[derive(Serialize)]
struct PreviewReport<'a> {
    #[serde(flatten)]
    summary: &'a ScanSummary,
    inventory: Option<PreviewInventory>,
}

/// `inventory`: none from a bus of an older version.
pub(super) fn print_preview(
    summary: &ScanSummary,
    inventory: Option<PreviewInventory>,
    as_json: bool,
) -> Result<(), CommandFailure> {
    if as_json {
        output::print_json(&PreviewReport { summary, inventory })?;
    } else {
        output::print_line(scan_sentence(summary))?;
        let lines = inventory
            .iter()
            .flat_map(|inventory| inventory_lines(summary, inventory));
        lines
            .chain(rejected_record_lines(summary))
            .try_for_each(output::print_line)?;
    }
    output::eprint_line("nothing was saved");
    Ok(())
}

fn inventory_lines(summary: &ScanSummary, inventory: &PreviewInventory) -> Vec<String> {
    let printable = |text: &str| output::to_printable(text, 200);
    let mut lines = Vec::new();
    for (label, counts) in [("systems", &inventory.systems), ("ownership", &inventory.ownership)] {
        if !counts.is_empty() {
            lines.push(format!("  {label:<10} {}", printable(&list_counts(counts))));
        }
    }
    if !inventory.left_out_by.is_empty() {
        let rules = inventory.left_out_by.join("` or `");
        lines.push(format!("  left out   {} by `{}`", summary.filtered, printable(&rules)));
        if summary.seen > 0 && summary.filtered == summary.seen {
            lines.push(
                "             no device is left: compare the rule with what devices have, letter case included; the \
                 same command without the rule shows some"
                    .to_owned(),
            );
        }
    }
    if inventory.fields > 0 {
        lines.push(format!(
            "  fields     {} have a value; `intune-connector devices fields` lists them",
            inventory.fields
        ));
    }
    for (at, example) in inventory.examples.iter().enumerate() {
        let label = if at == 0 { "examples" } else { "" };
        lines.push(format!("  {label:<10} {}", printable(&describe_example(example))));
    }
    lines
}

/// The most frequent first.
fn list_counts(counts: &BTreeMap<String, u64>) -> String {
    let mut sorted: Vec<(&String, &u64)> = counts.iter().collect();
    sorted.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    let words: Vec<String> = sorted.iter().map(|(name, count)| format!("{name} {count}")).collect();
    words.join(", ")
}

fn describe_example(example: &PreviewExample) -> String {
    let system = [example.operating_system.as_deref(), example.os_version.as_deref()];
    let system: Vec<&str> = system.into_iter().flatten().collect();
    let parts = [
        example.device_name.clone(),
        example.serial_number.clone(),
        Some(system.join(" ")),
        example.user_principal_name.clone(),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().filter(|part| !part.is_empty()).collect();
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn n4_a_preview_shows_systems_owners_exclusions_fields_and_examples() {
        let counts = |pairs: &[(&str, u64)]| pairs.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect();
        let inventory = PreviewInventory {
            systems: counts(&[("Android", 20), ("Windows", 240), ("iOS", 40)]),
            ownership: counts(&[("company", 300)]),
            fields: 53,
            left_out_by: vec!["personal = left_out".into(), "filter = operatingSystem != 'x'".into()],
            examples: vec![PreviewExample {
                device_name: Some("LAP-1".into()),
                operating_system: Some("Windows".into()),
                os_version: Some("10.0".into()),
                ..PreviewExample::default()
            }],
        };
        let summary: ScanSummary = serde_json::from_value(serde_json::json!({
            "id": 1, "kind": "full", "state": "completed", "startedAt": "2026-11-01T00:00:00Z", "pages": 1, "seen": 312,
            "new": 300, "changed": 0, "unchanged": 0, "gone": 0, "filtered": 12, "setAside": 0,
            "missedByIncrementals": 0, "missing": 0, "requests": 4, "braked": false,
        }))
        .unwrap();
        assert_eq!(
            inventory_lines(&summary, &inventory),
            [
                "  systems    Windows 240, iOS 40, Android 20",
                "  ownership  company 300",
                "  left out   12 by `personal = left_out` or `filter = operatingSystem != 'x'`",
                "  fields     53 have a value; `intune-connector devices fields` lists them",
                "  examples   LAP-1, Windows 10.0",
            ]
        );
        let none = ScanSummary {
            filtered: 312,
            ..summary
        };
        let told = inventory_lines(&none, &inventory).join("\n");
        assert!(
            told.contains("no device is left") && told.contains("letter case"),
            "{told}"
        );
    }
}
