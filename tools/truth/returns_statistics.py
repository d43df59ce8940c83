#!/usr/bin/env python3
"""Truth for crates/analytics: quantstats, empyrical-reloaded and plain numpy/scipy on synthetic series.

    python3 -m venv /tmp/truth-returns
    /tmp/truth-returns/bin/pip install quantstats==0.0.86 empyrical-reloaded==0.7.1 numpy==2.4.6 pandas==3.1.1 scipy==1.17.1
    /tmp/truth-returns/bin/pip install --no-deps skfolio==1.12.2
    /tmp/truth-returns/bin/python tools/truth/returns_statistics.py
        writes crates/analytics/tests/golden/returns.json and crates/analytics/tests/golden/overfitting.json

The series are deterministic: a linear congruential generator, twelve uniform draws summed to a nearly normal one, in
whole millionths. One case is real: two years of two US stocks from skfolio's data set (BSD 3-Clause, Copyright (c) the
skfolio developers), which that package carries for such use. Each case carries its input, so that the tests need nothing else. A figure that a library has is
taken from the library; what no library has (Cornish-Fisher, the papers on overfitting) is computed here, independently
of the Rust code, from the formulas of the papers.
"""

import itertools
import json
import math
import pathlib
import sys
import warnings
from importlib import metadata

import empyrical as ep
import numpy as np
import pandas as pd
import quantstats.stats as qs
from scipy import stats

PINNED = {
    "quantstats": "0.0.86",
    "empyrical-reloaded": "0.7.1",
    "numpy": "2.4.6",
    "pandas": "3.1.1",
    "scipy": "1.17.1",
    "skfolio": "1.12.2",
}
GOLDEN = pathlib.Path(__file__).resolve().parents[2] / "crates" / "analytics" / "tests" / "golden"
WINDOW = 63
EVERY = 20  # Of the rolling figures, only each 20th is kept: the file stays small.


class Stirred:
    """A stirred counter (a linear congruence): variety that is the same on every machine."""

    def __init__(self, state):
        self.state = state

    def unit(self):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % (1 << 64)
        return (self.state >> 11) / (1 << 53)

    def normal(self):
        return sum(self.unit() for _ in range(12)) - 6.0


def number(value):
    """JSON number, or None for NaN, infinity and what is missing."""
    if value is None:
        return None
    value = float(value)
    return value if math.isfinite(value) else None


def numbers(values):
    return [number(v) for v in values]


def series(seed, count, mean, deviation, start, freq, jumps=0.0):
    """Returns in whole millionths; some days are flat, some jump."""
    dice = Stirred(seed)
    index = pd.date_range(start, periods=count, freq=freq)
    values = []
    previous = 0.0
    for _ in range(count):
        r = mean + deviation * dice.normal() + 0.1 * previous
        if dice.unit() < jumps:
            r -= 4.0 * deviation
        if dice.unit() < 0.03:
            r = 0.0
        previous = r
        values.append(round(r * 1e6) / 1e6)
    return pd.Series(values, index=index)


def drawdown_details(r):
    """quantstats' table, with the beginning put before the first day.

    Without it quantstats overlooks a drawdown that begins on the first day and is the only one.
    """
    depths = qs.to_drawdown_series(r)
    beginning = pd.Series([0.0], index=[depths.index[0] - pd.Timedelta(days=1)])
    return qs.drawdown_details(pd.concat([beginning, depths]))


