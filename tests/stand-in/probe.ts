import { jsonReply, type Operation, type Protocol, ServiceError } from './wire.ts';

const protocol: Protocol = {
  decode: () => ({}),
  encode: (result) => jsonReply(200, result),
  encodeError: ({ status, message }) => jsonReply(status, { message }),
};

/** A GET of a service's root, which AWS answers with an error: whoever asks only wants to be answered. */
export const probeOperations: readonly Operation[] = ['/portal', '/oidc', '/sts'].map((path) => ({
  name: 'Probe',
  method: 'GET',
  path,
  protocol,
  perform: () => {
    throw new ServiceError(404, 'UnknownOperationException', 'No operation');
  },
}));
