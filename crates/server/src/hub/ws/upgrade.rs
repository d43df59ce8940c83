//! The request that opens a socket (RFC 6455, 4.2).

use axum::extract::FromRequestParts;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{
    CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION,
    UPGRADE,
};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Version};
use hyper::upgrade::OnUpgrade;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use crate::problem::{ApiError, Code};

/// The only version of the protocol.
const VERSION: HeaderValue = HeaderValue::from_static("13");
const WEBSOCKET: HeaderValue = HeaderValue::from_static("websocket");

/// A request that asks for a socket, checked.
#[derive(Debug)]
pub struct Upgrade {
    on_upgrade: OnUpgrade,
    accept: HeaderValue,
    /// Subprotocols that the client offers, the one it likes best first.
    offered: Vec<String>,
}

impl Upgrade {
    /// The first subprotocol of the client's list that `known` knows.
    pub(crate) fn choose<T>(&self, known: impl Fn(&str) -> Option<T>) -> Option<T> {
        self.offered.iter().find_map(|offered| known(offered))
    }

    /// The answer that opens the socket, and the connection to come.
    pub(crate) fn open(self, subprotocol: Option<&'static str>) -> (Response, OnUpgrade) {
        let mut response = Response::new(axum::body::Body::empty());
        *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        let headers = response.headers_mut();
        headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
        headers.insert(UPGRADE, WEBSOCKET);
        headers.insert(SEC_WEBSOCKET_ACCEPT, self.accept);
        if let Some(name) = subprotocol {
            headers.insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(name));
        }
        (response, self.on_upgrade)
    }
}

/// Why a request opens no socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAnUpgrade {
    /// Sockets are opened with GET.
    #[error("a socket is opened with GET")]
    Method,
    /// HTTP/1.0 knows no upgrade, HTTP/2 another.
    #[error("a socket is opened over HTTP/1.1")]
    Http,
    /// No `Connection: upgrade`.
    #[error("this resource speaks WebSocket only: `Connection: Upgrade` is missing")]
    Connection,
    /// No `Upgrade: websocket`.
    #[error("this resource speaks WebSocket only: `Upgrade: websocket` is missing")]
    Protocol,
    /// Another version of the protocol, or none.
    #[error("`Sec-WebSocket-Version` must be 13")]
    Version,
    /// The key is missing, there twice, or not 16 bytes in base64.
    #[error("`Sec-WebSocket-Key` must be there once, 16 bytes in base64")]
    Key,
    /// The connection cannot be taken over.
    #[error("this connection cannot become a socket")]
    Connectionless,
}

impl From<NotAnUpgrade> for ApiError {
    fn from(why: NotAnUpgrade) -> Self {
        let refused = |code| ApiError::new(code, why.to_string());
        match why {
            NotAnUpgrade::Key => refused(Code::BadRequest),
            // What would be right is told in the headers, as RFC 9110, 15.5.22, and RFC 6455, 4.4, ask for.
            _ => refused(Code::UpgradeRequired)
                .with_header(UPGRADE, WEBSOCKET)
                .with_header(SEC_WEBSOCKET_VERSION, VERSION),
        }
    }
}

impl<S: Sync> FromRequestParts<S> for Upgrade {
    type Rejection = NotAnUpgrade;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, NotAnUpgrade> {
        let key = check(parts)?;
        let on_upgrade = parts.extensions.remove::<OnUpgrade>();
        Ok(Self {
            accept: key,
            offered: offered(&parts.headers),
            on_upgrade: on_upgrade.ok_or(NotAnUpgrade::Connectionless)?,
        })
    }
}

impl axum::response::IntoResponse for NotAnUpgrade {
    fn into_response(self) -> Response {
        ApiError::from(self).into_response()
    }
}

/// Checks a request; the value of `Sec-WebSocket-Accept` that answers its key.
fn check(parts: &Parts) -> Result<HeaderValue, NotAnUpgrade> {
    if parts.method != Method::GET {
        return Err(NotAnUpgrade::Method);
    }
    if parts.version != Version::HTTP_11 {
        return Err(NotAnUpgrade::Http);
    }
    let has = |name: HeaderName, wanted: &str| {
        tokens(&parts.headers, name).any(|token| token.eq_ignore_ascii_case(wanted))
    };
    if !has(CONNECTION, "upgrade") {
        return Err(NotAnUpgrade::Connection);
    }
    if !has(UPGRADE, "websocket") {
        return Err(NotAnUpgrade::Protocol);
    }
    if only(&parts.headers, SEC_WEBSOCKET_VERSION) != Some(&VERSION) {
        return Err(NotAnUpgrade::Version);
    }
    let key = only(&parts.headers, SEC_WEBSOCKET_KEY).ok_or(NotAnUpgrade::Key)?;
    let nonce = STANDARD.decode(key.as_bytes()).map_err(|_| NotAnUpgrade::Key)?;
    if nonce.len() != 16 {
        return Err(NotAnUpgrade::Key);
    }
    HeaderValue::try_from(derive_accept_key(key.as_bytes())).map_err(|_| NotAnUpgrade::Key)
}

/// The value of a header that must be there once.
fn only(headers: &HeaderMap, name: HeaderName) -> Option<&HeaderValue> {
    let mut values = headers.get_all(name).iter();
    let first = values.next();
    first.filter(|_| values.next().is_none())
}

/// The tokens of a header that is a list, over all its lines.
fn tokens(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = &str> {
    let lines = headers.get_all(name).into_iter();
    let parts = lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','));
    parts.map(str::trim).filter(|token| !token.is_empty())
}

fn offered(headers: &HeaderMap) -> Vec<String> {
    tokens(headers, SEC_WEBSOCKET_PROTOCOL)
        .map(str::to_owned)
        .collect()
}
