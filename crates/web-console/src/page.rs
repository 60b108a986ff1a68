//! What a page knows: who is signed in, their client of the API, language, theme, the address. Handlers take it as an
//! argument; templates have it as `ctx`.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use chrono::{DateTime, Utc};
use fluent_bundle::{FluentArgs, FluentValue};
use http::request::Parts;
use sics_client::SicsClient;
use sics_client::contract::ConnectionView;

use crate::assets;
use crate::clock_text::TimeText;
use crate::console::Console;
use crate::failure::PageFailure;
use crate::form_token::FORM_TOKEN;
use crate::list_state::ListState;
use crate::render::Markup;
use crate::routes::{PAGES, PageEntry};
use crate::said::SaidSentence;
use crate::texts::Language;

/// Everything about one request of a page; cheap to clone.
#[derive(Clone)]
pub(crate) struct PageContext {
    inner: Arc<PageState>,
}

pub(crate) struct PageState {
    pub(crate) console: Console,
    pub(crate) client: SicsClient,
    /// Who is signed in; `None` on the pages before that.
    pub(crate) account: Option<ConnectionView>,
    /// Whether the kill switch is on somewhere.
    pub(crate) kill_switch: bool,
    pub(crate) language: Language,
    /// `light`, `dark`, or empty: as the system says.
    pub(crate) theme: String,
    pub(crate) form_token: String,
    /// Without the base path.
    pub(crate) path: String,
    /// What stands behind `?`.
    pub(crate) query: String,
    pub(crate) now: DateTime<Utc>,
}

impl PageContext {
    pub(crate) fn new(state: PageState) -> PageContext {
        PageContext { inner: Arc::new(state) }
    }

    /// The API in the name of whoever is signed in.
    pub(crate) fn client(&self) -> &SicsClient {
        &self.inner.client
    }

    pub(crate) fn console(&self) -> &Console {
        &self.inner.console
    }

    /// Who is signed in.
    pub(crate) fn account(&self) -> Option<&ConnectionView> {
        self.inner.account.as_ref()
    }

    /// Name of the account; empty on the pages before the sign-in.
    pub(crate) fn operator(&self) -> &str {
        self.account().map_or("", |account| account.operator.as_str())
    }

    /// Whether the account has this right anywhere. For what is shown; the API decides what may be done.
    pub(crate) fn may(&self, right: &str) -> bool {
        self.account()
            .is_some_and(|account| account.rights.iter().any(|held| held == right))
    }

    /// Whether the account has one of these rights; all if none is asked for.
    pub(crate) fn may_any(&self, rights: &[&str]) -> bool {
        rights.is_empty() || rights.iter().any(|right| self.may(right))
    }

    pub(crate) fn language(&self) -> Language {
        self.inner.language
    }

    pub(crate) fn theme(&self) -> &str {
        &self.inner.theme
    }

    pub(crate) fn kill_switch(&self) -> bool {
        self.inner.kill_switch
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.inner.now
    }

    /// The path of this page, without the base path.
    pub(crate) fn path(&self) -> &str {
        &self.inner.path
    }

    /// What stands behind `?` in the address, without it.
    pub(crate) fn query(&self) -> &str {
        &self.inner.query
    }

    /// Path and query, to come back to.
    pub(crate) fn here(&self) -> String {
        if self.query().is_empty() {
            self.path().to_owned()
        } else {
            format!("{}?{}", self.path(), self.query())
        }
    }

    /// The state of the list that this page shows.
    pub(crate) fn list(&self) -> ListState {
        ListState::new(self.link(self.path()), self.query())
    }

    /// A path of the console as the browser has to ask for it.
    pub(crate) fn link(&self, path: &str) -> String {
        self.inner.console.link(path)
    }

    /// A file of the console: `ctx.asset("console.css")`.
    pub(crate) fn asset(&self, name: &str) -> String {
        self.link(&assets::path_of(name))
    }

    /// The field that each form has to carry.
    pub(crate) fn form_token(&self) -> &str {
        &self.inner.form_token
    }

