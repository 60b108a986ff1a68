//! The one table of routes: method, path, what its caller needs, where that must hold, and the handler. The router is
//! made of it, and so is the OpenAPI document; there is no other way in, so a route without a row can't exist.

mod compliance;

use std::any::Any;
use std::time::Instant;

use axum::extract::{DefaultBodyLimit, MatchedPath, Request, State};
use axum::handler::Handler;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, MethodRouter, on};
use tower_http::catch_panic::CatchPanicLayer;

pub use super::guard::{Need, Place};

use super::guard::{Guard, stand};
use super::problem::Problem;
use super::{
    Sics, audit, backup, changes, connection, devices, health, install, instances, jobs, limit, openapi, operators,
    power, preview, products, scans, servers, verify, workflows,
};
use crate::observe::metric;
use Need::{OneOf, Open, Own, OwnOr, Person, Right, SelfOr, SignedIn};
use Place::{Everywhere, Filtered, Instance, Server, Unscoped};

/// A row, as far as it can be shown.
#[derive(Debug, Clone)]
pub struct RouteFacts {
    pub method: Method,
    pub path: &'static str,
    pub need: Need,
    pub place: Place,
    /// `operationId` in the OpenAPI document.
    pub operation: &'static str,
    pub summary: &'static str,
    /// Names and meanings of query parameters.
    pub query: &'static [(&'static str, &'static str)],
    /// Schema of the body it takes.
    pub takes: Option<&'static str>,
    /// Schema of what it answers.
    pub gives: Option<&'static str>,
    /// Status where it went well.
    pub status: u16,
}

struct Row {
    facts: RouteFacts,
    service: MethodRouter<Sics>,
}

type At = (&'static str, Need, Place);

impl Row {
    fn new<H, T>(method: Method, filter: MethodFilter, (path, need, place): At, handler: H) -> Self
    where
        H: Handler<T, Sics>,
        T: 'static,
    {
        Row {
            facts: RouteFacts {
                method,
                path,
                need,
                place,
                operation: "",
                summary: "",
                query: &[],
                takes: None,
                gives: None,
                status: 200,
            },
            service: on(filter, handler),
        }
    }

    fn says(mut self, operation: &'static str, summary: &'static str) -> Self {
        (self.facts.operation, self.facts.summary) = (operation, summary);
        self
    }

    fn asks(mut self, query: &'static [(&'static str, &'static str)]) -> Self {
        self.facts.query = query;
        self
    }

    fn takes(mut self, schema: &'static str) -> Self {
        self.facts.takes = Some(schema);
        self
    }

    fn gives(mut self, schema: &'static str) -> Self {
        self.facts.gives = Some(schema);
        self
    }

    fn status(mut self, status: StatusCode) -> Self {
        self.facts.status = status.as_u16();
        self
    }
}

fn get<H: Handler<T, Sics>, T: 'static>(path: &'static str, need: Need, place: Place, handler: H) -> Row {
    Row::new(Method::GET, MethodFilter::GET, (path, need, place), handler)
}

fn post<H: Handler<T, Sics>, T: 'static>(path: &'static str, need: Need, place: Place, handler: H) -> Row {
    Row::new(Method::POST, MethodFilter::POST, (path, need, place), handler)
}

fn put<H: Handler<T, Sics>, T: 'static>(path: &'static str, need: Need, place: Place, handler: H) -> Row {
    Row::new(Method::PUT, MethodFilter::PUT, (path, need, place), handler).status(StatusCode::CREATED)
}

fn patch<H: Handler<T, Sics>, T: 'static>(path: &'static str, need: Need, place: Place, handler: H) -> Row {
    Row::new(Method::PATCH, MethodFilter::PATCH, (path, need, place), handler)
}

fn delete<H: Handler<T, Sics>, T: 'static>(path: &'static str, need: Need, place: Place, handler: H) -> Row {
    Row::new(Method::DELETE, MethodFilter::DELETE, (path, need, place), handler).status(StatusCode::NO_CONTENT)
}

