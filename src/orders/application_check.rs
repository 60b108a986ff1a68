//! What the tenant has of an application at this moment, as far as [`super::assignment_plan`] asks for it; and whether orders
//! of it can be carried out now.

use super::application_trouble::{ApplicationTrouble, explain_stop, needs_repair};
use super::assignment_plan::{
    AssignmentStep, AssignmentStop, GroupName, LinksByKind, TenantSight, group_marker, judge_group,
    next_assignment_step,
};
use super::graph_trouble::{GraphNeed, PassingTrouble, explain_graph_error};
use super::order_context::OrderContext;
use super::order_text::{BilingualText, OrderTrouble};
use super::retry_pause::TroubleKind;
use crate::contract::{ApplicationState, OrderKind};
use crate::graph::GraphError;
use crate::model::Language;
use crate::store::{ApplicationRow, StoreError};

/// Reads of one check at most.
const STEPS_MAX: usize = 8;

/// Whether orders of an application can be carried out.
pub(super) enum ApplicationReadiness {
    Ready,
    NotReady(PassingTrouble),
    /// Its app is gone: they can't any more.
    Gone(OrderTrouble),
}

impl From<ApplicationTrouble> for ApplicationReadiness {
    fn from(trouble: ApplicationTrouble) -> Self {
        match trouble {
            ApplicationTrouble::Passing(passing) => ApplicationReadiness::NotReady(passing),
            ApplicationTrouble::Final(trouble) => ApplicationReadiness::Gone(trouble),
        }
    }
}

impl OrderContext {
    pub(super) fn explain(&self, error: &GraphError, need: GraphNeed) -> PassingTrouble {
        explain_graph_error(error, need, self.graph.client_id(), &self.clock)
    }

    /// Reads what this step asks for; false where it asks for something else.
    pub(super) async fn read_step(
        &self,
        application: &ApplicationRow,
        step: &AssignmentStep,
        sight: &mut TenantSight,
    ) -> Result<bool, PassingTrouble> {
        match step {
            AssignmentStep::ReadApp => {
                let app = self.graph.read_app(&application.app).await;
                sight.app = Some(app.map_err(|error| self.explain(&error, GraphNeed::ReadApps))?);
            }
            AssignmentStep::ReadGroup(kind, id) => {
                let group = self.graph.read_group(id).await;
                sight.group_mut(*kind).by_id =
                    Some(group.map_err(|error| self.explain(&error, GraphNeed::ReadGroups))?);
            }
            AssignmentStep::SearchGroup(kind) => {
                let name = GroupName::new(application, *kind, &self.settings.group_name);
                let found = self.graph.find_groups_by_marker(&name).await;
                sight.group_mut(*kind).by_marker =
                    Some(found.map_err(|error| self.explain(&error, GraphNeed::ReadGroups))?);
            }
            AssignmentStep::ReadAssignments => {
                let Some(Some(app)) = &sight.app else { return Ok(false) };
                let assignments = self.graph.list_assignments(app).await;
                sight.assignments = Some(assignments.map_err(|error| self.explain(&error, GraphNeed::ReadApps))?);
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Reads the whole of an application, and has it repaired where something is missing. Whoever calls holds its lock.
    pub(super) async fn check_application(
        &self,
        application: &ApplicationRow,
    ) -> Result<ApplicationReadiness, StoreError> {
        if application.state != ApplicationState::CreationSucceeded {
            return Ok(ApplicationReadiness::NotReady(not_ready(application)));
        }
        let mut sight = TenantSight::default();
        for _ in 0..STEPS_MAX {
            let step = next_assignment_step(application, &sight, self.clock.now());
            // What has to be searched for is not there: that is for the assignment worker.
            if matches!(step, AssignmentStep::SearchGroup(_)) {
                return self.judge_whole(application, &step).await;
            }
            match self.read_step(application, &step, &mut sight).await {
                Ok(true) => (),
                Ok(false) => return self.judge_whole(application, &step).await,
                Err(trouble) => return Ok(ApplicationReadiness::NotReady(trouble)),
            }
        }
        Ok(ApplicationReadiness::NotReady(needs_repair()))
    }

    async fn judge_whole(
        &self,
        application: &ApplicationRow,
        step: &AssignmentStep,
    ) -> Result<ApplicationReadiness, StoreError> {
        let trouble = match step {
            AssignmentStep::Complete | AssignmentStep::RecordAssignment(..) => return Ok(ApplicationReadiness::Ready),
            // An app that is being uploaded anew keeps its assignments.
            AssignmentStep::Stop(AssignmentStop::NotPublished) => return Ok(ApplicationReadiness::Ready),
            AssignmentStep::Stop(stop @ AssignmentStop::GroupNotSeen(..)) => {
                return Ok(explain_stop(application, stop).into());
            }
            AssignmentStep::Stop(stop) => explain_stop(application, stop),
            _ => ApplicationTrouble::Passing(needs_repair()),
        };
        let now = self.clock.now();
        let next = match step {
            AssignmentStep::Stop(_) => trouble.next_attempt_at(application.attempts, now),
            _ => Some(now),
        };
        tracing::warn!(application.id = %application.id, code = trouble.trouble().code, "the application is not complete in the tenant");
        let failure = trouble.trouble().to_failure(Language::En);
        self.store.fail_application(application.key, failure, next).await?;
        Ok(trouble.into())
    }

    /// Whether memberships of this group may be changed: it is there, and ours. `Ok(None)`: it is not there any more.
    pub(super) async fn find_own_group(
        &self,
        application: &ApplicationRow,
        kind: OrderKind,
    ) -> Result<Option<String>, PassingTrouble> {
        let Some(id) = application.links.group(kind) else {
            return Ok(None);
        };
        let group = self.graph.read_group(id).await;
        let group = group.map_err(|error| self.explain(&error, GraphNeed::ReadGroups))?;
        let marker = group_marker(&application.marker, kind);
        let problem = group.as_ref().and_then(|group| judge_group(group, &marker).err());
        match problem {
            None => Ok(group.map(|group| group.id)),
            Some(problem) => match explain_stop(application, &AssignmentStop::GroupProblem(kind, problem)) {
                ApplicationTrouble::Passing(passing) => Err(passing),
                ApplicationTrouble::Final(trouble) => Err(PassingTrouble::new(TroubleKind::Person, trouble)),
            },
        }
    }
}

fn not_ready(application: &ApplicationRow) -> PassingTrouble {
    let name = &application.description.display_name;
    let reason = application
        .failure
        .as_ref()
        .map_or("", |failure| failure.message.as_str());
    PassingTrouble::new(
        TroubleKind::Replication,
        OrderTrouble::new(
            "applicationNotReady",
            BilingualText::new(
                format!("The application {name} is not ready in the tenant."),
                format!("Die Anwendung {name} ist im Mandanten nicht bereit."),
            )
            .followed_by(&BilingualText::new(reason, reason)),
            BilingualText::new(
                "The order is carried out as soon as the application is ready; the page of the application says what it needs.",
                "Die Bestellung wird ausgeführt, sobald die Anwendung bereit ist; die Seite der Anwendung sagt, was sie braucht.",
            ),
        ),
    )
}
