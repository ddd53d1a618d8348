import type { LineChange } from './apply-changes.ts';

/** Keys whose values may be shown: those that `configure` writes or takes away. */
const shownKeys =
  /^(?:credential_process|region|output|services|role_arn|source_profile|credential_source|role_session_name|duration_seconds|(?:granted_)?sso_\w+|issuer|auth0_domain|client_id|audience|scopes|token|redirect_\w+|organization|connection)$/;

/**
 * Changes as a diff in unified format, without context: what stands round them is nobody's business.
 * Values of keys that might be secret are hidden.
 * @param before the text before the changes
 * @param path as the diff names the file
 */
export function renderChanges(
  before: string,
  changes: readonly LineChange[],
  path: string,
): string {
  if (changes.length === 0) return '';
  const out = [`--- ${path}`, `+++ ${path}`];
  let shift = 0;
  for (const { range, line, header, added } of changes) {
    const removed = linesOf(before.slice(...range));
    const place = (start: number, count: number) => `${count === 0 ? start - 1 : start},${count}`;
    const newLine = line + shift;
    out.push(
      `@@ -${place(line, removed.length)} +${place(newLine, added.length)} @@ [${header}]`,
      ...removed.map((each) => `-${shown(each)}`),
      ...added.map((each) => `+${shown(each)}`),
    );
    shift += added.length - removed.length;
  }
  return `${out.join('\n')}\n`;
}

function linesOf(text: string): readonly string[] {
  return text === '' ? [] : text.replace(/\r?\n$/, '').split(/\r?\n/);
}

function shown(line: string): string {
  const key = /^([^=\s]+)\s*=/.exec(line)?.[1]?.toLowerCase();
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a terminal would obey them
  const text = line.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e]/g, '?');
  if (key !== undefined) return shownKeys.test(key) ? text : text.replace(/=.*$/, '= (hidden)');
  // A value's further lines, or a key in a comment.
  return /^\s+\S|=/.test(text) ? text.replace(/(^\s+|=).*$/, '$1 (hidden)') : text;
}
