//! Settings of the bus, tab by tab: limits and approvals, what there is to know, who is told of it, schedules, compliance
//! nodes, certificates, backups, readiness; what stands in `bus.ini` alone is named with its key.

mod about;
mod backup;
mod certificates;
mod compliance;
mod file_keys;
mod limit_fields;
mod limits;
mod notices;
mod people;
mod readiness;
mod scan_schedules;

use serde::Serialize;
use serde_json::Value;

use crate::failure::PageResult;
use crate::page::PageContext;
use crate::routes::PageRoute;

pub(crate) fn routes() -> Vec<PageRoute> {
    let mut routes = vec![
        PageRoute::get("/settings", show_settings),
        PageRoute::post("/settings/limits", limits::change_limits),
        PageRoute::post("/settings/backup", backup::take_backup),
    ];
    routes.extend(people::routes());
    routes
}

/// Tabs of the page, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SettingsTab {
    Limits,
    Notices,
    People,
    Schedules,
    Compliance,
    Certificates,
    Backup,
    Readiness,
    File,
    About,
}

/// A tab: its name in the address, and the right without which it shows nothing; empty: everybody sees it.
struct TabEntry {
    tab: SettingsTab,
    name: &'static str,
    right: &'static str,
}

const fn entry(tab: SettingsTab, name: &'static str, right: &'static str) -> TabEntry {
    TabEntry { tab, name, right }
}

static TABS: [TabEntry; 10] = [
    entry(SettingsTab::Limits, "limits", "Limits_Read"),
    entry(SettingsTab::Notices, "notices", ""),
    entry(SettingsTab::People, "people", "Operators_Read"),
    entry(SettingsTab::Schedules, "schedules", "Instances_Read"),
    entry(SettingsTab::Compliance, "compliance", "Compliance_Read"),
    entry(SettingsTab::Certificates, "certificates", ""),
    entry(SettingsTab::Backup, "backup", "Bus_Backup"),
    entry(SettingsTab::Readiness, "readiness", ""),
    entry(SettingsTab::File, "file", ""),
    entry(SettingsTab::About, "about", ""),
];

/// A link of the tabs.
struct TabLink {
    path: String,
    text: String,
    is_current: bool,
}

/// The tab of the address; else the first that its reader may see.
fn choose_tab(asked: &str, may: impl Fn(&str) -> bool) -> SettingsTab {
    let named = TABS.iter().find(|entry| entry.name == asked);
    let first = TABS.iter().find(|entry| entry.right.is_empty() || may(entry.right));
    named.or(first).map_or(SettingsTab::About, |entry| entry.tab)
}

fn list_tabs(ctx: &PageContext, current: SettingsTab) -> Vec<TabLink> {
    let shown = TABS
        .iter()
        .filter(|entry| entry.right.is_empty() || ctx.may(entry.right));
    let link = |entry: &TabEntry| TabLink {
        path: ctx.link(&format!("/settings?tab={}", entry.name)),
        text: ctx.t(&format!("settings-tab-{}", entry.name)),
        is_current: entry.tab == current,
    };
    shown.map(link).collect()
}

async fn show_settings(ctx: PageContext) -> PageResult {
    let list = ctx.list();
    match choose_tab(list.value("tab"), |right| ctx.may(right)) {
        SettingsTab::Limits => limits::show_limits(&ctx).await,
        SettingsTab::Notices => notices::show_notices(&ctx).await,
        SettingsTab::People => people::show_people(&ctx).await,
        SettingsTab::Schedules => scan_schedules::show_schedules(&ctx).await,
        SettingsTab::Compliance => compliance::show_nodes(&ctx).await,
        SettingsTab::Certificates => certificates::show_certificates(&ctx).await,
        SettingsTab::Backup => backup::show_backup(&ctx).await,
        SettingsTab::Readiness => readiness::show_readiness(&ctx).await,
        SettingsTab::File => file_keys::show_keys(&ctx),
        SettingsTab::About => about::show_about(&ctx),
    }
}

/// The name of a value on the wire.
fn wire_name(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(name)) => name,
        Ok(other) => other.to_string(),
        Err(_) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::texts::Texts;

    #[test]
    fn the_page_begins_with_what_its_reader_may_see() {
        assert_eq!(choose_tab("", |_| true), SettingsTab::Limits);
        assert_eq!(choose_tab("", |_| false), SettingsTab::Notices);
        assert_eq!(choose_tab("backup", |_| false), SettingsTab::Backup);
    }

    #[test]
    fn every_tab_has_a_name() {
        let texts = Texts::default();
        for entry in &TABS {
            assert!(texts.has(&format!("settings-tab-{}", entry.name)), "{}", entry.name);
        }
    }
}
