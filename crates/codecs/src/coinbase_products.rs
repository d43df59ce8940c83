//! Product definitions as both Coinbase protocols list them on their status channels.

use tradewind_types::{Decimal, InstrumentStatus};

use crate::decoded::{Decoded, Definition};
use crate::error::DecodeError;
use crate::json::{Object, Raw};
use crate::number::Num;
use crate::symbols::{SymbolTable, canonical_asset};

/// Reads a list of products; one that the symbol table does not know has no index.
pub(crate) fn definitions(
    symbols: &SymbolTable,
    products: &[Raw<'_>],
    out: &mut Vec<Decoded>,
) -> Result<(), DecodeError> {
    for product in products {
        let product = Object::read(product, "products")?;
        let venue_symbol = product.text("id")?.into_owned();
        let funds = product
            .optional("min_market_funds")
            .map(|_| product.quoted_number("min_market_funds"));
        let status = match product.text("status")?.as_ref() {
            "online" => InstrumentStatus::Trading,
            "delisted" => InstrumentStatus::Delisted,
            _ => InstrumentStatus::Halted,
        };
        let lot = decimal(product.quoted_number("base_increment")?, "base_increment")?;
        out.push(Decoded::Definition(Box::new(Definition {
            instrument: symbols.find(&venue_symbol).map(|entry| entry.instrument),
            base: canonical_asset(&product.text("base_currency")?),
            quote: canonical_asset(&product.text("quote_currency")?),
            tick: decimal(product.quoted_number("quote_increment")?, "quote_increment")?,
            lot,
            quantity_min: lot,
            notional_min: funds
                .transpose()?
                .map_or(Ok(Decimal::ZERO), |num| decimal(num, "min_market_funds"))?,
            status,
            venue_symbol,
        })));
    }
    Ok(())
}

/// A number as a `Decimal`, if it fits.
pub(crate) fn decimal(num: Num, field: &'static str) -> Result<Decimal, DecodeError> {
    Decimal::try_from_i128_with_scale(num.mantissa, u32::from(num.decimals))
        .map(|value| value.normalize())
        .map_err(|_| DecodeError::DoesNotFit {
            field,
            text: num.text(),
        })
}
