//! What a process counts, as Prometheus reads it. Anyone counts through the `metrics` crate; this is where it arrives.

use std::fmt::Write as _;
use std::sync::OnceLock;

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

use super::{Health, process};

/// Upper bounds of histograms whose names end in `_seconds`, in seconds: from a query to a long step.
const SECONDS: [f64; 15] =
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0, 300.0, 1800.0];
/// Upper bounds of all other histograms: how many.
const SIZES: [f64; 11] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1024.0];

static RECORDER: OnceLock<PrometheusHandle> = OnceLock::new();

/// The process's metrics. Clones are the same.
#[derive(Debug, Clone)]
pub struct Metrics {
    recorder: PrometheusHandle,
}

impl Metrics {
    /// Makes this process's recorder the one that the `metrics` crate writes to. Later calls give the same one.
    pub fn install() -> Self {
        let recorder = RECORDER.get_or_init(|| {
            let recorder = PrometheusBuilder::new()
                .set_buckets(&SIZES)
                .and_then(|builder| {
                    builder.set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)
                })
                .expect("there are buckets")
                .build_recorder();
            let handle = recorder.handle();
            if metrics::set_global_recorder(recorder).is_err() {
                tracing::warn!("another recorder of metrics is installed; /metrics shows the process alone");
            }
            handle
        });
        Self { recorder: recorder.clone() }
    }

    /// Folds what was measured into what is shown. To be called every few seconds, since measurements pile up.
    pub fn tidy(&self) {
        self.recorder.run_upkeep();
    }

    /// Everything in Prometheus' text format: what was counted, the process's own figures, and its checks.
    pub fn render(&self, health: &Health) -> String {
        let mut text = self.recorder.render();
        let readiness = health.readiness();
        let mut add = |line: std::fmt::Arguments<'_>| {
            text.write_fmt(line).expect("writing to a string cannot fail");
        };
        add(format_args!(
            "# TYPE slipway_build_info gauge\nslipway_build_info{{process=\"{}\",version=\"{}\"}} 1\n",
            readiness.process, readiness.version
        ));
        add(format_args!("# TYPE slipway_check_ready gauge\n"));
        for check in &readiness.checks {
            let ready = u8::from(check.ready);
            add(format_args!("slipway_check_ready{{check=\"{}\"}} {ready}\n", check.name));
        }
        for (name, kind, value) in process::figures() {
            add(format_args!("# TYPE {name} {kind}\n{name} {value}\n"));
        }
        text
    }
}
