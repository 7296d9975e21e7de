/** What a case is to a side, see `../side.ts`. */

/** Prepared work. */
export interface Work {
  /** Does the work once; what it gives are a few numbers that another side must equal. */
  run: () => Promise<number[]> | number[];
  /** Frees what it holds. */
  end?: () => void | Promise<void>;
}

/** Prepares a case from the folder of its files. */
export type Prepare = (folder: string) => Promise<Work>;
