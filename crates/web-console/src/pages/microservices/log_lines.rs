//! The newest lines of the bus's log that name this microservice.

use askama::Template;
use axum::extract::Path;
use sics_client::contract::{LogLevel, LogLineView, LogQuery};

use super::detail::KnownMember;
use crate::clock_text::TimeText;
use crate::failure::PageResult;
use crate::list_state::ListState;
use crate::page::PageContext;
use crate::pages::row_page::contains_text;
use crate::render::show_page;

/// Lines that are asked for at once.
const LINES_ASKED: u32 = 100;

#[derive(Template)]
#[template(path = "pages/microservice_log.html")]
struct LogPage<'a> {
    ctx: &'a PageContext,
    name: String,
    tab: &'static str,
    is_instance: bool,
    brake: u64,
    profile: String,
    list: ListState,
    levels: Vec<(&'static str, String, bool)>,
    lines: Vec<LineRow>,
    older: Option<String>,
    can_read: bool,
    /// All messages, with the same text to find.
    all_link: String,
}

struct LineRow {
    at: TimeText,
    light: &'static str,
    level: String,
    message: String,
    fields: String,
}

pub(super) async fn show_log(ctx: PageContext, Path(name): Path<String>) -> PageResult {
    let list = ctx.list();
    let known = KnownMember::read(&ctx, &name).await?;
    let brake = known.braked();
    let owner = LogOwner {
        number: known.member.as_ref().map(|member| member.installation.to_string()),
        is_instance: known.instance.is_some(),
        name: name.clone(),
    };
    let can_read = ctx.may("Log_Read");
    let (mut lines, mut older) = (Vec::new(), None);
    if can_read {
        let view = ctx.client().read_log(&owner.build_query(&list)).await?;
        older = view.before.map(|before| list.link_with("before", &before));
        let own = view
            .lines
            .into_iter()
            .filter(|line| owner.owns(line) && has_text(line, list.value("q")));
        lines = own.collect();
    }
    let profile = known.instance.and_then(|instance| instance.status.profile);
    let profile = profile.or_else(|| known.member.map(|member| member.profile));
    let levels = LogLevel::ALL.map(|level| {
        let word = ctx.word("microservices-level-", level.name());
        (level.name(), word, list.value("level") == level.name())
    });
    show_page(&LogPage {
        ctx: &ctx,
        tab: "log",
        is_instance: owner.is_instance,
        brake,
        profile: ctx.plain(profile.unwrap_or_default()),
        levels: levels.to_vec(),
        lines: lines.iter().map(|line| LineRow::new(&ctx, line)).collect(),
        older,
        can_read,
        all_link: ctx.link("/messages"),
        list,
        name,
    })
}

/// Whose lines are wanted.
struct LogOwner {
    name: String,
    /// Of its installation, which is that of the instance as well.
    number: Option<String>,
    is_instance: bool,
}

impl LogOwner {
    /// Instances stand in the log by number, other microservices by name.
    fn needle(&self) -> String {
        match &self.number {
            Some(number) if self.is_instance => format!("instance.id={number}"),
            Some(_) | None => self.name.clone(),
        }
    }

    fn build_query(&self, list: &ListState) -> LogQuery {
        let level = LogLevel::ALL
            .into_iter()
            .find(|level| level.name() == list.value("level"));
        LogQuery {
            level,
            text: Some(self.needle()),
            before: list.filter("before"),
            after: None,
            limit: Some(LINES_ASKED),
        }
    }

    /// The text to find finds `instance.id=12` where `instance.id=1` is wanted.
    fn owns(&self, line: &LogLineView) -> bool {
        let Some(number) = self.number.as_ref().filter(|_| self.is_instance) else {
            return true;
        };
        let field = line.fields.get("instance.id").map(field_text);
        field.is_none_or(|field| field == *number)
    }
}

fn field_text(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn has_text(line: &LogLineView, text: &str) -> bool {
    contains_text(&line.message, text) || contains_text(&join_fields(line), text)
}

fn join_fields(line: &LogLineView) -> String {
    let fields = line
        .fields
        .iter()
        .map(|(name, value)| format!("{name}={}", field_text(value)));
    fields.collect::<Vec<_>>().join(" ")
}

impl LineRow {
    fn new(ctx: &PageContext, line: &LogLineView) -> LineRow {
        LineRow {
            at: ctx.time(&line.at),
            light: level_light(line.level),
            level: ctx.word("microservices-level-", line.level.name()),
            message: ctx.plain(&line.message),
            fields: ctx.plain(join_fields(line)),
        }
    }
}

fn level_light(level: LogLevel) -> &'static str {
    match level {
        LogLevel::Error => "bad",
        LogLevel::Warn => "warning",
        LogLevel::Info | LogLevel::Debug | LogLevel::Trace => "",
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use serde_json::json;

    use super::*;

    fn line(fields: serde_json::Value) -> LogLineView {
        LogLineView {
            at: DateTime::UNIX_EPOCH,
            level: LogLevel::Info,
            target: String::new(),
            message: "The scan ended".to_owned(),
            fields: fields.as_object().cloned().unwrap(),
        }
    }

    #[test]
    fn lines_of_another_instance_are_left_out() {
        let owner = LogOwner {
            name: "IntuneConnector_1".to_owned(),
            number: Some("1".to_owned()),
            is_instance: true,
        };
        assert_eq!(owner.needle(), "instance.id=1");
        assert!(owner.owns(&line(json!({"instance.id": "1"}))));
        assert!(owner.owns(&line(json!({"instance.id": 1}))));
        assert!(!owner.owns(&line(json!({"instance.id": "12"}))));
        let engine = LogOwner {
            name: "IntuneWorkflowEngine_1".to_owned(),
            is_instance: false,
            ..owner
        };
        assert_eq!(engine.needle(), "IntuneWorkflowEngine_1");
    }

    #[test]
    fn a_text_is_found_in_the_message_and_in_the_fields() {
        let line = line(json!({"error": "AADSTS7000215", "scan.seen": 12}));
        assert!(
            has_text(&line, "") && has_text(&line, "SCAN") && has_text(&line, "aadsts") && has_text(&line, "seen=12")
        );
        assert!(!has_text(&line, "wipe"));
    }
}
