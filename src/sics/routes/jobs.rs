//! Routes of jobs and their results, as a management server and as an operator sees them.

use sics_client::operation;

use super::AccessRule::{OneOf, Own, OwnOr, Person, Right, SignedIn};
use super::AccessScope::{Everywhere, Filtered, Server};
use super::route::{RouteEntry, route};
use crate::model::RelaxationRule;
use crate::sics::jobs;

pub(super) fn server_job_routes() -> Vec<RouteEntry> {
    let see_or_own = OwnOr {
        own: "Jobs_Send",
        any: "Jobs_Read",
    };
    let cancel_or_own = OwnOr {
        own: "Jobs_Send",
        any: "Jobs_Cancel",
    };
    vec![
        route(
            operation::send_job(),
            Own("Jobs_Send"),
            Server,
            jobs::submission::submit_server_job,
        )
        .relaxation_rule(RelaxationRule::Never),
        route(
            operation::list_jobs_of_server(),
            see_or_own,
            Server,
            jobs::queries::list_server_jobs,
        ),
        route(
            operation::show_job_of_server(),
            see_or_own,
            Server,
            jobs::queries::show_server_job,
        ),
        route(
            operation::cancel_job_of_server(),
            cancel_or_own,
            Server,
            jobs::operator_decisions::cancel_server_job,
        )
        .relaxation_rule(RelaxationRule::Never),
        route(
            operation::show_secrets_of_server(),
            Own("Results_Secrets"),
            Server,
            jobs::secrets::show_server_secrets,
        ),
        route(
            operation::read_results(),
            Own("Results_Read"),
            Server,
            jobs::results::read_results,
        ),
        route(
            operation::acknowledge_results(),
            Own("Results_Read"),
            Server,
            jobs::result_acknowledgement::acknowledge_results,
        )
        .relaxation_rule(RelaxationRule::Never),
    ]
}

pub(super) fn job_routes() -> Vec<RouteEntry> {
    let sees = OneOf(&["Jobs_Read", "Jobs_Send", "Jobs_Approve", "Jobs_Cancel", "Jobs_Resolve"]);
    vec![
        route(
            operation::list_actions(),
            SignedIn,
            Everywhere,
            jobs::actions::list_actions,
        ),
        route(
            operation::send_own_job(),
            Right("Jobs_Send"),
            Filtered,
            jobs::submission::submit_own_job,
        )
        .relaxation_rule(RelaxationRule::Never),
        route(operation::list_jobs(), sees, Filtered, jobs::queries::list_jobs),
        route(operation::show_job(), sees, Filtered, jobs::queries::show_job),
        route(
            operation::show_secrets(),
            Right("Results_Secrets"),
            Filtered,
            jobs::secrets::show_secrets,
        ),
        route(
            operation::approve_job(),
            Person("Jobs_Approve"),
            Filtered,
            jobs::operator_decisions::approve_job,
        )
        .relaxation_rule(RelaxationRule::Never),
        route(
            operation::reject_job(),
            Right("Jobs_Approve"),
            Filtered,
            jobs::operator_decisions::reject_job,
        )
        .relaxation_rule(RelaxationRule::Never),
        route(
            operation::cancel_job(),
            OneOf(&["Jobs_Cancel", "Jobs_Send"]),
            Filtered,
            jobs::operator_decisions::cancel_job,
        )
        .relaxation_rule(RelaxationRule::Never),
        route(
            operation::resolve_task(),
            Right("Jobs_Resolve"),
            Filtered,
            jobs::operator_decisions::resolve_task,
        )
        .relaxation_rule(RelaxationRule::Never),
    ]
}