const REMOVAL: &[(&str, &str)] = &[
    ("instances", "true: remove its instances, too"),
    ("confirm", "the count that the first answer showed (F7)"),
];
const CONFIRM: &[(&str, &str)] = &[("confirm", "the count that the first answer showed (F7)")];

fn table() -> Vec<Row> {
    let mut rows = general();
    rows.extend(server_rows());
    rows.extend(inventory_rows());
    rows.extend(power_of_instances());
    rows.extend(product_rows());
    rows.extend(jobs_of_servers());
    rows.extend(job_rows());
    rows.extend(power_rows());
    rows.extend(workflow_rows());
    rows.extend(people_rows());
    rows.extend(install_rows());
    rows.extend(compliance::rows());
    rows
}

#[rustfmt::skip]
fn general() -> Vec<Row> {
    vec![
        get("/healthz", Open, Everywhere, health::alive).says("alive", "Whether the process lives"),
        get("/readyz", Open, Everywhere, health::ready)
            .says("ready", "Whether the store takes writes; instances with coarse state and cause").gives("ReadyView"),
        get("/metrics", Right("Bus_Metrics"), Everywhere, health::metrics).says("metrics", "Prometheus metrics"),
        get("/sics/v1", SignedIn, Filtered, connection::show)
            .says("testConnection", "Connection test: who am I, what may I, what do I see, what time is it")
            .gives("ConnectionView"),
        get("/sics/v1/openapi.json", Open, Everywhere, openapi::show).says("openapi", "This document"),
    ]
}

#[rustfmt::skip]
fn server_rows() -> Vec<Row> {
    let read_or_own = OwnOr { own: "Servers_Announce", any: "Servers_Read" };
    let manage_or_own = OwnOr { own: "Changes_Read", any: "Servers_Manage" };
    vec![
        get("/sics/v1/servers", read_or_own, Filtered, servers::list)
            .says("listServers", "Management servers: all, or one's own").gives("ServersView"),
        put("/sics/v1/servers/{server}", Right("Servers_Announce"), Server, servers::announce)
            .says("announceServer", "Announce a management server, or change what it says of itself")
            .takes("AnnounceBody").gives("ServerView"),
        get("/sics/v1/servers/{server}", read_or_own, Server, servers::show)
            .says("showServer", "One management server, and how far it has come").gives("ServerView"),
        patch("/sics/v1/servers/{server}", Right("Servers_Manage"), Server, limit::change)
            .says("limitServer", "Limit it to address ranges, fields, a filter; let it send jobs").asks(CONFIRM)
            .takes("LimitsBody").gives("ServerView"),
        delete("/sics/v1/servers/{server}", Right("Servers_Manage"), Server, servers::remove)
            .says("removeServer", "Remove a management server").asks(CONFIRM),
        post("/sics/v1/servers/{server}/accept", Right("Servers_Manage"), Server, servers::accept)
            .says("acceptServer", "Let a management server receive changes").gives("ServerView"),
        get("/sics/v1/servers/{server}/changes", Own("Changes_Read"), Server, changes::read)
            .says("readChanges", "Changes in the order in which to apply them; waits, or streams (text/event-stream)")
            .asks(&[
                ("cursor", "where to go on; left out: from what was acknowledged"),
                ("limit", "changes in one answer, 1 to 5000 (500)"),
                ("wait_ms", "how long to wait when there is nothing, up to 60000 (0)"),
            ])
            .gives("ChangesView"),
        post("/sics/v1/servers/{server}/changes/ack", Own("Changes_Read"), Server, changes::acknowledge)
            .says("acknowledgeChanges", "Everything up to this cursor is safe at the server")
            .takes("AckBody").gives("AckView"),
        post("/sics/v1/servers/{server}/rewind", manage_or_own, Server, servers::rewind)
            .says("rewindServer", "Tell changes behind a place in the feed again").takes("RewindBody").gives("ServerView"),
        post("/sics/v1/servers/{server}/resync", manage_or_own, Server, servers::resync)
            .says("resyncServer", "Tell everything again, as snapshots").gives("ServerView"),
    ]
}

