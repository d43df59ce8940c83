//! Exact numbers and where each kind belongs.
//!
//! | type | range | used for |
//! | --- | --- | --- |
//! | [`Price`] | any finite decimal; instruments that forbid ≤ 0 check with [`Price::positive`] | orders, fills, ledger |
//! | [`Quantity`] | > 0 | orders and fills |
//! | [`Size`] | ≥ 0 | displayed sizes, remaining amounts |
//! | [`Money`] | any, with its currency | ledger |
//! | [`PriceMantissa`], [`SizeMantissa`] | integers at the instrument's scale | market data |
//!
//! Arithmetic is checked: overflow is [`NumberError::Overflow`], never a panic or a wrap. Parsing is exact:
//! text that does not fit a decimal is an error, not a rounding.

use std::fmt;
use std::str::FromStr;

use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Why a number was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NumberError {
    /// The text is no decimal number, or has more digits than a decimal can hold exactly.
    #[error("`{text}` is not a decimal number that can be held exactly (at most 28 digits)")]
    NotADecimal {
        /// What was given, cut to 64 characters.
        text: String,
    },
    /// A value that has to be above zero is not.
    #[error("{what} must be greater than 0, got {value}")]
    NotPositive {
        /// The field's name.
        what: &'static str,
        /// The value given.
        value: Decimal,
    },
    /// A value that has to be zero or above is not.
    #[error("{what} must not be negative, got {value}")]
    Negative {
        /// The field's name.
        what: &'static str,
        /// The value given.
        value: Decimal,
    },
    /// The result does not fit.
    #[error("arithmetic overflow in {operation}")]
    Overflow {
        /// The operation, e.g. `price × quantity`.
        operation: &'static str,
    },
    /// Two currencies met without a rate.
    #[error("currencies differ: {left} and {right}; a dated FX rate is needed")]
    CurrencyMismatch {
        /// The left operand's currency.
        left: Currency,
        /// The right operand's currency.
        right: Currency,
    },
    /// A currency code is malformed.
    #[error("`{text}` is not a currency code: 1 to 12 characters A–Z, 0–9, `.` or `_`")]
    BadCurrency {
        /// What was given.
        text: String,
    },
    /// A mantissa with more decimals than the scale allows.
    #[error("`{text}` has more decimals than the scale of {scale}")]
    TooManyDecimals {
        /// What was given.
        text: String,
        /// The scale in decimals.
        scale: u8,
    },
}

/// How a value is brought to a step (tick or lot). Every rounding in the program names one of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Rounding {
    /// Towards zero.
    Down,
    /// Away from zero.
    Up,
    /// To the nearest step, a half to the even one (banker's rounding).
    HalfEven,
    /// To the nearest step, a half away from zero.
    HalfUp,
}

impl Rounding {
    fn strategy(self) -> RoundingStrategy {
        match self {
            Rounding::Down => RoundingStrategy::ToZero,
            Rounding::Up => RoundingStrategy::AwayFromZero,
            Rounding::HalfEven => RoundingStrategy::MidpointNearestEven,
            Rounding::HalfUp => RoundingStrategy::MidpointAwayFromZero,
        }
    }

    /// `value` rounded to a whole multiple of `step`.
    ///
    /// # Errors
    /// [`NumberError::NotPositive`] when `step` ≤ 0, [`NumberError::Overflow`] when the quotient does not fit.
    pub fn to_step(self, value: Decimal, step: Decimal) -> Result<Decimal, NumberError> {
        if step <= Decimal::ZERO {
            return Err(NumberError::NotPositive {
                what: "step",
                value: step,
            });
        }
        let operation = "rounding to a step";
        let steps = value
            .checked_div(step)
            .ok_or(NumberError::Overflow { operation })?;
        let whole = steps.round_dp_with_strategy(0, self.strategy());
        whole
            .checked_mul(step)
            .map(|v| v.normalize())
            .ok_or(NumberError::Overflow { operation })
    }

    /// `value` rounded to `decimals` places.
    #[must_use]
    pub fn to_decimals(self, value: Decimal, decimals: u32) -> Decimal {
        value.round_dp_with_strategy(decimals, self.strategy())
    }
}

