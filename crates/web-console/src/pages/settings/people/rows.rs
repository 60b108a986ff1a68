//! What is set, as the page shows it.

use sics_client::contract::{
    HeartbeatState, HeartbeatView, MailSecurity, NoticeChannelView, NoticeForm, NoticeKind, NoticeMessageView,
    NoticePhase, NoticeRecipientView, QuietHours, WebhookState,
};

use crate::clock_text::TimeText;
use crate::link_query::LinkQuery;
use crate::page::PageContext;
use crate::render::Markup;

/// What a kind of notice is called.
pub(super) fn kind_word(ctx: &PageContext, kind: NoticeKind) -> String {
    ctx.word("settings-people-kind-", kind.name())
}

/// What a form of messages is called.
pub(super) fn form_word(ctx: &PageContext, form: NoticeForm) -> String {
    ctx.word("settings-people-form-", form.name())
}

/// What an encryption is called.
pub(super) fn security_word(ctx: &PageContext, security: MailSecurity) -> String {
    ctx.word("settings-people-security-", security.name())
}

/// The page with the form of this channel or recipient filled in.
fn change_path(ctx: &PageContext, what: &str, name: &str, form: &str) -> String {
    let query = LinkQuery::default().with_value("tab", "people").with_value(what, name);
    ctx.link(&format!("/settings{}#{form}", query.to_text()))
}

pub(super) struct ChannelRow {
    /// As it is; forms send it.
    pub(super) key: String,
    pub(super) name: String,
    pub(super) way: String,
    /// Where messages go, without what is secret.
    pub(super) place: String,
    pub(super) waiting: u64,
    pub(super) last_error: Markup,
    pub(super) change: String,
}

impl ChannelRow {
    pub(super) fn new(ctx: &PageContext, view: &NoticeChannelView) -> ChannelRow {
        let (way, place, form) = match (&view.mail, &view.webhook) {
            (Some(mail), _) => (
                security_word(ctx, mail.security),
                format!("{}:{} · {}", ctx.plain(&mail.host), mail.port, ctx.plain(&mail.from)),
                "mail",
            ),
            (None, Some(webhook)) => (form_word(ctx, webhook.form), ctx.plain(&webhook.host), "webhook"),
            (None, None) => (String::new(), String::new(), "mail"),
        };
        ChannelRow {
            key: view.name.clone(),
            name: ctx.plain(&view.name),
            way,
            place,
            waiting: view.waiting,
            last_error: view.last_error.as_deref().map(|why| ctx.said(why)).unwrap_or_default(),
            change: change_path(ctx, "channel", &view.name, form),
        }
    }
}

pub(super) struct RecipientRow {
    pub(super) key: String,
    pub(super) name: String,
    pub(super) channel: String,
    pub(super) address: String,
    pub(super) language: String,
    /// Empty: all.
    pub(super) kinds: Vec<String>,
    /// Empty: none.
    pub(super) quiet: String,
    pub(super) change: String,
}

impl RecipientRow {
    pub(super) fn new(ctx: &PageContext, view: &NoticeRecipientView) -> RecipientRow {
        let kinds = view.kinds.iter().flatten();
        RecipientRow {
            key: view.name.clone(),
            name: ctx.plain(&view.name),
            channel: ctx.plain(&view.channel),
            address: ctx.plain(view.address.as_deref().unwrap_or_default()),
            language: ctx.word("settings-people-language-", view.language.code()),
            kinds: kinds.map(|kind| kind_word(ctx, *kind)).collect(),
            quiet: view
                .quiet
                .as_ref()
                .map(|hours| write_hours(ctx, hours))
                .unwrap_or_default(),
            change: change_path(ctx, "recipient", &view.name, "recipient"),
        }
    }
}

fn write_hours(ctx: &PageContext, hours: &QuietHours) -> String {
    format!(
        "{}–{} {}",
        ctx.plain(&hours.from),
        ctx.plain(&hours.to),
        ctx.plain(&hours.zone)
    )
}

pub(super) struct HeartbeatFace {
    pub(super) host: String,
    pub(super) every: u32,
    /// Class of a dot.
    pub(super) light: &'static str,
    pub(super) state: String,
    pub(super) checked: Option<TimeText>,
    pub(super) last_error: Markup,
}

impl HeartbeatFace {
    pub(super) fn new(ctx: &PageContext, view: &HeartbeatView) -> HeartbeatFace {
        let (light, state) = match view.state {
            None => ("wait", ctx.t("settings-people-beat-unknown")),
            Some(state) => (beat_light(state), ctx.word("settings-people-beat-", state.name())),
        };
        HeartbeatFace {
            host: ctx.plain(&view.host),
            every: view.every_seconds,
            light,
            state,
            checked: view.checked_at.as_ref().map(|at| ctx.time(at)),
            last_error: view.last_error.as_deref().map(|why| ctx.said(why)).unwrap_or_default(),
        }
    }
}

fn beat_light(state: HeartbeatState) -> &'static str {
    match state {
        HeartbeatState::Good => "good",
        HeartbeatState::MicrosoftOutage => "warning",
        HeartbeatState::Withheld => "bad",
    }
}

pub(super) struct MessageRow {
    pub(super) at: TimeText,
    pub(super) recipient: String,
    pub(super) kind: String,
    pub(super) phase: String,
    pub(super) light: &'static str,
    pub(super) state: String,
    pub(super) last_error: Markup,
}

impl MessageRow {
    pub(super) fn new(ctx: &PageContext, view: &NoticeMessageView) -> MessageRow {
        MessageRow {
            at: ctx.time(&view.created_at),
            recipient: ctx.plain(&view.recipient),
            kind: kind_word(ctx, view.kind),
            phase: phase_word(ctx, view.phase),
            light: state_light(view.state),
            state: ctx.word("settings-people-state-", view.state.name()),
            last_error: view.last_error.as_deref().map(|why| ctx.said(why)).unwrap_or_default(),
        }
    }
}

fn phase_word(ctx: &PageContext, phase: NoticePhase) -> String {
    ctx.word("settings-people-phase-", phase.name())
}

fn state_light(state: WebhookState) -> &'static str {
    match state {
        WebhookState::Waiting => "wait",
        WebhookState::Delivered => "good",
        WebhookState::Dead => "bad",
    }
}

#[cfg(test)]
mod tests {
    use connector_core::model::{Language, WordEnum};

    use super::*;
    use crate::texts::Texts;

    fn require_words<T: WordEnum>(prefix: &str) {
        let texts = Texts::default();
        for word in T::ALL {
            let key = format!("settings-people-{prefix}-{}", word.name().to_ascii_lowercase());
            assert!(texts.has(&key), "{key}");
        }
    }

    #[test]
    fn every_word_of_the_contract_has_a_text() {
        require_words::<NoticeKind>("kind");
        require_words::<NoticeForm>("form");
        require_words::<NoticePhase>("phase");
        require_words::<MailSecurity>("security");
        require_words::<HeartbeatState>("beat");
        require_words::<WebhookState>("state");
        let texts = Texts::default();
        for language in Language::ALL {
            assert!(texts.has(&format!("settings-people-language-{}", language.code())));
        }
    }
}
