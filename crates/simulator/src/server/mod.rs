//! The venues' faces on loopback: one port per venue, for WebSocket and REST.

pub mod link;
mod socket;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::{ConnectInfo, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, Method, StatusCode, Uri, header};
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tradewind_types::Clock;

use crate::config::VenueKind;
use crate::faults::{Faults, HttpEffect};
use crate::venue::format::skewed;
use crate::venue::{RestReply, rest};
use crate::world::{VenueStep, World};
use link::{LinkControl, LinkListener};

/// Most WebSocket connections per venue at a time.
const CONNECTIONS_MAX: u64 = 256;
/// Longest message a client may send, bytes.
const MESSAGE_MAX: usize = 256 * 1024;
/// How long an ambiguous request is kept without an answer.
const NEVER_ANSWER: Duration = Duration::from_secs(120);

/// What the connections of one venue share.
pub struct VenueContext {
    /// The venue.
    pub kind: VenueKind,
    /// The world, shared by all venues.
    pub world: Arc<Mutex<World>>,
    /// The steps as they happen.
    pub steps: broadcast::Sender<Arc<VenueStep>>,
    /// The faults, shared by all venues.
    pub faults: Faults,
    /// Wall time.
    pub clock: Arc<dyn Clock>,
    /// Tells everybody to stop.
    pub shutdown: CancellationToken,
    /// WebSocket connections since the start.
    pub connections: AtomicU64,
    /// WebSocket connections now.
    pub open: AtomicU64,
    /// Connections dropped because they did not keep up.
    pub slow_dropped: AtomicU64,
    /// REST requests since the start.
    pub requests: AtomicU64,
    /// The tasks of connections.
    pub tasks: TaskTracker,
}

impl VenueContext {
    /// The world, locked.
    pub fn world(&self) -> MutexGuard<'_, World> {
        // A world is valid between steps, and a step does not panic half-way with the lock held.
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Path of the WebSocket endpoint.
#[must_use]
pub fn ws_path(venue: VenueKind) -> &'static str {
    match venue {
        VenueKind::Coinbase => "/",
        VenueKind::Kraken => "/v2",
    }
}

/// Serves a venue until its context is told to stop.
///
/// # Errors
/// When the listener fails.
pub async fn serve(listener: LinkListener, venue: Arc<VenueContext>) -> std::io::Result<()> {
    let shutdown = venue.shutdown.clone();
    let app = Router::new().fallback(handle).with_state(venue);
    axum::serve(listener, app.into_make_service_with_connect_info::<LinkControl>())
        .with_graceful_shutdown(shutdown.cancelled_owned())
        .await
}

async fn handle(
    State(venue): State<Arc<VenueContext>>,
    ConnectInfo(link): ConnectInfo<LinkControl>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
    method: Method,
    uri: Uri,
) -> Response {
    match upgrade {
        Ok(upgrade) => open_socket(venue, link, upgrade, &uri),
        Err(_) => answer(&venue, &method, &uri).await,
    }
}

fn open_socket(
    venue: Arc<VenueContext>,
    link: LinkControl,
    upgrade: WebSocketUpgrade,
    uri: &Uri,
) -> Response {
    if uri.path() != ws_path(venue.kind) {
        return StatusCode::NOT_FOUND.into_response();
    }
    let next = venue.connections.load(Ordering::Relaxed) + 1;
    let full = venue.open.load(Ordering::Relaxed) >= CONNECTIONS_MAX;
    if full || venue.shutdown.is_cancelled() || venue.faults.link(venue.kind, next).maintenance {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let tracked = venue.tasks.token();
    upgrade
        .max_message_size(MESSAGE_MAX)
        .read_buffer_size(4096)
        .on_upgrade(move |socket| async move {
            let _running = tracked;
            socket::serve(socket, venue, link).await;
        })
}

async fn answer(venue: &VenueContext, method: &Method, uri: &Uri) -> Response {
    venue.requests.fetch_add(1, Ordering::Relaxed);
    if method != Method::GET {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    let state = venue.faults.link(venue.kind, 0);
    if state.maintenance {
        return refusal(venue.kind, 503, None);
    }
    let effect = venue.faults.on_request(venue.kind, uri.path());
    if let Some(HttpEffect::Status(status, retry_after)) = effect {
        return refusal(venue.kind, status, retry_after);
    }
    let query = parse_query(uri.query().unwrap_or(""));
    let now = skewed(venue.clock.now(), state.skew_ns);
    let reply = rest(venue.kind, uri.path(), &query, &venue.world(), now);
    if effect == Some(HttpEffect::NeverAnswer) {
        tokio::select! {
            () = venue.shutdown.cancelled() => {}
            () = tokio::time::sleep(NEVER_ANSWER) => {}
        }
        return StatusCode::GATEWAY_TIMEOUT.into_response();
    }
    into_response(reply, None)
}

/// What the venue answers when it refuses a request for reasons of its own.
fn refusal(venue: VenueKind, status: u16, retry_after: Option<u64>) -> Response {
    let reason = match (venue, status) {
        (VenueKind::Kraken, 429) => r#"{"error":["EAPI:Rate limit exceeded"]}"#,
        (VenueKind::Kraken, _) => r#"{"error":["EService:Unavailable"]}"#,
        (VenueKind::Coinbase, 429) => {
            r#"{"error":"RESOURCE_EXHAUSTED","error_details":"too many requests","message":"too many requests"}"#
        }
        (VenueKind::Coinbase, _) => {
            r#"{"error":"UNAVAILABLE","error_details":"service unavailable","message":"service unavailable"}"#
        }
    };
    into_response(
        RestReply {
            status,
            body: reason.to_owned(),
        },
        retry_after,
    )
}

fn into_response(reply: RestReply, retry_after: Option<u64>) -> Response {
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, reply.body).into_response();
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if let Some(seconds) = retry_after {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// Names and values of a query, percent-decoded; at most 32.
fn parse_query(query: &str) -> Vec<(String, String)> {
    let pair = |part: &str| {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        (decode(name), decode(value))
    };
    query
        .split('&')
        .filter(|part| !part.is_empty())
        .take(32)
        .map(pair)
        .collect()
}

fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut i = 0;
    while i < bytes.len() {
        let hex = || {
            std::str::from_utf8(bytes.get(i + 1..i + 3)?)
                .ok()
                .and_then(|h| u8::from_str_radix(h, 16).ok())
        };
        match (bytes[i], hex()) {
            (b'%', Some(byte)) => {
                out.push(byte);
                i += 3;
            }
            (b'+', _) => {
                out.push(b' ');
                i += 1;
            }
            (byte, _) => {
                out.push(byte);
                i += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_are_decoded() {
        let query = parse_query("pair=XBT%2FUSD&since=1+2&flag&x=%zz");
        let of = |name: &str| query.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str());
        assert_eq!(
            (of("pair"), of("since"), of("flag"), of("x")),
            (Some("XBT/USD"), Some("1 2"), Some(""), Some("%zz"))
        );
    }
}
