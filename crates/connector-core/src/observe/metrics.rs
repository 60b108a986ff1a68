//! Numbers for Prometheus: a map behind a lock, written a few times a page or request, rendered when somebody asks.
//! A registry of our own, because the whole of it is smaller than what a library would want to be told.

use std::collections::BTreeMap;
use std::fmt::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::metric::{ALL, Metric, MetricKind, SERIES_DROPPED};

/// Series beyond this are dropped and counted: a bound, should a label ever take values from outside.
pub const MAX_SERIES: usize = 20_000;

/// A handle; clones share the numbers.
#[derive(Debug, Clone, Default)]
pub struct Metrics {
    inner: Arc<Mutex<MetricsState>>,
    polled: Arc<Mutex<Vec<PolledMetric>>>,
}

/// A number without labels that is kept elsewhere and looked up when somebody asks.
struct PolledMetric {
    metric: &'static Metric,
    read_value: Box<dyn Fn() -> f64 + Send>,
}

impl fmt::Debug for PolledMetric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.metric.name)
    }
}

#[derive(Debug, Default)]
struct MetricsState {
    families: BTreeMap<&'static str, BTreeMap<Vec<String>, Sample>>,
    series: usize,
    dropped: u64,
}

#[derive(Debug, Clone, Copy, Default)]
struct Sample {
    value: f64,
    count: u64,
}

impl Metrics {
    pub fn new() -> Self {
        Metrics::default()
    }

    /// Raises a counter.
    pub fn increment_counter(&self, metric: &'static Metric, labels: &[&str], by: u64) {
        debug_assert_eq!(metric.kind, MetricKind::Counter, "{} is no counter", metric.name);
        self.update_sample(metric, labels, |sample| sample.value += by as f64);
    }

    /// Sets a gauge, or a counter that is counted elsewhere.
    pub fn set(&self, metric: &'static Metric, labels: &[&str], value: f64) {
        debug_assert_ne!(metric.kind, MetricKind::Summary, "{} is a summary", metric.name);
        self.update_sample(metric, labels, |sample| sample.value = value);
    }

    /// Adds one measurement to a summary.
    pub fn observe_value(&self, metric: &'static Metric, labels: &[&str], value: f64) {
        debug_assert_eq!(metric.kind, MetricKind::Summary, "{} is no summary", metric.name);
        self.update_sample(metric, labels, |sample| {
            sample.value += value;
            sample.count += 1;
        });
    }

    /// From now on the number is looked up whenever all are rendered.
    pub fn register_polled(&self, metric: &'static Metric, look: impl Fn() -> f64 + Send + 'static) {
        let look = Box::new(look);
        let mut drawn = self.polled.lock().unwrap_or_else(PoisonError::into_inner);
        drawn.retain(|known| known.metric.name != metric.name);
        drawn.push(PolledMetric {
            metric,
            read_value: look,
        });
    }

    /// The present number; of a summary the sum.
    pub fn get(&self, metric: &'static Metric, labels: &[&str]) -> Option<f64> {
        let inner = self.lock_state();
        let family = inner.families.get(metric.name)?;
        family.get(&owned_labels(labels)).map(|sample| sample.value)
    }

    /// Drops one number: there is nothing any more that it could be of.
    pub fn remove_series(&self, metric: &'static Metric, labels: &[&str]) {
        let mut inner = self.lock_state();
        let family = inner.families.get_mut(metric.name);
        if family.is_some_and(|family| family.remove(&owned_labels(labels)).is_some()) {
            inner.series -= 1;
        }
    }

    /// Drops every series in which `label` has `value`: an instance or server that was removed.
    pub fn remove_by_label(&self, label: &str, value: &str) {
        let mut inner = self.lock_state();
        for metric in ALL {
            let Some(at) = metric.labels.iter().position(|name| *name == label) else {
                continue;
            };
            if let Some(family) = inner.families.get_mut(metric.name) {
                family.retain(|labels, _| labels[at] != value);
            }
        }
        inner.series = inner.families.values().map(BTreeMap::len).sum();
    }

