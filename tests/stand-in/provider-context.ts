import { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { default as Provider } from 'oidc-provider';
import type { Fault } from './faults.ts';
import { showPage } from './provider-configuration.ts';
import type { OAuthRefusal } from './provider-quirks.ts';
import { escapeMarkup, type Fields, type OperationName } from './wire.ts';

/** A request and its reply, as they pass through oidc-provider. */
export type ProviderContext = Parameters<Parameters<Provider['use']>[0]>[0];

/** Reads the body and leaves the provider a request from which it can be read again. */
export async function takeBody(context: ProviderContext): Promise<string> {
  const { req: request } = context;
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  const copy = new IncomingMessage(request.socket);
  const { method, url, headers, httpVersion, httpVersionMajor, httpVersionMinor } = request;
  const httpVersions = { httpVersion, httpVersionMajor, httpVersionMinor };
  Object.assign(copy, { method, url, headers, ...httpVersions, complete: true });
  copy.push(body);
  copy.push(null);
  context.req = context.request.req = copy;
  return body.toString();
}

/** Takes the issuer's path off, as koa-mount would; false when the request is not below it. */
export function enterMountPath(context: ProviderContext, issuerPath: string): boolean {
  if (!context.path.startsWith(`${issuerPath}/`)) return false;
  context['mountPath'] = issuerPath;
  context.path = context.path.slice(issuerPath.length);
  return true;
}

/** Other providers give a refresh token for offline_access alone; this one wants the prompt too. */
export function askForConsent(context: ProviderContext): void {
  const prompt = String(context.query['prompt'] ?? '');
  if (!/\b(consent|none)\b/.test(prompt))
    context.query = { ...context.query, prompt: `${prompt} consent`.trim() };
}

/** The members of the reply; undefined when it is no JSON. */
export function jsonBody(context: ProviderContext): Fields | undefined {
  const { body } = context;
  return typeof body === 'object' && body !== null ? (body as Fields) : undefined;
}

/** Answers an error as the endpoint does: a page to a browser, else JSON. */
export function refuse(
  context: ProviderContext,
  operation: OperationName,
  refusal: OAuthRefusal,
): void {
  const { status, error, description } = refusal;
  context.status = status;
  if (operation === 'Authorize') showPage(context, 'Error', escapeMarkup(description));
  else context.body = { error, error_description: description };
}

/** Answers what a fault says in place of the reply; gives the OAuth error, if it is one. */
export function replaceReply(
  context: ProviderContext,
  operation: OperationName,
  fault: Fault,
): string | undefined {
  if (fault.body !== undefined) {
    context.status = fault.status ?? 200;
    context.type = fault.contentType ?? 'text/html';
    context.body = fault.body;
    return undefined;
  }
  const status = fault.status ?? 500;
  const error = fault.error ?? defaultErrors[status] ?? 'server_error';
  const description = fault.message ?? 'A fault of the stand-in';
  refuse(context, operation, { status, error, description });
  return error;
}

const defaultErrors: Readonly<Record<number, string>> = {
  400: 'invalid_request',
  401: 'invalid_client',
  403: 'access_denied',
  429: 'too_many_requests',
  503: 'temporarily_unavailable',
};

/** Sends the body byte by byte, this far apart. */
export function drip(context: ProviderContext, apartMs: number): void {
  const { body, type } = context;
  const isText = typeof body === 'string' || Buffer.isBuffer(body);
  const content = Buffer.from(isText ? body : JSON.stringify(body));
  async function* bytes() {
    for (const byte of content) {
      yield Buffer.of(byte);
      await delay(apartMs, undefined, { ref: false });
    }
  }
  context.body = Readable.from(bytes());
  context.type = type;
  context.length = content.length;
}
