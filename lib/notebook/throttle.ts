/**
 * Much told, little sent: the newest state of a thing, at most every so often, and always the last one.
 *
 * @module
 */

/** Sends states somewhere, one after the other. */
export interface Throttle {
  /** Tells that there is a new state. */
  changed(): void;
  /** Sends the state that there is now, whenever the last one was sent. */
  finish(): void;
}

/**
 * Makes a throttle.
 *
 * @param send sends the state as it is at that moment; the next one waits until it resolves.
 * @param every milliseconds between two
 */
export function throttle(send: () => Promise<void>, every: number): Throttle {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let [sending, waiting] = [false, false];
  let last = -Infinity;
  const now = async (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    if (sending) {
      waiting = true;
      return;
    }
    sending = true;
    do {
      waiting = false;
      last = performance.now();
      await send();
    } while (waiting);
    sending = false;
  };
  return {
    changed: () => {
      const left = every - (performance.now() - last);
      if (left <= 0) void now();
      else timer ??= setTimeout(now, left);
    },
    finish: () => void now(),
  };
}
