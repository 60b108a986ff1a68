//! Supervisors with what they run below them.

use std::cmp::Ordering;

use askama::Template;
use sics_client::contract::{InstanceStatus, LifecycleState, MemberStatus, SupervisorView};

use super::member::MemberRow;
use crate::failure::PageResult;
use crate::list_state::ListState;
use crate::page::PageContext;
use crate::pages::row_page::{contains_text, cut_page, sort_rows};
use crate::render::show_page;

/// States by which the list can be filtered.
const STATES: [LifecycleState; 6] = [
    LifecycleState::Running,
    LifecycleState::Starting,
    LifecycleState::Stopping,
    LifecycleState::Stopped,
    LifecycleState::BackingOff,
    LifecycleState::Failed,
];

#[derive(Template)]
#[template(path = "pages/microservices.html")]
struct MicroservicesPage<'a> {
    ctx: &'a PageContext,
    list: ListState,
    supervisors: Vec<SupervisorPart>,
    /// Name, word, whether it is chosen.
    states: Vec<(&'static str, String, bool)>,
    can_manage: bool,
    matching: u64,
    total: u64,
}

struct SupervisorPart {
    id: String,
    version: String,
    running: bool,
    kinds: String,
    members: Vec<MemberRow>,
}

pub(super) async fn show_microservices(ctx: PageContext) -> PageResult {
    let list = ctx.list();
    let (supervisors, instances) = tokio::try_join!(ctx.client().list_supervisors(), ctx.client().list_instances())?;
    let total = supervisors
        .supervisors
        .iter()
        .map(|supervisor| supervisor.members.len() as u64)
        .sum();
    let mut rows: Vec<&MemberStatus> = supervisors
        .supervisors
        .iter()
        .flat_map(|supervisor| &supervisor.members)
        .filter(|member| is_shown(member, &list))
        .collect();
    sort_rows(&mut rows, &list, |column, one, other| {
        compare_members(column, one, other)
    });
    let page = cut_page(rows, &list);
    let part = |supervisor: &SupervisorView| part_of(&ctx, supervisor, &page.rows, &instances.instances);
    let states = STATES.iter().map(|state| {
        let word = ctx.word("microservices-state-", state.name());
        (state.name(), word, list.value("state") == state.name())
    });
    show_page(&MicroservicesPage {
        ctx: &ctx,
        supervisors: supervisors.supervisors.iter().map(part).collect(),
        states: states.collect(),
        can_manage: ctx.may("Instances_Manage"),
        matching: page.matching,
        total,
        list,
    })
}

fn part_of(
    ctx: &PageContext,
    supervisor: &SupervisorView,
    shown: &[&MemberStatus],
    instances: &[InstanceStatus],
) -> SupervisorPart {
    let own = shown.iter().filter(|member| member.supervisor == supervisor.id);
    let row = |member: &&MemberStatus| {
        let status = instances.iter().find(|status| status.name.as_str() == member.name);
        MemberRow::new(ctx, member, status)
    };
    SupervisorPart {
        id: ctx.plain(&supervisor.id),
        version: ctx.plain(&supervisor.version),
        running: supervisor.running,
        kinds: ctx.plain(supervisor.kinds.join(", ")),
        members: own.map(row).collect(),
    }
}

fn is_shown(member: &MemberStatus, list: &ListState) -> bool {
    let text = list.value("q");
    let has_text = contains_text(&member.name, text) || contains_text(&member.profile, text);
    let state = list.value("state");
    has_text && (state.is_empty() || member.state.name() == state)
}

fn compare_members(column: &str, one: &MemberStatus, other: &MemberStatus) -> Ordering {
    match column {
        "state" => one.state.name().cmp(other.state.name()),
        "since" => one.since.cmp(&other.since),
        "start" => one.start_type.name().cmp(other.start_type.name()),
        "requests" => one.numbers.requests.cmp(&other.numbers.requests),
        "name" => one.name.cmp(&other.name),
        _ => Ordering::Equal,
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use connector_core::model::StartType;
    use sics_client::contract::MeterReading;

    use super::*;

    fn member(name: &str, profile: &str, state: LifecycleState) -> MemberStatus {
        MemberStatus {
            name: name.to_owned(),
            profile: profile.to_owned(),
            kind: "IntuneConnector".to_owned(),
            installation: 1,
            product: "intune-connector".to_owned(),
            version: "0.1.0".to_owned(),
            supervisor: "local".to_owned(),
            start_type: StartType::Automatic,
            state,
            since: DateTime::UNIX_EPOCH,
            restarts: 0,
            next_start: None,
            last_error: None,
            numbers: MeterReading::default(),
        }
    }

    #[test]
    fn members_are_found_by_name_or_profile_and_by_state() {
        let shown = |query: &str| {
            let list = ListState::new("/microservices", query);
            let members = [
                member("IntuneConnector_1", "Contoso", LifecycleState::Running),
                member("IntuneConnector_2", "Fabrikam", LifecycleState::Stopped),
            ];
            let names = members.iter().filter(|member| is_shown(member, &list));
            names.map(|member| member.name.clone()).collect::<Vec<_>>()
        };
        assert_eq!(shown("").len(), 2);
        assert_eq!(shown("q=fabri"), ["IntuneConnector_2"]);
        assert_eq!(shown("q=connector_1"), ["IntuneConnector_1"]);
        assert_eq!(shown("state=stopped"), ["IntuneConnector_2"]);
        assert!(shown("q=contoso&state=stopped").is_empty());
    }

    #[test]
    fn members_are_sorted_by_the_column_of_the_address() {
        let one = member("IntuneConnector_1", "b", LifecycleState::Running);
        let other = member("IntuneConnector_2", "A", LifecycleState::Failed);
        assert_eq!(compare_members("name", &one, &other), Ordering::Less);
        assert_eq!(compare_members("state", &one, &other), Ordering::Greater);
        assert_eq!(compare_members("nonsense", &one, &other), Ordering::Equal);
    }
}
