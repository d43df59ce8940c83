//! Heikin-Ashi candles.

use ta_lib::RetCode;

use super::{Task, blocks, greater, outputs, smaller};

/// Rows of a block: eight columns of it fit the nearest cache.
const BLOCK: usize = 256;

/// `close = (open + high + low + close)/4`, `open` = the middle of the body before (of the first bar its own), high
/// and low stretched to hold both.
pub(crate) fn heikin_ashi(task: Task<'_>, columns: &mut [&mut [f64]]) -> Result<(), RetCode> {
    let [opens, highs, lows, closes] = outputs(columns)?;
    let bars = task.bars;
    // The first body's middle is the first open: the body before it is the first bar's own.
    let mut body = (bars.open[0], bars.close[0]);
    for rows in blocks(0..bars.len(), BLOCK) {
        let opens = &mut opens[rows.clone()];
        let closes = &mut closes[rows.clone()];
        let prices = [bars.open, bars.high, bars.low, bars.close].map(|column| &column[rows.clone()]);
        let [open, high, low, close] = prices;
        for ((((mean, open), high), low), close) in closes.iter_mut().zip(open).zip(high).zip(low).zip(close)
        {
            *mean = (open + high + low + close) / 4.0;
        }
        body = write_opens(body, closes, opens);
        let bodies = opens.iter().zip(closes.iter());
        for ((highest, (open, close)), high) in highs[rows.clone()].iter_mut().zip(bodies.clone()).zip(high) {
            *highest = greater(*close, greater(*open, *high));
        }
        for ((lowest, (open, close)), low) in lows[rows].iter_mut().zip(bodies).zip(low) {
            *lowest = smaller(*close, smaller(*open, *low));
        }
    }
    Ok(())
}

/// Bars whose bodies are halved together. 2³² times a price is far from the ends of what a figure can be.
const TOGETHER: usize = 32;

/// `open = (open₋₁ + close₋₁)/2`, after the body given; gives the last body. Each open waits for the one before, so the
/// halving is taken out of what is waited for: `2ᵏ·openₖ` needs one addition, and a power of two changes no digit.
fn write_opens(mut body: (f64, f64), closes: &[f64], opens: &mut [f64]) -> (f64, f64) {
    for (opens, closes) in opens.chunks_mut(TOGETHER).zip(closes.chunks(TOGETHER)) {
        let (mut grown, mut growth, mut shrink) = (body.0 + body.1, 2.0, 0.5);
        for (open, close) in opens.iter_mut().zip(closes) {
            *open = grown * shrink;
            grown += close * growth;
            body = (*open, *close);
            (growth, shrink) = (growth * 2.0, shrink * 0.5);
        }
    }
    body
}
