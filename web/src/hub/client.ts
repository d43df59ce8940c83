/**
 * The client of the hub: ticket, sign-on, subscriptions, sequence checks, resume, heartbeat, reconnect.
 * It knows nothing of the DOM or of Svelte; socket, clock and tickets come from outside, so that every rule is
 * under test with a fake socket. A topic has one sink; sharing of topics between pages is the live layer's job.
 */
import { CLOSE, parseFrame, topicOf, type ServerFrame, type Subscription } from './protocol';

export interface SocketLike {
  send(text: string): void;
  close(code?: number): void;
  onopen: (() => void) | null;
  onmessage: ((text: string) => void) | null;
  onclose: ((code: number, reason: string) => void) | null;
}

export interface HubEnvironment {
  open(): SocketLike;
  ticket(): Promise<string>;
  setTimer(run: () => void, delay_ms: number): unknown;
  clearTimer(handle: unknown): void;
  now(): number;
  /** 0 ≤ x < 1, to spread reconnects. */
  jitter(): number;
}

export type HubState =
  | { kind: 'idle' }
  | { kind: 'connecting'; attempt: number }
  | { kind: 'live'; since: number }
  | { kind: 'waiting'; attempt: number; until: number; reason: string }
  | { kind: 'refused'; reason: string };

/** What a topic hears. */
export interface Sink {
  snapshot(data: unknown): void;
  delta(data: unknown): void;
  /** False while what the topic holds may be out of date. */
  live(live: boolean): void;
  refused(code: string, detail: string): void;
}

interface Topic {
  subscription: Subscription;
  sink: Sink;
  epoch: string | null;
  seq: number;
  /** A snapshot is on its way; deltas until then are not ours to apply. */
  awaitingSnapshot: boolean;
}

const BACKOFF_MS = [250, 500, 1_000, 2_000, 4_000, 8_000, 15_000] as const;
const HANDSHAKE_MS = 8_000;
const HEARTBEAT_S = 15;
/** Silence for so many heartbeats ends the socket. */
const HEARTBEATS_MISSED_MAX = 2.5;

export class HubClient {
  state: HubState = { kind: 'idle' };
  onstate: (state: HubState) => void = () => undefined;
  /** The session is over: the server said so by a close code or refused a ticket. */
  onunauthenticated: () => void = () => undefined;
  /** Server time minus ours, from the last heartbeat. */
  clockOffset_ms = 0;
  gaps = 0;
  reconnects = 0;

  readonly #environment: HubEnvironment;
  readonly #topics = new Map<string, Topic>();
  #socket: SocketLike | null = null;
  #welcomed = false;
  #attempt = 0;
  #timer: unknown = null;
  #pinger: unknown = null;
  #heartbeat_ms = HEARTBEAT_S * 1000;
  #lastHeard = 0;
  #running = false;
  /** Counts sockets, so that a late ticket or callback of an old one is ignored. */
  #generation = 0;

