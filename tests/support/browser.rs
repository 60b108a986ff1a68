//! A real browser: headless Chromium, driven by chromedriver over the W3C's protocol. Four at once, however many tests run;
//! each has a profile of its own, which goes with it. What its pages do against their content security policy, and what
//! fails in their scripts, is written down from the first page on: [`Browser::finish`] wants none of it.

mod driver;

use std::path::Path;

use fantoccini::elements::Element;
use fantoccini::wd::WindowHandle;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tokio::sync::{Semaphore, SemaphorePermit};

use self::driver::{DevtoolsCommand, RunningDriver};
use super::wait::found;

static BROWSERS: Semaphore = Semaphore::const_new(4);

/// Runs in every page before its own scripts. What it writes down stays with the window, from page to page.
const WATCH: &str = "(() => {
    const note = (what) => {
        try {
            const seen = JSON.parse(sessionStorage.getItem('test:violations') ?? '[]');
            seen.push(`${location.pathname}: ${what}`);
            sessionStorage.setItem('test:violations', JSON.stringify(seen));
        } catch { /* a page without a place for it is none of ours */ }
    };
    addEventListener('securitypolicyviolation', (event) => note(`${event.effectiveDirective} ${event.blockedURI}`), true);
    addEventListener('error', (event) => note(event.message ?? `not loaded: ${event.target.src ?? event.target.href}`), true);
    addEventListener('unhandledrejection', (event) => note(`rejected: ${event.reason}`));
    // What pages tell each other of what happens.
    window.testHeard = 0;
    try {
        new BroadcastChannel('console-live').onmessage = ({ data }) => { if (data.kind) window.testHeard += 1; };
    } catch { /* the same */ }
})()";

/// Pages get no stream of facts before [`Browser::release_stream`].
const HOLD_STREAM: &str = "(() => {
    const send = window.fetch;
    const pause = () => new Promise((next) => setTimeout(next, 20));
    window.fetch = async (...request) => {
        while (String(request[0]).endsWith('/live') && !window.testStreamGoes) await pause();
        return send(...request);
    };
})()";

pub struct Browser {
    client: Client,
    _driver: RunningDriver,
    _profile: tempfile::TempDir,
    _permit: SemaphorePermit<'static>,
}

impl Browser {
    /// A window of an ordinary desk, in this language (`en`, `de`).
    pub async fn start(language: &str) -> Browser {
        Browser::begin(BROWSERS.acquire().await.unwrap(), language).await
    }

    /// Two people at two desks. Both places are taken at once: two tests with one each would wait for each other.
    pub async fn start_two() -> (Browser, Browser) {
        let mut permit = BROWSERS.acquire_many(2).await.unwrap();
        let other = permit.split(1).unwrap();
        (Browser::begin(permit, "en").await, Browser::begin(other, "en").await)
    }

    async fn begin(permit: SemaphorePermit<'static>, language: &str) -> Browser {
        let driver = RunningDriver::start();
        let profile = tempfile::tempdir().unwrap();
        let arguments = [
            "--headless=new".to_owned(),
            "--no-sandbox".to_owned(),
            "--disable-gpu".to_owned(),
            "--disable-dev-shm-usage".to_owned(),
            "--no-first-run".to_owned(),
            "--disable-background-networking".to_owned(),
            "--window-size=1280,900".to_owned(),
            format!("--lang={language}"),
            format!("--user-data-dir={}", profile.path().display()),
        ];
        let options = json!({
            "goog:chromeOptions": {
                "args": arguments,
                "prefs": {"intl.accept_languages": language},
            },
            "acceptInsecureCerts": true,
        });
        let Value::Object(capabilities) = options else {
            unreachable!()
        };
        let mut builder = ClientBuilder::new(HttpConnector::new());
        builder.capabilities(capabilities);
        let client = builder.connect(&driver.url()).await.unwrap();
        let browser = Browser {
            client,
            _driver: driver,
            _profile: profile,
            _permit: permit,
        };
        browser.watch().await;
        browser
    }

    /// In the window that is driven now.
    async fn watch(&self) {
        self.add_script(WATCH).await;
    }

    async fn add_script(&self, source: &str) {
        let command = DevtoolsCommand {
            name: "Page.addScriptToEvaluateOnNewDocument",
            parameters: json!({"source": source}),
        };
        self.client.issue_cmd(command).await.unwrap();
    }

    /// From the next page on, each is drawn and hears of nothing.
    pub async fn hold_stream(&self) {
        self.add_script(HOLD_STREAM).await;
    }

