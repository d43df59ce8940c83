//! The guard in front of every route of the table: identity, CSRF, rate limit, authorisation.

use std::net::IpAddr;
use std::sync::Arc;

use axum::body::{Body, HttpBody as _};
use axum::extract::{RawPathParams, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::{StreamExt as _, stream};
use http::{HeaderMap, Method, header};
use tokio_util::sync::CancellationToken;
use tradewind_types::AccountId;

use super::action::{Action, RateClass, Rule};
use super::authorise::{Decision, Resource, authorise};
use crate::AppState;
use crate::extract::{RequestInfo, accept};
use crate::identity::{Caller, Credential, Via, cookie_token, same};
use crate::limits::{Spent, Verdict};
use crate::middleware::{Deprecated, Once, RouteName, once, tagged};
use crate::problem::{ApiError, ApiResult, Code};

/// Ranges that JSON and problems are in.
const JSON: &[&str] = &[
    "*/*",
    "application/*",
    "application/json",
    "application/problem+json",
];

/// The account of a request, after the guard allowed it.
#[derive(Debug, Clone)]
pub struct AccountAccess {
    /// The account in the path.
    pub id: AccountId,
    /// Who asks.
    pub caller: Arc<Caller>,
}

/// One row of the route table, as the guard needs it.
#[derive(Debug, Clone)]
pub struct Guarded {
    /// What the route does.
    pub action: Action,
    /// Its path template, for metrics.
    pub path: Arc<str>,
    /// Whether it answers JSON.
    pub json: bool,
    /// The media types that it answers beside JSON, to those who name one.
    pub also: Arc<[String]>,
    /// That it will go.
    pub deprecated: Option<Deprecated>,
    /// Whether it takes an `Idempotency-Key`.
    pub once: Option<Once>,
}

/// Lets a request through, or answers why not.
pub async fn guard(
    State((state, row)): State<(AppState, Guarded)>,
    params: RawPathParams,
    mut request: Request,
    next: Next,
) -> Response {
    let account = params
        .iter()
        .find(|(name, _)| *name == "account")
        .map(|(_, value)| value.to_owned());
    let (result, mut verdicts) = admit(&state, &row, account, &mut request).await;
    let spent = Spent::default();
    request.extensions_mut().insert(spent.clone());
    let mut response = match result {
        Ok(()) => handle(&state, &row, request, next).await,
        Err(error) => error.into_response(),
    };
    verdicts.extend(spent.take());
    Verdict::write(&verdicts, response.headers_mut());
    // Signing in costs only when it fails, so that people behind one address do not lock each other out.
    if row.action.class() == RateClass::Auth && costs_nothing(&response) {
        verdicts.iter().for_each(|verdict| state.limiter.refund(verdict));
    }
    if let Some(deprecated) = row.deprecated {
        deprecated.write(response.headers_mut());
    }
    response.extensions_mut().insert(RouteName(row.path));
    response
}

/// Being asked for the second factor is half of signing in, and no failure.
fn costs_nothing(response: &Response) -> bool {
    let error = response.extensions().get::<ApiError>();
    response.status().is_success() || error.is_some_and(|error| error.code == Code::SecondFactorRequired)
}

async fn handle(state: &AppState, row: &Guarded, request: Request, next: Next) -> Response {
    if row.json && matches!(*request.method(), Method::GET | Method::HEAD) {
        let asked = request.headers().clone();
        return tagged(&row.path, &asked, next.run(request).await).await;
    }
    if matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS) {
        return next.run(request).await;
    }
    let caller = request.extensions().get::<Arc<Caller>>().cloned();
    let (state, how, class) = (state.clone(), row.once, row.action.class());
    to_its_end(request, async move |request| match (how, caller) {
        (Some(how), Some(caller)) => once(state, how, class, &caller, request, next).await,
        _ => next.run(request).await,
    })
    .await
}

