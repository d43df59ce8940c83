//! The table of actions: what each needs, by which scope a key may do it, and which rate limit it spends.

use tradewind_wire::{Role, Scope};

/// What an account action needs of its caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Any membership, or a role that oversees all accounts.
    Read,
    /// Owner or trader.
    Trade,
    /// As trading, or a super administrator: stopping must not wait for an owner.
    Stop,
    /// Owner.
    Manage,
    /// Owner; or a super administrator, for the case that an account has no owner left. The endpoint sees to that.
    Appoint,
}

/// Who may do an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// Anyone, signed in or not.
    Public,
    /// Anyone signed in, on what is their own.
    SignedIn,
    /// As `SignedIn`, but not by an API key: a key must not make or keep credentials.
    InPerson,
    /// These roles, or anyone on this machine.
    RolesOrLocal(&'static [Role]),
    /// These roles.
    Roles(&'static [Role]),
    /// By membership of the account in the path.
    Account(Need),
}

/// Which rate limit a request spends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RateClass {
    /// Signing in, per address; only failures count.
    Auth,
    /// Asking for a new password, per address.
    Reset,
    /// Registering and set-up, per address.
    Register,
    /// Reading.
    Read,
    /// Changing things.
    Write,
    /// Submitting orders.
    Order,
    /// Cancelling and stopping: a lane of its own, so that nothing starves it.
    Cancel,
    /// Changing people and the system.
    Admin,
}

const ADMINS: &[Role] = &[Role::SuperAdmin, Role::Admin];
/// Who may see what everybody did.
const AUDITORS: &[Role] = &[Role::SuperAdmin, Role::Admin, Role::Compliance];
/// Who may let the program compute.
const RESEARCHERS: &[Role] = &[
    Role::SuperAdmin,
    Role::Admin,
    Role::Analyst,
    Role::Trader,
    Role::Service,
];
const OPENERS: &[Role] = &[Role::SuperAdmin, Role::Admin, Role::Trader, Role::Service];

const SUPER_ADMINS: &[Role] = &[Role::SuperAdmin];

impl Action {
    /// Whether it may be done by somebody who has to have a second factor and has none: what is needed to enrol one, and to
    /// leave.
    #[must_use]
    pub fn is_for_enrolment(self) -> bool {
        matches!(
            self,
            Action::SessionRead | Action::SessionEnd | Action::FactorRead | Action::FactorChange
        )
    }

    /// Whether it concerns the whole desk and not some account or what is one's own.
    #[must_use]
    pub fn is_of_the_desk(self) -> bool {
        let admins = |roles| roles == ADMINS || roles == SUPER_ADMINS || roles == AUDITORS;
        matches!(self.rule(), Rule::Roles(roles) | Rule::RolesOrLocal(roles) if admins(roles))
    }

    /// Whether it concerns all organisations: what they share, and what stops or shows all of them. Only administrators of
    /// the organisation that runs the installation do it.
    #[must_use]
    pub fn is_of_the_installation(self) -> bool {
        matches!(
            self,
            Action::MetricsRead
                | Action::CalendarChange
                | Action::CatalogueChange
                | Action::ConnectionReconnect
                | Action::KillSwitchAllEngage
                | Action::KillSwitchAllLift
                | Action::FxRateRecord
                | Action::OrganisationsRead
                | Action::AuditVerify
                | Action::RetentionRead
                | Action::RetentionEnforce
                | Action::BackupsRead
                | Action::BackupRun
                | Action::ConfigRead
                | Action::ConfigChange
        )
    }
}

macro_rules! actions {
    ($($variant:ident: $rule:expr, $scope:ident, $class:ident;)*) => {
        /// Everything that can be asked of the API.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[allow(missing_docs, reason = "each action is documented by its endpoint and by its row in the table")]
        pub enum Action { $($variant,)* }

        impl Action {
            /// All actions.
            pub const ALL: &'static [Action] = &[$(Action::$variant,)*];

            /// Who may do it.
            #[must_use]
            pub fn rule(self) -> Rule {
                match self { $(Action::$variant => $rule,)* }
            }

            /// The scope that an API key needs for it.
            #[must_use]
            pub fn scope(self) -> Scope {
                match self { $(Action::$variant => Scope::$scope,)* }
            }

            /// The rate limit that it spends.
            #[must_use]
            pub fn class(self) -> RateClass {
                match self { $(Action::$variant => RateClass::$class,)* }
            }
        }
    };
}

