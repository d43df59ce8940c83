//! What an indicator's streaming algorithm has to do, and the same behind a pointer for those that are not among the
//! fast variants of the machine.

use std::fmt;

use crate::input::BarInput;

/// A streaming algorithm: one closed bar in, that bar's outputs out.
pub(crate) trait Stepper: Clone + fmt::Debug + Send + Sync + 'static {
    /// The outputs of one bar, an array as wide as the indicator. `NaN` for an output without a value.
    type Row: AsRef<[f64]>;

    /// Takes the next bar, whose figures (those among the indicator's inputs) are finite. `None` when no output has
    /// a value.
    fn step(&mut self, bar: &BarInput) -> Option<Self::Row>;

    /// What `step` would give for a bar that is still forming, without taking it.
    fn peek(&self, bar: &BarInput) -> Option<Self::Row> {
        self.clone().step(bar)
    }
}

/// A [`Stepper`] whose kind is known only at run time.
pub(crate) trait DynStepper: fmt::Debug + Send + Sync {
    fn step_into(&mut self, bar: &BarInput, row: &mut [f64]) -> usize;
    fn peek_into(&self, bar: &BarInput, row: &mut [f64]) -> usize;
    fn boxed_clone(&self) -> Box<dyn DynStepper>;
}

impl<S: Stepper> DynStepper for S {
    fn step_into(&mut self, bar: &BarInput, row: &mut [f64]) -> usize {
        put(self.step(bar), row)
    }

    fn peek_into(&self, bar: &BarInput, row: &mut [f64]) -> usize {
        put(self.peek(bar), row)
    }

    fn boxed_clone(&self) -> Box<dyn DynStepper> {
        Box::new(self.clone())
    }
}

impl Clone for Box<dyn DynStepper> {
    fn clone(&self) -> Self {
        (**self).boxed_clone()
    }
}

/// Writes the outputs to the begin of `row`, which is wide enough. Gives how many there are; 0 = none.
#[inline(always)]
pub(crate) fn put<R: AsRef<[f64]>>(values: Option<R>, row: &mut [f64]) -> usize {
    let Some(values) = values else {
        return 0;
    };
    let values = values.as_ref();
    for (to, from) in row.iter_mut().zip(values) {
        *to = *from;
    }
    values.len()
}