    fn update_sample(&self, metric: &'static Metric, labels: &[&str], change: impl FnOnce(&mut Sample)) {
        assert_eq!(metric.labels.len(), labels.len(), "{} has other labels", metric.name);
        let mut inner = self.lock_state();
        let full = inner.series >= MAX_SERIES;
        let family = inner.families.entry(metric.name).or_default();
        if let Some(sample) = family.get_mut(&owned_labels(labels)) {
            return change(sample);
        }
        if full {
            inner.dropped += 1;
            return;
        }
        change(family.entry(owned_labels(labels)).or_default());
        inner.series += 1;
    }

    fn lock_state(&self) -> MutexGuard<'_, MetricsState> {
        // Numbers are whole after every statement, so a panic elsewhere spoils none.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Prometheus' text format, version 0.0.4. Metrics without a number yet are left out.
    pub fn render_text(&self) -> String {
        for PolledMetric {
            metric,
            read_value: look,
        } in self.polled.lock().unwrap_or_else(PoisonError::into_inner).iter()
        {
            self.update_sample(metric, &[], |sample| sample.value = look());
        }
        let inner = self.lock_state();
        let mut text = String::new();
        for metric in ALL {
            let own = BTreeMap::from([(
                Vec::new(),
                Sample {
                    value: inner.dropped as f64,
                    count: 0,
                },
            )]);
            let family = match inner.families.get(metric.name) {
                _ if metric.name == SERIES_DROPPED.name => &own,
                Some(family) if !family.is_empty() => family,
                _ => continue,
            };
            let kind = match metric.kind {
                MetricKind::Counter => "counter",
                MetricKind::Gauge => "gauge",
                MetricKind::Summary => "summary",
            };
            let name = metric.name;
            let _ = writeln!(text, "# HELP {name} {}\n# TYPE {name} {kind}", metric.help);
            for (values, sample) in family {
                let labels = format_labels(metric.labels, values);
                let _ = match metric.kind {
                    MetricKind::Summary => {
                        let Sample { value, count } = sample;
                        writeln!(text, "{name}_sum{labels} {value}\n{name}_count{labels} {count}")
                    }
                    _ => writeln!(text, "{name}{labels} {}", sample.value),
                };
            }
        }
        text
    }
}

fn owned_labels(labels: &[&str]) -> Vec<String> {
    labels.iter().map(|label| (*label).to_owned()).collect()
}

/// `{instance="IntuneConnector_1"}`, escaped as the format wants it; nothing where there are no labels.
fn format_labels(names: &[&str], values: &[String]) -> String {
    if names.is_empty() {
        return String::new();
    }
    let pairs: Vec<String> = names
        .iter()
        .zip(values)
        .map(|(name, value)| {
            let value = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
            format!("{name}=\"{value}\"")
        })
        .collect();
    format!("{{{}}}", pairs.join(","))
}

#[cfg(test)]
mod tests {
    use super::super::metric::{DEVICES, HTTP_REQUESTS, LOG_LOST, SCAN_SECONDS, SCANS, SERVER_LAG};
    use super::*;

    #[test]
    fn numbers_are_rendered_in_prometheus_form() {
        let metrics = Metrics::new();
        metrics.increment_counter(&SCANS, &["IntuneConnector_1", "full", "completed"], 2);
        metrics.set(&DEVICES, &["IntuneConnector_1"], 100_000.0);
        metrics.observe_value(&SCAN_SECONDS, &["IntuneConnector_1", "full"], 1.5);
        metrics.observe_value(&SCAN_SECONDS, &["IntuneConnector_1", "full"], 2.0);
        let text = metrics.render_text();
        for line in [
            "# TYPE intune_connector_scans_total counter",
            "intune_connector_scans_total{instance=\"IntuneConnector_1\",kind=\"full\",state=\"completed\"} 2",
            "intune_connector_devices{instance=\"IntuneConnector_1\"} 100000",
            "intune_connector_scan_seconds_sum{instance=\"IntuneConnector_1\",kind=\"full\"} 3.5",
            "intune_connector_scan_seconds_count{instance=\"IntuneConnector_1\",kind=\"full\"} 2",
            "intune_connector_metric_series_dropped_total 0",
        ] {
            assert!(text.lines().any(|known| known == line), "{line} is missing in\n{text}");
        }
    }

