//! Clients: each submits, batches and cancels until the program is gone, and fsyncs what was acknowledged.

use std::fs::File;
use std::io::Write as _;

use http::Method;
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::api::Api;
use crate::dice::Dice;
use crate::rig::{Market, Rig};

/// What one client knows at the end of its cycle.
#[derive(Debug, Default)]
pub(crate) struct Known {
    /// Orders as acknowledged.
    pub(crate) acknowledged: Vec<Value>,
    /// Requests without an answer.
    pub(crate) unanswered: Vec<Value>,
    /// Ids whose cancel was acknowledged.
    pub(crate) canceled: Vec<String>,
}

struct Client {
    api: Api,
    account: String,
    markets: Vec<Market>,
    dice: Dice,
    prefix: String,
    made: u64,
    log: File,
    known: Known,
}

/// Starts all clients of a cycle.
pub(crate) fn start(rig: &Rig, api: &Api, cycle: u64, clients: u64) -> Vec<JoinHandle<Known>> {
    let client = |number: u64| Client {
        api: api.clone(),
        account: rig.state.account.clone(),
        markets: rig.markets.clone(),
        dice: Dice::of(rig.state.seed, 1_000_000 + cycle * clients + number),
        prefix: format!("c{cycle}-{number}"),
        made: 0,
        log: rig.ack_log(number),
        known: Known::default(),
    };
    (0..clients)
        .map(|number| tokio::spawn(client(number).run()))
        .collect()
}

impl Client {
    async fn run(mut self) -> Known {
        loop {
            let alive = match self.dice.below(10) {
                0 => self.batch().await,
                1 | 2 => self.cancel().await,
                _ => self.submit().await,
            };
            if !alive {
                return self.known;
            }
        }
    }

    fn order(&mut self) -> Value {
        self.made += 1;
        let market = &self.markets[self.dice.below(self.markets.len() as u64) as usize];
        let side = if self.dice.below(2) == 0 { "BUY" } else { "SELL" };
        let quantity = format!("0.{:04}", 100 + self.dice.below(2_000));
        let mut order = json!({
            "client_order_id": format!("{}-{}", self.prefix, self.made),
            "instrument": market.instrument,
            "side": side,
            "type": "MARKET",
            "quantity": quantity,
        });
        if self.dice.below(3) > 0 {
            // Up to 0.5 % on either side: some fill at once, some rest.
            let cents = market.cents + self.dice.below(market.cents / 100) - market.cents / 200;
            order["type"] = json!("LIMIT");
            order["price"] = json!(format!("{}.{:02}", cents / 100, cents % 100));
            order["time_in_force"] = json!(["GTC", "DAY", "IOC"][self.dice.below(3) as usize]);
        }
        order
    }

    /// False when the program is gone.
    async fn submit(&mut self) -> bool {
        let order = self.order();
        let path = format!("/accounts/{}/orders", self.account);
        match self.api.try_ask(Method::POST, &path, Some(&order), None).await {
            Ok(answer) if answer.status.as_u16() == 201 => self.acknowledged(vec![answer.body]),
            Ok(answer) => return self.refused(&answer.status, &answer.body, vec![order]),
            Err(_) => {
                self.known.unanswered.push(order);
                return false;
            }
        }
        true
    }

    async fn batch(&mut self) -> bool {
        let orders: Vec<Value> = (0..2 + self.dice.below(3)).map(|_| self.order()).collect();
        let mode = if self.dice.below(2) == 0 {
            "INDEPENDENT"
        } else {
            "ALL_OR_NONE"
        };
        let body = json!({ "mode": mode, "orders": orders });
        let path = format!("/accounts/{}/orders/batch", self.account);
        match self.api.try_ask(Method::POST, &path, Some(&body), None).await {
            Ok(answer) if answer.status.as_u16() == 201 => {
                let shown = answer.body["orders"].as_array().cloned().unwrap_or_default();
                assert_eq!(
                    shown.len(),
                    orders.len(),
                    "a batch answers with all of its orders"
                );
                self.acknowledged(shown);
            }
            Ok(answer) => return self.refused(&answer.status, &answer.body, orders),
            Err(_) => {
                self.known.unanswered.extend(orders);
                return false;
            }
        }
        true
    }

    async fn cancel(&mut self) -> bool {
        let count = self.known.acknowledged.len() as u64;
        if count == 0 {
            return self.submit().await;
        }
        let order = &self.known.acknowledged[self.dice.below(count) as usize];
        let id = order["client_order_id"].as_str().expect("an id").to_owned();
        let path = format!("/accounts/{}/orders/{id}", self.account);
        match self.api.try_ask(Method::DELETE, &path, None, None).await {
            Ok(answer) => {
                // 409: it was over already.
                assert!(
                    [202, 409].contains(&answer.status.as_u16()),
                    "{}: {}",
                    answer.status,
                    answer.body
                );
                if answer.status.as_u16() == 202 {
                    self.known.canceled.push(id);
                }
                true
            }
            Err(_) => false,
        }
    }

    /// An answer that is no acknowledgement: the program is busy or stopping, never confused.
    fn refused(&mut self, status: &http::StatusCode, body: &Value, orders: Vec<Value>) -> bool {
        assert!([429, 503].contains(&status.as_u16()), "{status}: {body}");
        self.known.unanswered.extend(orders);
        true
    }

    fn acknowledged(&mut self, orders: Vec<Value>) {
        let lines: String = orders.iter().map(|order| format!("{order}\n")).collect();
        let written = tokio::task::block_in_place(|| {
            self.log
                .write_all(lines.as_bytes())
                .and_then(|()| self.log.sync_data())
        });
        written.expect("the client's log");
        self.known.acknowledged.extend(orders);
    }
}
