//! Each mistake is told at its line and column, all of them at once, with what to do.

use semver::Version;

use super::*;
use crate::model::ActionDanger;

const GOOD: &str = r#"
[product]
id = "second-product"
version = "1.2.0"
bus = ">=0.1"
template = "templates/second.xml"
icon = "icons/second.svg"

[product.name]
en = "Second"
de = "Zweites"

[product.summary]
en = "For tests"
de = "Für Tests"

[[microservice]]
name = "SecondEngine"
kind = "workflow-engine"

[[workflow]]
name = "SecondTidy"
file = "workflows/SecondTidy.xml"
engine = "SecondEngine"

[[port]]
number = 4_000
purpose = "none really"

[[permission]]
name = "Things.Read"
feature = "look"
reason = "looking at things"
required = true
also = ["Things.Write"]

[[danger]]
action = "tidy"
class = "destructive"
"#;

fn told(text: &str) -> Vec<String> {
    let findings = Manifest::read(text).expect_err("it should have been refused");
    assert!(findings.iter().all(|finding| !finding.advice.is_empty()));
    findings.iter().map(ToString::to_string).collect()
}

/// The good manifest with one piece exchanged.
fn with(from: &str, to: &str) -> String {
    assert!(GOOD.contains(from), "{from}");
    GOOD.replacen(from, to, 1)
}

#[test]
fn a_whole_manifest_is_read() {
    let manifest = Manifest::read(GOOD).unwrap();
    assert_eq!(manifest.id.as_str(), "second-product");
    assert_eq!(manifest.version, Version::new(1, 2, 0));
    assert_eq!(manifest.name_prefix(), "SecondEngine");
    assert_eq!(manifest.name.in_language("de"), "Zweites");
    assert_eq!(manifest.name.in_language("fr"), "Second");
    let files: Vec<&str> = manifest.named_files().map(|file| file.name.as_str()).collect();
    assert_eq!(
        files,
        ["templates/second.xml", "icons/second.svg", "workflows/SecondTidy.xml"]
    );
    assert_eq!(manifest.ports[0].number, 4_000);
    assert_eq!(manifest.permissions[0].also, ["Things.Write"]);
    assert_eq!(manifest.dangers[0].class, ActionDanger::Destructive);
}

#[test]
fn each_mistake_is_told_at_its_place() {
    let cases = [
        (
            with("template =", "tempalte ="),
            "line 6, column 1: [product] has no key \"tempalte\"",
        ),
        (
            with("id = \"second-product\"", "id = \"Second Product\""),
            "line 3, column 6: id cannot be",
        ),
        (
            with("id = \"second-product\"", "id = \"con\""),
            "line 3, column 6: id cannot be \"con\"",
        ),
        (with("1.2.0", "1.2"), "line 4, column 11: version cannot be \"1.2\""),
        (
            with(">=0.1", "around 0.1"),
            "line 5, column 7: bus cannot be \"around 0.1\"",
        ),
        (
            with("templates/second.xml", "../second.xml"),
            "line 6, column 12: template names a file",
        ),
        (
            with("templates/second.xml", "second.xml"),
            "line 6, column 12: template cannot be second.xml",
        ),
        (
            with("icons/second.svg", "C:/second.svg"),
            "line 7, column 8: icon names a file",
        ),
        (
            with("kind = \"workflow-engine\"", "kind = 3"),
            "line 19, column 8: kind is not text",
        ),
        (
            with("name = \"SecondTidy\"", "name = \"tidy\""),
            "line 22, column 8: name cannot be \"tidy\"",
        ),
        (
            with("name = \"SecondTidy\"", "name = \"SecondEngine\""),
            "line 22, column 8: name SecondEngine appears a second time",
        ),
        (
            with("engine = \"SecondEngine\"", "engine = \"SecondEngin\""),
            "line 24, column 10: there is no microservice",
        ),
        (
            with("kind = \"workflow-engine\"", "kind = \"other\""),
            "line 24, column 10: SecondEngine is of kind other",
        ),
        (
            with("4_000", "70_000"),
            "line 27, column 10: number is not a number from 1 to 65535",
        ),
        (
            with("required = true", "required = \"yes\""),
            "line 34, column 12: required is neither",
        ),
        (
            with("[\"Things.Write\"]", "[1]"),
            "line 35, column 8: also is not a list",
        ),
        (
            with("\"destructive\"", "\"bad\""),
            "line 39, column 9: class cannot be \"bad\"",
        ),
        (
            with("de = \"Zweites\"", ""),
            "line 9, column 1: [product.name] needs the key de",
        ),
        (
            with("en = \"For tests\"", "en = \" \""),
            "line 14, column 6: en is empty",
        ),
        (
            with("[[port]]", "[port]"),
            "line 26, column 1: port is not a list of tables",
        ),
        (
            with("[[port]]", "[[prot]]"),
            "line 26, column 3: the manifest has no key \"prot\"",
        ),
        (with("number = 4_000", "number = "), "line 27, column 10: invalid TOML"),
        (
            with("number = 4_000", "number = 1\nnumber = 2"),
            "line 28, column 1: invalid TOML",
        ),
    ];
    for (text, want) in cases {
        let told = told(&text);
        assert!(told.iter().any(|line| line.starts_with(want)), "{want}\n{told:#?}");
    }
}

