//! Finds the field whose answer is wrong, so that cause and cure are shown there.

use crate::bus::DesiredSettings;

/// Settings that a cause may lie in, the likeliest first; the last one is what stays where none of them was answered.
fn candidate_settings(code: &str) -> &'static [&'static str] {
    match code {
        "AADSTS7000213" | "AADSTS7000215" | "AADSTS7000222" | "secretEmpty" => &["secret"],
        "AADSTS700027" | "pfxUnreadable" | "pfxWithoutKey" | "pfxSeveralKeys" | "pfxLegacy" | "keyNotRsa" => {
            &["pfx", "cert"]
        }
        "pfxPassword" => &["pfx_password", "pfx"],
        "certificateUnreadable" => &["cert", "pfx"],
        "keyUnreadable" | "keyDoesNotFit" => &["key", "pfx"],
        "tokenFile" | "AADSTS700024" => &["token_file", "pfx", "cert"],
        "AADSTS90002" | "AADSTS900023" | "AADSTS5000225" => &["tenant_id"],
        "AADSTS700016" | "AADSTS7000229" | "AADSTS7000112" | "AADSTS70001" | "AADSTS700025" | "AADSTS7000218"
        | "missing" => &["client_id"],
        "AADSTS500011" | "AADSTS70011" | "AADSTS1002012" => &["graph_url", "cloud"],
        "proxyWantsPassword" => &["proxy_password", "proxy_user", "proxy"],
        "proxyRefused" | "proxyUnreachable" | "proxyWantsOther" => &["proxy"],
        "tlsUntrusted" | "authorities" => &["ca", "proxy", "network"],
        "nameNotFound" | "connectionRefused" | "unreachable" | "timedOut" | "connectionReset" | "noConnection"
        | "tlsFailed" | "notATokenEndpoint" => &["proxy", "login_url", "graph_url", "cloud"],
        "notAnnounced" | "notAccepted" | "notInForce" | "operatorDisabled" | "mayNotRead" => &["servers"],
        _ => &["client_id"],
    }
}

/// `subject`: the host concerned, where there is one; it tells which of two addresses is meant.
pub(crate) fn field_for_code(wanted: &DesiredSettings, code: &str, subject: Option<&str>) -> String {
    let all = candidate_settings(code);
    let given = |key: &&&str| {
        let value = wanted.settings.values().find_map(|settings| settings.get(**key));
        // The usual cloud is nobody's answer: behind a network that reaches nothing there is a proxy first.
        value.is_some_and(|value| !value.is_empty() && (**key, value.as_str()) != ("cloud", "global"))
    };
    let names_subject = |key: &&&str| {
        let value = wanted.settings.values().find_map(|settings| settings.get(**key));
        value.is_some_and(|value| subject.is_some_and(|subject| value.contains(subject)))
    };
    let addresses = all.iter().filter(|key| key.ends_with("_url") || **key == "proxy");
    let key = addresses
        .clone()
        .find(names_subject)
        .or_else(|| all.iter().find(given))
        .or_else(|| all.first())
        .copied()
        .unwrap_or_default();
    wanted.field_for(key).to_owned()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use zeroize::Zeroizing;

    use super::*;

    fn wanted(settings: &[(&str, &str)]) -> DesiredSettings {
        let own: BTreeMap<_, _> = settings
            .iter()
            .map(|(key, value)| ((*key).to_owned(), Zeroizing::new((*value).to_owned())))
            .collect();
        DesiredSettings {
            settings: BTreeMap::from([("IntuneConnector".to_owned(), own)]),
            fields: BTreeMap::from([("client_id".to_owned(), "application".to_owned())]),
            ..DesiredSettings::default()
        }
    }

    #[test]
    fn a_cause_stands_at_the_field_that_was_answered() {
        for (settings, code, subject, field) in [
            (&[("secret", "x")][..], "AADSTS7000215", None, "secret"),
            (&[("pfx", "x")], "pfxPassword", None, "pfx"),
            (
                &[("pfx", "x"), ("pfx_password", "y")],
                "pfxPassword",
                None,
                "pfx_password",
            ),
            (&[("cert", "x")], "AADSTS700027", None, "cert"),
            (
                &[("proxy", "http://p:3128")],
                "connectionRefused",
                Some("p:3128"),
                "proxy",
            ),
            (
                &[("login_url", "http://a:1"), ("graph_url", "http://b:2")],
                "nameNotFound",
                Some("b"),
                "graph_url",
            ),
            (
                &[("login_url", "http://a:1"), ("graph_url", "http://b:2")],
                "nameNotFound",
                Some("a"),
                "login_url",
            ),
            (&[("cloud", "china")], "nameNotFound", Some("login.example"), "cloud"),
            (&[("cloud", "global")], "nameNotFound", Some("login.example"), "proxy"),
            (&[("secret", "x")], "tlsUntrusted", Some("login.example"), "ca"),
            (&[], "missing", None, "application"),
        ] {
            assert_eq!(field_for_code(&wanted(settings), code, subject), field, "{code}");
        }
    }
}