#[rustfmt::skip]
fn inventory_rows() -> Vec<Row> {
    vec![
        get("/sics/v1/devices", Right("Devices_Read"), Filtered, devices::list)
            .says("listDevices", "Devices: filter, search, sort, page by page")
            .asks(&[
                ("instance", "names with commas between"),
                ("search", "part of any text of the device"),
                ("filter", "CEL condition over the device's fields"),
                ("sort", "deviceName, lastSyncDateTime or changedAt"),
                ("order", "asc or desc"),
                ("after", "as the page before gave it"),
                ("limit", "devices a page, 1 to 1000 (100)"),
            ])
            .gives("DevicesView"),
        get("/sics/v1/devices/{instance}/{id}", Right("Devices_Read"), Instance, devices::show)
            .says("showDevice", "One device").gives("DeviceView"),
        get("/sics/v1/instances", Right("Instances_Read"), Filtered, instances::list)
            .says("listInstances", "Instances and how they are").gives("InstancesView"),
        post("/sics/v1/instances", Right("Instances_Manage"), Unscoped, instances::add)
            .says("addInstance", "Install an instance; keys as in the settings file")
            .asks(&[
                ("supervisor", "id of the supervisor that runs it (local)"),
                ("startType", "automatic, manual or disabled (automatic)"),
                ("stopped", "true: it is not started now"),
            ])
            .takes("Settings")
            .gives("InstanceView").status(StatusCode::CREATED),
        get("/sics/v1/instances/{instance}", Right("Instances_Read"), Instance, instances::show)
            .says("showInstance", "One instance with its settings, never with secrets").gives("InstanceView"),
        patch("/sics/v1/instances/{instance}", Right("Instances_Manage"), Instance, instances::change)
            .says("changeInstance", "Change the settings given").asks(CONFIRM).takes("Settings").gives("InstanceView"),
        delete("/sics/v1/instances/{instance}", Right("Instances_Manage"), Instance, instances::remove)
            .says("removeInstance", "Remove an instance: its devices are told gone").asks(CONFIRM).gives("GoneView")
            .status(StatusCode::OK),
        get("/sics/v1/instances/{instance}/brake", Right("Scans_Read"), Instance, instances::brake)
            .says("showBrake", "Devices that wait for confirmation, with their digest").gives("BrakeView"),
        post("/sics/v1/instances/{instance}/confirm-gone", Right("Scans_ConfirmGone"), Instance, instances::confirm_gone)
            .says("confirmGone", "Release the brake for exactly the devices shown")
            .takes("ConfirmGoneBody").gives("ReleasedView"),
        get("/sics/v1/scans", Right("Scans_Read"), Filtered, scans::list)
            .says("listScans", "Scans and what they found")
            .asks(&[("instance", "name"), ("limit", "scans an instance, 1 to 200 (20)")]).gives("ScansView"),
        post("/sics/v1/scans", Right("Scans_Run"), Filtered, scans::start)
            .says("startScan", "Scan now").takes("ScanBody").gives("ScanStarted").status(StatusCode::ACCEPTED),
        post("/sics/v1/scans/dry-run", Right("Scans_Run"), Filtered, preview::run)
            .says("previewScan", "What a full scan would find, keeping nothing; streams with text/event-stream")
            .takes("DryRunBody").gives("ScanSummary"),
        post("/sics/v1/verify", Right("Verify_Run"), Filtered, verify::run)
            .says("verify", "Check a connection step by step; streams with text/event-stream")
            .takes("VerifyBody").gives("VerifyView"),
    ]
}

#[rustfmt::skip]
fn power_of_instances() -> Vec<Row> {
    vec![
        get("/sics/v1/supervisors", Right("Instances_Read"), Filtered, power::supervisors)
            .says("listSupervisors", "Supervisors and what runs under them: state, version, since when, what it did, what went wrong")
            .gives("SupervisorsView"),
        post("/sics/v1/instances/{instance}/start", Right("Instances_Manage"), Instance, power::start)
            .says("startInstance", "Start a microservice").gives("MemberStatus"),
        post("/sics/v1/instances/{instance}/stop", Right("Instances_Manage"), Instance, power::stop)
            .says("stopInstance", "Stop a microservice behind what is under way").gives("MemberStatus"),
        post("/sics/v1/instances/{instance}/restart", Right("Instances_Manage"), Instance, power::restart)
            .says("restartInstance", "Stop and start it; it gets new credentials on the bus").gives("MemberStatus"),
        put("/sics/v1/instances/{instance}/start-type", Right("Instances_Manage"), Instance, power::set_start_type)
            .says("setStartType", "When it is started; disabled stops it").takes("StartTypeBody").gives("MemberStatus")
            .status(StatusCode::OK),
    ]
}

