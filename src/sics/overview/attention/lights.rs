//! A light for each instance and each management server: made of their items. Pure.

use super::item::BoardItem;
use super::servers::ServerFacts;
use crate::contract::{
    AttentionItemView, AttentionSeverity, AttentionSubject, InstanceState, InstanceStatus, Light, LightView,
    MemberStatus,
};

/// What is about the instance itself decides, whoever looks: its nodes and workflows are seen by others.
pub(super) fn decide_instance_light(
    status: &InstanceStatus,
    member: Option<&MemberStatus>,
    items: &[BoardItem],
) -> LightView {
    let off = match status.state {
        InstanceState::Disabled => Some("disabled"),
        InstanceState::Stopped => Some("stopped"),
        InstanceState::Idle
        | InstanceState::Scanning
        | InstanceState::Failing
        | InstanceState::Braked
        | InstanceState::Misconfigured => None,
    };
    if let Some(cause) = off {
        return LightView {
            name: status.name.to_string(),
            light: Light::Off,
            cause: Some(cause.to_owned()),
            since: member.map(|member| member.since),
        };
    }
    let own = items.iter().map(|item| &item.view).filter(|item| {
        let is_own = matches!(
            item.subject_kind,
            AttentionSubject::Instance | AttentionSubject::Credential
        );
        is_own && item.subject == status.name.as_str()
    });
    light_of_items(status.name.to_string(), own)
}

/// `item`: what is the matter with it.
pub(super) fn decide_server_light(facts: &ServerFacts<'_>, item: Option<&BoardItem>) -> LightView {
    let light = light_of_items(facts.row.id.to_string(), item.map(|item| &item.view));
    if !facts.row.accepted {
        return LightView {
            light: Light::Off,
            ..light
        };
    }
    if facts.has_operator {
        return light;
    }
    LightView {
        light: Light::Off,
        cause: Some("operatorDisabled".to_owned()),
        since: None,
        ..light
    }
}

/// The worst of them decides; of several as bad as each other, the one that waits longest.
fn light_of_items<'a>(name: String, items: impl IntoIterator<Item = &'a AttentionItemView>) -> LightView {
    let worst = items
        .into_iter()
        .min_by_key(|item| (item.severity, item.since.is_none(), item.since));
    LightView {
        name,
        light: match worst.map(|item| item.severity) {
            None => Light::Good,
            Some(AttentionSeverity::Watch) => Light::Warning,
            Some(AttentionSeverity::Act) => Light::Bad,
        },
        cause: worst.map(|item| item.code.clone()),
        since: worst.and_then(|item| item.since),
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta};

    use super::super::super::known_world::FactVisibility;
    use super::super::super::visibility::tests::server;
    use super::*;
    use crate::contract::{FleetView, UnreadView};
    use crate::model::Timestamp;
    use crate::store::ServerRow;

    fn now() -> Timestamp {
        DateTime::from_timestamp(1_790_000_000, 0).unwrap()
    }

    fn status(state: InstanceState) -> InstanceStatus {
        InstanceStatus {
            name: "IntuneConnector_1".parse().unwrap(),
            state,
            cause: None,
            detail: None,
            profile: None,
            tenant_id: "tenant".into(),
            devices: 0,
            complete: true,
            fleet: FleetView::default(),
            unread: UnreadView::default(),
            last_full: None,
            last_incremental: None,
            next_full: None,
            next_incremental: None,
            refused: Vec::new(),
            primary_users_refused: None,
            waiting_confirmation: 0,
            credential_days_left: None,
            changed_workflows: Vec::new(),
        }
    }

    fn item(code: &str, severity: AttentionSeverity, kind: AttentionSubject, subject: &str) -> BoardItem {
        BoardItem::new(
            code,
            severity,
            (kind, subject),
            String::new(),
            FactVisibility::Everybody,
        )
    }

    #[test]
    fn the_worst_of_its_own_items_gives_an_instance_its_light() {
        let items = [
            item(
                "a",
                AttentionSeverity::Watch,
                AttentionSubject::Credential,
                "IntuneConnector_1",
            )
            .since(now()),
            item("b", AttentionSeverity::Act, AttentionSubject::Node, "IntuneConnector_1"),
            item(
                "c",
                AttentionSeverity::Act,
                AttentionSubject::Instance,
                "IntuneConnector_2",
            ),
        ];
        let light = |state, items: &[BoardItem]| {
            let light = decide_instance_light(&status(state), None, items);
            (light.light, light.cause)
        };
        assert_eq!(light(InstanceState::Idle, &[]), (Light::Good, None));
        assert_eq!(
            light(InstanceState::Idle, &items),
            (Light::Warning, Some("a".to_owned()))
        );
        assert_eq!(
            light(InstanceState::Stopped, &items),
            (Light::Off, Some("stopped".to_owned()))
        );
        assert_eq!(
            light(InstanceState::Disabled, &items),
            (Light::Off, Some("disabled".to_owned()))
        );
        let failing = |code, hours| {
            item(
                code,
                AttentionSeverity::Act,
                AttentionSubject::Instance,
                "IntuneConnector_1",
            )
            .since(now() - TimeDelta::hours(hours))
        };
        let both = [failing("new", 1), failing("old", 5)];
        assert_eq!(
            light(InstanceState::Failing, &both),
            (Light::Bad, Some("old".to_owned()))
        );
    }

    #[test]
    fn a_server_that_is_not_accepted_or_has_no_operator_is_off() {
        let light = |row: &ServerRow, has_operator, item: Option<&BoardItem>| {
            let facts = ServerFacts {
                row,
                has_operator,
                receives: true,
                pending: 0,
                webhook: None,
            };
            let light = decide_server_light(&facts, item);
            (light.light, light.cause)
        };
        let row = server("cmdb");
        let new = ServerRow {
            accepted: false,
            ..row.clone()
        };
        let waits = item(
            "serverToAccept",
            AttentionSeverity::Act,
            AttentionSubject::Server,
            "cmdb",
        );
        let silent = item(
            "serverSilent",
            AttentionSeverity::Watch,
            AttentionSubject::Server,
            "cmdb",
        );
        assert_eq!(light(&row, true, None), (Light::Good, None));
        assert_eq!(
            light(&row, true, Some(&silent)),
            (Light::Warning, Some("serverSilent".to_owned()))
        );
        assert_eq!(
            light(&new, true, Some(&waits)),
            (Light::Off, Some("serverToAccept".to_owned()))
        );
        assert_eq!(
            light(&row, false, None),
            (Light::Off, Some("operatorDisabled".to_owned()))
        );
    }
}
