//! A row of a file put together: which cell goes where, what the file does not say, and whether the figures agree.

use rustc_hash::FxHashMap;
use tradewind_codecs::table::{BarStamp, ExtraDecimals, StampReader, number};
use tradewind_types::market::{BarInterval, BarSlot};
use tradewind_types::time::SECOND_NS;
use tradewind_types::{Symbol, UnixNanos};

use super::super::figures::NONE_WIDE;
use super::super::place::is_long;
use super::super::rows::bits;
use super::super::schema::{COLUMNS_MAX, Cell, Column, Kind, SCALE_MAX, SYMBOL, Scales, TS};
use super::ordinals::Ordinals;
use super::{ImportOptions, Whose};

/// A row with its texts as codes of [`Builder::texts`].
pub(super) type Row = [i128; COLUMNS_MAX];

/// What a cell was refused for.
pub(super) enum Refusal {
    /// It has this many decimals, more than were reckoned with.
    Decimals(Cell, u8),
    /// Anything else.
    Because(String),
}

impl From<String> for Refusal {
    fn from(reason: String) -> Self {
        Refusal::Because(reason)
    }
}

/// How firmly a column's name means one of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Claim {
    /// By another name that is often used.
    Alias,
    /// By our name.
    Named,
    /// Because the options say so.
    Mapped,
}

/// A column's name without what surrounds it.
fn plain_name(name: &str) -> &str {
    name.trim().trim_matches('"')
}

/// Puts rows together.
pub(super) struct Builder<'a> {
    options: &'a ImportOptions,
    pub(super) scales: Scales,
    pub(super) stamps: StampReader,
    columns: &'static [Column],
    /// Texts by their codes, and the codes that they have.
    pub(super) texts: Vec<String>,
    codes: FxHashMap<String, u32>,
    /// The row as it is before a cell is read.
    blank: Row,
    interval_ns: u64,
    ordinals: Ordinals,
    /// The slot of the grid that the last stamp closed in.
    slot: Option<BarSlot>,
    /// When the last bar of each symbol opened, by the symbol's code.
    opened: Vec<Option<i64>>,
}

/// What the clocks may take from an interval longer than itself, seconds: a bar of four hours of local time is three hours
/// long when they are set forward.
const CHANGE_OF_CLOCKS_S: u32 = 3_600;

impl<'a> Builder<'a> {
    pub(super) fn new(options: &'a ImportOptions, scales: Scales) -> Self {
        let kind = options.kind;
        let mut builder = Self {
            options,
            scales,
            stamps: StampReader::in_zone(options.zone.clone(), options.ambiguous),
            columns: kind.columns(),
            texts: Vec::new(),
            codes: FxHashMap::default(),
            blank: [NONE_WIDE; COLUMNS_MAX],
            interval_ns: options.interval.map_or(0, |interval| interval.nanos()),
            ordinals: Ordinals::default(),
            slot: None,
            opened: Vec::new(),
        };
        let mut set = |name: &str, value: i128| {
            if let Some(at) = kind.place(name) {
                builder.blank[at] = value;
            }
        };
        set("complete", 1);
        set("trade_id", 0);
        set("ordinal", 0);
        set("revision", 0);
        set("ts_init", i128::from(options.now.0));
        if kind == Kind::Bars {
            let venue = builder.code("venue");
            builder.blank[10] = venue;
        }
        if let Whose::One(instrument) = &options.whose {
            builder.blank[SYMBOL] = builder.code(instrument.symbol.as_str());
        }
        builder
    }

    pub(super) fn blank(&self) -> Row {
        self.blank
    }

    /// The code of a text.
    pub(super) fn code(&mut self, text: &str) -> i128 {
        if let Some(code) = self.codes.get(text) {
            return i128::from(*code);
        }
        let code = self.texts.len() as u32;
        self.texts.push(text.to_owned());
        self.codes.insert(text.to_owned(), code);
        i128::from(code)
    }