    #[test]
    fn label_values_can_not_break_out_of_their_quotes() {
        let metrics = Metrics::new();
        metrics.set(&DEVICES, &["a\"} 1\nb\\"], 1.0);
        assert!(metrics.render_text().contains("{instance=\"a\\\"} 1\\nb\\\\\"} 1\n"));
    }

    #[test]
    fn series_are_bounded_and_what_is_dropped_is_counted() {
        let metrics = Metrics::new();
        for i in 0..MAX_SERIES + 5 {
            metrics.increment_counter(&HTTP_REQUESTS, &["GET", &i.to_string(), "200"], 1);
        }
        assert!(
            metrics
                .render_text()
                .contains("intune_connector_metric_series_dropped_total 5\n")
        );
        metrics.increment_counter(&HTTP_REQUESTS, &["GET", "0", "200"], 1);
        assert_eq!(metrics.get(&HTTP_REQUESTS, &["GET", "0", "200"]), Some(2.0));
    }

    #[test]
    fn a_number_kept_elsewhere_is_looked_up_each_time() {
        let metrics = Metrics::new();
        let lines = Arc::new(std::sync::atomic::AtomicU64::new(3));
        let elsewhere = lines.clone();
        metrics.register_polled(&LOG_LOST, move || {
            elsewhere.load(std::sync::atomic::Ordering::Relaxed) as f64
        });
        assert!(metrics.render_text().contains("log_lines_lost_total 3\n"));
        lines.store(4, std::sync::atomic::Ordering::Relaxed);
        assert!(metrics.render_text().contains("log_lines_lost_total 4\n"));
    }

    /// A metric that nobody writes is a promise that is not kept.
    #[test]
    fn every_metric_is_written_somewhere() {
        fn sources(folder: &std::path::Path, all: &mut String) {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                match path.is_dir() {
                    true if !path.ends_with("observe") => sources(&path, all),
                    false => all.push_str(&std::fs::read_to_string(&path).unwrap()),
                    true => (),
                }
            }
        }
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let mut all = std::fs::read_to_string(root.join("observe/tenant_meter.rs")).unwrap();
        sources(&root, &mut all);
        sources(&root.join("../../../src"), &mut all);
        let table = std::fs::read_to_string(root.join("observe/metric.rs")).unwrap();
        let names = table
            .lines()
            .filter(|line| line.contains(" Counter \"") || line.contains(" Gauge \"") || line.contains(" Summary \""));
        let names: Vec<&str> = names.filter_map(|line| line.split_whitespace().next()).collect();
        assert_eq!(names.len(), ALL.len());
        for name in names.into_iter().filter(|name| *name != "SERIES_DROPPED") {
            assert!(all.contains(&format!("metric::{name}")), "{name} is never written");
        }
    }

    #[test]
    fn what_was_removed_is_forgotten() {
        let metrics = Metrics::new();
        metrics.set(&SERVER_LAG, &["cmdb"], 3.0);
        metrics.set(&SERVER_LAG, &["itam"], 4.0);
        metrics.remove_by_label("server", "cmdb");
        assert_eq!(metrics.get(&SERVER_LAG, &["cmdb"]), None);
        assert_eq!(metrics.get(&SERVER_LAG, &["itam"]), Some(4.0));
    }

    #[test]
    fn one_number_is_dropped_and_its_place_is_free_again() {
        let metrics = Metrics::new();
        metrics.set(&SERVER_LAG, &["cmdb"], 3.0);
        metrics.set(&SERVER_LAG, &["itam"], 4.0);
        for _ in 0..2 {
            metrics.remove_series(&SERVER_LAG, &["cmdb"]);
            assert_eq!(metrics.get(&SERVER_LAG, &["cmdb"]), None);
            assert_eq!(metrics.get(&SERVER_LAG, &["itam"]), Some(4.0));
            assert_eq!(metrics.lock_state().series, 1);
        }
    }

    #[test]
    fn no_metric_has_a_label_for_devices_or_users() {
        for metric in ALL {
            for label in metric.labels {
                assert!(
                    !["device", "user", "operator", "serial", "name"].contains(label),
                    "{}",
                    metric.name
                );
            }
        }
    }
}
