//! What the directional strategies share: which way they stand, how large they enter, and where they give up.

use tradewind_types::{Decimal, Side};

use crate::intents::{Entry, Intents, Size, share};
use crate::params::{ParamDef, ParamError, ParamReader};
use crate::reason::Reason;
use crate::window::Window;

/// Which way a strategy stands, by its own rule; what became of its orders does not change it, so that a stop that
/// was hit is not followed by the same entry again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Stance {
    Flat,
    Long,
    Short,
}

/// Parameters of entries that every directional strategy has.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct EntryParams {
    /// Whether it goes short where the rule says so; otherwise it only leaves a long position.
    pub short: bool,
    /// Share of the equity per entry; 0 = the account's default.
    pub size: f64,
    /// Distance of the stop-loss from the close, as a share of it; 0 = the account's default.
    pub stop_loss: f64,
    /// Distance of the take-profit from the close, as a share of it; 0 = the account's default.
    pub take_profit: f64,
}

impl Default for EntryParams {
    fn default() -> Self {
        Self {
            short: false,
            size: 0.0,
            stop_loss: 0.0,
            take_profit: 0.0,
        }
    }
}

pub(super) const SHORT: ParamDef = ParamDef::flag(
    "short",
    false,
    "go short where the rule says so; otherwise only leave a long position",
);
pub(super) const SIZE: ParamDef = ParamDef::real(
    "size",
    0.0,
    0.0,
    10.0,
    "share of the equity per entry; 0 = the account's default",
);
pub(super) const STOP_LOSS: ParamDef = ParamDef::real(
    "stop_loss",
    0.0,
    0.0,
    0.99,
    "distance of the stop-loss from the close, as a share of it; 0 = the account's default",
);
pub(super) const TAKE_PROFIT: ParamDef = ParamDef::real(
    "take_profit",
    0.0,
    0.0,
    10.0,
    "distance of the take-profit from the close, as a share of it; 0 = the account's default",
);

impl EntryParams {
    pub(super) fn read(reader: &ParamReader<'_>) -> Result<Self, ParamError> {
        Ok(Self {
            short: reader.flag("short")?,
            size: reader.real("size")?,
            stop_loss: reader.real("stop_loss")?,
            take_profit: reader.real("take_profit")?,
        })
    }
}

/// Follows a stance with exits and entries on slot 0.
#[derive(Debug)]
pub(super) struct Follower {
    pub(super) stance: Stance,
    params: EntryParams,
    size: Size,
}

impl Follower {
    pub(super) fn new(params: EntryParams) -> Self {
        let size = share(params.size).filter(|s| *s > Decimal::ZERO);
        Self {
            stance: Stance::Flat,
            params,
            size: size.map_or(Size::Default, Size::EquityFraction),
        }
    }

    /// Whether it goes short at all.
    pub(super) fn shorts(&self) -> bool {
        self.params.short
    }

    /// Moves to a stance; says what that takes. Short is flat where it must not go short.
    #[inline]
    pub(super) fn go(&mut self, to: Stance, window: &Window<'_>, reason: Reason, out: &mut Intents) {
        let to = match to {
            Stance::Short if !self.params.short => Stance::Flat,
            to => to,
        };
        if to == self.stance {
            return;
        }
        if self.stance != Stance::Flat {
            out.exit(0, reason.clone());
        }
        self.stance = to;
        match to {
            Stance::Flat => {}
            Stance::Long => out.enter(self.entry(Side::Buy, window.close(), reason)),
            Stance::Short => out.enter(self.entry(Side::Sell, window.close(), reason)),
        }
    }

    fn entry(&self, side: Side, close: f64, reason: Reason) -> Entry {
        let sign = match side {
            Side::Buy => 1.0,
            Side::Sell => -1.0,
        };
        let level = |signed: f64| (signed != 0.0).then_some(close * (1.0 + signed));
        Entry {
            size: self.size,
            stop_loss: level(-sign * self.params.stop_loss),
            take_profit: level(sign * self.params.take_profit),
            ..Entry::new(0, side, reason)
        }
    }
}
