//! The API's and the hub's own types, from which OpenAPI and the clients are generated.
//!
//! What lives here: one struct per request and response of `/api/v1`, the problem document every error answers
//! with, and the hub's messages. JSON is snake_case, decimals are strings ([`Dec`]), times RFC 3339 UTC
//! ([`Time`]), enums SCREAMING_SNAKE_CASE, ids text.
//!
//! What does not: the domain's types (the server maps them at its edge, so that neither side is bent by the
//! other), the database's, and any I/O. Request decimals are plain text here, because telling `NaN` from `1e40`
//! from "off the tick grid" is the server's job and each gets its own answer.

pub mod account;
pub mod audit;
pub mod backtest;
pub mod backup;
pub mod bookkeeping;
pub mod calendar;
pub mod catalogue;
pub mod chart;
pub mod config;
pub mod corporate;
pub mod deployment;
pub mod error;
pub mod factor;
pub mod hub;
pub mod identity;
pub mod indicator;
pub mod job;
pub mod ledger;
pub mod market;
pub mod notification;
pub mod oidc;
pub mod order;
pub mod page;
pub mod privacy;
pub mod risk;
pub mod scalar;
pub mod strategy;
pub mod system;
pub mod token;
pub mod udf;
pub mod venue;

pub use account::{
    Account, AccountDetail, AccountKind, Balance, CurrencySum, Lot, NewAccount, Position, PositionSide,
    PositionSideDetail, PositionStrategy,
};
pub use account::{Member, MemberChange, MemberRole};
pub use audit::{AuditBreak, AuditCheckpoint, AuditEntry, AuditFormat, AuditPlace, AuditVerification};
pub use backtest::{
    Backtest, BacktestDetail, BacktestFigures, BacktestFile, BacktestKind, BacktestObjective,
    BacktestProgress, BacktestStage, BacktestState, BacktestTable, BacktestVariant, BacktestWalk,
    BacktestWindow, NewBacktest, NewBacktestFile,
};
pub use backup::{Backup, Backups};
pub use bookkeeping::{
    AccountValuation, AllocationPart, Booked, BookingTask, CashKind, CorporateAction, CorporateActionKind,
    CorrectedFill, CurrencyValue, FeeKind, FxRate, LedgerSettings, LedgerSettingsChange, LotMethod, LotPick,
    NewBooking, PositionMode, Statement, StatementRow, StatementRowState, StatementTotal, StrategyPnl,
};
pub use calendar::{
    Calendar, CalendarChanged, CalendarExpiries, CalendarExpiry, CalendarHoliday, CalendarOverride,
    CalendarOverrideKind, CalendarOverrides, CalendarSession, CalendarSessions, Calendars,
    NewCalendarOverride, SessionKind, TimeSpan,
};
pub use catalogue::{
    Backfilled, Catalogue, CatalogueCompacted, CatalogueGap, CatalogueGaps, CatalogueSeries, NewBackfill,
    QualityCheck, Retention, RetentionDue, RetentionPolicy, SeriesQuality,
};
pub use chart::{
    ChartTemplate, ChartTemplateContent, ChartTemplateIndicator, ChartTemplates, Drawing, DrawingChange,
    DrawingKind, DrawingPoint, DrawingStyle, Drawings, NewChartTemplate, NewDrawing,
};
pub use config::{ConfigChange, ConfigSource, ConfigValue, RunningConfig};
pub use corporate::{
    ActionAnnounced, ActionWithoutFactor, AdjustFor, AdjustmentFactor, Adjustments, CorporateEvent,
    CorporateEventKind, CorporateEventsEntered, CorporateEventsImported, EarningsTime, NewCorporateEvent,
};
pub use deployment::{
    Deployment, NewDeployment, ParameterKind, ScriptChecked, ScriptText, StrategyKind, StrategyParameter,
    StrategySource,
};
pub use error::{ErrorCatalogue, ErrorDescription, FieldError, Problem};
pub use factor::{
    BackupCodes, FactorCode, FactorEnrolment, FactorProof, FactorSeed, QrDrawing, SecondFactor,
};
pub use identity::{
    ApiKey, Colleague, CreatedKey, LinkLogin, Login, NewKey, NewUser, Organisation, OrganisationChange,
    OrganisationSummary, PasswordChange, Role, Scope, Session, SessionAccount, SessionInfo, SessionUser,
    Setup, SetupState, SignInKind, StreamTicket, User, UserChange,
};
pub use indicator::{
    Indicator, IndicatorChoice, IndicatorOutput, IndicatorParameter, IndicatorParameterKind, IndicatorQuery,
    IndicatorRefused, IndicatorRequest, IndicatorResult, IndicatorResults, IndicatorSeries, Indicators,
};
pub use job::{Job, JobKind, JobOwner, JobProgress, JobState};
pub use ledger::{
    LedgerAccount, LedgerEntry, LedgerEntryKind, LedgerPosting, NewTransfer, Reconciliation,
    ReconciliationDifference, Severity,
};
pub use market::{
    Aggregate, AggregateContribution, AggregateExclusion, Bar, BarSource, Bars, Book, DataState, Instrument,
    InstrumentKind, InstrumentStatus, OverlayPoint, Quote, Screening, ScreeningGrade, Trade,
};
pub use notification::{NotificationChoice, NotificationEvent, NotificationSettings, QuietHours};
pub use oidc::{LinkedIdentity, NewIdentity, OidcDeparture, OidcProvider, PasswordProof};
pub use order::{
    BatchMode, BracketLeg, CancelAll, Canceled, Denial, Fill, Flatten, Liquidity, NewBatch, NewBracket,
    NewOrder, Order, OrderBatch, OrderChange, OrderList, OrderOrigin, OrderState, OrderType, Side,
    TimeInForce, TriggerBy,
};
pub use page::Page;
pub use privacy::{
    Consent, ConsentDecision, ConsentPurpose, Consents, DeletionRequest, DeletionRequestState, LegalHold,
    RetentionDeleted, RetentionEnforced, RetentionFailed, RetentionItem, RetentionKind, RetentionReport,
};
pub use risk::{
    IntradayRules, KillSwitch, KillSwitchRequest, KillSwitchStatus, MarginRules, PlaceRule, PlaceRuleKind,
    ProtectionRules, Risk, RiskOverrides, RiskSettings, RiskWarning, RuleAction, SizePreview, SizeRequest,
    SizingMethod, SizingRule,
};
pub use scalar::{Dec, Time};
pub use strategy::{
    Opinion, Signal, SignalOutcome, Strategy, StrategyChange, StrategyOpinion, StrategyStatus, Weight,
    Weights,
};
pub use system::{
    EngineStatus, FeedStatus, HubStatus, JournalStatus, Mode, PartState, ProjectionStatus, Status,
};
pub use token::{Jwk, JwkSet, PasswordReset, ResetLink, ResetRequest, TokenRefresh, TokenRequest, Tokens};
pub use udf::{
    UdfConfig, UdfExchange, UdfFound, UdfHistory, UdfMarks, UdfQuote, UdfQuoteFigures, UdfQuotes, UdfSymbol,
    UdfSymbolInfo, UdfSymbolType, UdfTimescaleMark,
};
pub use venue::{
    Breaker, BreakerState, Connection, ConnectionDetail, ConnectionTransition, RingEntry, Venue,
};