    /// The page that is open hears from now on.
    pub async fn release_stream(&self) {
        self.run("window.testStreamGoes = true").await;
    }

    pub fn client(&self) -> &Client {
        &self.client
    }

    pub async fn open(&self, url: &str) {
        // A page that is just leading elsewhere by itself ends this way there; the way goes on from where it led.
        found(&format!("{url} is opened"), || async {
            self.client.goto(url).await.map_err(|error| error.to_string())
        })
        .await;
    }

    /// A path (with its query) of where the browser is.
    pub async fn go(&self, path: &str) {
        let url = self.client.current_url().await.unwrap().join(path).unwrap();
        self.open(url.as_str()).await;
    }

    pub async fn reload(&self) {
        found("the page is loaded again", || async {
            self.client.refresh().await.map_err(|error| error.to_string())
        })
        .await;
    }

    /// A further window of the same profile, which is driven from now on; answers the one that was.
    pub async fn open_window(&self, url: &str) -> WindowHandle {
        let before = self.client.window().await.unwrap();
        let made = self.client.new_window(true).await.unwrap();
        self.client.switch_to_window(made.handle).await.unwrap();
        self.watch().await;
        self.open(url).await;
        before
    }

    pub async fn turn_to(&self, window: WindowHandle) {
        self.client.switch_to_window(window).await.unwrap();
    }

    /// The first element of this selector, as soon as there is one that is shown.
    pub async fn shown(&self, css: &str) -> Element {
        found(&format!("{css} is shown"), || async {
            match find_shown(&self.client, css).await {
                Some(element) => Ok(element),
                None => Err(self.text().await),
            }
        })
        .await
    }

    /// Waits until nothing of this selector is shown.
    pub async fn hides(&self, css: &str) {
        found(&format!("{css} is not shown"), || async {
            match find_shown(&self.client, css).await {
                None => Ok(()),
                Some(_) => Err(self.text().await),
            }
        })
        .await
    }

    /// Whether something of this selector is shown now.
    pub async fn is_shown(&self, css: &str) -> bool {
        find_shown(&self.client, css).await.is_some()
    }

    /// Clicks what is shown under this selector now, if anything is.
    pub async fn try_click(&self, css: &str) {
        if let Some(element) = find_shown(&self.client, css).await {
            click_shown(&self.client, &element).await;
        }
    }

    /// Whether an element of this selector is there.
    pub async fn has(&self, css: &str) -> bool {
        !self.client.find_all(Locator::Css(css)).await.unwrap().is_empty()
    }

    /// Does something with the element that is shown under this selector; again where the page was just drawn anew.
    async fn with_shown<T, F: Future<Output = Option<T>>>(
        &self,
        what: &str,
        css: &str,
        act: impl Fn(Element) -> F,
    ) -> T {
        found(&format!("{css} is {what}"), || async {
            let done = match find_shown(&self.client, css).await {
                Some(element) => act(element).await,
                None => None,
            };
            match done {
                Some(done) => Ok(done),
                None => Err(self.text().await),
            }
        })
        .await
    }

    /// Clicks what is shown under this selector.
    pub async fn click(&self, css: &str) {
        self.with_shown("clicked", css, |element| async move {
            click_shown(&self.client, &element).await
        })
        .await;
    }

    /// Clicks the button or link of this text.
    pub async fn press(&self, text: &str) {
        self.press_in("", text).await;
    }

    /// The same within what has this id; several parts may have a button of one name.
    pub async fn press_in(&self, id: &str, text: &str) {
        let within = if id.is_empty() {
            String::new()
        } else {
            format!("//*[@id={}]", quote(id))
        };
        let path = format!(
            "{within}//*[self::a or self::button or self::summary][normalize-space()={}]",
            quote(text)
        );
        found(&format!("{text:?} is pressed"), || async {
            let there = self
                .client
                .find_all(Locator::XPath(&path))
                .await
                .map_err(|error| error.to_string())?;
            for element in there {
                let is_shown = element.is_displayed().await.unwrap_or(false);
                if is_shown && click_shown(&self.client, &element).await.is_some() {
                    return Ok(());
                }
            }
            Err(self.text().await)
        })
        .await
    }

    /// Whether a button or link of this text is shown.
    pub async fn offers(&self, text: &str) -> bool {
        let path = format!(
            "//*[self::a or self::button or self::summary][normalize-space()={}]",
            quote(text)
        );
        for element in self.client.find_all(Locator::XPath(&path)).await.unwrap() {
            if element.is_displayed().await.unwrap_or(false) {
                return true;
            }
        }
        false
    }

