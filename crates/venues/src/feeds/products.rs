//! What a venue lists, as instruments.

use tradewind_types::num::NumberError;
use tradewind_types::{IdError, Instrument};

use super::dialect::VenueKind;
use super::{VenueLink, coinbase_rest, kraken_rest};
use crate::http::RestError;

/// Why a product list could not be had.
#[derive(Debug, thiserror::Error)]
pub enum ProductsError {
    /// The venue was not reached, or refused.
    #[error("product list of {venue}: {source}")]
    Rest {
        /// Which venue.
        venue: String,
        /// Why.
        source: RestError,
    },
    /// The venue has no REST face here.
    #[error("{0} has no REST address, so its products must be given")]
    NoRest(String),
    /// A product is not what the venue's documentation says.
    #[error("product {symbol}: {why}")]
    BadProduct {
        /// Its name at the venue.
        symbol: String,
        /// What is wrong.
        why: String,
    },
    /// A product that was asked for is not listed.
    #[error("{venue} does not list {symbol}")]
    NotListed {
        /// Which venue.
        venue: String,
        /// The missing product.
        symbol: String,
    },
}

impl ProductsError {
    pub(super) fn bad_number(symbol: &str) -> impl Fn(NumberError) -> Self {
        move |error| ProductsError::BadProduct {
            symbol: symbol.to_owned(),
            why: error.to_string(),
        }
    }

    pub(super) fn bad_id(symbol: &str) -> impl Fn(IdError) -> Self {
        move |error| ProductsError::BadProduct {
            symbol: symbol.to_owned(),
            why: error.to_string(),
        }
    }
}

/// The instruments of a venue: those that its settings name, or all.
///
/// # Errors
/// [`ProductsError`].
pub async fn products(link: &VenueLink) -> Result<Vec<Instrument>, ProductsError> {
    let venue = link.settings.id.to_string();
    let rest = link
        .rest
        .as_ref()
        .ok_or_else(|| ProductsError::NoRest(venue.clone()))?;
    let mut listed = match link.settings.kind {
        VenueKind::CoinbaseAdvanced | VenueKind::CoinbaseExchange => {
            coinbase_rest::products(rest, link).await?
        }
        VenueKind::KrakenV2 | VenueKind::KrakenV1 => kraken_rest::products(rest, link).await?,
    };
    let wanted = &link.settings.symbols;
    if let Some(missing) = wanted
        .iter()
        .find(|w| listed.iter().all(|i| *i.venue_symbol != ***w))
    {
        return Err(ProductsError::NotListed {
            venue,
            symbol: missing.clone(),
        });
    }
    if !wanted.is_empty() {
        listed.retain(|i| wanted.iter().any(|w| *i.venue_symbol == **w));
    }
    Ok(listed)
}
