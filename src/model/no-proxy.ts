/**
 * Whether a list such as that of NO_PROXY exempts a target, as curl reads it
 * (https://curl.se/docs/manpage.html#--noproxy): names with all that is below them, addresses, blocks
 * of addresses in CIDR notation, or `*` for everything. Beyond curl, an entry may name one port
 * (`host:443`) and begin with `*.`, as other tools have it.
 */
export function isExempt(target: URL, list: string): boolean {
  const host = withoutBrackets(target.hostname.replace(/\.$/, ''));
  const port = target.port || (target.protocol === 'https:' ? '443' : '80');
  const address = addressBytes(host);
  return list
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .some((entry) => {
      if (entry === '*') return true;
      const [, name = entry, onlyPort] = /^(\[[^\]]*\]|[^:]*):(\d{1,5})$/.exec(entry) ?? [];
      if (onlyPort !== undefined && onlyPort !== port) return false;
      return address === undefined ? isBelow(host, name) : isWithin(address, withoutBrackets(name));
    });
}

function isBelow(host: string, entry: string): boolean {
  const name = entry
    .toLowerCase()
    .replace(/^\*?\./, '')
    .replace(/\.$/, '');
  return name !== '' && (host === name || host.endsWith(`.${name}`));
}

function isWithin(address: readonly number[], entry: string): boolean {
  const [text = '', prefix] = entry.split('/', 2);
  const block = addressBytes(withoutBrackets(text));
  if (block === undefined || block.length !== address.length) return false;
  const bits = prefix === undefined ? block.length * 8 : Number(prefix);
  if (!/^\d{1,3}$/.test(prefix ?? '0') || bits > block.length * 8) return false;
  return block.every((byte, index) => {
    const mask = 0xff & ~(0xff >> Math.min(8, Math.max(0, bits - index * 8)));
    return (byte & mask) === ((address[index] ?? 0) & mask);
  });
}

/** The 4 or 16 bytes of an address; undefined for a name. */
function addressBytes(text: string): readonly number[] | undefined {
  if (/^\d{1,3}(\.\d{1,3}){3}$/.test(text)) {
    const bytes = text.split('.').map(Number);
    return bytes.every((byte) => byte <= 255) ? bytes : undefined;
  }
  if (!text.includes(':') || !URL.canParse(`http://[${text}]`)) return undefined;
  // A URL has the one form of an address that is only hex groups and at most one `::`.
  const [head = '', tail] = withoutBrackets(new URL(`http://[${text}]`).hostname).split('::');
  const before = groups(head);
  const after = groups(tail ?? '');
  const gap = Array.from({ length: 8 - before.length - after.length }, () => 0);
  return [...before, ...gap, ...after].flatMap((group) => [group >> 8, group & 0xff]);
}

function groups(text: string): readonly number[] {
  return text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));
}

function withoutBrackets(host: string): string {
  return host.replace(/^\[|\]$/g, '');
}
