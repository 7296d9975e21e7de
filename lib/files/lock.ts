/**
 * Locks between processes: a file that a process holds open. The system gives a lock back when its process ends, however
 * it ends.
 *
 * @module
 */

/** Time between two attempts to take a lock, in milliseconds. */
const PAUSE = 200;

/** A lock to take: a file, which is created if it is missing. */
export interface LockRequest {
  /** The file. */
  path: string;
  /** Nobody else may hold it, not even as shared. */
  exclusive: boolean;
}

/** Options of {@link holdLocks}. */
export interface LockOptions {
  /** Ends the wait. */
  signal?: AbortSignal | undefined;
  /** Called once if another process has to be waited for. */
  onWait?: (() => void) | undefined;
}

/** Locks that are held until they are disposed of. */
export interface HeldLocks extends Disposable {
  /** Whether another process had to be waited for. */
  waited: boolean;
}

/**
 * Waits until it holds all locks. On a file system without locks it waits for nothing.
 *
 * @throws the signal's reason, where it was aborted.
 */
export async function holdLocks(
  locks: readonly LockRequest[],
  { signal, onWait }: LockOptions = {},
): Promise<HeldLocks> {
  const held: Deno.FsFile[] = [];
  const release = (): void => held.splice(0).forEach((file) => file.close());
  let waited = false;
  try {
    for (const { path, exclusive } of locks) {
      const file = await Deno.open(path, { read: true, write: true, create: true });
      held.push(file);
      while (!await tryLock(file, exclusive)) {
        if (!waited) onWait?.();
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
