//! What to do about an error. Every code has a remedy: a new one does not compile without.

use super::Code;

impl Code {
    /// What whoever gets the error can do.
    #[must_use]
    #[allow(clippy::too_many_lines, reason = "one line for each code")]
    pub fn remedy(self) -> &'static str {
        match self {
            Code::AccountUnknown => {
                "Check the id against GET /api/v1/accounts; ask an owner of the account to make you a member."
            }
            Code::AddressRefused => {
                "Make a key for the networks that the program runs in; behind a proxy, name it in trusted_proxies."
            }
            Code::AmountRefused => {
                "Send an amount other than zero that the account covers, in a currency that it holds: GET balances."
            }
            Code::AuditEntryUnknown => "Check the number against GET /api/v1/audit.",
            Code::BacktestsUnavailable
            | Code::BackupsUnavailable
            | Code::CatalogueUnavailable
            | Code::StreamUnavailable => "Ask whoever runs the program whether this part is switched on.",
            Code::BacktestFileExists => "Send it under another name, or delete the old one first.",
            Code::BacktestFileUnknown => "Check the name against GET /api/v1/backtest-files.",
            Code::BacktestLimit | Code::ChartLimit => {
                "Delete what is no longer needed, then repeat the request."
            }
            Code::BacktestState => {
                "Read the backtest; wait until it is in a state in which this can be done."
            }
            Code::BacktestUnknown => "Check the id against GET /api/v1/backtests.",
            Code::BackupKeyMissing => {
                "Make a key (`tradewind store key FILE`), name it as `key_file` in `[backup]` of the configuration, start again."
            }
            Code::BackupOtherKey => {
                "Check it on the command line with the key that it names: `tradewind store verify FILE --key-file KEY`."
            }
            Code::BackupRunning => "Wait for the job that GET /api/v1/backups names as `running`.",
            Code::BackupUnknown => "Check the id against GET /api/v1/backups.",
            Code::BadRequest => "Compare the request with the description of the endpoint.",
            Code::BodyTooLarge => "Send less at a time: split the file or the batch.",
            Code::CalendarUnknown => "Check the id against GET /api/v1/calendars.",
            Code::CatalogueBusy => "Repeat the request when the other change is through.",
            Code::CatalogueNotRecording => {
                "Switch recording on in the configuration, or import the bars from files."
            }
            Code::CatalogueNoHistory => "Import the bars from files, or ask for a shorter time.",
            Code::CatalogueRefused => "Read the detail; it names the series and what stands in the way.",
            Code::ConnectionUnknown => "Check the id against GET /api/v1/connections.",
            Code::ConsentPurposeUnknown => "Check the purpose against GET /api/v1/me/consents.",
            Code::CorporateActionUnknown => "Check the id against GET /api/v1/corporate-actions.",
            Code::CredentialsRefused => {
                "Sign in again, or make a new key; after a few failures wait before the next attempt."
            }
            Code::CsrfRefused => "Send the token that GET /api/v1/session tells as X-CSRF-Token.",
            Code::DeletionNotDue => "Wait until due_at, or hold the request.",
            Code::DeletionRequestOpen => {
                "Read it at GET /api/v1/me/deletion-request, or withdraw it by DELETE."
            }
            Code::DeletionRequestState => {
                "Read the request; what was asked for is possible in another state only."
            }
            Code::DeletionRequestUnknown => "Check the id against GET /api/v1/deletion-requests.",
            Code::DrawingUnknown => "Read the drawings of the instrument again.",
            Code::EngineBusy | Code::StoreAway | Code::StoreBusy | Code::Timeout | Code::Unavailable => {
                "Repeat the request after Retry-After, under the same Idempotency-Key where it carries one."
            }
            Code::ExportTooLarge => {
                "Export the accounts one by one, and ask whoever runs the program for the rest."
            }
            Code::Forbidden => {
                "Ask an owner of the account or an administrator for the right, or use a key with the scope."
            }
            Code::HostRefused => "Use a name that the server answers for, or add the name to allowed_hosts.",
            Code::IdempotencyInFlight => {
                "Repeat the same request after Retry-After; it answers the first result."
            }
            Code::IdempotencyKeyMissing => {
                "Make a new random key for each thing that is to be done once, and send it."
            }
            Code::IdempotencyKeyReused => {
                "Use a new key for a new request; repeat an old one with the body it had."
            }
            Code::IdentityTaken => "Sign in as whoever it is linked to, and unlink it there.",
            Code::IdentityUnknown => "Check the id against GET /api/v1/me/identities.",
            Code::IndicatorUnknown => "Check the id against GET /api/v1/indicators.",
            Code::InstrumentUnknown => "Check the id against GET /api/v1/instruments: SYMBOL.MARKET.",
            Code::Internal => {
                "Repeat the request once; if it fails again, tell whoever runs the program the correlation id."
            }
            Code::JobState => "Read the job; only one with `cancelable` can be stopped.",
            Code::JobUnknown => "Check the id against GET /api/v1/jobs.",
            Code::JournalDown => {
                "Cancel and stop as needed; new orders wait until whoever runs the program has mended the disk."
            }
            Code::KeyLimit => "Revoke keys that are no longer used: DELETE /api/v1/keys/{key}.",
            Code::KeyUnknown => "Check the id against GET /api/v1/keys.",
            Code::KillSwitchState => "Read the kill switch; what was asked for holds already.",
            Code::LastAdministrator => "Make another super administrator first.",
            Code::LastOwner => "Make another owner of the account first.",
            Code::LockedOut => {
                "Wait until Retry-After; do not go on guessing. An administrator can send a link to sign in."
            }
            Code::MalformedJson => "Send well-formed JSON; the detail names the line and column.",
            Code::MemberUnknown => {
                "Check the id against the members of the account and the people of the organisation."
            }
            Code::MethodNotAllowed => "Use one of the methods that the Allow header names.",
            Code::NotAcceptable => "Accept application/json.",
            Code::NotFound => "Compare the path with the list of endpoints in GET /api/v1/openapi.json.",
            Code::OidcNotLinked => "Sign in with your password, and link the identity in the settings.",
            Code::OidcProviderUnknown => "Check the id against GET /api/v1/oidc/providers.",
            Code::OidcRefused => "Sign in otherwise, or ask an administrator to look into the log.",
            Code::OidcStateRefused => "Begin to sign in again, and come back within ten minutes.",
            Code::OidcUnavailable => {
                "Try again after Retry-After, or sign in with your password; the log says what is wrong."
            }
            Code::OrderChangeDenied => {
                "Read the rules in the detail; change less, or change the risk settings first."
            }
            Code::OrderIdReused => {
                "Use a new client_order_id for a new order; repeat an old one with the content it had."
            }
            Code::OrderNotOpen => "Read the order; it is filled, canceled, expired or denied.",
            Code::OrderPending => {
                "Repeat the change after Retry-After, or follow the order over the hub's channel orders."
            }
            Code::OrderUnknown => "Check the id against the orders of the account.",
            Code::OriginRefused => {
                "Call from the app's own page, or add the page's origin to allowed_origins."
            }
            Code::OverrideUnknown => "Read the overrides of the calendar again.",
            Code::PreconditionMissing => "Read the resource, and send its ETag as If-Match.",
            Code::RateLimited => "Wait until Retry-After; RateLimit-Policy tells how much is allowed.",
            Code::SecondFactorEnabled => {
                "Take the second factor away with DELETE /api/v1/me/mfa, then enrol the other app."
            }
            Code::SecondFactorEnrolmentRequired => {
                "Sign in in person and enrol an app: POST /api/v1/me/mfa/totp, then confirm it."
            }
            Code::SecondFactorNotPending => {
                "Begin with POST /api/v1/me/mfa/totp, and confirm within the hour."
            }
            Code::SecondFactorOff => "Enrol an app first with POST /api/v1/me/mfa/totp.",
            Code::SecondFactorRequired => {
                "Send name and password again, with the code that the app shows now or a backup code."
            }
            Code::SecondFactorWrong => {
                "Wait for the next code of the app, check the clock of the device, or use a backup code."
            }
            Code::SeriesUnknown => "Check instrument and interval against GET /api/v1/catalogue.",
            Code::SessionUnknown => "Check the id against GET /api/v1/sessions.",
            Code::SetupDone => "Sign in as the administrator that there is.",
            Code::StoreTimeout => {
                "Ask for less at a time: a smaller limit, a shorter range; or repeat the request after Retry-After."
            }
            Code::StrategyUnknown => "Check the id against the strategies of the account.",
            Code::TemplateUnknown => "Check the name against GET /api/v1/chart/templates.",
            Code::Unauthenticated => "Sign in with POST /api/v1/session, or send a key.",
            Code::UnsupportedMediaType => {
                "Send Content-Type: application/json, or the type of file that the endpoint names."
            }
            Code::UpgradeRequired => "Open a WebSocket, or use the other endpoints.",
            Code::UsernameTaken => "Choose another name.",
            Code::UserUnknown => "Check the id against GET /api/v1/users.",
            Code::Validation => "Mend the fields that errors[] names, and send the request again.",
            Code::VersionConflict => {
                "Read the resource again, look at what changed, and repeat the change on its new ETag."
            }
        }
    }
}
