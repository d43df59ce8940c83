//! Opens byte streams: DNS, TCP and, where the scheme asks for it, TLS. The one place that touches sockets.

use std::io;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use url::{Host, Url};

use super::error::{ConnectError, ConnectStage, StageCell};

/// A byte stream in both directions.
pub trait Io: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Io for T {}

/// Any byte stream.
pub type BoxIo = Box<dyn Io>;

/// Where a stream goes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// TLS around it.
    pub secure: bool,
    /// Host name or address, without brackets.
    pub host: String,
    /// TCP port.
    pub port: u16,
}

impl Target {
    /// Reads a `ws://` or `wss://` address.
    ///
    /// # Errors
    /// [`ConnectError::BadUrl`] or [`ConnectError::BadScheme`].
    pub fn websocket(url: &str) -> Result<Self, ConnectError> {
        Self::parse(url, "ws", "wss", "ws, wss")
    }

    /// Reads an `http://` or `https://` address.
    ///
    /// # Errors
    /// [`ConnectError::BadUrl`] or [`ConnectError::BadScheme`].
    pub fn http(url: &str) -> Result<Self, ConnectError> {
        Self::parse(url, "http", "https", "http, https")
    }

    fn parse(url: &str, plain: &str, secure: &str, expected: &'static str) -> Result<Self, ConnectError> {
        // The query stays out of the error: it may hold a token.
        let shown = || {
            url.split(['?', '#'])
                .next()
                .unwrap_or_default()
                .chars()
                .take(200)
                .collect::<String>()
        };
        let parsed = Url::parse(url).map_err(|e| ConnectError::BadUrl {
            url: shown(),
            why: e.to_string(),
        })?;
        let secure = match parsed.scheme() {
            scheme if scheme == plain => false,
            scheme if scheme == secure => true,
            scheme => {
                return Err(ConnectError::BadScheme {
                    scheme: scheme.to_owned(),
                    expected,
                });
            }
        };
        let host = match parsed.host() {
            Some(Host::Domain(name)) => name.to_owned(),
            Some(Host::Ipv4(address)) => address.to_string(),
            Some(Host::Ipv6(address)) => address.to_string(),
            None => {
                return Err(ConnectError::BadUrl {
                    url: shown(),
                    why: "no host".to_owned(),
                });
            }
        };
        let port = parsed
            .port_or_known_default()
            .unwrap_or(if secure { 443 } else { 80 });
        Ok(Self { secure, host, port })
    }
}

/// Opens a byte stream to a target. Two implementations: the network, and memory for tests.
pub trait Dialer: Send + Sync + 'static {
    /// Opens a stream, noting in `stage` how far it has come. The caller sets the time limit.
    fn dial<'a>(
        &'a self,
        target: &'a Target,
        stage: &'a StageCell,
    ) -> BoxFuture<'a, Result<BoxIo, ConnectError>>;
}

/// The real network.
#[derive(Clone)]
pub struct NetDialer {
    tls: Arc<ClientConfig>,
}

impl Default for NetDialer {
    /// Trusts Mozilla's root certificates.
    fn default() -> Self {
        let roots = RootCertStore {
            roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
        };
        Self::with_tls(Arc::new(client_tls(roots)))
    }
}

/// A TLS client configuration over `ring` that trusts the given roots.
///
/// # Panics
/// Never: `ring` has cipher suites for both default protocol versions.
#[must_use]
pub fn client_tls(roots: RootCertStore) -> ClientConfig {
    ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring supports TLS 1.2 and 1.3, the default versions")
        .with_root_certificates(roots)
        .with_no_client_auth()
}

impl NetDialer {
    /// Uses this TLS configuration, e.g. one that trusts a private root.
    #[must_use]
    pub fn with_tls(tls: Arc<ClientConfig>) -> Self {
        Self { tls }
    }

    async fn open(&self, target: &Target, stage: &StageCell) -> Result<BoxIo, ConnectError> {
        stage.enter(ConnectStage::Dns);
        let dns = |why: String| ConnectError::Dns {
            host: target.host.clone(),
            why,
        };
        let addresses = tokio::net::lookup_host((target.host.as_str(), target.port))
            .await
            .map_err(|e| dns(e.to_string()))?;
        stage.enter(ConnectStage::Tcp);
        let mut last = None;
        let mut opened = None;
        for address in addresses {
            match TcpStream::connect(address).await {
                Ok(stream) => {
                    opened = Some(stream);
                    break;
                }
                Err(e) => last = Some((address, e)),
            }
        }
        let Some(tcp) = opened else {
            return Err(match last {
                None => dns("no addresses".to_owned()),
                Some((address, e)) if e.kind() == io::ErrorKind::ConnectionRefused => ConnectError::Refused {
                    address: address.to_string(),
                },
                Some((address, e)) => ConnectError::Unreachable {
                    address: address.to_string(),
                    why: e.to_string(),
                },
            });
        };
        // Small messages must not wait for each other; a socket without the option still works.
        let _ = tcp.set_nodelay(true);
        if !target.secure {
            return Ok(Box::new(tcp));
        }
        stage.enter(ConnectStage::Tls);
        let tls_error = |why: String| ConnectError::Tls {
            host: target.host.clone(),
            why,
        };
        let name = ServerName::try_from(target.host.clone()).map_err(|e| tls_error(e.to_string()))?;
        let connector = TlsConnector::from(Arc::clone(&self.tls));
        let stream = connector
            .connect(name, tcp)
            .await
            .map_err(|e| tls_error(e.to_string()))?;
        Ok(Box::new(stream))
    }
}

impl Dialer for NetDialer {
    fn dial<'a>(
        &'a self,
        target: &'a Target,
        stage: &'a StageCell,
    ) -> BoxFuture<'a, Result<BoxIo, ConnectError>> {
        Box::pin(self.open(target, stage))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_with_their_default_ports() {
        let target = |secure, host: &str, port| Target {
            secure,
            host: host.to_owned(),
            port,
        };
        assert_eq!(
            Target::websocket("wss://ws.kraken.com/v2"),
            Ok(target(true, "ws.kraken.com", 443))
        );
        assert_eq!(
            Target::websocket("ws://127.0.0.1:9001"),
            Ok(target(false, "127.0.0.1", 9001))
        );
        assert_eq!(
            Target::websocket("ws://[::1]:9001/x"),
            Ok(target(false, "::1", 9001))
        );
        assert_eq!(
            Target::http("https://api.exchange.coinbase.com"),
            Ok(target(true, "api.exchange.coinbase.com", 443))
        );
    }

    #[test]
    fn a_foreign_scheme_and_an_unreadable_address_are_different_errors() {
        assert!(
            matches!(Target::websocket("https://x.test"), Err(ConnectError::BadScheme { scheme, .. }) if scheme == "https")
        );
        assert!(
            matches!(Target::websocket("not an address?token=1"), Err(ConnectError::BadUrl { url, .. }) if url == "not an address")
        );
    }
}
