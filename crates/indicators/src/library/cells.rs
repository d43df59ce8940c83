//! How the library's outputs become ours: whole numbers become `f64`, tuples become rows.

use ta_lib::RetCode;

/// The outputs of one bar as an array.
pub(crate) trait IntoRow {
    type Row: AsRef<[f64]>;
    fn into_row(self) -> Self::Row;
}

impl IntoRow for f64 {
    type Row = [f64; 1];

    #[inline(always)]
    fn into_row(self) -> [f64; 1] {
        [self]
    }
}

impl IntoRow for i32 {
    type Row = [f64; 1];

    #[inline(always)]
    fn into_row(self) -> [f64; 1] {
        [f64::from(self)]
    }
}

macro_rules! rows {
    ($($width:literal ($($kind:ty: $at:tt),+);)+) => {$(
        impl IntoRow for ($($kind,)+) {
            type Row = [f64; $width];

            #[inline(always)]
            fn into_row(self) -> [f64; $width] {
                [$(f64::from(self.$at)),+]
            }
        }
    )+};
}

rows! {
    2 (f64: 0, f64: 1);
    2 (f64: 0, i32: 1);
    2 (i32: 0, i32: 1);
    3 (f64: 0, f64: 1, f64: 2);
    3 (f64: 0, i32: 1, i32: 2);
    4 (f64: 0, f64: 1, f64: 2, f64: 3);
}

/// A column that the library writes itself.
pub(crate) struct Real<'a>(&'a mut [f64]);

impl<'a> Real<'a> {
    pub(crate) fn over(column: Option<&'a mut [f64]>) -> Result<Self, RetCode> {
        column.map(Self).ok_or(RetCode::BadParam)
    }

    pub(crate) fn cells(&mut self) -> &mut [f64] {
        self.0
    }

    pub(crate) fn finish(self) {}
}

/// A column of whole numbers, which the library writes beside it.
pub(crate) struct Whole<'a> {
    column: &'a mut [f64],
    written: Vec<i32>,
}

impl<'a> Whole<'a> {
    pub(crate) fn over(column: Option<&'a mut [f64]>) -> Result<Self, RetCode> {
        let column = column.ok_or(RetCode::BadParam)?;
        let written = vec![0; column.len()];
        Ok(Self { column, written })
    }

    pub(crate) fn cells(&mut self) -> &mut [i32] {
        &mut self.written
    }

    pub(crate) fn finish(self) {
        for (shown, whole) in self.column.iter_mut().zip(self.written) {
            *shown = f64::from(whole);
        }
    }
}
