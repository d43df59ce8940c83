//! The one authorisation function.

use tradewind_types::{AccountId, OrgId};
use tradewind_wire::{MemberRole, Role};

use super::action::{Action, Need, Rule};
use crate::identity::{Caller, Via};

/// On what an action would be done.
#[derive(Debug, Clone, Copy)]
pub enum Resource<'a> {
    /// On the system, or on what is the caller's own.
    None,
    /// On the system, asked from this machine.
    Local,
    /// On an account, with the organisation that it belongs to; none when nobody knows it.
    Account(&'a AccountId, Option<&'a OrgId>),
}

/// What was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Go on.
    Allow,
    /// Nobody known asks (401).
    Unauthenticated,
    /// The caller may know of it but not do this (403), for this reason.
    Forbidden(&'static str),
    /// It does not exist for the caller (404).
    Hidden,
    /// The caller has to enrol a second factor first (403).
    MustEnrol,
}

/// Decides. Everything that is not allowed here is refused.
#[must_use]
pub fn authorise(caller: Option<&Caller>, action: Action, resource: Resource<'_>) -> Decision {
    let rule = action.rule();
    if rule == Rule::Public {
        return Decision::Allow;
    }
    if let (Rule::RolesOrLocal(_), Resource::Local) = (rule, resource) {
        return Decision::Allow;
    }
    let Some(caller) = caller else {
        return Decision::Unauthenticated;
    };
    // Whatever is asked about: it tells nothing of what there is.
    if caller.must_enrol && !action.is_for_enrolment() {
        return Decision::MustEnrol;
    }
    // Whether an account may be seen comes first: a refusal for another reason would tell that it exists.
    if let (Rule::Account(_), Resource::Account(account, org)) = (rule, resource)
        && !may_see(caller, account, org)
    {
        return Decision::Hidden;
    }
    if !caller.has_scope(action.scope()) {
        return Decision::Forbidden("the API key lacks the scope that this needs");
    }
    if action.is_of_the_desk() && caller.is_limited() {
        return Decision::Forbidden("the API key is limited to accounts, and this concerns the whole desk");
    }
    if action.is_of_the_installation() && !caller.runs_the_installation {
        return Decision::Forbidden(
            "this concerns the whole installation, and your organisation does not run it",
        );
    }
    match (rule, resource) {
        (Rule::Public | Rule::SignedIn, _) => Decision::Allow,
        (Rule::InPerson, _) => match caller.via {
            Via::Session { .. } | Via::Token { .. } => Decision::Allow,
            Via::Key { .. } => Decision::Forbidden("an API key cannot do this; sign in"),
        },
        (Rule::Roles(roles) | Rule::RolesOrLocal(roles), _) if roles.contains(&caller.role) => {
            Decision::Allow
        }
        (Rule::Roles(_) | Rule::RolesOrLocal(_), _) => Decision::Forbidden("your role does not allow this"),
        (Rule::Account(need), Resource::Account(account, _)) => on_account(caller, need, account),
        (Rule::Account(_), Resource::None | Resource::Local) => Decision::Hidden,
    }
}

/// Whether the account exists for the caller: never when it belongs to another organisation.
#[must_use]
pub fn may_see(caller: &Caller, account: &AccountId, org: Option<&OrgId>) -> bool {
    let member = caller.membership(account).is_some();
    let oversees = matches!(caller.role, Role::SuperAdmin | Role::Compliance);
    match org {
        Some(org) => *org == caller.org && caller.reaches(account) && (oversees || member),
        // The account is being opened, or gone: only its members know of it.
        None => member,
    }
}

/// Whether someone of a role may make, change or disable someone of another: only a super administrator touches
/// administrators.
#[must_use]
pub fn may_administer(role: Role, other: Role) -> bool {
    match role {
        Role::SuperAdmin => true,
        Role::Admin => !matches!(other, Role::SuperAdmin | Role::Admin),
        Role::Compliance | Role::Analyst | Role::Trader | Role::Viewer | Role::Service => false,
    }
}

