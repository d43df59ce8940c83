//! The OpenAPI 3.1 document: made from the routes, completed with what all of them have in common.

mod examples;

use utoipa::openapi::path::{Operation, Parameter};
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{
    Components, ContentBuilder, Info, License, OpenApi, OpenApiBuilder, Ref, RefOr, Response,
    ResponseBuilder, Tag,
};
use utoipa::{PartialSchema, ToSchema};

use crate::access::{Action, Rule};
use crate::middleware::Once;
use crate::problem::Code;

const TAGS: [(&str, &str); 15] = [
    ("identity", "Set-up, signing in, sessions, API keys, people."),
    ("accounts", "Accounts, their figures, money and members."),
    ("orders", "Orders, fills, positions and the ledger."),
    ("strategies", "Strategies, signals and weights."),
    (
        "backtests",
        "Backtests, sweeps and walk-forwards as jobs, and the files they read.",
    ),
    ("risk", "Risk settings and the kill switch."),
    ("market", "Instruments and market data."),
    (
        "calendars",
        "Trading calendars: sessions, overrides, expiries, corporate actions.",
    ),
    (
        "catalogue",
        "Stored market data: what there is, gaps, quality, retention.",
    ),
    (
        "charts",
        "What people keep of their charts: drawings and templates.",
    ),
    (
        "udf",
        "The Universal Data Feed, for TradingView's charting library and others that speak its protocol.",
    ),
    (
        "audit",
        "The audit log: who did what, and whether the log is whole.",
    ),
    (
        "privacy",
        "A copy of one's data, consents, being erased, and how long what is kept.",
    ),
    ("venues", "Venues and connections."),
    ("system", "Status, errors, this document."),
];

/// The document before any route is in it.
#[must_use]
pub fn base() -> OpenApi {
    let mut info = Info::new("Tradewind", env!("CARGO_PKG_VERSION"));
    info.description = Some(
        "Market data, strategies, orders, ledger. Decimals are strings, times RFC 3339 UTC, enums \
         SCREAMING_SNAKE_CASE. Every error is application/problem+json with a stable `error_code` \
         (GET /api/v1/errors). The hub's messages are the schemas ClientMessage and ServerMessage."
            .to_owned(),
    );
    info.license = Some(License::new("Apache-2.0 OR MIT"));
    let mut components = Components::new();
    let mut add = |name: &str, scheme| components.add_security_scheme(name, scheme);
    let cookie = ApiKeyValue::with_description(
        crate::identity::SESSION_COOKIE,
        "Session of a browser; unsafe methods also need X-CSRF-Token.",
    );
    add("session", SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
    add("api_key", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
    schema::<tradewind_wire::Problem>(&mut components);
    // Types of query parameters are not collected from the routes.
    schema::<tradewind_wire::OrderList>(&mut components);
    schema::<tradewind_wire::AuditFormat>(&mut components);
    schema::<tradewind_wire::hub::ClientMessage>(&mut components);
    schema::<tradewind_wire::hub::ServerMessage>(&mut components);
    let tag = |(name, description): (&str, &str)| {
        let mut tag = Tag::new(name);
        tag.description = Some(description.to_owned());
        tag
    };
    OpenApiBuilder::new()
        .info(info)
        .components(Some(components))
        .tags(Some(TAGS.map(tag)))
        .build()
}

fn schema<T: ToSchema + PartialSchema>(components: &mut Components) {
    let mut nested = Vec::new();
    T::schemas(&mut nested);
    components.schemas.extend(nested);
    components.schemas.insert(T::name().into_owned(), T::schema());
}

fn problem(codes: &[Code]) -> Response {
    let names: Vec<&str> = codes.iter().map(|c| c.name()).collect();
    let content = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name("Problem")))
        .build();
    let text = format!("Problem: {}.", names.join(", "));
    ResponseBuilder::new()
        .description(text)
        .content("application/problem+json", content)
        .build()
}

/// Adds to an operation what follows from its action: credentials, and every error that the layers in front of the
/// handler can answer.
pub fn complete(operation: &mut Operation, action: Action, path: &str, has_body: bool) {
    let rule = action.rule();
    let public = rule == Rule::Public;
    let mut codes = vec![
        Code::BadRequest,
        Code::HostRefused,
        Code::AddressRefused,
        Code::NotAcceptable,
        Code::RateLimited,
        Code::Internal,
        Code::Timeout,
        Code::StoreAway,
        Code::StoreBusy,
        Code::StoreTimeout,
        Code::EngineBusy,
    ];
    if !public {
        codes.extend([
            Code::Unauthenticated,
            Code::CredentialsRefused,
            Code::Forbidden,
            Code::OriginRefused,
        ]);
    }
    if has_body {
        codes.extend([
            Code::MalformedJson,
            Code::BodyTooLarge,
            Code::UnsupportedMediaType,
            Code::Validation,
        ]);
        codes.extend([Code::CsrfRefused, Code::OriginRefused]);
    }
    if operation.parameters.as_ref().is_some_and(|p| !p.is_empty()) {
        codes.push(Code::Validation);
    }
    match Once::of(operation) {
        Some(_) if action == Action::OrdersSubmit => {}
        Some(how) => {
            codes.extend([
                Code::IdempotencyInFlight,
                Code::IdempotencyKeyReused,
                Code::Validation,
            ]);
            codes.extend((how == Once::Needed).then_some(Code::IdempotencyKeyMissing));
        }
        None => {}
    }
    let declares = |name: &str| {
        let named = |parameter: &RefOr<Parameter>| matches!(parameter, RefOr::T(own) if own.name == name);
        operation.parameters.iter().flatten().any(named)
    };
    if declares("If-Match") {
        codes.push(Code::VersionConflict);
    }
    if path.contains('{') {
        codes.push(Code::NotFound);
    }
    if path.contains("{account}") {
        codes.push(Code::AccountUnknown);
    }
    let mut by_status = std::collections::BTreeMap::<u16, Vec<Code>>::new();
    for code in codes {
        let list = by_status.entry(code.status().as_u16()).or_default();
        if !list.contains(&code) {
            list.push(code);
        }
    }
    for (status, codes) in by_status {
        let responses = &mut operation.responses.responses;
        responses
            .entry(status.to_string())
            .or_insert_with(|| problem(&codes).into());
    }
    operation
        .responses
        .responses
        .entry("default".to_owned())
        .or_insert_with(|| problem(&[Code::Internal]).into());
    if !public {
        let none: [&str; 0] = [];
        let mut credentials = vec![SecurityRequirement::new("session", none)];
        // A key must not make or keep credentials.
        if rule != Rule::InPerson {
            credentials.push(SecurityRequirement::new("api_key", none));
        }
        operation.security = Some(credentials);
    }
}

/// Marks an operation that will go.
pub fn deprecate(operation: &mut Operation) {
    operation.deprecated = Some(utoipa::openapi::Deprecated::True);
}

/// The document as JSON with a stable order.
#[must_use]
pub fn text(document: OpenApi) -> String {
    // Through a value: its maps are sorted, whatever order the routes were added in.
    let mut value = serde_json::to_value(&document).unwrap_or_default();
    examples::add(&mut value);
    serde_json::to_string_pretty(&value).unwrap_or_default()
}
