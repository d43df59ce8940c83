//! People and programs that give commands: one at a time each, asked again with the same content until answered.

use rust_decimal::Decimal;
use tradewind_types::order::{OrderOrigin, TrailingOffset};
use tradewind_types::record::{BatchMode, Command};
use tradewind_types::{
    AccountId, ClientOrderId, Currency, InstrumentId, Money, OrderKind, OrderListId, OrderRequest,
    OrderTerms, Price, Quantity, Side, TimeInForce,
};

use super::dice::Dice;
use super::listing::{accounts, is_live, known};
use super::venue::Venue;

/// What a client waits for.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) number: u64,
    pub(crate) command: Command,
    pub(crate) again_at: u64,
}

/// One client.
#[derive(Debug, Default)]
pub(crate) struct Client {
    pub(crate) asked: Option<Asked>,
    pub(crate) next: u64,
    /// Orders that it has asked for.
    pub(crate) orders: Vec<(AccountId, ClientOrderId)>,
}

/// Asking again is harmless: the second time finds what the first one did.
pub(crate) fn may_repeat(command: &Command) -> bool {
    !matches!(
        command,
        Command::Flatten { .. } | Command::ModifyOrder { .. } | Command::SetRiskSettings { .. }
    )
}

impl Client {
    /// The next thing that this client wants.
    pub(crate) fn wants(&mut self, who: usize, dice: &mut Dice, venue: &Venue) -> Command {
        let accounts = accounts();
        let account = accounts[usize::try_from(dice.below(4)).unwrap_or(0)].clone();
        let known_order = dice.pick(&self.orders).cloned();
        match (dice.below(1_000), known_order) {
            (0..=199, Some((account, client_order_id))) => Command::CancelOrder {
                account,
                client_order_id,
            },
            (200..=279, Some((account, client_order_id))) => {
                self.change(account, client_order_id, dice, venue)
            }
            (280..=289, _) => Command::CancelAll {
                account,
                instrument: None,
            },
            (290..=304, _) => Command::Flatten {
                account,
                instrument: None,
            },
            (305..=309, _) => Command::EngageKillSwitch {
                account: dice.per_mille(600).then_some(account),
                flatten: dice.per_mille(400),
                reason: "a drill".to_owned(),
            },
            (310..=339, _) => Command::LiftKillSwitch {
                account: dice.per_mille(600).then_some(account),
            },
            (340..=349, _) => Command::Reconcile { account },
            (350..=379, _) if !is_live(&account) => Command::Transfer {
                account,
                money: Money::new(Decimal::from(dice.between(1, 500)), Currency::USD),
                key: format!("c{who}-{}", self.next),
                reason: "pocket money".to_owned(),
            },
            _ => self.orders(who, &account, dice, venue),
        }
    }

    fn change(
        &self,
        account: AccountId,
        client_order_id: ClientOrderId,
        dice: &mut Dice,
        venue: &Venue,
    ) -> Command {
        let quantity = dice.per_mille(600).then(|| quantity(dice, 0)).flatten();
        let display = dice.per_mille(150).then(|| self::quantity(dice, 0)).flatten();
        let price = (quantity.is_none() || dice.per_mille(400))
            .then(|| price(venue.fair(0) + shift(dice, 800)))
            .flatten();
        Command::ModifyOrder {
            account,
            client_order_id,
            quantity,
            price,
            trigger: None,
            display,
            expected_version: None,
        }
    }

    fn orders(&mut self, who: usize, account: &AccountId, dice: &mut Dice, venue: &Venue) -> Command {
        let slot = usize::try_from(dice.below(venue.markets() as u64)).unwrap_or(0);
        let count = [1, 1, 1, 2, 3, 5];
        let count = dice.pick(&count).copied().unwrap_or(1);
        let mode = if dice.per_mille(200) {
            BatchMode::AllOrNone
        } else {
            BatchMode::Independent
        };
        let mut orders: Vec<OrderRequest> = Vec::new();
        for leg in 0..count {
            let id = format!("c{who}-{}-{leg}", self.next);
            orders.push(order(&id, account, slot, dice, venue));
        }
        if dice.per_mille(120) {
            let entry = orders[0].clone();
            orders = bracket(&entry, venue.fair(slot));
        }
        for order in &orders {
            self.orders.push((account.clone(), order.client_order_id.clone()));
        }
        Command::SubmitOrders { orders, mode }
    }
}

fn shift(dice: &mut Dice, most: u64) -> i64 {
    let most = i64::try_from(most).unwrap_or(0);
    i64::try_from(dice.below(2 * most as u64 + 1)).unwrap_or(0) - most
}

fn price(mantissa: i64) -> Option<Price> {
    Price::new(Decimal::new(mantissa.max(1), 2)).ok()
}

