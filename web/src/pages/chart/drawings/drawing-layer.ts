/** Paints drawings on the price pane and follows the pointer: draw, select, drag. A chunk of its own. */
import type {
  IPrimitivePaneRenderer,
  IPrimitivePaneView,
  ISeriesPrimitive,
  Logical,
  SeriesAttachedParameter,
  Time,
} from 'lightweight-charts';
import type { DrawingKind } from '$/api/charts';
import type { PriceChart } from '../price-chart';
import {
  FIBONACCI,
  fibonacciPrice,
  hit,
  indexOfTime,
  move,
  pointsOf,
  rayEnd,
  TEXT_HEIGHT_PX,
  timeOfIndex,
  type Anchor,
  type Place,
} from './geometry';
import type { DrawingStore, Drawn } from './drawing-store.svelte';

const HANDLE_PX = 4;
/** A press that moved farther is a drag. */
const DRAG_PX = 4;
const FONT_PX = 12;

export interface LayerContext {
  /** Opening times of the bars that show. */
  times(): readonly number[];
  interval_s(): number;
  tool(): DrawingKind | null;
  /** The tool has done its work. */
  drawn(kind: DrawingKind, anchors: Anchor[]): void;
  decimals(): number;
}

interface Grip {
  id: string;
  part: number | 'body';
  from: Place;
  anchors: readonly Anchor[];
  moved: boolean;
}

export class DrawingLayer implements ISeriesPrimitive<Time>, IPrimitivePaneView, IPrimitivePaneRenderer {
  readonly #chart: PriceChart;
  readonly #store: DrawingStore;
  readonly #context: LayerContext;
  readonly #element: HTMLElement;
  readonly #views: readonly IPrimitivePaneView[] = [this];
  readonly #stop = new AbortController();
  #update: () => void = () => undefined;
  #grip: Grip | null = null;
  /** Points of the drawing under way; the last one follows the pointer. */
  #draft: Anchor[] = [];
  #pressed: Place | null = null;
  #tool: DrawingKind | null = null;
  #held = false;

