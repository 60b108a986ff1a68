//! The simulated tenant from behind: its apps and devices, who is in which group, and what was written.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::json;
use simulated_tenant::objects::object_of;
use simulated_tenant::software::{OutcomeRule, Target};
use simulated_tenant::{Running, Tenant};
use uuid::Uuid;

/// The description of our groups begins so.
const MARK: &str = "intune-connector:";
/// Tries to enrol a device that a test can use.
const TRIES: usize = 1_000;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    pub id: Uuid,
    pub name: String,
}

/// A Windows device as Intune and Entra know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Machine {
    pub intune: Uuid,
    pub entra: Uuid,
    pub object: Uuid,
    pub name: String,
    pub serial: String,
    pub owner: Person,
}

pub fn tenant(sim: &Running) -> Arc<Tenant> {
    sim.simulated.tenant(&sim.registration.tenant_id).unwrap()
}

/// A laptop whose owner has no other one.
pub fn enrol_laptop(sim: &Running) -> Machine {
    let (now, tenant) = (sim.simulated.now(), tenant(sim));
    let mut world = tenant.world.write().unwrap();
    for _ in 0..TRIES {
        let id = world.populate(1, Some("Windows"), now)[0];
        let device = world.get(id).unwrap().clone();
        let alone = device.user.filter(|owner| world.devices_of_user(*owner).len() == 1);
        let owner = alone.and_then(|owner| world.person(Some(owner))).cloned();
        let entra = device
            .entra
            .filter(|entra| !entra.is_nil() && world.devices_of_entra(*entra).len() == 1);
        let (Some(owner), Some(entra)) = (owner, entra) else {
            world.remove(id);
            continue;
        };
        let name = format!("LAP-{}", id.simple().to_string()[..10].to_uppercase());
        world.change(id, |device| {
            device.name = name.as_str().into();
            let set = device.set.get_or_insert_default();
            set.insert("managementAgent".to_owned(), json!("mdm"));
        });
        return Machine {
            intune: id,
            entra,
            object: object_of(entra),
            name,
            serial: device.serial.to_string(),
            owner: Person {
                id: owner.id,
                name: owner.principal_name.to_string(),
            },
        };
    }
    panic!("no laptop with an owner of its own after {TRIES} tries");
}

/// One more laptop of somebody who has one.
pub fn enrol_second_laptop(sim: &Running, owner: &Person) -> Machine {
    let machine = enrol_laptop(sim);
    let tenant = tenant(sim);
    let mut world = tenant.world.write().unwrap();
    let index = world.person_index(owner.id).unwrap();
    world.change(machine.intune, |device| device.user = Some(index));
    Machine {
        owner: owner.clone(),
        ..machine
    }
}

/// Another name of a device, as Intune has it.
pub fn rename(sim: &Running, machine: &Machine, name: &str) {
    let tenant = tenant(sim);
    let mut world = tenant.world.write().unwrap();
    assert!(world.change(machine.intune, |device| device.name = name.into()));
}

/// The id of the first app of this name.
pub fn app_named(sim: &Running, name: &str) -> String {
    let tenant = tenant(sim);
    let software = tenant.software.read().unwrap();
    let app = software.apps().iter().find(|app| app.name == name);
    app.unwrap_or_else(|| panic!("no app {name}")).id.to_string()
}

/// One more app for Windows; its id.
pub fn add_app(sim: &Running, name: &str) -> String {
    let tenant = tenant(sim);
    let mut software = tenant.software.write().unwrap();
    let like = software.apps().iter().find(|app| app.name == "Notepad++ 8.8.1");
    let mut app = like.unwrap().clone();
    (app.id, app.name) = (Uuid::new_v4(), name.to_owned());
    let id = app.id.to_string();
    software.add_app(app);
    id
}

/// How installations end from now on.
pub fn set_outcome(sim: &Running, rule: OutcomeRule) {
    tenant(sim).software.write().unwrap().add_outcome(rule);
}

pub fn clear_outcomes(sim: &Running) {
    tenant(sim).software.write().unwrap().clear_outcomes();
}

/// Takes a person or device out of the directory, or puts it back.
pub fn set_absent(sim: &Running, object: Uuid, is_absent: bool) {
    tenant(sim).objects.write().unwrap().set_absent(object, is_absent);
}

/// Who is in a group, in truth.
pub fn members(sim: &Running, group: &str) -> BTreeSet<Uuid> {
    let tenant = tenant(sim);
    let objects = tenant.objects.read().unwrap();
    let group = objects.group(group.parse().unwrap());
    group
        .map(|group| group.members().map(|(member, _)| member).collect())
        .unwrap_or_default()
}

/// The groups that were made by orders: mark in the description, id.
pub fn own_groups(sim: &Running) -> BTreeMap<String, Vec<Uuid>> {
    let tenant = tenant(sim);
    let objects = tenant.objects.read().unwrap();
    let mut found: BTreeMap<String, Vec<Uuid>> = BTreeMap::new();
    for group in objects.groups() {
        let mark = group.description.as_deref().and_then(find_mark);
        if let Some(mark) = mark {
            found.entry(mark).or_default().push(group.id);
        }
    }
    found
}

/// `intune-connector:<marker>:install`
fn find_mark(description: &str) -> Option<String> {
    let mark = description.split_whitespace().find(|word| word.starts_with(MARK))?;
    Some(mark.to_owned())
}