actions! {
    SetupRead: Rule::Public, Read, Read;
    SetupRun: Rule::Public, Manage, Register;
    SessionOpen: Rule::Public, Manage, Auth;
    ErrorsRead: Rule::Public, Read, Read;
    OpenApiRead: Rule::Public, Read, Read;
    ReferenceRead: Rule::Public, Read, Read;
    StreamOpen: Rule::Public, Read, Read;
    HealthRead: Rule::Public, Read, Read;
    MetricsRead: Rule::RolesOrLocal(ADMINS), Admin, Read;
    SessionRead: Rule::SignedIn, Read, Read;
    SessionEnd: Rule::InPerson, Manage, Write;
    SessionsRead: Rule::InPerson, Read, Read;
    SessionRevoke: Rule::InPerson, Manage, Write;
    PasswordChange: Rule::InPerson, Manage, Write;
    FactorRead: Rule::InPerson, Read, Read;
    FactorChange: Rule::InPerson, Manage, Write;
    FactorReset: Rule::Roles(ADMINS), Admin, Admin;
    ResetIssue: Rule::Roles(ADMINS), Admin, Admin;
    ResetRequest: Rule::Public, Manage, Reset;
    ResetRedeem: Rule::Public, Manage, Auth;
    TokensOpen: Rule::Public, Manage, Auth;
    TokensRefresh: Rule::Public, Manage, Write;
    TokensEnd: Rule::Public, Manage, Write;
    SigningKeysRead: Rule::Public, Read, Read;
    ProvidersRead: Rule::Public, Read, Read;
    ProviderVisit: Rule::Public, Manage, Write;
    IdentitiesRead: Rule::InPerson, Read, Read;
    IdentityLink: Rule::InPerson, Manage, Write;
    IdentityUnlink: Rule::InPerson, Manage, Write;
    KeysRead: Rule::InPerson, Read, Read;
    KeyCreate: Rule::InPerson, Manage, Write;
    KeyRevoke: Rule::InPerson, Manage, Write;
    TicketCreate: Rule::SignedIn, Read, Read;
    UsersRead: Rule::Roles(ADMINS), Admin, Read;
    UserCreate: Rule::Roles(ADMINS), Admin, Admin;
    UserChange: Rule::Roles(ADMINS), Admin, Admin;
    OrganisationRead: Rule::SignedIn, Read, Read;
    OrganisationChange: Rule::Roles(ADMINS), Admin, Admin;
    OrganisationsRead: Rule::Roles(SUPER_ADMINS), Admin, Read;
    PrivacyRead: Rule::InPerson, Read, Read;
    PrivacyChange: Rule::InPerson, Manage, Write;
    DeletionsRead: Rule::Roles(AUDITORS), Admin, Read;
    DeletionDecide: Rule::Roles(ADMINS), Admin, Admin;
    RetentionRead: Rule::Roles(AUDITORS), Admin, Read;
    RetentionEnforce: Rule::Roles(ADMINS), Admin, Admin;
    AuditRead: Rule::Roles(AUDITORS), Admin, Read;
    AuditVerify: Rule::Roles(AUDITORS), Admin, Read;
    MarketRead: Rule::SignedIn, Read, Read;
    CalendarChange: Rule::Roles(ADMINS), Admin, Admin;
    CatalogueChange: Rule::Roles(ADMINS), Admin, Admin;
    VenuesRead: Rule::SignedIn, Read, Read;
    ConnectionReconnect: Rule::Roles(ADMINS), Admin, Admin;
    StatusRead: Rule::SignedIn, Read, Read;
    KillSwitchAllRead: Rule::SignedIn, Read, Read;
    KillSwitchAllEngage: Rule::Roles(ADMINS), Cancel, Cancel;
    KillSwitchAllLift: Rule::Roles(ADMINS), Admin, Admin;
    AccountsRead: Rule::SignedIn, Read, Read;
    AccountCreate: Rule::Roles(OPENERS), Manage, Write;
    AccountRead: Rule::Account(Need::Read), Read, Read;
    OrdersSubmit: Rule::Account(Need::Trade), Trade, Order;
    OrdersCancel: Rule::Account(Need::Trade), Cancel, Cancel;
    Flatten: Rule::Account(Need::Trade), Trade, Cancel;
    StrategySwitch: Rule::Account(Need::Trade), Manage, Write;
    StrategyDeploy: Rule::Account(Need::Trade), Manage, Write;
    StrategiesRead: Rule::SignedIn, Read, Read;
    ScriptCheck: Rule::SignedIn, Read, Write;
    BacktestsRead: Rule::SignedIn, Read, Read;
    BacktestRun: Rule::Roles(RESEARCHERS), Manage, Write;
    BacktestStop: Rule::SignedIn, Manage, Write;
    JobsRead: Rule::SignedIn, Read, Read;
    JobCancel: Rule::SignedIn, Manage, Write;
    BackupsRead: Rule::Roles(ADMINS), Admin, Read;
    BackupRun: Rule::Roles(ADMINS), Admin, Admin;
    ConfigRead: Rule::Roles(ADMINS), Admin, Read;
    ConfigChange: Rule::Roles(ADMINS), Admin, Admin;
    NotificationsRead: Rule::SignedIn, Read, Read;
    NotificationsChange: Rule::SignedIn, Manage, Write;
    ChartRead: Rule::SignedIn, Read, Read;
    ChartChange: Rule::SignedIn, Manage, Write;
    RiskChange: Rule::Account(Need::Manage), Manage, Write;
    KillSwitchEngage: Rule::Account(Need::Stop), Cancel, Cancel;
    KillSwitchLift: Rule::Account(Need::Manage), Manage, Write;
    Transfer: Rule::Account(Need::Manage), Manage, Write;
    Bookkeep: Rule::Account(Need::Manage), Manage, Write;
    FxRatesRead: Rule::SignedIn, Read, Read;
    FxRateRecord: Rule::Roles(ADMINS), Admin, Admin;
    MemberPut: Rule::Account(Need::Appoint), Manage, Write;
    MemberEnd: Rule::Account(Need::Manage), Manage, Write;
    Reconcile: Rule::Account(Need::Trade), Manage, Write;
}
