//! The route table: every endpoint there is, each with the action that authorisation asks about.
//!
//! The router, the OpenAPI document and the authorisation matrix are all made from this one table; method and path
//! come from the handler's own description. An endpoint that is not in it does not exist. A new one is a new file in
//! its resource's folder and one line here.

pub mod accounts;
pub mod aggregates;
pub mod audit;
pub mod backtest_files;
pub mod backtests;
pub mod backups;
pub mod bookings;
pub mod calendars;
pub mod catalogue;
pub mod chart;
pub mod config;
pub mod connections;
pub mod corporate_actions;
pub mod errors;
pub mod export;
pub mod fills;
pub mod fx_rates;
pub mod health;
pub mod indicators;
pub mod instruments;
pub mod jobs;
pub mod keys;
pub mod kill_switch;
pub mod ledger;
pub mod me;
pub mod members;
pub mod metrics;
mod numbers;
pub mod oidc;
pub mod openapi;
pub mod orders;
pub mod organisations;
pub mod password_reset;
mod prelude;
pub mod privacy;
pub mod quotes;
pub mod reconciliations;
pub mod reference;
pub mod risk;
pub mod screening;
pub mod scripts;
pub mod session;
pub mod sessions;
pub mod setup;
pub mod signals;
pub mod statements;
pub mod status;
pub mod strategies;
pub mod stream;
pub mod tokens;
pub mod transfers;
pub mod udf;
pub mod users;
pub mod venues;
pub mod weights;
pub mod well_known;

use std::sync::Arc;

use utoipa::openapi::RefOr;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};
use utoipa_axum::routes;

use crate::AppState;
use crate::access::{Action, Guarded, guard};
use crate::middleware::{DEPRECATED, Once, deprecated};
use crate::openapi as document;

/// A row of the table.
struct Row {
    action: Action,
    parts: UtoipaMethodRouter<AppState>,
}

/// An endpoint, as tests and documents list it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// `GET`, `POST` …
    pub method: &'static str,
    /// Path template.
    pub path: String,
    /// What it does.
    pub action: Action,
}

macro_rules! table {
    ($($action:ident $handler:path;)*) => {
        fn rows() -> Vec<Row> {
            vec![$(Row { action: Action::$action, parts: routes!($handler) },)*]
        }
    };
}