/// Assignments of an app to groups that orders made: intent and group.
pub fn own_assignments(sim: &Running, app: &str) -> Vec<(String, Uuid)> {
    let groups: BTreeSet<Uuid> = own_groups(sim).into_values().flatten().collect();
    let tenant = tenant(sim);
    let software = tenant.software.read().unwrap();
    let assignments = software.assignments(app.parse().unwrap()).iter();
    let ours = assignments.filter_map(|assignment| match assignment.target {
        Target::Group(group) if groups.contains(&group) => Some((assignment.intent.name().to_owned(), group)),
        _ => None,
    });
    let mut ours: Vec<_> = ours.collect();
    ours.sort();
    ours
}

/// All that is other people's: groups with their members, and assignments. Nothing of it may change.
pub fn foreign_things(sim: &Running) -> Vec<String> {
    let ours: BTreeSet<Uuid> = own_groups(sim).into_values().flatten().collect();
    let tenant = tenant(sim);
    let (objects, software) = (tenant.objects.read().unwrap(), tenant.software.read().unwrap());
    let groups = objects.groups().filter(|group| !ours.contains(&group.id)).map(|group| {
        let members: Vec<Uuid> = group.members().map(|(member, _)| member).collect();
        format!("group {} {:?} {members:?}", group.id, group.description)
    });
    let mut found: Vec<String> = groups.collect();
    for app in software.apps() {
        let foreign = software.assignments(app.id).iter();
        let foreign = foreign.filter(|assignment| assignment.made_by.is_none());
        found.extend(
            foreign.map(|assignment| format!("assignment {} {} {}", app.id, assignment.id, assignment.settings)),
        );
    }
    found.sort();
    found
}

/// Groups that were made twice, by their mark; and objects that were in both groups of an application at any time.
pub fn find_breaches(sim: &Running) -> Vec<String> {
    let groups = own_groups(sim);
    let twice = groups.iter().filter(|(_, ids)| ids.len() > 1);
    let mut breaches: Vec<String> = twice
        .map(|(mark, ids)| format!("{mark} was made {} times", ids.len()))
        .collect();
    let mut application_of: BTreeMap<Uuid, &str> = BTreeMap::new();
    for (mark, ids) in &groups {
        let marker = mark.rsplit_once(':').map_or(mark.as_str(), |(marker, _)| marker);
        application_of.extend(ids.iter().map(|id| (*id, marker)));
    }
    // Who is in which groups of which application, as the writes follow each other.
    let mut inside: BTreeMap<(&str, Uuid), BTreeSet<Uuid>> = BTreeMap::new();
    for write in tenant(sim).writes.list(0) {
        let is_member_write = write.endpoint.contains("/members");
        let group = write.keys.first().and_then(|key| key.parse::<Uuid>().ok());
        let Some((group, application)) = group.and_then(|group| Some((group, *application_of.get(&group)?))) else {
            continue;
        };
        for member in write.detail["members"]
            .as_array()
            .into_iter()
            .flatten()
            .filter(|_| is_member_write)
        {
            let member: Uuid = member.as_str().unwrap().parse().unwrap();
            let within = inside.entry((application, member)).or_default();
            if write.endpoint.starts_with("POST ") {
                within.insert(group);
            } else {
                within.remove(&group);
            }
            if within.len() > 1 {
                breaches.push(format!(
                    "{member} was in both groups of {application} at write {}",
                    write.number
                ));
            }
        }
    }
    breaches
}

/// Writes to an endpoint, such as `POST /groups`, that took effect.
pub fn count_writes(sim: &Running, endpoint: &str) -> u64 {
    tenant(sim)
        .writes
        .by_endpoint()
        .get(endpoint)
        .copied()
        .unwrap_or_default()
}

/// The permissions of the application from now on.
pub async fn grant(sim: &Running, roles: &[&str]) {
    let (tenant, client) = (&sim.registration.tenant_id, &sim.registration.client_id);
    let url = format!("{}/simulator/apps/{tenant}/{client}/roles", sim.base);
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let answer = http.put(url).json(&json!({"roles": roles})).send().await.unwrap();
    assert!(answer.status().is_success(), "{answer:?}");
}

/// The group that was made last is not to be known again.
pub fn take_mark_from_newest_group(sim: &Running) {
    let made = tenant(sim)
        .writes
        .list(0)
        .into_iter()
        .rfind(|write| write.endpoint == "POST /groups");
    let id: Uuid = made.unwrap().detail["id"].as_str().unwrap().parse().unwrap();
    let tenant = tenant(sim);
    let mut objects = tenant.objects.write().unwrap();
    let group = objects.group_mut(id).unwrap();
    (group.description, group.mail_nickname) = (None, "forgotten".to_owned());
}

/// A group of other people's gets another description.
pub fn touch_foreign_group(sim: &Running) {
    let ours: BTreeSet<Uuid> = own_groups(sim).into_values().flatten().collect();
    let tenant = tenant(sim);
    let mut objects = tenant.objects.write().unwrap();
    let foreign = objects.groups().map(|group| group.id).find(|id| !ours.contains(id));
    let group = objects.group_mut(foreign.unwrap()).unwrap();
    group.description = Some("somebody was here".to_owned());
}
