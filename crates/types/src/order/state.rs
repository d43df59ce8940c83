//! The order state machine.
//!
//! | from | events that may come | to |
//! | --- | --- | --- |
//! | `Initialized` | Denied, Submitted, Modified, Canceled, Expired (the last three: a child that waits for its parent) | the named state; Modified: itself |
//! | `Submitted` | Accepted, Rejected, Filled, Canceled, Expired, CancelRequested, Triggered, TriggerMoved, Lost | the named state; Filled → `PartiallyFilled` or `Filled` |
//! | `Accepted`, `Triggered`, `PartiallyFilled` | Triggered (once), TriggerMoved (until triggered), ModifyRequested, Modified, CancelRequested, Filled, Canceled, Expired, Lost | the named state |
//! | `PendingModify` | Triggered, TriggerMoved (both: itself), Modified, ModifyRejected, CancelRequested, Filled, Canceled, Expired, Lost | back to the resting state, or the named one |
//! | `PendingCancel` | Triggered, TriggerMoved, Modified, ModifyRejected (all: itself), Accepted, Canceled, CancelRejected, Filled, Expired, Rejected, Lost | back to the resting state, or the named one |
//! | `Triggered`, `PartiallyFilled`, `PendingModify` | Accepted (it came late) | itself |
//! | any with something filled | FillReversed | itself; `Filled` → `Canceled`; `PartiallyFilled` with nothing left → the resting state |
//! | `Triggered`, triggered and `PendingModify` | Rejected (nothing filled) | `Rejected` |
//! | `Unknown` | Accepted, Rejected, Filled, Canceled, Expired | the named state: the query's answer |
//! | `Filled` | Modified to more than is filled (told after the fills that came of it) | the resting state |
//! | `Canceled`, `Expired` | Modified | itself |
//! | `Unknown` | CancelRequested | itself; the cancel is asked for once the order is found |
//! | `Canceled`, `Expired` | Filled (a late fill is booked) | itself, until the whole quantity is filled → `Filled` |
//! | `Rejected` | Filled (the venue has it after all: our verdict was that it never arrived) | itself, until the whole quantity is filled → `Filled` |
//! | `Denied` | none | |
//!
//! Anything else is an [`IllegalTransition`]. A fill beyond the order's quantity is one too.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::event::{OrderEvent, OrderEventKind as E};
use super::request::OrderRequest;
use crate::risk::Denial;
use crate::{Price, Quantity, UnixNanos, VenueOrderId};

/// Where an order is in its life; each state carries the data that exists only there.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum OrderState {
    /// Journalled, not yet decided on.
    Initialized,
    /// Refused by the risk gate.
    Denied {
        /// The rules and figures.
        denials: Vec<Denial>,
    },
    /// On its way to the venue.
    Submitted,
    /// Refused by the venue.
    Rejected {
        /// Why.
        reason: String,
    },
    /// Resting at the venue, nothing filled.
    Accepted,
    /// A stop that has been triggered and rests.
    Triggered,
    /// A change is under way.
    PendingModify,
    /// A cancel is under way.
    PendingCancel,
    /// Resting with a part filled.
    PartiallyFilled,
    /// Filled whole.
    Filled,
    /// Gone; what was filled stays.
    Canceled {
        /// Why.
        reason: String,
    },
    /// Its time ended.
    Expired,
    /// The venue's answer was lost.
    Unknown,
}

