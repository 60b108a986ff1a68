//! What waits for somebody, in words, apart from any page and any request: for notices to people who do not look at pages.

use std::net::{IpAddr, Ipv4Addr};

use chrono::{DateTime, Utc};
use connector_core::model::Language;
use http::Extensions;
use sics_client::ClientAuth;
use sics_client::contract::AttentionItemView;

use crate::console::{ApiClients, Console, ConsoleSettings, Visitor};
use crate::page::{PageContext, PageState};
use crate::pages::dashboard::describe_item;

/// The texts of the console for entries of the list of what needs attention.
pub struct AttentionTexts {
    console: Console,
}

/// An entry in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttentionWords {
    /// What is the matter.
    pub message: String,
    /// What to do about it; may be empty.
    pub advice: String,
}

impl AttentionTexts {
    /// `clients`: who translates sentences of the API; its clients are never asked anything.
    pub fn new(clients: impl ApiClients) -> AttentionTexts {
        let settings = ConsoleSettings {
            base_path: String::new(),
            secure: true,
            cookie_suffix: String::new(),
        };
        AttentionTexts {
            console: Console::new(clients, settings),
        }
    }

    /// As the dashboard has it at `now`.
    pub fn describe(&self, item: &AttentionItemView, language: Language, now: DateTime<Utc>) -> AttentionWords {
        let visitor = Visitor {
            address: IpAddr::V4(Ipv4Addr::LOCALHOST),
            user_agent: String::new(),
            extensions: Extensions::new(),
        };
        let ctx = PageContext::new(PageState {
            console: self.console.clone(),
            client: self.console.open_client(ClientAuth::Nobody, &visitor, language),
            account: None,
            kill_switch: false,
            language: language.into(),
            theme: String::new(),
            form_token: String::new(),
            path: "/".to_owned(),
            query: String::new(),
            now,
        });
        let text = describe_item(&ctx, item);
        AttentionWords {
            message: text.message,
            advice: text.advice,
        }
    }
}
