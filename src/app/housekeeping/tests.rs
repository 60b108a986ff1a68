use std::io::Write;
use std::sync::{Mutex, PoisonError};

use chrono::TimeDelta;
use serde_json::{Value, json};
use tracing::subscriber::DefaultGuard;

use super::*;
use crate::actions::failpoints::TaskFailpoints;
use crate::app::built_in_product;
use crate::app::instances::InstanceDependencies;
use crate::config::{DataFolder, InstanceDraft};
use crate::contract::{DecimalMark, ListSeparator, ReportFormat};
use crate::model::{InstanceId, OperatorId, Timestamp, parse_time};
use crate::observe::{Clock, Metrics};
use crate::store::{NewReportSchedule, ReportPlan, Store};

/// What was logged.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A bus whose instances do not run, and what it logs.
struct Bus {
    instances: Instances,
    clock: Clock,
    done: HousekeepingState,
    lines: Lines,
    _listening: (DefaultGuard, tracing::Dispatch),
    _folder: tempfile::TempDir,
}

impl Bus {
    /// With one instance of these settings beside the usual ones.
    async fn new(start: Timestamp, own: &[(&str, &str)]) -> Bus {
        let lines = Lines::default();
        let writer = lines.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_ansi(false)
            .with_writer(move || writer.clone())
            .finish();
        // With one subscriber alone, whoever comes first to a line on another thread would switch it off for all.
        let listening = (
            tracing::subscriber::set_default(subscriber),
            tracing::Dispatch::new(tracing_subscriber::registry()),
        );
        let directory = tempfile::tempdir().unwrap();
        let folder = Arc::new(DataFolder::open(directory.path().join("data")).unwrap());
        let usual = [
            ("tenant_id", "7e0a0000-0000-4000-8000-000000000001"),
            ("client_id", "c11e0000-0000-4000-8000-000000000001"),
            ("secret", "present~1"),
            ("servers", "*"),
        ];
        let all = usual
            .iter()
            .chain(own)
            .map(|(key, value)| ((*key).to_owned(), json!(value)));
        let draft = InstanceDraft::from_json(&Value::Object(all.collect())).unwrap();
        folder
            .write_instance(&"IntuneConnector_1".parse().unwrap(), &draft)
            .unwrap();
        let clock = Clock::manual(start);
        let built_in = built_in_product::built_in_package().unwrap();
        let store = Store::open(folder.path(), clock.clone(), folder.secret_key().derive_key("audit")).unwrap();
        let instances = Instances::new(InstanceDependencies {
            refusals: crate::app::RefusalRegistry::open(store.clone(), clock.clone())
                .await
                .unwrap(),
            store,
            clock: clock.clone(),
            metrics: Metrics::new(),
            run_instances: false,
            ticks: watch::channel(0).1,
            failpoints: TaskFailpoints::default(),
            order_failpoints: Default::default(),
            target_failpoints: Default::default(),
            catalogue: Arc::new(built_in_product::open_catalogue(&folder).unwrap()),
            built_in: Arc::new(built_in),
            folder,
        });
        instances.start_all().await.unwrap();
        Bus {
            instances,
            clock,
            done: HousekeepingState::default(),
            lines,
            _listening: listening,
            _folder: directory,
        }
    }

    /// The warnings of one round, each as its level, whose credential it is, and the days that are left.
    async fn warnings(&mut self) -> Vec<String> {
        self.lines.0.lock().unwrap().clear();
        run_round(&self.instances, &mut self.done).await;
        let text = String::from_utf8(self.lines.0.lock().unwrap().clone()).unwrap();
        let about = text.lines().filter(|line| line.contains("credential.days_left"));
        let word = |line: &str, name: &str| {
            let rest = line.split_once(&format!("{name}=")).unwrap().1;
            rest.split(' ').next().unwrap().trim_matches('"').to_owned()
        };
        about
            .map(|line| {
                let level = ["ERROR", "WARN"]
                    .into_iter()
                    .find(|level| line.contains(level))
                    .unwrap();
                let (purpose, days) = (word(line, "credential.purpose"), word(line, "credential.days_left"));
                format!("{level} {purpose} {days}")
            })
            .collect()
    }

    fn days(&self, purpose: &str) -> Option<f64> {
        self.instances
            .metrics
            .get(&metric::CREDENTIAL_DAYS, &["IntuneConnector_1", purpose])
    }
}

#[tokio::test]
async fn the_end_of_each_credential_is_told_30_7_and_1_days_ahead_and_once_each() {
    let own = [
        ("secret_expires_on", "2026-12-31"),
        ("next_secret", "next~1"),
        ("next_secret_expires_on", "2027-12-31"),
        ("actions_secret", "acting~1"),
        ("actions_secret_expires_on", "2026-12-26"),
    ];
    let mut bus = Bus::new(parse_time("2026-11-20T10:00:00Z").unwrap(), &own).await;
    let mut told = Vec::new();
    // A month and a half, a quarter of a day at a time.
    for _ in 0..45 * 4 {
        let today = bus.clock.now().date_naive();
        told.extend(
            bus.warnings()
                .await
                .into_iter()
                .map(|warning| format!("{today} {warning}")),
        );
        bus.clock.advance(TimeDelta::hours(6));
    }
    assert_eq!(
        told,
        [
            "2026-11-26 WARN actions 30",
            "2026-12-01 WARN scan 30",
            "2026-12-19 WARN actions 7",
            "2026-12-24 WARN scan 7",
            "2026-12-25 WARN actions 1",
            "2026-12-27 ERROR actions -1",
            "2026-12-30 WARN scan 1",
            "2027-01-01 ERROR scan -1",
        ]
    );
    assert!(
        bus.days("next").is_some_and(|days| days > 300.0),
        "{:?}",
        bus.days("next")
    );
}