/// Parses a decimal exactly; scientific notation (`1e-8`) is read too.
///
/// # Errors
/// [`NumberError::NotADecimal`] when the text is no number or would have to be rounded.
pub fn parse_decimal(text: &str) -> Result<Decimal, NumberError> {
    let refuse = || NumberError::NotADecimal {
        text: text.chars().take(64).collect(),
    };
    if text.bytes().any(|b| b == b'e' || b == b'E') {
        // `from_scientific` rounds what does not fit, so the mantissa is checked by itself first.
        let (mantissa, _) = text.split_once(['e', 'E']).ok_or_else(refuse)?;
        Decimal::from_str_exact(mantissa).map_err(|_| refuse())?;
        let value = Decimal::from_scientific(text).map_err(|_| refuse())?;
        return if value.is_zero() && mantissa.bytes().any(|b| (b'1'..=b'9').contains(&b)) {
            Err(refuse())
        } else {
            Ok(value)
        };
    }
    Decimal::from_str_exact(text).map_err(|_| refuse())
}

/// Canonical text: no exponent, no trailing zeros, no negative zero.
#[must_use]
pub fn canonical(value: Decimal) -> String {
    value.normalize().to_string()
}

macro_rules! decimal_newtype {
    ($(#[$doc:meta])* $name:ident, $what:literal, $check:expr) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Decimal);

        impl $name {
            /// Wraps a decimal after the type's range check.
            ///
            /// # Errors
            /// The range error of the type's row in the table of this module.
            pub fn new(value: Decimal) -> Result<Self, NumberError> {
                let check: fn(Decimal) -> Result<Decimal, NumberError> = $check;
                check(value).map(Self)
            }

            /// The decimal inside.
            #[must_use]
            pub fn decimal(self) -> Decimal {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}", self.0.normalize())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0.normalize())
            }
        }

        impl FromStr for $name {
            type Err = NumberError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::new(parse_decimal(text)?)
            }
        }

        impl TryFrom<Decimal> for $name {
            type Error = NumberError;

            fn try_from(value: Decimal) -> Result<Self, Self::Error> {
                Self::new(value)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(&self.0.normalize())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

decimal_newtype!(
    /// A price in the instrument's quote currency per unit of quantity.
    Price,
    "price",
    Ok
);
decimal_newtype!(
    /// How much of an instrument is ordered or filled; above zero.
    Quantity,
    "quantity",
    |v| if v > Decimal::ZERO { Ok(v) } else { Err(NumberError::NotPositive { what: "quantity", value: v }) }
);
decimal_newtype!(
    /// A displayed or remaining size; zero or above.
    Size,
    "size",
    |v| if v >= Decimal::ZERO { Ok(v) } else { Err(NumberError::Negative { what: "size", value: v }) }
);

impl Price {
    /// A price above zero, as most instruments demand.
    ///
    /// # Errors
    /// [`NumberError::NotPositive`].
    pub fn positive(value: Decimal) -> Result<Self, NumberError> {
        if value > Decimal::ZERO {
            Ok(Self(value))
        } else {
            Err(NumberError::NotPositive { what: "price", value })
        }
    }

    /// The nearest price on the tick grid.
    ///
    /// # Errors
    /// [`NumberError::NotADecimal`] for NaN or infinity, otherwise those of [`Rounding::to_step`].
    pub fn from_f64(value: f64, tick: Decimal, rounding: Rounding) -> Result<Self, NumberError> {
        let decimal = Decimal::try_from(value).map_err(|_| NumberError::NotADecimal {
            text: value.to_string(),
        })?;
        rounding.to_step(decimal, tick).map(Self)
    }

    /// `price × quantity`, the notional in quote currency before the contract multiplier.
    ///
    /// # Errors
    /// [`NumberError::Overflow`].
    pub fn notional(self, quantity: Decimal) -> Result<Decimal, NumberError> {
        self.0.checked_mul(quantity).ok_or(NumberError::Overflow {
            operation: "price × quantity",
        })
    }
}

/// A currency or asset code such as `USD`, `BTC`, `USDC`; canonical (`BTC`, never `XBT`).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency {
    bytes: [u8; 12],
    len: u8,
}

impl Currency {
    /// US dollar.
    pub const USD: Currency = Currency::of("USD");

    /// A code known at compile time; panics at compile time when malformed.
    #[must_use]
    pub const fn of(code: &str) -> Self {
        let raw = code.as_bytes();
        assert!(
            !raw.is_empty() && raw.len() <= 12,
            "currency code of 1 to 12 characters"
        );
        let mut bytes = [0; 12];
        let mut i = 0;
        while i < raw.len() {
            bytes[i] = raw[i];
            i += 1;
        }
        Self {
            bytes,
            len: raw.len() as u8,
        }
    }

    /// The code as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..usize::from(self.len)]).unwrap_or_default()
    }
}

impl FromStr for Currency {
    type Err = NumberError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let allowed = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'.' || b == b'_';
        if text.is_empty() || text.len() > 12 || !text.bytes().all(allowed) {
            return Err(NumberError::BadCurrency {
                text: text.chars().take(64).collect(),
            });
        }
        Ok(Self::of(text))
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// An amount in a currency. Currencies never mix: adding two of different currencies is an error.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Money {
    /// The amount; negative for debts and losses.
    pub amount: Decimal,
    /// Its currency.
    pub currency: Currency,
}

impl Money {
    /// An amount in a currency.
    #[must_use]
    pub fn new(amount: Decimal, currency: Currency) -> Self {
        Self { amount, currency }
    }

    /// Nothing, in a currency.
    #[must_use]
    pub fn zero(currency: Currency) -> Self {
        Self {
            amount: Decimal::ZERO,
            currency,
        }
    }

    /// The sum of two amounts of one currency.
    ///
    /// # Errors
    /// [`NumberError::CurrencyMismatch`], [`NumberError::Overflow`].
    pub fn checked_add(self, other: Money) -> Result<Money, NumberError> {
        if self.currency != other.currency {
            return Err(NumberError::CurrencyMismatch {
                left: self.currency,
                right: other.currency,
            });
        }
        let amount = self
            .amount
            .checked_add(other.amount)
            .ok_or(NumberError::Overflow {
                operation: "adding money",
            })?;
        Ok(Money {
            amount,
            currency: self.currency,
        })
    }

    /// The same amount with the opposite sign.
    #[must_use]
    pub fn negated(self) -> Money {
        Money {
            amount: -self.amount,
            currency: self.currency,
        }
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.amount.normalize(), self.currency)
    }
}