  constructor(chart: PriceChart, element: HTMLElement, store: DrawingStore, context: LayerContext) {
    this.#chart = chart;
    this.#element = element;
    this.#store = store;
    this.#context = context;
    chart.candles.attachPrimitive(this);
    const options = { capture: true, signal: this.#stop.signal };
    element.addEventListener('pointerdown', (event) => this.#down(event), options);
    element.addEventListener('pointermove', (event) => this.#moved(event), options);
    element.addEventListener('pointerup', (event) => this.#up(event), options);
    element.addEventListener('pointercancel', () => this.cancel(), options);
  }

  attached({ requestUpdate }: SeriesAttachedParameter<Time>): void {
    this.#update = requestUpdate;
  }
  destroy(): void {
    this.#stop.abort();
    this.cancel();
    this.#chart.candles.detachPrimitive(this);
  }
  repaint(): void {
    const tool = this.#context.tool();
    // Points of a tool that was put away are none of the next one's.
    if (tool !== this.#tool) this.#draft = [];
    this.#tool = tool;
    this.#hold(this.#context.tool() !== null || this.#grip !== null);
    this.#element.style.cursor = this.#context.tool() ? 'crosshair' : '';
    this.#update();
  }
  /** Puts a drag back and forgets a drawing that is not complete. */
  cancel(): void {
    if (this.#grip) this.#store.preview(this.#grip.id, { anchors: this.#grip.anchors });
    this.#grip = null;
    this.#draft = [];
    this.#pressed = null;
    this.#hold(false);
    this.#update();
  }

  paneViews(): readonly IPrimitivePaneView[] {
    return this.#views;
  }
  renderer(): IPrimitivePaneRenderer {
    return this;
  }

  draw(target: Parameters<IPrimitivePaneRenderer['draw']>[0]): void {
    target.useMediaCoordinateSpace(({ context, mediaSize }) => {
      context.font = `${FONT_PX}px ${this.#chart.palette.font}`;
      for (const drawn of this.#store.list) {
        this.#paint(context, drawn, mediaSize, drawn.id === this.#store.selected);
      }
      const kind = this.#context.tool();
      const [a, b] = this.#draft;
      if (kind && a && b)
        this.#paint(context, { kind, anchors: [a, b], text: '', colour: 1, width: 2 }, mediaSize, true);
    });
  }

  /** In the middle of what is in view, for drawing by keyboard. */
  middle(kind: DrawingKind): Anchor[] {
    const scale = this.#chart.api.timeScale();
    const { width, height } = this.#chart.api.paneSize(0);
    const range = scale.getVisibleLogicalRange();
    const centre = range ? (Math.max(range.from, 0) + Math.min(range.to, this.#times.length - 1)) / 2 : 0;
    const half = range ? Math.max(1, (range.to - range.from) / 8) : 1;
    const anchor = (index: number, y: number): Anchor => ({
      time: timeOfIndex(this.#times, this.#context.interval_s(), index),
      price: this.#price(y) ?? 0,
    });
    if (width === 0) return [];
    return pointsOf(kind) === 1
      ? [anchor(centre, height / 2)]
      : [anchor(centre - half, height * 0.6), anchor(centre + half, height * 0.4)];
  }

  /** Moved by the keyboard: so many bars, and up by a hundredth of what is in view; with shift ten times as far. */
  nudged(drawn: Drawn, bars: number, up: number, far: boolean): Anchor[] {
    const { height } = this.#chart.api.paneSize(0);
    const [top, bottom] = [this.#price(0), this.#price(height)];
    const step = top === null || bottom === null ? 0 : Math.abs(top - bottom) / 100;
    const times = far ? 10 : 1;
    const least = 10 ** -this.#context.decimals();
    const price = up * Math.max(step, least) * times;
    return move(
      drawn.anchors,
      this.#store.part,
      bars * times,
      price,
      this.#times,
      this.#context.interval_s(),
    );
  }

  get #times(): readonly number[] {
    return this.#context.times();
  }

  #place(anchor: Anchor): Place | null {
    const index = indexOfTime(this.#times, this.#context.interval_s(), anchor.time);
    const scale = this.#chart.api.timeScale();
    // The library takes whole bars only, so a fraction is placed between its neighbours.
    const whole = Math.floor(index);
    const x = scale.logicalToCoordinate(whole as Logical);
    const y = this.#chart.candles.priceToCoordinate(anchor.price);
    if (x === null || y === null) return null;
    return { x: x + (index - whole) * scale.options().barSpacing, y };
  }
  #price(y: number): number | null {
    const price = this.#chart.candles.coordinateToPrice(y);
    return price === null ? null : Number(price.toFixed(this.#context.decimals()));
  }
  #anchor(at: Place): Anchor | null {
    const logical = this.#chart.api.timeScale().coordinateToLogical(at.x);
    const price = this.#price(at.y);
    if (logical === null || price === null) return null;
    return { time: timeOfIndex(this.#times, this.#context.interval_s(), logical), price };
  }
  /** Where the pointer is on the price pane; `null` elsewhere. */
  #at(event: PointerEvent): Place | null {
    const box = this.#element.getBoundingClientRect();
    const at = { x: event.clientX - box.left, y: event.clientY - box.top };
    const { width, height } = this.#chart.api.paneSize(0);
    return at.x >= 0 && at.x <= width && at.y >= 0 && at.y <= height ? at : null;
  }

  /** Takes panning and zooming from the library while the pointer is ours. */
  #hold(held: boolean): void {
    if (held === this.#held) return;
    this.#held = held;
    this.#chart.api.applyOptions({ handleScroll: !held, handleScale: !held });
  }

  #find(at: Place): { drawn: Drawn; part: number | 'body' } | null {
    const { width } = this.#chart.api.paneSize(0);
    // The selected one first, then the newest: what is on top.
    const order = [...this.#store.list].reverse();
    order.sort((a, b) => Number(b.id === this.#store.selected) - Number(a.id === this.#store.selected));
    for (const drawn of order) {
      const places = drawn.anchors.map((anchor) => this.#place(anchor));
      if (places.some((place) => place === null)) continue;
      const part = hit(drawn, places as Place[], at, width);
      if (part !== null) return { drawn, part };
    }
    return null;
  }

  #down(event: PointerEvent): void {
    const at = this.#at(event);
    if (!at || event.button !== 0) return;
    const kind = this.#context.tool();
    if (kind) {
      const anchor = this.#anchor(at);
      if (!anchor) return;
      this.#pressed = at;
      if (pointsOf(kind) === 1) this.#complete(kind, [anchor]);
      else if (this.#draft.length === 0) this.#draft = [anchor, anchor];
      else this.#complete(kind, [this.#draft[0] ?? anchor, anchor]);
      this.#update();
      return;
    }
    const found = this.#find(at);
    this.#store.select(found?.drawn.id ?? null);
    if (!found) return;
    this.#grip = {
      id: found.drawn.id,
      part: found.part,
      from: at,
      anchors: found.drawn.anchors,
      moved: false,
    };
    this.#hold(true);
    this.#element.setPointerCapture(event.pointerId);
  }

  #moved(event: PointerEvent): void {
    const box = this.#element.getBoundingClientRect();
    const free = { x: event.clientX - box.left, y: event.clientY - box.top };
    const [start] = this.#draft;
    if (start) {
      const anchor = this.#anchor(free);
      if (anchor) this.#draft = [start, anchor];
      this.#update();
      return;
    }
    const grip = this.#grip;
    if (!grip) {
      if (this.#context.tool() || event.buttons !== 0) return;
      const at = this.#at(event);
      this.#element.style.cursor = at && this.#find(at) ? 'pointer' : '';
      return;
    }
    if (!grip.moved && Math.hypot(free.x - grip.from.x, free.y - grip.from.y) < DRAG_PX) return;
    grip.moved = true;
    const scale = this.#chart.api.timeScale();
    const bars = Math.round((free.x - grip.from.x) / scale.options().barSpacing);
    const [was, is] = [this.#price(grip.from.y), this.#price(free.y)];
    if (was === null || is === null) return;
    const anchors = move(grip.anchors, grip.part, bars, is - was, this.#times, this.#context.interval_s());
    this.#store.preview(grip.id, { anchors });
  }

  #up(event: PointerEvent): void {
    const kind = this.#context.tool();
    const [start, end] = this.#draft;
    const pressed = this.#pressed;
    this.#pressed = null;
    if (kind && start && end && pressed) {
      // Pressed, dragged and let go is as good as two clicks.
      const box = this.#element.getBoundingClientRect();
      const far = Math.hypot(event.clientX - box.left - pressed.x, event.clientY - box.top - pressed.y);
      if (far >= DRAG_PX) this.#complete(kind, [start, end]);
      return;
    }
    const grip = this.#grip;
    if (!grip) return;
    this.#grip = null;
    this.#hold(false);
    if (grip.moved) void this.#store.keep(grip.id);
  }

  #complete(kind: DrawingKind, anchors: Anchor[]): void {
    this.#draft = [];
    this.#context.drawn(kind, anchors);
  }

  #paint(
    context: CanvasRenderingContext2D,
    drawn: Omit<Drawn, 'id'>,
    pane: { width: number; height: number },
    selected: boolean,
  ): void {
    const places = drawn.anchors.map((anchor) => this.#place(anchor)).filter((place) => place !== null);
    const [a, b] = places;
    if (!a || places.length < drawn.anchors.length) return;
    const { palette } = this.#chart;
    const colour = palette.series[drawn.colour - 1] ?? palette.accent;
    context.strokeStyle = context.fillStyle = colour;
    context.lineWidth = drawn.width + (selected ? 1 : 0);
    const line = (from: Place, to: Place) => {
      context.beginPath();
      context.moveTo(from.x, from.y);
      context.lineTo(to.x, to.y);
      context.stroke();
    };
    if (drawn.kind === 'HORIZONTAL_LINE') line({ x: 0, y: a.y }, { x: pane.width, y: a.y });
    else if (drawn.kind === 'VERTICAL_LINE') line({ x: a.x, y: 0 }, { x: a.x, y: pane.height });
    else if (drawn.kind === 'TEXT') this.#paintText(context, drawn.text, a, selected);
    else if (b && drawn.kind === 'TREND_LINE') line(a, b);
    else if (b && drawn.kind === 'RAY') line(a, rayEnd(a, b, pane.width, pane.height));
    else if (b && drawn.kind === 'RECTANGLE') {
      context.globalAlpha = 0.14;
      context.fillRect(a.x, a.y, b.x - a.x, b.y - a.y);
      context.globalAlpha = 1;
      context.strokeRect(a.x, a.y, b.x - a.x, b.y - a.y);
    } else if (b) this.#paintFibonacci(context, drawn, a, b, pane.width);
    if (!selected || drawn.kind === 'TEXT') return;
    const handles = drawn.kind === 'HORIZONTAL_LINE' ? [{ x: pane.width / 2, y: a.y }] : places;
    for (const handle of handles) {
      context.beginPath();
      context.arc(handle.x, handle.y, HANDLE_PX, 0, 2 * Math.PI);
      context.fillStyle = palette.surface;
      context.fill();
      context.lineWidth = 2;
      context.stroke();
    }
  }

  #paintText(context: CanvasRenderingContext2D, text: string, at: Place, selected: boolean): void {
    const shown = text || 'Text';
    context.textBaseline = 'middle';
    context.textAlign = 'left';
    if (selected) {
      const width = context.measureText(shown).width;
      context.lineWidth = 1;
      context.strokeRect(at.x - 4, at.y - TEXT_HEIGHT_PX / 2 - 2, width + 8, TEXT_HEIGHT_PX + 4);
    }
    context.fillText(shown, at.x, at.y);
  }

  #paintFibonacci(
    context: CanvasRenderingContext2D,
    drawn: Omit<Drawn, 'id'>,
    a: Place,
    b: Place,
    width: number,
  ): void {
    const left = Math.min(a.x, b.x);
    const [from, to] = drawn.anchors;
    context.textBaseline = 'bottom';
    context.textAlign = 'left';
    for (const ratio of FIBONACCI) {
      const y = fibonacciPrice(a.y, b.y, ratio);
      context.beginPath();
      context.moveTo(left, y);
      context.lineTo(width, y);
      context.stroke();
      const price = fibonacciPrice(from?.price ?? 0, to?.price ?? 0, ratio);
      const percent = Number((ratio * 100).toFixed(1));
      context.fillText(`${percent} %  ${price.toFixed(this.#context.decimals())}`, left + 4, y - 2);
    }
    context.globalAlpha = 0.5;
    context.setLineDash([4, 4]);
    context.beginPath();
    context.moveTo(a.x, a.y);
    context.lineTo(b.x, b.y);
    context.stroke();
    context.setLineDash([]);
    context.globalAlpha = 1;
  }
}
