/** Configurations to begin with. Each is whole, on the data that is chosen, and the browser tests run every one. */
import type { BacktestKind } from '$/api/types';
import { headText, tailText, type Plan } from './config-text';

export interface Example {
  name: string;
  title: string;
  meaning: string;
  kind: BacktestKind;
  grid?: string;
  /** The parts after account, instrument and data. */
  rest: string;
  /** A script that it names. */
  script?: { name: string; text: string };
}

const SCRIPT = `// Long while the fast average is above the slow one.
fn init() {
    #{ indicators: ["EMA_10", "EMA_30"], window: 2, warm_up: 31 }
}

fn on_bar(ctx) {
    let above = ctx.value("EMA_10") > ctx.value("EMA_30");
    let was_above = ctx.value("EMA_10", 1) > ctx.value("EMA_30", 1);
    if above == was_above { return; }
    if above {
        buy(#{ fraction: 0.5, reason: "EMA 10 crossed above EMA 30" });
    } else {
        close("EMA 10 crossed below EMA 30");
    }
}
`;

export const EXAMPLES: readonly Example[] = [
  {
    name: 'cross',
    title: 'Average cross',
    meaning: 'Long while a fast average is above a slow one, with half of the equity.',
    kind: 'RUN',
    rest: `[strategy]
id = "ema_cross"
parameters = { fast = 10, slow = 30, size = 0.5 }

[fills]
fill = "next_open"
slippage_bps = "1"`,
  },
  {
    name: 'reversion',
    title: 'RSI reversion with a stop-loss',
    meaning: 'Buys weakness, sells when it is over, and gives up at 5 %.',
    kind: 'RUN',
    rest: `[strategy]
id = "rsi_reversion"
parameters = { period = 14, low = 35, exit = 55, size = 0.25, stop_loss = 0.05 }`,
  },
  {
    name: 'breakout',
    title: 'Breakout, and what it costs',
    meaning: 'With slippage, latency and no more than a tenth of a bar’s volume.',
    kind: 'RUN',
    rest: `[strategy]
id = "donchian_breakout"
parameters = { entry = 20, exit = 10, size = 0.5 }

[fills]
fill = "next_open"
slippage_bps = "2"
latency_ms = 250
latency_jitter_ms = 100
volume_cap = "0.1"`,
  },
  {
    name: 'hold',
    title: 'Buy and hold',
    meaning: 'What every other run has to beat.',
    kind: 'RUN',
    rest: `[strategy]
id = "buy_and_hold"
parameters = { weight = 0.9 } # cash has to cover the worst price of a market order, 10 % above`,
  },
  {
    name: 'script',
    title: 'A script of one’s own',
    meaning: 'The same text runs on a paper account.',
    kind: 'RUN',
    script: { name: 'cross.rhai', text: SCRIPT },
    rest: `[strategy]
script = "cross.rhai"`,
  },
  {
    name: 'sweep',
    title: 'Sweep over two averages',
    meaning: 'Every pair of lengths, and how much of the best one is luck.',
    kind: 'SWEEP',
    grid: 'fast = { from = 4, to = 20, step = 2 }\nslow = { from = 25, to = 65, step = 5 }\n',
    rest: `[strategy]
id = "ema_cross"
parameters = { size = 0.5 }`,
  },
  {
    name: 'walk',
    title: 'Walk-forward',
    meaning: 'Chooses on one stretch, trades on the next, again and again.',
    kind: 'WALK_FORWARD',
    grid: 'fast = [5, 10, 15]\nslow = [30, 50]\n',
    rest: `[strategy]
id = "ema_cross"
parameters = { size = 0.5 }`,
  },
];

/** An example on the data that is chosen. */
export function exampleText(example: Example, plan: Plan): string {
  const [name, benchmark] = [example.title, plan.instrument].map((text) => JSON.stringify(text));
  const about = `# ${example.meaning}\nname = ${name}\nseed = 1\nbenchmark = ${benchmark}`;
  return [about, headText(plan), example.rest, tailText(plan)].join('\n\n');
}