/// A price as an integer at the instrument's price scale (`price = mantissa × 10^-scale`).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PriceMantissa(pub i64);

/// A size as an integer at the instrument's size scale.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SizeMantissa(pub i128);

impl PriceMantissa {
    /// The decimal value at `scale` decimals.
    #[must_use]
    pub fn to_decimal(self, scale: u8) -> Decimal {
        Decimal::from_i128_with_scale(i128::from(self.0), u32::from(scale.min(28)))
    }

    /// The price at `scale` decimals.
    #[must_use]
    pub fn to_price(self, scale: u8) -> Price {
        Price(self.to_decimal(scale))
    }

    /// The value as `f64`, for indicator columns only.
    #[must_use]
    pub fn to_f64(self, scale: u8) -> f64 {
        self.0 as f64 / 10f64.powi(i32::from(scale))
    }

    /// The mantissa of a decimal at `scale` decimals.
    ///
    /// # Errors
    /// [`NumberError::TooManyDecimals`] when it is not a whole number of units, [`NumberError::Overflow`].
    pub fn from_decimal(value: Decimal, scale: u8) -> Result<Self, NumberError> {
        let whole = to_mantissa(value, scale)?;
        i64::try_from(whole).map(Self).map_err(|_| NumberError::Overflow {
            operation: "price mantissa",
        })
    }
}

impl SizeMantissa {
    /// The decimal value at `scale` decimals; `None` where it exceeds a decimal's 96 bits.
    #[must_use]
    pub fn to_decimal(self, scale: u8) -> Option<Decimal> {
        Decimal::try_from_i128_with_scale(self.0, u32::from(scale)).ok()
    }

