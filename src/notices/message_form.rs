//! The bodies of messages to webhooks: JSON of the bus, an adaptive card for a workflow of Microsoft Teams, blocks for Slack,
//! or a template. What stands in a notice is text there, and never a link or a mention: Teams gets it as runs of text, Slack
//! with its three signs escaped. Pure.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::content::{NoticeContent, NoticeItem};
use super::message_template::fill_places;
use super::notice_text::{NoticeText, show_time};
use super::notice_words::is_urgent;
use crate::contract::{NoticeForm, NoticePhase};
use crate::model::{Language, format_time};

/// Longest text of a block of Slack, and its longest header, characters.
const SLACK_TEXT_CHARS: usize = 2_900;
const SLACK_TITLE_CHARS: usize = 140;

/// What a message is made of beside its content.
#[derive(Debug, Clone, Copy)]
pub struct MessageContext<'a> {
    /// Of the message; the same for each attempt.
    pub id: &'a str,
    pub recipient: &'a str,
    pub language: Language,
    pub text: &'a NoticeText,
}

/// `template`: of the form `template`, as it was read.
pub fn build_body(
    form: NoticeForm,
    template: Option<&Value>,
    content: &NoticeContent,
    context: MessageContext<'_>,
) -> Value {
    match form {
        NoticeForm::Standard => build_standard(content, context),
        NoticeForm::Teams => build_card(context.text),
        NoticeForm::Slack => build_blocks(context.text),
        NoticeForm::Template => fill_places(template.unwrap_or(&Value::Null), &template_values(content, context)),
    }
}

fn build_standard(content: &NoticeContent, context: MessageContext<'_>) -> Value {
    let items = content.items.iter().map(|item| standard_item(item, context.language));
    json!({
        "type": format!("notice.{}", content.phase.name()),
        "timestamp": format_time(content.at),
        "data": {
            "id": context.id,
            "recipient": context.recipient,
            "kind": content.kind.name(),
            "urgent": is_urgent(content.kind),
            "title": context.text.title,
            "text": context.text.to_plain(),
            "language": context.language.code(),
            "count": content.count,
            "since": content.since.map(format_time),
            "link": context.text.link,
            "items": items.collect::<Vec<Value>>(),
        },
    })
}

fn standard_item(item: &NoticeItem, language: Language) -> Value {
    let text = match language {
        Language::En => &item.english,
        Language::De => &item.german,
    };
    json!({
        "subject": item.subject,
        "since": item.since.map(format_time),
        "message": text.message,
        "advice": text.advice,
        "page": item.fix,
    })
}

fn build_card(text: &NoticeText) -> Value {
    let run = |words: &str, is_title: bool| {
        let mut run = json!({"type": "TextRun", "text": words});
        if is_title {
            run["weight"] = json!("Bolder");
            run["size"] = json!("Large");
        }
        json!({"type": "RichTextBlock", "inlines": [run]})
    };
    let lines = text.parts.iter().flat_map(|part| part.lines());
    let mut body = vec![run(&text.title, true)];
    body.extend(lines.map(|line| run(line, false)));
    let mut card = json!({
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": body,
    });
    if let Some(link) = &text.link {
        card["actions"] = json!([{"type": "Action.OpenUrl", "title": text.link_name, "url": link}]);
    }
    json!({
        "type": "message",
        "attachments": [{
            "contentType": "application/vnd.microsoft.card.adaptive",
            "contentUrl": null,
            "content": card,
        }],
    })
}

fn build_blocks(text: &NoticeText) -> Value {
    let title = cut(&text.title, SLACK_TITLE_CHARS);
    let mut blocks = vec![json!({"type": "header", "text": {"type": "plain_text", "text": title}})];
    for part in &text.parts {
        let words = cut(&escape_slack(part), SLACK_TEXT_CHARS);
        blocks.push(json!({"type": "section", "text": {"type": "mrkdwn", "text": words, "verbatim": true}}));
    }
    if let Some(link) = &text.link {
        let name = json!({"type": "plain_text", "text": text.link_name});
        blocks.push(json!({"type": "actions", "elements": [{"type": "button", "text": name, "url": link}]}));
    }
    json!({"text": escape_slack(&text.title), "blocks": blocks})
}

/// As Slack asks for it.
fn escape_slack(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let cut: String = text.chars().take(most).collect();
    format!("{cut} …")
}

