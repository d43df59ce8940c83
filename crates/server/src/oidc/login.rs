//! The authorization code flow with PKCE (OpenID Connect Core 1.0, 3.1; RFC 7636; RFC 9700): there, back, and in.
//!
//! | what an attacker brings | what it meets |
//! | --- | --- |
//! | a code of their own, to sign a victim in as them | state, which only the browser with the cookie may bring, once |
//! | a code that was stolen on the way | PKCE: the verifier never left this process |
//! | a token of another sign-in | nonce, audience, issuer, age |
//! | an answer of another provider | `iss`, compared where the provider says that it sends one |
//! | a link made by a page the victim looks at | linking begins with a POST that carries the CSRF token and the password |

use std::sync::Arc;

use http::{HeaderMap, HeaderValue, header};
use serde_json::json;
use tradewind_store::identity::users::UserRow;
use tradewind_store::identity::{factors, sessions, users};
use tradewind_types::UserId;
use tradewind_venues::connection::{Dialer, NetDialer};

use super::id_token::Claims;
use super::pending::{LIFE_S, Pending};
use super::people;
use super::provider::{Provider, ProviderError, kept};
use super::settings::OidcProvider;
use super::{Begun, Landed, Returned};
use crate::AppState;
use crate::extract::RequestInfo;
use crate::identity::audit::{self, Note};
use crate::identity::sign_in::second_factor;
use crate::identity::{Caller, Secret, Via, same};
use crate::problem::{ApiError, ApiResult, Code};

/// Knows a browser again that left for a provider.
const COOKIE: &str = "tw_oidc";
const COOKIE_TLS: &str = "__Host-tw_oidc";

/// What somebody is on the way for.
#[derive(Clone)]
enum Intent {
    SignIn,
    /// To link the identity to this person, by this session.
    Link {
        user: UserId,
        session: String,
    },
}

/// Somebody on the way.
struct Leaving {
    provider: usize,
    /// Hash of the cookie.
    browser: String,
    nonce: Secret,
    verifier: Secret,
    intent: Intent,
}

/// Somebody whom a provider has made sure of, and who has yet to show our second factor.
#[derive(Clone)]
struct Proved {
    user: UserId,
    provider: String,
}

/// Signing in by providers.
pub struct Oidc {
    providers: Vec<Provider>,
    dialer: Arc<dyn Dialer>,
    leaving: Pending<Leaving>,
    proved: Pending<Proved>,
}

impl Oidc {
    /// Of the providers that are configured; `None` without any.
    #[must_use]
    pub fn of(providers: &[OidcProvider]) -> Option<Arc<Self>> {
        if providers.is_empty() {
            return None;
        }
        Some(Arc::new(Self {
            providers: providers.iter().cloned().map(Provider::new).collect(),
            dialer: Arc::new(NetDialer::default()),
            leaving: Pending::default(),
            proved: Pending::default(),
        }))
    }

    /// The providers, in the order of the configuration.
    pub fn providers(&self) -> impl Iterator<Item = &OidcProvider> {
        self.providers.iter().map(|provider| &provider.settings)
    }

    /// Sends a browser off to sign in.
    ///
    /// # Errors
    /// `OIDC_PROVIDER_UNKNOWN`, `OIDC_UNAVAILABLE`.
    pub async fn begin(&self, state: &AppState, provider: &str) -> ApiResult<Begun> {
        self.send_off(state, provider, Intent::SignIn).await
    }

    /// Sends somebody who is signed in off to link an identity; who they are was proved again.
    ///
    /// # Errors
    /// `OIDC_PROVIDER_UNKNOWN` also for a provider of another organisation, `OIDC_UNAVAILABLE`, `FORBIDDEN` for anything
    /// but a browser's session.
    pub async fn begin_link(&self, state: &AppState, provider: &str, caller: &Caller) -> ApiResult<Begun> {
        let mut known = self.providers();
        if !known.any(|known| known.id == provider && known.org == caller.org) {
            return Err(ApiError::of(Code::OidcProviderUnknown));
        }
        let Via::Session { id, .. } = &caller.via else {
            let text = "identities are linked in a browser";
            return Err(ApiError::new(Code::Forbidden, text));
        };
        let intent = Intent::Link {
            user: caller.user.clone(),
            session: id.clone(),
        };
        self.send_off(state, provider, intent).await
    }

