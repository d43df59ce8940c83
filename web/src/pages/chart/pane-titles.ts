/** The name of an indicator in the corner of its own pane. */
import type { IPaneApi, IPanePrimitive, IPrimitivePaneRenderer, Time } from 'lightweight-charts';

const FONT_PX = 11;

export class PaneTitles {
  colour = '';
  font = '';
  readonly #attached = new Map<IPaneApi<Time>, { text: string; primitive: IPanePrimitive<Time> }>();

  set(panes: readonly IPaneApi<Time>[], titles: ReadonlyMap<number, string>): void {
    for (const [pane, { primitive }] of this.#attached) {
      if (panes.includes(pane)) pane.detachPrimitive(primitive);
    }
    this.#attached.clear();
    panes.forEach((pane, index) => {
      const text = titles.get(index);
      if (text === undefined) return;
      const renderer: IPrimitivePaneRenderer = { draw: (target) => this.#draw(target, text) };
      const views = [{ renderer: () => renderer }];
      const primitive: IPanePrimitive<Time> = { paneViews: () => views };
      pane.attachPrimitive(primitive);
      this.#attached.set(pane, { text, primitive });
    });
  }

  #draw(target: Parameters<IPrimitivePaneRenderer['draw']>[0], text: string): void {
    target.useMediaCoordinateSpace(({ context }) => {
      context.font = `${FONT_PX}px ${this.font}`;
      context.fillStyle = this.colour;
      context.textBaseline = 'top';
      context.fillText(text, 8, 6);
    });
  }
}