#[rustfmt::skip]
fn product_rows() -> Vec<Row> {
    vec![
        get("/sics/v1/products", Right("Products_Read"), Everywhere, products::list)
            .says("listProducts", "The catalogue: what is available, installed, and can be updated").gives("ProductsView"),
        post("/sics/v1/products", Right("Products_Manage"), Unscoped, products::add)
            .says("addProduct", "Take a package in").takes("PackageBody").gives("ProductView").status(StatusCode::CREATED),
        get("/sics/v1/products/{product}", Right("Products_Read"), Everywhere, products::show)
            .says("showProduct", "One product with its manifest, its versions and where it is installed").gives("ProductView"),
        get("/sics/v1/products/{product}/update", Right("Products_Read"), Everywhere, products::plan)
            .says("planUpdate", "What an update would change").gives("UpdateView"),
        post("/sics/v1/products/{product}/update", Right("Products_Manage"), Unscoped, products::update)
            .says("updateProduct", "Take what is installed over to the newest version; instances stay").gives("UpdateView"),
        delete("/sics/v1/products/{product}", Right("Products_Manage"), Unscoped, products::remove)
            .says("removeProduct", "Remove a product; with instances=true what is installed of it as well")
            .asks(REMOVAL).gives("RemovedView")
            .status(StatusCode::OK),
        get("/sics/v1/trusted-keys", Right("Products_Read"), Everywhere, products::keys)
            .says("listTrustedKeys", "Fingerprints of the keys whose packages are taken").gives("KeysView"),
        post("/sics/v1/trusted-keys", Right("Products_Manage"), Unscoped, products::trust)
            .says("trustKey", "Take packages by this key from now on").takes("KeyBody").gives("KeysView")
            .status(StatusCode::CREATED),
        delete("/sics/v1/trusted-keys/{key}", Right("Products_Manage"), Unscoped, products::distrust)
            .says("distrustKey", "Take packages by this key no more; those that were taken stay"),
    ]
}

const LANG: &[(&str, &str)] = &[("lang", "en or de (en)")];
const LANG_CONFIRM: &[(&str, &str)] = &[
    ("lang", "en or de (en)"),
    ("confirm", "the count that the first answer showed (F7)"),
];

#[rustfmt::skip]
fn install_rows() -> Vec<Row> {
    let manage = Right("Instances_Manage");
    vec![
        get("/sics/v1/products/{product}/template", manage, Everywhere, install::template)
            .says("showTemplate", "The wizard of a product as JSON in one language; with Accept: application/xml the document").asks(LANG),
        get("/sics/v1/products/{product}/schema", manage, Everywhere, install::schema)
            .says("showSchema", "JSON Schema of the answers that installing a product takes").asks(LANG),
        post("/sics/v1/products/{product}/validate", manage, Everywhere, install::validate)
            .says("validateAnswers", "What is wrong with answers, each at its field; keeps nothing").asks(LANG)
            .takes("AnswersBody").gives("ValidateView"),
        post("/sics/v1/products/{product}/actions/{action}", manage, Unscoped, install::run)
            .says("runWizardAction", "A check of the wizard, step by step; streams with text/event-stream").asks(LANG)
            .takes("ActBody"),
        post("/sics/v1/products/{product}/next-runs", manage, Everywhere, install::next)
            .says("nextRuns", "The next five runs of an interval or a cron expression, in local time").takes("RunsBody"),
        post("/sics/v1/products/{product}/installations", manage, Unscoped, install::install)
            .says("install", "Install a product; accepted when the plan is durable, carried out behind the answer").asks(LANG)
            .takes("InstallBody").gives("InstallationView").status(StatusCode::ACCEPTED),
        get("/sics/v1/installations", Right("Instances_Read"), Filtered, install::list)
            .says("listInstallations", "What is installed, with its members").gives("InstallationsView"),
        get("/sics/v1/installations/{instance}", Right("Instances_Read"), Instance, install::show)
            .says("showInstallation", "One installation; streams its journal with text/event-stream").gives("InstallationView"),
        get("/sics/v1/installations/{instance}/answers", manage, Instance, install::answers)
            .says("showAnswers", "The answers that an installation stands on, without secrets"),
        patch("/sics/v1/installations/{instance}", manage, Instance, install::change)
            .says("changeInstallation", "Change answers; those not given stay").asks(LANG_CONFIRM)
            .takes("ChangeBody").gives("InstallationView"),
        delete("/sics/v1/installations/{instance}", manage, Instance, install::remove)
            .says("uninstall", "Take an installation away with all its members: its devices are told gone").asks(CONFIRM)
            .gives("InstallationView").status(StatusCode::OK),
        post("/sics/v1/installations/{instance}/actions/{action}", manage, Instance, install::run_for_installed)
            .says("runInstalledAction", "A check over changed answers, or the preview of what was installed; streams").asks(LANG)
            .takes("ActBody"),
    ]
}

