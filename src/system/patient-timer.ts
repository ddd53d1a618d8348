/** A timer that is so late was not kept by a busy machine: the process was stopped. Milliseconds. */
const lateMs = 1_000;

/** What a process that was stopped gets to read what has come meanwhile; milliseconds. */
const readingMs = 1_000;

/**
 * Acts after a time, like setTimeout; gives what calls it off. In a process that was stopped (Ctrl-Z)
 * all timers are due at once when it goes on, before anything is read that came meanwhile: this one
 * lets it be read first.
 */
export function patientTimer(act: () => void, ms: number): () => void {
  const dueAt = performance.now() + ms;
  let timer = setTimeout(() => {
    if (performance.now() - dueAt < lateMs) act();
    else timer = setTimeout(act, readingMs);
  }, ms);
  return () => clearTimeout(timer);
}
