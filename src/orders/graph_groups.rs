//! Groups of Entra and their members, as orders use them. Whether a group may be touched at all is decided in
//! [`super::assignment_plan`].

use serde_json::{Value, json};

use super::assignment_plan::{GroupFacts, GroupName};
use super::order_graph::{OrderGraph, parse_value, text_of, unreadable};
use crate::graph::{EndpointVersion, GraphError, OrderRequest, WriteOutcome, encode_literal, encode_segment};
use crate::model::Timestamp;

const GROUPS: &str = "/groups";
const SELECT: &str =
    "id,displayName,description,groupTypes,isAssignableToRole,mailEnabled,securityEnabled,membershipRule";

/// Members on a page, the most that Graph gives.
const MEMBERS_ON_PAGE: usize = 999;
/// Groups in one question for memberships, the most that Graph takes.
const GROUPS_IN_QUESTION: usize = 20;

/// Which of the groups that were asked for an object is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MembershipReading {
    pub member_of: Vec<String>,
    /// Graph's `Date`.
    pub date: Timestamp,
}

/// A group that was put into one of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NestedGroup {
    pub id: String,
    pub name: String,
}

impl OrderGraph {
    /// `None`: it is not there (any more, or not everywhere yet).
    pub async fn read_group(&self, group: &str) -> Result<Option<GroupFacts>, GraphError> {
        let path = format!("{GROUPS}/{}?$select={SELECT}", encode_segment(group));
        match self.client().read_object(&path).await {
            Ok(reading) => read_group_facts(&parse_value(&reading.body))
                .map(Some)
                .ok_or_else(unreadable),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Groups that have this marker. They are looked for by the two names that they were made with: descriptions can't be
    /// searched everywhere. A group that was made a moment ago may be missing.
    pub async fn find_groups_by_marker(&self, name: &GroupName) -> Result<Vec<GroupFacts>, GraphError> {
        let mut found: Vec<GroupFacts> = Vec::new();
        for (property, value) in [("mailNickname", &name.nickname), ("displayName", &name.display_name)] {
            let path = format!(
                "{GROUPS}?$filter={property}%20eq%20{}&$select={SELECT}",
                encode_literal(value)
            );
            let groups = match self.list_values(EndpointVersion::V1, &path).await {
                Ok(groups) => groups,
                // Not every directory filters by every property; the other name remains.
                Err(error) if error.status() == Some(400) && property == "mailNickname" => continue,
                Err(error) => return Err(error),
            };
            let marked = groups.iter().filter_map(read_group_facts);
            found.extend(marked.filter(|group| group.has_marker(&name.marker)));
            if !found.is_empty() {
                break;
            }
        }
        Ok(found)
    }

    pub async fn create_group(&self, name: &GroupName) -> WriteOutcome {
        let body = json!({
            "displayName": name.display_name, "description": name.description(), "mailEnabled": false,
            "mailNickname": name.nickname, "securityEnabled": true, "groupTypes": [],
        });
        self.send(OrderRequest::create_group(&body)).await
    }

    pub async fn delete_group(&self, group: &str) -> WriteOutcome {
        self.send(OrderRequest::delete_group(group)).await
    }

    /// One question for all of these groups; a POST that changes nothing.
    pub async fn read_membership(&self, object: &str, groups: &[&str]) -> Result<MembershipReading, GraphError> {
        let body = json!({"groupIds": groups}).to_string();
        let reading = self.client().query_memberships(object, body.into()).await?;
        let answer = parse_value(&reading.body);
        let groups_of = answer["value"].as_array().ok_or_else(unreadable)?;
        Ok(MembershipReading {
            member_of: groups_of
                .iter()
                .filter_map(|group| Some(group.as_str()?.to_owned()))
                .collect(),
            date: reading.date,
        })
    }

    /// The group within `group` by which an object is in it, although it is not a member itself: the question above looks
    /// through nested groups. `None`: it is a member itself, or in no group that lies in this one.
    pub async fn find_nested_group(&self, group: &str, object: &str) -> Result<Option<NestedGroup>, GraphError> {
        let group = encode_segment(group);
        let path = format!("{GROUPS}/{group}/members?$select=id,displayName&$top={MEMBERS_ON_PAGE}");
        let members = self.list_values(EndpointVersion::V1, &path).await?;
        let is_object = |member: &Value| text_of(member, "id").is_some_and(|id| id.eq_ignore_ascii_case(object));
        if members.iter().any(is_object) {
            return Ok(None);
        }
        let nested: Vec<NestedGroup> = members.iter().filter_map(read_nested_group).collect();
        for some in nested.chunks(GROUPS_IN_QUESTION) {
            let ids: Vec<&str> = some.iter().map(|group| group.id.as_str()).collect();
            let reading = self.read_membership(object, &ids).await?;
            if let Some(found) = some.iter().find(|group| reading.has_group(&group.id)) {
                return Ok(Some(found.clone()));
            }
        }
        Ok(None)
    }

    pub async fn add_member(&self, group: &str, object: &str) -> WriteOutcome {
        let object = encode_segment(object);
        let member = format!("{}/v1.0/directoryObjects/{object}", self.client().base_url());
        self.send(OrderRequest::add_member(group, &json!({"@odata.id": member})))
            .await
    }

    pub async fn remove_member(&self, group: &str, object: &str) -> WriteOutcome {
        self.send(OrderRequest::remove_member(group, object)).await
    }
}

impl MembershipReading {
    pub fn has_group(&self, group: &str) -> bool {
        self.member_of.iter().any(|known| known.eq_ignore_ascii_case(group))
    }
}

/// `None`: the member is no group.
fn read_nested_group(member: &Value) -> Option<NestedGroup> {
    if member["@odata.type"].as_str() != Some("#microsoft.graph.group") {
        return None;
    }
    let id = text_of(member, "id")?;
    Some(NestedGroup {
        name: text_of(member, "displayName").unwrap_or_else(|| id.clone()),
        id,
    })
}

fn read_group_facts(group: &Value) -> Option<GroupFacts> {
    let kinds = group["groupTypes"].as_array().cloned().unwrap_or_default();
    let is_kind = |wanted: &str| kinds.iter().any(|kind| kind.as_str() == Some(wanted));
    Some(GroupFacts {
        id: text_of(group, "id")?,
        description: text_of(group, "description").unwrap_or_default(),
        is_security: group["securityEnabled"].as_bool() != Some(false),
        is_mail_enabled: group["mailEnabled"].as_bool() == Some(true) || is_kind("Unified"),
        is_dynamic: is_kind("DynamicMembership") || text_of(group, "membershipRule").is_some(),
        is_role_assignable: group["isAssignableToRole"].as_bool() == Some(true),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_the_members_of_a_group_only_groups_are_nested_ones() {
        let group = json!({"@odata.type": "#microsoft.graph.group", "id": "g-1", "displayName": "All of sales"});
        let found = read_nested_group(&group).map(|group| (group.id, group.name));
        assert_eq!(found, Some(("g-1".to_owned(), "All of sales".to_owned())));
        let nameless = json!({"@odata.type": "#microsoft.graph.group", "id": "g-1"});
        assert_eq!(
            read_nested_group(&nameless).map(|group| group.name).as_deref(),
            Some("g-1")
        );
        for other in [
            json!({"@odata.type": "#microsoft.graph.device", "id": "d-1"}),
            json!({"id": "g-1"}),
            json!({"@odata.type": "#microsoft.graph.group"}),
        ] {
            assert_eq!(read_nested_group(&other), None, "{other}");
        }
    }
}