    async fn send_off(&self, state: &AppState, id: &str, intent: Intent) -> ApiResult<Begun> {
        let position = self.providers().position(|provider| provider.id == id);
        let Some((at, provider)) = position.and_then(|at| Some((at, self.providers.get(at)?))) else {
            return Err(ApiError::of(Code::OidcProviderUnknown));
        };
        let document = provider.document(&*self.dialer, &*state.clock).await;
        let document = document.map_err(|error| {
            // Nobody has come with anything yet: whatever is wrong is the provider's, or its configuration's.
            let _ = failed(provider, &error);
            ApiError::of(Code::OidcUnavailable).retry_after(5)
        })?;
        let (browser, name) = (Secret::generate()?, Secret::generate()?);
        let (nonce, verifier) = (Secret::generate()?, Secret::generate()?);
        let url = provider.authorization(&document, name.text(), nonce.text(), verifier.text());
        let leaving = Leaving {
            provider: at,
            browser: kept(browser.text()),
            nonce,
            verifier,
            intent,
        };
        self.leaving.keep(kept(name.text()), leaving, state.clock.now());
        Ok(Begun {
            url,
            cookie: cookie(state, browser.text(), LIFE_S)?,
        })
    }

    /// Takes a browser in that comes back.
    ///
    /// # Errors
    /// `OIDC_STATE_REFUSED`, `OIDC_REFUSED`, `OIDC_NOT_LINKED`, `IDENTITY_TAKEN`, `OIDC_UNAVAILABLE`, those of the database.
    pub async fn land(
        &self,
        state: &AppState,
        request: &RequestInfo,
        headers: &HeaderMap,
        returned: &Returned,
    ) -> ApiResult<Landed> {
        let now = state.clock.now();
        let name = returned.state.as_deref().unwrap_or_default();
        // Taken out first: whatever is wrong with it, it is used up.
        let leaving = self.leaving.take(&kept(name), now);
        let browser = browser_of(state, headers);
        let leaving = leaving.filter(|leaving| {
            browser
                .as_deref()
                .is_some_and(|browser| same(&leaving.browser, &kept(browser)))
        });
        let leaving = leaving.ok_or_else(|| ApiError::of(Code::OidcStateRefused))?;
        let provider = self
            .providers
            .get(leaving.provider)
            .ok_or_else(|| ApiError::of(Code::OidcStateRefused))?;
        request.trail.concerns(&provider.settings.org);
        let outcome = self.arrive(state, request, provider, &leaving, returned).await;
        if let Err(error) = &outcome {
            let note = Note {
                actor: "anonymous",
                action: "session.open",
                subject: "",
                outcome: error.code.name(),
                detail: json!({"by": "oidc", "provider": provider.settings.id}),
            };
            let person = match &leaving.intent {
                Intent::SignIn => "",
                Intent::Link { user, .. } => user.as_str(),
            };
            audit::write_concerning(state, request, note, person).await?;
        }
        outcome
    }

    async fn arrive(
        &self,
        state: &AppState,
        request: &RequestInfo,
        provider: &Provider,
        leaving: &Leaving,
        returned: &Returned,
    ) -> ApiResult<Landed> {
        let document = provider.document(&*self.dialer, &*state.clock).await;
        let document = document.map_err(|error| failed(provider, &error))?;
        let named = returned.iss.as_deref();
        if named.is_some_and(|iss| iss != provider.settings.issuer)
            || (named.is_none() && document.names_itself)
        {
            return Err(refused(provider, "the answer is of another issuer"));
        }
        if let Some(error) = &returned.error {
            let word: String = error.chars().filter(|c| c.is_ascii_graphic()).take(64).collect();
            return Err(refused(provider, &format!("it says {word}")));
        }
        let Some(code) = returned.code.as_deref().filter(|code| !code.is_empty()) else {
            return Err(refused(provider, "there is no code"));
        };
        let proof = (code, leaving.verifier.text(), leaving.nonce.text());
        let claims = provider.redeem(&*self.dialer, proof, &*state.clock).await;
        let claims = claims.map_err(|error| failed(provider, &error))?;
        match &leaving.intent {
            Intent::SignIn => {
                let user = people::find_or_make(state, request, &provider.settings, &claims).await?;
                self.let_in(state, &provider.settings, &claims, user).await
            }
            Intent::Link { user, session } => {
                let open = sessions::by_id(&state.store, user, session, state.clock.now()).await?;
                let user = users::by_id(&state.store, user).await?;
                let Some(user) = user.filter(|_| open.is_some()) else {
                    return Err(refused(provider, "the session that began has ended"));
                };
                people::link(state, request, &provider.settings, &claims, &user).await?;
                Ok(Landed::Linked)
            }
        }
    }