table! {
    SetupRead setup::get::get_setup;
    SetupRun setup::post::post_setup;
    SessionRead session::get::get_session;
    SessionOpen session::post::post_session;
    SessionOpen session::link::post_session_link;
    SessionEnd session::delete::delete_session;
    SessionsRead sessions::list::list_sessions;
    SessionRevoke sessions::delete::revoke_session;
    PasswordChange me::password::post_password;
    FactorRead me::mfa_get::get_mfa;
    FactorChange me::mfa_delete::delete_mfa;
    FactorChange me::totp_post::post_totp;
    FactorChange me::totp_confirm::confirm_totp;
    FactorChange me::backup_codes::post_backup_codes;
    NotificationsRead me::notifications_get::get_notifications;
    NotificationsChange me::notifications_put::put_notifications;
    FactorReset users::mfa_delete::delete_user_mfa;
    ResetIssue users::password_reset::post_reset_link;
    ResetRequest password_reset::post::post_password_reset;
    ResetRedeem password_reset::put::put_password_reset;
    TokensOpen tokens::post::post_tokens;
    TokensEnd tokens::delete::delete_tokens;
    TokensRefresh tokens::refresh::refresh_tokens;
    SigningKeysRead well_known::jwks::get_jwks;
    ProvidersRead oidc::providers::list_oidc_providers;
    ProviderVisit oidc::start::start_oidc;
    ProviderVisit oidc::callback::oidc_callback;
    SessionOpen oidc::code::post_oidc_code;
    IdentitiesRead me::identities_list::list_identities;
    IdentityLink me::identities_post::post_identity;
    IdentityUnlink me::identities_delete::delete_identity;
    KeysRead keys::list::list_keys;
    KeyCreate keys::post::post_key;
    KeyRevoke keys::delete::revoke_key;
    UsersRead users::list::list_users;
    UserCreate users::post::post_user;
    UsersRead users::get::get_user;
    UserChange users::patch::patch_user;
    OrganisationRead organisations::get::get_organisation;
    OrganisationChange organisations::patch::patch_organisation;
    UsersRead organisations::members::list_colleagues;
    OrganisationsRead organisations::list::list_organisations;
    PrivacyRead privacy::data_export::get_data_export;
    PrivacyRead privacy::consents_list::list_consents;
    PrivacyChange privacy::consents_put::put_consent;
    PrivacyRead privacy::deletion_get::get_deletion_request;
    PrivacyChange privacy::deletion_post::post_deletion_request;
    PrivacyChange privacy::deletion_delete::delete_deletion_request;
    DeletionsRead privacy::requests_list::list_deletion_requests;
    DeletionDecide privacy::requests_hold::hold_deletion_request;
    DeletionDecide privacy::requests_release::release_deletion_request;
    DeletionDecide privacy::requests_execute::execute_deletion_request;
    RetentionRead privacy::retention_get::get_retention_report;
    RetentionEnforce privacy::retention_enforce::enforce_retention;
    AuditRead audit::list::list_audit;
    AuditVerify audit::verify::verify_audit;
    AuditRead audit::export::export_audit;
    AuditRead audit::get::get_audit;
    TicketCreate stream::ticket::post_ticket;
    StreamOpen stream::get::get_stream;
    AccountsRead accounts::list::list_accounts;
    AccountCreate accounts::post::post_account;
    AccountRead accounts::get::get_account;
    AccountRead accounts::balances::list_balances;
    AccountRead accounts::positions::list_positions;
    AccountRead orders::list::list_orders;
    OrdersSubmit orders::post::post_order;
    OrdersSubmit orders::batch::post_batch;
    OrdersSubmit orders::bracket::post_bracket;
    OrdersSubmit orders::patch::modify_order;
    OrdersCancel orders::cancel_all::cancel_all;
    AccountRead orders::get::get_order;
    OrdersCancel orders::delete::cancel_order;
    Flatten orders::flatten::flatten;
    AccountRead fills::list::list_fills;
    AccountRead ledger::list::list_entries;
    AccountRead signals::list::list_signals;
    AccountRead strategies::list::list_strategies;
    AccountRead strategies::get::get_strategy;
    StrategySwitch strategies::patch::patch_strategy;
    StrategyDeploy strategies::post::post_strategy;
    StrategyDeploy strategies::delete::delete_strategy;
    StrategiesRead strategies::registry::list_registry;
    ScriptCheck scripts::check::check_script;
    BacktestsRead backtests::list::list_backtests;
    BacktestRun backtests::post::post_backtest;
    BacktestsRead backtests::get::get_backtest;
    BacktestStop backtests::delete::delete_backtest;
    BacktestStop backtests::cancel::cancel_backtest;
    BacktestRun backtests::resume::resume_backtest;
    BacktestsRead backtests::result::get_result;
    BacktestsRead backtests::report::get_report;
    BacktestsRead backtests::table::get_table;
    BacktestsRead backtest_files::list::list_backtest_files;
    BacktestRun backtest_files::post::post_backtest_file;
    BacktestRun backtest_files::put::put_backtest_file;
    BacktestStop backtest_files::delete::delete_backtest_file;
    AccountRead weights::list::list_weights;
    AccountRead risk::get::get_risk;
    RiskChange risk::put::put_risk;
    AccountRead risk::warnings::list_warnings;
    AccountRead risk::sizing::preview_size;
    KillSwitchEngage kill_switch::account_post::engage_account;
    KillSwitchLift kill_switch::account_delete::lift_account;
    KillSwitchAllRead kill_switch::all_get::get_all;
    KillSwitchAllEngage kill_switch::all_post::engage_all;
    KillSwitchAllLift kill_switch::all_delete::lift_all;
    Transfer transfers::post::post_transfer;
    Bookkeep bookings::post::post_booking;
    AccountRead ledger::settings_get::get_ledger_settings;
    Bookkeep ledger::settings_put::put_ledger_settings;
    AccountRead accounts::valuation::get_valuation;
    AccountRead export::get::get_export;
    Bookkeep statements::preview::preview_statement;
    Bookkeep statements::commit::commit_statement;
    FxRatesRead fx_rates::list::list_fx_rates;
    FxRateRecord fx_rates::post::post_fx_rate;
    AccountRead members::list::list_members;
    MemberPut members::put::put_member;
    MemberEnd members::delete::delete_member;
    Reconcile reconciliations::post::post_reconciliation;
    AccountRead reconciliations::list::list_reconciliations;
    MarketRead instruments::list::list_instruments;
    MarketRead instruments::get::get_instrument;
    MarketRead instruments::quote::get_quote;
    MarketRead instruments::book::get_book;
    MarketRead instruments::trades::list_trades;
    MarketRead instruments::bars::get_bars;
    MarketRead indicators::list::list_indicators;
    MarketRead indicators::get::get_indicator;
    MarketRead indicators::query::query_indicators;
    MarketRead calendars::list::list_calendars;
    MarketRead calendars::sessions::list_calendar_sessions;
    MarketRead calendars::expiries::list_expiries;
    MarketRead calendars::overrides_list::list_overrides;
    CalendarChange calendars::overrides_put::put_override;
    CalendarChange calendars::overrides_delete::delete_override;
    CalendarChange calendars::overrides_import::import_overrides;
    MarketRead catalogue::list::list_catalogue;
    MarketRead catalogue::gaps::get_gaps;
    MarketRead catalogue::quality::get_quality;
    CatalogueChange catalogue::backfill::post_backfill;
    CatalogueChange catalogue::compact::post_compact;
    MarketRead catalogue::retention_get::get_retention;
    CatalogueChange catalogue::retention_post::post_retention;
    MarketRead corporate_actions::list::list_corporate_actions;
    CalendarChange corporate_actions::post::post_corporate_action;
    CalendarChange corporate_actions::delete::delete_corporate_action;
    MarketRead corporate_actions::adjustments::get_adjustments;
    ChartRead chart::drawings_list::list_drawings;
    ChartChange chart::drawings_post::post_drawing;
    ChartChange chart::drawings_put::put_drawing;
    ChartChange chart::drawings_delete::delete_drawing;
    ChartRead chart::templates_list::list_templates;
    ChartChange chart::templates_put::put_template;
    ChartChange chart::templates_delete::delete_template;
    MarketRead quotes::list::list_quotes;
    MarketRead aggregates::list::list_aggregates;
    MarketRead screening::list::list_screening;
    MarketRead udf::config::udf_config;
    MarketRead udf::time::udf_time;
    MarketRead udf::symbols::udf_symbols;
    MarketRead udf::symbol_info::udf_symbol_info;
    MarketRead udf::search::udf_search;
    MarketRead udf::history::udf_history;
    MarketRead udf::quotes::udf_quotes;
    AccountsRead udf::marks::udf_marks;
    AccountsRead udf::timescale_marks::udf_timescale_marks;
    VenuesRead venues::list::list_venues;
    VenuesRead connections::list::list_connections;
    VenuesRead connections::get::get_connection;
    ConnectionReconnect connections::reconnect::reconnect;
    JobsRead jobs::list::list_jobs;
    JobsRead jobs::get::get_job;
    JobCancel jobs::cancel::cancel_job;
    BackupsRead backups::list::list_backups;
    BackupRun backups::post::post_backup;
    BackupRun backups::verify::verify_backup;
    BackupRun backups::drill::drill_backup;
    ConfigRead config::get::get_config;
    ConfigChange config::patch::patch_config;
    StatusRead status::get::get_status;
    ErrorsRead errors::list::list_errors;
    OpenApiRead openapi::get::get_openapi;
    ReferenceRead reference::get::get_reference;
    ReferenceRead reference::get::get_reference_script;
    ReferenceRead reference::get::get_reference_style;
    HealthRead health::get::healthz;
    HealthRead health::get::readyz;
    MetricsRead metrics::get::get_metrics;
}