const JOBS: &[(&str, &str)] = &[
    ("instance", "name"),
    ("approval", "none, waiting, approved, rejected or lapsed"),
    ("open", "true: only jobs that are not at their end"),
    ("before", "jobs before this number, as the page before gave it"),
    ("limit", "jobs a page, 1 to 1000 (100)"),
];
const TASKS: &[(&str, &str)] = &[
    ("after", "devices behind this task, as the page before gave it"),
    ("limit", "devices a page, 1 to 1000 (100)"),
];

#[rustfmt::skip]
fn jobs_of_servers() -> Vec<Row> {
    let see_or_own = OwnOr { own: "Jobs_Send", any: "Jobs_Read" };
    let cancel_or_own = OwnOr { own: "Jobs_Send", any: "Jobs_Cancel" };
    vec![
        post("/sics/v1/servers/{server}/jobs", Own("Jobs_Send"), Server, jobs::send::by_server)
            .says("sendJob", "Send a job; answered when it is durable. Idempotency-Key is taken for its id")
            .takes("JobBody").gives("ReceiptView").status(StatusCode::ACCEPTED),
        get("/sics/v1/servers/{server}/jobs", see_or_own, Server, jobs::look::list_of_server)
            .says("listJobsOfServer", "Jobs that a management server sent, the newest first").asks(JOBS).gives("JobsView"),
        get("/sics/v1/servers/{server}/jobs/{id}", see_or_own, Server, jobs::look::show_of_server)
            .says("showJobOfServer", "One job: a row a device, with all steps").asks(TASKS).gives("WholeJobView"),
        delete("/sics/v1/servers/{server}/jobs/{id}", cancel_or_own, Server, jobs::decide::cancel_of_server)
            .says("cancelJobOfServer", "Cancel what was not sent; answers how many").gives("CancelledView")
            .status(StatusCode::OK),
        get("/sics/v1/servers/{server}/jobs/{id}/tasks/{task}/secrets", Own("Results_Secrets"), Server, jobs::secrets::show_of_server)
            .says("showSecretsOfServer", "Unlock code, passcode or position that one's own action brought; erased after 7 days")
            .gives("SecretsView"),
        get("/sics/v1/servers/{server}/results", Own("Results_Read"), Server, jobs::results::read)
            .says("readResults", "What became of one's jobs, step by step; waits, or streams (text/event-stream)")
            .asks(&[
                ("after", "results behind this position; left out: behind what was acknowledged"),
                ("limit", "results in one answer, 1 to 5000 (500)"),
                ("wait_ms", "how long to wait when there is nothing, up to 60000 (0)"),
            ])
            .gives("ResultsView"),
        post("/sics/v1/servers/{server}/results/ack", Own("Results_Read"), Server, jobs::results::acknowledge)
            .says("acknowledgeResults", "Everything up to this position is safe at the server")
            .takes("AckResultsBody").gives("AckResultsView"),
    ]
}

