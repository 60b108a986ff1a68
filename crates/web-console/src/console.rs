//! What all pages share.

use std::net::IpAddr;
use std::sync::Arc;

use connector_core::model::Language;
use http::Extensions;
use sics_client::{ClientAuth, SicsClient};

use crate::texts::Texts;

/// Makes clients of the API.
pub trait ApiClients: Send + Sync + 'static {
    /// A client that signs in like this, for a request of this visitor.
    fn open_client(&self, auth: ClientAuth, visitor: &Visitor) -> SicsClient;

    /// What the API says in English, in this language; `None`: it has no words for it there.
    fn translate_text(&self, _english: &str, _language: Language) -> Option<String> {
        None
    }
}

/// Where a request came from.
#[derive(Clone)]
pub struct Visitor {
    /// Address of the browser, or of the proxy before it.
    pub address: IpAddr,
    /// What the browser says it is, at most 200 characters.
    pub user_agent: String,
    /// What the server has noted about the request and its connection.
    pub extensions: Extensions,
}

/// How the console is reached.
#[derive(Debug, Clone)]
pub struct ConsoleSettings {
    /// What stands before each path where a proxy serves the console below one: `/intune`; empty otherwise.
    pub base_path: String,
    /// Whether browsers reach it by HTTPS.
    pub secure: bool,
    /// Tells the cookies of several consoles on one machine apart: the port.
    pub cookie_suffix: String,
}

/// Shared by all requests; cheap to clone.
#[derive(Clone)]
pub struct Console {
    inner: Arc<ConsoleState>,
}

struct ConsoleState {
    clients: Box<dyn ApiClients>,
    settings: ConsoleSettings,
    texts: Texts,
}

impl Console {
    pub fn new(clients: impl ApiClients, settings: ConsoleSettings) -> Console {
        Console {
            inner: Arc::new(ConsoleState {
                clients: Box::new(clients),
                settings,
                texts: Texts::default(),
            }),
        }
    }

    /// For a person who reads this language.
    pub(crate) fn open_client(&self, auth: ClientAuth, visitor: &Visitor, language: Language) -> SicsClient {
        self.inner.clients.open_client(auth, visitor).with_language(language)
    }

    pub(crate) fn translate_text(&self, english: &str, language: Language) -> Option<String> {
        self.inner.clients.translate_text(english, language)
    }

    pub(crate) fn settings(&self) -> &ConsoleSettings {
        &self.inner.settings
    }

    pub(crate) fn texts(&self) -> &Texts {
        &self.inner.texts
    }

    /// A path of the console as a browser has to ask for it.
    pub(crate) fn link(&self, path: &str) -> String {
        let base = &self.inner.settings.base_path;
        if path == "/" && !base.is_empty() {
            base.clone()
        } else {
            format!("{base}{path}")
        }
    }
}
