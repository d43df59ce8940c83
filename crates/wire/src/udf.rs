//! The Universal Data Feed: the shapes that TradingView's charting library and others expect at `/udf`.
//!
//! The protocol is not ours: prices are JSON numbers, times whole seconds since 1970, and names are as the library reads
//! them (`ticker` is the id that a client sends back). Source: TradingView, *UDF* in the charting library's
//! documentation.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::DataState;

/// A choice of a filter in the client's search.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct UdfExchange {
    /// What `exchange` is in a search; empty for all.
    pub value: String,
    /// Name for people.
    pub name: String,
    /// More about it.
    pub desc: String,
}

/// A kind of instrument that a client may filter by.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct UdfSymbolType {
    /// What `type` is in a search; empty for all.
    pub value: String,
    /// Name for people.
    pub name: String,
}

/// What the feed can do.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct UdfConfig {
    /// `1S` … `30S`, `1` … `720` minutes, `1D`, `1W`, `1M`.
    pub supported_resolutions: Vec<String>,
    /// `/search` and `/symbols` are there.
    pub supports_search: bool,
    /// Whether `/symbol_info` alone is to be used.
    pub supports_group_request: bool,
    /// `/marks` is there.
    pub supports_marks: bool,
    /// `/timescale_marks` is there.
    pub supports_timescale_marks: bool,
    /// `/time` is there.
    pub supports_time: bool,
    /// Markets.
    pub exchanges: Vec<UdfExchange>,
    /// Kinds of instruments.
    pub symbols_types: Vec<UdfSymbolType>,
}

/// An instrument.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct UdfSymbol {
    /// Symbol.
    pub name: String,
    /// Instrument id, which the client sends from now on.
    #[serde(rename = "ticker")]
    pub id: String,
    /// `MARKET:SYMBOL`.
    pub full_name: String,
    /// Name for people.
    pub description: String,
    /// `crypto`, `stock`, `fund`, `index`, `futures` or `option`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Trading hours in the time zone: `24x7`, `0915-1530`.
    pub session: String,
    /// Time zone of the trading hours.
    pub timezone: String,
    /// Market.
    pub exchange: String,
    /// Market where it is listed.
    pub listed_exchange: String,
    /// Price step × `pricescale`.
    pub minmov: u64,
    /// A power of ten: units of price per whole.
    pub pricescale: u64,
    /// Always 0: prices are decimal.
    pub minmove2: u64,
    /// Always false: prices are decimal.
    pub fractional: bool,
    /// Bars below a day are there.
    pub has_intraday: bool,
    /// Bars below a minute are there.
    pub has_seconds: bool,
    /// Seconds of those bars.
    pub seconds_multipliers: Vec<String>,
    /// Minutes of bars below a day.
    pub intraday_multipliers: Vec<String>,
    /// Daily bars are there.
    pub has_daily: bool,
    /// Bars of weeks and months are there.
    pub has_weekly_and_monthly: bool,
    /// Whether intervals without a trade have bars: never.
    pub has_empty_bars: bool,
    /// Which resolutions.
    pub supported_resolutions: Vec<String>,
    /// Decimals of volumes.
    pub volume_precision: u8,
    /// `streaming`, or `endofday` when it does not trade any more.
    pub data_status: String,
    /// Currency of its prices.
    pub currency_code: String,
    /// `price`.
    pub format: String,
    /// True when its data is simulated.
    pub simulated: bool,
}

/// All instruments of a market as a table: a column is a list with an entry per symbol, or one value for all.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub struct UdfSymbolInfo {
    /// Symbols.
    pub symbol: Vec<String>,
    /// Instrument ids.
    #[serde(rename = "ticker")]
    pub id: Vec<String>,
    /// Names for people.
    pub description: Vec<String>,
    /// Market where they are listed.
    pub exchange_listed: String,
    /// Market where they trade.
    pub exchange_traded: String,
    /// Kinds.
    #[serde(rename = "type")]
    pub kind: Vec<String>,
    /// Price steps × `pricescale`.
    pub minmovement: Vec<u64>,
    /// Units of price per whole.
    pub pricescale: Vec<u64>,
    /// Always false.
    pub fractional: bool,
    /// Trading hours.
    pub session_regular: Vec<String>,
    /// Their time zones.
    pub timezone: Vec<String>,
    /// Bars below a day are there.
    pub has_intraday: bool,
    /// Minutes of those bars.
    pub intraday_multipliers: Vec<Vec<String>>,
    /// Daily bars are there.
    pub has_daily: bool,
    /// Bars of weeks and months are there.
    pub has_weekly_and_monthly: bool,
    /// Never.
    pub has_empty_bars: bool,
    /// Which resolutions.
    pub supported_resolutions: Vec<Vec<String>>,
    /// Decimals of volumes.
    pub volume_precision: Vec<u8>,
    /// Currencies of prices.
    pub currency_code: Vec<String>,
}

