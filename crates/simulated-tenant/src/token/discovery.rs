//! What clients ask before they ask for a token: OpenID configuration, keys, instance discovery.
//!
//! The addresses in the answers are those by which the client came, so that a client behind the proxy stays at
//! `login.microsoftonline.com` and one that was pointed at the simulator stays there.

use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use super::errors::{Refusal, refuse};
use super::grant::find_tenant;
use super::hosts::{self, Cloud};
use super::request::{Arrival, EndpointVersion};
use crate::directory::Directory;

pub(super) fn openid_configuration(
    directory: &Directory,
    arrival: &Arrival,
    headers: &HeaderMap,
    now: DateTime<Utc>,
) -> Response {
    let (tenant, cloud) = match find_tenant(directory, arrival) {
        Ok(tenant) => (tenant.id.clone(), tenant.home()),
        Err(refusal) if refusal.code == 50_059 => {
            let cloud = hosts::cloud_of_login(&arrival.host);
            (arrival.tenant.clone(), cloud.unwrap_or(&hosts::CLOUDS[0]))
        }
        Err(refusal) => return refuse(&refusal, now, headers),
    };
    let mut shown = shared_by_versions(cloud);
    let own = match arrival.version {
        EndpointVersion::V1 => only_in_v1(&arrival.base, &tenant, cloud),
        EndpointVersion::V2 => only_in_v2(&arrival.base, &tenant),
    };
    shown.extend(own);
    axum::Json(shown).into_response()
}

fn shared_by_versions(cloud: &Cloud) -> Map<String, Value> {
    members(json!({
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "request_uri_parameter_supported": false,
        "http_logout_supported": true, "frontchannel_logout_supported": true,
        "claims_supported": ["sub", "iss", "aud", "exp", "iat", "nonce", "tid", "ver"],
        "tenant_region_scope": "EU", "cloud_instance_name": cloud.name,
        "msgraph_host": cloud.graph.first(),
    }))
}

/// Its issuer is no address that the client came by: it is the same at every host of the cloud.
fn only_in_v1(base: &str, tenant: &str, cloud: &Cloud) -> Map<String, Value> {
    let at = format!("{base}/{tenant}");
    let issuer = match uuid::Uuid::try_parse(tenant) {
        Ok(_) => hosts::issuer(cloud, tenant),
        Err(_) => hosts::issuer(cloud, "{tenantid}"),
    };
    members(json!({
        "token_endpoint": format!("{at}/oauth2/token"),
        "jwks_uri": format!("{base}/common/discovery/keys"),
        "response_types_supported": ["code", "id_token", "code id_token", "token id_token", "token"],
        "scopes_supported": ["openid"],
        "issuer": issuer,
        "authorization_endpoint": format!("{at}/oauth2/authorize"),
        "device_authorization_endpoint": format!("{at}/oauth2/devicecode"),
        "end_session_endpoint": format!("{at}/oauth2/logout"),
        "microsoft_multi_refresh_token": true,
    }))
}

fn only_in_v2(base: &str, tenant: &str) -> Map<String, Value> {
    let at = format!("{base}/{tenant}");
    members(json!({
        "token_endpoint": format!("{at}/oauth2/v2.0/token"),
        "jwks_uri": format!("{at}/discovery/v2.0/keys"),
        "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "issuer": format!("{at}/v2.0"),
        "authorization_endpoint": format!("{at}/oauth2/v2.0/authorize"),
        "device_authorization_endpoint": format!("{at}/oauth2/v2.0/devicecode"),
        "end_session_endpoint": format!("{at}/oauth2/v2.0/logout"),
    }))
}

fn members(object: Value) -> Map<String, Value> {
    match object {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

/// `GET /common/discovery/instance`: is the host in `authorization_endpoint` one to send secrets to?
pub(super) fn instance(query: &str, arrival: &Arrival, headers: &HeaderMap, now: DateTime<Utc>) -> Response {
    let endpoint = url::form_urlencoded::parse(query.as_bytes())
        .find(|(name, _)| name == "authorization_endpoint")
        .and_then(|(_, value)| url::Url::parse(&value).ok());
    let Some(endpoint) = endpoint else {
        return refuse(
            &Refusal::with(900_144, "Missing: 'authorization_endpoint'."),
            now,
            headers,
        );
    };
    let host = endpoint.host_str().unwrap_or_default().trim_matches(['[', ']']);
    if hosts::cloud_of_login(host).is_none() && host != arrival.host {
        return refuse(&Refusal::new(50_049), now, headers);
    }
    let tenant = endpoint
        .path_segments()
        .and_then(|mut path| path.next())
        .unwrap_or("common");
    let authority = &endpoint[url::Position::BeforeHost..url::Position::AfterPort];
    axum::Json(json!({
        "tenant_discovery_endpoint": format!("{}://{authority}/{tenant}/v2.0/.well-known/openid-configuration", endpoint.scheme()),
        "api-version": "1.1",
        "metadata": metadata(),
    }))
    .into_response()
}

fn metadata() -> Vec<Value> {
    hosts::CLOUDS
        .iter()
        .map(|cloud| {
            let first = cloud.login.first();
            json!({"preferred_network": first, "preferred_cache": first, "aliases": cloud.login})
        })
        .collect()
}
