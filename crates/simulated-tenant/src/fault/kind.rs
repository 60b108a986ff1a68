//! Everything that can go wrong, as a test asks for it in JSON: `{"kind":"throttled","retryAfter":{"seconds":5}}`.

use serde::{Deserialize, Serialize};

use super::hold::Stage;
use crate::remote::Conduct;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(
    tag = "kind",
    rename_all = "camelCase",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
pub enum Fault {
    /// 429.
    Throttled {
        #[serde(default)]
        retry_after: Again,
    },
    /// Any status with a body in Intune's style; 502, 503 and 504 as gateways send them.
    Status {
        status: u16,
        #[serde(default)]
        code: Option<String>,
        #[serde(default)]
        message: Option<String>,
        #[serde(default)]
        body: Nesting,
        /// The request is carried out first, and only the answer is lost.
        #[serde(default)]
        effect: bool,
    },
    /// 401: the token is no longer good.
    Unauthorized {},
    /// 403: a right was taken away.
    Forbidden {
        #[serde(default)]
        scopes: Vec<String>,
    },
    Redirect {
        to: String,
        #[serde(default = "found")]
        status: u16,
    },
    /// An error of the token endpoint by its AADSTS number.
    EntraError {
        code: u32,
        /// Instead of what Entra says with this code by itself.
        #[serde(default)]
        retry_after: Again,
    },
    /// The connection is reset.
    Reset {
        when: Moment,
        /// For `during`: bytes of the body sent before.
        #[serde(default = "some_bytes")]
        bytes: usize,
        /// For `before`: the request is carried out all the same.
        #[serde(default)]
        effect: bool,
    },
    /// No answer, for ten minutes; then the connection is reset.
    Silent {},
    /// The answer comes late.
    Late { ms: u64 },
    /// It takes effect at once, and the answer comes late.
    AnswerLate { ms: u64 },
    /// The body trickles.
    SlowBody {
        #[serde(default = "some_bytes")]
        chunk_bytes: usize,
        pause_ms: u64,
    },
    /// A well-formed HTTP answer whose JSON stops after this share.
    Truncated {
        #[serde(default = "half")]
        percent: usize,
    },
    /// The right body under a wrong name.
    ContentType {
        #[serde(default = "html")]
        value: String,
    },
    /// Another body altogether, such as a proxy's sign-in page.
    Body {
        #[serde(default = "ok")]
        status: u16,
        #[serde(default = "html")]
        content_type: String,
        #[serde(default = "sign_in_page")]
        body: String,
    },
    /// A body of this size: the right one, filled up with blanks.
    Oversize { bytes: usize },
    /// The `Date` header is off by so much.
    ClockOff { seconds: i64 },
    /// The list is torn.
    List { twist: Twist },
    /// How the device takes the action that is asked for. It strikes beside any other fault, so an answer can be lost
    /// *and* the effect come late.
    Conduct { conduct: Conduct },
    /// The request is held until the control API lets it go.
    Hold { stage: Stage },
}

/// What a 429 says about when to come back.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Again {
    #[default]
    Missing,
    Seconds(u64),
    /// So many seconds from now, as a date.
    Date(i64),
    /// Whatever a test thinks of.
    Text(String),
}

/// How deep the message lies.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Nesting {
    Plain,
    #[default]
    Once,
    Twice,
    Html,
    Empty,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Moment {
    Before,
    During,
    After,
}

/// What can be wrong with a page of the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum Twist {
    /// The page before once more, leading back here: by the very same link, or by one that looks new.
    Repeated {
        #[serde(default)]
        same_link: bool,
    },
    /// It begins with the last devices of the page before.
    Overlap {
        devices: usize,
    },
    /// No devices, but a link onwards.
    Empty,
    /// The link leads to this page again.
    LinkToSelf,
    /// The link leads to another host (`https://elsewhere.example`).
    LinkElsewhere {
        host: String,
    },
    /// The link is no address.
    LinkNotText,
    /// No link, though there is more.
    StopsEarly,
    /// The first device twice on the page.
    Twice,
    /// A device is deleted just before: one that was listed already, or one that would have come later.
    Vanishes {
        listed: bool,
    },
    /// The first devices of the page are not shown, though they exist.
    Omitted {
        devices: usize,
    },
    /// A device from behind jumps to the front (and is missed), or one from the front to the end (and comes twice).
    Renamed {
        to_front: bool,
    },
    /// The first record cannot be read.
    Unreadable {
        #[serde(default)]
        how: Broken,
    },
    /// `@odata.count`, or the overview's count, is wrong.
    WrongCount {
        count: usize,
    },
    NoCount,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Broken {
    #[default]
    NotAnObject,
    NoId,
    IdNotText,
    IdNotGuid,
    WrongTypes,
    /// One property has this value.
    Property {
        name: String,
        value: serde_json::Value,
    },
}

impl Fault {
    /// The status that it was given.
    pub fn status(&self) -> Option<u16> {
        match self {
            Fault::Status { status, .. } | Fault::Redirect { status, .. } | Fault::Body { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// What the answer's header and the log say.
    pub fn name(&self) -> String {
        let value = serde_json::to_value(self).unwrap_or_default();
        let kind = value["kind"].as_str().unwrap_or("fault").to_owned();
        let twist = &value["twist"];
        match twist
            .as_str()
            .or_else(|| twist.as_object()?.keys().next().map(String::as_str))
        {
            Some(twist) => format!("{kind}.{twist}"),
            None => kind,
        }
    }
}

fn found() -> u16 {
    302
}

fn ok() -> u16 {
    200
}

fn half() -> usize {
    50
}

fn some_bytes() -> usize {
    1000
}

fn html() -> String {
    "text/html; charset=utf-8".to_owned()
}

fn sign_in_page() -> String {
    "<!DOCTYPE html><html><head><title>Sign in to the network</title></head><body>…</body></html>".to_owned()
}
