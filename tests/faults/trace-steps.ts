import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { sendSignal } from './processes.ts';
import type { StepOrder, Stepping } from './stepped-process.ts';

/** Calls of the system by which a program changes a file or sends something. */
const calls = [
  'bind,chmod,connect,fchmod,fchmodat,fdatasync,fsync,ftruncate,link,linkat,mkdir,mkdirat,pwrite64',
  'pwritev,rename,renameat,renameat2,rmdir,sendmsg,sendto,symlink,symlinkat,truncate,unlink,unlinkat',
  'utimensat,write,writev',
].join(',');

/** Whether strace works here: where tracing is forbidden, it does not. */
export const canTrace: boolean = spawnSync('strace', ['-o', '/dev/null', 'true']).status === 0;

/**
 * Steps of any program, of all its threads and of what it starts, in one order: strace injects a
 * SIGSTOP into each of these calls, and the one who follows lets the process go on, or kills it, or
 * leaves it be. A call has been made when its stop comes; so what is before a step is after the one
 * before it, and nothing can be before the first.
 */
export function traceSteps({ at, fate }: StepOrder): Stepping {
  return {
    // strace and the program would share a stderr.
    wrapper: [
      ...['strace', '-D', '-f', '-q', '-yy', '-e', `trace=${calls}`, '-e', 'signal=STOP'],
      ...['-e', `inject=${calls}:signal=STOP`],
      ...['sh', '-c', 'exec "$0" "$@" 2>&3 3>&-'],
    ],
    variables: {},
    stderr: 3,
    news: 2,
    follow: (news, child, { onStep, onReached }) => {
      /** What each thread has called last, and which of them has a stop coming. */
      const last = new Map<number, string>();
      const stopping = new Set<number>();
      let count = 0;
      let held: number | undefined;
      createInterface({ input: news }).on('line', (line) => {
        const [, pid, text = ''] = /^(?:\[pid +(\d+)\] )?(.*)$/.exec(line) ?? [];
        const thread = pid === undefined ? child : Number(pid);
        if (text.startsWith('--- SIGSTOP')) {
          stopping.add(thread);
        } else if (text.startsWith('--- stopped by SIGSTOP')) {
          // All threads of the process say so.
          if (!stopping.delete(thread)) return;
          const call = last.get(thread) ?? '';
          const process_ = processOf(thread);
          if (isStep(call)) {
            count += 1;
            onStep(call.slice(0, 300));
            if (count === at - 1) {
              held = process_;
              if (fate === 'kill') sendSignal(process_, 'SIGKILL');
              onReached();
              return;
            }
          }
          sendSignal(process_, 'SIGCONT');
        } else {
          const [, rest] = /^<\.\.\. \w+ resumed>(.*)$/.exec(text) ?? [];
          const whole = rest === undefined ? text : (last.get(thread) ?? '') + rest;
          last.set(thread, whole.replace(/ *<unfinished \.\.\.>$/, ''));
        }
      });
      return {
        resume: () => {
          if (held !== undefined) sendSignal(held, 'SIGCONT');
        },
      };
    },
  };
}

/** Whether a call has changed something: one that failed has not, nor has a word between threads. */
function isStep(call: string): boolean {
  const [, name = '', descriptor, target = ''] =
    /^(\w+)\((?:(\d+)(?:<(.*?)>(?=[,)]))?)?/.exec(call) ?? [];
  if (/= -1 (?!EINPROGRESS)/.test(call)) return false;
  if (name === 'connect') return call.includes('AF_INET');
  if (name === 'bind') return call.includes('AF_UNIX') && call.includes('"');
  if (!/^(p?writev?|pwrite64|send)/.test(name)) return true;
  if (descriptor === '1') return true;
  return /^(TCP|socket:|\/(?!dev\/|proc\/))/.test(target);
}

function processOf(thread: number): number {
  try {
    const status = readFileSync(`/proc/${thread}/status`, 'utf8');
    return Number(/^Tgid:\s+(\d+)$/m.exec(status)?.[1] ?? thread);
  } catch {
    return thread;
  }
}
