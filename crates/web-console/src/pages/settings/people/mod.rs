//! Who is told outside of the console: channels, recipients, what was told lately, and the heartbeat, each with its form.
//! Secrets are typed, and never shown.

mod acts;
mod rows;
mod typed;

use askama::Template;
use http::StatusCode;
use sics_client::contract::NoticeSettingsView;

use self::rows::{ChannelRow, HeartbeatFace, MessageRow, RecipientRow};
use self::typed::{TypedHeartbeat, TypedMail, TypedRecipient, TypedWebhook};
use super::{SettingsTab, TabLink, list_tabs};
use crate::failure::{PageFailure, PageResult};
use crate::page::PageContext;
use crate::render::show_page_as;
use crate::routes::PageRoute;

/// So many of the messages are shown, the newest first.
const MESSAGES_SHOWN: usize = 50;

pub(super) fn routes() -> Vec<PageRoute> {
    vec![
        PageRoute::post("/settings/people/mail", acts::set_mail),
        PageRoute::post("/settings/people/webhook", acts::set_webhook),
        PageRoute::post("/settings/people/channel/remove", acts::remove_channel),
        PageRoute::post("/settings/people/recipient", acts::set_recipient),
        PageRoute::post("/settings/people/recipient/test", acts::test_recipient),
        PageRoute::post("/settings/people/recipient/remove", acts::remove_recipient),
        PageRoute::post("/settings/people/heartbeat", acts::set_heartbeat),
        PageRoute::post("/settings/people/heartbeat/remove", acts::remove_heartbeat),
    ]
}

/// The forms of the page, and what its rows can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PeopleForm {
    Rows,
    Mail,
    Webhook,
    Recipient,
    Heartbeat,
}

/// What stands in the forms.
struct PeopleForms {
    mail: TypedMail,
    webhook: TypedWebhook,
    recipient: TypedRecipient,
    heartbeat: TypedHeartbeat,
}

impl PeopleForms {
    /// Empty, but for the channel and the recipient that are to be changed.
    fn begin(view: &NoticeSettingsView, channel: &str, recipient: &str) -> PeopleForms {
        let channel = view.channels.iter().find(|row| row.name == channel);
        let recipient = view.recipients.iter().find(|row| row.name == recipient);
        PeopleForms {
            mail: channel.and_then(TypedMail::from_channel).unwrap_or_default(),
            webhook: channel.and_then(TypedWebhook::from_channel).unwrap_or_default(),
            recipient: recipient.map(TypedRecipient::from_view).unwrap_or_default(),
            heartbeat: TypedHeartbeat::begin(view.heartbeat.as_ref()),
        }
    }
}

/// What was typed into one form, in the place of what stands there else.
enum TypedForm {
    Nothing,
    Mail(TypedMail),
    Webhook(TypedWebhook),
    Recipient(TypedRecipient),
    Heartbeat(TypedHeartbeat),
}

/// What went wrong, and where it is shown.
#[derive(Clone, Copy)]
struct ShownProblem<'a> {
    form: PeopleForm,
    failure: &'a PageFailure,
}

#[derive(Template)]
#[template(path = "pages/settings/people.html")]
struct PeoplePage<'a> {
    ctx: &'a PageContext,
    tabs: Vec<TabLink>,
    channels: Vec<ChannelRow>,
    recipients: Vec<RecipientRow>,
    heartbeat: Option<HeartbeatFace>,
    messages: Vec<MessageRow>,
    has_links: bool,
    can_manage: bool,
    forms: PeopleForms,
    shown_problem: Option<ShownProblem<'a>>,
}

impl PeoplePage<'_> {
    fn problem_at(&self, form: PeopleForm) -> Option<&PageFailure> {
        self.shown_problem
            .filter(|problem| problem.form == form)
            .map(|problem| problem.failure)
    }

    fn problem_of_rows(&self) -> Option<&PageFailure> {
        self.problem_at(PeopleForm::Rows)
    }

    fn problem_of_mail(&self) -> Option<&PageFailure> {
        self.problem_at(PeopleForm::Mail)
    }

    fn problem_of_webhook(&self) -> Option<&PageFailure> {
        self.problem_at(PeopleForm::Webhook)
    }

    fn problem_of_recipient(&self) -> Option<&PageFailure> {
        self.problem_at(PeopleForm::Recipient)
    }

    fn problem_of_heartbeat(&self) -> Option<&PageFailure> {
        self.problem_at(PeopleForm::Heartbeat)
    }
}

pub(super) async fn show_people(ctx: &PageContext) -> PageResult {
    render(ctx, TypedForm::Nothing, None).await
}

async fn render(ctx: &PageContext, typed: TypedForm, problem: Option<ShownProblem<'_>>) -> PageResult {
    let (view, messages) = tokio::try_join!(ctx.client().show_notice_settings(), ctx.client().list_notice_messages())?;
    let list = ctx.list();
    let mut forms = PeopleForms::begin(&view, list.value("channel"), list.value("recipient"));
    match typed {
        TypedForm::Nothing => (),
        TypedForm::Mail(mail) => forms.mail = mail,
        TypedForm::Webhook(webhook) => forms.webhook = webhook,
        TypedForm::Recipient(recipient) => forms.recipient = recipient,
        TypedForm::Heartbeat(heartbeat) => forms.heartbeat = heartbeat,
    }
    let newest = messages.messages.iter().take(MESSAGES_SHOWN);
    let page = PeoplePage {
        ctx,
        tabs: list_tabs(ctx, SettingsTab::People),
        channels: view.channels.iter().map(|row| ChannelRow::new(ctx, row)).collect(),
        recipients: view.recipients.iter().map(|row| RecipientRow::new(ctx, row)).collect(),
        heartbeat: view.heartbeat.as_ref().map(|beat| HeartbeatFace::new(ctx, beat)),
        messages: newest.map(|message| MessageRow::new(ctx, message)).collect(),
        has_links: view.console_url.is_some(),
        can_manage: ctx.may("Operators_Manage"),
        forms,
        shown_problem: problem,
    };
    show_page_as(problem.map_or(StatusCode::OK, |problem| problem.failure.status), &page)
}
