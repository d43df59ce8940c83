/**
 * A person's drawings on one instrument, kept by the server. Changes show at once; what the server refuses is taken
 * back and said. One request per drawing at a time, and the last state wins.
 */
import { charts, type Drawing, type DrawingContent, type DrawingKind } from '$/api/charts';
import { ApiError } from '$/api/problem';
import { toasts } from '$/ui/toasts.svelte';
import type { Anchor, Shape } from './geometry';

export interface Drawn extends Shape {
  id: string;
  /** Which of the theme's series colours, from 1. */
  colour: number;
  width: number;
}
type Change = Partial<Pick<Drawn, 'anchors' | 'text' | 'colour' | 'width'>>;

const WIDTH_DEFAULT = 2;

export class DrawingStore {
  list: readonly Drawn[] = $state.raw([]);
  selected: string | null = $state(null);
  /** What the arrow keys move of the selected one: all of it, or one of its points. */
  part: number | 'body' = $state('body');
  loaded: boolean = $state(false);
  error: unknown = $state.raw(null);
  readonly instrument: string;
  readonly #decimals: number;
  /** What the server has, by id. */
  readonly #kept = new Map<string, Drawing>();
  readonly #saving = new Set<string>();
  #asked = false;

  constructor(instrument: string, decimals: number) {
    this.instrument = instrument;
    this.#decimals = decimals;
  }

  get current(): Drawn | null {
    return this.list.find((drawn) => drawn.id === this.selected) ?? null;
  }

  ensure(): void {
    if (!this.#asked) void this.reload();
  }

  async reload(): Promise<void> {
    this.#asked = true;
    try {
      const drawings = await charts.drawings(this.instrument);
      this.#kept.clear();
      for (const drawing of drawings) this.#kept.set(drawing.id, drawing);
      this.list = drawings.map(fromApi);
      this.error = null;
      this.loaded = true;
    } catch (error) {
      this.error = error;
    }
  }

  select(id: string | null): void {
    if (id !== this.selected) this.part = 'body';
    this.selected = id;
  }

  async add(kind: DrawingKind, anchors: readonly Anchor[], text = ''): Promise<Drawn | null> {
    const content: Drawn = { id: '', kind, anchors, text, colour: 1, width: WIDTH_DEFAULT };
    try {
      const drawing = await charts.createDrawing(this.instrument, this.#toApi(content));
      this.#kept.set(drawing.id, drawing);
      const drawn = fromApi(drawing);
      this.list = [...this.list, drawn];
      this.select(drawn.id);
      return drawn;
    } catch (error) {
      toasts.fail('The drawing was not kept', error);
      return null;
    }
  }

  /** Shows a change without keeping it yet: while it is dragged or typed. */
  preview(id: string, change: Change): void {
    this.list = this.list.map((drawn) => (drawn.id === id ? { ...drawn, ...change } : drawn));
  }

  async change(id: string, change: Change): Promise<void> {
    this.preview(id, change);
    await this.keep(id);
  }

  /** Sends what is shown, again if it changed meanwhile. */
  async keep(id: string): Promise<void> {
    if (this.#saving.has(id)) return;
    this.#saving.add(id);
    try {
      for (;;) {
        const drawn = this.list.find((entry) => entry.id === id);
        const kept = this.#kept.get(id);
        if (!drawn || !kept) return;
        const saved = await charts.changeDrawing(kept, this.#toApi(drawn));
        this.#kept.set(id, saved);
        if (this.list.find((entry) => entry.id === id) === drawn) return;
      }
    } catch (error) {
      const changed = error instanceof ApiError && (error.status === 412 || error.status === 404);
      toasts.fail(changed ? 'The drawing was changed elsewhere' : 'The drawing was not kept', error);
      if (changed) await this.reload();
      else this.#takeBack(id);
    } finally {
      this.#saving.delete(id);
    }
  }

  async remove(id: string): Promise<void> {
    const before = this.list;
    this.list = before.filter((drawn) => drawn.id !== id);
    if (this.selected === id) this.selected = null;
    try {
      await charts.removeDrawing(id);
      this.#kept.delete(id);
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return;
      toasts.fail('The drawing was not deleted', error);
      const drawn = before.find((entry) => entry.id === id);
      if (drawn) this.list = [...this.list, drawn];
    }
  }

  priceText(anchor: Anchor): string {
    return anchor.price.toFixed(this.#decimals);
  }
  /** The price of one point as it was typed; what is no price changes nothing. */
  setPrice(id: string, index: number, text: string): void {
    const drawn = this.list.find((entry) => entry.id === id);
    const price = Number(text.replaceAll(',', ''));
    if (!drawn || text.trim() === '' || !Number.isFinite(price)) {
      this.list = [...this.list];
      return;
    }
    const anchors = drawn.anchors.map((anchor, at) => (at === index ? { ...anchor, price } : anchor));
    void this.change(id, { anchors });
  }

  /** The next or the one before, around the ends, for the keyboard. */
  selectNext(step: 1 | -1): void {
    const at = this.list.findIndex((drawn) => drawn.id === this.selected);
    const start = at < 0 && step < 0 ? 0 : at;
    this.select(this.list[(start + step + this.list.length) % this.list.length]?.id ?? null);
  }

  #takeBack(id: string): void {
    const kept = this.#kept.get(id);
    if (kept) this.list = this.list.map((drawn) => (drawn.id === id ? fromApi(kept) : drawn));
  }

  #toApi(drawn: Drawn): DrawingContent {
    return {
      kind: drawn.kind,
      points: drawn.anchors.map(({ time, price }) => ({
        time: new Date(Math.round(time * 1000)).toISOString(),
        price: price.toFixed(this.#decimals),
      })),
      style: {
        color: `series-${drawn.colour}`,
        width: drawn.width,
        ...(drawn.kind === 'TEXT' && { text: drawn.text }),
      },
    };
  }
}

function fromApi(drawing: Drawing): Drawn {
  const { color, width, text } = drawing.style;
  return {
    id: drawing.id,
    kind: drawing.kind,
    anchors: drawing.points.map((point) => ({
      time: Date.parse(point.time) / 1000,
      price: Number(point.price),
    })),
    text: text ?? '',
    colour: Number(/^series-(\d)$/.exec(color ?? '')?.[1] ?? 1),
    width: width ?? WIDTH_DEFAULT,
  };
}
