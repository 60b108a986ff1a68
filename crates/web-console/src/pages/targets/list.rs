//! All targets, how each stands and what waits at it; and the kinds that there are.

use askama::Template;
use sics_client::contract::{RetireAction, TargetKindView, TargetView, WriteForm};

use super::head::target_path;
use super::overview::LagText;
use super::words::standing_words;
use crate::clock_text::TimeText;
use crate::failure::PageResult;
use crate::page::PageContext;
use crate::render::show_page;

#[derive(Template)]
#[template(path = "pages/targets/list.html")]
struct TargetsPage<'a> {
    ctx: &'a PageContext,
    targets: Vec<TargetRow>,
    kinds: Vec<KindRow>,
}

struct TargetRow {
    name: String,
    path: String,
    profile: String,
    kind: String,
    state: String,
    light: &'static str,
    lag: LagText,
    linked: u64,
    /// Planned writes that wait for consent.
    waiting: u64,
    set_aside: u64,
    failing: u64,
    last_write: Option<TimeText>,
}

impl TargetRow {
    fn needs_nobody(&self) -> bool {
        self.waiting == 0 && self.set_aside == 0 && self.failing == 0
    }

    fn new(ctx: &PageContext, view: &TargetView) -> TargetRow {
        let (light, key) = standing_words(view, ctx.now());
        TargetRow {
            name: view.name.to_string(),
            path: ctx.link(&target_path(view)),
            profile: ctx.plain(&view.profile),
            kind: ctx.said_plain(view.kind.display_name()),
            state: ctx.t(key),
            light,
            lag: LagText::new(ctx, view),
            linked: view.linked,
            waiting: view.question.as_ref().map_or(0, |question| question.total),
            set_aside: view.set_aside,
            failing: view.failing,
            last_write: view.last_write_at.as_ref().map(|at| ctx.time(at)),
        }
    }
}

/// What a kind can do.
struct KindRow {
    name: String,
    proven: Vec<String>,
    is_bulk: bool,
    adopts: bool,
    users: bool,
    fields: bool,
    retire: String,
    /// Where it is installed, or looked at; empty: the reader may do neither.
    product_path: String,
}

impl KindRow {
    fn new(ctx: &PageContext, view: &TargetKindView) -> KindRow {
        let actions = view.retire_actions.iter();
        let actions: Vec<String> = actions.map(|action| retire_word(ctx, *action)).collect();
        KindRow {
            name: ctx.said_plain(&view.display_name),
            proven: view.proven_on.iter().map(|what| ctx.said_plain(what)).collect(),
            is_bulk: view.writes == WriteForm::Bulk,
            adopts: view.adopts,
            users: view.users,
            fields: view.fields,
            retire: actions.join(", "),
            product_path: if ctx.may("Instances_Manage") {
                ctx.link(&format!("/products/{}/install", view.product))
            } else if ctx.may("Products_Read") {
                ctx.link(&format!("/products/{}", view.product))
            } else {
                String::new()
            },
        }
    }
}

fn retire_word(ctx: &PageContext, action: RetireAction) -> String {
    ctx.word("targets-retire-", action.name())
}

pub(super) async fn show_targets(ctx: PageContext) -> PageResult {
    let (targets, kinds) = tokio::try_join!(ctx.client().list_targets(), ctx.client().list_target_kinds())?;
    show_page(&TargetsPage {
        ctx: &ctx,
        targets: targets.targets.iter().map(|view| TargetRow::new(&ctx, view)).collect(),
        kinds: kinds.kinds.iter().map(|view| KindRow::new(&ctx, view)).collect(),
    })
}