/// Lets a change go on to its end when whoever asked hangs up or the time is over: what the database has, memory and the
/// audit log have too. What has not arrived of the request's body by then is an error, so that nobody waits for it.
async fn to_its_end<W>(request: Request, work: impl FnOnce(Request) -> W) -> Response
where
    W: Future<Output = Response> + Send + 'static,
{
    let gone = CancellationToken::new();
    let _asked = gone.clone().drop_guard();
    let (parts, body) = request.into_parts();
    let body = if body.is_end_stream() {
        body
    } else {
        let broken_off = gone.clone();
        let rest = stream::once(async move { broken_off }).filter_map(async |gone| {
            let early = std::io::Error::other("the request was broken off");
            gone.is_cancelled().then(|| Err(axum::Error::new(early)))
        });
        let data = body.into_data_stream().take_until(gone.cancelled_owned());
        Body::from_stream(data.chain(rest))
    };
    let done = tokio::spawn(work(Request::from_parts(parts, body))).await;
    done.unwrap_or_else(|error| {
        if error.is_panic() {
            std::panic::resume_unwind(error.into_panic());
        }
        ApiError::of(Code::Unavailable).retry_after(5).into_response()
    })
}

/// Lets a request in, or says why not, with what the limits said. An address's own limit is told only where it refuses.
async fn admit(
    state: &AppState,
    row: &Guarded,
    account: Option<String>,
    request: &mut Request,
) -> (ApiResult<()>, Vec<Verdict>) {
    let info = request
        .extensions()
        .get::<RequestInfo>()
        .cloned()
        .unwrap_or_default();
    let network = info.network();
    let by_address = state.limiter.spend_address(&network);
    if !by_address.allowed {
        return (Err(by_address.refusal()), vec![by_address]);
    }
    let caller = match identify(state, row.action, request.headers(), info.peer).await {
        Ok(caller) => caller,
        Err(error) => return (Err(error), vec![by_address]),
    };
    if let Some(caller) = &caller {
        info.trail.asked_by(caller.user.as_str(), &caller.org);
    }
    let by_class = state
        .limiter
        .spend(row.action.class(), caller.as_deref(), &network);
    if !by_class.allowed {
        return (Err(by_class.refusal()), vec![by_class]);
    }
    let by_key = state.limiter.spend_key(row.action.class(), caller.as_deref());
    if let Some(by_key) = by_key.as_ref().filter(|verdict| !verdict.allowed) {
        return (Err(by_key.refusal()), vec![by_class, by_key.clone()]);
    }
    let mut verdicts = vec![by_class];
    verdicts.extend(by_key);
    if let Err(error) = decide(state, row, account, caller, request).await {
        return (Err(error), verdicts);
    }
    // After authorisation: nobody else spends what an account has. Of a batch its handler knows how many orders it has.
    let submits = row.action == Action::OrdersSubmit
        && request.method() == Method::POST
        && !row.path.ends_with("/orders/batch");
    let access = request.extensions().get::<AccountAccess>().filter(|_| submits);
    let Some(access) = access else {
        return (Ok(()), verdicts);
    };
    let spent = state.limiter.spend_orders(&access.caller, access.id.as_str(), 1);
    let refused = spent.iter().find(|verdict| !verdict.allowed);
    let result = refused.map_or(Ok(()), |verdict| Err(verdict.refusal()));
    verdicts.extend(spent);
    (result, verdicts)
}

