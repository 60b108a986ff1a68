//! A real browser: headless Chromium, driven by chromedriver over the W3C's protocol. Two at once, however many tests run;
//! each has a profile of its own, which goes with it.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use fantoccini::elements::Element;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tokio::sync::{Semaphore, SemaphorePermit};

use super::wait::until;

static BROWSERS: Semaphore = Semaphore::const_new(2);

pub struct Browser {
    client: Client,
    driver: Child,
    _profile: tempfile::TempDir,
    _permit: SemaphorePermit<'static>,
}

impl Browser {
    /// A window of an ordinary desk, in this language (`en`, `de`).
    pub async fn start(language: &str) -> Browser {
        let permit = BROWSERS.acquire().await.unwrap();
        let (driver, port) = start_driver();
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
        let Value::Object(capabilities) = options else { unreachable!() };
        let mut builder = ClientBuilder::new(HttpConnector::new());
        builder.capabilities(capabilities);
        let client = builder.connect(&format!("http://127.0.0.1:{port}")).await.unwrap();
        Browser {
            client,
            driver,
            _profile: profile,
            _permit: permit,
        }
    }

    pub fn client(&self) -> &Client {
        &self.client
    }

    pub async fn open(&self, url: &str) {
        self.client.goto(url).await.unwrap();
    }

    /// The first element of this selector, as soon as there is one that is shown.
    pub async fn shown(&self, css: &str) -> Element {
        let mut found = None;
        until(&format!("{css} is shown"), || {
            let client = self.client.clone();
            let css = css.to_owned();
            async move { find_shown(&client, &css).await }
        })
        .await
        .clone_into(&mut found);
        found.unwrap()
    }

    /// Whether an element of this selector is there.
    pub async fn has(&self, css: &str) -> bool {
        !self.client.find_all(Locator::Css(css)).await.unwrap().is_empty()
    }

    /// Clicks what is shown under this selector.
    pub async fn click(&self, css: &str) {
        self.shown(css).await.click().await.unwrap();
    }

    /// Clicks the button or link of this text.
    pub async fn press(&self, text: &str) {
        let path = format!("//*[self::a or self::button or self::summary][normalize-space()={}]", quote(text));
        until(&format!("{text:?} is pressed"), || {
            let client = self.client.clone();
            let path = path.clone();
            async move {
                for found in client.find_all(Locator::XPath(&path)).await.ok()? {
                    if found.is_displayed().await.ok()? && found.click().await.is_ok() {
                        return Some(());
                    }
                }
                None
            }
        })
        .await;
    }

    /// Types into a field, in the place of what is there.
    pub async fn fill(&self, css: &str, text: &str) {
        let field = self.shown(css).await;
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    /// Waits until the page shows this text.
    pub async fn sees(&self, text: &str) {
        until(&format!("the page shows {text:?}"), || {
            let client = self.client.clone();
            async move {
                let shown = visible_text(&client).await?;
                shown.contains(text).then_some(())
            }
        })
        .await;
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
        until(&format!("the page is {path}"), || async move {
            let url = self.client.current_url().await.ok()?;
            (url.path() == path).then_some(())
        })
        .await;
    }

    pub async fn run(&self, script: &str) -> Value {
        self.client.execute(script, Vec::new()).await.unwrap()
    }

    /// What this page did against its content security policy, from its beginning on.
    pub async fn violations(&self) -> Value {
        let script = "const done = arguments[arguments.length - 1];
            const seen = [];
            const watch = new ReportingObserver((reports) => seen.push(...reports.map((report) => report.body.blockedURL)),
                { types: ['csp-violation'], buffered: true });
            watch.observe();
            setTimeout(() => done(seen), 50);";
        self.client.execute_async(script, Vec::new()).await.unwrap()
    }

    /// A phone, or a desk again.
    pub async fn set_width(&self, width: u32) {
        self.client.set_window_size(width, 900).await.unwrap();
    }

    /// Saves what is shown.
    pub async fn save_picture(&self, path: &std::path::Path) {
        std::fs::write(path, self.client.screenshot().await.unwrap()).unwrap();
    }

    pub async fn close(self) {
        let _ = self.client.clone().close().await;
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.driver.kill();
        let _ = self.driver.wait();
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

async fn visible_text(client: &Client) -> Option<String> {
    let text = client.execute("return document.body?.innerText ?? ''", Vec::new()).await.ok()?;
    text.as_str().map(str::to_owned)
}

/// As a text of XPath.
fn quote(text: &str) -> String {
    if text.contains('"') { format!("'{text}'") } else { format!("\"{text}\"") }
}

/// Starts chromedriver on a free port, which it names.
fn start_driver() -> (Child, u16) {
    let mut driver = Command::new("chromedriver")
        .arg("--port=0")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("chromedriver: run installer/prerequisites.sh tests");
    let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines();
    let port = lines.by_ref().map_while(Result::ok).find_map(|line| {
        let (_, port) = line.split_once("started successfully on port ")?;
        port.trim_end_matches('.').parse().ok()
    });
    // What it says later has to go somewhere.
    std::thread::spawn(move || lines.for_each(drop));
    (driver, port.expect("chromedriver names its port"))
}

/// Longest that a browser may take for what it was told: the wait of the tests bounds it.
#[allow(dead_code)]
pub const PATIENCE: Duration = Duration::from_secs(120);
