//! The kill switch: on at once, off with a second person; what Intune already has.

use askama::Template;
use sics_client::contract::{KillSwitchBody, KillSwitchView};

use crate::failure::{PageFailure, PageResult};
use crate::form::FormFields;
use crate::page::PageContext;
use crate::render::{go_to, show_page_as};
use crate::routes::PageRoute;

pub(crate) fn routes() -> Vec<PageRoute> {
    vec![
        PageRoute::get("/killswitch", show_kill_switch),
        PageRoute::post("/killswitch", set_kill_switch),
    ]
}

#[derive(Template)]
#[template(path = "pages/kill_switch.html")]
struct KillSwitchPage<'a> {
    ctx: &'a PageContext,
    view: KillSwitchView,
    reason: String,
    problem: Option<&'a PageFailure>,
}

async fn show_kill_switch(ctx: PageContext) -> PageResult {
    render(&ctx, String::new(), None).await
}

async fn render(ctx: &PageContext, reason: String, problem: Option<&PageFailure>) -> PageResult {
    let view = ctx.client().show_kill_switch().await?;
    let status = problem.map_or(http::StatusCode::OK, |problem| problem.status);
    let page = KillSwitchPage {
        ctx,
        view,
        reason,
        problem,
    };
    show_page_as(status, &page)
}

async fn set_kill_switch(ctx: PageContext, form: FormFields) -> PageResult {
    let body = KillSwitchBody {
        on: form.is_ticked("on"),
        tenant: form.given("tenant").filter(|tenant| tenant != "*"),
        reason: form.given("reason"),
    };
    match ctx.client().set_kill_switch(&body).await {
        Ok(_) if body.on => go_to(&ctx, "/killswitch", "kill-switch-on"),
        Ok(_) => go_to(&ctx, "/killswitch", "kill-switch-asked"),
        Err(error) => {
            let failure = PageFailure::from(error);
            render(&ctx, form.text("reason").to_owned(), Some(&failure)).await
        }
    }
}
