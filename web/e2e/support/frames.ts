/** Work of the page's main thread per frame, from Chromium's own trace. */
import type { Page } from '@playwright/test';

interface TraceEvent {
  name: string;
  ph: string;
  pid: number;
  tid: number;
  /** Microseconds. */
  ts: number;
  dur?: number;
  /** Of the thread's own clock: without the time in which other programs had the processor. */
  tdur?: number;
  args?: { name?: string };
}

export interface FrameWork {
  frames: number;
  /** 95th percentiles in ms. */
  cpu_p95: number;
  wall_p95: number;
  cpu_max: number;
}

/** Measures while `act` runs. Only frames in which something was drawn count. */
export async function frameWork(page: Page, act: () => Promise<void>): Promise<FrameWork> {
  const session = await page.context().newCDPSession(page);
  const events: TraceEvent[] = [];
  session.on('Tracing.dataCollected', ({ value }) => events.push(...(value as unknown as TraceEvent[])));
  const complete = new Promise<void>((resolve) => session.once('Tracing.tracingComplete', () => resolve()));
  const includedCategories = ['toplevel', 'devtools.timeline', '__metadata'];
  await session.send('Tracing.start', {
    transferMode: 'ReportEvents',
    traceConfig: { includedCategories, recordMode: 'recordAsMuchAsPossible' },
  });
  await act();
  await session.send('Tracing.end');
  await complete;
  await session.detach();
  return perFrame(events);
}

function perFrame(events: TraceEvent[]): FrameWork {
  // The page's own renderer is the one whose main thread draws most.
  const mains = events.filter(
    (event) => event.name === 'thread_name' && event.args?.name === 'CrRendererMain',
  );
  const of = ({ pid, tid }: TraceEvent) => events.filter((event) => event.pid === pid && event.tid === tid);
  const threads = mains.map(of).sort((a, b) => b.length - a.length);
  const [main = []] = threads;
  const tasks = main
    .filter((event) => event.ph === 'X' && event.name === 'ThreadControllerImpl::RunTask')
    .sort((a, b) => a.ts - b.ts);
  const drawn = main.filter((event) => event.name === 'FireAnimationFrame').map((event) => event.ts);
  const starts = main
    .filter((event) => event.name === 'AnimationFrame' && event.ph === 'b')
    .map((event) => event.ts)
    .sort((a, b) => a - b);
  const [cpu, wall]: [number[], number[]] = [[], []];
  for (const [index, start] of starts.slice(0, -1).entries()) {
    const end = starts[index + 1] ?? start;
    if (!drawn.some((ts) => ts >= start && ts < end)) continue;
    // What begins after the frame before began belongs to this one: input first, then the drawing.
    const own = tasks.filter((task) => task.ts >= start && task.ts < end);
    wall.push(own.reduce((sum, task) => sum + (task.dur ?? 0), 0) / 1_000);
    cpu.push(own.reduce((sum, task) => sum + (task.tdur ?? task.dur ?? 0), 0) / 1_000);
  }
  const p95 = (values: number[]) =>
    values.sort((a, b) => a - b)[Math.floor(values.length * 0.95)] ?? Number.NaN;
  return { frames: cpu.length, cpu_p95: p95(cpu), wall_p95: p95(wall), cpu_max: cpu.at(-1) ?? Number.NaN };
}