def library_figures(r, periods, risk_free, required):
    """Figures that a library defines, under our names."""
    rf_period = (1 + risk_free) ** (1 / periods) - 1
    details = drawdown_details(r)
    return {
        "total_return": qs.comp(r),
        "cagr": qs.cagr(r, periods=periods),
        "cagr_empyrical": ep.annual_return(r, annualization=periods),
        "geometric_mean": qs.geometric_mean(r),
        "volatility": qs.volatility(r, periods=periods),
        "volatility_empyrical": ep.annual_volatility(r, annualization=periods),
        "downside_deviation": ep.downside_risk(r, required_return=rf_period, annualization=periods),
        "sharpe": qs.sharpe(r, rf=risk_free, periods=periods),
        "sharpe_empyrical": ep.sharpe_ratio(r, risk_free=rf_period, annualization=periods),
        "smart_sharpe": qs.smart_sharpe(r, rf=risk_free, periods=periods),
        "sortino": qs.sortino(r, rf=risk_free, periods=periods),
        "sortino_empyrical": ep.sortino_ratio(r, required_return=rf_period, annualization=periods),
        "smart_sortino": qs.smart_sortino(r, rf=risk_free, periods=periods),
        "adjusted_sortino": qs.adjusted_sortino(r, rf=risk_free, periods=periods),
        "calmar": qs.calmar(r, periods=periods),
        "calmar_empyrical": ep.calmar_ratio(r, annualization=periods),
        "calmar_36m": ep.calmar_ratio(r.iloc[-3 * periods :], annualization=periods) if len(r) >= 3 * periods else None,
        "omega": qs.omega(r, rf=risk_free, required_return=required, periods=periods),
        "omega_empyrical": ep.omega_ratio(
            r, risk_free=rf_period, required_return=required, annualization=periods
        ),
        # At the series' own resolution: no resampling.
        "gain_to_pain": r.sum() / abs(r[r < 0].sum()),
        "recovery_factor": qs.recovery_factor(r),
        "stability": ep.stability_of_timeseries(r),
        "autocorrelation_penalty": qs.autocorr_penalty(qs._utils._prepare_returns(r, risk_free, periods)),
        "max_drawdown": qs.max_drawdown(r),
        "max_drawdown_empyrical": ep.max_drawdown(r),
        "ulcer_index": qs.ulcer_index(r),
        "ulcer_performance_index": qs.ulcer_performance_index(r),
        "serenity_index": qs.serenity_index(r),
        "skewness": qs.skew(r),
        "kurtosis": qs.kurtosis(r),
        "tail_ratio": qs.tail_ratio(r),
        "tail_ratio_empyrical": ep.tail_ratio(r),
        "outlier_win_ratio": qs.outlier_win_ratio(r),
        "outlier_loss_ratio": qs.outlier_loss_ratio(r),
        "win_rate": qs.win_rate(r),
        "average_return": qs.avg_return(r),
        "average_win": qs.avg_win(r),
        "average_loss": qs.avg_loss(r),
        "payoff_ratio": qs.payoff_ratio(r),
        "profit_factor": qs.profit_factor(r),
        "kelly": qs.kelly_criterion(r),
        "common_sense_ratio": qs.common_sense_ratio(r),
        "cpc_index": qs.cpc_index(r),
        "risk_of_ruin": qs.risk_of_ruin(r),
        "longest_run_of_gains": qs.consecutive_wins(r),
        "longest_run_of_losses": qs.consecutive_losses(r),
        "average_drawdown": details["max drawdown"].mean() / 100,
        "average_drawdown_days": details["days"].mean(),
        "longest_drawdown_days": details["days"].max(),
    }


def tails(r):
    """VaR and CVaR at two confidences."""
    found = []
    mean, deviation = r.mean(), r.std()
    skew, excess = stats.skew(r), stats.kurtosis(r)
    for confidence in (0.95, 0.99):
        z = stats.norm.ppf(1 - confidence)
        bent = (
            z
            + (z**2 - 1) * skew / 6
            + (z**3 - 3 * z) * excess / 24
            - (2 * z**3 - 5 * z) * skew**2 / 36
        )
        found.append(
            {
                "confidence": confidence,
                "var_historical": number(ep.value_at_risk(r, cutoff=1 - confidence)),
                "var_gaussian": number(qs.value_at_risk(r, confidence=confidence)),
                "var_cornish_fisher": number(mean + deviation * bent),
                "cvar_historical": number(ep.conditional_value_at_risk(r, cutoff=1 - confidence)),
                "cvar_gaussian": number(qs.cvar(r, confidence=confidence)),
            }
        )
    return found


def calendar(r):
    """Months and years, compounded, as empyrical groups them."""
    months = ep.aggregate_returns(r, "monthly")
    years = ep.aggregate_returns(r, "yearly")
    return {
        "months": [[int(y), int(m), number(v)] for (y, m), v in months.items()],
        "years": [[int(y), number(v)] for y, v in years.items()],
        "best_day": number(r.max()),
        "worst_day": number(r.min()),
    }


def drawdown_table(r):
    """quantstats' table, the deepest first."""
    table = drawdown_details(r).sort_values("max drawdown", kind="stable").head(8)
    rows = table.to_dict("records")
    return [
        {
            "start": row["start"],
            "trough": row["valley"],
            "end": row["end"],
            "days": int(row["days"]),
            "depth": number(row["max drawdown"] / 100),
        }
        for row in rows
    ]


