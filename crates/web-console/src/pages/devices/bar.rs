//! The bar of actions above the table: what may be done to the devices that are ticked.

use std::collections::BTreeSet;

use connector_core::model::ActionDanger;
use sics_client::contract::{ActionView, GuardView};

use crate::page::PageContext;
use crate::pages::device::{action_label, list_fitting_platforms};

/// A button of the bar.
pub(super) struct BarAction {
    pub(super) name: &'static str,
    pub(super) label: String,
    /// Names of the platforms on which it works, a blank between them: a script shows those that fit what is ticked.
    pub(super) platforms: String,
}

/// All buttons, apart by the harm they do.
#[derive(Default)]
pub(super) struct ActionBar {
    pub(super) harmless: Vec<BarAction>,
    pub(super) disruptive: Vec<BarAction>,
    pub(super) destructive: Vec<BarAction>,
}

impl ActionBar {
    /// `shown`: platforms of the devices on the page; `has_more`: there are devices on other pages, of any platform.
    pub(super) fn new(ctx: &PageContext, actions: &[ActionView], shown: &BTreeSet<&str>, has_more: bool) -> ActionBar {
        let mut bar = ActionBar::default();
        for action in actions {
            let fits = list_fitting_platforms(action).any(|platform| shown.contains(platform));
            let is_for_all = has_more && action.danger != ActionDanger::Destructive;
            if !fits && !is_for_all {
                continue;
            }
            let button = BarAction {
                name: action.name.name(),
                label: action_label(ctx, action.name),
                platforms: list_fitting_platforms(action).collect::<Vec<_>>().join(" "),
            };
            match action.danger {
                ActionDanger::Harmless => bar.harmless.push(button),
                ActionDanger::Disruptive => bar.disruptive.push(button),
                ActionDanger::Destructive => bar.destructive.push(button),
            }
        }
        bar
    }

    pub(super) fn is_empty(&self) -> bool {
        self.harmless.is_empty() && self.disruptive.is_empty() && self.destructive.is_empty()
    }
}

/// Without those that no instance has switched on, as far as the reader may know it.
pub(super) fn keep_enabled(mut actions: Vec<ActionView>, guard: Option<&GuardView>) -> Vec<ActionView> {
    let Some(guard) = guard else { return actions };
    actions.retain(|action| {
        let mut instances = guard.instances.iter();
        instances.any(|row| row.policy.verbs.contains(&action.name))
    });
    actions
}
