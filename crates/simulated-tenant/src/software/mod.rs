//! Intune's apps: the catalogue, who they are assigned to, and what becomes of it on devices.
//!
//! The course of an installation is a function of what was asked and of the clock ([`course`]): a device that is wanted
//! since a moment has a row that is pending, then final. Nothing is kept for it but what was true before the last
//! change ([`Software::remember`]), so that a device that left a group keeps its old row, as reports do.
//!
//! | file | what |
//! |---|---|
//! | app_type | the types: platform, settings of an assignment, which version knows it |
//! | catalogue | the apps of a tenant, from its seed |
//! | assignment | who gets an app, and how |
//! | reach | which devices that means |
//! | course | what a device says of an app, and when |
//! | outcome | how an installation ends, by chance or by the control API |
//! | settings | what is open, both ways |

mod app_type;
mod assignment;
mod catalogue;
mod course;
mod outcome;
mod reach;
mod settings;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use uuid::Uuid;

pub use app_type::{APP_TYPES, AppType, find_type};
pub use assignment::{ALL_DEVICES, ALL_USERS, Assignment, Intent, NewAssignment, Target};
pub use catalogue::{MobileApp, Publishing};
pub use course::{InstallRow, InstallState};
pub use outcome::{Ending, OutcomeRule};
pub use reach::devices_of;
pub use settings::{BetaTypes, SoftwareTuning};

use super::objects::Objects;
use super::world::{Ticks, World};
use course::Wanted;
use reach::Reach;

#[derive(Debug)]
pub struct Software {
    apps: Vec<MobileApp>,
    /// By app.
    assignments: HashMap<Uuid, Vec<Assignment>>,
    /// What devices said of an app before their last change.
    past: HashMap<Uuid, BTreeMap<Uuid, PastWish>>,
    /// The newest rule that fits decides.
    outcomes: Vec<OutcomeRule>,
}

/// What a device was wanted to do with an app until something changed, and what it said then.
#[derive(Debug, Clone, Copy)]
struct PastWish {
    wanted: Option<Wanted>,
    row: Option<InstallRow>,
    /// When it changed.
    at: Ticks,
}

/// What everything here is judged by.
#[derive(Clone, Copy)]
pub struct Surroundings<'a> {
    pub world: &'a World,
    pub objects: &'a Objects,
    pub tuning: &'a SoftwareTuning,
    pub now: Ticks,
}

impl Software {
    pub fn of_seed(seed: u64, objects: &Objects, now: Ticks) -> Self {
        let apps = catalogue::of_seed(seed, now);
        let assignments = catalogue::assignments(&apps, objects, now);
        Software {
            apps,
            assignments,
            past: HashMap::new(),
            outcomes: Vec::new(),
        }
    }

    pub fn apps(&self) -> &[MobileApp] {
        &self.apps
    }

    pub fn app(&self, id: Uuid) -> Option<&MobileApp> {
        self.apps.iter().find(|app| app.id == id)
    }

    pub fn add_app(&mut self, app: MobileApp) {
        self.apps.push(app);
    }

    pub fn remove_app(&mut self, id: Uuid) -> bool {
        let before = self.apps.len();
        self.apps.retain(|app| app.id != id);
        self.assignments.remove(&id);
        self.past.remove(&id);
        self.apps.len() < before
    }

    pub fn assignments(&self, app: Uuid) -> &[Assignment] {
        self.assignments.get(&app).map_or(&[], Vec::as_slice)
    }

    pub fn add_assignment(&mut self, app: Uuid, assignment: Assignment) {
        self.assignments.entry(app).or_default().push(assignment);
    }

    /// All of them, in place of what there was.
    pub fn set_assignments(&mut self, app: Uuid, assignments: Vec<Assignment>) {
        self.assignments.insert(app, assignments);
    }

    /// False where there is no such assignment.
    pub fn remove_assignment(&mut self, app: Uuid, id: &str) -> bool {
        let Some(assignments) = self.assignments.get_mut(&app) else {
            return false;
        };
        let before = assignments.len();
        assignments.retain(|assignment| assignment.id != id);
        assignments.len() < before
    }

    pub fn outcomes(&self) -> &[OutcomeRule] {
        &self.outcomes
    }

    pub fn add_outcome(&mut self, rule: OutcomeRule) {
        self.outcomes.push(rule);
    }

    pub fn clear_outcomes(&mut self) {
        self.outcomes.clear();
    }

    /// Apps with an assignment to this group.
    pub fn apps_of_group(&self, group: Uuid) -> Vec<Uuid> {
        let with = self.assignments.iter().filter(|(_, assignments)| {
            let mut targets = assignments.iter().map(|assignment| assignment.target);
            targets.any(|target| target.group() == Some(group))
        });
        with.map(|(app, _)| *app).collect()
    }

    /// Keeps what devices say of an app, before something changes what they are wanted to do. `devices`: only these.
    pub fn remember(&mut self, app: Uuid, devices: Option<&[Uuid]>, around: Surroundings<'_>) {
        let rows = match devices {
            Some(devices) => self.rows_of(app, devices.iter().copied(), around),
            None => self.rows(app, around),
        };
        let devices = devices.map_or_else(|| rows.keys().copied().collect(), <[Uuid]>::to_vec);
        let reaches = self.reaches(app, around);
        let wishes = devices.into_iter().map(|device| {
            let past = self.past.get(&app).and_then(|past| past.get(&device));
            let wish = PastWish {
                wanted: effective_wish(reach::wanted(&reaches, device, around), past),
                row: rows.get(&device).copied(),
                at: around.now,
            };
            (device, wish)
        });
        let wishes: Vec<(Uuid, PastWish)> = wishes.collect();
        self.past.entry(app).or_default().extend(wishes);
    }

