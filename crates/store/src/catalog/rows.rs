//! Rows of one table, as columns.

use std::cmp::Ordering;
use std::ops::Range;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::CatalogError;
use super::figures::{Figures, NONE_WIDE};
use super::schema::{Cell, Kind, SYMBOL, Scales, TS};

/// Texts of a table, each once.
#[derive(Debug, Clone, Default)]
pub struct Names {
    texts: Vec<Arc<str>>,
    codes: FxHashMap<Arc<str>, u32>,
}

impl Names {
    /// The code of a text, new or known.
    pub fn code(&mut self, text: &str) -> u32 {
        if let Some(code) = self.codes.get(text) {
            return *code;
        }
        let code = self.texts.len() as u32;
        let text: Arc<str> = Arc::from(text);
        self.texts.push(Arc::clone(&text));
        self.codes.insert(text, code);
        code
    }

    /// Takes over the texts of others; their codes here.
    pub fn take_over(&mut self, others: &Names) -> Vec<u32> {
        others.texts.iter().map(|text| self.code(text)).collect()
    }

    /// The text of a code.
    #[must_use]
    pub fn text(&self, code: u32) -> &str {
        self.texts.get(code as usize).map_or("", |t| t)
    }
}

/// One column's cells.
#[derive(Debug, Clone)]
pub enum Cells {
    /// Integers of whatever meaning. Text is the code of a name.
    Figures(Figures),
    /// Binary fractions; NaN stands for none.
    Fractions(Vec<f64>),
}

impl Cells {
    fn new(cell: Cell) -> Self {
        match cell {
            Cell::Fraction => Cells::Fractions(Vec::new()),
            _ => Cells::Figures(Figures::default()),
        }
    }

    /// An empty column.
    #[must_use]
    pub fn of(cell: Cell) -> Self {
        Self::new(cell)
    }

    /// An empty column with room for so many cells, as long as they fit 64 bits.
    pub(crate) fn with_room(cell: Cell, rows: usize) -> Self {
        match cell {
            Cell::Fraction => Cells::Fractions(Vec::with_capacity(rows)),
            _ => Cells::Figures(Figures::Narrow(Vec::with_capacity(rows))),
        }
    }

    /// How many.
    pub(crate) fn len(&self) -> usize {
        match self {
            Cells::Figures(figures) => figures.len(),
            Cells::Fractions(values) => values.len(),
        }
    }

    /// Appends one cell several times, as handed over by [`Rows::push`].
    pub(crate) fn fill(&mut self, value: i128, rows: usize) {
        match self {
            Cells::Figures(figures) => figures.fill(value, rows),
            Cells::Fractions(values) => values.resize(values.len() + rows, fraction(value)),
        }
    }

    /// The integers.
    #[must_use]
    pub fn figures(&self) -> Option<&Figures> {
        match self {
            Cells::Figures(figures) => Some(figures),
            Cells::Fractions(_) => None,
        }
    }
}

/// Rows of one kind at one pair of scales. A row's cells are handed over as integers: text as the code of a name,
/// fractions as their bits, [`NONE_WIDE`] for none.
#[derive(Debug, Clone)]
pub struct Rows {
    /// What they are.
    pub kind: Kind,
    /// Decimals of prices and sizes.
    pub scales: Scales,
    /// The texts.
    pub names: Names,
    columns: Vec<Cells>,
}

impl Rows {
    /// None yet.
    #[must_use]
    pub fn new(kind: Kind, scales: Scales) -> Self {
        Self {
            kind,
            scales,
            names: Names::default(),
            columns: kind.columns().iter().map(|c| Cells::new(c.cell)).collect(),
        }
    }