    /// Types into a field, in the place of what is there.
    pub async fn fill(&self, css: &str, text: &str) {
        self.with_shown("filled", css, |field| async move {
            field.clear().await.ok()?;
            field.send_keys(text).await.ok()
        })
        .await;
    }

    /// Chooses a file for a field; the field may hide behind a button.
    pub async fn upload(&self, css: &str, file: &Path) {
        let field = self.client.find(Locator::Css(css)).await.unwrap();
        field.send_keys(&file.display().to_string()).await.unwrap();
    }

    /// What a field has in it.
    pub async fn value(&self, css: &str) -> String {
        let read = |field: Element| async move { field.prop("value").await.ok() };
        self.with_shown("read", css, read).await.unwrap_or_default()
    }

    pub async fn is_enabled(&self, css: &str) -> bool {
        self.with_shown("looked at", css, |button| async move { button.is_enabled().await.ok() })
            .await
    }

    /// How many elements of this selector are there.
    pub async fn count(&self, css: &str) -> usize {
        self.client.find_all(Locator::Css(css)).await.unwrap().len()
    }

    /// Waits until the page shows this text.
    pub async fn sees(&self, text: &str) {
        found(&format!("the page shows {text:?}"), || async {
            let shown = self.text().await;
            if shown.contains(text) { Ok(()) } else { Err(shown) }
        })
        .await
    }

    /// Waits until what is shown under this selector has this text in it.
    pub async fn sees_in(&self, css: &str, text: &str) {
        let read = |element: Element| async move { element.text().await.ok().filter(|shown| shown.contains(text)) };
        self.with_shown(&format!("showing {text:?}"), css, read).await;
    }

    /// What the page shows now.
    pub async fn text(&self) -> String {
        visible_text(&self.client).await.unwrap_or_default()
    }

    /// The path of the page, without query.
    pub async fn path(&self) -> String {
        self.client.current_url().await.unwrap().path().to_owned()
    }

    /// Waits until the page's path is this one.
    pub async fn arrives(&self, path: &str) {
        found(&format!("the page is {path}"), || async {
            let now = self.path().await;
            if now == path {
                Ok(())
            } else {
                Err((now, self.text().await))
            }
        })
        .await
    }

    /// Waits until the page hears of what happens: what was before that, it has from its own reading.
    pub async fn is_live(&self) {
        found("the page is live", || async {
            // It may be on its way to another page.
            match self.client.execute("return window.testHeard > 0", Vec::new()).await {
                Ok(Value::Bool(true)) => Ok(()),
                other => Err(format!("{other:?}")),
            }
        })
        .await
    }

    pub async fn run(&self, script: &str) -> Value {
        self.client.execute(script, Vec::new()).await.unwrap()
    }

    /// What pages of this window did against their content security policy, and what failed in their scripts, from its
    /// beginning on.
    pub async fn violations(&self) -> Value {
        let script = "return JSON.parse(sessionStorage.getItem('test:violations') ?? '[]')";
        self.run(script).await
    }

    /// A phone, or a desk again.
    pub async fn set_width(&self, width: u32) {
        self.client.set_window_size(width, 900).await.unwrap();
    }

    pub async fn close(self) {
        let _ = self.client.clone().close().await;
    }

    /// Closes it; nothing may have gone wrong on any page of any of its windows.
    pub async fn finish(self) {
        for window in self.client.windows().await.unwrap() {
            self.turn_to(window).await;
            assert_eq!(self.violations().await, json!([]), "{}", self.path().await);
        }
        self.close().await;
    }
}

async fn find_shown(client: &Client, css: &str) -> Option<Element> {
    for found in client.find_all(Locator::Css(css)).await.ok()? {
        if found.is_displayed().await.ok()? {
            return Some(found);
        }
    }
    None
}

/// In the middle of the window, where no bar lies over it.
async fn click_shown(client: &Client, element: &Element) -> Option<()> {
    let place = serde_json::to_value(element).ok()?;
    let script = "arguments[0].scrollIntoView({ block: 'center' })";
    client.execute(script, vec![place]).await.ok()?;
    element.click().await.ok()
}

async fn visible_text(client: &Client) -> Option<String> {
    let text = client
        .execute("return document.body?.innerText ?? ''", Vec::new())
        .await
        .ok()?;
    text.as_str().map(str::to_owned)
}

/// As a text of XPath.
fn quote(text: &str) -> String {
    if text.contains('"') {
        format!("'{text}'")
    } else {
        format!("\"{text}\"")
    }
}
