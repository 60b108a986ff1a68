//! The head of each page of a target: its name, how it stands, and its parts.

use sics_client::contract::TargetView;

use super::words::standing_words;
use crate::page::PageContext;

/// A part of the page of a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TargetTab {
    Overview,
    Question,
    Aside,
    Links,
    Runs,
    Mapping,
    Preview,
    Check,
}

impl TargetTab {
    const ALL: [TargetTab; 8] = [
        TargetTab::Overview,
        TargetTab::Question,
        TargetTab::Aside,
        TargetTab::Links,
        TargetTab::Runs,
        TargetTab::Mapping,
        TargetTab::Preview,
        TargetTab::Check,
    ];

    /// Behind the path of the target, and key of its name.
    fn names(self) -> (&'static str, &'static str) {
        match self {
            TargetTab::Overview => ("", "microservices-overview"),
            TargetTab::Question => ("/question", "targets-question"),
            TargetTab::Aside => ("/set-aside", "targets-set-aside"),
            TargetTab::Links => ("/links", "targets-links"),
            TargetTab::Runs => ("/runs", "targets-runs"),
            TargetTab::Mapping => ("/mapping", "targets-mapping"),
            TargetTab::Preview => ("/preview", "targets-preview"),
            TargetTab::Check => ("/verify", "targets-check"),
        }
    }
}

/// A link to a part.
pub(super) struct TabLink {
    pub(super) path: String,
    pub(super) text: String,
    pub(super) is_current: bool,
}

pub(super) struct TargetHead {
    pub(super) name: String,
    pub(super) profile: String,
    /// Name of the kind, for people.
    pub(super) kind: String,
    pub(super) state: String,
    pub(super) light: &'static str,
    pub(super) tabs: Vec<TabLink>,
    /// Whether the reader decides here.
    pub(super) can_manage: bool,
}

impl TargetHead {
    pub(super) fn new(ctx: &PageContext, view: &TargetView, current: TargetTab) -> TargetHead {
        let (light, key) = standing_words(view, ctx.now());
        let waiting = view.question.as_ref().map_or(0, |question| question.total);
        let tab = |tab: TargetTab| {
            let (path, name) = tab.names();
            let count = match tab {
                TargetTab::Question => waiting,
                TargetTab::Aside => view.set_aside,
                _ => 0,
            };
            TabLink {
                path: format!("{}{path}", target_path(view)),
                text: match count {
                    0 => ctx.t(name),
                    count => format!("{} ({})", ctx.t(name), ctx.number(count)),
                },
                is_current: tab == current,
            }
        };
        TargetHead {
            name: view.name.to_string(),
            profile: ctx.plain(&view.profile),
            kind: ctx.said_plain(view.kind.display_name()),
            state: ctx.t(key),
            light,
            tabs: TargetTab::ALL.map(tab).into(),
            can_manage: ctx.may("Targets_Manage"),
        }
    }
}

/// Path of the page of a target.
pub(super) fn target_path(view: &TargetView) -> String {
    format!("/targets/{}", view.name)
}
