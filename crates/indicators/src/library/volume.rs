//! What volume says about the price.

use super::library;
use crate::batch;

library! {
    VOLUME in Volume;

    /// Volume added on rising closes and taken off on falling ones, since the first bar. Granville 1963.
    /// Source: TA-Lib `OBV`.
    OBV "On-balance volume" on Own
        = ("OBV") obv obv_open obv_lookback ObvStream(close volume) []
        -> obv: Real;

    /// Σ `volume · ((close−low) − (high−close))/(high−low)` since the first bar. Chaikin. Source: TA-Lib `AD`.
    AD "Accumulation/distribution line" on Own
        = ("AD") ad ad_open ad_lookback AdStream(high low close volume) []
        -> ad: Real;

    /// EMA(fast) − EMA(slow) of the A/D line. Chaikin. Source: TA-Lib `ADOSC`.
    ADOSC "Chaikin oscillator" on Own
        = ("ADOSC") adosc adosc_open adosc_lookback AdoscStream(high low close volume)
        [period 0 ("fast", 3, 2), period 1 ("slow", 10, 2)]
        -> adosc: Real;

    /// Σ money flow volume / Σ volume over `period`; −1 to 1. Chaikin. Source: TA-Lib `CMF`.
    CMF "Chaikin money flow" on Own
        = ("CMF") cmf cmf_open cmf_lookback CmfStream(high low close volume)
        [period 0 ("period", 20, 2)]
        -> cmf: Real = batch::money_flow;

    /// RSI of typical price × volume, over plain sums. Quong and Soudack 1989. Source: TA-Lib `MFI`.
    MFI "Money flow index" on Own
        = ("MFI") mfi mfi_open mfi_lookback MfiStream(high low close volume)
        [period 0 ("period", 14, 2)]
        -> mfi: Real;

    /// EMA of `(close − close₋₁)·volume`; period 1 is the raw force. Elder 1993. Source: TA-Lib `EFI`.
    EFI "Elder force index" on Own
        = ("EFI") efi efi_open efi_lookback EfiStream(close volume)
        [period 0 ("period", 13, 1)]
        -> efi: Real {
            aliases: &["FORCE"],
        };

    /// SMA of `Δmiddle / (volume/divisor/(high−low))`. Arms. Source: TA-Lib `EMV`.
    EMV "Ease of movement" on Own
        = ("EMV") emv emv_open emv_lookback EmvStream(high low volume)
        [period 0 ("period", 14, 1), real 1 ("divisor", 10000.0, 1.0, 1e9)]
        -> emv: Real;

    /// EMA(fast) − EMA(slow) of the volume force, and the EMA of that. Klinger 1997. Source: TA-Lib `KVO`.
    KVO "Klinger volume oscillator" on Own
        = ("KVO") kvo kvo_open kvo_lookback KvoStream(high low close volume) [
            period 0 ("fast", 34, 2),
            period 1 ("slow", 55, 2),
            period 2 ("signal", 13, 2),
        ]
        -> kvo: Real signal: Real;

    /// `(high − low)/volume`. Williams 1995. Source: TA-Lib `MARKETFI`.
    MARKETFI "Market facilitation index" on Own
        = ("MARKETFI") marketfi marketfi_open marketfi_lookback MarketfiStream(high low volume) []
        -> marketfi: Real;

    /// Compounds the returns of bars with less volume than the bar before, since the first bar. Dysart 1936,
    /// Fosback 1976. Source: TA-Lib `NVI`.
    NVI "Negative volume index" on Own
        = ("NVI") nvi nvi_open nvi_lookback NviStream(close volume) []
        -> nvi: Real = batch::negative_volume_index;

    /// Compounds the returns of bars with more volume than the bar before, since the first bar. Dysart 1936,
    /// Fosback 1976. Source: TA-Lib `PVI`.
    PVI "Positive volume index" on Own
        = ("PVI") pvi pvi_open pvi_lookback PviStream(close volume) []
        -> pvi: Real = batch::positive_volume_index;

    /// PPO of volume. Source: TA-Lib `PVO`.
    PVO "Percentage volume oscillator" on Own
        = ("PVO") pvo pvo_open pvo_lookback PvoStream(volume) [
            period 0 ("fast", 12, 2),
            period 1 ("slow", 26, 2),
            average 2 ("average", 1),
        ]
        -> pvo: Real;

    /// Σ `volume·(close/close₋₁ − 1)` since the first bar. Source: TA-Lib `PVT`.
    PVT "Price volume trend" on Own
        = ("PVT") pvt pvt_open pvt_lookback PvtStream(close volume) []
        -> pvt: Real;

    /// Volume over the mean of the `period` bars before it; no value where these had none. Source: TA-Lib
    /// `RVOL`.
    RVOL "Relative volume" on Own
        = ("RVOL") rvol rvol_open rvol_lookback RvolStream(volume)
        [period 0 ("period", 20, 1)]
        -> rvol: Real;

    /// `Σ typical·volume / Σ volume` since the first bar; [`crate::vwap`] has that of the session. Source: TA-
    /// Lib `VWAP`.
    CVWAP "Volume-weighted average price since the first bar" on Price
        = ("VWAP") vwap vwap_open vwap_lookback VwapStream(high low close volume) []
        -> vwap: Real;
}
