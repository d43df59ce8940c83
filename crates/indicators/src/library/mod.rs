//! What the `ta-lib` crate has, one file per family: each a table of functions with their parameters, inputs and
//! outputs. The table's row is all that is written for a function; [`library!`] makes the two faces of it. Where the
//! library's batch function is slower than the C library's, the row names one of our own, of [`crate::batch`].
//!
//! The order of parameters in ids: lengths and factors as TA-Lib has them, kinds of averages last.

mod adaptive;
mod averages;
mod bands;
mod candles;
mod cells;
mod convergence;
mod cycle;
mod directional;
mod momentum;
mod places;
mod price;
mod statistics;
mod stochastics;
mod stops;
mod trendline;
mod variable;
mod volatility;
mod volume;

use ta_lib::{Core, RetCode};

use crate::IndicatorError;
use crate::adapter::LibraryStream;
use crate::batch::Task;
use crate::input::BarColumns;
use crate::params::{Param, Params};
use crate::registry::Definition;
use crate::value::Series;

/// The families, in the order of lists.
pub(crate) static FAMILIES: [&[&Definition]; 17] = [
    averages::AVERAGES,
    adaptive::ADAPTIVE,
    trendline::TRENDLINE,
    variable::VARIABLE,
    stops::STOPS,
    directional::DIRECTIONAL,
    momentum::MOMENTUM,
    convergence::CONVERGENCE,
    stochastics::STOCHASTICS,
    volatility::VOLATILITY,
    bands::BANDS,
    volume::VOLUME,
    cycle::CYCLE,
    statistics::STATISTICS,
    places::PLACES,
    price::PRICE,
    candles::CANDLES,
];

