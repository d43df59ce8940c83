/** A backfill asked for in rounds: the server answers after so many questions to the venue, the next round goes on. */
import type { Backfilled } from '$/api/catalogue';

/** Sums of the rounds so far; failures and gaps left are those of the last one. */
export function joined(before: Backfilled | null, round: Backfilled): Backfilled {
  if (!before) return round;
  return {
    asked: before.asked + round.asked,
    added: before.added + round.added,
    empty: before.empty + round.empty,
    skipped: before.skipped + round.skipped,
    failures: round.failures,
    gaps_left: round.gaps_left,
  };
}

/** Whether another round can get further: something is left, and the venue had bars for most questions of the last one. */
export function goesOn(round: Backfilled): boolean {
  const { gaps_left, added, asked, empty, failures } = round;
  return gaps_left > 0 && added > 0 && empty < asked / 2 && failures.length === 0;
}

/** Rounds until nothing is left or nothing more comes; `told` hears how far it is. Ends when `ask` throws. */
export async function fill(ask: () => Promise<Backfilled>, told: (sofar: Backfilled) => void): Promise<void> {
  let sofar: Backfilled | null = null;
  for (;;) {
    const round = await ask();
    sofar = joined(sofar, round);
    told(sofar);
    if (!goesOn(round)) return;
  }
}
