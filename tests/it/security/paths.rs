//! No path comes from the network (E6): C3, M3, and what lies in the data folder.

#[path = "paths/audit_end.rs"]
mod audit_end;
#[path = "paths/backup.rs"]
mod backup;
#[path = "paths/modes.rs"]
mod modes;
#[path = "paths/named.rs"]
mod named;
#[path = "paths/planted.rs"]
mod planted;
#[path = "paths/settings.rs"]
mod settings;

use intune_connector::app::LocalConnection;
use reqwest::{Method, RequestBuilder};
use serde_json::Value;

use crate::support::program::{Bus, User};

/// A running bus of its own data folder, spoken to as somebody.
struct House {
    user: User,
    data: String,
}

impl House {
    fn new() -> House {
        let user = User::new();
        let data = user.path("data").display().to_string();
        House { user, data }
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.user.path("data").join(name)
    }

    fn start(&self) -> Bus {
        Bus::start(&self.user, &self.user.path("data"))
    }

    /// A command on this data folder.
    fn says(&self, line: &str) -> crate::support::program::Said {
        self.user.says(&format!("{line} --data {}", self.data))
    }

    /// The token by which commands on this machine sign in.
    fn local_token(&self) -> String {
        let text = std::fs::read(self.path("local-connection.json")).unwrap();
        serde_json::from_slice::<LocalConnection>(&text).unwrap().token
    }

    /// A new account with these rights, and its token.
    fn account(&self, name: &str, rights: &str) -> String {
        let made = self.says(&format!(
            "operators add {name} --kind server --rights {rights} --token --json"
        ));
        made.json()["token"].as_str().unwrap().to_owned()
    }
}

fn ask(bus: &Bus, token: &str, method: Method, path: &str) -> RequestBuilder {
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    http.request(method, format!("{}{path}", bus.url)).bearer_auth(token)
}

/// Status and the problem document, or what else came.
async fn answer(request: RequestBuilder) -> (u16, Value) {
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    let text = answer.text().await.unwrap();
    (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
}
