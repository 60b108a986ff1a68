//! The bar of a device: actions that work on it, apart by the harm they do, and those that do not, with the reason.

use connector_core::model::ActionDanger;
use sics_client::contract::{ActionView, InstancePolicyView, PlatformSupport};

use super::device_face::DeviceFace;
use super::fitting::{ActionFit, action_label, action_link, explain_instead, explain_unfit, judge_action};
use crate::page::PageContext;

/// An action that works on a device.
pub(crate) struct ActionOffer {
    pub(crate) label: String,
    /// Path of its form.
    pub(crate) path: String,
    /// What it does, one sentence.
    pub(crate) summary: String,
    /// What the device has to have besides.
    pub(crate) conditions: Vec<String>,
}

/// One that does not.
pub(crate) struct ActionRefusal {
    pub(crate) label: String,
    pub(crate) reason: String,
    pub(crate) instead: Option<String>,
}

/// All actions of a device.
#[derive(Default)]
pub(crate) struct DeviceOffers {
    pub(crate) harmless: Vec<ActionOffer>,
    pub(crate) disruptive: Vec<ActionOffer>,
    pub(crate) destructive: Vec<ActionOffer>,
    pub(crate) refused: Vec<ActionRefusal>,
}

impl DeviceOffers {
    /// `actions`: those that the reader may send; `policy`: of the instance, as far as the reader may know it.
    pub(crate) fn new(
        ctx: &PageContext,
        actions: Vec<ActionView>,
        face: &DeviceFace,
        policy: Option<&InstancePolicyView>,
    ) -> DeviceOffers {
        let enabled = policy.map(|policy| &policy.verbs);
        let mut offers = DeviceOffers::default();
        for action in &actions {
            match judge_action(action, &face.platform, enabled) {
                Some(ActionFit::Works(support)) => {
                    let offer = offer_action(ctx, action, face, support);
                    offers.list_of(action.danger).push(offer);
                }
                Some(ActionFit::Unfit(support)) => offers.refused.push(ActionRefusal {
                    label: action_label(ctx, action.name),
                    reason: explain_unfit(ctx, action.name, support),
                    instead: explain_instead(ctx, action.name, support),
                }),
                Some(ActionFit::SwitchedOff) => offers.refused.push(ActionRefusal {
                    label: action_label(ctx, action.name),
                    reason: ctx.t1("device-switched-off", "instance", face.instance.as_str()),
                    instead: None,
                }),
                None => {}
            }
        }
        offers
    }

    fn list_of(&mut self, danger: ActionDanger) -> &mut Vec<ActionOffer> {
        match danger {
            ActionDanger::Harmless => &mut self.harmless,
            ActionDanger::Disruptive => &mut self.disruptive,
            ActionDanger::Destructive => &mut self.destructive,
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.harmless.is_empty() && self.disruptive.is_empty() && self.destructive.is_empty() && self.refused.is_empty()
    }
}

fn offer_action(ctx: &PageContext, action: &ActionView, face: &DeviceFace, support: &PlatformSupport) -> ActionOffer {
    let conditions = support.conditions.iter();
    ActionOffer {
        label: action_label(ctx, action.name),
        path: action_link(action.name, &face.instance, &face.id),
        summary: ctx.word("action-does-", action.name.name()),
        conditions: conditions.map(|code| ctx.word("condition-", code)).collect(),
    }
}
