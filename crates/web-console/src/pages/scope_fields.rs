//! The fields of a form that say where rights hold: everywhere, or at some instances and management servers.

use connector_core::model::{InstanceName, RightScope, ServerId};
use http::StatusCode;

use crate::failure::PageFailure;
use crate::form::FormFields;
use crate::page::PageContext;

/// What there is to choose from, as far as the caller sees it.
pub(crate) struct ScopePlaces {
    /// Names of instances.
    instances: Vec<String>,
    /// Ids and names of management servers.
    servers: Vec<(String, String)>,
}

impl ScopePlaces {
    pub(crate) async fn load(ctx: &PageContext) -> Result<ScopePlaces, PageFailure> {
        let Some(account) = ctx.account() else {
            return Err(PageFailure::plain(StatusCode::SERVICE_UNAVAILABLE, "failure-page"));
        };
        let servers = if ctx.may("Servers_Read") {
            let view = ctx.client().list_servers().await?;
            view.servers
                .into_iter()
                .map(|server| (server.id, server.display_name))
                .collect()
        } else {
            account.servers.iter().map(|id| (id.clone(), id.clone())).collect()
        };
        Ok(ScopePlaces {
            instances: account.instances.clone(),
            servers,
        })
    }
}

/// A scope as it is shown in the fields, whether or not it can be one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct TypedScope {
    /// `None`: all.
    instances: Option<Vec<String>>,
    servers: Option<Vec<String>>,
}

impl TypedScope {
    pub(crate) fn from_scope(scope: &RightScope) -> TypedScope {
        let instances = scope.instances.as_ref();
        let servers = scope.servers.as_ref();
        TypedScope {
            instances: instances.map(|names| names.iter().map(ToString::to_string).collect()),
            servers: servers.map(|ids| ids.iter().map(ToString::to_string).collect()),
        }
    }

    /// As it was typed.
    pub(crate) fn read(form: &FormFields) -> TypedScope {
        let chosen = |choice: &str, field: &str| (form.text(choice) == "some").then(|| form.values(field).to_vec());
        TypedScope {
            instances: chosen("instance_scope", "instance"),
            servers: chosen("server_scope", "server"),
        }
    }

    /// The scope that this is; "only these" with none of them is a slip.
    pub(crate) fn to_scope(&self) -> Result<RightScope, PageFailure> {
        let wrong = |key: &str| PageFailure::plain(StatusCode::UNPROCESSABLE_ENTITY, key);
        let is_empty = |names: &Option<Vec<String>>| names.as_ref().is_some_and(Vec::is_empty);
        if is_empty(&self.instances) || is_empty(&self.servers) {
            return Err(wrong("roles-scope-empty"));
        }
        let instances: Option<Result<Vec<InstanceName>, _>> = self
            .instances
            .as_ref()
            .map(|names| names.iter().map(|name| name.parse()).collect());
        let servers: Option<Result<Vec<ServerId>, _>> = self
            .servers
            .as_ref()
            .map(|ids| ids.iter().map(|id| id.parse()).collect());
        Ok(RightScope {
            instances: instances.transpose().map_err(|_| wrong("roles-scope-unknown"))?,
            servers: servers.transpose().map_err(|_| wrong("roles-scope-unknown"))?,
        })
    }
}

/// The fields.
pub(crate) struct ScopeFields {
    /// Instances, then servers.
    pub(crate) choices: Vec<ScopeChoice>,
}

/// All, or some of one kind.
pub(crate) struct ScopeChoice {
    /// Of the boxes; with `_scope` behind it that of the choice itself.
    pub(crate) field: &'static str,
    pub(crate) legend: String,
    pub(crate) all_text: String,
    pub(crate) some_text: String,
    /// Only some.
    pub(crate) limited: bool,
    /// Only some, and none is chosen.
    pub(crate) wrong: bool,
    pub(crate) options: Vec<ScopeOption>,
}

pub(crate) struct ScopeOption {
    pub(crate) value: String,
    pub(crate) label: String,
    pub(crate) ticked: bool,
}

impl ScopeFields {
    pub(crate) fn new(ctx: &PageContext, places: &ScopePlaces, typed: &TypedScope) -> ScopeFields {
        let instances = places.instances.iter().map(|name| (name.clone(), name.clone()));
        let instances = ScopeChoice {
            legend: ctx.t("roles-scope-instances-legend"),
            all_text: ctx.t("roles-scope-all-instances"),
            some_text: ctx.t("roles-scope-some-instances"),
            ..ScopeChoice::new("instance", instances.collect(), typed.instances.as_deref())
        };
        let servers = ScopeChoice {
            legend: ctx.t("roles-scope-servers-legend"),
            all_text: ctx.t("roles-scope-all-servers"),
            some_text: ctx.t("roles-scope-some-servers"),
            ..ScopeChoice::new("server", places.servers.clone(), typed.servers.as_deref())
        };
        ScopeFields {
            choices: vec![instances, servers],
        }
    }
}

impl ScopeChoice {
    /// What is chosen already and not seen by the caller stays among the options.
    fn new(field: &'static str, known: Vec<(String, String)>, chosen: Option<&[String]>) -> ScopeChoice {
        let ticked = chosen.unwrap_or_default();
        let is_known = |value: &String| known.iter().any(|(id, _)| id == value);
        let unknown: Vec<(String, String)> = ticked
            .iter()
            .filter(|value| !is_known(value))
            .map(|value| (value.clone(), value.clone()))
            .collect();
        let options = known.into_iter().chain(unknown).map(|(value, label)| ScopeOption {
            ticked: ticked.contains(&value),
            value,
            label,
        });
        ScopeChoice {
            field,
            legend: String::new(),
            all_text: String::new(),
            some_text: String::new(),
            limited: chosen.is_some(),
            wrong: chosen.is_some_and(<[String]>::is_empty),
            options: options.collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(instances: Option<&[&str]>, servers: Option<&[&str]>) -> TypedScope {
        let owned = |names: Option<&[&str]>| names.map(|names| names.iter().map(|name| (*name).to_owned()).collect());
        TypedScope {
            instances: owned(instances),
            servers: owned(servers),
        }
    }

    #[test]
    fn a_scope_is_read_as_it_is_shown() {
        for scope in [
            typed(None, None),
            typed(Some(&["IntuneConnector_1"]), None),
            typed(Some(&["IntuneConnector_1"]), Some(&["cmdb", "acmp"])),
        ] {
            let read = scope.to_scope().unwrap();
            assert_eq!(TypedScope::from_scope(&read), scope);
        }
    }

    #[test]
    fn only_these_without_any_is_a_slip_and_so_is_what_is_no_name() {
        let code = |scope: TypedScope| scope.to_scope().unwrap_err().code;
        assert_eq!(code(typed(Some(&[]), None)), "roles-scope-empty");
        assert_eq!(code(typed(None, Some(&[]))), "roles-scope-empty");
        assert_eq!(code(typed(Some(&["a b"]), None)), "roles-scope-unknown");
    }

    #[test]
    fn what_is_chosen_and_not_seen_stays_chosen() {
        let known = vec![("a".to_owned(), "A".to_owned())];
        let choice = ScopeChoice::new("server", known, Some(&["hidden".to_owned()]));
        let options: Vec<(&str, bool)> = choice
            .options
            .iter()
            .map(|option| (option.value.as_str(), option.ticked))
            .collect();
        assert_eq!(options, [("a", false), ("hidden", true)]);
        assert!(choice.limited && !choice.wrong);
    }
}
