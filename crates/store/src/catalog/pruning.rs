//! What a file's statistics say of its row groups: which need not be read, which columns hold one value only, and how
//! wide they would become.

use std::ops::Range;

use parquet::file::metadata::ColumnChunkMetaData;
use parquet::file::statistics::Statistics;

use super::decode::OpenFile;
use super::encode::{NARROW_END, Wide};
use super::figures::NONE_WIDE;
use super::rows::{Cells, Names};
use super::schema::{Cell, Column, SYMBOL, Scales, TS};

impl OpenFile {
    /// The first and last time of a row group, by its statistics.
    pub(crate) fn times(&self, group: usize) -> Option<(i64, i64)> {
        match self.chunk(group, TS)?.statistics()? {
            Statistics::Int64(s) => Some((*s.min_opt()?, *s.max_opt()?)),
            _ => None,
        }
    }

    /// Whether a row group may have rows of a time range, and of a symbol where one is asked for.
    pub(crate) fn may_have(&self, group: usize, times: &Range<i64>, symbol: Option<&str>) -> bool {
        let in_time = self
            .times(group)
            .is_none_or(|(first, last)| first < times.end && last >= times.start);
        let statistics = || {
            self.chunk(group, SYMBOL)
                .and_then(ColumnChunkMetaData::statistics)
        };
        let has_symbol = |symbol: &str| match statistics() {
            Some(Statistics::ByteArray(s)) => {
                let above = s.min_opt().is_none_or(|min| min.data() <= symbol.as_bytes());
                let below = s.max_opt().is_none_or(|max| max.data() >= symbol.as_bytes());
                above && below
            }
            _ => true,
        };
        in_time && symbol.is_none_or(has_symbol)
    }

    /// Which columns would need wide decimals if the file's scales were raised.
    pub(crate) fn wide_at(&self, scales: Scales) -> Wide {
        let mut wide = self.wide;
        for (place, spec) in self.kind.columns().iter().enumerate() {
            let by = u32::from(scales.of(spec.cell).saturating_sub(self.scales.of(spec.cell)));
            if by == 0 {
                continue;
            }
            let largest = |group: usize| match self.chunk(group, place)?.statistics()? {
                Statistics::Int64(s) => Some(s.min_opt()?.unsigned_abs().max(s.max_opt()?.unsigned_abs())),
                _ => None,
            };
            let fits = |value: u64| {
                10u128
                    .checked_pow(by)
                    .and_then(|factor| factor.checked_mul(value.into()))
                    .is_some_and(|raised| raised < NARROW_END)
            };
            let all_none = |group: usize| {
                let chunk = self.chunk(group, place);
                chunk.is_some_and(|c| {
                    c.statistics().and_then(Statistics::null_count_opt) == Some(c.num_values() as u64)
                })
            };
            let narrow = (0..self.groups()).all(|group| all_none(group) || largest(group).is_some_and(fits));
            if !narrow {
                wide |= 1 << place;
            }
        }
        wide
    }
}

/// Appends a column whose statistics say that all of its cells are the same: it need not be read. Tells whether it is one.
pub(super) fn constant(
    chunk: &ColumnChunkMetaData,
    spec: &Column,
    rows: usize,
    names: &mut Names,
    to: &mut Cells,
) -> bool {
    let value = same(chunk, spec, rows, names);
    if let Some(value) = value {
        to.fill(value, rows);
    }
    value.is_some()
}

fn same(chunk: &ColumnChunkMetaData, spec: &Column, rows: usize, names: &mut Names) -> Option<i128> {
    let statistics = chunk.statistics()?;
    let nulls = statistics.null_count_opt();
    if nulls == Some(rows as u64) && spec.optional {
        return Some(NONE_WIDE);
    }
    if nulls.unwrap_or(0) != 0 || spec.optional && nulls.is_none() {
        return None;
    }
    match statistics {
        Statistics::Int64(s) if spec.cell != Cell::Fraction && s.min_opt()? == s.max_opt()? => {
            Some(i128::from(*s.min_opt()?))
        }
        Statistics::Boolean(s) if spec.cell == Cell::Flag && s.min_opt()? == s.max_opt()? => {
            Some(i128::from(*s.min_opt()?))
        }
        Statistics::ByteArray(s)
            if spec.cell == Cell::Text
                && s.min_is_exact()
                && s.max_is_exact()
                && s.min_opt()?.data() == s.max_opt()?.data() =>
        {
            let text = std::str::from_utf8(s.min_opt()?.data()).ok()?;
            Some(i128::from(names.code(text)))
        }
        _ => None,
    }
}
