import { closeSync, constants, openSync, readFileSync, writeSync } from 'node:fs';

/** The person's terminal itself, wherever stdin, stdout and stderr lead. */
export const terminalDevice = (platform: NodeJS.Platform, direction: 'in' | 'out') =>
  platform === 'win32' ? (direction === 'in' ? 'CONIN$' : 'CONOUT$') : '/dev/tty';

/**
 * Writes to the terminal, if this process has one and is in its foreground: a job in the background
 * must not write into what the person does. Gives whether the text was written, or could have been
 * when it is empty.
 */
export function writeToTerminal(text: string, platform: NodeJS.Platform): boolean {
  if (!isInForeground(platform)) return false;
  let descriptor: number | undefined;
  try {
    const flags = constants.O_WRONLY | (constants.O_NOCTTY ?? 0) | (constants.O_NONBLOCK ?? 0);
    descriptor = openSync(terminalDevice(platform, 'out'), flags);
    if (text !== '') writeSync(descriptor, text);
    return true;
  } catch {
    return false;
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

/**
 * Whether this process is in the foreground group of its terminal. Only Linux tells without another
 * program; elsewhere a terminal that can be opened is taken for ours.
 */
function isInForeground(platform: NodeJS.Platform): boolean {
  if (platform !== 'linux') return true;
  try {
    const stat = readFileSync('/proc/self/stat', 'utf8');
    // After the name in parentheses: state, ppid, pgrp, session, tty_nr, tpgid (proc(5)).
    const [, , pgrp, , , tpgid] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return pgrp !== undefined && pgrp === tpgid;
  } catch {
    return false;
  }
}
