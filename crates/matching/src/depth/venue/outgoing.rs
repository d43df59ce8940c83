//! What the venue tells us: reports on their way, and the sums behind them.

use std::collections::VecDeque;

use tradewind_types::Side;

use crate::depth::DepthError;
use crate::depth::account::Totals;
use crate::depth::latency::Latency;
use crate::depth::order::{EndReason, OwnId, RefuseReason, Report, ReportKind};
use crate::depth::resting::Resting;

/// Reports that may be on their way at once.
const REPORTS_MAX: usize = 1 << 16;

#[derive(Clone, Debug)]
pub(in crate::depth) struct Outgoing {
    /// With their times of arrival, in that order.
    reports: VecDeque<(i64, Report)>,
    response: Latency,
    pub(in crate::depth) totals: Totals,
}

impl Outgoing {
    pub(super) fn new(response: Latency) -> Self {
        Self {
            reports: VecDeque::with_capacity(256),
            response,
            totals: Totals::default(),
        }
    }

    /// When the next report arrives; `i64::MAX` without one.
    #[inline]
    pub(in crate::depth) fn next_ns(&self) -> i64 {
        self.reports.front().map_or(i64::MAX, |(at, _)| *at)
    }

    pub(in crate::depth) fn pop(&mut self) -> Option<Report> {
        self.reports.pop_front().map(|(_, report)| report)
    }

    /// Fills an order (price, size) and says so; a size of 0 is nothing.
    pub(super) fn fill(
        &mut self,
        ts_ns: i64,
        side: Side,
        order: &mut Resting,
        (price, size): (i64, i64),
        maker: bool,
    ) -> Result<(), DepthError> {
        if size == 0 {
            return Ok(());
        }
        order.left -= size;
        self.totals.fill(side, price, size, maker)?;
        let left = order.left;
        let kind = ReportKind::Filled {
            price,
            size,
            left,
            maker,
        };
        self.report(ts_ns, order.id, kind)
    }

    pub(super) fn ended(
        &mut self,
        ts_ns: i64,
        id: OwnId,
        left: i64,
        reason: EndReason,
    ) -> Result<(), DepthError> {
        self.totals.ended += 1;
        self.report(ts_ns, id, ReportKind::Ended { left, reason })
    }

    pub(super) fn refused(&mut self, ts_ns: i64, id: OwnId, reason: RefuseReason) -> Result<(), DepthError> {
        self.totals.refused += 1;
        self.report(ts_ns, id, ReportKind::Refused { reason })
    }

    pub(super) fn report(&mut self, ts_ns: i64, id: OwnId, kind: ReportKind) -> Result<(), DepthError> {
        if self.reports.len() >= REPORTS_MAX {
            return Err(DepthError::Reports { max: REPORTS_MAX });
        }
        let at = self.response.arrival(ts_ns);
        self.reports.push_back((at, Report { ts_ns, id, kind }));
        Ok(())
    }
}
