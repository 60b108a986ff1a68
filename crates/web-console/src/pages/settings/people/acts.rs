//! What the forms of the page do.

use sics_client::contract::NoticeChannelBody;

use super::typed::{TypedHeartbeat, TypedMail, TypedRecipient, TypedSecrets, TypedWebhook, given_secret};
use super::{PeopleForm, ShownProblem, TypedForm, render};
use crate::failure::{PageFailure, PageResult};
use crate::form::FormFields;
use crate::page::PageContext;
use crate::render::go_to;

const TAB: &str = "/settings?tab=people";

/// Back to the page, or the page with what was typed and what went wrong.
async fn end_act(
    ctx: &PageContext,
    done: Result<&'static str, PageFailure>,
    form: PeopleForm,
    typed: TypedForm,
) -> PageResult {
    match done {
        Ok(text) => go_to(ctx, TAB, text),
        Err(failure) => {
            let problem = ShownProblem {
                form,
                failure: &failure,
            };
            render(ctx, typed, Some(problem)).await
        }
    }
}

async fn save_channel(
    ctx: &PageContext,
    name: &str,
    body: Result<NoticeChannelBody, PageFailure>,
) -> Result<&'static str, PageFailure> {
    ctx.client().set_notice_channel(name, &body?).await?;
    Ok("people-channel-set")
}

pub(super) async fn set_mail(ctx: PageContext, form: FormFields) -> PageResult {
    let typed = TypedMail::read(&form);
    // A password is what was typed, blanks included.
    let password = form.is_ticked("password").then(|| form.secret("password"));
    let done = save_channel(&ctx, &typed.name, typed.to_body(password)).await;
    end_act(&ctx, done, PeopleForm::Mail, TypedForm::Mail(typed)).await
}

pub(super) async fn set_webhook(ctx: PageContext, form: FormFields) -> PageResult {
    let typed = TypedWebhook::read(&form);
    let done = save_channel(&ctx, &typed.name, typed.to_body(TypedSecrets::read(&form))).await;
    end_act(&ctx, done, PeopleForm::Webhook, TypedForm::Webhook(typed)).await
}

/// The name that a row sends.
fn read_name(form: &FormFields) -> Result<&str, PageFailure> {
    match form.raw("name") {
        "" => Err(PageFailure::not_found()),
        name => Ok(name),
    }
}

pub(super) async fn remove_channel(ctx: PageContext, form: FormFields) -> PageResult {
    let name = read_name(&form)?;
    let removed = ctx.client().remove_notice_channel(name).await;
    let done = removed.map(|()| "people-channel-removed").map_err(PageFailure::from);
    end_act(&ctx, done, PeopleForm::Rows, TypedForm::Nothing).await
}

pub(super) async fn set_recipient(ctx: PageContext, form: FormFields) -> PageResult {
    let typed = TypedRecipient::read(&form);
    let done = save_recipient(&ctx, &typed).await;
    end_act(&ctx, done, PeopleForm::Recipient, TypedForm::Recipient(typed)).await
}

async fn save_recipient(ctx: &PageContext, typed: &TypedRecipient) -> Result<&'static str, PageFailure> {
    let body = typed.to_body()?;
    ctx.client().set_notice_recipient(&typed.name, &body).await?;
    Ok("people-recipient-set")
}

pub(super) async fn remove_recipient(ctx: PageContext, form: FormFields) -> PageResult {
    let name = read_name(&form)?;
    let removed = ctx.client().remove_notice_recipient(name).await;
    let done = removed.map(|()| "people-recipient-removed").map_err(PageFailure::from);
    end_act(&ctx, done, PeopleForm::Rows, TypedForm::Nothing).await
}

pub(super) async fn test_recipient(ctx: PageContext, form: FormFields) -> PageResult {
    let name = read_name(&form)?;
    let done = send_test(&ctx, name).await;
    end_act(&ctx, done, PeopleForm::Rows, TypedForm::Nothing).await
}

async fn send_test(ctx: &PageContext, name: &str) -> Result<&'static str, PageFailure> {
    let tested = ctx.client().test_notice_recipient(name).await?;
    if tested.delivered {
        return Ok("people-tested");
    }
    let why = tested.problem.unwrap_or_default();
    Err(PageFailure::told_within(ctx, "settings-people-test-failed", &why))
}

pub(super) async fn set_heartbeat(ctx: PageContext, form: FormFields) -> PageResult {
    let typed = TypedHeartbeat::read(&form);
    let done = save_heartbeat(&ctx, &typed, &form).await;
    end_act(&ctx, done, PeopleForm::Heartbeat, TypedForm::Heartbeat(typed)).await
}

async fn save_heartbeat(
    ctx: &PageContext,
    typed: &TypedHeartbeat,
    form: &FormFields,
) -> Result<&'static str, PageFailure> {
    let body = typed.to_body(given_secret(form, "url"))?;
    ctx.client().set_heartbeat(&body).await?;
    Ok("people-heartbeat-set")
}

pub(super) async fn remove_heartbeat(ctx: PageContext) -> PageResult {
    let removed = ctx.client().remove_heartbeat().await;
    let done = removed.map(|()| "people-heartbeat-removed").map_err(PageFailure::from);
    end_act(&ctx, done, PeopleForm::Rows, TypedForm::Nothing).await
}
