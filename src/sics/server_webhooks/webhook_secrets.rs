//! Address and keys of a webhook between the store, where they are sealed, and the sender. A key is sealed for its address: put
//! beside another one it opens nowhere (E7).

use secrecy::ExposeSecret;
use url::Url;
use zeroize::Zeroizing;

use crate::config::{NetworkSettings, SealContext, SealError, SecretKey};
use crate::model::{ServerId, Timestamp};
use crate::store::ServerWebhookRow;
use crate::webhooks::{WebhookKey, WebhookKeyError, WebhookTarget, WebhookTargetError};

/// Why nothing can be posted, as it is kept.
#[derive(Debug, thiserror::Error)]
pub(super) enum WebhookUnusable {
    #[error("address or key cannot be opened: it {}", .0.problem())]
    Sealed(#[from] SealError),
    #[error(transparent)]
    Key(#[from] WebhookKeyError),
    #[error("the address or a key that is kept is damaged")]
    Damaged,
    #[error(transparent)]
    Target(#[from] WebhookTargetError),
}

/// The address of a webhook.
pub(super) fn open_url(key: &SecretKey, row: &ServerWebhookRow) -> Result<Url, WebhookUnusable> {
    let place = SealContext::WebhookAddress { server: &row.server };
    let text = open_text(key, place, &row.sealed_url)?;
    Url::parse(&text).map_err(|_| WebhookUnusable::Damaged)
}

/// Where messages go and what signs them at `now`; the present key comes first.
pub(super) fn open_target(
    key: &SecretKey,
    row: &ServerWebhookRow,
    now: Timestamp,
) -> Result<WebhookTarget, WebhookUnusable> {
    let url = open_url(key, row)?;
    let place = SealContext::WebhookKey {
        server: &row.server,
        address: url.as_str(),
    };
    let old = row.old_key.as_ref().filter(|old| old.until > now);
    let sealed = std::iter::once(row.sealed_key.as_str()).chain(old.map(|old| old.sealed.as_str()));
    let mut keys = Vec::new();
    for sealed in sealed {
        let text = open_text(key, place, sealed)?;
        keys.push(WebhookKey::parse(&text)?);
    }
    Ok(WebhookTarget {
        url,
        keys,
        allow_private: row.allow_private,
        network: NetworkSettings::default(),
    })
}

pub(super) fn seal_url(key: &SecretKey, server: &ServerId, url: &Url) -> Result<String, SealError> {
    key.seal_secret(SealContext::WebhookAddress { server }, url.as_str().as_bytes())
}

/// A new key in clear, and sealed for this address.
pub(super) fn draw_key(
    key: &SecretKey,
    server: &ServerId,
    url: &Url,
) -> Result<(Zeroizing<String>, String), SealError> {
    let clear = WebhookKey::generate_text()?;
    let place = SealContext::WebhookKey {
        server,
        address: url.as_str(),
    };
    let sealed = key.seal_secret(place, clear.as_bytes())?;
    Ok((clear, sealed))
}

fn open_text(key: &SecretKey, place: SealContext<'_>, sealed: &str) -> Result<Zeroizing<String>, WebhookUnusable> {
    let clear = key.open_sealed(place, sealed)?;
    let text = std::str::from_utf8(clear.expose_secret()).map_err(|_| WebhookUnusable::Damaged)?;
    Ok(Zeroizing::new(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta};

    use super::*;
    use crate::store::OldWebhookKey;

    fn now() -> Timestamp {
        DateTime::from_timestamp(1_790_000_000, 0).unwrap()
    }

    fn row(key: &SecretKey, url: &Url) -> ServerWebhookRow {
        let server: ServerId = "cmdb".parse().unwrap();
        ServerWebhookRow {
            revision: 1,
            sealed_url: seal_url(key, &server, url).unwrap(),
            address: "https://cmdb.example".to_owned(),
            allow_private: false,
            sealed_key: draw_key(key, &server, url).unwrap().1,
            old_key: Some(OldWebhookKey {
                sealed: draw_key(key, &server, url).unwrap().1,
                until: now(),
            }),
            set_at: now(),
            failing: None,
            failing_since: None,
            attempts: 0,
            next_attempt_at: None,
            planned_at: None,
            set_aside_at: None,
            last_error: None,
            delivered_at: None,
            server,
        }
    }

    #[test]
    fn two_keys_sign_until_the_earlier_one_ends() {
        let key = SecretKey::generate_ephemeral().unwrap();
        let url = Url::parse("https://cmdb.example/hook?token=t").unwrap();
        let row = row(&key, &url);
        let count = |at| open_target(&key, &row, at).unwrap().keys.len();
        assert_eq!((count(now() - TimeDelta::seconds(1)), count(now())), (2, 1));
        assert_eq!(open_target(&key, &row, now()).unwrap().url, url);
    }

    #[test]
    fn e7_a_key_opens_for_its_own_address_and_server_alone() {
        let key = SecretKey::generate_ephemeral().unwrap();
        let url = Url::parse("https://cmdb.example/hook").unwrap();
        let other = Url::parse("https://evil.example/hook").unwrap();
        let good = row(&key, &url);
        let moved = ServerWebhookRow {
            sealed_url: seal_url(&key, &good.server, &other).unwrap(),
            ..good.clone()
        };
        assert!(matches!(
            open_target(&key, &moved, now()),
            Err(WebhookUnusable::Sealed(SealError::OtherPlace))
        ));
        let lent = ServerWebhookRow {
            server: "other".parse().unwrap(),
            ..good
        };
        assert!(open_target(&key, &lent, now()).is_err());
    }
}
