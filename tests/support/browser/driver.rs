//! The program that drives the browser.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

use fantoccini::wd::WebDriverCompatibleCommand;
use rustix::process::{Pid, Signal, kill_process_group};
use serde_json::{Value, json};
use url::Url;

use crate::support::free_port::free_port;

/// Goes with all that it has started: its browser would outlive it.
pub(super) struct RunningDriver {
    child: Child,
    port: u16,
}

impl RunningDriver {
    pub(super) fn start() -> RunningDriver {
        let port = free_port();
        let mut child = Command::new("chromedriver")
            .arg(format!("--port={port}"))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .expect("chromedriver: run installer/prerequisites.sh tests");
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut said = Vec::new();
        let is_ready = lines.by_ref().map_while(Result::ok).any(|line| {
            let is_ready = line.contains("started successfully");
            said.push(line);
            is_ready
        });
        assert!(is_ready, "chromedriver ended: {said:#?}");
        // What it says later has to go somewhere.
        std::thread::spawn(move || lines.for_each(drop));
        RunningDriver { child, port }
    }

    pub(super) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

impl Drop for RunningDriver {
    fn drop(&mut self) {
        if let Some(group) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            let _ = kill_process_group(group, Signal::KILL);
        }
        let _ = self.child.wait();
    }
}

/// A command of Chromium's own, through its driver.
#[derive(Debug)]
pub(super) struct DevtoolsCommand {
    pub(super) name: &'static str,
    pub(super) parameters: Value,
}

impl WebDriverCompatibleCommand for DevtoolsCommand {
    fn endpoint(&self, base_url: &Url, session_id: Option<&str>) -> Result<Url, url::ParseError> {
        base_url.join(&format!("session/{}/goog/cdp/execute", session_id.unwrap_or_default()))
    }

    fn method_and_body(&self, _: &Url) -> (http::Method, Option<String>) {
        let body = json!({"cmd": self.name, "params": self.parameters});
        (http::Method::POST, Some(body.to_string()))
    }
}
