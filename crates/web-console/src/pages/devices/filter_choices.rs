//! What the selects of the filters offer.

use crate::list_state::ListState;
use crate::page::PageContext;
use crate::pages::device::COMPLIANCE_STATES;

/// As Intune names them; an address may have others.
const PLATFORMS: [&str; 11] = [
    "Windows",
    "iOS",
    "iPadOS",
    "macOS",
    "Android",
    "AndroidForWork",
    "AndroidEnterprise",
    "ChromeOS",
    "Linux",
    "tvOS",
    "visionOS",
];
const OWNERSHIPS: [&str; 3] = ["company", "personal", "unknown"];

/// An option of a select.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct FilterOption {
    pub(super) value: String,
    pub(super) label: String,
    pub(super) selected: bool,
}

/// The selects.
pub(super) struct FilterChoices {
    pub(super) platform: Vec<FilterOption>,
    pub(super) compliance: Vec<FilterOption>,
    pub(super) ownership: Vec<FilterOption>,
    pub(super) instance: Vec<FilterOption>,
}

impl FilterChoices {
    pub(super) fn new(ctx: &PageContext, list: &ListState) -> FilterChoices {
        let instances = ctx.account().map(|account| account.instances.as_slice());
        let instances: Vec<&str> = instances.unwrap_or_default().iter().map(String::as_str).collect();
        let plain = |word: &str| ctx.plain(word);
        FilterChoices {
            platform: list_options(list, "platform", &PLATFORMS, plain),
            compliance: list_options(list, "compliance", &COMPLIANCE_STATES, |word| {
                ctx.word("compliance-", word)
            }),
            ownership: list_options(list, "ownership", &OWNERSHIPS, |word| ctx.word("ownership-", word)),
            instance: list_options(list, "instance", &instances, plain),
        }
    }
}

/// The known words, and what the address asks for if that is something else: several words, or one of an extended list.
fn list_options(list: &ListState, name: &str, known: &[&str], label: impl Fn(&str) -> String) -> Vec<FilterOption> {
    let asked: Vec<&str> = list
        .query()
        .list_values(name)
        .filter(|value| !value.is_empty())
        .collect();
    let asked = asked.join(",");
    let mut options: Vec<FilterOption> = known
        .iter()
        .map(|word| FilterOption {
            value: (*word).to_owned(),
            label: label(word),
            selected: word.eq_ignore_ascii_case(&asked),
        })
        .collect();
    if !asked.is_empty() && !options.iter().any(|option| option.selected) {
        let words: Vec<String> = asked.split(',').map(|word| label(word.trim())).collect();
        options.push(FilterOption {
            label: words.join(", "),
            value: asked,
            selected: true,
        });
    }
    options
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(query: &str) -> Vec<FilterOption> {
        let list = ListState::new("/devices", query);
        list_options(&list, "ownership", &OWNERSHIPS, str::to_uppercase)
    }

    #[test]
    fn what_the_address_asks_for_is_selected_even_if_it_is_several() {
        let selected = |query: &str| {
            let all = options(query);
            let found = all.iter().find(|option| option.selected);
            found.map(|option| (option.value.clone(), option.label.clone()))
        };
        assert_eq!(selected(""), None);
        assert_eq!(
            selected("ownership=Personal"),
            Some(("personal".to_owned(), "PERSONAL".to_owned()))
        );
        assert_eq!(
            selected("ownership=personal&ownership=unknown"),
            Some(("personal,unknown".to_owned(), "PERSONAL, UNKNOWN".to_owned()))
        );
        assert_eq!(options("ownership=x").len(), 4);
    }
}
