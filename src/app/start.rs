//! Starts a bus on a data folder, and stops it.

use std::future::Future;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;

use secrecy::SecretString;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::console_setup;
use super::instances::{InstanceDependencies, Instances};
use super::local_connection::{self, LocalConnection, LocalConnectionError};
use super::notices::{self, NoticeParts};
use super::web_pages;
use super::{ProductCache, ProductHost, RefusalRegistry, built_in_product, decisions, housekeeping, reseal};
use crate::actions::failpoints::TaskFailpoints;
use crate::actions::guard::BusPolicy;
use crate::actions::policy_changes;
use crate::bus::install::Installer;
use crate::bus::{CatalogueError, InstallationHost};
use crate::config::{BusSettings, DataFolder, SettingsError};
use crate::observe::{Clock, Metrics, metric};
use crate::orders::OrderFailpoints;
use crate::schedule::{Ticker, TickerError};
use crate::sics::{
    self, HttpListener, InstallContext, ServeError, Sics, SicsError, SicsParts, TlsCertificate, TlsError,
};
use crate::store::{OpenError, Store, StoreError};
use crate::targets::TargetFailpoints;

#[derive(Debug, Clone)]
pub struct StartOptions {
    /// Whether instances run: off where a command works on a folder without a bus.
    pub run_instances: bool,
    /// Instead of the address of `bus.ini`.
    pub listen: Option<SocketAddr>,
    pub clock: Clock,
    /// What carries out actions: [`TaskFailpoints::default`], unless a crash campaign holds on to it.
    pub failpoints: TaskFailpoints,
    /// The same for what works on app orders.
    pub order_failpoints: OrderFailpoints,
    /// The same for targets.
    pub target_failpoints: TargetFailpoints,
}