  constructor(environment: HubEnvironment) {
    this.#environment = environment;
  }

  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#attempt = 0;
    void this.#connect();
  }

  stop(): void {
    this.#running = false;
    this.#drop();
    this.#setState({ kind: 'idle' });
  }

  /** Tries at once when waiting for the next attempt (the network came back, the page is seen again). */
  hurry(): void {
    if (this.state.kind !== 'waiting') return;
    this.#clearTimer();
    void this.#connect();
  }

  /** One sink per topic; a second subscription to the same topic is a mistake of the caller. */
  subscribe(subscription: Subscription, sink: Sink): () => void {
    const name = topicOf(subscription);
    if (this.#topics.has(name)) throw new Error(`${name} is already subscribed`);
    const topic: Topic = { subscription, sink, epoch: null, seq: 0, awaitingSnapshot: true };
    this.#topics.set(name, topic);
    if (this.#welcomed) this.#sendSubscribe(topic);
    return () => {
      if (this.#topics.get(name) !== topic) return;
      this.#topics.delete(name);
      if (this.#welcomed) this.#send({ op: 'unsubscribe', ...subscription });
    };
  }

  async #connect(): Promise<void> {
    const generation = ++this.#generation;
    this.#setState({ kind: 'connecting', attempt: this.#attempt });
    let ticket: string;
    try {
      ticket = await this.#environment.ticket();
    } catch (error) {
      if (generation !== this.#generation || !this.#running) return;
      if ((error as { status?: number }).status === 401) return this.#signedOut('The session has ended.');
      return this.#retry(error instanceof Error ? error.message : 'No ticket');
    }
    if (generation !== this.#generation || !this.#running) return;
    this.#openSocket(generation, ticket);
  }

  #openSocket(generation: number, ticket: string): void {
    const socket = this.#environment.open();
    this.#socket = socket;
    const current = () => generation === this.#generation;
    socket.onopen = () => {
      if (current()) this.#send({ op: 'auth', ticket });
    };
    socket.onmessage = (text) => {
      if (current()) this.#receive(text);
    };
    socket.onclose = (code, reason) => {
      if (current()) this.#closed(code, reason);
    };
    this.#timer = this.#environment.setTimer(() => {
      if (!current()) return;
      socket.close();
      this.#closed(0, 'No welcome from the server');
    }, HANDSHAKE_MS);
  }

  #closed(code: number, reason: string): void {
    this.#drop();
    if (!this.#running) return;
    if (code === CLOSE.unauthenticated || code === CLOSE.revoked) {
      // One more ticket tells whether the session still stands; a 401 there ends it.
      this.#attempt = Math.max(this.#attempt, 2);
    }
    if (code === CLOSE.limit) this.#attempt = Math.max(this.#attempt, BACKOFF_MS.length - 2);
    this.#retry(reason || (code ? `Connection closed (${code})` : 'Connection lost'));
  }

  #retry(reason: string): void {
    const base = BACKOFF_MS[Math.min(this.#attempt, BACKOFF_MS.length - 1)] ?? 15_000;
    const delay = base * (0.75 + 0.5 * this.#environment.jitter());
    this.#attempt += 1;
    this.reconnects += 1;
    this.#setState({
      kind: 'waiting',
      attempt: this.#attempt,
      until: this.#environment.now() + delay,
      reason,
    });
    this.#timer = this.#environment.setTimer(() => void this.#connect(), delay);
  }

  #signedOut(reason: string): void {
    this.#running = false;
    this.#drop();
    this.#setState({ kind: 'refused', reason });
    this.onunauthenticated();
  }

  #drop(): void {
    this.#generation += 1;
    this.#clearTimer();
    if (this.#pinger !== null) this.#environment.clearTimer(this.#pinger);
    this.#pinger = null;
    const socket = this.#socket;
    this.#socket = null;
    const wasLive = this.#welcomed;
    this.#welcomed = false;
    if (socket) {
      socket.onopen = socket.onmessage = socket.onclose = null;
      socket.close();
    }
    if (wasLive) for (const topic of this.#topics.values()) topic.sink.live(false);
  }

  #receive(text: string): void {
    this.#lastHeard = this.#environment.now();
    const frame = parseFrame(text);
    if (!frame) return;
    switch (frame.op) {
      case 'welcome':
        return this.#welcome(frame);
      case 'heartbeat':
      case 'pong':
        return this.#tellTime(frame.server_time);
      case 'snapshot':
        return this.#snapshot(frame);
      case 'delta':
        return this.#delta(frame);
      case 'subscribed':
        return this.#subscribed(frame.topic);
      case 'error':
        return this.#refused(frame.code, frame.detail ?? '', frame.id ?? null);
      case 'unsubscribed':
        return;
    }
  }

  #welcome(frame: Extract<ServerFrame, { op: 'welcome' }>): void {
    this.#clearTimer();
    this.#welcomed = true;
    this.#attempt = 0;
    this.#heartbeat_ms = (frame.heartbeat_s ?? HEARTBEAT_S) * 1000;
    this.#tellTime(frame.server_time);
    this.#setState({ kind: 'live', since: this.#environment.now() });
    for (const topic of this.#topics.values()) this.#sendSubscribe(topic);
    this.#schedulePing();
  }

  #schedulePing(): void {
    this.#pinger = this.#environment.setTimer(() => {
      const silence = this.#environment.now() - this.#lastHeard;
      if (silence > this.#heartbeat_ms * HEARTBEATS_MISSED_MAX)
        return this.#closed(0, 'The server fell silent');
      this.#send({ op: 'ping' });
      this.#schedulePing();
    }, this.#heartbeat_ms);
  }

  #tellTime(serverTime: string): void {
    const server = Date.parse(serverTime);
    if (!Number.isNaN(server)) this.clockOffset_ms = server - this.#environment.now();
  }

  #subscribed(name: string): void {
    const topic = this.#topics.get(name);
    // With a position to resume from there may be nothing to send: what we hold is current again.
    if (topic?.epoch && !topic.awaitingSnapshot) topic.sink.live(true);
  }

  #snapshot(frame: Extract<ServerFrame, { op: 'snapshot' }>): void {
    const topic = this.#topics.get(frame.topic);
    if (!topic) return;
    topic.epoch = frame.epoch;
    topic.seq = frame.seq;
    topic.awaitingSnapshot = false;
    topic.sink.snapshot(frame.data);
    topic.sink.live(true);
  }

  #delta(frame: Extract<ServerFrame, { op: 'delta' }>): void {
    const topic = this.#topics.get(frame.topic);
    if (!topic || topic.awaitingSnapshot || frame.seq <= topic.seq) return;
    if (topic.epoch === null || frame.seq !== topic.seq + 1) return this.#resync(topic);
    topic.seq = frame.seq;
    topic.sink.delta(frame.data);
  }

  /** A hole in the sequence: what we hold can't be trusted until a fresh snapshot is here. */
  #resync(topic: Topic): void {
    this.gaps += 1;
    topic.awaitingSnapshot = true;
    topic.epoch = null;
    topic.seq = 0;
    topic.sink.live(false);
    this.#send({ op: 'unsubscribe', ...topic.subscription });
    this.#sendSubscribe(topic);
  }

  #refused(code: string, detail: string, id: string | null): void {
    const topic = id === null ? undefined : this.#topics.get(id);
    topic?.sink.refused(code, detail);
  }

  #sendSubscribe(topic: Topic): void {
    const since = topic.epoch === null ? {} : { since: { epoch: topic.epoch, seq: topic.seq } };
    this.#send({ op: 'subscribe', ...topic.subscription, ...since, id: topicOf(topic.subscription) });
  }

  #send(message: object): void {
    this.#socket?.send(JSON.stringify(message));
  }

  #clearTimer(): void {
    if (this.#timer !== null) this.#environment.clearTimer(this.#timer);
    this.#timer = null;
  }

  #setState(state: HubState): void {
    this.state = state;
    this.onstate(state);
  }
}
