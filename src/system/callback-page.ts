import { createHash } from 'node:crypto';
import type { CallbackPage } from '../model/callback.ts';

const style = `:root{color-scheme:light dark}
body{font:1.1rem/1.5 system-ui,sans-serif;overflow-wrap:anywhere;margin:20vh auto 0;max-width:32rem;padding:0 1.5rem}
h1{font-size:1.6rem;line-height:1.2;margin:0 0 .5rem}
p{margin:0}`;

/** Allows the one style sheet of the page, and nothing else: no script, no request, no frame. */
const contentSecurityPolicy = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** The headers of each reply of the loopback listener. */
export const pageHeaders: Readonly<Record<string, string>> = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': contentSecurityPolicy,
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'cross-origin-resource-policy': 'same-origin',
  connection: 'close',
};

/** The page as HTML: plain, readable in light and dark, announced by screen readers. */
export function renderPage({ title, text }: CallbackPage): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeMarkup(title)} – sso-cred</title>
<style>${style}</style>
</head>
<body>
<main role="status">
<h1>${escapeMarkup(title)}</h1>
<p>${escapeMarkup(text)}</p>
</main>
</body>
</html>
`;
}

function escapeMarkup(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}
