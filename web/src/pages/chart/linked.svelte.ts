/** What the charts of one page share: the crosshair's time, the replay, the drawing tool and the drawings. */
import type { DrawingKind } from '$/api/charts';
import type { DrawingStores } from './drawings/stores';
import type { Replay } from './replay.svelte';

export interface Crosshair {
  /** Seconds; `null` when the pointer is on no chart. */
  time: number | null;
  /** The chart where the pointer is. */
  cell: number;
}

export class Linked {
  crosshair: Crosshair = $state.raw({ time: null, cell: -1 });
  /** The chart that was used last: replay steps by its bars. */
  active: number = $state(0);
  /** The tools are at hand. */
  drawing: boolean = $state(false);
  tool: DrawingKind | null = $state(null);
  /** Charts show what had closed by this moment, in seconds; `null` = live. */
  moment: number | null = $state(null);
  /** While its bar is open: keys and clicks on charts go to it. */
  replay: Replay | null = $state.raw(null);
  /** Of a chunk that loads after the candles. */
  stores: DrawingStores | null = $state.raw(null);

  async loadStores(): Promise<void> {
    const { DrawingStores } = await import('./drawings/stores');
    this.stores ??= new DrawingStores();
  }
}
