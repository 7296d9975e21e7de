/** What a case is to a side, see `../side.ts`. */

/** Prepared work. */
export interface Work {
  /** Does the work once; what it gives are a few numbers that another side must equal. */
  run: () => Promise<number[]> | number[];
  /** The transcripts of the last run. */
  texts?: () => string[];
  /** Frees what it holds. */
  end?: () => void | Promise<void>;
}

/** Prepares a case from the folder of its files, or from the folder of a model and recordings. */
export type Prepare = (folder: string, files?: readonly string[]) => Promise<Work>;
