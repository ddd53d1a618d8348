export type Decision = 'allow' | 'deny';

interface Page {
  readonly url: URL;
  readonly ok: boolean;
  readonly html: string;
}

interface Form {
  readonly action: URL;
  readonly fields: URLSearchParams;
}

/**
 * What a person does in a browser of their own: opens a sign-in page of this origin, presses a button
 * of each form that it leads to, and follows to the loopback callback. Gives the text of the last page.
 */
export async function visitSignInPage(
  origin: string,
  pageUrl: string,
  decision: Decision = 'allow',
): Promise<string> {
  const cookies = new Map<string, string>();
  const isOurs = (url: URL) => url.origin === origin;

  async function open(address: URL, body?: URLSearchParams): Promise<Page> {
    const mine = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(address, {
      redirect: 'manual',
      headers: isOurs(address) && mine !== '' ? { cookie: mine } : {},
      ...(body !== undefined && { method: 'POST', body }),
    });
    for (const line of isOurs(address) ? response.headers.getSetCookie() : []) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value === '') cookies.delete(name);
      else cookies.set(name, value);
    }
    const html = await response.text();
    const location = response.headers.get('location');
    if (location !== null) return await open(new URL(location, address));
    if (!response.ok && isOurs(address)) throw new Error(`${address.pathname} answers: ${html}`);
    return { url: address, ok: response.ok, html };
  }

  const first = new URL(pageUrl);
  if (!isOurs(first)) throw new Error(`${pageUrl} is not a page of ours`);
  let page = await open(first);
  let form = isOurs(page.url) ? findForm(page) : undefined;
  if (form === undefined) throw new Error(`no consent to give: ${page.html}`);
  while (form !== undefined) {
    form.fields.set('decision', decision);
    page = await open(form.action, form.fields);
    form = isOurs(page.url) ? findForm(page) : undefined;
  }
  return page.html;
}

function findForm({ url, html }: Page): Form | undefined {
  const action = /<form [^>]*\bmethod="post" action="([^"]+)"/.exec(html)?.[1];
  if (action === undefined) return undefined;
  const fields = new URLSearchParams();
  for (const [, name = '', value = ''] of html.matchAll(
    /type="hidden" name="([^"]+)" value="([^"]*)"/g,
  ))
    fields.set(name, unescapeMarkup(value));
  return { action: new URL(unescapeMarkup(action), url), fields };
}

function unescapeMarkup(markup: string): string {
  return markup
    .replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)))
    .replaceAll('&amp;', '&');
}
