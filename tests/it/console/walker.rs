//! Whoever walks the routes of the console by hand: plain requests, with the cookie of a session or none.

use reqwest::header::{CONTENT_TYPE, COOKIE, HeaderMap};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::json;

use super::scene::{Scene, device_id};
use crate::sics::bus::PASSWORD;
use crate::whole::INSTANCE;

/// A role that somebody has made.
pub const ROLE: &str = "Helpers";

pub struct Walker {
    http: reqwest::Client,
    console: String,
    /// `name=value`; empty: nobody is signed in.
    cookie: String,
    /// That of the forms that this session is shown.
    pub form_token: String,
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    /// Empty where it is a stream.
    pub body: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub fn is_page(&self) -> bool {
        self.header("content-type").starts_with("text/html")
    }
}

impl Walker {
    pub fn stranger(scene: &Scene) -> Walker {
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none());
        Walker {
            http: http.build().unwrap(),
            console: scene.console(),
            cookie: String::new(),
            form_token: String::new(),
        }
    }

    /// With a session of its own.
    pub async fn signed_in(scene: &Scene, name: &str) -> Walker {
        let body = json!({"name": name, "password": PASSWORD});
        let begun = scene.whole.post("/sics/v1/sessions", body).await;
        let mut walker = Walker::stranger(scene);
        let port = walker.console.rsplit_once(':').unwrap().1;
        walker.cookie = format!("session-{port}={}", begun["token"].as_str().unwrap());
        let page = walker.get("/account").await;
        let (_, rest) = page.body.split_once("name=\"form-token\" content=\"").unwrap();
        walker.form_token = rest.split_once('"').unwrap().0.to_owned();
        walker
    }

    /// The secret of the session.
    pub fn session_token(&self) -> &str {
        self.cookie.split_once('=').unwrap().1
    }

    pub fn request(&self, method: &Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method.clone(), format!("{}{path}", self.console));
        match self.cookie.as_str() {
            "" => request,
            cookie => request.header(COOKIE, cookie),
        }
    }

    /// As a form of the console sends it.
    pub fn form(&self, path: &str) -> RequestBuilder {
        let form = [("form_token", self.form_token.as_str())];
        self.request(&Method::POST, path).form(&form)
    }

    pub async fn get(&self, path: &str) -> Answer {
        send(self.request(&Method::GET, path)).await
    }
}

pub async fn send(request: RequestBuilder) -> Answer {
    let answer = request.send().await.unwrap();
    let (status, headers) = (answer.status(), answer.headers().clone());
    let kind = headers.get(CONTENT_TYPE).map(|kind| kind.to_str().unwrap().to_owned());
    let is_stream = kind.is_some_and(|kind| kind.starts_with("text/event-stream"));
    let body = if is_stream {
        String::new()
    } else {
        String::from_utf8_lossy(&answer.bytes().await.unwrap()).into_owned()
    };
    Answer { status, headers, body }
}

/// A path in which every name is that of something.
pub fn fill_real(path: &str) -> String {
    let id = match path {
        path if path.starts_with("/devices") || path.starts_with("/lost") => device_id(1),
        _ => "1".to_owned(),
    };
    let known = [
        ("{id}", id.as_str()),
        ("{instance}", INSTANCE),
        ("{product}", "intune-connector"),
        ("{operator}", "zoe"),
        ("{role}", ROLE),
        ("{server}", "cmdb"),
        ("{workflow}", "StaleDevices_1"),
        ("{report}", "compliance"),
        ("{action}", "verify"),
    ];
    let filled = known
        .iter()
        .fold(path.to_owned(), |path, (name, value)| path.replace(name, value));
    fill_all(&filled, "1")
}

/// One in which no name is that of anything.
pub fn fill_nobodys(path: &str) -> String {
    fill_all(path, "no-such-thing-99")
}

fn fill_all(path: &str, value: &str) -> String {
    let mut rest = path;
    let mut filled = String::new();
    while let Some((before, (_, after))) = rest
        .split_once('{')
        .and_then(|(before, named)| Some((before, named.split_once('}')?)))
    {
        filled.push_str(before);
        filled.push_str(value);
        rest = after;
    }
    filled + rest
}

#[test]
fn every_name_of_a_path_is_filled() {
    assert_eq!(fill_real("/jobs/{id}/tasks/{task}"), "/jobs/1/tasks/1");
    assert_eq!(fill_real("/servers/{server}"), "/servers/cmdb");
    assert_eq!(
        fill_nobodys("/lost/{instance}/{id}"),
        "/lost/no-such-thing-99/no-such-thing-99"
    );
    assert_eq!(fill_nobodys("/jobs"), "/jobs");
}
