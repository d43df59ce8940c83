import { beforeEach, describe, expect, it } from 'vitest';
import { HubClient, type HubEnvironment, type SocketLike, type Sink } from './client';

class FakeSocket implements SocketLike {
  sent: Record<string, unknown>[] = [];
  closed = false;
  onopen: (() => void) | null = null;
  onmessage: ((text: string) => void) | null = null;
  onclose: ((code: number, reason: string) => void) | null = null;
  send(text: string) {
    this.sent.push(JSON.parse(text) as Record<string, unknown>);
  }
  close() {
    this.closed = true;
  }
  says(frame: object) {
    this.onmessage?.(JSON.stringify(frame));
  }
  welcome() {
    this.onopen?.();
    this.says({ op: 'welcome', server_time: '2026-11-22T10:00:05Z', heartbeat_s: 15 });
  }
  last() {
    return this.sent.at(-1);
  }
}

/** Sockets, timers and time under the test's hand. */
class World implements HubEnvironment {
  sockets: FakeSocket[] = [];
  timers = new Map<number, { at: number; run: () => void }>();
  time = Date.parse('2026-11-22T10:00:00Z');
  tickets: () => Promise<string> = () => Promise.resolve('T1');
  #next = 1;
  open() {
    const socket = new FakeSocket();
    this.sockets.push(socket);
    return socket;
  }
  ticket() {
    return this.tickets();
  }
  setTimer(run: () => void, delay: number) {
    const id = this.#next++;
    this.timers.set(id, { at: this.time + delay, run });
    return id;
  }
  clearTimer(handle: unknown) {
    this.timers.delete(handle as number);
  }
  now() {
    return this.time;
  }
  jitter() {
    return 0.5;
  }
  async advance(ms: number) {
    const end = this.time + ms;
    for (;;) {
      const due = [...this.timers].filter(([, t]) => t.at <= end).sort((a, b) => a[1].at - b[1].at)[0];
      if (!due) break;
      this.timers.delete(due[0]);
      this.time = due[1].at;
      due[1].run();
      await settled();
    }
    this.time = end;
  }
  socket() {
    const socket = this.sockets.at(-1);
    if (!socket) throw new Error('no socket was opened');
    return socket;
  }
}

const settled = async () => {
  for (let i = 0; i < 5; i++) await Promise.resolve();
};

class Recorder implements Sink {
  log: string[] = [];
  snapshot(data: unknown) {
    this.log.push(`snapshot ${String(data)}`);
  }
  delta(data: unknown) {
    this.log.push(`delta ${String(data)}`);
  }
  live(live: boolean) {
    this.log.push(live ? 'live' : 'stale');
  }
  refused(code: string) {
    this.log.push(`refused ${code}`);
  }
}

const QUOTES = { channel: 'quotes', instrument: 'BTC-USD.COINBASE' } as const;
const TOPIC = 'quotes:BTC-USD.COINBASE';

let world: World;
let hub: HubClient;
let sink: Recorder;

beforeEach(() => {
  world = new World();
  hub = new HubClient(world);
  sink = new Recorder();
});

async function live() {
  hub.start();
  await settled();
  world.socket().welcome();
}
const snapshot = (seq: number, data: string, epoch = 'e1') => ({
  op: 'snapshot',
  topic: TOPIC,
  epoch,
  seq,
  data,
});
const delta = (seq: number, data: string) => ({ op: 'delta', topic: TOPIC, seq, data });

