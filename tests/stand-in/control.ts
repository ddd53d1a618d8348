import type { Fault } from './faults.ts';
import type { IssueTokenOptions, StandIn } from './stand-in.ts';
import type { Decision } from './visit.ts';
import {
  type Fields,
  jsonReply,
  type OperationName,
  operationNames,
  type WireReply,
  type WireRequest,
} from './wire.ts';

/** POST here with the name of a control appended and its arguments as a JSON object. */
export const controlPath = '/_control/';

/** A fault as JSON: `times` may be "always", barriers go by name, `merge` is put over the reply. */
type FaultDescription = Omit<Fault, 'times' | 'when' | 'transform' | 'hold' | 'holdRequest'> & {
  readonly times?: number | 'always';
  readonly merge?: Fields;
  readonly hold?: string;
  readonly holdRequest?: string;
};

interface ControlInput {
  readonly operation?: OperationName;
  readonly fault?: FaultDescription;
  readonly token?: string;
  readonly userCode?: string;
  readonly name?: string;
  readonly count?: number;
  readonly url?: string;
  readonly decision?: Decision;
}

type Control = (standIn: StandIn, input: ControlInput) => unknown;

const controls: Readonly<Record<string, Control>> = {
  calls: (standIn, { operation }) => standIn.calls(operation),
  violations: (standIn) => standIn.violations(),
  reset: (standIn) => standIn.resetCalls(),
  fault: (standIn, { operation, fault = {} }) => {
    if (operation !== undefined && !operationNames.includes(operation))
      throw new Error(`no operation ${operation}; there are ${operationNames.join(' ')}`);
    standIn.fault(operation ?? '*', toFault(standIn, fault));
  },
  'clear-faults': (standIn) => standIn.clearFaults(),
  arrivals: async (standIn, { name, count }) => {
    const barrier = standIn.barrier(required(name, 'name'));
    if (count !== undefined) await barrier.arrivals(count);
    return barrier.arrived();
  },
  release: (standIn, { name }) => standIn.release(required(name, 'name')),
  'issue-token': (standIn, input) => standIn.issueToken(input as IssueTokenOptions),
  'revoke-access-token': (standIn, { token }) =>
    standIn.revokeAccessToken(required(token, 'token')),
  'end-session': (standIn, { token }) => standIn.endSession(token),
  'live-sessions': (standIn) => standIn.liveSessions(),
  'refresh-reuse-count': (standIn) => standIn.refreshReuseCount(),
  'approve-device': (standIn, { userCode }) =>
    standIn.approveDevice(required(userCode, 'userCode')),
  'deny-device': (standIn, { userCode }) => standIn.denyDevice(required(userCode, 'userCode')),
  visit: (standIn, { url, decision }) => standIn.visit(required(url, 'url'), decision),
};

/** The stand-in's own functions for other processes. Answers what they give, as JSON. */
export async function performControl(standIn: StandIn, request: WireRequest): Promise<WireReply> {
  const control = controls[request.path.slice(controlPath.length)];
  if (request.method !== 'POST' || control === undefined)
    return jsonReply(404, { message: `POST one of: ${Object.keys(controls).join(' ')}` });
  try {
    const input: ControlInput = JSON.parse(request.body.toString() || '{}');
    const result = await control(standIn, input);
    return { ...jsonReply(200, {}), body: JSON.stringify(result ?? null) };
  } catch (error) {
    return jsonReply(400, { message: String(error) });
  }
}

function toFault(standIn: StandIn, description: FaultDescription): Fault {
  const { times, merge, hold, holdRequest, ...rest } = description;
  return {
    ...rest,
    ...(times !== undefined && { times: times === 'always' ? Infinity : times }),
    ...(merge !== undefined && { transform: (reply: Fields) => ({ ...reply, ...merge }) }),
    ...(hold !== undefined && { hold: standIn.barrier(hold) }),
    ...(holdRequest !== undefined && { holdRequest: standIn.barrier(holdRequest) }),
  };
}

function required(value: string | undefined, name: string): string {
  if (value === undefined) throw new Error(`missing ${name}`);
  return value;
}