    /// Which of our columns those of a file are, by their names; what is missing otherwise.
    pub(super) fn places(&self, names: &[String]) -> Result<Vec<Option<usize>>, String> {
        let kind = self.options.kind;
        let mut found = vec![None; names.len()];
        let mut taken: [Option<(Claim, usize)>; COLUMNS_MAX] = [None; COLUMNS_MAX];
        for (slot, theirs) in names.iter().enumerate() {
            let theirs = plain_name(theirs);
            let (ours, claim) = self.claim(theirs);
            let Some(at) = kind.place(&ours).filter(|at| self.may_come(*at)) else {
                continue;
            };
            match taken[at] {
                Some((before, _)) if before > claim => continue,
                Some((before, other)) if before == claim => {
                    let other = plain_name(&names[other]);
                    // Of a name that comes twice the first is meant, as everywhere.
                    if other == theirs {
                        continue;
                    }
                    return Err(format!(
                        "columns {other} and {theirs} both mean {ours}; name the one that is wanted with `--columns \
                         {ours}={theirs}` (a date and a time apart must be put together first)"
                    ));
                }
                Some((_, other)) => found[other] = None,
                None => {}
            }
            taken[at] = Some((claim, slot));
            found[slot] = Some(at);
        }
        let needed = |at: usize, column: &Column| !column.optional && self.blank[at] == NONE_WIDE;
        let missing: Vec<&str> = self
            .columns
            .iter()
            .enumerate()
            .filter(|(at, column)| needed(*at, column) && taken[*at].is_none())
            .map(|(_, column)| column.name)
            .collect();
        if missing.is_empty() {
            return Ok(found);
        }
        Err(format!(
            "there is no column {}; there are {} (`--columns ours=theirs` maps names)",
            missing.join(", "),
            names
                .iter()
                .take(30)
                .map(|n| n.trim())
                .collect::<Vec<_>>()
                .join(", ")
        ))
    }

    /// Our name of a column, and how firmly it is meant.
    fn claim(&self, theirs: &str) -> (String, Claim) {
        if let Some(ours) = self.options.mapped(theirs) {
            return (ours, Claim::Mapped);
        }
        let name = theirs.to_ascii_lowercase();
        let ours = match name.as_str() {
            "timestamp" | "time" | "date" | "datetime" => "ts",
            "oi" => "open_interest",
            "vol" => "volume",
            "aggressor" => "side",
            "implied_volatility" => "iv",
            _ => return (name, Claim::Named),
        };
        (ours.to_owned(), Claim::Alias)
    }

    /// Whether a file may fill a column: not what the catalogue keeps for itself.
    fn may_come(&self, at: usize) -> bool {
        let kind = self.options.kind;
        let own = at == kind.revision() || at == kind.ts_init() || self.columns[at].name == "ordinal";
        let fixed = at == SYMBOL && kind != Kind::Options && matches!(self.options.whose, Whose::One(_));
        !own && !fixed
    }

    /// Reads one cell of text into its place.
    #[inline]
    pub(super) fn cell(&mut self, row: &mut Row, at: usize, text: &[u8]) -> Result<(), Refusal> {
        let column = self.columns[at];
        row[at] = match column.cell {
            Cell::Time => i128::from(self.stamps.read(text)?),
            Cell::Price | Cell::Size | Cell::Value => {
                if text.is_empty() && column.optional {
                    return Ok(());
                }
                let scale = self.scales.of(column.cell);
                match number::mantissa(text, scale, self.options.extra_decimals) {
                    Ok(value) => value,
                    Err(why) => return Err(self.figure_refused(column, number::decimals(text), &why)),
                }
            }
            _ => self.other(column, text)?,
        };
        Ok(())
    }

    /// Why a figure was refused: it may only need more decimals.
    pub(super) fn figure_refused(&self, column: Column, decimals: Option<u8>, why: &str) -> Refusal {
        let scale = self.scales.of(column.cell);
        let open = match column.cell {
            Cell::Price => self.options.price_scale.is_none(),
            Cell::Size => self.options.size_scale.is_none(),
            _ => false,
        };
        match decimals {
            Some(decimals) if open && decimals > scale && decimals <= SCALE_MAX => {
                Refusal::Decimals(column.cell, decimals)
            }
            _ => Refusal::Because(format!("{}: {why}", column.name)),
        }
    }

