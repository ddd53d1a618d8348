import { escapeMarkup } from './wire.ts';

/** A page as a browser shows it; the title is text, the body is markup. */
export function htmlPage(title: string, body: string): string {
  const heading = escapeMarkup(title);
  // The empty icon keeps browsers from asking for one.
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${heading}</title>
<link rel="icon" href="data:,"></head>
<body><h1>${heading}</h1>
${body}
</body></html>
`;
}