/// What writes a library function's series into memory that is used again.
pub(crate) type Fill = fn(&Params, &BarColumns<'_>, &mut Series) -> Result<(), IndicatorError>;

/// The writers of the families' tables.
static FILLS: [&[(&str, Fill)]; 16] = [
    averages::FILLS,
    adaptive::FILLS,
    trendline::FILLS,
    stops::FILLS,
    directional::FILLS,
    momentum::FILLS,
    convergence::FILLS,
    stochastics::FILLS,
    volatility::FILLS,
    bands::FILLS,
    volume::FILLS,
    cycle::FILLS,
    statistics::FILLS,
    places::FILLS,
    price::FILLS,
    candles::FILLS,
];

/// What writes the series of a name into memory that is used again, where the library does it.
pub(crate) fn fill_of(name: &str) -> Option<Fill> {
    let mut all = FILLS.iter().flat_map(|family| family.iter());
    all.find(|(of, _)| *of == name).map(|(_, fill)| *fill)
}

/// A library function over whole columns. Each is implemented for the stream that goes with it.
trait LibraryBatch: LibraryStream {
    /// Its name among ours.
    const NAME: &str;

    /// Writes the columns, which are as long as the bars, from the row of the first value on. What is before it is
    /// free to work in and overwritten afterwards.
    fn write(task: Task<'_>, columns: &mut [&mut [f64]]) -> Result<(), RetCode>;
}

fn fill<S: LibraryBatch>(
    params: &Params,
    bars: &BarColumns<'_>,
    series: &mut Series,
) -> Result<(), IndicatorError> {
    let outputs = size_of::<S::Row>() / size_of::<f64>();
    let needed = warm_up::<S>(params);
    if bars.len() < needed {
        *series = Series::empty(outputs, bars.len());
        return Ok(());
    }
    series.reshape(outputs, bars.len(), 0);
    let task = Task {
        core: &Core::new(),
        params,
        bars,
        first: needed - 1,
    };
    let mut columns: Vec<&mut [f64]> = series.columns_mut().collect();
    S::write(task, &mut columns).map_err(|_| IndicatorError::Refused {
        name: S::NAME,
        bars: bars.len(),
    })?;
    for column in columns {
        column[..task.first].fill(f64::NAN);
    }
    Ok(())
}

/// The bar, counted from 1, that has the first value. Parameters whose combination the library refuses never have
/// one; [`accepted`] keeps them out.
pub(crate) fn warm_up<S: LibraryStream>(params: &Params) -> usize {
    S::lookback(&Core::new(), params).map_or(usize::MAX, |bars| bars + 1)
}

/// Whether the library takes the parameters together.
fn accepted<S: LibraryStream>(params: &Params) -> Result<(), &'static str> {
    match S::lookback(&Core::new(), params) {
        Ok(_) => Ok(()),
        Err(_) => Err("these parameters do not go together"),
    }
}

/// Parameters in the order of ids; a row has them in the order of the library's arguments.
const fn in_order<const N: usize>(given: [(usize, Param); N]) -> [Param; N] {
    let mut ordered = [Param::period("", 0, 0); N];
    let mut at = 0;
    while at < N {
        ordered[given[at].0] = given[at].1;
        at += 1;
    }
    ordered
}

/// A family: `LIST in Group;` and then a row per function:
///
/// ```text
/// NAME "Title" on Pane
///     = ("TA-Lib's name") batch open lookback Stream(inputs…) [kind place ("name", default, range…), …]
///     -> output: Real … = function  { fields of the definition that differ: value, … };
/// ```
///
/// `place` is where the parameter stands in ids; `Whole` is an output of whole numbers; `= function`, which can be left
/// out, is one of [`crate::batch`] that takes the place of `batch`.
macro_rules! library {
    (
        $list:ident in $group:ident;
        $(
            $(#[$doc:meta])*
            $name:ident $title:literal on $pane:ident
                = ($ta_lib:expr) $batch:ident $open:ident $lookback:ident $stream:ident($($input:ident)+)
                [$($kind:ident $place:literal ($($range:expr),+) $(.$more:ident($($with:expr)?))*),* $(,)?]
                -> $($output:ident: $cell:ident)+
                $(= $own:path)?
                $({ $($field:ident: $value:expr),+ $(,)? })?;
        )+
    ) => {
        pub(crate) static $list: &[&$crate::registry::Definition] = &[$(&$name),+];

        pub(crate) static FILLS: &[(&str, $crate::library::Fill)] =
            &[$((stringify!($name), $crate::library::fill::<ta_lib::$stream>)),+];

        $(
            $(#[$doc])*
            static $name: $crate::registry::Definition = {
                use ta_lib::$stream as Stream;
                const PARAMS: &[$crate::params::Param] = &$crate::library::in_order([$((
                    $place,
                    $crate::params::Param::$kind($($range),+)$(.$more($($with)?))*,
                )),*]);
                const OUTPUTS: &[&str] = &[$(stringify!($output)),+];
                const USUAL: $crate::registry::Definition = $crate::registry::Definition {
                    name: stringify!($name),
                    aliases: &[],
                    title: $title,
                    group: $crate::registry::Group::$group,
                    ta_lib: Some($ta_lib),
                    inputs: &[$($crate::library::figure!($input)),+],
                    params: PARAMS,
                    outputs: OUTPUTS,
                    pane: $crate::registry::Pane::$pane,
                    warm_up: $crate::library::warm_up::<Stream>,
                    relation: $crate::library::accepted::<Stream>,
                    start: |params| {
                        $crate::machine::Machine::other($crate::adapter::Adapter::<Stream>::new(params))
                    },
                    batch: |params, bars| {
                        let mut series = $crate::value::Series::default();
                        $crate::library::fill::<Stream>(params, bars, &mut series)?;
                        Ok(series)
                    },
                };
                $crate::registry::Definition { $($($field: $value,)+)? ..USUAL }
            };

            impl $crate::library::LibraryBatch for ta_lib::$stream {
                const NAME: &str = stringify!($name);

                fn write(
                    task: $crate::batch::Task<'_>,
                    columns: &mut [&mut [f64]],
                ) -> Result<(), ta_lib::RetCode> {
                    $crate::library::written!([$($own)?] (task, columns) {
                        let $crate::batch::Task { core, params, bars, first } = task;
                        let _ = params;
                        let mut columns = columns.iter_mut().map(|column| &mut column[first..]);
                        $(let mut $output = $crate::library::cells::$cell::over(columns.next())?;)+
                        let range = core.$batch(
                            0,
                            bars.len() - 1,
                            $(bars.$input,)+
                            $($crate::library::argument!(params $kind $place),)*
                            $($output.cells(),)+
                        )?;
                        $($output.finish();)+
                        task.done(range)
                    })
                }
            }

            impl $crate::adapter::LibraryStream for ta_lib::$stream {
                type Row = [f64; const { [$(stringify!($output)),+].len() }];

                fn lookback(
                    core: &ta_lib::Core,
                    params: &$crate::params::Params,
                ) -> Result<usize, ta_lib::RetCode> {
                    let _ = params;
                    core.$lookback($($crate::library::argument!(params $kind $place)),*)
                }

                fn open(
                    core: &ta_lib::Core,
                    bars: &$crate::input::BarColumns<'_>,
                    params: &$crate::params::Params,
                ) -> Result<(Self, Self::Row), ta_lib::RetCode> {
                    use $crate::library::cells::IntoRow as _;
                    let _ = params;
                    let (stream, values) = core.$open(
                        $(bars.$input,)+
                        $($crate::library::argument!(params $kind $place),)*
                    )?;
                    Ok((stream, values.into_row()))
                }

                #[inline]
                fn step(&mut self, bar: &$crate::input::BarInput) -> Result<Self::Row, ta_lib::RetCode> {
                    use $crate::library::cells::IntoRow as _;
                    Ok(self.update($(bar.$input),+)?.into_row())
                }

                fn peek(&self, bar: &$crate::input::BarInput) -> Result<Self::Row, ta_lib::RetCode> {
                    use $crate::library::cells::IntoRow as _;
                    Ok(self.peek($(bar.$input),+)?.into_row())
                }
            }
        )+
    };
}

/// What writes a row's columns: our own function where it names one, else the library.
macro_rules! written {
    ([] $given:tt $library:block) => {
        $library
    };
    ([$own:path] ($task:ident, $columns:ident) $library:block) => {
        $own($task, $columns)
    };
}

/// The figure that a row's input names.
macro_rules! figure {
    (open) => {
        $crate::input::Input::Open
    };
    (high) => {
        $crate::input::Input::High
    };
    (low) => {
        $crate::input::Input::Low
    };
    (close) => {
        $crate::input::Input::Close
    };
    (volume) => {
        $crate::input::Input::Volume
    };
}

/// The library's argument for a row's parameter.
macro_rules! argument {
    ($params:ident period_to $place:literal) => {
        $params.period($place)
    };
    ($params:ident $kind:ident $place:literal) => {
        $params.$kind($place)
    };
}

use {argument, figure, library, written};
