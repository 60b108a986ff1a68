//! `apps`: the tenant's apps, and the applications that people can order, each linked to one of them.

mod description;
mod removal;
mod tables;

use clap::{Args, Subcommand};
use sics_client::SicsClient;

use super::connection::{ConnectArgs, with_bus};
use super::failure::CommandFailure;
use super::filter_text::check_filter_text;
use super::output;
use crate::contract::{ApplicationState, ApplicationView, ApplicationsQuery, ApplicationsView, TenantAppsQuery};
use crate::model::{choose_form, format_count};

pub(crate) use description::ApprovalWord;
use description::{ChangeArgs, LinkArgs};
use removal::UnlinkArgs;

/// Applications in one request.
const PAGE: u32 = 500;

/// List the apps of the tenant, and link applications to them that people can order
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
#[command(after_help = "Examples:
  intune-connector apps list --search browser --data DIR
  intune-connector apps link browser --app ID --comment 'For everybody' --approval operator --approver anna
  intune-connector apps link cad --app ID --licences 20 --cost 1200.00 --currency EUR --term-days 180 --reminder-days 14
  intune-connector apps change browser --comment 'For everybody in sales' --icon browser.png
  intune-connector apps linked
  intune-connector apps show browser
  intune-connector apps retry browser
  intune-connector apps unlink browser --clean-up")]
pub struct AppsArgs {
    #[command(subcommand)]
    command: Option<AppsCommand>,
    /// Print JSON
    #[arg(long, global = true)]
    json: bool,
    #[command(flatten)]
    connect: ConnectArgs,
}

#[derive(Debug, Subcommand)]
enum AppsCommand {
    /// List the apps of the tenant that an application can be linked to (default)
    List(ListAppsArgs),
    /// List the applications, and whether they can be ordered
    Linked(ListLinkedArgs),
    /// Show an application: description, state, groups
    Show(ApplicationArgs),
    /// Link an application to an app of the tenant; what is not given is as by default
    Link(Box<LinkArgs>),
    /// Change the description of an application; what is not given stays
    Change(Box<ChangeArgs>),
    /// Try again to make the groups and assignments of an application
    Retry(ApplicationArgs),
    /// Remove an application; its open orders end as cancelled
    Unlink(UnlinkArgs),
}

#[derive(Debug, Args)]
struct ApplicationArgs {
    /// Id of the application
    #[arg(value_name = "APPLICATION")]
    application: String,
}

#[derive(Debug, Default, Args)]
struct ListAppsArgs {
    /// The orders instance whose tenant is asked; needed only if there are several
    #[arg(long, value_name = "NAME", value_parser = check_filter_text)]
    instance: Option<String>,
    /// Only apps whose name or publisher contains this text
    #[arg(long, value_name = "TEXT", value_parser = check_filter_text)]
    search: Option<String>,
    /// Also apps that cannot be linked, with the reason
    #[arg(long)]
    all: bool,
}

#[derive(Debug, Args)]
struct ListLinkedArgs {
    /// Only applications of this orders instance
    #[arg(long, value_name = "NAME", value_parser = check_filter_text)]
    instance: Option<String>,
    /// Only applications in this state: pending, creationSucceeded, failed or removing
    #[arg(long, value_name = "STATE", value_parser = parse_application_state)]
    state: Option<ApplicationState>,
    /// Only applications whose id, name or comment contains this text
    #[arg(long, value_name = "TEXT", value_parser = check_filter_text)]
    search: Option<String>,
}

fn parse_application_state(text: &str) -> Result<ApplicationState, String> {
    super::orders::parse_wire_word(text, "pending, creationSucceeded, failed or removing")
}

pub(crate) async fn run(args: AppsArgs) -> Result<(), CommandFailure> {
    // A mistake in what was given is found before a bus is looked for.
    let icon = match &args.command {
        Some(AppsCommand::Link(link)) => link.description.read_icon()?,
        Some(AppsCommand::Change(change)) => {
            change.description.require_change()?;
            change.description.read_icon()?
        }
        _ => None,
    };
    with_bus(&args.connect, async |bus| {
        let (client, as_json) = (&bus.client, args.json);
        match &args.command {
            None => list_apps(client, &ListAppsArgs::default(), as_json).await,
            Some(AppsCommand::Linked(list)) => list_linked(client, list, as_json).await,
            Some(AppsCommand::List(list)) => list_apps(client, list, as_json).await,
            Some(AppsCommand::Show(one)) => {
                print_application(&client.show_application(&one.application).await?, as_json)
            }
            Some(AppsCommand::Link(link)) => {
                let linked = description::link_application(client, link, icon).await?;
                print_application(&linked, as_json)
            }
            Some(AppsCommand::Change(change)) => {
                let changed = description::change_application(client, change, icon).await?;
                print_application(&changed, as_json)
            }
            Some(AppsCommand::Retry(one)) => {
                print_application(&client.retry_application(&one.application).await?, as_json)
            }
            Some(AppsCommand::Unlink(unlink)) => removal::unlink_application(client, unlink, as_json).await,
        }
    })
    .await
}

fn print_application(application: &ApplicationView, as_json: bool) -> Result<(), CommandFailure> {
    output::print_answer(application, as_json, || tables::print_application(application))
}

async fn list_apps(client: &SicsClient, args: &ListAppsArgs, as_json: bool) -> Result<(), CommandFailure> {
    let query = TenantAppsQuery {
        instance: args.instance.clone(),
        search: args.search.clone(),
        all: args.all.then_some(true),
    };
    let found = client.list_tenant_apps(&query).await?;
    output::print_answer(&found, as_json, || tables::print_tenant_apps(&found.apps))?;
    if found.unreadable > 0 {
        output::eprint_line(format!(
            "{} could not be read and {} left out",
            format_count(found.unreadable, "app"),
            choose_form(found.unreadable, "is", "are")
        ));
    }
    Ok(())
}

async fn list_linked(client: &SicsClient, args: &ListLinkedArgs, as_json: bool) -> Result<(), CommandFailure> {
    let mut query = ApplicationsQuery {
        instance: args.instance.clone(),
        state: args.state,
        search: args.search.clone(),
        limit: Some(PAGE),
        after: None,
    };
    let mut all: ApplicationsView = client.list_applications(&query).await?;
    while all.next.is_some() {
        query.after = all.next.take();
        let page = client.list_applications(&query).await?;
        all.applications.extend(page.applications);
        all.next = page.next;
    }
    output::print_answer(&all, as_json, || tables::print_applications(&all.applications))
}
