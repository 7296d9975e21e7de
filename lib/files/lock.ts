/**
 * Locks between processes, on files that a process holds open. The system releases a lock when its process ends.
 */
import { basename, dirname, join } from "@std/path";
import { InputError } from "../errors.ts";
import { LOCK, makeFolder, removeTemporary, writeAll } from "./atomic.ts";
import { checkPlace } from "./place.ts";
import { isAbsence } from "./read.ts";
import { systemFault, writing } from "./system_error.ts";

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

/** Another process holds a lock. */
export class LockedError extends InputError {
  /** Always `"LockedError"`. */
  override name = "LockedError";
  /** The process, its machine and since when, in parentheses after a space; empty if that is not known. */
  readonly owner: string;

  /** Says what is locked, by whom, and the remedy. */
  constructor(message: string, owner: string) {
    super(message);
    this.owner = owner;
  }
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
      const file = await writing(path, () => Deno.open(path, { read: true, write: true, create: true }));
      held.push(file);
      while (await tryLock(file, exclusive) === false) {
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

/** `undefined` if the file system has no locks. */
async function tryLock(file: Deno.FsFile, exclusive: boolean): Promise<boolean | undefined> {
  try {
    return await file.tryLock(exclusive);
  } catch {
    return undefined;
  }
}

/**
 * Makes this process the only writer of a folder, which is created if it is missing, and removes what killed writers left
 * unfinished in it. The lock ends when it is disposed, or with the process.
 *
 * @throws {LockedError} if another process holds it; names that process, its machine and the folder.
 */
export async function holdFolder(folder: string): Promise<AsyncDisposable> {
  await checkPlace(folder);
  const made = await writing(folder, () => makeFolder(folder).then(() => isEmpty(folder)));
  const lock = await hold(join(folder, LOCK), folder);
  await removeTemporary(folder);
  return {
    async [Symbol.asyncDispose](): Promise<void> {
      await lock[Symbol.asyncDispose]();
      if (made && await isEmpty(folder)) await Deno.remove(folder).catch(() => {});
    },
  };
}

/** Makes this process the only writer of a file; the lock is in `FILE.lock`. Otherwise as {@link holdFolder}. */
export async function holdFile(path: string): Promise<AsyncDisposable> {
  await checkPlace(dirname(path));
  const lock = await hold(`${path}.lock`, path);
  await removeTemporary(dirname(path), { deep: false, of: basename(path) });
  return lock;
}

async function isEmpty(folder: string): Promise<boolean> {
  try {
    for await (const { name } of Deno.readDir(folder)) if (name !== LOCK) return false;
  } catch (error) {
    if (!isAbsence(error)) throw error; // else its last holder has just removed it
  }
  return true;
}

/** Who holds a lock. */
interface Owner {
  pid: number;
  host: string;
  since: string;
}

async function hold(path: string, target: string): Promise<AsyncDisposable> {
  for (;;) {
    const file = await openLock(path);
    if (file === undefined) continue;
    try {
      const locked = await tryLock(file, true);
      const owner = locked === true ? undefined : await readOwner(path);
      // Without locks in the file system the file itself is the lock.
      if (locked === false || owner !== undefined) throw held(target, path, owner, locked === undefined);
      if (!await isStillThere(path, file)) {
        file.close();
        continue; // its owner has just removed it
      }
      await writeOwner(file);
    } catch (error) {
      file.close();
      throw error;
    }
    const remove = (): void => {
      try {
        Deno.removeSync(path);
      } catch {
        // the next holder takes it over
      }
    };
    globalThis.addEventListener("unload", remove); // where the process ends before this is disposed
    return {
      async [Symbol.asyncDispose](): Promise<void> {
        globalThis.removeEventListener("unload", remove);
        await file.truncate(0).catch(() => {});
        remove();
        file.close();
      },
    };
  }
}

/** Undefined if the folder of the lock was removed meanwhile. */
async function openLock(path: string): Promise<Deno.FsFile | undefined> {
  await writing(dirname(path), () => makeFolder(dirname(path)));
  try {
    return await writing(path, () => Deno.open(path, { read: true, write: true, create: true }));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

async function isStillThere(path: string, file: Deno.FsFile): Promise<boolean> {
  const [there, { ino }] = [await Deno.lstat(path).catch(() => undefined), await file.stat()];
  return there !== undefined && there.ino === ino;
}

async function writeOwner(file: Deno.FsFile): Promise<void> {
  const owner: Owner = { pid: Deno.pid, host: hostName(), since: new Date().toISOString() };
  try {
    await file.truncate(0);
    await writeAll(file, new TextEncoder().encode(`${JSON.stringify(owner)}\n`));
  } catch (error) {
    if (systemFault(error) === undefined) throw error; // a full disk: the lock holds without it
  }
}

async function readOwner(path: string): Promise<Owner | undefined> {
  try {
    const owner = JSON.parse(await Deno.readTextFile(path)) as Partial<Owner> | null;
    return typeof owner?.pid === "number" ? owner as Owner : undefined;
  } catch {
    return undefined; // not written yet, or not readable while it is locked
  }
}

function hostName(): string {
  try {
    return Deno.hostname();
  } catch {
    return "this machine"; // no permission for it
  }
}

function held(target: string, path: string, owner: Owner | undefined, byFile: boolean): LockedError {
  const who = owner === undefined ? "" : ` (process ${owner.pid} on ${owner.host}, since ${owner.since})`;
  return new LockedError(
    `Cannot write to '${target}' as another process works in it${who}: wait until it ends, or choose another place.` +
      (byFile ? ` If that process is gone, remove '${path}'.` : ""),
    who,
  );
}
