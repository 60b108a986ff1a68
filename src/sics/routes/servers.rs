//! Routes of management servers and of what they read: changes, acknowledgements, rewinding.

use sics_client::operation;

use super::AccessRule::{Own, OwnOr, Right};
use super::AccessScope::{Filtered, Server};
use super::route::{RouteEntry, route};
use crate::model::RelaxationRule;
use crate::sics::server_webhooks::settings as server_webhooks;
use crate::sics::{change_rejects, changes, server_limits, servers};

pub(super) fn server_routes() -> Vec<RouteEntry> {
    let read_or_own = OwnOr {
        own: "Servers_Announce",
        any: "Servers_Read",
    };
    let manage_or_own = OwnOr {
        own: "Changes_Read",
        any: "Servers_Manage",
    };
    vec![
        route(operation::list_servers(), read_or_own, Filtered, servers::list_servers),
        route(
            operation::announce_server(),
            Right("Servers_Announce"),
            Server,
            servers::announce_server,
        )
        .relaxation_rule(RelaxationRule::Never),
        route(operation::show_server(), read_or_own, Server, servers::show_server),
        route(
            operation::limit_server(),
            Right("Servers_Manage"),
            Server,
            server_limits::limit_server,
        )
        .relaxation_rule(RelaxationRule::Never),
        route(
            operation::remove_server(),
            Right("Servers_Manage"),
            Server,
            servers::remove,
        )
        .relaxation_rule(RelaxationRule::Never),
        route(
            operation::accept_server(),
            Right("Servers_Manage"),
            Server,
            servers::accept_server,
        )
        .relaxation_rule(RelaxationRule::Never),
        route(
            operation::read_changes(),
            Own("Changes_Read"),
            Server,
            changes::read_changes,
        ),
        route(
            operation::acknowledge_changes(),
            Own("Changes_Read"),
            Server,
            changes::acknowledge_changes,
        )
        .relaxation_rule(RelaxationRule::Never),
        route(
            operation::reject_changes(),
            Own("Changes_Read"),
            Server,
            change_rejects::reject_changes,
        )
        .relaxation_rule(RelaxationRule::Never),
        route(
            operation::list_rejects(),
            read_or_own,
            Server,
            change_rejects::list_rejects,
        ),
        route(
            operation::resend_device(),
            manage_or_own,
            Server,
            change_rejects::resend_device,
        )
        .relaxation_rule(RelaxationRule::Never),
        route(
            operation::rewind_server(),
            manage_or_own,
            Server,
            servers::rewind_server,
        )
        .relaxation_rule(RelaxationRule::Never),
        route(
            operation::resync_server(),
            manage_or_own,
            Server,
            servers::resync_server,
        )
        .relaxation_rule(RelaxationRule::Never),
        route(
            operation::set_server_webhook(),
            Right("Servers_Manage"),
            Server,
            server_webhooks::set_server_webhook,
        )
        .relaxation_rule(RelaxationRule::Never),
        route(
            operation::remove_server_webhook(),
            Right("Servers_Manage"),
            Server,
            server_webhooks::remove_server_webhook,
        )
        .relaxation_rule(RelaxationRule::Never),
        route(
            operation::roll_server_webhook(),
            Right("Servers_Manage"),
            Server,
            server_webhooks::roll_server_webhook,
        )
        .relaxation_rule(RelaxationRule::Never),
        route(
            operation::test_server_webhook(),
            Right("Servers_Manage"),
            Server,
            server_webhooks::test_server_webhook,
        )
        .relaxation_rule(RelaxationRule::Never),
    ]
}