    /// Its name.
    pub(crate) fn form_token_name(&self) -> &'static str {
        FORM_TOKEN
    }

    /// The pages that this account may open, for the navigation.
    pub(crate) fn navigation(&self) -> Vec<&'static PageEntry> {
        let shown = PAGES
            .iter()
            .filter(|page| page.nav.is_some() && self.may_any(page.rights));
        shown.collect()
    }

    /// Its name there.
    pub(crate) fn nav_name(&self, page: &PageEntry) -> String {
        page.nav.map(|key| self.t(key)).unwrap_or_default()
    }

    /// Whether this is the page (or below the page) of the navigation.
    pub(crate) fn is_at(&self, path: &str) -> bool {
        match path {
            "/" => self.path() == "/",
            _ => self
                .path()
                .strip_prefix(path)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/')),
        }
    }

    /// What was just done, to be shown once: `?done=saved` is the text `done-saved`.
    pub(crate) fn done(&self) -> Option<String> {
        let query = self.list();
        let key = format!("done-{}", query.value("done"));
        self.inner.console.texts().has(&key).then(|| self.t(&key))
    }

    /// The text of a key.
    pub(crate) fn t(&self, key: &str) -> String {
        self.inner.console.texts().format(self.language(), key, None)
    }

    /// The text of `{prefix}{name}`, or the name as it is where there is none: for names that Microsoft or a package
    /// gives. What is no letter, digit or hyphen in the name is a hyphen in the key, capitals are small.
    pub(crate) fn word(&self, prefix: &str, name: &str) -> String {
        let plain = |c: char| {
            if c.is_ascii_alphanumeric() {
                c.to_ascii_lowercase()
            } else {
                '-'
            }
        };
        let key = format!("{prefix}{}", name.chars().map(plain).collect::<String>());
        if self.inner.console.texts().has(&key) {
            self.t(&key)
        } else {
            name.to_owned()
        }
    }

    /// With one argument.
    pub(crate) fn t1<'a>(&self, key: &str, name: &'a str, value: impl Into<FluentValue<'a>>) -> String {
        let mut arguments = FluentArgs::new();
        arguments.set(name, value);
        self.inner
            .console
            .texts()
            .format(self.language(), key, Some(&arguments))
    }

    /// With two arguments.
    pub(crate) fn t2<'a>(
        &self,
        key: &str,
        name: &'a str,
        value: impl Into<FluentValue<'a>>,
        other_name: &'a str,
        other_value: impl Into<FluentValue<'a>>,
    ) -> String {
        let mut arguments = FluentArgs::new();
        arguments.set(name, value);
        arguments.set(other_name, other_value);
        self.inner
            .console
            .texts()
            .format(self.language(), key, Some(&arguments))
    }

    /// With all these arguments.
    pub(crate) fn t_with<'a>(&self, key: &str, values: impl IntoIterator<Item = (&'a str, String)>) -> String {
        let mut arguments = FluentArgs::new();
        for (name, value) in values {
            arguments.set(name, value);
        }
        self.inner
            .console
            .texts()
            .format(self.language(), key, Some(&arguments))
    }

    /// A text about so many: it has `$count` to choose its form by, and `$shown`, the number as people write it.
    pub(crate) fn count(&self, key: &str, count: impl WholeNumber) -> String {
        let count = count.to_whole();
        self.t2(key, "count", count as f64, "shown", self.number(count))
    }

    /// A name from outside, with what would hide or turn its letters made visible.
    pub(crate) fn plain(&self, name: impl AsRef<str>) -> String {
        let show = |letter: char| {
            if is_hiding(letter) {
                format!("<U+{:04X}>", letter as u32)
            } else {
                letter.to_string()
            }
        };
        name.as_ref().chars().map(show).collect()
    }

    /// What the API says in English, as this page shows it.
    pub(crate) fn said(&self, english: impl AsRef<str>) -> Markup {
        SaidSentence::from_english(self, english.as_ref()).to_markup()
    }

    /// The same without a mark where it stays English: for names of buttons and the like.
    pub(crate) fn said_plain(&self, english: impl AsRef<str>) -> String {
        SaidSentence::from_english(self, english.as_ref()).text
    }

    /// A whole number as people write it.
    pub(crate) fn number(&self, number: impl WholeNumber) -> String {
        self.language().format_number(number.to_whole())
    }

    /// A time, relative, with the exact one at hand.
    pub(crate) fn time(&self, at: &DateTime<Utc>) -> TimeText {
        TimeText::new(self, *at)
    }

    /// Whether there is a text of this key.
    pub(crate) fn has_text(&self, key: &str) -> bool {
        self.inner.console.texts().has(key)
    }
}

/// Control characters, and those that turn the direction of text or take no room.
fn is_hiding(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{61c}')
}

/// What templates count with, by value or by reference; less than nothing is nothing.
pub(crate) trait WholeNumber {
    fn to_whole(&self) -> u64;
}

macro_rules! whole_numbers {
    ($($number:ty),*) => {
        $(impl WholeNumber for $number {
            fn to_whole(&self) -> u64 {
                u64::try_from(*self).unwrap_or_default()
            }
        })*
    };
}

whole_numbers!(u64, usize, u32, i64);

impl<N: WholeNumber + ?Sized> WholeNumber for &N {
    fn to_whole(&self) -> u64 {
        (**self).to_whole()
    }
}

/// The layer of sessions has put it there.
impl<S: Send + Sync> FromRequestParts<S> for PageContext {
    type Rejection = PageFailure;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, PageFailure> {
        parts
            .extensions
            .get::<PageContext>()
            .cloned()
            .ok_or_else(PageFailure::not_found)
    }
}
