/** Sets of indicators as the server keeps them. */
import type { Template } from '$/api/charts';
import { COLOURS, keyOf, nextColour, SHOWN_MAX, type ShownIndicator } from './shown-indicators';

export function toTemplate(list: readonly ShownIndicator[], interval: string): Template['content'] {
  const indicators = list.map((shown) => ({
    id: shown.id,
    colors: [`series-${shown.colour}`],
    ...(shown.interval && { interval: shown.interval }),
  }));
  return { indicators, interval };
}

export function fromTemplate(content: Template['content']): ShownIndicator[] {
  const list: ShownIndicator[] = [];
  for (const { id, colors, interval } of content.indicators) {
    const colour = Number(/^series-(\d)$/.exec(colors?.[0] ?? '')?.[1]);
    const known = colour >= 1 && colour <= COLOURS;
    const shown = {
      id,
      interval: interval ?? null,
      hidden: false,
      colour: known ? colour : nextColour(list),
    };
    if (!list.some((other) => keyOf(other) === keyOf(shown))) list.push(shown);
  }
  return list.slice(0, SHOWN_MAX);
}
