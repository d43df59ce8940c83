//! Configurations and data that are refused, each with what would be right.

use crate::case::{BARS, BASE, Case};

#[test]
fn a_configuration_that_is_wrong_is_refused_with_key_and_remedy() {
    let case = Case::new(BARS);
    let swap = |from: &str, to: &str| BASE.replace(from, to);
    let cases = [
        (
            swap("cash", "csah"),
            "account.csah: there is no such key; did you mean `cash`?",
        ),
        (swap("cash = \"10000\"", ""), "account.cash: is missing"),
        (
            swap("cash = \"10000\"", "cash = \"-1\""),
            "account.cash: must be above 0",
        ),
        (
            swap("cash = \"10000\"", "cash = true"),
            "account.cash: must be a number",
        ),
        (
            swap("tick = \"0.01\"", "tick = \"0\""),
            "instruments[1].tick: must be above 0",
        ),
        (
            swap("id = \"ABC.XNAS\"", "id = \"ABC\""),
            "instruments[1].id: `ABC` is not a valid instrument id",
        ),
        (
            swap("interval = \"1d\"", "interval = \"1y\""),
            "data[1].interval: `1y` is no bar interval",
        ),
        (swap("interval = \"1d\"", ""), "data[1].interval: is missing"),
        (
            swap("interval = \"1d\"", "interval = \"M\""),
            "data[1].interval: bars of M have no fixed length",
        ),
        (swap("file = \"data.csv\"", ""), "data[1].file: is missing"),
        (
            swap(
                "file = \"data.csv\"",
                "source = \"catalog\"\ncatalog = \"c\"\nstamp = \"close\"",
            ),
            "data[1].stamp: goes with files; the catalogue's bars are stamped at their opening",
        ),
        (
            swap(
                "file = \"data.csv\"",
                "source = \"catalog\"\ncatalog = \"c\"\nutc_offset = \"+05:30\"",
            ),
            "data[1].utc_offset: goes with files",
        ),
        (
            swap("tick =", "kind = \"perpetual\"\ntick =")
                .replace("cash = \"10000\"", "cash = \"10000\"\nmargin = true")
                + "[[funding]]\ninstrument = \"ABC.XNAS\"\nrate = \"0.0001\"\ninterval = \"100tick\"\n",
            "funding[1].interval: 100tick has no fixed length",
        ),
        (
            swap("[[data]]", "[[data]]\ninstrument = \"ABC.XNSA\""),
            "did you mean `ABC.XNAS`?",
        ),
        (
            swap("[[data]]", "[[data]]\nkind = \"bras\""),
            "data[1].kind: must be one of bars, quotes, trades",
        ),
        (
            swap("[strategy]", "[stratgy]"),
            "stratgy: there is no such key; did you mean `strategy`?",
        ),
        (
            format!("{BASE}[fills]\nslipage_bps = 1\n"),
            "fills.slipage_bps: there is no such key; did you mean `slippage_bps`?",
        ),
        (
            format!("{BASE}[fills]\nfill = \"open\"\n"),
            "fills.fill: must be one of next_open, close",
        ),
        (
            format!("{BASE}[fills]\nvolume_cap = 0\n"),
            "fills.volume_cap: 0 would fill nothing",
        ),
        (
            format!("{BASE}[fills]\nvolume_cap = 2\n"),
            "fills.volume_cap: must be between 0 and 1",
        ),
        (
            format!("{BASE}[fills]\nfill = \"close\"\nlatency_ms = 1\n"),
            "fills.latency_ms: must be 0",
        ),
        (
            format!("{BASE}[period]\nfrom = \"2024-02-01\"\nto = \"2024-01-01\"\n"),
            "period.to: must be later",
        ),
        (
            format!("{BASE}[period]\nfrom = \"soon\"\n"),
            "period.from: `soon` is no time stamp",
        ),
        (
            swap("profile = \"wide\"", "exposure_mx = 1"),
            "risk.exposure_mx: there is no such limit; did you mean `exposure_max`?",
        ),
        (
            swap("profile = \"wide\"", "exposure_max = \"much\""),
            "risk.exposure_max",
        ),
        (
            swap("taker = \"0.001\"", "taker = 5"),
            "fees[1].taker: must be between -0.1 and 0.1",
        ),
        (
            swap("taker = \"0.001\"", "maker = 0"),
            "fees[1].taker: is missing",
        ),
        ("[account\n".to_owned(), "line 1, column"),
        (
            format!("benchmark = \"XYZ.XNAS\"\n{BASE}"),
            "benchmark: there is no [[data]] of XYZ.XNAS",
        ),
    ];
    for (text, wanted) in cases {
        let refused = case.parse(&text).expect_err(wanted);
        assert!(refused.contains(wanted), "wanted {wanted}\ngot {refused}");
        assert!(refused.contains("bt.toml"), "{refused}");
    }
}

#[test]
fn what_the_strategy_or_the_kernel_refuses_is_told() {
    let case = Case::new(BARS);
    let cases = [
        (BASE.replace("ema_cross", "ema_crosss"), "names no strategy"),
        (
            BASE.replace("fast = 1", "fast = 3"),
            "fast must be less than slow",
        ),
        (BASE.replace("fast = 1", "fats = 1"), "has no parameter `fats`"),
        (
            BASE.replace("ema_cross", "pairs"),
            "works on 2 instruments, got 1",
        ),
        (
            BASE.replace("profile = \"wide\"", "exposure_max = 0"),
            "exposure_max",
        ),
        (
            BASE.replace("file = \"data.csv\"", "file = \"other.csv\""),
            "other.csv",
        ),
    ];
    for (text, wanted) in cases {
        let refused = case.try_run(&text).expect_err(wanted);
        assert!(refused.contains(wanted), "wanted {wanted}\ngot {refused}");
    }
    let bad = Case::new("ts,open,high,low,close\n2024-01-02,1,1,1,1\n2024-01-01,1,1,1,1\n");
    let refused = bad.try_run(BASE).expect_err("out of order");
    assert!(
        refused.contains("data.csv, line 3: 2024-01-01T00:00:00Z comes after"),
        "{refused}"
    );
    let two = Case::new("date,time,open,high,low,close\n2024-01-02,09:15,1,1,1,1\n");
    let refused = two.try_run(BASE).expect_err("two times");
    assert!(
        refused.contains("columns date and time both could be the time"),
        "{refused}"
    );
    let none = Case::new("ts,open,high,low,close\n");
    assert!(none.try_run(BASE).expect_err("no rows").contains("no data"));
}