    pub(crate) fn from_parts(kind: Kind, scales: Scales, names: Names, columns: Vec<Cells>) -> Self {
        Self {
            kind,
            scales,
            names,
            columns,
        }
    }

    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        match &self.columns[TS] {
            Cells::Figures(figures) => figures.len(),
            Cells::Fractions(values) => values.len(),
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A column by its place.
    #[must_use]
    pub fn column(&self, place: usize) -> &Cells {
        &self.columns[place]
    }

    /// A column by its place, taken out.
    #[must_use]
    pub fn take(&mut self, place: usize) -> Cells {
        std::mem::replace(&mut self.columns[place], Cells::Figures(Figures::default()))
    }

    /// Appends a row: one integer per column.
    #[inline]
    pub fn push(&mut self, row: &[i128]) {
        for (column, value) in self.columns.iter_mut().zip(row) {
            match column {
                Cells::Figures(figures) => figures.push(*value),
                Cells::Fractions(values) => values.push(fraction(*value)),
            }
        }
    }

    /// The cell at a place, as handed over by [`Rows::push`].
    #[inline]
    #[must_use]
    pub fn get(&self, place: usize, row: usize) -> i128 {
        match &self.columns[place] {
            Cells::Figures(figures) => figures.get(row),
            Cells::Fractions(values) => bits(values[row]),
        }
    }

    /// A row's time.
    #[inline]
    #[must_use]
    pub fn ts(&self, row: usize) -> i64 {
        match &self.columns[TS] {
            Cells::Figures(Figures::Narrow(v)) => v[row],
            _ => i64::try_from(self.get(TS, row)).unwrap_or(i64::MAX),
        }
    }

    /// A text column's cell; empty for none.
    #[must_use]
    pub fn text(&self, place: usize, row: usize) -> &str {
        u32::try_from(self.get(place, row)).map_or("", |code| self.names.text(code))
    }

    /// A row's symbol.
    #[must_use]
    pub fn symbol(&self, row: usize) -> &str {
        self.text(SYMBOL, row)
    }

    pub(crate) fn set(&mut self, place: usize, row: usize, value: i128) {
        if let Cells::Figures(figures) = &mut self.columns[place] {
            match figures {
                Figures::Narrow(v) => {
                    if let Ok(value) = i64::try_from(value) {
                        v[row] = value;
                    }
                }
                Figures::Wide(v) => v[row] = value,
            }
        }
    }

    /// Appends a range of other rows of the same kind and scales.
    pub fn extend(&mut self, from: &Rows, range: Range<usize>) {
        debug_assert!(self.kind == from.kind && self.scales == from.scales);
        if range.is_empty() {
            return;
        }
        // Of a few rows only their own names are looked at; a file of a whole market has thousands.
        let whole = from.columns.iter().all(|cells| cells.len() > 0);
        if whole && range.len() < from.names.texts.len() {
            range.for_each(|row| self.push_from(from, row));
            return;
        }
        let codes = self.names.take_over(&from.names);
        let same = codes.iter().enumerate().all(|(at, code)| at as u32 == *code);
        for ((to, from), spec) in self
            .columns
            .iter_mut()
            .zip(&from.columns)
            .zip(self.kind.columns())
        {
            match (to, from) {
                // A column that was not asked for stays empty.
                (_, from) if from.len() == 0 => {}
                (Cells::Figures(to), Cells::Figures(from)) if spec.cell == Cell::Text && !same => {
                    for at in range.clone() {
                        let code = usize::try_from(from.get(at)).ok();
                        let code = code.and_then(|code| codes.get(code));
                        to.push(code.map_or(NONE_WIDE, |code| i128::from(*code)));
                    }
                }
                (Cells::Figures(to), Cells::Figures(from)) => to.extend(from, range.clone()),
                (Cells::Fractions(to), Cells::Fractions(from)) => to.extend_from_slice(&from[range.clone()]),
                _ => {}
            }
        }
    }

    fn push_from(&mut self, from: &Rows, row: usize) {
        for ((at, to), spec) in self.columns.iter_mut().enumerate().zip(self.kind.columns()) {
            match to {
                Cells::Figures(to) if spec.cell == Cell::Text && from.get(at, row) != NONE_WIDE => {
                    to.push(i128::from(self.names.code(from.text(at, row))));
                }
                Cells::Figures(to) => to.push(from.get(at, row)),
                Cells::Fractions(to) => to.push(fraction(from.get(at, row))),
            }
        }
    }

    /// Keeps a range of the rows.
    pub fn keep(&mut self, range: Range<usize>) {
        if range == (0..self.len()) {
            return;
        }
        for column in &mut self.columns {
            match column {
                Cells::Figures(figures) => {
                    if !figures.is_empty() {
                        figures.keep(range.clone());
                    }
                }
                Cells::Fractions(values) => {
                    if !values.is_empty() {
                        values.truncate(range.end);
                        values.drain(..range.start);
                    }
                }
            }
        }
    }

    /// Brings every figure to other scales, which must not be smaller.
    ///
    /// # Errors
    /// When a figure no longer fits.
    pub fn raise(&mut self, scales: Scales) -> Result<(), CatalogError> {
        if scales == self.scales {
            return Ok(());
        }
        for (column, spec) in self.columns.iter_mut().zip(self.kind.columns()) {
            let by = scales.of(spec.cell).checked_sub(self.scales.of(spec.cell));
            let by = by.ok_or_else(|| {
                CatalogError::Refused(format!(
                    "rows with {} and {} decimals cannot be brought to {} and {}",
                    self.scales.price, self.scales.size, scales.price, scales.size
                ))
            })?;
            if let Cells::Figures(figures) = column {
                figures.raise(by).map_err(|value| CatalogError::Range {
                    column: spec.name,
                    value,
                    wanted: "the scale of its file",
                })?;
            }
        }
        self.scales = scales;
        Ok(())
    }

    /// Which of two rows comes first: by symbol, time, and what tells rows of the same time apart.
    #[inline]
    #[must_use]
    pub fn order(&self, row: usize, other: &Rows, there: usize) -> Ordering {
        let by_symbol = || self.symbol(row).cmp(other.symbol(there));
        let only = self.names.texts.len() == 1 && self.names.texts == other.names.texts;
        let same = only || (std::ptr::eq(self, other) && self.get(SYMBOL, row) == other.get(SYMBOL, there));
        let symbols = if same { Ordering::Equal } else { by_symbol() };
        symbols.then_with(|| {
            self.ts(row).cmp(&other.ts(there)).then_with(|| {
                let ties = self.kind.ties().iter();
                ties.map(|at| self.get(*at, row).cmp(&other.get(*at, there)))
                    .find(|o| o.is_ne())
                    .unwrap_or(Ordering::Equal)
            })
        })
    }

    /// Whether two rows of the same key say the same. Neither revision nor the time they became known counts.
    #[must_use]
    pub fn same(&self, row: usize, other: &Rows, there: usize) -> bool {
        let compared = self.kind.revision();
        self.kind.columns()[..compared]
            .iter()
            .enumerate()
            .all(|(at, spec)| {
                if spec.cell == Cell::Text {
                    self.text(at, row) == other.text(at, there)
                } else {
                    self.get(at, row) == other.get(at, there)
                }
            })
    }

    /// Whether the rows are in strict order: sorted, and no key twice.
    #[must_use]
    pub fn is_strictly_sorted(&self) -> bool {
        if let (Cells::Figures(Figures::Narrow(ts)), true, true) =
            (&self.columns[TS], self.one_symbol(), self.kind.ties().is_empty())
        {
            return ts.windows(2).all(|w| w[0] < w[1]);
        }
        (1..self.len()).all(|row| self.order(row - 1, self, row) == Ordering::Less)
    }

    /// Whether all rows have the same symbol.
    #[must_use]
    pub fn one_symbol(&self) -> bool {
        match &self.columns[SYMBOL] {
            Cells::Figures(Figures::Narrow(v)) => v.first().is_none_or(|first| v.iter().all(|c| c == first)),
            _ => false,
        }
    }

    /// The rows sorted by key; those of the same key stay in their order.
    #[must_use]
    pub fn sorted(self) -> Self {
        if self.is_strictly_sorted() {
            return self;
        }
        let mut order: Vec<u32> = (0..self.len() as u32).collect();
        order.sort_by(|a, b| self.order(*a as usize, &self, *b as usize));
        self.permuted(&order)
    }

    /// The rows at these places, in this order.
    #[must_use]
    pub fn permuted(&self, order: &[u32]) -> Self {
        let column = |cells: &Cells| match cells {
            // A column that was not asked for stays empty.
            Cells::Figures(figures) if figures.is_empty() => Cells::Figures(Figures::default()),
            Cells::Fractions(values) if values.is_empty() => Cells::Fractions(Vec::new()),
            Cells::Figures(figures) => Cells::Figures(figures.permuted(order)),
            Cells::Fractions(values) => {
                Cells::Fractions(order.iter().map(|at| values[*at as usize]).collect())
            }
        };
        Self {
            kind: self.kind,
            scales: self.scales,
            names: self.names.clone(),
            columns: self.columns.iter().map(column).collect(),
        }
    }

    /// The first row of a sorted table from `from` on that does not come before a row of another.
    #[must_use]
    pub fn lower_bound(&self, from: usize, other: &Rows, there: usize) -> usize {
        let before = |row: usize| self.order(row, other, there) == Ordering::Less;
        // Galloping: what is wanted is near, as a rule.
        let (mut low, mut step) = (from, 1);
        while low + step <= self.len() && before(low + step - 1) {
            low += step;
            step *= 2;
        }
        let (mut low, mut high) = (low, (low + step).min(self.len()));
        while low < high {
            let middle = low + (high - low) / 2;
            if before(middle) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }

    /// The range of rows with `from <= ts < to`, in a table of one symbol sorted by time.
    #[must_use]
    pub fn between(&self, from: i64, to: i64) -> Range<usize> {
        let first_at = |bound: i64| {
            let (mut low, mut high) = (0, self.len());
            while low < high {
                let middle = low + (high - low) / 2;
                if self.ts(middle) < bound {
                    low = middle + 1;
                } else {
                    high = middle;
                }
            }
            low
        };
        let start = first_at(from);
        start..first_at(to).max(start)
    }
}

/// A fraction as an integer of a row.
#[must_use]
pub fn bits(value: f64) -> i128 {
    if value.is_nan() {
        NONE_WIDE
    } else {
        i128::from(value.to_bits())
    }
}

/// A fraction from an integer of a row.
#[must_use]
pub fn fraction(value: i128) -> f64 {
    u64::try_from(value).map_or(f64::NAN, f64::from_bits)
}
