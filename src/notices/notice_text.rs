//! A message in words, in one language: title, text, link. Each says what it is, since when and what to do. Pure.

use super::condition::ConditionText;
use super::content::{NoticeContent, NoticeItem};
use super::notice_words::{title_words, usual_advice};
use crate::contract::NoticePhase;
use crate::model::{Language, Timestamp, replace_unprintable};

/// The longest sentence of a condition, characters.
const SENTENCE_CHARS: usize = 1_000;

/// A message in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeText {
    /// One line.
    pub title: String,
    /// Of each part a few lines; between the parts stands an empty one.
    pub parts: Vec<String>,
    /// The page of the console; `None`: its address is not set.
    pub link: Option<String>,
    /// What the link is called.
    pub link_name: &'static str,
}

impl NoticeText {
    /// The whole text, with the link at its end.
    pub fn to_plain(&self) -> String {
        let mut text = self.parts.join("\n\n");
        if let Some(link) = &self.link {
            text.push_str(&format!("\n\n{}: {link}", self.link_name));
        }
        text
    }
}

/// `console_url`: where people open the console, without a slash at its end; `None`: the messages have no link.
pub fn write_text(content: &NoticeContent, language: Language, console_url: Option<&str>) -> NoticeText {
    let title = title_words(content.kind).choose(language);
    let (title, parts) = match content.phase {
        NoticePhase::Opened => (opened_title(title, content.count), opened_parts(content, language)),
        NoticePhase::Cleared => {
            let over = pick(language, "All clear", "Entwarnung");
            (format!("{over}: {title}"), vec![cleared_part(content, language)])
        }
        NoticePhase::Test => (
            pick(language, "Test message", "Testnachricht").to_owned(),
            vec![
                pick(
                    language,
                    "This is a test message of intune-connector. Nothing has to be done.",
                    "Dies ist eine Testnachricht von intune-connector. Es ist nichts zu tun.",
                )
                .to_owned(),
            ],
        ),
    };
    let page = match content.items.as_slice() {
        [one] if content.count == 1 => one.fix.as_str(),
        _ => "/",
    };
    NoticeText {
        title,
        parts,
        link: console_url.map(|address| format!("{}{page}", address.trim_end_matches('/'))),
        link_name: pick(language, "Open the console", "Konsole öffnen"),
    }
}

fn pick(language: Language, english: &'static str, german: &'static str) -> &'static str {
    match language {
        Language::En => english,
        Language::De => german,
    }
}

fn opened_title(title: &str, count: u64) -> String {
    if count > 1 {
        format!("{title} ({count})")
    } else {
        title.to_owned()
    }
}

fn opened_parts(content: &NoticeContent, language: Language) -> Vec<String> {
    let mut parts: Vec<String> = content
        .items
        .iter()
        .map(|item| describe_item(content, item, language))
        .collect();
    let others = content.count.saturating_sub(content.items.len() as u64);
    if others > 0 {
        parts.push(match language {
            Language::En => format!("There are {others} more of this kind."),
            Language::De => format!("Von dieser Art gibt es {others} weitere."),
        });
    }
    parts
}

fn describe_item(content: &NoticeContent, item: &NoticeItem, language: Language) -> String {
    let ConditionText { message, advice } = match language {
        Language::En => &item.english,
        Language::De => &item.german,
    };
    let what_to_do = if advice.is_empty() {
        usual_advice(content.kind).choose(language)
    } else {
        advice.as_str()
    };
    let (since, action) = (
        pick(language, "Since", "Seit"),
        pick(language, "What to do", "Was zu tun ist"),
    );
    let since_when = item
        .since
        .map_or_else(|| pick(language, "not known", "nicht bekannt").to_owned(), show_time);
    format!(
        "{}\n{since}: {since_when}\n{action}: {}",
        shorten(message),
        shorten(what_to_do)
    )
}

fn cleared_part(content: &NoticeContent, language: Language) -> String {
    let told = content.since.map(show_time).unwrap_or_default();
    match language {
        Language::En => format!("Nothing of this kind is open any more. You were last told of it at {told}."),
        Language::De => format!("Von dieser Art ist nichts mehr offen. Zuletzt gemeldet wurde sie am {told}."),
    }
}

/// `2026-11-21 10:30 UTC`
pub(super) fn show_time(at: Timestamp) -> String {
    at.format("%Y-%m-%d %H:%M UTC").to_string()
}

/// One line, and not without end: names and sentences come from outside, too.
fn shorten(text: &str) -> String {
    let line = replace_unprintable(text);
    if line.chars().count() <= SENTENCE_CHARS {
        return line;
    }
    let cut: String = line.chars().take(SENTENCE_CHARS).collect();
    format!("{cut} …")
}

#[cfg(test)]
#[path = "notice_text_tests.rs"]
mod tests;
