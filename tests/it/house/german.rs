//! MI-16: what the wizard can print in English has German. The sources are read for sentences; one that is not in
//! `locale/de.po` is named here, so that whoever writes it adds its German.

use std::sync::LazyLock;

use intune_connector::bus::translation::has_german;
use regex::Regex;

use super::sources::{ROOT, block_end, mask_texts, read_texts};

/// Sources whose sentences reach the wizard: its own, those of the checks, and those of what they call.
const SOURCES: [&str; 51] = [
    "src/cli/install/",
    "src/cli/failure.rs",
    "src/cli/steps.rs",
    "src/cli/connection.rs",
    "src/cli/code_prompt.rs",
    "src/cli/secret_input.rs",
    "src/bus/answers/answers_file.rs",
    "src/bus/install/installer.rs",
    "src/bus/install/sealed_settings.rs",
    "src/bus/wizard/",
    "src/app/verify/",
    "src/app/host/",
    "src/app/preview.rs",
    "src/app/engine.rs",
    "src/app/removal.rs",
    "src/app/instances/build.rs",
    "src/entra/",
    "src/graph/error.rs",
    "src/graph/client.rs",
    "src/graph/http_response.rs",
    "src/graph/link.rs",
    "src/graph/page.rs",
    "src/graph/raw_request.rs",
    "src/graph/read.rs",
    "src/refusal/remembered_refusal.rs",
    "crates/connector-core/src/condition/",
    "crates/connector-core/src/schedule/cron.rs",
    "crates/connector-core/src/schedule/cron_fields.rs",
    "crates/connector-core/src/schedule/trigger_text.rs",
    "src/app/instances/judgement.rs",
    "crates/connector-core/src/files/bounded.rs",
    "crates/connector-core/src/files/text_form.rs",
    "src/config/build.rs",
    "src/config/build_credential.rs",
    "src/config/change_rules.rs",
    "src/config/setting_values.rs",
    "src/config/value_parsers.rs",
    "src/config/action_parsers.rs",
    "src/config/pem.rs",
    "src/config/pem_files.rs",
    "src/config/no_proxy.rs",
    "src/config/draft.rs",
    "src/config/order_draft.rs",
    "src/webhooks/address_rule.rs",
    "src/inventory/fields.rs",
    "src/inventory/scan.rs",
    "src/compliance/node_probe.rs",
    "src/store/error.rs",
    "src/sics/install/",
    "src/sics/problem.rs",
    "crates/sics-client/src/client/error.rs",
];

/// What begins so is no sentence: commands, and what a machine reads.
const NO_SENTENCES: [&str; 12] = [
    "intune-connector ",
    "az ad ",
    "Connect-MgGraph ",
    "--",
    "CONNECT ",
    "Basic ",
    "Bearer ",
    "Exit codes:",
    "Examples:",
    "application/",
    "rename=",
    "every ",
];

/// The same in German, or German by other means.
const AS_THEY_ARE: [&str; 15] = [
    // Its words are looked up one by one.
    "error: {}",
    "\n  try: {}",
    "{}: {}",
    "\n  {}: {}",
    "         {label:<7} {}",
    // Names of ids, which Microsoft's support asks for.
    "trace id",
    "correlation id",
    " (request-id {graph})",
    " (client-request-id {ours})",
    " (request-id {graph}, client-request-id {ours})",
    "matches: {empty}",
    // Commands.
    "workflows runs",
    "apps linked",
    "orders list",
    "orders webhooks",
];

/// In the catalogue for each of the two words that may stand in it.
const IN_TWO_FORMS: [&str; 2] = ["{advice}; the clock of this machine is {} s {way} Entra's", "ahead of"];

