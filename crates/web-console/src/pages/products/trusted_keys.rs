//! Whose packages are accepted. A key is shown by its fingerprint before it is trusted: people compare that with what its
//! owner says, not the key.

use askama::Template;
use axum::extract::Path;
use http::StatusCode;
use openssl::pkey::{Id, PKey};
use openssl::sha::sha256;
use sics_client::contract::KeyBody;

use crate::failure::{PageFailure, PageResult};
use crate::form::FormFields;
use crate::page::PageContext;
use crate::render::{go_to, show_page_as};

/// A key to be trusted, as it is shown first.
#[derive(Debug, Clone, PartialEq, Eq)]
struct OfferedKey {
    pem: String,
    fingerprint: String,
}

#[derive(Template)]
#[template(path = "pages/trusted_keys.html")]
struct TrustedKeysPage<'a> {
    ctx: &'a PageContext,
    keys: Vec<String>,
    offered: Option<OfferedKey>,
    pem: String,
    problem: Option<&'a PageFailure>,
}

/// In groups of four, as people read it aloud.
fn group_fingerprint(fingerprint: &str) -> String {
    let letters: Vec<char> = fingerprint.chars().collect();
    let groups: Vec<String> = letters.chunks(4).map(|group| group.iter().collect()).collect();
    groups.join(" ")
}

impl TrustedKeysPage<'_> {
    fn grouped(&self, fingerprint: &str) -> String {
        group_fingerprint(fingerprint)
    }
}

/// SHA-256 of the 32 bytes of an Ed25519 key, hex, as the bus names it; `None`: it is no such key.
fn find_fingerprint(pem: &str) -> Option<String> {
    let key = PKey::public_key_from_pem(pem.as_bytes()).ok()?;
    let raw = key.raw_public_key().ok().filter(|_| key.id() == Id::ED25519)?;
    Some(hex::encode(sha256(&raw)))
}

pub(super) async fn show_keys(ctx: PageContext) -> PageResult {
    render(&ctx, None, String::new(), None).await
}

async fn render(
    ctx: &PageContext,
    offered: Option<OfferedKey>,
    pem: String,
    problem: Option<&PageFailure>,
) -> PageResult {
    let keys = ctx.client().list_trusted_keys().await?.keys;
    let status = problem.map_or(StatusCode::OK, |problem| problem.status);
    let page = TrustedKeysPage {
        ctx,
        keys,
        offered,
        pem,
        problem,
    };
    show_page_as(status, &page)
}

/// The first time shows the fingerprint, the second time, with the same fingerprint, trusts it.
pub(super) async fn trust_key(ctx: PageContext, form: FormFields) -> PageResult {
    let file = form
        .file("file")
        .map(|file| String::from_utf8_lossy(&file.content).into_owned());
    let pem = file.unwrap_or_else(|| form.text("pem").to_owned());
    let Some(fingerprint) = find_fingerprint(&pem) else {
        let failure = PageFailure::plain(StatusCode::UNPROCESSABLE_ENTITY, "products-no-key");
        return render(&ctx, None, pem, Some(&failure)).await;
    };
    if form.text("fingerprint") != fingerprint {
        let offered = OfferedKey { pem, fingerprint };
        return render(&ctx, Some(offered), String::new(), None).await;
    }
    match ctx.client().trust_key(&KeyBody { pem: pem.clone() }).await {
        Ok(_) => go_to(&ctx, "/trusted-keys", "key-trusted"),
        Err(error) => {
            let failure = PageFailure::from(error);
            render(&ctx, None, pem, Some(&failure)).await
        }
    }
}

pub(super) async fn distrust_key(ctx: PageContext, Path(key): Path<String>) -> PageResult {
    match ctx.client().distrust_key(&key).await {
        Ok(()) => go_to(&ctx, "/trusted-keys", "key-distrusted"),
        Err(error) => {
            let failure = PageFailure::from(error);
            render(&ctx, None, String::new(), Some(&failure)).await
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_known_by_the_hash_of_its_bytes() {
        let key = PKey::generate_ed25519().unwrap();
        let pem = String::from_utf8(key.public_key_to_pem().unwrap()).unwrap();
        let expected = hex::encode(sha256(&key.raw_public_key().unwrap()));
        assert_eq!(find_fingerprint(&pem), Some(expected.clone()));
        assert_eq!(group_fingerprint(&expected).split(' ').count(), 16);
    }

    #[test]
    fn what_is_no_ed25519_key_has_no_fingerprint() {
        let other = PKey::from_rsa(openssl::rsa::Rsa::generate(2048).unwrap()).unwrap();
        let pem = String::from_utf8(other.public_key_to_pem().unwrap()).unwrap();
        for text in [pem.as_str(), "", "-----BEGIN PUBLIC KEY-----"] {
            assert_eq!(find_fingerprint(text), None);
        }
    }
}