#[tokio::test]
async fn what_is_behind_a_mark_at_the_start_is_told_once_and_a_clock_that_steps_back_repeats_nothing() {
    let own = [
        ("secret_expires_on", "2026-12-31"),
        (
            "actions_cert",
            include_str!("../../../tests/fixtures/certs/expired-cert.pem"),
        ),
        ("actions_key", include_str!("../../../tests/fixtures/certs/key.pem")),
    ];
    let mut bus = Bus::new(parse_time("2026-12-28T10:00:00Z").unwrap(), &own).await;
    let first = bus.warnings().await;
    assert_eq!(first.len(), 2, "{first:?}");
    assert_eq!(first[0], "WARN scan 3");
    assert!(
        first[1].starts_with("ERROR actions -"),
        "a certificate says it itself: {first:?}"
    );
    for step in [TimeDelta::minutes(1), TimeDelta::days(-10), TimeDelta::days(10)] {
        bus.clock.advance(step);
        assert_eq!(bus.warnings().await, [""; 0], "{step}");
    }
    bus.clock.advance(TimeDelta::days(2));
    assert_eq!(bus.warnings().await, ["WARN scan 1"]);
    assert_eq!(bus.days("scan"), Some(1.0));
}

async fn set_report(store: &Store, instance: Option<InstanceId>, format: ReportFormat) {
    let plan = ReportPlan {
        schedule: "every 6h".to_owned(),
        zone: "UTC".to_owned(),
        format,
        days: None,
        separator: ListSeparator::Semicolon,
        decimal: DecimalMark::Comma,
    };
    let new = NewReportSchedule {
        report: "ownership".to_owned(),
        instance,
        plan,
        set_by: OperatorId(1),
    };
    store.set_report_schedule(new).await.unwrap();
}

#[tokio::test]
async fn a_report_is_written_at_its_time_whole_and_for_each_instance_into_its_own_file() {
    let bus = Bus::new(parse_time("2026-11-20T10:00:00Z").unwrap(), &[]).await;
    let store = &bus.instances.store;
    let instance = store.list_instances().await.unwrap()[0].clone();
    let reports = bus.instances.folder.path().join("reports");
    let (of_all, of_one) = (
        reports.join("ownership.csv"),
        reports.join("ownership-IntuneConnector_1.xlsx"),
    );
    set_report(store, None, ReportFormat::Csv).await;
    set_report(store, Some(instance.id), ReportFormat::Xlsx).await;
    scheduled_reports::write_due_reports(&bus.instances).await;
    let titles = "Platform;Company-owned;Personal;Unknown;Devices\n";
    assert_eq!(std::fs::read_to_string(&of_all).unwrap(), titles);
    assert!(std::fs::read(&of_one).unwrap().starts_with(b"PK"));
    // Not before its time; then once, however often somebody looks.
    for file in [&of_all, &of_one] {
        std::fs::write(file, "the one before").unwrap();
    }
    bus.clock.advance(TimeDelta::minutes(359));
    scheduled_reports::write_due_reports(&bus.instances).await;
    assert_eq!(std::fs::read_to_string(&of_all).unwrap(), "the one before");
    bus.clock.advance(TimeDelta::minutes(1));
    scheduled_reports::write_due_reports(&bus.instances).await;
    assert_eq!(std::fs::read_to_string(&of_all).unwrap(), titles);
    assert!(std::fs::read(&of_one).unwrap().starts_with(b"PK"));
    let names: Vec<_> = std::fs::read_dir(&reports).unwrap().collect();
    assert_eq!(names.len(), 2, "nothing else is left there: {names:?}");
}

#[tokio::test]
async fn a_report_that_can_not_be_written_is_told_once_and_tried_again_at_its_time() {
    let bus = Bus::new(parse_time("2026-11-20T10:00:00Z").unwrap(), &[]).await;
    let store = &bus.instances.store;
    let told = async || {
        let notices = store.list_notices().await.unwrap().into_iter();
        notices
            .filter(|notice| notice.text.contains("the report ownership"))
            .count()
    };
    let reports = bus.instances.folder.path().join("reports");
    std::fs::write(&reports, "a file in place of the folder").unwrap();
    set_report(store, None, ReportFormat::Csv).await;
    for _ in 0..3 {
        scheduled_reports::write_due_reports(&bus.instances).await;
        let row = &store.list_report_schedules().await.unwrap()[0];
        assert!(row.failure.is_some() && row.written_at.is_none(), "{row:?}");
        assert_eq!(row.last_start, Some(bus.clock.now()));
        assert_eq!(told().await, 1);
        bus.clock.advance(TimeDelta::hours(6));
    }
    std::fs::remove_file(&reports).unwrap();
    scheduled_reports::write_due_reports(&bus.instances).await;
    let row = &store.list_report_schedules().await.unwrap()[0];
    assert_eq!((&row.failure, row.row_count), (&None, Some(0)));
    assert!(reports.join("ownership.csv").is_file());
}
