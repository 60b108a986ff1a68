//! Which actions are offered for a device: those that its platform takes, and of the others why not.

use std::collections::BTreeSet;

use connector_core::model::ActionKind;
use sics_client::contract::{ActionView, PlatformSupport};

use crate::page::PageContext;
use crate::texts::Language;

/// Whether an action is offered on a platform.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum ActionFit<'a> {
    Works(&'a PlatformSupport),
    /// It does not work there.
    Unfit(&'a PlatformSupport),
    /// It would, but the settings of the instance leave it off.
    SwitchedOff,
}

/// What is known of this action on this platform. `enabled`: the actions that the instance has switched on, as far as the
/// reader may know them.
pub(crate) fn judge_action<'a>(
    action: &'a ActionView,
    platform: &str,
    enabled: Option<&BTreeSet<ActionKind>>,
) -> Option<ActionFit<'a>> {
    let support = action.platforms.iter().find(|support| support.platform == platform)?;
    if !support.works {
        return Some(ActionFit::Unfit(support));
    }
    if enabled.is_some_and(|enabled| !enabled.contains(&action.name)) {
        return Some(ActionFit::SwitchedOff);
    }
    Some(ActionFit::Works(support))
}

/// Names of the platforms on which an action works.
pub(crate) fn list_fitting_platforms(action: &ActionView) -> impl Iterator<Item = &str> {
    let works = action.platforms.iter().filter(|support| support.works);
    works.map(|support| support.platform.as_str())
}

/// The actions that whoever asks may send, the harmless ones first.
pub(crate) fn list_own_actions(ctx: &PageContext, actions: Vec<ActionView>) -> Vec<ActionView> {
    let may_send = ctx.may("Jobs_Send");
    let mut own: Vec<ActionView> = actions
        .into_iter()
        .filter(|action| may_send && ctx.may(&action.right))
        .collect();
    own.sort_by_key(|action| action.danger);
    own
}

/// The form of an action for one device.
pub(crate) fn action_link(action: ActionKind, instance: &str, device: impl std::fmt::Display) -> String {
    format!("/actions/new?action={action}&instance={instance}&device={device}")
}

/// Its name for people.
pub(crate) fn action_label(ctx: &PageContext, action: ActionKind) -> String {
    ctx.word("action-", action.name())
}

/// Why an action does not work on this platform, one sentence.
pub(crate) fn explain_unfit(ctx: &PageContext, action: ActionKind, support: &PlatformSupport) -> String {
    let own = || {
        let platform = ctx.word("platform-", &support.platform);
        ctx.t2(
            "device-unfit",
            "action",
            action_label(ctx, action),
            "platform",
            platform,
        )
    };
    match &support.reason {
        Some(reason) if ctx.language() == Language::English => name_actions(ctx, &write_sentence(reason)),
        _ => own(),
    }
}

/// What works instead, where something is known. The API says it in English; a text of the console for this action (and
/// platform) goes before, then the actions that the API names.
pub(crate) fn explain_instead(ctx: &PageContext, action: ActionKind, support: &PlatformSupport) -> Option<String> {
    let key = format!("instead-{}", action.name().to_ascii_lowercase());
    let exact = format!("{key}-{}", support.platform.to_ascii_lowercase());
    if let Some(key) = [exact, key].iter().find(|key| ctx.has_text(key)) {
        return Some(ctx.t(key));
    }
    let instead = support.instead.as_deref()?;
    if ctx.language() == Language::English {
        let text = name_actions(ctx, &write_sentence(instead));
        return Some(ctx.t1("device-instead", "what", text));
    }
    let named: Vec<String> = list_named_actions(instead)
        .into_iter()
        .map(|action| action_label(ctx, action))
        .collect();
    (!named.is_empty()).then(|| ctx.t1("device-instead", "what", named.join(", ")))
}

/// With the names of actions that stand between backticks as people know them.
fn name_actions(ctx: &PageContext, text: &str) -> String {
    replace_quoted(text, |name| match name.parse::<ActionKind>() {
        Ok(action) => format!("“{}”", action_label(ctx, action)),
        Err(_) => name.to_owned(),
    })
}

/// Each part between backticks replaced.
fn replace_quoted(text: &str, replace: impl Fn(&str) -> String) -> String {
    let parts = text.split('`').enumerate();
    parts
        .map(|(place, part)| if place % 2 == 1 { replace(part) } else { part.to_owned() })
        .collect()
}

/// The actions that a text names between backticks.
fn list_named_actions(text: &str) -> Vec<ActionKind> {
    let quoted = text.split('`').skip(1).step_by(2);
    quoted.filter_map(|name| name.parse().ok()).collect()
}

/// With a capital and a full stop. Names such as macOS stay as they are.
pub(crate) fn write_sentence(text: &str) -> String {
    let first_word = text.split_whitespace().next().unwrap_or_default();
    let is_name = first_word.chars().skip(1).any(char::is_uppercase);
    let mut letters = text.chars();
    let whole = match letters.next() {
        Some(first) if !is_name => format!("{}{}", first.to_uppercase(), letters.as_str()),
        _ => text.to_owned(),
    };
    if whole.is_empty() || whole.ends_with(['.', '!', '?']) {
        whole
    } else {
        format!("{whole}.")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn lock() -> ActionView {
        serde_json::from_value(json!({
            "name": "remoteLock", "summary": "locks the screen", "danger": "disruptive",
            "right": "Actions_RemoteLock", "permission": "x", "apiVersion": "v1.0", "repeatable": false,
            "traceable": true,
            "platforms": [
                { "platform": "iosIpados", "works": true },
                { "platform": "windows", "works": false, "reason": "Windows can't be locked remotely",
                  "instead": "`reboot` restarts it" },
            ],
            "parameters": { "type": "object", "properties": {}, "required": [], "additionalProperties": false },
        }))
        .unwrap()
    }

    #[test]
    fn an_action_is_offered_where_it_works_and_is_switched_on() {
        let action = lock();
        let (on, off) = (BTreeSet::from([ActionKind::RemoteLock]), BTreeSet::new());
        let works = |platform, enabled| match judge_action(&action, platform, enabled) {
            Some(ActionFit::Works(_)) => "works",
            Some(ActionFit::Unfit(_)) => "unfit",
            Some(ActionFit::SwitchedOff) => "off",
            None => "unheard of",
        };
        assert_eq!(works("iosIpados", None), "works");
        assert_eq!(works("iosIpados", Some(&on)), "works");
        assert_eq!(works("iosIpados", Some(&off)), "off");
        assert_eq!(works("windows", Some(&off)), "unfit");
        assert_eq!(works("plan9", None), "unheard of");
        assert_eq!(list_fitting_platforms(&action).collect::<Vec<_>>(), ["iosIpados"]);
    }

    #[test]
    fn actions_between_backticks_are_found_and_replaced() {
        let text = "`reboot` restarts it; then `retire`, not `reboot now`";
        assert_eq!(list_named_actions(text), [ActionKind::Reboot, ActionKind::Retire]);
        let replaced = replace_quoted(text, |name| name.to_uppercase());
        assert_eq!(replaced, "REBOOT restarts it; then RETIRE, not REBOOT NOW");
    }

    #[test]
    fn a_sentence_begins_and_ends_like_one() {
        assert_eq!(write_sentence("windows can't"), "Windows can't.");
        assert_eq!(write_sentence("macOS can't"), "macOS can't.");
        assert_eq!(write_sentence("Done."), "Done.");
        assert_eq!(write_sentence(""), "");
    }
}