async fn identify(
    state: &AppState,
    action: Action,
    headers: &HeaderMap,
    from: Option<IpAddr>,
) -> ApiResult<Option<Arc<Caller>>> {
    let public = action.rule() == Rule::Public;
    let credential = match headers.get(header::AUTHORIZATION) {
        Some(value) => match value.to_str().ok().and_then(|text| text.strip_prefix("Bearer ")) {
            Some(text) => Some(Credential::bearer(text.trim())),
            None if public => None,
            None => {
                return Err(ApiError::new(
                    Code::CredentialsRefused,
                    "send an API key (twk_…) or an access token as Authorization: Bearer",
                ));
            }
        },
        None => cookie_token(headers, state.config.tls).map(Credential::Session),
    };
    let Some(credential) = credential else {
        return Ok(None);
    };
    match state.identities.find(&credential, from).await? {
        Some(caller) if caller.may_come_from(from) => Ok(Some(caller)),
        // Whoever holds the key may know that it is one; its owner, who moved house, has to.
        Some(_) => Err(ApiError::of(Code::AddressRefused)),
        // What anyone may do, the holder of a stale cookie may do too: signing in again, above all.
        None if public => Ok(None),
        None => Err(ApiError::of(Code::CredentialsRefused)),
    }
}

async fn decide(
    state: &AppState,
    row: &Guarded,
    account: Option<String>,
    caller: Option<Arc<Caller>>,
    request: &mut Request,
) -> ApiResult<()> {
    let account = match (row.action.rule(), account) {
        // A malformed id is one that nobody may see.
        (Rule::Account(_), Some(text)) => Some(
            text.parse::<AccountId>()
                .map_err(|_| caller_or_hidden(caller.as_ref()))?,
        ),
        _ => None,
    };
    let local = request
        .extensions()
        .get::<RequestInfo>()
        .is_some_and(|info| info.loopback);
    // Nobody unknown makes the engine look for anything.
    let org = match (&account, &caller) {
        (Some(account), Some(_)) => state.orgs.find(&state.engine, account).await?,
        _ => None,
    };
    let resource = match &account {
        Some(account) => Resource::Account(account, org.as_ref()),
        None if local => Resource::Local,
        None => Resource::None,
    };
    match authorise(caller.as_deref(), row.action, resource) {
        Decision::Allow => {}
        Decision::Unauthenticated => return Err(unauthenticated()),
        Decision::Forbidden(why) => return Err(ApiError::new(Code::Forbidden, why)),
        Decision::MustEnrol => return Err(ApiError::of(Code::SecondFactorEnrolmentRequired)),
        Decision::Hidden => {
            if let Some(info) = request.extensions().get::<RequestInfo>() {
                info.trail.hidden();
            }
            return Err(ApiError::of(Code::AccountUnknown));
        }
    }
    check_csrf(row.action, caller.as_deref(), request)?;
    let asked = request.headers();
    let other = row.also.iter().any(|kind| accept::prefers(asked, kind));
    if row.json && !other && !accept::accepts(asked, JSON) {
        return Err(ApiError::of(Code::NotAcceptable));
    }
    if let Some(caller) = caller {
        if let Some(id) = account {
            request.extensions_mut().insert(AccountAccess {
                id,
                caller: Arc::clone(&caller),
            });
        }
        request.extensions_mut().insert(caller);
    }
    Ok(())
}

fn caller_or_hidden(caller: Option<&Arc<Caller>>) -> ApiError {
    if caller.is_none() {
        unauthenticated()
    } else {
        ApiError::of(Code::AccountUnknown)
    }
}

fn unauthenticated() -> ApiError {
    let challenge = http::HeaderValue::from_static("Bearer realm=\"tradewind\"");
    ApiError::of(Code::Unauthenticated).with_header(header::WWW_AUTHENTICATE, challenge)
}

/// Browsers send cookies by themselves, so a session's unsafe requests carry a token that only its page can read.
fn check_csrf(action: Action, caller: Option<&Caller>, request: &Request) -> ApiResult<()> {
    let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let Some(Caller {
        via: Via::Session { csrf, .. },
        ..
    }) = caller
    else {
        return Ok(());
    };
    if safe || action.rule() == Rule::Public {
        return Ok(());
    }
    let sent = request
        .headers()
        .get("x-csrf-token")
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    if same(sent, csrf) {
        Ok(())
    } else {
        Err(ApiError::of(Code::CsrfRefused))
    }
}