#[rustfmt::skip]
fn job_rows() -> Vec<Row> {
    let sees = OneOf(&["Jobs_Read", "Jobs_Send", "Jobs_Approve", "Jobs_Cancel", "Jobs_Resolve"]);
    vec![
        get("/sics/v1/actions", SignedIn, Everywhere, jobs::actions::list)
            .says("listActions", "Every action: what it does, where it works, what it takes").gives("ActionsView"),
        post("/sics/v1/jobs", Right("Jobs_Send"), Filtered, jobs::send::by_operator)
            .says("sendOwnJob", "Send a job in one's own name").takes("JobBody").gives("ReceiptView")
            .status(StatusCode::ACCEPTED),
        get("/sics/v1/jobs", sees, Filtered, jobs::look::list)
            .says("listJobs", "Jobs that one may see, the newest first; operators who are suspended").asks(JOBS).gives("JobsView"),
        get("/sics/v1/jobs/{id}", sees, Filtered, jobs::look::show)
            .says("showJob", "One job by its number (one's own by its id, too): a row a device, with all steps")
            .asks(TASKS).gives("WholeJobView"),
        get("/sics/v1/jobs/{id}/tasks/{task}/secrets", Right("Results_Secrets"), Filtered, jobs::secrets::show)
            .says("showSecrets", "Unlock code, passcode or position that one's own action brought; erased after 7 days")
            .gives("SecretsView"),
        post("/sics/v1/jobs/{id}/approve", Person("Jobs_Approve"), Filtered, jobs::decide::approve)
            .says("approveJob", "Agree to a job that waits, exactly as it was looked at").takes("ApproveBody").gives("JobView"),
        post("/sics/v1/jobs/{id}/reject", Right("Jobs_Approve"), Filtered, jobs::decide::reject)
            .says("rejectJob", "Refuse a job that waits").gives("JobView"),
        post("/sics/v1/jobs/{id}/cancel", OneOf(&["Jobs_Cancel", "Jobs_Send"]), Filtered, jobs::decide::cancel)
            .says("cancelJob", "Cancel what was not sent; answers how many").gives("CancelledView"),
        post("/sics/v1/jobs/{id}/resolve", Right("Jobs_Resolve"), Filtered, jobs::decide::resolve)
            .says("resolveTask", "Say what became of a device whose outcome nobody could read")
            .takes("ResolveBody").gives("JobView"),
    ]
}

#[rustfmt::skip]
fn power_rows() -> Vec<Row> {
    vec![
        get("/sics/v1/killswitch", Right("KillSwitch_Read"), Filtered, jobs::power::kill_switch)
            .says("showKillSwitch", "Where the kill switch is on, and what Intune has already").gives("KillSwitchView"),
        put("/sics/v1/killswitch", SignedIn, Filtered, jobs::power::set_kill_switch)
            .says("setKillSwitch", "On: any person, at once. Off: KillSwitch_Set, and a second person agrees")
            .takes("KillSwitchBody").gives("KillSwitchView").status(StatusCode::OK),
        get("/sics/v1/limits", Right("Limits_Read"), Filtered, jobs::limits::show)
            .says("showLimits", "Limits, approvals, actions that are on; what waits for a second person").gives("GuardView"),
        put("/sics/v1/limits", Right("Limits_Change"), Unscoped, jobs::limits::change)
            .says("changeLimits", "What tightens holds at once; what loosens waits for a second person (202)")
            .takes("GuardBody").gives("GuardView").status(StatusCode::OK),
        post("/sics/v1/operators/{operator}/lift-suspension", Right("Limits_Change"), Unscoped, jobs::limits::lift_suspension)
            .says("liftSuspension", "Ask for an operator's destructive rights to be given back; a second person has to agree")
            .gives("LooseningView").status(StatusCode::ACCEPTED),
        post("/sics/v1/loosenings/{id}/approve", Person("Jobs_Approve"), Filtered, jobs::limits::approve)
            .says("approveLoosening", "Agree to what loosens the guard").takes("PersonBody").gives("LooseningView"),
        post("/sics/v1/loosenings/{id}/reject", Person("Jobs_Approve"), Filtered, jobs::limits::reject)
            .says("rejectLoosening", "Refuse what would loosen the guard").takes("PersonBody").gives("LooseningView"),
    ]
}