impl OrderState {
    /// The state's name as in the API, e.g. `PARTIALLY_FILLED`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            OrderState::Initialized => "INITIALIZED",
            OrderState::Denied { .. } => "DENIED",
            OrderState::Submitted => "SUBMITTED",
            OrderState::Rejected { .. } => "REJECTED",
            OrderState::Accepted => "ACCEPTED",
            OrderState::Triggered => "TRIGGERED",
            OrderState::PendingModify => "PENDING_MODIFY",
            OrderState::PendingCancel => "PENDING_CANCEL",
            OrderState::PartiallyFilled => "PARTIALLY_FILLED",
            OrderState::Filled => "FILLED",
            OrderState::Canceled { .. } => "CANCELED",
            OrderState::Expired => "EXPIRED",
            OrderState::Unknown => "UNKNOWN",
        }
    }

    /// Whether the order may still fill in the normal course.
    #[must_use]
    pub fn is_open(&self) -> bool {
        matches!(
            self,
            OrderState::Initialized
                | OrderState::Submitted
                | OrderState::Accepted
                | OrderState::Triggered
                | OrderState::PendingModify
                | OrderState::PendingCancel
                | OrderState::PartiallyFilled
                | OrderState::Unknown
        )
    }
}

/// An event that its order's state does not allow.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IllegalTransition {
    /// The state does not know the event.
    #[error("order {order} is {state} and cannot take {event}")]
    NotAllowed {
        /// Client order id.
        order: String,
        /// State name.
        state: &'static str,
        /// Event name.
        event: &'static str,
    },
    /// More was filled than ordered.
    #[error("order {order} of {quantity} would be filled {filled}")]
    Overfill {
        /// Client order id.
        order: String,
        /// Ordered.
        quantity: Decimal,
        /// Filled after the event.
        filled: Decimal,
    },
}

/// An order with everything that happened to it so far.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Order {
    /// As asked for; `quantity` and price as last modified.
    pub request: OrderRequest,
    /// Where it is.
    pub state: OrderState,
    /// The venue's id, once known.
    pub venue_order_id: Option<VenueOrderId>,
    /// Where the trigger of a stop is now; a trailing stop's once it follows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trigger: Option<Price>,
    /// Whether the trigger was reached: from then on it is an order as any other.
    #[serde(default)]
    pub triggered: bool,
    /// Whether a cancel was asked for and not refused; outlives a lost answer.
    #[serde(default)]
    pub cancel_wanted: bool,
    /// Σ fill quantities.
    pub filled: Decimal,
    /// Σ fill price × quantity.
    pub filled_value: Decimal,
    /// Number of fills.
    pub fills: u32,
    /// When it was created.
    pub ts_created: UnixNanos,
    /// When it last changed.
    pub ts_updated: UnixNanos,
    /// Number of events applied.
    pub version: u32,
}

impl Order {
    /// A new order in `Initialized`.
    #[must_use]
    pub fn new(request: OrderRequest, ts: UnixNanos) -> Self {
        Self {
            trigger: request.trigger_price(),
            triggered: false,
            cancel_wanted: false,
            request,
            state: OrderState::Initialized,
            venue_order_id: None,
            filled: Decimal::ZERO,
            filled_value: Decimal::ZERO,
            fills: 0,
            ts_created: ts,
            ts_updated: ts,
            version: 0,
        }
    }

    /// What is not filled yet, whether or not it can still be.
    #[must_use]
    pub fn leaves(&self) -> Decimal {
        self.request.quantity.decimal() - self.filled
    }

    /// Average price of the fills; `None` before the first. Exact to 28 digits.
    #[must_use]
    pub fn average_price(&self) -> Option<Decimal> {
        if self.filled.is_zero() {
            None
        } else {
            self.filled_value.checked_div(self.filled)
        }
    }

