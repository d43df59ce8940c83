/** Open orders as dashed lines at their prices. */
import { LineStyle, type IPriceLine } from 'lightweight-charts';
import type { Order } from '$/api/types';
import { toDrawingNumber } from '$/money/decimal';
import type { PriceChart } from './price-chart';

export class OrderLines {
  readonly #chart: PriceChart;
  #lines: IPriceLine[] = [];

  constructor(chart: PriceChart) {
    this.#chart = chart;
  }

  set(orders: readonly Order[]): void {
    const { candles, palette } = this.#chart;
    for (const line of this.#lines) candles.removePriceLine(line);
    this.#lines = orders
      .filter((order) => order.price)
      .map((order) =>
        candles.createPriceLine({
          price: toDrawingNumber(order.price),
          color: order.side === 'BUY' ? palette.upFill : palette.downFill,
          lineStyle: LineStyle.Dashed,
          lineWidth: 1,
          axisLabelVisible: true,
          title: `${order.side === 'BUY' ? '▲' : '▼'} ${order.side} ${order.leaves}`,
        }),
      );
  }
}