fn quantity(dice: &mut Dice, slot: usize) -> Option<Quantity> {
    let scale = if slot == 0 { 4 } else { 3 };
    let units = i64::try_from(dice.between(1, 120)).unwrap_or(1);
    Quantity::new(Decimal::new(units, scale)).ok()
}

fn order(id: &str, account: &AccountId, slot: usize, dice: &mut Dice, venue: &Venue) -> OrderRequest {
    let fair = venue.fair(slot);
    let near = price(fair + shift(dice, 400)).unwrap_or_else(unreachable_price);
    let far = price(fair + shift(dice, 3_000)).unwrap_or_else(unreachable_price);
    let side = if dice.per_mille(600) {
        Side::Buy
    } else {
        Side::Sell
    };
    let (kind, time_in_force) = match dice.below(12) {
        0..=2 => (OrderKind::Market, TimeInForce::Ioc),
        3 => (limit(near, false), TimeInForce::Ioc),
        4 => (limit(near, false), TimeInForce::Fok),
        5 => (limit(near, true), TimeInForce::Gtc),
        6 => (OrderKind::StopMarket { trigger: far }, TimeInForce::Gtc),
        7 => {
            let stop = OrderKind::StopLimit {
                trigger: far,
                price: far,
                post_only: false,
            };
            (stop, TimeInForce::Gtc)
        }
        8 => {
            let offset = TrailingOffset::Price(price(300).unwrap_or_else(unreachable_price));
            let activation = None;
            (OrderKind::TrailingStop { offset, activation }, TimeInForce::Gtc)
        }
        9 if !is_live(account) => (limit(far, false), TimeInForce::Day),
        _ => (limit(near, false), TimeInForce::Gtc),
    };
    let quantity = quantity(dice, slot).unwrap_or_else(unreachable_quantity);
    let rests = !time_in_force.is_immediate()
        && matches!(kind, OrderKind::Limit { .. } | OrderKind::StopLimit { .. });
    let display = (rests && dice.per_mille(400)).then(|| part_of(quantity, slot, dice));
    OrderRequest {
        client_order_id: known!(ClientOrderId, id),
        account: account.clone(),
        instrument: instrument_of(venue, slot),
        side,
        quantity,
        kind,
        time_in_force,
        reduce_only: matches!(kind, OrderKind::Market) && dice.per_mille(150),
        origin: OrderOrigin::Manual {
            actor: "u1".to_owned(),
        },
        terms: OrderTerms {
            display,
            ..OrderTerms::default()
        },
    }
}

/// A fifth of it or more, to be displayed at a time.
fn part_of(whole: Quantity, slot: usize, dice: &mut Dice) -> Quantity {
    let scale = if slot == 0 { 4 } else { 3 };
    let part = whole.decimal() * Decimal::new(i64::try_from(dice.between(200, 1_000)).unwrap_or(1_000), 3);
    let part = part.trunc_with_scale(scale).max(Decimal::new(1, scale));
    Quantity::new(part).unwrap_or(whole)
}

fn instrument_of(venue: &Venue, slot: usize) -> InstrumentId {
    venue.instrument(slot).id.clone()
}

fn limit(price: Price, post_only: bool) -> OrderKind {
    OrderKind::Limit { price, post_only }
}

fn unreachable_price() -> Price {
    Price::new(Decimal::ONE).expect("one is a price")
}

fn unreachable_quantity() -> Quantity {
    Quantity::new(Decimal::ONE).expect("one is a quantity")
}

/// An entry with a stop and a target that are children of it and cancel one another.
fn bracket(entry: &OrderRequest, fair: i64) -> Vec<OrderRequest> {
    let list = known!(OrderListId, &format!("{}-l", entry.client_order_id));
    let mut entry = entry.clone();
    (entry.side, entry.reduce_only) = (Side::Buy, false);
    if !matches!(entry.kind, OrderKind::Market | OrderKind::Limit { .. }) {
        entry.kind = OrderKind::Market;
        entry.terms.display = None;
        entry.time_in_force = TimeInForce::Ioc;
    }
    let leg = |name: &str, kind: OrderKind| OrderRequest {
        client_order_id: known!(ClientOrderId, &format!("{}-{name}", entry.client_order_id)),
        side: Side::Sell,
        kind,
        time_in_force: TimeInForce::Gtc,
        reduce_only: true,
        terms: OrderTerms {
            parent: Some(entry.client_order_id.clone()),
            oco: Some(list.clone()),
            ..OrderTerms::default()
        },
        ..entry.clone()
    };
    let stop = price(fair - 600).unwrap_or_else(unreachable_price);
    let target = price(fair + 600).unwrap_or_else(unreachable_price);
    let legs = [
        leg("s", OrderKind::StopMarket { trigger: stop }),
        leg("t", limit(target, false)),
    ];
    let mut all = vec![entry.clone()];
    all.extend(legs);
    all
}
