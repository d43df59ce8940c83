//! Candlestick patterns: 100 bullish, −100 bearish, 0 none; 200 where a later bar confirms a hikkake, 80 for a weaker
//! harami or engulfing. The sizes that make a body long or a shadow short are TA-Lib's averages of the bars before.

use super::library;
use crate::batch;

/// A pattern reads the four prices and gives one figure.
macro_rules! candles {
    ($(
        $name:ident $title:literal $batch:ident $open:ident $lookback:ident $stream:ident [$($param:tt)*]
        $(= $own:path)?;
    )+) => {
        library! {
            CANDLES in CandlestickPattern;

            $(
                #[doc = concat!("Source: TA-Lib `", stringify!($name), "`.")]
                $name $title on Own
                    = (stringify!($name)) $batch $open $lookback $stream(open high low close) [$($param)*]
                    -> pattern: Whole $(= $own)?;
            )+
        }
    };
}

candles! {
    CDL2CROWS "Two Crows" cdl2crows cdl2crows_open cdl2crows_lookback Cdl2crowsStream [];
    CDL3BLACKCROWS "Three Black Crows"
        cdl3blackcrows cdl3blackcrows_open cdl3blackcrows_lookback Cdl3blackcrowsStream [];
    CDL3INSIDE "Three Inside Up/Down" cdl3inside cdl3inside_open cdl3inside_lookback Cdl3insideStream [];
    CDL3LINESTRIKE "Three-Line Strike"
        cdl3linestrike cdl3linestrike_open cdl3linestrike_lookback Cdl3linestrikeStream [];
    CDL3OUTSIDE "Three Outside Up/Down" cdl3outside cdl3outside_open cdl3outside_lookback Cdl3outsideStream [];
    CDL3STARSINSOUTH "Three Stars In The South"
        cdl3starsinsouth cdl3starsinsouth_open cdl3starsinsouth_lookback Cdl3starsinsouthStream [];
    CDL3WHITESOLDIERS "Three Advancing White Soldiers"
        cdl3whitesoldiers cdl3whitesoldiers_open cdl3whitesoldiers_lookback Cdl3whitesoldiersStream [];
    CDLABANDONEDBABY "Abandoned Baby"
        cdlabandonedbaby cdlabandonedbaby_open cdlabandonedbaby_lookback CdlabandonedbabyStream
        [real 0 ("penetration", 0.3, 0.0, 1e9) .quiet()];
    CDLADVANCEBLOCK "Advance Block"
        cdladvanceblock cdladvanceblock_open cdladvanceblock_lookback CdladvanceblockStream [];
    CDLBELTHOLD "Belt-hold" cdlbelthold cdlbelthold_open cdlbelthold_lookback CdlbeltholdStream [];
    CDLBREAKAWAY "Breakaway" cdlbreakaway cdlbreakaway_open cdlbreakaway_lookback CdlbreakawayStream [];
    CDLCLOSINGMARUBOZU "Closing Marubozu"
        cdlclosingmarubozu cdlclosingmarubozu_open cdlclosingmarubozu_lookback CdlclosingmarubozuStream [];
    CDLCONCEALBABYSWALL "Concealing Baby Swallow"
        cdlconcealbabyswall cdlconcealbabyswall_open cdlconcealbabyswall_lookback CdlconcealbabyswallStream [];
    CDLCOUNTERATTACK "Counterattack"
        cdlcounterattack cdlcounterattack_open cdlcounterattack_lookback CdlcounterattackStream [];
    CDLDARKCLOUDCOVER "Dark Cloud Cover"
        cdldarkcloudcover cdldarkcloudcover_open cdldarkcloudcover_lookback CdldarkcloudcoverStream
        [real 0 ("penetration", 0.5, 0.0, 1e9) .quiet()];
    CDLDOJI "Doji" cdldoji cdldoji_open cdldoji_lookback CdldojiStream [];
    CDLDOJISTAR "Doji Star" cdldojistar cdldojistar_open cdldojistar_lookback CdldojistarStream [];
    CDLDRAGONFLYDOJI "Dragonfly Doji"
        cdldragonflydoji cdldragonflydoji_open cdldragonflydoji_lookback CdldragonflydojiStream [];
    CDLENGULFING "Engulfing Pattern" cdlengulfing cdlengulfing_open cdlengulfing_lookback CdlengulfingStream [];
    CDLEVENINGDOJISTAR "Evening Doji Star"
        cdleveningdojistar cdleveningdojistar_open cdleveningdojistar_lookback CdleveningdojistarStream
        [real 0 ("penetration", 0.3, 0.0, 1e9) .quiet()];
    CDLEVENINGSTAR "Evening Star"
        cdleveningstar cdleveningstar_open cdleveningstar_lookback CdleveningstarStream
        [real 0 ("penetration", 0.3, 0.0, 1e9) .quiet()];
    CDLGAPSIDESIDEWHITE "Up/Down-gap side-by-side white lines"
        cdlgapsidesidewhite cdlgapsidesidewhite_open cdlgapsidesidewhite_lookback CdlgapsidesidewhiteStream [];
    CDLGRAVESTONEDOJI "Gravestone Doji"
        cdlgravestonedoji cdlgravestonedoji_open cdlgravestonedoji_lookback CdlgravestonedojiStream [];
    CDLHAMMER "Hammer" cdlhammer cdlhammer_open cdlhammer_lookback CdlhammerStream [];
    CDLHANGINGMAN "Hanging Man" cdlhangingman cdlhangingman_open cdlhangingman_lookback CdlhangingmanStream [];
    CDLHARAMI "Harami Pattern" cdlharami cdlharami_open cdlharami_lookback CdlharamiStream [];
    CDLHARAMICROSS "Harami Cross Pattern"
        cdlharamicross cdlharamicross_open cdlharamicross_lookback CdlharamicrossStream [];
    CDLHIGHWAVE "High-Wave Candle" cdlhighwave cdlhighwave_open cdlhighwave_lookback CdlhighwaveStream [];
    CDLHIKKAKE "Hikkake Pattern" cdlhikkake cdlhikkake_open cdlhikkake_lookback CdlhikkakeStream [];
    CDLHIKKAKEMOD "Modified Hikkake Pattern"
        cdlhikkakemod cdlhikkakemod_open cdlhikkakemod_lookback CdlhikkakemodStream [];
    CDLHOMINGPIGEON "Homing Pigeon"
        cdlhomingpigeon cdlhomingpigeon_open cdlhomingpigeon_lookback CdlhomingpigeonStream [];
    CDLIDENTICAL3CROWS "Identical Three Crows"
        cdlidentical3crows cdlidentical3crows_open cdlidentical3crows_lookback Cdlidentical3crowsStream [];
    CDLINNECK "In-Neck Pattern" cdlinneck cdlinneck_open cdlinneck_lookback CdlinneckStream [];
    CDLINVERTEDHAMMER "Inverted Hammer"
        cdlinvertedhammer cdlinvertedhammer_open cdlinvertedhammer_lookback CdlinvertedhammerStream [];
    CDLKICKING "Kicking" cdlkicking cdlkicking_open cdlkicking_lookback CdlkickingStream [];
    CDLKICKINGBYLENGTH "Kicking: bull/bear determined by the longer marubozu"
        cdlkickingbylength cdlkickingbylength_open cdlkickingbylength_lookback CdlkickingbylengthStream [];
    CDLLADDERBOTTOM "Ladder Bottom"
        cdlladderbottom cdlladderbottom_open cdlladderbottom_lookback CdlladderbottomStream [];
    CDLLONGLEGGEDDOJI "Long Legged Doji"
        cdllongleggeddoji cdllongleggeddoji_open cdllongleggeddoji_lookback CdllongleggeddojiStream [];
    CDLLONGLINE "Long Line Candle" cdllongline cdllongline_open cdllongline_lookback CdllonglineStream [];
    CDLMARUBOZU "Marubozu" cdlmarubozu cdlmarubozu_open cdlmarubozu_lookback CdlmarubozuStream [];
    CDLMATCHINGLOW "Matching Low"
        cdlmatchinglow cdlmatchinglow_open cdlmatchinglow_lookback CdlmatchinglowStream [];
    CDLMATHOLD "Mat Hold" cdlmathold cdlmathold_open cdlmathold_lookback CdlmatholdStream
        [real 0 ("penetration", 0.5, 0.0, 1e9) .quiet()];
    CDLMORNINGDOJISTAR "Morning Doji Star"
        cdlmorningdojistar cdlmorningdojistar_open cdlmorningdojistar_lookback CdlmorningdojistarStream
        [real 0 ("penetration", 0.3, 0.0, 1e9) .quiet()];
    CDLMORNINGSTAR "Morning Star"
        cdlmorningstar cdlmorningstar_open cdlmorningstar_lookback CdlmorningstarStream
        [real 0 ("penetration", 0.3, 0.0, 1e9) .quiet()];
    CDLONNECK "On-Neck Pattern" cdlonneck cdlonneck_open cdlonneck_lookback CdlonneckStream [];
    CDLPIERCING "Piercing Pattern" cdlpiercing cdlpiercing_open cdlpiercing_lookback CdlpiercingStream [];
    CDLRICKSHAWMAN "Rickshaw Man"
        cdlrickshawman cdlrickshawman_open cdlrickshawman_lookback CdlrickshawmanStream [];
    CDLRISEFALL3METHODS "Rising/Falling Three Methods"
        cdlrisefall3methods cdlrisefall3methods_open cdlrisefall3methods_lookback Cdlrisefall3methodsStream [];
    CDLSEPARATINGLINES "Separating Lines"
        cdlseparatinglines cdlseparatinglines_open cdlseparatinglines_lookback CdlseparatinglinesStream [];
    CDLSHOOTINGSTAR "Shooting Star"
        cdlshootingstar cdlshootingstar_open cdlshootingstar_lookback CdlshootingstarStream [];
    CDLSHORTLINE "Short Line Candle" cdlshortline cdlshortline_open cdlshortline_lookback CdlshortlineStream [];
    CDLSPINNINGTOP "Spinning Top"
        cdlspinningtop cdlspinningtop_open cdlspinningtop_lookback CdlspinningtopStream [];
    CDLSTALLEDPATTERN "Stalled Pattern"
        cdlstalledpattern cdlstalledpattern_open cdlstalledpattern_lookback CdlstalledpatternStream [];
    CDLSTICKSANDWICH "Stick Sandwich"
        cdlsticksandwich cdlsticksandwich_open cdlsticksandwich_lookback CdlsticksandwichStream [];
    CDLTAKURI "Takuri (Dragonfly Doji with very long lower shadow)"
        cdltakuri cdltakuri_open cdltakuri_lookback CdltakuriStream [];
    CDLTASUKIGAP "Tasuki Gap" cdltasukigap cdltasukigap_open cdltasukigap_lookback CdltasukigapStream []
        = batch::tasuki_gap;
    CDLTHRUSTING "Thrusting Pattern" cdlthrusting cdlthrusting_open cdlthrusting_lookback CdlthrustingStream [];
    CDLTRISTAR "Tristar Pattern" cdltristar cdltristar_open cdltristar_lookback CdltristarStream [];
    CDLUNIQUE3RIVER "Unique 3 River"
        cdlunique3river cdlunique3river_open cdlunique3river_lookback Cdlunique3riverStream [];
    CDLUPSIDEGAP2CROWS "Upside Gap Two Crows"
        cdlupsidegap2crows cdlupsidegap2crows_open cdlupsidegap2crows_lookback Cdlupsidegap2crowsStream [];
    CDLXSIDEGAP3METHODS "Upside/Downside Gap Three Methods"
        cdlxsidegap3methods cdlxsidegap3methods_open cdlxsidegap3methods_lookback Cdlxsidegap3methodsStream []
        = batch::gap_three_methods;
}
