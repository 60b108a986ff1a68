//! The orders instances that a caller reaches: those where the right holds that opened the route.

use std::sync::Arc;

use axum::http::StatusCode;

use super::provider::OrderInstance;
use crate::model::{InstanceId, InstanceName, ResourceRef};
use crate::sics::Sics;
use crate::sics::auth::Caller;
use crate::sics::problem::ApiProblem;
use crate::store::{OperatorRow, OrderRow};

/// The right with which orders are placed, and one's own are cancelled and repeated.
const PLACES: &str = "Orders_Place";
/// Rights with which those of others are cancelled and repeated, where one of them holds.
const DECIDES: [&str; 2] = ["Orders_Approve", "Applications_Manage"];

/// What a caller reaches.
pub(super) struct OrderScope {
    /// Those that are installed.
    instances: Vec<OrderInstance>,
    /// Those that were removed as well: their orders are kept.
    reaches_all: bool,
    account: Arc<OperatorRow>,
}

impl OrderScope {
    pub(super) async fn read_scope(sics: &Sics, caller: &Caller) -> Result<OrderScope, ApiProblem> {
        let instances = match sics.engine().order_provider() {
            Some(provider) => provider.order_instances().await?,
            None => Vec::new(),
        };
        Ok(OrderScope::from_instances(instances, caller))
    }

    fn from_instances(mut instances: Vec<OrderInstance>, caller: &Caller) -> OrderScope {
        instances.retain(|instance| caller.reaches_instance(&instance.name));
        OrderScope {
            instances,
            reaches_all: caller.reaches_all_instances(),
            account: Arc::clone(&caller.operator),
        }
    }

    pub(super) fn reaches(&self, id: InstanceId) -> bool {
        self.reaches_all || self.find(id).is_some()
    }

    /// Whether the caller may cancel an order and have it tried again: it is their own, or they decide about orders or
    /// applications where it is carried out. A shop does not touch what another shop has ordered.
    pub(super) fn may_cancel(&self, order: &OrderRow) -> bool {
        let name = self.name_of(order.instance);
        let has = |right: &str| self.account.has_right(right, ResourceRef::for_instance(&name));
        let is_own = order.placed_by == self.account.id;
        has(PLACES) && (is_own || DECIDES.iter().any(|right| has(right)))
    }

    pub(super) fn require_may_cancel(&self, order: &OrderRow) -> Result<(), ApiProblem> {
        if self.may_cancel(order) {
            return Ok(());
        }
        let (id, by) = (&order.id, &order.placed_by_name);
        Err(ApiProblem::new(
            StatusCode::FORBIDDEN,
            "notYourOrder",
            format!("the order {id} was placed by {by}: other accounts of shops neither cancel it nor try it again"),
            format!(
                "Have {by} do it, or an account with Orders_Approve or Applications_Manage at {}.",
                self.name_of(order.instance)
            ),
        ))
    }

    /// The installed one of this number.
    pub(super) fn find(&self, id: InstanceId) -> Option<&OrderInstance> {
        self.instances.iter().find(|instance| instance.id == id)
    }

    /// The same, for what needs one that is there.
    pub(super) fn require_installed(&self, id: InstanceId) -> Result<&OrderInstance, ApiProblem> {
        self.find(id).ok_or_else(|| {
            ApiProblem::conflict(
                "instanceRemoved",
                format!("the orders instance {} was removed", self.name_of(id)),
                "Install the product intune-app-orders again, and link the application there.",
            )
        })
    }

    /// The name under which an instance is shown; one that was removed has kept its number.
    pub(super) fn name_of(&self, id: InstanceId) -> InstanceName {
        let removed = || {
            format!("IntuneAppOrders_{}", id.0)
                .parse()
                .expect("letters and a number")
        };
        self.find(id).map_or_else(removed, |instance| instance.name.clone())
    }

    /// Whose rows are listed; `None`: all, those of removed instances as well.
    pub(super) fn listed_instances(&self, named: Option<&str>) -> Result<Option<Vec<InstanceId>>, ApiProblem> {
        match named {
            Some(name) => Ok(Some(vec![self.find_by_name(name)?.id])),
            None if self.reaches_all => Ok(None),
            None => Ok(Some(self.instances.iter().map(|instance| instance.id).collect())),
        }
    }

    fn find_by_name(&self, name: &str) -> Result<&OrderInstance, ApiProblem> {
        let mut instances = self.instances.iter();
        instances
            .find(|instance| instance.name.as_str().eq_ignore_ascii_case(name))
            .ok_or_else(|| ApiProblem::not_found("orders instance", crate::model::replace_unprintable(name)))
    }

