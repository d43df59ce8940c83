/** Finding things among sorted times, in seconds. */

/** Index of the first time that is `time` or later. */
export function lowerBound(times: ArrayLike<number>, time: number): number {
  let [low, high] = [0, times.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[middle] ?? 0) < time) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** How many bars have closed by a moment: those that a replay at this moment shows. */
export function closedBy(times: ArrayLike<number>, interval_s: number, moment: number): number {
  return lowerBound(times, moment - interval_s + 0.5);
}
