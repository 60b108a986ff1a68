//! What needs somebody, and the lights: put into the groups in which the page shows them.

use chrono::{DateTime, Utc};
use sics_client::contract::{AttentionItemView, AttentionItemsView, AttentionSeverity, Light, LightView};

use super::attention_text::{describe_item, short_cause};
use crate::clock_text::TimeText;
use crate::page::PageContext;

/// Codes of causes by which Microsoft says that it is busy or down.
const MICROSOFT_CAUSES: [&str; 10] = [
    "throttled",
    "serverError",
    "badGateway",
    "unavailable",
    "gatewayTimeout",
    "timedOut",
    "signInThrottled",
    "signInUnavailable",
    "repeatedLink",
    "unreadable",
];

/// Where an item is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ItemGroup {
    /// Somebody has to do something.
    Needs,
    /// Microsoft's side does not work; nobody here can do anything.
    Microsoft,
    /// It passes by itself, or is meant.
    Watch,
}

fn group_item(item: &AttentionItemView) -> ItemGroup {
    let cause = item.arguments.get("cause").map(String::as_str).unwrap_or_default();
    let is_microsoft = match item.code.as_str() {
        "microsoftOutage" | "nodeFromInventory" => true,
        "requestsPaused" => MICROSOFT_CAUSES.contains(&cause),
        _ => false,
    };
    match item.severity {
        AttentionSeverity::Act => ItemGroup::Needs,
        AttentionSeverity::Watch if is_microsoft => ItemGroup::Microsoft,
        AttentionSeverity::Watch => ItemGroup::Watch,
    }
}

/// An item as the page shows it.
pub(super) struct ItemRow {
    pub(super) message: String,
    pub(super) advice: String,
    pub(super) since: Option<TimeText>,
    /// For the script that marks what is new.
    pub(super) machine_since: String,
    pub(super) link: String,
}

impl ItemRow {
    fn new(ctx: &PageContext, item: &AttentionItemView) -> ItemRow {
        let text = describe_item(ctx, item);
        ItemRow {
            message: text.message,
            advice: text.advice,
            since: item.since.as_ref().map(|at| ctx.time(at)),
            machine_since: item.since.as_ref().map(machine_time).unwrap_or_default(),
            link: ctx.link(&item.fix),
        }
    }
}

fn machine_time(at: &DateTime<Utc>) -> String {
    at.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// How one instance or one server is.
pub(crate) struct LightRow {
    pub(crate) name: String,
    pub(crate) link: String,
    /// Class of the dot: `good`, `warning`, `bad`, or none where it is off.
    pub(crate) dot: &'static str,
    pub(crate) word: String,
    pub(crate) cause: String,
    pub(crate) since: Option<TimeText>,
    pub(crate) machine_since: String,
}

impl LightRow {
    /// `folder`: what stands before its name in the path of its page.
    pub(crate) fn new(ctx: &PageContext, folder: &str, view: &LightView) -> LightRow {
        let (dot, key) = light_words(view.light);
        LightRow {
            name: ctx.plain(&view.name),
            link: ctx.link(&format!("{folder}/{}", view.name)),
            dot,
            word: ctx.t(key),
            cause: view
                .cause
                .as_deref()
                .map(|code| short_cause(ctx, code))
                .unwrap_or_default(),
            since: view.since.as_ref().map(|at| ctx.time(at)),
            machine_since: view.since.as_ref().map(machine_time).unwrap_or_default(),
        }
    }
}

/// Class of the dot, key of the word.
fn light_words(light: Light) -> (&'static str, &'static str) {
    match light {
        Light::Good => ("good", "light-good"),
        Light::Warning => ("warning", "light-warning"),
        Light::Bad => ("bad", "light-bad"),
        Light::Off => ("", "light-off"),
    }
}

/// The upper half of the page.
pub(super) struct Board {
    pub(super) overall: String,
    pub(super) overall_dot: &'static str,
    /// What else there is, in a sentence; may be empty.
    pub(super) besides: String,
    pub(super) needs: Vec<ItemRow>,
    pub(super) microsoft: Vec<ItemRow>,
    pub(super) watch: Vec<ItemRow>,
    pub(super) instances: Vec<LightRow>,
    pub(super) servers: Vec<LightRow>,
}

impl Board {
    pub(super) fn new(ctx: &PageContext, view: &AttentionItemsView) -> Board {
        let of_group = |group: ItemGroup| -> Vec<ItemRow> {
            let items = view.items.iter().filter(|item| group_item(item) == group);
            items.map(|item| ItemRow::new(ctx, item)).collect()
        };
        let (needs, microsoft, watch) = (
            of_group(ItemGroup::Needs),
            of_group(ItemGroup::Microsoft),
            of_group(ItemGroup::Watch),
        );
        let (overall, overall_dot) = match needs.len() {
            0 => (ctx.t("dashboard-all-well"), "good"),
            count => (ctx.count("dashboard-need-you", count), "bad"),
        };
        let lights = |folder: &str, lights: &[LightView]| -> Vec<LightRow> {
            lights.iter().map(|light| LightRow::new(ctx, folder, light)).collect()
        };
        Board {
            overall,
            overall_dot,
            besides: match microsoft.len() + watch.len() {
                0 => String::new(),
                count => ctx.count("dashboard-to-watch", count),
            },
            needs,
            microsoft,
            watch,
            instances: lights("/microservices", &view.instances),
            servers: lights("/servers", &view.servers),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use sics_client::contract::AttentionSubject;

    use super::*;

    fn item(code: &str, severity: AttentionSeverity, cause: &str) -> AttentionItemView {
        AttentionItemView {
            code: code.to_owned(),
            severity,
            subject_kind: AttentionSubject::Instance,
            subject: "IntuneConnector_1".to_owned(),
            since: None,
            message: String::new(),
            advice: String::new(),
            fix: "/microservices/IntuneConnector_1".to_owned(),
            arguments: BTreeMap::from([("cause".to_owned(), cause.to_owned())]),
        }
    }

    #[test]
    fn an_outage_of_microsofts_is_told_from_our_own_faults() {
        for (code, severity, cause, group) in [
            (
                "signInRefused",
                AttentionSeverity::Act,
                "AADSTS7000215",
                ItemGroup::Needs,
            ),
            (
                "microsoftOutage",
                AttentionSeverity::Watch,
                "unavailable",
                ItemGroup::Microsoft,
            ),
            (
                "requestsPaused",
                AttentionSeverity::Watch,
                "throttled",
                ItemGroup::Microsoft,
            ),
            (
                "requestsPaused",
                AttentionSeverity::Watch,
                "proxyUnreachable",
                ItemGroup::Watch,
            ),
            ("nodeFromInventory", AttentionSeverity::Watch, "", ItemGroup::Microsoft),
            ("credentialEnding", AttentionSeverity::Watch, "", ItemGroup::Watch),
            ("somethingNew", AttentionSeverity::Act, "throttled", ItemGroup::Needs),
        ] {
            assert_eq!(group_item(&item(code, severity, cause)), group, "{code} {cause}");
        }
    }

    #[test]
    fn each_light_has_its_colour_and_its_word() {
        assert_eq!(light_words(Light::Good), ("good", "light-good"));
        assert_eq!(light_words(Light::Off), ("", "light-off"));
    }
}