fn on_account(caller: &Caller, need: Need, account: &AccountId) -> Decision {
    let member = caller.membership(account);
    // Some roles look and never touch, whatever their membership.
    let may_act = matches!(
        caller.role,
        Role::SuperAdmin | Role::Admin | Role::Trader | Role::Service
    );
    let allowed = match need {
        Need::Read => true,
        Need::Stop | Need::Appoint if caller.role == Role::SuperAdmin => true,
        Need::Trade | Need::Stop => may_act && matches!(member, Some(MemberRole::Owner | MemberRole::Trader)),
        Need::Manage | Need::Appoint => may_act && member == Some(MemberRole::Owner),
    };
    if allowed {
        Decision::Allow
    } else {
        Decision::Forbidden("your role or membership does not allow this on the account")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;
    use tradewind_types::UnixNanos;
    use tradewind_wire::Scope;

    use crate::identity::KeyTerms;

    fn account(id: &str) -> AccountId {
        id.parse().expect("id")
    }

    fn org(id: &str) -> OrgId {
        id.parse().expect("id")
    }

    fn caller(role: Role, member: Option<MemberRole>) -> Caller {
        Caller {
            user: "u1".parse().expect("id"),
            org: "desk".parse().expect("id"),
            username: "asha".to_owned(),
            display_name: "Asha".to_owned(),
            role,
            via: Via::Session {
                id: "s".to_owned(),
                csrf: "c".to_owned(),
                expires_at: UnixNanos(u64::MAX),
            },
            runs_the_installation: true,
            memberships: member
                .map(|m| (account("a1"), m))
                .into_iter()
                .collect::<HashMap<_, _>>(),
            must_enrol: false,
        }
    }

    #[test]
    fn whoever_has_to_enrol_a_second_factor_does_that_and_nothing_else() {
        let mut admin = caller(Role::SuperAdmin, Some(MemberRole::Owner));
        admin.must_enrol = true;
        let a1 = account("a1");
        let desk = org("desk");
        let everything = [Resource::None, Resource::Account(&a1, Some(&desk))];
        for action in Action::ALL.iter().copied().filter(|a| a.rule() != Rule::Public) {
            for resource in everything {
                let refused = authorise(Some(&admin), action, resource) == Decision::MustEnrol;
                assert_eq!(refused, !action.is_for_enrolment(), "{action:?}");
            }
        }
        admin.via = Via::Key {
            id: "k".to_owned(),
            scopes: vec![Scope::Read],
            accounts: None,
            expires_at: None,
            terms: KeyTerms::default(),
        };
        let by_key = authorise(Some(&admin), Action::MarketRead, Resource::None);
        assert_eq!(by_key, Decision::MustEnrol, "a key did what its owner may not");
    }

    #[test]
    fn an_account_that_is_not_ours_does_not_exist() {
        let trader = caller(Role::Trader, Some(MemberRole::Owner));
        for action in Action::ALL
            .iter()
            .filter(|a| matches!(a.rule(), Rule::Account(_)))
        {
            let decision = authorise(
                Some(&trader),
                *action,
                Resource::Account(&account("a2"), Some(&org("desk"))),
            );
            assert_eq!(decision, Decision::Hidden, "{action:?}");
        }
    }

    #[test]
    fn nobody_unknown_does_more_than_what_is_public() {
        for action in Action::ALL.iter().filter(|a| a.rule() != Rule::Public) {
            let decision = authorise(
                None,
                *action,
                Resource::Account(&account("a1"), Some(&org("desk"))),
            );
            assert_eq!(decision, Decision::Unauthenticated, "{action:?}");
        }
    }

    #[test]
    fn an_analyst_who_owns_an_account_still_only_reads() {
        let analyst = caller(Role::Analyst, Some(MemberRole::Owner));
        let decide = |action| {
            authorise(
                Some(&analyst),
                action,
                Resource::Account(&account("a1"), Some(&org("desk"))),
            )
        };
        assert_eq!(decide(Action::AccountRead), Decision::Allow);
        assert!(matches!(decide(Action::OrdersSubmit), Decision::Forbidden(_)));
    }

    #[test]
    fn a_key_does_what_its_scopes_and_accounts_say_and_no_more() {
        let mut program = caller(Role::Trader, Some(MemberRole::Owner));
        let limited = |scopes: Vec<Scope>, accounts| Via::Key {
            id: "k".to_owned(),
            scopes,
            accounts,
            expires_at: None,
            terms: KeyTerms::default(),
        };
        program.via = limited(vec![Scope::Read], None);
        let a1 = account("a1");
        let desk = org("desk");
        let on = Resource::Account(&a1, Some(&desk));
        assert_eq!(
            authorise(Some(&program), Action::AccountRead, on),
            Decision::Allow
        );
        assert!(matches!(
            authorise(Some(&program), Action::OrdersSubmit, on),
            Decision::Forbidden(_)
        ));
        program.via = limited(vec![Scope::Read, Scope::Trade], Some(vec![account("a2")]));
        assert_eq!(
            authorise(Some(&program), Action::AccountRead, on),
            Decision::Hidden
        );
        program.via = limited(vec![Scope::Manage], None);
        assert!(matches!(
            authorise(Some(&program), Action::KeyCreate, Resource::None),
            Decision::Forbidden(_)
        ));
    }

    #[test]
    fn a_key_that_is_limited_to_accounts_changes_nothing_of_the_whole_desk() {
        let mut program = caller(Role::SuperAdmin, Some(MemberRole::Owner));
        let with = |accounts| Via::Key {
            id: "k".to_owned(),
            scopes: vec![
                Scope::Read,
                Scope::Trade,
                Scope::Cancel,
                Scope::Manage,
                Scope::Admin,
            ],
            accounts,
            expires_at: None,
            terms: KeyTerms::default(),
        };
        let of_the_desk: Vec<Action> = Action::ALL
            .iter()
            .copied()
            .filter(|a| a.is_of_the_desk())
            .collect();
        for action in [
            Action::KillSwitchAllEngage,
            Action::UserCreate,
            Action::FxRateRecord,
        ] {
            assert!(of_the_desk.contains(&action), "{action:?}");
        }
        for action in of_the_desk {
            program.via = with(Some(vec![account("a1")]));
            let limited = authorise(Some(&program), action, Resource::None);
            assert!(matches!(limited, Decision::Forbidden(_)), "{action:?}");
            program.via = with(None);
            let unlimited = authorise(Some(&program), action, Resource::None);
            assert_eq!(unlimited, Decision::Allow, "{action:?}");
        }
        program.via = with(Some(vec![account("a1")]));
        let stop = authorise(
            Some(&program),
            Action::KillSwitchEngage,
            Resource::Account(&account("a1"), Some(&org("desk"))),
        );
        assert_eq!(stop, Decision::Allow);
    }

    #[test]
    fn an_account_of_another_organisation_does_not_exist_whatever_role_or_membership_one_has() {
        for role in [Role::SuperAdmin, Role::Compliance, Role::Trader] {
            let member = caller(role, Some(MemberRole::Owner));
            let (account, other) = (account("a1"), org("other"));
            for action in Action::ALL
                .iter()
                .filter(|a| matches!(a.rule(), Rule::Account(_)))
            {
                let on = Resource::Account(&account, Some(&other));
                assert_eq!(
                    authorise(Some(&member), *action, on),
                    Decision::Hidden,
                    "{action:?}"
                );
            }
        }
    }

    #[test]
    fn what_concerns_the_whole_installation_is_for_the_organisation_that_runs_it() {
        let mut root = caller(Role::SuperAdmin, None);
        let of_all = Action::ALL.iter().copied().filter(|a| a.is_of_the_installation());
        let of_all: Vec<Action> = of_all.collect();
        for action in [
            Action::KillSwitchAllEngage,
            Action::CalendarChange,
            Action::OrganisationsRead,
        ] {
            assert!(of_all.contains(&action), "{action:?}");
        }
        for action in of_all {
            root.runs_the_installation = true;
            assert_eq!(
                authorise(Some(&root), action, Resource::None),
                Decision::Allow,
                "{action:?}"
            );
            root.runs_the_installation = false;
            let refused = authorise(Some(&root), action, Resource::None);
            assert!(matches!(refused, Decision::Forbidden(_)), "{action:?}");
        }
        assert_eq!(
            authorise(Some(&root), Action::UserCreate, Resource::None),
            Decision::Allow
        );
    }
}
