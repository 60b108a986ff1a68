//! When a fault strikes: which requests it waits for, from the how-manieth on, how often, by what chance.

use serde::{Deserialize, Serialize};

use super::kind::Fault;

/// A fault and its occasion, as a test posts it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Rule {
    pub fault: Fault,
    /// The path as the request has it; `*` stands for any text.
    pub path: String,
    /// Paths that it spares, though they fit.
    pub unless: Option<String>,
    pub method: Option<String>,
    /// A text that must stand in the query as it came.
    pub query: Option<String>,
    pub tenant: Option<String>,
    pub app: Option<String>,
    /// Only from this page of a walk on (the first is 1); the list only.
    pub from_page: Option<u32>,
    /// The first matching request it strikes; 1 is the next one.
    pub nth: u32,
    /// How often it strikes; 0 is until it is taken back.
    pub times: u32,
    /// In a thousand; the draw comes from the rule's own dice.
    pub chance: u16,
}

impl Default for Rule {
    fn default() -> Self {
        Rule {
            fault: Fault::Silent {},
            path: "/*".to_owned(),
            unless: None,
            method: None,
            query: None,
            tenant: None,
            app: None,
            from_page: None,
            nth: 1,
            times: 1,
            chance: 1000,
        }
    }
}

/// What a rule looks at.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    pub method: &'a str,
    pub path: &'a str,
    pub query: &'a str,
    pub tenant: Option<&'a str>,
    pub app: Option<&'a str>,
    pub page: Option<u32>,
}

impl Rule {
    pub fn fits(&self, seen: Seen<'_>) -> bool {
        let same = |wanted: &Option<String>, given: Option<&str>| {
            wanted
                .as_deref()
                .is_none_or(|wanted| given.is_some_and(|given| given.eq_ignore_ascii_case(wanted)))
        };
        self.method
            .as_deref()
            .is_none_or(|method| method.eq_ignore_ascii_case(seen.method))
            && glob(&self.path, seen.path)
            && self.unless.as_deref().is_none_or(|spared| !glob(spared, seen.path))
            && self.query.as_deref().is_none_or(|text| seen.query.contains(text))
            && same(&self.tenant, seen.tenant)
            && same(&self.app, seen.app)
            && self
                .from_page
                .is_none_or(|page| seen.page.is_some_and(|seen| seen >= page))
            && (self.is_for_the_list() <= seen.is_list())
            && (self.is_for_actions() <= (seen.method != "GET"))
    }

    /// A torn list can only strike a list, or the overview's count.
    fn is_for_the_list(&self) -> bool {
        matches!(self.fault, Fault::List { .. })
    }

    /// How a device takes an action is no matter of reading it.
    fn is_for_actions(&self) -> bool {
        matches!(self.fault, Fault::Conduct { .. })
    }
}

impl Seen<'_> {
    fn is_list(&self) -> bool {
        let lists = [
            "/managedDevices",
            "/managedDeviceOverview",
            "/detectedApps",
            "/deviceCompliancePolicyStates",
            "/mobileApps",
            "/assignments",
            "/groups",
            "/members",
            "/users",
            "/devices",
        ];
        self.method == "GET" && lists.iter().any(|list| self.path.ends_with(list))
    }
}

/// `*` for any text, everything else for itself.
fn glob(pattern: &str, text: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let Some(text) = text.strip_prefix(head) else {
        return false;
    };
    let starts = text.char_indices().map(|(at, _)| at).chain([text.len()]);
    starts.into_iter().any(|at| glob(rest, &text[at..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_text() {
        assert!(glob("/*", "/v1.0/deviceManagement/managedDevices"));
        assert!(glob("/v1.0/*/managedDevices", "/v1.0/deviceManagement/managedDevices"));
        assert!(glob("*/token", "/a/b/token"));
        assert!(!glob(
            "/v1.0/*/managedDevices",
            "/v1.0/deviceManagement/managedDevices/7"
        ));
    }

    #[test]
    fn a_rule_says_all_it_means_in_json() {
        let rule: Rule = serde_json::from_str(
            r#"{"fault":{"kind":"throttled","retryAfter":{"seconds":5}},"path":"/v1.0/*","nth":3,"times":0}"#,
        )
        .unwrap();
        assert_eq!(
            rule.fault,
            Fault::Throttled {
                retry_after: super::super::kind::Again::Seconds(5)
            }
        );
        assert!(serde_json::from_str::<Rule>(r#"{"fault":{"kind":"silent"},"nht":3}"#).is_err());
        assert!(serde_json::from_str::<Rule>(r#"{"fault":{"kind":"nonsense"}}"#).is_err());
        let twist: Rule =
            serde_json::from_str(r#"{"fault":{"kind":"list","twist":{"overlap":{"devices":3}}}}"#).unwrap();
        assert_eq!(twist.fault.name(), "list.overlap");
    }
}