/// Calls whose texts are no sentences of the wizard, or have their German beside them.
static ELSEWHERE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?:tracing::\w+!|expect|LocalizedText::new|debug_struct|debug_tuple)$").unwrap());
static PARTS: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\{[^{}]*\}").unwrap());
static WORDS: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"[a-z]{2}").unwrap());
static DEBUG_NAME: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^[A-Z][A-Za-z]+\(").unwrap());

/// What is called around this place, from the innermost on.
fn callees(code: &[char], from: usize) -> Vec<String> {
    let (mut found, mut open) = (Vec::new(), 0);
    for at in (0..from).rev() {
        match code[at] {
            ')' | ']' | '}' => open += 1,
            '(' | '[' if open == 0 => {
                let begins = at.saturating_sub(40);
                found.push(code[begins..at].iter().collect());
            }
            '{' if open == 0 => break,
            '(' | '[' | '{' => open -= 1,
            _ => (),
        }
    }
    found
}

fn is_sentence(text: &str) -> bool {
    text.trim().contains(' ')
        && WORDS.is_match(&PARTS.replace_all(text, ""))
        && !DEBUG_NAME.is_match(text)
        && !NO_SENTENCES.iter().any(|begin| text.trim_start().starts_with(begin))
}

/// The sentences of a source that the wizard may print, without those of its unit tests.
fn sentences(text: &str) -> Vec<String> {
    let code = mask_texts(text);
    let tests: Vec<(usize, usize)> = code
        .match_indices("#[cfg(test)]")
        .map(|(from, _)| {
            let rest = &code[from..];
            let end = match (rest.find('{'), rest.find(';')) {
                (Some(open), Some(stop)) if stop < open => stop,
                (Some(open), _) => block_end(rest, open),
                (None, stop) => stop.unwrap_or(rest.len()),
            };
            let chars = |bytes: usize| code[..bytes].chars().count();
            (chars(from), chars(from + end))
        })
        .collect();
    let letters: Vec<char> = code.chars().collect();
    let found = read_texts(text).into_iter().filter(|(at, sentence)| {
        let within_test = tests.iter().any(|(from, end)| (from..end).contains(&at));
        let before: String = letters[at.saturating_sub(40)..*at].iter().collect();
        let names_reason = before.trim_end().ends_with("reason =");
        is_sentence(sentence)
            && !within_test
            && !names_reason
            && !callees(&letters, *at)
                .iter()
                .any(|callee| ELSEWHERE.is_match(callee.trim_end()))
    });
    found.map(|(_, sentence)| sentence).collect()
}

fn list_sources(place: &str) -> Vec<String> {
    let path = std::path::Path::new(ROOT).join(place);
    if path.is_file() {
        return vec![place.to_owned()];
    }
    let entries = std::fs::read_dir(&path).unwrap_or_else(|error| panic!("{place}: {error}"));
    let mut all = Vec::new();
    for entry in entries {
        let entry = entry.unwrap();
        let name = format!("{place}{}", entry.file_name().to_str().unwrap());
        if entry.path().is_dir() {
            all.extend(list_sources(&format!("{name}/")));
        } else if name.ends_with(".rs") && !name.ends_with("tests.rs") {
            all.push(name);
        }
    }
    all
}

#[test]
fn mi_16_every_sentence_that_the_wizard_may_print_has_german() {
    let mut missing = Vec::new();
    let mut count = 0;
    for path in SOURCES.iter().flat_map(|place| list_sources(place)) {
        // Their sentences stand there in both languages.
        if path.ends_with("install/messages.rs") || path.ends_with("install/sentences.rs") {
            continue;
        }
        let text = std::fs::read_to_string(std::path::Path::new(ROOT).join(&path)).unwrap();
        for sentence in sentences(&text) {
            count += 1;
            let is_known = AS_THEY_ARE.contains(&sentence.as_str()) || IN_TWO_FORMS.contains(&sentence.as_str());
            if !is_known && !has_german(&sentence) {
                missing.push(format!("{path}: {sentence:?}"));
            }
        }
    }
    assert!(count > 500, "{count} sentences were found");
    assert!(
        missing.is_empty(),
        "no German in locale/de.po for {} sentences:\n{}",
        missing.len(),
        missing.join("\n")
    );
}

#[test]
fn mi_16_the_reader_of_sources_finds_sentences_and_leaves_out_what_is_none() {
    let source = r#"
        /// "a comment is none"
        #[error("cannot read {path:?}: {0}")]
        fn run() {
            tracing::warn!(error = %error, "a line of the log");
            step.expect("a reason to panic");
            let both = LocalizedText::new(format!("one of {}", 1), "einer von {}");
            let text = format!("first \"line\" \
                 goes on {} times", 3);
            let name = "camelCase";
        }
        #[cfg(test)]
        mod tests {
            fn told() { panic!("not in a test") }
        }
        const LAST: &str = "behind the tests";
    "#;
    assert_eq!(
        sentences(source),
        [
            "cannot read {path:?}: {0}",
            "first \"line\" goes on {} times",
            "behind the tests"
        ]
    );
}
