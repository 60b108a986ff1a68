//! A small template for tests, as the API tells it.

use serde_json::json;

use super::state::AnswerTexts;
use super::template::WizardTemplate;

pub(super) fn answers(given: &[(&str, &str)]) -> AnswerTexts {
    let owned = given
        .iter()
        .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
    owned.collect()
}

pub(super) fn small_template() -> WizardTemplate {
    let told = json!({
        "title": "Small",
        "language": "en",
        "pages": [
            {"name": "sign", "kind": "questions", "title": "Sign-in", "fields": [
                {"name": "method", "type": "choice", "label": "Method", "required": true, "default": "secret", "signIn": true,
                 "choices": [{"value": "secret", "label": "Secret"}, {"value": "pfx", "label": "Certificate"}]},
                {"name": "more", "type": "checkbox", "label": "More?", "default": "no"},
                {"name": "secret", "type": "secret", "label": "Secret", "secret": true, "required": true, "signIn": true,
                 "when": "method == 'secret'", "setting": "secret"},
                {"name": "pfx", "type": "file", "label": "File", "secret": true, "required": true, "signIn": true,
                 "when": "method == 'pfx'", "setting": "pfx", "look": "certificate", "maxBytes": 1000},
                {"name": "proxy", "type": "text", "form": "url", "label": "Proxy", "when": "more", "setting": "proxy"}
            ], "actions": [{"name": "verify", "label": "Verify", "required": true}]},
            {"name": "acts", "kind": "questions", "title": "Actions", "needs": "verify", "fields": [
                {"name": "verbs", "type": "choice", "many": true, "label": "Verbs", "setting": "verbs",
                 "choices": [{"value": "sync", "label": "Synchronise"}, {"value": "wipe", "label": "Wipe"}]},
                {"name": "limit", "type": "number", "min": 0, "max": 10, "label": "Limit", "setting": "limit",
                 "when": "'wipe' in verbs"}
            ], "actions": [{"name": "rights", "label": "Rights", "required": true, "when": "size(verbs) > 0"}]},
            {"name": "network", "kind": "questions", "title": "Network", "when": "proxy != ''"},
            {"name": "summary", "kind": "summary", "title": "Summary"},
            {"name": "installation", "kind": "installation", "title": "Installation"},
            {"name": "finish", "kind": "finish", "title": "Finished", "text": "Well done."}
        ],
        "parts": [{"name": "Greeter", "label": "Engine"}]
    });
    serde_json::from_value(told).unwrap()
}