    /// In, or to the second factor: theirs where the operator trusts it and the token says so, ours otherwise.
    async fn let_in(
        &self,
        state: &AppState,
        provider: &OidcProvider,
        claims: &Claims,
        user: UserRow,
    ) -> ApiResult<Landed> {
        if trusts(provider, claims) || !factors::is_on(&state.store, &user.id).await? {
            return Ok(Landed::SignedIn(Box::new(user)));
        }
        let token = Secret::generate()?;
        let proved = Proved {
            user: user.id,
            provider: provider.id.clone(),
        };
        self.proved.keep(kept(token.text()), proved, state.clock.now());
        Ok(Landed::CodeNeeded(cookie(state, token.text(), LIFE_S)?))
    }

    /// Takes the code of somebody whom a provider has made sure of; returns the person and the provider.
    ///
    /// # Errors
    /// `OIDC_STATE_REFUSED`, `SECOND_FACTOR_REQUIRED`, `SECOND_FACTOR_WRONG`, `LOCKED_OUT`, those of the database.
    pub async fn complete(
        &self,
        state: &AppState,
        request: &RequestInfo,
        headers: &HeaderMap,
        code: &str,
    ) -> ApiResult<(UserRow, String)> {
        let refuse = || ApiError::of(Code::OidcStateRefused);
        let token = browser_of(state, headers).ok_or_else(refuse)?;
        let proved = self
            .proved
            .see(&kept(&token), state.clock.now())
            .ok_or_else(refuse)?;
        let user = users::by_id(&state.store, &proved.user).await?;
        let user = user.filter(|user| !user.disabled).ok_or_else(refuse)?;
        second_factor(state, request, &user, Some(code), "session.open").await?;
        // Of two who bring the same at once, one is let in.
        let taken = self.proved.take(&kept(&token), state.clock.now());
        taken.ok_or_else(refuse)?;
        Ok((user, proved.provider))
    }
}

fn trusts(provider: &OidcProvider, claims: &Claims) -> bool {
    let by_method = claims.amr.iter().any(|method| method == "mfa");
    let by_context = claims
        .acr
        .as_ref()
        .is_some_and(|acr| provider.acr_values.contains(acr));
    provider.trust_second_factor && (by_method || by_context)
}

fn cookie_name(state: &AppState) -> &'static str {
    if state.config.tls { COOKIE_TLS } else { COOKIE }
}

/// `Lax`: it has to come along when the provider sends the browser back.
fn cookie(state: &AppState, value: &str, age_s: u64) -> ApiResult<HeaderValue> {
    let secure = if state.config.tls { "; Secure" } else { "" };
    let name = cookie_name(state);
    let text = format!("{name}={value}; HttpOnly; SameSite=Lax; Path=/; Max-Age={age_s}{secure}");
    HeaderValue::from_str(&text).map_err(|_| ApiError::of(Code::Internal))
}

/// Takes the cookie away.
pub(crate) fn forget_browser(state: &AppState) -> ApiResult<HeaderValue> {
    cookie(state, "", 0)
}

fn browser_of(state: &AppState, headers: &HeaderMap) -> Option<String> {
    let lines = headers.get_all(header::COOKIE);
    let lines = lines.iter().filter_map(|line| line.to_str().ok());
    let mut pairs = lines
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='));
    let found = pairs.find(|(name, _)| *name == cookie_name(state));
    found.map(|(_, value)| value.to_owned())
}

/// Tells the log why, and the caller no more than whether another attempt may go better.
fn failed(provider: &Provider, error: &ProviderError) -> ApiError {
    let provider = &provider.settings.id;
    tracing::warn!(provider, %error, "a provider did not make sure of somebody");
    if error.is_unavailable() {
        ApiError::of(Code::OidcUnavailable).retry_after(5)
    } else {
        ApiError::of(Code::OidcRefused)
    }
}

fn refused(provider: &Provider, why: &str) -> ApiError {
    tracing::warn!(
        provider = provider.settings.id,
        why,
        "a provider's answer is refused"
    );
    ApiError::of(Code::OidcRefused)
}