def versus(r, b, periods, risk_free):
    """Figures against a benchmark."""
    rf_period = (1 + risk_free) ** (1 / periods) - 1
    greeks = qs.greeks(r, b, periods=periods)
    # empyrical's `up` and `down` take no annualisation but by the name of a period: computed on the chosen days.
    up, down = b > 0, b < 0

    def annual(x):
        return ep.annual_return(x, annualization=periods)

    return {
        "beta": number(greeks["beta"]),
        "beta_empyrical": number(ep.beta(r, b, risk_free=rf_period)),
        "alpha_without_rate": number(greeks["alpha"]),
        "alpha_compounded": number(ep.alpha(r, b, risk_free=rf_period, annualization=periods)),
        "correlation": number(np.corrcoef(r, b)[0, 1]),
        "r_squared": number(qs.r_squared(r, b)),
        "tracking_error": number((r - b).std() * math.sqrt(periods)),
        "information_ratio": number(qs.information_ratio(r, b)),
        "information_ratio_empyrical": number(ep.excess_sharpe(r, b)),
        "treynor": number(qs.treynor_ratio(r, b, periods=periods, rf=risk_free)),
        "treynor_annual": number((annual(r) - risk_free) / ep.beta(r, b)),
        "capture": number(annual(r) / annual(b)),
        "up_capture": number(annual(r[up]) / annual(b[up])),
        "down_capture": number(annual(r[down]) / annual(b[down])),
        "up_capture_daily_empyrical": number(ep.up_capture(r, b)),
        "down_capture_daily_empyrical": number(ep.down_capture(r, b)),
        "batting_average": number(ep.batting_average(r, b)["batting average"]),
        "rolling_beta": numbers(ep.roll_beta(r, b, window=WINDOW).iloc[::EVERY]),
    }


def rolling(r, periods, risk_free):
    """Rolling figures from the first full window on, each EVERYth."""
    window = {"rolling_period": WINDOW, "periods_per_year": periods}
    return {
        "sharpe": numbers(qs.rolling_sharpe(r, rf=risk_free, **window).iloc[WINDOW - 1 :: EVERY]),
        "sortino": numbers(qs.rolling_sortino(r, rf=risk_free, **window).iloc[WINDOW - 1 :: EVERY]),
        "volatility": numbers(qs.rolling_volatility(r, **window).iloc[WINDOW - 1 :: EVERY]),
    }


def case(name, r, periods, risk_free=0.0, required=0.0, benchmark=None):
    figures = library_figures(r, periods, risk_free, required)
    one = {
        "name": name,
        "periods_per_year": periods,
        "risk_free": risk_free,
        "required_return": required,
        "ts": [t.strftime("%Y-%m-%dT%H:%M:%SZ") for t in r.index],
        "returns": numbers(r),
        "drawdown_series_last": number(qs.to_drawdown_series(r).iloc[-1]),
        "figures": {key: number(value) for key, value in figures.items()},
        "tail": tails(r),
        "calendar": calendar(r),
        "drawdowns": drawdown_table(r),
        "window": WINDOW,
        "every": EVERY,
        "rolling": rolling(r, periods, risk_free) if len(r) >= WINDOW else None,
    }
    if benchmark is not None:
        one["benchmark"] = numbers(benchmark)
        one["versus"] = versus(r, benchmark, periods, risk_free)
    return one


def with_benchmark(seed, count, start, freq, deviation):
    market = series(seed, count, 0.0003, deviation, start, freq, jumps=0.01)
    own = series(seed + 1, count, 0.0002, deviation * 0.7, start, freq)
    return ((0.8 * market + own).round(6), market)


def real_case():
    """JPMorgan against Apple, 2008 and 2009, from skfolio's closes; read as a file, the package is not imported."""
    data = metadata.distribution("skfolio").locate_file("skfolio/datasets/data/sp500_dataset.csv.gz")
    closes = pd.read_csv(data, index_col=0, parse_dates=True)
    chosen = closes.loc["2007-12-31":"2009-12-31", ["JPM", "AAPL"]].pct_change().iloc[1:].round(8)
    return case("two stocks through 2008 (skfolio, BSD-3)", chosen["JPM"], 252, risk_free=0.01, benchmark=chosen["AAPL"])


def returns_cases():
    stock, market = with_benchmark(11, 900, "2019-01-02", "B", 0.01)
    coin, coins = with_benchmark(23, 400, "2022-03-15", "D", 0.03)
    return [
        case("daily with rate", stock, 252, risk_free=0.02, required=0.03, benchmark=market),
        case("daily without rate", stock, 252, benchmark=market),
        case("every day of the week", coin, 365, risk_free=0.04, benchmark=coins),
        case("monthly", series(31, 60, 0.008, 0.04, "2018-01-31", "ME"), 12, risk_free=0.01),
        real_case(),
        case("falls from the first day", series(41, 40, -0.004, 0.01, "2024-01-02", "B"), 252),
    ]


