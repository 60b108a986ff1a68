//! Templates come with packages, so from strangers: a corpus of malformed ones, each refused at its line and column. The
//! list beside the documents says where and how; it is in `expected.tsv`: file, line, column, what is told first.

use std::collections::BTreeMap;
use std::path::PathBuf;

use intune_connector::bus::template::WizardTemplate;
use intune_connector::xml::XmlFinding;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/hostile/templates")
}

fn documents() -> BTreeMap<String, Vec<u8>> {
    let files = std::fs::read_dir(folder()).unwrap().map(|file| file.unwrap().path());
    files
        .filter(|path| path.extension().is_some_and(|ending| ending == "xml"))
        .map(|path| {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            (name, std::fs::read(path).unwrap())
        })
        .collect()
}

/// The findings of a document that must have some.
fn findings(name: &str, bytes: &[u8]) -> Vec<XmlFinding> {
    match WizardTemplate::read(bytes) {
        Ok(_) => panic!("{name} is taken"),
        Err(findings) => findings,
    }
}

/// A line of the list.
fn line(name: &str, finding: &XmlFinding) -> String {
    let problem: String = finding.problem.chars().take(100).collect();
    format!(
        "{name}\t{}\t{}\t{}",
        finding.at.line,
        finding.at.column,
        problem.trim_end()
    )
}

#[test]
fn every_malformed_template_is_refused_with_its_line_and_column() {
    let documents = documents();
    assert!(documents.len() >= 100, "{}", documents.len());
    let told: Vec<String> = documents
        .iter()
        .map(|(name, bytes)| line(name, findings(name, bytes).first().unwrap()))
        .collect();
    let expected = std::fs::read_to_string(folder().join("expected.tsv")).unwrap_or_default();
    let expected: Vec<&str> = expected.lines().collect();
    assert_eq!(told, expected, "{}", told.join("\n"));
}

#[test]
fn findings_stand_in_the_order_of_the_document_and_say_what_to_do() {
    for (name, bytes) in documents() {
        let findings = findings(&name, &bytes);
        assert!(findings.is_sorted_by_key(|finding| finding.at), "{name}: {findings:#?}");
        assert!(findings.len() < 500, "{name}: {}", findings.len());
        for finding in findings {
            assert!(!finding.advice.is_empty(), "{name}: {finding}");
            assert!(
                finding.problem.len() < 500,
                "{name}: a document does not fill the screen: {finding}"
            );
        }
    }
}

/// Cut anywhere, changed anywhere: refused or taken, but read to an end.
#[test]
fn a_template_that_is_cut_or_bent_anywhere_is_read_to_an_end() {
    let bytes = include_bytes!("../../../templates/intune-connector.xml");
    let mut taken = 0;
    for cut in (0..bytes.len()).step_by(97) {
        assert!(WizardTemplate::read(&bytes[..cut]).is_err(), "cut at {cut}");
        let mut bent = bytes.to_vec();
        bent[cut] = b"<>\"'&= \0x"[cut % 9];
        taken += usize::from(WizardTemplate::read(&bent).is_ok());
    }
    assert!(taken > 0, "a letter in a text may be another");
}
