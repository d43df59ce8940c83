//! From an address to an open WebSocket, with each failure told apart.

use std::sync::Arc;

use http::{HeaderName, HeaderValue};
use tokio_tungstenite::tungstenite::Error as WsError;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::error::CapacityError;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

use super::dialer::{BoxIo, Target};
use super::error::{ConnectError, ConnectStage, DisconnectReason, StageCell};
use super::settings::{ConnectionSettings, Endpoint, Environment};

/// An open WebSocket.
pub(super) type Socket = WebSocketStream<BoxIo>;

/// How much of a refusal's body goes into the error.
const REFUSAL_CHARS_MAX: usize = 200;

/// Makes one attempt within the time limit.
pub(super) async fn open(
    environment: &Environment,
    settings: &ConnectionSettings,
    endpoint: &Endpoint,
) -> Result<Socket, ConnectError> {
    let target = Target::websocket(&endpoint.url)?;
    let stage = StageCell::default();
    let dialer = Arc::clone(&environment.dialer);
    let attempt = async {
        let io = dialer.dial(&target, &stage).await?;
        stage.enter(ConnectStage::Handshake);
        shake_hands(io, settings, endpoint).await
    };
    let after = settings.connect_timeout;
    match tokio::time::timeout(after, attempt).await {
        Ok(result) => result,
        Err(_) => Err(ConnectError::Timeout {
            stage: stage.current(),
            after,
        }),
    }
}

async fn shake_hands(
    io: BoxIo,
    settings: &ConnectionSettings,
    endpoint: &Endpoint,
) -> Result<Socket, ConnectError> {
    let bad_url = |why: String| ConnectError::BadUrl {
        url: endpoint.shown().to_owned(),
        why,
    };
    let mut request = endpoint
        .url
        .as_str()
        .into_client_request()
        .map_err(|e| bad_url(e.to_string()))?;
    for (name, value) in &endpoint.headers {
        let name =
            HeaderName::try_from(name.as_str()).map_err(|e| bad_url(format!("header `{name}`: {e}")))?;
        let value =
            HeaderValue::try_from(value.as_str()).map_err(|e| bad_url(format!("header `{name}`: {e}")))?;
        request.headers_mut().insert(name, value);
    }
    let config = WebSocketConfig::default()
        .read_buffer_size(settings.read_buffer_bytes)
        .write_buffer_size(0)
        .max_write_buffer_size(settings.message_bytes_max.max(1024 * 1024))
        .max_message_size(Some(settings.message_bytes_max))
        .max_frame_size(Some(settings.message_bytes_max));
    match client_async_with_config(request, io, Some(config)).await {
        Ok((socket, _response)) => Ok(socket),
        Err(WsError::Http(response)) => {
            let body = response
                .body()
                .as_deref()
                .map(String::from_utf8_lossy)
                .unwrap_or_default();
            let why = body.chars().take(REFUSAL_CHARS_MAX).collect::<String>();
            Err(ConnectError::Handshake {
                status: Some(response.status().as_u16()),
                why,
            })
        }
        Err(other) => Err(ConnectError::Handshake {
            status: None,
            why: other.to_string(),
        }),
    }
}

/// What a read or write error means for the session.
pub(super) fn disconnect_reason(error: WsError) -> DisconnectReason {
    match error {
        WsError::Capacity(CapacityError::MessageTooLong { size, max_size }) => {
            DisconnectReason::MessageTooLong {
                size_bytes: size,
                limit_bytes: max_size,
            }
        }
        WsError::Io(e) => DisconnectReason::Broken { why: e.to_string() },
        WsError::ConnectionClosed | WsError::AlreadyClosed => DisconnectReason::Broken {
            why: "closed".to_owned(),
        },
        other => DisconnectReason::Protocol {
            why: other.to_string(),
        },
    }
}