/// A result of a search.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct UdfFound {
    /// Symbol.
    pub symbol: String,
    /// `MARKET:SYMBOL`.
    pub full_name: String,
    /// Name for people.
    pub description: String,
    /// Market.
    pub exchange: String,
    /// Instrument id.
    #[serde(rename = "ticker")]
    pub id: String,
    /// Kind.
    #[serde(rename = "type")]
    pub kind: String,
}

/// Bars as columns of equal length, oldest first.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct UdfHistory {
    /// `ok`, or `no_data`, then without columns.
    pub s: String,
    /// Opening times.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub t: Option<Vec<u64>>,
    /// First prices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub o: Option<Vec<f64>>,
    /// Highest prices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub h: Option<Vec<f64>>,
    /// Lowest prices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub l: Option<Vec<f64>>,
    /// Last prices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub c: Option<Vec<f64>>,
    /// Volumes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub v: Option<Vec<f64>>,
    /// With `no_data`: when the last bar before the times asked for opens, if there is one.
    #[serde(rename = "nextTime", default, skip_serializing_if = "Option::is_none")]
    pub next_time: Option<u64>,
}

/// Marks on bars as columns: the caller's own fills.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct UdfMarks {
    /// Ids.
    pub id: Vec<String>,
    /// Opening times of their bars.
    pub time: Vec<u64>,
    /// `green` for what was bought, `red` for what was sold.
    pub color: Vec<String>,
    /// What happened.
    pub text: Vec<String>,
    /// One letter: `B` or `S`.
    pub label: Vec<String>,
    /// Colours of the letters.
    #[serde(rename = "labelFontColor")]
    pub label_font_color: Vec<String>,
    /// Least diameters, pixels.
    #[serde(rename = "minSize")]
    pub min_size: Vec<u32>,
}

/// A mark on the axis of time: a signal of the caller's own strategies.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct UdfTimescaleMark {
    /// Id.
    pub id: String,
    /// Opening time of its bar.
    pub time: u64,
    /// `green` to buy, `red` to sell, `gray` for what was denied.
    pub color: String,
    /// One letter: `B` or `S`.
    pub label: String,
    /// Lines of text.
    pub tooltip: Vec<String>,
}

/// Figures of a quote; what is not known is left out.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct UdfQuoteFigures {
    /// Change since the close of the day before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ch: Option<f64>,
    /// The same in percent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chp: Option<f64>,
    /// Symbol.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub short_name: Option<String>,
    /// Market.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exchange: Option<String>,
    /// Name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Last price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lp: Option<f64>,
    /// Best offer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ask: Option<f64>,
    /// Best bid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bid: Option<f64>,
    /// Offer less bid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spread: Option<f64>,
    /// First price of the day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open_price: Option<f64>,
    /// Highest price of the day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub high_price: Option<f64>,
    /// Lowest price of the day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub low_price: Option<f64>,
    /// Last price of the day before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prev_close_price: Option<f64>,
    /// Volume of the day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub volume: Option<f64>,
    /// Whether the quote may be believed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<DataState>,
    /// True when simulated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub simulated: Option<bool>,
}

/// A quote, or that there is none.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct UdfQuote {
    /// `ok` or `error`.
    pub s: String,
    /// The symbol as it was asked for.
    pub n: String,
    /// Figures; empty with `error`.
    pub v: UdfQuoteFigures,
    /// Why there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub errmsg: Option<String>,
}

/// Quotes in the order in which they were asked for.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct UdfQuotes {
    /// `ok`.
    pub s: String,
    /// One per symbol.
    pub d: Vec<UdfQuote>,
}
