//! `tradewind indicators compute`: bars in, columns out.

use std::io::{self, BufWriter, Write};

use tradewind_indicators::{IndicatorSpec, Input, Series};

use super::bars_csv::{self, Bars};
use super::{ComputeArgs, digits};
use crate::failure::Failure;

pub(super) fn run(args: &ComputeArgs) -> Result<io::Result<()>, Failure> {
    // Before any file is read: it is the command line that is wrong.
    let specs: Vec<IndicatorSpec> = args
        .specs
        .iter()
        .map(|id| IndicatorSpec::parse(id).map_err(|error| Failure::Usage(error.to_string())))
        .collect::<Result<_, _>>()?;
    let bars = bars_csv::read(&args.input)?;
    for spec in &specs {
        let inputs = spec.definition().inputs;
        if !bars.has_volume && inputs.iter().any(|i| matches!(i, Input::Volume | Input::Value)) {
            return Err(Failure::Input(format!(
                "{spec} reads volume, and the file has no column `volume`"
            )));
        }
    }
    let view = bars.columns.view();
    let refused = |error: tradewind_indicators::IndicatorError| Failure::failed(error.to_string());
    let series: Vec<Series> = specs
        .iter()
        .map(|spec| spec.batch(&view).map_err(refused))
        .collect::<Result<_, _>>()?;
    Ok(write(&args.specs, &specs, &bars, &series))
}

fn write(given: &[String], specs: &[IndicatorSpec], bars: &Bars, series: &[Series]) -> io::Result<()> {
    let mut output = BufWriter::with_capacity(1 << 16, io::stdout().lock());
    output.write_all(b"ts")?;
    for (id, spec) in given.iter().zip(specs) {
        match spec.definition().outputs {
            [_] => write!(output, ",{id}")?,
            several => several
                .iter()
                .try_for_each(|name| write!(output, ",{id}.{name}"))?,
        }
    }
    output.write_all(b"\n")?;
    for (at, stamp) in bars.stamps.iter().enumerate() {
        output.write_all(stamp.as_bytes())?;
        for series in series {
            for column in 0..series.outputs() {
                output.write_all(b",")?;
                if let Some(value) = series.get(column, at) {
                    digits::write(&mut output, value)?;
                }
            }
        }
        output.write_all(b"\n")?;
    }
    output.flush()
}
