/** The two databases that an index can be in: PostgreSQL inside this process, or a server. Both understand the same SQL. */
import { join } from "@std/path";
import { InputError, messageOf } from "../../errors.ts";
import { syncBelow, syncFolder } from "../../files/atomic.ts";
import { isDiskFull, writing } from "../../files/system_error.ts";
import { serverOf } from "./server_address.ts";
import { holdFolder, LockedError } from "../../files/lock.ts";
import { exists } from "../../files/read.ts";

/** Runs a statement. `$1`, `$2`, ... are its values; arrays are PostgreSQL's. */
export type RunSql = <Row>(statement: string, values?: readonly unknown[]) => Promise<Row[]>;

/** An open database. */
export interface Sql {
  /** Where it is, for messages: without a password. */
  readonly place: string;
  /** Images above which HNSW is faster than a comparison with all of them, and is built in bearable time. */
  readonly graphAbove: number;
  /** Runs one statement. */
  run: RunSql;
  /** Runs statements of which all or none take effect. */
  transaction<T>(work: (run: RunSql) => Promise<T>): Promise<T>;
  /** Frees the memory and lets other processes open it. */
  close(): Promise<void>;
}

/** There is no such index. */
export class MissingIndex extends InputError {
  constructor(place: string) {
    super(`Cannot open the index ${place} as it does not exist: make it with deno task index.`);
  }
}

/** How long to wait for a process that has the folder open, in milliseconds. A search takes less. */
const PATIENCE = 5000;

/**
 * Opens PostgreSQL with pgvector that runs in this process (PGlite) and keeps its data in a folder. One process can have it
 * open at a time.
 *
 * @param options.create whether a missing folder is created
 * @throws {InputError} if it is missing, another process has it open, or its files are damaged.
 */
export async function openFolder(folder: string, { create }: { create: boolean }): Promise<Sql> {
  const data = join(folder, "data");
  const place = `'${folder}'`;
  if (!create && !await exists(data)) throw new MissingIndex(place);
  const lock = await patiently(() => holdFolder(folder), place);
  try {
    const { openPGlite } = await import("./pglite.ts");
    if (!await exists(data)) {
      // Made under another name, so that a process that is killed leaves no half of a database.
      const made = join(folder, "data.new"), remove = () => Deno.remove(made, { recursive: true });
      if (await exists(made)) await remove();
      const database = await openPGlite(made).catch(async (error) => {
        await remove().catch(() => {});
        throw error;
      });
      await database.close();
      await syncBelow(made);
      await Deno.rename(made, data);
      await syncFolder(folder);
    }
    const database = await openPGlite(data);
    type Queries = Pick<typeof database, "query">;
    let changed = false;
    const runner = (queries: Queries): RunSql => async <Row>(statement: string, values: readonly unknown[] = []) => {
      changed ||= !/^\s*select\b/i.test(statement);
      return (await queries.query<Row>(statement, [...values]).catch((error) => fail(error, place))).rows;
    };
    const close = async (): Promise<void> => {
      await database.close();
      if (changed) await writing(data, () => syncBelow(data)); // its file system does not sync
    };
    return {
      place,
      graphAbove: Infinity, // here it takes more than 10 ms of each image
      run: runner(database),
      transaction: (work) => database.transaction((inner) => work(runner(inner))),
      close: () => close().finally(() => lock[Symbol.asyncDispose]()),
    };
  } catch (error) {
    await lock[Symbol.asyncDispose]();
    if (error instanceof InputError || isFull(error)) fail(error, place);
    throw new InputError(
      `Cannot open the index ${place} as its files are damaged (${
        messageOf(error)
      }): delete the folder and index again.`,
    );
  }
}

/** Tries again while another process has the folder open. */
async function patiently<T>(open: () => Promise<T>, place: string): Promise<T> {
  for (const end = performance.now() + PATIENCE;;) {
    try {
      return await open();
    } catch (error) {
      if (!(error instanceof LockedError)) throw error;
      if (performance.now() > end) {
        throw new InputError(
          `Cannot open the index ${place} as another process has it open${error.owner}: stop that one first, or keep the ` +
            "index in a PostgreSQL server, which many processes can search (--database).",
        );
      }
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/**
 * Connects to a PostgreSQL server.
 *
 * @param address `postgres://user:password@host:port/database`
 * @throws {InputError} if it cannot be reached, refuses the user, or this process may not use the network.
 */
export async function openServer(address: string): Promise<Sql> {
  const { host, place } = serverOf(address);
  const { state } = await Deno.permissions.query({ name: "net", host });
  if (state !== "granted") {
    throw new InputError(
      `Cannot open the database at ${host} as this process may not use the network: set the variable BREWCLIP_DATABASE to ` +
        `its address, and deno task index, search and serve may reach it, and nothing else. In a program: --allow-net=${host}.`,
    );
  }
  const { default: postgres } = await import("postgres");
  // One connection, so that a lock of the session is held for as long as the index is open.
  const database = postgres(address, { max: 1, onnotice: () => {}, connect_timeout: 10, idle_timeout: 0 });
  type Queries = Pick<typeof database, "unsafe">;
  const runner = (queries: Queries): RunSql => async <Row>(statement: string, values: readonly unknown[] = []) => {
    const rows = await queries.unsafe(statement, [...values] as never[]).catch((error) => fail(error, place));
    return [...rows] as Row[];
  };
  return {
    place,
    graphAbove: 100_000,
    run: runner(database),
    transaction: async <T>(work: (run: RunSql) => Promise<T>) =>
      await database.begin((inner) => work(runner(inner))) as T,
    close: () => database.end({ timeout: 5 }),
  };
}

function isFull(error: unknown): boolean {
  return isDiskFull(error) || (error as { code?: unknown })?.code === "53100";
}

/** Throws what a user can fix as an {@link InputError}. */
function fail(error: unknown, place: string): never {
  if (error instanceof InputError) throw error;
  const code = (error as { code?: unknown })?.code;
  if (isFull(error)) {
    throw new InputError(
      `Cannot write the index in ${place} as its disk is full, or its quota or file size limit is reached: free some space. The same command continues.`,
      { cause: error },
    );
  }
  if (code === "25006") {
    throw new InputError(
      `Cannot change ${place} as it is read-only, such as a replica: give the address of the primary server.`,
      { cause: error },
    );
  }
  if (typeof code === "string" && /^(ECONN|ENOTFOUND|EHOST|ETIMEDOUT|CONNECT|28|3D|53|57P)/.test(code)) {
    throw new InputError(
      `Cannot use ${place}: ${messageOf(error) || code}. Check its address, user and password, and that it runs.`,
      { cause: error },
    );
  }
  throw error;
}
