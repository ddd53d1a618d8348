import { createHash } from 'node:crypto';
import { createReadStream, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A package as it is published: its package.json, and its archive. */
interface Publication {
  readonly manifest: { readonly name: string; readonly version: string };
  readonly archive: string;
}

/** What npm asks for packages, on the loopback interface. */
export interface PackageRegistry {
  readonly url: string;
  readonly publish: (packageJson: string, archive: string) => void;
  readonly stop: () => Promise<void>;
}

/** Starts an npm registry, with nothing in it. */
export async function startPackageRegistry(): Promise<PackageRegistry> {
  const publications = new Map<string, Publication>();
  let url = '';
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? '').slice(1);
    const wanted = publications.get(path.replace(/\.tgz$/, ''));
    if (wanted === undefined) {
      response.writeHead(404, { 'content-type': 'application/json' }).end('{}');
    } else if (path.endsWith('.tgz')) {
      response.writeHead(200, { 'content-length': statSync(wanted.archive).size });
      createReadStream(wanted.archive).pipe(response);
    } else {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(packument(wanted, url)));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    publish(packageJson, archive) {
      const manifest = JSON.parse(readFileSync(packageJson, 'utf8')) as Publication['manifest'];
      publications.set(manifest.name, { manifest, archive });
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** A package with its one version. */
function packument({ manifest, archive }: Publication, url: string): object {
  const { name, version } = manifest;
  const hash = createHash('sha512').update(readFileSync(archive)).digest('base64');
  const dist = { tarball: `${url}/${name}.tgz`, integrity: `sha512-${hash}` };
  return {
    name,
    'dist-tags': { latest: version },
    versions: { [version]: { ...manifest, dist } },
  };
}