    /// What every device says of an app that has something to say.
    pub fn rows(&self, app: Uuid, around: Surroundings<'_>) -> BTreeMap<Uuid, InstallRow> {
        let mut devices: BTreeSet<Uuid> = self
            .past
            .get(&app)
            .into_iter()
            .flat_map(BTreeMap::keys)
            .copied()
            .collect();
        for reach in self.reaches(app, around) {
            reach.add_devices(around, &mut devices);
        }
        self.rows_of(app, devices.into_iter(), around)
    }

    /// What one device says of an app.
    pub fn row(&self, app: Uuid, device: Uuid, around: Surroundings<'_>) -> Option<InstallRow> {
        self.rows_of(app, std::iter::once(device), around).remove(&device)
    }

    /// What an app is wanted to do on a device, if anything.
    pub fn intent(&self, app: Uuid, device: Uuid, around: Surroundings<'_>) -> Option<Intent> {
        let reaches = self.reaches(app, around);
        reach::wanted(&reaches, device, around).map(|wanted| wanted.intent)
    }

    fn reaches(&self, app: Uuid, around: Surroundings<'_>) -> Vec<Reach> {
        let assignments = self.assignments(app).iter();
        assignments
            .map(|assignment| Reach::of(assignment, around.objects))
            .collect()
    }

    fn rows_of(
        &self,
        app: Uuid,
        devices: impl Iterator<Item = Uuid>,
        around: Surroundings<'_>,
    ) -> BTreeMap<Uuid, InstallRow> {
        let Some(app) = self.app(app) else {
            return BTreeMap::new();
        };
        let reaches = self.reaches(app.id, around);
        let past = self.past.get(&app.id);
        let rows = devices.filter_map(|id| {
            let device = around.world.get(id)?;
            let past = past.and_then(|past| past.get(&id));
            let wanted = effective_wish(reach::wanted(&reaches, id, around), past);
            let past = past.and_then(|past| past.row);
            let fits = app.kind.fits(device.kind.os);
            let plan = |wanted: Wanted| outcome::plan(&self.outcomes, app, id, wanted, fits, around.tuning);
            Some((id, course::row(wanted, past, plan, around.now)?))
        });
        rows.collect()
    }
}

/// A wish that was there all the time, and behind another one, holds since that one has gone.
fn effective_wish(wanted: Option<Wanted>, past: Option<&PastWish>) -> Option<Wanted> {
    let mut wanted = wanted?;
    if let Some(past) = past {
        let since = past.wanted.filter(|before| before.intent == wanted.intent);
        wanted.since = wanted.since.max(since.map_or(past.at, |before| before.since));
    }
    Some(wanted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objects::{NewGroup, object_of};

    #[test]
    fn a_device_that_changes_groups_is_installed_and_then_removed() {
        let now = Ticks::parse("2026-11-20T10:00:00Z").unwrap();
        let mut world = World::new(7);
        let device = world.populate(1, Some("Windows"), now)[0];
        world.change(device, |device| device.entra = Some(Uuid::from_u128(7)));
        let mut objects = Objects::of_seed(7, &World::new(7), now);
        let mut software = Software::of_seed(7, &objects, now);
        let app = software.apps()[0].id;
        let groups = [(); 2].map(|()| objects.create_group(NewGroup::default(), now));
        for (group, intent) in groups.into_iter().zip([Intent::Required, Intent::Uninstall]) {
            let new = NewAssignment {
                intent,
                target: Target::Group(group),
                settings: serde_json::Value::Null,
            };
            software.add_assignment(app, Assignment::new(new, None, now));
        }
        let tuning = SoftwareTuning {
            pending_after_ms: 1000,
            ends_after_ms: 60_000,
            ..SoftwareTuning::default()
        };
        let object = object_of(Uuid::from_u128(7));
        let state = |software: &Software, objects: &Objects, seconds: i64| {
            let around = Surroundings {
                world: &world,
                objects,
                tuning: &tuning,
                now: now.plus_seconds(seconds),
            };
            software.row(app, device, around).map(|row| row.state)
        };
        assert_eq!(state(&software, &objects, 0), None);
        objects.group_mut(groups[0]).unwrap().add_member(object, now);
        assert_eq!(state(&software, &objects, 0), None);
        assert_eq!(state(&software, &objects, 2), Some(InstallState::PendingInstall));
        assert_eq!(state(&software, &objects, 61), Some(InstallState::Installed));
        let later = now.plus_seconds(100);
        let around = Surroundings {
            world: &world,
            objects: &objects,
            tuning: &tuning,
            now: later,
        };
        software.remember(app, Some(&[device]), around);
        objects.group_mut(groups[0]).unwrap().remove_member(object, later);
        assert_eq!(
            state(&software, &objects, 101),
            Some(InstallState::Installed),
            "its old row stays"
        );
        objects.group_mut(groups[1]).unwrap().add_member(object, later);
        assert_eq!(state(&software, &objects, 120), Some(InstallState::Installed));
        assert_eq!(state(&software, &objects, 161), Some(InstallState::NotInstalled));
        software.add_outcome(OutcomeRule {
            ending: Ending::Fails,
            error_code: Some(-1),
            ..OutcomeRule::default()
        });
        assert_eq!(state(&software, &objects, 161), Some(InstallState::UninstallFailed));
    }
}