    fn other(&mut self, column: Column, text: &[u8]) -> Result<i128, Refusal> {
        let refuse =
            |what: &str| Refusal::Because(format!("{}: `{}` {what}", column.name, number::shown(text)));
        let text_of = std::str::from_utf8(text)
            .map_err(|_| refuse("is no UTF-8"))?
            .trim();
        if text_of.is_empty() {
            if column.optional {
                return Ok(NONE_WIDE);
            }
            return Err(Refusal::Because(format!("{}: the cell is empty", column.name)));
        }
        Ok(match (column.cell, column.name) {
            (Cell::Text, "symbol") => {
                Symbol::new(text_of).map_err(|e| Refusal::Because(e.to_string()))?;
                self.code(text_of)
            }
            (Cell::Text, "side") => match text_of.to_ascii_lowercase().as_str() {
                "buy" | "b" => self.code("buy"),
                "sell" | "s" => self.code("sell"),
                _ => return Err(refuse("is neither buy nor sell")),
            },
            (Cell::Text, "right") => match text_of.to_ascii_lowercase().as_str() {
                "call" | "c" | "ce" => self.code("call"),
                "put" | "p" | "pe" => self.code("put"),
                _ => return Err(refuse("is neither call nor put")),
            },
            (Cell::Text, "source") => match text_of.to_ascii_lowercase().as_str() {
                known @ ("venue" | "trades" | "quote_mids" | "quote_bids" | "quote_asks") => self.code(known),
                _ => {
                    return Err(refuse(
                        "is none of venue, trades, quote_mids, quote_bids, quote_asks",
                    ));
                }
            },
            (Cell::Text, _) => self.code(text_of),
            (Cell::Day, _) => i128::from(day(text_of).ok_or_else(|| refuse("is no day such as 2026-11-26"))?),
            (Cell::Flag, _) => match text_of.to_ascii_lowercase().as_str() {
                "true" | "1" | "yes" => 1,
                "false" | "0" | "no" => 0,
                _ => return Err(refuse("is neither true nor false")),
            },
            (Cell::Fraction, _) => {
                let value: f64 = text_of.parse().map_err(|_| refuse("is no number"))?;
                bits(value)
            }
            _ => number::mantissa(text, 0, ExtraDecimals::Refuse)
                .map_err(|_| refuse("is no whole number"))
                .and_then(|value| {
                    let fits = i64::try_from(value).is_ok_and(|v| v >= 0);
                    fits.then_some(value)
                        .ok_or_else(|| refuse("does not fit 63 bits"))
                })?,
        })
    }

    /// Completes and checks a row whose cells are read.
    #[inline]
    pub(super) fn finish(&mut self, row: &mut Row) -> Result<(), String> {
        let kind = self.options.kind;
        let ts = row[TS];
        if ts == NONE_WIDE {
            return Err("there is no time".to_owned());
        }
        if kind == Kind::Bars && self.options.stamp == BarStamp::Close {
            row[TS] = self.opening(ts)?;
        }
        if row[TS] < 0 || row[TS] > i128::from(i64::MAX) {
            return Err("the time lies before 1970 or after 2262".to_owned());
        }
        if kind == Kind::Options && row[SYMBOL] == NONE_WIDE {
            return Err("there is no symbol".to_owned());
        }
        match kind {
            Kind::Bars => {
                self.check_bar(row)?;
                self.check_spacing(row)?;
            }
            Kind::Trades => self.check_trade(row)?,
            Kind::Quotes => self.check_quote(row)?,
            Kind::Options => {
                if row[3] <= 0 {
                    return Err("the strike must be above 0".to_owned());
                }
            }
        }
        if let Some(place) = kind.ties().last() {
            let numbered = kind == Kind::Trades && row[5] != 0;
            row[*place] = if numbered {
                0
            } else {
                self.ordinals.next(row[SYMBOL], row[TS] as i64)
            };
        }
        Ok(())
    }