describe('hub client', () => {
  it('signs on with a ticket in the first message and subscribes after the welcome', async () => {
    hub.subscribe(QUOTES, sink);
    hub.start();
    await settled();
    world.socket().onopen?.();
    expect(world.socket().sent).toEqual([{ op: 'auth', ticket: 'T1' }]);
    world.socket().says({ op: 'welcome', server_time: '2026-11-22T10:00:05Z', heartbeat_s: 15 });
    expect(world.socket().last()).toEqual({ op: 'subscribe', ...QUOTES, id: TOPIC });
    expect(hub.state.kind).toBe('live');
    expect(hub.clockOffset_ms).toBe(5000);
  });

  it('applies the snapshot, then deltas in order, and ignores repeated ones', async () => {
    await live();
    hub.subscribe(QUOTES, sink);
    world.socket().says(snapshot(4, 'a'));
    world.socket().says(delta(5, 'b'));
    world.socket().says(delta(5, 'b'));
    world.socket().says(delta(6, 'c'));
    expect(sink.log).toEqual(['snapshot a', 'live', 'delta b', 'delta c']);
    expect(hub.gaps).toBe(0);
  });

  it('asks for a fresh snapshot when a delta is missing, and applies nothing until it is here', async () => {
    await live();
    hub.subscribe(QUOTES, sink);
    world.socket().says(snapshot(4, 'a'));
    world.socket().says(delta(6, 'lost'));
    expect(world.socket().sent.slice(-2)).toEqual([
      { op: 'unsubscribe', ...QUOTES },
      { op: 'subscribe', ...QUOTES, id: TOPIC },
    ]);
    world.socket().says(delta(7, 'lost too'));
    world.socket().says(snapshot(7, 'whole'));
    world.socket().says(delta(8, 'next'));
    expect(sink.log).toEqual(['snapshot a', 'live', 'stale', 'snapshot whole', 'live', 'delta next']);
    expect(hub.gaps).toBe(1);
  });

  it('resumes from where it was after a drop', async () => {
    await live();
    hub.subscribe(QUOTES, sink);
    world.socket().says(snapshot(4, 'a'));
    world.socket().says(delta(5, 'b'));
    world.socket().onclose?.(1006, '');
    expect(hub.state.kind).toBe('waiting');
    expect(sink.log.at(-1)).toBe('stale');
    await world.advance(1000);
    world.socket().welcome();
    expect(world.socket().last()).toEqual({
      op: 'subscribe',
      ...QUOTES,
      since: { epoch: 'e1', seq: 5 },
      id: TOPIC,
    });
    world.socket().says({ op: 'subscribed', id: TOPIC, topic: TOPIC });
    world.socket().says(delta(6, 'c'));
    expect(sink.log.slice(-2)).toEqual(['live', 'delta c']);
    expect(world.sockets).toHaveLength(2);
  });

  it('takes a snapshot of a new epoch after the server restarted', async () => {
    await live();
    hub.subscribe(QUOTES, sink);
    world.socket().says(snapshot(40, 'old'));
    world.socket().onclose?.(1001, 'shutting down');
    await world.advance(1000);
    world.socket().welcome();
    world.socket().says(snapshot(1, 'new', 'e2'));
    world.socket().says(delta(2, 'newer'));
    expect(sink.log.slice(-3)).toEqual(['snapshot new', 'live', 'delta newer']);
  });

  it('backs off further with each failure and starts over once it was live', async () => {
    world.tickets = () => Promise.reject(new Error('down'));
    hub.start();
    await settled();
    const waits: number[] = [];
    for (let i = 0; i < 9; i++) {
      if (hub.state.kind !== 'waiting') throw new Error(hub.state.kind);
      const wait = hub.state.until - world.time;
      waits.push(wait);
      await world.advance(wait);
    }
    expect(waits).toEqual([250, 500, 1000, 2000, 4000, 8000, 15000, 15000, 15000]);
    world.tickets = () => Promise.resolve('T2');
    await world.advance(15000);
    world.socket().welcome();
    world.socket().onclose?.(1006, '');
    expect(hub.state).toMatchObject({ kind: 'waiting', until: world.time + 250 });
  });

  it('does not wait when told to hurry', async () => {
    await live();
    world.socket().onclose?.(1006, '');
    hub.hurry();
    await settled();
    expect(world.sockets).toHaveLength(2);
    await world.advance(500);
    expect(world.sockets).toHaveLength(2);
  });

  it('pings, and gives up a server that fell silent', async () => {
    await live();
    await world.advance(15_000);
    expect(world.socket().last()).toEqual({ op: 'ping' });
    world.socket().says({ op: 'pong', server_time: '2026-11-22T10:00:20Z' });
    await world.advance(30_000);
    expect(hub.state.kind).toBe('live');
    await world.advance(15_000);
    expect(world.sockets[0]?.closed).toBe(true);
    expect(hub.state.kind).not.toBe('live');
  });

  it('gives up a socket that never welcomes', async () => {
    hub.start();
    await settled();
    world.socket().onopen?.();
    await world.advance(8_000);
    expect(hub.state).toMatchObject({ kind: 'waiting', reason: 'No welcome from the server' });
    expect(world.socket().closed).toBe(true);
  });

  it('ends when the server refuses a ticket, and says so', async () => {
    let told = false;
    hub.onunauthenticated = () => (told = true);
    await live();
    world.tickets = () => Promise.reject(Object.assign(new Error('no'), { status: 401 }));
    world.socket().onclose?.(4403, 'revoked');
    await world.advance(2000);
    expect(told).toBe(true);
    expect(hub.state.kind).toBe('refused');
    await world.advance(60_000);
    expect(world.sockets).toHaveLength(1);
  });

  it('tells the topic when its subscription is refused', async () => {
    await live();
    hub.subscribe(QUOTES, sink);
    world.socket().says({ op: 'error', code: 'NOT_FOUND', detail: 'unknown', id: TOPIC });
    expect(sink.log).toEqual(['refused NOT_FOUND']);
  });

  it('unsubscribes once, and ignores frames of topics it left', async () => {
    await live();
    const leave = hub.subscribe(QUOTES, sink);
    leave();
    leave();
    world.socket().says(snapshot(1, 'late'));
    expect(sink.log).toEqual([]);
    expect(world.socket().sent.filter((m) => m['op'] === 'unsubscribe')).toHaveLength(1);
    expect(() => hub.subscribe(QUOTES, sink)).not.toThrow();
    expect(() => hub.subscribe(QUOTES, sink)).toThrow('already subscribed');
  });

  it('survives a frame that is no JSON', async () => {
    await live();
    world.socket().onmessage?.('{nonsense');
    world.socket().onmessage?.('42');
    expect(hub.state.kind).toBe('live');
  });

  it('opens no socket for a ticket that came after it was stopped', async () => {
    let give: (ticket: string) => void = () => undefined;
    world.tickets = () => new Promise((resolve) => (give = resolve));
    hub.start();
    hub.stop();
    give('late');
    await settled();
    expect(world.sockets).toHaveLength(0);
  });
});
