//! Routes of saved views and of reports.

use sics_client::operation;

use super::AccessRule::{Right, SignedIn};
use super::AccessScope::{Everywhere, Filtered};
use super::route::{RouteEntry, route};
use crate::model::RelaxationRule;
use crate::sics::{reports, saved_views};

pub(super) fn view_routes() -> Vec<RouteEntry> {
    vec![
        route(operation::list_views(), SignedIn, Everywhere, saved_views::list_views),
        route(operation::save_view(), SignedIn, Everywhere, saved_views::save_view)
            .relaxation_rule(RelaxationRule::Never),
        route(operation::remove_view(), SignedIn, Everywhere, saved_views::remove_view)
            .relaxation_rule(RelaxationRule::Never),
    ]
}

pub(super) fn report_routes() -> Vec<RouteEntry> {
    vec![
        route(
            operation::list_reports(),
            Right("Reports_Read"),
            Filtered,
            reports::list_all,
        ),
        route(
            operation::show_report(),
            Right("Reports_Read"),
            Filtered,
            reports::show_report,
        ),
        route(
            operation::export_report(),
            Right("Reports_Read"),
            Filtered,
            reports::export::export_report,
        ),
        route(
            operation::set_report_schedule(),
            Right("Reports_Manage"),
            Filtered,
            reports::schedules::set_schedule,
        )
        .relaxation_rule(RelaxationRule::Never),
        route(
            operation::remove_report_schedule(),
            Right("Reports_Manage"),
            Filtered,
            reports::schedules::remove_schedule,
        )
        .relaxation_rule(RelaxationRule::Never),
    ]
}
