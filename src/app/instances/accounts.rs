//! Each member has an account of its own on the bus, named like it, that can see nothing but its own installation; each
//! start gives it a new token. The account goes with the member.

use futures_util::future::BoxFuture;
use secrecy::SecretString;

use crate::bus::supervisor::{MemberAccounts, MemberFailure, MemberSpec};
use crate::model::{InstanceName, Right, RightScope};
use crate::sics::auth::token::ApiToken;
use crate::store::{NewOperator, NewToken, OperatorKind, OperatorRow, Store, StoreError};

/// What a member may do on the bus by itself: see how its own installation is.
const RIGHTS: [&str; 1] = ["Instances_Read"];

pub(crate) struct StoreAccounts(pub Store);

impl MemberAccounts for StoreAccounts {
    fn renew_api_token<'a>(&'a self, member: &'a MemberSpec) -> BoxFuture<'a, Result<SecretString, MemberFailure>> {
        Box::pin(async move {
            let account = self.find_or_create(member).await?;
            for old in self
                .0
                .list_tokens(account.id)
                .await
                .map_err(|error| store_failure(&error))?
            {
                let removed = self.0.remove_token(account.id, old.id).await;
                removed.map_err(|error| store_failure(&error))?;
            }
            let token = ApiToken::new().map_err(|error| {
                MemberFailure::new(
                    "token",
                    format!("failed to create a token: {error}"),
                    "see the log of the bus",
                )
                .into_transient()
            })?;
            let new = NewToken {
                operator: account.id,
                name: "this start".into(),
                sha256: token.sha256,
                scope: RightScope::default(),
                expires_at: None,
            };
            self.0.add_token(new).await.map_err(|error| store_failure(&error))?;
            Ok(token.text)
        })
    }

    fn close_account<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<(), MemberFailure>> {
        Box::pin(async move {
            let found = self
                .0
                .find_operator_by_name(name)
                .await
                .map_err(|error| store_failure(&error))?;
            match found.filter(|account| account.kind == OperatorKind::Microservice) {
                Some(account) => self
                    .0
                    .remove_operator(account.id)
                    .await
                    .map_err(|error| store_failure(&error)),
                None => Ok(()),
            }
        })
    }
}

impl StoreAccounts {
    async fn find_or_create(&self, member: &MemberSpec) -> Result<OperatorRow, MemberFailure> {
        let found = self
            .0
            .find_operator_by_name(&member.name)
            .await
            .map_err(|error| store_failure(&error))?;
        match found {
            Some(account) if account.kind == OperatorKind::Microservice => Ok(account),
            Some(_) => Err(MemberFailure::new(
                "nameTaken",
                format!("the name of operator {} is needed for a microservice", member.name),
                "remove or rename this operator",
            )),
            None => {
                let new = NewOperator {
                    name: member.name.clone(),
                    kind: OperatorKind::Microservice,
                    password_hash: None,
                    rights: RIGHTS.iter().filter_map(|right| right.parse::<Right>().ok()).collect(),
                    scope: RightScope {
                        instances: Some(own_instance(member)),
                        servers: Some(Vec::new()),
                    },
                    created_by: None,
                };
                self.0.add_operator(new).await.map_err(|error| store_failure(&error))
            }
        }
    }
}

fn own_instance(member: &MemberSpec) -> Vec<InstanceName> {
    member.name.parse().into_iter().collect()
}

fn store_failure(error: &StoreError) -> MemberFailure {
    MemberFailure::new(
        error.code(),
        error.to_string(),
        "check the state of the bus with GET /readyz",
    )
    .into_transient()
}
