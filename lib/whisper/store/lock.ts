/**
 * Who hears at the moment. No process writes another one's part, so the locks keep no data safe: they spare the work of
 * hearing the same recordings twice.
 *
 * @module
 */
import { join } from "@std/path";
import type { Shard } from "../shard.ts";

/** Time between two looks at a lock that another process has, in milliseconds. */
const PAUSE = 200;

/** Options of {@link lockFolder}. */
export interface LockOptions {
  /** The part of the recordings that this process hears; different parts may be heard at once. Default all. */
  shard?: Shard | undefined;
  /** Ends the wait. */
  signal?: AbortSignal | undefined;
  /** Told once where another process must be waited for. */
  tell?: ((line: string) => void) | undefined;
}

/** A lock that is held; the end of the process gives it back too, however it ends. */
export interface FolderLock extends Disposable {
  /** Whether another process had to be waited for. */
  waited: boolean;
}

/**
 * Waits until no other process hears the same into a folder: one that hears everything excludes all others, a shard only
 * itself. Where the file system knows no locks, nothing is waited for.
 *
 * @throws the signal's reason, where it was aborted.
 */
export async function lockFolder(folder: string, { shard, signal, tell }: LockOptions): Promise<FolderLock> {
  const wanted: [string, boolean][] = shard === undefined
    ? [["lock", true]]
    : [[`lock-${shard.index}-of-${shard.count}`, true], ["lock", false]];
  const held: Deno.FsFile[] = [];
  const release = (): void => held.splice(0).forEach((file) => file.close());
  let waited = false;
  try {
    for (const [name, exclusive] of wanted) {
      const file = await Deno.open(join(folder, name), { read: true, write: true, create: true });
      held.push(file);
      while (!await tryLock(file, exclusive)) {
        if (!waited) {
          tell?.(`waiting for another process that hears into ${folder}; --shard I/N lets several work at once`);
        }
        waited = true;
        signal?.throwIfAborted();
        await new Promise((resolve) => setTimeout(resolve, PAUSE));
      }
    }
  } catch (error) {
    release();
    throw error;
  }
  return { waited, [Symbol.dispose]: release };
}

async function tryLock(file: Deno.FsFile, exclusive: boolean): Promise<boolean> {
  try {
    return await file.tryLock(exclusive);
  } catch {
    return true; // no locks on this file system
  }
}