#[rustfmt::skip]
fn workflow_rows() -> Vec<Row> {
    vec![
        get("/sics/v1/workflows", Right("Workflows_Read"), Filtered, workflows::list)
            .says("listWorkflows", "Workflows that are installed: state, version, next due, last run")
            .asks(&[("instance", "name")]).gives("WorkflowsView"),
        get("/sics/v1/workflows/activities", Right("Workflows_Read"), Everywhere, workflows::activities)
            .says("listActivities", "What definitions may call, with inputs and outputs"),
        post("/sics/v1/workflows/check", Right("Workflows_Read"), Everywhere, workflows::check)
            .says("checkWorkflow", "Everything that is wrong in a definition, with line and column")
            .takes("CheckBody").gives("CheckView"),
        get("/sics/v1/workflows/{workflow}", Right("Workflows_Read"), Filtered, workflows::show)
            .says("showWorkflow", "One workflow with its parameters").gives("WorkflowView"),
        post("/sics/v1/workflows/{workflow}/enable", Right("Workflows_Manage"), Filtered, workflows::enable)
            .says("enableWorkflow", "Enable it in one's own name; one that can destroy waits for a second person (202)")
            .gives("WorkflowView"),
        post("/sics/v1/workflows/{workflow}/disable", Right("Workflows_Manage"), Filtered, workflows::disable)
            .says("disableWorkflow", "Switch its triggers off; runs that have begun go on").gives("WorkflowView"),
        post("/sics/v1/workflows/{workflow}/runs", Right("Workflows_Run"), Filtered, workflows::start)
            .says("startRun", "Start a run in one's own name, or try it dry").takes("StartBody").gives("RunView")
            .status(StatusCode::ACCEPTED),
        get("/sics/v1/runs", Right("Workflows_Read"), Filtered, workflows::list_runs)
            .says("listRuns", "Runs, the newest first")
            .asks(&[
                ("instance", "name"), ("workflow", "name"), ("open", "true: only those that go on"),
                ("before", "runs before this number, as the page before gave it"), ("limit", "runs a page, 1 to 1000 (100)"),
            ]).gives("RunsView"),
        get("/sics/v1/runs/{run}", Right("Workflows_Read"), Filtered, workflows::show_run)
            .says("showRun", "One run with every step").gives("WholeRunView"),
        post("/sics/v1/runs/{run}/cancel", Right("Workflows_Run"), Filtered, workflows::cancel)
            .says("cancelRun", "Stop a run; what was sent goes on").gives("RunView").status(StatusCode::ACCEPTED),
    ]
}

