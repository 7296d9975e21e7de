/** PostgreSQL inside this process. A file of its own, so that the database is loaded only where an index is in a folder. */
import { PGlite } from "@electric-sql/pglite";
import { NodeFS } from "@electric-sql/pglite/nodefs";
import { vector } from "@electric-sql/pglite-pgvector";
import { isDiskFull } from "../../files/system_error.ts";

/** WASI's error number of a full disk. */
const ENOSPC = 51;

/** Opens the database of a folder, or creates it. A full disk has the code that PostgreSQL gives it. */
export async function openPGlite(folder: string): Promise<PGlite> {
  try {
    return await PGlite.create({ fs: new Folder(folder), extensions: { vector } });
  } catch (error) {
    if ((error as { errno?: unknown }).errno !== ENOSPC) throw error;
    throw Object.assign(new Error("no space left"), { code: "53100" });
  }
}

/**
 * Files of a folder. A reached quota or limit on the size of files is reported as a full disk: Deno gives these errors no
 * code, and PGlite would wait forever.
 */
class Folder extends NodeFS {
  override async init(...[database, options]: Parameters<NodeFS["init"]>): ReturnType<NodeFS["init"]> {
    const { emscriptenOpts } = await super.init(database, options);
    const translate = (module: Module): void => {
      const { ErrnoError, filesystems: { NODEFS: { stream_ops, node_ops } } } = module.FS;
      for (const [operations, name] of [[stream_ops, "write"], [node_ops, "setattr"]] as const) {
        const operation = operations[name]!;
        operations[name] = (...values) => {
          try {
            return operation(...values);
          } catch (error) {
            throw isDiskFull(error) ? new ErrnoError(ENOSPC) : error;
          }
        };
      }
    };
    return { emscriptenOpts: { ...emscriptenOpts, preRun: [...emscriptenOpts.preRun ?? [], translate as never] } };
  }
}

type Operations = Record<string, (...values: unknown[]) => unknown>;

/** What is used of Emscripten's module. */
interface Module {
  FS: {
    ErrnoError: new (number: number) => Error;
    filesystems: { NODEFS: { stream_ops: Operations; node_ops: Operations } };
  };
}
