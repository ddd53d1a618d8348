/** What ends a process from outside and can be heard. */
const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export type SignalName = (typeof names)[number];

/** How this process ends when it is told to. */
export interface Signals {
  /**
   * Lets signals wait, for a piece of work that must not be cut short; gives the end of it. A signal
   * that came meanwhile takes effect there, and what follows is not gone on with.
   */
  hold(): () => void;
  /** Whether signals are kept waiting now. */
  isHeld(): boolean;
  /** Leaves all signals to somebody else; gives the end of it. */
  suspend(): () => void;
  /** What to clean up, at once and without waiting, when a signal ends us; gives its withdrawal. */
  onEnd(cleanUp: (signal: SignalName) => void): () => void;
}

/**
 * Listens for signals from now on. One that comes runs the clean-ups, the latest first, and then
 * ends the process as it would have ended without us: the parent sees the signal.
 */
export function realSignals(): Signals {
  const cleanUps: ((signal: SignalName) => void)[] = [];
  let holds = 0;
  let waiting: SignalName | undefined;

  const end = (signal: SignalName) => {
    for (const cleanUp of cleanUps.splice(0).reverse()) {
      try {
        cleanUp(signal);
      } catch {
        // The others are cleaned up all the same.
      }
    }
    for (const name of names) process.removeListener(name, hear);
    // proper-lockfile listens too: with any listener left the signal takes effect only some turns of
    // the event loop later, and a call would go on that far.
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
    // Where nobody is ended by a signal (Windows), or it is ignored.
    setTimeout(() => process.exit(128 + numbers[signal]), 100);
  };
  const hear = (signal: SignalName) => {
    if (holds > 0) waiting ??= signal;
    else end(signal);
  };
  for (const name of names) process.on(name, hear);

  return {
    hold() {
      holds += 1;
      let isOver = false;
      return () => {
        if (isOver) return;
        isOver = true;
        holds -= 1;
        if (holds === 0 && waiting !== undefined) end(waiting);
      };
    },
    isHeld: () => holds > 0,
    suspend() {
      for (const name of names) process.removeListener(name, hear);
      return () => {
        for (const name of names) process.on(name, hear);
      };
    },
    onEnd(cleanUp) {
      cleanUps.push(cleanUp);
      return () => {
        const at = cleanUps.indexOf(cleanUp);
        if (at !== -1) cleanUps.splice(at, 1);
      };
    },
  };
}

const numbers: Readonly<Record<SignalName, number>> = { SIGINT: 2, SIGTERM: 15, SIGHUP: 1 };
