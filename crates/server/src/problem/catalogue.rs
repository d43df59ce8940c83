//! Every error code there is. Codes are stable: once released, a code keeps its meaning and its status.

use http::StatusCode;
use tradewind_wire::ErrorDescription;

macro_rules! catalogue {
    ($($variant:ident $name:literal $status:literal $title:literal $description:literal;)*) => {
        /// A kind of error, with its stable name and HTTP status.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code {
            $(#[doc = $description] $variant,)*
        }

        impl Code {
            /// All codes, by name.
            pub const ALL: &'static [Code] = &[$(Code::$variant,)*];

            /// The stable name.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Code::$variant => $name,)* }
            }

            /// The title, the same for all problems of the kind.
            #[must_use]
            pub fn title(self) -> &'static str {
                match self { $(Code::$variant => $title,)* }
            }

            /// What it means.
            #[must_use]
            pub fn description(self) -> &'static str {
                match self { $(Code::$variant => $description,)* }
            }

            /// The HTTP status it comes with.
            #[must_use]
            pub fn status(self) -> StatusCode {
                let number: u16 = match self { $(Code::$variant => $status,)* };
                StatusCode::from_u16(number).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
            }
        }
    };
}

catalogue! {
    AccountUnknown "ACCOUNT_UNKNOWN" 404 "Unknown account" "There is no such account, or you may not see it.";
    AddressRefused "ADDRESS_REFUSED" 403 "Address refused" "The API key does not hold for the address that the request comes from.";
    AmountRefused "AMOUNT_REFUSED" 422 "Amount refused" "The amount is zero, not covered, or in a currency that the account does not hold.";
    AuditEntryUnknown "AUDIT_ENTRY_UNKNOWN" 404 "Unknown entry" "The audit log has no entry of that number.";
    BacktestsUnavailable "BACKTESTS_UNAVAILABLE" 503 "No backtests" "This program takes no backtests at the moment.";
    BacktestFileExists "BACKTEST_FILE_EXISTS" 409 "File exists" "There is a file of that name; files are not changed.";
    BacktestFileUnknown "BACKTEST_FILE_UNKNOWN" 404 "Unknown file" "You have no such file for backtests.";
    BacktestLimit "BACKTEST_LIMIT" 409 "Too many" "There is no room for more backtests or files; delete some.";
    BacktestState "BACKTEST_STATE" 409 "Backtest state" "The backtest is in a state in which this can't be done.";
    BacktestUnknown "BACKTEST_UNKNOWN" 404 "Unknown backtest" "You have no such backtest.";
    BackupsUnavailable "BACKUPS_UNAVAILABLE" 503 "No backups" "This program takes no backups, or cannot use their folder at the moment.";
    BackupKeyMissing "BACKUP_KEY_MISSING" 409 "No key for backups" "This program was given no key for backups, and takes none without.";
    BackupOtherKey "BACKUP_OTHER_KEY" 409 "Under another key" "The backup is under another key than the one that this program was given.";
    BackupRunning "BACKUP_RUNNING" 409 "Backup under way" "A backup is taken, verified or restored on trial at this moment; one at a time.";
    BackupUnknown "BACKUP_UNKNOWN" 404 "Unknown backup" "There is no such backup in the folder.";
    BadRequest "BAD_REQUEST" 400 "Bad request" "The request is not valid HTTP for this resource.";
    BodyTooLarge "BODY_TOO_LARGE" 413 "Body too large" "The body is longer than the resource takes: 1 MB, more where a file is sent.";
    CalendarUnknown "CALENDAR_UNKNOWN" 404 "Unknown calendar" "There is no such calendar; GET /api/v1/calendars lists them.";
    CatalogueBusy "CATALOGUE_BUSY" 409 "Catalogue busy" "Another request or another process changes the catalogue now; try again when it is through.";
    CatalogueNotRecording "CATALOGUE_NOT_RECORDING" 409 "Not recording" "This program does not record market data, so it fills no gaps; see `record` in `[catalogue]` of its configuration.";
    CatalogueNoHistory "CATALOGUE_NO_HISTORY" 409 "No history" "The venue has no such bars in its history.";
    CatalogueRefused "CATALOGUE_REFUSED" 409 "Catalogue refused" "The catalogue cannot do this with what is stored; the detail says why.";
    CatalogueUnavailable "CATALOGUE_UNAVAILABLE" 503 "No catalogue" "This program has no catalogue of market data.";
    ChartLimit "CHART_LIMIT" 409 "Too many" "There is no room for more drawings or templates; delete some.";
    ConnectionUnknown "CONNECTION_UNKNOWN" 404 "Unknown connection" "There is no such connection.";
    ConsentPurposeUnknown "CONSENT_PURPOSE_UNKNOWN" 404 "Unknown purpose" "Nobody is asked for a consent to that; GET /api/v1/me/consents lists the purposes.";
    CorporateActionUnknown "CORPORATE_ACTION_UNKNOWN" 404 "Unknown corporate action" "There is no such corporate action or earnings date.";
    CredentialsRefused "CREDENTIALS_REFUSED" 401 "Credentials refused" "The name, password, token or key is wrong, used up, revoked or over.";
    CsrfRefused "CSRF_REFUSED" 403 "CSRF token refused" "The session's unsafe requests need its token in X-CSRF-Token; GET /api/v1/session tells it.";
    DeletionNotDue "DELETION_NOT_DUE" 409 "Not due" "The request to be erased can still be withdrawn; it may be executed when it is due.";
    DeletionRequestOpen "DELETION_REQUEST_OPEN" 409 "Requested already" "You asked to be erased already; withdraw that first.";
    DeletionRequestState "DELETION_REQUEST_STATE" 409 "State of the request" "The request to be erased is in a state in which this can't be done.";
    DeletionRequestUnknown "DELETION_REQUEST_UNKNOWN" 404 "Unknown request" "There is no such request to be erased.";
    DrawingUnknown "DRAWING_UNKNOWN" 404 "Unknown drawing" "You have no such drawing.";
    EngineBusy "ENGINE_BUSY" 503 "Engine busy" "The engine's queue is full; try again shortly.";
    ExportTooLarge "EXPORT_TOO_LARGE" 409 "Too much" "There is too much to be copied at once; export the accounts one by one and ask whoever runs the program for the rest.";
    Forbidden "FORBIDDEN" 403 "Not allowed" "Your role, membership or key does not allow this.";
    HostRefused "HOST_REFUSED" 421 "Host refused" "The Host header names no host that this server answers for.";
    IdempotencyInFlight "IDEMPOTENCY_IN_FLIGHT" 409 "Request in flight" "The first request with this Idempotency-Key is still under way.";
    IdempotencyKeyMissing "IDEMPOTENCY_KEY_MISSING" 428 "Idempotency-Key missing" "Send an Idempotency-Key header (1 to 64 printable characters) with this request.";
    IdempotencyKeyReused "IDEMPOTENCY_KEY_REUSED" 422 "Idempotency-Key reused" "This Idempotency-Key was used for a request with another body.";
    IdentityTaken "IDENTITY_TAKEN" 409 "Identity taken" "The identity at the provider is linked to somebody already.";
    IdentityUnknown "IDENTITY_UNKNOWN" 404 "Unknown identity" "You have no such linked identity.";
    IndicatorUnknown "INDICATOR_UNKNOWN" 404 "Unknown indicator" "There is no such indicator; GET /api/v1/indicators lists them.";
    InstrumentUnknown "INSTRUMENT_UNKNOWN" 404 "Unknown instrument" "There is no such instrument.";
    Internal "INTERNAL" 500 "Internal error" "Something went wrong here; the correlation id leads to it in the log.";
    JobState "JOB_STATE" 409 "Job state" "The job is over, or one that goes to its end.";
    JobUnknown "JOB_UNKNOWN" 404 "Unknown job" "There is no such job, or you may not see it.";
    JournalDown "JOURNAL_DOWN" 503 "Journal down" "The journal cannot be written; nothing is accepted but cancels and the kill switch.";
    KeyLimit "KEY_LIMIT" 409 "Too many keys" "You have 200 API keys; revoke one that you no longer need.";
    KeyUnknown "KEY_UNKNOWN" 404 "Unknown key" "You have no such API key.";
    KillSwitchState "KILL_SWITCH_STATE" 409 "Kill switch state" "The kill switch is in that state already.";
    LastAdministrator "LAST_ADMINISTRATOR" 409 "Last administrator" "The last enabled super administrator cannot be disabled or demoted.";
    LastOwner "LAST_OWNER" 409 "Last owner" "An account keeps at least one owner.";
    LockedOut "LOCKED_OUT" 429 "Locked out" "Too many failed sign-ins; wait until Retry-After.";
    MalformedJson "MALFORMED_JSON" 400 "Malformed JSON" "The body is not well-formed JSON.";
    MemberUnknown "MEMBER_UNKNOWN" 404 "Unknown member" "The person is unknown or not a member of the account.";
    MethodNotAllowed "METHOD_NOT_ALLOWED" 405 "Method not allowed" "The resource exists, but not for this method; see the Allow header.";
    NotAcceptable "NOT_ACCEPTABLE" 406 "Not acceptable" "This resource is answered as application/json only.";
    NotFound "NOT_FOUND" 404 "Not found" "There is no such resource.";
    OidcNotLinked "OIDC_NOT_LINKED" 403 "Not linked" "The provider knows who you are, and nobody here is linked to that.";
    OidcProviderUnknown "OIDC_PROVIDER_UNKNOWN" 404 "Unknown provider" "There is no such provider to sign in with.";
    OidcRefused "OIDC_REFUSED" 401 "Provider's answer refused" "What the provider answered does not let you in; the log of the program says why.";
    OidcStateRefused "OIDC_STATE_REFUSED" 400 "Not expected" "Nobody in this browser is on the way to this sign-in: it took more than ten minutes, was used, or began elsewhere.";
    OidcUnavailable "OIDC_UNAVAILABLE" 503 "Provider unavailable" "The provider does not answer, or not as it is configured.";
    OrderChangeDenied "ORDER_CHANGE_DENIED" 409 "Change denied" "The risk gate denies the change; the order is as before.";
    OrderIdReused "ORDER_ID_REUSED" 422 "Order id reused" "The client order id was used before with other content.";
    OrderNotOpen "ORDER_NOT_OPEN" 409 "Order not open" "The order can no longer be canceled or changed.";
    OrderPending "ORDER_PENDING" 409 "Order pending" "The order is on its way to the venue, or a change or cancel of it is; it cannot be changed until the venue has answered.";
    OrderUnknown "ORDER_UNKNOWN" 404 "Unknown order" "The account has no such order.";
    OriginRefused "ORIGIN_REFUSED" 403 "Origin refused" "The request comes from a page of another origin.";
    OverrideUnknown "OVERRIDE_UNKNOWN" 404 "Unknown override" "Nothing is laid over this date of the calendar.";
    PreconditionMissing "PRECONDITION_MISSING" 428 "Precondition missing" "Send If-Match with the version that your change is based on.";
    RateLimited "RATE_LIMITED" 429 "Rate limited" "Too many requests of this class; wait until Retry-After.";
    SecondFactorEnabled "SECOND_FACTOR_ENABLED" 409 "Second factor on" "You have a second factor; take it away first to enrol another app.";
    SecondFactorEnrolmentRequired "SECOND_FACTOR_ENROLMENT_REQUIRED" 403 "Second factor needed" "Your role has to have a second factor; enrol one (POST /api/v1/me/mfa/totp) before anything else.";
    SecondFactorNotPending "SECOND_FACTOR_NOT_PENDING" 409 "Nothing to confirm" "No enrolment was begun within the last hour; begin one with POST /api/v1/me/mfa/totp.";
    SecondFactorOff "SECOND_FACTOR_OFF" 409 "No second factor" "There is no second factor.";
    SecondFactorRequired "SECOND_FACTOR_REQUIRED" 401 "Code needed" "The password is right; send it again with `code`: six digits of the app, or a backup code.";
    SecondFactorWrong "SECOND_FACTOR_WRONG" 401 "Code refused" "The code is wrong, over, or was used before.";
    SeriesUnknown "SERIES_UNKNOWN" 404 "Unknown series" "The catalogue has no bars of this instrument and interval.";
    SessionUnknown "SESSION_UNKNOWN" 404 "Unknown session" "You have no such session.";
    SetupDone "SETUP_DONE" 409 "Set-up done" "The first administrator exists already.";
    StoreAway "STORE_AWAY" 503 "Database away" "The database cannot be reached; market data goes on, and this works again as soon as it is back.";
    StoreBusy "STORE_BUSY" 503 "Database busy" "The database did not answer in time; market data and trading go on.";
    StoreTimeout "STORE_TIMEOUT" 503 "Database too slow" "The database took too long for this and gave it up.";
    StrategyUnknown "STRATEGY_UNKNOWN" 404 "Unknown strategy" "There is no such strategy.";
    StreamUnavailable "STREAM_UNAVAILABLE" 503 "Stream unavailable" "The real-time hub does not run.";
    TemplateUnknown "TEMPLATE_UNKNOWN" 404 "Unknown template" "You have no such chart template.";
    Timeout "TIMEOUT" 503 "Timed out" "The request took too long and was given up.";
    Unauthenticated "UNAUTHENTICATED" 401 "Not signed in" "Sign in, or send an API key or access token as Authorization: Bearer.";
    Unavailable "UNAVAILABLE" 503 "Unavailable" "The server cannot do this now; try again shortly.";
    UnsupportedMediaType "UNSUPPORTED_MEDIA_TYPE" 415 "Unsupported media type" "Send the body as application/json.";
    UpgradeRequired "UPGRADE_REQUIRED" 426 "Upgrade required" "This resource speaks WebSocket only.";
    UsernameTaken "USERNAME_TAKEN" 409 "Name taken" "Someone has this user name already.";
    UserUnknown "USER_UNKNOWN" 404 "Unknown user" "There is no such user.";
    Validation "VALIDATION" 422 "Validation failed" "One or more fields were refused; errors[] says which and why.";
    VersionConflict "VERSION_CONFLICT" 412 "Version conflict" "The resource changed meanwhile; read it again and repeat your change.";
}

impl Code {
    /// The catalogue as the API shows it.
    #[must_use]
    pub fn descriptions() -> Vec<ErrorDescription> {
        let describe = |code: &Code| ErrorDescription {
            error_code: code.name().to_owned(),
            status: code.status().as_u16(),
            title: code.title().to_owned(),
            description: code.description().to_owned(),
            remedy: code.remedy().to_owned(),
        };
        Code::ALL.iter().map(describe).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_sorted_unique_and_of_error_statuses() {
        let names: Vec<&str> = Code::ALL.iter().map(|c| c.name()).collect();
        assert!(names.windows(2).all(|pair| pair[0] < pair[1]), "{names:?}");
        assert!(
            Code::ALL
                .iter()
                .all(|c| c.status().is_client_error() || c.status().is_server_error())
        );
    }
}