    /// Moves the order by one event, or leaves it untouched.
    ///
    /// # Errors
    /// [`IllegalTransition`] when the table of this module has no such row.
    pub fn apply(&mut self, event: &OrderEvent) -> Result<(), IllegalTransition> {
        let next = self.next_state(&event.kind)?;
        match &event.kind {
            E::Accepted { venue_order_id } => self.venue_order_id = Some(venue_order_id.clone()),
            E::Filled { quantity, price, .. } => {
                self.filled += quantity.decimal();
                self.fills += 1;
                // A value that overflows would have been refused as the order's notional before.
                let value = price
                    .decimal()
                    .checked_mul(quantity.decimal())
                    .unwrap_or_default();
                self.filled_value = self.filled_value.checked_add(value).unwrap_or(self.filled_value);
            }
            E::Modified {
                quantity,
                price,
                trigger,
                display,
            } => {
                self.modify(*quantity, *price, *trigger);
                // A quantity that is brought below what is displayed is displayed whole.
                let display = display.or(self.request.terms.display);
                self.request.terms.display = display.map(|display| display.min(*quantity));
            }
            E::FillReversed { quantity, price, .. } => {
                self.filled -= quantity.decimal();
                let value = price.decimal().checked_mul(quantity.decimal());
                self.filled_value -= value.unwrap_or_default().min(self.filled_value);
            }
            E::TriggerMoved { trigger } => self.trigger = Some(*trigger),
            E::Triggered => self.triggered = true,
            E::CancelRequested => self.cancel_wanted = true,
            E::CancelRejected { .. } => self.cancel_wanted = false,
            _ => {}
        }
        self.state = next;
        self.ts_updated = event.ts_init;
        self.version += 1;
        Ok(())
    }

    fn modify(&mut self, quantity: Quantity, new_price: Option<Price>, new_trigger: Option<Price>) {
        use super::OrderKind as K;
        self.request.quantity = quantity;
        if let (Some(new), K::Limit { price, .. } | K::StopLimit { price, .. }) =
            (new_price, &mut self.request.kind)
        {
            *price = new;
        }
        if let Some(new) = new_trigger {
            if let K::StopMarket { trigger } | K::StopLimit { trigger, .. } = &mut self.request.kind {
                *trigger = new;
            }
            self.trigger = Some(new);
        }
    }

    fn resting(&self) -> OrderState {
        if !self.filled.is_zero() {
            OrderState::PartiallyFilled
        } else if self.triggered {
            OrderState::Triggered
        } else {
            OrderState::Accepted
        }
    }

