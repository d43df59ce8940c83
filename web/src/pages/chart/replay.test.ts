import { beforeEach, describe, expect, it } from 'vitest';
import { Replay, SPEEDS } from './replay.svelte';

/** A clock that runs when the test says so. */
class Hand {
  run: (() => void) | null = null;
  every_ms = 0;
  start(run: () => void, every_ms: number): unknown {
    this.run = run;
    this.every_ms = every_ms;
    return this;
  }
  stop(): void {
    this.run = null;
  }
}

describe('a replay', () => {
  let clock: Hand;
  let replay: Replay;
  beforeEach(() => {
    clock = new Hand();
    replay = new Replay({ moment: null }, clock);
    replay.lead(() => [60, 120, 180, 240]);
    replay.start(120);
  });

  it('steps from close to close, and not beyond the ends', () => {
    replay.step(1);
    expect(replay.moment).toBe(180);
    replay.step(-1);
    replay.step(-1);
    replay.step(-1);
    expect(replay.moment).toBe(60);
    replay.step(9);
    expect(replay.moment).toBe(240);
    replay.step(1);
    expect(replay.moment).toBe(240);
  });
  it('starts between two closes at the one before', () => {
    replay.start(130);
    replay.step(1);
    expect(replay.moment).toBe(180);
  });
  it('plays at its speed and stops at the newest bar', () => {
    replay.play();
    expect(clock.every_ms).toBe(1_000);
    replay.setSpeed(10);
    expect([replay.playing, clock.every_ms]).toEqual([true, 100]);
    replay.setSpeed(0.1);
    expect(clock.every_ms).toBe(10_000);
    clock.run?.();
    expect(replay.moment).toBe(180);
    clock.run?.();
    expect([replay.moment, replay.playing, clock.run]).toEqual([240, false, null]);
  });
  it('pauses and goes back to what is live', () => {
    replay.toggle();
    replay.toggle();
    expect([replay.playing, clock.run]).toEqual([false, null]);
    replay.play();
    replay.end();
    expect([replay.playing, replay.moment, clock.run]).toEqual([false, null, null]);
    replay.play();
    expect(replay.playing).toBe(false);
  });
  it('follows the bars of the chart that leads', () => {
    replay.lead(() => [100, 200, 300]);
    replay.step(1);
    expect(replay.moment).toBe(200);
  });
  it('knows speeds from a tenth to ten', () => {
    expect([SPEEDS[0], SPEEDS.at(-1)]).toEqual([0.1, 10]);
  });
});
