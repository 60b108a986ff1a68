use std::collections::BTreeSet;

use super::sentence_pattern::SentencePattern;
use super::*;

fn entries() -> Vec<catalogue_file::CatalogueEntry> {
    catalogue_file::read_entries(include_str!("../../../locale/de.po"))
}

/// Names alone around a part: in German they are the same, and the part is looked up.
const THE_SAME: [&str; 6] = [
    "duplicate_level {level}",
    "`client_cert` {error}",
    "`client_key` {error}",
    "`ca` {error}",
    "PostgreSQL {shown}",
    "Snipe-IT {version}",
];

#[test]
fn mi_16_every_sentence_of_the_catalogue_has_german_with_the_same_parts() {
    let all = entries();
    assert!(all.len() > 500, "{}", all.len());
    let mut known = BTreeSet::new();
    for entry in &all {
        let names =
            |text: &str| -> BTreeSet<String> { SentencePattern::parse(text).part_names().map(str::to_owned).collect() };
        assert!(!entry.german.is_empty(), "no German: {}", entry.english);
        // What is English grammar begins with `_` and is left out.
        let mut wanted = names(&entry.english);
        wanted.retain(|name| !name.starts_with('_'));
        assert_eq!(wanted, names(&entry.german), "{}", entry.english);
        if entry.place.is_empty() && !THE_SAME.contains(&entry.english.as_str()) {
            assert_ne!(entry.english, entry.german);
        }
        assert!(known.insert((&entry.place, &entry.english)), "twice: {}", entry.english);
    }
}

#[test]
fn mi_16_a_sentence_keeps_its_parts_and_sentences_within_it_are_german_too() {
    for (english, german) in [
        ("the client secret is wrong", "der geheime Clientschlüssel ist falsch"),
        ("20 devices are enrolled", "20 Geräte sind registriert"),
        (
            "sign-in refused by login.example: AADSTS7000215: the client secret is wrong (HTTP 401, trace id x)",
            "Anmeldung von login.example abgelehnt: AADSTS7000215: der geheime Clientschlüssel ist falsch (HTTP 401, trace id x)",
        ),
        (
            "the next credential: all required rights are granted",
            "die nächsten Anmeldedaten: alle nötigen Berechtigungen sind erteilt",
        ),
        (
            "accepted, 3 changes behind; seen 2026-11-29T07:00:00Z, never acknowledged",
            "angenommen, 3 Änderungen im Rückstand; gesehen 2026-11-29T07:00:00Z, nie bestätigt",
        ),
        (
            "no connection to 127.0.0.1:1: connection refused (Connection refused (os error 111))",
            "keine Verbindung zu 127.0.0.1:1: Verbindung abgelehnt (Verbindung abgelehnt (Fehler 111))",
        ),
        (
            "not a cron expression: Component error: Number out of bounds.; \"0 3 * * *\" is every day at 3:00, \"0 0 3 * * *\" the same with seconds",
            "kein Cron-Ausdruck: Feldfehler: Zahl außerhalb des Bereichs; \"0 3 * * *\" heißt jeden Tag um 3:00, \"0 0 3 * * *\" dasselbe mit Sekunden",
        ),
        (
            "unknown field \"operatingsystem\"; did you mean \"operatingSystem\"?",
            "unbekanntes Feld \"operatingsystem\"; meinten Sie \"operatingSystem\"?",
        ),
        // As sentences are written where they stand alone, and one behind the other.
        ("The client secret is wrong.", "Der geheime Clientschlüssel ist falsch."),
        (
            "The client secret is wrong. All passed. Nobody knows this one.",
            "Der geheime Clientschlüssel ist falsch. Alles bestanden. Nobody knows this one.",
        ),
        // A word in the place of a part, and a number where one has to be.
        ("Windows can't be restarted", "Windows kann nicht neu gestartet werden"),
        (
            "removing server cmdb ends what it receives: 12 devices are affected",
            "mit dem Entfernen des Servers cmdb endet, was er erhält: 12 Geräte sind betroffen",
        ),
        ("cost is missing beside a currency", "cost fehlt neben einer Währung"),
        ("120 of 300 devices read", "120 von 300 Geräten gelesen"),
        ("\"x y\" is not a whole number", "\"x y\" ist nicht: eine ganze Zahl"),
    ] {
        assert_eq!(localize_text(english, Language::De), german);
        assert_eq!(localize_text(english, Language::En), english);
    }
}

#[test]
fn mi_16_what_has_no_german_and_what_is_german_already_stays_as_it_is() {
    for text in [
        "",
        "CN=fixture",
        "intune-connector servers accept cmdb",
        "der geheime Clientschlüssel ist falsch",
        "This sentence of a stranger is not in the catalogue",
        "{braces} and } more {",
    ] {
        assert_eq!(localize_text(text, Language::De), text);
    }
    let long = format!("the client secret is wrong: {}", "a: ".repeat(2_000));
    assert_eq!(localize_text(&long, Language::De), long);
    let deep = "a: b; c, d (e) ".repeat(100);
    assert_eq!(localize_text(&deep, Language::De), deep);
}

#[test]
fn mi_16_words_are_german_by_their_place() {
    assert_eq!(localize_word("step", "right", Language::De), "Recht");
    assert_eq!(localize_word("state", "failed", Language::De), "fehlgeschlagen");
    assert_eq!(
        localize_word("state", "nothing of the kind", Language::De),
        "nothing of the kind"
    );
    assert!(has_german("{count} devices are enrolled") && !has_german("{count} devices are blue"));
}

#[test]
fn mi_16_what_somebody_is_called_is_no_sentence_whatever_words_it_has() {
    for (english, german) in [
        (
            "server the client secret is wrong does not exist",
            "den Management-Server the client secret is wrong gibt es nicht",
        ),
        (
            "role \"all required rights are granted; done\" does not exist",
            "die Rolle \"all required rights are granted; done\" gibt es nicht",
        ),
        (
            "{name} \"the client secret is wrong\" cannot be looked up: connection refused",
            "{name} \"the client secret is wrong\" ist nicht auflösbar: Verbindung abgelehnt",
        ),
        (
            "no device has the model \"x: the client secret is wrong\"",
            "kein Gerät mit model \"x: the client secret is wrong\"",
        ),
    ] {
        assert_eq!(localize_text(english, Language::De), german);
    }
    // Not known as a whole: what is quoted stays in one piece.
    let quoted = "somebody wrote \"hello; the client secret is wrong: all passed, yes\" there";
    assert_eq!(localize_text(quoted, Language::De), quoted);
    assert_eq!(translate_text(quoted, Language::De), None);
}

#[test]
fn mi_16_no_text_costs_more_than_a_moment() {
    let begun = std::time::Instant::now();
    for piece in ["a: ", "\"; ", " is not ", ", (", " does not accept ", "x with y: z; "] {
        let text = piece.repeat(1_990 / piece.len());
        translate_text(&text, Language::De);
        translate_text(&format!("\"{text}\""), Language::De);
    }
    assert!(begun.elapsed().as_secs() < 30, "{:?}", begun.elapsed());
}
