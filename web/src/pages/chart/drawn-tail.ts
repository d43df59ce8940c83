/** The newest points of a plot as they were drawn, so that a live value draws only what changed by it. */

/** Points remembered: more than the bars whose values a live update may change. */
export const KEPT = 16;

export interface Point {
  time: number;
}
export interface PointChange<P> {
  point: P;
  /** It is not the newest. */
  past: boolean;
}

export class DrawnTail<P extends Point> {
  #points: P[] = [];

  /** All points were drawn anew. */
  reset(points: readonly P[]): void {
    this.#points = points.slice(-KEPT);
  }

  /**
   * What is to be drawn so that the plot shows these points from a time on. `null` when all has to be drawn: the
   * library changes points and adds newer ones, but takes none away and adds none in between.
   */
  take(from: number, points: readonly P[]): PointChange<P>[] | null {
    const before = this.#points.filter((point) => point.time < from);
    // Of what is before the tail nothing is known.
    if (before.length === 0 && this.#points.length === KEPT) return null;
    const known = new Map(this.#points.slice(before.length).map((point) => [point.time, point]));
    const newest = this.#points.at(-1)?.time ?? Number.NEGATIVE_INFINITY;
    const changes: PointChange<P>[] = [];
    for (const point of points) {
      const old = known.get(point.time);
      const past = point.time < newest;
      if (past && !old) return null;
      known.delete(point.time);
      if (!old || !same(old, point)) changes.push({ point, past });
    }
    if (known.size > 0) return null;
    this.#points = [...before, ...points].slice(-KEPT);
    return changes;
  }
}

function same<P extends Point>(a: P, b: P): boolean {
  return (Object.keys(a) as (keyof P)[]).every((field) => a[field] === b[field]);
}