    /// When a bar opened that closed at a time.
    fn opening(&mut self, close: i128) -> Result<i128, String> {
        let Some(grid) = &self.options.grid else {
            return Ok(close - i128::from(self.interval_ns));
        };
        // A close ends its slot, and does not begin the next.
        let within = u64::try_from(close - 1).map(UnixNanos).ok();
        let known = self
            .slot
            .filter(|slot| within.is_some_and(|ts| (slot.start..slot.end).contains(&ts)));
        let interval = self.options.interval.unwrap_or(BarInterval::DAY);
        self.slot = known.or_else(|| grid.slot(interval, within?));
        let slot = self
            .slot
            .ok_or("no session of the calendar trades up to that time")?;
        Ok(i128::from(slot.start.0))
    }

    #[inline]
    fn check_bar(&self, row: &Row) -> Result<(), String> {
        let [open, high, low, close] = [row[2], row[3], row[4], row[5]];
        if high < low {
            return Err("the high is below the low".to_owned());
        }
        if open > high || open < low || close > high || close < low {
            return Err("open or close lies outside of low and high".to_owned());
        }
        self.check_price(low)?;
        let negative = |at: usize| row[at] != NONE_WIDE && row[at] < 0;
        if negative(6) || negative(9) {
            return Err("volume or open interest is below 0".to_owned());
        }
        Ok(())
    }

    /// Bars of one symbol lie an interval apart at least, in whichever order they come; otherwise they are other bars.
    #[inline]
    fn check_spacing(&mut self, row: &Row) -> Result<(), String> {
        let Some(interval) = self.options.interval.filter(|interval| !is_long(*interval)) else {
            return Ok(());
        };
        let (symbol, ts) = (row[SYMBOL] as usize, row[TS] as i64);
        if symbol >= self.opened.len() {
            self.opened.resize(symbol + 1, None);
        }
        let secs = interval.secs();
        let least = if secs > CHANGE_OF_CLOCKS_S {
            secs - CHANGE_OF_CLOCKS_S
        } else {
            secs
        };
        if let Some(before) = self.opened[symbol]
            && ts != before
            && ts.abs_diff(before) < u64::from(least) * SECOND_NS
        {
            let apart = ts.abs_diff(before) as f64 / SECOND_NS as f64;
            return Err(format!(
                "it opens {apart} s from the bar before it; bars of {interval} are {secs} s apart: is that the interval?"
            ));
        }
        self.opened[symbol] = Some(ts);
        Ok(())
    }

    fn check_price(&self, price: i128) -> Result<(), String> {
        if price <= 0 && !self.options.negative_prices {
            return Err("a price is 0 or below; `--negative-prices` allows that".to_owned());
        }
        Ok(())
    }

    fn check_trade(&self, row: &Row) -> Result<(), String> {
        self.check_price(row[2])?;
        if row[3] <= 0 {
            return Err("the size must be above 0".to_owned());
        }
        Ok(())
    }

    fn check_quote(&self, row: &Row) -> Result<(), String> {
        self.check_price(row[2])?;
        if row[2] > row[3] {
            return Err("the bid is above the ask".to_owned());
        }
        Ok(())
    }
}

/// `2026-11-26` or `20261126` (also as `20261126.0`) as days since 1970.
fn day(text: &str) -> Option<i64> {
    let text = text.strip_suffix(".0").unwrap_or(text);
    let compact = text.len() == 8 && text.bytes().all(|b| b.is_ascii_digit());
    let date: jiff::civil::Date = if compact {
        format!("{}-{}-{}", &text[..4], &text[4..6], &text[6..])
            .parse()
            .ok()?
    } else {
        text.get(..10)?.parse().ok()?
    };
    Some(super::super::place::days_of(date))
}
