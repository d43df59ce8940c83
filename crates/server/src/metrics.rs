//! Prometheus metrics: one recorder per process, rendered on demand by `GET /metrics`.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use http::{Method, StatusCode};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

const BUCKETS_S: &[f64] = &[
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
];

/// The process's recorder. Every crate records through the `metrics` macros; this renders what they recorded.
#[derive(Clone)]
pub struct Metrics {
    handle: Option<PrometheusHandle>,
}

impl Metrics {
    /// Installs the recorder, or finds the one that was installed before.
    #[must_use]
    pub fn install() -> Self {
        static INSTALLED: OnceLock<Option<PrometheusHandle>> = OnceLock::new();
        let handle = INSTALLED.get_or_init(|| {
            let matcher = Matcher::Suffix("_seconds".to_owned());
            let builder = PrometheusBuilder::new().set_buckets_for_metric(matcher, BUCKETS_S);
            let recorder = builder.map(PrometheusBuilder::build_recorder);
            let recorder = recorder
                .map_err(|error| tracing::error!(%error, "no metrics"))
                .ok()?;
            let handle = recorder.handle();
            metrics::set_global_recorder(recorder)
                .map_err(|error| tracing::warn!(%error, "no metrics"))
                .ok()?;
            Some(handle)
        });
        Self {
            handle: handle.clone(),
        }
    }

    /// Everything recorded, as Prometheus text; `None` when another recorder is installed in this process.
    #[must_use]
    pub fn render(&self) -> Option<String> {
        self.handle.as_ref().map(|handle| {
            handle.run_upkeep();
            handle.render()
        })
    }

    /// Records one request: rate, errors and duration per route.
    pub fn request(&self, method: &Method, route: &Arc<str>, status: StatusCode, took: Duration) {
        let method = method_name(method);
        let class = match status.as_u16() / 100 {
            1 => "1xx",
            2 => "2xx",
            3 => "3xx",
            4 => "4xx",
            _ => "5xx",
        };
        metrics::counter!("tradewind_http_requests_total", "method" => method, "route" => Arc::clone(route), "status" => class)
            .increment(1);
        metrics::histogram!("tradewind_http_request_seconds", "method" => method, "route" => Arc::clone(route))
            .record(took.as_secs_f64());
    }
}

/// Methods that anyone may invent do not become label values.
fn method_name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        _ => "OTHER",
    }
}
