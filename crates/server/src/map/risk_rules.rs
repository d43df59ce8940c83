//! The groups of risk settings, both ways: margin, protective orders, positions of the day, rules of the place, and
//! what is different for single strategies.

use std::collections::BTreeMap;

use tradewind_types::risk::{
    IntradayRules, MarginRules, PlaceRule, PlaceRuleKind, ProtectionRules, RiskOverrides,
};
use tradewind_types::{InstrumentId, StrategyId};
use tradewind_wire as wire;
use wire::{Dec, Time};

use super::enums;
use crate::problem::{ApiError, ApiResult};

/// Rules of one list.
const PLACE_RULES_MAX: usize = 50;
/// Strategies with settings of their own.
const OVERRIDES_MAX: usize = 100;

macro_rules! same_fields {
    ($(#[$doc:meta])* $to:ident, $(#[$doc_back:meta])* $back:ident: $name:ident { $($dec:ident),* } { $($plain:ident),* }) => {
        $(#[$doc])*
        pub(super) fn $to(r: &$name) -> wire::$name {
            wire::$name { $($dec: Dec(r.$dec),)* $($plain: r.$plain,)* }
        }

        $(#[$doc_back])*
        pub(super) fn $back(r: &wire::$name) -> $name {
            $name { $($dec: r.$dec.0,)* $($plain: r.$plain,)* }
        }
    };
}

same_fields!(margin, margin_back: MarginRules {
    leverage_max, ratio_warn, use_warn, use_warn_again, use_block, use_offer, use_force
} { enabled });
same_fields!(protection, protection_back: ProtectionRules { take_profit } { enabled });
same_fields!(intraday, intraday_back: IntradayRules {} { enabled, warn_minutes, act_minutes });

pub(super) fn place(r: &PlaceRule) -> wire::PlaceRule {
    let mut rule = wire::PlaceRule {
        rule: wire::PlaceRuleKind::AlgoTag,
        from: Time(r.from),
        until: r.until.map(Time),
        action: enums::rule_action(r.action),
        day_trades_max: None,
        equity_min: None,
        per_second_max: None,
        tag: None,
    };
    match &r.kind {
        PlaceRuleKind::PatternDayTrader {
            day_trades_max,
            equity_min,
        } => {
            rule.rule = wire::PlaceRuleKind::PatternDayTrader;
            rule.day_trades_max = Some(*day_trades_max);
            rule.equity_min = Some(Dec(*equity_min));
        }
        PlaceRuleKind::OrderRate { per_second_max } => {
            rule.rule = wire::PlaceRuleKind::OrderRate;
            rule.per_second_max = Some(*per_second_max);
        }
        PlaceRuleKind::AlgoTag { tag } => rule.tag.clone_from(tag),
    }
    rule
}

pub(super) fn places_back(field: &str, rules: &[wire::PlaceRule]) -> ApiResult<Vec<PlaceRule>> {
    if rules.len() > PLACE_RULES_MAX {
        let text = format!("at most {PLACE_RULES_MAX} rules, got {}", rules.len());
        return Err(ApiError::field(field, "OUT_OF_RANGE", text));
    }
    let one = |(n, rule)| place_back(&format!("{field}[{n}]"), rule);
    rules.iter().enumerate().map(one).collect()
}

fn place_back(field: &str, r: &wire::PlaceRule) -> ApiResult<PlaceRule> {
    let missing = |name: &str| {
        let text = format!("a rule of this kind needs {name}");
        ApiError::field(format!("{field}.{name}"), "MISSING", text)
    };
    let kind = match r.rule {
        wire::PlaceRuleKind::PatternDayTrader => PlaceRuleKind::PatternDayTrader {
            day_trades_max: r.day_trades_max.ok_or_else(|| missing("day_trades_max"))?,
            equity_min: r.equity_min.ok_or_else(|| missing("equity_min"))?.0,
        },
        wire::PlaceRuleKind::OrderRate => PlaceRuleKind::OrderRate {
            per_second_max: r.per_second_max.ok_or_else(|| missing("per_second_max"))?,
        },
        wire::PlaceRuleKind::AlgoTag => PlaceRuleKind::AlgoTag { tag: r.tag.clone() },
    };
    Ok(PlaceRule {
        kind,
        from: r.from.0,
        until: r.until.map(|t| t.0),
        action: enums::rule_action_back(r.action),
    })
}

pub(super) fn whitelist_back(field: &str, list: Option<&[String]>) -> ApiResult<Option<Vec<InstrumentId>>> {
    let parse = |(n, id): (usize, &String)| {
        let bad = |error: tradewind_types::IdError| {
            ApiError::field(format!("{field}[{n}]"), "MALFORMED", error.to_string())
        };
        id.parse::<InstrumentId>().map_err(bad)
    };
    list.map(|list| list.iter().enumerate().map(parse).collect())
        .transpose()
}

pub(super) fn overrides(o: &RiskOverrides) -> wire::RiskOverrides {
    wire::RiskOverrides {
        whitelist: o
            .whitelist
            .as_ref()
            .map(|list| list.iter().map(ToString::to_string).collect()),
        confidence_min: o.confidence_min.map(Dec),
        exposure_max: o.exposure_max.map(Dec),
        signal_size: o.signal_size.map(Dec),
        order_size_max: o.order_size_max.map(Dec),
        price_band: o.price_band.map(Dec),
        entry_offset: o.entry_offset.map(Dec),
        daily_loss_max: o.daily_loss_max.map(Dec),
        drawdown_max: o.drawdown_max.map(Dec),
        stop_distance: o.stop_distance.map(Dec),
        duplicate_window_s: o.duplicate_window_s,
        open_positions_max: o.open_positions_max,
        positions_per_instrument_strategy_max: o.positions_per_instrument_strategy_max,
        positions_per_instrument_account_max: o.positions_per_instrument_account_max,
        orders_per_minute: o.orders_per_minute,
        orders_per_hour: o.orders_per_hour,
        orders_per_day: o.orders_per_day,
        strategy_entries_per_hour: o.strategy_entries_per_hour,
        strategy_entries_per_day: o.strategy_entries_per_day,
        sizing: o.sizing.as_ref().map(super::sizing::rule),
        margin: o.margin.as_ref().map(margin),
        protection: o.protection.as_ref().map(protection),
        intraday: o.intraday.as_ref().map(intraday),
        place: o.place.as_ref().map(|rules| rules.iter().map(place).collect()),
    }
}

pub(super) fn overrides_back(
    all: &BTreeMap<String, wire::RiskOverrides>,
) -> ApiResult<BTreeMap<StrategyId, RiskOverrides>> {
    if all.len() > OVERRIDES_MAX {
        let text = format!("at most {OVERRIDES_MAX} strategies, got {}", all.len());
        return Err(ApiError::field("overrides", "OUT_OF_RANGE", text));
    }
    let one = |(id, o): (&String, &wire::RiskOverrides)| {
        let field = format!("overrides.{id}");
        let strategy: StrategyId = id
            .parse()
            .map_err(|e: tradewind_types::IdError| ApiError::field(&field, "MALFORMED", e.to_string()))?;
        Ok((strategy, override_back(&field, o)?))
    };
    all.iter().map(one).collect()
}

fn override_back(field: &str, o: &wire::RiskOverrides) -> ApiResult<RiskOverrides> {
    Ok(RiskOverrides {
        whitelist: whitelist_back(&format!("{field}.whitelist"), o.whitelist.as_deref())?,
        confidence_min: o.confidence_min.map(|d| d.0),
        exposure_max: o.exposure_max.map(|d| d.0),
        signal_size: o.signal_size.map(|d| d.0),
        order_size_max: o.order_size_max.map(|d| d.0),
        price_band: o.price_band.map(|d| d.0),
        entry_offset: o.entry_offset.map(|d| d.0),
        daily_loss_max: o.daily_loss_max.map(|d| d.0),
        drawdown_max: o.drawdown_max.map(|d| d.0),
        stop_distance: o.stop_distance.map(|d| d.0),
        duplicate_window_s: o.duplicate_window_s,
        open_positions_max: o.open_positions_max,
        positions_per_instrument_strategy_max: o.positions_per_instrument_strategy_max,
        positions_per_instrument_account_max: o.positions_per_instrument_account_max,
        orders_per_minute: o.orders_per_minute,
        orders_per_hour: o.orders_per_hour,
        orders_per_day: o.orders_per_day,
        strategy_entries_per_hour: o.strategy_entries_per_hour,
        strategy_entries_per_day: o.strategy_entries_per_day,
        sizing: o
            .sizing
            .as_ref()
            .map(|rule| super::sizing::rule_back(&format!("{field}.sizing"), rule))
            .transpose()?,
        margin: o.margin.as_ref().map(margin_back),
        protection: o.protection.as_ref().map(protection_back),
        intraday: o.intraday.as_ref().map(intraday_back),
        place: o
            .place
            .as_deref()
            .map(|rules| places_back(&format!("{field}.place"), rules))
            .transpose()?,
    })
}