    /// The value as `f64`, for indicator columns only.
    #[must_use]
    pub fn to_f64(self, scale: u8) -> f64 {
        self.0 as f64 / 10f64.powi(i32::from(scale))
    }

    /// The mantissa of a decimal at `scale` decimals.
    ///
    /// # Errors
    /// [`NumberError::TooManyDecimals`] when it is not a whole number of units, [`NumberError::Overflow`].
    pub fn from_decimal(value: Decimal, scale: u8) -> Result<Self, NumberError> {
        to_mantissa(value, scale).map(Self)
    }
}

fn to_mantissa(value: Decimal, scale: u8) -> Result<i128, NumberError> {
    let value = value.normalize();
    let decimals = value.scale();
    if decimals > u32::from(scale) {
        return Err(NumberError::TooManyDecimals {
            text: value.to_string(),
            scale,
        });
    }
    let factor = 10i128
        .checked_pow(u32::from(scale) - decimals)
        .ok_or(NumberError::Overflow {
            operation: "mantissa",
        })?;
    value.mantissa().checked_mul(factor).ok_or(NumberError::Overflow {
        operation: "mantissa",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dec(text: &str) -> Decimal {
        parse_decimal(text).expect("a decimal")
    }

    #[test]
    fn the_specification_s_profit_figures_hold_exactly() {
        assert_eq!((dec("12450.89") - dec("12345.67")) * dec("50"), dec("5261.00"));
        assert_eq!((dec("105.10") - dec("100.05")) * dec("75"), dec("378.75"));
        assert_eq!(dec("123.45") + dec("67.89") + dec("0.01"), dec("191.35"));
        assert_eq!(Rounding::HalfEven.to_decimals(dec("378.7567"), 2), dec("378.76"));
    }

    #[test]
    fn prices_are_quantised_to_the_tick_of_the_instrument() {
        assert_eq!(
            Rounding::HalfEven.to_step(dec("123.456"), dec("0.05")),
            Ok(dec("123.45"))
        );
        assert_eq!(
            Rounding::HalfEven.to_step(dec("123.456"), dec("0.01")),
            Ok(dec("123.46"))
        );
        assert!(Rounding::Down.to_step(dec("1"), dec("0")).is_err());
    }

    #[test]
    fn text_that_would_have_to_be_rounded_is_refused() {
        assert!(parse_decimal("0.00000000000000000000000000000000001").is_err());
        assert!(parse_decimal("1e40").is_err());
        assert!(parse_decimal("NaN").is_err());
        assert!(parse_decimal("inf").is_err());
        assert!(parse_decimal("").is_err());
        assert_eq!(parse_decimal("1.5e-8"), Ok(dec("0.000000015")));
        assert_eq!(
            parse_decimal("0.123456789012345678"),
            Ok(Decimal::from_i128_with_scale(123456789012345678, 18))
        );
    }

    #[test]
    fn quantities_are_above_zero_and_sizes_not_below() {
        assert!(Quantity::new(Decimal::ZERO).is_err());
        assert!(Quantity::new(dec("-1")).is_err());
        assert!(Size::new(Decimal::ZERO).is_ok());
        assert!(Size::new(dec("-0.1")).is_err());
    }

    #[test]
    fn money_of_two_currencies_does_not_add() {
        let usd = Money::new(Decimal::ONE, Currency::USD);
        let btc = Money::new(Decimal::ONE, Currency::of("BTC"));
        assert!(usd.checked_add(btc).is_err());
        assert_eq!(usd.checked_add(usd).map(|m| m.amount), Ok(dec("2")));
    }

    #[test]
    fn mantissas_and_decimals_convert_without_loss() {
        let price = PriceMantissa::from_decimal(dec("62000.5"), 2).expect("fits");
        assert_eq!(price, PriceMantissa(6_200_050));
        assert_eq!(price.to_decimal(2), dec("62000.50"));
        assert!(PriceMantissa::from_decimal(dec("0.001"), 2).is_err());
        let size = SizeMantissa::from_decimal(dec("1.000000000000000001"), 18).expect("fits");
        assert_eq!(size.to_decimal(18), Some(dec("1.000000000000000001")));
    }
}
