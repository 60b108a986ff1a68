//! An installation as it goes on, item by item, from its journal: also for whoever closed the browser on the way and comes
//! back.

use std::convert::Infallible;

use askama::Template;
use axum::body::Body;
use axum::extract::Path;
use bytes::Bytes;
use connector_core::model::{InstallationState, MemberState};
use futures_util::stream;
use serde::Serialize;
use sics_client::contract::{Diagnosis, InstallationView, MemberView};
use sics_client::{EventStream, operation};

use super::checks::{event_response, write_event};
use super::fields::{TextPiece, split_code};
use super::open::language_query;
use super::template::WizardTemplate;
use crate::failure::PageResult;
use crate::page::PageContext;
use crate::render::{Markup, show_page};

#[derive(Template)]
#[template(path = "pages/installation_items.html")]
struct InstallationPart<'a> {
    ctx: &'a PageContext,
    view: &'a InstallationView,
    /// Only for whoever may install.
    template: Option<&'a WizardTemplate>,
}

#[derive(Template)]
#[template(path = "pages/installation.html")]
struct InstallationPage<'a> {
    ctx: &'a PageContext,
    view: &'a InstallationView,
    part: Markup,
}

/// One event of the journal.
#[derive(Serialize)]
struct JournalEvent {
    html: String,
    ended: bool,
}

impl InstallationPart<'_> {
    fn state_text(&self) -> String {
        self.ctx.t(match self.view.state {
            InstallationState::Installing => "wizard-installing",
            InstallationState::Installed => "wizard-installed",
            InstallationState::Undoing => "wizard-undoing",
            InstallationState::Failed => "wizard-failed",
            InstallationState::Removing => "wizard-removing",
            InstallationState::Removed => "wizard-removed",
        })
    }

    fn state_colour(&self) -> &'static str {
        match self.view.state {
            InstallationState::Installed => "good",
            InstallationState::Failed => "bad",
            InstallationState::Undoing | InstallationState::Removing => "warning",
            InstallationState::Installing | InstallationState::Removed => "",
        }
    }

    fn is_installed(&self) -> bool {
        self.view.state == InstallationState::Installed
    }

    fn is_running(&self) -> bool {
        !has_ended(self.view.state)
    }

    fn has_failed(&self) -> bool {
        matches!(self.view.state, InstallationState::Failed | InstallationState::Undoing)
    }

    fn done(&self) -> usize {
        let applied = |member: &&MemberView| member.state == MemberState::Applied;
        self.view.members.iter().filter(applied).count()
    }

    fn member_text(&self, member: &MemberView) -> String {
        self.ctx.t(match member.state {
            MemberState::Planned => "wizard-item-planned",
            MemberState::Applied => "wizard-item-applied",
            MemberState::Failed => "wizard-item-failed",
            MemberState::Undone => "wizard-item-undone",
        })
    }

    fn member_colour(&self, member: &MemberView) -> &'static str {
        match member.state {
            MemberState::Planned => "wait",
            MemberState::Applied => "good",
            MemberState::Failed => "bad",
            MemberState::Undone => "warning",
        }
    }

    /// What the template calls it.
    fn member_label(&self, member: &MemberView) -> String {
        let part = member_part(&member.name, self.view.number);
        let parts = self.template.map_or(&[][..], |template| &template.parts);
        let label = parts
            .iter()
            .find(|known| known.name == part)
            .map(|known| known.label.as_str());
        self.ctx.plain(label.unwrap_or_default())
    }

    /// Where a problem can be mended.
    fn field_link(&self, problem: &Diagnosis) -> Option<String> {
        let field = problem.field.as_deref().filter(|field| !field.is_empty())?;
        let path = format!("/products/{}/install?field={field}#f-{field}", self.view.product);
        Some(self.ctx.link(&path))
    }

    /// Whether it signs in anywhere, so that this can be renewed.
    fn has_sign_in(&self) -> bool {
        self.template
            .is_some_and(|template| template.fields().any(|field| field.sign_in))
    }

    fn finish_text(&self) -> Vec<TextPiece<'_>> {
        let page = self.template.and_then(|template| template.page_of_kind("finish"));
        page.map(|page| split_code(&page.text)).unwrap_or_default()
    }
}

/// `IntuneConnector` of `IntuneConnector_1`.
fn member_part(name: &str, number: i64) -> &str {
    name.strip_suffix(&format!("_{number}")).unwrap_or(name)
}

fn has_ended(state: InstallationState) -> bool {
    use InstallationState::{Failed, Installed, Installing, Removed, Removing, Undoing};
    match state {
        Installed | Failed | Removed => true,
        Installing | Undoing | Removing => false,
    }
}

/// `None`: not for this reader; the page does without.
async fn fetch_template(ctx: &PageContext, product: &str) -> Option<WizardTemplate> {
    if !ctx.may("Instances_Manage") {
        return None;
    }
    let told = ctx.client().show_template(product, &language_query(ctx)).await.ok()?;
    serde_json::from_value(told).ok()
}

fn render_items(ctx: &PageContext, view: &InstallationView, template: Option<&WizardTemplate>) -> Markup {
    Markup::render(&InstallationPart { ctx, view, template })
}

pub(super) async fn show_installation(ctx: PageContext, Path(instance): Path<String>) -> PageResult {
    let view = ctx.client().show_installation(&instance).await?;
    let template = fetch_template(&ctx, &view.product).await;
    let part = render_items(&ctx, &view, template.as_ref());
    show_page(&InstallationPage {
        ctx: &ctx,
        view: &view,
        part,
    })
}

struct JournalReader {
    ctx: PageContext,
    template: Option<WizardTemplate>,
    views: EventStream<InstallationView>,
}

/// Every line of the journal as it is written, until the installation has ended.
pub(super) async fn stream_journal(ctx: PageContext, Path(instance): Path<String>) -> PageResult {
    let view = ctx.client().show_installation(&instance).await?;
    let template = fetch_template(&ctx, &view.product).await;
    let no_body: Option<&()> = None;
    let path = [instance];
    let client = ctx.client();
    let views = client
        .stream_events(&operation::show_installation(), &path, &(), no_body)
        .await?;
    let reader = JournalReader {
        ctx: ctx.clone(),
        template,
        views,
    };
    let events = stream::unfold(reader, async |mut reader| {
        // What breaks off is asked for again by the page.
        let view = reader.views.next().await.ok().flatten()?;
        let event = JournalEvent {
            html: render_items(&reader.ctx, &view, reader.template.as_ref()).to_string(),
            ended: has_ended(view.state),
        };
        Some((Ok::<Bytes, Infallible>(write_event(&event)), reader))
    });
    Ok(event_response(Body::from_stream(events)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_is_known_by_its_part_and_number() {
        assert_eq!(member_part("IntuneConnector_1", 1), "IntuneConnector");
        assert_eq!(member_part("IntuneConnector_11", 1), "IntuneConnector_11");
        assert_eq!(member_part("a_2_2", 2), "a_2");
    }

    #[test]
    fn what_continues_after_a_crash_has_not_ended() {
        let ended: Vec<&str> = InstallationState::ALL
            .iter()
            .filter(|state| has_ended(**state))
            .map(|state| state.name())
            .collect();
        assert_eq!(ended, ["installed", "failed", "removed"]);
    }
}
