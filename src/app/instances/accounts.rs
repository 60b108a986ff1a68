//! Each member has an account of its own on the bus, named like it, that can see nothing but its own installation; each
//! start gives it a new token. The account goes with the member.

use futures_util::future::BoxFuture;
use secrecy::SecretString;

use crate::bus::supervisor::{Accounts, MemberSpec, Trouble};
use crate::model::{InstanceName, Right, Scope};
use crate::sics::auth::token::Token;
use crate::store::{NewOperator, NewToken, OperatorKind, OperatorRow, Store, StoreError};

/// What a member may do on the bus by itself: see how its own installation is.
const RIGHTS: [&str; 1] = ["Instances_Read"];

pub struct StoreAccounts(pub Store);

impl Accounts for StoreAccounts {
    fn token<'a>(&'a self, member: &'a MemberSpec) -> BoxFuture<'a, Result<SecretString, Trouble>> {
        Box::pin(async move {
            let account = self.account(member).await?;
            for old in self.0.tokens(account.id).await.map_err(|error| store(&error))? {
                let removed = self.0.remove_token(account.id, old.id).await;
                removed.map_err(|error| store(&error))?;
            }
            let token = Token::new().map_err(|error| {
                Trouble::new(
                    "token",
                    format!("failed to make a token: {error}"),
                    "see the log of the bus",
                )
                .passing()
            })?;
            let new = NewToken {
                operator: account.id,
                name: "this start".into(),
                sha256: token.sha256,
                scope: Scope::default(),
                expires_at: None,
            };
            self.0.add_token(new).await.map_err(|error| store(&error))?;
            Ok(token.text)
        })
    }

    fn close<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<(), Trouble>> {
        Box::pin(async move {
            let found = self.0.operator_by_name(name).await.map_err(|error| store(&error))?;
            match found.filter(|account| account.kind == OperatorKind::Microservice) {
                Some(account) => self.0.remove_operator(account.id).await.map_err(|error| store(&error)),
                None => Ok(()),
            }
        })
    }
}

impl StoreAccounts {
    async fn account(&self, member: &MemberSpec) -> Result<OperatorRow, Trouble> {
        let found = self
            .0
            .operator_by_name(&member.name)
            .await
            .map_err(|error| store(&error))?;
        match found {
            Some(account) if account.kind == OperatorKind::Microservice => Ok(account),
            Some(_) => Err(Trouble::new(
                "nameTaken",
                format!("there is an operator {}, who is no microservice", member.name),
                "remove this operator, or give him another name",
            )),
            None => {
                let new = NewOperator {
                    name: member.name.clone(),
                    kind: OperatorKind::Microservice,
                    password_hash: None,
                    rights: RIGHTS.iter().filter_map(|right| right.parse::<Right>().ok()).collect(),
                    scope: Scope {
                        instances: Some(own(member)),
                        servers: Some(Vec::new()),
                    },
                    created_by: None,
                };
                self.0.add_operator(new).await.map_err(|error| store(&error))
            }
        }
    }
}

fn own(member: &MemberSpec) -> Vec<InstanceName> {
    member.name.parse().into_iter().collect()
}

fn store(error: &StoreError) -> Trouble {
    Trouble::new(
        error.code(),
        error.to_string(),
        "GET /readyz shows whether the bus is well",
    )
    .passing()
}
