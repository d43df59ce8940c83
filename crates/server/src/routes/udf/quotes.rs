//! Quotes.

use crate::routes::prelude::*;

use tradewind_engine::Kernel;
use tradewind_types::market::BarInterval;
use tradewind_types::{PriceMantissa, UnixNanos};

use super::symbol;
use crate::map;

const SYMBOLS_MAX: usize = 500;

/// Which quotes.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct UdfQuotesQuery {
    /// Symbols by comma, each an id, `MARKET:SYMBOL`, or a symbol that only one market has; 500 at most.
    #[param(example = "COINBASE:BTC-USD,COINBASE:ETH-USD")]
    pub symbols: String,
}

/// Quotes with the figures of the day. A symbol that is not known is answered in its place with `s: "error"`.
#[utoipa::path(get, path = "/udf/quotes", tag = "udf", params(UdfQuotesQuery),
    responses((status = 200, body = wire::UdfQuotes)))]
pub async fn udf_quotes(
    State(state): State<AppState>,
    QueryOf(query): QueryOf<UdfQuotesQuery>,
) -> ApiResult<Json<wire::UdfQuotes>> {
    let names = query.symbols.split(',').map(str::trim).filter(|n| !n.is_empty());
    let names: Vec<String> = names.map(str::to_owned).collect();
    if names.is_empty() || names.len() > SYMBOLS_MAX {
        let text = format!(
            "1 to {SYMBOLS_MAX} symbols by comma are taken, got {}",
            names.len()
        );
        return Err(ApiError::field("symbols", "OUT_OF_RANGE", text));
    }
    let now = state.clock.now();
    let quotes = state
        .engine
        .query(move |kernel| names.into_iter().map(|name| quote(kernel, name, now)).collect());
    Ok(Json(wire::UdfQuotes {
        s: "ok".to_owned(),
        d: quotes.await?,
    }))
}

fn quote(kernel: &Kernel, name: String, now: UnixNanos) -> wire::UdfQuote {
    match figures(kernel, &name, now) {
        Ok(v) => wire::UdfQuote {
            s: "ok".to_owned(),
            n: name,
            v,
            errmsg: None,
        },
        Err(error) => wire::UdfQuote {
            s: "error".to_owned(),
            n: name,
            v: wire::UdfQuoteFigures::default(),
            errmsg: Some(error.detail),
        },
    }
}

fn figures(kernel: &Kernel, name: &str, now: UnixNanos) -> ApiResult<wire::UdfQuoteFigures> {
    let found = symbol::find(kernel, name)?;
    let (i, market) = kernel
        .market(&found.id)
        .ok_or_else(|| ApiError::of(Code::InstrumentUnknown))?;
    let unit = 10f64.powi(i32::from(i.price_scale));
    let price = |p: PriceMantissa| p.0 as f64 / unit;
    let days = market.bars(BarInterval::DAY, UnixNanos(0), now, 2);
    let today = days.bars.last().filter(|_| !days.bars.is_empty());
    let before = days.bars.len().checked_sub(2).and_then(|at| days.bars.get(at));
    let last = market
        .last_trade()
        .map(|t| t.price)
        .or(today.map(|bar| bar.close));
    // Without a day before, today's change is that since its opening.
    let base = before.map(|bar| bar.close).or(today.map(|bar| bar.open));
    let change = last.zip(base).and_then(|(last, base)| last.0.checked_sub(base.0));
    let quote = market.quote();
    let bid = quote.filter(|q| q.bid_size.0 > 0).map(|q| q.bid);
    let ask = quote.filter(|q| q.ask_size.0 > 0).map(|q| q.ask);
    let spread = ask.zip(bid).and_then(|(ask, bid)| ask.0.checked_sub(bid.0));
    let percent = |change: i64, base: PriceMantissa| change as f64 / base.0 as f64 * 100.0;
    Ok(wire::UdfQuoteFigures {
        ch: change.map(|change| price(PriceMantissa(change))),
        chp: change
            .zip(base.filter(|base| base.0 != 0))
            .map(|(change, base)| percent(change, base)),
        short_name: Some(i.id.symbol.to_string()),
        exchange: Some(i.id.market.to_string()),
        description: Some(symbol::description(i)),
        lp: last.map(price),
        ask: ask.map(price),
        bid: bid.map(price),
        spread: spread.map(|spread| price(PriceMantissa(spread))),
        open_price: today.map(|bar| price(bar.open)),
        high_price: today.map(|bar| price(bar.high)),
        low_price: today.map(|bar| price(bar.low)),
        prev_close_price: before.map(|bar| price(bar.close)),
        volume: today.map(|bar| bar.volume.0 as f64 / 10f64.powi(i32::from(i.size_scale))),
        state: Some(map::enums::data_state(market.data_state(now))),
        simulated: Some(i.simulated),
    })
}
