/**
 * Locks between processes, on files that a process holds open. The system releases a lock when its process ends.
 *
 * @module
 */

/** Time between two attempts to take a lock, in milliseconds. */
const PAUSE = 200;

/** A lock on a file, which is created if it is missing. */
export interface LockRequest {
  path: string;
  /** Whether no other process may hold the lock. Otherwise it is shared. */
  exclusive: boolean;
}

interface LockOptions {
  signal?: AbortSignal | undefined;
  /** Called once if it has to wait for another process. */
  onWait?: (() => void) | undefined;
}

/** Locks that are released when they are disposed. */
export interface HeldLocks extends Disposable {
  /** Whether it had to wait for another process. */
  waited: boolean;
}

/**
 * Acquires locks, and waits for other processes that hold them. On a file system without locks it does not wait.
 *
 * @throws the signal's reason, if it was aborted.
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
