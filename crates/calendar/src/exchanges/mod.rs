//! The exchanges: one file of rules each, and where they are found by id.

mod cmes;
mod continuous;
mod india;
mod india_apart;
mod india_from_2011;
mod india_until_2010;
mod mcx;
mod mcx_days;
mod nse_currency;
mod united_states;
mod xbom;
mod xetr;
mod xhkg;
mod xhkg_lunar;
mod xlon;
mod xnse;
mod xnse_1990s;
mod xtks;

use std::sync::{Arc, OnceLock};

use crate::compiled::Compiled;
use crate::rules::Rules;

/// All of them, in the order in which they are listed.
static EXCHANGES: [&Rules; 15] = [
    &united_states::XNYS,
    &united_states::XNAS,
    &united_states::XASE,
    &xbom::XBOM,
    &xnse::XNSE,
    &xnse::NFO,
    &nse_currency::CDS,
    &mcx::MCX,
    &cmes::CMES,
    &xlon::XLON,
    &xetr::XETR,
    &xtks::XTKS,
    &xhkg::XHKG,
    &continuous::CRYPTO,
    &continuous::FX,
];

static COMPILED: [OnceLock<Arc<Compiled>>; 15] = [const { OnceLock::new() }; 15];

/// Their ids.
pub(crate) fn ids() -> impl Iterator<Item = &'static str> {
    EXCHANGES.iter().map(|rules| rules.id)
}

fn position(id: &str) -> Option<usize> {
    let id = id.trim();
    EXCHANGES.iter().position(|rules| {
        rules.id.eq_ignore_ascii_case(id) || rules.aliases.iter().any(|alias| alias.eq_ignore_ascii_case(id))
    })
}

/// The id proper of an id or alias in whatever case.
pub(crate) fn canonical(id: &str) -> Option<&'static str> {
    Some(EXCHANGES[position(id)?].id)
}

/// The dates of an exchange, worked out at the first call.
pub(crate) fn compiled(id: &str) -> Option<Arc<Compiled>> {
    let at = position(id)?;
    let compiled = COMPILED[at].get_or_init(|| Arc::new(Compiled::new(EXCHANGES[at])));
    Some(Arc::clone(compiled))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::zone::zone;

    #[test]
    fn every_exchange_has_a_zone_and_hours_from_its_first_day_on() {
        for rules in EXCHANGES {
            let id = rules.id;
            assert!(zone(rules.zone).is_some(), "{id}: {}", rules.zone);
            assert!(rules.hours.first().is_some_and(|h| h.from <= rules.from), "{id}");
            assert!(rules.hours.is_sorted_by(|a, b| a.from < b.from), "{id}");
            assert!(
                rules.from < rules.published_to && rules.published_to <= rules.to,
                "{id}"
            );
            for hours in rules.hours {
                let winter = hours.close_in_us_winter.unwrap_or(hours.close);
                assert!(hours.open < hours.close && hours.close <= winter, "{id}");
                assert!(
                    hours
                        .pause
                        .is_none_or(|(s, e)| hours.open < s && s < e && e < hours.close),
                    "{id}"
                );
            }
        }
    }

    #[test]
    fn names_lead_to_one_exchange_each() {
        let mut seen = std::collections::BTreeSet::new();
        for rules in EXCHANGES {
            for name in std::iter::once(&rules.id).chain(rules.aliases) {
                assert!(seen.insert(name.to_ascii_uppercase()), "{name} is named twice");
                assert_eq!(canonical(&name.to_ascii_lowercase()), Some(rules.id));
            }
        }
        assert_eq!(canonical("XXXX"), None);
    }
}