    fn next_state(&self, event: &E) -> Result<OrderState, IllegalTransition> {
        use OrderState as S;
        let next = match (&self.state, event) {
            (S::Initialized, E::Denied { denials }) => S::Denied {
                denials: denials.clone(),
            },
            (S::Initialized, E::Submitted) => S::Submitted,
            // A child that waits for its parent never was anywhere: it changes and ends without a venue.
            (S::Initialized, E::Modified { .. }) => S::Initialized,
            (S::Initialized, E::Canceled { reason }) => S::Canceled {
                reason: reason.clone(),
            },
            (S::Initialized, E::Expired) => S::Expired,
            (S::Submitted | S::Unknown | S::PendingCancel, E::Accepted { .. }) => match self.state {
                S::PendingCancel => S::PendingCancel,
                _ => self.resting(),
            },
            // The venue's answer came after a fill or trigger: it brings the venue's id and moves nothing.
            (S::Triggered | S::PartiallyFilled | S::PendingModify, E::Accepted { .. }) => self.state.clone(),
            (state, E::FillReversed { quantity, .. }) if self.filled >= quantity.decimal() => match state {
                // What was over stays over: no venue puts an order back.
                S::Filled => S::Canceled {
                    reason: "the venue took an execution back".to_owned(),
                },
                S::PartiallyFilled if self.filled == quantity.decimal() => {
                    if self.triggered {
                        S::Triggered
                    } else {
                        S::Accepted
                    }
                }
                other => other.clone(),
            },
            // A stop that was held elsewhere is `Triggered` when it first goes to its venue, which may refuse it, also when a
            // change of it is under way by then.
            (state, E::Rejected { reason })
                if self.filled.is_zero()
                    && (matches!(state, S::Submitted | S::Unknown | S::PendingCancel | S::Triggered)
                        || (*state == S::PendingModify && self.triggered)) =>
            {
                S::Rejected {
                    reason: reason.clone(),
                }
            }
            (S::Submitted | S::Accepted | S::PartiallyFilled, E::Triggered) if !self.triggered => {
                S::Triggered
            }
            // A trigger that is reached while a change or cancel is under way leaves that under way.
            (S::PendingModify | S::PendingCancel, E::Triggered) if !self.triggered => self.state.clone(),
            (
                S::Submitted | S::Accepted | S::PartiallyFilled | S::PendingModify | S::PendingCancel,
                E::TriggerMoved { .. },
            ) if !self.triggered => self.state.clone(),
            (S::Accepted | S::Triggered | S::PartiallyFilled, E::ModifyRequested) => S::PendingModify,
            (
                S::PendingModify | S::Accepted | S::Triggered | S::PartiallyFilled,
                E::Modified { quantity, .. },
            ) => {
                self.check_total(quantity.decimal(), self.filled)?;
                if quantity.decimal() == self.filled {
                    S::Filled
                } else {
                    self.resting()
                }
            }
            // Fills that came of a change can be told before the change: then the order is not over after all.
            (S::Filled | S::Canceled { .. } | S::Expired, E::Modified { quantity, .. }) => {
                self.check_total(quantity.decimal(), self.filled)?;
                match &self.state {
                    _ if quantity.decimal() == self.filled => S::Filled,
                    S::Filled => self.resting(),
                    over => over.clone(),
                }
            }
            (S::PendingModify, E::ModifyRejected { .. }) | (S::PendingCancel, E::CancelRejected { .. }) => {
                self.resting()
            }
            // The answer to a change that was asked for before the cancel: the cancel stays under way.
            (S::PendingCancel, E::Modified { quantity, .. }) => {
                self.check_total(quantity.decimal(), self.filled)?;
                if quantity.decimal() == self.filled {
                    S::Filled
                } else {
                    S::PendingCancel
                }
            }
            (S::PendingCancel, E::ModifyRejected { .. }) => S::PendingCancel,
            (
                S::Submitted | S::Accepted | S::Triggered | S::PartiallyFilled | S::PendingModify,
                E::CancelRequested,
            ) => S::PendingCancel,
            // It is remembered until the query's answer says whether there is anything to cancel.
            (S::Unknown, E::CancelRequested) => S::Unknown,
            (state, E::Filled { quantity, .. }) if Self::may_fill(state) => {
                self.after_fill(quantity.decimal())?
            }
            (state, E::Canceled { reason }) if state.is_open() && *state != S::Initialized => S::Canceled {
                reason: reason.clone(),
            },
            (state, E::Expired) if state.is_open() && *state != S::Initialized => S::Expired,
            (state, E::Lost) if state.is_open() && *state != S::Initialized => S::Unknown,
            (state, event) => return Err(self.not_allowed(state, event)),
        };
        Ok(next)
    }

    fn may_fill(state: &OrderState) -> bool {
        let late = matches!(
            state,
            OrderState::Canceled { .. } | OrderState::Expired | OrderState::Rejected { .. }
        );
        late || (state.is_open() && *state != OrderState::Initialized)
    }

    fn after_fill(&self, quantity: Decimal) -> Result<OrderState, IllegalTransition> {
        let filled = self.filled + quantity;
        self.check_total(self.request.quantity.decimal(), filled)?;
        if filled == self.request.quantity.decimal() {
            return Ok(OrderState::Filled);
        }
        Ok(match &self.state {
            OrderState::Canceled { .. }
            | OrderState::Expired
            | OrderState::Rejected { .. }
            | OrderState::PendingCancel
            | OrderState::PendingModify => self.state.clone(),
            _ => OrderState::PartiallyFilled,
        })
    }

    fn check_total(&self, quantity: Decimal, filled: Decimal) -> Result<(), IllegalTransition> {
        if filled <= quantity {
            return Ok(());
        }
        Err(IllegalTransition::Overfill {
            order: self.request.client_order_id.to_string(),
            quantity,
            filled,
        })
    }

    fn not_allowed(&self, state: &OrderState, event: &E) -> IllegalTransition {
        IllegalTransition::NotAllowed {
            order: self.request.client_order_id.to_string(),
            state: state.name(),
            event: event.name(),
        }
    }
}
