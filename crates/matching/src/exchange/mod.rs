//! One order book of many participants that trade with one another, in price-time priority.
