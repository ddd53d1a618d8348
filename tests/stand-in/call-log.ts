import type { IncomingHttpHeaders } from 'node:http';
import type { Fields, OperationName } from './wire.ts';

/** One request that arrived, recorded before it is performed. Nothing in it is a real secret. */
export interface Call {
  readonly operation: OperationName;
  /** Epoch milliseconds by the stand-in's clock. */
  readonly at: number;
  readonly requestId: string;
  readonly headers: IncomingHttpHeaders;
  readonly input: Fields;
  /** Undefined until it is answered; 0 when the connection was dropped instead. */
  status?: number;
  /** The exception that was answered, also one that a fault made. */
  error?: string;
}

export interface CallLog {
  readonly calls: (operation?: OperationName) => readonly Call[];
  readonly violations: () => readonly string[];
  readonly record: (call: Call) => void;
  readonly recordViolation: (text: string) => void;
  readonly reset: () => void;
}

export function createCallLog(): CallLog {
  let calls: Call[] = [];
  let violations: string[] = [];
  return {
    calls: (operation) =>
      calls.filter((call) => operation === undefined || call.operation === operation),
    violations: () => [...violations],
    record: (call) => calls.push(call),
    recordViolation: (text) => violations.push(text),
    reset: () => {
      calls = [];
      violations = [];
    },
  };
}