#[rustfmt::skip]
fn people_rows() -> Vec<Row> {
    vec![
        get("/sics/v1/operators", Right("Operators_Read"), Unscoped, operators::list)
            .says("listOperators", "Accounts, of people and servers").gives("OperatorsView"),
        post("/sics/v1/operators", Right("Operators_Manage"), Unscoped, operators::add)
            .says("addOperator", "Add an account").takes("NewOperatorBody").gives("OperatorView").status(StatusCode::CREATED),
        get("/sics/v1/operators/{operator}", SelfOr("Operators_Read"), Unscoped, operators::show)
            .says("showOperator", "One account").gives("OperatorView"),
        patch("/sics/v1/operators/{operator}", Right("Operators_Manage"), Unscoped, operators::change)
            .says("changeOperator", "Change password, rights, scope, or disable").takes("OperatorBody").gives("OperatorView"),
        delete("/sics/v1/operators/{operator}", Right("Operators_Manage"), Unscoped, operators::remove)
            .says("removeOperator", "Remove an account with its tokens"),
        get("/sics/v1/operators/{operator}/tokens", SelfOr("Operators_Read"), Unscoped, operators::tokens)
            .says("listTokens", "Tokens of an account, without their secret").gives("TokensView"),
        post("/sics/v1/operators/{operator}/tokens", SelfOr("Operators_Manage"), Unscoped, operators::add_token)
            .says("addToken", "A new token; it is shown once").takes("NewTokenBody").gives("TokenView").status(StatusCode::CREATED),
        delete("/sics/v1/operators/{operator}/tokens/{token}", SelfOr("Operators_Manage"), Unscoped, operators::remove_token)
            .says("removeToken", "Withdraw a token"),
        get("/sics/v1/audit", Right("Audit_Read"), Unscoped, audit::list)
            .says("readAudit", "The audit trail, oldest first")
            .asks(&[("after", "entries behind this number"), ("limit", "entries a page, 1 to 1000 (100)")]).gives("AuditView"),
        get("/sics/v1/audit/verify", Right("Audit_Read"), Unscoped, audit::verify)
            .says("verifyAudit", "Walk the chain of the audit trail").gives("AuditVerdictView"),
        get("/sics/v1/audit/export", Right("Audit_Export"), Unscoped, audit::export)
            .says("exportAudit", "The whole trail, one JSON object a line"),
        post("/sics/v1/backup", Right("Bus_Backup"), Unscoped, backup::write)
            .says("backup", "Write a backup on the bus's machine, for callers on it")
            .takes("BackupBody").gives("BackupView").status(StatusCode::CREATED),
    ]
}

/// Every route there is.
pub fn routes() -> Vec<RouteFacts> {
    table().into_iter().map(|row| row.facts).collect()
}

pub fn router(sics: &Sics) -> axum::Router {
    let mut router = axum::Router::new();
    for row in table() {
        let guard = Guard {
            sics: sics.clone(),
            need: row.facts.need,
            place: row.facts.place,
        };
        router = router.route(
            row.facts.path,
            row.service.route_layer(from_fn_with_state(guard, stand)),
        );
    }
    router
        .fallback(not_found)
        .method_not_allowed_fallback(wrong_method)
        .layer(DefaultBodyLimit::max(sics.limits().body_bytes))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn_with_state(sics.clone(), count))
        .layer(from_fn(dress))
        .with_state(sics.clone())
}

async fn not_found() -> Problem {
    Problem::new(
        StatusCode::NOT_FOUND,
        "noSuchRoute",
        "there is no such route",
        "GET /sics/v1/openapi.json lists what there is.",
    )
}

async fn wrong_method() -> Problem {
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "wrongMethod",
        "this route does not take this method",
        "The header Allow lists those it takes.",
    )
}

fn panicked(_: Box<dyn Any + Send + 'static>) -> Response {
    // The panic hook has logged where; its text may hold anything and is not told.
    tracing::error!("a request panicked");
    Problem::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "panic",
        "the bus could not do it",
        "This is a mistake in the program; its log says where.",
    )
    .into_response()
}

/// Counts by the route as declared: what a path names can't grow the metrics.
async fn count(State(sics): State<Sics>, request: Request, next: Next) -> Response {
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map(|path| path.as_str().to_owned());
    let route = route.unwrap_or_else(|| "none".into());
    let method = known_method(request.method());
    let began = Instant::now();
    let response = next.run(request).await;
    let (status, elapsed) = (response.status(), began.elapsed());
    let elapsed_ms = elapsed.as_millis();
    tracing::debug!(method, route, status = status.as_u16(), elapsed_ms, "answered");
    let metrics = sics.metrics();
    metrics.add(&metric::HTTP_REQUESTS, &[method, &route, status.as_str()], 1);
    metrics.measure(&metric::HTTP_SECONDS, &[&route], elapsed.as_secs_f64());
    response
}

/// A caller may invent methods.
fn known_method(method: &Method) -> &'static str {
    let known = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    known
        .into_iter()
        .find(|name| *name == method.as_str())
        .unwrap_or("other")
}

/// Headers of every answer: nothing is to be kept on the way, nothing is to be guessed at.
async fn dress(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (HeaderName::from_static("referrer-policy"), "no-referrer"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; frame-ancestors 'none'",
        ),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}
