//! MI-16, B-64: what the wizard can print and the API can answer in English has German. The sources are read for sentences;
//! one that is not in `locale/de.po` is named here, so that whoever writes it adds its German.

use std::sync::LazyLock;

use intune_connector::bus::translation::has_german;
use regex::Regex;

use super::sources::{ROOT, block_end, mask_texts, read_texts};

/// Rooms whose sentences people read: in the wizard, in its checks, and in what the API answers.
const SOURCES: [&str; 35] = [
    "src/actions/",
    "src/app/",
    "src/bus/",
    "src/cli/code_prompt.rs",
    "src/cli/connection.rs",
    "src/cli/failure.rs",
    "src/cli/install/",
    "src/cli/local_connection.rs",
    "src/cli/secret_input.rs",
    "src/cli/steps.rs",
    "src/compliance/",
    "src/config/",
    "src/notices/",
    "src/entra/",
    "src/export/",
    "src/graph/",
    "src/inventory/",
    "src/net/",
    "src/orders/",
    "src/refusal/",
    "src/sics/",
    "src/store/error.rs",
    "src/targets/",
    "src/webhooks/",
    "src/workflow/",
    "crates/connector-core/src/condition/",
    "crates/connector-core/src/files/",
    "crates/connector-core/src/model/counted.rs",
    "crates/connector-core/src/model/ids.rs",
    "crates/connector-core/src/model/json_fault.rs",
    "crates/connector-core/src/model/parse_text.rs",
    "crates/connector-core/src/model/rollback.rs",
    "crates/connector-core/src/schedule/",
    "crates/connector-core/src/xml/",
    "crates/sics-client/src/",
];

/// Files within them whose texts are not looked up in the catalogue.
const LEFT_OUT: [&str; 46] = [
    // They say each text in both languages.
    "src/bus/answers/write.rs",
    "src/bus/template/text_format.rs",
    "src/cli/install/messages.rs",
    "src/cli/install/sentences.rs",
    "src/notices/notice_text.rs",
    "src/notices/notice_words.rs",
    "src/orders/install_errors.rs",
    "src/orders/install_verdict.rs",
    "src/orders/order_texts.rs",
    // Documents, tables and log files, which are the same for everybody.
    "src/config/bus_keys.rs",
    "src/config/instance_keys.rs",
    "src/config/node_keys.rs",
    "src/config/order_keys.rs",
    "src/config/reference.rs",
    "src/config/target_keys.rs",
    "src/inventory/field_reference.rs",
    "src/inventory/property_meanings.rs",
    "src/inventory/reports/actions.rs",
    "src/inventory/reports/compliance.rs",
    "src/inventory/reports/duplicates.rs",
    "src/inventory/reports/os_versions.rs",
    "src/inventory/reports/ownership.rs",
    "src/inventory/reports/stale_devices.rs",
    "src/inventory/reports/storage_encryption.rs",
    "src/orders/order_log.rs",
    "src/sics/device_schema.rs",
    "src/sics/openapi.rs",
    "src/sics/tagged_schemas.rs",
    // `doctor` looks at a data folder without a bus, and prints English.
    "src/config/doctor.rs",
    "src/config/doctor_certificate.rs",
    "src/config/doctor_finding.rs",
    "src/config/doctor_instances.rs",
    "src/config/doctor_owners.rs",
    // Words of Microsoft, of libraries and of other products.
    "crates/connector-core/src/model/parse_text.rs",
    "src/actions/subject/platform.rs",
    "src/compliance/shared_state.rs",
    "src/inventory/device_class.rs",
    "src/targets/glpi/fields.rs",
    "src/targets/glpi/profile.rs",
    "src/targets/net_box/field_table.rs",
    "src/targets/net_box/profile.rs",
    "src/targets/ocs/fields.rs",
    "src/targets/servicenow/field_table.rs",
    "src/targets/servicenow/profile.rs",
    "src/targets/snipe_it/field_table.rs",
    "src/targets/snipe_it/profile.rs",
];

/// What begins so is no sentence: commands, requests and queries, and what a machine reads.
const NO_SENTENCES: [&str; 35] = [
    "intune-connector ",
    "az ad ",
    "Connect-MgGraph ",
    "--",
    "CONNECT ",
    "GET ",
    "POST ",
    "PATCH ",
    "DELETE ",
    "SELECT ",
    "INSERT ",
    "CREATE ",
    "ALTER ",
    "BEGIN; ",
    "SET statement_timeout",
    "WITH page ",
    ",\n        {name} = ",
    "d.device_id = ",
    "d.record = ",
    "instance, device_id, ",
    "timestamp with time zone",
    "<?xml ",
    "{method} dcim/devices",
    "{property} == ",
    "(ApplicationId eq ",
    "LastModifiedDateTime ",
    "Basic ",
    "Bearer ",
    "Exit codes:",
    "Examples:",
    "application/",
    "attachment; ",
    "text/plain",
    "rename=",
    "every ",
];

