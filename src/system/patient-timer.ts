/** How long the timer waits at a time; milliseconds. */
const tickMs = 1_000;

/** A timer that is so late was not kept by a busy machine: the process was stopped. Milliseconds. */
const lateMs = 500;

/**
 * Acts after a time in which the process could run; gives what calls it off. Who was stopped (Ctrl-Z, a
 * debugger) has not waited meanwhile: what it has asked for may just have been sent, and what has come
 * is still to be read when its timers are due.
 */
export function patientTimer(act: () => void, ms: number): () => void {
  let timer: NodeJS.Timeout;
  const wait = (leftMs: number) => {
    const nowMs = Math.min(leftMs, tickMs);
    const dueAt = performance.now() + nowMs;
    timer = setTimeout(() => {
      const isLate = performance.now() - dueAt > lateMs;
      const restMs = isLate ? Math.max(leftMs - nowMs, tickMs) : leftMs - nowMs;
      if (restMs > 0) wait(restMs);
      else act();
    }, nowMs);
  };
  wait(ms);
  return () => clearTimeout(timer);
}