def pbo(matrix, blocks):
    """CSCV as in the paper, written with plain loops over numpy slices."""
    count = matrix.shape[0] // blocks * blocks
    parts = np.split(matrix[matrix.shape[0] - count :], blocks)
    logits, losses, inside, outside = [], 0, [], []
    for chosen in itertools.combinations(range(blocks), blocks // 2):
        sample = np.concatenate([parts[i] for i in chosen])
        rest = np.concatenate([parts[i] for i in range(blocks) if i not in chosen])
        performance = sample.mean(axis=0) / sample.std(axis=0, ddof=1)
        later = rest.mean(axis=0) / rest.std(axis=0, ddof=1)
        best = int(np.argmax(performance))
        omega = stats.rankdata(later)[best] / (matrix.shape[1] + 1)
        logits.append(math.log(omega / (1 - omega)))
        losses += rest[:, best].mean() < 0
        inside.append(performance[best])
        outside.append(later[best])
    line = stats.linregress(inside, outside)
    return {
        "pbo": sum(x <= 0 for x in logits) / len(logits),
        "logits_sorted": sorted(logits),
        "probability_of_loss": losses / len(logits),
        "slope": line.slope,
        "intercept": line.intercept,
        "r_squared": line.rvalue**2,
        "mean_in_sample": float(np.mean(inside)),
        "mean_out_of_sample": float(np.mean(outside)),
    }


def overfitting_cases():
    dice = Stirred(7)
    found = []
    for trials, periods, blocks, skill in ((8, 130, 6, 0.0), (12, 203, 8, 0.004), (5, 64, 4, 0.001)):
        matrix = np.array(
            [
                [round((0.01 * dice.normal() + (skill if t == 2 else 0.0)) * 1e6) / 1e6 for t in range(trials)]
                for _ in range(periods)
            ]
        )
        found.append({"blocks": blocks, "trials": matrix.T.tolist(), "result": pbo(matrix, blocks)})
    return found


def sharpe_cases():
    """PSR, DSR and minimum track record length, with scipy's normal distribution."""
    gamma = np.euler_gamma
    found = []
    for sharpe, periods, skew, kurtosis, variance, trials in (
        (0.1, 500, -0.4, 5.0, 0.001, 20),
        (0.05, 2500, 0.3, 3.5, 0.0004, 300),
        (2.5 / math.sqrt(250), 1250, -3.0, 10.0, 0.5 / 250, 100),
        (2.5 / math.sqrt(250), 1250, -3.0, 10.0, 0.5 / 250, 46),
        (0.458, 24, -2.448, 10.164, 0.02, 5),
        (-0.05, 100, 0.0, 3.0, 0.01, 2),
    ):
        spread = 1 - skew * sharpe + (kurtosis - 1) / 4 * sharpe**2
        best = math.sqrt(variance) * (
            (1 - gamma) * stats.norm.ppf(1 - 1 / trials) + gamma * stats.norm.ppf(1 - 1 / (trials * math.e))
        )

        def probability(threshold):
            return stats.norm.cdf((sharpe - threshold) * math.sqrt(periods - 1) / math.sqrt(spread))

        length = 1 + spread * (stats.norm.ppf(0.95) / sharpe) ** 2 if sharpe > 0 else None
        found.append(
            {
                "sharpe": sharpe,
                "periods": periods,
                "skewness": skew,
                "kurtosis": kurtosis,
                "variance": variance,
                "trials": trials,
                "psr": probability(0.0),
                "threshold": best,
                "dsr": probability(best),
                "track_record": length,
            }
        )
    return found


def main():
    for package, version in PINNED.items():
        if metadata.version(package) != version:
            sys.exit(f"{package} is {metadata.version(package)}, not {version}")
    warnings.simplefilter("ignore")
    GOLDEN.mkdir(parents=True, exist_ok=True)
    written = {
        "returns.json": {"versions": PINNED, "cases": returns_cases()},
        "overfitting.json": {"versions": PINNED, "pbo": overfitting_cases(), "sharpe": sharpe_cases()},
    }
    for name, content in written.items():
        text = json.dumps(content, allow_nan=False, separators=(",", ":"), default=float)
        (GOLDEN / name).write_text(text.replace('{"name"', '\n{"name"') + "\n")
        print(f"{GOLDEN / name}: {len(text)} bytes")
    # The notice that goes with the real case's closes.
    notice = metadata.distribution("skfolio").read_text("licenses/LICENSE")
    (GOLDEN / "skfolio.LICENSE").write_text(notice)


if __name__ == "__main__":
    main()