fn operation(item: &mut PathItem) -> Option<(&'static str, &mut Operation)> {
    let slots = [
        ("GET", item.get.as_mut()),
        ("POST", item.post.as_mut()),
        ("PUT", item.put.as_mut()),
        ("PATCH", item.patch.as_mut()),
        ("DELETE", item.delete.as_mut()),
    ];
    slots
        .into_iter()
        .find_map(|(method, slot)| slot.map(|operation| (method, operation)))
}

/// What an endpoint answers beside JSON: what its description says, and pages where it is browsers that come.
fn other_types(action: Action, operation: &Operation) -> Arc<[String]> {
    let pages = matches!(action, Action::ProviderVisit | Action::ErrorsRead);
    let described = operation.responses.responses.values().flat_map(|of| match of {
        RefOr::T(response) => response.content.keys().cloned().collect(),
        RefOr::Ref(_) => Vec::new(),
    });
    let described = described.filter(|kind| !kind.ends_with("json") || kind.ends_with("ndjson"));
    described
        .chain(pages.then(|| errors::list::HTML.to_owned()))
        .collect()
}

/// Every endpoint, in the table's order.
#[must_use]
pub fn endpoints() -> Vec<Endpoint> {
    let mut all = Vec::new();
    for mut row in rows() {
        for (path, item) in &mut row.parts.1.paths {
            let Some((method, _)) = operation(item) else {
                continue;
            };
            all.push(Endpoint {
                method,
                path: path.clone(),
                action: row.action,
            });
        }
    }
    all
}

/// The router over all rows, each behind its guard.
pub fn build(state: AppState) -> OpenApiRouter<AppState> {
    let mut api = OpenApiRouter::with_openapi(document::base());
    for row in rows() {
        let (schemas, mut paths, mut methods) = row.parts;
        for (path, item) in &mut paths.paths {
            let json =
                path.starts_with("/api/") && !path.contains("/reference") && !path.ends_with("/stream");
            let described = operation(item);
            let method = described.as_ref().map_or("", |(method, _)| *method);
            let guarded = Guarded {
                action: row.action,
                path: Arc::from(path.as_str()),
                json,
                also: described
                    .as_ref()
                    .map(|(_, operation)| other_types(row.action, operation))
                    .unwrap_or_default(),
                deprecated: deprecated(DEPRECATED, method, path).copied(),
                // An order's key becomes its client order id, which the journal keeps.
                once: described
                    .and_then(|(_, operation)| Once::of(operation))
                    .filter(|_| row.action != Action::OrdersSubmit),
            };
            if let Some((_, operation)) = operation(item) {
                let has_body = operation.request_body.is_some();
                document::complete(operation, row.action, path, has_body);
                if guarded.deprecated.is_some() {
                    document::deprecate(operation);
                }
            }
            methods = methods.route_layer(axum::middleware::from_fn_with_state(
                (state.clone(), guarded),
                guard,
            ));
        }
        api = api.routes((schemas, paths, methods));
    }
    api
}
