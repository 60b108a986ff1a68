//! What waits for somebody, in the language of the page: a text of the console for each code of the API, made with the
//! item's arguments; those that are sentences have the German of the API. For a code that is not known here the API's own
//! sentences stand.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use fluent_bundle::FluentArgs;
use sics_client::contract::AttentionItemView;

use crate::failure::hyphenate;
use crate::page::PageContext;
use crate::said::SaidSentence;

/// What the API calls the sender of a job whose account has gone.
const REMOVED_ACCOUNT: &str = "a removed account";
/// Arguments that are times.
const TIMES: [&str; 7] = [
    "endsAt",
    "until",
    "last",
    "now",
    "seenAt",
    "acknowledgedAt",
    "failingSince",
];
/// Arguments that begin with the number that the sentence is about, in this order.
const COUNTS: [&str; 4] = ["count", "devices", "changes", "days"];

/// Arguments that the program says itself, each a sentence.
const SENTENCES: [&str; 4] = ["detail", "advice", "problem", "text"];
/// Of its items the reason is a sentence of the program; others are in the words of a person.
const SUSPENDED: &str = "operatorSuspended";

/// An item in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AttentionText {
    pub(crate) message: String,
    pub(crate) advice: String,
}

pub(crate) fn describe_item(ctx: &PageContext, item: &AttentionItemView) -> AttentionText {
    let key = format!("attention-{}", hyphenate(&item.code));
    if !ctx.has_text(&key) {
        return AttentionText {
            message: ctx.said_plain(&item.message),
            advice: ctx.said_plain(&item.advice),
        };
    }
    let arguments = translate_arguments(ctx, item);
    let format = |key: &str| format_with(ctx, key, &arguments);
    let advice_key = format!("{key}-advice");
    AttentionText {
        message: format(&key),
        advice: if ctx.has_text(&advice_key) {
            format(&advice_key)
        } else {
            arguments
                .get("advice")
                .cloned()
                .unwrap_or_else(|| ctx.said_plain(&item.advice))
        },
    }
}

/// The text of a key; `count` among the arguments chooses the form of words.
fn format_with(ctx: &PageContext, key: &str, arguments: &BTreeMap<String, String>) -> String {
    let mut given = FluentArgs::new();
    for (name, value) in arguments {
        match value.parse::<f64>() {
            Ok(count) if name == "count" => given.set(name.as_str(), count),
            Ok(_) | Err(_) => given.set(name.as_str(), value.as_str()),
        }
    }
    ctx.console().texts().format(ctx.language(), key, Some(&given))
}

/// Names and sentences from outside as they are; words, times and numbers as the page's language has them.
fn translate_arguments(ctx: &PageContext, item: &AttentionItemView) -> BTreeMap<String, String> {
    let mut translated: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in &item.arguments {
        let is_said = SENTENCES.contains(&name.as_str()) || (name == "reason" && item.code == SUSPENDED);
        let shown = if is_said {
            ctx.said_plain(value)
        } else {
            translate_argument(ctx, name, value)
        };
        translated.insert(name.clone(), shown);
    }
    if let Some(count) = find_count(&item.arguments) {
        translated.insert("count".to_owned(), count.to_string());
        translated.insert("shown".to_owned(), ctx.number(count));
    }
    let scope = if item.subject == "*" { "all" } else { "one" };
    translated.insert("scope".to_owned(), scope.to_owned());
    translated.insert("subject".to_owned(), ctx.plain(&item.subject));
    let cause_code = item.arguments.get("cause").map(String::as_str).unwrap_or_default();
    let failure = item.arguments.get("failure").map(String::as_str).unwrap_or_default();
    if let Some(cause) = find_cause(ctx, cause_code).or_else(|| find_problem(ctx, failure)) {
        // The API's own sentences say more, where the page's language has words for them.
        let [detail, advice] = ["detail", "advice"].map(|name| item.arguments.get(name).map_or("", String::as_str));
        translated.insert("detail".to_owned(), pick(ctx, detail, cause.what));
        translated.insert("advice".to_owned(), pick(ctx, advice, cause.cure));
    }
    translated
        .entry("detail".to_owned())
        .or_insert_with(|| ctx.plain(cause_code));
    translated
}