    /// The one of this name; without a name the only one.
    pub(super) fn choose_instance(&self, named: Option<&str>) -> Result<&OrderInstance, ApiProblem> {
        match (named, self.instances.as_slice()) {
            (Some(name), _) => self.find_by_name(name),
            (None, [only]) => Ok(only),
            (None, []) => Err(ApiProblem::new(
                StatusCode::NOT_FOUND,
                "noOrdersInstance",
                "no orders instance is available",
                "Install the product intune-app-orders, or widen the scope of the operator.",
            )),
            (None, several) => {
                let names: Vec<&str> = several.iter().map(|instance| instance.name.as_str()).collect();
                Err(ApiProblem::bad_request(
                    "whichInstance",
                    format!("several orders instances are available: {}", names.join(", ")),
                    "Say which one is meant: instance.",
                )
                .with_member("instances", names))
            }
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::contract::OrderTargetKind;
    use crate::model::{OperatorId, OperatorKind, RelaxationRule, RightScope, Timestamp};
    use crate::sics::auth::SignInMethod;
    use crate::store::AccountsVersion;

    /// A person with these rights, at the instances of these names or at all.
    pub(in crate::sics::orders) fn person(id: i64, rights: &[&str], names: Option<&[&str]>) -> OperatorRow {
        OperatorRow {
            id: OperatorId(id),
            name: format!("operator-{id}"),
            kind: OperatorKind::Person,
            password_hash: Some("$argon2id$one".into()),
            rights: rights.iter().map(|right| right.parse().unwrap()).collect(),
            scope: RightScope {
                instances: names.map(|names| names.iter().map(|name| name.parse().unwrap()).collect()),
                servers: None,
            },
            roles: Vec::new(),
            created_by: None,
            created_at: Timestamp::default(),
            disabled: false,
            password_given: false,
            suspended: false,
            second_factor_since: None,
        }
    }

    fn caller(rights: &[&str], names: Option<&[&str]>) -> Caller {
        Caller {
            operator: Arc::new(person(9, rights, names)),
            by: SignInMethod::Password { second_factor: false },
            address: std::net::Ipv4Addr::LOCALHOST.into(),
            asked_rights: Vec::new(),
            relaxation_rule: RelaxationRule::Never,
            accounts_version: AccountsVersion::UNJUDGED,
        }
    }

    pub(in crate::sics::orders) fn order_instance(number: i64) -> OrderInstance {
        OrderInstance {
            id: InstanceId(number),
            name: format!("IntuneAppOrders_{number}").parse().unwrap(),
            profile: String::new(),
            tenant: "7e0a0000-0000-4000-8000-000000000001".to_owned(),
            running: true,
            targets: vec![OrderTargetKind::Device],
            status_url: false,
            approval_url: false,
        }
    }

    fn scope(rights: &[&str], names: Option<&[&str]>, asked: &'static str) -> OrderScope {
        let caller = caller(rights, names).with_asked_rights(&[asked]);
        OrderScope::from_instances(vec![order_instance(3), order_instance(4)], &caller)
    }

    #[test]
    fn a_caller_reaches_the_instances_where_the_asked_right_holds() {
        let all = scope(&["Orders_Read"], None, "Orders_Read");
        assert!(
            all.reaches(InstanceId(3)) && all.reaches(InstanceId(99)),
            "removed ones too"
        );
        assert_eq!(all.listed_instances(None).unwrap(), None);
        let one = scope(&["Orders_Read"], Some(&["IntuneAppOrders_4"]), "Orders_Read");
        assert!(one.reaches(InstanceId(4)) && !one.reaches(InstanceId(3)) && !one.reaches(InstanceId(99)));
        assert_eq!(one.listed_instances(None).unwrap(), Some(vec![InstanceId(4)]));
        assert_eq!(
            one.listed_instances(Some("IntuneAppOrders_3")).unwrap_err().code(),
            "unknown"
        );
        let none = scope(&["Orders_Read"], None, "Orders_Place");
        assert!(!none.reaches(InstanceId(3)), "another right");
    }

    #[test]
    fn the_only_instance_needs_no_name() {
        let one = scope(&["*"], Some(&["IntuneAppOrders_4"]), "Applications_Manage");
        assert_eq!(one.choose_instance(None).unwrap().id, InstanceId(4));
        let two = scope(&["*"], None, "Applications_Manage");
        assert_eq!(two.choose_instance(None).unwrap_err().code(), "whichInstance");
        assert_eq!(
            two.choose_instance(Some("intuneapporders_3")).unwrap().id,
            InstanceId(3)
        );
        let none = scope(&["*"], Some(&[]), "Applications_Manage");
        assert_eq!(none.choose_instance(None).unwrap_err().code(), "noOrdersInstance");
    }
}
