import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Certificate, createCa, type TestCa } from './certificates.ts';
import type { CliSandbox } from './cli-sandbox.ts';
import { type ForwardProxy, startForwardProxy } from './forward-proxy.ts';
import { startTlsFront, type TlsFront } from './tls-front.ts';

/** The name by which an OpenID provider is reached from inside. */
export const providerOrigin = 'https://acme.example.test';

/**
 * A network as companies have it: AWS, by its own host names, and an OpenID provider can be reached
 * through a proxy only, and something on the way puts certificates of its own CA in the place of
 * theirs.
 */
export interface CorporateNetwork {
  readonly ca: TestCa;
  /** The CA's certificate. */
  readonly caFile: string;
  readonly front: TlsFront;
  readonly proxy: ForwardProxy;
  /** The variables that lead through it. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly stop: () => Promise<void>;
}

interface NetworkOptions {
  /** Of the proxy, `user:password`. */
  readonly credentials?: string;
  /** The proxy speaks TLS itself. */
  readonly isProxySecure?: boolean;
  /** Hosts that send everybody elsewhere. */
  readonly redirects?: Readonly<Record<string, string>>;
  /** A certificate in place of the right one. */
  readonly certificate?: (name: string, ca: TestCa) => Certificate;
}

/** Nothing of the caller's own network has a say. */
export const noNetworkVariables = Object.fromEntries(
  ['http', 'https', 'all', 'no']
    .flatMap((name) => [`${name}_proxy`, `${name.toUpperCase()}_PROXY`])
    .concat('NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'SSL_CERT_DIR', 'NODE_USE_SYSTEM_CA')
    .map((name) => [name, undefined]),
);

/** Puts a stand-in, and a provider's URL if there is one, behind such a network. */
export async function startCorporateNetwork(
  { home, standIn }: Pick<CliSandbox, 'home' | 'standIn'>,
  options: NetworkOptions & { readonly providerUrl?: string } = {},
): Promise<CorporateNetwork> {
  const ca = createCa('Acme Inspection CA');
  const { endpoints } = standIn;
  const certificateFor = options.certificate ?? ((name: string) => ca.issue([name]));
  const certificates = new Map<string, Certificate>();
  const front = await startTlsFront({
    certificate(name) {
      const certificate = certificates.get(name) ?? certificateFor(name, ca);
      certificates.set(name, certificate);
      return certificate;
    },
    redirect: (name) => options.redirects?.[name],
    upstream(name) {
      if (name.startsWith('portal.sso')) return endpoints.sso;
      if (name.startsWith('oidc')) return endpoints.ssoOidc;
      if (name.startsWith('sts')) return endpoints.sts;
      return name === new URL(providerOrigin).hostname ? options.providerUrl : undefined;
    },
  });
  const { credentials, isProxySecure } = options;
  const proxy = await startForwardProxy({
    port: front.port,
    ...(credentials === undefined ? {} : { credentials }),
    ...(isProxySecure === true ? { certificate: ca.issue(['127.0.0.1']) } : {}),
  });
  const caFile = join(home, 'ca.pem');
  writeFileSync(caFile, ca.pem);
  return {
    ca,
    caFile,
    front,
    proxy,
    variables: {
      ...noNetworkVariables,
      HTTPS_PROXY: proxy.url,
      AWS_CA_BUNDLE: caFile,
      // The endpoints of the sandbox's config: what is called is AWS's own hosts.
      AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true',
    },
    async stop() {
      await proxy.stop();
      await front.stop();
    },
  };
}