fn template_values(content: &NoticeContent, context: MessageContext<'_>) -> BTreeMap<&'static str, String> {
    let action = match content.phase {
        NoticePhase::Opened | NoticePhase::Test => "trigger",
        NoticePhase::Cleared => "resolve",
    };
    let severity = if is_urgent(content.kind) { "critical" } else { "warning" };
    // The same for what opens and for what clears, so that a tool knows them to belong together.
    let key = match content.phase {
        NoticePhase::Test => context.id.to_owned(),
        NoticePhase::Opened | NoticePhase::Cleared => format!("{}/{}", context.recipient, content.kind.name()),
    };
    BTreeMap::from([
        ("title", context.text.title.clone()),
        ("text", context.text.to_plain()),
        ("kind", content.kind.name().to_owned()),
        ("event", content.phase.name().to_owned()),
        ("action", action.to_owned()),
        ("severity", severity.to_owned()),
        ("count", content.count.to_string()),
        ("since", content.since.map(show_time).unwrap_or_default()),
        ("link", context.text.link.clone().unwrap_or_default()),
        ("id", context.id.to_owned()),
        ("key", key),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::NoticeKind;
    use crate::model::parse_time;
    use crate::notices::message_template::{PLACES, parse_template};
    use crate::notices::{ConditionText, write_text};

    fn content() -> NoticeContent {
        let text = ConditionText {
            message: "The server <https://evil.example|cmdb> & [x](https://evil.example) does not read.".to_owned(),
            advice: "Start it.".to_owned(),
        };
        let at = parse_time("2026-11-21T12:00:00Z").unwrap();
        NoticeContent {
            kind: NoticeKind::ServerSilent,
            phase: NoticePhase::Opened,
            at,
            since: Some(at),
            count: 1,
            items: vec![NoticeItem {
                subject: "cmdb".to_owned(),
                since: Some(at),
                fix: "/servers/cmdb".to_owned(),
                english: text.clone(),
                german: text,
            }],
        }
    }

    fn body(form: NoticeForm, template: Option<&Value>) -> Value {
        let content = content();
        let text = write_text(&content, Language::En, Some("https://intune.example"));
        let context = MessageContext {
            id: "ntc_1",
            recipient: "ops",
            language: Language::En,
            text: &text,
        };
        build_body(form, template, &content, context)
    }

    #[test]
    fn teams_gets_runs_of_text_in_which_nothing_is_a_link() {
        let card = &body(NoticeForm::Teams, None)["attachments"][0]["content"];
        assert_eq!(card["type"], "AdaptiveCard");
        let blocks = card["body"].as_array().unwrap();
        assert_eq!(blocks.len(), 4);
        assert!(blocks.iter().all(|block| block["type"] == "RichTextBlock"), "{card}");
        assert_eq!(card["actions"][0]["url"], "https://intune.example/servers/cmdb");
    }

    #[test]
    fn slack_gets_its_three_signs_escaped() {
        let message = body(NoticeForm::Slack, None);
        let words = message["blocks"][1]["text"]["text"].as_str().unwrap();
        assert!(words.contains("&lt;https://evil.example|cmdb&gt; &amp;"), "{words}");
        assert_eq!(
            message["blocks"][2]["elements"][0]["url"],
            "https://intune.example/servers/cmdb"
        );
    }

    #[test]
    fn the_form_of_the_bus_has_every_part_by_name() {
        let message = body(NoticeForm::Standard, None);
        assert_eq!(message["type"], "notice.opened");
        assert_eq!(message["data"]["kind"], "serverSilent");
        assert_eq!(message["data"]["since"], "2026-11-21T12:00:00Z");
        assert_eq!(message["data"]["items"][0]["subject"], "cmdb");
    }

    #[test]
    fn each_place_of_a_template_has_a_value() {
        let text = PLACES.map(|place| format!("\"{place}\": \"{{{place}}}\"")).join(",");
        let template = parse_template(&format!("{{{text}}}")).unwrap();
        let message = body(NoticeForm::Template, Some(&template));
        for place in PLACES {
            assert_ne!(message[place], "", "{place}");
        }
        assert_eq!(
            (
                message["action"].as_str(),
                message["key"].as_str(),
                message["severity"].as_str()
            ),
            (Some("trigger"), Some("ops/serverSilent"), Some("warning"))
        );
    }
}
