//! Risk settings, both ways, and kill switches.

use tradewind_types::Decimal;
use tradewind_types::record::KillSwitchChanged;
use tradewind_types::risk::RiskSettings;
use tradewind_wire as wire;
use wire::{Dec, Time};

use super::risk_rules::{
    intraday, intraday_back, margin, margin_back, overrides, overrides_back, place, places_back, protection,
    protection_back, whitelist_back,
};
use crate::problem::{ApiError, ApiResult};

/// The settings.
#[must_use]
pub fn settings(s: &RiskSettings) -> wire::RiskSettings {
    wire::RiskSettings {
        live_trading: s.live_trading,
        whitelist: s
            .whitelist
            .as_ref()
            .map(|list| list.iter().map(ToString::to_string).collect()),
        confidence_min: Dec(s.confidence_min),
        duplicate_window_s: s.duplicate_window_s,
        open_positions_max: s.open_positions_max,
        positions_per_instrument_strategy_max: s.positions_per_instrument_strategy_max,
        positions_per_instrument_account_max: s.positions_per_instrument_account_max,
        exposure_max: Dec(s.exposure_max),
        signal_size: Dec(s.signal_size),
        order_size_max: Dec(s.order_size_max),
        price_band: Dec(s.price_band),
        entry_offset: Dec(s.entry_offset),
        orders_per_minute: s.orders_per_minute,
        orders_per_hour: s.orders_per_hour,
        orders_per_day: s.orders_per_day,
        strategy_entries_per_hour: s.strategy_entries_per_hour,
        strategy_entries_per_day: s.strategy_entries_per_day,
        daily_loss_max: Dec(s.daily_loss_max),
        drawdown_max: Dec(s.drawdown_max),
        stop_distance: Dec(s.stop_distance),
        sizing: super::sizing::rule(&s.sizing),
        margin: margin(&s.margin),
        protection: protection(&s.protection),
        intraday: intraday(&s.intraday),
        place: s.place.iter().map(place).collect(),
        overrides: s
            .overrides
            .iter()
            .map(|(id, o)| (id.to_string(), overrides(o)))
            .collect(),
    }
}

/// The settings, back. The engine checks the ranges too; here each fraction is held to 0..1 so that the answer
/// names the field.
///
/// # Errors
/// Field errors.
pub fn settings_back(s: &wire::RiskSettings) -> ApiResult<RiskSettings> {
    let unit = |field: &str, value: Dec| {
        if value.0 >= Decimal::ZERO && value.0 <= Decimal::ONE {
            return Ok(value.0);
        }
        let text = format!("{field} is a fraction from 0 to 1, got {value}");
        Err(ApiError::field(field, "OUT_OF_RANGE", text))
    };
    let whitelist = whitelist_back("whitelist", s.whitelist.as_deref())?;
    Ok(RiskSettings {
        live_trading: s.live_trading,
        whitelist,
        confidence_min: unit("confidence_min", s.confidence_min)?,
        duplicate_window_s: s.duplicate_window_s,
        open_positions_max: s.open_positions_max,
        positions_per_instrument_strategy_max: s.positions_per_instrument_strategy_max,
        positions_per_instrument_account_max: s.positions_per_instrument_account_max,
        exposure_max: unit("exposure_max", s.exposure_max)?,
        signal_size: unit("signal_size", s.signal_size)?,
        order_size_max: unit("order_size_max", s.order_size_max)?,
        price_band: unit("price_band", s.price_band)?,
        entry_offset: unit("entry_offset", s.entry_offset)?,
        orders_per_minute: s.orders_per_minute,
        orders_per_hour: s.orders_per_hour,
        orders_per_day: s.orders_per_day,
        strategy_entries_per_hour: s.strategy_entries_per_hour,
        strategy_entries_per_day: s.strategy_entries_per_day,
        daily_loss_max: unit("daily_loss_max", s.daily_loss_max)?,
        drawdown_max: unit("drawdown_max", s.drawdown_max)?,
        stop_distance: unit("stop_distance", s.stop_distance)?,
        sizing: super::sizing::rule_back("sizing", &s.sizing)?,
        margin: margin_back(&s.margin),
        protection: protection_back(&s.protection),
        intraday: intraday_back(&s.intraday),
        place: places_back("place", &s.place)?,
        overrides: overrides_back(&s.overrides)?,
    })
}

/// Who acted where all organisations see it: those of another one learn no ids of people.
pub const OPERATOR: &str = "operator";

/// An engaged kill switch. Who engaged that of all accounts is in the audit log, and not told to all organisations.
#[must_use]
pub fn kill_switch(change: &KillSwitchChanged) -> wire::KillSwitch {
    wire::KillSwitch {
        engaged: change.engaged,
        reason: change.reason.clone(),
        actor: match change.account {
            Some(_) => change.actor.clone(),
            None => OPERATOR.to_owned(),
        },
        ts: Time(change.ts),
    }
}