/// The API's sentence, or that of the console where the API's would stay English on another page.
fn pick(ctx: &PageContext, english: &str, own: String) -> String {
    let said = SaidSentence::from_english(ctx, english);
    if own.is_empty() || (!said.is_foreign && !said.text.is_empty()) {
        said.text
    } else {
        own
    }
}

fn translate_argument(ctx: &PageContext, name: &str, value: &str) -> String {
    match name {
        "action" => ctx.word("action-", value),
        "purpose" => ctx.word("credential-", value),
        "what" => ctx.word("requests-", value),
        "operator" if value == REMOVED_ACCOUNT => ctx.t("dashboard-removed-account"),
        name if TIMES.contains(&name) => show_time(value).unwrap_or_else(|| ctx.word("dashboard-time-", value)),
        _ => ctx.plain(value),
    }
}

/// `2026-11-21T10:30:00Z` as `2026-11-21 10:30 UTC`.
fn show_time(text: &str) -> Option<String> {
    let at: DateTime<Utc> = text.parse().ok()?;
    Some(at.format("%Y-%m-%d %H:%M UTC").to_string())
}

/// The number that the sentence is about: `12`, or the beginning of `12 devices`.
fn find_count(arguments: &BTreeMap<String, String>) -> Option<u64> {
    let value = COUNTS.iter().find_map(|name| arguments.get(*name))?;
    let digits: String = value.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

/// A cause by its code, in the page's language.
pub(crate) struct CauseText {
    pub(crate) what: String,
    /// What to do; may be empty.
    pub(crate) cure: String,
}

/// `None`: there is no text for this code.
pub(crate) fn find_cause(ctx: &PageContext, code: &str) -> Option<CauseText> {
    find_text(ctx, &format!("cause-{}", cause_key(code)?))
}

fn find_text(ctx: &PageContext, key: &str) -> Option<CauseText> {
    let cure = format!("{key}-cure");
    ctx.has_text(key).then(|| CauseText {
        what: ctx.t(key),
        cure: if ctx.has_text(&cure) {
            ctx.t(&cure)
        } else {
            String::new()
        },
    })
}

/// The same of a code that pages of their own show as a failure.
fn find_problem(ctx: &PageContext, code: &str) -> Option<CauseText> {
    find_text(ctx, &format!("problem-{}", cause_key(code)?))
}

/// Codes of Entra are written in capitals, all others in camel case.
fn cause_key(code: &str) -> Option<String> {
    let is_plain = !code.is_empty() && code.chars().all(|letter| letter.is_ascii_alphanumeric());
    is_plain.then(|| {
        if code.starts_with("AADSTS") {
            code.to_ascii_lowercase()
        } else {
            hyphenate(code)
        }
    })
}

/// Few words for what gives an instance or a server its light.
pub(crate) fn short_cause(ctx: &PageContext, code: &str) -> String {
    ctx.word("light-cause-", code)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        let owned = pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        owned.collect()
    }

    #[test]
    fn the_number_of_a_sentence_is_found_in_front_of_its_noun() {
        for (given, count) in [
            (arguments(&[("count", "3"), ("devices", "4 devices")]), Some(3)),
            (arguments(&[("devices", "1 device")]), Some(1)),
            (arguments(&[("changes", "12000 changes")]), Some(12_000)),
            (arguments(&[("server", "7up")]), None),
            (arguments(&[("devices", "none")]), None),
        ] {
            assert_eq!(find_count(&given), count, "{given:?}");
        }
    }

    #[test]
    fn times_are_shown_with_their_zone_and_other_words_are_none() {
        assert_eq!(
            show_time("2026-11-21T10:30:00Z").as_deref(),
            Some("2026-11-21 10:30 UTC")
        );
        assert_eq!(show_time("never"), None);
    }

    #[test]
    fn codes_become_keys_and_anything_else_none() {
        assert_eq!(cause_key("AADSTS7000215").as_deref(), Some("aadsts7000215"));
        assert_eq!(cause_key("tlsUntrusted").as_deref(), Some("tls-untrusted"));
        assert_eq!(cause_key(""), None);
        assert_eq!(cause_key("a b"), None);
    }
}