/// The same in German, or German by other means.
const AS_THEY_ARE: [&str; 69] = [
    // Names of ids, which Microsoft's support asks for.
    "trace id",
    "correlation id",
    " (request-id {graph})",
    " (client-request-id {ours})",
    " (request-id {graph}, client-request-id {ours})",
    "matches: {empty}",
    // Commands, settings and names of fields.
    "workflows runs",
    "apps linked",
    "orders list",
    "orders webhooks",
    "in `{key}`",
    "filter = {filter}",
    "personal = left_out",
    "managementState {}",
    "managementAgent {agent}",
    "gone: {name}",
    "node NAME",
    "de, en",
    "default-src 'none'; frame-ancestors 'none'",
    "yyyy-mm-dd hh:mm:ss",
    "name {}",
    "mac os",
    "os x",
    // What seals and signatures are made for.
    "bus package signature 1",
    "bus evidence signature 1",
    "key id",
    "place id {place}",
    // Names of products.
    "OCS Inventory",
    "real OCS Inventory 2.11 (Debian)",
    "real PostgreSQL 15 (Debian)",
    // What is written into a tenant, into another inventory or into a log, whose readers the bus does not know.
    "intune-connector, job {}: {reason} (requested by {by})",
    "intune-connector, job {}: {reason}",
    "{} made by the Intune Connector for the application {}; do not change this text or the members",
    "Primary user in Intune",
    "No primary user in Intune",
    "From Microsoft Intune",
    "Written by the Intune Connector.",
    "Devices that have gone from Intune.",
    "Intune: {} at {}",
    "this machine",
    "creation succeeded",
    "Assignment of application {id} to intune app {}: {word}",
    "Assignment of application {id} failed: {}",
    "Failed to trigger sync for device {intune_id} for order ID {}: {error}",
    "Retrying order ID {}: {}",
    "Reading the status of intune app {} failed for order ID: {}: {error}",
    "learning waits for ever once nothing is left to learn",
    "other previews take each new folder away",
    "it was made an object",
    "No Record found",
    "data source",
    "no such property",
    // Words of other languages.
    "is not",
    "failed to start the ticker",
    "too many connections",
    "the bus closed the connection",
    "the other end accepts no data",
    // What libraries write, and what is read of it.
    " at line ",
    ", expected struct ",
    ", expected ",
    "an object with ",
    "UUID parsing failed",
    "data did not match any variant",
    "unknown variant `",
    // A command, and a place.
    "instances running",
    "{row}: expression",
    "bytes remaining on stream",
    "ill-formed document: ",
    "error performing TLS handshake",
];

/// In the catalogue as parts of whole sentences: one for each of the texts that may stand there.
const PARTS_OF_WHOLES: [&str; 35] = [
    "{advice}; the clock of this machine is {} s {way} Entra's",
    "ahead of",
    "is open",
    "are open",
    "it is",
    "they are",
    "the stored data of {} does not match its hash; {} withheld from servers and read again by a full scan",
    "1 to ",
    " letters, digits, '-', '_' or '.', beginning with a letter or digit",
    "{count} {stem}ies",
    "{name} is the account of a {}",
    "management server",
    "account {account} {what} with `operators recover`, run by the owner of the data folder",
    "got a new password and all rights, and has no second factor",
    "was created with all rights",
    "operator {} cannot sign in to the console: the account {why}",
    "is not the account of a person",
    "name {rule}: {name}",
    "an account that does not exist",
    "an account that cannot approve, because it is disabled or not that of a person",
    "an account without the right {APPROVES} for {instance}",
    "approval by an operator{who}",
    "approval by callback{who}",
    "hat unsere Kennung nicht mehr in ihrer Beschreibung",
    "kann ihren Mitgliedern Rollen geben",
    "hat eine dynamische Mitgliedschaft",
    "ist keine reine Sicherheitsgruppe",
    "instance number",
    "failed to {error}",
    "failed to {0}",
    "Shorten it to {most}.",
    "{what} is longer than {most}",
    "{} characters",
    "{} bytes",
    "the template has {{{0}}}, which stands for nothing",
];

/// Calls whose texts are no sentences of the wizard, or have their German beside them.
static ELSEWHERE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?:tracing::\w+!|expect|LocalizedText::new|BilingualText::new|debug_struct|debug_tuple)$").unwrap()
});
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
        let is_test = name.ends_with("tests") || name.ends_with("tests.rs");
        if entry.path().is_dir() && !is_test {
            all.extend(list_sources(&format!("{name}/")));
        } else if name.ends_with(".rs") && !is_test {
            all.push(name);
        }
    }
    all
}

fn is_left_out(path: &str) -> bool {
    LEFT_OUT.contains(&path)
}

/// As it stands, behind the name of a field ("cost is missing …"), or behind "failed to", as errors read.
fn is_known(sentence: &str) -> bool {
    AS_THEY_ARE.contains(&sentence)
        || PARTS_OF_WHOLES.contains(&sentence)
        || has_german(sentence)
        || has_german(&format!("{{key}} {sentence}"))
        || has_german(&format!("failed to {sentence}"))
}

#[test]
fn mi_16_every_sentence_that_the_wizard_may_print_has_german() {
    let mut missing = Vec::new();
    let mut count = 0;
    for path in SOURCES.iter().flat_map(|place| list_sources(place)) {
        if is_left_out(&path) {
            continue;
        }
        let text = std::fs::read_to_string(std::path::Path::new(ROOT).join(&path)).unwrap();
        for sentence in sentences(&text) {
            count += 1;
            if !is_known(&sentence) {
                missing.push(format!("{path}: {sentence:?}"));
            }
        }
    }
    assert!(count > 3_000, "{count} sentences were found");
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
