//! The files of the console: one sheet, a few scripts, the icon. Their names carry what is in them, so browsers keep them
//! for ever and never use an old one.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use openssl::sha::sha256;

/// A file, with the start of the hash of its content.
struct Asset {
    name: &'static str,
    content: &'static [u8],
    hash: String,
}

macro_rules! list_assets {
    ($($name:literal),* $(,)?) => {
        vec![$(Asset::new($name, include_bytes!(concat!("../assets/", $name)))),*]
    };
}

static ASSETS: LazyLock<Vec<Asset>> = LazyLock::new(|| {
    list_assets![
        "actions.js",
        "api_reference.js",
        "console.css",
        "console.js",
        "dashboard.js",
        "devices.js",
        "dialogs.js",
        "forms.js",
        "installation.js",
        "jobs.css",
        "live.js",
        "messages.js",
        "print.css",
        "print.js",
        "settings.js",
        "tables.js",
        "wizard.css",
        "wizard.js",
        "wizard_answers.js",
        "wizard_checks.js",
        "wizard_registration.js",
        "wizard_stream.js",
        "icon.svg",
    ]
});

impl Asset {
    fn new(name: &'static str, content: &'static [u8]) -> Asset {
        Asset {
            name,
            content,
            hash: hex::encode(&sha256(content)[..6]),
        }
    }

    fn media_type(&self) -> &'static str {
        match self.name.rsplit('.').next() {
            Some("css") => "text/css; charset=utf-8",
            Some("js") => "text/javascript; charset=utf-8",
            Some("svg") => "image/svg+xml",
            _ => "application/octet-stream",
        }
    }
}

/// The path by which a page asks for a file. Scripts ask for each other by `./NAME`: all of them stand below one hash, that
/// of all of them together.
pub(crate) fn path_of(name: &str) -> String {
    format!("/assets/{}/{name}", &*ALL_HASH)
}

static ALL_HASH: LazyLock<String> = LazyLock::new(|| {
    let all: String = ASSETS.iter().map(|asset| asset.hash.as_str()).collect();
    hex::encode(&sha256(all.as_bytes())[..6])
});

pub(crate) async fn show_asset(Path((hash, name)): Path<(String, String)>) -> Response {
    let found = ASSETS.iter().find(|asset| asset.name == name);
    let Some(asset) = found.filter(|_| hash == *ALL_HASH) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let headers = [
        (header::CONTENT_TYPE, asset.media_type()),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
    ];
    (headers, asset.content).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sheet_is_small_and_nothing_outside_is_asked_for() {
        let sheet = ASSETS.iter().find(|asset| asset.name == "console.css").unwrap();
        assert!(sheet.content.len() <= 20_000, "{} bytes", sheet.content.len());
        for asset in ASSETS.iter() {
            let text = String::from_utf8_lossy(asset.content);
            let outside = text.replace("http://www.w3.org/2000/svg", "");
            assert!(
                !outside.contains("http://") && !outside.contains("https://"),
                "{}",
                asset.name
            );
            assert!(!text.contains("eval(") && !text.contains("innerHTML"), "{}", asset.name);
        }
    }
}
