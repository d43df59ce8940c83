//! A provider as the program sees it: its document, its keys, and the exchange of a code.
//!
//! Document and keys are asked for when they are needed and kept for an hour. A token that names a key which is not there
//! makes the keys be asked for again, at most once a minute, so that forged tokens cost the provider nothing. A provider that
//! does not answer, or with something that cannot be used, is not asked again for five seconds from then on. One asks at a
//! time: whoever comes meanwhile gets the same answer, or the same silence.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{Method, Request, Uri, header};
use serde::Deserialize;
use tokio::sync::Mutex;
use tradewind_types::time::SECOND_NS;
use tradewind_types::{Clock, UnixNanos};
use tradewind_venues::connection::Dialer;

use super::fetch::{FetchError, fetch};
use super::id_token::{Claims, Expected, Fault, verify};
use super::keys::Keys;
use super::settings::{ClientAuth, OidcProvider};
use crate::identity::hash_token;

const KEPT_NS: u64 = 3_600 * SECOND_NS;
const KEYS_AGAIN_NS: u64 = 60 * SECOND_NS;
const FAILED_NS: u64 = 5 * SECOND_NS;

/// Why a provider cannot be asked, or is not believed; for the log.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ProviderError {
    #[error("{what}: {error}")]
    Fetch { what: &'static str, error: FetchError },
    #[error("it did not answer a moment ago")]
    Silent,
    #[error("its document: {0}")]
    Document(String),
    #[error("its keys: {0}")]
    Keys(String),
    #[error("its answer to the code: {0}")]
    Tokens(String),
    #[error("its ID token: {0}")]
    IdToken(#[from] Fault),
}

impl ProviderError {
    /// Whether another attempt may go better: the provider could not be asked.
    pub(crate) fn is_unavailable(&self) -> bool {
        match self {
            Self::Fetch { error, .. } => match error {
                FetchError::Status { status, .. } => status.is_server_error(),
                FetchError::Connect(_) | FetchError::Timeout | FetchError::Exchange(_) => true,
            },
            Self::Silent => true,
            Self::Document(_) | Self::Keys(_) | Self::Tokens(_) | Self::IdToken(_) => false,
        }
    }
}

/// What a provider says of itself (OpenID Connect Discovery 1.0, 3).
#[derive(Deserialize)]
struct Said {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    code_challenge_methods_supported: Option<Vec<String>>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

/// The same, checked.
#[derive(Debug, Clone)]
pub(crate) struct Document {
    pub(crate) authorization: Uri,
    token: Uri,
    keys: Uri,
    /// Whether it names itself when it sends people back (RFC 9207).
    pub(crate) names_itself: bool,
}

impl Document {
    fn of(settings: &OidcProvider, body: &[u8]) -> Result<Self, String> {
        let said: Said = serde_json::from_slice(body).map_err(|error| error.to_string())?;
        if said.issuer != settings.issuer {
            let other: String = said.issuer.chars().take(200).collect();
            return Err(format!(
                "it is of the issuer `{other}`, not of `{}`",
                settings.issuer
            ));
        }
        let s256 = said.code_challenge_methods_supported;
        if s256.is_some_and(|methods| !methods.iter().any(|method| method == "S256")) {
            return Err("it does not know PKCE with S256".to_owned());
        }
        Ok(Self {
            authorization: settings.endpoint(&said.authorization_endpoint)?,
            token: settings.endpoint(&said.token_endpoint)?,
            keys: settings.endpoint(&said.jwks_uri)?,
            names_itself: said.authorization_response_iss_parameter_supported,
        })
    }
}

#[derive(Default)]
struct Cache {
    document: Option<(UnixNanos, Document)>,
    keys: Option<(UnixNanos, Keys)>,
    failed_at: Option<UnixNanos>,
}

impl Cache {
    fn is_silent(&self, now: UnixNanos) -> bool {
        self.failed_at.is_some_and(|at| now.since(at) < FAILED_NS)
    }
}

/// What came for a code.
#[derive(Deserialize)]
struct Tokens {
    id_token: Option<String>,
    access_token: Option<String>,
}

/// A provider.
pub(crate) struct Provider {
    pub(crate) settings: OidcProvider,
    cache: Mutex<Cache>,
}

impl Provider {
    pub(crate) fn new(settings: OidcProvider) -> Self {
        Self {
            settings,
            cache: Mutex::default(),
        }
    }

    /// What it says of itself.
    pub(crate) async fn document(
        &self,
        dialer: &dyn Dialer,
        clock: &dyn Clock,
    ) -> Result<Document, ProviderError> {
        let mut cache = self.cache.lock().await;
        self.document_in(&mut cache, dialer, clock).await
    }

    async fn document_in(
        &self,
        cache: &mut Cache,
        dialer: &dyn Dialer,
        clock: &dyn Clock,
    ) -> Result<Document, ProviderError> {
        if let Some((at, document)) = &cache.document
            && clock.now().since(*at) < KEPT_NS
        {
            return Ok(document.clone());
        }
        let issuer = self.settings.issuer.trim_end_matches('/');
        let address = format!("{issuer}/.well-known/openid-configuration");
        let address: Uri = address
            .parse()
            .map_err(|_| ProviderError::Document("its address cannot be read".to_owned()))?;
        let read = |body: &[u8]| Document::of(&self.settings, body).map_err(ProviderError::Document);
        let (at, document) = asked(cache, (dialer, clock), (&address, "its document"), read).await?;
        cache.document = Some((at, document.clone()));
        Ok(document)
    }

    /// Its keys, those that are kept unless `newer` ones are needed.
    async fn keys(&self, dialer: &dyn Dialer, clock: &dyn Clock, newer: bool) -> Result<Keys, ProviderError> {
        let mut cache = self.cache.lock().await;
        if let Some((at, keys)) = &cache.keys {
            let age = clock.now().since(*at);
            if age < KEPT_NS && (!newer || age < KEYS_AGAIN_NS) {
                return Ok(keys.clone());
            }
        }
        let document = self.document_in(&mut cache, dialer, clock).await?;
        let read = |body: &[u8]| Keys::read(body).map_err(ProviderError::Keys);
        let (at, keys) = asked(&mut cache, (dialer, clock), (&document.keys, "its keys"), read).await?;
        cache.keys = Some((at, keys.clone()));
        Ok(keys)
    }

    /// Exchanges a code for an ID token, and checks that.
    pub(crate) async fn redeem(
        &self,
        dialer: &dyn Dialer,
        (code, verifier, nonce): (&str, &str, &str),
        clock: &dyn Clock,
    ) -> Result<Claims, ProviderError> {
        let document = self.document(dialer, clock).await?;
        let (request, body) = self.exchange(code, verifier);
        let body = fetch(dialer, &document.token, request, body)
            .await
            .map_err(|error| ProviderError::Fetch {
                what: "its answer to the code",
                error,
            })?;
        let tokens: Tokens =
            serde_json::from_slice(&body).map_err(|error| ProviderError::Tokens(error.to_string()))?;
        let id_token = tokens
            .id_token
            .ok_or_else(|| ProviderError::Tokens("there is no ID token in it".to_owned()))?;
        let expected = Expected {
            issuer: &self.settings.issuer,
            client_id: &self.settings.client_id,
            nonce,
            algorithms: &self.settings.algorithms,
            access_token: tokens.access_token.as_deref(),
            now_s: clock.now().0 as f64 / SECOND_NS as f64,
        };
        let keys = self.keys(dialer, clock, false).await?;
        match verify(&id_token, &keys, &expected) {
            Err(Fault::KeyUnknown) => {
                let keys = self.keys(dialer, clock, true).await?;
                Ok(verify(&id_token, &keys, &expected)?)
            }
            verified => Ok(verified?),
        }
    }

    fn exchange(&self, code: &str, verifier: &str) -> (http::request::Builder, String) {
        let settings = &self.settings;
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("grant_type", "authorization_code")
            .append_pair("code", code)
            .append_pair("redirect_uri", &settings.callback)
            .append_pair("code_verifier", verifier);
        let mut request = Request::builder()
            .method(Method::POST)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        match (&settings.client_secret, settings.client_auth) {
            (None, _) => {
                form.append_pair("client_id", &settings.client_id);
            }
            (Some(secret), ClientAuth::Post) => {
                form.append_pair("client_id", &settings.client_id)
                    .append_pair("client_secret", secret.text());
            }
            (Some(secret), ClientAuth::Basic) => {
                // Form-encoded first (RFC 6749, 2.3.1).
                let encode =
                    |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
                let pair = format!("{}:{}", encode(&settings.client_id), encode(secret.text()));
                let basic = format!("Basic {}", STANDARD.encode(pair));
                request = request.header(header::AUTHORIZATION, basic);
            }
        }
        (request, form.finish())
    }

    /// Where a browser is sent to.
    pub(crate) fn authorization(
        &self,
        document: &Document,
        state: &str,
        nonce: &str,
        verifier: &str,
    ) -> String {
        let settings = &self.settings;
        let mut query = form_urlencoded::Serializer::new(String::new());
        let scopes = std::iter::once("openid").chain(settings.scopes.iter().map(String::as_str));
        let scopes = scopes.collect::<Vec<_>>().join(" ");
        query
            .append_pair("response_type", "code")
            .append_pair("client_id", &settings.client_id)
            .append_pair("redirect_uri", &settings.callback)
            .append_pair("scope", &scopes)
            .append_pair("state", state)
            .append_pair("nonce", nonce)
            .append_pair("code_challenge", &challenge(verifier))
            .append_pair("code_challenge_method", "S256");
        if !settings.acr_values.is_empty() {
            query.append_pair("acr_values", &settings.acr_values.join(" "));
        }
        let joint = if document.authorization.query().is_some() {
            '&'
        } else {
            '?'
        };
        format!("{}{joint}{}", document.authorization, query.finish())
    }
}

/// Asks for something that is kept, and reads it; with when it came. What cannot be read is as good as no answer.
async fn asked<T>(
    cache: &mut Cache,
    (dialer, clock): (&dyn Dialer, &dyn Clock),
    (address, what): (&Uri, &'static str),
    read: impl FnOnce(&[u8]) -> Result<T, ProviderError>,
) -> Result<(UnixNanos, T), ProviderError> {
    if cache.is_silent(clock.now()) {
        return Err(ProviderError::Silent);
    }
    let body = fetch(dialer, address, Request::builder(), String::new()).await;
    let read = body
        .map_err(|error| ProviderError::Fetch { what, error })
        .and_then(|body| read(&body));
    // Asking may have taken as long as the silence lasts: it begins now.
    let at = clock.now();
    cache.failed_at = read.is_err().then_some(at);
    read.map(|read| (at, read))
}

/// The S256 challenge of a verifier (RFC 7636, 4.2).
fn challenge(verifier: &str) -> String {
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let digest = ring::digest::digest(&ring::digest::SHA256, verifier.as_bytes());
    URL_SAFE_NO_PAD.encode(digest)
}

/// What is kept of a state or a cookie.
pub(crate) fn kept(text: &str) -> String {
    hash_token(text)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::time::Duration;

    use futures_util::future::BoxFuture;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tradewind_venues::clock::ManualClock;
    use tradewind_venues::connection::{BoxIo, ConnectError, StageCell, Target};

    use super::super::settings::tests::provider;
    use super::*;

    /// A provider that takes its time: as long as anybody waits for it.
    struct Slow {
        clock: Arc<ManualClock>,
        questions: AtomicU32,
        answer: Option<&'static str>,
    }

    impl Slow {
        fn saying(answer: Option<&'static str>) -> Self {
            Self {
                clock: Arc::new(ManualClock::at(UnixNanos::from_secs(1_795_338_000))),
                questions: AtomicU32::new(0),
                answer,
            }
        }

        fn asked(&self) -> u32 {
            self.questions.load(Ordering::Relaxed)
        }
    }

    impl Dialer for Slow {
        fn dial<'a>(&'a self, _: &'a Target, _: &'a StageCell) -> BoxFuture<'a, Result<BoxIo, ConnectError>> {
            self.questions.fetch_add(1, Ordering::Relaxed);
            self.clock.advance(Duration::from_nanos(FAILED_NS));
            Box::pin(async move {
                let Some(answer) = self.answer else {
                    return Err(ConnectError::BadUrl {
                        url: String::new(),
                        why: "nobody is there".to_owned(),
                    });
                };
                let (ours, mut theirs) = tokio::io::duplex(64 * 1024);
                tokio::spawn(async move {
                    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", answer.len());
                    // An answer before the question is none.
                    let _ = theirs.read(&mut [0; 4096]).await;
                    let _ = theirs.write_all((head + answer).as_bytes()).await;
                    // Until the other side has read it.
                    let _ = tokio::io::copy(&mut theirs, &mut tokio::io::sink()).await;
                });
                Ok(Box::new(ours) as BoxIo)
            })
        }
    }

    #[tokio::test]
    async fn the_silence_begins_when_asking_has_failed_also_by_an_answer_that_cannot_be_used() {
        for answer in [None, Some("{}"), Some("no JSON")] {
            let (slow, provider) = (Slow::saying(answer), Provider::new(provider()));
            let first = provider.document(&slow, &*slow.clock).await.expect_err("fails");
            match answer {
                None => assert!(matches!(first, ProviderError::Fetch { .. }), "{first}"),
                Some(_) => assert!(matches!(first, ProviderError::Document(_)), "{first}"),
            }
            slow.clock.advance(Duration::from_nanos(FAILED_NS - 1));
            let then = provider.document(&slow, &*slow.clock).await.expect_err("silent");
            assert!(matches!(then, ProviderError::Silent), "{then}");
            assert_eq!(slow.asked(), 1, "{answer:?}");
            slow.clock.advance(Duration::from_nanos(1));
            let again = provider.document(&slow, &*slow.clock).await.expect_err("fails");
            assert!(!matches!(again, ProviderError::Silent), "{again}");
            assert_eq!(slow.asked(), 2, "{answer:?}");
        }
    }

    #[test]
    fn the_challenge_is_that_of_the_rfc() {
        // RFC 7636, appendix B.
        assert_eq!(
            challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
        );
    }

    fn document(change: impl FnOnce(&mut serde_json::Value)) -> Result<Document, String> {
        let mut said = serde_json::json!({"issuer": "https://id.example.org",
            "authorization_endpoint": "https://id.example.org/auth?tenant=1",
            "token_endpoint": "https://id.example.org/token", "jwks_uri": "https://keys.example.org/jwks"});
        change(&mut said);
        Document::of(&provider(), said.to_string().as_bytes())
    }

    #[test]
    fn a_document_of_another_issuer_or_with_endpoints_elsewhere_is_refused() {
        let good = document(|_| {}).expect("a document");
        assert!(!good.names_itself);
        for (member, value) in [
            ("issuer", "https://id.example.org/"),
            ("token_endpoint", "https://evil.test/token"),
            ("jwks_uri", "http://keys.example.org/jwks"),
            ("authorization_endpoint", "javascript:alert(1)"),
        ] {
            assert!(document(|said| said[member] = value.into()).is_err(), "{member}");
        }
        assert!(
            document(|said| said["code_challenge_methods_supported"] = serde_json::json!(["plain"])).is_err()
        );
    }

    #[test]
    fn people_are_sent_with_everything_encoded_and_the_secret_goes_by_the_form_that_is_set() {
        let mut settings = provider();
        settings.client_id = "a b&c".to_owned();
        settings.client_secret = Some(super::super::settings::ClientSecret::new("p:q%"));
        let provider = Provider::new(settings.clone());
        let url = provider.authorization(&document(|_| {}).expect("a document"), "st", "no", "ver");
        assert!(
            url.starts_with(
                "https://id.example.org/auth?tenant=1&response_type=code&client_id=a+b%26c&redirect_uri=https%3A%2F%2Ftrade"
            ),
            "{url}"
        );
        assert!(
            url.contains("&scope=openid+profile&state=st&nonce=no&code_challenge="),
            "{url}"
        );
        assert!(!url.contains("ver&") && !url.contains("p%3Aq"), "{url}");
        let (request, body) = provider.exchange("co&de", "ver");
        let request = request.body(()).expect("a request");
        assert_eq!(
            request.headers()["authorization"],
            format!("Basic {}", STANDARD.encode("a+b%26c:p%3Aq%25")).as_str()
        );
        assert!(
            body.contains("code=co%26de&") && !body.contains("client_secret"),
            "{body}"
        );
        settings.client_auth = ClientAuth::Post;
        let (request, body) = Provider::new(settings).exchange("c", "v");
        assert!(
            request
                .body(())
                .expect("a request")
                .headers()
                .get("authorization")
                .is_none()
        );
        assert!(
            body.ends_with("&client_id=a+b%26c&client_secret=p%3Aq%25"),
            "{body}"
        );
    }
}