#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    Settings(#[from] SettingsError),
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Ticker(#[from] TickerError),
    #[error("failed to listen on {address}: {source}; choose another address with `listen` in bus.ini")]
    Listen {
        address: SocketAddr,
        source: std::io::Error,
    },
    #[error(transparent)]
    Tls(#[from] TlsError),
    #[error(transparent)]
    Sics(#[from] SicsError),
    #[error(transparent)]
    Local(#[from] LocalConnectionError),
    #[error("failed to read the products: {0}")]
    Catalogue(#[from] CatalogueError),
}

/// A bus that runs.
pub struct RunningBus {
    pub local: LocalConnection,
    /// SHA-256 of the certificate it shows, where it speaks HTTPS.
    pub fingerprint: Option<String>,
    /// What is wrong with the dates of that certificate, and what to do.
    pub certificate_trouble: Option<String>,
    pub store: Store,
    pub instances: Arc<Instances>,
    pub metrics: Metrics,
    /// By which the first person is made, where there is nobody yet; [`console_setup::describe_setup`] makes a text of it.
    pub setup_token: Option<SecretString>,
    /// Where the API listens.
    pub address: SocketAddr,
    folder: Arc<DataFolder>,
    stop: watch::Sender<bool>,
    server_task: JoinHandle<Result<(), ServeError>>,
    ticker: Ticker,
    background_tasks: [JoinHandle<()>; 5],
    notice_stop: watch::Sender<bool>,
    /// Tells people; ends by `notice_stop`.
    notice_task: JoinHandle<()>,
    /// Posts to the webhooks of management servers; ends by `stop`.
    posting_task: JoinHandle<()>,
    refusals: Arc<RefusalRegistry>,
}

/// Opens the folder, starts its instances and the API.
pub async fn start_bus(path: &Path, options: StartOptions) -> Result<RunningBus, StartError> {
    let folder = Arc::new(DataFolder::open(path)?);
    if options.run_instances {
        folder.write_default_bus_ini()?;
    }
    let settings = folder.read_bus_settings()?;
    let store = {
        let (mark_file, key) = (folder.mark_file()?, folder.secret_key().derive_key("audit"));
        Store::open_with_mark(folder.path(), mark_file.as_deref(), options.clock.clone(), key)?
    };
    reseal::reseal_secrets(&folder, &store).await?;
    policy_changes::apply_bus_settings(&store, BusPolicy::from(&settings)).await?;
    let ticker = Ticker::start().await?;
    let metrics = Metrics::new();
    metrics.set(&metric::BUILD_INFO, &[env!("CARGO_PKG_VERSION")], 1.0);
    metrics.set(&metric::START_TIME, &[], options.clock.now().timestamp() as f64);
    let built_in = built_in_product::built_in_package()?;
    let catalogue = built_in_product::open_catalogue(&folder)?;
    let refusals = RefusalRegistry::open(store.clone(), options.clock.clone()).await?;
    let instances = Arc::new(Instances::new(InstanceDependencies {
        folder: folder.clone(),
        store: store.clone(),
        clock: options.clock.clone(),
        refusals: refusals.clone(),
        metrics: metrics.clone(),
        run_instances: options.run_instances,
        ticks: ticker.subscribe_ticks(),
        failpoints: options.failpoints.clone(),
        order_failpoints: options.order_failpoints.clone(),
        target_failpoints: options.target_failpoints.clone(),
        catalogue: Arc::new(catalogue),
        built_in: Arc::new(built_in),
    }));
    let host: Arc<dyn InstallationHost> = Arc::new(ProductHost::new(instances.clone()));
    let installer = Arc::new(Installer::new(store.clone(), host.clone(), folder.secret_key().clone()));
    let product_cache = Arc::new(ProductCache::new(instances.catalogue.clone(), host));
    let requested = options.listen.unwrap_or(settings.listen);
    let listener = bind_listener(requested)?;
    let address = listener.local_addr().unwrap_or(requested);
    let certificate = load_certificate(&folder, &settings, address)?;
    let fingerprint = certificate.as_ref().map(TlsCertificate::fingerprint);
    let fingerprints = certificate.as_ref().map(TlsCertificate::watch_fingerprint);
    // By the clocks of its clients, whatever the bus's own is.
    let certificate_trouble = certificate
        .as_ref()
        .and_then(|used| used.describe_trouble(Clock::system().now()));
    let scheme = if certificate.is_some() { "https" } else { "http" };
    let local = LocalConnection {
        url: format!("{scheme}://{}", reachable_address(address)),
        token: local_connection::renew_local_token(&store).await?,
        fingerprint: fingerprint.clone(),
        console: None,
    };
    let parts = SicsParts {
        store: store.clone(),
        engine: instances.clone(),
        clock: options.clock.clone(),
        limits: sics::SicsLimits::from_settings(&settings),
        cursor_key: folder.secret_key().derive_key("cursor"),
        auto_accept: settings.auto_accept,
        metrics: metrics.clone(),
        folder: folder.clone(),
        install_context: InstallContext::new(installer.clone(), product_cache),
    };
    let sics = Sics::new(parts)?;
    let notice_parts = NoticeParts {
        store: store.clone(),
        key: folder.secret_key().clone(),
        clock: options.clock.clone(),
        console_url: settings.console.url.as_ref().map(ToString::to_string),
        sics: sics.clone(),
        certificate: certificate.clone(),
    };
    let api = HttpListener::for_api(listener, certificate).allow_plain_http(settings.plain_http_beyond_loopback);
    let mut listeners = vec![api.with_hosts(&settings.hosts)];
    let console = if options.run_instances {
        let beside = if requested.port() == 0 { requested } else { address };
        web_pages::open_listener(&folder, &settings, beside, &sics)?
    } else {
        None
    };
    let local = LocalConnection {
        console: console.as_ref().map(|opened| opened.url.clone()),
        ..local
    };
    let setup_token = if options.run_instances {
        let now = options.clock.now();
        let (page_url, page_address) = match &console {
            Some(opened) => (opened.url.as_str(), opened.address),
            None => (local.url.as_str(), address),
        };
        console_setup::prepare_setup(folder.path(), &sics, &store, now, page_address, page_url).await?
    } else {
        None
    };
    listeners.extend(console.map(|opened| opened.listener));
    if let Some(address) = settings.metrics_listen.filter(|_| options.run_instances) {
        listeners.push(HttpListener::for_metrics(bind_listener(address)?).with_hosts(&settings.hosts));
    }
    let (stop, mut stopped) = watch::channel(false);
    let (posting, posting_stopped) = (sics.clone(), stop.subscribe());
    let runs_instances = options.run_instances;
    let posting_task = tokio::spawn(async move {
        // A command that works on a folder posts nothing.
        if runs_instances {
            sics::post_for_servers(posting, posting_stopped).await;
        }
    });
    let served = tokio::spawn(async move {
        let shutdown = async {
            let _ = stopped.wait_for(|stop| *stop).await;
        };
        sics::serve_listeners(listeners, &sics, shutdown).await
    });
    warn_about_similar_ids(&store).await?;
    let remembers = tokio::spawn(refusals.clone().run());
    instances.start_all().await?;
    // What a process before this one left half-done.
    installer.resume_unfinished().await?;
    let chores = tokio::spawn(housekeeping::run(instances.clone(), ticker.subscribe_ticks()));
    let damage = tokio::spawn(housekeeping::damage_check::run(store.clone()));
    let decided = tokio::spawn(decisions::keep_decisions(instances.clone(), ticker.subscribe_ticks()));
    let (is_bus, ticks) = (options.run_instances, ticker.subscribe_ticks());
    let (notice_stop, notice_stopped) = watch::channel(false);
    let notice_task = tokio::spawn(async move {
        // A command that works on a folder without a bus tells nobody.
        if is_bus {
            notices::tell_people(notice_parts, ticks, notice_stopped).await;
        }
    });
    local_connection::write_connection(folder.path(), &local)?;
    let data = folder.path().to_owned();
    let renewed = tokio::spawn(local_connection::follow_certificate(data, local.clone(), fingerprints));
    Ok(RunningBus {
        local,
        fingerprint,
        certificate_trouble,
        store,
        instances,
        metrics,
        setup_token,
        address,
        folder,
        stop,
        server_task: served,
        ticker,
        background_tasks: [chores, damage, remembers, decided, renewed],
        notice_stop,
        notice_task,
        posting_task,
        refusals,
    })
}

impl RunningBus {
    /// Waits for `until`, then stops: no new requests, instances at their next safe place, then the store.
    pub async fn run_until(self, until: impl Future<Output = ()>) {
        until.await;
        self.stop().await;
    }

    pub async fn stop(self) {
        // What stops from here on is meant, and nobody is told of it.
        self.notice_stop.send_replace(true);
        let _ = self.notice_task.await;
        // First what would write it again.
        self.background_tasks.iter().for_each(JoinHandle::abort);
        let _ = std::fs::remove_file(local_connection::connection_path(self.folder.path()));
        // Its token holds no longer than this start.
        let _ = std::fs::remove_file(self.folder.path().join(sics::SETUP_FILE));
        self.instances.stop_all().await;
        if let Err(error) = self.refusals.save_changes().await {
            tracing::warn!(error = %error, "failed to save the last refusals: they are lost");
        }
        self.stop.send_replace(true);
        let _ = self.posting_task.await;
        match self.server_task.await {
            Ok(Err(error)) => tracing::error!(error = %error, "the API ended with an error"),
            Err(error) => tracing::error!(error = %error, "the API stopped unexpectedly"),
            Ok(Ok(())) => (),
        }
        self.instances.save_decisions().await;
        // What is cut off while no bus runs shows against it.
        housekeeping::log_audit_head(&self.store).await;
        if let Err(error) = self.ticker.stop().await {
            tracing::warn!(error = %error, "the ticker did not stop cleanly");
        }
    }
}

/// A store from before ids were told apart without regard to case may hold both of a pair. Both go on as they are.
async fn warn_about_similar_ids(store: &Store) -> Result<(), StoreError> {
    let servers = store.list_servers().await?;
    for (known, similar) in crate::model::find_case_conflicts(servers.iter().map(|row| row.id.as_str())) {
        tracing::warn!(
            server = known,
            other = similar,
            "the ids of two management servers differ only in case; give one server another id, and remove the old one \
             after it has read everything"
        );
    }
    Ok(())
}

pub(super) fn bind_listener(address: SocketAddr) -> Result<TcpListener, StartError> {
    let listener = TcpListener::bind(address).map_err(|source| StartError::Listen { address, source })?;
    listener
        .set_nonblocking(true)
        .map_err(|source| StartError::Listen { address, source })?;
    Ok(listener)
}

pub(super) fn load_certificate(
    folder: &DataFolder,
    settings: &BusSettings,
    address: SocketAddr,
) -> Result<Option<TlsCertificate>, StartError> {
    if !settings.uses_tls(address) {
        return Ok(None);
    }
    let certificate = match (&settings.tls.certificate_file, &settings.tls.key_file) {
        (Some(certificate), Some(key)) => TlsCertificate::from_files(certificate.clone(), key.clone())?,
        _ => TlsCertificate::self_signed(folder.path(), &settings.tls.certificate_names)?,
    };
    Ok(Some(certificate))
}

/// The address by which commands on this machine reach the listener.
pub(super) fn reachable_address(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        std::net::IpAddr::V4(ip) if ip.is_unspecified() => std::net::Ipv4Addr::LOCALHOST.into(),
        std::net::IpAddr::V6(ip) if ip.is_unspecified() => std::net::Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}
