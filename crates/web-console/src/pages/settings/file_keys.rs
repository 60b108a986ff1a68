//! What stands in `bus.ini` alone: each key with its meaning. The API neither shows nor changes these values.

use askama::Template;

use super::{SettingsTab, TabLink, list_tabs};
use crate::failure::PageResult;
use crate::page::PageContext;
use crate::render::show_page;

/// A section of the file, and its keys.
struct FileSection {
    name: &'static str,
    keys: &'static [&'static str],
}

static SECTIONS: [FileSection; 6] = [
    FileSection {
        name: "sics",
        keys: &[
            "listen",
            "tls",
            "certificate_file",
            "key_file",
            "certificate_names",
            "hosts",
            "plain_http_beyond_loopback",
            "metrics_listen",
            "auto_accept",
        ],
    },
    FileSection {
        name: "console",
        keys: &["console_listen", "console_url", "trusted_proxies"],
    },
    FileSection {
        name: "login",
        keys: &[
            "free_attempts",
            "max_delay_ms",
            "remember_min",
            "session_idle_min",
            "session_max_h",
            "second_factor",
        ],
    },
    FileSection {
        name: "limits",
        keys: &[
            "max_connections",
            "max_body_kb",
            "max_wait_ms",
            "max_changes",
            "request_timeout_s",
        ],
    },
    FileSection {
        name: "store",
        keys: &[
            "cache_mb",
            "commit_ms",
            "min_free_mb",
            "mark_file",
            "order_history_days",
        ],
    },
    FileSection {
        name: "log",
        keys: &["format", "level", "files", "keep_days", "max_total_mb"],
    },
];

/// What is kept for each instance, in its own settings.
static INSTANCE_KEYS: [&str; 7] = [
    "proxy",
    "fields",
    "personal",
    "primary_user",
    "tombstone_days",
    "history_days",
    "budget_percent",
];

struct KeyRow {
    name: &'static str,
    meaning: String,
}

struct SectionRows {
    name: &'static str,
    title: String,
    keys: Vec<KeyRow>,
}

#[derive(Template)]
#[template(path = "pages/settings/file.html")]
struct FilePage<'a> {
    ctx: &'a PageContext,
    tabs: Vec<TabLink>,
    sections: Vec<SectionRows>,
    instance_keys: Vec<KeyRow>,
}

pub(super) fn show_keys(ctx: &PageContext) -> PageResult {
    let section = |section: &FileSection| SectionRows {
        name: section.name,
        title: ctx.t(&section_key(section.name)),
        keys: section
            .keys
            .iter()
            .map(|key| show_key(ctx, "settings-key-", key))
            .collect(),
    };
    show_page(&FilePage {
        ctx,
        tabs: list_tabs(ctx, SettingsTab::File),
        sections: SECTIONS.iter().map(section).collect(),
        instance_keys: INSTANCE_KEYS
            .iter()
            .map(|key| show_key(ctx, "settings-instance-key-", key))
            .collect(),
    })
}

fn show_key(ctx: &PageContext, prefix: &str, name: &'static str) -> KeyRow {
    KeyRow {
        name,
        meaning: ctx.t(&text_key(prefix, name)),
    }
}

fn text_key(prefix: &str, name: &str) -> String {
    format!("{prefix}{}", name.replace('_', "-"))
}

fn section_key(name: &str) -> String {
    format!("settings-section-{name}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::texts::Texts;

    #[test]
    fn every_key_has_its_meaning() {
        let texts = Texts::default();
        for section in &SECTIONS {
            assert!(texts.has(&section_key(section.name)), "{}", section.name);
            for key in section.keys {
                assert!(texts.has(&text_key("settings-key-", key)), "{key}");
            }
        }
        for key in INSTANCE_KEYS {
            assert!(texts.has(&text_key("settings-instance-key-", key)), "{key}");
        }
    }
}
