/** Live tables: one raw state per row, replaced as a whole, so that a change of one row redraws that row only. */

export class Row<T> {
  value: T = $state.raw() as T;
  readonly key: string;

  constructor(key: string, value: T) {
    this.key = key;
    this.value = value;
  }
}

export interface RowsOptions<T> {
  key: (value: T) => string;
  /** Sorted with this; without it new rows come first. */
  compare?: (a: T, b: T) => number;
  /** A row for which this is false leaves the table (a closed position). */
  keep?: (value: T) => boolean;
  /** The oldest beyond it are dropped. */
  max?: number;
}

export class Rows<T> {
  list: Row<T>[] = $state.raw([]);
  readonly #byKey = new Map<string, Row<T>>();
  readonly #options: RowsOptions<T>;

  constructor(options: RowsOptions<T>) {
    this.#options = options;
  }

  get(key: string): Row<T> | undefined {
    return this.#byKey.get(key);
  }

  /** The row of the same key as a value. */
  like(value: T): Row<T> | undefined {
    return this.#byKey.get(this.#options.key(value));
  }

  replace(values: T[]): void {
    const rows = values.filter((value) => this.#keeps(value)).map((value) => this.#reuse(value));
    this.#byKey.clear();
    for (const row of rows) this.#byKey.set(row.key, row);
    this.#arrange([...this.#byKey.values()]);
  }

  upsert(value: T): void {
    const key = this.#options.key(value);
    const row = this.#byKey.get(key);
    if (!this.#keeps(value)) {
      if (!row) return;
      this.#byKey.delete(key);
      this.list = this.list.filter((other) => other !== row);
    } else if (row) {
      row.value = value;
    } else {
      const added = new Row(key, value);
      this.#byKey.set(key, added);
      this.#arrange([added, ...this.list]);
    }
  }

  #keeps(value: T): boolean {
    return this.#options.keep?.(value) ?? true;
  }

  #reuse(value: T): Row<T> {
    const key = this.#options.key(value);
    const row = this.#byKey.get(key) ?? new Row(key, value);
    row.value = value;
    return row;
  }

  #arrange(rows: Row<T>[]): void {
    const { compare, max } = this.#options;
    if (compare) rows.sort((a, b) => compare(a.value, b.value));
    if (max !== undefined) for (const dropped of rows.splice(max)) this.#byKey.delete(dropped.key);
    this.list = rows;
  }
}