#[test]
fn what_was_probably_meant_is_said() {
    let findings = Manifest::read(&with("template =", "tempalte =")).unwrap_err();
    assert!(
        findings
            .iter()
            .any(|finding| finding.advice == "did you mean template?"),
        "{findings:?}"
    );
}

#[test]
fn all_mistakes_are_found_in_one_look_in_the_order_of_the_file() {
    let text = with("1.2.0", "x")
        .replace("[[microservice]]", "[[micro]]")
        .replace("tidy\"", "\"");
    let told = told(&text);
    assert!(told.len() >= 3, "{told:#?}");
    let lines: Vec<u32> = Manifest::read(&text)
        .unwrap_err()
        .iter()
        .map(|finding| finding.at.line)
        .collect();
    assert!(lines.is_sorted(), "{lines:?}");
}

#[test]
fn nothing_is_endless() {
    assert_eq!(told(&" ".repeat(BYTES_MAX + 1)).len(), 1);
    let many = format!("{GOOD}{}", "[[port]]\nnumber = 5\npurpose = \"p\"\n".repeat(2_000));
    assert!(told(&many).len() <= FINDINGS_MAX);
    let deep = format!("x = {}", "[".repeat(10_000));
    assert!(told(&deep).len() <= FINDINGS_MAX);
    let long = with("For tests", &"x".repeat(501));
    assert!(told(&long)[0].contains("longer than 500"));
    assert!(!told("").is_empty(), "an empty manifest says what is missing");
}

#[test]
fn columns_count_characters_not_bytes() {
    let told = told(&with("de = \"Für Tests\"", "de = \"Für Tests\", x"));
    assert!(told[0].starts_with("line 15, column 17: invalid TOML"), "{told:?}");
}

#[test]
fn files_kinds_and_bus_are_judged_beside_what_is_there() {
    let manifest = Manifest::read(GOOD).unwrap();
    let missing = manifest.missing_files(|name| name.starts_with("templates/"));
    let told: Vec<String> = missing.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "line 7, column 8: the package has no file icons/second.svg",
            "line 23, column 8: the package has no file workflows/SecondTidy.xml"
        ]
    );
    assert!(manifest.unknown_kinds(&["workflow-engine"]).is_empty());
    let unknown = manifest.unknown_kinds(&["workflow-motor"]);
    assert!(
        unknown[0]
            .to_string()
            .starts_with("line 19, column 8: this bus does not know the kind")
    );
    assert!(manifest.incompatible_bus(&Version::new(0, 1, 0)).is_none());
    assert!(
        manifest
            .incompatible_bus(&Version::parse("0.2.0-rc.1").unwrap())
            .is_none()
    );
    let old = manifest.incompatible_bus(&Version::new(0, 0, 9)).unwrap();
    assert!(
        old.to_string()
            .starts_with("line 5, column 7: the product needs version >=0.1 of the bus")
    );
}

#[test]
fn names_of_files_lead_nowhere_else() {
    for good in ["plugin.toml", "workflows/A.xml", "a/b/c/d.txt", "icons/an-icon_2.svg"] {
        assert_eq!(good.parse::<FileName>().unwrap().as_str(), good);
    }
    for bad in [
        "",
        "/etc/passwd",
        "../a",
        "a/../b",
        "a//b",
        "a/",
        "./a",
        ".hidden",
        "a/.git/b",
        "a\\b",
        "C:a",
        "a:b",
        "ä.xml",
        "a b",
        "a\0b",
        "a/b/c/d/e",
        "nul",
        "x/COM1.xml",
        "lpt9",
        "a.",
        "a./b",
    ] {
        assert!(bad.parse::<FileName>().is_err(), "{bad:?}");
    }
    assert!("x".repeat(121).parse::<FileName>().is_err());
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(400))]

    /// Whatever is cut out, put in or exchanged: an answer, and every finding at a place that exists.
    #[test]
    fn a_mangled_manifest_is_read_or_refused_at_a_place_that_exists(
        at in 0usize..1_000, cut in 0usize..40, with in "[\\[\\]=\"'#\\.,{}a-zA-Z0-9_\\- \n\u{0}äé]{0,20}"
    ) {
        let letters: Vec<char> = GOOD.chars().collect();
        let at = at.min(letters.len());
        let end = (at + cut).min(letters.len());
        let text: String = letters[..at].iter().copied().chain(with.chars()).chain(letters[end..].iter().copied()).collect();
        let lines = text.lines().count() + 1;
        if let Err(findings) = Manifest::read(&text) {
            assert!(!findings.is_empty() && findings.len() <= FINDINGS_MAX);
            for finding in findings {
                assert!(finding.at.line >= 1 && finding.at.line as usize <= lines, "{finding}");
                assert!(finding.at.column >= 1 && !finding.advice.is_empty());
            }
        }
    }
}
